"""Attribute paths and filters as trees (RFC 7644 sections 3.4.2.2 and 3.5.2).

``scim.grammar`` parses text into them; ``str()`` renders them again, in the words of the RFC's examples.
"""

from __future__ import annotations

import enum
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from scim_compat.values import Json


class Operator(enum.StrEnum):
    """The comparisons with a value (table 3)."""

    EQUAL = "eq"
    NOT_EQUAL = "ne"
    CONTAINS = "co"
    STARTS_WITH = "sw"
    ENDS_WITH = "ew"
    GREATER = "gt"
    GREATER_OR_EQUAL = "ge"
    LESS = "lt"
    LESS_OR_EQUAL = "le"


PRESENT = "pr"
"""The one operator without a value."""
ORDERS = frozenset({Operator.GREATER, Operator.GREATER_OR_EQUAL, Operator.LESS, Operator.LESS_OR_EQUAL})
"""Booleans and binary values have no order: table 3 demands a refusal."""


@dataclass(frozen=True, slots=True)
class Path:
    """The place of an attribute. Attribute names match in any case (RFC 7643 section 2.1)."""

    urn: str
    """Empty for attributes of the core schema."""
    attribute: str
    """Empty for a whole extension."""
    condition: Filter | None = None
    """Selects elements of a multi-valued attribute: what stands in the square brackets."""
    sub: str = ""

    @property
    def is_simple(self) -> bool:
        """No condition and not a whole extension: the kind that may share an operation without path."""
        return self.condition is None and bool(self.attribute)

    @property
    def top(self) -> str:
        """The top-level attribute it belongs to, lower-case, with its URN."""
        return f"{self.urn}:{self.attribute}".lower() if self.urn else self.attribute.lower()

    @property
    def names(self) -> tuple[str, ...]:
        """Attribute and sub-attribute, without those that are empty."""
        return tuple(name for name in (self.attribute, self.sub) if name)

    def __str__(self) -> str:
        whole = f"{self.urn}:{self.attribute}" if self.urn and self.attribute else self.urn or self.attribute
        if self.condition is not None:
            whole += f"[{self.condition}]"
        return f"{whole}.{self.sub}" if self.sub else whole


@dataclass(frozen=True, slots=True)
class Comparison:
    """``userName eq "liv"``. ``value`` is a string, number, boolean or null."""

    path: Path
    operator: Operator
    value: Json

    def __str__(self) -> str:
        return f"{self.path} {self.operator} {value_text(self.value)}"


@dataclass(frozen=True, slots=True)
class Presence:
    """``title pr``: the attribute has a value."""

    path: Path

    def __str__(self) -> str:
        return f"{self.path} {PRESENT}"


@dataclass(frozen=True, slots=True)
class Selection:
    """``emails[type eq "work"]`` as a filter of its own: an element fits."""

    path: Path

    def __str__(self) -> str:
        return str(self.path)


@dataclass(frozen=True, slots=True)
class And:
    parts: tuple[Filter, ...]

    def __str__(self) -> str:
        return " and ".join(f"({part})" if isinstance(part, And | Or) else str(part) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Or:
    parts: tuple[Filter, ...]

    def __str__(self) -> str:
        return " or ".join(f"({part})" if isinstance(part, Or) else str(part) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Not:
    part: Filter

    def __str__(self) -> str:
        return f"not ({self.part})"


Filter: TypeAlias = Comparison | Presence | Selection | And | Or | Not


def value_text(value: Json) -> str:
    """A value as it stands in a filter: JSON, and no letter escaped that need not be."""
    return json.dumps(value, ensure_ascii=False)


def operands(condition: Filter | None) -> Iterator[Path]:
    """Every path that the condition compares, in reading order."""
    if isinstance(condition, Comparison | Presence | Selection):
        yield condition.path
    elif isinstance(condition, And | Or):
        for part in condition.parts:
            yield from operands(part)
    elif isinstance(condition, Not):
        yield from operands(condition.part)


def equalities(condition: Filter | None) -> tuple[tuple[str, Json], ...]:
    """The (attribute, value) pairs that a condition of ``eq`` comparisons joined by ``and`` demands; else nothing."""
    parts = condition.parts if isinstance(condition, And) else (condition,)
    pairs = tuple(
        (part.path.attribute, part.value)
        for part in parts
        if isinstance(part, Comparison) and part.operator is Operator.EQUAL and str(part.path) == part.path.attribute
    )
    return pairs if len(pairs) == len(parts) else ()
