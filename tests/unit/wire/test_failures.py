"""Why no answer came: each kind of error in words, with what to check next."""

from __future__ import annotations

import socket
import ssl

import httpx
import pytest
from scim_compat.wire.failures import PeerClosed, explain


def caused(error: Exception, cause: BaseException) -> Exception:
    error.__cause__ = cause
    return error


def certificate(code: int, message: str = "odd") -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, message)
    error.verify_code, error.verify_message = code, message
    return error


def tls(reason: str | None) -> ssl.SSLError:
    error = ssl.SSLError(1, "x")
    error.reason = reason  # type: ignore[assignment]
    return error


class TooLongError(Exception):
    error_status_hint = 431


NO_ANSWER = httpx.ConnectError("x")
CASES = [
    (caused(httpx.ConnectError("x"), socket.gaierror(8, "not known")), "dns", "The name h.example cannot be resolved (not known)"),
    (caused(httpx.ConnectError("x"), certificate(10)), "tls", "certificate of h.example:443 was not accepted: it has expired"),
    (caused(httpx.ConnectError("x"), certificate(99)), "tls", "was not accepted: odd."),
    (caused(httpx.ConnectError("x"), tls("WRONG_VERSION_NUMBER")), "tls", "does not speak TLS. Should the base URL start with http://"),
    (caused(httpx.ReadError("x"), tls("TLSV13_ALERT_CERTIFICATE_REQUIRED")), "tls", "Does it ask for a client certificate?"),
    (caused(httpx.ConnectError("x"), tls(None)), "tls", "failed (no reason given). Check its TLS versions"),
    (httpx.ConnectTimeout("x"), "connect", "No connection to h.example:443 in time."),
    (httpx.ReadTimeout("x"), "timeout", "No complete answer within 7 s."),
    (caused(httpx.ConnectError("x"), ConnectionRefusedError(111, "refused")), "connect", "refused the connection. Is the server running"),
    (caused(httpx.ConnectError("x"), ConnectionResetError(104, "reset")), "connect", "while it was being set up"),
    (caused(httpx.ConnectError("x"), ssl.SSLEOFError(8, "eof")), "connect", "while it was being set up"),
    (caused(httpx.ConnectError("x"), OSError(113, "No route to host")), "connect", "No connection to h.example:443 (No route to host). Check"),
    (NO_ANSWER, "connect", "No connection to h.example:443. Check the host"),
    (httpx.ProxyError("407 S3CRET"), "connect", "The proxy refused the connection to h.example:443: 407 [removed]."),
    (PeerClosed("x"), "reset", "closed the connection before the answer was complete"),
    (httpx.WriteError("x"), "reset", "closed the connection before the answer was complete"),
    (caused(httpx.RemoteProtocolError("x"), TooLongError()), "too-large", "are larger than 100 kB"),
    (httpx.RemoteProtocolError("illegal S3CRET\x1b"), "protocol", "does not answer in HTTP/1.1 (illegal [removed]"),
    (httpx.LocalProtocolError("bad S3CRET"), "other", "cannot be written as HTTP/1.1: bad [removed]."),
    (ValueError("S3CRET"), "other", "ValueError: [removed]"),
]  # fmt: skip


@pytest.mark.parametrize(("error", "kind", "text"), CASES)
def test_an_error_in_words(error: Exception, kind: str, text: str):
    told = explain(
        error, peer="h.example:443", host="h.example", timeout=7, clean=lambda said: said.replace("S3CRET", "[removed]")
    )
    assert told.kind == kind
    assert text in told.text
    assert told.text.isprintable()


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (caused(httpx.ConnectError("x"), socket.gaierror(8, "not known")), "The name of the proxy cannot be resolved"),
        (httpx.ConnectTimeout("x"), "No connection to the proxy in time"),
        (caused(httpx.ConnectError("x"), ConnectionRefusedError()), "the proxy refused the connection."),
    ],
)
def test_the_proxy_is_named_where_there_is_one(error: Exception, text: str):
    assert text in explain(error, peer="h:1", host="h", timeout=1, proxy=True).text


def test_causes_that_go_in_circles_end():
    one, other = httpx.ConnectError("one"), OSError("other")
    one.__cause__, other.__context__ = other, one
    assert explain(one, peer="h:1", host="h", timeout=1).kind == "connect"
