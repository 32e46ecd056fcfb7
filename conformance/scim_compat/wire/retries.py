"""Repeating a request after 429 and 503, as Retry-After asks."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from scim_compat.wire.messages import Response
from scim_compat.wire.strict_json import sanitise


class Retries:
    """The repetitions of one request. It counts them, so each request has its own.

    ``limit``: repetitions at most. ``wait_cap``: seconds of one wait at most. ``total_cap``: seconds of all waits at
    most. ``clean`` redacts what is quoted of the server.
    """

    def __init__(self, *, limit: int, wait_cap: float, total_cap: float, clean: Callable[[str], str]) -> None:
        self._limit = limit
        self._wait_cap = wait_cap
        self._total_cap = total_cap
        self._clean = clean
        self._notes: list[str] = []
        self._repeats = 0
        self._waited = 0.0

    @property
    def notes(self) -> tuple[str, ...]:
        """One plain sentence for each Retry-After."""
        return tuple(self._notes)

    def wait_after(self, response: Response) -> float | None:
        """Seconds to wait before the request is sent again; None if it is not to be sent again."""
        value = response.header("Retry-After")
        if response.status not in (429, 503) or value is None:
            return None
        seconds = retry_after(value, response.header("Date"))
        refusal = self._refusal(seconds)
        end = refusal or f"waited {seconds:g} s"
        quoted = sanitise(self._clean(value))
        self._notes.append(self._clean(f"{response.status}, Retry-After: {quoted}: {end}"))
        if seconds is None or refusal:
            return None
        self._waited += seconds
        self._repeats += 1
        return seconds

    def _refusal(self, seconds: float | None) -> str:
        """The reason not to wait that long; empty if there is none."""
        if seconds is None:
            return "neither a number of seconds nor a future date, not waited"
        if seconds > self._wait_cap:
            return "too long, not waited"
        if self._repeats >= self._limit:
            return f"repeated {self._repeats} times already, not waited"
        if self._waited + seconds > self._total_cap:
            return f"waited {self._waited:g} s for this request already, not waited"
        return ""


def retry_after(value: str, date: str | None = None) -> float | None:
    """Seconds that a Retry-After header asks for (RFC 9110 section 10.2.3), or None if it is unusable.

    A date is counted from the answer's own Date, where there is one: the clocks may differ.
    """
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(text) if len(text) <= 12 else math.inf
    until = _http_date(text)
    if until is None:
        return None
    now = (_http_date(date) if date else None) or datetime.now(UTC)
    seconds = (until - now).total_seconds()
    return seconds if seconds >= 0 else None


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
