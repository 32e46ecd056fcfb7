"""The head of a request as it goes out: its request line, and every header in order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from scim_compat.wire.messages import Headers, Request
from scim_compat.wire.urls import BaseUrl

_BODY_METHODS: Final = frozenset({"POST", "PUT", "PATCH"})


@dataclass(frozen=True, slots=True)
class Head:
    """Nothing but this goes out before the body."""

    method: str
    target: str
    """Path and query as they stand in the request line."""
    headers: Headers


def head_of(request: Request, *, base: BaseUrl, credential: Headers) -> Head:
    """Host, the request's own headers, the credential's, and Content-Length where there is a body."""
    own = request.headers
    host = () if own.get("Host") is not None else (("Host", base.netloc),)
    length: tuple[tuple[str, str], ...] = ()
    if (request.body or request.method.upper() in _BODY_METHODS) and own.get("Content-Length") is None:
        length = (("Content-Length", str(len(request.body or b""))),)
    return Head(
        method=request.method,
        target=base.path + request.target,
        headers=Headers((*host, *own, *credential, *length), hidden=own.hidden | credential.hidden),
    )


def raw_header(name: str, value: str) -> tuple[bytes, bytes]:
    """A header as octets: Latin-1 where it fits, else UTF-8."""
    try:
        return name.encode("ascii", "replace"), value.encode("latin-1")
    except UnicodeEncodeError:
        return name.encode("ascii", "replace"), value.encode("utf-8")
