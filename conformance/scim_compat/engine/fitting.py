"""Bodies of set-up, cut and completed by the schemas that the target publishes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from scim_compat.engine.actor import Actor
from scim_compat.engine.capabilities import Capabilities
from scim_compat.scim.names import is_urn
from scim_compat.values import Json

_EVERYWHERE: Final = frozenset({"schemas", "externalid", "username", "displayname", "active"})
"""Common, required, or the subject of scenarios: sent whether or not the target's schema lists them."""
_SERVERS_OWN: Final = frozenset({"schemas", "id", "meta"})

Definitions = dict[str, Mapping[str, Json]]
"""Attribute definitions of one level by their name in small letters."""


def fit_to_schema(body: dict[str, Json], actor: Actor, target: Capabilities) -> dict[str, Json]:
    """``body`` without the attributes that the target's schema lacks, and with the full name where it requires one.

    A service provider may refuse what is not in its schema, and may require what RFC 7643 does not
    (RFC 7643 §7, RFC 7644 §3.12 ``invalidSyntax``). Without a published schema the body stays as it is.
    """
    attributes = _definitions(body, target)
    if not attributes:
        return body
    fitting = {
        name: _listed_parts(value, _sub_attributes(attributes, name))
        for name, value in body.items()
        if name.lower() in _EVERYWHERE | attributes.keys()
    }
    if isinstance(fitting.get("name"), dict) and _requires(_sub_attributes(attributes, "name"), "formatted"):
        fitting["name"]["formatted"] = actor.sources["fullName"]
    return fitting


def add_required(body: dict[str, Json], target: Capabilities, base_url: str) -> dict[str, Json]:
    """``body`` of a group with what the target's own schema requires of one: ``members``, and ``$ref`` in each."""
    attributes = _definitions(body, target)
    if "userName" in body or "members" not in attributes:
        return body
    complete = dict(body)
    if _requires(attributes, "members"):
        complete.setdefault("members", [])
    if "members" in complete and _requires(_sub_attributes(attributes, "members"), "$ref"):
        users = f"{base_url}/Users"
        complete["members"] = [{**m, "$ref": f"{users}/{quote(m['value'], safe='')}"} for m in complete["members"]]
    return complete


def fits_schemas(body: Mapping[str, Json], target: Capabilities) -> bool:
    """True when the target's own schemas list everything in ``body``, and require nothing that it lacks."""
    if not target.schemas or not _definitions(body, target):
        return True
    core = body["schemas"][0]
    parts = {urn: value for urn, value in body.items() if is_urn(urn)}
    parts[core] = {k: v for k, v in body.items() if k not in parts and k.lower() not in _EVERYWHERE}
    return all(
        _is_allowed(_by_name((target.schema(urn) or {}).get("attributes")), part, whole=body if urn == core else part)
        for urn, part in parts.items()
        if isinstance(part, Mapping)
    )


def _is_allowed(attributes: Definitions, part: Mapping[str, Json], *, whole: Mapping[str, Json]) -> bool:
    """True when ``part`` holds nothing unknown and ``whole`` everything required; the same below complex values."""
    present = {name.lower() for name in whole} | _SERVERS_OWN
    required = {n for n in attributes if _requires(attributes, n) and attributes[n].get("mutability") != "readOnly"}
    if required - present:
        return False
    for name, value in part.items():
        if name.lower() in _SERVERS_OWN:
            continue  # a server ignores what a client sends of these (RFC 7643 §3.1)
        if name.lower() not in attributes:
            return False
        subs = _sub_attributes(attributes, name)
        entries = [v for v in (value if isinstance(value, list) else [value]) if isinstance(v, Mapping)]
        if subs and not all(_is_allowed(subs, entry, whole=entry) for entry in entries):
            return False
    return True


def _definitions(body: Mapping[str, Json], target: Capabilities) -> Definitions:
    """The definitions of the target's own core schema for ``body``; empty if it publishes none."""
    return _by_name((target.schema(body["schemas"][0]) or {}).get("attributes"))


def _sub_attributes(attributes: Definitions, name: str) -> Definitions:
    return _by_name(attributes.get(name.lower(), {}).get("subAttributes"))


def _requires(attributes: Definitions, name: str) -> bool:
    return attributes.get(name, {}).get("required") is True


def _by_name(value: Json) -> Definitions:
    definitions = value if isinstance(value, list) else []
    return {str(a.get("name", "")).lower(): a for a in definitions if isinstance(a, Mapping)}


def _listed_parts(value: Json, subs: Definitions) -> Json:
    """The parts of a complex value that the schema lists; all of them where it lists none."""
    if isinstance(value, list):
        return [_listed_parts(v, subs) for v in value]
    if not isinstance(value, dict) or not subs:
        return value
    return {k: v for k, v in value.items() if k.lower() in subs}
