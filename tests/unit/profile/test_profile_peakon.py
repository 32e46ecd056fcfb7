"""What profile peakon sends.

The expected requests are written out here; only invented values come from the run's seed.
"""

from __future__ import annotations

import functools
import json

import pytest
from scim_compat.engine import people
from scim_compat.engine.rehearsal import rehearse
from scim_compat.profile.lint import lint
from support.profiles import SEED, loaded

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
ENT = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PEAKON = "urn:ietf:params:scim:schemas:extension:peakon:2.0:User"
OLDER = {"Add", "Replace", "Remove"}


@pytest.fixture
def peakon():
    return loaded("peakon")


@functools.cache
def sent(name):
    """(method, target, headers, body text) of each request the client sends, ours left out."""
    profile = loaded("peakon")
    return [
        (r.method, r.target, tuple(r.headers), r.body.decode() if r.body is not None else None)
        for played in rehearse(profile, next(s for s in profile.scenarios if s.id == name), seed=SEED)
        if played.observation.intent.by == "client"
        for r in [played.observation.exchange.request]
    ]


def patches(name):
    """The Operations of each PATCH."""
    return [json.loads(body)["Operations"] for method, _, _, body in sent(name) if method == "PATCH"]


def person(name, key="alice"):
    return people.person(SEED, f"peakon {name} {key}")


def in_order(value):
    """JSON text: the order of keys and the forms of values count."""
    return json.dumps(value, ensure_ascii=False)


def test_the_profile_is_sound(peakon):
    assert [str(complaint) for complaint in lint(peakon)] == []


# --- what is sent ---------------------------------------------------------------------------------


def test_users_only_without_a_flag(peakon):
    for one in peakon.scenarios:
        for method, target, headers, _ in sent(one.id):
            path, _, query = target.partition("?")
            assert path.split("/")[1] in {"Users", "Schemas", "ServiceProviderConfig"}, (one.id, target)
            assert not query or query.startswith("filter=") or one.id == "accounts.all-pages", (one.id, target)
            assert method in {"GET", "POST", "PATCH", "DELETE"}
            assert headers[0][0] == "ADSCIMVersion"


def test_the_older_shapes_are_variants_and_inferred(peakon):
    """Capitalised names come in variants called older; for each of them there is a compliant one."""
    ids = {one.id for one in peakon.scenarios}
    older = {one.id for one in peakon.scenarios if one.variant == "older"}
    assert len(older) >= 7
    for one in peakon.scenarios:
        names = {operation["op"] for operations in patches(one.id) for operation in operations}
        assert names <= (OLDER if one.id in older else {"add", "replace", "remove"}), one.id
        if one.id in older:
            assert names
            assert one.evidence == "inferred"
            assert one.id.replace(".older", ".compliant") in ids


def test_what_the_sources_show_only_as_a_picture_is_inferred(peakon):
    """The mapping's paths, and all that depends on labels: judged softly."""
    evidence = {one.id: one.evidence for one in peakon.scenarios}
    soft = {"users.create.every-attribute", "manager.set-and-change.compliant", "match.by-id", "discovery.read-schemas"}
    soft |= {name for name in evidence if name.startswith("attributes.")} - {"attributes.longest-option"}
    assert {evidence[name] for name in soft} == {"inferred"}
    assert evidence["users.create.names-and-email"] == "documented"
    assert evidence["users.disable.compliant"] == "documented"


def test_create_user(peakon):
    of = person("users.create.every-attribute")
    match, create, _evaluate = sent("users.create.every-attribute")
    assert match[:2] == ("GET", f"/Users?filter=userName+eq+%22{of['userPrincipalName'].replace('@', '%40')}%22")
    assert create[:2] == ("POST", "/Users")
    assert in_order(json.loads(create[3])) == in_order({
        "schemas": [CORE, ENT],
        "externalId": of["mailNickname"],
        "userName": of["userPrincipalName"],
        "active": True,
        "emails": [{"type": "work", "primary": True, "value": of["mail"]}],
        "meta": {"resourceType": "User"},
        "name": {"familyName": of["surname"], "givenName": of["givenName"]},
        "roles": [],
        ENT: {"employeeNumber": of["employeeId"]},
    })  # fmt: skip
    few = next(json.loads(body) for method, *_, body in sent("users.create.names-and-email") if method == "POST")
    assert "externalId" not in few
    assert ENT not in few


def test_employee_attributes_in_a_creation(peakon):
    wanted = {"Business Unit": "Ferry Operations", "Department": "R&D / Harbour"}
    for name, schemas in (("unlisted", [CORE, ENT]), ("listed", [CORE, ENT, PEAKON])):
        [body, *_] = [body for method, *_, body in sent(f"attributes.create.{name}") if method == "POST"]
        assert json.loads(body)["schemas"] == schemas
        assert json.loads(body)[PEAKON] == wanted


OPERATIONS = {
    "attributes.change.compliant": [
        [{"op": "add", "path": f"{PEAKON}:Business Unit", "value": "Ferry Operations"}],
        [{"op": "replace", "value": {"name.familyName": "Berg", f"{PEAKON}:Business Unit": "Harbour Services"}},
         {"op": "add", "value": {f"{PEAKON}:Start Date": "2026-11-02T00:00:00Z", f"{PEAKON}:Pay Grade": 7}}],
    ],
    "attributes.change.older": [
        [{"op": "Add", "path": f"{PEAKON}:Business Unit", "value": "Ferry Operations"}],
        [{"op": "Replace", "path": "name.familyName", "value": "Berg"},
         {"op": "Replace", "path": f"{PEAKON}:Business Unit", "value": "Harbour Services"},
         {"op": "Add", "path": f"{PEAKON}:Start Date", "value": "2026-11-02T00:00:00Z"},
         {"op": "Add", "path": f"{PEAKON}:Pay Grade", "value": 7}],
    ],
    "users.disable.compliant": [[{"op": "replace", "path": "active", "value": False}]] * 2,
    "users.disable.older": [[{"op": "Replace", "path": "active", "value": "False"}]] * 2,
    "users.restore.compliant": [
        [{"op": "replace", "path": "active", "value": value}] for value in (True, True, False, True)
    ],
    "users.restore.older": [
        [{"op": "Replace", "path": "active", "value": value}] for value in ("True", "True", "False", "True")
    ],
    "manager.set-and-change.compliant": [
        [{"op": "add", "path": f"{ENT}:manager", "value": "user-1"}],
        [{"op": "replace", "path": f"{ENT}:manager", "value": "user-2"}],
    ],
    "manager.set-and-change.older": [
        [{"op": "Add", "path": f"{ENT}:manager", "value": "user-1"}],
        [{"op": "Replace", "path": f"{ENT}:manager", "value": "user-2"}],
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", OPERATIONS)
def test_operations(name):
    assert in_order(patches(name)) == in_order(OPERATIONS[name])


def test_several_attributes_in_both_shapes():
    of = person("users.change-several.compliant")
    [operations] = patches("users.change-several.compliant")
    assert in_order(operations) == in_order([
        {"op": "replace", "path": 'emails[type eq "work"].value', "value": f"berg.{of['mail']}"},
        {"op": "replace", "value": {"userName": f"berg.{of['userPrincipalName']}", "name.familyName": "Berg",
                                    "name.givenName": "Livia"}},
        {"op": "add", "value": {f"{ENT}:employeeNumber": "009043"}},
    ])  # fmt: skip
    [operations] = patches("users.change-several.older")
    assert [(o["op"], o["path"]) for o in operations] == [
        ("Replace", "userName"), ("Replace", 'emails[type eq "work"].value'), ("Replace", "name.familyName"),
        ("Replace", "name.givenName"), ("Add", f"{ENT}:employeeNumber"),
    ]  # fmt: skip


def test_the_option_is_as_long_as_it_may_be_and_one_longer():
    [[fitting]] = patches("attributes.longest-option")
    [[over]] = patches("attributes.limits.option-too-long")
    assert (len(fitting["value"]), len(over["value"])) == (256, 257)
    assert fitting["path"] == over["path"] == f"{PEAKON}:Business Unit"


def test_the_manager_by_email():
    bob = person("attributes.manager-by-email", "bob")
    assert patches("attributes.manager-by-email") == [
        [{"op": "add", "path": f"{PEAKON}:Manager", "value": bob["mail"]}]
    ]


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("match.by-user-name", "userName"),
        ("match.by-external-id", "externalId"),
        ("match.by-email.value-path", "emails%5Btype+eq+%22work%22%5D.value"),
        ("match.by-email.attribute", "emails"),
        ("match.by-email.sub-attribute", "emails.value"),
        ("match.by-id", "id"),
    ],
)
def test_the_filters_that_peakon_names(name, path):
    assert all(target.startswith(f"/Users?filter={path}+eq+%22") for _, target, _, _ in sent(name))
    assert sent(name)


def test_employees_come_before_those_who_name_them_as_manager():
    lines = [f"{method} {target.partition('?')[0]}" for method, target, _, _ in sent("cycle.initial")]
    assert lines == ["GET /Users", "GET /Users", "POST /Users", "GET /Users", "POST /Users", "GET /Users/user-1",
                     "PATCH /Users/user-1", "GET /Users/user-1"]  # fmt: skip
