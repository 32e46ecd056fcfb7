"""Results of runs at broken servers, without a run: the document that a profile, or several, would leave there.

Scenarios that do not meet the defect end as they do at the good server, so only the others are played (``cells.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from scim_compat.profile.model import Profile, Scenario
from scim_compat.results import verdict
from scim_compat.results.document import (
    FORMAT,
    INTEGRITY,
    Bystanders,
    Cleanup,
    Document,
    ProfileCounts,
    ProfileResult,
    RunInfo,
)
from scim_compat.results.document.records import ScenarioRecord, StepRecord
from scim_compat.results.document.target import CapabilityInfo, TargetInfo
from scim_compat.results.events import Event, StepPlayed
from scim_compat.results.model import ScenarioResult
from scim_compat.results.sightings import SightingCounter
from scim_compat.run.endpoint import Endpoint
from scim_compat.run.header import header
from scim_compat.run.recorder import ScenarioRecorder
from scim_compat.run.selection import Selection
from scim_compat.run.settings import Settings
from scim_compat.values import Outcome

from .cells import SEED, UNTESTABLE, Broken, Tape, _Replay, affected, record

Records = Mapping[str, ScenarioRecord]
"""Scenarios by id, as they ended."""


class _Keeper(_Replay):
    """Keeps every scenario as the results would hold it."""

    def __init__(self, profile: Profile, broken: Broken) -> None:
        super().__init__(profile, broken, None)
        self.records: dict[str, ScenarioRecord] = {}

    def recorder(self, profile: Profile, scenario: Scenario, endpoint: Endpoint) -> ScenarioRecorder:
        if scenario.feature != INTEGRITY:
            self._restore(profile, scenario, endpoint)
        return _Steps(profile, scenario, endpoint, self)

    def keep(self, scenario: Scenario, result: ScenarioResult, steps: Iterable[StepRecord]) -> None:
        if scenario.feature == INTEGRITY and scenario.id in self.records:
            return  # the first change of the crowd is the run's one comparison at its end
        self.records[scenario.id] = ScenarioRecord(
            id=scenario.id,
            feature=scenario.feature,
            title=scenario.title,
            variant=scenario.variant,
            evidence=scenario.evidence,
            source=scenario.source,
            outcome=result.outcome,
            severity=result.severity,
            applicable=result.applicable,
            reason=result.reason,
            line=scenario.where.line or None,
            requests=result.requests,
            ms=0,
            note=scenario.note,
            steps=tuple(steps),
        )


class _Steps(ScenarioRecorder):
    """Hands the steps of one scenario over when it ends."""

    def __init__(self, profile: Profile, scenario: Scenario, endpoint: Endpoint, keeper: _Keeper) -> None:
        self._keeper = keeper
        self._steps: list[StepRecord] = []
        super().__init__(profile, scenario, endpoint, report=self._take)

    def _take(self, event: Event) -> None:
        if isinstance(event, StepPlayed):
            self._steps.append(event.step)

    def end(self, result: ScenarioResult) -> ScenarioResult:
        self._keeper.keep(self._scenario, result, self._steps)
        self._keeper.ended(result, self.failures)
        return result


@dataclass(frozen=True, slots=True)
class Base:
    """A profile at the good server."""

    tape: Tape
    records: Records


def base(profile: Profile) -> Base:
    """Play the profile at the good server."""
    return Base(record(profile), _played(profile, (), profile.scenarios))


def records(known: Base, *defects: str) -> Records:
    """The scenarios that the broken server answers otherwise, as they end there; empty where it cannot be tested."""
    met = {scenario.id for defect in defects for scenario in affected(known.tape, defect)}
    profile = known.tape.profile
    return _played(profile, defects, [scenario for scenario in profile.scenarios if scenario.id in met])


def _played(profile: Profile, defects: Iterable[str], scenarios: Iterable[Scenario]) -> Records:
    keeper = _Keeper(profile, Broken.of(profile.scim, *defects))
    try:
        ran = keeper.whole(scenarios)
    finally:
        keeper.scratch.cleanup()
    return {} if UNTESTABLE in ran.found else keeper.records


def document(parts: Mapping[str, tuple[Profile, Records, Records]]) -> Document:
    """The document of one run. ``parts``: profile id → profile, its records at the good server, those that differ."""
    profiles = [profile for profile, _, _ in parts.values()]
    settings = Settings(url="http://good.example/scim/v2", seed=SEED, out="")
    head = header(settings, Selection(tuple(profiles), {each.id: each.scenarios for each in profiles}))
    results = []
    for each in head.profiles:
        profile, good, other = parts[each.id]
        merged = {**good, **other}
        scenarios = [merged[s.id] for s in profile.scenarios if s.id in merged]
        scenarios += [record for key, record in other.items() if record.feature == INTEGRITY and key in other]
        results.append(_result(each, scenarios))
    nothing = CapabilityInfo(provider_config=None, resource_types=None, schemas=None)
    return Document(
        schema=FORMAT,
        tool=head.tool,
        run=RunInfo(
            id=head.run.id, seed=head.run.seed, started=head.run.started, ended=head.run.started, complete=True,
            interrupted=None, command=head.run.command, tag=head.run.tag,
        ),
        target=TargetInfo(
            url=head.target.url, claims=head.target.claims, capabilities=nothing, sightings=SightingCounter().summary()
        ),
        verdict=verdict.of_run(result.verdict for result in results),
        profiles=tuple(results),
        bystanders=Bystanders(checked=0, changed=()),
        cleanup=Cleanup(deleted=0, left=()),
        errors=(),
    )  # fmt: skip


def _result(head: Any, scenarios: list[ScenarioRecord]) -> ProfileResult:
    judgements = [verdict.Judgement(s.outcome, s.severity, s.applicable) for s in scenarios]
    feature = verdict.of_feature(judgements)
    word = verdict.of_profile([feature])
    tally = [s.outcome for s in scenarios if s.applicable]
    return ProfileResult(
        id=head.id, title=head.title, version=head.version, digest=head.digest, summary=head.summary,
        client=head.client, verdict=word, why="", sources=head.sources, features=(), not_covered=(),
        counts=ProfileCounts(
            scenarios=len(scenarios),
            passed=tally.count(Outcome.PASS),
            failed=tally.count(Outcome.FAIL),
            skipped=tally.count(Outcome.SKIP),
            errored=tally.count(Outcome.ERROR),
            not_applicable=sum(not s.applicable for s in scenarios),
            requests=sum(s.requests for s in scenarios),
        ),
        scenarios=tuple(scenarios),
    )  # fmt: skip
