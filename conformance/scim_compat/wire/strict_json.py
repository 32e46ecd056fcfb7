"""Parses JSON by RFC 8259, and reports each deviation from it.

A lenient parser hides what breaks real clients: of two equal keys one is lost, NaN is no JSON, a stray
surrogate cannot be stored. Nothing here raises, whatever the bytes are.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from scim_compat.values import MISSING

if TYPE_CHECKING:
    from scim_compat.values import Json

MAX_DEPTH: Final = 200
"""Levels of nesting. SCIM needs five; Python's own parser gives up at about a thousand."""

_MAX_PROBLEMS: Final = 10
_MAX_QUOTED: Final = 60

# A string or a bracket. Possessive, and with an optional closing quote: an unterminated string is one
# match to the end, so hostile input costs linear time.
_TOKEN: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{}]', re.DOTALL)
_SURROGATE_ESCAPE: Final = re.compile(rb"\\u[dD][89a-fA-F]")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def sanitise(text: str, *, limit: int = _MAX_QUOTED) -> str:
    """Foreign text that fits into a sentence: one line, printable, at most ``limit`` characters."""
    clean = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text[: limit + 1])
    return clean if len(clean) <= limit else clean[: limit - 1] + "…"


def parse(body: bytes, *, clean: Callable[[str], str] = str) -> tuple[Json, tuple[str, ...]]:
    """The parsed body, or MISSING; and every problem as a plain sentence, none if it is clean JSON.

    ``clean`` is applied to the server's words before they are quoted (and cut): the redactor's ``text``.
    """
    notes = _Notes(clean)
    value = _parse(body, notes)
    return value, notes.sentences()


class _Notes:
    """Collects problems: each once, a few in full, the rest as a number."""

    def __init__(self, clean: Callable[[str], str]) -> None:
        self.clean = clean
        self._sentences: dict[str, None] = {}

    def add(self, sentence: str) -> None:
        self._sentences[sentence] = None

    def sentences(self) -> tuple[str, ...]:
        first = tuple(self._sentences)[:_MAX_PROBLEMS]
        more = len(self._sentences) - len(first)
        return (*first, f"… and {more} more problems of the same kind.") if more else first


def _parse(body: bytes, notes: _Notes) -> Json:
    if body.startswith(b"\xef\xbb\xbf"):
        notes.add("The body starts with a byte order mark, which RFC 8259 section 8.1 forbids to send.")
        body = body[3:]
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        notes.add(f"The body is not UTF-8 (RFC 8259 section 8.1): byte {error.start} cannot be decoded.")
        return MISSING
    if _too_deep(body):
        notes.add(f"The body is nested deeper than {MAX_DEPTH} levels; it was not parsed.")
        return MISSING

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(items)
        if len(members) != len(items):
            names: set[str] = set()
            for key, _ in items:
                if key in names:
                    name = sanitise(notes.clean(key))
                    notes.add(f'An object has the key "{name}" more than once; the last one was taken.')
                names.add(key)
        return members

    def constant(name: str) -> None:
        notes.add(f"The number {name} is not JSON (RFC 8259 section 6); it was read as null.")

    def integer(digits: str) -> int | None:
        try:
            return int(digits)
        except ValueError:  # Python's own limit on the length of a number
            notes.add(f"A number has {len(digits)} digits, too many to read; it was read as null.")
            return None

    def fraction(digits: str) -> float | None:
        value = float(digits)
        if math.isinf(value):
            notes.add("A number is too large for a double (RFC 8259 section 6); it was read as null.")
            return None
        return value

    try:
        value = json.loads(
            text, object_pairs_hook=pairs, parse_constant=constant, parse_int=integer, parse_float=fraction
        )
    except json.JSONDecodeError as error:
        if not text.strip():
            notes.add("The body is white space only.")
        else:
            what = error.msg.removesuffix(" at")  # CPython writes "Invalid control character at"
            notes.add(f"The body is not JSON: {what} at line {error.lineno}, column {error.colno}.")
        return MISSING
    except RecursionError:  # pragma: no cover - only if we are called from very deep already
        notes.add("The body is nested too deeply; it was not parsed.")
        return MISSING
    if _SURROGATE_ESCAPE.search(body):
        value = _without_surrogates(value, notes)
    return value


def _too_deep(body: bytes) -> bool:
    if body.count(b"[") + body.count(b"{") <= MAX_DEPTH:
        return False
    depth = 0
    for match in _TOKEN.finditer(body):
        first = body[match.start()]
        if first in b"[{":
            depth += 1
            if depth > MAX_DEPTH:
                return True
        elif first in b"]}":
            depth -= 1
    return False


def _without_surrogates(value: Json, notes: _Notes) -> Json:
    if isinstance(value, str):
        if _SURROGATE.search(value):
            notes.add("A string has half a surrogate pair (RFC 8259 section 8.2); it was replaced by U+FFFD.")
            return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", value)
        return value
    if isinstance(value, list):
        return [_without_surrogates(item, notes) for item in value]
    if isinstance(value, dict):
        return {_without_surrogates(key, notes): _without_surrogates(item, notes) for key, item in value.items()}
    return value
