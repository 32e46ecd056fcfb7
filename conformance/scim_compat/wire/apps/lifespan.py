"""Start-up and shutdown of an ASGI application, by asgi-lifespan."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from asgi_lifespan import LifespanManager

from scim_compat.wire.apps.common import LOG, summary

STARTUP_TIMEOUT: Final = 30.0
SHUTDOWN_TIMEOUT: Final = 5.0

Message = MutableMapping[str, Any]
AsgiApp = Callable[[Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]]


class _EndedError(Exception):
    """The application left the lifespan before its end."""


class Lifespan:
    """One lifespan (ASGI lifespan 2.0), and the state that it leaves for requests.

    asgi-lifespan sends the events and bounds the waiting. It would wait in vain for an application that returns at
    once or reports a failure without raising, and it names no version; ``_watched`` covers these cases.
    """

    def __init__(self, app: AsgiApp) -> None:
        self.state: Message = {}
        self._app = app
        self._manager: LifespanManager | None = None
        self._failure = ""
        """The application's own report that start-up or shutdown failed."""

    async def start(self) -> str:
        """Starts the application. Returns the reason if that failed.

        An application that raises on a lifespan simply has none.
        """
        manager = LifespanManager(self._watched, startup_timeout=STARTUP_TIMEOUT, shutdown_timeout=SHUTDOWN_TIMEOUT)
        try:
            await manager.__aenter__()
        except TimeoutError:
            return f"no end within {STARTUP_TIMEOUT:g} s"
        except Exception as error:  # noqa: BLE001 - the specification's way to say "no lifespan here"
            LOG.debug("no lifespan: %s", type(error).__name__)
            return self._failure
        self._manager = manager
        return ""

    async def stop(self) -> None:
        """Shuts the application down, if it was started."""
        if self._manager is None:
            return
        try:
            await self._manager.__aexit__()
        except Exception as error:  # noqa: BLE001 - the run is over, and its results do not depend on this
            LOG.debug("the application's shutdown: %s", type(error).__name__)

    async def _watched(
        self, scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
    ) -> None:
        is_over = False
        self.state = scope["state"]

        async def tell(event: Message) -> None:
            nonlocal is_over
            if event["type"].endswith(".failed"):
                self._failure = event.get("message") or "failed"
                raise _EndedError
            is_over = event["type"] == "lifespan.shutdown.complete"
            await send(event)

        try:
            await self._app({**scope, "asgi": {"version": "3.0", "spec_version": "2.0"}}, receive, tell)
        except TimeoutError as error:  # the application's, not that of the waiting
            raise _EndedError from error
        except SystemExit as error:  # it would end the event loop
            self._failure = summary(error)
            raise _EndedError from error
        if not is_over:
            raise _EndedError
