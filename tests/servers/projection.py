"""``attributes`` and ``excludedAttributes``: RFC 7644 §3.4.2.5, §3.9."""

from __future__ import annotations

from .filters import Path, parse_path
from .protocol import Data, ScimError
from .schema import Kind

ALWAYS = frozenset({"schemas", "id"})
"""Attributes with returned "always": a projection never removes them."""


def project(kind: Kind, resource: Data, *, attributes: str, excluded: str) -> Data:
    """The part of a resource that a client asked for; unknown names are ignored."""
    if attributes and excluded:
        raise ScimError(400, "attributes and excludedAttributes exclude each other.", scim_type="invalidValue")
    if attributes:
        return _only(_paths(kind, attributes), resource)
    return _without(_paths(kind, excluded), resource) if excluded else resource


def _paths(kind: Kind, names: str) -> list[Path]:
    found = []
    for name in names.split(","):
        try:
            found.append(parse_path(name.strip(), kind))
        except ScimError:
            continue
    return found


def _only(paths: list[Path], resource: Data) -> Data:
    kept: Data = {key: value for key, value in resource.items() if key in ALWAYS}
    for path in paths:
        source = resource.get(path.urn, {}) if path.urn else resource
        if path.attribute is None:
            if source:
                kept[path.urn] = source
            continue
        value = source.get(path.attribute.name)
        if value is None:
            continue
        target = kept.setdefault(path.urn, {}) if path.urn else kept
        if path.sub is None:
            target[path.attribute.name] = value
            continue
        name = path.sub.name
        before = target.get(path.attribute.name)
        if isinstance(value, list):
            before = before or [{} for _ in value]
            pairs = zip(before, value, strict=True)
            target[path.attribute.name] = [old | _pick(entry, name) for old, entry in pairs]
        else:
            target[path.attribute.name] = (before or {}) | _pick(value, name)
    return kept


def _pick(entry: Data, name: str) -> Data:
    return {name: entry[name]} if name in entry else {}


def _without(paths: list[Path], resource: Data) -> Data:
    kept = dict(resource)
    for path in paths:
        if path.attribute is None:
            kept.pop(path.urn, None)
            continue
        name = path.attribute.name
        if name in ALWAYS or (path.urn or name) not in kept:
            continue
        holder = dict(kept[path.urn]) if path.urn else kept
        if path.urn:
            kept[path.urn] = holder
        value = holder.get(name)
        if path.sub is None:
            holder.pop(name, None)
        elif isinstance(value, list):
            holder[name] = [{k: v for k, v in entry.items() if k != path.sub.name} for entry in value]
        elif isinstance(value, dict):
            holder[name] = {k: v for k, v in value.items() if k != path.sub.name}
        if path.urn and not holder:
            del kept[path.urn]
    return kept
