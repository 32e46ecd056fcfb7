"""events.jsonl → results.json, without holding the exchanges in memory.

The first pass over the events (``index``) finds all that decides the verdicts. The second writes scenario by scenario
into a temporary file, which replaces results.json at the end.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Final

from scim_compat.results import verdict
from scim_compat.results.baseline import PlayedScenario, departures
from scim_compat.results.document import (
    FORMAT,
    INTEGRITY,
    Bystanders,
    Cleanup,
    Document,
    FeatureResult,
    ProfileCounts,
    ProfileResult,
    RunInfo,
)
from scim_compat.results.document.baseline import BaselineInfo
from scim_compat.results.document.header import ProfileHead, ScenarioHead
from scim_compat.results.document.records import CheckRecord, ScenarioRecord, StepRecord
from scim_compat.results.document.target import TargetInfo
from scim_compat.results.document.writing import as_json
from scim_compat.results.events import ScenarioEnded, ScenarioStarted
from scim_compat.results.index import Block, Index, index_events
from scim_compat.results.model import Obstacle, ScenarioResult
from scim_compat.results.stream import CheckLine, ExchangeLine, read_lines
from scim_compat.results.summary import RunSummary
from scim_compat.values import Json, Outcome, Verdict

_COUNTS: Final = {
    Outcome.PASS: "passed",
    Outcome.FAIL: "failed",
    Outcome.SKIP: "skipped",
    Outcome.ERROR: "errored",
}
"""The count that a scenario which applies is part of."""


def collate(events: Path, results: Path, *, name: str = "") -> RunSummary:
    """Write ``results`` from ``events`` and return a summary. ``name``: what errors call the events.

    Raise RecordFileError if ``events`` is not an event stream, OSError if a file cannot be read or written.
    """
    index = index_events(events, name or str(events))
    document = _document(index)
    temporary = results.with_name(results.name + ".part")
    with events.open("rb") as source, temporary.open("w", encoding="utf-8") as out:
        _write(document, index, source, out)
    temporary.replace(results)
    ends = [block.end(interrupted=True) for block in index.blocks.values()]
    return RunSummary(
        document=document,
        errored=sum(_without_findings(end) is Outcome.ERROR for end in ends),
        played=sum(end.applicable and _without_findings(end) is not Outcome.SKIP for end in ends),
        has_internal_error=index.has_internal_error,
        worst_open=index.worst_open,
    )


def _without_findings(end: ScenarioResult) -> Outcome:
    """Return the outcome for the verdict: a scenario that failed before its end left something unseen."""
    return end.unseen or end.outcome


# --- the document ------------------------------------------------------------------------------------


def _document(index: Index) -> Document:
    start, interrupted = index.start, index.interrupted
    profiles = tuple(_profile(profile, index) for profile in start.profiles)
    reached = all((profile.id, each) in index.blocks for profile in start.profiles for each in profile.selected)
    return Document(
        schema=FORMAT,
        tool=start.tool,
        run=RunInfo(
            id=start.run.id,
            seed=start.run.seed,
            started=start.run.started,
            ended=index.end.ended if index.end else None,
            complete=not interrupted and reached,
            interrupted=interrupted or None,
            command=start.run.command,
            tag=start.run.tag,
            call=start.run.call,
            trace=start.run.trace,
        ),
        target=TargetInfo(
            url=start.target.url,
            bases=start.target.bases,
            claims=start.target.claims,
            capabilities=index.capabilities,
            sightings=index.sightings.summary(),
        ),
        verdict=verdict.of_run(profile.verdict for profile in profiles),
        profiles=profiles,
        bystanders=Bystanders(checked=index.bystanders, changed=tuple(index.changed), accounts=tuple(index.accounts)),
        cleanup=Cleanup(deleted=index.deleted, left=tuple(index.left)),
        errors=tuple(index.notes),
        baseline=_baseline(index, profiles),
    )


def _baseline(index: Index, profiles: Sequence[ProfileResult]) -> BaselineInfo | None:
    baseline = index.start.baseline
    if baseline is None:
        return None
    pairs = [(profile, head) for profile in index.start.profiles for head in _scenarios(profile, index)]
    scenarios = [_played(profile, head, index) for profile, head in pairs]
    return BaselineInfo(
        file=baseline.file,
        accepted=index.accepted,
        entries=baseline.entries,
        departures=departures(baseline, scenarios, profiles),
    )


def _played(profile: ProfileHead, head: ScenarioHead, index: Index) -> PlayedScenario:
    block = index.blocks.get((profile.id, head.id))
    end = block.result if block else None
    is_whole = end is not None and (not end.applicable or _without_findings(end) in {Outcome.PASS, Outcome.FAIL})
    return PlayedScenario(profile.id, head.id, head.variant, is_whole, block.failures if block else ())


def _profile(profile: ProfileHead, index: Index) -> ProfileResult:
    """Return the profile's result without its scenarios, which are written one by one."""
    is_part = len(profile.selected) < profile.total
    ends = _ends(profile, index)
    asked = {scenario.feature for scenario in _scenarios(profile, index) if _is_asked(scenario, profile)}
    features = tuple(
        FeatureResult(
            each.id,
            each.title,
            verdict.of_feature([_judgement(end) for end in ends[each.id].values()]),
            sum(_is_asked(scenario, profile) for scenario in _scenarios(profile, index) if scenario.feature == each.id),
        )
        for each in profile.features
        if each.id in asked
    )
    word = verdict.of_profile((feature.verdict for feature in features), is_part=is_part)
    proper = [end for feature, group in ends.items() if feature != INTEGRITY for end in group.values()]
    elsewhere = _elsewhere(profile, index)
    return ProfileResult(
        id=profile.id,
        title=profile.title,
        version=profile.version,
        digest=profile.digest,
        summary=profile.summary,
        client=profile.client,
        verdict=Verdict.NOT_APPLICABLE if elsewhere else word,
        why=f"Not tested: {elsewhere}."
        if elsewhere
        else verdict.why(
            word,
            [_judgement(end) for end in proper],
            comparisons=[_judgement(end) for end in ends.get(INTEGRITY, {}).values()],
            chosen=len(profile.selected) if is_part else None,
        ),
        counts=_counts(profile, ends),
        sources=profile.sources,
        features=features,
        not_covered=profile.not_covered,
        scenarios=(),
        timeout=profile.timeout,
        reference=profile.reference,
        is_part=is_part,
        without=tuple(each.title for each in features if not elsewhere and _is_declined(ends[each.id].values())),
    )


Ends = Mapping[str, Mapping[str, ScenarioResult | None]]
"""Id of a feature → id of a scenario → its result; None for one that was not reached, or not asked for."""


def _ends(profile: ProfileHead, index: Index) -> Ends:
    ends: dict[str, dict[str, ScenarioResult | None]] = {}
    for scenario in _scenarios(profile, index):
        block = index.blocks.get((profile.id, scenario.id))
        end = block.end(interrupted=bool(index.interrupted)) if block else None
        ends.setdefault(scenario.feature, {})[scenario.id] = end
    return ends


def _judgement(end: ScenarioResult | None) -> verdict.Judgement:
    if end is None:
        return verdict.Judgement(Outcome.SKIP)
    return verdict.Judgement(_without_findings(end), end.severity, end.applicable)


def _is_asked(scenario: ScenarioHead, profile: ProfileHead) -> bool:
    """True for a scenario that was asked for, and for the comparison of those whom no scenario names."""
    return scenario.id in profile.selected or scenario.feature == INTEGRITY


def _counts(profile: ProfileHead, ends: Ends) -> ProfileCounts:
    counts = dict.fromkeys((*_COUNTS.values(), "not_applicable", "requests"), 0)
    for feature, end in ((feature, end) for feature, group in ends.items() for end in group.values() if end):
        counts["requests"] += end.requests
        if feature != INTEGRITY:
            counts[_COUNTS[end.outcome] if end.applicable else "not_applicable"] += 1
    return ProfileCounts(scenarios=len(profile.selected), **counts)


def _elsewhere(profile: ProfileHead, index: Index) -> str:
    """Return the reason why the endpoint does not speak the client's version of SCIM; empty if it does."""
    ends = [index.blocks[profile.id, each].result for each in profile.selected if (profile.id, each) in index.blocks]
    is_elsewhere = bool(ends) and all(end is not None and end.obstacle is Obstacle.VERSION for end in ends)
    return next((end.reason.rstrip(".") for end in ends if end), "") if is_elsewhere else ""


def _is_declined(ends: Iterable[ScenarioResult | None]) -> bool:
    """True for a feature that the target does not offer: that alone keeps its scenarios from being played."""
    return all(end is not None and end.obstacle is Obstacle.TARGET for end in ends)


def _scenarios(profile: ProfileHead, index: Index) -> list[ScenarioHead]:
    """List the profile's scenarios in its order, and those that the run added (the comparison of the bystanders)."""
    known = {scenario.id for scenario in profile.scenarios}
    added = (block for (name, scenario), block in index.blocks.items() if name == profile.id and scenario not in known)
    return [*profile.scenarios, *(_head(block.end(interrupted=True)) for block in added)]


def _head(end: ScenarioResult) -> ScenarioHead:
    return ScenarioHead(
        id=end.id,
        feature=end.feature,
        title=end.title,
        variant="",
        evidence=end.evidence,
        source=(),
        line=None,
        note="",
    )


# --- the second pass ---------------------------------------------------------------------------------


def _write(document: Document, index: Index, source: IO[bytes], out: IO[str]) -> None:
    content = as_json(document)
    names = list(content)
    place = names.index("profiles")
    out.write("{" + _members(content, names[:place]) + ', "profiles": [')
    for number, (head, profile) in enumerate(zip(index.start.profiles, content["profiles"], strict=True)):
        members = [name for name in profile if name != "scenarios"]
        out.write((", " if number else "") + "{" + _members(profile, members) + ', "scenarios": [')
        for position, record in enumerate(_records(head, index, source)):
            out.write((", " if position else "") + json.dumps(as_json(record), ensure_ascii=False))
        out.write("]}")
    out.write("], " + _members(content, names[place + 1 :]) + "}\n")


def _members(content: Mapping[str, Json], names: Iterable[str]) -> str:
    return json.dumps({name: content[name] for name in names}, ensure_ascii=False)[1:-1]


def _records(profile: ProfileHead, index: Index, source: IO[bytes]) -> Iterator[ScenarioRecord]:
    for scenario in _scenarios(profile, index):
        if block := index.blocks.get((profile.id, scenario.id)):
            yield _record(scenario, block, source)


def _record(head: ScenarioHead, block: Block, source: IO[bytes]) -> ScenarioRecord:
    end = block.end(interrupted=True)
    return ScenarioRecord(
        id=head.id,
        feature=head.feature,
        title=head.title,
        variant=head.variant,
        evidence=head.evidence,
        source=head.source,
        outcome=end.outcome,
        severity=end.severity,
        applicable=end.applicable,
        reason=end.reason,
        line=head.line,
        requests=end.requests,
        ms=end.ms,
        note=head.note,
        steps=tuple(_steps(block, source)),
        started=block.started,
    )


def _steps(block: Block, source: IO[bytes]) -> Iterator[StepRecord]:
    """Read the scenario's exchanges and their checks again."""
    source.seek(block.start)
    lines = (line for _, line in read_lines(source, ""))
    next(lines)  # the scenario's start
    step: ExchangeLine | None = None
    checks: list[CheckRecord] = []
    for line in lines:
        match line:
            case CheckLine():
                checks.append(line.check)
            case ExchangeLine():
                if step is not None:
                    yield step.record(checks)
                step, checks = line, []
            case ScenarioEnded() | ScenarioStarted():
                break
    if step is not None:
        yield step.record(checks)
