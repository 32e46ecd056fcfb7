"""Connections that are refused, cut, or kept waiting."""

from __future__ import annotations

import socket

from .base import CLOSE, RESET, Answer, Asked, Scene, by, case, everything, tested, unreachable


def _close_the_port(scene: Scene) -> None:
    scene.stop()


def _reset_at_once(scene: Scene) -> None:
    def hello(connection: socket.socket) -> bool:
        scene.hits += 1
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        return True

    scene.memory["hello"] = hello


@case("transport", on=tested, status=3, says="refused the connection. Is the server running", left=True)
def refused_from_the_middle_on(asked: Asked) -> Answer:
    """The server dies after the first look. An error, no finding; what was made is listed as left."""
    asked.scene.stop()
    return CLOSE


@unreachable("transport", says=("closed the connection",), before=_reset_at_once)
def reset_when_connecting(asked: Asked) -> Answer:  # pragma: no cover - no request comes so far
    """Each connection is reset before a byte is read. Not testable."""
    return RESET


@case("transport", on=by("POST"), status=3, says="closed the connection before the answer was complete")
def reset_after_the_creation(asked: Asked) -> Answer:
    """The user is made, then the connection reset. An error; the user is looked up by name, and deleted."""
    asked.good()
    return RESET


@case("transport", on=by("POST"), status=3, says="The answer began (status 201) but did not end.")
def reset_in_the_middle_of_the_body(asked: Asked) -> Answer:
    """Half of the body, then a RST. An error; the user is looked up by name, and deleted."""
    whole = asked.good().bytes
    asked.send(whole[:-40])
    return RESET


@case("transport", status=3, says="closed the connection before the answer was complete")
def closed_without_an_answer(asked: Asked) -> Answer:
    """Every request of the client ends in a FIN. An error."""
    return CLOSE


@case("transport", on=tested, status=3, left=False, says="closed the connection before the answer was complete")
def closed_to_everybody(asked: Asked) -> Answer:
    """From the first bystander on nothing is answered, and nothing made. An error, and a note about the bystanders."""
    return CLOSE


@case("transport", on=by("POST"), timeout=1, finds="http.in-time", says="No complete answer within 1 s.")
def silent(asked: Asked) -> Answer:
    """The creation is never answered. A finding: the client gives up."""
    asked.good()
    return asked.wait()


@case("transport", on=by("POST"), timeout=1, finds="http.in-time", says="No complete answer within 1 s.")
def slow_headers(asked: Asked) -> Answer:
    """One byte of a header every now and then. A finding: the client gives up."""
    return asked.drip(b"HTTP/1.1 201 Created\r\nX-Slow: ", b"y")


@case(
    "transport", on=by("POST"), timeout=1, finds="http.in-time", says="The answer began (status 201) but did not end."
)
def slow_body(asked: Asked) -> Answer:
    """The body comes byte by byte, and would take hours. A finding: the client gives up."""
    return asked.drip(b"HTTP/1.1 201 Created\r\nContent-Length: 900000\r\n\r\n", b" ")


@case(
    "transport", on=by("POST"), timeout=1, finds="http.in-time", says="The answer began (status 201) but did not end."
)
def slow_chunks(asked: Asked) -> Answer:
    """Chunks of one byte, for ever. A finding: the client gives up."""
    return asked.drip(b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n")


@unreachable("transport", timeout=1, says="No complete answer within 1 s.")
def silent_from_the_start(asked: Asked) -> Answer:
    """Takes the request and says nothing. Not testable, after the time that the user allows."""
    return asked.wait()


@case(
    "transport",
    on=tested,
    timeout=0.5,
    status=1,
    finds="http.in-time",
    left=True,
    says="no bystander user could be made",
)
def silent_from_the_middle_on(asked: Asked) -> Answer:
    """Makes the bystanders and goes dumb. Clean-up gives up as well, in the time that the user allows."""
    if asked.method == "POST" and not asked.by_client:
        asked.good()
    return asked.wait()


@case(
    "transport",
    on=by("DELETE", client_only=False),
    status=3,
    only="users.delete",
    left=True,
    says="the server did not delete it, or could not be asked",
)
def deletes_are_cut_off(asked: Asked) -> Answer:
    """No DELETE is answered, not even clean-up's. What is left is listed."""
    return CLOSE


@unreachable("transport", on=everything, says="does not answer in HTTP/1.1 (illegal status line")
def another_protocol(asked: Asked) -> Answer:
    """An SSH server. Not testable."""
    return b"SSH-2.0-OpenSSH_9.6\r\n\r\n"


@case("transport", on=by("POST"), says="does not answer in HTTP/1.1", status=3)
def random_bytes(asked: Asked) -> Answer:
    """Bytes without any meaning in place of the answer. An error."""
    asked.good()
    asked.send(bytes(range(256)) * 8 + b"\r\n\r\n")
    return CLOSE


@case("transport", status=0, says='"outcome": "pass"')
def a_new_connection_for_each_answer(asked: Asked) -> Answer:
    """Connection: close with each answer. Clients reconnect; nothing is wrong."""
    asked.send(asked.good().plus(("Connection", "close")).bytes)
    return CLOSE
