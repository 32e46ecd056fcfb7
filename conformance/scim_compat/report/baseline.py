"""The part "Accepted findings": the entries of the run's baseline, and where the run is not as it says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from scim_compat.report.text import one_line
from scim_compat.results.document import Document
from scim_compat.results.document.baseline import Acceptance
from scim_compat.results.document.records import CheckRecord


@dataclass(frozen=True, slots=True)
class EntryView:
    check: str
    where: str
    """Profile and scenarios."""
    ticket: str
    reason: str
    until: str
    """Empty for ever."""


@dataclass(frozen=True, slots=True)
class BaselineView:
    file: str
    accepted: int
    entries: tuple[EntryView, ...]
    departures: tuple[tuple[str, str], ...]
    """(file and line, sentence)."""


def baseline_view(document: Document) -> BaselineView | None:
    """Arrange the baseline; None where the run had none."""
    baseline = document.baseline
    if baseline is None:
        return None
    file = one_line(baseline.file, 120)
    return BaselineView(
        file=file,
        accepted=baseline.accepted,
        entries=tuple(_entry(entry) for entry in baseline.entries),
        departures=tuple((f"{file}:{one.line}", one_line(one.text, 300)) for one in baseline.departures),
    )


def _entry(entry: Acceptance) -> EntryView:
    scenarios = ", ".join(one.name for one in entry.scenarios)
    return EntryView(
        check=one_line(entry.check, 120),
        where=one_line(f"{entry.profile}: {scenarios}", 4000),
        ticket=one_line(entry.ticket, 120),
        reason=one_line(entry.reason, 600),
        until=entry.until or "",
    )


def acceptance_note(checks: Iterable[CheckRecord]) -> str:
    """``accepted: SCIM-117``; with the counts where only some are accepted; empty where none is."""
    found = list(checks)
    accepted = [check.accepted for check in found if check.accepted]
    if not accepted:
        return ""
    tickets = one_line(", ".join(dict.fromkeys(accepted)), 200)
    part = "" if len(accepted) == len(found) else f"{len(accepted)} of {len(found)} findings "
    return f"{part}accepted: {tickets}"
