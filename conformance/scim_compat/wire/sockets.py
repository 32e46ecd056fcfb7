"""Sockets with one deadline: every operation gets what is left of the whole exchange's time.

httpx bounds each read on its own, so a server that sends one byte a second is never too slow for it. The deadline
ends slow headers and slow bodies without a second thread.
"""

from __future__ import annotations

import queue
import socket
import ssl
import threading
import time
import typing
from dataclasses import dataclass
from typing import Any, Final

import httpcore

_STEP: Final = 65_536


@dataclass(slots=True)
class SocketState:
    """The exchange under way, as its sockets see it. It changes with each of them; one exchange runs at a time."""

    deadline: float = 0.0
    opened: bool = False
    received: int = 0
    ended: bool = False
    swap: tuple[bytes, bytes] | None = None
    """Placeholder → the bytes to send in its place, in the head of the request."""

    def left(self, timeout: float | None, error: type[Exception]) -> float:
        """Seconds that an operation may take. Raises ``error`` if there are none."""
        rest = self.deadline - time.monotonic()
        if rest <= 0:
            raise error("the time for the whole exchange is over")
        return rest if timeout is None else min(rest, timeout)


class _Stream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream, state: SocketState) -> None:
        self._inner = inner
        self._state = state

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self._inner.read(max_bytes, self._state.left(timeout, httpcore.ReadTimeout))
        self._state.received += len(data)
        self._state.ended = not data
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        swap = self._state.swap
        if swap and swap[0] in buffer:
            buffer = buffer.replace(*swap, 1)
            self._state.swap = None
        for start in range(0, len(buffer), _STEP):
            left = self._state.left(timeout, httpcore.WriteTimeout)
            self._inner.write(buffer[start : start + _STEP], left)

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = self._state.left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, left), self._state)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class DeadlineBackend(httpcore.NetworkBackend):
    """TCP with bounded name resolution, which the system itself does not bound."""

    def __init__(self, state: SocketState) -> None:
        self._state = state
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: typing.Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        self._state.opened = True
        end = time.monotonic() + self._state.left(timeout, httpcore.ConnectTimeout)
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
                return _Stream(stream, self._state)
        raise last


def _resolve(host: str, port: int, timeout: float) -> list[str]:
    """The addresses of a host, each once. ConnectError with a gaierror as its cause if there are none."""
    try:
        entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except (socket.gaierror, UnicodeError):
        entries = _look_up(host, port, timeout)
    return list(dict.fromkeys(str(entry[4][0]) for entry in entries))


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
