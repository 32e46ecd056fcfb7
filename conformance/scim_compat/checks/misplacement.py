"""Extension attributes that an answer shows, but not where they belong (RFC 7643 section 3.3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from scim_compat.engine.intent import Effect
from scim_compat.scim import paths
from scim_compat.scim.grammar import parse_path
from scim_compat.scim.names import is_urn
from scim_compat.values import MISSING, Json, escape

_MAX_DEPTH: Final = 4


@dataclass(frozen=True, slots=True)
class Misplacement:
    """The place where an attribute of an extension stands instead."""

    pointer: str
    """JSON Pointer to the outermost key that is wrong."""
    key: str
    is_split: bool
    """The path was split at a dot that belongs to the URN."""


def misplacement(
    resource: Mapping[str, Json], effect: Effect, desired: Mapping[str, Json] = MappingProxyType({})
) -> Misplacement | None:
    """Return the place of a value that is missing under its extension's URN and stands elsewhere in the resource.

    A key of ``desired``, the resource as the client wants it, is in its own right where it is.
    """
    at = parse_path(effect.path)
    if not at.urn or effect.kind != "set" or not paths.is_unassigned(paths.get(resource, at)):
        return None
    spellings = {f"{at.urn}:{at.attribute}".lower(), f"{at.urn}.{at.attribute}".lower()}
    for keys, value in _walk(resource):
        name = ".".join(keys).lower()
        if name in spellings and keys[0].lower() != at.urn.lower():
            return Misplacement(f"/{escape(keys[0][:100])}", keys[0], is_split=len(keys) > 1)
        # The attribute under a short name of its extension, under another URN, or beside the core attributes.
        is_named = keys[-1].lower() == at.attribute.lower() and len(keys) <= 2
        inner = paths.member(value, at.sub) if at.sub and isinstance(value, Mapping) else value
        if is_named and paths.member(desired, keys[0]) is MISSING and _is_value(effect.value, inner):
            pointer = "".join(f"/{escape(key[:100])}" for key in keys)
            return Misplacement(pointer, keys[0], is_split=False)
    return None


def _is_value(expected: Json, actual: Json) -> bool:
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):  # a reference, to which a server adds
        return "value" in expected and expected["value"] == actual.get("value")
    return isinstance(expected, str) and bool(expected) and paths.is_same(expected, actual)


def _walk(resource: Mapping[str, Json], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Json]]:
    for name, value in resource.items():
        keys = (*above, name)
        yield keys, value
        if isinstance(value, Mapping) and len(keys) < _MAX_DEPTH:
            yield from _walk(value, keys)


def is_split_urn(name: str, value: Json) -> bool:
    """True for the first half of a URN that was cut at the dot of its version: ``urn:…:2`` with ``{"0:User": …}``.

    Such a key is no extension, so schemas need not list it.
    """
    if not is_urn(name) or not name.rpartition(":")[2].isdecimal() or not isinstance(value, Mapping):
        return False
    return any(key.partition(":")[0].isdecimal() and ":" in key for key in value)


def respelling(resource: Mapping[str, Json], effect: Effect) -> str:
    """Return the spelling in which the answer has the attribute of the extension; empty if it is the one sent."""
    at = parse_path(effect.path)
    extension = paths.member(resource, at.urn) if at.urn else MISSING
    if not isinstance(extension, Mapping) or at.attribute in extension:
        return ""
    letters = _letters(at.attribute)
    return next((name for name in extension if _letters(name) == letters), "") if letters else ""


def _letters(name: str) -> str:
    """The letters and digits of a name in one case: labels are rewritten as business_unit and businessUnit as well."""
    return "".join(each for each in name.lower() if each.isalnum())
