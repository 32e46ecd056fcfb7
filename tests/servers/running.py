"""Serve a WSGI application on loopback, or reach it without a socket."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

import httpx

from servers import loopback

WsgiApp = Callable[[dict[str, Any], Any], Iterable[bytes]]
MOUNT: Final = "/scim/v2"


def mounted(app: WsgiApp, prefix: str = MOUNT) -> WsgiApp:
    """The application below a path; anything else on the host is a plain 404."""

    def outer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path != prefix and not path.startswith(f"{prefix}/"):
            start_response("404 Not Found", [("Content-Type", "text/plain"), ("Content-Length", "9")])
            return [b"not found"]
        inner = environ | {"SCRIPT_NAME": prefix, "PATH_INFO": path[len(prefix) :]}
        return app(inner, start_response)

    return outer


def client(app: WsgiApp, *, token: str | None = "good-token") -> httpx.Client:
    """An httpx client that calls the application in process, at ``http://good.example/scim/v2``."""
    return httpx.Client(
        transport=httpx.WSGITransport(app=_encoded(mounted(app))),
        base_url=f"http://good.example{MOUNT}",
        headers={"Authorization": f"Bearer {token}"} if token else {},
    )


def _encoded(app: WsgiApp) -> WsgiApp:
    """httpx hands over PATH_INFO as text; WSGI wants its UTF-8 bytes as latin-1 (PEP 3333)."""

    def outer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ["PATH_INFO"].encode().decode("latin-1")
        return app(environ | {"PATH_INFO": path}, start_response)

    return outer


@contextlib.contextmanager
def serve(app: WsgiApp, *, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Serve ``app`` on a free loopback port; yields its base URL, ``http://127.0.0.1:PORT/scim/v2``."""
    with loopback.serve(mounted(app), tls=tls) as origin:
        yield origin + MOUNT
