"""JSON Schemas of SCIM messages, and errors a person can act on.

The schemas are JSON Schema 2020-12 files beside this one; their ``$id`` never resolves over a network.
Lawful variety passes: unknown members, ``null`` and ``[]`` for unassigned values (RFC 7643 section 2.5).
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from itertools import islice
from typing import Any, Final

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from referencing import Registry, Resource

from scim_compat.schemas.own import compile_schema
from scim_compat.scim.messages import escape

__all__ = [
    "NAMES",
    "NAMES_11",
    "ShapeError",
    "errors",
    "from_target_schemas",
    "own_errors",
    "shape_errors",
    "type_name",
    "validator",
]

NAMES: Final = (
    "BulkResponse",
    "EnterpriseUser",
    "Error",
    "Group",
    "ListResponse",
    "PatchOp",
    "ResourceType",
    "Schema",
    "ServiceProviderConfig",
    "User",
)
NAMES_11: Final = ("EnterpriseUser", "Error", "Group", "ListResponse", "Schema", "ServiceProviderConfig", "User")
"""Those of SCIM 1.1: it has no resource types, and its PATCH body is a part of the resource."""
_NAMES: Final[Mapping[str, tuple[str, ...]]] = {"2.0": NAMES, "1.1": NAMES_11}

MAX_ERRORS: Final = 10
_MAX_SEEN: Final = 200
_MAX_ENTRIES: Final = 400
_MAX_TEXT: Final = 80
_MAX_POINTER: Final = 200
_CACHED_TARGETS: Final = 16
_MOST_KNOWN: Final = 500
_LONGEST_KNOWN: Final = 10_000

_INDEX: Final = re.compile(r"(?<=/)\d+(?=/|\Z)")
_own: dict[tuple[str, int], tuple[Sequence[Any], Draft202012Validator]] = {}
_valid: dict[tuple[int, str], Draft202012Validator] = {}


@dataclass(frozen=True, slots=True)
class ShapeError:
    """One place where a value does not have the shape it must have."""

    pointer: str
    """JSON Pointer into the value; for a missing member, the place where it belongs."""
    keyword: str
    """The JSON Schema keyword that failed: ``type``, ``required``, ``pattern`` …"""
    expected: str
    actual: Any
    """The scalar that was found, cut to 80 characters; for objects and arrays a short description."""
    message: str
    misspelled: bool = False
    """It is missing under its own name, and there in other letters."""
    more: int = 0
    """How many further entries of the same array have the same fault."""


@cache
def _registry(scim: str) -> Registry[Any]:
    folder = resources.files("scim_compat.schemas").joinpath(scim)
    contents = [json.loads(folder.joinpath(f"{name}.json").read_text("utf-8")) for name in _NAMES[scim]]
    return Registry[Any]().with_resources((one["$id"], Resource.from_contents(one)) for one in contents).crawl()


@cache
def validator(name: str, *, scim: str = "2.0") -> Draft202012Validator:
    """The compiled schema called ``name`` (one of ``NAMES``, or of ``NAMES_11`` for ``scim="1.1"``).

    Raises ValueError for an unknown name or version.
    """
    if scim not in _NAMES:
        raise ValueError(f"there are no JSON Schemas for SCIM {scim}; expected {' or '.join(_NAMES)}")
    names = _NAMES[scim]
    if name not in names:
        near = difflib.get_close_matches(name, names, 1)
        hint = f"; did you mean {near[0]}?" if near else f"; known: {', '.join(names)}"
        version = "" if scim == "2.0" else f" for SCIM {scim}"
        raise ValueError(f"there is no JSON Schema called {name!r}{version}{hint}")
    registry = _registry(scim)
    return Draft202012Validator(
        registry.contents(f"https://scim-compat.invalid/schemas/{scim}/{name}"), registry=registry
    )


def errors(name: str, instance: Any, *, scim: str = "2.0", quote: bool = True) -> list[ShapeError]:
    """What is wrong with the shape of ``instance``, at most 10 errors, those nearest the root first.

    ``quote=False`` keeps every value of the instance out of the errors: only type names are given.
    """
    return shape_errors(validator(name, scim=scim), instance, quote=quote)


def from_target_schemas(resource_type: str, schemas: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The target's own ``/Schemas`` as one JSON Schema for its ``User`` or ``Group`` resources.

    Types, multiValued and sub-attributes are held; canonicalValues are suggestions and are not.
    ``returned: never`` must be absent, ``returned: always`` and ``required`` must be present.
    Size and depth are bounded whatever the target says. Raises LookupError if the target has no
    schema for the resource type.
    """
    return compile_schema(resource_type, schemas)


def own_errors(
    resource_type: str,
    schemas: Sequence[Mapping[str, Any]],
    instance: Any,
    *,
    projected: bool = False,
    quote: bool = True,
) -> list[ShapeError]:
    """What contradicts the target's own schema; with ``projected``, missing members are no contradiction.

    Raises LookupError if the target has no schema for the resource type.
    """
    found = shape_errors(_own_validator(resource_type, schemas), instance, quote=quote)
    present = {key.lower() for key in instance} if isinstance(instance, Mapping) else set()
    return [
        error
        for error in found
        if not (error.keyword == "required" and (projected or error.pointer[1:].lower() in present))
        and not (projected and error.keyword == "type" and error.actual in {None, "null"})
    ]


def shape_errors(compiled: Draft202012Validator, instance: Any, *, quote: bool = True) -> list[ShapeError]:
    """Like ``errors``, for a validator of your own."""
    sample = _sampled(instance)
    if _is_valid(compiled, sample):
        return []
    raw = islice(compiled.iter_errors(sample), _MAX_SEEN)
    shown = [one for error in raw for one in _explain(error, quote=quote)]
    merged: dict[str, ShapeError] = {}
    for one in sorted(shown, key=lambda error: (error.pointer.count("/"), _natural(error.pointer), error.keyword)):
        key = _INDEX.sub("*", one.pointer)
        first = merged.get(key)
        if first is None:
            merged[key] = one
        elif first.pointer != one.pointer:
            merged[key] = replace(first, more=first.more + 1)
    return list(merged.values())[:MAX_ERRORS]


def _own_validator(resource_type: str, schemas: Sequence[Mapping[str, Any]]) -> Draft202012Validator:
    # A run holds one tuple of schemas for its whole life: its identity is the cheapest key. The
    # tuple is kept beside the validator, so that the id cannot come to mean something else.
    key = (resource_type, id(schemas))
    held = _own.get(key)
    if held is not None and held[0] is schemas:
        return held[1]
    text = json.dumps(compile_schema(resource_type, schemas), sort_keys=True)
    made = _compiled(text)
    while len(_own) >= _CACHED_TARGETS:
        del _own[next(iter(_own))]
    _own[key] = (schemas, made)
    return made


@cache
def _compiled_cache() -> dict[str, Draft202012Validator]:
    return {}


def _compiled(text: str) -> Draft202012Validator:
    known = _compiled_cache()
    if text not in known:
        while len(known) >= _CACHED_TARGETS:
            del known[next(iter(known))]
        known[text] = Draft202012Validator(json.loads(text))
    return known[text]


def _is_valid(compiled: Draft202012Validator, instance: Any) -> bool:
    """A run reads the same resource again and again: what was found valid once is not validated again."""
    key = (id(compiled), repr(instance))
    if key in _valid:
        return True
    if not compiled.is_valid(instance):
        return False
    if len(key[1]) <= _LONGEST_KNOWN:
        while len(_valid) >= _MOST_KNOWN:
            del _valid[next(iter(_valid))]
        _valid[key] = compiled  # kept, so that its id cannot come to mean another
    return True


def _sampled(instance: Any) -> Any:
    """The instance with very long arrays cut: a group of 100,000 members is judged by its ends."""
    if not isinstance(instance, Mapping):
        return instance
    long = [key for key, value in instance.items() if isinstance(value, list) and len(value) > _MAX_ENTRIES]
    if not long:
        return instance
    return {key: value[:_MAX_ENTRIES] if key in long else value for key, value in instance.items()}


def _explain(error: ValidationError, *, quote: bool) -> Iterator[ShapeError]:
    pointer = "".join(f"/{escape(str(part))[:_MAX_POINTER]}" for part in error.absolute_path)
    keyword = str(error.validator)
    value: Any = error.instance
    schema = error.schema
    rule: Any = error.validator_value
    described = schema.get("description") if isinstance(schema, Mapping) else None
    where = pointer or "the body"
    if keyword == "required":
        # jsonschema gives one error a missing member, and names it in the text only.
        name = next((n for n in _missing(rule, value) if f"{n!r} is" in error.message), None)
        if name is None:  # pragma: no cover - one of the missing members is always named
            return
        other = next((key for key in value if key.lower() == name.lower()), None)
        hint = f"; it is spelled {other!r} here, and clients look for the exact name" if other and quote else ""
        message = f"{where} has no member {name!r}{hint}"
        yield ShapeError(f"{pointer}/{escape(name)}", keyword, "present", "absent", message, other is not None)
        return
    actual = _shown(value) if quote else type_name(value)
    if keyword == "type":
        expected = _types(rule)
        yield ShapeError(pointer, keyword, expected, actual, f"{where} is {_a(type_name(value))}, not {expected}")
        return
    if keyword == "enum":
        known = [item for item in rule if item is not None]
        expected = described or f"one of {', '.join(map(str, known))}"
    elif error.schema is False or keyword == "not":
        expected = "absent"
    else:
        expected = described or f"what {keyword} {str(rule)[:_MAX_TEXT]} allows"
    yield ShapeError(pointer, keyword, str(expected), actual, f"{where} is not {expected}")


def _missing(required: Iterable[str], value: Any) -> Iterator[str]:
    return (name for name in required if isinstance(value, Mapping) and name not in value)


def _natural(pointer: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdecimal() else (0, part) for part in pointer.split("/")]


def _types(value: str | list[str]) -> str:
    return value if isinstance(value, str) else " or ".join(value)


def _a(word: str) -> str:
    if word == "null":
        return word
    return f"an {word}" if word[0] in "aeiou" else f"a {word}"


def type_name(value: Any) -> str:
    """The JSON name of a value's type."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    for kinds, name in (((int, float), "number"), ((str,), "string"), ((list, tuple), "array")):
        if isinstance(value, kinds):
            return name
    return "object"


def _shown(value: Any) -> Any:
    if isinstance(value, str):
        return value if len(value) <= _MAX_TEXT else value[: _MAX_TEXT - 1] + "…"
    if isinstance(value, Mapping):
        names = [str(key)[:40] for key in islice(value, 5)]
        return f"an object with {', '.join(names)}{' …' if len(value) > 5 else ''}" if names else "an empty object"
    if isinstance(value, list):
        return f"an array of {len(value)}"
    return value
