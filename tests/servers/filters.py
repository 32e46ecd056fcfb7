"""Filters and PATCH paths: RFC 7644 §3.4.2.2 and figure 7, parsed once and resolved against the schema."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, NoReturn

from .protocol import Data, ScimError
from .schema import Attribute, Kind
from .store import prepared

_TOKEN = re.compile(r'\s*(?:("(?:[^"\\]|\\.)*")|([()\[\]])|([^\s()\[\]"]+))')
_OPERATORS = frozenset({"eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"})
_MAX_DEPTH = 40
"""Parentheses and ``not`` that may be open at once: a filter must not exhaust the stack."""


@dataclass(frozen=True, slots=True)
class Path:
    """A place in a resource, e.g. ``emails[type eq "work"].value``."""

    urn: str = ""
    """The extension that holds the attribute; empty for the core."""
    attribute: Attribute | None = None
    """None: the extension object itself."""
    where: Filter | None = None
    sub: Attribute | None = None

    @property
    def leaf(self) -> Attribute | None:
        """The attribute that is compared: a complex one stands for its ``value``."""
        if self.sub or self.attribute is None:
            return self.sub
        return self.attribute.sub("value") or self.attribute


@dataclass(frozen=True, slots=True)
class Compare:
    path: Path
    operator: str
    value: str | float | bool | None


@dataclass(frozen=True, slots=True)
class Present:
    path: Path


@dataclass(frozen=True, slots=True)
class Not:
    inner: Filter


@dataclass(frozen=True, slots=True)
class Both:
    left: Filter
    right: Filter
    operator: str
    """``and`` or ``or``."""


Filter = Compare | Present | Not | Both
Scope = Callable[[str], Path | None]
"""Finds what a name in the text stands for; None: nothing."""


def parse_filter(text: str, kind: Kind) -> Filter:
    """The filter in a query, or the 400 invalidFilter to answer with."""
    return _Parser(text, _scope_of(kind), scim_type="invalidFilter").whole_filter()


def parse_path(text: str, kind: Kind) -> Path:
    """The path of a PATCH operation, or the 400 invalidPath to answer with."""
    return _Parser(text, _scope_of(kind), scim_type="invalidPath").whole_path()


def _scope_of(kind: Kind) -> Scope:
    def find(name: str) -> Path | None:
        for schema in kind.schemas:
            if name.lower() == schema.urn.lower():
                return Path(urn=schema.urn) if schema is not kind.core else None
            prefix = f"{schema.urn}:"
            if name.lower().startswith(prefix.lower()):
                head, _, tail = name[len(prefix) :].partition(".")
                found = schema.find(head)
                return _with_sub("" if schema is kind.core else schema.urn, found, tail)
        head, _, tail = name.partition(".")
        place = kind.find(head)
        return _with_sub(*place, tail) if place else None

    return find


def _scope_within(attribute: Attribute) -> Scope:
    def find(name: str) -> Path | None:
        found = attribute.sub(name)
        return Path(attribute=found) if found else None

    return find


def _with_sub(urn: str, attribute: Attribute | None, tail: str) -> Path | None:
    if attribute is None or not tail:
        return Path(urn, attribute) if attribute else None
    sub = attribute.sub(tail)
    return Path(urn, attribute, sub=sub) if sub else None


class _Parser:
    def __init__(self, text: str, scope: Scope, *, scim_type: str) -> None:
        self.text = text
        self.scope = scope
        self.scim_type = scim_type
        self.depth = 0
        self.tokens = list(self._tokens())
        self.at = 0

    def _tokens(self) -> Iterator[str]:
        end = len(self.text.rstrip())
        position = 0
        while position < end:
            match = _TOKEN.match(self.text, position)
            if match is None:
                self.refuse("a quote is not closed")
            yield match[0].strip()
            position = match.end()

    def refuse(self, why: str) -> NoReturn:
        raise ScimError(400, f"{self.text!r}: {why}.", scim_type=self.scim_type)

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, expected: str = "") -> str:
        token = self.peek()
        if not token or (expected and token != expected):
            self.refuse(f"expected {expected or 'more'}, got {token or 'the end'}")
        self.at += 1
        return token

    def whole_filter(self) -> Filter:
        found = self.either()
        if self.peek():
            self.refuse(f"{self.peek()} is not expected here")
        return found

    def whole_path(self) -> Path:
        found = self.path()
        if self.peek():
            self.refuse(f"{self.peek()} is not expected here")
        return found

    def either(self) -> Filter:
        left = self.all()
        while self.peek().lower() == "or":
            self.take()
            left = Both(left, self.all(), "or")
        return left

    def all(self) -> Filter:
        left = self.term()
        while self.peek().lower() == "and":
            self.take()
            left = Both(left, self.term(), "and")
        return left

    def term(self) -> Filter:
        negated = self.peek().lower() == "not"
        if negated:
            self.take()
        if not negated and self.peek() != "(":
            return self.comparison()
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            self.refuse("too many parentheses")
        self.take("(")
        inner = self.either()
        self.take(")")
        self.depth -= 1
        return Not(inner) if negated else inner

    def comparison(self) -> Filter:
        path = self.path()
        if path.attribute is None:
            self.refuse("an attribute must follow the URN")
        if path.where and self.peek().lower() not in _OPERATORS | {"pr"}:
            return Present(path)  # emails[type eq "work"] alone: has such an entry
        operator = self.take().lower()
        if operator == "pr":
            return Present(path)
        if operator not in _OPERATORS:
            self.refuse(f"{operator} is no operator")
        value = self.literal()
        if value is None and operator not in {"eq", "ne"}:
            self.refuse(f"null cannot be compared by {operator}")
        leaf = path.leaf
        if leaf and leaf.type == "boolean":
            if isinstance(value, str) and value.lower() in {"true", "false"}:
                value = value.lower() == "true"  # clients send roles[primary eq "True"]
            if operator not in {"eq", "ne"} or not isinstance(value, bool | None):
                self.refuse(f"{leaf.name} is a boolean")
        if leaf and leaf.type == "dateTime" and operator not in {"co", "sw", "ew"} and value is not None:
            try:
                _moment(value)
            except (TypeError, ValueError):
                self.refuse(f"{value!r} is no date and time")
        return Compare(path, operator, value)

    def literal(self) -> str | float | bool | None:
        token = self.take()
        word = {"true": True, "false": False, "null": None}.get(token.lower(), token)
        if not isinstance(word, str):
            return word
        try:
            value = json.loads(token)
        except ValueError:
            self.refuse(f"{token} is no value; text needs double quotes")
        if not isinstance(value, str | int | float):
            self.refuse(f"{token} is no value")
        return value

    def path(self) -> Path:
        name = self.take()
        path = self.scope(name)
        if path is None or name in {"(", ")", "[", "]"}:
            self.refuse(f"there is no attribute {name}")
        if self.peek() != "[":
            return path
        if path.attribute is None or path.attribute.type != "complex" or path.sub:
            self.refuse(f"{name} has no entries to choose from")
        self.take("[")
        outside, self.scope = self.scope, _scope_within(path.attribute)
        where = self.either()
        self.scope = outside
        self.take("]")
        sub = None
        if self.peek().startswith("."):
            sub_name = self.take()[1:]
            sub = path.attribute.sub(sub_name)
            if sub is None:
                self.refuse(f"{name} has no sub-attribute {sub_name}")
        return Path(path.urn, path.attribute, where, sub)


def matches(wanted: Filter, resource: Data) -> bool:
    """Whether a resource, or an entry of one of its multi-valued attributes, meets a filter."""
    if isinstance(wanted, Not):
        return not matches(wanted.inner, resource)
    if isinstance(wanted, Both):
        left = matches(wanted.left, resource)
        if wanted.operator == "and":
            return left and matches(wanted.right, resource)
        return left or matches(wanted.right, resource)
    values = list(values_at(wanted.path, resource))
    if isinstance(wanted, Present):
        return any(value not in (None, "", [], {}) for value in values)
    leaf = wanted.path.leaf
    assert leaf is not None
    if wanted.value is None:
        return (not values) == (wanted.operator == "eq")
    if wanted.operator == "ne":
        return not any(_compare(leaf, "eq", value, wanted.value) for value in values)
    return any(_compare(leaf, wanted.operator, value, wanted.value) for value in values)


def values_at(path: Path, resource: Data) -> Iterator[Any]:
    """Every value a path leads to; a complex value without a sub-attribute gives its ``value``."""
    holder = resource.get(path.urn, {}) if path.urn else resource
    attribute = path.attribute
    assert attribute is not None
    found = holder.get(attribute.name)
    for entry in found if isinstance(found, list) else [found]:
        if path.where and not (isinstance(entry, dict) and matches(path.where, entry)):
            continue
        value = entry
        if isinstance(entry, dict):
            sub = path.sub or attribute.sub("value")
            value = entry.get(sub.name) if sub else entry
        if value is not None:
            yield value


def _compare(attribute: Attribute, operator: str, found: Any, wanted: Any) -> bool:
    if attribute.type == "dateTime" and operator not in {"co", "sw", "ew"}:
        found, wanted = _moment(found), _moment(wanted)
    elif isinstance(found, str) and isinstance(wanted, str):
        if not attribute.case_exact:
            found, wanted = prepared(found), prepared(wanted)
    elif isinstance(found, bool) is not isinstance(wanted, bool) or isinstance(found, str | dict):
        return False
    match operator:
        case "eq":
            return bool(found == wanted)
        case "co":
            return isinstance(found, str) and wanted in found
        case "sw":
            return isinstance(found, str) and found.startswith(wanted)
        case "ew":
            return isinstance(found, str) and found.endswith(wanted)
        case "gt":
            return bool(found > wanted)
        case "ge":
            return bool(found >= wanted)
        case "lt":
            return bool(found < wanted)
        case _:
            return bool(found <= wanted)


def _moment(text: Any) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def equalities(wanted: Filter | None) -> Data | None:
    """The values that an entry must have to meet ``a eq 1 and b eq 2``; None for any other filter."""
    if isinstance(wanted, Compare) and wanted.operator == "eq" and wanted.path.attribute:
        return {wanted.path.attribute.name: wanted.value}
    if isinstance(wanted, Both) and wanted.operator == "and":
        left, right = equalities(wanted.left), equalities(wanted.right)
        return left | right if left is not None and right is not None else None
    return None


def sort_key(path: Path, resource: Data) -> tuple[bool, str]:
    """By the primary value of a multi-valued attribute, or else the first (RFC 7644 §3.4.2.3)."""
    holder = resource.get(path.urn, {}) if path.urn else resource
    entries = holder.get(path.attribute.name) if path.attribute else None
    if path.attribute and isinstance(entries, list):
        primary = [one for one in entries if isinstance(one, dict) and one.get("primary") is True]
        resource = {path.attribute.name: primary or entries}
        path = replace(path, urn="")
    values = [str(value) for value in values_at(path, resource)]
    exact = path.leaf is not None and path.leaf.case_exact
    first = values[0] if values else ""
    return not values, first if exact else first.casefold()
