"""The results of a run, as values. Their written form is ``results.schema.json``."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any, Literal

from scim_compat.values import MISSING, Level, Outcome, Party, Severity


class ClaimTopic(enum.StrEnum):
    """A part of the claims table that counts what some checks come to, beside the exchanges themselves."""

    FILTER = "filter"
    """The answer to a filter held the right resources."""
    SORT = "sort"
    """The answer came in the order asked for."""
    CHANGE = "change"
    """An accepted change was there when it was read back."""
    DUPLICATE = "duplicate"
    """A second create for the same resource was answered as it must be."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check on one exchange. Everything past ``topic`` is filled for failures only."""

    id: str
    outcome: Outcome
    level: Level
    topic: ClaimTopic | None = None
    """Travels beside the check in the event stream; results.json has no use for it."""
    severity: Severity | None = None
    title: str = ""
    cites: tuple[str, ...] = ()
    where: str = ""
    expected: Any = MISSING
    actual: Any = MISSING
    """MISSING where the check has nothing to show; left out of the files then."""
    message: str = ""
    consequence: str = ""
    fix: str = ""
    source: str = ""
    """The profile's source key for severity and consequence."""
    reason: str = ""
    """For skip and error: why."""


@dataclass(frozen=True, slots=True)
class StepResult:
    """One exchange and its checks. ``exchange`` is its recorded, redacted form (see record.py)."""

    id: str
    kind: Party
    title: str
    action: str
    exchange: dict[str, Any] | None
    checks: tuple[CheckResult, ...] = ()
    line: int | None = None
    """Line of the profile the step stands on."""


@dataclass(frozen=True, slots=True)
class ScenarioResult:
    id: str
    profile: str
    feature: str
    title: str
    evidence: str
    source: str
    outcome: Outcome
    severity: Severity | None
    applicable: bool = True
    """False: the target does not claim the feature; that is not a pass."""
    reason: str = ""
    """Why it was skipped, is not applicable, or ended in an error."""
    unseen: Literal[Outcome.SKIP, Outcome.ERROR] | None = None
    """Of one that failed: what it would have been without its findings, because a part of it was not seen."""
    requests: int = 0
    ms: float = 0.0
    findings: int = 0
    failures: tuple[CheckResult, ...] = ()
    """The checks that failed, for those who report the scenario at once. Not written with it."""
