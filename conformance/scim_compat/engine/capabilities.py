"""The target by its own word, and by the claims of its vendor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from scim_compat.schemas import TargetShapes
from scim_compat.scim.names import RESOURCE_TYPES, SCHEMAS
from scim_compat.values import Json


@dataclass(frozen=True)
class Capabilities:
    """The target's own discovery answers. A part is None where the target does not answer.

    Without slots, so that ``shapes`` is computed once.
    """

    provider_config: Mapping[str, Json] | None = None
    resource_types: tuple[Mapping[str, Json], ...] | None = None
    schemas: tuple[Mapping[str, Json], ...] | None = None
    failures: Mapping[str, int] = field(default_factory=dict)
    """Discovery endpoint → its status, where that is neither an answer nor says that there is no such endpoint."""

    @cached_property
    def shapes(self) -> TargetShapes:
        """The shapes that the target's own schemas describe."""
        return TargetShapes(self.schemas or ())

    def has_resource_type(self, name: str) -> bool | None:
        """True when ``/ResourceTypes`` lists it; None if the target does not answer there."""
        if self.resource_types is None:
            return None
        return any(
            name.lower() in {str(entry.get("id", "")).lower(), str(entry.get("name", "")).lower()}
            for entry in self.resource_types
        )

    @property
    def bulk_limit(self) -> int | None:
        """The most operations in one bulk request; None where the target does not say (RFC 7643 §5)."""
        return self._limit_of_bulk("maxOperations")

    @property
    def bulk_bytes(self) -> int | None:
        """The most bytes in one bulk request; None where the target does not say (RFC 7643 §5)."""
        return self._limit_of_bulk("maxPayloadSize")

    def _limit_of_bulk(self, name: str) -> int | None:
        bulk = (self.provider_config or {}).get("bulk")
        limit = bulk.get(name) if isinstance(bulk, Mapping) else None
        return limit if isinstance(limit, int) and not isinstance(limit, bool) and limit > 0 else None

    def supports(self, feature: str) -> bool | None:
        """True when ``/ServiceProviderConfig`` advertises the optional feature (RFC 7643 §5); None if it is silent."""
        entry = (self.provider_config or {}).get(feature)
        said = entry.get("supported") if isinstance(entry, Mapping) else None
        return said if isinstance(said, bool) else None

    def serves(self, endpoint: str) -> bool:
        """True when the discovery endpoint of that name gave a usable answer."""
        answer = {RESOURCE_TYPES: self.resource_types, SCHEMAS: self.schemas}.get(endpoint, self.provider_config)
        return answer is not None

    def declares(self, urn: str) -> bool:
        """True when the target has the schema and a use for it.

        ``/Schemas`` lists it, or the provider configuration is of that schema; and where ``/ResourceTypes`` answers,
        some type is of that schema or extended by it (RFC 7643 §6).
        """
        of_config = (self.provider_config or {}).get("schemas")
        if isinstance(of_config, list) and urn in of_config:
            return True
        if self.schema(urn) is None:
            return False
        uses = [self.extends(entry, urn) or _is(entry.get("schema"), urn) for entry in self.resource_types or ()]
        return any(uses) or not uses

    def extends(self, resource_type: Mapping[str, Json] | str, urn: str) -> bool | None:
        """True when the resource type lists the extension; None if the target says nothing of that type."""
        if isinstance(resource_type, str):
            entries = [e for e in self.resource_types or () if _is(e.get("name") or e.get("id"), resource_type)]
            return self.extends(entries[0], urn) if entries else None
        extensions = resource_type.get("schemaExtensions")
        entries = [e for e in extensions if isinstance(e, Mapping)] if isinstance(extensions, list) else []
        return any(_is(entry.get("schema"), urn) for entry in entries)

    def requires(self, resource_type: str, urn: str) -> bool:
        """True when the resource type lists the extension as required (RFC 7643 §6)."""
        types = [one for one in self.resource_types or () if _is(one.get("name") or one.get("id"), resource_type)]
        extensions = types[0].get("schemaExtensions") if types else None
        return any(
            _is(one.get("schema"), urn) and one.get("required") is True
            for one in (extensions if isinstance(extensions, list) else ())
            if isinstance(one, Mapping)
        )

    def schema(self, urn: str) -> Mapping[str, Json] | None:
        """The target's own schema with that id, if it publishes one."""
        for entry in self.schemas or ():
            if str(entry.get("id", "")).lower() == urn.lower():
                return entry
        return None


def _is(value: Json, name: str) -> bool:
    return str(value).lower() == name.lower()


@dataclass(frozen=True, slots=True)
class Claims:
    """The vendor's own statements about the target. None: no claim, and the client's expectation holds.

    A claim is tested; a feature that is not claimed is not held against the target.
    """

    without_features: frozenset[str] = frozenset()
    """Feature ids the target does not offer."""
    groups: bool | None = None
    filterable: Mapping[str, frozenset[str]] | None = None
    """Resource kind → attribute paths that filters may name, lower-case."""
    mutable: Mapping[str, frozenset[str]] | None = None
    """Resource kind → attribute paths that can change after creation, lower-case."""
    disable: Literal["keep", "delete"] | None = None
    """The effect on the user of setting ``active`` to false."""
    existing: Literal["conflict", "adopt"] | None = None
    """The effect of a create for an existing user."""
    page_default: int | None = None
    """Resources in one list where the request names no count."""
    page_max: int | None = None
    """The most resources in one list, whatever count the request names."""
    media_types: frozenset[str] = frozenset()
    """The media types of answers; empty: no claim."""
    product: str = ""
    """The product that the target is, lower-case: limits that only this product has are judged. Empty: no claim."""

    def may_filter(self, kind: str, path: str) -> bool:
        claims = None if self.filterable is None else self.filterable.get(kind)
        return claims is None or path.lower() in claims

    def may_change(self, kind: str, path: str) -> bool:
        claims = None if self.mutable is None else self.mutable.get(kind)
        return claims is None or path.lower() in claims

    def may_cut(self, count: int | None, returned: int) -> bool:
        """True when a list may end after ``returned`` resources. ``count``: the request's own limit, if any."""
        limits = [n for n in (self.page_default if count is None else None, self.page_max) if n is not None]
        return bool(limits) and returned >= min(limits)
