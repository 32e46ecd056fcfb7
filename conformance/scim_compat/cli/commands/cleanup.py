"""scim-compat cleanup: deletes what a killed run left on its target."""

from __future__ import annotations

import json
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

import click

from scim_compat.cli.options import connection_options, login_from
from scim_compat.values import plural

if TYPE_CHECKING:
    from scim_compat.engine.context import Sender
    from scim_compat.engine.ledger import Entry, Ledger, LedgerFile
    from scim_compat.run.settings import Settings
    from scim_compat.wire.messages import Exchange, Request, Response

OK, LEFT, USAGE, NOT_TESTABLE = 0, 1, 2, 3
_NO_HOST = "app.invalid"
"""Stands in the ledger of a run against an application in process."""
_NOT_MARKED = "its name is not one that only this run can have given, so nothing of that name was looked for"


@click.command("cleanup", short_help="Deletes what a killed run left behind.")
@click.argument("ledgers", nargs=-1, required=True, metavar="LEDGER|DIR...")
@click.option("--url", metavar="URL", default="", help="The endpoint, if it has moved. Default: as in the ledger.")
@click.option("--scim-app", metavar="MODULE:ATTRIBUTE", default="", help="The application that was tested in process.")
@click.option("--dry-run", is_flag=True, help="Only list what would be deleted; nothing is sent.")
@connection_options
def command(ledgers: tuple[str, ...], url: str, scim_app: str, dry_run: bool, **options: Any) -> None:
    """Deletes what a run that was killed left on its target.

    LEDGER is the ledger.jsonl in the run's output folder; DIR stands for all ledgers in that folder. Only
    what the ledger names is looked at, and each resource is read first: it is deleted only if it still bears
    the run's mark. The credential goes to the URL in the ledger, so use ledgers of your own runs, and not
    while the run goes on.

    \b
    Exit status: 0 nothing is left · 1 something is left · 2 wrong usage or file ·
    3 the target cannot be reached or refuses the credential.
    """
    from scim_compat.cli.terminal import printable  # noqa: PLC0415 - `--help` pays for none of these
    from scim_compat.engine.ledger import read  # noqa: PLC0415
    from scim_compat.errors import RecordFileError  # noqa: PLC0415

    try:
        files = [(path, read(path)) for name in ledgers for path in _paths(Path(name))]
    except RecordFileError as error:
        click.echo(f"Error: {printable(error)}", err=True)
        sys.exit(USAGE)
    todo = [(path, file) for path, file in files if file.open_entries()]
    if not todo:
        click.echo("Nothing is left: every resource in the ledger was deleted, or never came to be.")
        sys.exit(OK)
    if dry_run:
        sys.exit(_list(todo))
    login = login_from(options)
    worst = OK
    for path, file in todo:
        settings = _settings(url or file.base_url, scim_app, {**options, "login": login, "out": str(path.parent)})
        worst = max(worst, _clean(path, file, settings))
    sys.exit(worst)


# --- ledgers ------------------------------------------------------------------------------------


def _paths(given: Path) -> list[Path]:
    from scim_compat.errors import RecordFileError  # noqa: PLC0415

    if not given.is_dir():
        return [given]
    found = sorted(given.glob("ledger*.jsonl"))
    if not found:
        raise RecordFileError(f"{given}: no ledger*.jsonl is in it; is it a run's output folder?")
    return found


def _is_ours(entry: Entry, file: LedgerFile) -> bool:
    """It has the id the server gave it, or a name that nobody else would have: only then it is looked for."""
    return entry.id is not None or (bool(file.tag) and file.tag in entry.name.lower())


@contextmanager
def _continued(path: Path, file: LedgerFile, clean: Callable[[str], str]) -> Iterator[Ledger]:
    """The ledger, opened to be appended to. A last line that the kill cut off is taken away first."""
    from scim_compat.engine.ledger import Ledger  # noqa: PLC0415
    from scim_compat.errors import RecordFileError  # noqa: PLC0415

    try:
        data = path.read_bytes()
        whole, newline, tail = data.rpartition(b"\n")
        if tail:
            # An `intend` is on disk before its request leaves, so a half one stands for nothing; and without
            # its `created` an entry is looked up by name.
            path.write_bytes(data + b"\n" if _is_json(tail) else whole + newline)
        ledger = Ledger(path, clean=clean)
    except OSError as error:
        raise RecordFileError(f"{path}: cannot be written, so nothing was deleted: {error.strerror}") from None
    ledger.entries.update({e.number: e for e in file.entries})
    with ledger:
        yield ledger


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


# --- deleting -----------------------------------------------------------------------------------


class _Recorder:
    """Sends, and remembers the last answer to each method and path: they say why something is left."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self.answers: dict[tuple[str, str], Exchange] = {}

    def send(self, request: Request) -> Exchange:
        done = self._sender.send(request)
        self.answers[request.method, request.target] = done
        return done

    def last(self, method: str, entry: Entry) -> Exchange | None:
        """The answer about this resource, or for one without an id about the search for it."""
        from scim_compat.scim.names import ENDPOINTS  # noqa: PLC0415

        endpoint = ENDPOINTS[entry.kind]
        for (used, target), done in self.answers.items():
            path, _, query = target.partition("?")
            if entry.id:
                about = path == f"{endpoint}/{quote(entry.id, safe='')}"
            else:
                about = path == endpoint and json.dumps(entry.name, ensure_ascii=False) in unquote(query)
            if used == method and about:
                return done
        return None


def _settings(url: str, app: str, options: Mapping[str, Any]) -> Settings:
    from scim_compat.run.settings import Settings  # noqa: PLC0415

    if _NO_HOST in url and not app:
        raise click.UsageError(
            "the ledger is of a run against an application in process: name it, as --scim-app MODULE:ATTRIBUTE"
        )
    named: dict[str, Any] = {name: options[name] or "" for name in ("ca", "client_cert", "client_key", "proxy", "out")}
    return Settings(url=url, app=app, seed=0, login=options["login"], **named)


def _clean(path: Path, file: LedgerFile, settings: Settings) -> int:
    """Deletes what the ledger has open, tells about it, and returns the exit status."""
    from scim_compat.cli.terminal import paragraph, printable  # noqa: PLC0415
    from scim_compat.engine.cleanup import remove_entries  # noqa: PLC0415
    from scim_compat.errors import RecordFileError, SettingError  # noqa: PLC0415
    from scim_compat.run.endpoint import open_wire  # noqa: PLC0415

    open_ = file.open_entries()
    try:
        wire = open_wire(settings)
    except SettingError as error:
        raise click.UsageError(printable(error)) from None
    click.echo(f"{printable(path)}: {plural(len(open_), 'resource')} at {printable(settings.app or settings.url)}")
    if settings.url != file.base_url:
        note = f"The run was against {file.base_url}: what is not found now counts as deleted."
        click.echo(paragraph(note, indent=2))
    with wire:
        refused = _refusal(wire, open_[0], settings.app or settings.url)
        if refused:
            click.echo(paragraph(wire.redactor.text(refused)), err=True)
            return NOT_TESTABLE
        recorder = _Recorder(wire)
        try:
            with _continued(path, file, wire.redactor.text) as ledger:
                sure = [e for e in open_ if _is_ours(e, file)]
                remove_entries(sure, sender=recorder, ledger=ledger, confirm_all=True)
                ended = [ledger.entries[e.number] for e in open_]
        except RecordFileError as error:
            click.echo(f"Error: {printable(error)}", err=True)
            return USAGE
        for entry in ended:
            if not entry.is_open:
                told = wire.redactor.text(f"{_done(entry, recorder):<12} {_shown(entry)}")
                click.echo(paragraph(told, indent=2, hanging=15))
        left = [e for e in ended if e.is_open]
        for entry in left:
            why = _why(entry, recorder) if _is_ours(entry, file) else _NOT_MARKED
            told = f"left         {_shown(entry)}: {why}"
            click.echo(paragraph(wire.redactor.text(told), indent=2, hanging=15))
    if left:
        advice = "Delete by hand, or run `scim-compat cleanup` again once the cause is fixed."
        click.echo(f"{plural(len(left), 'resource')} left. {advice}")
        return LEFT
    click.echo("Nothing is left.")
    return OK


def _refusal(sender: Sender, entry: Entry, url: str) -> str:
    """Why nothing can be cleaned up there; empty if it can.

    A server that answers 404 to everything would make each resource look deleted, so the collection itself
    must answer first, and as SCIM.
    """
    from scim_compat.engine import wording  # noqa: PLC0415
    from scim_compat.engine.versions import EITHER  # noqa: PLC0415
    from scim_compat.profile.model import Client  # noqa: PLC0415
    from scim_compat.scim.names import ENDPOINTS  # noqa: PLC0415
    from scim_compat.wire.messages import Request  # noqa: PLC0415

    text = wording.filter_text(entry.attribute, str(uuid.uuid4()))
    endpoint = ENDPOINTS[entry.kind]
    target = endpoint + wording.query([("filter", text)], client=Client())
    done = sender.send(Request(method="GET", target=target, headers=EITHER, timeout=30.0))
    answer = done.response
    if answer is None:
        return f"{url} cannot be reached: {done.failure.text if done.failure else 'no answer came'}"
    said = f"GET {endpoint} answered {answer.status}"
    if answer.status in {401, 403}:
        return (
            f"{url} refused the credential: {said}. Give the one that the run used; a bearer token is read from "
            "SCIM_TOKEN (see scim-compat cleanup --help for other kinds)."
        )
    if answer.status == 429 or (answer.status >= 500 and answer.status != 501):
        return f"{url} does not work at the moment: {said}. Nothing was deleted; try again later."
    if answer.status in {404, 410} or 300 <= answer.status < 400 or not _is_scim(answer):
        return (
            f"{url} does not answer as the SCIM endpoint of the run: {said} as "
            f"{answer.media_type or 'unnamed content'}. Nothing was deleted. If the endpoint has moved, give --url."
        )
    return ""


def _is_scim(answer: Response) -> bool:
    found = answer.json
    if not isinstance(found, Mapping):
        return False
    return "Resources" in found or "totalResults" in found or isinstance(found.get("schemas"), list)


# --- words --------------------------------------------------------------------------------------


def _list(todo: list[tuple[Path, LedgerFile]]) -> int:
    from scim_compat.cli.terminal import paragraph, printable  # noqa: PLC0415

    for path, file in todo:
        open_ = file.open_entries()
        click.echo(f"{printable(path)}: {plural(len(open_), 'resource')} at {printable(file.base_url)}")
        for entry in open_:
            click.echo(paragraph(f"would delete {_shown(entry)}", indent=2, hanging=15))
    return LEFT


def _shown(entry: Entry) -> str:
    return f"{entry.kind} {entry.name} ({f'id {entry.id}' if entry.id else 'its creation was not answered'})"


def _done(entry: Entry, recorder: _Recorder) -> str:
    from scim_compat.engine.ledger import EntryState  # noqa: PLC0415

    if entry.state is EntryState.DROPPED:
        return "not there"
    return "deleted" if recorder.last("DELETE", entry) else "already gone"


def _why(entry: Entry, recorder: _Recorder) -> str:
    """Why it is left, from what the server answered."""
    deletion, search = recorder.last("DELETE", entry), recorder.last("GET", entry)
    done = deletion or search
    if done is None:
        return "not tried, because the server had stopped answering"
    what = "the deletion" if deletion else f"the {'read before it' if entry.id else 'search for it'}"
    if done.response is None:
        return f"{what} got no answer: {done.failure.text if done.failure else 'unknown'}"
    status = done.response.status
    if deletion or not done.response.ok:
        return f"{what} was answered with {status}"
    if entry.id:
        return "the resource with this id does not bear the run's mark any more, so it was not touched"
    return "something of that name was found, but without a usable id"
