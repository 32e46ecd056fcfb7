"""The table of verdicts, and what must hold of any run."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scim_compat.results import verdict
from scim_compat.results.verdict import (
    Judgement,
    headline,
    of_feature,
    of_profile,
    of_run,
    why,
)
from scim_compat.values import Outcome, Severity, Verdict, is_at_least, worst

PASS = Judgement(Outcome.PASS)
COSMETIC = Judgement(Outcome.PASS, Severity.COSMETIC)
DEGRADED = Judgement(Outcome.FAIL, Severity.DEGRADED)
BLOCKER = Judgement(Outcome.FAIL, Severity.BLOCKER)
BREACH = Judgement(Outcome.FAIL, Severity.BREACH)
SKIP = Judgement(Outcome.SKIP)
ERROR = Judgement(Outcome.ERROR)
ABSENT = Judgement(Outcome.SKIP, applicable=False)

FEATURES: list[tuple[list[Judgement], str]] = [
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
    ([Judgement(Outcome.ERROR, Severity.BLOCKER)], "incompatible"),
    ([Judgement(Outcome.SKIP, Severity.DEGRADED)], "unproven"),
    ([ABSENT], "not-applicable"),
    ([ABSENT, ABSENT], "not-applicable"),
    ([ABSENT, DEGRADED], "limited"),
    ([], "unproven"),
]


@pytest.mark.parametrize(("scenarios", "wanted"), FEATURES)
def test_of_feature(scenarios, wanted):
    assert of_feature(scenarios) is Verdict(wanted)


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
    words = [Verdict(word) for word in features]
    assert of_profile(words) is Verdict(wanted)
    assert of_run(words) is Verdict(wanted)


JUDGED = st.builds(
    Judgement,
    outcome=st.sampled_from(Outcome),
    severity=st.none() | st.sampled_from(Severity),
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
        assert not any(is_at_least(s.severity, Severity.DEGRADED) for s in counted)


@given(st.lists(JUDGED), st.randoms())
def test_order_does_not_matter(scenarios, random):
    mixed = list(scenarios)
    random.shuffle(mixed)
    assert of_feature(mixed) == of_feature(scenarios)


@given(st.lists(st.sampled_from(Verdict)), st.sampled_from(Verdict))
def test_one_more_profile_never_improves_a_run(words, more):
    before, after = of_run(words), of_run([*words, more])
    counted = [w for w in words if w != "not-applicable"]
    assert not counted or RANK.index(after) >= RANK.index(before)
    assert after != "not-applicable"


@given(st.lists(JUDGED))
def test_nothing_run_is_never_compatible(scenarios):
    absent = [Judgement(Outcome.SKIP, s.severity, applicable=False) for s in scenarios]
    assert of_profile([of_feature(absent)] if absent else []) == "unproven"
    open_ = [Judgement(Outcome.SKIP) for _ in scenarios]
    assert of_profile([of_feature(open_)]) == "unproven"


@pytest.mark.parametrize(
    ("word", "scenarios", "chosen", "sentence"),
    [
        ("compatible", [PASS, COSMETIC], None, "All 2 scenarios passed."),
        ("compatible", [PASS, COSMETIC, ABSENT], None, "All 2 scenarios that apply passed."),
        ("compatible", [PASS, ABSENT], None, "The one scenario that applies passed."),
        ("limited", [PASS, DEGRADED], None, "Works, with 1 scenario of 2 showing a loss."),
        ("incompatible", [BREACH, BREACH, BLOCKER], None, "A breach in 2 scenarios and a blocker in 1 scenario: "),
        ("unproven", [], None, "No scenario ran"),
        ("unproven", [PASS, SKIP, SKIP], 1, "Only a part of the profile ran (1 of 3 scenarios)"),
        ("unproven", [SKIP, SKIP], 0, "None of its scenarios was chosen, so nothing is proven."),
        ("unproven", [PASS, ERROR], None, "1 scenario of 2 could not be judged"),
    ],
)
def test_why(word, scenarios, chosen, sentence):
    found = why(Verdict(word), scenarios, chosen=chosen)
    assert found.startswith(sentence)
    assert found.endswith(".")


@pytest.mark.parametrize(
    ("word", "scenarios", "comparisons", "sentence"),
    [
        ("compatible", [PASS], [PASS, PASS], "The one scenario passed."),
        ("incompatible", [PASS], [BREACH], "A change of accounts that no scenario names: this client does not work "),
        (
            "incompatible",
            [BLOCKER],
            [BREACH],
            "A blocker in 1 scenario and a change of accounts that no scenario names: ",
        ),
        ("incompatible", [BLOCKER], [DEGRADED], "A blocker in 1 scenario: "),
        ("limited", [PASS], [DEGRADED], "Works, with a change of accounts that no scenario names."),
        ("limited", [DEGRADED], [PASS], "Works, with 1 scenario of 1 showing a loss."),
        ("unproven", [PASS], [ERROR], "The accounts that no scenario names could not be compared, so "),
        ("unproven", [SKIP], [ERROR], "1 scenario of 1 could not be judged"),
    ],
)
def test_the_comparison_of_the_others_is_no_scenario(word, scenarios, comparisons, sentence):
    assert of_profile([of_feature(scenarios), of_feature(comparisons)]) is Verdict(word)
    assert why(Verdict(word), scenarios, comparisons=comparisons).startswith(sentence)


@pytest.mark.parametrize(
    ("word", "facts", "text"),
    [
        ("compatible", {}, "compatible"),
        ("not-applicable", {}, "not applicable"),
        ("compatible", {"without": ["groups"]}, "compatible, without groups"),
        ("limited", {"without": ["groups", "group members"]}, "limited, without groups and group members"),
        ("compatible", {"without": ["a", "b", "c"]}, "compatible, without a, b and c"),
        ("compatible", {"without": ["a", "b", "c", "d", "e"]}, "compatible, without a, b, c and 2 more"),
        # Of a client that does not work, nobody asks without which features.
        ("incompatible", {"without": ["groups"]}, "incompatible"),
        ("unproven", {"without": ["groups"]}, "unproven"),
        ("unproven", {"failed": 1, "chosen": 1}, "failed: 1 of 1 chosen (a part of the profile)"),
        ("incompatible", {"failed": 2, "chosen": 3}, "failed: 2 of 3 chosen (a part of the profile)"),
        ("unproven", {"failed": 0, "chosen": 3}, "unproven"),
        # The whole profile.
        ("incompatible", {"failed": 2}, "incompatible"),
    ],
)
def test_the_headline(word, facts, text):
    assert headline(Verdict(word), **facts) == text


@pytest.mark.parametrize("words", [["compatible"], ["limited"], ["not-applicable"], ["unproven"], []])
def test_a_part_proves_no_success(words):
    assert of_profile([Verdict(word) for word in words], is_part=True) is Verdict.UNPROVEN
    assert of_profile([*(Verdict(word) for word in words), Verdict.INCOMPATIBLE], is_part=True) is Verdict.INCOMPATIBLE


def test_severities_are_ordered():
    assert worst([Severity.COSMETIC, Severity.BREACH, Severity.DEGRADED]) is Severity.BREACH
    assert worst([]) is None
    assert [s for s in Severity if is_at_least(s, Severity.DEGRADED)] == ["degraded", "blocker", "breach"]
    assert not is_at_least(None, Severity.COSMETIC)


def test_every_severity_and_outcome_has_a_verdict():
    for outcome in Outcome:
        for severity in (None, *Severity):
            assert of_feature([Judgement(outcome, severity)]) in RANK
    assert set(verdict._RANKING) == set(RANK)
