"""The assertions of a profile about one answer, held against it: for the checks, and for steps that rest on others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from scim_compat.engine.intent import Assertion, Intent
from scim_compat.scim import messages
from scim_compat.values import MISSING, Json, unescape
from scim_compat.wire.messages import Response

_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "number": (int, float), "string": (str,), "boolean": (bool,), "array": (list,), "object": (dict,),
}  # fmt: skip


def value_at(response: Response, place: str) -> Json:
    """The value at that place: a header, or a JSON Pointer into the body."""
    if place.startswith("header "):
        header = response.header(place.removeprefix("header "))
        return MISSING if header is None else header
    value = response.json
    for part in place.split("/")[1:]:
        name = unescape(part)
        if isinstance(value, Mapping):
            value = value.get(name, MISSING)
        elif isinstance(value, list) and name.isdecimal() and int(name) < len(value):
            value = value[int(name)]
        else:
            return MISSING
    return value


def is_fulfilled(one: Assertion, value: Json) -> bool:
    """True when the value is what the assertion asks for."""
    if one.word == "equals":
        return value is not MISSING and type(value) is type(one.value) and bool(value == one.value)
    if one.word == "includes":
        return isinstance(value, list) and one.value in value
    if one.value == "absent":
        return value is MISSING
    if one.value == "present":
        return value is not MISSING
    if one.value == "not-empty":
        return value is not MISSING and value is not None and value not in ("", [], {})
    is_of_type = isinstance(value, _TYPES[str(one.value)])
    return is_of_type and not (one.value == "number" and isinstance(value, bool))


def is_as_expected(response: Response | None, intent: Intent) -> bool:
    """True for a success that holds everything that the profile expects of it."""
    if response is None or not response.ok:
        return False
    if not all(is_fulfilled(one, value_at(response, one.at)) for one in intent.assertions):
        return False
    query = intent.query
    if query.finds is None or not query.among:
        return True
    ids = {str(resource.get("id")) for resource in messages.resources(response.json)}
    return ids & set(query.among) == set(query.finds)
