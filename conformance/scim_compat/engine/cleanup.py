"""Removes what a run created: after each scenario, at the end, and from a ledger after a kill."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from scim_compat.engine import wording
from scim_compat.engine.ledger import Entry, Ledger
from scim_compat.engine.people import tag_in
from scim_compat.engine.versions import EITHER
from scim_compat.profile.model import Client
from scim_compat.scim import messages, paths
from scim_compat.scim.names import ENDPOINTS
from scim_compat.scim.urls import STEPS
from scim_compat.values import Json
from scim_compat.wire.messages import Exchange, Request, Sender

_GIVE_UP_AFTER: Final = 3
"""Requests without any answer in a row, after which a dead server is left alone."""
_CLIENT: Final = Client()


def remove_entries(entries: Iterable[Entry], *, sender: Sender, ledger: Ledger, confirm_all: bool = False) -> int:
    """Deletes each entry, in the order given, and records it in the ledger. Returns the number of requests.

    An id is deleted only if it is certainly ours: the creation's answer repeated our name, or a read shows it now.
    A resource that could not be deleted stays open in the ledger, and ``left_behind`` reports it.
    """
    counter = _Counter(sender)
    try:
        for entry in entries:
            _remove(entry, counter, ledger, confirm=confirm_all or not entry.confirmed)
    except _Dead:
        pass  # the entries that are still open in the ledger are reported as left
    return counter.requests


def left_behind(ledger: Ledger) -> list[dict[str, str]]:
    """The resources that may still be on the server, for the report: type, id (empty if unknown), reason."""
    return [{"type": e.kind, "id": e.id or "", "why": f"{e.name}: {_reason(e)}"} for e in ledger.open_entries()]


def _reason(entry: Entry) -> str:
    if entry.name and not tag_in(entry.name):
        return "it does not carry the run's tag, so it was not touched"
    if entry.id is None:
        return "its creation was not answered and it could not be looked up"
    if entry.confirmed:
        return "the server did not delete it, or could not be asked"
    return "what the server holds under this id does not bear the name, so it was not touched"


class _Dead(Exception):  # noqa: N818 - a signal to stop, caught here
    """The server has stopped answering."""


class _Counter:
    """Sends and counts, and stops when no answer has come several times in a row."""

    def __init__(self, sender: Sender) -> None:
        self.sender = sender
        self.requests = 0
        self._unanswered = 0

    def send(self, method: str, target: str) -> Exchange:
        self.requests += 1
        exchange = self.sender.send(Request(method=method, target=target, headers=EITHER))
        self._unanswered = 0 if exchange.response else self._unanswered + 1
        if self._unanswered >= _GIVE_UP_AFTER:
            raise _Dead
        return exchange


class _Presence(enum.Enum):
    """The server's answer to a read or a search for a resource of ours."""

    OURS = enum.auto()
    ABSENT = enum.auto()
    UNKNOWN = enum.auto()


@dataclass(frozen=True, slots=True)
class _Search:
    presence: _Presence
    id: str = ""


def _remove(entry: Entry, counter: _Counter, ledger: Ledger, *, confirm: bool) -> None:
    if entry.name and not tag_in(entry.name):
        return  # a name without the run's tag may be anybody's: a server may have answered with their id
    identifier = entry.id
    if identifier is None:
        search = _find(entry, counter)
        if search.presence is _Presence.ABSENT:
            ledger.record_dropped(entry.number)
        if search.presence is not _Presence.OURS:
            return
        identifier = search.id
    elif confirm:
        presence = _read(identifier, entry, counter)
        if presence is _Presence.ABSENT:
            ledger.record_deleted(entry.number)
        if presence is not _Presence.OURS:
            return
    exchange = counter.send("DELETE", _path(entry, identifier))
    if _is_absent(exchange) and entry.id is not None:
        # Gone, or the creation was answered with an id that nothing has: then it is there under its own.
        other = _find(entry, counter)
        if other.presence is _Presence.OURS and other.id != identifier:
            exchange = counter.send("DELETE", _path(entry, other.id))
    if (exchange.response is not None and exchange.response.ok) or _is_absent(exchange):
        if entry.id is None:
            ledger.record_created(entry.number, identifier, confirmed=True)
        ledger.record_deleted(entry.number)


def _path(entry: Entry, identifier: str) -> str:
    return f"{ENDPOINTS[entry.kind]}/{quote(identifier, safe='')}"


def _is_absent(exchange: Exchange) -> bool:
    return exchange.response is not None and exchange.response.status in {404, 410}


def _read(identifier: str, entry: Entry, counter: _Counter) -> _Presence:
    exchange = counter.send("GET", _path(entry, identifier))
    response = exchange.response
    if _is_absent(exchange):
        return _Presence.ABSENT
    if response is None or not response.ok or not isinstance(response.json, dict):
        return _Presence.UNKNOWN
    return _Presence.OURS if _carries(response.json, entry) else _Presence.UNKNOWN


def _carries(resource: dict[str, Json], entry: Entry) -> bool:
    """True when the resource bears our name, or one that a scenario gave it later: both carry the run's tag."""
    name = _name(resource, entry)
    return name == entry.name.lower() or (bool(tag_in(entry.name)) and tag_in(entry.name) in name)


def _name(resource: Mapping[str, Json], entry: Entry) -> str:
    return str(paths.member(resource, entry.attribute)).lower()


def _find(entry: Entry, counter: _Counter) -> _Search:
    """Searches by name for a resource whose creation was not answered, or was answered with a wrong id."""
    text = wording.filter_text(entry.attribute, entry.name)
    exchange = counter.send("GET", ENDPOINTS[entry.kind] + wording.query([("filter", text)], client=_CLIENT))
    response = exchange.response
    if response is None or not response.ok or not isinstance(response.json, dict):
        return _Search(_Presence.UNKNOWN)
    if response.json.get(messages.RESOURCES) is not None and not messages.has_entries(response.json):
        return _Search(_Presence.UNKNOWN)
    ours = [hit for hit in messages.resources(response.json) if _name(hit, entry) == entry.name.lower()]
    if not ours or not entry.name:
        return _Search(_Presence.ABSENT)
    identifier = ours[0].get("id")
    if not isinstance(identifier, str) or identifier in STEPS:
        return _Search(_Presence.UNKNOWN)
    return _Search(_Presence.OURS, identifier)
