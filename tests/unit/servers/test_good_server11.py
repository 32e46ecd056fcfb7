"""The SCIM 1.1 server: it is right, each broken one is broken, and the two are told apart by a probe."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any
from urllib.parse import quote

import pytest
from scim_compat import schemas
from servers.defects11 import DEFECTS11, SUBJECTS11
from servers.good11 import VARIANTS, GoodServer11
from servers.probes11 import PROBES11, Client11, Probe
from servers.probing import shown
from servers.protocol import MAX_BODY
from servers.schema11 import CORE, ENTERPRISE
from servers.variants import VARIANTS as SHARED

_DISTINCT = {f"{probe.__module__}:{probe.__code__.co_firstlineno}": probe for probe in PROBES11.values()}


@pytest.fixture
def c() -> Client11:
    return Client11(GoodServer11())


# ---- defects


def test_every_defect_has_a_probe() -> None:
    assert sorted(DEFECTS11.keys() - PROBES11.keys()) == []
    assert sorted(PROBES11.keys() - DEFECTS11.keys()) == []


def test_there_are_many_defects_of_every_subject() -> None:
    counted = Counter(defect.subject for defect in DEFECTS11.values())
    assert counted.keys() == SUBJECTS11
    assert counted.total() >= 100
    assert all(defect.description and defect.source for defect in DEFECTS11.values())


@pytest.mark.parametrize("probe", [pytest.param(probe, id=name) for name, probe in _DISTINCT.items()])
def test_the_good_server_passes(probe: Probe) -> None:
    probe(Client11(GoodServer11()))


@pytest.mark.parametrize("name", sorted(DEFECTS11))
def test_the_broken_server_is_seen(name: str) -> None:
    with pytest.raises(AssertionError):
        PROBES11[name](Client11(GoodServer11(frozenset({name}))))


def test_an_unknown_defect_or_variant_is_refused() -> None:
    with pytest.raises(ValueError, match=r"unknown defects: \['no-such'\]"):
        GoodServer11(frozenset({"no-such"}))
    with pytest.raises(ValueError, match=r"unknown variants: \['patch-205'\]"):
        GoodServer11(variant=frozenset({"patch-205"}))


# ---- lawful variety


@pytest.mark.parametrize("variant", sorted(VARIANTS.keys() - SHARED.keys()))
def test_a_variant_differs(variant: str) -> None:
    """At least one answer of a small scenario; for those that SCIM 2.0 has too, see test_variants."""
    plain, varied = (_scenario(frozenset(names)) for names in ((), (variant,)))
    assert plain != varied


@pytest.mark.parametrize("variant", sorted(VARIANTS))
def test_a_variant_still_works(variant: str) -> None:
    """None of them changes what is stored."""
    c = Client11(GoodServer11(variant=frozenset({variant})))
    one = c.user("one")
    id_ = c.group("Crew", one)
    assert c.members(id_) == [one]
    assert c.change(f"/Users/{one}", active=False)["active"] is False
    c.send("DELETE", f"/Groups/{id_}")
    assert c.page("/Groups")["Resources"] == []


def _scenario(variant: frozenset[str]) -> list[Any]:
    """Answers without what differs from run to run: ids and moments."""
    server = GoodServer11(variant=variant)
    c = Client11(server)
    two, one = c.user("b"), c.user("a")
    group = str(c.create("/Groups", {"displayName": "Crew"})["id"])
    answers = [
        c.send("GET", f"/Users/{one}"),
        c.send("GET", "/Users?sortBy=userName"),
        c.send("GET", f"/Groups/{group}"),
        c.send("PATCH", f"/Users/{one}", {"title": "x"}),
        c.send("GET", "/Users/none"),
        c.send("GET", "/Schemas", headers={"Authorization": ""}),
        c.send("DELETE", f"/Groups/{group}"),
        c.send("GET", "/Users?filter=title%20eq%20%22x%22"),
        c.send("GET", "/ServiceProviderConfigs"),
        c.send("PATCH", f"/Users/{one}", {"name": {"familyName": "Falk"}, ENTERPRISE: {"department": "Quay"}}),
    ]
    found = []
    for answer in answers:
        text = answer.text.replace(one, "ONE").replace(two, "TWO").replace(group, "GROUP")
        body = json.loads(text) if text else None
        for holder in [body, *(body or {}).get("Resources", ())] if body else ():
            holder["meta"] = sorted(holder.get("meta", ()))
        found.append((answer.status_code, answer.headers.get("content-type"), "etag" in answer.headers, body))
    return found


# ---- what the probes do not ask


@pytest.mark.parametrize(
    ("filter_", "found"),
    [
        ('userName eq "ADA"', "ada"),
        ('userName sw "b"', "bo"),
        ('userName co "o"', "bo"),
        ("title pr", "ada"),
        ("active eq false", "bo"),
        ('name.familyName eq "falk"', "ada"),
        ('emails eq "ada@x.example"', "ada"),
        ('externalId eq "E-1"', "ada"),
        ('externalId eq "e-1"', ""),
        (f'{CORE}:userName eq "bo"', "bo"),
        (f'{ENTERPRISE}:department eq "docks"', "ada"),
        ('meta.lastModified gt "2020-01-01T00:00:00Z"', "ada bo"),
        ('meta.lastModified gt "2999-01-01T00:00:00Z"', ""),
        ('userName eq "ada" or (userName eq "bo" and active eq true)', "ada"),
    ],
)
def test_filter(two: Client11, filter_: str, found: str) -> None:
    page = two.page(f"/Users?filter={quote(filter_)}")
    assert " ".join(one["userName"] for one in page["Resources"]) == found


@pytest.fixture(scope="module")
def two() -> Client11:
    client = Client11(GoodServer11())
    client.user("ada", title="x", name={"familyName": "Falk"}, emails=[{"value": "ada@x.example"}], externalId="E-1",
                **{ENTERPRISE: {"department": "Docks"}})  # fmt: skip
    client.user("bo", active=False)
    return client


@pytest.mark.parametrize("filter_", ["", "ada", "userName", 'userName eq "x', "shoeSize pr", "userName eq ada"])
def test_an_invalid_filter_is_refused(two: Client11, filter_: str) -> None:
    two.error(two.send("GET", f"/Users?filter={quote(filter_)}"), 400)


def test_attributes_are_projected_and_resources_sorted(two: Client11) -> None:
    page = two.page("/Users?attributes=userName&sortBy=userName&sortOrder=descending")
    assert [one["userName"] for one in page["Resources"]] == ["bo", "ada"]
    assert all(one.keys() == {"schemas", "id", "userName"} for one in page["Resources"])


@pytest.mark.parametrize(
    ("method", "target", "body", "status"),
    [
        ("POST", "/Users", {"schemas": [CORE]}, 400),
        ("POST", "/Users", [], 400),
        ("POST", "/Users", {"userName": "a", "active": "maybe"}, 400),
        ("POST", "/Groups", {"displayName": ""}, 400),
        ("POST", "/Groups", {"displayName": "a", "members": [{"value": "none"}]}, 400),
        ("PUT", "/Users", {"userName": "a"}, 405),
        ("POST", "/Schemas", None, 405),
        ("PATCH", "/Users/none", {"active": False}, 404),
        ("PUT", "/Groups/none", {"displayName": "a"}, 404),
        ("DELETE", "/Users/none", None, 404),
        ("GET", "/ServiceProviderConfig", None, 404),
        ("GET", "/Schemas/Boats", None, 404),
        ("GET", "/Users?startIndex=one", None, 400),
        ("POST", "/Bulk", {}, 501),
    ],
)
def test_what_is_wrong_is_refused(c: Client11, method: str, target: str, body: Any, status: int) -> None:
    c.error(c.send(method, target, body), status)


def test_bodies_are_limited_in_size_and_kind(c: Client11) -> None:
    c.error(c.send("POST", "/Users", {"userName": "a" * MAX_BODY}), 413)
    c.error(c.send("POST", "/Users", b"<User/>", {"Content-Type": "application/xml"}), 415)


@pytest.mark.parametrize(
    ("body", "description"),
    [
        ({"meta": {"attributes": "members"}}, "meta.attributes must be an array of attribute names."),
        ({"meta": {"attributes": [1]}}, "meta.attributes must be an array of attribute names."),
        ({"meta": {"attributes": ["userName"]}}, "userName is required."),
        ({"emails": [{"value": "x", "operation": "add"}]}, "operation must be delete, not 'add'."),
        ({"emails": [5]}, "emails must be an object."),
        ({ENTERPRISE: []}, f"{ENTERPRISE} must be an object."),
    ],
)
def test_a_patch_that_makes_no_sense_changes_nothing(c: Client11, body: Any, description: str) -> None:
    id_ = c.full()
    before = c.read(f"/Users/{id_}")
    found = c.error(c.send("PATCH", f"/Users/{id_}", body), 400)
    assert found["Errors"][0]["description"] == description
    assert c.read(f"/Users/{id_}") == before


def test_meta_attributes_clears_parts_before_it_merges(c: Client11) -> None:
    id_ = c.full()
    cleared = ["name.givenName", "locale", f"{ENTERPRISE}:department", "emails", "nonsense", "groups"]
    changed = c.change(f"/Users/{id_}", meta={"attributes": cleared}, emails=[{"value": "new@fjord.example"}])
    assert changed["name"] == {"familyName": "Falk"}
    assert "locale" not in changed
    assert changed[ENTERPRISE] == {"employeeNumber": "9042"}
    assert changed["emails"] == [{"value": "new@fjord.example"}]
    assert changed["displayName"] == "Ada Falk"
    assert "name" not in c.change(f"/Users/{id_}", meta={"attributes": ["name.familyName"]})
    gone = c.change(f"/Users/{id_}", meta={"attributes": [ENTERPRISE]})
    assert gone["schemas"] == [CORE]


def test_entries_without_a_value_are_matched_by_all_they_have(c: Client11) -> None:
    work, home = {"type": "work", "locality": "Bergen"}, {"type": "home", "locality": "Voss"}
    id_ = c.user(addresses=[work, home])
    assert c.change(f"/Users/{id_}", addresses=[home])["addresses"] == [work, home]
    assert c.change(f"/Users/{id_}", addresses=[{**work, "operation": "delete"}])["addresses"] == [home]
    assert c.change(f"/Users/{id_}", addresses=[{**work, "operation": "delete"}])["addresses"] == [home]


def test_the_manager_has_an_id_and_a_name(c: Client11) -> None:
    boss = c.user("boss", displayName="The Boss")
    id_ = c.user(**{ENTERPRISE: {"manager": {"managerId": boss, "displayName": "ignored"}}})
    assert c.read(f"/Users/{id_}")[ENTERPRISE] == {"manager": {"managerId": boss, "displayName": "The Boss"}}


def test_a_deleted_user_leaves_the_groups(c: Client11) -> None:
    one, two = c.user("one"), c.user("two")
    group = c.group("Crew", one, two)
    assert c.send("DELETE", f"/Users/{one}").status_code == 204
    assert c.members(group) == [two]


def test_an_outdated_version_is_refused(c: Client11) -> None:
    id_ = c.user()
    c.error(c.send("PATCH", f"/Users/{id_}", {"title": "x"}, {"If-Match": 'W/"old"'}), 412)
    response = c.send("GET", f"/Users/{id_}")
    assert response.headers["etag"] == response.json()["meta"]["version"]
    assert c.send("GET", f"/Users/{id_}", headers={"If-None-Match": response.headers["etag"]}).status_code == 304


def test_a_user_who_is_pushed_unchanged_keeps_the_version(c: Client11) -> None:
    id_ = c.full()
    before = c.read(f"/Users/{id_}")
    assert c.put(f"/Users/{id_}", before) == before
    assert shown(c.change(f"/Users/{id_}", displayName="New")) == shown(before) | {"displayName": "New"}


def test_everything_it_says_has_the_right_shape(c: Client11) -> None:
    id_ = c.full()
    group = c.group("Crew", id_)
    said = {
        "User": c.read(f"/Users/{id_}"),
        "EnterpriseUser": c.read(f"/Users/{id_}")[ENTERPRISE],
        "Group": c.read(f"/Groups/{group}"),
        "ListResponse": c.page("/Users"),
        "Error": c.error(c.send("GET", "/Users/none"), 404),
        "ServiceProviderConfig": c.read("/ServiceProviderConfigs"),
        "Schema": c.read("/Schemas/Users"),
    }
    assert {name: schemas.errors(name, value, scim="1.1") for name, value in said.items()} == {
        name: [] for name in said
    }
