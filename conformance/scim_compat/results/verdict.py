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


def of_profile(features: Iterable[Verdict]) -> Verdict:
    """Return the worst verdict of the features that apply; UNPROVEN if none does."""
    return _worst(features)


def of_run(profiles: Iterable[Verdict]) -> Verdict:
    """Return the worst verdict of the profiles; UNPROVEN if none ran."""
    return _worst(profiles)


def _worst(verdicts: Iterable[Verdict]) -> Verdict:
    applicable = (verdict for verdict in verdicts if verdict is not Verdict.NOT_APPLICABLE)
    return max(applicable, key=_RANKING.index, default=Verdict.UNPROVEN)


def why(verdict: Verdict, scenarios: Sequence[Judgement], *, partial: bool = False) -> str:
    """Give the reason for the verdict of a profile in one sentence. ``partial``: not all scenarios were asked for."""
    applicable = [s for s in scenarios if s.applicable]
    total = len(applicable)
    hits = Counter(s.severity for s in applicable)
    unseen = sum(s.outcome in _UNSEEN for s in applicable)
    if verdict is Verdict.INCOMPATIBLE:
        parts = [f"a {each} in {plural(hits[each], 'scenario')}" for each in _SERIOUS if hits[each]]
        return f"{' and '.join(parts).capitalize()}: this client does not work with the endpoint as it is."
    if verdict is Verdict.UNPROVEN and not applicable:
        return "No scenario ran, so nothing is proven."
    if verdict is Verdict.UNPROVEN and partial:
        played = f"{total - unseen} of {total} scenarios"
        return f"Only a part of the profile ran ({played}): nothing is proven for the rest."
    if verdict is Verdict.UNPROVEN:
        return f"{plural(unseen, 'scenario')} of {total} could not be judged, so compatibility is not proven."
    if verdict is Verdict.LIMITED:
        return f"Works, with {plural(hits[Severity.DEGRADED], 'scenario')} of {total} showing a loss."
    return f"All {total} scenarios passed."
