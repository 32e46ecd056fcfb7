"""The first pass over a run's events: where each scenario's lines are, and all that decides the verdicts."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from scim_compat.results.document import INTEGRITY, Leftover
from scim_compat.results.document.members import Time
from scim_compat.results.document.records import CheckRecord, SubjectRecord
from scim_compat.results.document.target import CapabilityInfo
from scim_compat.results.events import (
    BystandersCompared,
    CapabilitiesRead,
    CleanedUp,
    NoteKind,
    RunEnded,
    RunNote,
    RunStarted,
    ScenarioEnded,
    ScenarioStarted,
)
from scim_compat.results.model import ScenarioResult
from scim_compat.results.sightings import SightingCounter
from scim_compat.results.stream import CheckLine, ExchangeLine, Line, read_header, read_lines
from scim_compat.values import Outcome, Severity, worst

Key = tuple[str, str]
"""Ids of a profile and of its scenario."""

_KILLED: Final = "the run ended without its last line: it was killed"
_NOTHING_SAID: Final = CapabilityInfo(provider_config=None, resource_types=None, schemas=None)


@dataclass(frozen=True, slots=True)
class Block:
    """One scenario's lines."""

    profile: str
    id: str
    start: int
    """Position of the first."""
    started: Time | None = None
    result: ScenarioResult | None = None
    failures: tuple[tuple[str, Severity], ...] = ()
    """Each check that failed, with its severity."""

    def end(self, *, interrupted: bool) -> ScenarioResult:
        """Return the scenario's own result. For one that a kill cut off, its checks give the severity."""
        return self.result or ScenarioResult(
            id=self.id,
            profile=self.profile,
            feature=INTEGRITY,
            title=self.id,
            evidence="documented",
            source="",
            outcome=Outcome.ERROR,
            severity=worst(severity for _, severity in self.failures),
            reason="interrupted" if interrupted else "ended without a result",
        )


@dataclass(slots=True)
class Index:
    """All that decides the verdicts. It grows while the events are read."""

    start: RunStarted
    blocks: dict[Key, Block] = field(default_factory=dict)
    capabilities: CapabilityInfo = _NOTHING_SAID
    notes: dict[str, None] = field(default_factory=dict)
    """In their order, each once."""
    has_internal_error: bool = False
    left: list[Leftover] = field(default_factory=list)
    deleted: int = 0
    bystanders: int = 0
    changed: list[str] = field(default_factory=list)
    accounts: dict[SubjectRecord, None] = field(default_factory=dict)
    """The crowd, each once."""
    end: RunEnded | None = None
    accepted: int = 0
    """Findings that the baseline accepts."""
    worst_open: Severity | None = None
    """The worst severity of the others."""
    sightings: SightingCounter = field(default_factory=SightingCounter)
    _open: Key | None = None
    """The scenario whose lines are being read."""

    @property
    def interrupted(self) -> str:
        """Why the run ended early; empty if it did not."""
        return self.end.interrupted if self.end else _KILLED

    def add(self, line: Line, position: int) -> None:
        match line:
            case ScenarioStarted(profile=profile, id=scenario, started=started):
                self.sightings.next_scenario()
                self._open = (profile, scenario)
                self.blocks[self._open] = Block(profile, scenario, position, started)
            case ScenarioEnded(result=result) if self._open is not None:
                self.blocks[self._open] = replace(self.blocks[self._open], result=result)
                self._open = None
            case ExchangeLine():
                self.sightings.exchange(line.step.action, line.exchange)
            case CheckLine() if self._open is not None:
                self.sightings.check(line.check, line.topic)
                self._count(line.check, self._open)
            case CapabilitiesRead():
                self.capabilities = line.capabilities
            case RunNote(text=text, kind=kind):
                self.notes.setdefault(text)
                self.has_internal_error |= kind is NoteKind.INTERNAL
            case CleanedUp():
                self.deleted += line.deleted
                self.left += line.left
            case BystandersCompared():
                self.bystanders += line.checked
                self.changed += line.changed
                self.accounts |= dict.fromkeys(line.accounts)
            case RunEnded():
                self.end = line

    def _count(self, check: CheckRecord, scenario: Key) -> None:
        if check.severity is None:
            return
        block = self.blocks[scenario]
        self.blocks[scenario] = replace(block, failures=(*block.failures, (check.id, check.severity)))
        if check.accepted:
            self.accepted += 1
        else:
            self.worst_open = worst(each for each in (self.worst_open, check.severity) if each)


def index_events(events: Path, name: str) -> Index:
    """Read an event stream once. Raise RecordFileError, whose message begins with ``name``."""
    with events.open("rb") as source:
        index = Index(read_header(source, name))
        for position, line in read_lines(source, name):
            index.add(line, position)
    return index
