"""Deletes what a killed run left on its endpoint, from the run's ledger.

Each resource is read before it is deleted, and only one that bears the run's mark is. The endpoint must answer as the
run's own first: one that answers 404 to everything would make each resource look deleted.
"""

from __future__ import annotations

import enum
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote

from scim_compat.engine import wording
from scim_compat.engine.cleanup import remove_entries
from scim_compat.engine.ledger import Entry, EntryState, LedgerFile, reopen
from scim_compat.engine.remains import look_back
from scim_compat.engine.versions import EITHER
from scim_compat.errors import NotTestableError
from scim_compat.profile.model import Client
from scim_compat.run.endpoint import open_wire
from scim_compat.run.settings import Settings
from scim_compat.scim import messages
from scim_compat.scim.names import ENDPOINTS
from scim_compat.wire.messages import Exchange, Request, Response, Sender
from scim_compat.wire.secrets import SecretRegister

_TIMEOUT: Final = 30.0
"""Seconds for the first answer."""


class Fate(enum.Enum):
    """How clean-up ended for one resource. The values are the words that the command prints."""

    DELETED = "deleted"
    GONE = "already gone"
    NEVER_CREATED = "not there"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Leftover:
    """One resource of the ledger after clean-up. Nothing in it holds a secret."""

    entry: Entry
    fate: Fate
    reason: str = ""
    """For one that is left: why."""


def remove_leftovers(path: Path, file: LedgerFile, settings: Settings, secrets: SecretRegister) -> tuple[Leftover, ...]:
    """Deletes the open entries of a ledger and records it there; returns the fate of each, the last created first.

    Raises SettingError or NotTestableError where the endpoint cannot be asked, RecordFileError where the ledger cannot
    be continued. Nothing has been deleted then.
    """
    entries = file.open_entries()
    with open_wire(settings, secrets) as wire:
        recorder = _Recorder(wire)
        _require_endpoint(recorder, entries[0], settings.app or settings.url, secrets.text)
        with reopen(path, file, clean=secrets.text) as ledger:
            ours = [entry for entry in entries if _is_ours(entry, file)]
            remove_entries(ours, sender=recorder, ledger=ledger, confirm_all=True)
            look_back(sender=recorder, ledger=ledger, others=False)
            ended = [ledger.entries[entry.number] for entry in entries]
        return tuple(_clean(_leftover(entry, file, recorder), secrets.text) for entry in ended)


def _is_ours(entry: Entry, file: LedgerFile) -> bool:
    """True for a resource with the id that the server gave it, or with a name that nobody else would have."""
    return entry.id is not None or (bool(file.tag) and file.tag in entry.name.lower())


class _Recorder:
    """Sends, and keeps the last answer to each method and path: they explain why a resource is left."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self._answers: dict[tuple[str, str], Exchange] = {}

    def send(self, request: Request) -> Exchange:
        exchange = self._sender.send(request)
        self._answers[request.method, request.target] = exchange
        return exchange

    def last(self, method: str, entry: Entry) -> Exchange | None:
        """The answer about this resource, or for one without an id about the search for it."""
        endpoint = ENDPOINTS[entry.kind]
        for (used, target), exchange in self._answers.items():
            path, _, query = target.partition("?")
            if entry.id:
                is_about = path == f"{endpoint}/{quote(entry.id, safe='')}"
            else:
                is_about = path == endpoint and json.dumps(entry.name, ensure_ascii=False) in unquote(query)
            if used == method and is_about:
                return exchange
        return None


def _require_endpoint(sender: Sender, entry: Entry, url: str, clean: Callable[[str], str]) -> None:
    """Raises NotTestableError unless the collection of ``entry`` answers a query as SCIM."""
    text = wording.filter_text(entry.attribute, str(uuid.uuid4()))
    endpoint = ENDPOINTS[entry.kind]
    target = endpoint + wording.query([("filter", text)], client=Client())
    exchange = sender.send(Request(method="GET", target=target, headers=EITHER, timeout=_TIMEOUT))
    if problem := _problem(exchange, endpoint, url):
        raise NotTestableError(clean(problem))


def _problem(exchange: Exchange, endpoint: str, url: str) -> str:
    """The reason for which nothing can be cleaned up there; empty if there is none."""
    answer = exchange.response
    if answer is None:
        return f"{url} cannot be reached: {exchange.failure.text if exchange.failure else 'no answer came'}"
    status = f"GET {endpoint} answered {answer.status}"
    if answer.status in {401, 403}:
        return (
            f"{url} refused the credential: {status}. Give the one that the run used; a bearer token is read from "
            "SCIM_TOKEN (see scim-compat cleanup --help for other kinds)."
        )
    if answer.status == 429 or (answer.status >= 500 and answer.status != 501):
        return f"{url} does not work at the moment: {status}. Nothing was deleted; try again later."
    if answer.status in {404, 410} or 300 <= answer.status < 400 or not _is_scim(answer):
        return (
            f"{url} does not answer as the SCIM endpoint of the run: {status} as "
            f"{answer.media_type or 'unnamed content'}. Nothing was deleted. If the endpoint has moved, give --url."
        )
    return ""


def _is_scim(answer: Response) -> bool:
    body = answer.json
    if not isinstance(body, Mapping):
        return False
    return messages.is_list(body) or messages.is_error(body) or isinstance(body.get("schemas"), list)


def _leftover(entry: Entry, file: LedgerFile, recorder: _Recorder) -> Leftover:
    if entry.state is EntryState.DROPPED:
        return Leftover(entry, Fate.NEVER_CREATED)
    if entry.state is EntryState.LEFT:
        return Leftover(entry, Fate.LEFT, entry.reason)
    if entry.state is EntryState.DELETED:
        return Leftover(entry, Fate.DELETED if recorder.last("DELETE", entry) else Fate.GONE)
    if not _is_ours(entry, file):
        return Leftover(
            entry, Fate.LEFT, "its name does not carry the run's mark, so nothing of that name was searched"
        )
    return Leftover(entry, Fate.LEFT, _reason(entry, recorder))


def _reason(entry: Entry, recorder: _Recorder) -> str:
    """Why a resource of ours is left, from what the server answered."""
    deletion, search = recorder.last("DELETE", entry), recorder.last("GET", entry)
    exchange = deletion or search
    if exchange is None:
        return "not tried, because the server had stopped answering"
    request = "the deletion" if deletion else f"the {'read before it' if entry.id else 'search for it'}"
    if exchange.response is None:
        return f"{request} got no answer: {exchange.failure.text if exchange.failure else 'unknown'}"
    if deletion or not exchange.response.ok:
        return f"{request} was answered with {exchange.response.status}"
    if entry.id:
        return "the resource with this id does not bear the run's mark any more, so it was not touched"
    return "a resource of that name exists, but without a usable id"


def _clean(leftover: Leftover, clean: Callable[[str], str]) -> Leftover:
    """Without the secrets that a server may have made names and ids of."""
    entry = leftover.entry
    entry = replace(entry, name=clean(entry.name), id=entry.id and clean(entry.id))
    return replace(leftover, entry=entry, reason=clean(leftover.reason))
