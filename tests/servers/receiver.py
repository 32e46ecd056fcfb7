"""A resource as RFC 7644 changes it: PATCH (§3.5.2) and PUT (§3.5.1) as pure functions of documents.

Written from the RFC alone, beside the good server and the harness, to be held against both. It takes what
services that real clients talk to must take: operation names in any case, booleans as strings, a reference
as a bare id, whole paths as keys of a value without path, and ``add`` to an element that is not there yet.
In all else it is strict: what the RFC has no place for is a ``Refused``.
"""

from __future__ import annotations

import copy
import json
import re
from typing import Any, Final

ENTERPRISE: Final = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
FJORD: Final = "urn:ietf:params:scim:schemas:extension:Fjord:2.0:User"
PATCH_OP: Final = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
MULTI: Final = frozenset({"emails", "phonenumbers", "addresses", "roles", "entitlements", "members"})
COMPLEX: Final = frozenset({"name", "manager"})
BOOLEAN: Final = frozenset({"active", "primary"})
READ_ONLY: Final = frozenset({"id", "meta", "groups"})
_PATH: Final = re.compile(
    r'(?P<attribute>[$\w-]+)(?:\[(?P<key>\w+) eq (?P<value>"(?:[^"\\]|\\.)*"|true|false)\])?(?:\.(?P<sub>[$\w-]+))?'
)


class Refused(Exception):  # noqa: N818 - what a service provider does
    """The message is one that a service provider refuses."""


def patched(resource: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    """The resource after a PatchOp message; the resource itself is left as it is."""
    if body.get("schemas") != [PATCH_OP] or set(body) != {"schemas", "Operations"} or not body["Operations"]:
        raise Refused(f"no PatchOp message: {body}")
    after = copy.deepcopy(resource)
    for operation in body["Operations"]:
        if not set(operation) <= {"op", "path", "value"}:
            raise Refused(f"unknown members: {operation}")
        name = operation["op"].lower()
        if name not in {"add", "replace", "remove"} or (name != "remove" and "value" not in operation):
            raise Refused(f"no operation: {operation}")
        if "path" in operation:
            _apply(after, name, operation["path"], operation.get("value"))
        elif name == "remove" or not isinstance(operation["value"], dict) or not operation["value"]:
            raise Refused(f"an operation without path needs an object: {operation}")
        else:
            for path, value in operation["value"].items():
                _apply(after, name, path, value)
    return after


def replaced(resource: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    """The resource after PUT: what is sent, with read-only attributes as they were (§3.5.1)."""
    well_formed(body)
    after = {key: copy.deepcopy(value) for key, value in body.items() if key.lower() not in READ_ONLY}
    enterprise = after.get(ENTERPRISE)
    for key in list(enterprise or {}):
        if key.lower() == "manager":
            enterprise[key] = _stored("manager", enterprise[key])
    return after | {key: value for key, value in resource.items() if key.lower() in READ_ONLY}


def well_formed(value: Any) -> None:
    """Refuses an object with the same attribute twice: names are alike in any case (RFC 7643 §2.1)."""
    if isinstance(value, dict):
        if len({key.lower() for key in value}) < len(value):
            raise Refused(f"an attribute twice: {sorted(value)}")
        for inner in value.values():
            well_formed(inner)
    elif isinstance(value, list):
        for inner in value:
            well_formed(inner)


def put(resource: dict[str, Any], path: str, value: Any) -> None:
    """Sets a path in place, with the element that it names if there is none."""
    holder, attribute, condition, sub = _place(resource, path)
    if condition:
        chosen = _chosen(holder, attribute, condition)
        if not chosen:
            chosen = [{condition[0]: condition[1]}]
            holder.setdefault(attribute, [])
            holder[attribute] = [*(holder[attribute] or []), *chosen]
        for entry in chosen:
            entry[sub] = copy.deepcopy(value)
    elif sub:
        if not holder.get(attribute):
            holder[attribute] = {}
        holder[attribute][sub] = copy.deepcopy(value)
    else:
        holder[attribute] = _stored(attribute, copy.deepcopy(value))


def remove(resource: dict[str, Any], path: str) -> None:
    """Removes what a path names, in place."""
    holder, attribute, condition, sub = _place(resource, path)
    if condition and sub:
        for entry in _chosen(holder, attribute, condition):
            entry.pop(sub, None)
    elif condition:
        gone = _chosen(holder, attribute, condition)
        holder[attribute] = [e for e in holder.get(attribute) or [] if not any(e is one for one in gone)]
    elif sub:
        (holder.get(attribute) or {}).pop(sub, None)
    else:
        holder.pop(attribute, None)


def levelled(value: Any) -> Any:
    """For comparing: without what is unassigned (RFC 7643 §2.5), arrays in one order."""
    if isinstance(value, dict):
        whole = {key: levelled(inner) for key, inner in value.items()}
        return {key: inner for key, inner in whole.items() if inner not in (None, "", [], {})}
    if isinstance(value, list):
        return sorted((levelled(inner) for inner in value), key=lambda one: json.dumps(one, sort_keys=True))
    return value


def _apply(resource: dict[str, Any], name: str, path: str, value: Any) -> None:
    holder, attribute, condition, sub = _place(resource, path)
    multi = attribute.lower() in MULTI
    if name == "remove":
        if value is not None and attribute == "members" and not condition:
            unwanted = {member["value"] for member in value}
            holder["members"] = [m for m in holder.get("members") or [] if m["value"] not in unwanted]
        elif value is not None:
            raise Refused(f"remove takes no value: {path}")
        else:
            remove(resource, path)
        return
    if condition:
        if not sub:
            raise Refused(f"this is of no use here: {path}")
        if name == "replace" and not _chosen(holder, attribute, condition):
            raise Refused(f"noTarget (§3.5.2.3): no element for {path}")
        put(resource, path, _plain(sub, value))
    elif multi:
        if sub or not isinstance(value, list):
            raise Refused(f"{path} takes an array")
        before = holder.get(attribute) or [] if name == "add" else []
        entries = [{k: _plain(k, v) for k, v in one.items() if v is not None} for one in value]
        alike = {(one.get("type"), one["value"]) for one in before}
        holder[attribute] = [*before, *(one for one in entries if (one.get("type"), one["value"]) not in alike)]
    else:
        put(resource, path, _plain(sub or attribute, value))


def _place(resource: dict[str, Any], path: str) -> tuple[dict[str, Any], str, tuple[str, Any] | None, str]:
    """(the object that holds it, attribute, its condition, sub-attribute)."""
    urn = next((u for u in (ENTERPRISE, FJORD) if path.startswith(f"{u}:")), "")
    found = _PATH.fullmatch(path.removeprefix(f"{urn}:") if urn else path)
    if not found:
        raise Refused(f"invalidPath: {path}")
    holder = resource.setdefault(urn, {}) if urn else resource
    condition = None
    if found["key"]:
        wanted = json.loads(found["value"])
        condition = (found["key"], _plain(found["key"], wanted))
    return holder, found["attribute"], condition, found["sub"] or ""


def _chosen(holder: dict[str, Any], attribute: str, condition: tuple[str, Any]) -> list[dict[str, Any]]:
    key, wanted = condition
    return [entry for entry in holder.get(attribute) or [] if _plain(key, entry.get(key)) == wanted]


def _plain(name: str, value: Any) -> Any:
    if name.lower() in BOOLEAN and isinstance(value, str):
        if value.lower() not in {"true", "false"}:
            raise Refused(f"{name} is a boolean, not {value!r}")
        return value.lower() == "true"
    return value


def _stored(attribute: str, value: Any) -> Any:
    return {"value": value} if attribute.lower() == "manager" and isinstance(value, str) else value
