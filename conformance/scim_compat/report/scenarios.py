"""Scenarios and their steps, arranged for the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from scim_compat.report import exchanges, facts, filters, reproduce, strips
from scim_compat.report.anchors import Anchors
from scim_compat.report.exchanges import (
    Budget,
    Detail,
    ExchangeView,
    Reproducer,
)
from scim_compat.report.findings import FailedCheck, bare_check, failed_check, severity_mark
from scim_compat.report.strips import Strip, Waterfall
from scim_compat.report.text import Link, one_line, safe_url
from scim_compat.report.words import EVIDENCE, OUTCOMES, Mark
from scim_compat.results.causes import Cause
from scim_compat.results.document import Document, Place, ProfileResult
from scim_compat.results.document.records import CheckRecord, ScenarioRecord, StepRecord
from scim_compat.values import Outcome, Party, Verdict

OPEN: Final = 40
"""Failed scenarios are unfolded if there are no more than this."""
STEPS: Final = 2_500
"""Steps that get a row of their own; those of scenarios that passed are left out first."""


@dataclass(frozen=True, slots=True)
class Unjudged:
    check: str
    outcome: Literal[Outcome.SKIP, Outcome.ERROR]
    reason: str


@dataclass(frozen=True, slots=True)
class StepView:
    anchor: str
    kind: Party
    title: str
    line: int | None
    outcome: Mark
    exchange: ExchangeView | None
    failed: tuple[FailedCheck, ...]
    passed: tuple[str, ...]
    """Ids of the checks that passed; empty if the details are left out."""
    passed_count: int
    unjudged: tuple[Unjudged, ...]
    reproducer: Reproducer | None


@dataclass(frozen=True, slots=True)
class ScenarioView:
    anchor: str
    classes: str
    id: str
    title: str
    variant: str
    outcome: Mark
    severity: Mark | None
    evidence: Mark
    sources: tuple[Link, ...]
    place: str
    """``entra-v2, line 214``, or empty."""
    reason: str
    note: str
    requests: int
    ms: float
    window: str
    """When it ran, for the endpoint's log; empty in older results."""
    unfolded: bool
    strip: Strip | None
    strip_anchor: str
    waterfall: Waterfall | None
    steps: tuple[StepView, ...]
    steps_left_out: int
    replay: str


@dataclass(frozen=True, slots=True)
class Context:
    """The part that the steps of all scenarios share. Its budget is spent while they are arranged."""

    document: Document
    anchors: Anchors
    base: str
    details: Mapping[Place, Detail]
    findings: Budget
    strips: Budget
    causes: Mapping[tuple[Place, str, str], Link]
    """A failed check, by its step, id and place in the answer → its cause."""
    unfold: bool
    with_rows: frozenset[tuple[int, int]]
    """Scenarios whose steps have rows."""


def context(document: Document, anchors: Anchors, found: Sequence[Cause]) -> Context:
    scenarios = [
        ((p, s), scenario)
        for p, profile in enumerate(document.profiles)
        for s, scenario in enumerate(profile.scenarios)
    ]
    return Context(
        document=document,
        anchors=anchors,
        base=document.target.url,
        details=exchanges.allocate(document),
        findings=Budget(exchanges.FINDING_BUDGET),
        strips=Budget(strips.BUDGET),
        causes=_by_check(found, anchors),
        unfold=sum(scenario.outcome is Outcome.FAIL for _, scenario in scenarios) <= OPEN,
        with_rows=_with_rows(scenarios),
    )


def _by_check(found: Sequence[Cause], anchors: Anchors) -> dict[tuple[Place, str, str], Link]:
    links: dict[tuple[Place, str, str], Link] = {}
    for number, cause in enumerate(found, 1):
        link = Link(str(number), "#" + anchors["cause", number])
        for failure in (*cause.failures, *cause.consequences):
            links.setdefault((failure.place, failure.check.id, failure.check.where), link)
    return links


def _with_rows(scenarios: list[tuple[tuple[int, int], ScenarioRecord]]) -> frozenset[tuple[int, int]]:
    """Choose the scenarios whose steps are listed: those with a problem first, until ``STEPS`` rows are used up."""
    chosen = {place for place, scenario in scenarios if scenario.outcome is Outcome.FAIL}
    rows = STEPS
    for place, scenario in sorted(scenarios, key=lambda item: not item[1].has_problem):
        if len(scenario.steps) <= rows:
            rows -= len(scenario.steps)
            chosen.add(place)
    return frozenset(chosen)


def outcome_mark(scenario: ScenarioRecord) -> Mark:
    """Return the mark of its outcome. Not applicable is not the same as skipped."""
    return OUTCOMES[scenario.outcome if scenario.applicable else Verdict.NOT_APPLICABLE]


def scenario_view(profile: ProfileResult, *, p: int, s: int, shared: Context) -> ScenarioView:
    """Arrange scenario ``s`` of ``profile``, which is profile ``p`` of the results."""
    scenario = profile.scenarios[s]
    has_rows = (p, s) in shared.with_rows
    return ScenarioView(
        anchor=shared.anchors["scenario", p, s],
        classes=filters.classes([(p, scenario.severity)], is_failed=scenario.outcome is Outcome.FAIL),
        id=one_line(scenario.id, 120),
        title=one_line(scenario.title, 300),
        variant=one_line(scenario.variant, 200),
        outcome=outcome_mark(scenario),
        severity=severity_mark(scenario.severity) if scenario.severity else None,
        evidence=EVIDENCE[scenario.evidence],
        sources=tuple(source_link(profile, source) for source in scenario.source),
        place=one_line(f"{profile.id}, line {scenario.line}", 160) if scenario.line else "",
        reason=one_line(scenario.reason, 600),
        note=one_line(scenario.note, 1000),
        requests=scenario.requests,
        ms=float(scenario.ms),
        window=facts.window(scenario),
        unfolded=shared.unfold and scenario.has_problem,
        strip=_strip(scenario, shared) if has_rows else None,
        strip_anchor=shared.anchors["strip", p, s],
        waterfall=strips.waterfall(scenario.steps, timeout=profile.timeout) if has_rows else None,
        steps=tuple(_step(step, place=(p, s, t), shared=shared) for t, step in enumerate(scenario.steps))
        if has_rows
        else (),
        steps_left_out=0 if has_rows else len(scenario.steps),
        replay=reproduce.replay(shared.document, p, s),
    )


def _strip(scenario: ScenarioRecord, shared: Context) -> Strip | None:
    """Draw the sequence of a scenario with a problem while the budget lasts."""
    drawn = strips.strip(scenario.steps) if scenario.has_problem and not shared.strips.is_spent else None
    return drawn if drawn and shared.strips.spend(strips.cost(drawn)) else None


def source_link(profile: ProfileResult, key: str) -> Link:
    source = profile.sources.get(key)
    if source is None:
        return Link(one_line(key, 60))
    return Link(one_line(key, 60), safe_url(source.url), one_line(source.title, 200))


def _step(step: StepRecord, *, place: Place, shared: Context) -> StepView:
    detail = shared.details.get(place)
    passed = [one_line(check.id, 120) for check in step.checks if check.outcome is Outcome.PASS]
    return StepView(
        anchor=shared.anchors["step", *place],
        kind=step.kind,
        title=one_line(step.title, 300),
        line=step.line,
        outcome=OUTCOMES[step.outcome],
        exchange=exchanges.view(step.exchange, base=shared.base, detail=detail) if step.exchange else None,
        failed=tuple(_failed_check(check, place, shared) for check in step.failed_checks()),
        passed=tuple(dict.fromkeys(passed)) if detail else (),
        passed_count=len(passed),
        unjudged=tuple(
            Unjudged(one_line(check.id, 120), check.outcome, one_line(check.reason, 300))
            for check in step.checks
            if check.outcome is Outcome.SKIP or check.outcome is Outcome.ERROR
        ),
        reproducer=detail.reproducer if detail else None,
    )


def _failed_check(check: CheckRecord, place: Place, shared: Context) -> FailedCheck:
    """Arrange the check with its values while the budget lasts, without them afterwards."""
    cause = shared.causes.get((place, check.id, check.where))
    if not shared.findings.is_spent:
        view = failed_check(check, cause=cause)
        parts = [view.expected, view.actual]
        parts += [part for entry in view.differences for part in (entry.expected, entry.actual)]
        texts = [part.text for part in parts if part] + [entry.pointer for entry in view.differences]
        markup = 200 + 150 * len(view.differences)
        if shared.findings.spend(exchanges.cost(view.message, view.where, *texts) + markup):
            return view
    return bare_check(check, cause=cause)
