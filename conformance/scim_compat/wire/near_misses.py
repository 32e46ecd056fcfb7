"""Credentials that are almost right: the right secret, altered in one way."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from scim_compat.wire.messages import CredentialUse, Headers

_MORE: Final = "Zz09"
"""Letters and digits: decoders of base64 skip other characters, and the secret would be the right one again."""
_FROM_THE_END: Final = 5
"""The changed character's place. In base64 the last one may hold bits that nobody reads."""
_HEX: Final = re.compile(r"[0-9A-Fa-f-]+")


@dataclass(frozen=True, slots=True)
class NearMiss:
    """The headers with an almost right credential, and what is to be redacted of them."""

    headers: Headers
    secrets: tuple[str, ...] = field(default=(), repr=False)


def altered(secret: str, use: CredentialUse) -> str | None:
    """``secret`` altered in that way; None where it cannot be, or where the result means the same."""
    body = secret.rstrip("=")  # without the padding of base64, which lenient decoders do not miss
    match use:
        case CredentialUse.PREFIX if len(body) > 1:
            return body[:-1]
        case CredentialUse.TAIL if len(secret) > 1:
            return secret[1:]
        case CredentialUse.SUFFIX if secret:
            return body + _MORE + secret[len(body) :]
        case CredentialUse.CHANGED if secret:
            place = len(secret) - min(_FROM_THE_END, len(secret))
            return secret[:place] + _next(secret[place]) + secret[place + 1 :]
        case CredentialUse.OTHER_CASE if not _HEX.fullmatch(secret):  # hexadecimal digits are the same in both cases
            other = secret.swapcase()
            return None if other == secret or not other.isascii() else other
        case CredentialUse.EMPTY:
            return ""
    return None


def _next(char: str) -> str:
    """Another character of the same kind, so that a UUID stays a UUID."""
    for kind in ("0123456789", "abcdef", "ABCDEF", "ghijklmnopqrstuvwxyz", "GHIJKLMNOPQRSTUVWXYZ"):
        if char in kind:
            return kind[(kind.index(char) + 1) % len(kind)]
    return "a"
