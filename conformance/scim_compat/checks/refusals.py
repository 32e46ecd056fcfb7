"""Refusals that the RFC allows: a server may refuse a write that is not worded as a section words it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from scim_compat import schemas
from scim_compat.engine.fitting import fits_schemas
from scim_compat.engine.intent import Observation
from scim_compat.scim import messages, paths
from scim_compat.scim.filters import Path
from scim_compat.scim.grammar import PathError, parse_path
from scim_compat.scim.names import is_urn
from scim_compat.values import MISSING, Json, Level

_OPERATIONS: Final = frozenset({"add", "remove", "replace"})


def level_of_refusal(observation: Observation) -> Level | None:
    """CLIENT if the RFC lets a server refuse the write; None if the check's own level applies."""
    is_refusable = not _is_well_worded(observation) or _is_patch_absent(observation) or _is_beyond_schemas(observation)
    return "CLIENT" if is_refusable else None


def _is_patch_absent(observation: Observation) -> bool:
    """True for a PATCH to a target that declares that it has none: it is optional (RFC 7644 section 3.5.2)."""
    patch = (observation.context.capabilities.provider_config or {}).get("patch")
    return observation.intent.action == "patch" and isinstance(patch, Mapping) and patch.get("supported") is False


def _is_beyond_schemas(observation: Observation) -> bool:
    """True when the body has an attribute that the target's own schemas do not list, or lacks a required one.

    Both may be refused (RFC 7643 section 7, RFC 7644 section 3.12 invalidValue).
    """
    body = observation.intent.body
    is_whole = isinstance(body, Mapping) and observation.exchange.request.method in {"POST", "PUT"}
    return (
        is_whole
        and bool(messages.strings(body.get("schemas")))
        and not fits_schemas(body, observation.context.capabilities)
    )


def _is_well_worded(observation: Observation) -> bool:
    body = observation.intent.body
    if not isinstance(body, Mapping):
        return True
    if observation.intent.action == "patch" and observation.context.scim == "2.0":
        return not schemas.errors("PatchOp", body) and all(
            _is_regular(observation, each) for each in body["Operations"]
        )
    return not _has_wrong_type(observation, body)


def _is_regular(observation: Observation, operation: Mapping[str, Json]) -> bool:
    value = operation.get("value", MISSING)
    if operation["op"] not in _OPERATIONS:
        return False
    if operation["op"] == "remove":
        return value is MISSING  # section 3.5.2.2 has a path and nothing else
    if "path" not in operation:
        return isinstance(value, Mapping) and not any(map(_is_path, value)) and not _has_wrong_type(observation, value)
    try:
        at = parse_path(operation["path"])
    except PathError:
        return False  # invalidPath (RFC 7644 section 3.12, table 9)
    if at.condition is not None:
        return _has_element(observation, at)
    if isinstance(value, Mapping | list):
        return True
    part: dict[str, Any] = {}
    paths.put(part, at, value)
    return not _has_wrong_type(observation, part)


def _is_path(name: str) -> bool:
    """True when the name of a member is a path: section 3.5.2.1 has names of attributes there."""
    if is_urn(name):
        return False
    try:
        at = parse_path(name)
    except PathError:
        return True
    return at.condition is not None or bool(at.sub)


def _has_element(observation: Observation, at: Path) -> bool:
    """False when the path selects no element.

    Then section 3.5.2.3 demands that a replace is refused, and table 9 allows it for an add (noTarget).
    """
    subject = observation.intent.subject
    if subject is None:
        return True
    resource = subject.desired if subject.knowledge.answer is None else subject.knowledge.answer
    return paths.get(resource, replace(at, sub="")) is not MISSING


def _has_wrong_type(observation: Observation, resource: Mapping[str, Json]) -> bool:
    kind = observation.intent.resource or "User"
    errors = schemas.errors(kind, resource, scim=observation.context.scim)
    return any(error.keyword == "type" and error.pointer != "/password" for error in errors)
