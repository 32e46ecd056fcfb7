"""Several calls at the same time, each in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

_START: Final = 5.0
"""Seconds that the threads wait for each other, so that none has ended before the last begins."""

T = TypeVar("T")


def at_once(calls: Sequence[Callable[[], T]]) -> list[T]:
    """The results in the order of the calls. Raises the error of the first call that has one, after all have ended.

    The threads are daemons and the wait can be interrupted: Ctrl-C does not wait for a server.
    """
    results: dict[int, T] = {}
    errors: dict[int, BaseException] = {}
    start = threading.Barrier(len(calls))

    def run(number: int, call: Callable[[], T]) -> None:
        try:
            start.wait(_START)
            results[number] = call()
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that asked
            errors[number] = error

    threads = [threading.Thread(target=run, args=pair, daemon=True) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[min(errors)]
    return [results[number] for number in range(len(calls))]
