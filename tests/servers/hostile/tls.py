"""Certificates and handshakes."""

from __future__ import annotations

import datetime as dt
import functools
import socket
import ssl

import trustme

from .base import CLOSE, Answer, Asked, Scene, unreachable

_SOON = dt.datetime(2400, 1, 1, tzinfo=dt.UTC)


@functools.cache
def authority() -> trustme.CA:
    return trustme.CA()


def context(kind: str) -> ssl.SSLContext:
    """The server's side: ``good``, ``wrong-host``, ``expired``, ``not-yet`` or ``unknown`` (another CA)."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    day = functools.partial(dt.datetime, tzinfo=dt.UTC)
    given = {
        "expired": {"not_before": day(2019, 1, 1), "not_after": day(2020, 1, 1)},
        "not-yet": {"not_before": _SOON, "not_after": day(2401, 1, 1)},
    }.get(kind, {})
    issuer = trustme.CA() if kind == "unknown" else authority()
    name = "other.example" if kind == "wrong-host" else "127.0.0.1"
    issuer.issue_cert(name, **given).configure_cert(made)
    return made


def never(asked: Asked) -> Answer:
    """No request may come through a connection that is not trusted."""
    asked.scene.faults.append(f"{asked.method} {asked.target} was sent although the certificate is no good")
    return CLOSE


def _connected(scene: Scene) -> None:
    """Counts connections: a certificate has its say before any request."""

    def hello(_: socket.socket) -> bool:
        scene.hits += 1
        return False

    scene.memory["hello"] = hello


def _refused(name: str, kind: str, says: str, doc: str) -> None:
    def script(asked: Asked) -> Answer:
        return never(asked)

    script.__doc__ = doc
    unreachable("tls", name=name, tls=kind, says=("certificate", says), before=_connected)(script)


_refused("tls-wrong-host", "wrong-host", "it was not issued for this", "A certificate for another host. Not testable.")
_refused("tls-expired", "expired", "it has expired", "A certificate of 2019. Not testable.")
_refused(
    "tls-not-yet-valid", "not-yet", "it is not valid yet: check the clocks", "A certificate of 2400. Not testable."
)
_refused("tls-unknown-authority", "unknown", "--ca FILE", "A certificate that nobody vouches for. Not testable.")


def _hello(scene: Scene, answer: bytes, *, wait: bool = False) -> None:
    def hello(connection: socket.socket) -> bool:
        scene.hits += 1
        connection.recv(65536)
        if answer:
            connection.sendall(answer)
        if wait:
            scene.over.wait(30)
        return True

    scene.memory["hello"] = hello


@unreachable(
    "tls", tls="good", says="does not speak TLS", before=lambda s: _hello(s, b"HTTP/1.1 400 Bad Request\r\n\r\n")
)
def tls_where_http_is_spoken(asked: Asked) -> Answer:
    """Plain HTTP behind an https URL. Not testable."""
    return never(asked)


@unreachable("tls", tls="good", says="TLS", before=lambda s: _hello(s, b"\x15\x03\x03\x00\x02\x02\x28"))
def tls_refused_by_an_alert(asked: Asked) -> Answer:
    """The server ends the handshake with the alert handshake_failure. Not testable."""
    return never(asked)


@unreachable("tls", tls="good", says="closed the connection while it was being set up", before=lambda s: _hello(s, b""))
def tls_cut_off(asked: Asked) -> Answer:
    """The connection ends in the middle of the handshake. Not testable."""
    return never(asked)


@unreachable("tls", tls="good", timeout=1, says="in time", before=lambda s: _hello(s, b"", wait=True))
def tls_never_answered(asked: Asked) -> Answer:
    """The handshake never goes on. Not testable, after the time that the user allows."""
    return never(asked)
