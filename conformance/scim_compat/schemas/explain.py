"""Errors of JSON Schema in words that a person can act on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from jsonschema.exceptions import ValidationError

from scim_compat.scim.paths import spelling
from scim_compat.values import Json, Quotation, escape

_MAX_TEXT: Final = 80
_MAX_POINTER: Final = 200


@dataclass(frozen=True, slots=True)
class ShapeError:
    """One place where a value does not have the shape it must have."""

    pointer: str
    """JSON Pointer into the value; for a missing member, the place where it belongs."""
    keyword: str
    """The JSON Schema keyword that failed: ``type``, ``required``, ``pattern`` …"""
    expected: str
    actual: Json
    """The scalar at that place, cut to 80 characters; for objects and arrays a short description."""
    message: str
    misspelled: bool = False
    """The member is present, but spelled in a different case."""
    more: int = 0
    """How many further entries of the same array have the same error."""


def explain(error: ValidationError, *, quote: bool) -> Iterator[ShapeError]:
    """The error in words. ``quote=False`` gives the type of a value in place of the value."""
    pointer = "".join(f"/{escape(str(part))[:_MAX_POINTER]}" for part in error.absolute_path)
    keyword = str(error.validator)
    value: Json = error.instance
    schema = error.schema
    rule: Any = error.validator_value
    description = schema.get("description") if isinstance(schema, Mapping) else None
    where = pointer or "the body"
    if keyword == "required":
        # jsonschema gives one error a missing member, and names it in the text only.
        name = next((n for n in _missing(rule, value) if f"{n!r} is" in error.message), None)
        if name is None:  # pragma: no cover - one of the missing members is always named
            return
        other = spelling(value, name)
        is_misspelled = other != name
        hint = f"; it is spelled {other!r} here, and clients look for the exact name" if is_misspelled and quote else ""
        message = f"{where} has no member {name!r}{hint}"
        yield ShapeError(f"{pointer}/{escape(name)}", keyword, "present", "absent", message, is_misspelled)
        return
    actual = _display(value) if quote else type_name(value)
    if keyword == "type":
        expected = _types(rule)
        message = f"{where} is {_with_article(type_name(value))}, not {expected}"
        yield ShapeError(pointer, keyword, expected, actual, message)
        return
    if keyword == "enum":
        known = [item for item in rule if item is not None]
        expected = description or f"one of {', '.join(map(str, known))}"
    elif error.schema is False or keyword == "not":
        expected = "absent"
    else:
        expected = description or f"what {keyword} {str(rule)[:_MAX_TEXT]} allows"
    yield ShapeError(pointer, keyword, str(expected), actual, f"{where} is not {expected}")


def type_name(value: Json) -> str:
    """The JSON name of a value's type."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    for kinds, name in (((int, float), "number"), ((str,), "string"), ((list, tuple), "array")):
        if isinstance(value, kinds):
            return name
    return "object"


def _missing(required: Iterable[str], value: Json) -> Iterator[str]:
    return (name for name in required if isinstance(value, Mapping) and name not in value)


def _types(value: str | list[str]) -> str:
    return value if isinstance(value, str) else " or ".join(value)


def _with_article(word: str) -> str:
    if word == "null":
        return word
    return f"an {word}" if word[0] in "aeiou" else f"a {word}"


def _display(value: Json) -> Json:
    if isinstance(value, str):
        return Quotation(value if len(value) <= _MAX_TEXT else value[: _MAX_TEXT - 1] + "…")
    if isinstance(value, Mapping):
        names = [str(key)[:40] for key in islice(value, 5)]
        return f"an object with {', '.join(names)}{' …' if len(value) > 5 else ''}" if names else "an empty object"
    if isinstance(value, list):
        return f"an array of {len(value)}"
    return value
