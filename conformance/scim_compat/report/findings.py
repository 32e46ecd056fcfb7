"""The part "What to fix first": the findings of all profiles, one entry a check and rule."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from scim_compat.report.anchors import Anchors
from scim_compat.report.diff import diff
from scim_compat.report.text import (
    Excerpt,
    Link,
    citation,
    is_long,
    json_text,
    one_line,
    safe_url,
)
from scim_compat.report.words import IGNORED, SEVERITIES, Mark
from scim_compat.results.document import Document, LocatedCheck
from scim_compat.results.document.records import CheckRecord
from scim_compat.values import MISSING, Severity, worst

FIRST: Final = 4
"""Occurrences that are listed with their values."""
LISTED: Final = 100
"""Further occurrences that are linked."""


@dataclass(frozen=True, slots=True)
class DifferenceView:
    kind: str
    pointer: str
    expected: Excerpt | None
    actual: Excerpt | None


@dataclass(frozen=True, slots=True)
class FailedCheck:
    """One failed check at one step."""

    check: str
    title: str
    anchor: str
    """The identifier of its entry under "What to fix first"."""
    severity: Mark
    where: str = ""
    expected: Excerpt | None = None
    """None: the check has nothing to show."""
    actual: Excerpt | None = None
    message: str = ""
    differences: tuple[DifferenceView, ...] = ()
    more_differences: int = 0
    detailed: bool = False
    """False: the page shows severity and title only, to stay small."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    profile: str
    scenario: str
    href: str
    where: str
    expected: Excerpt | None
    actual: Excerpt | None
    message: str


@dataclass(frozen=True, slots=True)
class Consequence:
    """A consequence and its clients; beside each client the source that says so, if any."""

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
    """Titles of the profiles in which the check failed."""
    first: tuple[Occurrence, ...]
    more: tuple[Link, ...]
    unlisted: int


@dataclass(slots=True)
class _Group:
    """The failures of one check. It grows while the results are read."""

    failures: list[LocatedCheck] = field(default_factory=list)
    scenarios: set[tuple[int, int]] = field(default_factory=set)
    profiles: dict[int, str] = field(default_factory=dict)

    def add(self, failure: LocatedCheck) -> None:
        p, s, _ = failure.place
        self.failures.append(failure)
        self.scenarios.add((p, s))
        self.profiles[p] = failure.profile.title

    @property
    def severity(self) -> Severity | None:
        return worst(failure.check.severity for failure in self.failures if failure.check.severity)

    def worst_first(self) -> list[LocatedCheck]:
        """The worst first; within one severity in the order of the run, because Python's sort is stable."""
        return sorted(self.failures, key=lambda failure: severity_order(failure.check.severity))


def findings(document: Document, anchors: Anchors) -> tuple[Finding, ...]:
    """Return one entry a check and title: the worst severity first, then by scenarios hit, profiles hit and id.

    A check of what a profile asserts of a literal request has the title of the rule that the profile states: each
    rule is a cause of its own.
    """
    groups: dict[tuple[str, str], _Group] = defaultdict(_Group)
    for failure in document.failed_checks():
        groups[failure.check.id, failure.check.title].add(failure)
    order = sorted(
        groups.items(),
        key=lambda item: precedence(
            item[1].severity, scenarios=len(item[1].scenarios), profiles=len(item[1].profiles), check=item[0][0]
        ),
    )
    return tuple(_finding(check, group, anchors) for (check, _), group in order)


def precedence(severity: Severity | None, *, scenarios: int, profiles: int, check: str) -> tuple[int, int, int, str]:
    """Return a key that sorts by what to fix first: the worst, then what most scenarios and most clients run into."""
    return severity_order(severity), -scenarios, -profiles, check


def severity_order(severity: Severity | None) -> int:
    """Return 0 for the worst. None, for what no client judges, comes last."""
    return len(Severity) - severity.rank if severity is not None else len(Severity) + 1


def severity_mark(severity: Severity | None) -> Mark:
    """Return the mark of a severity, or of what a client ignores."""
    return SEVERITIES[severity] if severity is not None else IGNORED


def _finding(check: str, group: _Group, anchors: Anchors) -> Finding:
    failures = group.worst_first()
    example = failures[0].check
    first, more = _spread(failures)
    listed = more[:LISTED]
    return Finding(
        check=one_line(check, 120),
        anchor=anchors["finding", check, example.title],
        title=one_line(example.title, 300),
        severity=severity_mark(example.severity),
        level=one_line(example.level, 20),
        cites=tuple(citation(token) for token in dict.fromkeys(example.cites)),
        fixes=tuple(dict.fromkeys(one_line(each.check.fix) for each in group.failures if each.check.fix)),
        consequences=_consequences(group.failures),
        scenarios=len(group.scenarios),
        profiles=tuple(one_line(group.profiles[p], 120) for p in sorted(group.profiles)),
        first=tuple(_occurrence(failure, anchors) for failure in first),
        more=tuple(
            Link(f"{one_line(each.profile.title, 120)}: {one_line(each.scenario.id, 120)}", _href(each, anchors))
            for each in listed
        ),
        unlisted=len(more) - len(listed),
    )


def _occurrence(failure: LocatedCheck, anchors: Anchors) -> Occurrence:
    expected, actual = _values(failure.check)
    return Occurrence(
        profile=one_line(failure.profile.title, 120),
        scenario=one_line(failure.scenario.id, 120),
        href=_href(failure, anchors),
        where=one_line(failure.check.where, 200),
        expected=expected,
        actual=actual,
        message=one_line(failure.check.message, 400),
    )


def _href(failure: LocatedCheck, anchors: Anchors) -> str:
    return "#" + anchors["step", *failure.place]


def _spread(failures: list[LocatedCheck]) -> tuple[list[LocatedCheck], list[LocatedCheck]]:
    """Return the first few, from as many scenarios as possible, and the rest; both in their order."""
    once: list[int] = []
    again: list[int] = []
    known: set[tuple[str, str]] = set()
    for number, failure in enumerate(failures):
        scenario = (failure.profile.title, failure.scenario.id)
        (again if scenario in known else once).append(number)
        known.add(scenario)
    chosen = set((once + again)[:FIRST])
    first = [failure for number, failure in enumerate(failures) if number in chosen]
    return first, [failure for number, failure in enumerate(failures) if number not in chosen]


def _consequences(failures: Iterable[LocatedCheck]) -> tuple[Consequence, ...]:
    """Merge equal sentences of several clients into one entry."""
    texts: dict[str, dict[str, Link | None]] = {}
    for failure in failures:
        profile, check = failure.profile, failure.check
        if text := one_line(check.consequence):
            source = profile.sources.get(check.source)
            link = Link(one_line(source.title, 160), safe_url(source.url)) if source else None
            texts.setdefault(text, {}).setdefault(one_line(profile.client or profile.title, 120), link)
    return tuple(Consequence(text, tuple(clients.items())) for text, clients in texts.items())


def bare_check(check: CheckRecord, *, anchors: Anchors) -> FailedCheck:
    """Arrange one failed check without its values."""
    return FailedCheck(
        check=one_line(check.id, 120),
        title=one_line(check.title, 300),
        anchor=anchors.get(("finding", check.id, check.title)),
        severity=severity_mark(check.severity),
    )


def failed_check(check: CheckRecord, *, anchors: Anchors) -> FailedCheck:
    """Arrange one failed check for its step."""
    both = check.expected is not MISSING and check.actual is not MISSING
    compared = diff(check.expected, check.actual) if both else None
    expected, actual = _values(check)
    return replace(
        bare_check(check, anchors=anchors),
        detailed=True,
        where=one_line(check.where, 200),
        expected=expected,
        actual=actual,
        message=one_line(check.message, 600),
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


def _values(check: CheckRecord) -> tuple[Excerpt | None, Excerpt | None]:
    """Return expected and actual, both on one line or both indented, so that the eye can compare them."""
    values = (check.expected, check.actual)
    indented = any(is_long(value) for value in values)
    expected, actual = (None if value is MISSING else json_text(value, indented=indented) for value in values)
    return expected, actual
