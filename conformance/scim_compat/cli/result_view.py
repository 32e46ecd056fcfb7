"""Prints how a run ended: verdicts, what to fix first, what was left behind, and where the report is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from scim_compat.cli.console import QUIET, SEVERITY_STYLES, STRONG, Column, Output, Part, grid
from scim_compat.report.baseline import acceptance_note
from scim_compat.report.reproduce import command_line
from scim_compat.results.causes import Cause
from scim_compat.results.document import Document, ProfileCounts, ProfileResult
from scim_compat.results.summary import RunSummary
from scim_compat.run.request import RunOutcome
from scim_compat.run.settings import Settings
from scim_compat.run.status import objections
from scim_compat.values import Verdict, plural

_MARKS: Final[Mapping[Verdict, tuple[str, str]]] = {
    Verdict.COMPATIBLE: ("✓", "bold green"),
    Verdict.LIMITED: ("!", "bold yellow"),
    Verdict.INCOMPATIBLE: ("✗", "bold red"),
    Verdict.UNPROVEN: ("?", "bold magenta"),
    Verdict.NOT_APPLICABLE: ("–", QUIET),
}
"""Mark and style of each verdict."""
_MOST: Final = 12
"""Entries of a list that the terminal shows; the report has all."""
_MOST_CAUSES: Final = 10
_FEW: Final = 3
"""Checks of a cause that one line names."""


def print_results(out: Output, summary: RunSummary, outcome: RunOutcome, *, quiet: bool) -> None:
    run = summary.document.run
    if run.interrupted:
        out.paragraph((f"Interrupted: {run.interrupted}. These results are partial.", "bold magenta"))
    for profile in summary.document.profiles:
        _print_profile(out, profile, quiet=quiet)
    folder = Path(outcome.settings.out)
    if not quiet and summary.causes:
        _print_causes(out, summary.causes, folder)
    _print_leftovers(out, summary.document)
    _print_gate(out, summary.document, outcome.settings)
    out.line(("Report   ", QUIET), str(folder / "report.html"))
    out.line(("Results  ", QUIET), str(folder / "results.json"), (f"   seed {run.seed}", QUIET))


def _print_profile(out: Output, profile: ProfileResult, *, quiet: bool) -> None:
    counts = profile.counts
    out.blank()
    out.paragraph(_headline(profile), "  ", (profile.title, STRONG), f" ({profile.id})", hanging=2)
    out.paragraph(profile.why, indent=2)
    facts = [
        plural(counts.scenarios, "scenario"),
        f"{counts.passed} passed",
        f"{counts.failed} failed",
        *(f"{number} {word}" for number, word in _others(counts) if number),
        plural(counts.requests, "request"),
    ]
    out.paragraph((" · ".join(facts), QUIET), indent=2)
    if not quiet and profile.verdict is not Verdict.NOT_APPLICABLE:
        rows = ((_verdict(feature.verdict), feature.title) for feature in profile.features)
        out.table(grid([Column(), Column(prose=True)], rows), indent=4)


def _others(counts: ProfileCounts) -> tuple[tuple[int, str], ...]:
    """Counts that are printed where they are not 0, and their words."""
    return (counts.skipped, "skipped"), (counts.errored, "in error"), (counts.not_applicable, "n/a")


def _headline(profile: ProfileResult) -> tuple[str, str]:
    is_failed = profile.is_part and profile.counts.failed
    mark, style = _MARKS[Verdict.INCOMPATIBLE if is_failed else profile.verdict]
    return f"{mark} {profile.headline}", style


def _verdict(verdict: Verdict) -> tuple[str, str]:
    mark, style = _MARKS[verdict]
    return f"{mark} {verdict.replace('-', ' ')}", style


def _print_causes(out: Output, causes: tuple[Cause, ...], folder: Path) -> None:
    """Print what to fix, in the order, the words and the numbers of the report."""
    out.heading("What to fix first")
    width = len(str(min(len(causes), _MOST_CAUSES)))
    for number, cause in enumerate(causes[:_MOST_CAUSES], 1):
        severity: Part = (f"{cause.severity:<10}", SEVERITY_STYLES[cause.severity])
        out.entry(f"{number:>{width}}", severity, cause.title, indent=2, width=width + 2)
        for more in [_facts(cause), *([cause.trait.sentence] if cause.trait else []), *_accepted(cause)]:
            out.paragraph((more, QUIET), indent=14 + width)
    if len(causes) > _MOST_CAUSES:
        out.paragraph((f"and {len(causes) - _MOST_CAUSES} more in the report", QUIET), indent=2)
    # On one line, however long: a line that is broken cannot be pasted.
    for label, words in (
        ("For all of one: ", ("report", str(folder), "--cause", "1", "--format", "md")),
        ("After a fix:    ", ("run", "--again", str(folder))),
    ):
        out.line((f"  {label}{command_line(('scim-compat', *words))}", QUIET))


def _accepted(cause: Cause) -> list[str]:
    """``accepted: SCIM-117``, where the run's baseline accepts some of it."""
    note = acceptance_note(each.check for each in cause.failures)
    return [note] if note else []


def _facts(cause: Cause) -> str:
    """``okta, entra-v2 · 12 scenarios · patch.applied, user.disabled``."""
    scenarios = sum(len(hit.scenarios) for hit in cause.hits)
    checks = ", ".join(cause.checks[:_FEW]) + (" …" if len(cause.checks) > _FEW else "")
    return " · ".join([", ".join(cause.clients), plural(scenarios, "scenario"), checks])


def _print_gate(out: Output, document: Document, settings: Settings) -> None:
    """What the baseline accepts, where the run is not as it says, and why the gate fails beside open findings."""
    baseline = document.baseline
    if baseline is not None:
        count = plural(baseline.accepted, "finding")
        out.paragraph((f"{count} accepted by {baseline.file}; no verdict depends on that.", QUIET))
    reasons = tuple(objections(document, settings))
    for reason in reasons:
        out.paragraph((reason, "bold red"))
    for one in baseline.departures if baseline else ():
        sentence = f"{baseline.file if baseline else ''}:{one.line}: {one.text}"
        if sentence not in reasons:
            out.paragraph((sentence, QUIET))


def _print_leftovers(out: Output, document: Document) -> None:
    out.blank()
    left = document.cleanup.left
    if left:
        count = plural(len(left), "resource")
        out.paragraph((f"{count} could not be deleted; the report lists what is left.", "bold red"))
    for entry in left[:_MOST]:
        out.paragraph(f"{entry.type} {entry.id or '(id unknown)'}: {entry.why}", indent=2, hanging=4)
    if len(left) > _MOST:
        out.paragraph(f"and {len(left) - _MOST} more", indent=2)
    for note in document.errors[:_MOST]:
        out.paragraph((f"note: {note}", "magenta"))
