"""Credentials: the headers that prove who we are, and wrong ones of the same form.

None of them shows its secret in ``repr`` or in an error. ``wrong()`` never derives from the secret. ``near()`` does:
what it gives is as secret as the original, and ``Wire`` registers it before it is sent.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from typing import Final, Protocol

import httpx

from scim_compat.errors import SettingError
from scim_compat.wire import strict_json
from scim_compat.wire.messages import CredentialUse, Headers
from scim_compat.wire.near_misses import NearMiss, altered
from scim_compat.wire.redact import SCHEMES

WRONG: Final = "scim-compat-wrong-credential"

_FIELD_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_FRAMING: Final = frozenset({"host", "content-length", "content-type", "transfer-encoding", "connection"})


class NoTokenError(Exception):
    """No token was issued. The text is a plain sentence without secrets. ``Wire.send`` makes a Failure of it."""


class Credential(Protocol):
    """A credential as ``Wire`` uses it."""

    def headers(self, transport: httpx.BaseTransport, /) -> Headers:
        """The headers to add to a request. May ask a token endpoint; raises NoTokenError if that fails."""

    def wrong(self) -> Headers:
        """Headers of the same kind with a secret that cannot be right."""

    def near(self, use: CredentialUse, /) -> NearMiss | None:
        """Headers of the same kind with a secret that is almost right; None if there is no such near miss."""

    def secrets(self) -> tuple[str, ...]:
        """Every string to be redacted, as known by now."""

    def renew(self) -> bool:
        """Called after a 401: True if ``headers`` will now give another credential."""


@dataclass(frozen=True, slots=True)
class NoCredential:
    """For endpoints that need none."""

    def headers(self, _transport: httpx.BaseTransport, /) -> Headers:
        return Headers()

    def wrong(self) -> Headers:
        return wrong_bearer()

    def near(self, _use: CredentialUse, /) -> NearMiss | None:
        return None

    def secrets(self) -> tuple[str, ...]:
        return ()

    def renew(self) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class Bearer:
    """A fixed token (RFC 6750)."""

    token: str = field(repr=False)

    def __post_init__(self) -> None:
        refuse_unsendable("the bearer token", self.token)
        if self.token.lower().startswith("bearer "):
            raise SettingError('The bearer token starts with the word "Bearer": give the token alone.')
        if " " in self.token:
            raise SettingError("The bearer token has a space in it: give the token alone, as it was issued.")

    def headers(self, _transport: httpx.BaseTransport, /) -> Headers:
        return authorization(f"Bearer {self.token}")

    def wrong(self) -> Headers:
        return wrong_bearer()

    def near(self, use: CredentialUse, /) -> NearMiss | None:
        return near_bearer(self.token, use)

    def secrets(self) -> tuple[str, ...]:
        return (self.token,)

    def renew(self) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class Basic:
    """User and password (RFC 7617), in UTF-8."""

    user: str
    password: str = field(repr=False)

    def __post_init__(self) -> None:
        refuse_control("the user name", self.user)
        refuse_control("the password", self.password)
        if ":" in self.user:
            raise SettingError("The user name has a colon in it, which Basic authentication cannot carry (RFC 7617).")

    def headers(self, _transport: httpx.BaseTransport, /) -> Headers:
        return authorization(basic_value(self.user, self.password))

    def wrong(self) -> Headers:
        return authorization(basic_value(self.user, WRONG))

    def near(self, use: CredentialUse, /) -> NearMiss | None:
        # Where there is no password, the user name is the secret: an API key.
        if use is CredentialUse.OTHER_SCHEME:
            return NearMiss(authorization("Bearer " + _pair(self.user, self.password)))
        other = altered(self.password or self.user, use)
        if other is None or (not self.password and not other):
            return None
        user, password = (self.user, other) if self.password else (other, "")
        return NearMiss(authorization(basic_value(user, password)), (other, _pair(user, password)))

    def secrets(self) -> tuple[str, ...]:
        # The encoded pair as well: a dump of the whole request in hex or base64 encodes it once more.
        return (self.password, f"{self.user}:{self.password}", _pair(self.user, self.password))

    def renew(self) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class RawHeader:
    """Any one header: an API key, or an Authorization of the vendor's own."""

    name: str
    value: str = field(repr=False)

    def __post_init__(self) -> None:
        if not _FIELD_NAME.fullmatch(self.name):
            raise SettingError(f"{strict_json.sanitise(self.name)!r} is not a header name (RFC 9110 section 5.1).")
        if self.name.lower() in _FRAMING:
            raise SettingError(f"The header {self.name} cannot carry a credential: it is set for each request.")
        refuse_unsendable(f"the value of {self.name}", self.value)

    def headers(self, _transport: httpx.BaseTransport, /) -> Headers:
        return self._header(self.value)

    def wrong(self) -> Headers:
        # A known scheme stays, so that the server rejects the secret and not the form; another first word
        # may be part of the secret.
        scheme, space, _ = self.value.partition(" ")
        return self._header(f"{scheme} {WRONG}" if space and scheme.lower() in SCHEMES else WRONG)

    def near(self, use: CredentialUse, /) -> NearMiss | None:
        scheme, space, secret = self.value.partition(" ")
        has_scheme = bool(space) and scheme.lower() in SCHEMES
        if use is CredentialUse.OTHER_SCHEME:
            other = "Bearer" if scheme.lower() == "basic" else "Basic"
            return NearMiss(self._header(f"{other} {secret}")) if has_scheme else None
        value = altered(secret if has_scheme else self.value, use)
        if value is None:
            return None
        return NearMiss(self._header(f"{scheme} {value}".rstrip() if has_scheme else value), (value,))

    def secrets(self) -> tuple[str, ...]:
        _, space, credential = self.value.partition(" ")
        return (self.value, credential.strip()) if space else (self.value,)

    def renew(self) -> bool:
        return False

    def _header(self, value: str) -> Headers:
        return Headers(((self.name, value),), hidden=(self.name,))


def headers_for(use: CredentialUse, credential: Credential, transport: httpx.BaseTransport) -> Headers:
    """The headers that a request carries its credential in. Raises NoTokenError if there is none to be had."""
    match use:
        case CredentialUse.VALID:
            return credential.headers(transport)
        case CredentialUse.WRONG:
            return credential.wrong()
        case CredentialUse.NONE:
            return Headers()
    near = credential.near(use)
    if near is None:
        raise NoTokenError("A credential of this kind has no such near miss.")
    return near.headers


def authorization(value: str) -> Headers:
    """The standard header for a credential (RFC 9110 section 11.6.2)."""
    return Headers((("Authorization", value),))


def wrong_bearer() -> Headers:
    """A bearer token that cannot be right."""
    return authorization(f"Bearer {WRONG}")


def near_bearer(token: str, use: CredentialUse) -> NearMiss | None:
    """A bearer token that is almost right; None if there is no such near miss, or no token yet."""
    if not token:
        return None
    if use is CredentialUse.OTHER_SCHEME:
        return NearMiss(authorization(f"Basic {token}"))
    other = altered(token, use)
    return None if other is None else NearMiss(authorization(f"Bearer {other}".rstrip()), (other,))


def basic_value(user: str, password: str) -> str:
    """The value of Authorization for a user and a password, in UTF-8."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode("ascii")


def _pair(user: str, password: str) -> str:
    return basic_value(user, password).removeprefix("Basic ")


def refuse_control(what: str, text: str) -> None:
    """Raises SettingError for what no header can carry in any encoding."""
    if any(ord(char) < 0x20 or ord(char) == 0x7F for char in text):
        hint = "It ends with one: a file's last line break?" if text[-1:] in "\r\n" else ""
        raise SettingError(f"{what[0].upper()}{what[1:]} has a line break or control character in it.", hint=hint)


def refuse_unsendable(what: str, text: str) -> None:
    """Raises SettingError for what no header can carry as it is. It never quotes ``text``."""
    refuse_control(what, text)
    name = what[0].upper() + what[1:]
    if not text.strip():
        raise SettingError(f"{name} is empty.")
    if text != text.strip():
        raise SettingError(f"{name} starts or ends with white space.")
    try:
        text.encode("latin-1")
    except UnicodeEncodeError as error:
        place = f"character {error.start + 1} is outside Latin-1"
        raise SettingError(
            f"{name} cannot be sent in a header: {place}.", hint="Was it pasted from a formatted text?"
        ) from None
