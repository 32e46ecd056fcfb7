"""The profiles that speak SCIM 1.1: what they send, pinned to Okta's sources.

The expected requests are written out here; only invented values come from the run's seed.
"""

from __future__ import annotations

import json
from functools import cache

import pytest
from scim_compat.checks.citations import cited
from scim_compat.checks.registry import all_checks
from scim_compat.run.endpoint import base_urls
from scim_compat.run.settings import Settings
from scim_compat.wire.messages import CredentialUse
from support.profiles import loaded, rehearsed

CORE = "urn:scim:schemas:core:1.0"
PROFILES = ["okta-scim11", "okta-spec-scim11", "thousandeyes-okta-scim11"]


@cache
def requests(name, scenario):
    """(method, target, body) of what the client itself sends, ids as the imaginary server gives them."""
    sent = [p.observation.exchange.request for p in rehearsed(name, scenario) if p.observation.intent.by == "client"]
    return [(r.method, r.target, json.loads(r.body) if r.body else None) for r in sent]


def headers(name, scenario, method):
    played = rehearsed(name, scenario)
    found = next(
        p for p in played if p.observation.intent.by == "client" and p.observation.exchange.request.method == method
    )
    return dict(found.observation.exchange.request.headers)


# --- bytes ----------------------------------------------------------------------------------------


def test_headers_are_those_of_scim_2_with_plain_json():
    assert headers("okta-scim11", "users.deactivate.catalogue", "PATCH") == {
        "Accept": "application/json",
        "Accept-Charset": "utf-8",
        "User-Agent": "Okta SCIM Client 1.0.0",
        "Accept-Encoding": "gzip,deflate",
        "Content-Type": "application/json; charset=utf-8",
    }
    assert "Content-Type" not in headers("okta-scim11", "users.create.locale-underscore", "GET")


def test_the_connection_test():
    assert requests("okta-scim11", "connection.test-credentials") == [("GET", "/Users?startIndex=1&count=2", None)]
    assert requests("okta-scim11", "connection.probe-groups") == [("GET", "/Groups?startIndex=1&count=100", None)]


def test_a_creation_has_the_documented_members():
    (asked, created) = requests("okta-scim11", "users.create.locale-underscore")
    name = created[2]["userName"]
    assert asked[1] == f"/Users?filter=userName%20eq%20%22{name.replace('@', '%40')}%22&startIndex=1&count=100"
    method, target, body = created
    assert (method, target) == ("POST", "/Users")
    assert set(body) == {
        "schemas", "userName", "name", "emails", "displayName", "locale", "externalId", "groups", "password", "active",
    }  # fmt: skip
    assert body["schemas"] == [CORE]
    assert body["locale"] == "en_US"
    assert body["emails"] == [{"primary": True, "value": body["emails"][0]["value"], "type": "work"}]
    assert body["externalId"].startswith("00u")
    assert (body["groups"], body["active"]) == ([], True)


def test_an_update_echoes_the_resource():
    sent = requests("okta-scim11", "users.update")
    assert [r[0] for r in sent] == ["POST", "GET", "PUT"]
    body = sent[2][2]
    assert body["schemas"] == [CORE]
    assert body["id"] == sent[2][1].rpartition("/")[2]
    assert body["name"] == {"givenName": "Inès", "familyName": "Falk-Moor"}
    assert "meta" in body
    assert body["groups"] == []


@pytest.mark.parametrize(("scenario", "last"), [("users.deactivate.catalogue", False)])
def test_a_deactivation_is_a_part_of_the_resource(scenario, last):
    patch = next(r for r in requests("okta-scim11", scenario) if r[0] == "PATCH")
    identifier = patch[1].rpartition("/")[2]
    assert patch[2] == {"schemas": [CORE], "id": identifier, "active": last}
    assert list(patch[2]) == ["schemas", "id", "active"]


def test_a_custom_app_deactivates_by_put():
    sent = requests("okta-scim11", "users.deactivate.wizard")
    assert [r[0] for r in sent] == ["POST", "GET", "PUT", "GET", "GET"]
    assert sent[2][2]["active"] is False


def test_a_reactivation_comes_behind_the_existence_check():
    sent = requests("okta-scim11", "users.reactivate.catalogue")
    assert [r[0] for r in sent] == ["POST", "PATCH", "GET", "PATCH", "GET", "PUT"]
    assert "filter=userName" in sent[2][1]
    assert sent[3][2]["active"] is True


def test_a_group_is_created_by_its_name_and_with_its_description():
    assert {"schemas", "displayName"} <= set(requests("okta-scim11", "groups.create.empty")[1][2])
    (created,) = requests("okta-scim11", "groups.create-with-description")
    assert created[2]["schemas"] == [CORE, "urn:okta:custom:group:1.0"]
    assert created[2]["urn:okta:custom:group:1.0"] == {"description": "Night shift"}


def test_members_are_added_and_deleted_in_partial_resources():
    added = next(r for r in requests("okta-scim11", "members.add.catalogue") if r[0] == "PATCH")
    assert set(added[2]) == {"schemas", "members"}
    assert [set(m) for m in added[2]["members"]] == [{"value", "display"}] * 2
    sent = [r[2] for r in requests("okta-scim11", "members.remove-and-add.catalogue")]
    assert [m.get("operation") for m in sent[0]["members"]] == [None, "delete", "delete"]
    assert [m["operation"] for m in sent[1]["members"]] == ["delete", "delete"]
    assert list(sent[1]["members"][0]) == ["value", "display", "operation"]


def test_push_now_clears_and_fills_in_one_request():
    first, second = (r[2] for r in requests("okta-scim11", "members.push-now.catalogue"))
    assert first["meta"] == second["meta"] == {"attributes": ["members"]}
    assert (len(first["members"]), second["members"]) == (2, [])


def test_a_rename_carries_the_id_and_a_custom_app_puts_the_group():
    read, patch = requests("okta-scim11", "groups.rename.catalogue")
    assert read[:2] == ("GET", patch[1])
    assert list(patch[2]) == ["schemas", "id", "displayName"]
    put = requests("okta-scim11", "groups.rename.wizard")[1]
    assert put[0] == "PUT"
    assert list(put[2]) == ["schemas", "displayName", "id", "members"]


def test_a_group_is_deleted():
    assert requests("okta-scim11", "groups.delete")[0][0] == "DELETE"


def test_no_habit_of_okta_deletes_users_and_no_profile_speaks_2_0():
    """What the protocol promises of deletions is in a scenario of its own, which says so."""
    for name in PROFILES:
        for scenario in loaded(name).scenarios:
            for played in rehearsed(name, scenario.id):
                request = played.observation.exchange.request
                if request.credential is not CredentialUse.VALID:
                    continue
                is_deletion = request.method == "DELETE" and request.target.startswith("/Users")
                assert not is_deletion or scenario.id == "protocol.delete-user"
                text = request.target + repr(tuple(request.headers)) + (request.body or b"").decode()
                assert "2.0" not in text.replace("127.0.0.1", ""), (name, scenario.id)
                assert "scim+json" not in text or scenario.id == "test-01.read-configuration"


def test_thousandeyes_writes_by_put_alone():
    methods = {
        r[0] for s in loaded("thousandeyes-okta-scim11").scenarios for r in requests("thousandeyes-okta-scim11", s.id)
    }
    assert methods == {"GET", "POST", "PUT"}
    (created,) = requests("thousandeyes-okta-scim11", "users.create.template")
    assert set(created[2]) == {"schemas", "username", "name", "emails", "externalId", "active"}
    assert set(created[2]["emails"][0]) == {"value", "primary"}


def test_base_urls_go_by_version():
    plain = Settings(url="https://a.example/scim", seed=1, out="x")
    assert base_urls(plain, ["2.0"]) == {"2.0": "https://a.example/scim"}
    assert base_urls(plain, ["1.1"]) == {"1.1": "https://a.example/scim"}
    assert base_urls(plain, ["1.1", "2.0"]) == {"2.0": "https://a.example/scim"}
    both = Settings(url="https://a.example/scim", bases={"1.1": "https://a.example/v1"}, seed=1, out="x")
    assert base_urls(both, ["1.1", "2.0"]) == {"2.0": "https://a.example/scim", "1.1": "https://a.example/v1"}
    assert base_urls(both, ["1.1"]) == {"1.1": "https://a.example/v1"}


def test_every_check_of_1_1_cites_1_1():
    """A MUST or SHOULD rests on a section; those of RFC 7643 and 7644 do not hold for SCIM 1.1."""
    for rule in all_checks().values():
        if "1.1" not in rule.scim:
            continue
        found = cited(rule.cites, "1.1")
        assert not any(cite.startswith(("RFC7643", "RFC7644")) for cite in found)
        assert found or rule.level == "CLIENT" or not rule.cites, rule.id
        assert cited(rule.cites, "2.0") == rule.cites
