"""The target of a run: what its vendor claims, what the endpoint advertises, and what the run saw it do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from scim_compat.results.document.members import Count, Counts, JsonObject, Limit, NamedCounts, member_name


@dataclass(frozen=True, slots=True)
class Claims:
    """The claims of the vendor. None, or empty: nothing is said."""

    content: JsonObject
    """All of it, as given in the target file. The fields below are the known part of it."""
    without_features: tuple[str, ...] = field(default=(), metadata=member_name("without-features"))
    groups: bool | None = None
    filterable: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """``user`` or ``group`` → attributes that filters may name."""
    mutable: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The same for attributes that can change after creation."""
    disable: str = ""
    delete: str = ""
    existing: str = ""
    page_size: Mapping[str, Limit] = field(default_factory=dict, metadata=member_name("page-size"))
    """``default`` and ``max``: how many resources one list holds."""
    media_types: tuple[str, ...] = field(default=(), metadata=member_name("media-types"))


@dataclass(frozen=True, slots=True)
class CapabilityInfo:
    """The endpoint's own discovery documents; None where it has none."""

    provider_config: JsonObject | None
    resource_types: tuple[JsonObject | str, ...] | None
    """Entries of /ResourceTypes, or their names."""
    schemas: tuple[str, ...] | None
    fixed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """User or Group → attributes that /Schemas calls readOnly or immutable where RFC 7643 does not."""

    @property
    def type_names(self) -> tuple[str, ...] | None:
        if self.resource_types is None:
            return None
        return tuple(t if isinstance(t, str) else str(t.get("name") or t.get("id") or "?") for t in self.resource_types)

    def entry(self, name: str) -> JsonObject:
        """Return an object of the provider configuration; an empty one if there is none of that name."""
        entry = (self.provider_config or {}).get(name)
        return entry if isinstance(entry, Mapping) else {}

    def is_supported(self, name: str) -> bool | None:
        """``supported`` of ``patch``, ``filter`` … in the provider configuration; None if it says nothing."""
        supported = self.entry(name).get("supported")
        return supported if isinstance(supported, bool) else None

    @property
    def max_results(self) -> int | None:
        """Resources in one list at most (RFC 7643 section 5)."""
        limit = self.entry("filter").get("maxResults")
        return limit if isinstance(limit, int) and not isinstance(limit, bool) else None

    @property
    def authentication_schemes(self) -> tuple[str, ...]:
        listed = (self.provider_config or {}).get("authenticationSchemes")
        entries = [entry for entry in listed if isinstance(entry, Mapping)] if isinstance(listed, list) else []
        return tuple(str(entry.get("type") or entry.get("name") or "?") for entry in entries)


@dataclass(frozen=True, slots=True)
class CutList:
    """A list that ended before its hits and before ``count`` did."""

    asked: int | None
    """``count`` of the request."""
    returned: Count


@dataclass(frozen=True, slots=True)
class Pages:
    largest: int | None
    """Resources in the largest list; None if there was no list."""
    largest_unasked: int | None
    """The same of requests without ``count``."""
    cut: tuple[CutList, ...]


@dataclass(frozen=True, slots=True)
class Sightings:
    """The endpoint's behaviour in this run, counted. ``results.schema.json`` explains each word."""

    operations: NamedCounts
    filters: Mapping[str, NamedCounts]
    changes: Mapping[str, NamedCounts]
    disable: Counts
    delete: Counts
    existing: Counts
    etag: Counts
    credentials: NamedCounts
    media_types: Counts
    error_media_types: Counts
    extensions: Counts
    versions: Counts
    pages: Pages


@dataclass(frozen=True, slots=True)
class TargetInfo:
    url: str
    bases: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    """SCIM version → base URL; empty if the target file does not tell versions apart."""
    claims: Claims
    capabilities: CapabilityInfo
    sightings: Sightings = field(metadata=member_name("found"))
