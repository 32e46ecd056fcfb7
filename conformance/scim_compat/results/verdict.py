"""From outcomes to verdicts. Pure functions: the table in tests/unit/results/test_verdict.py is the specification."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from scim_compat.values import Outcome, Severity, Verdict, is_at_least, plural

_RANKING: Final = (Verdict.COMPATIBLE, Verdict.LIMITED, Verdict.UNPROVEN, Verdict.INCOMPATIBLE)
"""From the best to the worst. ``unproven`` ranks as worse than ``limited``: it must never read as the better one."""
_UNSEEN: Final = {Outcome.SKIP, Outcome.ERROR}


@dataclass(frozen=True, slots=True)
class Judged:
    """One scenario, reduced to what decides. A scenario that was not reached has the outcome ``skip``."""

    outcome: Outcome
    severity: Severity | None = None
    applicable: bool = True


def of_feature(scenarios: Sequence[Judged]) -> Verdict:
    """The verdict of a feature.

    A breach or blocker makes it incompatible whatever else happened. Without one, a scenario that was
    skipped or ended in an error leaves it unproven: what was not seen is not claimed.
    """
    counted = [s for s in scenarios if s.applicable]
    if scenarios and not counted:
        return Verdict.NOT_APPLICABLE
    if any(is_at_least(s.severity, Severity.BLOCKER) for s in counted):
        return Verdict.INCOMPATIBLE
    if not counted or any(s.outcome in _UNSEEN for s in counted):
        return Verdict.UNPROVEN
    if any(is_at_least(s.severity, Severity.DEGRADED) for s in counted):
        return Verdict.LIMITED
    return Verdict.COMPATIBLE


def of_profile(features: Iterable[Verdict]) -> Verdict:
    """The worst of the features that apply; ``unproven`` if none does."""
    return _worst(features)


def of_run(profiles: Iterable[Verdict]) -> Verdict:
    """The worst of the profiles; ``unproven`` if none ran."""
    return _worst(profiles)


def _worst(words: Iterable[Verdict]) -> Verdict:
    counted = [w for w in words if w != Verdict.NOT_APPLICABLE]
    return max(counted, key=_RANKING.index, default=Verdict.UNPROVEN)


def why(word: Verdict, scenarios: Sequence[Judged], *, partial: bool = False) -> str:
    """One sentence that says what the verdict of a profile rests on."""
    counted = [s for s in scenarios if s.applicable]
    by = {name: sum(s.severity == name for s in counted) for name in Severity}
    open_ = sum(s.outcome in _UNSEEN for s in counted)
    if word is Verdict.INCOMPATIBLE:
        parts = [f"a {n} in {plural(by[n], 'scenario')}" for n in (Severity.BREACH, Severity.BLOCKER) if by[n]]
        return f"{' and '.join(parts).capitalize()}: this client does not work with the endpoint as it is."
    if word is Verdict.UNPROVEN:
        if not counted:
            return "No scenario ran, so nothing is proven."
        if partial:
            ran = f"{len(counted) - open_} of {len(counted)} scenarios"
            return f"Only a part of the profile ran ({ran}): nothing is proven for the rest."
        return f"{plural(open_, 'scenario')} of {len(counted)} could not be judged, so compatibility is not proven."
    if word is Verdict.LIMITED:
        return f"Works, with {plural(by[Severity.DEGRADED], 'scenario')} of {len(counted)} showing a loss."
    return f"All {len(counted)} scenarios passed."
