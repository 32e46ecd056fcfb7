"""The attributes that a request names, without values that may be a person's."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from scim_compat.scim.filters import Comparison, Filter, Operator, Path, Presence
from scim_compat.scim.grammar import PathError, parse_filter, parse_path
from scim_compat.values import Json

_LONGEST: Final = 160
"""Characters of a path that are kept."""
_TYPE: Final = re.compile(r"\w{1,20}")
"""A type that a path may show: no value of a person's."""


def filtered_path(text: str) -> Path | None:
    """The attribute of a filter that is one comparison; None for a filter of several, or for what is none."""
    try:
        condition = parse_filter(text)
    except PathError:
        return None
    return condition.path if isinstance(condition, Comparison | Presence) else None


def written_paths(sent: Json, method: str) -> Iterator[tuple[str, Json]]:
    """The attribute paths that a PUT or PATCH writes, with their values."""
    if not isinstance(sent, Mapping):
        return
    if method == "PUT":
        yield from sent.items()
        return
    operations = sent.get("Operations")
    for operation in operations if isinstance(operations, list) else ():
        if not isinstance(operation, Mapping):
            continue
        path, value = operation.get("path"), operation.get("value")
        if isinstance(path, str) and path:
            yield path, value
        elif isinstance(value, Mapping):
            yield from ((str(name), one) for name, one in value.items())


def without_values(path: str | Path) -> str:
    """The path without the values that it selects by. A short type stays; what is no path is cut at its bracket."""
    try:
        at = parse_path(path) if isinstance(path, str) else path
    except PathError:
        return str(path).partition("[")[0][:_LONGEST]
    if at.condition is None or _is_type(at.condition):
        return str(at)[:_LONGEST]
    attribute = str(replace(at, condition=None, sub=""))
    return (f"{attribute}[…].{at.sub}" if at.sub else attribute)[:_LONGEST]


def _is_type(condition: Filter) -> bool:
    """True for a condition such as ``type eq "work"``."""
    if not isinstance(condition, Comparison) or condition.operator is not Operator.EQUAL:
        return False
    is_short = isinstance(condition.value, str) and _TYPE.fullmatch(condition.value) is not None
    return is_short and str(condition.path).lower() == "type"
