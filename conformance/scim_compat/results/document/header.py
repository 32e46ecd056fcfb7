"""The head of a run, as it is known before the first scenario: the first line of its event stream."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from scim_compat.results.document import Gap, SourceInfo
from scim_compat.results.document.call import CallInfo
from scim_compat.results.document.members import Count, Id, Line, Name, Seconds, Time
from scim_compat.results.document.target import Claims
from scim_compat.values import Evidence


@dataclass(frozen=True, slots=True)
class RunHead:
    id: Name
    seed: int
    started: Time
    command: tuple[str, ...]
    tag: str
    call: CallInfo | None = None
    trace: str = ""


@dataclass(frozen=True, slots=True)
class TargetHead:
    url: str
    claims: Claims
    bases: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ScenarioHead:
    id: Id
    feature: Id
    title: str
    variant: str
    evidence: Evidence
    source: tuple[Name, ...]
    line: Line | None
    note: str


@dataclass(frozen=True, slots=True)
class FeatureHead:
    id: Id
    title: str


@dataclass(frozen=True, slots=True)
class ProfileHead:
    id: Id
    title: str
    version: str
    digest: str
    summary: str
    client: str
    sources: Mapping[str, SourceInfo]
    features: tuple[FeatureHead, ...]
    not_covered: tuple[Gap, ...]
    selected: tuple[Id, ...]
    """Ids of the scenarios that were asked for."""
    total: Count
    """Scenarios of the profile."""
    scenarios: tuple[ScenarioHead, ...]
    timeout: Seconds | None = None
    """Seconds that the client waits for an answer; None in older results."""
    reference: str = ""
