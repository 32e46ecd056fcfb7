"""The gate: what ends a run with status 1, and why."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from scim_compat.errors import ExitStatus
from scim_compat.results.document import Document
from scim_compat.results.document.baseline import BaselineInfo, Departure, DepartureRecord
from scim_compat.results.document.parsing import parse
from scim_compat.results.summary import RunSummary
from scim_compat.run.settings import Settings
from scim_compat.run.status import objections, status
from scim_compat.values import FailOn, Severity, Verdict
from support.results import build_results


def gate(fail_on: str = "degraded", **more: Any) -> Settings:
    return Settings(url="https://x.example", seed=0, out="", fail_on=FailOn(fail_on), **more)


def document(*kinds: Departure, **more: Any) -> Document:
    found = tuple(DepartureRecord(kind, 7, "a sentence") for kind in kinds)
    whole = parse(build_results())
    return replace(whole, **{"baseline": BaselineInfo("b.yaml", 0, (), found), **more})


def summary(worst_open: Severity | None = None, of: Document | None = None, **more: Any) -> RunSummary:
    return RunSummary(of or document(), **{"errored": 0, "played": 3, "worst_open": worst_open, **more})


@pytest.mark.parametrize(
    ("fail_on", "failing"),
    [
        ("breach", ["breach"]),
        ("blocker", ["breach", "blocker"]),
        ("degraded", ["breach", "blocker", "degraded"]),
        ("unproven", ["breach", "blocker", "degraded"]),
        ("cosmetic", ["breach", "blocker", "degraded", "cosmetic"]),
        ("never", []),
    ],
)
def test_a_severity_fails_at_and_above_the_floor(fail_on: str, failing: list[str]):
    plain = replace(document(), profiles=())
    ends = {severity.value: status(summary(severity, plain), gate(fail_on)) for severity in Severity}
    assert [s for s in reversed(Severity) if ends[s] is ExitStatus.FINDINGS] == failing
    assert set(ends.values()) <= {ExitStatus.FINDINGS, ExitStatus.OK}


@pytest.mark.parametrize("fail_on", ["never", "degraded"])
@pytest.mark.parametrize(
    ("more", "end"),
    [
        ({"has_internal_error": True}, ExitStatus.INTERNAL),
        ({"errored": 1}, ExitStatus.NOT_TESTABLE),
        ({"played": 0}, ExitStatus.NOT_TESTABLE),
    ],
)
def test_a_gate_that_never_fails_hides_no_broken_run(fail_on: str, more: dict[str, Any], end: ExitStatus):
    assert status(summary(**more), gate(fail_on)) is end


@pytest.mark.parametrize(
    ("kind", "settings", "fails"),
    [
        (Departure.STALE, gate(), True),
        (Departure.STALE, gate(allow_stale=True), False),
        (Departure.LOST_FEATURE, gate(allow_stale=True), True),
        (Departure.EXPIRED, gate(), False),
        (Departure.WORSE, gate(), False),
        (Departure.LOST_FEATURE, gate("never"), False),
    ],
)
def test_a_departure_fails_unless_its_finding_does_so_by_itself(kind: Departure, settings: Settings, fails: bool):
    assert (status(summary(of=document(kind)), settings) is ExitStatus.FINDINGS) is fails


def test_a_departure_is_named_with_its_line():
    assert list(objections(document(Departure.STALE), gate())) == ["b.yaml:7: a sentence"]


@pytest.mark.parametrize(
    ("feature", "found"),
    [
        ("connect", []),
        ("push-groups", ["okta: the required feature push-groups is not applicable"]),
        ("schema-discovery", ["entra-v2: the required feature schema-discovery is unproven"]),
        ("roles", ["the required feature roles was not played"]),
    ],
)
def test_a_required_feature_must_be_tested(feature: str, found: list[str]):
    """One that is incompatible was tested: its findings fail, or are accepted."""
    assert list(objections(document(), gate(require=(feature,)))) == found
    assert status(summary(), gate(require=(feature,))) is (ExitStatus.FINDINGS if found else ExitStatus.OK)


def test_an_unproven_client_fails_where_that_is_asked_for():
    profiles = document().profiles
    unproven = replace(document(), profiles=(replace(profiles[0], verdict=Verdict.UNPROVEN), *profiles[1:]))
    assert list(objections(unproven, gate("unproven"))) == ["entra-v2 is unproven"]
    assert status(summary(of=unproven), gate("unproven")) is ExitStatus.FINDINGS
    assert status(summary(of=unproven), gate()) is ExitStatus.OK
    assert status(summary(), gate("unproven")) is ExitStatus.OK
