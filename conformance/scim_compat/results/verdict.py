"""From outcomes to verdicts. Pure functions: the table in tests/unit/results/test_verdict.py is the specification."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from scim_compat.results.model import (
    Outcome,
    Severity,
    VerdictWord,
    at_least,
)

_RANK: Final[tuple[VerdictWord, ...]] = ("compatible", "limited", "unproven", "incompatible")
"""From the best to the worst. ``unproven`` stands above ``limited``: it must never read as the better one."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One scenario, reduced to what decides. A scenario that was not reached has the outcome ``skip``."""

    outcome: Outcome
    severity: Severity | None = None
    applicable: bool = True


def of_feature(scenarios: Sequence[Judged]) -> VerdictWord:
    """The verdict of a feature.

    A breach or blocker makes it incompatible whatever else happened. Without one, a scenario that was
    skipped or ended in an error leaves it unproven: what was not seen is not claimed.
    """
    counted = [s for s in scenarios if s.applicable]
    if scenarios and not counted:
        return "not-applicable"
    if any(at_least(s.severity, "blocker") for s in counted):
        return "incompatible"
    if not counted or any(s.outcome in {"skip", "error"} for s in counted):
        return "unproven"
    if any(at_least(s.severity, "degraded") for s in counted):
        return "limited"
    return "compatible"


def of_profile(features: Iterable[VerdictWord]) -> VerdictWord:
    """The worst of the features that apply; ``unproven`` if none does."""
    return _worst(features)


def of_run(profiles: Iterable[VerdictWord]) -> VerdictWord:
    """The worst of the profiles; ``unproven`` if none ran."""
    return _worst(profiles)


def _worst(words: Iterable[VerdictWord]) -> VerdictWord:
    counted = [w for w in words if w != "not-applicable"]
    return max(counted, key=_RANK.index, default="unproven")


def why(word: VerdictWord, scenarios: Sequence[Judged], *, partial: bool = False) -> str:
    """One sentence that says what the verdict of a profile rests on."""
    counted = [s for s in scenarios if s.applicable]
    by = {name: sum(s.severity == name for s in counted) for name in ("breach", "blocker", "degraded")}
    open_ = sum(s.outcome in {"skip", "error"} for s in counted)
    if word == "incompatible":
        parts = [f"a {n} in {plural(by[n], 'scenario')}" for n in ("breach", "blocker") if by[n]]
        return f"{' and '.join(parts).capitalize()}: this client does not work with the endpoint as it is."
    if word == "unproven":
        if not counted:
            return "No scenario ran, so nothing is proven."
        if partial:
            ran = f"{len(counted) - open_} of {len(counted)} scenarios"
            return f"Only a part of the profile ran ({ran}): nothing is proven for the rest."
        return f"{plural(open_, 'scenario')} of {len(counted)} could not be judged, so compatibility is not proven."
    if word == "limited":
        return f"Works, with {plural(by['degraded'], 'scenario')} of {len(counted)} showing a loss."
    return f"All {len(counted)} scenarios passed."


def plural(count: int, word: str) -> str:
    return f"{count} {word if count == 1 else word + 's'}"
