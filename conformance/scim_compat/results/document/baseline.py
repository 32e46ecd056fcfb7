"""Findings that are known and accepted, each with its reason, and what a run showed of them."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from typing import Annotated, Final

from scim_compat.results.document.members import Count, Id, Line, Name, Rule
from scim_compat.values import Severity

_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
Day = Annotated[str, Rule(_DAY.fullmatch, "is no day (2026-11-30)")]
"""Days compare as texts."""


@dataclass(frozen=True, slots=True)
class PlacedName:
    """A feature, or a pattern of scenarios, and its line in the file."""

    name: Name
    line: Line


@dataclass(frozen=True, slots=True)
class Acceptance:
    """An entry: a check that may fail in these scenarios."""

    check: Id
    profile: Name
    """An id or a glob."""
    scenarios: tuple[PlacedName, ...]
    """Each an area, an id or a glob, as for ``--only``."""
    reason: Name
    ticket: Name
    line: Line
    until: Day | None = None
    """The last day."""
    severity: Severity | None = None
    """The worst that is accepted; None: any but a breach."""
    accept_breach: bool = False


@dataclass(frozen=True, slots=True)
class TestedFeatures:
    """The features of a profile that were tested when the file was written."""

    __test__ = False
    profile: Name
    features: tuple[PlacedName, ...]


@dataclass(frozen=True, slots=True)
class Baseline:
    """The file, read."""

    file: Name
    """As the call names it."""
    day: Day
    """The day of the run, which ``until`` is compared with."""
    entries: tuple[Acceptance, ...]
    features: tuple[TestedFeatures, ...]


class Departure(enum.StrEnum):
    """A way in which the run is not as the baseline says."""

    STALE = "stale"
    """An entry no longer happens."""
    EXPIRED = "expired"
    """Its last day is over, and it still happens."""
    WORSE = "worse"
    """It happens with a severity that is not accepted."""
    LOST_FEATURE = "lost-feature"
    """A feature that was tested is not applicable now."""


@dataclass(frozen=True, slots=True)
class DepartureRecord:
    kind: Departure
    line: Line
    text: str
    """A sentence without the file and the line."""


@dataclass(frozen=True, slots=True)
class BaselineInfo:
    """What a run showed of its baseline. Verdicts do not depend on it; the gate alone does."""

    file: Name
    accepted: Count
    """Findings that are accepted."""
    entries: tuple[Acceptance, ...]
    departures: tuple[DepartureRecord, ...]
