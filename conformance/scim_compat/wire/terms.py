"""Limits and details of a request that the wire hands to a transport beside the request itself."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import httpx

_KEY: Final = "scim_compat"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """They travel in the extensions of the request. The defaults hold for requests that the wire did not make."""

    total: float = 60.0
    """Seconds for the whole exchange, connecting included."""
    cap: float = math.inf
    """Bytes of the body that are read at most."""
    target: bytes = b""
    """The raw request target, which httpx would normalise; empty: that of the URL."""
    redact: Callable[[str], str] = str
    """Cleans whatever a transport writes to a log."""

    def extensions(self) -> dict[str, object]:
        """The extensions of the request, with the time limits that httpx's own transports read."""
        return {_KEY: self, "timeout": dict.fromkeys(("connect", "read", "write", "pool"), self.total)}


def terms_of(request: httpx.Request) -> Terms:
    """The terms of a request, with the target filled in."""
    terms = request.extensions.get(_KEY)
    if not isinstance(terms, Terms):
        terms = Terms()
    if terms.target:
        return terms
    return Terms(total=terms.total, cap=terms.cap, target=request.url.raw_path, redact=terms.redact)
