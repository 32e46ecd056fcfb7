"""Probes of what a server refuses, and of what it never shows."""

from __future__ import annotations

from .probing import Client, sees


@sees("filter-user-name-from-email", "filter-finds-by-id-alone")
def _(c: Client) -> None:
    id_ = c.user("liv@fjord.example", emails=[{"value": "dahl@fjord.example", "type": "work"}])
    assert c.find('userName eq "liv@fjord.example"') == [id_]


@sees("group-name-immutable", "members-not-returned-by-name")
def _(c: Client) -> None:
    liv = c.user("liv@fjord.example")
    group = c.group("Crew", liv)
    renamed = c.patch(f"/Groups/{group}", {"op": "replace", "path": "displayName", "value": "Divers"})
    assert renamed["displayName"] == "Divers"
    assert c.members(group) == [liv]


@sees("user-name-change-409", "display-name-immutable", "inactive-user-frozen")
def _(c: Client) -> None:
    liv = f"/Users/{c.user('liv@fjord.example', displayName='Liv')}"
    assert c.patch(liv, {"op": "replace", "path": "active", "value": False})["active"] is False
    for path, value in (("userName", "dahl@fjord.example"), ("displayName", "Liv Dahl"), ("active", True)):
        assert c.patch(liv, {"op": "replace", "path": path, "value": value})[path] == value


@sees("put-rename-refused")
def _(c: Client) -> None:
    liv = f"/Users/{c.user('liv@fjord.example')}"
    body = c.read(liv) | {"userName": "dahl@fjord.example"}
    assert c.json(c.send("PUT", liv, body))["userName"] == "dahl@fjord.example"


@sees("delete-refused-for-users", "read-always-304")
def _(c: Client) -> None:
    liv = f"/Users/{c.user('liv@fjord.example')}"
    assert c.read(liv)["userName"] == "liv@fjord.example"
    assert c.send("DELETE", liv).status_code == 204
    c.error(c.send("GET", liv), 404)
