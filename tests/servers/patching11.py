"""PATCH of SCIM 1.1: the body is a part of the resource, and is merged into what is there (protocol, 3.3.2)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from . import incoming
from .filters import parse_path
from .protocol import Data, ScimError
from .schema import COMMON, Attribute, Kind, by_name
from .store import copy_json


def names_to_clear(body: Data) -> list[str]:
    """``meta.attributes``: the attributes that go before anything is merged."""
    meta = body.get("meta")
    names = meta.get("attributes") if isinstance(meta, dict) else None
    if names is None:
        return []
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ScimError(400, "meta.attributes must be an array of attribute names.", scim_type="invalidValue")
    return names


def clear(kind: Kind, data: Data, names: Iterable[str]) -> set[str]:
    """Remove attributes and sub-attributes; the names of those removed as a whole.

    Names that mean nothing here are ignored: what is not there need not be removed.
    """
    whole: set[str] = set()
    for name in names:
        try:
            path = parse_path(name, kind)
        except ScimError:
            continue
        if path.attribute is None:
            data.pop(path.urn, None)
            continue
        holder = data.get(path.urn, {}) if path.urn else data
        value = holder.get(path.attribute.name)
        if path.sub is None:
            holder.pop(path.attribute.name, None)
            whole.add(path.attribute.name)
        elif isinstance(value, dict):
            value.pop(path.sub.name, None)
            if not value:
                del holder[path.attribute.name]
        if path.urn and not holder:
            data.pop(path.urn, None)
    return whole


def merge(kind: Kind, data: Data, body: Data, cleared: set[str]) -> None:
    """Merge a partial resource: single values replace, complex ones merge, entries are added or merged.

    Unknown and read-only members are ignored (``id``, ``meta``, ``groups``: clients echo them).
    """
    for key, value in body.items():
        attribute = by_name(COMMON, key) or kind.core.find(key)
        if attribute:
            _merge_one(data, attribute, value, cleared)
            continue
        schema = kind.schema(key)
        if schema is None or schema is kind.core or value is None:
            continue
        if not isinstance(value, dict):
            raise ScimError(400, f"{schema.urn} must be an object.", scim_type="invalidValue")
        extension = data.setdefault(schema.urn, {})
        for name, inner in value.items():
            found = schema.find(name)
            if found:
                _merge_one(extension, found, inner, cleared)
        if not extension:
            del data[schema.urn]


def _merge_one(holder: Data, attribute: Attribute, value: Any, cleared: set[str]) -> None:
    if attribute.read_only or attribute.returned == "never":
        return
    if attribute.multi:
        entries = list(holder.get(attribute.name, ()))
        for entry in value if isinstance(value, list) else [value]:
            if entry is not None:
                _merge_entry(entries, attribute, entry, ignore_deletes=attribute.name in cleared)
        incoming.store(holder, attribute, entries)
    elif attribute.type == "complex" and isinstance(value, dict):
        merged = copy_json(holder.get(attribute.name, {}))
        for name, inner in value.items():
            sub = attribute.sub(name)
            if sub:
                incoming.store(merged, sub, inner)
        incoming.store(holder, attribute, merged)
    else:
        incoming.store(holder, attribute, value)


def _merge_entry(entries: list[Data], attribute: Attribute, entry: Any, *, ignore_deletes: bool) -> None:
    operation = entry.get("operation") if isinstance(entry, dict) else None
    given = incoming.coerce_single(attribute, entry)
    if operation is not None and str(operation).lower() != "delete":
        raise ScimError(400, f"operation must be delete, not {operation!r}.", scim_type="invalidValue")
    if not given:
        return
    if operation is None:
        if given.get("primary"):  # only one entry may be primary: the newest
            for other in entries:
                other.pop("primary", None)
        twin = _same_value(entries, attribute, given)
        if len(twin) == 1:
            twin[0].update(given)
        elif given not in entries:
            entries.append(given)
    elif not ignore_deletes:
        doomed = _same_value(entries, attribute, given)
        if len(doomed) != 1:
            doomed = [one for one in entries if given.items() <= one.items()]
        entries[:] = [one for one in entries if not any(one is other for other in doomed)]


def _same_value(entries: list[Data], attribute: Attribute, given: Data) -> list[Data]:
    """The entries with the same ``value``, in any case unless case matters."""
    sub = attribute.sub("value")
    if sub is None or "value" not in given:
        return []
    wanted = _folded(sub, given["value"])
    return [one for one in entries if _folded(sub, one.get("value")) == wanted]


def _folded(sub: Attribute, value: Any) -> Any:
    return value.casefold() if isinstance(value, str) and not sub.case_exact else value
