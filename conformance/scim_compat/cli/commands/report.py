"""scim-compat report: writes the page of a run again, or later, and one cause as a ticket or a script."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from scim_compat.errors import ExitStatus, ScimCompatError, UsageError

_LABEL_WIDTH = 9


@click.command("report", short_help="Writes the report of a run again.")
@click.argument("results", nargs=-1, required=True, metavar="RESULTS...")
@click.option("--out", metavar="FILE", help="The file to write. Default: report.html beside the results.")
@click.option("--cause", metavar="N|all", help="One cause in place of the page, by its number there; or all of them.")
@click.option("--scenario", metavar="PROFILE/ID", help="One scenario in place of the page, as a script.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["md", "sh", "json"]),
    help="Of a cause: text of a ticket (md, default), script of its example (sh), or data. Of a scenario: sh.",
)
def command(
    results: tuple[str, ...], *, out: str | None, cause: str | None, scenario: str | None, form: str | None
) -> None:
    """Writes the report of a run as one HTML file.

    RESULTS is a run's output folder, its results.json, or the events.jsonl of a run that was killed. Several
    give a page each: runs differ in seed, endpoint and time, so one page of them would mislead.

    With --cause or --scenario it prints that part instead, for a tracker or for somebody without scim-compat. A script
    needs a POSIX shell and curl. It goes to standard output unless --out names a file.
    """
    if cause or scenario or form:
        _print_part(results, out=out, cause=cause, scenario=scenario, form=form)
        return
    _write_pages(results, out)


def _write_pages(results: tuple[str, ...], out: str | None) -> None:
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


def _print_part(
    results: tuple[str, ...], *, out: str | None, cause: str | None, scenario: str | None, form: str | None
) -> None:
    from scim_compat.cli import console  # noqa: PLC0415 - not for --help
    from scim_compat.cli.parts import cause_part, scenario_part  # noqa: PLC0415 - likewise
    from scim_compat.results.read import read_run  # noqa: PLC0415 - likewise

    if len(results) > 1:
        raise UsageError("--cause and --scenario take the RESULTS of one run")
    if cause and scenario:
        raise UsageError("give --cause or --scenario, not both")
    if not cause and not scenario:
        raise UsageError(f"--format {form} needs --cause N or --scenario PROFILE/ID", hint="the page is HTML")
    document, _ = read_run(Path(results[0]))
    text = cause_part(document, cause, form or "md") if cause else scenario_part(document, scenario or "", form or "sh")
    if out is None:
        console.output().raw(text.rstrip("\n"))
        return
    _write(Path(out), text)


def _write(page: Path, text: str) -> None:
    """Writes all of the page or none of it: an old one stays until the new one is complete."""
    temporary = page.with_name(page.name + ".part")
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(page)
    except OSError as error:
        raise UsageError(f"{page}: cannot be written: {error.strerror}", hint="--out names another place") from None
