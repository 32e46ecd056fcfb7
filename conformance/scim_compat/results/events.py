"""The events of a run, as they happen: one frozen type for each kind.

A run reports to observers. The writer of ``events.jsonl`` is one (``results/stream.py``), the terminal another.
The order is::

    RunStarted  CapabilitiesRead  ( ScenarioStarted  StepPlayed …  ScenarioEnded ) …  BystandersCompared …
    CleanedUp …  RunEnded

``RunNote`` may come at any time. Processes that play scenarios side by side report all but the first and the last.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from scim_compat.results.document import Leftover, Tool
from scim_compat.results.document.baseline import Baseline
from scim_compat.results.document.header import ProfileHead, RunHead, TargetHead
from scim_compat.results.document.members import Time
from scim_compat.results.document.records import StepRecord, SubjectRecord
from scim_compat.results.document.target import CapabilityInfo
from scim_compat.results.model import ScenarioResult


@dataclass(frozen=True, slots=True)
class RunStarted:
    """The run, the target, and every scenario that there could be."""

    tool: Tool
    run: RunHead
    target: TargetHead
    profiles: tuple[ProfileHead, ...]
    baseline: Baseline | None = None


@dataclass(frozen=True, slots=True)
class CapabilitiesRead:
    """The discovery documents of the endpoint, in the short form that the results keep."""

    capabilities: CapabilityInfo


@dataclass(frozen=True, slots=True)
class ScenarioStarted:
    profile: str
    id: str
    started: Time | None = None


@dataclass(frozen=True, slots=True)
class StepPlayed:
    """One exchange, recorded and judged."""

    step: StepRecord


@dataclass(frozen=True, slots=True)
class ScenarioEnded:
    result: ScenarioResult


class NoteKind(enum.StrEnum):
    """The part of the program that a note concerns."""

    RUN = "run"
    """The run could not do a part of its work; the note says why."""
    INTERNAL = "internal"
    """An internal error of scim-compat: the exit status is 4."""


@dataclass(frozen=True, slots=True)
class RunNote:
    """One sentence about the run as a whole."""

    text: str
    kind: NoteKind = NoteKind.RUN


@dataclass(frozen=True, slots=True)
class BystandersCompared:
    checked: int
    changed: tuple[str, ...]
    """One line for each thing that changed."""
    accounts: tuple[SubjectRecord, ...] = ()
    """The crowd; it may be reported more than once."""


@dataclass(frozen=True, slots=True)
class CleanedUp:
    deleted: int
    left: tuple[Leftover, ...]
    """Resources that could not be deleted."""


@dataclass(frozen=True, slots=True)
class RunEnded:
    ended: str
    """UTC, ISO 8601."""
    interrupted: str = ""
    """Why the run ended early; empty if it did not."""


Event = (
    RunStarted
    | CapabilitiesRead
    | ScenarioStarted
    | StepPlayed
    | ScenarioEnded
    | RunNote
    | BystandersCompared
    | CleanedUp
    | RunEnded
)
Observer = Callable[[Event], Any]
