"""One run against one target. The arrows meet here: profile → engine → checks → results.

A session knows neither pytest nor HTML. It reports each event to its observer as it happens.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from scim_compat.checks.registry import Trait, all_checks
from scim_compat.engine.applies import is_left_out, not_applicable
from scim_compat.engine.cleanup import left_behind
from scim_compat.engine.context import PlayedRequest, RunContext
from scim_compat.engine.ledger import EntryState
from scim_compat.engine.scenario import ScenarioEnd, run_scenario
from scim_compat.errors import OtherVersionError
from scim_compat.profile.model import Profile, Scenario
from scim_compat.results.collate import collate
from scim_compat.results.document import Leftover
from scim_compat.results.document.baseline import Baseline
from scim_compat.results.document.records import SubjectRecord
from scim_compat.results.events import (
    BystandersCompared,
    CapabilitiesRead,
    CleanedUp,
    NoteKind,
    Observer,
    RunEnded,
    RunNote,
    ScenarioEnded,
    ScenarioStarted,
)
from scim_compat.results.model import Obstacle, ScenarioResult
from scim_compat.results.stream import EventWriter
from scim_compat.results.summary import RunSummary
from scim_compat.run import closing
from scim_compat.run.clock import now
from scim_compat.run.crowd import compare_crowd, comparison_scenario
from scim_compat.run.endpoint import FIRST, GIVEN_UP, Endpoint, base_urls
from scim_compat.run.header import described
from scim_compat.run.recorder import ScenarioRecorder, Unseen, redacted, scenario_result
from scim_compat.run.settings import Settings
from scim_compat.scim.names import Scim
from scim_compat.values import Outcome
from scim_compat.wire.secrets import SecretRegister

_CERTIFICATE: Final = "the client certificate is part of the credential, and goes along with every request"
INTERNAL = "internal error in scim-compat, please report it"


class Session:
    """Plays scenarios in this process. For each version of the protocol one wire, one ledger, one crowd.

    Mutable: it remembers which profiles were played, so that the crowd is compared at the end.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        report: Observer,
        versions: Sequence[Scim] = (FIRST,),
        shard: str = "",
        secrets: SecretRegister | None = None,
        baseline: Baseline | None = None,
    ) -> None:
        """``versions``: those of the profiles that will be played. Raises SettingError for a URL that cannot work."""
        self.settings = settings
        self._baseline = baseline
        self._secrets = SecretRegister() if secrets is None else secrets
        self._report = report
        self._shard = shard
        self._endpoints: dict[Scim, Endpoint] = {}
        for scim, url in base_urls(settings, versions).items():
            main = not self._endpoints
            self._endpoints[scim] = Endpoint(
                settings, scim=scim, url=url, shard=shard, main=main, secrets=self._secrets
            )
        self._versions = frozenset(versions)
        self._unspoken: dict[Scim, str] = {}
        """Version → why no endpoint of it is there."""
        self._profiles: dict[str, Profile] = {}
        self._settled = False
        self._closing: dict[str, tuple[list[PlayedRequest], ScenarioEnd]] = {}
        """What closing scenarios sent, by key: the other profiles share it."""

    def open(self) -> None:
        """Probes the target. Raises NotTestableError.

        An endpoint that speaks the other version is left to the profiles of that version, if there are any.
        """
        for scim in list(self._endpoints):
            try:
                self._endpoints[scim].probe()
            except OtherVersionError as error:
                self._reassign(scim, error)
        first = next(iter(self._endpoints.values()))
        self._report(CapabilitiesRead(described(first.capabilities, first.redacted)))

    def _reassign(self, scim: Scim, error: OtherVersionError) -> None:
        """Gives the URL to the version that it speaks. Raises the error where no profile of that version is played."""
        spoken: Scim = "1.1" if scim == "2.0" else "2.0"
        if spoken not in self._versions:
            raise error
        wrong = self._endpoints.pop(scim)
        wrong.close()
        self._unspoken[scim] = str(error)
        self._note(f"{wrong.base_url} speaks SCIM {spoken}: no scenario of SCIM {scim} is played")
        if spoken not in self._endpoints:
            endpoint = Endpoint(
                self.settings, scim=spoken, url=wrong.base_url, shard=self._shard, main=True, secrets=self._secrets
            )
            self._endpoints[spoken] = endpoint
            endpoint.probe()

    def run(self, profile: Profile, scenario: Scenario) -> ScenarioResult:
        """Plays, judges and records one scenario.

        An internal error is recorded as a run note (exit status 4) and re-raised.
        """
        try:
            return self._run(profile, scenario)
        except Exception as error:
            self._note(f"{INTERNAL}: {type(error).__name__} in {scenario.id}", NoteKind.INTERNAL)
            raise

    def _run(self, profile: Profile, scenario: Scenario) -> ScenarioResult:
        endpoint = self._endpoints.get(profile.scim)
        if endpoint is None:
            return self._without_base(profile, scenario)
        self._profiles.setdefault(profile.id, profile)
        if not closing.rank(scenario):
            self._settled = False
        if not self._settled:
            endpoint.create_crowd(profile, self._note)
        recorder = self.recorder(profile, scenario, endpoint)
        if endpoint.seed_in_use:
            return recorder.unplayed(Outcome.ERROR, endpoint.seed_in_use)
        if not endpoint.check_alive():
            return recorder.unplayed(Outcome.ERROR, GIVEN_UP)
        context = endpoint.context(recorder.observe)
        if reason := not_applicable(scenario, context):
            obstacle = Obstacle.RUN if is_left_out(scenario, context) else Obstacle.TARGET
            return recorder.unplayed(Outcome.SKIP, reason, obstacle=obstacle)
        if self.settings.client_cert and closing.rank(scenario):
            return recorder.unplayed(Outcome.SKIP, _CERTIFICATE, obstacle=Obstacle.RUN)
        started = time.perf_counter()
        try:
            end = self._play(profile, scenario, context)
        except Exception as error:  # noqa: BLE001 - a bug of ours must end as an error of ours, and the run goes on
            text = f"{INTERNAL}: {type(error).__name__} in {scenario.id}: {error}"
            self._note(text, NoteKind.INTERNAL)
            return recorder.unplayed(Outcome.ERROR, text)
        endpoint.note_silence(silent=end.failed)
        if end.declined and not recorder.failures and not recorder.errors:
            return recorder.unplayed(Outcome.SKIP, end.declined, obstacle=Obstacle.TARGET)
        errors = recorder.errors
        for text in errors:
            self._note(text, NoteKind.INTERNAL)
        unseen: Unseen | None = Outcome.ERROR if errors or end.failed else Outcome.SKIP if end.stopped else None
        stopped = f"not reached to the end: {end.stopped}" if end.stopped else end.remark
        ms = round((time.perf_counter() - started) * 1000, 1)
        return recorder.judged(unseen=unseen, reason=errors[0] if errors else stopped, requests=end.requests, ms=ms)

    def _play(self, profile: Profile, scenario: Scenario, context: RunContext) -> ScenarioEnd:
        """Plays the scenario. Of those that close the run, equal ones are played once and judged for each profile."""
        if not closing.rank(scenario):
            return run_scenario(profile, scenario, context)
        key = closing.key_of(profile, scenario)
        if key in self._closing:
            sent, end = self._closing[key]
            for played in sent:
                context.observe(played)
            return replace(end, requests=0)
        taken: list[PlayedRequest] = []

        def observe(played: PlayedRequest) -> None:
            taken.append(played)
            context.observe(played)

        end = run_scenario(profile, scenario, replace(context, observe=observe))
        self._closing[key] = taken, end
        return end

    def recorder(self, profile: Profile, scenario: Scenario, endpoint: Endpoint) -> ScenarioRecorder:
        """The recorder of one scenario that is about to be played."""
        return ScenarioRecorder(profile, scenario, endpoint, report=self._report, baseline=self._baseline)

    def _without_base(self, profile: Profile, scenario: Scenario) -> ScenarioResult:
        """Skips a scenario whose version is spoken at no URL that is known."""
        self._report(ScenarioStarted(profile=profile.id, id=scenario.id, started=now()))
        reason = self._unspoken.get(profile.scim) or (
            f"no base URL for SCIM {profile.scim} is known; run {profile.id} alone with its URL, or name both in a "
            f'target file: bases: {{"{profile.scim}": URL}}'
        )
        result = scenario_result(profile, scenario, Outcome.SKIP, reason=reason, obstacle=Obstacle.VERSION)
        self._report(ScenarioEnded(result))
        return result

    def _note(self, text: str, kind: NoteKind = NoteKind.RUN) -> None:
        self._report(RunNote(self.redacted(text), kind))

    def redacted(self, text: str) -> str:
        """``text`` without the secrets of the run, for texts that quote the server or an internal error."""
        return self._secrets.quoted(text)

    def settle(self) -> None:
        """Compares the crowd and deletes all that is there, before the scenarios that close the run.

        Call it when only those are left. A server that locks the run out after them then holds nothing of it.
        """
        if self._settled:
            return
        self._compare_all()
        for endpoint in self._endpoints.values():
            endpoint.clean()
            endpoint.crowd = None
        self._profiles.clear()
        self._settled = True

    def close(self, *, patient: bool = True) -> None:
        """Compares the crowd, deletes what is left, and reports both.

        ``patient``: a first Ctrl-C ends the comparison but not the deletion, and is raised afterwards.
        """
        endpoints = list(self._endpoints.values())
        try:
            try:
                self._compare_all()
                for endpoint in endpoints:
                    endpoint.clean()
            except KeyboardInterrupt:
                if patient:
                    for endpoint in endpoints:
                        endpoint.clean()
                raise
        finally:
            deleted = sum(e.state is EntryState.DELETED for one in endpoints for e in one.ledger.entries.values())
            left = (entry for one in endpoints for entry in left_behind(one.ledger))
            self._report(CleanedUp(deleted, tuple(Leftover(**redacted(entry, self.redacted)) for entry in left)))
            for endpoint in endpoints:
                endpoint.close()

    def _compare_all(self) -> None:
        for profile in self._profiles.values():
            self._compare_crowd(profile, self._endpoints[profile.scim])

    def _compare_crowd(self, profile: Profile, endpoint: Endpoint) -> None:
        if endpoint.crowd is None or not endpoint.crowd.actors:
            return
        scenario = comparison_scenario(profile, self._shard)
        recorder = self.recorder(profile, scenario, endpoint)
        compared = compare_crowd(endpoint.crowd, profile, scenario, endpoint.context(recorder.observe))
        count = endpoint.crowd.compared
        unseen: Unseen | None = Outcome.ERROR if compared.unread else None
        recorder.judged(unseen=unseen, reason=compared.unread, requests=compared.requests)
        breaches = [r for r in recorder.failures if all_checks()[r.id].has_trait(Trait.BYSTANDER)]
        changed = [f"{r.where}: {r.message or 'changed'}" for r in breaches]
        # An id may be made of the credential.
        accounts = tuple(SubjectRecord(a.key, a.kind, self.redacted(a.id or "")) for a in endpoint.crowd.actors)
        self._report(BystandersCompared(count, tuple(self.redacted(line) for line in changed), accounts))


def finish(events: EventWriter, out: Path, *, shards: Sequence[Path], interrupted: str = "") -> RunSummary:
    """Adds the shards and the last event, and writes results.json; returns what stands in it."""
    if shards:
        events.append(shards)
    events(RunEnded(ended=now(), interrupted=interrupted))
    events.close()
    return collate(events.path, out / "results.json")
