"""results.json as frozen types. It is parsed once (``parsing``), and everybody reads these.

The types are the shape: each member of the file is a field, an optional member has a default, and ``Annotated`` says
what a text or a number must be like. ``results.schema.json`` publishes the same shape for other programs. What the
endpoint itself wrote (bodies, values, its configuration) stays JSON and is shared, not copied.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from scim_compat.results.document.baseline import BaselineInfo
from scim_compat.results.document.call import CallInfo
from scim_compat.results.document.members import Count, Id, Name, OverallVerdict, Seconds, Time
from scim_compat.results.document.records import CheckRecord, ScenarioRecord, SubjectRecord
from scim_compat.results.document.target import TargetInfo
from scim_compat.results.verdict import headline
from scim_compat.values import Severity, Verdict, worst

FORMAT: Final = "scim-compat/results/1"
"""Name and version of the format; raised when the shape changes."""

INTEGRITY: Final = "integrity"
"""The feature that the comparison of the bystanders proves; no profile lists it."""

Place = tuple[int, int, int]
"""Index of a profile, of its scenario, and of the scenario's step."""


@dataclass(frozen=True, slots=True)
class Tool:
    name: Name
    version: Name


@dataclass(frozen=True, slots=True)
class RunInfo:
    id: Name
    seed: int
    started: Time
    ended: Time | None
    """None for a run that was killed."""
    complete: bool
    """True when every scenario asked for has an entry."""
    interrupted: str | None
    """Why the run ended early."""
    command: tuple[str, ...]
    """Arguments after ``scim-compat run URL``, without credentials."""
    tag: str
    """The word that every name made by this run carries."""
    call: CallInfo | None = None
    """None in older results."""
    trace: str = ""
    """The header in which requests carry ``RUN/PROFILE/SCENARIO/STEP``; empty if none does."""

    @property
    def is_partial(self) -> bool:
        return bool(self.interrupted) or not self.complete

    @property
    def start(self) -> datetime:
        return datetime.fromisoformat(self.started)

    @property
    def seconds(self) -> float | None:
        """How long the run took; None for a run that was killed."""
        return (datetime.fromisoformat(self.ended) - self.start).total_seconds() if self.ended else None


@dataclass(frozen=True, slots=True)
class ProfileCounts:
    """Scenarios by their end. Those that do not apply are in ``not_applicable`` only.

    The comparison of the accounts that no scenario names is not counted: it is no scenario of the profile.
    """

    scenarios: Count
    """All that were asked for."""
    passed: Count
    failed: Count
    skipped: Count
    errored: Count
    not_applicable: Count
    requests: Count

    @property
    def not_reached(self) -> int:
        ended = self.passed + self.failed + self.skipped + self.errored + self.not_applicable
        return max(0, self.scenarios - ended)


@dataclass(frozen=True, slots=True)
class SourceInfo:
    title: str
    url: str
    read: str
    """Month, as 2026-11; may be empty."""


@dataclass(frozen=True, slots=True)
class FeatureResult:
    id: Id
    title: str
    verdict: Verdict
    scenarios: Count
    """Those that were asked for; some may not have been reached."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A habit of the client that the profile does not test."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class ProfileResult:
    id: Id
    title: str
    version: str
    digest: str
    summary: str
    client: str
    verdict: Verdict
    """NOT_APPLICABLE: the endpoint does not speak the client's version of SCIM; the run's verdict leaves it out."""
    why: str
    counts: ProfileCounts
    sources: Mapping[str, SourceInfo]
    features: tuple[FeatureResult, ...]
    not_covered: tuple[Gap, ...]
    scenarios: tuple[ScenarioRecord, ...]
    """Those that were reached, in the order of the profile."""
    timeout: Seconds | None = None
    """Seconds that the client waits for an answer; None in older results."""
    reference: str = ""
    """The path by which the command line names the profile; empty for its id, and in older results."""
    is_part: bool = False
    """Only some scenarios of the profile were asked for; ``features`` lists those that they prove."""
    without: tuple[str, ...] = ()
    """Titles of the features that the target does not offer, by its vendor's claims or by its own discovery."""

    @property
    def headline(self) -> str:
        """The verdict in words: "compatible, without groups"."""
        nouns = [feature.id.replace("-", " ") for feature in self.features if feature.title in self.without]
        chosen = self.counts.scenarios if self.is_part else None
        return headline(self.verdict, without=nouns, failed=self.counts.failed, chosen=chosen)

    def severities(self) -> dict[str, Severity]:
        """Checks that failed → the worst severity that one was given, in the order in which they failed first."""
        ranked: dict[str, Severity] = {}
        for scenario in self.scenarios:
            for step in scenario.steps:
                for check in step.failed_checks():
                    severities = (ranked.get(check.id), check.severity)
                    if severity := worst(each for each in severities if each):
                        ranked[check.id] = severity
        return ranked

    def places(self, feature: str) -> tuple[int, ...]:
        """Indexes of the feature's scenarios."""
        return tuple(index for index, scenario in enumerate(self.scenarios) if scenario.feature == feature)

    def all_features(self) -> tuple[FeatureResult, ...]:
        """The listed features, and one for each that only a scenario names: no scenario is ever left out."""
        listed = {feature.id for feature in self.features}
        strays = dict.fromkeys(scenario.feature for scenario in self.scenarios if scenario.feature not in listed)
        more = (FeatureResult(each, each, Verdict.UNPROVEN, len(self.places(each))) for each in strays)
        return (*self.features, *more)


@dataclass(frozen=True, slots=True)
class Bystanders:
    """Resources that no scenario names, compared at the end."""

    checked: Count
    changed: tuple[str, ...]
    """A sentence for each that changed or is gone."""
    accounts: tuple[SubjectRecord, ...] = ()
    """The resources themselves, of which requests of scenarios may name some. Empty in older results."""


@dataclass(frozen=True, slots=True)
class Leftover:
    """A resource that could not be deleted."""

    type: str
    id: str | None
    """None if its creation got no usable answer."""
    why: str


@dataclass(frozen=True, slots=True)
class Cleanup:
    deleted: Count
    left: tuple[Leftover, ...]


@dataclass(frozen=True, slots=True)
class LocatedCheck:
    """A failed check and where it failed."""

    place: Place
    profile: ProfileResult
    scenario: ScenarioRecord
    check: CheckRecord


@dataclass(frozen=True, slots=True)
class Document:
    """All of results.json."""

    schema: str
    tool: Tool
    run: RunInfo
    target: TargetInfo
    verdict: OverallVerdict
    profiles: tuple[ProfileResult, ...]
    bystanders: Bystanders
    cleanup: Cleanup
    errors: tuple[str, ...]
    """Failures of the tool or the network that belong to no single scenario."""
    baseline: BaselineInfo | None = None
    """None where the run had none, and in older results."""

    @property
    def is_complete(self) -> bool:
        """True when the run reached every scenario and none of them ended in an error."""
        return self.run.complete and not any(profile.counts.errored for profile in self.profiles)

    @property
    def not_reached(self) -> int:
        return sum(profile.counts.not_reached for profile in self.profiles)

    def failed_checks(self) -> Iterator[LocatedCheck]:
        """Every failed check, in the order of the run."""
        for p, profile in enumerate(self.profiles):
            for s, scenario in enumerate(profile.scenarios):
                for t, step in enumerate(scenario.steps):
                    for check in step.failed_checks():
                        yield LocatedCheck((p, s, t), profile, scenario, check)
