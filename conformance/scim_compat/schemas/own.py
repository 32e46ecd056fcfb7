"""A target's own ``/Schemas`` turned into JSON Schema, within bounds whatever the target says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from scim_compat.scim.names import CORE_URNS

MAX_ATTRIBUTES: Final = 2_000
"""Of all schemas together; what comes after is not held against the target."""
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


class _Budget:
    """How many attributes may still be taken over."""

    def __init__(self) -> None:
        self.left = MAX_ATTRIBUTES

    def take(self) -> bool:
        self.left -= 1
        return self.left >= 0


def compile_schema(resource_type: str, schemas: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """See ``scim_compat.schemas.from_target_schemas``."""
    core = CORE_URNS.get(resource_type, resource_type).lower()
    budget = _Budget()
    whole: dict[str, Any] | None = None
    extensions: dict[str, Any] = {}
    listed = [entry for entry in schemas if isinstance(entry, Mapping) and isinstance(entry.get("id"), str)]
    # The resource's own schema goes first: it is the one that must not fall victim to the bounds.
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


def _object(attributes: Any, budget: _Budget, *, depth: int) -> dict[str, Any]:
    properties: dict[str, Any] = {}
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
    made: dict[str, Any] = {"type": "object", "properties": properties}
    if required:
        made["required"] = required
    return made


def _must_be_returned(attribute: Mapping[str, Any]) -> bool:
    returned = _word(attribute, "returned") or "default"
    if _word(attribute, "mutability") == "writeonly" or returned in {"never", "request"}:
        return False
    return returned == "always" or attribute.get("required") is True


def _attribute(attribute: Mapping[str, Any], budget: _Budget, *, depth: int, null: bool) -> dict[str, Any]:
    if _word(attribute, "returned") == "never":
        return {"type": "null", "description": "absent, as its schema says it is never returned"}
    many = attribute.get("multiValued") is True
    one = _single(attribute, budget, depth=depth)
    if many:
        return {"type": ["array", "null"] if null else "array", **({"items": one} if one else {})}
    if null and "type" in one:
        return {**one, "type": [one["type"], "null"]}
    return one


def _single(attribute: Mapping[str, Any], budget: _Budget, *, depth: int) -> dict[str, Any]:
    # "string" is the default type (RFC 7643 section 2.2), but a schema that leaves the type out
    # has not said anything that its answers could contradict.
    kind = _TYPES.get(_word(attribute, "type"))
    if kind is None:
        return {}
    if kind == "object":
        if depth >= MAX_DEPTH:
            return {"type": "object"}
        return _object(attribute.get("subAttributes"), budget, depth=depth + 1)
    if _word(attribute, "type") == "datetime":
        return {"type": kind, **_DATE_TIME}
    return {"type": kind}


def _word(attribute: Mapping[str, Any], name: str) -> str:
    value = attribute.get(name)
    return value.lower() if isinstance(value, str) else ""
