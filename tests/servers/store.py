"""Where the resources are: in memory, with the two indexes that keep large runs fast."""

from __future__ import annotations

import unicodedata
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from .protocol import Data
from .schema import GROUP, KINDS, USER, Kind

_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Record:
    """One resource as it is stored: without id, meta, groups and anything else that is derived."""

    kind: Kind
    id: str
    data: Data
    created: datetime
    modified: datetime

    @property
    def version(self) -> str:
        """A weak ETag that changes with every change (RFC 7644 §3.14)."""
        return f'W/"{int(self.modified.timestamp() * 1_000_000):x}"'


@dataclass(slots=True)
class Store:
    """Not thread-safe by itself: the server holds one lock around each request."""

    records: dict[str, dict[str, Record]] = field(default_factory=lambda: {kind.name: {} for kind in KINDS})
    names: dict[tuple[str, str], dict[str, Record]] = field(default_factory=dict)
    """(kind, unique attribute in folded case) → id → resource. One, unless a defect lets in a second."""
    memberships: dict[str, dict[str, Record]] = field(default_factory=dict)
    """Member id → group id → group."""
    new_id: Callable[[Kind], str] = field(default=lambda _: str(uuid.uuid4()))
    _last: datetime = _LONG_AGO

    def now(self) -> datetime:
        """The time, later than any time given before."""
        self._last = max(datetime.now(UTC), self._last + timedelta(microseconds=1))
        return self._last

    def all(self, kind: Kind) -> Iterator[Record]:
        """In the order of creation, so that pages do not overlap."""
        yield from self.records[kind.name].values()

    def get(self, kind: Kind, id_: str) -> Record | None:
        return self.records[kind.name].get(id_)

    def any(self, id_: str) -> Record | None:
        """The user or group of that id."""
        return self.get(USER, id_) or self.get(GROUP, id_)

    def named(self, kind: Kind, name: str) -> list[Record]:
        """The resources that have this userName or displayName, in any case."""
        return list(self.names.get((kind.name, prepared(name)), {}).values())

    def create(self, kind: Kind, data: Data) -> Record:
        now = self.now()
        record = Record(kind, self.new_id(kind), {}, now, now)
        self.records[kind.name][record.id] = record
        self._replace(record, data)
        return record

    def change(self, record: Record, data: Data) -> bool:
        """Store new attributes; False, and nothing touched, if they are the old ones."""
        if data == record.data:
            return False
        record.modified = self.now()
        self._replace(record, data)
        return True

    def delete(self, record: Record) -> None:
        """Remove a resource, and it from every group."""
        for group in list(self.memberships.get(record.id, {}).values()):
            left = [one for one in group.data["members"] if one["value"] != record.id]
            self.change(group, {**group.data, "members": left} if left else _without(group.data, "members"))
        self._unindex(record)
        del self.records[record.kind.name][record.id]

    def _replace(self, record: Record, data: Data) -> None:
        self._unindex(record)
        record.data = data
        self.names.setdefault(_key(record), {})[record.id] = record
        for member in data.get("members", ()):
            self.memberships.setdefault(member["value"], {})[record.id] = record

    def _unindex(self, record: Record) -> None:
        namesakes = self.names.get(_key(record), {})
        namesakes.pop(record.id, None)
        if not namesakes:
            self.names.pop(_key(record), None)
        for member in record.data.get("members", ()):
            self.memberships.get(member["value"], {}).pop(record.id, None)


def prepared(name: str) -> str:
    """A name as it is compared: in one case, and in normalization form C (RFC 7644 §5, RFC 8265 §3.3)."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _key(record: Record) -> tuple[str, str]:
    return record.kind.name, prepared(str(record.data.get(record.kind.unique, "")))


def _without(data: Data, name: str) -> Data:
    return {key: value for key, value in data.items() if key != name}


def copy_json(value: Any) -> Any:
    """A deep copy of a JSON value, much faster than copy.deepcopy."""
    if isinstance(value, dict):
        return {key: copy_json(inner) for key, inner in value.items()}
    return [copy_json(inner) for inner in value] if isinstance(value, list) else value
