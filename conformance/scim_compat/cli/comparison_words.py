"""A comparison of two runs in words: the same for terminal, Markdown and programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from scim_compat.report.baseline import acceptance_note
from scim_compat.results.causes import Cause
from scim_compat.results.comparison import Change, ChangeKind, Comparison, Trend, VerdictPair
from scim_compat.results.document import Document
from scim_compat.results.losses import Loss
from scim_compat.results.occurrences import Occurrence, place
from scim_compat.values import Severity, is_at_least, plural

HEADINGS: Final[Mapping[ChangeKind, str]] = {
    ChangeKind.NEW: "New",
    ChangeKind.FIRST_TESTED: "New, where the older run did not test",
    ChangeKind.STILL: "Still there",
    ChangeKind.UNTESTED: "No longer tested",
    ChangeKind.FIXED: "Fixed",
}
"""In the order of every output."""
_FEW: Final = 3
"""Places, checks or scenarios that one line names."""


def run_line(document: Document) -> str:
    """``https://host/scim/v2 · 2026-11-30T14:03:05Z · seed 5``."""
    return " · ".join([document.target.url, document.run.started, f"seed {document.run.seed}"])


def verdict_line(pair: VerdictPair) -> str:
    """``before: limited; now: incompatible``; the verdict alone where it is the same."""
    if pair.old == pair.new:
        return f"{pair.new} (as before)"
    return f"before: {pair.old or 'not played'}; now: {pair.new or 'not played'}"


def trend_word(change: Change) -> str:
    """``worse`` or ``milder``; empty for all else."""
    return "" if change.trend is Trend.SAME else change.trend.value


def cause_facts(cause: Cause) -> str:
    """``okta, entra-v2 · 12 scenarios · patch.applied, user.disabled``."""
    scenarios = sum(len(hit.scenarios) for hit in cause.hits)
    return " · ".join([_few(cause.clients), plural(scenarios, "scenario"), _few(cause.checks)])


def change_lines(change: Change) -> Iterator[str]:
    """Everything to say of a change below its title, a line each."""
    yield cause_facts(change.main)
    yield from _divisions(change)
    is_still = change.kind is ChangeKind.STILL
    for label, found in (
        ("Fails now, passed before", change.added if is_still else ()),
        ("Fails, not tested before", change.first if is_still or change.added else ()),
        ("More severe than before", change.raised),
        ("Passes now", change.gone if is_still or change.untested else ()),
        ("No longer tested", change.untested),
    ):
        if found:
            yield f"{label}: {_places(found)}"
    if note := acceptance_note(failure.check for cause in change.new for failure in cause.failures):
        yield note


def _divisions(change: Change) -> Iterator[str]:
    """The titles that it had before, and those of its other parts."""
    known = {change.main.title}
    for label, causes in (("now also", change.new), ("before", change.old)):
        for title in dict.fromkeys(cause.title for cause in causes):
            if title not in known:
                known.add(title)
                yield f"{label}: {title}"


def _places(found: Sequence[Occurrence]) -> str:
    return _few(list(dict.fromkeys(f"{one.place} ({one.check}{_attribute(one)})" for one in found)))


def _attribute(one: Occurrence) -> str:
    return f": {one.about}" if one.about and " " not in one.about else ""


def _few(names: Sequence[str]) -> str:
    more = f" and {len(names) - _FEW} more" if len(names) > _FEW else ""
    return ", ".join(names[:_FEW]) + more


def loss_line(loss: Loss) -> str:
    """``okta: Push groups, 12 scenarios (n/a: …)``."""
    scenarios = place((loss.profile, loss.scenarios[0], "")) if len(loss.scenarios) == 1 else ""
    subject = f"{loss.profile}: {loss.feature}" if loss.feature else loss.profile
    return f"{subject}, {scenarios or plural(len(loss.scenarios), 'scenario')} ({loss.why})"


def end_line(comparison: Comparison, floor: Severity | None) -> str:
    """The counts, and the reason for the exit status."""
    number = {kind: len(comparison.of_kind(kind)) for kind in ChangeKind}
    still = comparison.of_kind(ChangeKind.STILL)
    worse = sum(change.trend is Trend.WORSE for change in still)
    parts = [
        f"{number[ChangeKind.NEW] + number[ChangeKind.FIRST_TESTED]} new",
        f"{number[ChangeKind.STILL]} still there" + (f" ({worse} worse)" if worse else ""),
        f"{number[ChangeKind.UNTESTED]} no longer tested",
        f"{number[ChangeKind.FIXED]} fixed",
    ]
    lost = sum(len(loss.scenarios) for loss in comparison.losses)
    lost_line = (
        f"{plural(lost, 'scenario')} of the older run {'was' if lost == 1 else 'were'} not tested. " if lost else ""
    )
    return f"{', '.join(parts)}. {lost_line}{_gate(comparison, floor)}"


def seed_line(comparison: Comparison) -> str:
    """Advice where a known cause shows in other scenarios and the data differed; empty elsewhere."""
    seeds = [document.run.seed for document in (comparison.old, comparison.new)]
    has_spread = any(change.added for change in comparison.of_kind(ChangeKind.STILL))
    if seeds[0] == seeds[1] or not has_spread:
        return ""
    return (
        "The runs had different test data, and a fault that depends on values (such as their length) can show in other "
        f"scenarios. A run with --seed {seeds[0]} tells."
    )


def _gate(comparison: Comparison, floor: Severity | None) -> str:
    if floor is None:
        return "Nothing fails the comparison (--fail-on never)."
    failing = sum(is_at_least(change.open, floor) for change in comparison.changes)
    if not failing:
        return f"Nothing is new at or above {floor}."
    return f"{plural(failing, 'cause')} new or worse at or above {floor}."
