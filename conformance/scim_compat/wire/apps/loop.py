"""An event loop in a thread of its own, for a caller that is not asynchronous."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

from scim_compat.wire.apps.common import LOG

T = TypeVar("T")

_JOIN_TIMEOUT: Final = 1.0


class LoopThread:
    """Runs from its construction until ``close``, like the loop of a server.

    An application that blocks the loop keeps its thread; the caller waits no longer than it says.
    """

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._loop.set_exception_handler(_log)
        self._is_closing = False
        self._thread = threading.Thread(target=self._serve, name="scim-compat-asgi", daemon=True)
        self._thread.start()

    def run(self, coroutine: Coroutine[Any, Any, T], timeout: float) -> T:
        """Returns the result of ``coroutine``. Raises TimeoutError after ``timeout`` seconds and cancels it."""
        tasks: list[asyncio.Task[Any] | None] = []
        given_up = threading.Event()

        async def cancellable() -> T:
            if given_up.is_set():
                coroutine.close()
                raise asyncio.CancelledError
            tasks.append(asyncio.current_task())
            return await coroutine

        try:
            return asyncio.run_coroutine_threadsafe(cancellable(), self._loop).result(timeout)
        except BaseException:  # Ctrl-C in the waiting thread, too: it may come before there is a future to cancel
            given_up.set()
            self._loop.call_soon_threadsafe(_cancel, tasks)
            raise

    def close(self) -> None:
        """Ends the loop and what still runs on it. Waits a second for applications that hold it up."""
        self._is_closing = True
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_JOIN_TIMEOUT)

    def _serve(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            while not self._is_closing:
                try:
                    runner.get_loop().run_forever()
                except (SystemExit, KeyboardInterrupt) as error:  # of a task that the application started
                    LOG.error("a task of the application raised %s", type(error).__name__)


def _cancel(tasks: list[asyncio.Task[Any] | None]) -> None:
    for task in tasks:
        if task is not None:
            task.cancel()


def _log(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """asyncio's own handler would print the exception, and with it a secret that the application quotes."""
    LOG.error("in the application's event loop: %s (%s)", context["message"], type(context.get("exception")).__name__)
