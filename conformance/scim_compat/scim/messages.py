"""How to read SCIM messages, without judging them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from scim_compat.scim.names import ERROR, GROUP, USER

_DATE_TIME: Final = re.compile(
    r"-?\d{4,}-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:Z|[+-](\d\d):(\d\d))?\Z", re.ASCII
)


_DAYS: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def escape(token: str) -> str:
    """One token of a JSON Pointer (RFC 6901 section 3)."""
    return token.replace("~", "~0").replace("/", "~1")


def looks_like_list(body: Any) -> bool:
    """Whether a body is meant as a ListResponse."""
    return isinstance(body, Mapping) and ("totalResults" in body or isinstance(body.get("Resources"), list))


def looks_like_error(body: Any) -> bool:
    """Whether a body is meant as a SCIM Error: by its schema, or by the ``Errors`` of SCIM 1.1."""
    if not isinstance(body, Mapping):
        return False
    return ERROR in strings(body.get("schemas")) or isinstance(body.get("Errors"), list)


def looks_like_resource(body: Any) -> bool:
    """Whether a body is meant as a User or a Group."""
    if not isinstance(body, Mapping) or looks_like_error(body) or looks_like_list(body):
        return False
    urns = {urn.lower() for urn in strings(body.get("schemas"))}
    return bool(urns & {USER.lower(), GROUP.lower()}) or "userName" in body or ("id" in body and "displayName" in body)


def entries(body: Any) -> list[Any]:
    """What stands in ``Resources``; empty if there is no such list."""
    found = body.get("Resources") if isinstance(body, Mapping) else None
    return found if isinstance(found, list) else []


def strings(value: Any) -> tuple[str, ...]:
    """The strings among the entries of an array; empty for anything else."""
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def member(body: Mapping[str, Any], name: str) -> tuple[str, Any] | None:
    """The member of that name in any case, as (its own spelling, its value); None if it is absent.

    Attribute names are case-insensitive (RFC 7643 section 2.1).
    """
    if name in body:
        return name, body[name]
    wanted = name.lower()
    return next(((key, value) for key, value in body.items() if key.lower() == wanted), None)


def split_path(path: str) -> tuple[str, tuple[str, ...]]:
    """An attribute path as (schema URN or "", names), filters left out.

    ``emails[type eq "work"].value`` → ``("", ("emails", "value"))``;
    ``urn:…:2.0:User:name.givenName`` → ``("urn:…:2.0:User", ("name", "givenName"))``.
    """
    bare = re.sub(r"\[[^\]]*\]", "", path)
    urn = ""
    if bare.lower().startswith("urn:"):
        urn, _, bare = bare.rpartition(":")
    return urn, tuple(part for part in bare.split(".") if part)


def find_values(resource: Any, path: str) -> Iterator[Any]:
    """Every value an attribute path reaches, filters left out, arrays walked through."""
    urn, names = split_path(path)
    reached: list[Any] = [resource]
    for name in (urn, *names) if urn and urn.lower() not in {USER.lower(), GROUP.lower()} else names:
        parts = [part for value in reached for part in (value if isinstance(value, list) else (value,))]
        found = [member(part, name) for part in parts if isinstance(part, Mapping)]
        reached = [pair[1] for pair in found if pair is not None]
    for value in reached:
        yield from value if isinstance(value, list) else (value,)


def is_date_time(text: str) -> bool:
    """Whether it is an xsd:dateTime (RFC 7643 section 2.3.5); a zone is optional there."""
    found = _DATE_TIME.match(text)
    if found is None:
        return False
    month, day, hour, minute, second = (int(part) for part in found.groups()[:5])
    zone_hour, zone_minute = (int(part or 0) for part in found.groups()[5:])
    if not (1 <= month <= 12 and 1 <= day <= _DAYS[month - 1] and zone_hour <= 14 and zone_minute <= 59):
        return False
    midnight = hour == 24 and minute == second == 0
    # Second 60 is a leap second: xsd forbids it, RFC 3339 allows it, no client minds it.
    return midnight or (hour <= 23 and minute <= 59 and second <= 60)
