"""The network under the wire: httpcore with a deadline on every socket operation.

httpx bounds each read on its own, so a server that sends one byte a second is never too slow for it. Here
every operation gets what is left of the whole exchange's time, which ends slow headers and slow bodies
without a second thread.
"""

from __future__ import annotations

import queue
import socket
import ssl
import threading
import time
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import h11
import httpcore
import httpx

from scim_compat.errors import SettingError
from scim_compat.wire.failures import PeerClosed

TOTAL: Final = "scim_compat.total"
"""Request extension: seconds for the whole exchange, connecting included."""

TARGET: Final = "scim_compat.target"
"""Request extension: the raw request target as bytes. httpx would normalise it."""

REDACT: Final = "scim_compat.redact"
"""Request extension: ``Callable[[str], str]``, for what a transport writes to a log."""

_DEFAULT_TOTAL: Final = 60.0
_KEEP_ALIVE: Final = 1.5
"""Seconds an idle connection is reused. Common servers close theirs after two (gunicorn) or five: a write
must never meet a connection that is just being closed, since it cannot be repeated."""

_STEP: Final = 65_536


# --- sockets ----------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Exchange:
    """What the sockets know of the exchange under way. One at a time: the wire is not for threads."""

    deadline: float = 0.0
    opened: bool = False
    received: int = 0
    ended: bool = False
    swap: tuple[bytes, bytes] | None = None
    """Placeholder → the bytes to send in its place, in the head of the request."""

    def left(self, timeout: float | None, error: type[Exception]) -> float:
        rest = self.deadline - time.monotonic()
        if rest <= 0:
            raise error("the time for the whole exchange is over")
        return rest if timeout is None else min(rest, timeout)


class _Stream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream, exchange: _Exchange) -> None:
        self._inner = inner
        self._exchange = exchange

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self._inner.read(max_bytes, self._exchange.left(timeout, httpcore.ReadTimeout))
        self._exchange.received += len(data)
        self._exchange.ended = not data
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        swap = self._exchange.swap
        if swap and swap[0] in buffer:
            buffer = buffer.replace(*swap, 1)
            self._exchange.swap = None
        for start in range(0, len(buffer), _STEP):
            left = self._exchange.left(timeout, httpcore.WriteTimeout)
            self._inner.write(buffer[start : start + _STEP], left)

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = self._exchange.left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, left), self._exchange)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Backend(httpcore.NetworkBackend):
    """TCP with bounded name resolution, which the system itself does not bound."""

    def __init__(self, exchange: _Exchange) -> None:
        self._exchange = exchange
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: typing.Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        self._exchange.opened = True
        end = time.monotonic() + self._exchange.left(timeout, httpcore.ConnectTimeout)
        addresses = _resolve(host, port, end - time.monotonic())
        last: Exception = httpcore.ConnectError(f"no address for {host}")
        for index, address in enumerate(addresses):
            # A black hole (often IPv6) may not eat the time of the addresses after it.
            share = (end - time.monotonic()) / (len(addresses) - index)
            if share <= 0:
                break
            try:
                stream = self._inner.connect_tcp(address, port, share, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                last = error
            else:
                return _Stream(stream, self._exchange)
        raise last


def _resolve(host: str, port: int, timeout: float) -> list[str]:
    """The addresses of a host, each once. ConnectError with a gaierror as its cause if there are none."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except (socket.gaierror, UnicodeError):
        found = _look_up(host, port, timeout)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _look_up(host: str, port: int, timeout: float) -> list[Any]:
    answers: queue.SimpleQueue[list[Any] | Exception] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
        except (OSError, UnicodeError) as error:
            answers.put(error)

    threading.Thread(target=ask, name="scim-compat-dns", daemon=True).start()
    try:
        answer = answers.get(timeout=max(timeout, 0.001))
    except queue.Empty:
        answer = socket.gaierror(socket.EAI_AGAIN, f"the name server gave no answer within {timeout:.0f} s")
    if isinstance(answer, UnicodeError):
        answer = socket.gaierror(socket.EAI_NONAME, "not a valid host name")
    if isinstance(answer, Exception):
        raise httpcore.ConnectError(answer) from answer
    return answer


# --- the transport ----------------------------------------------------------------------------------

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
    """HTTP/1.1 over the network, bounded in total by the request's ``TOTAL`` extension.

    Raises httpx's transport errors, as every httpx transport does, and ``PeerClosed``. A GET or HEAD is
    repeated once, unseen, if a reused connection was closed before any byte of the answer: the server had
    closed it while it was idle. Writes never are (RFC 9110 section 9.2.2), nor DELETE, whose second answer
    differs.
    """

    def __init__(self, *, ssl_context: ssl.SSLContext | None, proxy: str | None, connect_timeout: float) -> None:
        self._exchange = _Exchange()
        self._connect_timeout = connect_timeout
        options: dict[str, Any] = {
            "ssl_context": ssl_context,
            "max_connections": 4,
            "keepalive_expiry": _KEEP_ALIVE,
            "network_backend": _Backend(self._exchange),
        }
        self._pool = httpcore.ConnectionPool(proxy=_proxy(proxy), **options)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        total = float(request.extensions.get(TOTAL, _DEFAULT_TOTAL))
        deadline = time.monotonic() + total
        head = self._head(request, total)
        for again in (False, True):
            self._exchange.deadline = deadline
            self._exchange.opened = self._exchange.ended = False
            self._exchange.received = 0
            self._exchange.swap = head.swap
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

    def _head(self, request: httpx.Request, total: float) -> _Head:
        target = request.extensions.get(TARGET) or request.url.raw_path
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
        reused = not self._exchange.opened and not self._exchange.received
        return reused and method in ("GET", "HEAD") and isinstance(error, kinds)

    def _mapped(self, error: Exception) -> httpx.TransportError:
        if self._exchange.ended and isinstance(error, httpcore.RemoteProtocolError):
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
        surplus = _surplus(self._answer)
        self._answer.close()
        if surplus:
            # It would be taken for the next answer: that connection is of no use any more.
            self._answer.extensions["network_stream"].close()


def _surplus(answer: httpcore.Response) -> bool:
    """Whether more has come than the answer. httpcore keeps it for the next one, and tells nobody."""
    found: Any = answer.stream
    for name in ("_stream", "_connection", "_h11_state", "trailing_data"):
        found = getattr(found, name, None)
    return bool(found and found[0])


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


def tls_context(*, verify: bool | str, client_cert: tuple[str, str | None] | None) -> ssl.SSLContext:
    """The TLS settings: ``verify`` is True (the system's and certifi's CAs), False, or a CA file or folder.

    Raises SettingError if a file cannot be used.
    """
    if isinstance(verify, str):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        try:
            context.load_verify_locations(**{"capath" if _is_folder(verify) else "cafile": verify})
        except OSError as error:  # ssl.SSLError is one
            raise SettingError(f"The CA file {verify!r} cannot be used: {_os_reason(error)}.") from None
    else:
        context = httpx.create_ssl_context(verify=verify, trust_env=False)
        if verify:
            context.load_default_certs()
    if client_cert is not None:
        certificate, key = client_cert
        try:
            # Without the callback OpenSSL would ask for a passphrase on the terminal, and wait.
            context.load_cert_chain(certificate, key, password=lambda: "")
        except OSError as error:
            named = f"{certificate!r} with key {key!r}" if key else repr(certificate)
            raise SettingError(
                f"The client certificate {named} cannot be used: {_os_reason(error)}.",
                hint="It must be PEM, and the key without a passphrase.",
            ) from None
    return context


def _is_folder(path: str) -> bool:
    return Path(path).is_dir()


def _os_reason(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        return f"it is not valid PEM ({error.reason or 'no certificate found'})"
    return error.strerror or type(error).__name__
