"""events.jsonl: the run as it happens, one JSON object a line.

``run`` (header) · ``scenario`` · ``exchange`` · ``check`` · ``scenario-end`` · … · ``end`` (footer).
Every line is flushed, so memory stays flat and a killed run can still be reported: its footer is missing.
Processes that run scenarios side by side write shards without header and footer; ``append`` makes one file.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from scim_compat.errors import RecordFileError
from scim_compat.results.document.parsing import read
from scim_compat.results.document.records import CheckRecord, ExchangeRecord, StepRecord, SubjectRecord
from scim_compat.results.document.writing import as_json
from scim_compat.results.events import (
    BystandersCompared,
    CapabilitiesRead,
    CleanedUp,
    Event,
    RunEnded,
    RunNote,
    RunStarted,
    ScenarioEnded,
    ScenarioStarted,
    StepPlayed,
)
from scim_compat.results.model import CheckResult, ClaimTopic
from scim_compat.values import Json, Party

FORMAT: Final = "scim-compat/events/1"


@dataclass(frozen=True, slots=True)
class StepHead:
    """A step without its exchange and its checks."""

    id: str
    kind: Party
    action: str
    title: str
    line: int | None
    subject: SubjectRecord | None = None


@dataclass(frozen=True, slots=True)
class ExchangeLine:
    step: StepHead
    exchange: ExchangeRecord | None

    def record(self, checks: Sequence[CheckRecord]) -> StepRecord:
        head = self.step
        return StepRecord(
            id=head.id,
            kind=head.kind,
            action=head.action,
            title=head.title,
            line=head.line,
            exchange=self.exchange,
            checks=tuple(checks),
            subject=head.subject,
        )


@dataclass(frozen=True, slots=True)
class CheckLine:
    step: str
    check: CheckRecord
    topic: ClaimTopic | None = None


Line = (
    RunStarted
    | CapabilitiesRead
    | ScenarioStarted
    | ExchangeLine
    | CheckLine
    | ScenarioEnded
    | RunNote
    | BystandersCompared
    | CleanedUp
    | RunEnded
)
_KINDS: Final[Mapping[str, type[Line]]] = {
    "run": RunStarted,
    "capabilities": CapabilitiesRead,
    "scenario": ScenarioStarted,
    "exchange": ExchangeLine,
    "check": CheckLine,
    "scenario-end": ScenarioEnded,
    "note": RunNote,
    "bystanders": BystandersCompared,
    "clean-up": CleanedUp,
    "end": RunEnded,
}
_NAMES: Final = {kind: name for name, kind in _KINDS.items()}


class EventWriter:
    """Appends events to a file. Called with an event, it writes its lines and makes sure that they left the process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("w", encoding="utf-8", errors="replace")

    def __call__(self, event: Event) -> None:
        # An exchange and its twenty checks go out together: one is of no use without the other.
        for line in _lines(event):
            text = json.dumps(_content(line), ensure_ascii=False, separators=(",", ":"), default=str)
            self._file.write(text + "\n")
        self._file.flush()

    def append(self, shards: Iterable[Path]) -> None:
        """Adds the lines of the shards and removes them. A half line at a shard's end is dropped by who reads it."""
        self._file.close()
        with self.path.open("ab") as whole:
            for shard in shards:
                with shard.open("rb") as part:
                    shutil.copyfileobj(part, whole)
                if not _ends_cleanly(shard):
                    whole.write(b"\n")
                shard.unlink()
        self._file = self.path.open("a", encoding="utf-8", errors="replace")

    def close(self) -> None:
        self._file.close()


def read_header(source: IO[bytes], name: str) -> RunStarted:
    """Read the first line of an event stream. Raise RecordFileError, whose message begins with ``name``."""
    content = _parsed(source.readline())
    if content.pop("event", "") != _NAMES[RunStarted] or content.pop("format", "") != FORMAT:
        raise RecordFileError(
            f"{name}: not the events of a scim-compat run", hint="events.jsonl in a run's output folder is meant"
        )
    return read(RunStarted, content, name=f"{name}:1")


def read_lines(source: IO[bytes], name: str) -> Iterator[tuple[int, Line]]:
    """Yield the lines behind the header, or from the file's position on, each with its own position.

    A line that a kill cut off is skipped, and so is one of an unknown kind. Raise RecordFileError, whose message
    begins with ``name`` and the number of the line, for one that is damaged.
    """
    position = source.tell()
    for number, line in enumerate(source, 2):
        content = _parsed(line)
        kind = _KINDS.get(str(content.pop("event", "")))
        if kind is not None:
            yield position, read(kind, content, name=f"{name}:{number}")
        position += len(line)


def _parsed(line: bytes) -> dict[str, Json]:
    try:
        content = json.loads(line)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _lines(event: Event) -> Iterator[Line]:
    if not isinstance(event, StepPlayed):
        yield event
        return
    step = event.step
    head = StepHead(
        id=step.id, kind=step.kind, action=step.action, title=step.title, line=step.line, subject=step.subject
    )
    yield ExchangeLine(head, step.exchange)
    for check in step.checks:
        yield CheckLine(step.id, check, check.topic if isinstance(check, CheckResult) else None)


def _content(line: Line) -> dict[str, Json]:
    content: dict[str, Json] = {"event": _NAMES[type(line)]}
    if isinstance(line, RunStarted):
        content["format"] = FORMAT
    content |= as_json(line)
    if isinstance(line, CheckLine) and line.topic is None:
        del content["topic"]
    if isinstance(line, ScenarioEnded):
        del content["result"]["failures"]  # they stand beside the exchanges already
    return content


def _ends_cleanly(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(0, 2)
        if file.tell() == 0:
            return True
        file.seek(-1, 2)
        return file.read(1) == b"\n"
