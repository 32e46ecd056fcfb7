"""Scenarios and their steps, as the page shows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from scim_compat.report import exchanges, reproduce
from scim_compat.report.anchors import Anchors
from scim_compat.report.exchanges import (
    Budget,
    Detail,
    ExchangeView,
    Reproducer,
)
from scim_compat.report.findings import (
    FailedCheck,
    bare_problem,
    problem,
    severity_mark,
)
from scim_compat.report.text import Link, one_line, safe_url
from scim_compat.report.words import (
    EVIDENCE,
    OUTCOMES,
    Mark,
    unknown,
)

OPEN: Final = 40
"""If no more scenarios than this failed, they are shown unfolded."""
STEPS: Final = 4_000
"""Steps that have a row of their own; those of scenarios that passed give way first."""


@dataclass(frozen=True, slots=True)
class Unjudged:
    check: str
    word: str
    """``skipped`` or ``error``."""
    reason: str


@dataclass(frozen=True, slots=True)
class StepView:
    anchor: str
    number: int
    kind: str
    action: str
    title: str
    line: int | None
    outcome: Mark
    exchange: ExchangeView | None
    problems: tuple[FailedCheck, ...]
    held: tuple[str, ...]
    """Ids of the checks that held; empty if the details are left out."""
    held_count: int
    unjudged: tuple[Unjudged, ...]
    reproducer: Reproducer | None


@dataclass(frozen=True, slots=True)
class ScenarioView:
    anchor: str
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
    unfolded: bool
    steps: tuple[StepView, ...]
    steps_left_out: int
    replay: str


@dataclass(frozen=True, slots=True)
class Context:
    """What the steps of all scenarios share."""

    anchors: Anchors
    base: str
    seed: int
    details: Mapping[tuple[int, int, int], Detail]
    findings: Budget
    unfold: bool
    rows: Mapping[tuple[int, int], bool]
    """Whether the steps of a scenario have rows."""


def context(results: Mapping[str, Any], anchors: Anchors) -> Context:
    scenarios = [
        ((p, s), scenario)
        for p, profile in enumerate(results["profiles"])
        for s, scenario in enumerate(profile["scenarios"])
    ]
    failed = sum(1 for _, scenario in scenarios if scenario["outcome"] == "fail")
    rows: dict[tuple[int, int], bool] = {}
    left = STEPS
    for place, scenario in sorted(scenarios, key=lambda item: item[1]["outcome"] not in ("fail", "error")):
        rows[place] = len(scenario["steps"]) <= left
        left -= len(scenario["steps"]) if rows[place] else 0
    return Context(
        anchors=anchors,
        base=str(results["target"]["url"]),
        seed=results["run"]["seed"],
        details=exchanges.allocate(results),
        findings=Budget(exchanges.FINDING_BUDGET),
        unfold=failed <= OPEN,
        rows=rows,
    )


def outcome_key(scenario: Mapping[str, Any]) -> str:
    """The outcome, with "not applicable" told apart from "skipped"."""
    return str(scenario["outcome"]) if scenario["applicable"] else "not-applicable"


def scenario_view(profile: Mapping[str, Any], *, p: int, s: int, shared: Context) -> ScenarioView:
    """Scenario ``s`` of ``profile``, which is profile ``p`` of the results."""
    scenario = profile["scenarios"][s]
    key = outcome_key(scenario)
    with_rows = shared.rows[p, s] or scenario["outcome"] == "fail"
    return ScenarioView(
        anchor=shared.anchors["scenario", p, s],
        id=one_line(scenario["id"], 120),
        title=one_line(scenario["title"], 300),
        variant=one_line(scenario["variant"], 200),
        outcome=OUTCOMES.get(key) or unknown(key),
        severity=severity_mark(scenario["severity"]) if scenario["severity"] else None,
        evidence=EVIDENCE.get(scenario["evidence"]) or unknown(scenario["evidence"]),
        sources=tuple(source_link(profile, source) for source in scenario["source"]),
        place=one_line(f"{profile['id']}, line {scenario['line']}", 160) if scenario["line"] else "",
        reason=one_line(scenario["reason"], 600),
        note=one_line(scenario["note"], 1000),
        requests=scenario["requests"],
        ms=float(scenario["ms"]),
        unfolded=shared.unfold and key in ("fail", "error"),
        steps=tuple(
            _step(step, number=t + 1, place=(p, s, t), shared=shared) for t, step in enumerate(scenario["steps"])
        )
        if with_rows
        else (),
        steps_left_out=0 if with_rows else len(scenario["steps"]),
        replay=reproduce.replay(
            url=shared.base, profile=str(profile["id"]), scenario=str(scenario["id"]), seed=shared.seed
        ),
    )


def source_link(profile: Mapping[str, Any], key: str) -> Link:
    source = profile["sources"].get(key)
    if source is None:
        return Link(one_line(key, 60))
    return Link(one_line(key, 60), safe_url(source["url"]), one_line(source["title"], 200))


def _step(step: Mapping[str, Any], *, number: int, place: tuple[int, int, int], shared: Context) -> StepView:
    checks, exchange = step["checks"], step["exchange"]
    detail = shared.details.get(place)
    held = [one_line(check["id"], 120) for check in checks if check["outcome"] == "pass"]
    return StepView(
        anchor=shared.anchors["step", *place],
        number=number,
        kind="client" if step["kind"] == "client" else "harness",
        action=one_line(step["action"], 40),
        title=one_line(step["title"], 300),
        line=step["line"],
        outcome=_outcome(step),
        exchange=exchange and exchanges.view(exchange, base=shared.base, detail=detail),
        problems=tuple(_problem(check, shared) for check in checks if check["outcome"] == "fail"),
        held=tuple(dict.fromkeys(held)) if detail else (),
        held_count=len(held),
        unjudged=tuple(
            Unjudged(one_line(check["id"], 120), word, one_line(check["reason"], 300))
            for check in checks
            if (word := {"skip": "skipped", "error": "error"}.get(check["outcome"]))
        ),
        reproducer=detail.reproducer if detail else None,
    )


def _problem(check: Mapping[str, Any], shared: Context) -> FailedCheck:
    """The finding with its values while the budget lasts, without them afterwards."""
    if not shared.findings.empty:
        found = problem(check, anchors=shared.anchors)
        parts = [found.expected, found.actual]
        parts += [part for entry in found.differences for part in (entry.expected, entry.actual)]
        texts = [part.text for part in parts if part] + [entry.pointer for entry in found.differences]
        markup = 200 + 150 * len(found.differences)
        if shared.findings.spend(exchanges.cost(found.message, found.where, *texts) + markup):
            return found
    return bare_problem(check, anchors=shared.anchors)


def _outcome(step: Mapping[str, Any]) -> Mark:
    outcomes = {check["outcome"] for check in step["checks"]}
    no_answer = step["exchange"] is not None and step["exchange"]["failure"] is not None
    if "fail" in outcomes:
        return OUTCOMES["fail"]
    if "error" in outcomes or no_answer:
        return OUTCOMES["error"]
    if outcomes and outcomes <= {"skip"}:
        return OUTCOMES["skip"]
    return OUTCOMES["pass"]
