"""What happens in a run, as it happens: one frozen type for each kind of event.

A run reports to observers. The writer of ``events.jsonl`` is one (``results/stream.py``), the terminal another.
The order is::

    RunStarted  CapabilitiesRead  ( ScenarioStarted  StepPlayed …  ScenarioEnded ) …  BystandersCompared …
    CleanedUp …  RunEnded

``RunNote`` may come at any time. Processes that play scenarios side by side report all but the first and the last.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from scim_compat.results.model import ScenarioResult, StepResult
from scim_compat.values import Json


@dataclass(frozen=True, slots=True)
class RunStarted:
    """The run, the target, and every scenario that there could be (``run/header.py`` says what stands in each)."""

    tool: Mapping[str, Json]
    run: Mapping[str, Json]
    target: Mapping[str, Json]
    profiles: tuple[Mapping[str, Json], ...]


@dataclass(frozen=True, slots=True)
class CapabilitiesRead:
    """The discovery documents of the endpoint, in the short form that the results keep."""

    capabilities: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class ScenarioStarted:
    profile: str
    id: str


@dataclass(frozen=True, slots=True)
class StepPlayed:
    """One exchange, recorded and judged."""

    step: StepResult


@dataclass(frozen=True, slots=True)
class ScenarioEnded:
    result: ScenarioResult


class NoteKind(enum.StrEnum):
    """Who has to do with a note."""

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


@dataclass(frozen=True, slots=True)
class CleanedUp:
    deleted: int
    left: tuple[Mapping[str, Json], ...]
    """Resources that could not be deleted: type, id, name, why."""


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
