"""Shared by the WSGI and the ASGI bridge."""

from __future__ import annotations

import logging
import traceback
import typing
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

import httpx

from scim_compat.wire.terms import terms_of

LOG: Final = logging.getLogger("scim_compat.wire.apps")


def crashed(error: BaseException, request: httpx.Request) -> httpx.Response:
    """The answer of a server whose application raised. The traceback goes to the log, without secrets."""
    redact = terms_of(request).redact
    LOG.error("the application raised:\n%s", redact("".join(traceback.format_exception(error))))
    text = f"Internal Server Error\nThe application raised {summary(error, redact)}\n"
    headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(text.encode())))]
    return httpx.Response(500, headers=headers, content=text.encode())


def target_of(request: httpx.Request) -> tuple[bytes, bytes]:
    """Raw path and query."""
    path, _, query = terms_of(request).target.partition(b"?")
    return path, query


def body_of(request: httpx.Request) -> bytes:
    return b"".join(typing.cast("Iterable[bytes]", request.stream))


def is_silent(method: str, status: int) -> bool:
    """True for an answer that a server sends without a body, whatever the application gives."""
    return method == "HEAD" or status in (204, 304)


def summary(error: BaseException, redact: Callable[[str], str] = str) -> str:
    """The exception, its text in one line, and the place it came from."""
    text = " ".join(redact(str(error)).split())[:200]
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}{': ' if text else ''}{text}{place}"
