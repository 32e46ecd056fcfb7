"""Severity: the profile's word, else the level's; and whose fault a fault is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from scim_compat.checks import judge as judging
from scim_compat.checks import registry
from scim_compat.checks.judge import judge
from scim_compat.checks.registry import (
    Check,
    NotJudged,
    Trait,
    Violation,
    all_checks,
)
from scim_compat.checks.severity import severity_of
from scim_compat.profile.model import Requirement
from scim_compat.values import Severity
from scim_compat.wire.messages import Exchange, Failure, FailureKind, Request
from support.states import liv, see


def rule(name="test.rule", level="MUST", run=None, **more):
    def passes(_seen):
        return iter(())

    return Check(name, "A rule", "The rule is broken", level, ("RFC7644-3.1",), frozenset(more.pop("on", ())), "Because.", "Do it.",
                 run or passes, more.pop("when", lambda _seen: True), frozenset(more.pop("scim", ("2.0",))), **more)  # fmt: skip


def profile_with(entra, *requirements):
    return replace(entra, requires={r.check: r for r in requirements}, scenarios=())


def scenario_with(entra, *requirements, evidence="documented"):
    return replace(entra.scenarios[0], requires={r.check: r for r in requirements}, evidence=evidence)


@pytest.fixture
def only(monkeypatch):
    """Makes the given checks the only ones there are."""

    def use(*rules):
        monkeypatch.setattr(judging, "all_checks", lambda: {r.id: r for r in rules})

    return use


@pytest.mark.parametrize(
    ("level", "severity"), [("MUST", "degraded"), ("SHOULD", "cosmetic"), ("MAY", None), ("CLIENT", None)]
)
def test_what_no_profile_names_goes_by_its_level(entra, level, severity):
    assert severity_of(rule(level=level), profile_with(entra), scenario_with(entra)) == (severity, None)
    assert severity_of(rule(level=level), profile_with(entra), None)[0] == severity


@pytest.mark.parametrize("severity", Severity)
def test_the_profile_s_word_goes_before_the_level(entra, severity):
    asked = Requirement("test.rule", Severity(severity))
    assert severity_of(rule(level="CLIENT"), profile_with(entra, asked), None) == (severity, asked)


def test_the_scenario_s_word_goes_before_the_profile_s(entra):
    general, special = Requirement("test.rule", Severity.BLOCKER), Requirement("test.rule", Severity.COSMETIC)
    found = severity_of(rule(), profile_with(entra, general), scenario_with(entra, special))
    assert found == ("cosmetic", special)


def test_ignore_silences(entra, only):
    asked = Requirement("test.rule", "ignore")
    assert severity_of(rule(), profile_with(entra, asked), None)[0] is None
    only(rule(run=lambda _s: iter([Violation("x")])))
    assert judge(see("read", liv()), profile_with(entra, asked), None) == []


def test_a_requirement_without_severity_keeps_the_level_s(entra):
    asked = Requirement("test.rule", None, consequence="It hurts.")
    assert severity_of(rule(level="SHOULD"), profile_with(entra, asked), None) == ("cosmetic", asked)


@pytest.mark.parametrize(
    ("severity", "capped"), [("blocker", "degraded"), ("breach", "breach"), ("degraded", "degraded"), ("cosmetic", "cosmetic")]
)  # fmt: skip
def test_an_inference_is_no_blocker_but_stays_a_breach(entra, severity, capped):
    asked, guessed = (
        Requirement("test.rule", Severity(severity)),
        Requirement("test.rule", Severity(severity), evidence="inferred"),
    )
    inferred = scenario_with(entra, evidence="inferred")
    assert severity_of(rule(), profile_with(entra, asked), inferred)[0] == capped
    assert severity_of(rule(), profile_with(entra, guessed), scenario_with(entra))[0] == capped
    assert severity_of(rule(), profile_with(entra, asked), scenario_with(entra, evidence="observed"))[0] == severity


def test_a_failure_tells_everything(entra, only):
    only(rule(run=lambda _s: iter([Violation("/id", expected=1, actual=None, message="Look."), Violation("status")])))
    asked = Requirement("test.rule", Severity.BLOCKER, consequence="It stops.", source="S1")
    first, second = judge(see("read", liv()), profile_with(entra, asked), None)
    assert (first.outcome, first.severity, first.where, first.expected, first.actual, first.message) == (
        "fail", "blocker", "/id", 1, None, "Look.")  # fmt: skip
    assert (first.title, first.cites, first.consequence, first.fix, first.source, first.level) == (
        "A rule", ("RFC7644-3.1",), "It stops.", "Do it.", "S1", "MUST")  # fmt: skip
    assert second.where == "status"


def test_without_a_consequence_the_rule_s_own_reason_is_told(entra, only):
    only(rule(run=lambda _s: iter([Violation("x")])))
    [found] = judge(see("read", liv()), profile_with(entra), None)
    assert found.consequence == "Because."


def test_a_pass_a_skip_and_silence(entra, only):
    def cannot(_seen):
        raise NotJudged("no date")
        yield

    only(rule("a.passes"), rule("b.skips", run=cannot), rule("c.silent", when=lambda _s: False), rule("d.elsewhere", on=("create",)),
         rule("e.other-version", scim=("1.1",)))  # fmt: skip
    found = judge(see("read", liv()), profile_with(entra), None)
    assert [(r.id, r.outcome, r.reason) for r in found] == [("a.passes", "pass", ""), ("b.skips", "skip", "no date")]


@pytest.mark.parametrize("where", ["run", "when"])
def test_an_internal_error_is_never_a_finding(entra, only, where):
    def broken(_seen):
        raise KeyError("oops")

    only(rule(**{where: broken}))
    [found] = judge(see("read", liv()), profile_with(entra), None)
    assert found.outcome == "error"
    assert found.severity is None
    assert "internal error in scim-compat" in found.reason
    assert "KeyError in test.rule" in found.reason


def test_a_flood_of_problems_is_capped(entra, only):
    only(rule(run=lambda _s: (Violation(f"/{n}") for n in range(1000))))
    assert len(judge(see("read", liv()), profile_with(entra), None)) == 20


def test_no_answer_no_checks_but_those_that_ask(entra, only):
    only(rule("a.needs-an-answer", run=lambda s: iter([Violation(str(s.response.status))])),
         rule("b.does-not", traits=Trait.SILENCE, run=lambda _s: iter([Violation("time")])))  # fmt: skip
    silent = replace(
        see("read", liv()), exchange=Exchange(Request("GET", "/"), "x", None, Failure(FailureKind.TIMEOUT, "t"))
    )
    assert [r.id for r in judge(silent, profile_with(entra), None)] == ["b.does-not"]


def test_two_checks_of_one_name_are_refused():
    all_checks()
    with pytest.raises(ValueError, match=r"two checks are called create\.status"):
        registry.check("create.status", "x", failure="y", level="MUST", why="x.", fix="x.")(lambda _s: iter(()))


@pytest.mark.parametrize(
    ("word", "own", "outcome", "told"),
    [
        (None, "MUST", "fail", ("MUST", "degraded")),
        ("SHOULD", "MUST", "fail", ("SHOULD", "cosmetic")),
        ("MUST", "SHOULD", "fail", ("MUST", "degraded")),
        ("CLIENT", "MUST", "pass", None),
    ],
)
def test_a_case_for_which_the_rfc_has_another_word_goes_by_that(entra, only, word, own, outcome, told):
    """The rule is one, but what the RFC says of it may differ from case to case: a name is unique, a group's is not."""
    only(rule(level=own, run=lambda _s: iter([Violation("x", level=word)])))
    [found] = judge(see("read", liv()), profile_with(entra), None)
    assert found.outcome == outcome
    assert told in {None, (found.level, found.severity)}


def test_what_the_rfc_leaves_open_is_a_finding_to_the_client_that_minds(entra, only):
    only(rule(run=lambda _s: iter([Violation("x", level="CLIENT")])))
    asked = Requirement("test.rule", Severity.BLOCKER, consequence="It stops.", evidence="documented")
    [found] = judge(see("read", liv()), profile_with(entra, asked), scenario_with(entra))
    assert (found.outcome, found.level, found.severity) == ("fail", "CLIENT", "blocker")
    guessed = replace(asked, evidence="inferred")
    assert judge(see("read", liv()), profile_with(entra, guessed), None)[0].severity == "degraded"
