"""The attribute mapping of a profile, applied to the source attributes of one resource."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from scim_compat.profile.model import Mapped
from scim_compat.scim import paths
from scim_compat.values import MISSING, Json

Rows = Sequence[Mapped]
"""The rows for one kind of resource, in the order of the profile."""


def matching_row(rows: Rows) -> Mapped:
    """The row with matching precedence 1. The loader has made sure that there is one where a step needs it."""
    return min((row for row in rows if row.match), key=lambda row: row.match or 0)


def source_row(rows: Rows, path: str) -> Mapped | None:
    """The row that fills ``path`` from a source attribute."""
    return next((row for row in rows if row.to == path and row.source), None)


def references(rows: Rows) -> frozenset[str]:
    """Paths that point at another resource."""
    return frozenset(row.to for row in rows if row.reference)


def synced_paths(rows: Rows) -> tuple[str, ...]:
    """Paths that the client compares and updates in every cycle."""
    return tuple(row.to for row in rows if row.source and not row.create_only)


def creation_body(rows: Rows, sources: Mapping[str, Json]) -> dict[str, Json]:
    """The body of a creation: the mapping in its order, references left out."""
    body: dict[str, Json] = {}
    for row in rows:
        value = sources.get(row.source) if row.source else row.value
        if row.reference or value is None:
            continue
        if row.source and paths.is_unassigned(value):
            continue  # a null source value is not provisioned (Entra source S9)
        paths.put(body, row.to, value)
    return body


def current_values(rows: Rows, desired: Mapping[str, Json]) -> list[tuple[str, Any]]:
    """The mapped attributes with their desired values, for a client that writes the whole resource."""
    pairs: list[tuple[str, Any]] = []
    for row in rows:
        if row.create_only or row.reference:
            continue
        value = paths.get(desired, row.to) if row.source else row.value
        if not (row.source and paths.is_unassigned(value)):
            pairs.append((row.to, value))
    return pairs


def synced_values(rows: Rows, desired: Mapping[str, Json]) -> dict[str, Json]:
    """Path → desired value of each attribute that the client compares in the next cycle."""
    values = {path: paths.get(desired, path) for path in synced_paths(rows)}
    return {path: value for path, value in values.items() if value is not MISSING}
