"""scim-compat report: writes the page of a run again, or later."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from scim_compat.errors import ExitStatus, ScimCompatError, UsageError

_LABEL_WIDTH = 9


@click.command("report", short_help="Writes the report of a run again.")
@click.argument("results", nargs=-1, required=True, metavar="RESULTS...")
@click.option("--out", metavar="FILE", help="The page to write. Default: report.html beside the results.")
def command(results: tuple[str, ...], out: str | None) -> None:
    """Writes the report of a run as one HTML file.

    RESULTS is a run's output folder, its results.json, or the events.jsonl of a run that was killed. Several
    give a page each: runs differ in seed, endpoint and time, so one page of them would mislead.
    """
    from scim_compat.cli import console  # noqa: PLC0415 - not for --help
    from scim_compat.report.html import render  # noqa: PLC0415 - likewise
    from scim_compat.results.read import read_run  # noqa: PLC0415 - likewise

    if out and len(results) > 1:
        raise UsageError("--out names one page", hint="leave it out to write report.html beside each of the RESULTS")
    stdout = console.output(whole=True)
    status = ExitStatus.OK
    for name in results:
        try:
            document, folder = read_run(Path(name))
            page = Path(out) if out else folder / "report.html"
            _write(page, render(document))
        except ScimCompatError as error:  # the other results get their pages all the same
            console.print_error(error)
            status = max(status, error.exit_status)
            continue
        stdout.entry("Report", str(page), width=_LABEL_WIDTH)
        if document.run.interrupted:
            why = f"of an interrupted run, so it is partial: {document.run.interrupted}"
            stdout.entry("", why, width=_LABEL_WIDTH)
    sys.exit(status)


def _write(page: Path, text: str) -> None:
    """Writes all of the page or none of it: an old one stays until the new one is complete."""
    temporary = page.with_name(page.name + ".part")
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(page)
    except OSError as error:
        raise UsageError(f"{page}: cannot be written: {error.strerror}", hint="--out names another place") from None
