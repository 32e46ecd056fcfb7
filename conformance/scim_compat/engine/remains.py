"""The end of a run: everything is removed, and then looked for.

A deletion may be answered as done and only deactivate, or do nothing; a creation may be answered as refused and be
done all the same. What is seen afterwards is removed if a creation of this run made it, and reported as left if not
even that helps.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from scim_compat.engine import wording
from scim_compat.engine.actor import NAME_ATTRIBUTE
from scim_compat.engine.cleanup import Counter, DeadServer, is_ours, path_of_entry, remove_each
from scim_compat.engine.ledger import Entry, EntryState, Ledger
from scim_compat.profile.model import Client, ResourceKind
from scim_compat.scim import messages, paths
from scim_compat.scim.names import ENDPOINTS
from scim_compat.scim.urls import STEPS
from scim_compat.values import Json
from scim_compat.wire.messages import Sender

_PAGES: Final = 5
"""Pages of 100 that are looked through for what is left."""
_SAMPLE: Final = 1
"""Deleted resources of each end that are read again where no list shows them."""
_MOST_READ: Final = 60
"""Deleted resources that are read again once one of them was there."""
_STILL_THERE: Final = "its deletion was answered as done, and it can still be read"


def remove_everything(*, sender: Sender, ledger: Ledger, pause: Callable[[], None], others: bool) -> None:
    """Deletes what is still there, and looks whether it is gone.

    ``pause`` lets a server finish the creations that nobody waited for. ``others``: no other process works under
    the run's tag, so whatever bears it is of this run.
    """
    counter = Counter(sender)
    try:
        remove_each(ledger.open_entries(), counter, ledger, final=False)
        late = [e for e in ledger.open_entries() if e.state is EntryState.INTENDED and e.number in ledger.unanswered]
        if late:
            pause()
            remove_each(late, counter, ledger)
    except DeadServer:
        return  # the entries that are still open in the ledger are reported as left
    look_back(sender=sender, ledger=ledger, others=others)


def look_back(*, sender: Sender, ledger: Ledger, others: bool) -> None:
    """Looks whether the resources that were deleted are gone, and records in the ledger those that are not."""
    counter = Counter(sender)
    kinds: tuple[ResourceKind, ...] = ("User", "Group")
    with contextlib.suppress(DeadServer):
        for kind in kinds:
            if any(entry.kind == kind for entry in ledger.entries.values()):
                _look_back(kind, counter, ledger, others=others)


def _look_back(kind: ResourceKind, counter: Counter, ledger: Ledger, *, others: bool) -> None:
    known = {entry.id: entry for entry in ledger.entries.values() if entry.kind == kind and entry.id}
    gone = {identifier: entry for identifier, entry in known.items() if entry.state is EntryState.DELETED}
    suspects: dict[str, Entry] = {}
    for identifier, name in tuple(_bearers(kind, counter, ledger.tag)):
        if identifier in gone:
            suspects[identifier] = gone[identifier]
        elif others and identifier not in known:
            number = ledger.intend(kind, NAME_ATTRIBUTE[kind], name)
            ledger.record_answer(number)
            ledger.record_created(number, identifier, confirmed=False)
            remove_each([ledger.entries[number]], counter, ledger)
    rest = [entry for identifier, entry in gone.items() if identifier not in suspects]
    sample = {entry.number: entry for entry in (*rest[:_SAMPLE], *rest[-_SAMPLE:])}
    _check(suspects.values(), counter, ledger)
    if _check(sample.values(), counter, ledger):
        _check([entry for entry in rest if entry.number not in sample][:_MOST_READ], counter, ledger)


def _bearers(kind: ResourceKind, counter: Counter, tag: str) -> Iterator[tuple[str, str]]:
    """id and name of each resource whose name bears the tag: by filter, or where that is refused, from the list."""
    if not tag:
        return
    attribute = NAME_ATTRIBUTE[kind]
    for more in ([("filter", f'{attribute} co "{tag}"')], []):
        start = 1
        for _ in range(_PAGES):
            query = wording.query([*more, ("startIndex", str(start)), ("count", "100")], client=Client())
            response = counter.send("GET", ENDPOINTS[kind] + query).response
            body = response.json if response is not None and response.ok else None
            page = messages.resources(body)
            for resource in page:
                identifier, name = resource.get("id"), str(paths.member(resource, attribute))
                if isinstance(identifier, str) and identifier not in STEPS and tag in name.lower():
                    yield identifier, name
            start += len(page)
            total = body.get("totalResults") if isinstance(body, Mapping) else None
            if not page or not isinstance(total, int) or start > total:
                break
        if messages.is_list(body):
            return


def _check(entries: Iterable[Entry], counter: Counter, ledger: Ledger) -> bool:
    """Reads each again, and records as left what is there. True if any is."""
    is_any_there = False
    for entry in entries:
        response = counter.send("GET", path_of_entry(entry, entry.id or "")).response
        resource: Json = response.json if response is not None and response.ok else None
        if not isinstance(resource, dict) or resource.get("id") != entry.id:
            continue
        is_inactive = resource.get("active") is False
        if is_inactive or is_ours(resource, entry, ledger.tag):
            ledger.record_left(entry.number, _STILL_THERE + (", inactive" if is_inactive else ""))
            is_any_there = True
    return is_any_there
