"""What to fix first: the findings of all profiles, one entry a check."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from scim_compat.report.anchors import Anchors
from scim_compat.report.diff import Diff, diff
from scim_compat.report.text import (
    Link,
    Shown,
    citation,
    is_long,
    json_text,
    one_line,
    safe_url,
)
from scim_compat.report.words import (
    SEVERITIES,
    SEVERITY_ORDER,
    Mark,
    unknown,
)

FIRST: Final = 4
"""Occurrences that are shown with their values."""
LISTED: Final = 100
"""Further occurrences that are linked."""


@dataclass(frozen=True, slots=True)
class DifferenceView:
    kind: str
    pointer: str
    expected: Shown | None
    actual: Shown | None


@dataclass(frozen=True, slots=True)
class FailedCheck:
    """One failed check at one step."""

    check: str
    title: str
    anchor: str
    """Of its entry under "What to fix first"."""
    severity: Mark
    where: str
    expected: Shown | None
    """None: the check has nothing to say here."""
    actual: Shown | None
    message: str
    differences: tuple[DifferenceView, ...]
    more_differences: int
    detailed: bool = True
    """False: only severity and title are shown, to keep the page small."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    profile: str
    scenario: str
    href: str
    where: str
    expected: Shown | None
    actual: Shown | None
    message: str


@dataclass(frozen=True, slots=True)
class Consequence:
    """What clients make of it, and for each where that is written, if anywhere."""

    text: str
    clients: tuple[tuple[str, Link | None], ...]


@dataclass(frozen=True, slots=True)
class Finding:
    check: str
    anchor: str
    title: str
    severity: Mark
    level: str
    cites: tuple[Link, ...]
    fixes: tuple[str, ...]
    consequences: tuple[Consequence, ...]
    scenarios: int
    profiles: tuple[str, ...]
    """Titles of the profiles it was found in."""
    first: tuple[Occurrence, ...]
    more: tuple[Link, ...]
    unlisted: int


_Row = tuple[int, str, str, str, Mapping[str, Any]]
"""Severity rank, profile title, scenario id, link, check result."""


@dataclass(slots=True)
class _Group:
    rank: int = len(SEVERITY_ORDER)
    checks: list[tuple[Mapping[str, Any], Mapping[str, Any]]] = field(default_factory=list)
    """Pairs of profile and check result."""
    occurrences: list[_Row] = field(default_factory=list)
    scenarios: set[tuple[int, int]] = field(default_factory=set)
    profiles: dict[int, str] = field(default_factory=dict)


def groups(results: Mapping[str, Any], anchors: Anchors) -> tuple[Finding, ...]:
    """One entry a check: the worst severity first, then by scenarios hit, profiles hit and id."""
    found: dict[str, _Group] = defaultdict(_Group)
    for p, s, t, check in failures(results):
        profile = results["profiles"][p]
        scenario = profile["scenarios"][s]
        group = found[check["id"]]
        rank = severity_rank(check["severity"])
        group.rank = min(group.rank, rank)
        group.checks.append((profile, check))
        href = "#" + anchors["step", p, s, t]
        group.occurrences.append((rank, str(profile["title"]), str(scenario["id"]), href, check))
        group.scenarios.add((p, s))
        group.profiles[p] = one_line(profile["title"], 120)
    order = sorted(
        found.items(),
        key=lambda item: precedence(item[1].rank, len(item[1].scenarios), len(item[1].profiles), item[0]),
    )
    return tuple(_finding(check, group, anchors) for check, group in order)


def precedence(rank: int, scenarios: int, profiles: int, check: str) -> tuple[int, int, int, str]:
    """What to mend first, as a key to sort by: the worst, then what most scenarios and most clients run into."""
    return rank, -scenarios, -profiles, check


def failures(results: Mapping[str, Any]) -> Iterator[tuple[int, int, int, Mapping[str, Any]]]:
    """Every failed check with the places of its profile, scenario and step."""
    for p, profile in enumerate(results["profiles"]):
        for s, scenario in enumerate(profile["scenarios"]):
            for t, step in enumerate(scenario["steps"]):
                for check in step["checks"]:
                    if check["outcome"] == "fail":
                        yield p, s, t, check


def severity_rank(severity: str) -> int:
    """0 for the worst; an unknown word comes after all known ones."""
    return SEVERITY_ORDER.index(severity) if severity in SEVERITIES else len(SEVERITY_ORDER)


def severity_mark(severity: str) -> Mark:
    return SEVERITIES.get(severity) or unknown(severity)


def _finding(check: str, group: _Group, anchors: Anchors) -> Finding:
    # The worst first; within one severity in the order of the run. Python's sort is stable.
    occurrences = sorted(group.occurrences, key=lambda row: row[0])
    worst = occurrences[0][4]
    first, more = _spread(occurrences)
    listed = more[:LISTED]
    return Finding(
        check=one_line(check, 120),
        anchor=anchors["finding", check],
        title=one_line(worst["title"], 300),
        severity=severity_mark(worst["severity"]),
        level=one_line(worst["level"], 20),
        cites=tuple(citation(token) for token in dict.fromkeys(worst["cites"])),
        fixes=tuple(dict.fromkeys(one_line(row["fix"]) for _, row in group.checks if row["fix"])),
        consequences=_consequences(group),
        scenarios=len(group.scenarios),
        profiles=tuple(group.profiles[p] for p in sorted(group.profiles)),
        first=tuple(
            Occurrence(
                profile=one_line(profile, 120),
                scenario=one_line(scenario, 120),
                href=href,
                where=one_line(row["where"], 200),
                expected=pair[0],
                actual=pair[1],
                message=one_line(row["message"], 400),
            )
            for _, profile, scenario, href, row in first
            for pair in (_pair(row),)
        ),
        more=tuple(
            Link(f"{one_line(profile, 120)}: {one_line(scenario, 120)}", href)
            for _, profile, scenario, href, _ in listed
        ),
        unlisted=len(more) - len(listed),
    )


def _spread(rows: list[_Row]) -> tuple[list[_Row], list[_Row]]:
    """The first few, from as many scenarios as possible, and the rest; both in their order."""
    once: list[int] = []
    again: list[int] = []
    seen: set[tuple[str, str]] = set()
    for place, (_, profile, scenario, _, _) in enumerate(rows):
        (again if (profile, scenario) in seen else once).append(place)
        seen.add((profile, scenario))
    chosen = set((once + again)[:FIRST])
    first = [row for place, row in enumerate(rows) if place in chosen]
    return first, [row for place, row in enumerate(rows) if place not in chosen]


def _consequences(group: _Group) -> tuple[Consequence, ...]:
    """Equal sentences of several clients are one entry."""
    found: dict[str, dict[str, Link | None]] = {}
    for profile, row in group.checks:
        if text := one_line(row["consequence"]):
            source = profile["sources"].get(row["source"]) if row["source"] else None
            link = Link(one_line(source["title"], 160), safe_url(source["url"])) if source else None
            found.setdefault(text, {}).setdefault(one_line(profile["client"] or profile["title"], 120), link)
    return tuple(Consequence(text, tuple(clients.items())) for text, clients in found.items())


def bare_problem(row: Mapping[str, Any], *, anchors: Anchors) -> FailedCheck:
    """One failed check, without its values."""
    return FailedCheck(
        check=one_line(row["id"], 120),
        title=one_line(row["title"], 300),
        anchor=anchors.get(("finding", row["id"])),
        severity=severity_mark(row["severity"]),
        where="",
        expected=None,
        actual=None,
        message="",
        differences=(),
        more_differences=0,
        detailed=False,
    )


def problem(row: Mapping[str, Any], *, anchors: Anchors) -> FailedCheck:
    """One failed check, for the step it stands at."""
    compared: Diff | None = diff(row["expected"], row["actual"]) if "expected" in row and "actual" in row else None
    expected, actual = _pair(row)
    return replace(
        bare_problem(row, anchors=anchors),
        detailed=True,
        where=one_line(row["where"], 200),
        expected=expected,
        actual=actual,
        message=one_line(row["message"], 600),
        differences=tuple(
            DifferenceView(
                kind=entry.kind,
                pointer=one_line(entry.pointer, 200) or "(the whole value)",
                expected=json_text(entry.expected, cap=160) if entry.kind != "extra" else None,
                actual=json_text(entry.actual, cap=160) if entry.kind != "missing" else None,
            )
            for entry in (compared.differences if compared else ())
        ),
        more_differences=compared.more if compared else 0,
    )


def _pair(row: Mapping[str, Any]) -> tuple[Shown | None, Shown | None]:
    """Expected and actual, both on one line or both indented, so that the eye can compare them."""
    keys = [key for key in ("expected", "actual") if key in row]
    indented = any(is_long(row[key]) for key in keys)
    shown = {key: json_text(row[key], indented=indented) for key in keys}
    return shown.get("expected"), shown.get("actual")
