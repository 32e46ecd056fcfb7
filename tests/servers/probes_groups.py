"""Probes of groups and their members."""

from __future__ import annotations

from typing import Any

from .probing import Client, sees, shown
from .protocol import CORE_GROUP, Data

LEGACY = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"


def _crew(c: Client) -> tuple[str, list[str]]:
    """A group of three, and their ids in the order of joining."""
    ids = [c.user(f"u{number}@fjord.example") for number in range(3)]
    group = c.group("Crew", externalId="G-1")
    for id_ in ids:
        c.patch(f"/Groups/{group}", _members("add", [{"value": id_}]))
    return group, ids


def _members(op: str, value: Any) -> Data:
    return {"op": op, "path": "members", "value": value}


# ---- removing


@sees("member-remove-removes-all", "member-remove-wrong-one", "member-remove-filter-ignored",
      "member-remove-filter-400", "member-add-replaces-list", "member-add-ignored", "member-without-type-ignored",
      "members-not-returned", "members-as-ids", "members-valued-by-name")  # fmt: skip
def _(c: Client) -> None:
    group, ids = _crew(c)
    assert c.members(group) == sorted(ids)
    c.patch(f"/Groups/{group}", {"op": "remove", "path": f'members[value eq "{ids[1]}"]'})
    assert c.members(group) == sorted([ids[0], ids[2]])


@sees("member-remove-array-removes-all", "member-remove-array-ignored", "member-remove-array-400")
def _(c: Client) -> None:
    group, ids = _crew(c)
    c.patch(f"/Groups/{group}", _members("Remove", [{"$ref": None, "value": ids[1]}]))
    assert c.members(group) == sorted([ids[0], ids[2]])


@sees("member-remove-all-400")
def _(c: Client) -> None:
    group, _ = _crew(c)
    c.patch(f"/Groups/{group}", {"op": "remove", "path": "members"})
    assert c.members(group) == []


@sees("member-remove-absent-400")
def _(c: Client) -> None:
    group, ids = _crew(c)
    c.patch(f"/Groups/{group}", {"op": "remove", "path": f'members[value eq "{c.user()}"]'})
    assert c.members(group) == sorted(ids)


# ---- adding


@sees("member-add-brings-another")
def _(c: Client) -> None:
    c.user("first@fjord.example")
    group, ids = _crew(c)
    new = c.user("x")
    c.patch(f"/Groups/{group}", _members("add", [{"value": new}]))
    assert c.members(group) == sorted([*ids, new])


@sees("member-batch-first-only")
def _(c: Client) -> None:
    group, ids = _crew(c)
    new = [c.user("x"), c.user("y")]
    c.patch(f"/Groups/{group}", _members("add", [{"value": one} for one in new]))
    assert c.members(group) == sorted([*ids, *new])


@sees("members-capped-at-100")
def _(c: Client) -> None:
    ids = [c.user(f"u{number}") for number in range(101)]
    assert c.members(c.group("Crew", *ids)) == sorted(ids)


@sees("member-null-ref-400", "member-null-display-400")
def _(c: Client) -> None:
    group, id_ = c.group(), c.user()
    c.patch(f"/Groups/{group}", _members("Add", [{"$ref": None, "display": None, "value": id_}]))
    assert c.members(group) == [id_]


@sees("member-add-object-400")
def _(c: Client) -> None:
    group, id_ = c.group(), c.user()
    c.patch(f"/Groups/{group}", _members("add", {"value": id_}))
    assert c.members(group) == [id_]


@sees("re-add-409", "re-add-duplicates")
def _(c: Client) -> None:
    group, ids = _crew(c)
    before = c.read(f"/Groups/{group}")
    assert c.patch(f"/Groups/{group}", _members("add", [{"value": ids[0]}])) == before


@sees("unknown-member-500", "unknown-member-404", "unknown-member-empties-group")
def _(c: Client) -> None:
    group, ids = _crew(c)
    c.error(c.raw_patch(f"/Groups/{group}", _members("add", [{"value": "no-such-id"}])), 400, "invalidValue")
    assert c.members(group) == sorted(ids)


# ---- replacing and renaming


@sees("members-replace-ignored", "members-replace-adds")
def _(c: Client) -> None:
    group, ids = _crew(c)
    c.patch(f"/Groups/{group}", _members("replace", [{"value": ids[2]}]))
    assert c.members(group) == [ids[2]]


@sees("members-replace-empty-400", "members-replace-empty-ignored")
def _(c: Client) -> None:
    group, _ = _crew(c)
    c.patch(f"/Groups/{group}", _members("replace", []))
    assert c.members(group) == []


@sees("rename-clears-members", "group-rename-400", "group-rename-ignored")
def _(c: Client) -> None:
    group, _ = _crew(c)
    before = shown(c.read(f"/Groups/{group}"))
    operation = {"op": "Replace", "path": "displayName", "value": "Pier"}
    assert shown(c.patch(f"/Groups/{group}", operation)) == before | {"displayName": "Pier"}


@sees("rename-with-id-400", "group-pathless-rename-ignored")
def _(c: Client) -> None:
    group, ids = _crew(c)
    read = c.patch(f"/Groups/{group}", {"op": "replace", "value": {"id": group, "displayName": "Pier"}})
    assert (read["id"], read["displayName"]) == (group, "Pier")
    assert c.members(group) == sorted(ids)


@sees("group-external-id-refused", "group-external-id-ignored", "group-external-id-clears-members")
def _(c: Client) -> None:
    group, _ = _crew(c)
    before = shown(c.read(f"/Groups/{group}"))
    operation = {"op": "Add", "path": "externalId", "value": "G-2"}
    assert shown(c.patch(f"/Groups/{group}", operation)) == before | {"externalId": "G-2"}


@sees("members-immutable-on-put", "put-stores-no-members", "put-keeps-old-members", "put-null-display-loses-rename",
      "put-drops-external-id")  # fmt: skip
def _(c: Client) -> None:
    group, ids = _crew(c)
    body: dict[str, Any] = {
        "schemas": [CORE_GROUP], "id": group, "displayName": "Pier", "externalId": "G-1",
        "members": [{"value": ids[0], "display": None}, {"value": c.user("new"), "display": "new"}],
    }  # fmt: skip
    read = c.json(c.send("PUT", f"/Groups/{group}", body))
    assert (read["displayName"], read.get("externalId")) == ("Pier", "G-1")
    assert [one["value"] for one in read.get("members", [])] == [one["value"] for one in body["members"]]


# ---- creating and showing


@sees("group-legacy-schema-400", "group-members-required", "group-create-drops-external-id")
def _(c: Client) -> None:
    body: dict[str, Any] = {
        "schemas": [CORE_GROUP, LEGACY],
        "externalId": "G-1",
        "displayName": "Crew",
        "meta": {"resourceType": "Group"},
    }
    created = c.create("/Groups", body)
    assert created["schemas"] == [CORE_GROUP]
    assert c.read(f"/Groups/{created['id']}").get("externalId") == "G-1"


@sees("group-empty-members-400", "members-null")
def _(c: Client) -> None:
    created = c.create("/Groups", {"schemas": [CORE_GROUP], "displayName": "Crew", "members": []})
    assert created.get("members", []) == []


@sees("group-create-drops-members")
def _(c: Client) -> None:
    id_ = c.user()
    assert c.members(c.group("Crew", members=[{"value": id_, "display": "ada"}])) == [id_]


@sees("group-delete-deletes-members", "group-delete-ignored")
def _(c: Client) -> None:
    group, ids = _crew(c)
    assert c.send("DELETE", f"/Groups/{group}").status_code == 204
    c.error(c.send("GET", f"/Groups/{group}"), 404)
    assert c.page("/Users")["totalResults"] == len(ids)
