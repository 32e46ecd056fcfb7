"""The table of verdicts, and what must hold of any run."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scim_compat.results import verdict
from scim_compat.results.model import (
    SEVERITIES,
    Outcome,
    VerdictWord,
    at_least,
    worst,
)
from scim_compat.results.verdict import (
    Judged,
    of_feature,
    of_profile,
    of_run,
    why,
)

PASS = Judged("pass")
COSMETIC = Judged("pass", "cosmetic")
DEGRADED = Judged("fail", "degraded")
BLOCKER = Judged("fail", "blocker")
BREACH = Judged("fail", "breach")
SKIP = Judged("skip")
ERROR = Judged("error")
ABSENT = Judged("skip", applicable=False)

FEATURES: list[tuple[list[Judged], VerdictWord]] = [
    ([PASS], "compatible"),
    ([PASS, PASS], "compatible"),
    ([COSMETIC], "compatible"),
    ([PASS, ABSENT], "compatible"),
    ([DEGRADED], "limited"),
    ([PASS, DEGRADED], "limited"),
    ([COSMETIC, DEGRADED], "limited"),
    ([BLOCKER], "incompatible"),
    ([BREACH], "incompatible"),
    ([PASS, PASS, PASS, BREACH], "incompatible"),
    ([DEGRADED, BLOCKER], "incompatible"),
    ([SKIP], "unproven"),
    ([ERROR], "unproven"),
    ([PASS, SKIP], "unproven"),
    ([PASS, ERROR], "unproven"),
    ([DEGRADED, SKIP], "unproven"),
    # What is known to be broken is said, even if the rest was not seen.
    ([BLOCKER, SKIP], "incompatible"),
    ([BREACH, ERROR], "incompatible"),
    # A scenario that stopped half-way keeps what it had found by then.
    ([Judged("error", "blocker")], "incompatible"),
    ([Judged("skip", "degraded")], "unproven"),
    ([ABSENT], "not-applicable"),
    ([ABSENT, ABSENT], "not-applicable"),
    ([ABSENT, DEGRADED], "limited"),
    ([], "unproven"),
]


@pytest.mark.parametrize(("scenarios", "wanted"), FEATURES)
def test_of_feature(scenarios, wanted):
    assert of_feature(scenarios) == wanted


@pytest.mark.parametrize(
    ("features", "wanted"),
    [
        (["compatible"], "compatible"),
        (["compatible", "not-applicable"], "compatible"),
        (["compatible", "limited"], "limited"),
        (["limited", "unproven"], "unproven"),
        (["compatible", "unproven"], "unproven"),
        (["unproven", "incompatible"], "incompatible"),
        (["not-applicable"], "unproven"),
        ([], "unproven"),
    ],
)
def test_of_profile_and_of_run(features, wanted):
    assert of_profile(features) == wanted
    assert of_run(features) == wanted


JUDGED = st.builds(
    Judged,
    outcome=st.sampled_from(get_args(Outcome)),
    severity=st.none() | st.sampled_from(SEVERITIES),
    applicable=st.booleans(),
)
RANK = ("compatible", "limited", "unproven", "incompatible")


@given(st.lists(JUDGED, min_size=1), st.sampled_from([DEGRADED, BLOCKER, BREACH]))
def test_a_failing_scenario_never_improves_a_feature(scenarios, failing):
    before, after = of_feature(scenarios), of_feature([*scenarios, failing])
    assert after != "compatible"
    assert before == "not-applicable" or RANK.index(after) >= RANK.index(before)


@given(st.lists(JUDGED))
def test_what_was_not_seen_is_never_claimed(scenarios):
    counted = [s for s in scenarios if s.applicable]
    proven = all(s.outcome in {"pass", "fail"} for s in counted)
    if of_feature(scenarios) in {"compatible", "limited"}:
        assert counted
        assert proven
    if of_feature(scenarios) == "compatible":
        assert not any(at_least(s.severity, "degraded") for s in counted)


@given(st.lists(JUDGED), st.randoms())
def test_order_does_not_matter(scenarios, random):
    mixed = list(scenarios)
    random.shuffle(mixed)
    assert of_feature(mixed) == of_feature(scenarios)


@given(st.lists(st.sampled_from(get_args(VerdictWord))), st.sampled_from(get_args(VerdictWord)))
def test_one_more_profile_never_improves_a_run(words, more):
    before, after = of_run(words), of_run([*words, more])
    counted = [w for w in words if w != "not-applicable"]
    assert not counted or RANK.index(after) >= RANK.index(before)
    assert after != "not-applicable"


@given(st.lists(JUDGED))
def test_nothing_run_is_never_compatible(scenarios):
    absent = [Judged("skip", s.severity, applicable=False) for s in scenarios]
    assert of_profile([of_feature(absent)] if absent else []) == "unproven"
    open_ = [Judged("skip") for _ in scenarios]
    assert of_profile([of_feature(open_)]) == "unproven"


@pytest.mark.parametrize(
    ("word", "scenarios", "partial", "sentence"),
    [
        ("compatible", [PASS, COSMETIC], False, "All 2 scenarios passed."),
        ("limited", [PASS, DEGRADED], False, "Works, with 1 scenario of 2 showing a loss."),
        ("incompatible", [BREACH, BREACH, BLOCKER], False, "A breach in 2 scenarios and a blocker in 1 scenario: "),
        ("unproven", [], False, "No scenario ran"),
        ("unproven", [PASS, SKIP, SKIP], True, "Only a part of the profile ran (1 of 3 scenarios)"),
        ("unproven", [PASS, ERROR], False, "1 scenario of 2 could not be judged"),
    ],
)
def test_why(word, scenarios, partial, sentence):
    found = why(word, scenarios, partial=partial)
    assert found.startswith(sentence)
    assert found.endswith(".")


def test_severities_are_ordered():
    assert worst(["cosmetic", "breach", "degraded"]) == "breach"
    assert worst([]) is None
    assert [s for s in SEVERITIES if at_least(s, "degraded")] == ["degraded", "blocker", "breach"]
    assert not at_least(None, "cosmetic")


def test_every_severity_and_outcome_has_a_verdict():
    for outcome in get_args(Outcome):
        for severity in (None, *SEVERITIES):
            assert of_feature([Judged(outcome, severity)]) in RANK
    assert set(verdict._RANK) == set(RANK)
