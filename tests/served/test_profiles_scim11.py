"""The profiles that speak SCIM 1.1: what they send, pinned to Okta's sources; a good server, broken ones, the wrong one.

The expected requests are written out here; only invented values come from the run's seed.
"""

from __future__ import annotations

import json
import re
from functools import cache

import pytest
from scim_compat.checks.citations import cited
from scim_compat.checks.registry import all_checks
from scim_compat.engine.rehearsal import rehearse
from scim_compat.profile.load import load as read_profile
from scim_compat.results.stream import EventWriter
from scim_compat.run.endpoint import base_urls
from scim_compat.run.session import Session
from scim_compat.run.settings import Login, Settings
from servers import loopback
from servers.good import GoodServer
from servers.good11 import MOUNT, VARIANTS, GoodServer11
from servers.running import mounted, serve
from support.commands import TOKEN, play

CORE = "urn:scim:schemas:core:1.0"
ENTERPRISE = "urn:scim:schemas:extension:enterprise:1.0"
PROFILES = ["okta-scim11", "okta-spec-scim11", "thousandeyes-okta-scim11"]


@cache
def load(name):
    return read_profile(name, check_ids=all_checks())


@cache
def requests(name, scenario):
    """(method, target, body) of what the client itself sends, ids as the imaginary server gives them."""
    profile = load(name)
    chosen = next(s for s in profile.scenarios if s.id == scenario)
    sent = [
        p.observation.exchange.request for p in rehearse(profile, chosen, seed=7) if p.observation.intent.by == "client"
    ]
    return [(r.method, r.target, json.loads(r.body) if r.body else None) for r in sent]


def headers(name, scenario, method):
    profile = load(name)
    chosen = next(s for s in profile.scenarios if s.id == scenario)
    played = rehearse(profile, chosen, seed=7)
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


def test_no_profile_deletes_users_or_speaks_2_0():
    for name in PROFILES:
        for scenario in load(name).scenarios:
            for played in rehearse(load(name), scenario, seed=7):
                request = played.observation.exchange.request
                assert not (request.method == "DELETE" and request.target.startswith("/Users"))
                text = request.target + repr(tuple(request.headers)) + (request.body or b"").decode()
                assert "2.0" not in text.replace("127.0.0.1", ""), (name, scenario.id)
                assert "scim+json" not in text or scenario.id == "test-01.read-configuration"


def test_thousandeyes_writes_by_put_alone():
    methods = {
        r[0] for s in load("thousandeyes-okta-scim11").scenarios for r in requests("thousandeyes-okta-scim11", s.id)
    }
    assert methods == {"GET", "POST", "PUT"}
    (created,) = requests("thousandeyes-okta-scim11", "users.create.template")
    assert set(created[2]) == {"schemas", "username", "name", "emails", "externalId", "active"}
    assert set(created[2]["emails"][0]) == {"value", "primary"}


# --- servers --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PROFILES)
def test_a_correct_server_is_compatible_and_left_as_it_was(name, tmp_path):
    server = GoodServer11()
    with loopback.serve(mounted(server, prefix=MOUNT)) as origin:
        ended = play(origin + MOUNT, name, out=tmp_path / "out")
    results = json.loads((tmp_path / "out" / "results.json").read_text())
    assert ended.status == 0
    (profile,) = results["profiles"]
    findings = [
        (s["id"], c["id"], c["where"], c.get("actual"))
        for s in profile["scenarios"]
        for step in s["steps"]
        for c in step["checks"]
        if c["outcome"] in {"fail", "error"}
    ]
    assert findings == []
    assert profile["verdict"] == "compatible"
    assert results["cleanup"]["left"] == []
    assert all(not records for records in server.store.records.values())


# SCIM 1.1 knows no `detail` beside Errors; Okta's suite asks for it all the same, and says so as a degraded finding.
ASKED_FOR = {"okta-spec-scim11": {("test-10.read-unknown", "expect.answer")}}
# Some exclude each other: integers or opaque text as ids, and so on.
HALVES = {
    "one half": VARIANTS.keys() - {"errors-only", "ids-integer", "most-20", "strong-etags", "no-dates"},
    "the other half": VARIANTS.keys() - {"errors-only", "ids-opaque", "page-20", "no-etag", "offset-dates"},
}


@pytest.mark.parametrize("name", PROFILES)
@pytest.mark.parametrize("variant", ["errors-only", *HALVES])
def test_lawful_variants_have_no_finding_above_cosmetic(name, variant, tmp_path):
    chosen = frozenset(HALVES.get(variant, {variant}))
    with loopback.serve(mounted(GoodServer11(variant=chosen), prefix=MOUNT)) as origin:
        play(origin + MOUNT, name, out=tmp_path / "out")
    (profile,) = json.loads((tmp_path / "out" / "results.json").read_text())["profiles"]
    found = {
        (scenario["id"], check["id"])
        for scenario in profile["scenarios"]
        for step in scenario["steps"]
        for check in step["checks"]
        if check["outcome"] == "error" or check.get("severity") in {"degraded", "blocker", "breach"}
    }
    assert found == (set() if variant in HALVES else ASKED_FOR.get(name, set()))
    assert not any(s["outcome"] == "error" for s in profile["scenarios"])


BROKEN = {
    "clear-ignored": ("members.push-now.catalogue", {"group.member-removed"}),
    "clear-clears-all": ("members.push-now.catalogue", {"patch.untouched"}),
    "config-flat": ("connection.agent-capabilities", {"discovery.provider-config-shape"}),
    "active-string": ("users.update", {"resource.booleans"}),
}


@pytest.mark.parametrize(("defect", "scenario", "ids"), [(d, *row) for d, row in BROKEN.items()])
def test_a_broken_server_is_caught(defect, scenario, ids, tmp_path):
    with loopback.serve(mounted(GoodServer11(frozenset({defect})), prefix=MOUNT)) as origin:
        settings = Settings(url=origin + MOUNT, login=Login(kind="bearer", token=TOKEN), seed=7, out=str(tmp_path))
        events = EventWriter(tmp_path / "events.jsonl")
        session = Session(settings, report=events, versions=["1.1"])
        session.open()
        profile = load("okta-scim11")
        session.run(profile, next(s for s in profile.scenarios if s.id == scenario))
        session.close()
        events.close()
    lines = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    failed = [e["check"] for e in lines if e["event"] == "check" and e["check"]["outcome"] == "fail"]
    assert ids <= {c["id"] for c in failed}
    assert all(cite.startswith(("SCIM1.1-", "RFC5", "RFC8", "RFC9")) for c in failed for cite in c["cites"])


def test_both_versions_in_one_run_each_at_its_own_url(tmp_path):
    """Different servers behind the URLs: what one version makes is unknown to the other."""
    new, old = GoodServer(), GoodServer11()
    with serve(new) as url, loopback.serve(mounted(old, prefix=MOUNT)) as origin:
        settings = Settings(
            url=url, bases={"1.1": origin + MOUNT}, login=Login(kind="bearer", token=TOKEN), seed=7, out=str(tmp_path)
        )
        events = EventWriter(tmp_path / "events.jsonl")
        session = Session(settings, report=events, versions=["2.0", "1.1"])
        session.open()
        for name in ("okta", "okta-scim11"):
            profile = read_profile(name)
            one = next(s for s in profile.scenarios if s.id.startswith("users.create"))
            assert session.run(profile, one).outcome == "pass"
        assert sorted(p.name for p in tmp_path.glob("ledger*")) == ["ledger-1.1.jsonl", "ledger.jsonl"]
        assert new.store.records
        assert old.store.records
        session.close()
        events.close()
    assert not any(records for one in (new, old) for records in one.store.records.values())


def test_a_profile_of_another_version_is_not_applicable_without_a_url_of_its_own(tmp_path):
    with serve(GoodServer()) as url:
        ended = play(url, "okta", "okta-scim11", out=tmp_path / "out", only=["connection.test-credentials"])
    results = json.loads((tmp_path / "out" / "results.json").read_text())
    assert ended.status == 0
    by_id = {p["id"]: p for p in results["profiles"]}
    assert by_id["okta-scim11"]["verdict"] == "unproven"
    (scenario,) = [s for s in by_id["okta-scim11"]["scenarios"] if s["id"] == "connection.test-credentials"]
    assert scenario["applicable"] is False
    assert scenario["reason"] == (
        "no base URL for SCIM 1.1 is known; run okta-scim11 alone with its URL, or name both in a target file: "
        'bases: {"1.1": URL}'
    )


@pytest.mark.parametrize(
    ("server", "prefix", "profile", "words"),
    [
        (GoodServer, "/scim/v2", "okta-scim11", "speaks SCIM 2.0: .*The profile speaks SCIM 1.1"),
        (GoodServer11, MOUNT, "okta", "speaks SCIM 1.1: .*The profile speaks SCIM 2.0"),
    ],
)
def test_an_endpoint_of_the_other_version_is_told_before_anything_is_judged(server, prefix, profile, words, tmp_path):
    with loopback.serve(mounted(server(), prefix=prefix)) as origin:
        ended = play(origin + prefix, profile, out=tmp_path / "out")
    assert ended.status == 3
    assert re.search(words, ended.message)


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
