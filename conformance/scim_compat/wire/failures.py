"""Explains why no answer came, and names the next thing to check."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from typing import Final

import httpx

from scim_compat.wire.messages import Failure, FailureKind
from scim_compat.wire.strict_json import sanitise


class PeerClosed(httpx.RemoteProtocolError):
    """The other side closed the connection before the answer was complete."""


_CERTIFICATE_ADVICE: Final = {
    9: "it is not valid yet: check the clocks",
    10: "it has expired: the endpoint needs a new one",
    18: "it is self-signed: give it as a trusted CA with `--ca FILE`",
    19: "its chain ends in a CA that is not trusted here: give that CA with `--ca FILE`",
    20: "its issuer is not known here: the endpoint must send the intermediate certificates, "
    "or give a private CA with `--ca FILE`",
    21: "its issuer is not known here: the endpoint must send the intermediate certificates, "
    "or give a private CA with `--ca FILE`",
    62: "it was not issued for this host name: check the host in the base URL",
    64: "it was not issued for this IP address: use the host name in the base URL",
}


def explain(
    error: Exception,
    *,
    peer: str,
    host: str,
    timeout: float,
    proxy: bool = False,
    clean: Callable[[str], str] = str,
) -> Failure:
    """A transport error as a failure: its kind, and a sentence with its meaning and the next thing to check.

    ``peer`` is ``host:port`` as in the URL, ``timeout`` the seconds that were given. ``proxy`` is true where
    connections go through one. ``clean`` redacts foreign words before they are cut to a quotable length.
    """

    def quoted(text: object) -> str:
        return sanitise(clean(str(text)))

    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, socket.gaierror):
            name = "The name of the proxy" if proxy else f"The name {host}"
            reason = quoted(cause.strerror or "no address")
            return Failure(
                FailureKind.DNS,
                f"{name} cannot be resolved ({reason}). Check its spelling, and this machine's DNS and VPN.",
            )
        if isinstance(cause, ssl.SSLCertVerificationError):
            advice = _CERTIFICATE_ADVICE.get(cause.verify_code, quoted(cause.verify_message))
            return Failure(FailureKind.TLS, f"The certificate of {peer} was not accepted: {advice}.")
        if isinstance(cause, ssl.SSLError) and not isinstance(cause, ssl.SSLEOFError):
            return Failure(FailureKind.TLS, _tls_text(cause, peer))
    near = "the proxy" if proxy else peer
    if isinstance(error, httpx.ConnectTimeout):
        return Failure(
            FailureKind.CONNECT,
            f"No connection to {near} in time. Check the host and port, and whether a firewall drops the packets.",
        )
    if isinstance(error, httpx.TimeoutException):
        return Failure(
            FailureKind.TIMEOUT,
            f"No complete answer within {timeout:g} s. Check the endpoint's log for this request, "
            "and whether something in between holds it back.",
        )
    if isinstance(error, httpx.ConnectError):
        return Failure(FailureKind.CONNECT, _connect_text(causes, near))
    if isinstance(error, httpx.ProxyError):
        return Failure(FailureKind.CONNECT, f"The proxy refused the connection to {peer}: {quoted(error)}.")
    if isinstance(error, (PeerClosed, httpx.NetworkError)):
        return Failure(
            FailureKind.RESET,
            f"{peer} closed the connection before the answer was complete. "
            "Check the endpoint's log for a crash, and its limits on requests and time.",
        )
    if isinstance(error, httpx.RemoteProtocolError):
        if any(getattr(cause, "error_status_hint", 0) == 431 for cause in causes):
            return Failure(FailureKind.TOO_LARGE, f"The headers of the answer of {peer} are larger than 100 kB.")
        return Failure(
            FailureKind.PROTOCOL,
            f"{peer} does not answer in HTTP/1.1 ({quoted(error)}). "
            "Check the port, and whether the base URL should start with https://.",
        )
    if isinstance(error, httpx.LocalProtocolError):
        return Failure(FailureKind.OTHER, f"This request cannot be written as HTTP/1.1: {quoted(error)}.")
    return Failure(FailureKind.OTHER, f"{type(error).__name__}: {quoted(error)}")


def _connect_text(causes: list[BaseException], near: str) -> str:
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return f"{near} refused the connection. Is the server running, and is the port right?"
    if any(isinstance(cause, (ConnectionError, ssl.SSLEOFError)) for cause in causes):
        return f"{near} closed the connection while it was being set up. Does the port speak what the URL says?"
    reason = next((cause.strerror for cause in causes if isinstance(cause, OSError) and cause.strerror), "")
    detail = f" ({sanitise(reason)})" if reason else ""
    return f"No connection to {near}{detail}. Check the host, the port and the network."


def _tls_text(error: ssl.SSLError, peer: str) -> str:
    reason = error.reason or ""
    if reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG"):
        return f"{peer} does not speak TLS. Should the base URL start with http://, or is the port another one?"
    if "CERTIFICATE_REQUIRED" in reason or reason == "SSLV3_ALERT_HANDSHAKE_FAILURE":
        return f"{peer} refused the TLS handshake ({reason}). Does it ask for a client certificate?"
    detail = sanitise(reason or "no reason given")
    return f"TLS with {peer} failed ({detail}). Check its TLS versions and certificate."


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error, its causes, and the errors that they carry as arguments."""
    visited: set[int] = set()
    while error is not None and id(error) not in visited:
        visited.add(id(error))
        yield error
        yield from (part for part in error.args if isinstance(part, BaseException))
        error = error.__cause__ or error.__context__
