"""The results of a check and of a scenario while a run is on. ``results.document`` holds them for good."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Literal

from scim_compat.results.document.records import CheckRecord
from scim_compat.values import Evidence, Outcome, Severity


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
class CheckResult(CheckRecord):
    """A check as the judge gives it."""

    topic: ClaimTopic | None = None
    """Travels beside the check in the event stream; results.json has no use for it."""


class Obstacle(enum.StrEnum):
    """Why a scenario does not apply."""

    VERSION = "version"
    """The endpoint does not speak the client's version of SCIM."""
    TARGET = "target"
    """The target does not offer what the scenario is about, by its vendor's claims or by its own discovery."""
    RUN = "run"
    """A setting of the run leaves it out."""


@dataclass(frozen=True, slots=True)
class ScenarioResult:
    id: str
    profile: str
    feature: str
    title: str
    evidence: Evidence
    source: str
    outcome: Outcome
    severity: Severity | None
    applicable: bool = True
    """False: there is an obstacle; that is not a pass."""
    reason: str = ""
    """Why it was skipped, is not applicable, or ended in an error."""
    unseen: Literal[Outcome.SKIP, Outcome.ERROR] | None = None
    """For a failed scenario of which a part was not seen: its outcome without its findings."""
    requests: int = 0
    ms: float = 0.0
    findings: int = 0
    failures: tuple[CheckResult, ...] = ()
    """The checks that failed, for those who report the scenario at once. Not written with it."""
    obstacle: Obstacle | None = None
    """Set where it is not applicable."""
