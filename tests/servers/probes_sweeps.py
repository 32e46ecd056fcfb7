"""Probes of what depends on the values that a user has already."""

from __future__ import annotations

from typing import Any

from .probing import Client, entry, full_user, sees, shown
from .protocol import CORE_USER, ENTERPRISE, Data


def _add(path: str, value: Any) -> Data:
    return {"op": "add", "path": path, "value": value}


def _put(path: str, value: Any) -> Data:
    return {"op": "replace", "path": path, "value": value}


# ---- the first value


@sees("first-extension-attribute-500", "first-extension-attribute-ignored")
def _(c: Client) -> None:
    user = f"/Users/{c.user()}"
    assert c.patch(user, _add(f"{ENTERPRISE}:department", "Harbour"))[ENTERPRISE] == {"department": "Harbour"}


@sees("first-part-of-a-name-500", "first-part-of-a-name-ignored")
def _(c: Client) -> None:
    assert c.patch(f"/Users/{c.user()}", _add("name.givenName", "Ada"))["name"]["givenName"] == "Ada"


@sees("first-address-400")
def _(c: Client) -> None:
    after = c.patch(f"/Users/{c.user()}", _add('addresses[type eq "work"].locality', "Bergen"))
    assert entry(after, "addresses", "work")["locality"] == "Bergen"


@sees("first-phone-number-ignored")
def _(c: Client) -> None:
    after = c.patch(f"/Users/{c.user()}", _add('phoneNumbers[type eq "work"].value', "55501"))
    assert entry(after, "phoneNumbers", "work")["value"] == "55501"


@sees("first-email-500")
def _(c: Client) -> None:
    after = c.patch(f"/Users/{c.user()}", _add('emails[type eq "work"].value', "a@fjord.example"))
    assert entry(after, "emails", "work")["value"] == "a@fjord.example"


@sees("first-title-500", "no-title")
def _(c: Client) -> None:
    assert c.patch(f"/Users/{c.user()}", _add("title", "Boss"))["title"] == "Boss"


@sees("first-external-id-ignored", "external-id-only-at-creation")
def _(c: Client) -> None:
    assert c.patch(f"/Users/{c.user()}", _add("externalId", "x-1"))["externalId"] == "x-1"


@sees("put-first-extension-ignored", "put-first-values-ignored")
def _(c: Client) -> None:
    id_ = c.user()
    body = c.read(f"/Users/{id_}") | {"title": "Boss", ENTERPRISE: {"department": "Harbour"}}
    c.json(c.send("PUT", f"/Users/{id_}", body))
    after = c.read(f"/Users/{id_}")
    assert (after["title"], after[ENTERPRISE]) == ("Boss", {"department": "Harbour"})


@sees("put-extension-kept", "put-external-id-kept")
def _(c: Client) -> None:
    id_ = c.full()
    body = c.read(f"/Users/{id_}") | {"externalId": "x-2", ENTERPRISE: {"department": "Survey"}}
    c.json(c.send("PUT", f"/Users/{id_}", body))
    after = c.read(f"/Users/{id_}")
    assert (after["externalId"], after[ENTERPRISE]) == ("x-2", {"department": "Survey"})


# ---- the same value, another one, and back


@sees("change-without-difference-400", "same-value-400", "same-user-name-409")
def _(c: Client) -> None:
    id_ = c.full()
    before = c.read(f"/Users/{id_}")
    after = c.patch(f"/Users/{id_}", _put("userName", before["userName"]), _put("title", before["title"]))
    assert shown(after) == shown(before)


@sees("change-back-ignored", "change-back-of-entries-ignored", "change-back-of-extension-ignored")
def _(c: Client) -> None:
    id_ = c.full()
    before = c.read(f"/Users/{id_}")
    paths = {"title": before["title"], 'emails[type eq "home"].value': "Ada@Home.example",
             f"{ENTERPRISE}:department": "Harbour"}  # fmt: skip
    c.patch(f"/Users/{id_}", *(_put(path, "another") for path in paths))
    assert shown(c.patch(f"/Users/{id_}", *(_put(path, value) for path, value in paths.items()))) == shown(before)


@sees("clear-of-absent-404")
def _(c: Client) -> None:
    c.patch(f"/Users/{c.user()}", {"op": "remove", "path": "title"})


# ---- accounts that were there before


@sees("typeless-email-lost", "typeless-email-twice", "typeless-email-taken-for-work")
def _(c: Client) -> None:
    id_ = c.user(emails=[{"value": "old@fjord.example"}])
    after = c.patch(f"/Users/{id_}", _add('emails[type eq "work"].value', "new@fjord.example"))
    assert sorted(str(one.get("type")) + one["value"] for one in after["emails"]) == [
        "Noneold@fjord.example", "worknew@fjord.example",
    ]  # fmt: skip


@sees("external-id-set-once", "external-id-lost-at-next-change")
def _(c: Client) -> None:
    id_ = c.user()
    c.patch(f"/Users/{id_}", _add("externalId", "x-1"))
    assert c.patch(f"/Users/{id_}", _put("title", "Boss"))["externalId"] == "x-1"
    assert c.patch(f"/Users/{id_}", _put("externalId", "x-2"))["externalId"] == "x-2"


@sees("own-entries-lost-when-linked", "enabling-resets-entries")
def _(c: Client) -> None:
    emails = [{"value": "own@fjord.example", "type": "home"}, {"value": "b@fjord.example", "type": "work"}]
    id_ = c.user(emails=emails, active=False)
    after = c.patch(f"/Users/{id_}", _put("active", value=True), _add("externalId", "x-1"))
    assert after["emails"] == emails


# ---- creations with gaps


@sees("create-needs-display-name", "create-needs-external-id", "create-needs-email", "create-needs-name",
      "create-needs-title", "create-needs-phone-number", "create-needs-extension")  # fmt: skip
def _(c: Client) -> None:
    c.create("/Users", {"schemas": [CORE_USER, ENTERPRISE], "userName": "bare@fjord.example"})


@sees("create-needs-given-name")
def _(c: Client) -> None:
    c.user(name={"familyName": "Åström"})


@sees("create-needs-family-name")
def _(c: Client) -> None:
    c.user(name={"givenName": "Ada"})


@sees("create-needs-department")
def _(c: Client) -> None:
    c.create("/Users", full_user() | {ENTERPRISE: {"employeeNumber": "9042"}})


@sees("create-with-unknown-manager-400")
def _(c: Client) -> None:
    c.create("/Users", full_user() | {ENTERPRISE: {"manager": {"value": "nobody"}}})


@sees("role-of-json-text-400")
def _(c: Client) -> None:
    c.patch(f"/Users/{c.user()}", _add("roles", [{"value": '{"id":"r1","value":"Admin"}'}]))


# ---- attributes that a server does not have


@sees("no-display-name", "no-emails")
def _(c: Client) -> None:
    id_ = c.full()
    before = c.read(f"/Users/{id_}")
    assert before["displayName"]
    assert before["emails"]
