"""One request as it goes out, and its outcome: an answer or a failure."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol, runtime_checkable

from scim_compat.values import MISSING, REDACTED, Json
from scim_compat.wire.redact import Redactor


@dataclass(frozen=True, slots=True, repr=False, init=False)
class Headers:
    """Header fields in the order and spelling of the message. Names are looked up in any case.

    Iterating gives (name, value) pairs, a repeated name each time. ``repr`` hides credentials.
    """

    _pairs: tuple[tuple[str, str], ...]
    hidden: frozenset[str] = field(compare=False)
    """Lower-case names whose values ``repr`` hides beside the credentials of the standard headers."""

    def __init__(self, pairs: Iterable[tuple[str, str]] = (), *, hidden: Iterable[str] = ()) -> None:
        object.__setattr__(self, "_pairs", tuple(pairs))
        object.__setattr__(self, "hidden", frozenset(name.lower() for name in hidden))

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._pairs)

    def __len__(self) -> int:
        return len(self._pairs)

    def __repr__(self) -> str:
        values = [
            (name, REDACTED if name.lower() in self.hidden else Redactor().header(name, value)) for name, value in self
        ]
        return f"Headers({values!r})"

    def get(self, name: str) -> str | None:
        """The value of the first header of that name, or None."""
        return next(iter(self.all(name)), None)

    def all(self, name: str) -> tuple[str, ...]:
        """The values of all headers of that name."""
        wanted = name.lower()
        return tuple(value for key, value in self._pairs if key.lower() == wanted)

    def plus(self, *pairs: tuple[str, str]) -> Headers:
        """These headers and more behind them."""
        return Headers((*self._pairs, *pairs), hidden=self.hidden)

    def without(self, *names: str) -> Headers:
        """The headers of other names."""
        unwanted = {name.lower() for name in names}
        return Headers((pair for pair in self._pairs if pair[0].lower() not in unwanted), hidden=self.hidden)


class CredentialUse(enum.StrEnum):
    """The credential that a request carries. Profiles write the values."""

    VALID = "valid"
    NONE = "none"
    WRONG = "wrong"
    """Nothing of the right one is in it."""
    PREFIX = "prefix"
    SUFFIX = "suffix"
    TAIL = "tail"
    CHANGED = "changed"
    OTHER_CASE = "other-case"
    EMPTY = "empty"
    OTHER_SCHEME = "other-scheme"


NEAR_MISSES: Final[Mapping[CredentialUse, str]] = {
    CredentialUse.PREFIX: "the right secret without its last character",
    CredentialUse.SUFFIX: "the right secret with more behind it",
    CredentialUse.TAIL: "the right secret without its first character",
    CredentialUse.CHANGED: "the right secret with one character changed",
    CredentialUse.OTHER_CASE: "the right secret in the other case",
    CredentialUse.EMPTY: "an empty secret",
    CredentialUse.OTHER_SCHEME: "the right secret under another scheme",
}
"""Credentials that are almost right, in words."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request, ready to send.

    ``target`` is the raw path and query below the endpoint's base URL, already encoded
    (``/Users?filter=userName+eq+%22a%22&flag``); it goes out byte for byte.
    """

    method: str
    target: str
    headers: Headers = Headers()
    """Without the credential, which the wire adds."""
    body: bytes | None = None
    credential: CredentialUse = CredentialUse.VALID
    timeout: float | None = None
    """Seconds the client would wait for the whole answer; None: the run's default."""


@dataclass(frozen=True, slots=True)
class Response:
    """One answer as it came. ``body`` is what was read, at most the run's cap."""

    status: int
    reason: str
    headers: Headers
    body: bytes
    truncated: bool = False
    json: Json = MISSING
    """The parsed body, or MISSING if there is none or it is not JSON."""
    json_problems: tuple[str, ...] = ()
    """Why the body is not clean JSON: invalid UTF-8, duplicate keys, NaN … Empty if it is clean."""

    def header(self, name: str) -> str | None:
        """The first header of that name, or None."""
        return self.headers.get(name)

    @property
    def media_type(self) -> str:
        """The media type without parameters, lower-case; empty if none was sent."""
        return (self.header("content-type") or "").split(";", 1)[0].strip().lower()

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


class FailureKind(enum.StrEnum):
    """Why no usable answer came. Results record the values."""

    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT = "timeout"
    RESET = "reset"
    PROTOCOL = "protocol"
    TOO_LARGE = "too-large"
    AUTH = "auth"
    """No credential could be had for the request."""
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why no usable answer came. ``text`` is a plain sentence, free of secrets."""

    kind: FailureKind
    text: str


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its outcome: either a response or a failure."""

    request: Request
    url: str
    response: Response | None
    failure: Failure | None = None
    ms: float = 0.0
    """Milliseconds from sending to the last byte, without waits for Retry-After."""
    waits: tuple[str, ...] = ()
    """One plain sentence for each 429/503 that was waited for."""


class Sender(Protocol):
    """Sends one request. Whatever the network or the server does is in the exchange; nothing is raised for it."""

    def send(self, request: Request) -> Exchange: ...


@runtime_checkable
class ParallelSender(Sender, Protocol):
    """Can send several requests at the same time."""

    @property
    def is_parallel(self) -> bool:
        """False where the endpoint's side takes one request after the other."""

    def send_at_once(self, requests: Sequence[Request]) -> list[Exchange]:
        """Sends them at the same time, each on a connection of its own; the exchanges are in the order of requests."""
