"""Probes of SCIM 1.1 servers for what the protocol promises: deletions, partial resources, filters that are none."""

from __future__ import annotations

from .probing11 import ADA, Client11, full_user, sees
from .schema11 import CORE, ENTERPRISE


@sees("delete-answers-200-ignored", "delete-user-ignored", "delete-user-deactivates", "deleted-still-listed",
      "deleted-user-stays-member", "recreated-user-inherits-groups")  # fmt: skip
def _(c: Client11) -> None:
    id_, other = c.user(), c.user("other@fjord.example")
    group = c.group("Crew", id_, other)
    assert c.send("DELETE", f"/Users/{id_}").status_code in {200, 204}
    c.error(c.send("GET", f"/Users/{id_}"), 404)
    assert c.find(f'userName eq "{ADA}"') == []
    assert [one["id"] for one in c.page("/Users")["Resources"]] == [other]
    assert c.members(group) == [other]
    again = c.user()
    assert c.members(group) == [other]
    assert "groups" not in c.read(f"/Users/{again}")


@sees("filter-without-value-200", "filter-unknown-operator-200")
def _(c: Client11) -> None:
    c.user()
    for text in ("userName%20eq", "userName%20regex%20%22a%22"):
        c.error(c.send("GET", f"/Users?filter={text}"), 400)


@sees("filter-attribute-ignored")
def _(c: Client11) -> None:
    c.user()
    assert c.find(f'nickName eq "{ADA}"') == []


@sees("config-html")
def _(c: Client11) -> None:
    assert CORE in c.read("/ServiceProviderConfigs")["schemas"]


@sees("enterprise-dropped", "enterprise-dropped-unlisted")
def _(c: Client11) -> None:
    assert c.read(f"/Users/{c.full()}").get(ENTERPRISE) == full_user()[ENTERPRISE]


@sees("put-drops-enterprise")
def _(c: Client11) -> None:
    id_ = c.full()
    after = c.put(f"/Users/{id_}", c.read(f"/Users/{id_}") | {"title": "Pilot"})
    assert after.get(ENTERPRISE) == full_user()[ENTERPRISE]


@sees("put-adds-nothing-new")
def _(c: Client11) -> None:
    id_ = c.user()
    assert c.put(f"/Users/{id_}", {"schemas": [CORE], "userName": ADA, "title": "Pilot"}).get("title") == "Pilot"


@sees("disable-twice-400", "enable-twice-400", "patch-of-disabled-enables", "put-of-disabled-enables",
      "list-shows-active")  # fmt: skip
def _(c: Client11) -> None:
    id_ = c.user()
    for active in (False, False):
        assert c.change(f"/Users/{id_}", id=id_, active=active)["active"] is active
    assert [one["active"] for one in c.page("/Users")["Resources"]] == [False]
    assert c.change(f"/Users/{id_}", title="Pilot")["active"] is False
    assert c.put(f"/Users/{id_}", c.read(f"/Users/{id_}") | {"title": "Chief"})["active"] is False
    for active in (True, True):
        assert c.change(f"/Users/{id_}", id=id_, active=active)["active"] is active
