"""Runs of the profiles that speak SCIM 1.1: a good server, lawful ones, broken ones, the wrong one."""

from __future__ import annotations

import json

import pytest
from scim_compat.errors import NotTestableError
from scim_compat.profile.load import load as read_profile
from scim_compat.results.stream import EventWriter
from scim_compat.run.session import Session
from scim_compat.run.settings import Login, Settings
from servers import loopback
from servers.good import GoodServer
from servers.good11 import MOUNT, VARIANTS, GoodServer11
from servers.running import mounted, serve
from support.commands import TOKEN, play
from support.profiles import loaded

ENTERPRISE = "urn:scim:schemas:extension:enterprise:1.0"
PROFILES = ["okta-scim11", "okta-spec-scim11", "thousandeyes-okta-scim11"]


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
    "one half": VARIANTS.keys() - {"errors-only", "ids-integer", "most-20", "strong-etags", "no-dates", "wrong-429"},
    "the other half": VARIANTS.keys() - {"errors-only", "ids-opaque", "page-20", "no-etag", "offset-dates", "lock-out"},
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
    "config-flat": ("connection.configuration", {"discovery.provider-config-shape"}),
    "active-string": ("users.update", {"resource.booleans"}),
}


@pytest.mark.parametrize(("defect", "scenario", "ids"), [(d, *row) for d, row in BROKEN.items()])
def test_a_broken_server_is_caught(defect, scenario, ids, tmp_path):
    with loopback.serve(mounted(GoodServer11(frozenset({defect})), prefix=MOUNT)) as origin:
        settings = Settings(
            url=origin + MOUNT, login=Login(kind="bearer", token=TOKEN), seed=7, out=str(tmp_path), crowd=1
        )
        events = EventWriter(tmp_path / "events.jsonl")
        session = Session(settings, report=events, versions=["1.1"])
        session.open()
        profile = loaded("okta-scim11")
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
    assert by_id["okta-scim11"]["verdict"] == "not-applicable"
    assert by_id["okta-scim11"]["why"].startswith(
        "Not tested: no base URL for SCIM 1.1 is known; run okta-scim11 alone"
    )
    assert results["verdict"] == "unproven"  # okta was played in part
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
    with loopback.serve(mounted(server(), prefix=prefix)) as origin, pytest.raises(NotTestableError, match=words):
        play(origin + prefix, profile, out=tmp_path / "out")
