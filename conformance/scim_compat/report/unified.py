"""The lines of a resource that differ between two answers about it."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from scim_compat.report.text import one_line, visible
from scim_compat.results.document.records import StepRecord

CONTEXT: Final = 2
"""Equal lines that are shown around each difference."""
LINES: Final = 60
"""Lines that a page shows."""
_COMPARED: Final = 4_000
"""Lines of a resource beyond which no difference is looked for."""
_LINE: Final = 240
"""Characters of one line that a page shows."""
_MOVING: Final = frozenset({"version", "lastModified"})
"""Members of ``meta`` that change with every write (RFC 7643 section 3.1)."""

Kind = Literal["same", "gone", "new", "gap"]


@dataclass(frozen=True, slots=True)
class Line:
    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Unified:
    """The differences with a little context. No lines: the two are equal."""

    lines: tuple[Line, ...]
    more: int
    """Lines beyond the limit."""


def changed_lines(before: StepRecord, after: StepRecord) -> Unified | None:
    """Compare the resource in two answers. Return None where the two do not show the same resource.

    The order of members and of the values of an attribute is left aside, as it has no meaning (RFC 7643 section 2.4),
    and so are ``meta.version`` and ``meta.lastModified``.
    """
    name = _subject(after) or _subject(before)
    old, new = _resource(before, name), _resource(after, name)
    if old is None or new is None or old.get("id") != new.get("id"):
        return None
    try:
        members = [_members(each) for each in (old, new)]
    except RecursionError:
        return None
    if max(sum(len(lines) for lines in each.values()) for each in members) > _COMPARED:
        return None
    lines = list(_near_changes(list(_compared(*members))))
    return Unified(tuple(lines[:LINES]), max(0, len(lines) - LINES))


def _subject(step: StepRecord) -> str | None:
    return step.subject.id if step.subject else None


def _resource(step: StepRecord, name: str | None) -> Mapping[str, Any] | None:
    """Return the resource that the answer shows: its body, or the entry of that id in its list."""
    exchange = step.exchange
    if exchange is None or exchange.response is None or not exchange.response.body:
        return None
    try:
        body = json.loads(exchange.response.body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(body, dict):
        return None
    listed = body.get("Resources")
    entries = [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else [body]
    found = [entry for entry in entries if isinstance(entry.get("id"), str) and name in {None, entry["id"]}]
    return found[0] if len(found) == 1 else None


def _members(resource: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the lines of each attribute."""
    meta = resource.get("meta")
    steady = {key: value for key, value in meta.items() if key not in _MOVING} if isinstance(meta, dict) else meta
    shown = {key: value for key, value in resource.items() if key != "meta"} | ({"meta": steady} if steady else {})
    return {
        key: json.dumps({key: value}, ensure_ascii=False, indent=2, sort_keys=True).splitlines()[1:-1]
        for key, value in _settled(shown).items()
    }


def _settled(value: Any) -> Any:
    """Return the value with its lists in an order that depends on their content alone."""
    if isinstance(value, dict):
        return {visible(str(key)): _settled(entry) for key, entry in value.items()}
    if isinstance(value, list):
        entries = [_settled(entry) for entry in value]
        return sorted(entries, key=lambda entry: json.dumps(entry, sort_keys=True))
    return visible(value) if isinstance(value, str) else value


def _compared(old: Mapping[str, list[str]], new: Mapping[str, list[str]]) -> Iterator[Line]:
    """Yield all lines of both, attribute by attribute."""
    for key in sorted({**old, **new}):
        before, after = old.get(key, []), new.get(key, [])
        for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
            if tag == "equal":
                yield from (Line("same", one_line(text, _LINE)) for text in before[i1:i2])
                continue
            yield from (Line("gone", one_line(text, _LINE)) for text in before[i1:i2])
            yield from (Line("new", one_line(text, _LINE)) for text in after[j1:j2])


def _near_changes(lines: list[Line]) -> Iterator[Line]:
    """Yield the changes with their context, and a gap wherever lines are left out between them."""
    changed = [n for n, line in enumerate(lines) if line.kind != "same"]
    kept = sorted({n for place in changed for n in range(place - CONTEXT, place + CONTEXT + 1) if 0 <= n < len(lines)})
    last = -1
    for n in kept:
        if n > last + 1 and last >= 0:
            yield Line("gap", "")
        yield lines[n]
        last = n
