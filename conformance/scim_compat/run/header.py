"""The first event of a run, and the discovery documents in the short form that the results keep."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from scim_compat import __version__
from scim_compat.engine import people
from scim_compat.engine.capabilities import Capabilities
from scim_compat.profile.model import Profile, Scenario
from scim_compat.results.document import INTEGRITY, Gap, SourceInfo, Tool
from scim_compat.results.document.header import FeatureHead, ProfileHead, RunHead, ScenarioHead, TargetHead
from scim_compat.results.document.parsing import read
from scim_compat.results.document.target import CapabilityInfo, Claims
from scim_compat.results.events import RunStarted
from scim_compat.run.clock import now
from scim_compat.run.recorder import redacted
from scim_compat.run.selection import Selection
from scim_compat.run.settings import Settings
from scim_compat.scim.names import CORE_SCHEMA

_SERVERS_OWN: Final = frozenset({"id", "meta", "schemas", "groups"})
"""Attributes that are the server's own everywhere (RFC 7643 §3.1, §4.1.2)."""


def header(settings: Settings, selection: Selection) -> RunStarted:
    """The first event, for the scenarios that will be played."""
    return RunStarted(
        tool=Tool("scim-compat", __version__),
        run=RunHead(
            id=settings.run_id,
            seed=settings.seed,
            started=now(),
            command=settings.command,
            tag=people.tag_for(settings.seed),
            call=settings.call,
            trace=settings.trace,
        ),
        target=TargetHead(
            url=settings.url, bases=settings.bases, claims=read(Claims, settings.claims, name="the target's claims")
        ),
        profiles=tuple(_profile(p, selection) for p in selection.profiles),
        baseline=selection.baseline,
    )


def _profile(profile: Profile, selection: Selection) -> ProfileHead:
    return ProfileHead(
        id=profile.id,
        title=profile.title,
        version=profile.version,
        digest=profile.digest,
        summary=profile.summary,
        client=profile.client.name or profile.title,
        sources={key: SourceInfo(title=s.title, url=s.url, read=s.read) for key, s in profile.sources.items()},
        features=(
            *(FeatureHead(feature.id, feature.title) for feature in profile.features),
            FeatureHead(INTEGRITY, "Leave other accounts alone"),
        ),
        not_covered=tuple(Gap(what, why) for what, why in profile.not_covered),
        selected=tuple(scenario.id for scenario in selection.scenarios.get(profile.id, ())),
        total=len(profile.scenarios),
        scenarios=tuple(_scenario(scenario) for scenario in profile.scenarios),
        timeout=profile.client.timeout,
        reference=selection.references.get(profile.id, ""),
    )


def _scenario(scenario: Scenario) -> ScenarioHead:
    return ScenarioHead(
        id=scenario.id,
        feature=scenario.feature,
        title=scenario.title,
        variant=scenario.variant,
        evidence=scenario.evidence,
        source=scenario.source,
        line=scenario.where.line,
        note=scenario.note,
    )


def described(capabilities: Capabilities, redact: Callable[[str], str]) -> CapabilityInfo:
    """The discovery documents in the short form that the results keep."""
    types, schemas = capabilities.resource_types, capabilities.schemas
    return CapabilityInfo(
        provider_config=redacted(capabilities.provider_config, redact),
        resource_types=None
        if types is None
        else tuple(redact(str(t.get("name") or t.get("id") or "?")) for t in types),
        schemas=None if schemas is None else tuple(redact(str(s.get("id", "?"))) for s in schemas),
        fixed={
            kind: tuple(redact(name) for name in _fixed(schema))
            for kind, urn in CORE_SCHEMA["2.0"].items()
            if (schema := capabilities.schema(urn))
        },
    )


def _fixed(schema: Mapping[str, Any]) -> list[str]:
    """Attributes that the target's own schema calls readOnly or immutable where RFC 7643 leaves it open."""
    attributes = schema.get("attributes")
    names = [
        str(a.get("name"))
        for a in (attributes if isinstance(attributes, list) else ())
        if isinstance(a, Mapping) and str(a.get("mutability")) in {"readOnly", "immutable"}
    ]
    return [name for name in names if name not in _SERVERS_OWN]
