"""Verdicts from outcomes. Pure functions; the table in tests/unit/results/test_verdict.py specifies them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from scim_compat.values import Outcome, Severity, Verdict, is_at_least, plural

_RANKING: Final = (Verdict.COMPATIBLE, Verdict.LIMITED, Verdict.UNPROVEN, Verdict.INCOMPATIBLE)
"""From the best to the worst. ``unproven`` ranks as worse than ``limited``: it must never read as the better one."""
_UNSEEN: Final = {Outcome.SKIP, Outcome.ERROR}
_MOST_NAMED: Final = 3
"""Features that a headline names."""
_SERIOUS: Final = (Severity.BREACH, Severity.BLOCKER)


@dataclass(frozen=True, slots=True)
class Judgement:
    """The part of a scenario's result that decides. A scenario that was not reached has the outcome SKIP."""

    outcome: Outcome
    severity: Severity | None = None
    applicable: bool = True


def of_feature(scenarios: Sequence[Judgement]) -> Verdict:
    """Return the verdict of a feature.

    A breach or blocker makes it incompatible whatever else happened. Otherwise a scenario that was skipped or ended
    in an error leaves it unproven, because nothing is claimed that was not seen.
    """
    applicable = [s for s in scenarios if s.applicable]
    if scenarios and not applicable:
        return Verdict.NOT_APPLICABLE
    if any(is_at_least(s.severity, Severity.BLOCKER) for s in applicable):
        return Verdict.INCOMPATIBLE
    if not applicable or any(s.outcome in _UNSEEN for s in applicable):
        return Verdict.UNPROVEN
    if any(is_at_least(s.severity, Severity.DEGRADED) for s in applicable):
        return Verdict.LIMITED
    return Verdict.COMPATIBLE


def of_profile(features: Iterable[Verdict], *, is_part: bool = False) -> Verdict:
    """Return the worst verdict of the features that apply; UNPROVEN if none does.

    ``is_part``: only some scenarios of the profile were asked for, so that no success speaks for the whole.
    """
    return _worst((*features, Verdict.UNPROVEN) if is_part else features)


def of_run(profiles: Iterable[Verdict]) -> Verdict:
    """Return the worst verdict of the profiles; UNPROVEN if none ran."""
    return _worst(profiles)


def _worst(verdicts: Iterable[Verdict]) -> Verdict:
    applicable = (verdict for verdict in verdicts if verdict is not Verdict.NOT_APPLICABLE)
    return max(applicable, key=_RANKING.index, default=Verdict.UNPROVEN)


def headline(verdict: Verdict, *, without: Sequence[str] = (), failed: int = 0, chosen: int | None = None) -> str:
    """Give the verdict of a profile in the words that stand over its results.

    ``without``: the features that the target does not offer, each as a noun. ``failed``: scenarios that failed.
    ``chosen``: the scenarios that were asked for, where they are a part of the profile.
    """
    if chosen is not None and failed:
        return f"failed: {failed} of {chosen} chosen (a part of the profile)"
    words = verdict.replace("-", " ")
    if not without or verdict not in {Verdict.COMPATIBLE, Verdict.LIMITED}:
        return words
    rest = len(without) - _MOST_NAMED
    *first, last = without if rest <= 0 else (*without[:_MOST_NAMED], f"{rest} more")
    names = f"{', '.join(first)} and {last}" if first else last
    return f"{words}, without {names}"


def why(
    verdict: Verdict,
    scenarios: Sequence[Judgement],
    *,
    comparisons: Sequence[Judgement] = (),
    chosen: int | None = None,
) -> str:
    """Give the reason for the verdict of a profile in one sentence.

    ``comparisons``: those of the accounts that no scenario names, which are no scenarios of the profile. ``chosen``:
    the scenarios that were asked for, where they are a part of the profile.
    """
    applicable = [s for s in scenarios if s.applicable]
    total = len(applicable)
    hits = Counter(s.severity for s in applicable)
    unseen = sum(s.outcome in _UNSEEN for s in applicable)
    least = Severity.BLOCKER if verdict is Verdict.INCOMPATIBLE else Severity.DEGRADED
    change = ["a change of accounts that no scenario names"] if _is_hit(comparisons, least) else []
    if verdict is Verdict.INCOMPATIBLE:
        parts = [f"a {each} in {plural(hits[each], 'scenario')}" for each in _SERIOUS if hits[each]]
        parts = [*parts, *change]
        return f"{' and '.join(parts).capitalize()}: this client does not work with the endpoint as it is."
    if verdict is Verdict.UNPROVEN and chosen == 0:
        return "None of its scenarios was chosen, so nothing is proven."
    if verdict is Verdict.UNPROVEN and not applicable:
        return "No scenario ran, so nothing is proven."
    if verdict is Verdict.UNPROVEN and chosen is not None:
        played = f"{total - unseen} of {total} scenarios"
        return f"Only a part of the profile ran ({played}): nothing is proven for the rest."
    if verdict is Verdict.UNPROVEN and not unseen:
        return "The accounts that no scenario names could not be compared, so compatibility is not proven."
    if verdict is Verdict.UNPROVEN:
        return f"{plural(unseen, 'scenario')} of {total} could not be judged, so compatibility is not proven."
    if verdict is Verdict.LIMITED:
        losses = [f"{plural(hits[Severity.DEGRADED], 'scenario')} of {total} showing a loss"]
        return f"Works, with {' and '.join([*(losses if hits[Severity.DEGRADED] else ()), *change])}."
    subject, verb = ("The one scenario", "applies") if total == 1 else (f"All {total} scenarios", "apply")
    return f"{subject} passed." if total == len(scenarios) else f"{subject} that {verb} passed."


def _is_hit(judgements: Iterable[Judgement], least: Severity) -> bool:
    return any(is_at_least(each.severity, least) for each in judgements)
