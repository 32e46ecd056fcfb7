"""What a run shows: progress on a terminal, plain lines elsewhere, and the result."""

from __future__ import annotations

import shutil
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from scim_compat.results.events import ScenarioStarted, StepPlayed
from scim_compat.run.request import Progress, ScenarioReported, ScenariosCollected
from scim_compat.values import Severity, is_at_least, plural

if TYPE_CHECKING:
    from scim_compat.results.collate import Collated, FindingSummary
    from scim_compat.run.request import RunOutcome

_COLOURS = {
    "compatible": "bold green", "limited": "bold yellow", "incompatible": "bold red", "unproven": "bold magenta",
    "breach": "bold white on red", "blocker": "bold red", "degraded": "yellow", "cosmetic": "dim",
}  # fmt: skip
_MARKS = {"compatible": "✓", "limited": "!", "incompatible": "✗", "unproven": "?", "not-applicable": "–"}
_MOST = 12


def printable(text: object) -> str:
    """Server text made fit for a terminal: no control, escape or direction characters."""
    return "".join(c if c.isprintable() else "�" for c in str(text))


def paragraph(text: object, *, indent: int = 0, hanging: int | None = None) -> str:
    """``text`` made plain and broken into lines of at most 100 columns, or the terminal's if it is narrower.

    ``indent``: spaces before the first line; ``hanging``: before the others, by default as many. Words
    are never broken, so that an address can be copied.
    """
    columns = min(100, shutil.get_terminal_size((100, 24)).columns)
    return textwrap.fill(
        printable(text),
        width=max(columns, 40),
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent if hanging is None else hanging),
        break_long_words=False,
        break_on_hyphens=False,
    )


class Terminal:
    """One run's output. On a terminal a status line moves; elsewhere only results are printed."""

    def __init__(self, *, quiet: bool = False) -> None:
        self.console = Console(highlight=False, soft_wrap=not sys.stdout.isatty())
        self.quiet = quiet
        self._status = self.console.status("starting") if self.console.is_terminal and not quiet else None
        self._total = 0
        self._done = 0
        self._findings = 0
        self._scenario = ""
        self._plays_here = False

    def progress(self, event: Progress) -> None:
        """Shows how far the run is. Scenarios of other processes are reported one by one, ours step by step."""
        title = ""
        match event:
            case ScenariosCollected(count=total):
                self._total = total
                if self._status is not None:
                    self._status.start()
            case ScenarioStarted(id=scenario):
                self._scenario = scenario
            case StepPlayed(step=played):
                self._plays_here = True
                self._findings += sum(check.outcome == "fail" for check in played.checks)
                title = f" · {printable(played.title)}"
            case ScenarioReported(findings=findings):
                self._done += 1
                self._findings += 0 if self._plays_here else findings
        if self._status is not None:
            findings_so_far = plural(self._findings, "finding")
            # A Text, not a str: rich would take `[type eq "work"]` in a step's title for its markup.
            self._status.update(
                Text(f"[{self._done + 1}/{self._total or '?'}] {self._scenario}{title} · {findings_so_far}")
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        """Ends the status line, whether the run succeeded or not."""
        if self._status is not None:
            self._status.stop()

    def finish(self, ended: RunOutcome) -> None:
        """Prints how the run ended."""
        if ended.collated is not None:
            self._results(ended.collated, ended)
        if ended.message:
            print(printable(ended.message), file=sys.stderr)  # noqa: T201 - this is the command's error output

    def _results(self, collated: Collated, ended: RunOutcome) -> None:
        say = self.console.print
        run = collated.head["run"]
        if run["interrupted"]:
            say(Text(f"Interrupted: {printable(run['interrupted'])}. What follows is partial.", "bold magenta"))
        for profile in collated.head["profiles"]:
            self._profile(profile)
        if not self.quiet and collated.found:
            self._found(collated.found)
        self._after(collated)
        out = Path(ended.settings.out)
        say(Text.assemble(("Report   ", "dim"), str(out / "report.html")))
        say(Text.assemble(("Results  ", "dim"), str(out / "results.json"), (f"   seed {run['seed']}", "dim")))

    def _profile(self, profile: dict[str, Any]) -> None:
        word, counts = profile["verdict"], profile["counts"]
        self.console.print()
        self.console.print(
            Text.assemble(
                (f"{_MARKS[word]} {word}", _COLOURS[word]),
                "  ",
                (printable(profile["title"]), "bold"),
                f" ({profile['id']})",
            )
        )
        self._indented(profile["why"], 2)
        parts = [
            plural(counts["scenarios"], "scenario"),
            f"{counts['passed']} passed",
            f"{counts['failed']} failed",
        ]
        parts += [
            f"{counts[k]} {w}"
            for k, w in (("skipped", "skipped"), ("errored", "in error"), ("not_applicable", "n/a"))
            if counts[k]
        ]
        self._indented(" · ".join([*parts, plural(counts["requests"], "request")]), 2, "dim")
        if self.quiet:
            return
        for feature in profile["features"]:
            verdict = feature["verdict"]
            self.console.print(
                Text.assemble(
                    "    ",
                    (f"{_MARKS[verdict]} {verdict:<15}", _COLOURS.get(verdict, "dim")),
                    printable(feature["title"]),
                )
            )

    def _found(self, found: tuple[FindingSummary, ...]) -> None:
        self.console.print()
        self.console.print(Text("What to fix first", "bold"))
        shown = [f for f in found if is_at_least(f.severity, Severity.DEGRADED)][:_MOST]
        for one in shown:
            count = plural(len(one.scenarios), "scenario")
            self.console.print(
                Text.assemble(
                    "  ",
                    (f"{one.severity:<9}", _COLOURS[one.severity]),
                    f"{one.title}  ",
                    (f"{one.id} · {count}", "dim"),
                )
            )
            self._indented(one.consequence, 11, "dim")
        if len(found) > len(shown):
            self._indented(f"and {len(found) - len(shown)} more in the report", 2, "dim")
        if shown:
            self._indented(f"`scim-compat explain {shown[0].id}` tells more of a rule", 2, "dim")

    def _after(self, collated: Collated) -> None:
        self.console.print()
        left = collated.head["cleanup"]["left"]
        if left:
            could = f"{plural(len(left), 'resource')} could not be deleted; the report lists what is left."
            self.console.print(Text(could, "bold red"))
            for one in left[:_MOST]:
                self._indented(f"{one['type']} {one['id'] or '(id unknown)'}: {one['why']}", 2)
            if len(left) > _MOST:
                self._indented(f"and {len(left) - _MOST} more", 2)
        for note in collated.head["errors"][:_MOST]:
            self.console.print(Text(f"note: {printable(note)}", "magenta"))

    def _indented(self, text: object, spaces: int, style: str = "") -> None:
        """A paragraph whose further lines stand below its first; a Text, so that nothing in it is markup."""
        content = Text(printable(text), style)
        if self.console.soft_wrap:
            self.console.print(Text(" " * spaces) + content)
        else:
            self.console.print(Padding(content, (0, 0, 0, spaces), expand=False))
