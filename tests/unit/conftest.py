"""Unit tests need no socket and no process: here none can be had."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest

BARRED = {
    "socket.bind": "binds a socket: it belongs into tests/served",
    "socket.connect": "connects a socket: it belongs into tests/served",
    "subprocess.Popen": "starts a process: it belongs into tests/process",
    "os.fork": "starts a process: it belongs into tests/process",
    "os.posix_spawn": "starts a process: it belongs into tests/process",
    "os.system": "starts a process: it belongs into tests/process",
}
"""Event of the interpreter's audit -> what to do about a unit test that raises it."""

running: list[str] = []
"""The unit test that runs, if one does."""


def audit(event: str, _arguments: tuple[Any, ...]) -> None:
    if event in BARRED and running:
        raise RuntimeError(f"{running[-1]} {BARRED[event]}")


sys.addaudithook(audit)


@pytest.fixture(autouse=True)
def _no_socket_and_no_process(request: pytest.FixtureRequest) -> Iterator[None]:
    running.append(request.node.nodeid)
    yield
    running.pop()
