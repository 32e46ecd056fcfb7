"""Removes what a run created: after each scenario, at the end, and from a ledger after a kill."""

from __future__ import annotations

import contextlib
import enum
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
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
from scim_compat.values import MISSING, Json
from scim_compat.wire.messages import Exchange, Request, Sender

_GIVE_UP_AFTER: Final = 3
"""Requests without any answer in a row, after which a dead server is left alone."""
_CLIENT: Final = Client()
_MOST_APART: Final = timedelta(seconds=5)
"""Between the date that a resource says it was created, and the answer to its creation."""


def remove_entries(
    entries: Iterable[Entry], *, sender: Sender, ledger: Ledger, confirm_all: bool = False, final: bool = True
) -> int:
    """Deletes each entry, in the order given, and records it in the ledger. Returns the number of requests.

    An id is deleted only if it is certainly ours: the creation's answer repeated our name, or a read shows it now.
    A resource that could not be deleted stays open in the ledger, and ``left_behind`` reports it. Before the
    ``final`` time a creation without an answer stays open as well: the server may not have got to it yet.
    """
    counter = Counter(sender)
    with contextlib.suppress(DeadServer):  # the entries that are still open in the ledger are reported as left
        remove_each(entries, counter, ledger, confirm_all=confirm_all, final=final)
    return counter.requests


def remove_each(
    entries: Iterable[Entry], counter: Counter, ledger: Ledger, *, confirm_all: bool = False, final: bool = True
) -> None:
    """As ``remove_entries``; raises DeadServer where the server has stopped answering."""
    for entry in entries:
        is_found = _remove(entry, counter, ledger, confirm=confirm_all or not entry.confirmed)
        if not is_found and (final or entry.number not in ledger.unanswered):
            ledger.record_dropped(entry.number)


def left_behind(ledger: Ledger) -> list[dict[str, str]]:
    """The resources that may still be on the server, for the report: type, id (empty if unknown), reason."""
    return [{"type": e.kind, "id": e.id or "", "why": f"{e.name}: {_reason(e)}"} for e in ledger.open_entries()]


def _reason(entry: Entry) -> str:
    if entry.reason:
        return entry.reason
    if entry.name and not tag_in(entry.name):
        return "it does not carry the run's tag, so it was not touched"
    if entry.id is None:
        return "its creation was not answered and it could not be looked up"
    if entry.confirmed:
        return "the server did not delete it, or could not be asked"
    return "what the server holds under this id does not bear the name, so it was not touched"


class DeadServer(Exception):  # noqa: N818 - a signal to stop, caught here
    """The server has stopped answering."""


class Counter:
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
            raise DeadServer
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


def _remove(entry: Entry, counter: Counter, ledger: Ledger, *, confirm: bool) -> bool:
    """False where a search by name finds nothing that could be deleted."""
    identifier = entry.id
    if identifier is None:
        if entry.name and not tag_in(entry.name):
            return True  # whoever has that name may be anybody
        search = _find(entry, counter)
        if search.presence is not _Presence.OURS:
            return search.presence is not _Presence.ABSENT
        identifier = search.id
    elif confirm:
        presence = _read(identifier, entry, counter, tag=ledger.tag)
        if presence is _Presence.ABSENT:
            ledger.record_deleted(entry.number)
        if presence is not _Presence.OURS:
            return True
    exchange = counter.send("DELETE", path_of_entry(entry, identifier))
    if _is_absent(exchange) and entry.id is not None:
        # Gone, or the creation was answered with an id that nothing has: then it is there under its own.
        other = _find(entry, counter)
        if other.presence is _Presence.OURS and other.id != identifier:
            exchange = counter.send("DELETE", path_of_entry(entry, other.id))
    if (exchange.response is not None and exchange.response.ok) or _is_absent(exchange):
        if entry.id is None:
            ledger.record_created(entry.number, identifier, confirmed=True)
        ledger.record_deleted(entry.number)
    return True


def path_of_entry(entry: Entry, identifier: str) -> str:
    return f"{ENDPOINTS[entry.kind]}/{quote(identifier, safe='')}"


def _is_absent(exchange: Exchange) -> bool:
    return exchange.response is not None and exchange.response.status in {404, 410}


def _read(identifier: str, entry: Entry, counter: Counter, *, tag: str) -> _Presence:
    exchange = counter.send("GET", path_of_entry(entry, identifier))
    response = exchange.response
    if _is_absent(exchange):
        return _Presence.ABSENT
    if response is None or not response.ok or not isinstance(response.json, dict):
        return _Presence.UNKNOWN
    return _Presence.OURS if is_ours(response.json, entry, tag) else _Presence.UNKNOWN


def is_ours(resource: Mapping[str, Json], entry: Entry, run_tag: str) -> bool:
    """True when the resource is ours: by its name, or where we gave it none that is ours alone, by the rest.

    A scenario may have given it another name later, which carries the run's tag as well. One without a name of ours is
    ours if another value carries the tag, or if the server made it when it answered our creation.
    """
    name, tag = _name(resource, entry), tag_in(entry.name)
    if tag:
        return name == entry.name.lower() or tag in name
    has_that_name = name == entry.name.lower()
    has_tag = bool(run_tag) and run_tag in json.dumps(resource).lower()
    return has_that_name and (has_tag or _is_made_then(resource, entry.date))


def _is_made_then(resource: Mapping[str, Json], date: str) -> bool:
    """True for a resource that the server made when it answered our creation, by its own clock.

    A server may have answered the creation with somebody else's id. Whoever that is was there before.
    """
    try:
        answered = parsedate_to_datetime(date)
        created = datetime.fromisoformat(str(paths.get(resource, "meta.created")))
        return abs(created.replace(tzinfo=created.tzinfo or UTC) - answered) <= _MOST_APART
    except (TypeError, ValueError):
        return False


def _name(resource: Mapping[str, Json], entry: Entry) -> str:
    name = paths.member(resource, entry.attribute)
    return "" if name is MISSING or name is None else str(name).lower()


def _find(entry: Entry, counter: Counter) -> _Search:
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
