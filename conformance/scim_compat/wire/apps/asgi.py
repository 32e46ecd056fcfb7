"""The bridge to an ASGI application in this process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Final
from urllib.parse import unquote_to_bytes

import httpx

from scim_compat.wire.apps.common import (
    LOG,
    body_of,
    crashed,
    is_silent,
    target_of,
)
from scim_compat.wire.terms import terms_of

_LIFESPAN_TIMEOUT: Final = 5.0
_CLOSE_TIMEOUT: Final = 0.25
_DEFAULT_TOTAL: Final = 60.0

_Event = dict[str, Any]
_RawHeaders = list[tuple[bytes, bytes]]


class _LateError(Exception):
    """The application took longer than the exchange may. Not TimeoutError: the application may raise that."""


class AsgiTransport(httpx.BaseTransport):
    """Calls an ASGI 3 application on an event loop that lives as long as the transport.

    The lifespan's start-up runs before the first request and its shutdown on ``close``, five seconds each
    at most; an application without lifespan is used without.
    """

    def __init__(self, app: Callable[..., Awaitable[None]]) -> None:
        self._app = app
        self._runner = asyncio.Runner()
        self._lifespan: _Lifespan | None = None
        self._closed = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        timeout = terms_of(request).total
        if self._lifespan is None:
            self._lifespan = _Lifespan(self._app)
            problem = self._runner.run(self._lifespan.start())
            if problem:
                LOG.error("the application's start-up: %s", problem)
        call = _AsgiCall(self._app, request, dict(self._lifespan.state), time.monotonic() + timeout)
        try:
            status, headers = self._runner.run(call.begin())
        except _LateError:
            self._runner.run(call.end())
            raise httpx.ReadTimeout(f"the application gave no answer within {timeout:g} s") from None
        except (Exception, SystemExit) as error:  # noqa: BLE001 - what an application raises
            self._runner.run(call.end())
            return crashed(error, request)
        silent = is_silent(request.method, status)
        return httpx.Response(status, headers=headers, stream=_AsgiStream(self._runner, call, silent=silent))

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        try:
            if self._lifespan is not None:
                self._runner.run(self._lifespan.stop())
        finally:
            self._runner.close()


class _AsgiStream(httpx.SyncByteStream):
    def __init__(self, runner: asyncio.Runner, call: _AsgiCall, *, silent: bool) -> None:
        self._runner = runner
        self._call = call
        self._silent = silent

    def __iter__(self) -> Iterator[bytes]:
        try:
            while (chunk := self._runner.run(self._call.chunk())) is not None:
                if not self._silent:
                    yield chunk
        except _LateError:
            raise httpx.ReadTimeout("the application did not end its answer in time") from None
        except Exception as error:
            raise httpx.ReadError(f"the application raised {type(error).__name__} in mid-answer") from error

    def close(self) -> None:
        self._runner.run(self._call.end())


class _AsgiCall:
    """One request, stepped through by the synchronous side."""

    def __init__(
        self, app: Callable[..., Awaitable[None]], request: httpx.Request, state: _Event, deadline: float
    ) -> None:
        self._app = app
        self._scope = _scope(request, state)
        self._body: bytes | None = body_of(request)
        self._deadline = deadline
        # One event at a time: an endless answer waits for its reader instead of filling the memory.
        self._events: asyncio.Queue[_Event] = asyncio.Queue(maxsize=1)
        self._gone = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._done = False

    async def begin(self) -> tuple[int, _RawHeaders]:
        """Starts the application and waits for the status line."""
        self._task = asyncio.ensure_future(self._run())
        event = await self._next()
        if event is None:
            raise RuntimeError("the application returned without an answer")
        if event["type"] != "http.response.start":
            raise RuntimeError(f"the application sent {event['type']!r} before http.response.start")
        return int(event["status"]), [(bytes(name), bytes(value)) for name, value in event.get("headers", ())]

    async def chunk(self) -> bytes | None:
        """The next piece of the body, or None at its end."""
        if self._done:
            return None
        event = await self._next()
        if event is None:
            raise RuntimeError("the application returned in mid-answer")
        if event["type"] != "http.response.body":
            raise RuntimeError(f"the application sent {event['type']!r} in the body")
        self._done = not event.get("more_body", False)
        return bytes(event.get("body", b""))

    async def end(self) -> None:
        """Tells the application that the client is gone, and ends it if it does not end itself."""
        self._gone.set()
        task = self._task
        if task is None:
            return
        while not self._events.empty():
            self._events.get_nowait()
        # Work after the answer (background tasks) belongs to the request: it may end, within bounds.
        left = max(_CLOSE_TIMEOUT, self._deadline - time.monotonic()) if self._done else _CLOSE_TIMEOUT
        _, pending = await asyncio.wait({task}, timeout=left)
        if pending:
            task.cancel()
            await asyncio.wait({task}, timeout=_CLOSE_TIMEOUT)
        if task.done() and not task.cancelled() and task.exception() is not None and self._done:
            LOG.error("the application raised after its answer: %s", type(task.exception()).__name__)

    async def _run(self) -> None:
        await self._app(self._scope, self._receive, self._send)

    async def _receive(self) -> _Event:
        if self._body is not None:
            body, self._body = self._body, None
            return {"type": "http.request", "body": body, "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, event: _Event) -> None:
        if not self._gone.is_set() and not self._done:
            await self._events.put(event)

    async def _next(self) -> _Event | None:
        """The next event; None if the application ended without one. Raises what the application raised."""
        task = self._task
        if task is None:
            raise RuntimeError("not begun")
        getter = asyncio.ensure_future(self._events.get())
        try:
            left = max(0.0, self._deadline - time.monotonic())
            await asyncio.wait({getter, task}, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            if getter.done():
                return getter.result()
        finally:
            getter.cancel()
        if not self._events.empty():
            return self._events.get_nowait()
        if not task.done():
            raise _LateError
        if task.cancelled():
            raise RuntimeError("the application cancelled itself")
        task.result()
        return None


def _scope(request: httpx.Request, state: _Event) -> _Event:
    path, query = target_of(request)
    port = request.url.port or (443 if request.url.scheme == "https" else 80)
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": request.url.scheme,
        "path": unquote_to_bytes(path).decode("utf-8", "replace"),
        "raw_path": path,
        "query_string": query,
        "root_path": "",
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "client": ("127.0.0.1", 1),
        "server": (request.url.host, port),
        "state": state,
    }


class _Lifespan:
    """The application's start-up and shutdown (ASGI lifespan 2.0)."""

    def __init__(self, app: Callable[..., Awaitable[None]]) -> None:
        self.state: _Event = {}
        self._app = app
        self._orders: asyncio.Queue[_Event] = asyncio.Queue()
        self._answers: asyncio.Queue[_Event] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> str:
        """Why it failed, or nothing. An application that raises on lifespan simply has none."""
        self._task = asyncio.ensure_future(self._run())
        answer = await self._order("lifespan.startup")
        if answer is None:
            return f"no end within {_LIFESPAN_TIMEOUT:g} s" if not self._task.done() else ""
        return str(answer.get("message", "failed")) if answer["type"] == "lifespan.startup.failed" else ""

    async def stop(self) -> None:
        if self._task is None or self._task.done():
            return
        await self._order("lifespan.shutdown")
        _, pending = await asyncio.wait({self._task}, timeout=_CLOSE_TIMEOUT)
        if pending:
            self._task.cancel()
            await asyncio.wait({self._task}, timeout=_CLOSE_TIMEOUT)

    async def _order(self, kind: str) -> _Event | None:
        task = self._task
        if task is None:
            raise RuntimeError("not started")
        await self._orders.put({"type": kind})
        getter = asyncio.ensure_future(self._answers.get())
        waiting = {getter, task}
        await asyncio.wait(waiting, timeout=_LIFESPAN_TIMEOUT, return_when=asyncio.FIRST_COMPLETED)
        if getter.done():
            return getter.result()
        getter.cancel()
        return None if self._answers.empty() else self._answers.get_nowait()

    async def _run(self) -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": self.state}
        try:
            await self._app(scope, self._orders.get, self._answers.put)
        except Exception as error:  # noqa: BLE001 - the specification's way to say "no lifespan here"
            LOG.debug("no lifespan: %s", type(error).__name__)
