"""From what a client sends to what is stored: canonical names, JSON types, nothing read-only."""

from __future__ import annotations

from typing import Any

from .protocol import Data, ScimError
from .schema import COMMON, Attribute, Kind, by_name


def clean(kind: Kind, body: Data) -> Data:
    """The attributes of a POST or PUT body as they are stored.

    Unknown attributes, undeclared extensions, nulls and read-only attributes (``id``, ``meta``,
    ``groups``) are left out: clients echo or invent them (RFC 7644 §3.3, §3.5.1).
    """
    if not isinstance(body.get("schemas", []), list):
        raise ScimError(400, "schemas must be an array.", scim_type="invalidSyntax")
    data: Data = {}
    for key, value in body.items():
        attribute = by_name(COMMON, key) or kind.core.find(key)
        if attribute:
            store(data, attribute, value)
            continue
        schema = kind.schema(key)
        if schema is None or schema is kind.core or value is None:
            continue
        if not isinstance(value, dict):
            raise ScimError(400, f"{schema.urn} must be an object.", scim_type="invalidValue")
        extension: Data = {}
        for name, inner in value.items():
            found = schema.find(name)
            if found:
                store(extension, found, inner)
        if extension:
            data[schema.urn] = extension
    require(kind, data)
    return data


def require(kind: Kind, data: Data) -> None:
    """Refuse a resource that lacks a required attribute."""
    for attribute in kind.core.attributes:
        if attribute.required and not data.get(attribute.name):
            raise ScimError(400, f"{attribute.name} is required.", scim_type="invalidValue")


def store(holder: Data, attribute: Attribute, value: Any) -> None:
    """Put a client's value in place, or remove what is there if the value means "none"."""
    if attribute.read_only or attribute.returned == "never":
        return  # a password is accepted and forgotten: nobody signs in here
    coerced = coerce(attribute, value)
    if coerced is None:
        holder.pop(attribute.name, None)
    else:
        holder[attribute.name] = coerced


def coerce(attribute: Attribute, value: Any) -> Any:
    """A value in its stored form; None where it means "no value" (RFC 7643 §2.5)."""
    if not attribute.multi:
        if attribute.type == "complex" and isinstance(value, list) and len(value) <= 1:
            value = value[0] if value else None  # the oldest form of manager: [{"value": id}]
        return coerce_single(attribute, value)
    entries = value if isinstance(value, list) else [value]
    kept = [entry for entry in (coerce_single(attribute, one) for one in entries) if entry is not None]
    if sum(entry.get("primary") is True for entry in kept) > 1:
        raise ScimError(400, f"{attribute.name} has two primary values.", scim_type="invalidValue")
    if by_name(attribute.subs, "value"):  # an entry that has only a type says nothing
        kept = [entry for entry in kept if "value" in entry]
    return kept or None


def coerce_single(attribute: Attribute, value: Any) -> Any:
    """One value of an attribute: of a multi-valued one, one entry."""
    if value is None or value == "":
        return None
    if attribute.type == "complex":
        return _complex(attribute, value)
    if attribute.type == "boolean":
        if isinstance(value, str) and value.lower() in {"true", "false"}:
            return value.lower() == "true"  # Entra's first PATCH dialect sends "True" and "False"
        if isinstance(value, bool):
            return value
        raise ScimError(400, f"{attribute.name} must be true or false.", scim_type="invalidValue")
    if not isinstance(value, str):
        raise ScimError(400, f"{attribute.name} must be a string.", scim_type="invalidValue")
    return value


def _complex(attribute: Attribute, value: Any) -> Data | None:
    if isinstance(value, str) and attribute.sub("value"):
        value = {"value": value}  # "manager": "id", and emails given as plain strings
    if not isinstance(value, dict):
        raise ScimError(400, f"{attribute.name} must be an object.", scim_type="invalidValue")
    entry: Data = {}
    for key, inner in value.items():
        sub = attribute.sub(key)
        if sub and not sub.read_only:
            coerced = coerce(sub, inner)
            if coerced is not None:
                entry[sub.name] = coerced
    if not entry or ("value" not in entry and not attribute.multi and attribute.sub("value")):
        return None  # {"value": ""} clears the manager
    return entry
