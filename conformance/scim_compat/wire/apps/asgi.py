"""The bridge to an ASGI application in this process."""

from __future__ import annotations

import asyncio
import contextlib
import time
import typing
from collections.abc import Awaitable, Callable, Iterator
from typing import Final
from urllib.parse import unquote_to_bytes

import httpx

from scim_compat.wire.apps.common import LOG, body_of, crashed, is_silent
from scim_compat.wire.apps.lifespan import SHUTDOWN_TIMEOUT, STARTUP_TIMEOUT, AsgiApp, Lifespan, Message
from scim_compat.wire.apps.loop import LoopThread
from scim_compat.wire.terms import Terms, terms_of

_END_TIMEOUT: Final = 0.25
"""Seconds that an application has to end after the client has gone, and again after it was cancelled."""
_GRACE: Final = 4 * _END_TIMEOUT


class _LateError(Exception):
    """The application took longer than the exchange may. Not TimeoutError: the application may raise that."""


class _NoAnswerError(Exception):
    """No answer began, for the reason in the argument."""

    def __init__(self, reason: BaseException) -> None:
        super().__init__(reason)
        self.reason = reason


class AsgiTransport(httpx.BaseTransport):
    """Calls an ASGI 3 application on an event loop that lives as long as the transport.

    The lifespan's start-up runs before the first request and its shutdown on ``close``; an application without
    lifespan is used without.
    """

    def __init__(self, app: AsgiApp) -> None:
        self._app = app
        self._lifespan = Lifespan(app)
        self._loop: LoopThread | None = None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        terms = terms_of(request)
        if self._loop is None:
            self._loop = LoopThread()
            self._start(self._loop, terms.redact)
        call = _Call(self._app, request, terms, dict(self._lifespan.state))
        try:
            answer = self._loop.run(call.answer(), terms.total + _GRACE)
        except TimeoutError:  # the application blocks the event loop
            answer = _LateError()
        if isinstance(answer, _LateError):
            raise httpx.ReadTimeout(f"the application gave no answer within {terms.total:g} s")
        return answer if isinstance(answer, httpx.Response) else crashed(answer, request)

    def close(self) -> None:
        loop, self._loop = self._loop, None
        if loop is None:
            return
        try:
            with contextlib.suppress(TimeoutError):
                loop.run(self._lifespan.stop(), SHUTDOWN_TIMEOUT + _GRACE)
        finally:
            loop.close()

    def _start(self, loop: LoopThread, redact: Callable[[str], str]) -> None:
        try:
            problem = loop.run(self._lifespan.start(), STARTUP_TIMEOUT + _GRACE)
        except TimeoutError:
            problem = "it blocks the event loop"
        if problem:
            LOG.error("the application's start-up: %s", redact(problem))


class _Call:
    """One request: an ASGI application around the other, which ``httpx.ASGITransport`` calls.

    The transport makes the scope and gathers the answer. It has no limit of time or size, waits for an application
    that never ends, knows only the normalised target, splits a short body into two events, and accepts events in any
    order. These cases are covered here.
    """

    def __init__(self, app: AsgiApp, request: httpx.Request, terms: Terms, state: Message) -> None:
        self._app = app
        self._request = request
        self._terms = terms
        self._state = state
        self._deadline = time.monotonic() + terms.total
        self._size = 0
        self._is_started = False
        self._is_complete = False
        self._is_cut = asyncio.Event()
        """Set when more has come than the caller reads."""
        self._error: BaseException | None = None

    async def answer(self) -> httpx.Response | BaseException:
        """The answer; if none began, the exception of the application, or _LateError."""
        request = httpx.Request(
            self._request.method,
            self._request.url,
            headers=self._request.headers.raw,
            stream=httpx.ByteStream(body_of(self._request)),
        )
        try:
            answer = await httpx.ASGITransport(self).handle_async_request(request)
        except _NoAnswerError as error:
            return error.reason
        body = b"".join([chunk async for chunk in typing.cast("httpx.AsyncByteStream", answer.stream)])
        if is_silent(request.method, answer.status_code):
            body = b""
        return httpx.Response(answer.status_code, headers=answer.headers, stream=_Body(body, self._error))

    async def __call__(
        self, scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
    ) -> None:
        self._receive, self._send = receive, send
        task = asyncio.ensure_future(self._run(scope))
        cut = asyncio.ensure_future(self._is_cut.wait())
        try:
            left = max(0.0, self._deadline - time.monotonic())
            await asyncio.wait({task, cut}, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            is_whole = self._is_complete or self._is_cut.is_set()
            if not is_whole and self._error is None:
                self._error = self._reason(task)
            if not self._is_complete:
                await self._finish()
            await _end(task)
        finally:
            task.cancel()
            cut.cancel()
        if self._error is None:
            return
        if not self._is_started:
            raise _NoAnswerError(self._error)
        if is_whole:
            LOG.error("the application raised after its answer: %s", type(self._error).__name__)
            self._error = None

    async def _run(self, scope: Message) -> None:
        try:
            await self._app(self._scope(scope), self._hear, self._tell)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - SystemExit would end the event loop
            self._error = self._error or error

    def _reason(self, task: asyncio.Task[None]) -> Exception:
        """The reason why the answer of an application that did not raise is incomplete."""
        if not task.done():
            return _LateError()
        if task.cancelled():
            return RuntimeError("the application cancelled itself")
        return RuntimeError(f"the application returned {'in mid-answer' if self._is_started else 'without an answer'}")

    async def _finish(self) -> None:
        """Ends the answer towards the transport, which then tells the application that the client has gone."""
        self._is_complete = True
        await self._send({"type": "http.response.body"})

    async def _hear(self) -> Message:
        event = await self._receive()
        if event.get("more_body"):
            await self._receive()  # the end, which the transport sends on its own
            event["more_body"] = False
        return event

    async def _tell(self, event: Message) -> None:
        await asyncio.sleep(0)  # an application that does nothing but send must not hold up the deadline
        if self._is_complete or self._is_cut.is_set():
            return
        kind = event["type"]
        if kind != ("http.response.body" if self._is_started else "http.response.start"):
            place = "in the body" if self._is_started else "before http.response.start"
            raise RuntimeError(f"the application sent {kind!r} {place}")
        if not self._is_started:
            headers = [(bytes(name), bytes(value)) for name, value in event.get("headers", ())]
            await self._send({"type": kind, "status": int(event["status"]), "headers": headers})
            self._is_started = True
            return
        body = bytes(event.get("body", b""))
        self._is_complete = not event.get("more_body", False)
        self._size += len(body)
        await self._send({"type": kind, "body": body, "more_body": not self._is_complete})
        if self._size > self._terms.cap:
            self._is_cut.set()

    def _scope(self, scope: Message) -> Message:
        path, _, query = self._terms.target.partition(b"?")
        url = self._request.url
        return {
            **scope,
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "path": unquote_to_bytes(path).decode("utf-8", "replace"),
            "raw_path": path,
            "query_string": query,
            "server": (url.host, url.port or (443 if url.scheme == "https" else 80)),
            "state": self._state,
        }


async def _end(task: asyncio.Task[None]) -> None:
    """Lets the application end by itself, then cancels it; one that does not end even then is left alone."""
    for _ in range(2):
        if not task.done():
            await asyncio.wait({task}, timeout=_END_TIMEOUT)
            task.cancel()


class _Body(httpx.SyncByteStream):
    """A body as far as it came, and the error that ended it early."""

    def __init__(self, data: bytes, error: BaseException | None) -> None:
        self._data = data
        self._error = error

    def __iter__(self) -> Iterator[bytes]:
        yield self._data
        if isinstance(self._error, _LateError):
            raise httpx.ReadTimeout("the application did not end its answer in time")
        if self._error is not None:
            # The status is out already: a server can only drop the connection.
            raise httpx.ReadError(f"the application raised {type(self._error).__name__} in mid-answer") from self._error
