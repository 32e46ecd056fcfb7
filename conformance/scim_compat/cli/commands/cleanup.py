"""scim-compat cleanup: deletes what a killed run left on its target."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from scim_compat.cli.options import connection_options, login_from, secret_register
from scim_compat.errors import ExitStatus, RecordFileError, ScimCompatError
from scim_compat.values import IN_PROCESS_URL

if TYPE_CHECKING:
    from scim_compat.cli.console import Output
    from scim_compat.engine.ledger import LedgerFile
    from scim_compat.run.settings import Settings


@click.command("cleanup", short_help="Deletes what a killed run left behind.")
@click.argument("ledgers", nargs=-1, required=True, metavar="LEDGER|DIR...")
@click.option("--url", metavar="URL", default="", help="The endpoint, if it has moved. Default: as in the ledger.")
@click.option("--scim-app", metavar="MODULE:ATTRIBUTE", default="", help="The application that was tested in process.")
@click.option("--dry-run", is_flag=True, help="Only list what would be deleted; nothing is sent.")
@connection_options
def command(ledgers: tuple[str, ...], *, url: str, scim_app: str, dry_run: bool, **options: Any) -> None:
    """Deletes what a run that was killed left on its target.

    LEDGER is the ledger.jsonl in the run's output folder; DIR stands for all ledgers in that folder. The
    command deletes only what the ledger names, and reads each resource first: it must still bear the run's
    mark. The credential goes to the URL in the ledger, so use ledgers of your own runs, and not while the run
    goes on.

    \b
    Exit status: 0 nothing is left · 1 something is left · 2 wrong usage or file ·
    3 the target cannot be reached or refuses the credential.
    """
    from scim_compat.cli import console, leftover_view  # noqa: PLC0415 - not for --help
    from scim_compat.engine import ledger  # noqa: PLC0415 - likewise

    out = console.output(whole=True)
    files = [(path, ledger.read(path)) for name in ledgers for path in _paths(Path(name))]
    unfinished = [(path, file) for path, file in files if file.open_entries()]
    if not unfinished:
        out.paragraph("Nothing to clean up: every resource in the ledger was deleted or never created.")
        return
    if dry_run:
        for path, file in unfinished:
            leftover_view.print_plan(out, path, file)
        sys.exit(ExitStatus.FINDINGS)
    options["login"] = login_from(options)
    status = ExitStatus.OK
    for path, file in unfinished:
        try:
            settings = _settings(url or file.base_url, scim_app, {**options, "out": str(path.parent)})
            status = max(status, _clean(out, path, file, settings))
        except ScimCompatError as error:
            console.print_error(error, secret_register())
            status = max(status, error.exit_status)
    sys.exit(status)


def _paths(given: Path) -> list[Path]:
    """The file itself, or the ledgers in a folder."""
    if not given.is_dir():
        return [given]
    paths = sorted(given.glob("ledger*.jsonl"))
    if not paths:
        raise RecordFileError(f"{given}: no ledger*.jsonl is in it; is it a run's output folder?")
    return paths


def _settings(url: str, app: str, options: Mapping[str, Any]) -> Settings:
    from scim_compat.run.settings import Settings  # noqa: PLC0415 - not for --help

    if urlsplit(url).hostname == urlsplit(IN_PROCESS_URL).hostname and not app:
        raise click.UsageError(
            "the ledger is of a run against an application in process: name it, as --scim-app MODULE:ATTRIBUTE"
        )
    texts: dict[str, Any] = {name: options[name] or "" for name in ("ca", "client_cert", "client_key", "proxy", "out")}
    return Settings(url=url, app=app, seed=0, login=options["login"], **texts)


def _clean(out: Output, path: Path, file: LedgerFile, settings: Settings) -> ExitStatus:
    """Deletes what the ledger has open, and prints what became of it."""
    from scim_compat.cli import leftover_view  # noqa: PLC0415 - not for --help
    from scim_compat.run.leftovers import Fate, remove_leftovers  # noqa: PLC0415 - likewise

    leftover_view.print_head(out, path, file, settings.app or settings.url)
    if settings.url != file.base_url:
        out.paragraph(f"The run was against {file.base_url}: what is not there now counts as deleted.", indent=2)
    leftovers = remove_leftovers(path, file, settings, secret_register())
    leftover_view.print_leftovers(out, leftovers)
    return ExitStatus.FINDINGS if any(each.fate is Fate.LEFT for each in leftovers) else ExitStatus.OK
