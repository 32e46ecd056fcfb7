"""Addresses of SCIM requests and resources, and how they compare."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qsl, unquote, urljoin, urlsplit

COLLECTIONS: Final = frozenset({"users", "groups"})


DISCOVERY: Final = frozenset({"schemas", "resourcetypes", "serviceproviderconfig", "serviceproviderconfigs"})


_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


def segments(target: str) -> tuple[str, ...]:
    """The decoded path segments of a request target; the query is left out."""
    path = target.split("?", 1)[0]
    return tuple(unquote(part) for part in path.split("/") if part)


def parameters(target: str) -> dict[str, str]:
    """The query parameters of a request target, names in lower case; the first of equal names counts."""
    found: dict[str, str] = {}
    for name, value in parse_qsl(target.partition("?")[2], keep_blank_values=True):
        found.setdefault(name.lower(), value)
    return found


def is_projected(target: str) -> bool:
    """Whether the request asked for a part of the attributes only (RFC 7644 section 3.9)."""
    asked = parameters(target)
    return "attributes" in asked or "excludedattributes" in asked


def is_collection(target: str) -> bool:
    """Whether the target addresses a list: ``/Users``, ``/Groups``, ``/Users/.search``."""
    path = segments(target)
    return bool(path) and (path[-1].lower() in COLLECTIONS or path[-1].lower() == ".search")


def is_discovery(target: str) -> bool:
    """Whether the target addresses ``/Schemas``, ``/ResourceTypes``, ``/ServiceProviderConfig``, or below."""
    return any(part.lower() in DISCOVERY for part in segments(target)[-2:])


def origin(url: str) -> tuple[str, str, int] | None:
    """(scheme, host, port) of an absolute http(s) URL, default ports filled in; None for anything else."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme.lower() not in _DEFAULT_PORTS or not parts.hostname:
        return None
    return parts.scheme.lower(), parts.hostname.lower(), port or _DEFAULT_PORTS[parts.scheme.lower()]


def same_url(one: str, other: str, *, base: str) -> bool:
    """Whether two references name the same resource once both are resolved against ``base``."""

    def normal(url: str) -> tuple[object, ...]:
        whole = urljoin(base, url)
        parts = urlsplit(whole)
        return origin(whole), unquote(parts.path).rstrip("/"), parts.query

    try:
        return normal(one) == normal(other)
    except ValueError:
        return False
