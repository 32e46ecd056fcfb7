"""The attributes that the target offers: by its own schemas, and by its vendor's claims."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from scim_compat.engine.capabilities import Capabilities
from scim_compat.scim.grammar import parse_path
from scim_compat.scim.names import CORE_SCHEMA, Scim
from scim_compat.values import Json

if TYPE_CHECKING:
    from scim_compat.engine.context import RunContext
    from scim_compat.profile.model import Scenario, Sweep


_FIXED: Final = frozenset({"readonly", "immutable"})


def find_attribute(attributes: Json, name: str) -> Mapping[str, Json] | None:
    """The attribute of that name in ``attributes`` or ``subAttributes`` of a schema (RFC 7643 section 7)."""
    lowered = name.lower()
    for attribute in attributes if isinstance(attributes, list) else ():
        if isinstance(attribute, Mapping) and str(attribute.get("name", "")).lower() == lowered:
            return attribute
    return None


def is_listed(capabilities: Capabilities, kind: str, path: str, *, scim: Scim) -> bool | None:
    """True when the target's own schemas list the attribute; None if it publishes none."""
    if not capabilities.schemas:
        return None
    at = parse_path(path)
    is_core = at.urn.lower() == CORE_SCHEMA[scim][kind].lower()
    if at.urn and capabilities.extends(kind, at.urn) is False and not is_core:
        return False
    attributes = _schema_attributes(capabilities, kind, at.urn, scim=scim)
    if attributes is None:
        return False if at.urn else None
    attribute = find_attribute(attributes, at.attribute)
    if attribute is None:
        # externalId belongs to every resource (RFC 7643 §3.1) and is often left out of the schema.
        return None if at.attribute.lower() == "externalid" else False
    parts = attribute.get("subAttributes")
    return not at.sub or not isinstance(parts, list) or find_attribute(parts, at.sub) is not None


def is_fixed(capabilities: Capabilities, kind: str, path: str, *, scim: Scim) -> bool:
    """True when the target's own schemas call the attribute read-only or immutable."""
    if not capabilities.schemas:
        return False
    at = parse_path(path)
    attribute = find_attribute(_schema_attributes(capabilities, kind, at.urn, scim=scim), at.attribute)
    if attribute is None:
        return False
    parts = [attribute, find_attribute(attribute.get("subAttributes"), at.sub) or {}]
    return any(str(p.get("mutability", "")).lower() in _FIXED or p.get("readOnly") is True for p in parts)


def is_required(capabilities: Capabilities, kind: str, path: str, *, scim: Scim) -> bool:
    """True when the target's own schemas require what stands at the path, or its resource type the extension."""
    if not capabilities.schemas:
        return False
    at = parse_path(path)
    attributes = _schema_attributes(capabilities, kind, at.urn, scim=scim)
    if not at.attribute:
        parts = [one for one in attributes or () if isinstance(one, Mapping)]
        return capabilities.requires(kind, at.urn) or any(one.get("required") is True for one in parts)
    attribute = find_attribute(attributes, at.attribute) or {}
    part = find_attribute(attribute.get("subAttributes"), at.sub) or {}
    return attribute.get("required") is True or part.get("required") is True


def _schema_attributes(capabilities: Capabilities, kind: str, urn: str, *, scim: Scim) -> list[Json] | None:
    """The attributes that the target lists under the URN (empty: the core one); None if it has no such schema."""
    core = CORE_SCHEMA[scim][kind]
    if scim == "2.0":
        schema = capabilities.schema(urn or core)
        return None if schema is None else _attributes(schema)
    # SCIM 1.1 has one schema a resource, and each attribute in it names its URN (core schema, section 10).
    schemas = capabilities.schemas or ()
    schema = next((one for one in schemas if str(one.get("name", "")).lower() == kind.lower()), None)
    if schema is None:
        return None
    own_urn = (urn or core).lower()
    entries = [one for one in _attributes(schema) if isinstance(one, Mapping)]
    attributes = [one for one in entries if str(one.get("schema") or core).lower() == own_urn]
    return attributes if attributes or not urn else None


def _attributes(schema: Mapping[str, Json]) -> list[Json]:
    attributes = schema.get("attributes")
    return attributes if isinstance(attributes, list) else []


def unoffered(scenario: Scenario, run: RunContext) -> frozenset[str]:
    """The attributes of a sweep that the target declines: an admin would not map them, so nobody sends them."""
    sweep = scenario.sweep
    if sweep is None:
        return frozenset()
    is_change = any(step.verb == "change" for step in scenario.steps)
    return frozenset(path for path in sweep.paths if _is_declined(path, sweep, run, is_change=is_change))


def unlisted(values: Iterable[str], capabilities: Capabilities, kind: str, *, scim: Scim) -> frozenset[str]:
    """The core attributes among several that the target's own schemas leave out; none where nothing would remain.

    An administrator maps what the target lists. Extensions are left to the checks: a server may keep an unlisted one.
    """
    paths = frozenset(values)
    unknown = {p for p in paths if not parse_path(p).urn and is_listed(capabilities, kind, p, scim=scim) is False}
    return frozenset(unknown) if paths - unknown else frozenset()


def omissible(left_out: Iterable[str], scenario: Scenario, run: RunContext) -> list[str]:
    """The paths that a body of the scenario may lack: in a sweep none that the target's own schemas require."""
    sweep = scenario.sweep
    return [
        path
        for path in left_out
        if sweep is None or not is_required(run.capabilities, sweep.kind, path, scim=sweep.scim)
    ]


def _is_declined(path: str, sweep: Sweep, run: RunContext, *, is_change: bool) -> bool:
    if is_change and not run.claims.may_change(sweep.kind, path):
        return True
    if is_listed(run.capabilities, sweep.kind, path, scim=sweep.scim) is False:
        return True
    # One that must not change takes the others of its request along. By itself it shows what the client is refused.
    return is_change and len(sweep.paths) > 1 and is_fixed(run.capabilities, sweep.kind, path, scim=sweep.scim)


def without(values: Mapping[str, Json], paths: Iterable[str]) -> dict[str, Json]:
    """``values`` without those paths."""
    left_out = set(paths)
    return {path: value for path, value in values.items() if path not in left_out}
