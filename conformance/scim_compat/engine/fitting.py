"""Bodies of set-up, made so that the target can take them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from scim_compat.engine.actor import Actor
from scim_compat.engine.capabilities import Capabilities
from scim_compat.values import Json

_EVERYWHERE: Final = frozenset({"schemas", "externalid", "username", "displayname", "active"})
"""Common, required, or what scenarios are about: sent whether or not the target's schema lists them."""


_SERVERS_OWN: Final = frozenset({"schemas", "id", "meta"})


def fit_to_schema(body: dict[str, Json], actor: Actor, target: Capabilities) -> dict[str, Json]:
    """``body`` without what the target's own schema does not know, and with the full name where it requires one.

    A service provider may refuse what is not in its schema, and may require what RFC 7643 does not
    (RFC 7643 §7, RFC 7644 §3.12 ``invalidSyntax``). Without a published schema the body stays as it is.
    """
    listed = _by_name((target.schema(body["schemas"][0]) or {}).get("attributes"))
    if not listed:
        return body
    found = {
        name: _known(value, _by_name(listed.get(name.lower(), {}).get("subAttributes")))
        for name, value in body.items()
        if name.lower() in _EVERYWHERE | listed.keys()
    }
    parts = _by_name(listed.get("name", {}).get("subAttributes"))
    if isinstance(found.get("name"), dict) and parts.get("formatted", {}).get("required") is True:
        found["name"]["formatted"] = actor.sources["fullName"]
    return found


def add_required(body: dict[str, Json], target: Capabilities, base_url: str) -> dict[str, Json]:
    """``body`` of a group with what the target's own schema requires of one: ``members``, and ``$ref`` in each."""
    listed = _by_name((target.schema(body["schemas"][0]) or {}).get("attributes")).get("members", {})
    if "userName" in body or not listed:
        return body
    found = dict(body)
    if listed.get("required") is True:
        found.setdefault("members", [])
    if _by_name(listed.get("subAttributes")).get("$ref", {}).get("required") is True and "members" in found:
        found["members"] = [{**m, "$ref": f"{base_url}/Users/{quote(m['value'], safe='')}"} for m in found["members"]]
    return found


def fits_schemas(body: Mapping[str, Json], target: Capabilities) -> bool:
    """Whether the target's own schemas list all that ``body`` holds, and require nothing that it lacks."""
    if not target.schemas:
        return True
    core = body["schemas"][0]
    if not _by_name((target.schema(core) or {}).get("attributes")):
        return True
    parts = {urn: value for urn, value in body.items() if urn.startswith("urn:")}
    parts[core] = {k: v for k, v in body.items() if k not in parts and k.lower() not in _EVERYWHERE}
    return all(
        _lists(_by_name((target.schema(urn) or {}).get("attributes")), part, given=body if urn == core else part)
        for urn, part in parts.items()
        if isinstance(part, Mapping)
    )


def _lists(known: Mapping[str, Mapping[str, Json]], part: Mapping[str, Json], *, given: Mapping[str, Json]) -> bool:
    """``part`` holds nothing unknown, ``given`` all that is required; the same below each complex value."""
    named = {name.lower() for name in given} | _SERVERS_OWN
    wanted = {n for n, d in known.items() if d.get("required") is True and d.get("mutability") != "readOnly"}
    if wanted - named:
        return False
    for name, value in part.items():
        if name.lower() in _SERVERS_OWN:
            continue  # what a client sends of these is ignored (RFC 7643 §3.1)
        if name.lower() not in known:
            return False
        subs = _by_name(known[name.lower()].get("subAttributes"))
        entries = [v for v in (value if isinstance(value, list) else [value]) if isinstance(v, Mapping)]
        if subs and not all(_lists(subs, entry, given=entry) for entry in entries):
            return False
    return True


def _by_name(attributes: Json) -> dict[str, Mapping[str, Json]]:
    """Attribute definitions of one level by name in small letters."""
    listed = attributes if isinstance(attributes, list) else []
    return {str(a.get("name", "")).lower(): a for a in listed if isinstance(a, Mapping)}


def _known(value: Json, subs: Mapping[str, Any]) -> Json:
    """The parts of a complex value that the schema lists; all of them where it lists none."""
    if isinstance(value, list):
        return [_known(v, subs) for v in value]
    if not isinstance(value, dict) or not subs:
        return value
    return {k: v for k, v in value.items() if k.lower() in subs}
