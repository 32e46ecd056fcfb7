"""The parser of attribute paths and filters: RFC 7644 sections 3.4.2.2 (filters) and 3.5.2 (paths).

It reads everything that clients send, which is more than the RFC's grammar:

* Words match in any case, ``true`` and ``null`` too. Space around words and brackets is free.
* Behind a URN, an attribute's name may hold spaces and signs: Peakon names attributes by their labels
  (``urn:…:User:Business Unit``). In a filter such a name ends before the first operator.
* In a path, any attribute's name may: servers answer with such names.
* An attribute of the core schema, named with its URN, is the plain attribute.
* A URN alone (``urn:…:User``, ``urn:…:enterprise:1.0``) names the whole extension.
* A value path may have a comparison behind it: ``emails[type eq "work"].value eq "liv@fjord.example"``.

Values are JSON (RFC 8259), as the RFC has them.
"""

from __future__ import annotations

import enum
import json
import math
import re
from functools import lru_cache
from typing import Final

from scim_compat.scim.filters import PRESENT, And, Comparison, Filter, Not, Operator, Or, Path, Presence, Selection
from scim_compat.scim.names import CORE_1_1, CORE_URNS, is_urn
from scim_compat.values import Json

MOST_NESTED: Final = 50
"""Groups within groups. No client sends ten, and a text from a server must not fill the stack."""

_MOST_SHOWN: Final = 200
_CORE: Final = frozenset(urn.lower() for urn in (*CORE_URNS.values(), CORE_1_1))
_TYPES: Final = frozenset(name.lower() for name in CORE_URNS)
_OPERATORS: Final = {operator.value: operator for operator in Operator}

_SPACE: Final = re.compile(r"\s*")
_NAME: Final = re.compile(r"[^\W\d][\w-]*|\$\w+")
"""ATTRNAME; ``$ref`` is the one name outside the RFC's own rule."""
_OPERATOR: Final = re.compile(rf"(?:{'|'.join((*_OPERATORS, PRESENT))})(?![\w.:-])", re.IGNORECASE)
_JOIN: Final = re.compile(r"(?:and|or)(?![\w.:-])", re.IGNORECASE)
_NOT: Final = re.compile(r"not\s*(?=\()", re.IGNORECASE)
_STRING: Final = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_SCALAR: Final = re.compile(r"(?i:true|false|null)(?![\w.-])|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_PATH_HEAD: Final = re.compile(r'[^\[\]"]*')
_PATH_SUB: Final = re.compile(r'[^\[\]".]*')
_LABEL_WORD: Final = re.compile(r'[^\s\[\]"]+')
_VERSION: Final = re.compile(r"\d+(?:\.\d+)+")


class Expected(enum.StrEnum):
    """The kinds of words that the parser looks for."""

    ATTRIBUTE = "an attribute"
    SUB_ATTRIBUTE = "a sub-attribute"
    ONE_SUB_ATTRIBUTE = "one sub-attribute at most"
    OPERATOR = "an operator (eq, ne, co, sw, ew, gt, ge, lt, le, pr)"
    VALUE = "a JSON string, number, true, false or null"
    JOIN = "and, or, or the end"
    CLOSING_PARENTHESIS = "and, or, or )"
    CLOSING_BRACKET = "and, or, or ]"
    SHALLOWER = f"at most {MOST_NESTED} groups within groups"
    END = "the end"


class PathError(ValueError):
    """The text is no attribute path, or no filter. ``position`` counts characters from 0."""

    def __init__(self, text: str, position: int, expected: Expected, *, kind: str = "an attribute path") -> None:
        shown = text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}…"
        super().__init__(f"{shown!r} is not {kind}: expected {expected} at character {position + 1}")
        self.text = text
        self.position = position
        self.expected = expected


@lru_cache(maxsize=4096)
def parse_path(text: str) -> Path:
    """The path that the text names. Raises PathError."""
    return _Parser(text, "an attribute path").whole_path()


@lru_cache(maxsize=1024)
def parse_filter(text: str) -> Filter:
    """The filter that the text expresses. Raises PathError."""
    return _Parser(text, "a filter").whole_filter()


class _Parser:
    """One pass over one text. ``_at`` is the position of the next character."""

    def __init__(self, text: str, kind: str) -> None:
        self._text = text
        self._kind = kind
        self._at = 0

    def whole_path(self) -> Path:
        """``attrPath`` or ``valuePath [subAttr]``, with names as servers have them."""
        self._skip_space()
        start = self._at
        head = self._take(_PATH_HEAD)
        bare = head.rstrip()
        urn, attribute, sub = self._split(bare, start)
        condition: Filter | None = None
        if self._next_is("[") and not sub:
            condition, sub = self._condition(attribute, start), self._sub(_PATH_SUB)
        else:
            self._at = start + len(bare)
        self._skip_space()
        if self._at < len(self._text):
            raise self._error(Expected.END)
        return Path(urn, attribute, condition, sub)

    def whole_filter(self) -> Filter:
        condition = self._joined(depth=0)
        if self._at < len(self._text):
            raise self._error(Expected.JOIN)
        return condition

    # --- filters ----------------------------------------------------------------------------------

    def _joined(self, *, depth: int, selects: bool = False) -> Filter:
        """Terms joined by ``and`` and ``or``; ``and`` binds closer. ``selects``: inside square brackets."""
        alternatives: list[Filter] = []
        together = [self._term(depth=depth, selects=selects)]
        while word := self._join():
            if word == "or":
                alternatives.append(_all_of(together))
                together = []
            together.append(self._term(depth=depth, selects=selects))
        alternatives.append(_all_of(together))
        return alternatives[0] if len(alternatives) == 1 else Or(tuple(alternatives))

    def _join(self) -> str:
        """``and``, ``or``, or nothing."""
        end = self._at
        self._skip_space()
        return self._take(_JOIN).lower() if self._at > end else ""

    def _term(self, *, depth: int, selects: bool) -> Filter:
        self._skip_space()
        denied = bool(self._take(_NOT))
        if not self._next_is("("):
            return self._comparison(selects=selects)
        if depth >= MOST_NESTED:
            raise self._error(Expected.SHALLOWER)
        self._at += 1
        inner = self._joined(depth=depth + 1, selects=selects)
        self._close(")", Expected.CLOSING_PARENTHESIS)
        return Not(inner) if denied else inner

    def _comparison(self, *, selects: bool) -> Filter:
        path = self._operand(selects=selects)
        end = self._at
        self._skip_space()
        if self._at == end or not self._operator_is_here():
            if path.condition is None or path.sub:
                raise self._error(Expected.OPERATOR)
            self._at = end
            return Selection(path)
        word = self._take(_OPERATOR).lower()
        return Presence(path) if word == PRESENT else Comparison(path, _OPERATORS[word], self._value())

    def _value(self) -> Json:
        end = self._at
        self._skip_space()
        start = self._at
        written = self._take(_STRING) or self._take(_SCALAR) if start > end else ""
        if not written:
            raise self._error(Expected.VALUE, start)
        try:
            value = json.loads(written if written[0] == '"' else written.lower(), strict=False)
        except ValueError:  # an unknown escape, or a number of more digits than Python converts
            value = math.inf
        if isinstance(value, float) and not math.isfinite(value):
            raise self._error(Expected.VALUE, start)
        return value

    # --- paths ------------------------------------------------------------------------------------

    def _operand(self, *, selects: bool) -> Path:
        """The path before an operator."""
        start = self._at
        if is_urn(self._text[start : start + 4]):
            urn, attribute, sub = self._split(self._labelled(), start)
        else:
            urn, attribute = "", self._take(_NAME)
            if not attribute:
                raise self._error(Expected.ATTRIBUTE)
            sub = self._sub(_NAME)
        if selects or sub or not self._next_is("["):
            return Path(urn, attribute, None, sub)
        condition = self._condition(attribute, start)
        return Path(urn, attribute, condition, self._sub(_NAME))

    def _labelled(self) -> str:
        """A URN with an attribute's label behind it: words up to an operator or a square bracket."""
        start = last = end = self._at
        while (word := _LABEL_WORD.match(self._text, self._at)) and (end == start or not self._operator_is_here()):
            last, end = word.span()
            self._at = end
            self._skip_space()
        if not self._operator_is_here() and not self._text.startswith("[", end):
            self._at = last if last > start else self._at
            raise self._error(Expected.OPERATOR)
        self._at = end
        return self._text[start:end]

    def _split(self, head: str, start: int) -> tuple[str, str, str]:
        """The text before square brackets, as (URN, attribute, sub-attribute)."""
        urn, attribute = "", head
        if is_urn(head):
            urn, _, attribute = head.rpartition(":")
            if attribute.lower() in _TYPES or _VERSION.fullmatch(attribute):
                return head, "", ""
        attribute, dot, sub = attribute.partition(".")
        place = start + len(head) - len(attribute) - len(dot) - len(sub)
        if not attribute or attribute != attribute.strip():
            raise self._error(Expected.ATTRIBUTE, place)
        if "." in sub:
            raise self._error(Expected.ONE_SUB_ATTRIBUTE, place + len(attribute) + 1 + sub.index("."))
        if dot and (not sub or sub != sub.strip()):
            raise self._error(Expected.SUB_ATTRIBUTE, place + len(attribute) + 1)
        return "" if urn.lower() in _CORE else urn, attribute, sub

    def _condition(self, attribute: str, start: int) -> Filter:
        """The square brackets behind an attribute; a whole extension has none."""
        if not attribute:
            raise self._error(Expected.ATTRIBUTE, start)
        self._at += 1
        condition = self._joined(depth=0, selects=True)
        self._close("]", Expected.CLOSING_BRACKET)
        return condition

    def _sub(self, name: re.Pattern[str]) -> str:
        if not self._next_is("."):
            return ""
        self._at += 1
        start = self._at
        sub = self._take(name).rstrip()
        if not sub or sub[0].isspace():
            raise self._error(Expected.SUB_ATTRIBUTE, start)
        self._at = start + len(sub)
        return sub

    # --- words ------------------------------------------------------------------------------------

    def _take(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self._text, self._at)
        if found is None:
            return ""
        self._at = found.end()
        return found[0]

    def _skip_space(self) -> None:
        self._take(_SPACE)

    def _next_is(self, character: str) -> bool:
        return self._text.startswith(character, self._at)

    def _operator_is_here(self) -> bool:
        return _OPERATOR.match(self._text, self._at) is not None

    def _close(self, character: str, expected: Expected) -> None:
        self._skip_space()
        if not self._next_is(character):
            raise self._error(expected)
        self._at += 1

    def _error(self, expected: Expected, position: int | None = None) -> PathError:
        return PathError(self._text, self._at if position is None else position, expected, kind=self._kind)


def _all_of(parts: list[Filter]) -> Filter:
    return parts[0] if len(parts) == 1 else And(tuple(parts))
