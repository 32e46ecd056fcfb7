"""What something costs, without a clock: a busy machine is slow, and that proves nothing."""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Callable, Iterator
from typing import Any

HANGS = 60
"""Seconds. What is meant to take a fraction of one and takes this long does not end in any useful time."""


def calls(act: Callable[[], Any]) -> int:
    """How many functions ``act`` calls, those written in C included."""
    count = 0

    def seen(_frame: Any, event: str, _arg: Any) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(seen)
    try:
        act()
    finally:
        sys.setprofile(before)
    return count


@contextlib.contextmanager
def ends() -> Iterator[None]:
    """For a search within C, whose steps nobody counts: fails if it is still going after ``HANGS`` seconds."""

    def give_up(_number: int, _frame: Any) -> None:
        raise AssertionError(f"still going after {HANGS} s")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(HANGS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
