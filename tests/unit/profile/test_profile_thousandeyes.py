"""What the two ThousandEyes profiles send.

The expected requests are written out here; only invented values come from the run's seed.
"""

from __future__ import annotations

import functools
import json

import pytest
from scim_compat.engine import people
from scim_compat.engine.rehearsal import rehearse
from scim_compat.profile.lint import lint
from scim_compat.run.targetfile import claims_of
from scim_compat.run.targetfile import load as load_target
from support.profiles import SEED, loaded
from support.thousandeyes import CLAIMS, ENTRA, OKTA, ids

TAG = people.tag_for(SEED)
CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
ENT = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


@pytest.fixture(params=[ENTRA, OKTA])
def profile(request):
    return loaded(request.param)


@functools.cache
def sent(profile, name):
    """(method, target, headers, body) of each request the client sends, ours left out."""
    one = next(s for s in loaded(profile).scenarios if s.id == name)
    return [
        (r.method, r.target, tuple(r.headers), json.loads(r.body) if r.body is not None else None)
        for played in rehearse(loaded(profile), one, seed=SEED)
        if played.observation.intent.by == "client"
        for r in [played.observation.exchange.request]
    ]


def bodies(profile, name, method):
    return [body for used, _, _, body in sent(profile, name) if used == method]


def person(profile, name, key="alice", overrides=None):
    return people.person(SEED, f"{profile} {name} {key}", overrides)


def in_order(value):
    """JSON text: the order of keys and the forms of values count."""
    return json.dumps(value, ensure_ascii=False)


def test_the_profiles_are_sound(profile):
    assert [str(complaint) for complaint in lint(profile)] == []


# --- what is sent ---------------------------------------------------------------------------------


def test_no_group_is_ever_touched(profile):
    assert profile.mapping["Group"] == ()
    for one in profile.scenarios:
        assert one.when.get("resource-type") != "Group"
        endpoints = {target.split("/")[1].partition("?")[0] for _, target, _, _ in sent(profile.id, one.id)}
        assert endpoints <= {"Users", "Schemas"}, one.id


def test_entra_creates_with_four_attributes_and_with_six():
    of = person(ENTRA, "users.create.four-rows")
    assert of["userPrincipalName"] != of["mail"]
    match, create, _evaluate = sent(ENTRA, "users.create.four-rows")
    assert match[:2] == ("GET", f"/Users?filter=userName+eq+%22{of['userPrincipalName'].replace('@', '%40')}%22")
    assert in_order(create[3]) == in_order({
        "schemas": [CORE, ENT],
        "userName": of["userPrincipalName"],
        "active": True,
        "displayName": of["displayName"],
        "emails": [{"type": "work", "primary": True, "value": of["mail"]}],
        "meta": {"resourceType": "User"},
        "roles": [],
    })  # fmt: skip
    of = person(ENTRA, "users.create.six-rows")
    [six] = bodies(ENTRA, "users.create.six-rows", "POST")
    assert six.keys() - create[3].keys() == {"externalId", "name"}
    assert (six["externalId"], six["name"]) == (of["mailNickname"], {"formatted": of["fullName"]})


@pytest.mark.parametrize("left_out", ["emails", "displayName", "active"])
def test_what_is_empty_in_entra_is_left_out(left_out):
    name = {"emails": "no-mail", "displayName": "no-name", "active": "no-active"}[left_out]
    [body] = bodies(ENTRA, f"users.create-without-optionals.{name}", "POST")
    assert left_out not in body
    assert {"userName", "emails", "displayName", "active"} - body.keys() == {left_out}


OPERATIONS = {
    "users.change-one.display-name": [
        [{"op": "Replace", "path": "displayName", "value": f"Liv Berg {TAG}"}],
        [{"op": "Replace", "path": "displayName", "value": f"Liv Dahl-Berg {TAG}"}],
    ],
    "users.change-one.formatted-name": [[{"op": "Replace", "path": "name.formatted", "value": f"Liv Berg {TAG}"}]],
    "users.disable.text-removes": [[{"op": "Replace", "path": "active", "value": "False"}]],
    "users.disable.text": [
        [{"op": "Replace", "path": "active", "value": "False"}],
        [{"op": "Replace", "path": "active", "value": "False"}],
        [{"op": "Replace", "path": "displayName", "value": f"Liv Berg {TAG}"}],
    ],
    "users.disable.lower-case-text": [[{"op": "Replace", "path": "active", "value": "false"}]],
    "users.disable.boolean": [[{"op": "Replace", "path": "active", "value": False}]],
    "users.restore.enabled": [
        [{"op": "Replace", "path": "active", "value": value}] for value in ("True", "True", "False", "True")
    ],
    "v2.change-name.with-path": [[{"op": "replace", "path": "displayName", "value": f"Liv Berg {TAG}"}]],
    "v2.change-name.without-path": [[{"op": "replace", "value": {"displayName": f"Liv Berg {TAG}"}}]],
    "v2.disable.removes": [[{"op": "replace", "path": "active", "value": False}]],
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_operations_of_entra(name):
    assert in_order([body["Operations"] for body in bodies(ENTRA, name, "PATCH")]) == in_order(OPERATIONS[name])


def test_both_clients_put_name_and_address_into_one_request():
    of = person(ENTRA, "users.change-several")
    [body] = bodies(ENTRA, "users.change-several", "PATCH")
    assert body["Operations"] == [
        {"op": "Replace", "path": "displayName", "value": f"Liv Berg {TAG}"},
        {"op": "Replace", "path": 'emails[type eq "work"].value', "value": f"berg.{of['mail']}"},
    ]
    of = person(ENTRA, "v2.change-several")
    [body] = bodies(ENTRA, "v2.change-several", "PATCH")
    assert body["Operations"] == [
        {"op": "replace", "path": 'emails[type eq "work"].value', "value": f"berg.{of['mail']}"},
        {"op": "replace", "value": {"displayName": f"Liv Berg {TAG}", "name.formatted": f"Liv Berg {TAG}"}},
    ]


def test_the_v2_client_stands_apart():
    """Its scenarios are one feature, all inferred, flagged in every URL; nothing else is."""
    profile = loaded(ENTRA)
    for one in profile.scenarios:
        newer = one.feature == "v2-client"
        assert newer == one.id.startswith("v2.")
        targets = [target for _, target, _, _ in sent(ENTRA, one.id)]
        assert {"aadOptscim062020" in target for target in targets} <= {newer}, one.id
        assert targets or one.id.startswith("connection.refuse-"), one.id
        names = {o["op"] for body in bodies(ENTRA, one.id, "PATCH") for o in body["Operations"]}
        assert names <= ({"add", "replace"} if newer else {"Add", "Replace"}), one.id
        assert one.evidence == "inferred" or not newer
    assert sum(one.feature == "v2-client" for one in profile.scenarios) == 8


def test_okta_creates_with_the_address_as_user_name():
    name = "users.create.every-attribute"
    of = person(OKTA, name)
    match, create = sent(OKTA, name)
    address = of["mail"].replace("@", "%40")
    assert match[:2] == ("GET", f"/Users?filter=userName%20eq%20%22{address}%22&startIndex=1&count=100")
    assert in_order(create[3]) == in_order({
        "schemas": [CORE],
        "userName": of["mail"],
        "name": {"givenName": of["givenName"], "familyName": of["surname"]},
        "emails": [{"primary": True, "value": of["mail"], "type": "work"}],
        "displayName": of["displayName"],
        "externalId": of["oktaId"],
        "groups": [],
        "password": of["placeholderPassword"],
        "active": True,
    })  # fmt: skip
    assert dict(create[2])["User-Agent"] == "Okta SCIM Client 1.0.0"


def test_okta_creates_by_the_vendor_s_template():
    name = "users.create.template"
    of = person(OKTA, name)
    [body] = bodies(OKTA, name, "POST")
    assert body["emails"] == [{"primary": True, "value": of["mail"]}]
    assert body["name"] == {"formatted": f"{of['fullName']} {TAG}"}
    assert "displayName" not in body


def test_okta_changes_the_display_name_by_put_and_by_patch():
    first, second = bodies(OKTA, "users.update.put", "PUT")
    assert (first["displayName"], second["displayName"]) == (f"Ines Falk-Moor {TAG}", f"Ines Moor {TAG}")
    changed = {key for key in first if first[key] != second.get(key)} - {"meta"}
    assert changed == {"displayName"}
    assert [body["Operations"] for body in bodies(OKTA, "users.update.patch", "PATCH")] == [
        [{"op": "replace", "value": {"displayName": f"Ines Falk-Moor {TAG}"}}]
    ]


@pytest.mark.parametrize("name", ["users.deactivate.keeps", "users.deactivate.removes"])
def test_okta_removes_by_active_and_never_by_delete(name):
    assert [body["Operations"] for body in bodies(OKTA, name, "PATCH")] == [
        [{"op": "replace", "value": {"active": False}}]
    ]
    assert {method for one in ids(OKTA) for method, *_ in sent(OKTA, one)} == {"GET", "POST", "PUT", "PATCH"}


def test_who_comes_back_to_okta_s_app_has_the_same_external_id():
    first, second = bodies(OKTA, "users.reactivate.created-anew", "POST")
    assert first["externalId"] == second["externalId"]
    assert first["userName"] == second["userName"]


def test_the_claims_are_what_a_target_file_may_say(tmp_path):
    path = tmp_path / "target.json"
    path.write_text(json.dumps({"url": "https://api.example.com/scim/v2", "claims": CLAIMS}))
    claims = claims_of(load_target(path).claims)
    assert (claims.groups, claims.disable, claims.existing) == (False, "delete", "adopt")
    assert claims.may_change("User", "displayName")
    assert not claims.may_change("User", "userName")
    assert not claims.may_filter("User", "displayName")
