"""scim-compat baseline: drafts the file of accepted findings from the results of a run."""

from __future__ import annotations

from pathlib import Path

import click

from scim_compat.errors import UsageError
from scim_compat.values import FailOn, Severity, plural

_DEFAULT = "baseline.yaml"


@click.command("baseline", short_help="Drafts the file of accepted findings.")
@click.argument("results", metavar="DIR")
@click.option("--out", metavar="FILE", help=f"The file to write. Default: {_DEFAULT}, or the one of --update.")
@click.option("--update", metavar="FILE", help="An older baseline: what is filled and still happens is kept.")
@click.option(
    "--fail-on",
    type=click.Choice([severity.value for severity in reversed(Severity)]),
    default=FailOn.DEGRADED.value,
    show_default=True,
    help="Mildest severity that needs an entry, as in the run.",
)
def command(results: str, *, out: str | None, update: str | None, fail_on: str) -> None:
    """Drafts a baseline from the results of the run in DIR.

    The draft has an entry for each check and profile, with the scenarios in which it failed, and the features
    that were tested. Fill the reason and the ticket of each entry, then give the file to `scim-compat run
    --baseline`. With --update, entries that still happen keep what people wrote, the others go, and new
    findings are added; comments are written anew.
    """
    from scim_compat.cli.console import output  # noqa: PLC0415 - not for --help
    from scim_compat.results.read import read_run  # noqa: PLC0415 - likewise
    from scim_compat.run import baseline  # noqa: PLC0415 - likewise
    from scim_compat.run.baseline_draft import as_yaml, draft  # noqa: PLC0415 - likewise

    file = Path(out or update or _DEFAULT)
    if file.exists() and file != Path(update or ""):
        raise UsageError(f"{file} exists already", hint=f"`--update {file}` keeps its reasons; --out names another")
    old = baseline.load(Path(update), may_be_unfilled=True) if update else None
    document, _ = read_run(Path(results))
    made = draft(document, floor=Severity(fail_on), old=old)
    try:
        file.write_text(as_yaml(made), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{file}: cannot be written: {error.strerror}", hint="--out names another place") from None
    console = output(whole=True)
    console.entry("Baseline", str(file), width=10)
    entries = plural(len(made.entries), "entry", "entries")
    console.entry("", f"{entries}, {made.unfilled} of them without a reason or ticket", width=10)
    for sentence in made.removed:
        console.entry("Removed", sentence, width=10)
    if document.run.is_partial:
        console.entry("Note", "the run is partial: what it did not reach is not in the baseline", width=10)
