"""The good server in this process: what the probes of ``matrix/test_defects_live.py`` do not ask already."""

from __future__ import annotations

import io
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from servers.good import GoodServer
from servers.probing import Client, full_user, shown
from servers.protocol import CORE_GROUP, CORE_USER, ENTERPRISE, FJORD, MAX_BODY, PATCH_OP
from servers.running import client


@pytest.fixture
def c() -> Client:
    return Client(GoodServer())


# ---- filters


@pytest.fixture(scope="module")
def three() -> Client:
    """Three users: ada (everything), bo (little), cy (disabled)."""
    client = Client(GoodServer())
    client.create("/Users", full_user("ada") | {"profileUrl": "https://x.example/Ada"})
    client.user("bo", name={"familyName": "Berg"}, emails=[{"type": "home", "value": "bo@b.example"}])
    client.user("cy", active=False, title="", roles=[{"value": "Admin", "primary": "True"}])
    return client


@pytest.mark.parametrize(
    ("filter_", "found"),
    [
        ('userName eq "ADA"', "ada"),
        ('userName ne "ada"', "bo cy"),
        ('userName co "D"', "ada"),
        ('userName sw "b"', "bo"),
        ('userName ew "Y"', "cy"),
        ('userName gt "b"', "bo cy"),
        ('userName ge "bo"', "bo cy"),
        ('userName lt "bo"', "ada"),
        ('userName le "bo"', "ada bo"),
        ("title pr", "ada"),
        ("not (title pr)", "bo cy"),
        ("title eq null", "bo cy"),
        ("title ne null", "ada"),
        ("name pr", "ada bo"),
        ("name.middleName pr", ""),
        ('name.familyName eq "berg"', "bo"),
        ("active eq true", "ada bo"),
        ("active eq False", "cy"),
        ('active eq "False"', "cy"),
        ("active ne true", "cy"),
        ('roles[primary eq "True"].value eq "admin"', "cy"),
        ('emails[type eq "home"]', "ada bo"),
        ('emails[type eq "home" and value co "@b."]', "bo"),
        ('emails[type eq "work" or type eq "home"].value ew "home.example"', "ada"),
        ('emails[not (type eq "home")].value pr', "ada"),
        ('emails.type eq "work"', "ada"),
        ('emails co "@"', "ada bo"),
        ('profileUrl eq "https://x.example/Ada"', "ada"),
        ('profileUrl eq "https://x.example/ada"', ""),
        ('externalId eq "Ext-ada"', "ada"),
        ('externalId eq "ext-ada"', ""),
        (f'{ENTERPRISE}:employeeNumber eq "9042"', "ada"),
        (f'{ENTERPRISE.upper()}:DEPARTMENT sw "har"', "ada"),
        (f"{FJORD}:berth pr", "ada"),
        ('department eq "harbour"', "ada"),
        (f'{CORE_USER}:userName eq "bo"', "bo"),
        ('schemas eq "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"', "ada"),
        ('meta.resourceType eq "User"', "ada bo cy"),
        ('meta.created gt "2020-01-01T00:00:00Z" and active eq false', "cy"),
        ('userName eq "ada" or userName eq "bo" and active eq false', "ada"),
        ('(userName eq "ada" or userName eq "cy") and active eq false', "cy"),
        ('userName EQ "ada" OR userName Eq "bo"', "ada bo"),
        ('  userName   eq   "ada"  ', "ada"),
        ('userName eq "\\u0061da"', "ada"),
    ],
)
def test_filter(three: Client, filter_: str, found: str) -> None:
    page = three.page(f"/Users?filter={quote(filter_)}")
    assert " ".join(one["userName"] for one in page["Resources"]) == found
    assert three.page(f"/Users?filter={quote_plus(filter_)}") == page


@pytest.mark.parametrize(
    "filter_",
    [
        "", "userName", "userName eq", 'eq "x"', "userName eq x", 'userName eq "x" and', 'userName is "x"',
        'userName eq "x" "y"', "(userName pr", "userName pr)", "userName pr userName pr", "shoeSize pr", "name.shoe pr",
        'emails[type eq "work"', 'emails[shoe eq "work"]', 'emails[type eq "work"].shoe pr', 'userName[value eq "x"]',
        "active gt true", 'active eq "maybe"', 'meta.created gt "yesterday"', "userName gt null", f"{ENTERPRISE} pr",
        "urn:example:x:User:y pr", "(" * 60 + "userName pr" + ")" * 60, 'userName eq {"a":1}',
    ],
)  # fmt: skip
def test_an_invalid_filter_is_refused(three: Client, filter_: str) -> None:
    three.error(three.send("GET", f"/Users?filter={quote(filter_)}"), 400, "invalidFilter")


def test_the_old_reference_check_of_entra(c: Client) -> None:
    boss = c.user("boss")
    id_ = c.user(**{ENTERPRISE: {"manager": boss}})
    query = quote_plus(f'id eq "{id_}" and manager eq "{boss}"')
    found = c.page(f"/Users?filter={query}&attributes=id")["Resources"]
    assert [one.keys() - {"schemas"} for one in found] == [{"id"}]
    assert found[0]["id"] == id_


# ---- paging, sorting, projection, search


@pytest.mark.parametrize(
    ("query", "numbers", "start"),
    [
        ("count=2", [0, 1], 1),
        ("startIndex=4", [3, 4], 4),
        ("startIndex=0&count=1", [0], 1),
        ("startIndex=-7&count=1", [0], 1),
        ("count=-1", [], 1),
        ("startIndex=99&count=100", [], 99),
        ("startIndex=1&count=5000", [0, 1, 2, 3, 4], 1),
        ("sortBy=userName&sortOrder=descending&count=2", [4, 3], 1),
        ("sortBy=title", [2, 4, 0, 1, 3], 1),
        ("sortBy=noSuchThing&count=1", [0], 1),
    ],
)
def test_page(c: Client, query: str, numbers: list[int], start: int) -> None:
    titles = {2: "a", 4: "B"}
    ids = [c.user(f"u{n}", title=titles.get(n)) for n in range(5)]
    page = c.page(f"/Users?{query}")
    assert [ids.index(one["id"]) for one in page["Resources"]] == numbers
    assert (page["totalResults"], page["startIndex"]) == (5, start)


@pytest.mark.parametrize("query", ["count=two", "startIndex=1.5", "attributes=id&excludedAttributes=meta"])
def test_an_invalid_query_is_refused(c: Client, query: str) -> None:
    c.user()
    c.error(c.send("GET", f"/Users?{query}"), 400, "invalidValue")


@pytest.mark.parametrize(
    ("query", "present", "absent"),
    [
        ("attributes=userName", {"schemas", "id", "userName"}, {"meta", "emails", ENTERPRISE}),
        ("attributes=", {"userName", "meta"}, set()),
        ("attributes=USERNAME,shoeSize", {"userName"}, {"emails"}),
        (f"attributes={ENTERPRISE}", {"id", ENTERPRISE}, {"userName", FJORD}),
        ("attributes=meta.location", {"meta"}, {"userName"}),
        ("excludedAttributes=id,schemas,userName", {"schemas", "id", "emails"}, {"userName"}),
        (f"excludedAttributes={ENTERPRISE},{FJORD}:berth,{FJORD}:pier", {"userName"}, {ENTERPRISE, FJORD}),
        ("excludedAttributes=emails,phoneNumbers&flag", {"userName"}, {"emails", "phoneNumbers"}),
    ],
)
def test_projection(c: Client, query: str, present: set[str], absent: set[str]) -> None:
    id_ = c.full()
    for resource in (c.read(f"/Users/{id_}?{query}"), c.page(f"/Users?{query}")["Resources"][0]):
        assert present <= resource.keys()
        assert not absent & resource.keys()


def test_projection_of_sub_attributes(c: Client) -> None:
    id_ = c.full()
    read = c.read(f"/Users/{id_}?excludedAttributes=emails.primary,emails.type,name.formatted,{ENTERPRISE}:department")
    assert read["emails"] == [{"value": "Ada.Åström@Fjord.example"}, {"value": "Ada@Home.example"}]
    assert read["name"] == {"familyName": "Åström", "givenName": "Ada"}
    assert read[ENTERPRISE] == {"employeeNumber": "9042"}


def test_writes_are_projected_too(c: Client) -> None:
    created = c.json(c.send("POST", "/Users?attributes=userName", full_user()), 201)
    assert created.keys() == {"schemas", "id", "userName"}
    group = c.group("Crew", created["id"])
    response = c.send("PATCH", f"/Groups/{group}?attributes=displayName", {
        "schemas": [PATCH_OP], "Operations": [{"op": "replace", "path": "displayName", "value": "Pier"}]})  # fmt: skip
    assert c.json(response, 200) == {"schemas": [CORE_GROUP], "id": group, "displayName": "Pier"}


@pytest.mark.parametrize(("endpoint", "total"), [("/Users", 2), ("/Groups", 1), ("", 3)])
def test_search_by_post(c: Client, endpoint: str, total: int) -> None:
    c.user("a", displayName="x1")
    c.user("b", displayName="x2")
    c.group("x3")
    c.group("y")
    body = {"filter": 'displayName sw "X"', "attributes": ["displayName"], "startIndex": 1, "count": 1}
    page = c.json(c.send("POST", f"{endpoint}/.search", body))
    assert (page["totalResults"], page["itemsPerPage"]) == (total, 1)
    assert page["Resources"][0].keys() == {"schemas", "id", "displayName"}


# ---- PATCH

MEMBERS = "members"


@pytest.mark.parametrize(
    ("operation", "attribute", "expected"),
    [
        # the primary value moves (RFC 7644 §3.5.2)
        ({"op": "add", "path": "emails", "value": [{"type": "other", "value": "o@x", "primary": True}]}, "emails",
         [{"primary": False, "type": "work", "value": "w@x"}, {"type": "home", "value": "h@x"},
          {"type": "other", "value": "o@x", "primary": True}]),
        # adding what is there changes nothing
        ({"op": "add", "path": "emails", "value": [{"type": "home", "value": "h@x"}]}, "emails",
         [{"primary": True, "type": "work", "value": "w@x"}, {"type": "home", "value": "h@x"}]),
        # the same address under another type is another entry
        ({"op": "add", "path": "emails", "value": {"type": "other", "value": "h@x"}}, "emails",
         [{"primary": True, "type": "work", "value": "w@x"}, {"type": "home", "value": "h@x"},
          {"type": "other", "value": "h@x"}]),
        ({"op": "replace", "path": "emails", "value": [{"value": "n@x"}]}, "emails", [{"value": "n@x"}]),
        ({"op": "replace", "path": "emails", "value": []}, "emails", None),
        ({"op": "remove", "path": "emails"}, "emails", None),
        ({"op": "remove", "path": 'emails[type eq "work"]'}, "emails", [{"type": "home", "value": "h@x"}]),
        ({"op": "remove", "path": 'emails[type eq "work"].value'}, "emails", [{"type": "home", "value": "h@x"}]),
        ({"op": "remove", "path": 'emails[type eq "work"].primary'}, "emails",
         [{"type": "work", "value": "w@x"}, {"type": "home", "value": "h@x"}]),
        ({"op": "replace", "path": 'emails[type eq "work"].value', "value": ""}, "emails",
         [{"type": "home", "value": "h@x"}]),
        ({"op": "replace", "path": 'emails[type eq "home"]', "value": {"value": "new@x", "display": "N"}}, "emails",
         [{"primary": True, "type": "work", "value": "w@x"}, {"type": "home", "value": "new@x", "display": "N"}]),
        ({"op": "replace", "path": 'emails[type eq "home"].primary', "value": "True"}, "emails",
         [{"primary": False, "type": "work", "value": "w@x"}, {"type": "home", "value": "h@x", "primary": True}]),
        ({"op": "add", "path": 'ims[type eq "x" and primary eq "True"].value', "value": "me"}, "ims",
         [{"type": "x", "primary": True, "value": "me"}]),
        ({"op": "add", "path": "emails.display", "value": "D"}, "emails",
         [{"primary": True, "type": "work", "value": "w@x", "display": "D"},
          {"type": "home", "value": "h@x", "display": "D"}]),
        ({"op": "replace", "path": "name", "value": {"givenName": "G"}}, "name", {"familyName": "F", "givenName": "G"}),
        ({"op": "remove", "path": "name"}, "name", None),
        ({"op": "remove", "path": "name.familyName"}, "name", None),
        ({"op": "replace", "path": "title", "value": None}, "title", None),
        ({"op": "add", "value": {"roles": [{"value": '{"id":"r1","value":"Admin"}'}]}}, "roles",
         [{"value": '{"id":"r1","value":"Admin"}'}]),
        ({"op": "replace", "path": ENTERPRISE, "value": {"costCenter": "7"}}, ENTERPRISE,
         {"department": "D", "costCenter": "7"}),
        ({"op": "remove", "path": ENTERPRISE}, ENTERPRISE, None),
        ({"op": "remove", "path": f"{ENTERPRISE}:department"}, ENTERPRISE, None),
        ({"op": "add", "path": "urn:ietf:params:scim:schemas:extension:Fjord:2.0:User:BERTH", "value": "B"}, FJORD,
         {"berth": "B"}),
        ({"op": "add", "path": f"{ENTERPRISE}:manager", "value": [{"$ref": "http://x/y", "value": "m"}]}, ENTERPRISE,
         {"department": "D", "manager": {"value": "m"}}),
        ({"op": "replace", "path": "department", "value": "E"}, ENTERPRISE, {"department": "E"}),
        ({"op": "add", "value": {"id": "x", "meta": {}, "schemas": [], "groups": [], "nickName": "N"}}, "nickName", "N"),
        ({"op": "replace", "path": "password", "value": "secret"}, "password", None),
    ],
)  # fmt: skip
def test_patch(c: Client, operation: dict[str, Any], attribute: str, expected: Any) -> None:
    emails = [{"primary": True, "type": "work", "value": "w@x"}, {"type": "home", "value": "h@x"}]
    id_ = c.user(emails=emails, name={"familyName": "F"}, title="T", **{ENTERPRISE: {"department": "D"}})
    before = shown(c.read(f"/Users/{id_}"))
    after = shown(c.patch(f"/Users/{id_}", operation))
    assert after.pop(attribute, None) == expected
    untouched = before.keys() - {attribute, "schemas"}
    assert {name: after.get(name) for name in untouched} == {name: before[name] for name in untouched}
    extensions = [name for name in (*after, attribute) if name in {ENTERPRISE, FJORD} and (name in after or expected)]
    assert sorted(after["schemas"]) == sorted([CORE_USER, *extensions])


@pytest.mark.parametrize(
    ("operation", "scim_type"),
    [
        ({"op": "remove"}, "noTarget"),
        ({"op": "remove", "path": 'emails[type eq "fax"]'}, "noTarget"),
        ({"op": "remove", "path": 'manager[value eq "nobody"]'}, "noTarget"),
        ({"op": "replace", "path": 'emails[value co "zzz"].display', "value": "d"}, "noTarget"),
        ({"op": "replace", "path": "shoeSize", "value": "x"}, "invalidPath"),
        ({"op": "replace", "path": "name.shoe", "value": "x"}, "invalidPath"),
        ({"op": "replace", "path": "emails[type eq", "value": "x"}, "invalidPath"),
        ({"op": "replace", "path": "urn:example:none:User:x", "value": "x"}, "invalidPath"),
        ({"op": "replace", "path": 7, "value": "x"}, "invalidPath"),
        ({"op": "replace", "value": {"title": "x", "urn:example:none:User:x": "y"}}, "invalidPath"),
        ({"op": "replace", "value": {ENTERPRISE: {"shoe": "x"}}}, "invalidPath"),
        ({"op": "replace", "value": "x"}, "invalidValue"),
        ({"op": "replace", "path": "title"}, "invalidValue"),
        ({"op": "replace", "path": "title", "value": 7}, "invalidValue"),
        ({"op": "replace", "path": "active", "value": "perhaps"}, "invalidValue"),
        ({"op": "replace", "path": "userName", "value": ""}, "invalidValue"),
        ({"op": "remove", "path": "userName"}, "mutability"),
        ({"op": "replace", "path": "id", "value": "x"}, "mutability"),
        ({"op": "add", "path": "groups", "value": [{"value": "x"}]}, "mutability"),
        ({"op": "replace", "path": "meta.created", "value": "x"}, "mutability"),
        ({"op": "upsert", "path": "title", "value": "x"}, "invalidSyntax"),
        ({"path": "title", "value": "x"}, "invalidSyntax"),
    ],
)
def test_an_invalid_operation_is_refused_and_nothing_changes(
    c: Client, operation: dict[str, Any], scim_type: str
) -> None:
    id_ = c.full()
    before = c.read(f"/Users/{id_}")
    c.error(c.raw_patch(f"/Users/{id_}", {"op": "add", "path": "nickName", "value": "n"}, operation), 400, scim_type)
    assert c.read(f"/Users/{id_}") == before


@pytest.mark.parametrize(
    "body",
    [{}, {"schemas": [PATCH_OP]}, {"schemas": [PATCH_OP], "Operations": []}, {"schemas": [PATCH_OP], "Operations": [1]},
     {"Operations": [{"op": "add", "path": "title", "value": "x"}]}, {"schemas": [PATCH_OP], "Operations": {}}],
)  # fmt: skip
def test_what_is_no_patch_message_is_refused(c: Client, body: dict[str, Any]) -> None:
    c.error(c.send("PATCH", f"/Users/{c.user()}", body), 400, "invalidSyntax")


def test_a_patch_that_changes_nothing_leaves_the_version(c: Client) -> None:
    id_ = c.full()
    before = c.read(f"/Users/{id_}")
    assert c.patch(f"/Users/{id_}", {"op": "Replace", "path": "active", "value": "True"}) == before


def test_add_then_remove_in_one_patch(c: Client) -> None:
    group, id_ = c.group(), c.user()
    add = {"op": "add", "path": MEMBERS, "value": [{"value": id_}]}
    read = c.patch(f"/Groups/{group}", add, {"op": "remove", "path": f'members[value eq "{id_}"]'})
    assert MEMBERS not in read


def test_okta_removes_and_adds_in_one_patch(c: Client) -> None:
    leaver, joiner = c.user("a"), c.user("b")
    group = c.group("Crew", leaver)
    remove = {"op": "remove", "path": f'members[value eq "{leaver}"]'}
    c.patch(f"/Groups/{group}", remove, {"op": "add", "path": MEMBERS, "value": [{"value": joiner, "display": "b"}]})
    assert c.members(group) == [joiner]


# ---- groups


def test_members_are_shown_with_what_they_are(c: Client) -> None:
    id_ = c.user(displayName="Ada")
    inner = c.group("Inner", id_)
    outer = c.read(f"/Groups/{c.group('Outer', inner, id_)}")
    base = "http://good.example/scim/v2"
    assert outer[MEMBERS] == [
        {"value": inner, "type": "Group", "$ref": f"{base}/Groups/{inner}", "display": "Inner"},
        {"value": id_, "type": "User", "$ref": f"{base}/Users/{id_}", "display": "Ada"},
    ]
    assert [one["display"] for one in c.read(f"/Users/{id_}")["groups"]] == ["Inner", "Outer"]


def test_a_big_group_in_batches(c: Client) -> None:
    ids = [c.group(f"g{number}") for number in range(300)]
    big = c.group("Big")
    for start in range(0, 300, 100):
        c.patch(
            f"/Groups/{big}", {"op": "add", "path": MEMBERS, "value": [{"value": i} for i in ids[start : start + 100]]}
        )
    assert c.members(big) == sorted(ids)


def test_a_deleted_group_leaves_its_members(c: Client) -> None:
    id_ = c.user()
    group = c.group("Crew", id_)
    assert c.send("DELETE", f"/Groups/{group}").status_code == 204
    assert "groups" not in c.read(f"/Users/{id_}")
    assert c.group("Crew") != group


@pytest.mark.parametrize("members", [["x"], [{"value": "x"}], [{"value": "x"}, {"display": "no value"}]])
def test_a_group_with_an_unknown_member_is_not_created(c: Client, members: list[Any]) -> None:
    body = {"schemas": [CORE_GROUP], "displayName": "Crew", "members": members}
    c.error(c.send("POST", "/Groups", body), 400, "invalidValue")
    assert c.page("/Groups")["totalResults"] == 0


# ---- POST and PUT


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        ({"active": "False"}, {"active": False}),
        ({}, {"active": True}),
        ({"title": "", "nickName": None, "emails": [], "roles": None}, {"active": True}),
        ({"emails": [{"type": "work", "value": ""}, {"type": "home", "value": None}]}, {"active": True}),
        ({"emails": "a@x"}, {"active": True, "emails": [{"value": "a@x"}]}),
        ({"id": "mine", "meta": {"version": "9"}, "groups": [{"value": "g"}], "password": "p"}, {"active": True}),
        ({"shoeSize": 42, "urn:example:x:User": {"a": 1}}, {"active": True}),
        ({ENTERPRISE: None}, {"active": True}),
        ({ENTERPRISE: {"manager": "", "shoe": 1}}, {"active": True}),
        ({ENTERPRISE: {"manager": {"value": "m", "displayName": "M"}}},
         {"active": True, ENTERPRISE: {"manager": {"value": "m"}}}),
    ],
)  # fmt: skip
def test_what_a_create_stores(c: Client, extra: dict[str, Any], expected: dict[str, Any]) -> None:
    read = shown(c.read(f"/Users/{c.user(**({'active': None} | extra))}"))
    assert {name: value for name, value in read.items() if name not in {"schemas", "id", "userName"}} == expected


@pytest.mark.parametrize(
    "extra",
    [{"userName": ""}, {"userName": 7}, {"active": "maybe"}, {"name": "Ada"}, {"emails": [7]}, {ENTERPRISE: "x"},
     {"emails": [{"value": "a", "primary": True}, {"value": "b", "primary": True}]}],
)  # fmt: skip
def test_what_a_create_refuses(c: Client, extra: dict[str, Any]) -> None:
    body = {"schemas": [CORE_USER], "userName": "ada"} | extra
    c.error(c.send("POST", "/Users", body), 400, "invalidValue")
    assert c.page("/Users")["totalResults"] == 0


def test_put_replaces_but_keeps_what_no_client_may_change(c: Client) -> None:
    id_ = c.full()
    c.patch(f"/Users/{id_}", {"op": "replace", "path": "active", "value": False})
    before = c.read(f"/Users/{id_}")
    body = {"schemas": [CORE_USER], "id": "x", "userName": "liv", "meta": {"created": "x"}, "groups": []}
    after = c.json(c.send("PUT", f"/Users/{id_}", body))
    assert shown(after) == {"schemas": [CORE_USER], "id": id_, "userName": "liv", "active": False}
    assert after["meta"]["created"] == before["meta"]["created"]
    assert after["meta"]["lastModified"] > before["meta"]["lastModified"]


def test_put_of_what_was_read_changes_nothing(c: Client) -> None:
    id_ = c.user(emails=[{"value": "x", "type": "work"}], **{ENTERPRISE: {"manager": c.user("boss")}})
    c.group("Crew", id_)
    before = c.read(f"/Users/{id_}")
    assert c.json(c.send("PUT", f"/Users/{id_}", before)) == before


# ---- versions


def test_etags(c: Client) -> None:
    id_ = c.user()
    first = c.send("GET", f"/Users/{id_}").headers["etag"]
    assert first.startswith('W/"')
    assert c.send("GET", f"/Users/{id_}", headers={"If-None-Match": first}).status_code == 304
    operation = {"schemas": [PATCH_OP], "Operations": [{"op": "add", "path": "title", "value": "x"}]}
    assert c.send("PATCH", f"/Users/{id_}", operation, {"If-Match": first}).status_code == 200
    c.error(c.send("PATCH", f"/Users/{id_}", operation, {"If-Match": first}), 412)
    c.error(c.send("DELETE", f"/Users/{id_}", headers={"If-Match": first}), 412)
    assert c.send("DELETE", f"/Users/{id_}", headers={"If-Match": "*"}).status_code == 204


# ---- protocol


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/Nothing", 404),
        ("GET", "/Users/a/b", 404),
        ("GET", "/Users/%C3%A9%20%2E", 404),
        ("GET", "/Schemas/urn:example:none", 404),
        ("GET", "/ResourceTypes/Device", 404),
        ("GET", "/ServiceProviderConfig/x", 404),
        ("GET", "/Me", 501),
        ("POST", "/Bulk", 501),
        ("PUT", "/Users", 405),
        ("POST", "/Users/x", 405),
        ("DELETE", "/Schemas", 405),
        ("PATCH", "/ServiceProviderConfig", 405),
        ("POST", "/ResourceTypes", 405),
        ("GET", "/Users/.search", 405),
        ("GET", "/Schemas?filter=id+pr", 403),
        ("DELETE", "/Users/none", 404),
        ("DELETE", "/Groups/none", 404),
    ],
)
def test_what_is_not_offered(c: Client, method: str, target: str, status: int) -> None:
    c.error(c.send(method, target, {} if method in {"POST", "PUT", "PATCH"} else None), status)


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"", "application/scim+json", 400),
        (b"null", "application/scim+json", 400),
        (b"[]", "application/scim+json", 400),
        (b"{", "application/scim+json", 400),
        (b'{"userName": "\xe9"}', "application/scim+json", 400),
        (b'{"userName": "\\ud800"}', "application/scim+json", 400),
        (b'{"userName": NaN}', "application/scim+json", 400),
        (b"[" * 100_000, "application/scim+json", 400),
        (b'{"schemas": "x", "userName": "a"}', "application/scim+json", 400),
        (b'{"userName": "a"}', "application/xml", 415),
        (b'{"userName": "a"}', "application/scim+json; charset=utf-16", 415),
        (b" " * (MAX_BODY + 1), "application/scim+json", 413),
    ],
)  # fmt: skip
def test_a_body_that_is_refused(c: Client, body: bytes, content_type: str, status: int) -> None:
    error = c.error(c.send("POST", "/Users", body, {"Content-Type": content_type}), status)
    assert error.get("scimType") == ("invalidSyntax" if status == 400 else None)
    assert c.page("/Users")["totalResults"] == 0


@pytest.mark.parametrize(
    "content_type",
    [
        "application/scim+json",
        "application/json",
        'application/json;charset="UTF-8"',
        "Application/SCIM+JSON; charset=utf-8",
    ],
)
def test_a_body_that_is_taken(c: Client, content_type: str) -> None:
    created = c.json(c.send("POST", "/Users/", b'{"userName":"\xc3\xa9"}', {"Content-Type": content_type}), 201)
    assert created["userName"] == "é"


@pytest.mark.parametrize(
    ("value", "status"),
    [("Bearer good-token", 200), ("bearer good-token", 200), ("good-token", 200), ("Basic good-token", 401),
     ("Bearer", 401), ("Bearer good-token x", 401), ("Bearer gööd", 401), ("Bearer x good-token", 401)],
)  # fmt: skip
def test_credentials(value: str, status: int) -> None:
    seen: list[str] = []
    environ: dict[str, Any] = {"REQUEST_METHOD": "GET", "PATH_INFO": "/Users", "HTTP_AUTHORIZATION": value, "SERVER_NAME": "x",
               "SERVER_PORT": "1", "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO()}  # fmt: skip
    GoodServer()(environ, lambda line, _: seen.append(line))
    assert seen[0].startswith(str(status))


# ---- names, and variants (the others are seen in test_variants)


def test_unknown_names_are_refused() -> None:
    with pytest.raises(ValueError, match="no-such-variant"):
        GoodServer(variant=frozenset({"no-such-variant"}))
    with pytest.raises(ValueError, match="no-such-defect"):
        GoodServer(frozenset({"no-such-defect"}))


def test_without_sorting_the_order_is_that_of_creation() -> None:
    c = Client(GoodServer(variant=frozenset({"no-sort"})))
    ids = [c.user("b"), c.user("a")]
    assert [one["id"] for one in c.page("/Users?sortBy=userName")["Resources"]] == ids


# ---- by httpx, in process and over a socket


def test_httpx_reaches_it_in_process() -> None:
    with client(GoodServer()) as c:
        created = c.post("/Users", json={"userName": "åse"})
        assert created.headers["location"] == f"http://good.example/scim/v2/Users/{created.json()['id']}"
        assert c.get(created.headers["location"]).json() == created.json()
        assert c.get("/Users/é").json()["detail"] == "There is no User with the id 'é'."
    with client(GoodServer(token="other"), token=None) as c:
        assert c.get("/Users").status_code == 401
