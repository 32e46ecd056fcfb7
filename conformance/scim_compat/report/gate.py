"""The gate as the files of a pipeline show it: what fails there is what makes the exit status 1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scim_compat.results.causes import Cause
from scim_compat.results.document import Document, LocatedCheck, Place
from scim_compat.results.document.records import CheckRecord
from scim_compat.values import FailOn, Outcome, is_at_least


@dataclass(frozen=True, slots=True)
class Gate:
    """What a run is held against."""

    fail_on: FailOn
    objections: tuple[str, ...] = ()
    """Why it fails beside open findings, a sentence each."""
    has_internal_error: bool = False

    def is_hit(self, check: CheckRecord) -> bool:
        """True for a finding at or above ``--fail-on``, accepted or not."""
        floor = self.fail_on.floor
        return floor is not None and check.outcome is Outcome.FAIL and is_at_least(check.severity, floor)

    def is_failed(self, check: CheckRecord) -> bool:
        """True for a finding that fails the run: no baseline accepts it."""
        return self.is_hit(check) and not check.accepted


@dataclass(frozen=True, slots=True)
class Owner:
    """The cause that a finding belongs to, and its number in the report."""

    number: int
    cause: Cause
    is_consequence: bool


Key = tuple[Place, int]
"""A finding: its step, and the identity of its check."""


def owners(causes: Sequence[Cause]) -> Mapping[Key, Owner]:
    """The cause of each finding. ``causes`` come from the document that is looked at."""
    return {
        key_of(each): Owner(number, cause, is_consequence)
        for number, cause in enumerate(causes, 1)
        for is_consequence, found in ((True, cause.consequences), (False, cause.failures))
        for each in found
    }


def key_of(finding: LocatedCheck) -> Key:
    return finding.place, id(finding.check)


def findings_of(document: Document, p: int, s: int) -> tuple[LocatedCheck, ...]:
    """The findings of a scenario, the worst first."""
    profile = document.profiles[p]
    scenario = profile.scenarios[s]
    found = (
        LocatedCheck((p, s, t), profile, scenario, check)
        for t, step in enumerate(scenario.steps)
        for check in step.failed_checks()
        if check.severity is not None
    )
    return tuple(sorted(found, key=lambda each: -each.check.severity.rank if each.check.severity else 0))
