"""The sockets: one for the hostile server, one for the host that must hear nothing."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from typing import Any, Self

from .base import CLOSE, Answer, Asked, Hang, Scene, Script, Which, reply


class HostileServer:
    """Serves one case on a loopback port. A thread a connection; all of them end when it is left."""

    def __init__(self, script: Script, on: Which, scene: Scene, context: ssl.SSLContext | None = None) -> None:
        self.scene = scene
        self._script = script
        self._on = on
        self._context = context
        self._guard = threading.Lock()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        scheme = "https" if context else "http"
        scene.origin = f"{scheme}://127.0.0.1:{self._listener.getsockname()[1]}"
        scene.stop = self.stop
        self._start(self._accept)

    def _start(self, function: Callable[..., None], *args: Any) -> None:
        thread = threading.Thread(target=function, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def stop(self) -> None:
        """Closes the port; connections that are open stay so."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.scene.over.set()
        self.stop()
        with self._guard:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.settimeout(30)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        hello = self.scene.memory.get("hello")
        try:
            if hello is not None and hello(connection):
                connection.close()
                return
            if self._context:
                connection = self._context.wrap_socket(connection, server_side=True)
        except OSError:
            connection.close()
            return
        with self._guard:
            self._open.add(connection)
        try:
            while (asked := self._read(connection)) is not None:
                answer = self._answer(asked)
                if isinstance(answer, Hang):
                    if answer.reset:
                        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    return
                connection.sendall(answer if isinstance(answer, bytes) else answer.bytes)
        except OSError:
            return
        finally:
            with self._guard:
                self._open.discard(connection)
            connection.close()

    def _answer(self, asked: Asked) -> Answer:
        with self._guard:
            mine = self._on(asked)
            self.scene.hits += mine
        try:
            return self._script(asked) if mine else asked.good()
        except OSError:
            return CLOSE
        except Exception as fault:  # a broken case must not pass for a hostile server
            self.scene.faults.append(f"{type(fault).__name__}: {fault} at {asked.method} {asked.target}")
            return CLOSE

    def _read(self, connection: socket.socket) -> Asked | None:
        data = b""
        while b"\r\n\r\n" not in data:
            chunk = connection.recv(65536)
            if not chunk:
                return None
            data += chunk
        head, _, body = data.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        while len(body) < int(headers.get("content-length", "0")):
            chunk = connection.recv(65536)
            if not chunk:
                return None
            body += chunk
        self.scene.requests.append(head + b"\r\n\r\n" + body)
        method, target, _ = lines[0].split(" ", 2)
        return Asked(self.scene, connection, method, target, headers, body)


class Elsewhere:
    """Another host: notes whatever it is sent, and answers like a service that is glad of a credential."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.origin = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                connection.settimeout(5)
                self.heard.append(connection.recv(65536) or b"(connected)")
                connection.sendall(reply(200, b'{"schemas": [], "id": "elsewhere"}').bytes)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)
