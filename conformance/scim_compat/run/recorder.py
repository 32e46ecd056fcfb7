"""The record of one scenario while it is played: each exchange is judged, redacted and reported."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

from scim_compat.checks.judge import judge
from scim_compat.engine.context import PlayedRequest
from scim_compat.engine.intent import Subject
from scim_compat.profile.model import Profile, Scenario
from scim_compat.results.baseline import acceptance
from scim_compat.results.document.baseline import Baseline
from scim_compat.results.document.records import StepRecord, SubjectRecord
from scim_compat.results.events import Observer, ScenarioEnded, ScenarioStarted, StepPlayed
from scim_compat.results.model import CheckResult, Obstacle, ScenarioResult
from scim_compat.results.record import record_exchange
from scim_compat.run.clock import now
from scim_compat.run.endpoint import Endpoint
from scim_compat.values import Outcome, Severity, is_at_least, worst

Unseen = Literal[Outcome.SKIP, Outcome.ERROR]
"""How a scenario of which a part was not seen would have ended without its findings."""


class ScenarioRecorder:
    """Collects the results of one scenario. ``observe`` is what the engine calls with each exchange.

    Mutable: results are added while the scenario is played.
    """

    def __init__(
        self,
        profile: Profile,
        scenario: Scenario,
        endpoint: Endpoint,
        *,
        report: Observer,
        baseline: Baseline | None = None,
    ) -> None:
        self._baseline = baseline
        self._profile = profile
        self._scenario = scenario
        self._endpoint = endpoint
        self._report = report
        self._results: list[CheckResult] = []
        report(ScenarioStarted(profile=profile.id, id=scenario.id, started=now()))

    @property
    def failures(self) -> tuple[CheckResult, ...]:
        return tuple(r for r in self._results if r.outcome is Outcome.FAIL)

    @property
    def errors(self) -> tuple[str, ...]:
        """One sentence for each check that met an internal error."""
        return tuple(r.reason for r in self._results if r.outcome is Outcome.ERROR)

    def observe(self, played: PlayedRequest) -> None:
        """Judges and records one exchange."""
        judged = judge(played.observation, self._profile, self._scenario)
        results = [self._accepted(result) for result in judged]
        self._results += results
        self._report(StepPlayed(self._step(played, results)))

    def _accepted(self, result: CheckResult) -> CheckResult:
        """The result, with the ticket under which the baseline accepts it."""
        if self._baseline is None or result.outcome is not Outcome.FAIL:
            return result
        entry = acceptance(
            self._baseline,
            profile=self._profile.id,
            scenario=self._scenario.id,
            variant=self._scenario.variant,
            check=result.id,
            severity=result.severity,
        )
        return replace(result, accepted=entry.ticket) if entry else result

    def _step(self, played: PlayedRequest, results: list[CheckResult]) -> StepRecord:
        endpoint = self._endpoint
        subject = played.observation.intent.subject
        return StepRecord(
            id=played.number,
            kind=played.observation.intent.by,
            title=played.title,
            action=played.observation.intent.action,
            exchange=record_exchange(
                played.observation.exchange,
                redactor=endpoint.wire.redactor,
                ours=endpoint.ledger.ever(),
                credential=endpoint.settings.login.header(),
            ),
            checks=tuple(_redacted_result(r, endpoint.redacted) for r in results),
            line=played.step.where.line if played.step else None,
            subject=self._subject(subject) if subject else None,
        )

    def _subject(self, subject: Subject) -> SubjectRecord:
        """The resource of a step. Its id may be made of the credential."""
        identifier = None if subject.id is None else self._endpoint.redacted(subject.id)
        return SubjectRecord(subject.key, subject.kind, identifier)

    def judged(self, *, unseen: Unseen | None, reason: str, requests: int, ms: float = 0.0) -> ScenarioResult:
        """Ends a scenario that was played. ``unseen``: why its findings are not the whole of it."""
        severity = worst([r.severity for r in self.failures if r.severity])
        is_failed = is_at_least(severity, Severity.DEGRADED)
        outcome = Outcome.FAIL if is_failed else unseen or Outcome.PASS
        result = replace(
            scenario_result(self._profile, self._scenario, outcome, reason=reason),
            severity=severity, requests=requests, ms=ms, findings=len(self.failures), failures=self.failures,
            unseen=unseen if is_failed else None,
        )  # fmt: skip
        return self.end(result)

    def unplayed(self, outcome: Unseen, reason: str, *, obstacle: Obstacle | None = None) -> ScenarioResult:
        """Ends a scenario of which nothing can be said. ``obstacle``: it does not even apply."""
        return self.end(scenario_result(self._profile, self._scenario, outcome, reason=reason, obstacle=obstacle))

    def end(self, result: ScenarioResult) -> ScenarioResult:
        # A reason may name a path of ours, or quote an exception that quotes the credential.
        result = replace(result, reason=self._endpoint.redacted(result.reason))
        self._report(ScenarioEnded(result))
        return result


def scenario_result(
    profile: Profile, scenario: Scenario, outcome: Outcome, *, reason: str = "", obstacle: Obstacle | None = None
) -> ScenarioResult:
    """A result without findings."""
    return ScenarioResult(
        id=scenario.id,
        profile=profile.id,
        feature=scenario.feature,
        title=scenario.title,
        evidence=scenario.evidence,
        source=", ".join(scenario.source),
        outcome=outcome,
        severity=None,
        applicable=obstacle is None,
        reason=reason,
        obstacle=obstacle,
    )


def _redacted_result(result: CheckResult, redact: Callable[[str], str]) -> CheckResult:
    """A finding quotes the answer, and an answer may echo the credential."""
    if result.outcome is Outcome.PASS:
        return result
    return replace(
        result,
        where=redact(result.where),
        expected=redacted(result.expected, redact),
        actual=redacted(result.actual, redact),
        message=redact(result.message),
        reason=redact(result.reason),
    )


def redacted(value: Any, redact: Callable[[str], str]) -> Any:
    """``value`` without secrets, cleaned part by part: a password such as 1234 must not break the JSON around it."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {redact(str(key)): redacted(inner, redact) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [redacted(inner, redact) for inner in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        text = str(value)
        return value if redact(text) == text else redact(text)
    return value
