"""Sends a body as it is, and reads one under a cap and a deadline."""

from __future__ import annotations

import time
import typing
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import httpx

from scim_compat.wire.strict_json import sanitise

_STEP: Final = 65_536
_MAX_CODINGS: Final = 4


class RequestBody(httpx.SyncByteStream):
    """A body that adds no header, and that a repeated request sends again."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def __iter__(self) -> Iterator[bytes]:
        if self._data:
            yield self._data


@dataclass(frozen=True, slots=True)
class Body:
    """A body as far as it was read, decoded from its Content-Encoding."""

    data: bytes
    truncated: bool = False
    problem: str = ""
    """A sentence on why it could not be decoded."""


def read_body(response: httpx.Response, *, cap: int, deadline: float, clean: Callable[[str], str] = str) -> Body:
    """Reads and decodes the body. ``cap`` bounds the bytes received as well as the bytes decoded.

    Decodes gzip and deflate in small steps, so that a bomb never unfolds in memory. ``deadline`` is on
    ``time.monotonic``. ``clean`` redacts what is quoted of the headers. Raises httpx.ReadTimeout after the deadline.
    The caller closes the response.
    """
    codings = [part.strip().lower() for part in response.headers.get("content-encoding", "").split(",")]
    codings = [coding for coding in codings if coding not in ("", "identity")]
    raw = _Counted(typing.cast("httpx.SyncByteStream", response.stream), cap, deadline)
    chunks: Iterator[bytes] = iter(raw)
    name = sanitise(clean(", ".join(codings)))
    problem = ""
    if len(codings) > _MAX_CODINGS or not {"gzip", "x-gzip", "deflate"}.issuperset(codings):
        problem = f"The body has the Content-Encoding {name}, which this tool cannot decode; it is kept as it came."
    else:
        for coding in reversed(codings):
            chunks = _inflate(chunks, gzip=coding != "deflate")
    data = bytearray()
    try:
        for chunk in chunks:
            raw.check_time()
            data += chunk
            if len(data) > cap:
                break
    except zlib.error:
        problem = f"The body says Content-Encoding {name}, but cannot be decoded from it."
    truncated = raw.over or len(data) > cap
    return Body(bytes(data[:cap]), truncated, "" if truncated else problem)


class _Counted:
    """The received bytes. They end at the cap, and with httpx.ReadTimeout at the deadline."""

    def __init__(self, stream: httpx.SyncByteStream, cap: int, deadline: float) -> None:
        self._stream = stream
        self._cap = cap
        self._deadline = deadline
        self.over = False

    def check_time(self) -> None:
        if time.monotonic() > self._deadline:
            raise httpx.ReadTimeout("the time for the whole exchange is over")

    def __iter__(self) -> Iterator[bytes]:
        count = 0
        for chunk in self._stream:
            self.check_time()
            count += len(chunk)
            yield chunk
            if count > self._cap:
                self.over = True
                return


def _inflate(chunks: Iterator[bytes], *, gzip: bool) -> Iterator[bytes]:
    """Decompresses lazily, at most 64 kB at a time. Raises zlib.error for data that is not so encoded."""
    window = 31 if gzip else 15
    unpacker = zlib.decompressobj(window)
    begun = False
    for chunk in chunks:
        rest, full = chunk, False
        while rest or full:
            if unpacker.eof:
                if not gzip or not rest.startswith(b"\x1f"):
                    return  # every client ignores bytes behind the end
                unpacker = zlib.decompressobj(window)
            try:
                piece = unpacker.decompress(rest, _STEP)
            except zlib.error:
                if gzip or begun:
                    raise
                # "deflate" means zlib (RFC 9110 section 8.4.1.2), but some servers leave its frame out.
                unpacker = zlib.decompressobj(-15)
                piece = unpacker.decompress(rest, _STEP)
            begun = True
            full = len(piece) == _STEP
            rest = unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail
            full = full and not unpacker.eof
            yield piece
    if begun and not unpacker.eof:
        raise zlib.error("the data ends early")
