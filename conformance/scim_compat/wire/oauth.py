"""Fetches an OAuth 2 token by client credentials, and renews it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Final, Literal
from urllib.parse import quote_plus, urlencode, urlsplit

import httpx

from scim_compat.errors import SettingError
from scim_compat.wire import strict_json
from scim_compat.wire.body import RequestBody, read_body
from scim_compat.wire.credentials import (
    NoTokenError,
    authorization,
    basic_value,
    near_bearer,
    refuse_control,
    refuse_unsendable,
    wrong_bearer,
)
from scim_compat.wire.failures import explain
from scim_compat.wire.messages import CredentialUse, Headers
from scim_compat.wire.near_misses import NearMiss
from scim_compat.wire.redact import Redactor
from scim_compat.wire.terms import Terms

_TOKEN_TIMEOUT: Final = 30.0
_TOKEN_CAP: Final = 64_000
_DEFAULT_LIFETIME: Final = 3600.0
_MARGIN: Final = 60.0
_ERROR_CODE: Final = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,40}")


@dataclass(slots=True)
class ClientCredentials:
    """An OAuth 2 token by client credentials (RFC 6749 section 4.4).

    It is fetched on first use, and again shortly before it expires: 60 s, or half its life if that is less.
    ``style``: how the client identifies itself, in the form (``post``) or by Basic authentication.
    """

    token_url: str
    client_id: str
    client_secret: str = field(repr=False)
    scope: str = ""
    style: Literal["post", "basic"] = "post"
    clock: Callable[[], float] = field(default=time.monotonic, repr=False)
    _token: str = field(default="", init=False, repr=False)
    _until: float = field(default=0.0, init=False, repr=False)
    _fetched: float = field(default=0.0, init=False, repr=False)
    _old: tuple[str, ...] = field(default=(), init=False, repr=False)

    def __post_init__(self) -> None:
        refuse_control("the client id", self.client_id)
        refuse_control("the client secret", self.client_secret)
        if not self.client_id or not self.client_secret:
            raise SettingError("Client credentials need both a client id and a client secret.")
        # First, so that no later message quotes a URL with a secret in it.
        if "@" in self.token_url.partition("://")[2].partition("/")[0]:
            raise SettingError("The token URL has a user name in it: give client id and secret on their own.")
        try:
            # urlsplit finds what httpx lets pass: half an IPv6 address, a port out of range.
            url = httpx.URL(self.token_url, port=urlsplit(self.token_url).port)
        except (httpx.InvalidURL, ValueError):  # their text quotes a part, which may be of a password with a slash
            raise SettingError("The token URL cannot be read: check its host and port.") from None
        if url.scheme not in ("http", "https") or not url.host:
            raise SettingError("The token URL is no https:// URL.")
        if url.scheme == "http" and not _is_loopback(url.host):
            raise SettingError(f"The token URL on {url.host} must be https: the client secret goes there in clear.")

    def headers(self, transport: httpx.BaseTransport, /) -> Headers:
        if not self._token or self.clock() >= self._until:
            self._fetch(transport)
        return authorization(f"Bearer {self._token}")

    def wrong(self) -> Headers:
        return wrong_bearer()

    def near(self, use: CredentialUse, /) -> NearMiss | None:
        return near_bearer(self._token, use)

    def secrets(self) -> tuple[str, ...]:
        pair = f"{self.client_id}:{self.client_secret}"
        encoded = f"{quote_plus(self.client_id)}:{quote_plus(self.client_secret)}"
        return (self.client_secret, pair, encoded, *self._old, *((self._token,) if self._token else ()))

    def renew(self) -> bool:
        # A token that is refused within a minute of its issue is not refused for its age; asking for
        # another on each 401 would only load the token endpoint.
        if not self._token or self.clock() - self._fetched < _MARGIN:
            return False
        self._until = 0.0
        return True

    def _fetch(self, transport: httpx.BaseTransport) -> None:
        now = self.clock()
        redact = Redactor.of(self.secrets()).quoted
        try:
            status, body = self._ask(transport)
        except httpx.HTTPError as error:
            url = httpx.URL(self.token_url)
            peer = url.netloc.decode()
            failure = explain(error, peer=peer, host=url.host, timeout=_TOKEN_TIMEOUT, clean=redact)
            raise NoTokenError(redact(f"No token from the token endpoint. {failure.text}")) from None
        value, _ = strict_json.parse(body)
        answer = value if isinstance(value, dict) else {}
        if status != 200:
            code = answer.get("error")
            raise NoTokenError(_refusal(status, redact(code) if isinstance(code, str) else None))
        token, kind = answer.get("access_token"), answer.get("token_type", "Bearer")
        if not isinstance(token, str) or not token:
            raise NoTokenError("The token endpoint answered 200, but without a JSON object that has access_token.")
        if not isinstance(kind, str) or kind.lower() != "bearer":
            raise NoTokenError("The token endpoint answered with a token_type other than Bearer.")
        try:
            refuse_unsendable("the token", token)
        except SettingError:
            raise NoTokenError("The token endpoint answered with a token that no header can carry.") from None
        lifetime = _lifetime(answer.get("expires_in"))
        if self._token and self._token != token:
            self._old = (*self._old, self._token)
        self._token, self._fetched = token, now
        self._until = now + lifetime - min(_MARGIN, lifetime / 2)

    def _ask(self, transport: httpx.BaseTransport) -> tuple[int, bytes]:
        form = {"grant_type": "client_credentials"}
        if self.scope:
            form["scope"] = self.scope
        headers = [
            ("Host", httpx.URL(self.token_url).netloc.decode()),
            ("Accept", "application/json"),
            ("Content-Type", "application/x-www-form-urlencoded"),
        ]
        if self.style == "post":
            form |= {"client_id": self.client_id, "client_secret": self.client_secret}
        else:
            # RFC 6749 section 2.3.1: both parts are form-encoded before they are joined.
            headers.append(("Authorization", basic_value(quote_plus(self.client_id), quote_plus(self.client_secret))))
        body = urlencode(form).encode("ascii")
        headers.append(("Content-Length", str(len(body))))
        request = httpx.Request(
            "POST",
            self.token_url,
            headers=headers,
            stream=RequestBody(body),
            extensions=Terms(total=_TOKEN_TIMEOUT, cap=_TOKEN_CAP).extensions(),
        )
        deadline = time.monotonic() + _TOKEN_TIMEOUT
        response = transport.handle_request(request)
        try:
            return response.status_code, read_body(response, cap=_TOKEN_CAP, deadline=deadline).data
        finally:
            response.close()


def _refusal(status: int, code: object) -> str:
    if 300 <= status < 400:
        return f"The token endpoint answered {status}, a redirect, which is not followed: give the final URL."
    detail = f" with the error {code}" if isinstance(code, str) and _ERROR_CODE.fullmatch(code) else ""
    hint = {
        "invalid_client": "check the client id and secret, and whether they go in the form or by Basic",
        "unauthorized_client": "this client may not use the client credentials grant",
        "invalid_scope": "check the scope",
        "unsupported_grant_type": "the endpoint does not offer the client credentials grant",
    }.get(str(code), "check the token URL, client id, secret and scope")
    return f"The token endpoint answered {status}{detail}: {hint}."


def _lifetime(expires_in: object) -> float:
    """Seconds. Some endpoints send the number as a string."""
    if isinstance(expires_in, str) and expires_in.isascii() and expires_in.isdigit():
        expires_in = int(expires_in[:9])
    if isinstance(expires_in, (int, float)) and not isinstance(expires_in, bool) and expires_in > 0:
        return float(min(expires_in, 10**9))
    return _DEFAULT_LIFETIME


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
