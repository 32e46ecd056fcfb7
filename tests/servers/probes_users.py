"""Probes of creating, duplicates, disabling, deleting, and of what is read back."""

from __future__ import annotations

from typing import Any

from .probing import Client, entry, full_user, sees, shown
from .protocol import CORE_GROUP, CORE_USER, ENTERPRISE

ADA = "ada@fjord.example"


# ---- create


@sees("location-missing", "location-relative", "location-other-host")
def _(c: Client) -> None:
    response = c.send("POST", "/Users", full_user())
    created = c.json(response, 201)
    assert response.headers.get("location") == f"http://good.example/scim/v2/Users/{created['id']}"


@sees("create-rejects-empty-groups", "create-rejects-empty-roles", "create-rejects-null", "create-rejects-meta",
      "create-rejects-unknown-extension")  # fmt: skip
def _(c: Client) -> None:
    extra: dict[str, Any] = {
        "groups": [],
        "roles": [],
        "title": None,
        "addresses": None,
        "meta": {"resourceType": "User"},
    }
    created = c.create("/Users", full_user() | extra | {"urn:example:params:other:User": {"a": "b"}})
    assert not {"groups", "roles", "title", "urn:example:params:other:User"} & created.keys()


# ---- duplicates


@sees("duplicate-500", "duplicate-400", "duplicate-200-existing", "duplicate-201-existing", "duplicate-overwrites",
      "duplicate-409-without-type", "duplicate-409-leaks-existing", "duplicate-creates-second",
      "duplicate-case-sensitive")  # fmt: skip
def _(c: Client) -> None:
    id_ = c.user(ADA, title="first")
    for name in (ADA, ADA.upper()):
        response = c.send("POST", "/Users", {"schemas": [CORE_USER], "userName": name, "title": "second"})
        c.error(response, 409, "uniqueness")
    assert c.find(f'userName eq "{ADA}"') == [id_]
    assert c.read(f"/Users/{id_}")["title"] == "first"


@sees("duplicate-of-disabled-creates-second")
def _(c: Client) -> None:
    c.user(ADA, active=False)
    c.error(c.send("POST", "/Users", {"schemas": [CORE_USER], "userName": ADA}), 409, "uniqueness")


@sees("duplicate-rename-accepted")
def _(c: Client) -> None:
    c.user(ADA)
    other = c.user("b@fjord.example")
    response = c.raw_patch(f"/Users/{other}", {"op": "replace", "path": "userName", "value": ADA.title()})
    c.error(response, 409, "uniqueness")
    assert c.read(f"/Users/{other}")["userName"] == "b@fjord.example"


@sees("duplicate-group-500", "duplicate-group-creates-second")
def _(c: Client) -> None:
    c.group("Crew")
    c.error(c.send("POST", "/Groups", {"schemas": [CORE_GROUP], "displayName": "CREW"}), 409, "uniqueness")


# ---- disable


def _replace(value: Any, op: str = "replace") -> dict[str, Any]:
    return {"op": op, "path": "active", "value": value}


@sees("disable-accepted-but-ignored", "disable-with-path-refused", "active-always-true", "active-boolean-400",
      "disabled-404-by-id", "disable-deletes-user", "disable-answers-404", "disable-loses-emails",
      "disable-changes-user-name")  # fmt: skip
def _(c: Client) -> None:
    id_ = c.full()
    before = shown(c.read(f"/Users/{id_}"))
    assert shown(c.patch(f"/Users/{id_}", _replace(value=False))) == before | {"active": False}


@sees("disable-pathless-ignored")
def _(c: Client) -> None:
    changed = c.patch(f"/Users/{c.user()}", {"op": "replace", "value": {"active": False}})
    assert changed["active"] is False


@sees("disable-with-add-refused")
def _(c: Client) -> None:
    assert c.patch(f"/Users/{c.user()}", _replace(False, "add"))["active"] is False


@sees("reactivate-ignored", "reactivate-400")
def _(c: Client) -> None:
    id_ = c.user()
    c.patch(f"/Users/{id_}", _replace(value=False))
    assert c.patch(f"/Users/{id_}", _replace(value=True))["active"] is True


@sees("disabled-hidden-from-filter", "disabled-hidden-from-list")
def _(c: Client) -> None:
    id_ = c.user(ADA, active=False)
    assert c.find(f'userName eq "{ADA}"') == [id_]
    assert c.page("/Users")["totalResults"] == 1


@sees("disable-drops-memberships")
def _(c: Client) -> None:
    id_ = c.user()
    group = c.group("Crew", id_)
    c.patch(f"/Users/{id_}", _replace(value=False))
    assert c.members(group) == [id_]


@sees("put-cannot-disable")
def _(c: Client) -> None:
    id_ = c.full()
    resource = c.read(f"/Users/{id_}") | {"active": False}
    assert c.json(c.send("PUT", f"/Users/{id_}", resource))["active"] is False
    assert c.read(f"/Users/{id_}")["active"] is False


@sees("patch-without-active-disables")
def _(c: Client) -> None:
    assert c.patch(f"/Users/{c.user()}", {"op": "add", "path": "title", "value": "x"})["active"] is True


# ---- booleans


@sees("active-string-400", "active-string-ignored", "active-string-truthy", "active-string-stored")
def _(c: Client) -> None:
    id_ = c.user()
    assert c.patch(f"/Users/{id_}", _replace("False", "Replace"))["active"] is False
    assert c.patch(f"/Users/{id_}", _replace("True", "Replace"))["active"] is True


@sees("primary-string-400", "create-active-string-400")
def _(c: Client) -> None:
    read = c.read(f"/Users/{c.user(active='False', roles=[{'value': 'Admin', 'primary': 'True'}])}")
    assert read["active"] is False
    assert read["roles"] == [{"value": "Admin", "primary": True}]


# ---- manager

MANAGER = f"{ENTERPRISE}:manager"


def _manager(c: Client, id_: str) -> Any:
    extension = c.read(f"/Users/{id_}").get(ENTERPRISE, {})
    assert isinstance(extension.get("manager", {}), dict)
    return extension.get("manager", {}).get("value")


@sees("manager-string-400", "manager-string-ignored", "manager-returned-as-string", "manager-value-missing",
      "manager-returned-as-array", "manager-dropped", "manager-change-ignored")  # fmt: skip
def _(c: Client) -> None:
    boss, other, id_ = c.user("boss"), c.user("other"), c.user()
    c.patch(f"/Users/{id_}", {"op": "Add", "path": MANAGER, "value": boss})
    assert _manager(c, id_) == boss
    c.patch(f"/Users/{id_}", {"op": "Replace", "path": MANAGER, "value": other})
    assert _manager(c, id_) == other


@sees("manager-object-400")
def _(c: Client) -> None:
    boss, id_ = c.user("boss"), c.user()
    c.patch(f"/Users/{id_}", {"op": "add", "path": MANAGER, "value": {"value": boss}})
    assert _manager(c, id_) == boss


@sees("manager-pathless-ignored")
def _(c: Client) -> None:
    boss, id_ = c.user("boss"), c.user()
    c.patch(f"/Users/{id_}", {"op": "replace", "value": {MANAGER: boss, "title": "x"}})
    assert _manager(c, id_) == boss


@sees("manager-string-500-on-create")
def _(c: Client) -> None:
    boss = c.user("boss")
    assert _manager(c, c.user(**{ENTERPRISE: {"manager": boss}})) == boss


@sees("manager-clear-empty-400", "manager-clear-empty-ignored", "manager-clear-stores-empty")
def _(c: Client) -> None:
    boss = c.user("boss")
    for number, value in enumerate(("", {"value": ""})):
        id_ = c.user(f"u{number}", **{ENTERPRISE: {"manager": {"value": boss}, "department": "D"}})
        read = c.patch(f"/Users/{id_}", {"op": "replace", "path": MANAGER, "value": value})
        assert read.get(ENTERPRISE) == {"department": "D"}


@sees("manager-short-path-400", "manager-filter-remove-400", "manager-filter-remove-ignored")
def _(c: Client) -> None:
    boss = c.user("boss")
    id_ = c.user(**{ENTERPRISE: {"manager": {"value": boss}}})
    c.patch(f"/Users/{id_}", {"op": "remove", "path": f'manager[value eq "{boss}"]'})
    assert _manager(c, id_) is None


@sees("manager-path-remove-ignored")
def _(c: Client) -> None:
    id_ = c.user(**{ENTERPRISE: {"manager": {"value": c.user("boss")}}})
    c.patch(f"/Users/{id_}", {"op": "remove", "path": MANAGER})
    assert _manager(c, id_) is None


@sees("manager-unknown-500")
def _(c: Client) -> None:
    response = c.raw_patch(f"/Users/{c.user()}", {"op": "add", "path": MANAGER, "value": "no-such-id"})
    assert response.status_code < 500


# ---- delete


@sees("delete-accepted-but-ignored", "delete-soft-only", "delete-of-active-refused", "deleted-still-found",
      "deleted-still-readable", "deleted-name-blocked")  # fmt: skip
def _(c: Client) -> None:
    id_ = c.user(ADA)
    assert c.send("DELETE", f"/Users/{id_}").status_code == 204
    c.error(c.send("GET", f"/Users/{id_}"), 404)
    assert c.find(f'userName eq "{ADA}"') == []
    assert c.user(ADA) != id_


@sees("delete-leaves-membership", "delete-of-user-deletes-group")
def _(c: Client) -> None:
    id_, other = c.user(), c.user("other")
    group = c.group("Crew", id_, other)
    c.send("DELETE", f"/Users/{id_}")
    assert c.members(group) == [other]


@sees("delete-unknown-204", "delete-unknown-500")
def _(c: Client) -> None:
    id_ = c.user()
    c.send("DELETE", f"/Users/{id_}")
    c.error(c.send("DELETE", f"/Users/{id_}"), 404)


# ---- consistency


@sees("stale-read-after-write", "last-modified-frozen", "created-changes", "last-modified-goes-back",
      "patch-answer-not-stored", "patch-answers-old-state")  # fmt: skip
def _(c: Client) -> None:
    id_ = c.user(displayName="first")
    before = c.read(f"/Users/{id_}")
    answer = c.json(c.raw_patch(f"/Users/{id_}", {"op": "replace", "path": "displayName", "value": "second"}))
    after = c.read(f"/Users/{id_}")
    assert after == answer
    assert shown(after) == shown(before) | {"displayName": "second"}
    assert after["meta"]["lastModified"] > before["meta"]["lastModified"]
    assert after["meta"]["created"] == before["meta"]["created"]
    assert after["meta"]["version"] != before["meta"]["version"]


@sees("stale-index-after-rename")
def _(c: Client) -> None:
    id_ = c.user(ADA)
    c.patch(f"/Users/{id_}", {"op": "replace", "path": "userName", "value": "new@fjord.example"})
    assert c.find('userName eq "new@fjord.example"') == [id_]
    assert c.find(f'userName eq "{ADA}"') == []


@sees("write-touches-bystander", "disable-disables-bystander", "write-touches-bystander-group")
def _(c: Client) -> None:
    bystander, group, id_ = c.user("by@fjord.example"), c.group("By"), c.user()
    before = c.read(f"/Users/{bystander}"), c.read(f"/Groups/{group}")
    c.patch(f"/Users/{id_}", {"op": "add", "path": "title", "value": "x"})
    assert (c.read(f"/Users/{bystander}"), c.read(f"/Groups/{group}")) == before


@sees("etag-not-sent")
def _(c: Client) -> None:
    answer = c.send("GET", f"/Users/{c.user()}")
    assert answer.headers.get("etag", "none") == c.json(answer)["meta"].get("version")


@sees("if-match-ignored")
def _(c: Client) -> None:
    id_ = c.user()
    body = {"schemas": [CORE_USER], "userName": ADA, "emails": [{"type": "work", "value": "x"}]}
    c.error(c.send("PUT", f"/Users/{id_}", body, {"If-Match": 'W/"outdated"'}), 412)
    current = c.read(f"/Users/{id_}")["meta"]["version"]
    changed = c.json(c.send("PUT", f"/Users/{id_}", body, {"If-Match": current}))
    assert entry(changed, "emails", "work")["value"] == "x"
