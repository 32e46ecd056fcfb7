"""Placeholders: ``${alice.id}``, ``${run.tag}``, ``${new.guid}``, with ``|upper`` and friends behind.

The set of names and functions is closed. A text that is one placeholder alone takes the value's own type; inside a
longer text the value is written as text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Final

from scim_compat.values import Json

PLACEHOLDER: Final = re.compile(r"\$\{([^{}]*)\}")
FUNCTIONS: Final[Mapping[str, Callable[[Json], Json]]] = {
    "upper": lambda value: str(value).upper(),
    "lower": lambda value: str(value).lower(),
    "swapcase": lambda value: str(value).swapcase(),
    "json": lambda value: json.dumps(value, ensure_ascii=False, separators=(",", ":")),
}

Lookup = Callable[[str, str], Json]
"""(name, attribute) → value; raises KeyError for an unknown one."""


class PlaceholderError(ValueError):
    """A placeholder has an unknown name or function."""


def fill(value: Json, lookup: Lookup) -> Json:
    """``value`` with every placeholder in its strings (keys of objects too) replaced."""
    if isinstance(value, str):
        return _fill_text(value, lookup)
    if isinstance(value, Mapping):
        return {str(_fill_text(k, lookup)): fill(v, lookup) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [fill(v, lookup) for v in value]
    return value


def _fill_text(text: str, lookup: Lookup) -> Json:
    alone = PLACEHOLDER.fullmatch(text)
    if alone:
        return _one(alone[1], lookup)
    return PLACEHOLDER.sub(lambda match: str(_one(match[1], lookup)), text)


def _one(inside: str, lookup: Lookup) -> Json:
    expression, *functions = (part.strip() for part in inside.split("|"))
    name, _, attribute = expression.partition(".")
    try:
        value = lookup(name, attribute)
        for function in functions:
            value = FUNCTIONS[function](value)
    except KeyError as unknown:
        raise PlaceholderError(f"${{{inside}}}: {unknown.args[0]} is not known here") from None
    return value
