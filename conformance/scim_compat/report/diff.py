"""The differences between the value that was expected and the value that came.

Only objects and arrays are compared: two plain values stand beside each other on the page anyway.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from scim_compat.values import Json, escape

LIMIT: Final = 20
"""Differences that are listed."""
_MAX_DEPTH: Final = 64

Kind = Literal["missing", "different", "extra"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One place. ``pointer`` is a JSON Pointer (RFC 6901): into the expected value for ``missing``, else
    into the actual one. ``expected`` is None for ``extra``, ``actual`` is None for ``missing``."""

    kind: Kind
    pointer: str
    expected: Json = None
    actual: Json = None


@dataclass(frozen=True, slots=True)
class Diff:
    differences: tuple[Difference, ...]
    more: int = 0
    """Differences beyond the limit."""


def diff(expected: Json, actual: Json, *, limit: int = LIMIT) -> Diff | None:
    """Return the differences; None for equal values, and where the two are not both objects or both arrays.

    Arrays are compared without regard to order, as SCIM's multi-valued attributes have none
    (RFC 7643 §2.4): equal entries are set aside, what remains is compared pair by pair.
    """
    both_objects = isinstance(expected, dict) and isinstance(actual, dict)
    both_arrays = isinstance(expected, list) and isinstance(actual, list)
    if not (both_objects or both_arrays):
        return None
    differences: list[Difference] = []
    more = 0
    for difference in _walk(expected, actual, pointer="", depth=0):
        if len(differences) < limit:
            differences.append(difference)
        else:
            more += 1
    return Diff(tuple(differences), more) if differences else None


def _walk(expected: Json, actual: Json, *, pointer: str, depth: int) -> Iterator[Difference]:
    if depth < _MAX_DEPTH and isinstance(expected, dict) and isinstance(actual, dict):
        for key, value in expected.items():
            below = f"{pointer}/{escape(str(key))}"
            if key in actual:
                yield from _walk(value, actual[key], pointer=below, depth=depth + 1)
            else:
                yield Difference("missing", below, expected=value)
        for key, value in actual.items():
            if key not in expected:
                yield Difference("extra", f"{pointer}/{escape(str(key))}", actual=value)
    elif depth < _MAX_DEPTH and isinstance(expected, list) and isinstance(actual, list):
        yield from _walk_arrays(expected, actual, pointer=pointer, depth=depth)
    elif _canonical(expected) != _canonical(actual):
        yield Difference("different", pointer, expected=expected, actual=actual)


def _walk_arrays(expected: list[Json], actual: list[Json], *, pointer: str, depth: int) -> Iterator[Difference]:
    unmatched: dict[str, list[int]] = defaultdict(list)
    for index, entry in enumerate(actual):
        unmatched[_canonical(entry)].append(index)
    wanted: list[tuple[int, Json]] = []
    for index, entry in enumerate(expected):
        places = unmatched.get(_canonical(entry))
        if places:
            places.pop(0)
        else:
            wanted.append((index, entry))
    unpaired = sorted(index for places in unmatched.values() for index in places)
    for (_, entry), place in zip(wanted, unpaired, strict=False):
        yield from _walk(entry, actual[place], pointer=f"{pointer}/{place}", depth=depth + 1)
    for index, entry in wanted[len(unpaired) :]:
        yield Difference("missing", f"{pointer}/{index}", expected=entry)
    for place in unpaired[len(wanted) :]:
        yield Difference("extra", f"{pointer}/{place}", actual=actual[place])


def _canonical(value: Json) -> str:
    """Return a text that is equal for equal JSON values only. ``==`` would take ``1`` for ``true``."""
    try:
        return json.dumps(value, sort_keys=True, ensure_ascii=True)
    except RecursionError:
        return f"too deep: {type(value).__name__} at {id(value)}"
