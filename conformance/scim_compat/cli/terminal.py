"""Shows a run: on a terminal a line that moves with it, and its results at the end."""

from __future__ import annotations

from dataclasses import replace
from typing import Self

from scim_compat.cli import pipeline
from scim_compat.cli.console import error_output, output, text
from scim_compat.cli.result_view import print_results
from scim_compat.errors import ExitStatus, OutputError, ScimCompatError
from scim_compat.pytest_plugin.launch import run
from scim_compat.results.events import ScenarioStarted, StepPlayed
from scim_compat.run.request import Progress, RunOutcome, RunRequest, ScenarioReported, ScenariosCollected
from scim_compat.run.status import objections
from scim_compat.values import Outcome, plural


def execute(request: RunRequest, *, quiet: bool) -> ExitStatus:
    """Runs, shows the run as it goes and how it ended, and returns its exit status."""
    terminal = Terminal(quiet=quiet)
    try:
        with terminal:
            outcome = run(replace(request, progress=terminal.progress))
    except ScimCompatError as error:
        pipeline.annotate_refusal(request.secrets.quoted(str(error)))
        raise
    try:
        with pipeline.deaf():
            terminal.finish(outcome)
        pipeline.annotate(outcome)
    except OSError as error:
        raise OutputError(
            f"the results could not be printed: {error.strerror}", hint=f"they are in {outcome.settings.out}"
        ) from None
    return outcome.status


class Terminal:
    """One run's output. On a terminal a status line moves; elsewhere only results are printed."""

    def __init__(self, *, quiet: bool = False) -> None:
        self.quiet = quiet
        self._out = output(whole=True)
        self._status = self._out.console.status("starting") if self._out.is_animated and not quiet else None
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
            case StepPlayed(step=step):
                self._plays_here = True
                self._findings += sum(check.outcome == Outcome.FAIL for check in step.checks)
                title = f" · {step.title}"
            case ScenarioReported(findings=findings):
                self._done += 1
                self._findings += 0 if self._plays_here else findings
        if self._status is not None:
            findings_so_far = plural(self._findings, "finding")
            number = min(self._done + 1, self._total or self._done + 1)  # the comparison of the crowd is no scenario
            place = f"[{number}/{self._total or '?'}] {self._scenario}"
            self._status.update(text(f"{place}{title} · {findings_so_far}"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        """Ends the status line, whether the run succeeded or not."""
        if self._status is not None:
            self._status.stop()

    def finish(self, outcome: RunOutcome) -> None:
        """Prints how the run ended."""
        if outcome.summary is not None:
            print_results(self._out, outcome.summary, outcome, quiet=self.quiet)
        if outcome.message:
            error_output().paragraph(outcome.message)
        elif self.quiet and outcome.status != ExitStatus.OK:
            error_output().paragraph(_reason(outcome))


def _reason(outcome: RunOutcome) -> str:
    """Why the status is not 0, in one line: logs of pipelines show the error output apart, or nothing else."""
    summary, head = outcome.summary, f"Status {int(outcome.status)}: "
    if summary is None or outcome.status != ExitStatus.FINDINGS:
        return f"{head}the run did not come to its end, or not everything could be judged"
    reasons = [plural(len(summary.causes), "cause")] if summary.causes else []
    reasons += [f"the first: {summary.causes[0].severity}, {summary.causes[0].title}"] if summary.causes else []
    reasons += list(objections(summary.document, outcome.settings))
    return f"{head}{'; '.join(reasons)}"
