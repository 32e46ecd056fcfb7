"""The network under the wire: an httpx transport on httpcore, bounded in time as a whole.

httpx's own transport keeps no deadline over a whole exchange, normalises the request target, and reports a stale
connection like a server that hung up.
"""

from __future__ import annotations

import ssl
import time
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import h11
import httpcore
import httpx

from scim_compat.errors import SettingError
from scim_compat.wire.failures import PeerClosed
from scim_compat.wire.sockets import DeadlineBackend, SocketState
from scim_compat.wire.terms import Terms, terms_of

_KEEP_ALIVE: Final = 1.5
"""Seconds an idle connection is reused. Common servers close theirs after two (gunicorn) or five: a write
must never meet a connection that is just being closed, since it cannot be repeated."""

_MAPPED: Final[tuple[tuple[type[Exception], type[httpx.TransportError]], ...]] = (
    (httpcore.ConnectTimeout, httpx.ConnectTimeout),
    (httpcore.WriteTimeout, httpx.WriteTimeout),
    (httpcore.TimeoutException, httpx.ReadTimeout),
    (httpcore.ConnectError, httpx.ConnectError),
    (httpcore.WriteError, httpx.WriteError),
    (httpcore.NetworkError, httpx.ReadError),
    (httpcore.ProxyError, httpx.ProxyError),
    (httpcore.UnsupportedProtocol, httpx.UnsupportedProtocol),
    (httpcore.LocalProtocolError, httpx.LocalProtocolError),
    (httpcore.ProtocolError, httpx.RemoteProtocolError),
    (h11.LocalProtocolError, httpx.LocalProtocolError),
    (OSError, httpx.ReadError),
)
_CAUGHT: Final = tuple(core for core, _ in _MAPPED)


class DirectTransport(httpx.BaseTransport):
    """HTTP/1.1 over the network, bounded in total by the request's terms.

    Raises httpx's transport errors, as every httpx transport does, and ``PeerClosed``. A GET or HEAD is
    repeated once, unrecorded, if a reused connection was closed before any byte of the answer: the server had
    closed it while it was idle. Writes are never repeated (RFC 9110 section 9.2.2), nor DELETE, whose second
    answer differs.
    """

    def __init__(self, *, ssl_context: ssl.SSLContext | None, proxy: str | None, connect_timeout: float) -> None:
        self._state = SocketState()
        self._connect_timeout = connect_timeout
        options: dict[str, Any] = {
            "ssl_context": ssl_context,
            "max_connections": 4,
            "keepalive_expiry": _KEEP_ALIVE,
            "network_backend": DeadlineBackend(self._state),
        }
        self._pool = httpcore.ConnectionPool(proxy=_proxy(proxy), **options)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        terms = terms_of(request)
        deadline = time.monotonic() + terms.total
        head = self._head(request, terms)
        for again in (False, True):
            self._state.deadline = deadline
            self._state.opened = self._state.ended = False
            self._state.received = 0
            self._state.swap = head.swap
            try:
                answer = self._pool.handle_request(head.request)
            except _CAUGHT as error:
                if not again and self._is_stale(error, request.method):
                    continue
                raise self._mapped(error) from error
            return httpx.Response(
                answer.status,
                headers=answer.headers,
                stream=_ResponseStream(answer, self._mapped),
                extensions=answer.extensions,
            )
        raise AssertionError  # pragma: no cover - the second round returns or raises

    def close(self) -> None:
        self._pool.close()

    def _head(self, request: httpx.Request, terms: Terms) -> _Head:
        target, total = terms.target, terms.total
        swap = None
        if not target.isascii():
            # h11 refuses raw UTF-8 in a target, which some clients send. It gets a stand-in, and the
            # stream puts the real bytes in its place.
            stand_in = b"/scim-compat-raw-target"
            swap, target = (stand_in, target), stand_in
        timeouts = dict.fromkeys(("read", "write", "pool"), total) | {"connect": min(self._connect_timeout, total)}
        url = request.url
        return _Head(
            httpcore.Request(
                request.method,
                httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=target),
                headers=request.headers.raw,
                content=typing.cast("typing.Iterable[bytes]", request.stream),
                extensions={"timeout": timeouts},
            ),
            swap,
        )

    def _is_stale(self, error: Exception, method: str) -> bool:
        kinds = (httpcore.RemoteProtocolError, httpcore.ReadError, httpcore.WriteError)
        reused = not self._state.opened and not self._state.received
        return reused and method in ("GET", "HEAD") and isinstance(error, kinds)

    def _mapped(self, error: Exception) -> httpx.TransportError:
        if self._state.ended and isinstance(error, httpcore.RemoteProtocolError):
            return PeerClosed(str(error))
        return next(ours for core, ours in _MAPPED if isinstance(error, core))(str(error))


@dataclass(frozen=True, slots=True)
class _Head:
    request: httpcore.Request
    swap: tuple[bytes, bytes] | None


class _ResponseStream(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response, mapped: typing.Callable[[Exception], httpx.TransportError]) -> None:
        self._answer = answer
        self._mapped = mapped

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from typing.cast("typing.Iterable[bytes]", self._answer.stream)
        except _CAUGHT as error:
            raise self._mapped(error) from error

    def close(self) -> None:
        has_surplus = _has_surplus(self._answer)
        self._answer.close()
        if has_surplus:
            # The next request on that connection would get it as its answer.
            self._answer.extensions["network_stream"].close()


def _has_surplus(answer: httpcore.Response) -> bool:
    """True if more came than the answer. httpcore keeps it for the next one and offers no way to ask."""
    part: Any = answer.stream
    for name in ("_stream", "_connection", "_h11_state", "trailing_data"):
        part = getattr(part, name, None)
    return bool(part and part[0])


def _proxy(url: str | None) -> httpcore.Proxy | None:
    if not url:
        return None
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, ValueError):  # their text may quote the password
        raise SettingError("The proxy URL cannot be read.", hint="Expected http://proxy.example:3128.") from None
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise SettingError(
            "The proxy must be an http:// or https:// URL with a host, such as http://proxy.example:3128."
        )
    place = httpcore.URL(scheme=parsed.raw_scheme, host=parsed.raw_host, port=parsed.port, target=b"/")
    auth = (parsed.username.encode(), parsed.password.encode()) if parsed.userinfo else None
    return httpcore.Proxy(place, auth=auth)
