"""Turns a target's own ``/Schemas`` into JSON Schema, within bounds whatever the target publishes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from scim_compat.scim.names import CORE_URNS
from scim_compat.values import Json

MAX_ATTRIBUTES: Final = 2_000
"""Attributes of all schemas together; the target is not judged by those beyond."""
MAX_DEPTH: Final = 3
"""RFC 7643 section 2.3.8 knows one level of sub-attributes; its own meta-schema needs two."""
MAX_SCHEMAS: Final = 100
_MAX_NAME: Final = 200

_DATE_TIME: Final = {
    "pattern": r"^-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?$",
    "description": "an xsd:dateTime such as 2026-01-31T09:30:00Z",
}
_TYPES: Final = {
    "string": "string",
    "boolean": "boolean",
    "decimal": "number",
    "integer": "integer",
    "datetime": "string",
    "reference": "string",
    "binary": "string",
    "complex": "object",
}

Schema = dict[str, Any]
"""A JSON Schema: its members have a type each, and there are too many to name."""


class _Budget:
    """Counts the attributes that may still be taken over."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = MAX_ATTRIBUTES

    def take(self) -> bool:
        self.left -= 1
        return self.left >= 0


def from_target_schemas(resource_type: str, schemas: Sequence[Mapping[str, Json]]) -> Schema:
    """Return the target's own ``/Schemas`` as one JSON Schema for its ``User`` or ``Group`` resources.

    Types, multiValued and sub-attributes are tested; canonicalValues are suggestions and are not. Attributes that
    are ``returned: never`` must be absent, those that are ``returned: always`` or ``required`` must be present.
    Size and depth are bounded. Raises LookupError if the target has no schema for the resource type.
    """
    core = CORE_URNS.get(resource_type, resource_type).lower()
    budget = _Budget()
    whole: Schema | None = None
    extensions: Schema = {}
    listed = [entry for entry in schemas if isinstance(entry, Mapping) and isinstance(entry.get("id"), str)]
    # The resource's own schema goes first: it must not fall victim to the bounds.
    for entry in sorted(listed, key=lambda one: one["id"].lower() != core)[:MAX_SCHEMAS]:
        urn = entry["id"]
        if urn.lower() == core:
            if whole is None:
                whole = _object(entry.get("attributes"), budget, depth=1)
        elif len(urn) <= _MAX_NAME:
            extensions.setdefault(
                urn, {**_object(entry.get("attributes"), budget, depth=1), "type": ["object", "null"]}
            )
    if whole is None:
        raise LookupError(f"the target's /Schemas has no schema for {resource_type}")
    whole["properties"] = {**extensions, **whole["properties"]}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **whole}


def _object(attributes: Json, budget: _Budget, *, depth: int) -> Schema:
    properties: Schema = {}
    required: list[str] = []
    for attribute in attributes if isinstance(attributes, list) else ():
        name = attribute.get("name") if isinstance(attribute, Mapping) else None
        if not isinstance(name, str) or not 0 < len(name) <= _MAX_NAME or name in properties:
            continue
        if not budget.take():
            break
        must = _must_be_returned(attribute)
        properties[name] = _attribute(attribute, budget, depth=depth, null=not must)
        if must:
            required.append(name)
    schema: Schema = {"type": "object", "properties": properties}
    if required:
        schema["required"] = required
    return schema


def _must_be_returned(attribute: Mapping[str, Json]) -> bool:
    returned = _characteristic(attribute, "returned") or "default"
    if _characteristic(attribute, "mutability") == "writeonly" or returned in {"never", "request"}:
        return False
    return returned == "always" or attribute.get("required") is True


def _attribute(attribute: Mapping[str, Json], budget: _Budget, *, depth: int, null: bool) -> Schema:
    if _characteristic(attribute, "returned") == "never":
        return {"type": "null", "description": "absent, as its schema says it is never returned"}
    many = attribute.get("multiValued") is True
    one = _single(attribute, budget, depth=depth)
    if many:
        return {"type": ["array", "null"] if null else "array", **({"items": one} if one else {})}
    if null and "type" in one:
        return {**one, "type": [one["type"], "null"]}
    return one


def _single(attribute: Mapping[str, Json], budget: _Budget, *, depth: int) -> Schema:
    # "string" is the default type (RFC 7643 section 2.2), but a schema that leaves the type out
    # has not said anything that its answers could contradict.
    kind = _TYPES.get(_characteristic(attribute, "type"))
    if kind is None:
        return {}
    if kind == "object":
        if depth >= MAX_DEPTH:
            return {"type": "object"}
        return _object(attribute.get("subAttributes"), budget, depth=depth + 1)
    if _characteristic(attribute, "type") == "datetime":
        return {"type": kind, **_DATE_TIME}
    return {"type": kind}


def _characteristic(attribute: Mapping[str, Json], name: str) -> str:
    """The characteristic of that name (RFC 7643 section 7), lower-case; empty if it is not stated."""
    value = attribute.get(name)
    return value.lower() if isinstance(value, str) else ""
