"""Holds the findings of a run against its baseline. Pure functions."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from scim_compat.results.document import Document, FeatureResult, ProfileResult
from scim_compat.results.document.baseline import (
    Acceptance,
    Baseline,
    Departure,
    DepartureRecord,
    PlacedName,
    TestedFeatures,
)
from scim_compat.results.document.records import ScenarioRecord
from scim_compat.results.patterns import is_match
from scim_compat.values import Outcome, Severity, Verdict, is_at_least, worst


@dataclass(frozen=True, slots=True)
class PlayedScenario:
    """A scenario of a profile in the run, as far as a baseline asks for it."""

    profile: str
    id: str
    variant: str
    is_seen: bool
    """Played to its end, or not applicable: what did not happen does not happen."""
    failures: tuple[tuple[str, Severity], ...]
    """Each check that failed, with its severity."""


def acceptance(
    baseline: Baseline, *, profile: str, scenario: str, variant: str, check: str, severity: Severity | None
) -> Acceptance | None:
    """Return the entry that accepts the finding; None if it is not accepted."""
    for entry in baseline.entries:
        is_meant = entry.check == check and _is_of(entry, profile)
        is_meant = is_meant and any(is_match(one.name, scenario, variant) for one in entry.scenarios)
        if is_meant and _is_current(entry, baseline) and _is_mild_enough(entry, severity):
            return entry
    return None


def departures(
    baseline: Baseline, scenarios: Sequence[PlayedScenario], profiles: Sequence[ProfileResult]
) -> tuple[DepartureRecord, ...]:
    """Return where the run is not as the baseline says, by line."""
    found = [
        *(each for entry in baseline.entries for each in _of_entry(entry, baseline, scenarios, profiles)),
        *(each for tested in baseline.features for each in _of_features(tested, profiles)),
    ]
    return tuple(sorted(found, key=lambda each: each.line))


def _is_of(entry: Acceptance, profile: str) -> bool:
    return fnmatch.fnmatchcase(profile, entry.profile)


def _is_current(entry: Acceptance, baseline: Baseline) -> bool:
    return entry.until is None or baseline.day <= entry.until


def _is_mild_enough(entry: Acceptance, severity: Severity | None) -> bool:
    if severity is Severity.BREACH:
        return entry.accept_breach
    return entry.severity is None or severity is None or is_at_least(entry.severity, severity)


# --- entries -----------------------------------------------------------------------------------------


def _of_entry(
    entry: Acceptance, baseline: Baseline, scenarios: Sequence[PlayedScenario], profiles: Sequence[ProfileResult]
) -> Iterator[DepartureRecord]:
    own = [profile for profile in profiles if _is_of(entry, profile.id)]
    if not own:
        return  # the run says nothing of other profiles
    is_whole = not any(profile.is_part for profile in own)
    candidates = [one for one in scenarios if _is_of(entry, one.profile)]
    stale: list[PlacedName] = []
    hits: list[Severity] = []
    for pattern in entry.scenarios:
        meant = [one for one in candidates if is_match(pattern.name, one.id, one.variant)]
        severities = [severity for one in meant for check, severity in one.failures if check == entry.check]
        hits += severities
        if not severities and all(one.is_seen for one in meant) and (meant or is_whole):
            stale.append(pattern)
    yield from _stale(entry, stale)
    if not hits:
        return
    if not _is_current(entry, baseline):
        yield _departure(Departure.EXPIRED, entry, f"was accepted until {entry.until} and still happens")
    elif (severity := worst(hits)) and not _is_mild_enough(entry, severity):
        yield _departure(Departure.WORSE, entry, _worse(entry, severity))


def _worse(entry: Acceptance, severity: Severity) -> str:
    if severity is Severity.BREACH:
        return "is a breach, which only accept-breach: true accepts"
    return f"has the severity {severity}, and {entry.severity} at most is accepted"


def _stale(entry: Acceptance, stale: Sequence[PlacedName]) -> Iterator[DepartureRecord]:
    if len(stale) == len(entry.scenarios):
        text = f"{entry.check} ({entry.profile}) no longer happens, remove the entry on line {entry.line}"
        yield DepartureRecord(Departure.STALE, entry.line, text)
        return
    for pattern in stale:
        text = f"{entry.check} in {pattern.name} ({entry.profile}) no longer happens, remove line {pattern.line}"
        yield DepartureRecord(Departure.STALE, pattern.line, text)


def _departure(kind: Departure, entry: Acceptance, predicate: str) -> DepartureRecord:
    return DepartureRecord(kind, entry.line, f"{entry.check} ({entry.profile}) {predicate} ({entry.ticket})")


# --- features ----------------------------------------------------------------------------------------


def _of_features(tested: TestedFeatures, profiles: Iterable[ProfileResult]) -> Iterator[DepartureRecord]:
    profile = next((each for each in profiles if each.id == tested.profile), None)
    if profile is None:
        return
    now = {feature.id: feature for feature in profile.features}
    for one in tested.features:
        if _is_lost(now.get(one.name), profile):
            text = f"{profile.id}: {one.name} was tested when the baseline was written, and is not applicable now"
            yield DepartureRecord(Departure.LOST_FEATURE, one.line, text)
        elif one.name not in now and not profile.is_part:
            text = f"{one.name} is no feature of {profile.id}, remove line {one.line}"
            yield DepartureRecord(Departure.STALE, one.line, text)


def _is_lost(feature: FeatureResult | None, profile: ProfileResult) -> bool:
    verdicts = {profile.verdict, feature.verdict if feature else None}
    return Verdict.NOT_APPLICABLE in verdicts


# --- of results that were read -----------------------------------------------------------------------


def played_scenarios(document: Document) -> list[PlayedScenario]:
    """Return the scenarios of a whole document."""
    return [
        PlayedScenario(
            profile=profile.id,
            id=scenario.id,
            variant=scenario.variant,
            is_seen=_is_seen(scenario),
            failures=tuple(
                (check.id, check.severity)
                for step in scenario.steps
                for check in step.failed_checks()
                if check.severity is not None
            ),
        )
        for profile in document.profiles
        for scenario in profile.scenarios
    ]


def _is_seen(scenario: ScenarioRecord) -> bool:
    """A failed scenario that gives a reason was not played to its end."""
    is_whole = scenario.outcome is Outcome.PASS or (scenario.outcome is Outcome.FAIL and not scenario.reason)
    return is_whole or not scenario.applicable
