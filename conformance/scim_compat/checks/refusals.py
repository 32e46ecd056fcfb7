"""Whether a write is worded as the specification words it. Else no section speaks against a refusal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from scim_compat import schemas
from scim_compat.checks.registry import Level
from scim_compat.engine.fitting import fits_schemas
from scim_compat.engine.intent import Observation
from scim_compat.scim import messages, paths
from scim_compat.values import MISSING, Json

_OPERATIONS = frozenset({"add", "remove", "replace"})


def word_on_refusal(observation: Observation) -> Level | None:
    """CLIENT if the RFC lets a server refuse the write; None if the check's own level holds."""
    held = _worded(observation) and not _patch_is_not_offered(observation) and not _beyond_its_schemas(observation)
    return None if held else "CLIENT"


def _patch_is_not_offered(observation: Observation) -> bool:
    """PATCH is optional (RFC 7644 section 3.5.2), and the target says that it has none."""
    patch = (observation.context.capabilities.provider_config or {}).get("patch")
    return observation.intent.action == "patch" and isinstance(patch, Mapping) and patch.get("supported") is False


def _beyond_its_schemas(observation: Observation) -> bool:
    """The body holds what the target's own schemas do not list, or lacks what they require.

    Both may be refused (RFC 7643 section 7, RFC 7644 section 3.12 invalidValue).
    """
    sent = observation.intent.sent
    whole = isinstance(sent, Mapping) and observation.exchange.request.method in {"POST", "PUT"}
    return (
        whole
        and bool(messages.strings(sent.get("schemas")))
        and not fits_schemas(sent, observation.context.capabilities)
    )


def _worded(observation: Observation) -> bool:
    sent = observation.intent.sent
    if not isinstance(sent, Mapping):
        return True
    if observation.intent.action == "patch" and observation.context.scim == "2.0":
        return not schemas.errors("PatchOp", sent) and all(_operation(observation, each) for each in sent["Operations"])
    return not _mistyped(observation, sent)


def _operation(observation: Observation, operation: Mapping[str, Json]) -> bool:
    value = operation.get("value", MISSING)
    if operation["op"] not in _OPERATIONS:
        return False
    if operation["op"] == "remove":
        return value is MISSING  # section 3.5.2.2 knows a path only
    if "path" not in operation:
        return isinstance(value, Mapping) and not any(map(_is_path, value)) and not _mistyped(observation, value)
    try:
        at = paths.parse(operation["path"])
    except paths.PathError:
        return True  # a filter beyond what clients send
    if at.where:
        return _element_is_there(observation, at)
    if isinstance(value, Mapping | list):
        return True
    part: dict[str, Any] = {}
    paths.put(part, at, value)
    return not _mistyped(observation, part)


def _is_path(name: str) -> bool:
    """The name of a member is a path: section 3.5.2.1 has names of attributes there."""
    return not name.lower().startswith("urn:") and ("." in name or "[" in name)


def _element_is_there(observation: Observation, at: paths.Path) -> bool:
    """Without a hit, section 3.5.2.3 demands a refusal of a replace, and table 9 allows one of an add (noTarget)."""
    subject = observation.intent.subject
    if subject is None:
        return True
    known = subject.desired if subject.last_answer is None else subject.last_answer
    return paths.get(known, replace(at, sub="")) is not MISSING


def _mistyped(observation: Observation, resource: Mapping[str, Json]) -> bool:
    kind = observation.intent.resource or "User"
    found = schemas.errors(kind, resource, scim=observation.context.scim)
    return any(error.keyword == "type" and error.pointer != "/password" for error in found)
