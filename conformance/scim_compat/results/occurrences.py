"""Findings by what stays the same from run to run, and what another run shows of them.

Seeds, ids and the places in lists differ between runs of one server. Profile, scenario, check and attribute do not.
"""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from scim_compat.results.causes.roots import top_name
from scim_compat.results.document import INTEGRITY, Document, LocatedCheck
from scim_compat.results.document.records import ScenarioRecord, StepRecord
from scim_compat.values import Fault, Outcome, Severity

ScenarioKey = tuple[str, str, str]
"""Ids of a profile and of its scenario, and the variant."""

_TESTED = frozenset({Outcome.PASS, Outcome.FAIL})
_COMPARISON = "run.bystanders"
"""The comparison of the accounts that no scenario names; each process of a parallel run has one of its own."""


@dataclass(frozen=True, slots=True, order=True)
class Occurrence:
    """A check that fails in a scenario, wherever there and however often."""

    profile: str
    scenario: str
    variant: str
    check: str
    about: str
    """The attribute, or the statement of the profile; empty where the answer as a whole is meant."""

    @property
    def key(self) -> ScenarioKey:
        return self.profile, self.scenario, self.variant

    @property
    def place(self) -> str:
        """``okta/users.update``."""
        return place(self.key)


class Sight(enum.Enum):
    """What a run shows of an occurrence."""

    FAILS = enum.auto()
    PASSES = enum.auto()
    UNTESTED = enum.auto()
    """It was not played, or not far enough, or the check could not be judged. Never a pass."""


@dataclass(frozen=True, slots=True)
class Run:
    """A document, for questions about occurrences."""

    document: Document
    scenarios: Mapping[ScenarioKey, tuple[ScenarioRecord, ...]]
    """Several where each process of a parallel run compared accounts."""
    failing: Mapping[Occurrence, Severity]
    """With the worst severity."""
    steps: Mapping[Occurrence, frozenset[str]]
    """Ids of the steps that fail."""

    def is_tested(self, key: ScenarioKey) -> bool:
        return any(is_tested(one) for one in self.scenarios.get(key, ()))


def run(document: Document) -> Run:
    """Arrange a document."""
    scenarios: dict[ScenarioKey, list[ScenarioRecord]] = defaultdict(list)
    for profile in document.profiles:
        for scenario in profile.scenarios:
            scenarios[scenario_key(profile.id, scenario)].append(scenario)
    steps: dict[Occurrence, set[str]] = defaultdict(set)
    found = list(document.failed_checks())
    for failure in found:
        steps[occurrence(failure)].add(failure.scenario.steps[failure.place[2]].id)
    return Run(
        document=document,
        scenarios={key: tuple(group) for key, group in scenarios.items()},
        failing=severities(found),
        steps={key: frozenset(ids) for key, ids in steps.items()},
    )


def scenario_key(profile: str, scenario: ScenarioRecord) -> ScenarioKey:
    """Name the scenario as every run names it."""
    return profile, _COMPARISON if scenario.feature == INTEGRITY else scenario.id, scenario.variant


def place(key: ScenarioKey) -> str:
    """``okta/users.update``, with its variant where it has one."""
    profile, scenario, variant = key
    return f"{profile}/{scenario}" + (f"@{variant}" if variant else "")


def occurrence(failure: LocatedCheck) -> Occurrence:
    """Name the finding as every run names it."""
    check = failure.check
    about = check.title if check.fault is Fault.ASSERTION else top_name(check.where)
    return Occurrence(*scenario_key(failure.profile.id, failure.scenario), check.id, about)


def severities(failures: Iterable[LocatedCheck]) -> dict[Occurrence, Severity]:
    """Return each occurrence with its worst severity."""
    found: dict[Occurrence, Severity] = {}
    for failure in failures:
        key, severity = occurrence(failure), failure.check.severity or Severity.COSMETIC
        found[key] = max(severity, found.get(key, severity), key=lambda each: each.rank)
    return found


def is_tested(scenario: ScenarioRecord) -> bool:
    """True when the scenario was played and judged."""
    return scenario.applicable and scenario.outcome in _TESTED


def sight(asked: Run, one: Occurrence, steps: Iterable[str]) -> Sight:
    """Return what the run shows of the occurrence. ``steps``: where it fails in the other run."""
    if one in asked.failing:
        return Sight.FAILS
    played = [each for each in asked.scenarios.get(one.key, ()) if is_tested(each)]
    is_shown = bool(played) and all(_passes(each, one, steps) for each in played)
    return Sight.PASSES if is_shown else Sight.UNTESTED


def _passes(scenario: ScenarioRecord, one: Occurrence, steps: Iterable[str]) -> bool:
    """True when every step that fails elsewhere was answered here, and the check does not leave it open."""
    known = {step.id: step for step in scenario.steps}
    return all(_is_clear(known.get(step), one.check, scenario) for step in steps)


def _is_clear(step: StepRecord | None, check: str, scenario: ScenarioRecord) -> bool:
    if step is None:  # the profile has changed, or the scenario ended before
        return scenario.outcome is Outcome.PASS
    if step.exchange is None or step.exchange.response is None:
        return False
    outcomes = {each.outcome for each in step.checks if each.id == check}
    return not outcomes or bool(outcomes & _TESTED)
