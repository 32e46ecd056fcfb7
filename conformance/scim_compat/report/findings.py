"""Failed checks, arranged for the page, and the order in which to fix them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from scim_compat.report.diff import diff
from scim_compat.report.text import Excerpt, Link, is_long, json_text, one_line
from scim_compat.report.words import IGNORED, SEVERITIES, Mark
from scim_compat.results.document.records import CheckRecord
from scim_compat.values import MISSING, Severity

_VALUE: Final = 160
"""Characters of a value in the table of differences."""


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
    phrase: str
    """The failure in words."""
    cause: Link | None
    """The number and the place of the cause that it belongs to."""
    severity: Mark
    accepted: str = ""
    """The ticket under which the run's baseline accepts it."""
    where: str = ""
    expected: Excerpt | None = None
    """None: the check has nothing to show."""
    actual: Excerpt | None = None
    message: str = ""
    differences: tuple[DifferenceView, ...] = ()
    more_differences: int = 0
    detailed: bool = False
    """False: the page shows severity and words only, to stay small."""


def precedence(severity: Severity | None, *, scenarios: int, profiles: int, check: str) -> tuple[int, int, int, str]:
    """Return a key that sorts by what to fix first: the worst, then what most scenarios and most clients run into."""
    return severity_order(severity), -scenarios, -profiles, check


def severity_order(severity: Severity | None) -> int:
    """Return 0 for the worst. None, for what no client judges, comes last."""
    return len(Severity) - severity.rank if severity is not None else len(Severity) + 1


def severity_mark(severity: Severity | None) -> Mark:
    """Return the mark of a severity, or of what a client ignores."""
    return SEVERITIES[severity] if severity is not None else IGNORED


def phrase(check: CheckRecord) -> str:
    """Return the failure in words; results of older versions know the rule only."""
    return one_line(check.failure or f"Not met: {check.title}", 300)


def bare_check(check: CheckRecord, *, cause: Link | None) -> FailedCheck:
    """Arrange one failed check without its values."""
    return FailedCheck(
        check=one_line(check.id, 120),
        phrase=phrase(check),
        cause=cause,
        severity=severity_mark(check.severity),
        accepted=one_line(check.accepted, 120),
    )


def failed_check(check: CheckRecord, *, cause: Link | None) -> FailedCheck:
    """Arrange one failed check for its step."""
    both = check.expected is not MISSING and check.actual is not MISSING and not check.prose
    compared = diff(check.expected, check.actual) if both else None
    expected, actual = _values(check)
    return FailedCheck(
        check=one_line(check.id, 120),
        phrase=phrase(check),
        cause=cause,
        severity=severity_mark(check.severity),
        accepted=one_line(check.accepted, 120),
        detailed=True,
        where=one_line(check.where, 200),
        expected=expected,
        actual=actual,
        message=one_line(check.message, 600),
        differences=tuple(
            DifferenceView(
                kind=entry.kind,
                pointer=one_line(entry.pointer, 200) or "(the whole value)",
                expected=json_text(entry.expected, cap=_VALUE) if entry.kind != "extra" else None,
                actual=json_text(entry.actual, cap=_VALUE) if entry.kind != "missing" else None,
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
