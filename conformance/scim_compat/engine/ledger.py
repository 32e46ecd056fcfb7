"""The ledger: a record on disk of everything the run creates, so that nothing is left behind.

The file holds JSON lines. The first names the endpoint. Each resource then has a line ``intend`` before its request
leaves, ``created`` with the id, ``dropped`` if the server refused it, ``deleted``, and ``left`` if it was seen
after its deletion. After a kill, ``cleanup``
reads the file and finishes the job, by name where no id is known. The file holds no secret and nothing of anyone
else's: an id that a server made out of the credential is left out.
"""

from __future__ import annotations

import enum
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from scim_compat.errors import RecordFileError
from scim_compat.profile.model import ResourceKind
from scim_compat.scim.names import ENDPOINTS
from scim_compat.values import Json

_FORMAT: Final = "scim-compat/1"


class EntryState(enum.StrEnum):
    """How far the life of a resource has come. The values are the words of the file."""

    INTENDED = "intended"
    CREATED = "created"
    DROPPED = "dropped"
    """The server refused the creation, or a search showed that nothing was created."""
    DELETED = "deleted"
    LEFT = "left"
    """Its deletion was answered as done, and it is still there."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One resource of the run."""

    number: int
    kind: ResourceKind
    attribute: str
    """The attribute that holds ``name``."""
    name: str
    """The name that the resource is recognised by. It carries the run's tag."""
    id: str | None = None
    confirmed: bool = False
    """The creation's answer repeated the name, so the id certainly belongs to this resource."""
    state: EntryState = EntryState.INTENDED
    date: str = ""
    """The server's time when it answered the creation, where only its age can show whose the resource is."""
    reason: str = ""
    """For one that is left: why."""

    @property
    def is_open(self) -> bool:
        """True while the resource may still be on the server."""
        return self.state in {EntryState.INTENDED, EntryState.CREATED, EntryState.LEFT}


@dataclass(frozen=True, slots=True)
class LedgerFile:
    """A ledger read back from disk."""

    base_url: str
    tag: str
    entries: tuple[Entry, ...]

    def open_entries(self) -> list[Entry]:
        """The resources that may still be on the server, the last created first."""
        return [entry for entry in reversed(self.entries) if entry.is_open]


def read(path: Path) -> LedgerFile:
    """Reads a ledger back. A last line that a kill cut off is ignored. Raises ``RecordFileError``."""
    head, *events = _lines(path)
    try:
        file = LedgerFile(base_url=head["base_url"], tag=head["tag"], entries=_replayed(events))
    except (KeyError, TypeError, AttributeError):
        raise RecordFileError(f"{path}: one of its lines is not as a run writes it") from None
    if any(entry.kind not in ENDPOINTS for entry in file.entries):
        raise RecordFileError(f"{path}: it names a kind of resource that no run creates")
    return file


def _lines(path: Path) -> list[dict[str, Any]]:
    """The parsed lines, the head first."""
    try:
        # Not splitlines: an id may hold U+2028 or U+0085, which end a line to Python and not to JSON lines.
        lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError as error:
        raise RecordFileError(f"{path}: cannot be read: {error.strerror}") from None
    parsed: list[dict[str, Any]] = []
    for number, line in enumerate(lines, 1):
        try:
            parsed.append(json.loads(line))
        except ValueError:
            if number == len(lines):
                break
            raise RecordFileError(f"{path}:{number}: not a ledger line; is this the ledger of a run?") from None
    if not parsed or not isinstance(parsed[0], dict) or parsed[0].get("ledger") != _FORMAT:
        raise RecordFileError(f"{path}: not a scim-compat ledger (ledger.jsonl in a run's output folder is one)")
    return parsed


def _replayed(events: list[dict[str, Any]]) -> tuple[Entry, ...]:
    entries: dict[int, Entry] = {}
    for event in events:
        if "intend" in event:
            entries[event["intend"]] = Entry(event["intend"], event["kind"], event["by"], event["name"])
        for state in (EntryState.CREATED, EntryState.DROPPED, EntryState.DELETED, EntryState.LEFT):
            entry = entries.get(event.get(state, 0))
            if entry is None:
                continue
            if state is EntryState.CREATED:
                date = event.get("date", "")
                entry = replace(entry, id=event["id"], confirmed=event["confirmed"], date=date)
            entries[entry.number] = replace(entry, state=state)
    return tuple(entries.values())


class Ledger:
    """Appends to the file as the run goes, and holds the same entries in memory. It changes with every creation."""

    def __init__(
        self, path: Path | None, *, base_url: str = "", tag: str = "", clean: Callable[[str], str] = str
    ) -> None:
        """``clean`` removes secrets from a text; without ``path`` nothing is written."""
        self._file = path.open("a", encoding="utf-8") if path else None
        self.entries: dict[int, Entry] = {}
        self.tag = tag
        self.unanswered: set[int] = set()
        """Numbers of the creations that no answer came to: such a request may still arrive."""
        self._clean = clean
        self._living: dict[str, str] | None = None
        self._ever: dict[str, str] = {}
        if self._file and self._file.tell() == 0:
            self._write({"ledger": _FORMAT, "base_url": base_url, "tag": tag})

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

    def intend(self, kind: ResourceKind, attribute: str, name: str) -> int:
        """Announces a creation; returns the entry's number."""
        number = len(self.entries) + 1
        self.unanswered.add(number)
        self._put(
            Entry(number, kind, attribute, name),
            {"intend": number, "kind": kind, "by": attribute, "name": name},
        )
        return number

    def record_answer(self, number: int) -> None:
        """Notes that the creation was answered, whatever the answer was."""
        self.unanswered.discard(number)

    def record_created(self, number: int, identifier: str, *, confirmed: bool, date: str = "") -> None:
        self._ever[identifier] = self.entries[number].name
        entry = replace(self.entries[number], id=identifier, confirmed=confirmed, state=EntryState.CREATED, date=date)
        is_clean = self._clean(identifier) == identifier
        line = {"created": number, "id": identifier if is_clean else None, "confirmed": confirmed}
        self._put(entry, line | ({"date": date} if date else {}))

    def record_dropped(self, number: int) -> None:
        self._put(replace(self.entries[number], state=EntryState.DROPPED), {"dropped": number})

    def record_deleted(self, number: int) -> None:
        self._put(replace(self.entries[number], state=EntryState.DELETED), {"deleted": number})

    def record_left(self, number: int, reason: str) -> None:
        """Its deletion was answered as done, and it was seen afterwards."""
        self._put(replace(self.entries[number], state=EntryState.LEFT, reason=reason), {"left": number})

    def living(self) -> Mapping[str, str]:
        """id → name of each resource that was created and not yet deleted."""
        if self._living is None:
            self._living = {e.id: e.name for e in self.entries.values() if e.id and e.state is EntryState.CREATED}
        return self._living

    def ever(self) -> Mapping[str, str]:
        """id → name of each resource that was created, deleted or not."""
        return self._ever

    def open_entries(self) -> list[Entry]:
        """The resources that may still be on the server, the last created first."""
        return [entry for entry in reversed(self.entries.values()) if entry.is_open]

    def _put(self, entry: Entry, line: dict[str, Json]) -> None:
        self._write(line)
        self.entries[entry.number] = entry
        self._living = None

    def _write(self, line: dict[str, Json]) -> None:
        if self._file:
            # Flushed before the request leaves: a killed process loses nothing that the system has taken.
            self._file.write(json.dumps(line, ensure_ascii=False) + "\n")
            self._file.flush()


def reopen(path: Path, file: LedgerFile, *, clean: Callable[[str], str] = str) -> Ledger:
    """The ledger of a killed run, open to be continued. Raises ``RecordFileError`` if it cannot be written."""
    try:
        content = path.read_bytes()
        whole, newline, tail = content.rpartition(b"\n")
        if tail:
            # An `intend` is on disk before its request leaves, so a half one stands for nothing; and without
            # its `created` an entry is looked up by name.
            path.write_bytes(content + b"\n" if _is_json(tail) else whole + newline)
        ledger = Ledger(path, tag=file.tag, clean=clean)
    except OSError as error:
        raise RecordFileError(f"{path}: cannot be written, so nothing was deleted: {error.strerror}") from None
    ledger.entries.update({entry.number: entry for entry in file.entries})
    return ledger


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True
