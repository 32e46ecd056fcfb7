"""The ledger: what the run creates, on disk before it is created, so that nothing is left behind.

A JSON-lines file. First line: the endpoint. Then for each resource ``intend`` (before the request),
``created`` (with the id), ``dropped`` (the server refused it) and ``deleted``. It holds no secret and
nothing of anyone else's: an id that a server made out of the credential is left out. After a kill, ``cleanup`` reads it
and finishes the job, by name where there is no id.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from scim_compat.values import Json


class LedgerError(ValueError):
    """The file is not a ledger."""


@dataclass(frozen=True, slots=True)
class Entry:
    number: int
    kind: str
    attribute: str
    """The attribute it is recognised by, which carries the run's tag."""
    name: str
    id: str | None = None
    confirmed: bool = False
    """The creation's answer repeated the name, so the id is surely of this resource."""
    state: str = "intended"
    """intended | created | dropped | deleted"""


class Ledger:
    """Appends to the file as the run goes; keeps the same in memory."""

    def __init__(
        self, path: Path | None, *, base_url: str = "", tag: str = "", clean: Callable[[str], str] = str
    ) -> None:
        self._file = path.open("a", encoding="utf-8") if path else None
        self.entries: dict[int, Entry] = {}
        self._clean = clean
        self._living: dict[str, str] | None = None
        self._ever: dict[str, str] = {}
        if self._file and self._file.tell() == 0:
            self._write({"ledger": "scim-compat/1", "base_url": base_url, "tag": tag})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        if self._file:
            self._file.close()
            self._file = None

    def intend(self, kind: str, attribute: str, name: str) -> int:
        """Announces a creation; returns the entry's number."""
        number = len(self.entries) + 1
        self._put(
            Entry(number, kind, attribute, name),
            {"intend": number, "kind": kind, "by": attribute, "name": name},
        )
        return number

    def created(self, number: int, identifier: str, *, confirmed: bool) -> None:
        self._ever[identifier] = self.entries[number].name
        self._put(
            replace(self.entries[number], id=identifier, confirmed=confirmed, state="created"),
            {"created": number, "id": identifier if self._clean(identifier) == identifier else None,
             "confirmed": confirmed},
        )  # fmt: skip

    def dropped(self, number: int) -> None:
        self._put(replace(self.entries[number], state="dropped"), {"dropped": number})

    def deleted(self, number: int) -> None:
        self._put(replace(self.entries[number], state="deleted"), {"deleted": number})

    def living(self) -> Mapping[str, str]:
        """id → name of what was created and not yet deleted."""
        if self._living is None:
            self._living = {e.id: e.name for e in self.entries.values() if e.id and e.state == "created"}
        return self._living

    def ever(self) -> Mapping[str, str]:
        """id → name of all that was created, deleted or not."""
        return self._ever

    def open_entries(self) -> list[Entry]:
        """What may still be on the server, the last created first."""
        return [e for e in reversed(self.entries.values()) if e.state in {"intended", "created"}]

    def _put(self, entry: Entry, line: dict[str, Json]) -> None:
        self._write(line)
        self.entries[entry.number] = entry
        self._living = None

    def _write(self, line: dict[str, Json]) -> None:
        if self._file:
            # Flushed before the request leaves: a killed process loses nothing the system has taken.
            self._file.write(json.dumps(line, ensure_ascii=False) + "\n")
            self._file.flush()


@dataclass(frozen=True, slots=True)
class LedgerFile:
    base_url: str
    tag: str
    entries: tuple[Entry, ...]


def read(path: Path) -> LedgerFile:
    """Reads a ledger back. A last line cut off by a kill is ignored. Raises LedgerError otherwise."""
    try:
        # Not splitlines: an id may hold U+2028 or U+0085, which end a line to Python and not to JSON lines.
        lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError as error:
        raise LedgerError(f"{path}: cannot be read: {error.strerror}") from None
    parsed: list[dict[str, Any]] = []
    for number, line in enumerate(lines, 1):
        try:
            parsed.append(json.loads(line))
        except ValueError:
            if number == len(lines):
                break
            raise LedgerError(f"{path}:{number}: not a ledger line; is this the ledger of a run?") from None
    if not parsed or not isinstance(parsed[0], dict) or parsed[0].get("ledger") != "scim-compat/1":
        raise LedgerError(f"{path}: not a scim-compat ledger (ledger.jsonl in a run's output folder is one)")
    entries: dict[int, Entry] = {}
    for event in parsed[1:]:
        if "intend" in event:
            entries[event["intend"]] = Entry(event["intend"], event["kind"], event["by"], event["name"])
        for state in ("created", "dropped", "deleted"):
            known = entries.get(event.get(state, 0))
            if known is not None:
                if state == "created":
                    known = replace(known, id=event["id"], confirmed=event["confirmed"])
                entries[known.number] = replace(known, state=state)
    return LedgerFile(base_url=parsed[0]["base_url"], tag=parsed[0]["tag"], entries=tuple(entries.values()))
