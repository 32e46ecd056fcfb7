"""Base URLs that were meant where another was given: with a part too many, too few, or twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from scim_compat.scim.names import COLLECTIONS, DISCOVERY, Scim

_ENDPOINTS: Final = COLLECTIONS | DISCOVERY | {"me", "bulk", ".search"}
"""Segments that belong to a request and never end a base URL, in lower case."""
_VERSIONS: Final[dict[Scim, str]] = {"2.0": "v2", "1.1": "v1"}
_MOST: Final = 5
"""Paths that are tried: each costs the endpoint one request."""


def certain_slips(path: str) -> tuple[str, ...]:
    """The paths that were meant if the given one holds a slip that can be seen: an endpoint's name, or a part twice."""
    return tuple(_distinct(_slips(path), path))


def meant_paths(path: str, scim: Scim) -> tuple[str, ...]:
    """The paths that may have been meant, the likeliest first; at most five."""
    return tuple(_distinct((*_slips(path), *_guesses(path, scim)), path))[:_MOST]


def has_endpoint_name(path: str) -> bool:
    return any(part.lower() in _ENDPOINTS for part in path.split("/"))


def _distinct(paths: Iterator[str] | tuple[str, ...], given: str) -> Iterator[str]:
    return (path for path in dict.fromkeys(paths) if path != given)


def _slips(path: str) -> Iterator[str]:
    parts = [part for part in path.split("/") if part]
    for place, part in enumerate(parts):
        if part.lower() in _ENDPOINTS:
            yield _joined(parts[:place])
            break
    for length in range(len(parts) // 2, 0, -1):
        if parts[-length:] == parts[-2 * length : -length]:
            yield _joined(parts[:-length])
            break
    if "//" in path:
        yield _joined(parts)


def _guesses(path: str, scim: Scim) -> Iterator[str]:
    parts = [part for part in path.split("/") if part]
    version = _VERSIONS[scim]
    last = parts[-1].lower() if parts else ""
    if last in _VERSIONS.values():
        yield _joined([*parts[:-1], version])
        if "scim" not in parts:
            yield _joined([*parts, "scim"])
    elif last.startswith("scim"):
        yield _joined([*parts, version])
    else:
        yield _joined([*parts, "scim", version])
        yield _joined([*parts, "scim"])
        yield _joined([*parts, version])
    if parts:
        yield _joined(parts[:-1])
        yield _joined(["scim", version])
        yield ""


def _joined(parts: list[str]) -> str:
    return "".join(f"/{part}" for part in parts)
