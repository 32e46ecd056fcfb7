"""The exit status that results ask for, and the reasons in words."""

from __future__ import annotations

from collections.abc import Iterator

from scim_compat.errors import ExitStatus
from scim_compat.results.document import Document
from scim_compat.results.document.baseline import Departure
from scim_compat.results.summary import RunSummary
from scim_compat.run.settings import Settings
from scim_compat.values import FailOn, Verdict, is_at_least

_UNTESTED = frozenset({Verdict.NOT_APPLICABLE, Verdict.UNPROVEN})


def status(summary: RunSummary, settings: Settings) -> ExitStatus:
    """Findings come first: a gate must see them in any case."""
    floor = settings.fail_on.floor
    if floor is not None and (is_at_least(summary.worst_open, floor) or any(objections(summary.document, settings))):
        return ExitStatus.FINDINGS
    if summary.has_internal_error:
        return ExitStatus.INTERNAL
    if summary.errored or summary.document.run.interrupted or not summary.played:
        return ExitStatus.NOT_TESTABLE
    return ExitStatus.OK


def objections(document: Document, settings: Settings) -> Iterator[str]:
    """Why the gate fails beside open findings, a sentence each."""
    yield from _departures(document, settings)
    for feature in settings.require:
        yield from _required(document, feature)
    if settings.fail_on is FailOn.UNPROVEN:
        yield from (f"{one.id} is unproven" for one in document.profiles if one.verdict is Verdict.UNPROVEN)


def _departures(document: Document, settings: Settings) -> Iterator[str]:
    """Where the run is not as its baseline says. What is open all the same is a finding, and fails by itself."""
    baseline = document.baseline
    for one in baseline.departures if baseline else ():
        is_reason = one.kind is Departure.LOST_FEATURE or (one.kind is Departure.STALE and not settings.allow_stale)
        if baseline and is_reason:
            yield f"{baseline.file}:{one.line}: {one.text}"


def _required(document: Document, feature: str) -> Iterator[str]:
    """A required feature must be tested for each client that has it, and for one at least."""
    played = [profile for profile in document.profiles if profile.verdict is not Verdict.NOT_APPLICABLE]
    found = [(profile.id, one.verdict) for profile in played for one in profile.features if one.id == feature]
    if not found:
        yield f"the required feature {feature} was not played"
    for profile_id, verdict in found:
        if verdict in _UNTESTED:
            yield f"{profile_id}: the required feature {feature} is {verdict.replace('-', ' ')}"
