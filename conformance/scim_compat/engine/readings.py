"""The resources of one scenario as single reads have shown them: the premise for what other answers must show."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from scim_compat.scim import messages, paths, urls
from scim_compat.scim.names import ENDPOINTS
from scim_compat.values import MISSING, Json
from scim_compat.wire.messages import Exchange


@dataclass(frozen=True, slots=True)
class Readings:
    """The knowledge that the reads of one scenario have brought so far."""

    shown: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    """id → the resource as its last unprojected read showed it; without those that were written to since."""
    current: frozenset[str] = frozenset()
    """Ids of ``shown`` that were read after the last write to any resource."""
    members: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Group id → its members, as a read after the last write to any resource showed them."""
    vanished: frozenset[str] = frozenset()
    """Ids of deleted resources that a read by id does not find any more."""
    disabled: frozenset[str] = frozenset()
    """Ids of users that a read has shown as inactive, and no write has named ``active`` since."""
    answered: frozenset[str] = frozenset()
    """The same of users whom the answer to a write has shown as inactive."""


def after(readings: Readings, exchange: Exchange, *, gone: bool, known: Mapping[str, str]) -> Readings:
    """Return the readings with the answer taken in.

    ``gone``: the resource that the exchange is about was deleted. ``known``: id → name of the run's resources.
    """
    request, response = exchange.request, exchange.response
    if request.method not in {"GET", "HEAD"}:
        return readings if urls.is_search(request.target) else _written(readings, exchange)
    identifier = _resource_id(request.target)
    if identifier is None or response is None:
        return readings
    if response.status in {404, 410}:
        return replace(readings, vanished=readings.vanished | {identifier}) if gone else readings
    answer = response.json
    if not response.ok or not isinstance(answer, dict) or str(answer.get("id")) != identifier:
        return readings
    readings = _with_members(readings, request.target, identifier, answer, known)
    if _active(answer) == "false":
        readings = replace(readings, disabled=readings.disabled | {identifier})
    elif _active(answer) == "true" and identifier not in readings.disabled:
        readings = replace(readings, answered=readings.answered - {identifier})
    if urls.is_projected(request.target):
        return readings
    shown = {**readings.shown, identifier: answer}
    return replace(readings, shown=shown, current=readings.current | {identifier})


def _written(readings: Readings, exchange: Exchange) -> Readings:
    """After a write: what it named is not known any more, and all else may have changed beside it."""
    request, response = exchange.request, exchange.response
    identifier = _resource_id(request.target)
    is_creation = request.method == "POST" and urls.is_collection(request.target)
    if is_creation and response is not None and isinstance(response.json, dict):
        identifier = str(response.json.get("id"))  # it may be an id that is given a second time
    is_about_all = identifier is None and not is_creation
    is_not_found = response is not None and response.status in {404, 410}
    is_kept = request.method == "PUT" and _is_inactive(exchange)
    # PUT may give an attribute that the body leaves out its default (RFC 7644 section 3.5.1).
    names_active = b"active" in (request.body or b"").lower() or request.method in {"PUT", "DELETE"}
    is_open = names_active and not is_kept
    lost = {identifier or ""} if is_open else set()
    answered = readings.answered - lost
    if identifier and response is not None and response.ok and _active(response.json) == "false":
        answered |= {identifier}
    return Readings(
        shown={} if is_about_all else {one: value for one, value in readings.shown.items() if one != identifier},
        vanished=readings.vanished if is_not_found else readings.vanished - {identifier or ""},
        disabled=frozenset() if is_about_all else readings.disabled - lost,
        answered=frozenset() if is_about_all else answered,
    )


def _is_inactive(exchange: Exchange) -> bool:
    """True when the body of the request says so itself."""
    try:
        return _active(json.loads(exchange.request.body or b"")) == "false"
    except ValueError:
        return False


def _active(body: Json) -> str:
    """``active`` in small letters, whether it came as a boolean or as a text."""
    return str(paths.member(body, "active")).lower() if isinstance(body, dict) else ""


def _with_members(
    readings: Readings, target: str, identifier: str, answer: Mapping[str, Json], known: Mapping[str, str]
) -> Readings:
    """A group without ``members`` may hide them (RFC 7643 section 7), except where they were asked for by name."""
    is_group = urls.segments(target)[0].lower() == "groups"
    is_asked = "members" in urls.parameters(target).get("attributes", "").lower().split(",")
    if not is_group or (paths.member(answer, "members") is MISSING and not is_asked):
        return readings
    members = frozenset(messages.member_ids(answer, known))
    return replace(readings, members={**readings.members, identifier: members})


def _resource_id(target: str) -> str | None:
    """The id of the one resource that the target addresses; None for a list, ``/Bulk`` and anything else."""
    path = urls.segments(target)
    is_resource = len(path) == 2 and f"/{path[0].lower()}" in {one.lower() for one in ENDPOINTS.values()}
    return path[1] if is_resource else None
