"""GitHub Actions around a run: its commands on standard output, and the file of a job's summary."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from scim_compat.cli.console import output
from scim_compat.report.annotations import command, commands
from scim_compat.report.gate import Gate
from scim_compat.run.request import RunOutcome
from scim_compat.run.status import objections


def is_github() -> bool:
    return os.environ.get("GITHUB_ACTIONS") == "true"


def step_summary() -> str | None:
    """The file that GitHub Actions shows on the page of the job; None elsewhere."""
    return (os.environ.get("GITHUB_STEP_SUMMARY") or None) if is_github() else None


@contextmanager
def deaf() -> Iterator[None]:
    """Within it the runner obeys no line of the output, whatever a server has put there."""
    if not is_github():
        yield
        return
    token = secrets.token_hex(16)
    output().raw(f"::stop-commands::{token}")
    try:
        yield
    finally:
        output().raw(f"::{token}::")


def annotate(outcome: RunOutcome) -> None:
    """Prints a command for each cause."""
    if not is_github() or outcome.summary is None:
        return
    settings = outcome.settings
    reasons = tuple(objections(outcome.summary.document, settings)) if settings.fail_on.floor else ()
    for line in commands(outcome.summary.causes, Gate(settings.fail_on, reasons), outcome.places):
        output().raw(line)


def annotate_refusal(message: str) -> None:
    """Prints a command for a run that left no results."""
    if is_github():
        output().raw(command("error", message, title="scim-compat: no results"))
