"""Scenarios that an older run tested and a newer one did not. They are never shown as fixed."""

from __future__ import annotations

from dataclasses import dataclass

from scim_compat.results.document.records import ScenarioRecord
from scim_compat.results.occurrences import Run, ScenarioKey, scenario_key
from scim_compat.values import Outcome


@dataclass(frozen=True, slots=True)
class Loss:
    """Scenarios of one feature that are untested for one reason."""

    profile: str
    feature: str
    """Its title; empty where the whole profile was not played."""
    scenarios: tuple[str, ...]
    """Ids."""
    why: str


def losses(before: Run, after: Run) -> tuple[Loss, ...]:
    """Return the losses in the order of the older run."""
    played = {profile.id for profile in after.document.profiles}
    found: dict[tuple[str, str, str], list[str]] = {}
    for profile in before.document.profiles:
        titles = {feature.id: feature.title for feature in profile.all_features()}
        for scenario in profile.scenarios:
            key = scenario_key(profile.id, scenario)
            if not before.is_tested(key) or after.is_tested(key):
                continue
            feature = titles[scenario.feature] if profile.id in played else ""
            why = _why(after, key) if feature else "the profile was not played"
            found.setdefault((profile.id, feature, why), []).append(key[1])
    return tuple(Loss(p, feature, tuple(dict.fromkeys(ids)), why) for (p, feature, why), ids in found.items())


def _why(after: Run, key: ScenarioKey) -> str:
    records = after.scenarios.get(key, ())
    if not records:
        return "not chosen, not reached, or no longer in the profile"
    return _reason(records[0])


def _reason(scenario: ScenarioRecord) -> str:
    word = "n/a" if not scenario.applicable else "in error" if scenario.outcome is Outcome.ERROR else "skipped"
    return f"{word}: {scenario.reason}" if scenario.reason else word
