"""The suites that Okta and Microsoft certify with: their requests.

What is expected is written out here from the suites themselves; only names and numbers come from the run's seed.
"""

from __future__ import annotations

import json
import re
from collections import Counter

import pytest
from scim_compat.engine import people
from scim_compat.profile.lint import lint
from support.profiles import SEED, loaded, rehearsed

TAG = people.tag_for(SEED)
SUITES = ("okta-spec", "entra-validator")
CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
ENT = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


@pytest.fixture(scope="module", params=SUITES)
def suite(request):
    return loaded(request.param)


@pytest.fixture(scope="module")
def okta():
    return loaded("okta-spec")


@pytest.fixture(scope="module")
def validator():
    return loaded("entra-validator")


def sent(profile, name):
    """(method, target, headers, body text) of each request of the suite, ours left out."""
    return [
        (r.method, r.target, dict(r.headers), r.body.decode() if r.body is not None else None)
        for played in rehearsed(profile.id, name)
        if played.observation.intent.by == "client"
        for r in [played.observation.exchange.request]
    ]


# --- both -----------------------------------------------------------------------------------------


def test_it_loads_without_a_warning(suite):
    assert lint(suite) == []


def beside(scenario):
    """True for what neither suite sends: requests without the right credential."""
    return scenario.id.startswith("access.")


def test_every_name_that_is_written_carries_the_runs_tag(suite):
    for one in (s for s in suite.scenarios if not beside(s)):
        for played in rehearsed(suite.id, one.id):
            request = played.observation.exchange.request
            if request.method != "POST":
                continue
            body = json.loads(request.body)
            name = body["userName"] if request.target == "/Users" else body["displayName"]
            assert TAG in name, one.id
            if request.target == "/Users":
                assert name.lower().endswith("@scim-compat.example"), one.id
            assert "atko.com" not in request.body.decode(), one.id


# --- Okta -----------------------------------------------------------------------------------------

ASSERTIONS = {1: 12, 2: 8, 3: 3, 4: 3, 5: 3, 6: 7, 7: 4, 8: 1, 9: 1, 10: 3, 11: 4, 12: 4}
"""Test → how many assertions it has; in test 10 the script counts as the third."""


def test_there_are_twelve_tests_in_order(okta):
    tests = [s for s in okta.scenarios if not beside(s)]
    assert [s.id.partition(".")[0] for s in tests] == [f"test-{n:02}" for n in range(1, 13)]
    assert all(s.title.startswith(f"Test {n}: ") for n, s in enumerate(tests, 1))


def test_every_assertion_has_its_number(okta):
    """By number in a title, or as the status that the step names (always the first of a test)."""
    for number, one in enumerate((s for s in okta.scenarios if not beside(s)), 1):
        rules = [step.args["expect"]["rule"]["title"] for step in one.steps if "rule" in step.args.get("expect", {})]
        named = {int(n) for text in (one.title, *rules) for n in re.findall(rf"\b{number}\.(\d+)\b", text)}
        wanted = set(range(2, ASSERTIONS[number] + 1))
        if number == 10:
            wanted.discard(2)  # 600 ms: not covered, and said so
        assert wanted <= named, one.id
        assert named <= set(range(1, ASSERTIONS[number] + 1)), one.id
    assert any("10.2" in what for what, _ in okta.not_covered)


SUITE_HEADERS = {
    "Accept": "application/scim+json",
    "Accept-Charset": "utf-8",
    "Content-Type": "application/scim+json; charset=utf-8",
    "User-Agent": "OKTA SCIM Integration",
}


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("test-01.list-first-user", r"/Users\?count=1&startIndex=1"),
        ("test-02.read-user", r"/Users/user-1"),
        ("test-03.find-nobody", r"/Users\?filter=userName%20eq%20%22abcdefgh@scim-compat\.example%22"),
        ("test-04.read-unknown", r"/Users/010101001010101011001010101011"),
        (
            "test-05.find-nobody-yet",
            rf"/Users\?filter=userName%20eq%20%22Runscope\d{{3}}[A-Z][a-z]{{8}}\d{{3}}\.{TAG}@scim-compat\.example%22",
        ),
        ("test-07.read-created", r"/Users/user-1"),
        ("test-09.find-in-capitals", r"/Users\?filter=userName%20eq%20%22RUNSCOPE[A-Z0-9.]+@SCIM-COMPAT\.EXAMPLE%22"),
        ("test-10.list-groups", r"/Groups"),
        ("test-11.refuse-wrong-token", r"/Users\?filter=userName%20eq%20%22[A-Z0-9.]+@SCIM-COMPAT\.EXAMPLE%22"),
        ("test-12.read-unknown-number", r"/Users/00919288221112222"),
    ],
)
def test_reads_of_the_okta_suite(okta, name, target):
    [(method, got, headers, body)] = sent(okta, name)
    assert (method, body) == ("GET", None)
    assert re.fullmatch(target, got), got
    assert headers == SUITE_HEADERS


def test_the_wrong_credential_is_sent_in_test_11_alone(okta):
    used = {
        one.id: {p.observation.exchange.request.credential for p in rehearsed(okta.id, one.id) if p.observation.intent.by == "client"}
        for one in okta.scenarios
    }  # fmt: skip
    assert used.pop("test-11.refuse-wrong-token") == {"wrong"}
    assert set().union(*used.values()) == {"valid"}


@pytest.mark.parametrize("name", ["test-06.create-user", "test-08.create-duplicate"])
def test_creations_of_the_okta_suite(okta, name):
    """application/json, no User-Agent, the body member by member; in test 8 the same one twice."""
    posts = [request for request in sent(okta, name) if request[0] == "POST"]
    assert len(posts) == (1 if name.startswith("test-06") else 2)
    for _, target, headers, text in posts:
        assert target == "/Users"
        assert headers == {"Accept": "application/scim+json; charset=utf-8", "Content-Type": "application/json"}
        body = json.loads(text)
        given, family = body["name"]["givenName"], body["name"]["familyName"]
        login = f"{given}{family}.{TAG}@scim-compat.example"
        assert re.fullmatch(r"Runscope\d+", given)
        assert re.fullmatch(r"[A-Z][A-Za-z]+\d+", family)
        wanted = {
            "schemas": [CORE],
            "userName": login,
            "name": {"givenName": given, "familyName": family},
            "emails": [{"primary": True, "value": login, "type": "work"}],
            "displayName": f"{given} {family}",
            "active": True,
        }
        assert text == json.dumps(wanted, separators=(",", ":"))
    assert len({text for *_, text in posts}) == 1


# --- Microsoft ------------------------------------------------------------------------------------

SCORED = [
    "Create a new User", "Create a duplicate User", "Filter for an existing user", "Filter for a non-existing user",
    "Filter for an existing user with a different case", "Patch User - Replace Attributes Verbose",
    "Update User userName", "Patch User - Disable User", "Patch User - Add Manager", "Patch User - Replace Manager",
    "Patch User - Remove Manager", "Delete a User", "Get group by id excluding members",
    "Filter for an existing group excluding members", "Filter for an existing group",
    "Filter for a non-existing group", "Filter for an existing group with a different case", "Create a new Group",
    "Create a duplicate Group", "Patch Group - Replace Attributes", "Update Group displayName",
    "Patch Group - Add Member", "Patch Group - Remove Member", "Delete a Group",
]  # fmt: skip
PREVIEW = [
    "Patch User - Multiple Operations on different attributes", "Patch User - Multiple Operations on same attribute",
    "Delete a non-existent User", "Delete the same User twice",
    "Patch Group - Multiple Operations on same attribute", "Delete a non-existent Group",
    "Delete the same Group twice",
]  # fmt: skip
KIT = {
    15: "Schema_Discoverability_Test", 16: "SCIM_Null_Update_Test", 17: "SCIM_User_Create_Test",
    18: "SCIM_User_Update_Test", 19: "SCIM_Group_Create_Test", 20: "SCIM_Group_Update_Test",
    23: "SCIM_User_Pagination_Test", 24: "SCIM_Group_Pagination_Test", 25: "SCIM_Update_Manager_Test",
}  # fmt: skip


def test_the_tests_have_their_own_names_and_numbers(validator):
    titles = {(s.id.partition(".")[0], s.title.partition(":")[0]) for s in validator.scenarios}
    numbered = [(f"scored-{n:02}", name) for n, name in enumerate(SCORED, 1)]
    numbered += [(f"preview-{n}", name) for n, name in enumerate(PREVIEW, 1)]
    numbered += [(f"kit-{n}", name) for n, name in KIT.items()]
    assert set(numbered) <= titles
    others = {where for where, _ in titles} - {where for where, _ in numbered}
    assert others == {"scored-users", "earlier", "access"}


def test_places_where_validator_and_service_disagree_are_marked(validator):
    marked = {
        s.id.partition(".")[0] for s in validator.scenarios if s.note.startswith("Validator and service disagree")
    }
    assert {"scored-03", "scored-08", "scored-11", "scored-22", "scored-users"} <= marked


def test_patches_put_operations_before_schemas_in_the_validator_alone(validator):
    orders = {True: Counter(), False: Counter()}
    for one in validator.scenarios:
        for method, _, headers, body in sent(validator, one.id):
            if method == "PATCH":
                orders[one.id.startswith("kit-")][tuple(json.loads(body))] += 1
                assert json.loads(body)["schemas"] == [PATCH_OP]
                assert ("Accept" in headers) == one.id.startswith("kit-")
    assert set(orders[False]) == {("Operations", "schemas")}
    assert set(orders[True]) == {("schemas", "Operations")}


def test_no_flag_and_no_version_header(validator):
    for one in validator.scenarios:
        for _, target, headers, body in sent(validator, one.id):
            assert "aadOptscim" not in target
            assert headers.keys() <= {"Accept", "Content-Type"}
            assert ("Content-Type" in headers) == (body is not None)


def test_the_user_of_test_1(validator):
    """The captured body: primary as text, a manager nobody has, schemas last."""
    create, find = sent(validator, "scored-01.create-user")
    assert create[:3] == ("POST", "/Users", {"Content-Type": "application/scim+json; charset=utf-8"})
    body = json.loads(create[3])
    assert list(body) == [
        "userName", "active", "displayName", "title", "emails", "preferredLanguage", "name", "addresses",
        "phoneNumbers", ENT, "roles", "userType", "nickName", "locale", "timezone", "profileUrl", "schemas",
    ]  # fmt: skip
    assert body["active"] is True
    assert body["roles"] == [{"primary": "True", "display": "Surveyor", "value": "surveyor", "type": "fjord"}]
    assert list(body[ENT]) == ["employeeNumber", "department", "costCenter", "organization", "division", "manager"]
    assert list(body[ENT]["manager"]) == ["value"]
    assert list(body["emails"][0].items())[0::2] == [("type", "work"), ("primary", True)]
    assert [(p["type"], p.get("primary")) for p in body["phoneNumbers"]] == [("work", True), ("mobile", None), ("fax", None)]  # fmt: skip
    assert body["schemas"] == [CORE, ENT]
    assert find[:2] == ("GET", f"/Users?filter=userName%20eq%20%22{body['userName']}%22")


def test_the_verbose_test_has_36_operations_with_a_path(validator):
    [_, patch, read] = sent(validator, "scored-06.patch-user-verbose.booleans")
    operations = json.loads(patch[3])["Operations"]
    assert len(operations) == 36
    assert len({o["path"] for o in operations}) == 36
    assert {o["op"] for o in operations} == {"replace"}
    assert {"active", f"{ENT}:division", 'roles[primary eq "True"].value', 'emails[type eq "work"].primary'} <= {o["path"] for o in operations}  # fmt: skip
    assert read[0] == "GET"


@pytest.mark.parametrize(
    ("name", "operations"),
    [
        ("scored-08.disable-user", [{"op": "replace", "path": "active", "value": False}]),
        ("scored-09.add-manager.object", [{"op": "add", "path": f"{ENT}:manager", "value": {"value": "user-1"}}]),
        ("scored-09.add-manager.text", [{"op": "add", "path": f"{ENT}:manager", "value": "user-1"}]),
        ("scored-10.replace-manager", [{"op": "replace", "path": f"{ENT}:manager", "value": {"value": "user-2"}}]),
        ("scored-11.remove-manager.empty-object", [{"op": "replace", "path": f"{ENT}:manager", "value": {"value": ""}}]),
        ("scored-11.remove-manager.empty-text", [{"op": "replace", "path": f"{ENT}:manager", "value": ""}]),
        ("scored-22.add-member", [{"op": "replace", "path": "members", "value": [{"value": "user-1"}]}]),
        ("earlier.patch-nothing", []),
    ],
)  # fmt: skip
def test_patches_of_the_validator(validator, name, operations):
    [text] = [body for method, _, _, body in sent(validator, name) if method == "PATCH"]
    assert text == json.dumps({"Operations": operations, "schemas": [PATCH_OP]}, separators=(",", ":"))


def test_members_are_replaced_and_then_one_is_removed(validator):
    patches = [json.loads(body)["Operations"] for method, _, _, body in sent(validator, "scored-23.remove-member") if body]  # fmt: skip
    assert patches == [
        [{"op": "replace", "path": "members", "value": [{"value": "user-1"}, {"value": "user-2"}]}],
        [{"op": "remove", "path": 'members[value eq "user-1"]'}],
    ]


def test_groups_of_the_validator(validator):
    [(_, target, _, text)] = sent(validator, "scored-18.create-group")
    body = json.loads(text)
    assert target == "/Groups"
    assert list(body) == ["displayName", "externalId", "schemas"]
    assert body["schemas"] == [GROUP]
    [whole, empty] = [target for _, target, _, _ in sent(validator, "scored-13.get-group-without-members")]
    assert [whole, empty] == [
        "/Groups/group-2?excludedAttributes=members",
        "/Groups/group-3?excludedAttributes=members",
    ]
    [(_, target, _, _)] = sent(validator, "scored-14.filter-group-without-members")
    assert re.fullmatch(rf"/Groups\?excludedAttributes=members&filter=displayName%20eq%20%22Crew-\w+-{TAG}%22", target)


def test_pages_of_the_kit(validator):
    assert [t for _, t, _, _ in sent(validator, "kit-23.page-users")] == [f"/Users?startIndex={n}&count=5" for n in (1, 6, 11)]  # fmt: skip
    assert [t for _, t, _, _ in sent(validator, "kit-24.page-groups")] == [f"/Groups?startIndex={n}&count=5" for n in (1, 6)]  # fmt: skip


def test_the_null_update_of_the_kit_empties_by_text_and_then_by_null(validator):
    first, second = [json.loads(body)["Operations"] for method, _, _, body in sent(validator, "kit-16.null-update") if method == "PATCH"]  # fmt: skip
    assert [o["path"] for o in first] == [o["path"] for o in second]
    assert {o["value"] for o in first} == {""}
    assert {o["value"] for o in second} == {None}
