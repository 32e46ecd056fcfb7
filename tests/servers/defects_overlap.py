"""Defects that show where two requests are at the server at the same time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from .defects_base import Op, Wrapper, breaks, fail, read
from .good import GoodServer
from .patching import operations_of
from .protocol import Answer, Data, Request, parse_body
from .schema import GROUP, USER, Kind
from .store import Record, copy_json

_PAUSE: Final = 0.04
"""Seconds between reading and writing: requests that left together have all read by then."""


@contextmanager
def _others(server: GoodServer, seconds: float = _PAUSE) -> Iterator[None]:
    """Lets the requests that came at the same time go as far as this one."""
    server._lock.release()
    try:
        time.sleep(seconds)
    finally:
        server._lock.acquire()
    yield


def _operations(kind: Kind, request: Request) -> list[Op]:
    return [read(kind, one) for one in operations_of(parse_body(request))]


def _stale(server: GoodServer, kind: Kind, id_: str) -> tuple[Record | None, Data]:
    """The resource as it is, and as it was before the others wrote."""
    record = server.store.get(kind, id_)
    before = copy_json(record.data) if record else {}
    with _others(server):
        return record, before


def _restore(server: GoodServer, inner: Wrapper, arguments: tuple[Any, ...], *names: str) -> Answer:
    """Handles the request on a copy that is out of date for those attributes: all of them without names."""
    _, kind, id_ = arguments
    record, before = _stale(server, kind, id_)
    if record is not None:
        fresh = record.data
        kept = {name: before.get(name) for name in names} if names else before
        stale = before if not names else {**fresh, **kept}
        server.store.change(record, {name: value for name, value in stale.items() if value is not None})
    answer: Answer = inner(*arguments)
    return answer


@breaks("patch", "overlap", "overlap-writes-whole-resource", "PATCH reads a resource, changes it and writes it back whole",
        "RFC5789-2")  # fmt: skip
def _(server: GoodServer, inner: Wrapper, *arguments: Any) -> Answer:
    return _restore(server, inner, arguments)


@breaks(
    "patch", "overlap", "overlap-writes-whole-user", "PATCH of a user writes back all of its attributes", "RFC5789-2"
)
def _(server: GoodServer, inner: Wrapper, *arguments: Any) -> Answer:
    return _restore(server, inner, arguments) if arguments[1] is USER else inner(*arguments)


@breaks("patch", "overlap", "overlap-writes-whole-member-list", "PATCH of a group writes back its whole list of members",
        "RFC7644-3.5.2.1")  # fmt: skip
def _(server: GoodServer, inner: Wrapper, *arguments: Any) -> Answer:
    return _restore(server, inner, arguments, "members") if arguments[1] is GROUP else inner(*arguments)


@breaks("patch", "overlap", "overlap-loses-additions", "members who are added at the same time as others get lost",
        "RFC7644-3.5.2.1")  # fmt: skip
def _(server: GoodServer, inner: Wrapper, *arguments: Any) -> Answer:
    request, kind, _ = arguments
    adds = kind is GROUP and all(op.name == "add" for op in _operations(kind, request))
    return _restore(server, inner, arguments, "members") if adds else inner(*arguments)


@breaks("patch", "overlap", "overlap-loses-removals", "members who are removed at the same time as others stay",
        "RFC7644-3.5.2.2")  # fmt: skip
def _(server: GoodServer, inner: Wrapper, *arguments: Any) -> Answer:
    request, kind, _ = arguments
    removes = kind is GROUP and any(op.name == "remove" for op in _operations(kind, request))
    return _restore(server, inner, arguments, "members") if removes else inner(*arguments)


@breaks("patch", "overlap", "overlap-loses-disabling", "a user who is disabled while something else changes stays active",
        "RFC7644-3.5.2.3")  # fmt: skip
def _(server: GoodServer, inner: Wrapper, *arguments: Any) -> Answer:
    request, kind, _ = arguments
    if kind is USER and any(op.sets("active") for op in _operations(kind, request)):
        with _others(server, _PAUSE / 2):  # the others have read by now, and write later
            return inner(*arguments)  # type: ignore[no-any-return]
    return _restore(server, inner, arguments, "active") if kind is USER else inner(*arguments)


@breaks("patch", "overlap", "overlap-500", "two changes of one resource at the same time: one crashes", "RFC7644-3.12")
def _(server: GoodServer, inner: Wrapper, *arguments: Any) -> Answer:
    busy = server.memory.setdefault("busy", set())
    if arguments[2] in busy:
        fail("could not serialize access due to concurrent update", status=500)
    busy.add(arguments[2])
    try:
        with _others(server):
            return inner(*arguments)  # type: ignore[no-any-return]
    finally:
        busy.discard(arguments[2])


@breaks("check_unique", "overlap", "overlap-creates-two", "whether a name is free is looked up before, not when it is taken",
        "different-ai/openwork#3909")  # fmt: skip
def _(server: GoodServer, inner: Wrapper, kind: Kind, data: Data, record: Record | None) -> None:
    inner(kind, data, record)
    if record is None:
        with _others(server):
            return
