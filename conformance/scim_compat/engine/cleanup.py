"""Removes what a run created: after each scenario, at the end, and from a ledger after a kill."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from urllib.parse import quote

from scim_compat.engine import wording
from scim_compat.engine.ledger import Entry, Ledger
from scim_compat.engine.versions import EITHER
from scim_compat.profile.model import Client
from scim_compat.scim import paths
from scim_compat.scim.names import ENDPOINTS
from scim_compat.wire.messages import Exchange, Request, Sender

_GIVE_UP_AFTER: Final = 3
"""Requests without any answer in a row, after which a dead server is left alone."""
_CLIENT = Client()


class _Dead(Exception):  # noqa: N818 - a signal to stop, caught here
    """The server does not answer any more."""


class _Counter:
    def __init__(self, sender: Sender) -> None:
        self.sender = sender
        self.requests = 0
        self._unanswered = 0

    def send(self, method: str, target: str) -> Exchange:
        self.requests += 1
        done = self.sender.send(Request(method=method, target=target, headers=EITHER))
        self._unanswered = 0 if done.response else self._unanswered + 1
        if self._unanswered >= _GIVE_UP_AFTER:
            raise _Dead
        return done


def remove_entries(entries: Iterable[Entry], *, sender: Sender, ledger: Ledger, confirm_all: bool = False) -> int:
    """Deletes each entry, in the order given, and notes it in the ledger. Returns the requests sent.

    An id is deleted only if it is surely ours: the creation's answer repeated our name, or a read
    shows it now. What could not be deleted stays open in the ledger; ``left`` tells about it.
    """
    counter = _Counter(sender)
    try:
        for entry in entries:
            _remove(entry, counter, ledger, confirm=confirm_all or not entry.confirmed)
    except _Dead:
        pass  # what is still open in the ledger is reported as left
    return counter.requests


def _remove(entry: Entry, counter: _Counter, ledger: Ledger, *, confirm: bool) -> None:
    if entry.name and not tag_in(entry.name):
        return  # a name without the run's tag may be anybody's: a server may have answered with their id
    endpoint = ENDPOINTS[entry.kind]
    identifier = entry.id
    if identifier is None:
        identifier = _find(entry, counter)
        if identifier == "":
            ledger.record_dropped(entry.number)
            return
        if identifier is None:
            return
    elif confirm:
        held = _held_name(counter.send("GET", f"{endpoint}/{quote(identifier, safe='')}"), entry)
        if held == "gone":
            ledger.record_deleted(entry.number)
            return
        if held != "ours":
            return
    done = counter.send("DELETE", f"{endpoint}/{quote(identifier, safe='')}")
    if done.response is not None and done.response.status in {404, 410} and entry.id is not None:
        # Gone, or the creation was answered with an id that nothing has: then it is there under its own.
        other = _find(entry, counter)
        if other and other != identifier:
            done = counter.send("DELETE", f"{endpoint}/{quote(other, safe='')}")
    if done.response is not None and (done.response.ok or done.response.status in {404, 410}):
        if entry.id is None:
            ledger.record_created(entry.number, identifier, confirmed=True)
        ledger.record_deleted(entry.number)


def _held_name(done: Exchange, entry: Entry) -> str:
    """``ours``, ``gone`` or ``unknown``."""
    response = done.response
    if response is None:
        return "unknown"
    if response.status in {404, 410}:
        return "gone"
    if not response.ok or not isinstance(response.json, dict):
        return "unknown"
    return "ours" if _carries(response.json, entry) else "unknown"


def _carries(resource: object, entry: Entry) -> bool:
    """The resource bears our name, or one that a scenario gave it later: both carry the run's tag."""
    if not isinstance(resource, dict):
        return False
    name = str(paths.member(resource, entry.attribute)).lower()
    return name == entry.name.lower() or (bool(tag_in(entry.name)) and tag_in(entry.name) in name)


def tag_in(name: str) -> str:
    """The run's tag inside a name, or nothing."""
    words = name.lower().replace("@", " ").replace(".", " ").replace("-", " ").split()
    return next((w for w in words if len(w) == 8 and w.startswith("sc") and set(w[2:]) <= set("0123456789abcdef")), "")


def _find(entry: Entry, counter: _Counter) -> str | None:
    """The id of a creation nobody answered for: "" if it is surely not there, None if unknown."""
    text = wording.filter_text(entry.attribute, entry.name)
    done = counter.send("GET", ENDPOINTS[entry.kind] + wording.query([("filter", text)], client=_CLIENT))
    response = done.response
    if response is None or not response.ok or not isinstance(response.json, dict):
        return None
    found = response.json.get("Resources") or []
    if not isinstance(found, list):
        return None
    ours = [
        r for r in found if isinstance(r, dict) and str(paths.member(r, entry.attribute)).lower() == entry.name.lower()
    ]
    if not ours or not entry.name:
        return ""
    identifier = ours[0].get("id")
    return identifier if isinstance(identifier, str) and identifier not in paths.STEPS else None


def left_behind(ledger: Ledger) -> list[dict[str, str]]:
    """What may still be on the server, for the report: type, id (empty if unknown), why."""
    return [{"type": e.kind, "id": e.id or "", "why": f"{e.name}: {_why(e)}"} for e in ledger.open_entries()]


def _why(entry: Entry) -> str:
    if entry.name and not tag_in(entry.name):
        return "it does not carry the run's tag, so it was not touched"
    if entry.id is None:
        return "its creation was not answered and it could not be looked up"
    if entry.confirmed:
        return "the server did not delete it, or could not be asked"
    return "what the server holds under this id does not bear the name, so it was not touched"
