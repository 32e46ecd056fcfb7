"""Serves a WSGI application on loopback.

The standard library's WSGI server speaks HTTP/1.0 and closes after each answer; provisioning clients keep
their connections, so this one does as well. It sends the application's headers and adds nothing but the length,
so a test sees the answer that its server gave.
"""

from __future__ import annotations

import contextlib
import io
import socket
import socketserver
import ssl
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any, Final
from urllib.parse import unquote_to_bytes

WsgiApp = Callable[[dict[str, Any], Any], Iterable[bytes]]
_DRAIN: Final = 8_000_000
"""Bytes of a body that are read for the sake of the connection; a longer one ends it."""


@contextlib.contextmanager
def serve(app: WsgiApp, *, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Serves ``app`` on a free loopback port; yields its origin, ``http://127.0.0.1:PORT``.

    HTTP/1.1 with keep-alive, one daemon thread a connection. On exit the port is closed, open
    connections are cut, and no thread is waited for longer than two seconds.
    """
    with _Server(app, tls) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        scheme = "https" if tls else "http"
        try:
            yield f"{scheme}://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            server.cut()
            thread.join(timeout=2)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, app: WsgiApp, tls: ssl.SSLContext | None) -> None:
        self.app = app
        self.tls = tls
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        super().__init__(("127.0.0.1", 0), _Handler)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """In the connection's own thread, so that a slow handshake holds nobody up."""
        try:
            request.settimeout(60)
            if self.tls:
                request = self.tls.wrap_socket(request, server_side=True)
        except OSError:
            request.close()
            return
        with self._guard:
            self._open.add(request)
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._guard:
                self._open.discard(request)

    def cut(self) -> None:
        """End the connections that clients keep alive."""
        with self._guard:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no error; anything else must show."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Server

    def answer(self) -> None:
        """One request: the WSGI call, then one write."""
        length = int(self.headers.get("Content-Length") or 0)
        if length > _DRAIN:
            self.close_connection = True
        body = self.rfile.read(min(length, _DRAIN))
        chunks: list[bytes] = []
        head: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], _: Any = None) -> None:
            head[:] = [status, headers]

        result = self.server.app(self.environ(body, length), start_response)
        try:
            chunks.extend(result)
        finally:
            if hasattr(result, "close"):
                result.close()
        status, headers = head
        code, _, reason = status.partition(" ")
        content = b"".join(chunks)
        self.send_response_only(int(code), reason)
        names = {name.lower() for name, _ in headers}
        for name, value in headers:
            self.send_header(name, value)
        if "content-length" not in names and int(code) not in {204, 304}:
            self.send_header("Content-Length", str(len(content)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
        self.wfile.flush()

    def __getattr__(self, name: str) -> Any:
        """The base class looks for do_GET, do_PATCH …: every method goes to the application."""
        if name.startswith("do_"):
            return self.answer
        raise AttributeError(name)

    def environ(self, body: bytes, length: int) -> dict[str, Any]:
        path, _, query = self.path.partition("?")
        host, port = self.server.server_address[:2]
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": _unquoted(path),
            "QUERY_STRING": query,
            "SERVER_NAME": host,
            "SERVER_PORT": str(port),
            "SERVER_PROTOCOL": self.request_version,
            "REMOTE_ADDR": self.client_address[0],
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(length),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "https" if self.server.tls else "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        for name, value in self.headers.items():
            if name.lower() not in {"content-type", "content-length"}:  # PEP 3333: they have no HTTP_ twin
                environ.setdefault("HTTP_" + name.upper().replace("-", "_"), value)
        return environ

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Quiet: the record of the run is the log."""


def _unquoted(path: str) -> str:
    """Percent-decoded bytes as latin-1, as WSGI wants them (PEP 3333)."""
    return unquote_to_bytes(path.encode("latin-1")).decode("latin-1")
