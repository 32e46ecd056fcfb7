"""events.jsonl: the run as it happens, one JSON object a line.

``run`` (header) · ``scenario`` · ``exchange`` · ``check`` · ``scenario-end`` · … · ``end`` (footer).
Every line is flushed, so memory stays flat and a killed run can still be reported: its footer is missing.
Processes that run scenarios side by side write shards without header and footer; ``join`` makes one file.
"""

from __future__ import annotations

import functools
import json
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

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
from scim_compat.results.model import CheckResult, StepResult
from scim_compat.values import MISSING

FORMAT: Final = "scim-compat/events/1"
_PASS: Final = ("id", "outcome", "level")
_OPEN: Final = ("id", "outcome", "level", "reason")


class EventWriter:
    """Appends events to a file. Called with an event, it writes its lines and makes sure that they left the process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("w", encoding="utf-8", errors="replace")

    def __call__(self, event: Event) -> None:
        # An exchange and its twenty checks go out together: one is of no use without the other.
        for kind, content in _lines(event):
            text = json.dumps({"event": kind, **content}, ensure_ascii=False, separators=(",", ":"), default=str)
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


Line = tuple[str, Mapping[str, Any]]


@functools.singledispatch
def _lines(event: Event) -> Iterable[Line]:
    raise TypeError(f"no written form for {type(event).__name__}")


@_lines.register
def _(event: RunStarted) -> Iterable[Line]:
    yield (
        "run",
        {"format": FORMAT, "tool": event.tool, "run": event.run, "target": event.target, "profiles": event.profiles},
    )


@_lines.register
def _(event: CapabilitiesRead) -> Iterable[Line]:
    yield "capabilities", {"capabilities": event.capabilities}


@_lines.register
def _(event: ScenarioStarted) -> Iterable[Line]:
    yield "scenario", {"profile": event.profile, "id": event.id}


@_lines.register
def _(event: StepPlayed) -> Iterable[Line]:
    step = event.step
    yield "exchange", {"step": step_dict(step), "exchange": step.exchange}
    for result in step.checks:
        topic = {"topic": result.topic} if result.topic else {}
        yield "check", {"step": step.id, **topic, "check": check_dict(result)}


@_lines.register
def _(event: ScenarioEnded) -> Iterable[Line]:
    content = asdict(event.result)
    del content["failures"]  # they stand beside the exchanges already
    yield "scenario-end", {"result": content}


@_lines.register
def _(event: RunNote) -> Iterable[Line]:
    yield "note", {"text": event.text, "kind": event.kind}


@_lines.register
def _(event: BystandersCompared) -> Iterable[Line]:
    yield "bystanders", {"checked": event.checked, "changed": event.changed}


@_lines.register
def _(event: CleanedUp) -> Iterable[Line]:
    yield "clean-up", {"deleted": event.deleted, "left": event.left}


@_lines.register
def _(event: RunEnded) -> Iterable[Line]:
    yield "end", {"ended": event.ended, "interrupted": event.interrupted}


def step_dict(step: StepResult) -> dict[str, Any]:
    """A step as it is written, without its exchange and its checks."""
    return {"id": step.id, "kind": step.kind, "action": step.action, "title": step.title, "line": step.line}


def check_dict(result: CheckResult) -> dict[str, Any]:
    """A check as it is written: three fields for a pass."""
    # Nearly all checks pass. asdict copies deeply, and took a tenth of a run.
    if result.outcome == "pass":
        return {k: getattr(result, k) for k in _PASS}
    if result.outcome in {"skip", "error"}:
        return {k: getattr(result, k) for k in _OPEN}
    whole = asdict(result)
    del whole["reason"], whole["topic"]
    return {k: v for k, v in whole.items() if v is not MISSING}


def _ends_cleanly(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(0, 2)
        if file.tell() == 0:
            return True
        file.seek(-1, 2)
        return file.read(1) == b"\n"
