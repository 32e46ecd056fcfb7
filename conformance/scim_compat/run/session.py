"""One run against one target: exchanges are judged, recorded and streamed to disk as they happen.

This is where the arrows meet: profile → engine → checks → results. It knows neither pytest nor HTML.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from scim_compat import __version__
from scim_compat.checks.judge import judge
from scim_compat.checks.registry import Trait, all_checks
from scim_compat.engine import people
from scim_compat.engine.applies import not_applicable
from scim_compat.engine.capabilities import Capabilities
from scim_compat.engine.cleanup import left_behind
from scim_compat.engine.context import PlayedRequest
from scim_compat.engine.intent import Observation
from scim_compat.engine.ledger import EntryState
from scim_compat.engine.scenario import run_scenario
from scim_compat.profile.model import Profile, Scenario
from scim_compat.results.collate import Collated, collate
from scim_compat.results.events import EventWriter, join
from scim_compat.results.model import (
    CheckResult,
    ScenarioResult,
    StepResult,
)
from scim_compat.results.record import record_exchange
from scim_compat.run.bystanders import INTEGRITY, compare_bystanders, comparison_scenario
from scim_compat.run.endpoint import (
    FIRST,
    GIVEN_UP,
    Endpoint,
    base_urls,
)
from scim_compat.run.settings import Settings
from scim_compat.scim.names import CORE_SCHEMA, Scim
from scim_compat.values import Outcome, Severity, is_at_least, worst

_BY_RFC = frozenset({"id", "meta", "schemas", "groups"})
"""Attributes that are the server's own everywhere."""


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def header(settings: Settings, profiles: list[Profile], selected: Mapping[str, list[str]]) -> dict[str, Any]:
    """The event stream's first line: the run, the target, and every scenario there could be."""
    return {
        "tool": {"name": "scim-compat", "version": __version__},
        "run": {
            "id": f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{people.tag_for(settings.seed)}",
            "seed": settings.seed,
            "started": now(),
            "command": list(settings.command),
            "tag": people.tag_for(settings.seed),
        },
        "target": {"url": settings.url, "bases": settings.bases, "claims": settings.claims},
        "profiles": [_profile_header(p, selected.get(p.id, [])) for p in profiles],
    }


def _profile_header(profile: Profile, selected: list[str]) -> dict[str, Any]:
    return {
        "id": profile.id,
        "title": profile.title,
        "version": profile.version,
        "digest": profile.digest,
        "summary": profile.summary,
        "client": profile.client.name or profile.title,
        "sources": {k: {"title": s.title, "url": s.url, "read": s.read} for k, s in profile.sources.items()},
        "features": [{"id": f.id, "title": f.title} for f in profile.features]
        + [{"id": INTEGRITY, "title": "Leave other accounts alone"}],
        "not_covered": [{"what": what, "why": why} for what, why in profile.not_covered],
        "selected": selected,
        "total": len(profile.scenarios),
        "scenarios": [
            {
                "id": s.id, "feature": s.feature, "title": s.title, "variant": s.variant, "evidence": s.evidence,
                "source": list(s.source), "line": s.where.line, "note": s.note,
            }
            for s in profile.scenarios
        ],
    }  # fmt: skip


class Session:
    """Runs scenarios in this process. For each version of the protocol one wire, one ledger, one pair of bystanders."""

    def __init__(
        self,
        settings: Settings,
        *,
        events: EventWriter,
        versions: Sequence[Scim] = (FIRST,),
        shard: str = "",
        progress: Callable[[str, Any], None] | None = None,
    ) -> None:
        """``versions``: those of the profiles that will run. Raises SettingError for a URL that cannot work."""
        self.settings = settings
        self.events = events
        self._progress = progress or (lambda _event, _data: None)
        self._shard = shard
        self._endpoints: dict[Scim, Endpoint] = {}
        for scim, url in base_urls(settings, versions).items():
            main = not self._endpoints
            self._endpoints[scim] = Endpoint(settings, scim=scim, url=url, shard=shard, main=main)
        self._profiles: dict[str, Profile] = {}
        self._current: tuple[Profile, Scenario, Endpoint] | None = None
        self._results: list[CheckResult] = []

    def open(self) -> None:
        """Asks the target what it is. Raises preflight.NotTestable."""
        for number, endpoint in enumerate(self._endpoints.values()):
            endpoint.ask()
            if number == 0:
                said = _redacted(described(endpoint.capabilities), endpoint.redacted)
                self.events.write("capabilities", {"capabilities": said})

    def run(self, profile: Profile, scenario: Scenario) -> ScenarioResult:
        """Plays, judges and records one scenario. A fault around it is noted, so that the status tells, and raised."""
        try:
            return self._run(profile, scenario)
        except Exception as ours:
            self.note(f"fault in scim-compat, please report it: {type(ours).__name__} in {scenario.id}")
            raise

    def _run(self, profile: Profile, scenario: Scenario) -> ScenarioResult:
        endpoint = self._endpoints.get(profile.scim)
        if endpoint is None:
            self.events.begin(profile.id, scenario.id)
            self._progress("scenario", scenario)
            return self._end(_result(profile, scenario, Outcome.SKIP, reason=_unspoken(profile), applicable=False))
        self._profiles.setdefault(profile.id, profile)
        endpoint.meet_bystanders(profile, self.note)
        self._begin(profile, scenario, endpoint)
        if endpoint.taken:
            return self._end(_result(profile, scenario, Outcome.ERROR, reason=endpoint.taken))
        if endpoint.given_up:
            return self._end(_result(profile, scenario, Outcome.ERROR, reason=GIVEN_UP))
        stage = endpoint.stage(self._observe)
        reason = not_applicable(scenario, stage)
        started = time.perf_counter()
        if reason:
            return self._end(_result(profile, scenario, Outcome.SKIP, reason=reason, applicable=False))
        try:
            ended = run_scenario(profile, scenario, stage)
        except Exception as ours:  # noqa: BLE001 - our own bug must end as an error of ours, and the run goes on
            text = f"fault in scim-compat, please report it: {type(ours).__name__} in {scenario.id}: {ours}"
            self.note(text)
            return self._end(_result(profile, scenario, Outcome.ERROR, reason=text))
        endpoint.answered(ended_silent=ended.failed)
        failed = [r for r in self._results if r.outcome is Outcome.FAIL]
        faults = [r.reason for r in self._results if r.outcome is Outcome.ERROR]
        severity = worst([r.severity for r in failed if r.severity])
        unseen: Literal[Outcome.SKIP, Outcome.ERROR] | None = (
            Outcome.ERROR if faults or ended.failed else Outcome.SKIP if ended.stopped else None
        )
        outcome = Outcome.FAIL if is_at_least(severity, Severity.DEGRADED) else unseen or Outcome.PASS
        reached = f"not reached to the end: {ended.stopped}" if ended.stopped else ""
        for fault in faults:
            self.note(fault)
        return self._end(
            replace(
                _result(profile, scenario, outcome, reason=faults[0] if faults else reached),
                severity=severity, requests=ended.requests, ms=round((time.perf_counter() - started) * 1000, 1),
                findings=len(failed), unseen=unseen if outcome is Outcome.FAIL else None,
            )
        )  # fmt: skip

    def note(self, text: str) -> None:
        """Something about the run as a whole that went wrong on our side."""
        self.events.write("note", {"text": self.redacted(text)})

    def redacted(self, text: str) -> str:
        """``text`` without the secrets of the run, for what quotes the server or an error of ours."""
        for endpoint in self._endpoints.values():
            text = endpoint.redacted(text)
        return text

    def close(self, *, patient: bool = True) -> None:
        """Compares the bystanders, removes what is left, and tells about it.

        ``patient``: a first Ctrl-C ends the comparison, but not the removing, and is raised afterwards.
        """
        endpoints = list(self._endpoints.values())
        try:
            try:
                for profile in self._profiles.values():
                    self._compare_bystanders(profile, self._endpoints[profile.scim])
                for endpoint in endpoints:
                    endpoint.clean()
            except KeyboardInterrupt:
                if patient:
                    for endpoint in endpoints:
                        endpoint.clean()
                raise
        finally:
            deleted = sum(e.state is EntryState.DELETED for one in endpoints for e in one.ledger.entries.values())
            self.events.write(
                "clean-up",
                {
                    "deleted": deleted,
                    "left": _redacted([e for one in endpoints for e in left_behind(one.ledger)], self.redacted),
                },
            )
            for endpoint in endpoints:
                endpoint.close()

    def _compare_bystanders(self, profile: Profile, endpoint: Endpoint) -> None:
        if endpoint.bystanders is None or not endpoint.bystanders.actors:
            return
        scenario = comparison_scenario(profile, self._shard)
        self._begin(profile, scenario, endpoint)
        unread = compare_bystanders(endpoint.bystanders, profile, scenario, endpoint.stage(self._observe))
        failed = [r for r in self._results if r.outcome is Outcome.FAIL]
        severity = worst([r.severity for r in failed if r.severity])
        unseen = Outcome.ERROR if unread else Outcome.PASS
        outcome = Outcome.FAIL if is_at_least(severity, Severity.DEGRADED) else unseen
        count = len(endpoint.bystanders.actors)
        result = _result(profile, scenario, outcome, reason=unread)
        self._end(replace(result, severity=severity, requests=count, findings=len(failed)))
        breaches = [r for r in failed if all_checks()[r.id].has_trait(Trait.BYSTANDER)]
        changed = [f"{r.where}: {r.message or 'changed'}" for r in breaches]
        self.events.write("bystanders", {"checked": count, "changed": [self.redacted(c) for c in changed]})

    # --- inside ---------------------------------------------------------------------------------

    def _begin(self, profile: Profile, scenario: Scenario, endpoint: Endpoint) -> None:
        self._current = (profile, scenario, endpoint)
        self._results = []
        self.events.begin(profile.id, scenario.id)
        self._progress("scenario", scenario)

    def _end(self, result: ScenarioResult) -> ScenarioResult:
        result = replace(result, reason=self.redacted(result.reason))  # it may name a path, or an exception's text
        result = replace(result, reason=self.redacted(result.reason))  # it may name a path, or an exception's text
        self.events.finish(result)
        self._progress("ended", result)
        return result

    def _observe(self, played: PlayedRequest) -> None:
        if self._current is None:  # pragma: no cover - _begin always comes first
            return
        profile, scenario, endpoint = self._current
        results = judge(played.observation, profile, scenario)
        self._results.extend(results)
        self.events.step(self._step(played, results, endpoint))
        self._progress("step", played)
        for result in results:
            if result.outcome is Outcome.FAIL:
                self._progress("finding", result)

    def _step(self, played: PlayedRequest, results: list[CheckResult], endpoint: Endpoint) -> StepResult:
        seen: Observation = played.observation
        redactor = endpoint.wire.redactor
        return StepResult(
            id=played.number,
            kind=seen.intent.by,
            title=played.title,
            action=seen.intent.action,
            exchange=record_exchange(
                seen.exchange,
                redactor=redactor,
                ours=endpoint.ledger.ever(),
                credential=self.settings.login.shown(),
            ),
            checks=tuple(_clean(r, endpoint.redacted) for r in results),
            line=played.step.where.line if played.step else None,
        )


def _clean(result: CheckResult, redact: Callable[[str], str]) -> CheckResult:
    """Results quote answers, and an answer may echo the credential."""
    if result.outcome is Outcome.PASS:
        return result
    return replace(
        result,
        where=redact(result.where),
        expected=_redacted(result.expected, redact),
        actual=_redacted(result.actual, redact),
        message=redact(result.message),
        reason=redact(result.reason),
    )


def _unspoken(profile: Profile) -> str:
    """Why the profile cannot be replayed: there is no URL at which its version would be understood."""
    return (
        f"no base URL for SCIM {profile.scim} is known; run {profile.id} alone with its URL, or name both in a target "
        f'file: bases: {{"{profile.scim}": URL}}'
    )


def _result(
    profile: Profile, scenario: Scenario, outcome: Outcome, *, reason: str = "", applicable: bool = True
) -> ScenarioResult:
    return ScenarioResult(
        id=scenario.id,
        profile=profile.id,
        feature=scenario.feature,
        title=scenario.title,
        evidence=scenario.evidence,
        source=", ".join(scenario.source),
        outcome=outcome,
        severity=None,
        applicable=applicable,
        reason=reason,
    )


def _redacted(value: Any, clean: Callable[[str], str]) -> Any:
    """The value without secrets. Cleaned part by part: a password such as 1234 must not break the JSON around it."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {clean(str(key)): _redacted(inner, clean) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_redacted(inner, clean) for inner in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        text = str(value)
        return value if clean(text) == text else clean(text)
    return value


def described(capabilities: Capabilities) -> dict[str, Any]:
    """What the target says of itself, as the results keep it."""
    types, schemas = capabilities.resource_types, capabilities.schemas
    return {
        "provider_config": capabilities.provider_config,
        "resource_types": None if types is None else [str(t.get("name") or t.get("id") or "?") for t in types],
        "schemas": None if schemas is None else [str(s.get("id", "?")) for s in schemas],
        "fixed": {
            kind: _fixed(schema) for kind, urn in CORE_SCHEMA["2.0"].items() if (schema := capabilities.schema(urn))
        },
    }


def _fixed(schema: Mapping[str, Any]) -> list[str]:
    """Attributes that the target's own schema calls readOnly or immutable, where RFC 7643 leaves it open."""
    listed = schema.get("attributes")
    fixed = [
        str(a.get("name"))
        for a in (listed if isinstance(listed, list) else ())
        if isinstance(a, Mapping) and str(a.get("mutability")) in {"readOnly", "immutable"}
    ]
    return [name for name in fixed if name not in _BY_RFC]


def finish(events: EventWriter, out: Path, *, shards: list[Path], interrupted: str = "") -> Collated:
    """Joins the shards, writes the footer and results.json; returns what is in it."""
    if shards:
        join(shards, events)
    events.footer({"ended": now(), "interrupted": interrupted})
    events.close()
    return collate(events.path, out / "results.json")
