"""Addresses of SCIM requests and resources, and how they compare."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qsl, unquote, urljoin, urlsplit

from scim_compat.scim.names import COLLECTIONS, DISCOVERY, SEARCH

STEPS: Final = frozenset({"", ".", ".."})
"""No ids: in a URL these are steps to another resource, however they are encoded (RFC 3986 section 6.2.2.3)."""
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


def path_of(target: str) -> str:
    """A request target without its query."""
    return target.partition("?")[0]


def segments(target: str) -> tuple[str, ...]:
    """The decoded path segments of a request target; the query is left out."""
    return tuple(unquote(part) for part in path_of(target).split("/") if part)


def parameters(target: str) -> dict[str, str]:
    """The query parameters of a request target, names in lower case; the first of equal names counts."""
    first: dict[str, str] = {}
    for name, value in parse_qsl(target.partition("?")[2], keep_blank_values=True):
        first.setdefault(name.lower(), value)
    return first


def is_projected(target: str) -> bool:
    """True if the request asked for a part of the attributes only (RFC 7644 section 3.9)."""
    asked = parameters(target)
    return "attributes" in asked or "excludedattributes" in asked


def is_search(target: str) -> bool:
    """True for a query that is sent by POST (RFC 7644 section 3.4.3)."""
    return path_of(target).lower().endswith(SEARCH)


def is_collection(target: str) -> bool:
    """True if the target addresses a list: ``/Users``, ``/Groups``, ``/Users/.search``."""
    path = segments(target)
    return bool(path) and (path[-1].lower() in COLLECTIONS or f"/{path[-1].lower()}" == SEARCH)


def is_discovery(target: str) -> bool:
    """True if the target addresses ``/Schemas``, ``/ResourceTypes``, ``/ServiceProviderConfig``, or below."""
    return any(part.lower() in DISCOVERY for part in segments(target)[-2:])


def is_public(target: str) -> bool:
    """True for the endpoints at which a server describes itself: nobody's data stands there."""
    return any(part.lower() in DISCOVERY for part in segments(target)[:1])


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


def is_same_url(one: str, other: str, *, base: str) -> bool:
    """True if two references name the same resource once both are resolved against ``base``."""

    def normal(url: str) -> tuple[object, ...]:
        whole = urljoin(base, url)
        parts = urlsplit(whole)
        return origin(whole), unquote(parts.path).rstrip("/"), parts.query

    try:
        return normal(one) == normal(other)
    except ValueError:
        return False
