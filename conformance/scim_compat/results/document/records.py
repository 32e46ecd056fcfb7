"""One scenario as it was played: its steps, each with its exchange and the checks on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from scim_compat.results.document.members import (
    Action,
    Count,
    Id,
    Line,
    Milliseconds,
    Name,
    Status,
    StepId,
    Time,
)
from scim_compat.values import MISSING, Evidence, Fault, Json, Level, Outcome, Party, Prose, Severity
from scim_compat.wire.messages import CredentialUse, FailureKind


@dataclass(frozen=True, slots=True)
class RequestRecord:
    method: Name
    url: str
    headers: tuple[tuple[str, str], ...]
    body: str | None
    credential: CredentialUse = CredentialUse.VALID
    """VALID in older results, whatever was sent."""


@dataclass(frozen=True, slots=True)
class ResponseRecord:
    status: Status
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: str | None


@dataclass(frozen=True, slots=True)
class FailureRecord:
    """Why no usable answer came."""

    kind: FailureKind
    text: str


@dataclass(frozen=True, slots=True)
class ExchangeRecord:
    """One request and what came of it, redacted, with the values of foreign resources masked."""

    request: RequestRecord
    response: ResponseRecord | None
    failure: FailureRecord | None
    ms: Milliseconds
    truncated: bool
    waits: tuple[str, ...]
    masked: bool


@dataclass(frozen=True, slots=True)
class CheckRecord:
    """One check on one exchange. ``reason`` is for SKIP and ERROR, what stands before it for FAIL."""

    id: Id
    outcome: Outcome
    level: Level
    severity: Severity | None = None
    title: str = ""
    cites: tuple[Name, ...] = ()
    where: str = ""
    expected: Json = MISSING
    """MISSING where the check has nothing to show."""
    actual: Json = MISSING
    message: str = ""
    consequence: str = ""
    fix: str = ""
    source: str = ""
    """The profile's source key for severity and consequence."""
    failure: str = ""
    """The same rule broken, as a sentence that is true of this answer; empty in older results."""
    fault: Fault = Fault.ANSWER
    prose: tuple[Literal["expected", "actual"], ...] = ()
    """Those of the two values that are words of the check, not JSON of the exchange; empty in older results."""
    accepted: str = ""
    """The ticket under which the run's baseline accepts it; empty if it does not."""
    reason: str = ""

    def __post_init__(self) -> None:
        """Makes ``prose`` and the two values agree: each of them carries by its type that it is prose."""
        if not self.prose and not isinstance(self.expected, Prose) and not isinstance(self.actual, Prose):
            return
        values = {name: getattr(self, name) for name in CHECK_VALUES}
        words = {name: Prose(v) for name, v in values.items() if isinstance(v, Prose) or name in self.prose}
        for name, value in words.items():
            object.__setattr__(self, name, value)
        object.__setattr__(self, "prose", tuple(words))


CHECK_VALUES: Final[tuple[Literal["expected", "actual"], ...]] = ("expected", "actual")
"""Members that a failed check may have."""
_ALWAYS: Final = ("id", "outcome", "level")
CHECK_MEMBERS: Final[Mapping[Outcome, tuple[str, ...]]] = {
    Outcome.PASS: _ALWAYS,
    Outcome.FAIL: (*_ALWAYS, "severity", "title", "cites", "where", "message", "consequence", "fix", "source"),
    Outcome.SKIP: (*_ALWAYS, "reason"),
    Outcome.ERROR: (*_ALWAYS, "reason"),
}
"""The members of a check by its outcome. A pass has three, to keep the file small."""
CHECK_LATER: Final = ("failure", "fault", "prose", "accepted")
"""Members of a failed check that results of older versions lack."""


@dataclass(frozen=True, slots=True)
class SubjectRecord:
    """The resource that a step is about."""

    key: str
    """The name that the profile gives it (``alice``)."""
    kind: Literal["User", "Group"]
    id: str | None
    """None before its creation was answered."""


@dataclass(frozen=True, slots=True)
class StepRecord:
    id: StepId
    kind: Party
    action: Action
    title: str
    line: Line | None
    exchange: ExchangeRecord | None
    checks: tuple[CheckRecord, ...]
    subject: SubjectRecord | None = None
    """None where the step is about no single resource, and in older results."""

    def failed_checks(self) -> Iterator[CheckRecord]:
        return (check for check in self.checks if check.outcome is Outcome.FAIL)

    @property
    def outcome(self) -> Outcome:
        """FAIL before ERROR; SKIP only where no check was judged at all."""
        outcomes = {check.outcome for check in self.checks}
        if Outcome.FAIL in outcomes:
            return Outcome.FAIL
        if Outcome.ERROR in outcomes or (self.exchange is not None and self.exchange.failure is not None):
            return Outcome.ERROR
        return Outcome.SKIP if outcomes == {Outcome.SKIP} else Outcome.PASS

    @property
    def has_problem(self) -> bool:
        """True when a check failed or could not be judged for an error, or no answer came."""
        return self.outcome in {Outcome.FAIL, Outcome.ERROR}


@dataclass(frozen=True, slots=True)
class ScenarioRecord:
    id: Id
    feature: Id
    title: str
    variant: str
    """Empty if there is one form of the client's behaviour only."""
    evidence: Evidence
    source: tuple[Name, ...]
    outcome: Outcome
    severity: Severity | None
    """The worst of its findings."""
    applicable: bool
    """False: the target does not claim the feature; the outcome is then SKIP."""
    reason: str
    """Why it was skipped, is not applicable, or ended in an error."""
    line: Line | None
    requests: Count
    ms: Milliseconds
    note: str
    steps: tuple[StepRecord, ...]
    started: Time | None = None
    """None in older results."""

    @property
    def has_problem(self) -> bool:
        return self.outcome in {Outcome.FAIL, Outcome.ERROR}
