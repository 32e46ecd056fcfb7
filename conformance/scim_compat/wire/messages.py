"""One request as it goes out and what came of it: an answer or a failure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from scim_compat.values import MISSING, Json

CredentialUse = Literal["valid", "none", "wrong"]


@dataclass(frozen=True, slots=True)
class Request:
    """One request, ready to send.

    ``target`` is the raw path and query below the endpoint's base URL, already encoded
    (``/Users?filter=userName+eq+%22a%22&flag``); it goes out byte for byte.
    """

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    credential: CredentialUse = "valid"
    timeout: float | None = None
    """Seconds the client would wait for the whole answer; None: the run's default."""


@dataclass(frozen=True, slots=True)
class Response:
    """One answer as it came. ``body`` is what was read, at most the run's cap."""

    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    truncated: bool = False
    json: Json = MISSING
    """The parsed body, or MISSING if there is none or it is not JSON."""
    json_problems: tuple[str, ...] = ()
    """Why the body is not clean JSON: invalid UTF-8, duplicate keys, NaN … Empty if it is clean."""

    def header(self, name: str) -> str | None:
        """The first header of that name, in any case, or None."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)

    @property
    def media_type(self) -> str:
        """The media type without parameters, lower-case; empty if none was sent."""
        return (self.header("content-type") or "").split(";", 1)[0].strip().lower()

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


FailureKind = Literal["dns", "connect", "tls", "timeout", "reset", "protocol", "too-large", "auth", "other"]


@dataclass(frozen=True, slots=True)
class Failure:
    """Why no usable answer came. ``text`` is a plain sentence, free of secrets."""

    kind: FailureKind
    text: str


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and what came of it: either a response or a failure."""

    request: Request
    url: str
    response: Response | None
    failure: Failure | None = None
    ms: float = 0.0
    """Milliseconds from sending to the last byte, without waits for Retry-After."""
    waits: tuple[str, ...] = ()
    """One plain sentence for each 429/503 that was waited for."""
