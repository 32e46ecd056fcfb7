"""events.jsonl → results.json, without holding the exchanges in memory.

Two passes: the first notes where each scenario's lines stand and what decides the verdicts; the second
copies scenario by scenario into a temporary file that replaces results.json at the end.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from scim_compat.errors import RecordFileError
from scim_compat.results import document, verdict
from scim_compat.results.events import NoteKind
from scim_compat.results.sightings import Sightings
from scim_compat.results.stream import FORMAT
from scim_compat.values import Outcome, Severity, worst


@dataclass(slots=True)
class FindingSummary:
    """One check that failed somewhere in the run."""

    id: str
    title: str
    severity: Severity
    """The worst it was given."""
    consequence: str
    scenarios: set[tuple[str, str]] = field(default_factory=set)
    """(profile, scenario) pairs it failed in."""


@dataclass(frozen=True, slots=True)
class Collated:
    """results.json without the scenarios' steps, and what an exit status and a terminal want to know."""

    head: dict[str, Any]
    found: tuple[FindingSummary, ...]
    """Worst first, then by the number of scenarios hit."""
    errored: int
    """Scenarios that ended in an error."""
    ran: int
    """Scenarios that were played to their end."""
    internal_error: bool = False
    """A note reports an internal error of scim-compat."""


@dataclass(slots=True)
class _Block:
    """One scenario's lines."""

    start: int
    result: dict[str, Any] | None = None
    severities: list[Severity] = field(default_factory=list)


@dataclass(slots=True)
class _Index:
    header: dict[str, Any]
    blocks: dict[tuple[str, str], _Block]
    capabilities: dict[str, Any] | None = None
    notes: list[str] = field(default_factory=list)
    internal_error: bool = False
    left: list[dict[str, Any]] = field(default_factory=list)
    deleted: int = 0
    bystanders: int = 0
    changed: list[str] = field(default_factory=list)
    footer: dict[str, Any] | None = None
    found: dict[str, FindingSummary] = field(default_factory=dict)
    sightings: Sightings = field(default_factory=Sightings)


def collate(events: Path, results: Path, *, name: str = "") -> Collated:
    """Writes ``results`` from ``events`` and tells what is in it. ``name``: what errors call the events.

    Raises RecordFileError if ``events`` is not an event stream, OSError if a file cannot be read or written.
    """
    index = _index(events, name or str(events))
    head = _head(index)
    temporary = results.with_name(results.name + ".part")
    with events.open("rb") as source, temporary.open("w", encoding="utf-8") as out:
        _write(head, index, source, out)
    temporary.replace(results)
    ended = [_ended(b, interrupted=True) for b in index.blocks.values()]
    return Collated(
        head=head,
        found=tuple(sorted(index.found.values(), key=lambda f: (-f.severity.rank, -len(f.scenarios), f.id))),
        errored=sum(_for_the_verdict(e) is Outcome.ERROR for e in ended),
        ran=sum(e["applicable"] and _for_the_verdict(e) is not Outcome.SKIP for e in ended),
        internal_error=index.internal_error,
    )


def _lines(source: IO[bytes]) -> Iterator[tuple[int, dict[str, Any]]]:
    while True:
        start = source.tell()
        line = source.readline()
        if not line:
            return
        if not line.strip():
            continue
        try:
            event = json.loads(line)
        except ValueError:
            continue  # cut off by a kill; the scenario without its end is reported as interrupted
        if isinstance(event, dict):
            yield start, event


def _index(events: Path, name: str) -> _Index:
    with events.open("rb") as source:
        stream = _lines(source)
        first = next(stream, (0, {}))[1]
        if first.get("event") != "run" or first.get("format") != FORMAT:
            raise RecordFileError(
                f"{name}: not the events of a scim-compat run (events.jsonl in a run's output folder)"
            )
        index = _Index(header=first, blocks={})
        current: _Block | None = None
        at = ("", "")
        for start, event in stream:
            kind = event.get("event")
            if kind == "scenario":
                at = (event["profile"], event["id"])
                current = index.blocks[at] = _Block(start=start)
                index.sightings.scenario()
            elif kind == "scenario-end" and current is not None:
                current.result = event["result"]
                current = None
            elif kind == "exchange":
                index.sightings.exchange(event["step"], event["exchange"])
            elif kind == "check" and current is not None:
                index.sightings.check(event["check"], event.get("topic"))
                _count(index, current, at, event["check"])
            else:
                _about_the_run(index, event)
    return index


def _count(index: _Index, block: _Block, at: tuple[str, str], check: Mapping[str, Any]) -> None:
    if check.get("outcome") != "fail":
        return
    severity = Severity(check["severity"])
    block.severities.append(severity)
    found = index.found.setdefault(
        check["id"], FindingSummary(check["id"], check["title"], severity, check["consequence"])
    )
    found.scenarios.add(at)
    if severity.rank > found.severity.rank:
        found.severity, found.consequence = severity, check["consequence"]


def _about_the_run(index: _Index, event: Mapping[str, Any]) -> None:
    kind = event.get("event")
    if kind == "capabilities":
        index.capabilities = dict(event["capabilities"])
    elif kind == "note":
        index.internal_error |= event.get("kind") == NoteKind.INTERNAL
        if event["text"] not in index.notes:
            index.notes.append(event["text"])
    elif kind == "clean-up":
        index.deleted += event["deleted"]
        index.left.extend(event["left"])
    elif kind == "bystanders":
        index.bystanders += event["checked"]
        index.changed.extend(event["changed"])
    elif kind == "end":
        index.footer = dict(event)


def _head(index: _Index) -> dict[str, Any]:
    header, footer = index.header, index.footer
    interrupted = footer.get("interrupted") if footer else "the run ended without its last line: it was killed"
    profiles = [_profile(p, index, interrupted=bool(interrupted)) for p in header["profiles"]]
    words = [p["verdict"] for p in profiles]
    reached = all((p["id"], s) in index.blocks for p in header["profiles"] for s in p["selected"])
    return {
        "schema": document.FORMAT,
        "tool": header["tool"],
        "run": {
            **header["run"],
            "ended": footer["ended"] if footer else None,
            "complete": bool(footer) and not interrupted and reached,
            "interrupted": interrupted or None,
        },
        "target": {
            **header["target"],
            "capabilities": index.capabilities or {"provider_config": None, "resource_types": None, "schemas": None},
            "found": index.sightings.told(),
        },
        "verdict": verdict.of_run(words),
        "profiles": profiles,
        "bystanders": {"checked": index.bystanders, "changed": index.changed},
        "cleanup": {"deleted": index.deleted, "left": index.left},
        "errors": index.notes,
    }


def _profile(profile: Mapping[str, Any], index: _Index, *, interrupted: bool) -> dict[str, Any]:
    listed = _listed(profile, index)
    judged: dict[str, list[verdict.Judged]] = {}
    counts = dict.fromkeys(("passed", "failed", "skipped", "errored", "not_applicable", "requests"), 0)
    names = {"pass": "passed", "fail": "failed", "skip": "skipped", "error": "errored"}
    for scenario in listed:
        block = index.blocks.get((profile["id"], scenario["id"]))
        result = _ended(block, interrupted=interrupted) if block else None
        if result is None:
            judged.setdefault(scenario["feature"], []).append(verdict.Judged(Outcome.SKIP))
            continue
        one = verdict.Judged(_for_the_verdict(result), _severity(result), result["applicable"])
        judged.setdefault(scenario["feature"], []).append(one)
        counts["requests"] += result["requests"]
        counts["not_applicable" if not one.applicable else names[result["outcome"]]] += 1
    features = [
        {**f, "verdict": verdict.of_feature(judged[f["id"]]), "scenarios": len(judged[f["id"]])}
        for f in profile["features"]
        if f["id"] in judged
    ]
    word = verdict.of_profile([f["verdict"] for f in features])
    everything = [j for group in judged.values() for j in group]
    partial = len(profile["selected"]) < profile["total"]
    return {
        **{k: profile[k] for k in ("id", "title", "version", "digest", "summary", "client")},
        "verdict": word,
        "why": verdict.why(word, everything, partial=partial),
        "counts": {"scenarios": len(profile["selected"]) + len(listed) - profile["total"], **counts},
        "sources": profile["sources"],
        "features": features,
        "not_covered": profile["not_covered"],
    }


def _listed(profile: Mapping[str, Any], index: _Index) -> list[dict[str, Any]]:
    """The profile's scenarios in its order, and those the run added (the bystanders' comparison)."""
    listed = list(profile["scenarios"])
    known = {s["id"] for s in listed}
    for name, scenario in index.blocks:
        if name == profile["id"] and scenario not in known:
            block = index.blocks[name, scenario]
            listed.append({"id": scenario, "feature": (block.result or {}).get("feature", "integrity")})
    return listed


def _ended(block: _Block, *, interrupted: bool) -> dict[str, Any]:
    """The scenario's own end; for one that a kill cut off, what its checks had found by then."""
    if block.result is not None:
        return block.result
    why = "interrupted" if interrupted else "ended without a result"
    return {
        "outcome": "error",
        "severity": worst(block.severities),
        "applicable": True,
        "requests": 0,
        "reason": why,
        "ms": 0.0,
    }


def _for_the_verdict(result: Mapping[str, Any]) -> Outcome:
    """One that failed before its end left something unseen; having failed must not make more of it."""
    return Outcome(result.get("unseen") or result["outcome"])


def _severity(result: Mapping[str, Any]) -> Severity | None:
    return Severity(result["severity"]) if result["severity"] else None


def _write(head: Mapping[str, Any], index: _Index, source: IO[bytes], out: IO[str]) -> None:
    before = {k: head[k] for k in ("schema", "tool", "run", "target", "verdict")}
    out.write("{" + _members(before) + ',"profiles":[')
    for number, profile in enumerate(head["profiles"]):
        out.write(("," if number else "") + "{" + _members(profile) + ',"scenarios":[')
        described = next(p for p in index.header["profiles"] if p["id"] == profile["id"])
        first = True
        for scenario in _listed(described, index):
            block = index.blocks.get((profile["id"], scenario["id"]))
            if block is None:
                continue
            out.write(("" if first else ",") + json.dumps(_scenario(scenario, block, source), ensure_ascii=False))
            first = False
        out.write("]}")
    after = {k: head[k] for k in ("bystanders", "cleanup", "errors")}
    out.write("]," + _members(after) + "}\n")


def _members(content: Mapping[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False)[1:-1]


def _scenario(described: Mapping[str, Any], block: _Block, source: IO[bytes]) -> dict[str, Any]:
    source.seek(block.start)
    steps: list[dict[str, Any]] = []
    for position, event in _lines(source):
        kind = event.get("event")
        if kind == "exchange":
            steps.append({**event["step"], "exchange": event["exchange"], "checks": []})
        elif kind == "check" and steps:
            steps[-1]["checks"].append(event["check"])
        elif kind == "scenario-end" or (kind == "scenario" and position != block.start):
            break
    result = _ended(block, interrupted=True)
    kept = ("outcome", "severity", "applicable", "reason", "requests", "ms")
    defaults = {
        "title": described["id"],
        "variant": "",
        "evidence": "documented",
        "source": [],
        "line": None,
        "note": "",
    }
    own = {k: result[k] for k in ("title", "evidence") if result.get(k)} if "title" not in described else {}
    return {
        **defaults,
        **own,
        **{k: v for k, v in described.items() if k in {"id", "feature", *defaults}},
        **{k: result[k] for k in kept},
        "steps": steps,
    }
