"""One run against one target: exchanges are judged, recorded and streamed to disk as they happen.

This is where the arrows meet: profile → engine → checks → results. It knows neither pytest nor HTML.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from conformance import __version__
from conformance.bystanders import INTEGRITY, Bystanders, Taken, compare, comparison, meet, refuse_taken
from conformance.checks.judge import judge
from conformance.engine import people, wire
from conformance.engine.cleanup import left, remove_entries
from conformance.engine.exchange import Capabilities, Seen
from conformance.engine.ledger import Ledger
from conformance.engine.play import Played, Stage
from conformance.engine.preflight import NotTestable, preflight
from conformance.engine.runner import not_applicable, run_scenario
from conformance.profile.model import Profile, Scenario
from conformance.results.collate import Collated, collate
from conformance.results.events import EventWriter, join
from conformance.results.model import CheckResult, Outcome, ScenarioResult, StepResult, at_least, worst
from conformance.results.record import recorded
from conformance.settings import Settings
from conformance.target import claims_of


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
        "target": {"url": settings.url, "claims": settings.claims},
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
    """Runs scenarios in this process. One wire, one ledger, one pair of bystanders."""

    def __init__(
        self,
        settings: Settings,
        *,
        events: EventWriter,
        shard: str = "",
        progress: Callable[[str, Any], None] | None = None,
    ) -> None:
        self.settings = settings
        self.events = events
        self._progress = progress or (lambda _event, _data: None)
        self._shard = shard
        self._wire = open_wire(settings)
        self._base_url = self._wire.base_url
        name = f"ledger-{shard}.jsonl" if shard else "ledger.jsonl"
        tag = people.tag_for(settings.seed)
        self.ledger_path = Path(settings.out) / name
        self.ledger = Ledger(self.ledger_path, base_url=self._base_url, tag=tag, clean=self.redacted)
        self.capabilities = Capabilities()
        self._bystanders: Bystanders | None = None
        self._taken = ""
        """Why nothing is played: another run uses the same names."""
        self._profiles: dict[str, Profile] = {}
        self._current: tuple[Profile, Scenario] | None = None
        self._results: list[CheckResult] = []

    def open(self) -> None:
        """Asks the target what it is. Raises preflight.NotTestable."""
        try:
            self.capabilities = preflight(self._wire, self._base_url)
            if not self._shard:  # shards of one run share its tag, and its controller has asked
                refuse_taken(self._stage(lambda _played: None))
        except (NotTestable, Taken) as reason:  # it quotes the server, who may have quoted the credential
            raise NotTestable(self.redacted(str(reason))) from None
        self.events.write(
            "capabilities",
            {"capabilities": _redacted(described(self.capabilities), self.redacted)},
        )

    def run(self, profile: Profile, scenario: Scenario) -> ScenarioResult:
        """Plays, judges and records one scenario. A fault around it is noted, so that the status tells, and raised."""
        try:
            return self._run(profile, scenario)
        except Exception as ours:
            self.note(f"fault in scim-compat, please report it: {type(ours).__name__} in {scenario.id}")
            raise

    def _run(self, profile: Profile, scenario: Scenario) -> ScenarioResult:
        self._profiles.setdefault(profile.id, profile)
        if self._bystanders is None and not self._taken:
            self._meet(profile)
        self._begin(profile, scenario)
        if self._taken:
            return self._end(_result(profile, scenario, "error", reason=self._taken))
        stage = self._stage(self._observe)
        reason = _unspoken(profile, scenario) or not_applicable(scenario, stage)
        started = time.perf_counter()
        if reason:
            return self._end(_result(profile, scenario, "skip", reason=reason, applicable=False))
        try:
            ended = run_scenario(profile, scenario, stage)
        except Exception as ours:  # noqa: BLE001 - our own bug must end as an error of ours, and the run goes on
            text = f"fault in scim-compat, please report it: {type(ours).__name__} in {scenario.id}: {ours}"
            self.note(text)
            return self._end(_result(profile, scenario, "error", reason=text))
        failed = [r for r in self._results if r.outcome == "fail"]
        faults = [r.reason for r in self._results if r.outcome == "error"]
        severity = worst([r.severity for r in failed if r.severity])
        outcome: Outcome = "fail" if at_least(severity, "degraded") else "pass"
        if outcome == "pass" and (faults or ended.failed):
            outcome = "error"
        elif outcome == "pass" and ended.stopped:
            outcome = "skip"
        reached = f"not reached to the end: {ended.stopped}" if ended.stopped else ""
        for fault in faults:
            self.note(fault)
        return self._end(
            replace(
                _result(profile, scenario, outcome, reason=faults[0] if faults else reached),
                severity=severity, requests=ended.requests, ms=round((time.perf_counter() - started) * 1000, 1),
                findings=len(failed),
            )
        )  # fmt: skip

    def _meet(self, profile: Profile) -> None:
        try:
            self._bystanders = meet(profile, self._stage(lambda _played: None), self._shard, note=self.note)
        except Taken as reason:  # the other run began after we had asked
            self._taken = str(reason)
            self.note(self._taken)

    def note(self, text: str) -> None:
        """Something about the run as a whole that went wrong on our side."""
        self.events.write("note", {"text": self.redacted(text)})

    def redacted(self, text: str) -> str:
        """``text`` without the secrets of the run, for what quotes the server or an error of ours."""
        return self._wire.redactor.quoted(text)

    def close(self, *, patient: bool = True) -> None:
        """Compares the bystanders, removes what is left, and tells about it.

        ``patient``: a first Ctrl-C ends the comparison, but not the removing, and is raised afterwards.
        """
        try:
            try:
                for profile in self._profiles.values():
                    self._compare_bystanders(profile)
                remove_entries(self.ledger.open_entries(), self._stage(lambda _played: None))
            except KeyboardInterrupt:
                if patient:
                    remove_entries(self.ledger.open_entries(), self._stage(lambda _played: None))
                raise
        finally:
            deleted = sum(e.state == "deleted" for e in self.ledger.entries.values())
            self.events.write("clean-up", {"deleted": deleted, "left": _redacted(left(self.ledger), self.redacted)})
            self.ledger.close()
            self._wire.close()
            if not self.ledger.entries:
                self.ledger_path.unlink(missing_ok=True)  # nothing was made: no ledger to keep

    def _compare_bystanders(self, profile: Profile) -> None:
        if self._bystanders is None or not self._bystanders.actors:
            return
        scenario = comparison(profile, self._shard)
        self._begin(profile, scenario)
        unread = compare(self._bystanders, profile, scenario, self._stage(self._observe))
        failed = [r for r in self._results if r.outcome == "fail"]
        severity = worst([r.severity for r in failed if r.severity])
        outcome: Outcome = "fail" if at_least(severity, "degraded") else "error" if unread else "pass"
        count = len(self._bystanders.actors)
        result = _result(profile, scenario, outcome, reason=unread)
        self._end(replace(result, severity=severity, requests=count, findings=len(failed)))
        changed = [f"{r.where}: {r.message or 'changed'}" for r in failed if r.id == "bystander.unchanged"]
        self.events.write("bystanders", {"checked": count, "changed": [self.redacted(c) for c in changed]})

    # --- inside ---------------------------------------------------------------------------------

    def _stage(self, observe: Callable[[Played], None]) -> Stage:
        return Stage(
            sender=self._wire,
            base_url=self._base_url,
            seed=self.settings.seed,
            ledger=self.ledger,
            observe=observe,
            capabilities=self.capabilities,
            claims=claims_of(self.settings.claims),
            large=self.settings.large,
            alone=not self._shard,
            client_timeout=self.settings.timeout,
        )

    def _begin(self, profile: Profile, scenario: Scenario) -> None:
        self._current = (profile, scenario)
        self._results = []
        self.events.begin(profile.id, scenario.id)
        self._progress("scenario", scenario)

    def _end(self, result: ScenarioResult) -> ScenarioResult:
        result = replace(result, reason=self.redacted(result.reason))  # it may name a path, or an exception's text
        self.events.finish(result)
        self._progress("ended", result)
        return result

    def _observe(self, played: Played) -> None:
        if self._current is None:  # pragma: no cover - _begin always comes first
            return
        profile, scenario = self._current
        results = judge(played.seen, profile, scenario)
        self._results.extend(results)
        self.events.step(self._step(played, results))
        self._progress("step", played)
        for result in results:
            if result.outcome == "fail":
                self._progress("finding", result)

    def _step(self, played: Played, results: list[CheckResult]) -> StepResult:
        seen: Seen = played.seen
        return StepResult(
            id=played.number,
            kind=seen.intent.by,
            title=played.title,
            action=seen.intent.action,
            exchange=recorded(
                seen.exchange,
                redactor=self._wire.redactor,
                ours=self.ledger.ever(),
                credential=self.settings.login.shown(),
            ),
            checks=tuple(self._clean(r) for r in results),
            line=played.step.where.line if played.step else None,
        )

    def _clean(self, result: CheckResult) -> CheckResult:
        """Results quote answers, and an answer may echo the credential."""
        if result.outcome == "pass":
            return result
        return replace(
            result,
            where=self.redacted(result.where),
            expected=_redacted(result.expected, self.redacted),
            actual=_redacted(result.actual, self.redacted),
            message=self.redacted(result.message),
            reason=self.redacted(result.reason),
        )


def _unspoken(profile: Profile, scenario: Scenario) -> str:
    """Why the engine cannot send this at all: replayed in the words of 2.0, it would find faults that are ours."""
    if profile.scim != "2.0" or scenario.dialect.update == "partial":
        return "this version of scim-compat replays SCIM 2.0 only"
    return ""


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
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping):
        return {clean(str(key)): _redacted(inner, clean) for key, inner in value.items()}
    return [_redacted(inner, clean) for inner in value] if isinstance(value, list | tuple) else value


def described(capabilities: Capabilities) -> dict[str, Any]:
    """What the target says of itself, as the results keep it."""
    types, schemas = capabilities.resource_types, capabilities.schemas
    return {
        "provider_config": capabilities.provider_config,
        "resource_types": None if types is None else [str(t.get("name") or t.get("id") or "?") for t in types],
        "schemas": None if schemas is None else [str(s.get("id", "?")) for s in schemas],
    }


def open_wire(settings: Settings) -> wire.Wire:
    """The HTTP client of a run. Raises ValueError with a plain sentence for a URL or credential that cannot work."""
    transport = None
    if settings.app:
        from conformance.engine.inprocess import transport_for  # noqa: PLC0415 - only where asked for

        transport = transport_for(settings.app)
    cert = (settings.client_cert, settings.client_key or None) if settings.client_cert else None
    opened = wire.Wire(
        wire.WireSettings(
            base_url=settings.url,
            timeout=settings.timeout or 60.0,
            verify=settings.ca or True,
            client_cert=cert,
            proxy=settings.proxy or None,
        ),
        settings.login.credential(),
        transport=transport,
    )
    if opened.base_query:
        raise ValueError(
            "leave the query (all from the ? on) out of the URL: a profile adds its client's own query to each "
            "request (entra-v2 its flag aadOptscim062020), and a key is given as a credential"
        )
    return opened


def finish(events: EventWriter, out: Path, *, shards: list[Path], interrupted: str = "") -> Collated:
    """Joins the shards, writes the footer and results.json; returns what is in it."""
    if shards:
        join(shards, events)
    events.footer({"ended": now(), "interrupted": interrupted})
    events.close()
    return collate(events.path, out / "results.json")
