"""A user or group of a scenario."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from scim_compat.engine.intent import Write
from scim_compat.profile.model import ResourceKind
from scim_compat.values import Json

NAME_ATTRIBUTE: Mapping[ResourceKind, str] = {"User": "userName", "Group": "displayName"}


@dataclass(slots=True)
class Actor:
    """A user or group of a scenario: what it is at the source and should be at the target."""

    key: str
    kind: ResourceKind
    sources: dict[str, Json]
    desired: dict[str, Json] = field(default_factory=dict)
    id: str | None = None
    entry: int | None = None
    """Its line in the ledger."""
    members: set[str] = field(default_factory=set)
    removals: set[str] = field(default_factory=set)
    absentees: set[str] = field(default_factory=set)
    """Who should be in and is known not to be: refused, or missing before."""
    failed_filters: set[str] = field(default_factory=set)
    """Attribute paths in small letters by whose plain value a filter has not found it."""
    refused_paths: set[str] = field(default_factory=set)
    """Paths of ``wanted`` that the server has refused to change."""
    last_answer: dict[str, Json] | None = None
    """The server's own last full representation."""
    setup: tuple[Mapping[str, Json], Mapping[str, Json]] | None = None
    """Where our set-up made it: what we wanted there, and what the answer held."""
    writes: list[Write] = field(default_factory=list)
    location: str | None = None
    etag: str = ""
    """The ETag of its last read."""
    gone: bool = False

    @property
    def disabled(self) -> bool:
        return self.desired.get("active") is False
