"""Unit tests need no socket and no process: here none can be had."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

UNIT = Path(__file__).parent


class NotAUnitTestError(Exception):
    """A test in ``tests/unit`` needs what its folder rules out."""


def barred(what: str, folder: str) -> Callable[..., Any]:
    def refuse(*_arguments: Any, **_more: Any) -> Any:
        raise NotAUnitTestError(f"this test {what}: it belongs into tests/{folder}")

    return refuse


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """From the set-up of a unit test to its end; pytest calls this hook for tests of other folders as well."""
    if not item.path.is_relative_to(UNIT):
        return (yield)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("bind", "connect", "connect_ex"):
            patch.setattr(socket.socket, name, barred(f"calls socket.{name}", "served"))
        patch.setattr(subprocess.Popen, "__init__", barred("starts a process", "process"))
        for name in ("fork", "posix_spawn", "system"):
            patch.setattr(os, name, barred(f"calls os.{name}", "process"))
        return (yield)
