"""What a baseline accepts, and where a run departs from it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from scim_compat.results.baseline import PlayedScenario, acceptance, departures, played_scenarios
from scim_compat.results.document import FeatureResult, ProfileResult
from scim_compat.results.document.baseline import Acceptance, Baseline, PlacedName, TestedFeatures
from scim_compat.results.document.parsing import parse
from scim_compat.results.patterns import is_match
from scim_compat.values import Severity, Verdict
from support.results import build_results


def entry(*scenarios: str, **more: Any) -> Acceptance:
    """An entry on line 10, with a scenario on each of the lines after it."""
    placed = tuple(PlacedName(name, line) for line, name in enumerate(scenarios or ("users.disable",), 11))
    plain = Acceptance(
        check="user.disabled", profile="entra-v2", scenarios=placed, reason="known", ticket="T-1", line=10
    )
    return replace(plain, **more)


def baseline(*entries: Acceptance, **features: tuple[str, ...]) -> Baseline:
    tested = (TestedFeatures(id_, tuple(PlacedName(f, 50) for f in names)) for id_, names in features.items())
    return Baseline("b.yaml", "2026-11-30", entries, tuple(tested))


def accepted(one: Acceptance, **finding: Any) -> bool:
    usual: dict[str, Any] = {
        "profile": "entra-v2",
        "scenario": "users.disable",
        "variant": "",
        "check": "user.disabled",
    }
    return acceptance(baseline(one), **usual | {"severity": Severity.DEGRADED} | finding) is one


@pytest.mark.parametrize(
    ("one", "finding", "is_accepted"),
    [
        (entry(), {}, True),
        (entry(), {"check": "patch.applied"}, False),
        (entry(), {"profile": "okta"}, False),
        (entry(profile="*"), {"profile": "okta"}, True),
        (entry(), {"scenario": "users.restore"}, False),
        (entry("users"), {"scenario": "users.restore"}, True),
        (entry("users.re*"), {"scenario": "users.restore"}, True),
        (entry(), {"scenario": "users.disable.as-text", "variant": "as-text"}, True),
        (entry(), {"severity": Severity.BLOCKER}, True),
        (entry(), {"severity": Severity.BREACH}, False),
        (entry(accept_breach=True), {"severity": Severity.BREACH}, True),
        (entry(severity=Severity.BREACH), {"severity": Severity.BREACH}, False),
        (entry(severity=Severity.DEGRADED), {"severity": Severity.BLOCKER}, False),
        (entry(severity=Severity.BLOCKER), {"severity": Severity.DEGRADED}, True),
        (entry(until="2026-11-30"), {}, True),
        (entry(until="2026-11-29"), {}, False),
    ],
)
def test_what_an_entry_accepts(one: Acceptance, finding: dict[str, Any], is_accepted: bool):
    assert accepted(one, **finding) is is_accepted


def test_a_second_entry_may_accept_what_the_first_does_not():
    first, second = entry(until="2026-01-01"), entry(ticket="T-2")
    usual = {"profile": "entra-v2", "scenario": "users.disable", "variant": "", "check": "user.disabled"}
    assert acceptance(baseline(first, second), **usual, severity=None) is second


# --- departures ------------------------------------------------------------------------------------


def profile(id_: str = "entra-v2", *, is_part: bool = False, **features: Verdict) -> ProfileResult:
    first = parse(build_results()).profiles[0]
    listed = tuple(FeatureResult(name.replace("_", "-"), name, word, 1) for name, word in features.items())
    return replace(first, id=id_, is_part=is_part, features=listed)


def played(id_: str = "users.disable", *failures: str, seen: bool = True, worst: Severity = Severity.DEGRADED) -> Any:
    return PlayedScenario("entra-v2", id_, "", seen, tuple((check, worst) for check in failures))


HIT = played("users.disable", "user.disabled")
WELL = played("users.disable")
STALE = "user.disabled (entra-v2) no longer happens, remove the entry on line 10"


@pytest.mark.parametrize(
    ("one", "scenarios", "found"),
    [
        (entry(), [HIT], []),
        (entry(), [WELL], [STALE]),
        (entry(), [played("users.disable", "patch.applied")], [STALE]),
        (entry(), [played(seen=False)], []),
        (entry(), [], [STALE]),
        (entry("users"), [WELL, played("users.restore", "user.disabled")], []),
        (entry("users.*"), [WELL, played("users.restore", seen=False)], []),
        (
            entry("users.disable", "users.restore", "users.gone"),
            [HIT, played("users.restore")],
            [
                "user.disabled in users.restore (entra-v2) no longer happens, remove line 12",
                "user.disabled in users.gone (entra-v2) no longer happens, remove line 13",
            ],
        ),
        (entry(profile="okta"), [WELL], []),
        (entry(until="2026-11-01"), [HIT], ["user.disabled (entra-v2) was accepted until 2026-11-01 and still happens (T-1)"]),
        (entry(until="2026-11-01"), [WELL], [STALE]),
        (
            entry(severity=Severity.DEGRADED),
            [played("users.disable", "user.disabled", worst=Severity.BLOCKER)],
            ["user.disabled (entra-v2) has the severity blocker, and degraded at most is accepted (T-1)"],
        ),
        (
            entry(),
            [played("users.disable", "user.disabled", worst=Severity.BREACH)],
            ["user.disabled (entra-v2) is a breach, which only accept-breach: true accepts (T-1)"],
        ),
    ],
)  # fmt: skip
def test_where_a_run_departs(one: Acceptance, scenarios: list[PlayedScenario], found: list[str]):
    assert [each.text for each in departures(baseline(one), scenarios, [profile()])] == found


def test_a_part_of_a_profile_says_nothing_of_the_rest():
    assert departures(baseline(entry("users.restore")), [WELL], [profile(is_part=True)]) == ()
    assert len(departures(baseline(entry()), [WELL], [profile(is_part=True)])) == 1


@pytest.mark.parametrize(
    ("now", "found"),
    [
        (profile(push_groups=Verdict.COMPATIBLE), []),
        (profile(push_groups=Verdict.INCOMPATIBLE), []),
        (profile(push_groups=Verdict.UNPROVEN), []),
        (
            profile(push_groups=Verdict.NOT_APPLICABLE),
            [("lost-feature", "entra-v2: push-groups was tested when the baseline was written, and is not applicable now")],
        ),
        (profile(), [("stale", "push-groups is no feature of entra-v2, remove line 50")]),
        (profile(is_part=True), []),
        (profile("okta"), []),
        (
            replace(profile(push_groups=Verdict.COMPATIBLE), verdict=Verdict.NOT_APPLICABLE),
            [("lost-feature", "entra-v2: push-groups was tested when the baseline was written, and is not applicable now")],
        ),
    ],
)  # fmt: skip
def test_a_feature_that_was_tested_and_is_not(now: ProfileResult, found: list[tuple[str, str]]):
    tested = baseline(**{"entra-v2": ("push-groups",)})
    assert [(each.kind, each.text) for each in departures(tested, [], [now])] == found


def test_of_results_that_were_read_each_failure_counts():
    document = parse(build_results())
    found = {(one.profile, one.id, check) for one in played_scenarios(document) for check, _ in one.failures}
    assert found == {(one.profile.id, one.scenario.id, one.check.id) for one in document.failed_checks()}
    unseen = {(one.profile, one.id) for one in played_scenarios(document) if not one.is_seen}
    assert unseen == {("entra-v2", "schema.read"), ("thousandeyes", "users.update-title")}


@pytest.mark.parametrize(
    ("pattern", "variant", "is_named"),
    [("users", "", True), ("users.disable", "", False), ("users.disable.x", "", True), ("users.disable", "x", True),
     ("users.d*", "", True), ("user", "", False), ("groups", "", False)],
)  # fmt: skip
def test_a_pattern_is_an_area_an_id_or_a_glob(pattern: str, variant: str, is_named: bool):
    assert is_match(pattern, "users.disable.x", variant) is is_named
