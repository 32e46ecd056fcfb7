"""Prints a comparison of two runs: on a terminal, as Markdown, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from scim_compat.cli import comparison_words as words
from scim_compat.cli.console import QUIET, SEVERITY_STYLES, STRONG, Column, Output, grid
from scim_compat.report.markdown import code, escaped
from scim_compat.results.causes import Cause
from scim_compat.results.comparison import Change, ChangeKind, Comparison
from scim_compat.results.document import Document
from scim_compat.results.document.writing import as_json
from scim_compat.results.occurrences import Occurrence
from scim_compat.values import Json, Severity, plural

FORMAT: Final = "scim-compat/comparison/1"
_MOST: Final = 10
"""Entries of a list that the terminal shows, except of what is new or no longer tested."""
_CUT: Final = (ChangeKind.STILL, ChangeKind.FIXED)


def print_comparison(out: Output, comparison: Comparison, floor: Severity | None) -> None:
    for label, document in (("Old", comparison.old), ("New", comparison.new)):
        out.entry((label, QUIET), words.run_line(document), width=5)
    if comparison.circumstances:
        out.heading("Differences outside of the endpoint")
        for each in comparison.circumstances:
            out.paragraph(each.sentence, indent=2, hanging=4)
    out.heading("Verdicts")
    rows = ((pair.profile, words.verdict_line(pair)) for pair in comparison.verdicts)
    out.table(grid([Column(), Column(prose=True)], rows), indent=2)
    for kind, heading in words.HEADINGS.items():
        changes = comparison.of_kind(kind)
        losses = comparison.losses if kind is ChangeKind.UNTESTED else ()
        if not changes and not losses:
            continue
        out.heading(heading, plural(len(changes), "cause") if changes else "")
        shown = changes[:_MOST] if kind in _CUT else changes
        for number, change in enumerate(shown, 1):
            _print_change(out, change, f"{number:>{len(str(len(shown)))}}")
        if len(changes) > len(shown):
            out.paragraph((f"and {len(changes) - len(shown)} more: --format md lists all", QUIET), indent=2)
        if losses:
            out.paragraph(("Tested before, and not now:", STRONG), indent=2)
        for loss in losses:
            out.paragraph(words.loss_line(loss), indent=4, hanging=6)
    out.blank()
    out.paragraph((words.end_line(comparison, floor), STRONG))
    if advice := words.seed_line(comparison):
        out.paragraph((advice, QUIET))


def _print_change(out: Output, change: Change, number: str) -> None:
    word = words.trend_word(change)
    title = f"{change.main.title} ({word})" if word else change.main.title
    severity = (f"{change.severity:<10}", SEVERITY_STYLES[change.severity])
    out.entry(number, severity, title, indent=2, width=len(number) + 2)
    for line in words.change_lines(change):
        out.paragraph((line, QUIET), indent=14 + len(number), hanging=16 + len(number))


# --- Markdown ----------------------------------------------------------------------------------------


def markdown(comparison: Comparison, floor: Severity | None) -> str:
    """Write all of it."""
    return "\n\n".join(_blocks(comparison, floor)) + "\n"


def _blocks(comparison: Comparison, floor: Severity | None) -> Iterator[str]:
    yield "# Comparison of two runs"
    yield f"**{escaped(words.end_line(comparison, floor))}**"
    if advice := words.seed_line(comparison):
        yield escaped(advice)
    runs = (("Old", comparison.old), ("New", comparison.new))
    yield "\n".join(f"- {label}: {escaped(words.run_line(document))}" for label, document in runs)
    if comparison.circumstances:
        yield "## Differences outside of the endpoint"
        yield "\n".join(f"- {escaped(each.sentence)}" for each in comparison.circumstances)
    yield "## Verdicts"
    yield "\n".join(f"- {code(pair.profile)}: {escaped(words.verdict_line(pair))}" for pair in comparison.verdicts)
    for kind, heading in words.HEADINGS.items():
        if changes := comparison.of_kind(kind):
            yield f"## {heading} ({len(changes)})"
            yield "\n".join(line for change in changes for line in _markdown_change(change))
    if comparison.losses:
        yield "## Tested before, and not now"
        yield "\n".join(f"- {escaped(words.loss_line(loss))}" for loss in comparison.losses)


def _markdown_change(change: Change) -> Iterator[str]:
    word = words.trend_word(change)
    yield f"- **{change.severity}** {escaped(change.main.title)}" + (f" ({word})" if word else "")
    for line in words.change_lines(change):
        yield f"  - {escaped(line)}"


# --- JSON ----------------------------------------------------------------------------------------------


def data(comparison: Comparison, floor: Severity | None) -> dict[str, Json]:
    """Return all of it for programs."""
    return {
        "format": FORMAT,
        "old": _run(comparison.old),
        "new": _run(comparison.new),
        "circumstances": [as_json(each) | {"text": each.sentence} for each in comparison.circumstances],
        "verdicts": [as_json(pair) for pair in comparison.verdicts],
        "changes": [_change(change) for change in comparison.changes],
        "no-longer-tested": [as_json(loss) for loss in comparison.losses],
        "fail-on": floor,
        "worst-new": comparison.worst_open,
        "summary": words.end_line(comparison, floor),
        "advice": words.seed_line(comparison),
    }


def _run(document: Document) -> dict[str, Json]:
    run = document.run
    return {"url": document.target.url, "run": run.id, "started": run.started, "seed": run.seed}


def _change(change: Change) -> dict[str, Json]:
    return {
        "kind": change.kind,
        "trend": change.trend,
        "severity": change.severity,
        "title": change.main.title,
        "worst-new": change.open,
        "old": [_cause(cause) for cause in change.old],
        "new": [_cause(cause) for cause in change.new],
        "added": _occurrences(change.added),
        "first-tested": _occurrences(change.first),
        "more-severe": _occurrences(change.raised),
        "gone": _occurrences(change.gone),
        "no-longer-tested": _occurrences(change.untested),
    }


def _cause(cause: Cause) -> dict[str, Json]:
    return {
        "anchor": cause.anchor,
        "title": cause.title,
        "severity": cause.severity,
        "checks": list(cause.checks),
        "clients": list(cause.clients),
    }


def _occurrences(found: tuple[Occurrence, ...]) -> list[Json]:
    return [as_json(one) for one in found]
