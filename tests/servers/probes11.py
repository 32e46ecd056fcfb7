"""Probes of SCIM 1.1 servers: ``PROBES11`` maps each defect to the one that sees it.

They are written from the 1.1 specification and from what Okta sends, and know nothing of the harness.
"""

from __future__ import annotations

import re
from typing import Any

from . import (  # noqa: F401 - each module registers its probes when it is imported
    probes11_crowd,
    probes11_promises,
    probes11_sweeps,
)
from .defects_access import COMPARISONS
from .probing import shown
from .probing11 import ADA, BASE, PROBES11, Client11, Probe, basic, full_user, sees
from .schema11 import CAPABILITIES, CORE, ENTERPRISE, OKTA_CONFIG, OKTA_GROUP

__all__ = ["PROBES11", "Client11", "Probe"]

_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
OKTA_PROBE = "/Users?startIndex=1&count=2"


def _removal(id_: str) -> dict[str, str]:
    return {"value": id_, "display": "x", "operation": "delete"}


# ---- credentials, HTTP, errors


@sees("no-authentication", "basic-any-password", "unauthorized-403", "unauthorized-empty-list",
      "unauthorized-without-challenge")  # fmt: skip
def _(c: Client11) -> None:
    for headers in ({"Authorization": ""}, {"Authorization": "Bearer wrong"}, basic("wrong")):
        response = c.send("GET", OKTA_PROBE, headers=headers)
        c.error(response, 401)
        assert response.headers.get("www-authenticate")


@sees(*(f"{name}-11" for name, *_ in COMPARISONS), "token-empty-accepted-11", "token-scheme-ignored-11")
def _(c: Client11) -> None:
    for value in ("Bearer good-toke", "Bearer good-token2", "Bearer GOOD-TOKEN", "Bearer ood-token", "Bearer",
                  "Bearer good-uoken", "Basic good-token"):  # fmt: skip
        c.error(c.send("GET", OKTA_PROBE, headers={"Authorization": value}), 401)


@sees("put-without-auth-11", "delete-without-auth-11", "create-without-auth-11", "refused-change-made-11")
def _(c: Client11) -> None:
    id_ = c.user()
    before = c.read(f"/Users/{id_}")
    for method, target in (("PUT", f"/Users/{id_}"), ("PATCH", f"/Users/{id_}"), ("POST", "/Users"),
                           ("DELETE", f"/Users/{id_}")):  # fmt: skip
        body = {"schemas": [CORE], "id": id_, "userName": "nobody", "displayName": "Nobody"}
        c.error(c.send(method, target, body, {"Authorization": ""}), 401)
    assert c.read(f"/Users/{id_}") == before


@sees("config-401", "config-403", "config-500")
def _(c: Client11) -> None:
    c.read("/ServiceProviderConfigs")


@sees("bearer-case-sensitive")
def _(c: Client11) -> None:
    for headers in ({"Authorization": "bearer good-token"}, {"Authorization": "good-token"}, basic()):
        assert c.json(c.send("GET", OKTA_PROBE, headers=headers))["totalResults"] == 0


@sees("content-type-html", "scim-json-only", "create-needs-scim-2")
def _(c: Client11) -> None:
    assert c.read(f"/Users/{c.user()}")["userName"] == ADA


@sees("errors-of-scim-2", "errors-empty", "errors-is-object", "error-code-missing", "error-code-wrong",
      "error-description-empty", "not-found-without-detail", "not-found-html", "not-found-500",
      "not-found-200")  # fmt: skip
def _(c: Client11) -> None:
    for target in ("/Users/no-such-id", "/Groups/no-such-id"):
        c.error(c.send("GET", target), 404)


@sees("bad-json-500")
def _(c: Client11) -> None:
    c.error(c.send("POST", "/Users", b'{"schemas":'), 400)


# ---- discovery


@sees("config-missing", "config-of-scim-2", "config-without-schemes", "config-flat", "config-without-capabilities",
      "config-takes-post")  # fmt: skip
def _(c: Client11) -> None:
    config = c.read("/ServiceProviderConfigs")
    assert CORE in config["schemas"]
    for name in ("patch", "bulk", "filter", "changePassword", "sort", "etag", "xmlDataFormat"):
        assert isinstance(config[name], dict), name
        assert type(config[name]["supported"]) is bool, name
    assert config.get("authenticationSchemes")
    assert all(one["type"] and one["description"] for one in config["authenticationSchemes"])
    assert OKTA_CONFIG in config["schemas"]
    assert set(config.get(OKTA_CONFIG, {}).get("userManagementCapabilities", ())) == set(CAPABILITIES)
    response = c.send("POST", "/ServiceProviderConfigs", b"test")
    c.error(response, 405)
    assert response.headers.get("allow") == "GET"


@sees("schemas-missing", "schema-without-attributes")
def _(c: Client11) -> None:
    assert [one["id"] for one in c.page("/Schemas")["Resources"]] == [f"{CORE}:User", f"{CORE}:Group"]
    for endpoint, wanted in (("Users", "userName"), ("Groups", "members")):
        schema = c.read(f"/Schemas/{endpoint}")
        assert schema["endpoint"] == f"/{endpoint}"
        assert wanted in {one["name"] for one in schema.get("attributes", ())}


# ---- lists and filters


@sees("list-of-scim-2", "list-is-array", "list-lower-case-keys", "list-numbers-as-strings",
      "empty-list-resources-missing", "empty-list-resources-null", "empty-list-404")  # fmt: skip
def _(c: Client11) -> None:
    for target in (OKTA_PROBE, "/Groups?startIndex=1&count=100"):
        page = c.page(target)
        assert (page["totalResults"], page["startIndex"], page["Resources"]) == (0, 1, [])


@sees("total-is-page-size", "start-index-from-zero", "start-index-ignored", "count-ignored", "items-per-page-echoed",
      "order-changes")  # fmt: skip
def _(c: Client11) -> None:
    ids = [c.user(f"u{number}@fjord.example") for number in range(5)]
    seen = []
    for start, size in ((1, 2), (3, 2), (5, 1), (101, 0)):
        page = c.page(f"/Users?startIndex={start}&count=2")
        assert (page["totalResults"], page["startIndex"], page["itemsPerPage"]) == (5, start, size)
        seen += [one["id"] for one in page["Resources"]]
    assert seen == ids


@sees("disabled-hidden-from-list", "filter-hides-disabled")
def _(c: Client11) -> None:
    id_ = c.user(active=False)
    assert c.find(f'userName eq "{ADA}"') == [id_]
    assert c.page(OKTA_PROBE)["totalResults"] == 1


@sees("filter-ignored", "filter-case-sensitive", "filter-with-paging-finds-nobody", "filter-plus-as-it-is")
def _(c: Client11) -> None:
    id_ = c.user()
    c.user("other@fjord.example")
    for name in (ADA, ADA.upper(), ADA.lower()):
        assert c.find(f'userName eq "{name}"') == [id_]
    assert c.find('userName eq "nobody@fjord.example"') == []
    formed = c.page("/Users?filter=userName+eq+%22ada.falk%40fjord.example%22&startIndex=1&count=100")
    assert formed["totalResults"] == 1


@sees("filter-on-groups-400")
def _(c: Client11) -> None:
    id_ = c.group("Dock Crew")
    c.group("Other")
    assert c.find('displayName eq "Dock Crew"', "/Groups") == [id_]


@sees("bad-filter-200")
def _(c: Client11) -> None:
    c.error(c.send("GET", "/Users?filter=ADA.FALK"), 400)


# ---- shapes


def _expect_full_user(user: dict[str, Any]) -> None:
    assert user["schemas"] == [CORE, ENTERPRISE]
    wanted = {k: v for k, v in full_user().items() if k not in {"password", "groups"}}
    assert {k: user.get(k) for k in wanted} == wanted
    assert type(user["active"]) is bool
    assert "password" not in user
    assert isinstance(user["id"], str)
    assert user["meta"]["location"] == f"{BASE}/Users/{user['id']}"
    assert all(_DATE.fullmatch(user["meta"][name]) for name in ("created", "lastModified"))


@sees("user-of-scim-2", "schemas-missing-in-resource", "enterprise-urn-not-listed", "id-number", "active-string",
      "active-missing", "emails-object", "emails-strings", "meta-missing", "location-other-host", "created-no-date",
      "name-flat", "enterprise-flat", "password-returned", "list-shows-less", "create-drops-name",
      "create-lowers-user-name", "create-drops-external-id", "create-drops-locale",
      "last-modified-missing")  # fmt: skip
def _(c: Client11) -> None:
    response = c.send("POST", "/Users", full_user())
    created = c.json(response, 201)
    try:
        _expect_full_user(created)
        (listed,) = c.page("/Users")["Resources"]
        _expect_full_user(listed)
        _expect_full_user(c.read(f"/Users/{created['id']}"))
    except (KeyError, TypeError, AttributeError) as error:
        raise AssertionError(f"a member is missing or of another type: {error}") from error


@sees("members-strings", "groups-not-derived", "member-display-refused", "member-without-type-dropped",
      "member-operation-shown")  # fmt: skip
def _(c: Client11) -> None:
    id_ = c.user()
    group = c.group("Crew", id_)
    (member,) = c.read(f"/Groups/{group}").get("members", [None])
    assert member == {"value": id_, "display": f"name of {id_}", "type": "User"}
    assert [one["value"] for one in c.read(f"/Users/{id_}").get("groups", ())] == [group]


# ---- create


@sees("create-200", "create-empty-body", "create-without-id", "create-without-location", "create-rejects-groups",
      "create-rejects-password", "create-rejects-external-id")  # fmt: skip
def _(c: Client11) -> None:
    response = c.send("POST", "/Users", full_user())
    created = c.json(response, 201)
    assert created.get("id")
    assert response.headers.get("location") == f"{BASE}/Users/{created['id']}"


@sees("create-always-active")
def _(c: Client11) -> None:
    assert c.read(f"/Users/{c.user(active=False)}")["active"] is False


@sees("create-rejects-unknown-schema", "group-needs-members")
def _(c: Client11) -> None:
    id_ = c.group("Dock Crew", schemas=[CORE, OKTA_GROUP], **{OKTA_GROUP: {"description": "Night shift"}})
    read = c.read(f"/Groups/{id_}")
    assert read["displayName"] == "Dock Crew"
    assert read[OKTA_GROUP] == {"description": "Night shift"}
    assert c.group("Empty") != id_


@sees("duplicate-creates-second", "duplicate-case-sensitive", "duplicate-500", "duplicate-400", "duplicate-200")
def _(c: Client11) -> None:
    id_ = c.user(title="first")
    for name in (ADA, ADA.upper()):
        c.error(c.send("POST", "/Users", {"schemas": [CORE], "userName": name, "title": "second"}), 409)
    assert c.find(f'userName eq "{ADA}"') == [id_]
    assert c.read(f"/Users/{id_}")["title"] == "first"


@sees("duplicate-of-disabled-creates-second")
def _(c: Client11) -> None:
    c.user(active=False)
    c.error(c.send("POST", "/Users", {"schemas": [CORE], "userName": ADA}), 409)


# ---- PUT, disable, enable


@sees("put-keeps-absent", "write-not-stored", "put-answers-old-state", "put-changes-id", "put-204", "put-rejects-meta",
      "put-rejects-id", "create-rebuilds-formatted", "stale-read")  # fmt: skip
def _(c: Client11) -> None:
    id_ = c.full()
    before = c.read(f"/Users/{id_}")
    name = {"givenName": "Ines", "familyName": "Moor", "formatted": "Ada Falk"}
    body = {k: v for k, v in before.items() if k not in {"locale", ENTERPRISE}} | {"name": name, "groups": []}
    after = c.put(f"/Users/{id_}", body)
    assert after["id"] == id_
    assert after["name"] == name
    assert not {"locale", ENTERPRISE} & after.keys()
    assert after["meta"]["created"] == before["meta"]["created"]
    assert after["meta"]["lastModified"] > before["meta"]["lastModified"]


@sees("put-cannot-disable", "disabled-404")
def _(c: Client11) -> None:
    id_ = c.full()
    for active in (False, True):
        assert c.put(f"/Users/{id_}", c.read(f"/Users/{id_}") | {"active": active})["active"] is active


@sees("put-without-active-disables")
def _(c: Client11) -> None:
    id_ = c.user()
    assert c.put(f"/Users/{id_}", {"schemas": [CORE], "userName": ADA, "title": "x"})["active"] is True


@sees("put-group-members-refused", "put-group-name-ignored")
def _(c: Client11) -> None:
    one, two = c.user("one"), c.user("two")
    id_ = c.group("Crew", one)
    body = {"schemas": [CORE], "displayName": "Harbour", "id": id_, "members": [{"value": two, "display": None}]}
    assert c.put(f"/Groups/{id_}", body)["displayName"] == "Harbour"
    assert c.members(id_) == [two]


@sees("patch-disable-ignored", "patch-enable-ignored", "disable-clears-emails", "disable-answers-404", "patch-501",
      "patch-needs-operations", "patch-rejects-id", "patch-needs-user-name", "patch-replaces-all",
      "patch-answers-request")  # fmt: skip
def _(c: Client11) -> None:
    id_ = c.full()
    before = shown(c.read(f"/Users/{id_}"))
    for active in (False, True):
        assert shown(c.change(f"/Users/{id_}", id=id_, active=active)) == before | {"active": active}


@sees("disable-drops-memberships")
def _(c: Client11) -> None:
    id_ = c.user()
    group = c.group("Crew", id_)
    c.change(f"/Users/{id_}", id=id_, active=False)
    assert c.members(group) == [id_]


# ---- PATCH of users


@sees("patch-rejects-password")
def _(c: Client11) -> None:
    id_ = c.full()
    assert "password" not in c.change(f"/Users/{id_}", id=id_, password="n3wOne!x")


@sees("patch-replaces-complex")
def _(c: Client11) -> None:
    id_ = c.full()
    assert c.change(f"/Users/{id_}", name={"familyName": "Moor"})["name"] == {"givenName": "Ada", "familyName": "Moor"}


@sees("patch-replaces-multi-valued", "patch-doubles-values")
def _(c: Client11) -> None:
    id_ = c.full()
    work = {"value": ADA, "type": "work"}
    home = {"value": "ada@home.example", "type": "home", "primary": True}
    assert c.change(f"/Users/{id_}", emails=[home])["emails"] == [work, home], "one entry is primary: the newest"
    assert c.change(f"/Users/{id_}", emails=[{"value": ADA, "type": "other"}])["emails"] == [
        {"value": ADA, "type": "other"}, home,
    ]  # fmt: skip
    assert c.change(f"/Users/{id_}", emails=[{"value": ADA, "operation": "delete"}])["emails"] == [home]


@sees("patch-extension-ignored")
def _(c: Client11) -> None:
    id_ = c.full()
    changed = c.change(f"/Users/{id_}", **{ENTERPRISE: {"department": "Docks"}})
    assert changed[ENTERPRISE] == {"employeeNumber": "9042", "department": "Docks"}


# ---- PATCH of groups


@sees("members-replaced", "member-delete-ignored", "member-delete-skipped", "member-delete-clears-all",
      "member-operation-refused", "member-again-refused")  # fmt: skip
def _(c: Client11) -> None:
    one, two, three = (c.user(name) for name in ("one", "two", "three"))
    id_ = c.group("Crew", one, two)
    c.change(f"/Groups/{id_}", members=[{"value": three, "display": "three"}])
    assert c.members(id_) == sorted([one, two, three])
    c.change(f"/Groups/{id_}", members=[{"value": three, "display": "three"}])
    assert c.members(id_) == sorted([one, two, three])
    c.change(f"/Groups/{id_}", members=[_removal(two)])
    assert c.members(id_) == sorted([one, three])


@sees("mixed-members-adds-only", "mixed-members-first-only")
def _(c: Client11) -> None:
    one, two, three, four = (c.user(name) for name in ("one", "two", "three", "four"))
    id_ = c.group("Crew", one)
    c.change(f"/Groups/{id_}", members=[{"value": three, "display": "three"}])
    c.change(f"/Groups/{id_}", members=[{"value": two, "display": "two"}, _removal(one), {"value": four}])
    assert c.members(id_) == sorted([two, three, four])


@sees("unknown-member-500")
def _(c: Client11) -> None:
    id_ = c.group()
    c.error(c.raw_change(f"/Groups/{id_}", members=[{"value": "no-such-id"}]), 400)
    assert c.members(id_) == []


@sees("clear-ignored", "clear-only", "clear-refused", "clear-to-empty-refused", "clear-clears-all",
      "clear-case-sensitive")  # fmt: skip
def _(c: Client11) -> None:
    one, two = c.user("one"), c.user("two")
    id_ = c.group("Crew", one, externalId="g-1")
    c.change(f"/Groups/{id_}", meta={"attributes": ["members"]}, members=[{"value": two, "display": "two"}])
    assert c.members(id_) == [two]
    c.change(f"/Groups/{id_}", meta={"attributes": ["Members"]}, members=[{"value": one}, _removal(one)])
    assert c.members(id_) == [one], "a removal of what is cleared anyway is ignored"
    changed = c.change(f"/Groups/{id_}", meta={"attributes": ["members"]}, members=[])
    assert c.members(id_) == []
    assert (changed["displayName"], changed.get("externalId")) == ("Crew", "g-1")


@sees("rename-ignored", "rename-drops-members", "rename-to-same-409")
def _(c: Client11) -> None:
    one = c.user("one")
    id_ = c.group("Crew", one)
    for name in ("Crew", "Harbour Crew"):
        changed = c.change(f"/Groups/{id_}", id=id_, displayName=name)
        assert (changed["id"], changed["displayName"]) == (id_, name)
        assert c.members(id_) == [one]
    assert c.find('displayName eq "Harbour Crew"', "/Groups") == [id_]


# ---- delete, consistency


@sees("delete-ignored", "delete-405", "delete-group-deletes-members", "delete-unknown-204", "deleted-name-blocked")
def _(c: Client11) -> None:
    one = c.user("one")
    id_ = c.group("Crew", one)
    assert c.send("DELETE", f"/Groups/{id_}").status_code in {200, 204}
    c.error(c.send("GET", f"/Groups/{id_}"), 404)
    c.error(c.send("DELETE", f"/Groups/{id_}"), 404)
    assert "groups" not in c.read(f"/Users/{one}")
    assert c.group("Crew") != id_


@sees("write-touches-bystander")
def _(c: Client11) -> None:
    bystander, id_ = c.user("bystander"), c.full()
    before = c.read(f"/Users/{bystander}")
    c.change(f"/Users/{id_}", title="x")
    assert c.read(f"/Users/{bystander}") == before
