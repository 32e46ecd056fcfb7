"""Probes of the second time, and of what stands beside a resource that was written."""

from __future__ import annotations

from typing import Any

from .probing import Client, entry, full_user, sees
from .protocol import CORE_USER, ENTERPRISE, Data

ADA = "ada@fjord.example"


def _replace(path: str, value: Any) -> Data:
    return {"op": "replace", "path": path, "value": value}


def _listed(c: Client, id_: str, endpoint: str = "/Users") -> Data:
    """The entry of a resource in the list."""
    return next(one for one in c.page(endpoint)["Resources"] if one["id"] == id_)


def _found(c: Client, name: str) -> Data:
    [one] = c.page(f"/Users?filter=userName+eq+%22{name.replace('@', '%40')}%22")["Resources"]
    return dict(one)


# ---- the second time


@sees("patch-of-same-values-400", "disable-again-400", "enable-again-409")
def _(c: Client) -> None:
    id_ = c.user(ADA, title="Keeper")
    for operation in (
        _replace("active", value=True),
        _replace("title", "Keeper"),
        _replace("active", value=False),
        _replace("active", value=False),
    ):
        c.patch(f"/Users/{id_}", operation)


@sees("enabled-once-only", "disabled-once-only")
def _(c: Client) -> None:
    id_ = c.user(ADA)
    for active in (False, True, False, True):
        assert c.patch(f"/Users/{id_}", _replace("active", active))["active"] is active


@sees("change-of-disabled-enables", "email-of-disabled-enables")
def _(c: Client) -> None:
    id_ = c.user(ADA, active=False)
    for operation in (_replace("title", "Keeper"), _replace('emails[type eq "work"].value', ADA)):
        assert c.patch(f"/Users/{id_}", operation)["active"] is False


@sees("put-of-disabled-enables")
def _(c: Client) -> None:
    id_ = c.user(ADA, active=False)
    c.json(c.send("PUT", f"/Users/{id_}", {"schemas": [CORE_USER], "userName": ADA, "active": False, "title": "x"}))
    assert c.read(f"/Users/{id_}")["active"] is False


@sees("rename-back-409", "rename-back-ignored")
def _(c: Client) -> None:
    id_ = c.user(ADA)
    for name in ("berg@fjord.example", ADA):
        assert c.patch(f"/Users/{id_}", _replace("userName", name))["userName"] == name


@sees("member-remove-again-empties-group")
def _(c: Client) -> None:
    ada, bo = c.user(ADA), c.user("bo@fjord.example")
    crew = c.group("Crew", ada)
    c.patch(f"/Groups/{crew}", {"op": "remove", "path": f'members[value eq "{bo}"]'})
    assert c.members(crew) == [ada]


@sees("member-replace-same-empties-group", "member-replace-keeps-overlap-only")
def _(c: Client) -> None:
    ada, bo, cy = (c.user(f"{name}@fjord.example") for name in ("ada", "bo", "cy"))
    crew = c.group("Crew", ada, bo)
    for members in ([ada, bo], [bo, cy]):
        c.patch(f"/Groups/{crew}", _replace("members", [{"value": one} for one in members]))
        assert c.members(crew) == sorted(members)


@sees("operations-sorted-by-kind")
def _(c: Client) -> None:
    ada = c.user(ADA)
    crew = c.group("Crew", ada)
    remove = {"op": "remove", "path": f'members[value eq "{ada}"]'}
    c.patch(f"/Groups/{crew}", remove, {"op": "add", "path": "members", "value": [{"value": ada}]})
    assert c.members(crew) == [ada]


@sees("recreated-user-inherits-groups", "recreated-user-inherits-attributes")
def _(c: Client) -> None:
    first, bo = c.user(ADA, title="Keeper"), c.user("bo@fjord.example")
    crew = c.group("Crew", first, bo)
    assert c.send("DELETE", f"/Users/{first}").status_code == 204
    second = c.user(ADA)
    assert c.members(crew) == [bo]
    assert "title" not in c.read(f"/Users/{second}")


@sees("create-active-text-stored", "create-active-text-enables")
def _(c: Client) -> None:
    id_ = c.user(ADA, active="False")
    assert c.read(f"/Users/{id_}")["active"] is False
    assert c.find(f'userName eq "{ADA}" and active eq false') == [id_]


# ---- lists and filters


@sees("lists-show-former-active", "list-shows-former-active", "lists-show-former-name", "lists-show-former-emails",
      "lists-without-extension", "lists-without-active", "filter-shows-former-title")  # fmt: skip
def _(c: Client) -> None:
    id_ = str(c.create("/Users", full_user(ADA))["id"])
    changed = c.patch(
        f"/Users/{id_}",
        _replace("active", value=False),
        _replace("displayName", "Ada Berg"),
        _replace("title", "Keeper"),
        _replace('emails[type eq "work"].value', "berg@fjord.example"),
    )
    assert ENTERPRISE in changed
    assert _listed(c, id_) == changed
    assert _found(c, ADA) == changed


@sees("lists-without-members", "lists-show-first-member")
def _(c: Client) -> None:
    crew = c.group("Crew", c.user(ADA), c.user("bo@fjord.example"))
    assert _listed(c, crew, "/Groups") == c.read(f"/Groups/{crew}")


# ---- groups of a user


@sees("user-shows-left-group", "user-shows-deleted-group")
def _(c: Client) -> None:
    ada = c.user(ADA)
    crew, fleet = c.group("Crew", ada), c.group("Fleet", ada)
    assert {one["value"] for one in c.read(f"/Users/{ada}")["groups"]} == {crew, fleet}
    c.patch(f"/Groups/{crew}", {"op": "remove", "path": f'members[value eq "{ada}"]'})
    assert c.send("DELETE", f"/Groups/{fleet}").status_code == 204
    assert not c.read(f"/Users/{ada}").get("groups")


# ---- the other entries


@sees("email-filter-hits-every-email", "email-filter-replaces-list", "phone-filter-hits-every-phone",
      "address-filter-hits-every-address")  # fmt: skip
def _(c: Client) -> None:
    body = full_user(ADA)
    body["addresses"].append({"type": "home", "locality": "Voss"})
    id_ = str(c.create("/Users", body)["id"])
    changed = c.patch(
        f"/Users/{id_}",
        _replace('emails[type eq "work"].value', "berg@fjord.example"),
        _replace('phoneNumbers[type eq "mobile"].value', "55519"),
        _replace('addresses[type eq "work"].locality', "Oslo"),
    )
    assert entry(changed, "emails", "home").get("value") == "Ada@Home.example"
    assert entry(changed, "phoneNumbers", "work")["value"] == "+47 (55) 501-2"
    assert entry(changed, "addresses", "home") == {"type": "home", "locality": "Voss"}


@sees("remove-with-value-stores-it")
def _(c: Client) -> None:
    id_ = c.full()
    remove = {"op": "remove", "path": 'phoneNumbers[type eq "mobile"].value', "value": "55502"}
    assert not entry(c.patch(f"/Users/{id_}", remove), "phoneNumbers", "mobile").get("value")


# ---- the namesakes


@sees("write-hits-same-email", "write-hits-plus-tag", "delete-hits-same-email")
def _(c: Client) -> None:
    mail = [{"type": "work", "value": ADA}]
    ada = c.user(ADA, emails=mail)
    twin, tagged = c.user("bo@fjord.example", emails=mail), c.user("a.da+pier@fjord.example")
    before = {one: c.read(f"/Users/{one}") for one in (twin, tagged)}
    c.patch(f"/Users/{ada}", _replace("active", value=False), _replace("title", "Keeper"))
    assert {one: c.read(f"/Users/{one}") for one in (twin, tagged)} == before
    assert c.send("DELETE", f"/Users/{ada}").status_code == 204
    assert {one: c.read(f"/Users/{one}") for one in (twin, tagged)} == before
