"""SCIM messages: their kinds and their contents. Nothing is judged here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import unquote

from scim_compat.scim.names import CORE_URNS, ERROR
from scim_compat.scim.paths import member
from scim_compat.values import Json

RESOURCES: Final = "Resources"
COUNTS: Final = ("totalResults", "startIndex", "itemsPerPage")
"""The numbers of a list (RFC 7644 section 3.4.2)."""

_DATE_TIME: Final = re.compile(
    r"-?\d{4,}-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:Z|[+-](\d\d):(\d\d))?\Z", re.ASCII
)
_DAYS: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

# --- kinds of messages ----------------------------------------------------------------------------


def has_entries(body: Any) -> bool:
    """True if the body has a list of resources, be it an empty one."""
    return isinstance(body, Mapping) and isinstance(body.get(RESOURCES), list)


def is_empty_list(body: Any) -> bool:
    """True for a list without hits, which may leave ``Resources`` out (RFC 7644 section 3.4.2)."""
    return isinstance(body, Mapping) and body.get(RESOURCES) is None and body.get("totalResults") == 0


def is_list(body: Any) -> bool:
    """True if the body is meant as a ListResponse."""
    return isinstance(body, Mapping) and ("totalResults" in body or has_entries(body))


def is_error(body: Any) -> bool:
    """True if the body is meant as a SCIM Error: by its schema, or by the ``Errors`` of SCIM 1.1."""
    if not isinstance(body, Mapping):
        return False
    return ERROR in strings(body.get("schemas")) or isinstance(body.get("Errors"), list)


def is_resource(body: Any) -> bool:
    """True if the body is meant as a User or a Group."""
    if not isinstance(body, Mapping) or is_error(body) or is_list(body):
        return False
    urns = {urn.lower() for urn in strings(body.get("schemas"))}
    core = {urn.lower() for urn in CORE_URNS.values()}
    return bool(urns & core) or "userName" in body or ("id" in body and "displayName" in body)


# --- contents ------------------------------------------------------------------------------------


def entries(body: Any) -> list[Json]:
    """The entries of ``Resources``, of any type; none if there is no such list."""
    return body[RESOURCES] if has_entries(body) else []


def resources(body: Any) -> list[Mapping[str, Json]]:
    """The entries of ``Resources`` that are objects."""
    return [entry for entry in entries(body) if isinstance(entry, Mapping)]


def strings(value: Any) -> tuple[str, ...]:
    """The strings among the entries of an array; empty for anything else."""
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def error_detail(body: Any) -> str:
    """The sentence of an error: ``detail``, or the first ``description`` of SCIM 1.1 (protocol section 3.9)."""
    if not isinstance(body, Mapping):
        return ""
    errors = body.get("Errors")
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], Mapping) else {}
    detail = body.get("detail") or first.get("description")
    return str(detail) if detail else ""


# --- members of a group ---------------------------------------------------------------------------


def member_ids(group: Mapping[str, Json], known: Mapping[str, str] | None = None) -> set[str]:
    """Ids of a group's members. A bare id counts as well: another check judges the form.

    ``known``: id → name of the resources that an entry may mean although its ``value`` is no id.
    """
    members = member(group, "members")
    people = (one for one in members if isinstance(one, Mapping | str)) if isinstance(members, list) else ()
    return {member_id(one, known or {}) if isinstance(one, Mapping) else str(one) for one in people}


def member_id(entry: Mapping[str, Json], known: Mapping[str, str]) -> str:
    """The id of one member: its ``value``, else the known id that ``$ref`` or a name in their place leads to."""
    value = str(entry.get("value"))
    if value in known:
        return value
    last = unquote(str(entry.get("$ref", "")).split("?", 1)[0].rstrip("/").rpartition("/")[2])
    if last in known:
        return last
    names = {value.lower(), last.lower()} - {""}
    return next((identifier for identifier, name in known.items() if name.lower() in names), value)


# --- values ---------------------------------------------------------------------------------------


def is_date_time(text: str) -> bool:
    """True for an xsd:dateTime (RFC 7643 section 2.3.5); a zone is optional there."""
    parts = _DATE_TIME.match(text)
    if parts is None:
        return False
    month, day, hour, minute, second = (int(part) for part in parts.groups()[:5])
    zone_hour, zone_minute = (int(part or 0) for part in parts.groups()[5:])
    if not (1 <= month <= 12 and 1 <= day <= _DAYS[month - 1] and zone_hour <= 14 and zone_minute <= 59):
        return False
    midnight = hour == 24 and minute == second == 0
    # Second 60 is a leap second: xsd forbids it, RFC 3339 allows it, every client reads it.
    return midnight or (hour <= 23 and minute <= 59 and second <= 60)
