"""The profile as a frozen model: what one client sends, in which order, and what a broken rule costs it.

``scim_compat.profile.load`` builds it; nothing here reads files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from scim_compat.scim.names import Scim
from scim_compat.values import Evidence, Severity, Where

ResourceKind = Literal["User", "Group"]


@dataclass(frozen=True, slots=True)
class Source:
    key: str
    title: str
    url: str = ""
    read: str = ""


@dataclass(frozen=True, slots=True)
class Client:
    """The client's habits in HTTP."""

    name: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    """Sent on every request, in this order, beside Host, Content-Length and the credential."""
    without_headers: tuple[str, ...] = ()
    """Headers the client is known not to send; listing one that is also sent is refused."""
    content_type: str = "application/scim+json"
    """On requests with a body."""
    query_encoding: Literal["form", "percent"] = "percent"
    """``form``: a space is ``+``; ``percent``: a space is ``%20``."""
    flag: str = ""
    """A query parameter without a value that goes with every request."""
    flag_position: Literal["last", "first"] = "last"
    auth: tuple[str, ...] = ("bearer",)
    timeout: float = 60.0
    """Seconds after which the client gives up on an answer."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """The rules by which a change becomes requests."""

    update: Literal["patch", "put-after-get", "partial"] = "patch"
    operation_names: Literal["lower", "title"] = "lower"
    booleans: Literal["json", "string"] = "json"
    """In PATCH values; ``string``: "True"/"False"."""
    simple_attributes: Literal["one-pathless-operation", "operation-each"] = "operation-each"
    lone_attribute: Literal["path", "pathless"] = "path"
    """The operation for a single simple attribute where several would share one operation without path."""
    read_before_write: bool = True
    member_add: Literal["together", "one-per-request"] = "together"
    member_shape: Literal["value", "value-display", "ref-null"] = "value"
    member_remove: Literal["value-filter", "value-array"] = "value-filter"
    reference: Literal["string", "object"] = "string"
    """The form of a reference such as manager: the bare id, or ``{"value": id}``."""
    match_parameters: Mapping[ResourceKind, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    """Query parameters of the match query; the value ``${filter}`` stands for the filter."""
    read_parameters: Mapping[ResourceKind, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    """Query parameters of a read by id."""


@dataclass(frozen=True, slots=True)
class Mapped:
    """One row of the attribute mapping."""

    to: str
    """SCIM attribute path at the target."""
    source: str = ""
    """Name of the source attribute; empty for a constant."""
    value: Any = None
    """The constant, when ``source`` is empty."""
    match: int | None = None
    """Matching precedence; 1 is asked first."""
    create_only: bool = False
    reference: bool = False
    """Points at another resource; sent in a pass of its own, after all are created."""
    where: Where | None = None


@dataclass(frozen=True, slots=True)
class Requirement:
    """The consequence of a broken rule for this client."""

    check: str
    severity: Severity | Literal["ignore"] | None
    """None: by the level of the check. ``ignore``: this client does not depend on the rule."""
    consequence: str = ""
    source: str = ""
    evidence: Evidence = "documented"
    where: Where | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One step as it is written. ``args`` are the step's other keys, which the format's schema allows."""

    kind: Literal["do", "send", "verify", "given"]
    verb: str
    """For ``do`` the verb; otherwise the kind again."""
    args: Mapping[str, Any]
    where: Where


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """The attributes that a scenario of a sweep is about. Those that the target does not offer are left out."""

    kind: ResourceKind
    paths: tuple[str, ...]
    scim: Scim


@dataclass(frozen=True, slots=True)
class Scenario:
    """One self-contained sequence. A variant of the YAML is a scenario of its own here."""

    id: str
    """``area.verb-detail``, with ``.variant`` behind it for a variant."""
    feature: str
    title: str
    evidence: Evidence
    source: tuple[str, ...]
    steps: tuple[Step, ...]
    client: Client
    dialect: Dialect
    where: Where
    variant: str = ""
    when: Mapping[str, Any] = field(default_factory=dict)
    """The conditions on the target (``engine.applies.GATES``); where one fails, the scenario is not applicable."""
    requires: Mapping[str, Requirement] = field(default_factory=dict)
    """Overrides the profile's requirements for this scenario."""
    note: str = ""
    sweep: Sweep | None = None


@dataclass(frozen=True, slots=True)
class Feature:
    id: str
    title: str


@dataclass(frozen=True, slots=True)
class Profile:
    id: str
    title: str
    version: str
    scim: Literal["2.0", "1.1"]
    client: Client
    dialect: Dialect
    mapping: Mapping[ResourceKind, tuple[Mapped, ...]]
    requires: Mapping[str, Requirement]
    features: tuple[Feature, ...]
    scenarios: tuple[Scenario, ...]
    sources: Mapping[str, Source]
    digest: str
    """sha256 of the files that the profile was built from, ``extends`` included."""
    path: str
    summary: str = ""
    not_covered: tuple[tuple[str, str], ...] = ()
    """Known habits or server bugs that no scenario shows, each with the reason."""

    def feature_title(self, feature_id: str) -> str:
        return next((f.title for f in self.features if f.id == feature_id), feature_id)
