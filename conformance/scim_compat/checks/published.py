"""The schemas and the resource types that the target publishes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import urlsplit

from scim_compat.engine.intent import Context
from scim_compat.scim import urls
from scim_compat.scim.grammar import parse_path
from scim_compat.scim.names import CORE_SCHEMA
from scim_compat.values import Json

_FIXED: Final = frozenset({"readonly", "immutable"})


def core_urn(context: Context, kind: str) -> str:
    """The URN of the core schema of that kind, in the version of the run."""
    return CORE_SCHEMA[context.scim][kind]


def resource_types(context: Context, kind: str) -> Iterator[Mapping[str, Json]]:
    """The target's resource types that are served at ``/Users`` or ``/Groups``."""
    for entry in context.capabilities.resource_types or ():
        parts = urls.segments(urlsplit(str(entry.get("endpoint", ""))).path)
        if parts and parts[-1].lower() == f"{kind.lower()}s":
            yield entry


def find_attribute(attributes: Json, name: str) -> Mapping[str, Json] | None:
    """The attribute of that name in ``attributes`` or ``subAttributes`` of a schema (RFC 7643 section 7)."""
    lowered = name.lower()
    for attribute in attributes if isinstance(attributes, list) else ():
        if isinstance(attribute, Mapping) and str(attribute.get("name", "")).lower() == lowered:
            return attribute
    return None


def is_published(context: Context, kind: str, path: str) -> bool | None:
    """True when the target's own schemas list the attribute; None if it publishes none."""
    if not context.capabilities.schemas:
        return None
    at = parse_path(path)
    is_core = at.urn.lower() == core_urn(context, kind).lower()
    if at.urn and context.capabilities.extends(kind, at.urn) is False and not is_core:
        return False
    attributes = _schema_attributes(context, kind, at.urn)
    if attributes is None:
        return False if at.urn else None
    attribute = find_attribute(attributes, at.attribute)
    if attribute is None:
        # externalId belongs to every resource (RFC 7643 §3.1) and is often left out of the schema.
        return None if at.attribute.lower() == "externalid" else False
    parts = attribute.get("subAttributes")
    return not at.sub or not isinstance(parts, list) or find_attribute(parts, at.sub) is not None


def is_unwritable(context: Context, kind: str, path: str) -> bool:
    """True when the target's own schemas call the attribute read-only or immutable: its change may be refused."""
    at = parse_path(path)
    attributes = _schema_attributes(context, kind, at.urn) if context.capabilities.schemas else None
    attribute = find_attribute(attributes, at.attribute)
    if attribute is None:
        return False
    parts = [attribute, find_attribute(attribute.get("subAttributes"), at.sub) or {}]
    return any(str(p.get("mutability", "")).lower() in _FIXED or p.get("readOnly") is True for p in parts)


def _schema_attributes(context: Context, kind: str, urn: str) -> list[Json] | None:
    """The attributes that the target lists under the URN (empty: the core one); None if it has no such schema."""
    if context.scim == "2.0":
        schema = context.capabilities.schema(urn or core_urn(context, kind))
        return None if schema is None else _attributes(schema)
    # SCIM 1.1 has one schema a resource, and each attribute in it names its URN (core schema, section 10).
    schemas = context.capabilities.schemas or ()
    schema = next((one for one in schemas if str(one.get("name", "")).lower() == kind.lower()), None)
    if schema is None:
        return None
    core = core_urn(context, kind)
    own_urn = (urn or core).lower()
    entries = [one for one in _attributes(schema) if isinstance(one, Mapping)]
    attributes = [one for one in entries if str(one.get("schema") or core).lower() == own_urn]
    return attributes if attributes or not urn else None


def _attributes(schema: Mapping[str, Json]) -> list[Json]:
    attributes = schema.get("attributes")
    return attributes if isinstance(attributes, list) else []
