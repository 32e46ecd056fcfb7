"""Requests for one resource at the same time, handled in other conformant ways.

``GoodServer.pause`` is how long a request stays between reading and writing; without it none meets another.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .protocol import Answer, Data, Request, ScimError
from .schema import Kind
from .store import Record
from .variants_base import around, variant

if TYPE_CHECKING:
    from .good import GoodServer


@contextmanager
def _alone(server: GoodServer, key: str, status: int) -> Iterator[None]:
    """One request for the key at a time; others are declined with the status."""
    busy = server.memory.setdefault("busy", set())
    if key in busy:
        server.declined += 1
        raise ScimError(status, "The resource is in use; try again.")
    busy.add(key)
    try:
        _pause(server)
        yield
    finally:
        busy.discard(key)


def _pause(server: GoodServer) -> None:
    if server.pause:
        server._lock.release()
        try:
            time.sleep(server.pause)
        finally:
            server._lock.acquire()


def _declines_changes(server: GoodServer, status: int) -> None:
    def patch(inner: Any, request: Request, kind: Kind, id_: str) -> Answer:
        with _alone(server, id_, status):
            return inner(request, kind, id_)  # type: ignore[no-any-return]

    around(server, patch)


@variant("busy-409", "a change is declined with 409 while another one of the resource is on its way (RFC 5789 §2.2)")
def _(server: GoodServer) -> None:
    _declines_changes(server, 409)


@variant("busy-412", "a change is declined with 412 while another one of the resource is on its way (RFC 7644 §3.14)")
def _(server: GoodServer) -> None:
    _declines_changes(server, 412)


@variant("busy-503", "a change is declined with 503 while another one of the resource is on its way (RFC 9110 §15.6.4)")
def _(server: GoodServer) -> None:
    _declines_changes(server, 503)


@variant("busy-create-429", "a creation is declined with 429 while one of that name is on its way (RFC 6585 §4)")
def _(server: GoodServer) -> None:
    def check_unique(inner: Any, kind: Kind, data: Data, record: Record | None) -> None:
        inner(kind, data, record)
        if record is None:
            with _alone(server, f"{kind.name} {data[kind.unique]}", 429):
                pass
            inner(kind, data, record)

    around(server, check_unique)
