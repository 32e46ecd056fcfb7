"""events.jsonl: the run as it happens, one JSON object a line.

``run`` (header) · ``scenario`` · ``exchange`` · ``check`` · ``scenario-end`` · … · ``end`` (footer).
Every line is flushed, so memory stays flat and a killed run can still be reported: its footer is missing.
Processes that run scenarios side by side write shards without header and footer; ``join`` makes one file.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from scim_compat.results.model import CheckResult, ScenarioResult, StepResult
from scim_compat.values import MISSING

FORMAT: Final = "scim-compat/events/1"
_PASS = ("id", "outcome", "level")
_OPEN = ("id", "outcome", "level", "reason")


class EventWriter:
    """Appends events to a file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("w", encoding="utf-8", errors="replace")

    def write(self, event: str, content: Mapping[str, Any]) -> None:
        """Writes one line, and makes sure that it is out of this process."""
        self._line(event, content)
        self._file.flush()

    def _line(self, event: str, content: Mapping[str, Any]) -> None:
        text = json.dumps({"event": event, **content}, ensure_ascii=False, separators=(",", ":"), default=str)
        self._file.write(text + "\n")

    def header(self, content: Mapping[str, Any]) -> None:
        self.write("run", {"format": FORMAT, **content})

    def begin(self, profile: str, scenario: str) -> None:
        self.write("scenario", {"profile": profile, "id": scenario})

    def step(self, step: StepResult) -> None:
        described = {
            "id": step.id,
            "kind": step.kind,
            "action": step.action,
            "title": step.title,
            "line": step.line,
        }
        # An exchange and its twenty checks go out together: they are of no use apart.
        self._line("exchange", {"step": described, "exchange": step.exchange})
        for result in step.checks:
            topic = {"topic": result.topic} if result.topic else {}
            self._line("check", {"step": step.id, **topic, "check": check_dict(result)})
        self._file.flush()

    def finish(self, result: ScenarioResult) -> None:
        content = asdict(result)
        content.pop("steps")
        self.write("scenario-end", {"result": content})

    def footer(self, content: Mapping[str, Any]) -> None:
        self.write("end", content)

    def close(self) -> None:
        self._file.close()


def check_dict(result: CheckResult) -> dict[str, Any]:
    """A check as it is written: three fields for a pass."""
    # Passes are nearly all there is; asdict copies deeply, and took a tenth of a run.
    if result.outcome == "pass":
        return {k: getattr(result, k) for k in _PASS}
    if result.outcome in {"skip", "error"}:
        return {k: getattr(result, k) for k in _OPEN}
    whole = asdict(result)
    del whole["reason"], whole["topic"]
    return {k: v for k, v in whole.items() if v is not MISSING}


def join(shards: Iterable[Path], into: EventWriter) -> None:
    """Appends the shards' lines to ``into`` and removes them. A half line at a shard's end is dropped."""
    into._file.flush()  # noqa: SLF001 - the two are one module's business
    with into.path.open("ab") as whole:
        for shard in shards:
            with shard.open("rb") as part:
                shutil.copyfileobj(part, whole)
            if not _ends_cleanly(shard):
                whole.write(b"\n")
            shard.unlink()
    into._file.close()  # noqa: SLF001
    into._file = into.path.open("a", encoding="utf-8", errors="replace")  # noqa: SLF001


def _ends_cleanly(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(0, 2)
        if file.tell() == 0:
            return True
        file.seek(-1, 2)
        return file.read(1) == b"\n"
