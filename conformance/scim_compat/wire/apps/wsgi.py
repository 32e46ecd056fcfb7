"""The bridge to a WSGI application in this process."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import unquote_to_bytes

import httpx

from scim_compat.wire.apps.common import (
    LOG,
    body_of,
    crashed,
    is_silent,
    target_of,
)


class WsgiTransport(httpx.BaseTransport):
    """Calls a WSGI application (PEP 3333).

    ``parallel``: the application may be called in several threads at once, and is told so (``wsgi.multithread``).
    """

    def __init__(self, app: Callable[..., Iterable[bytes]], *, parallel: bool = False) -> None:
        self._app = app
        self.is_parallel = parallel

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        started: list[tuple[str, list[tuple[str, str]]]] = []
        written: list[bytes] = []

        def start_response(
            status: str, headers: list[tuple[str, str]], exc_info: Any = None
        ) -> Callable[[bytes], None]:
            if started and not exc_info:
                raise RuntimeError("start_response was called twice")
            started[:] = [(status, list(headers))]
            return written.append

        result: Iterable[bytes] = ()
        try:
            environ = _environ(request) | {"wsgi.multithread": self.is_parallel}
            result = self._app(environ, start_response)
            chunks = iter(result)
            # An application may call start_response as late as with its first chunk.
            first = _first_chunk(chunks)
            status, reason, raw = _head(started)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - what an application raises
            _shut(result)
            return crashed(error, request)
        stream = _WsgiStream([*written, first], chunks, result, silent=is_silent(request.method, status))
        return httpx.Response(status, headers=raw, stream=stream, extensions={"reason_phrase": reason})


class _WsgiStream(httpx.SyncByteStream):
    def __init__(self, begun: list[bytes], rest: Iterator[bytes], result: Iterable[bytes], *, silent: bool) -> None:
        self._begun = begun
        self._rest = rest
        self._result = result
        self._silent = silent

    def __iter__(self) -> Iterator[bytes]:
        if self._silent:
            return
        yield from (chunk for chunk in self._begun if chunk)
        try:
            yield from self._rest
        except Exception as error:
            # The status is out already: a server can only drop the connection.
            raise httpx.ReadError(f"the application raised {type(error).__name__} in mid-answer") from error

    def close(self) -> None:
        _shut(self._result)


def _head(started: list[tuple[str, list[tuple[str, str]]]]) -> tuple[int, bytes, list[tuple[bytes, bytes]]]:
    """Status, reason and headers as the application gave them."""
    if not started:
        raise RuntimeError("start_response was not called")
    line, headers = started[0]
    code, _, reason = line.partition(" ")
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    return int(code), reason.encode("latin-1"), raw


def _first_chunk(chunks: Iterator[bytes]) -> bytes:
    for chunk in chunks:
        if chunk:
            return chunk
    return b""


def _shut(result: Iterable[bytes]) -> None:
    close = getattr(result, "close", None)
    if close is not None:
        try:
            close()
        except Exception as error:  # noqa: BLE001 - the answer stands, and the error is logged
            LOG.error("the application raised on close: %s", type(error).__name__)


def _environ(request: httpx.Request) -> dict[str, Any]:
    path, query = target_of(request)
    body = body_of(request)
    port = request.url.port or (443 if request.url.scheme == "https" else 80)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        # PEP 3333: the bytes of the path, each as the character of that number.
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query.decode("latin-1"),
        "REQUEST_URI": (path + (b"?" + query if query else b"")).decode("latin-1"),
        "SERVER_NAME": request.url.host,
        "SERVER_PORT": str(port),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": request.url.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for raw_name, raw_value in request.headers.raw:
        name, value = raw_name.decode("latin-1").upper().replace("-", "_"), raw_value.decode("latin-1")
        key = name if name in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{name}"
        environ[key] = f"{environ[key]}, {value}" if key in environ else value
    return environ
