"""Sends one request as it is and brings back what came of it.

Exactly these headers go out: Host, the request's own, the credential's, and Content-Length where there is
a body. No redirect is followed, no cookie kept, no environment variable read. The target goes out byte for
byte. ``Wire`` speaks through an httpx transport and not through ``httpx.Client``: the client normalises
URLs, keeps cookies, logs URLs, and fails on answers whose Location it cannot parse.

A wire is for one thread.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Final, Self
from urllib.parse import quote, urlsplit

import httpx

from scim_compat.errors import SettingError
from scim_compat.values import MISSING, Json
from scim_compat.wire import strict_json
from scim_compat.wire.body import RequestBody, read_body
from scim_compat.wire.credentials import Credential, NoTokenError
from scim_compat.wire.failures import explain
from scim_compat.wire.messages import (
    Exchange,
    Failure,
    Request,
    Response,
)
from scim_compat.wire.redact import Redactor
from scim_compat.wire.secrets import SecretRegister
from scim_compat.wire.transport import (
    REDACT,
    TARGET,
    TOTAL,
    DirectTransport,
    tls_context,
)

_BODY_METHODS: Final = frozenset({"POST", "PUT", "PATCH"})


@dataclass(frozen=True, slots=True, kw_only=True)
class WireSettings:
    """Where to, and how patiently. Times are seconds, sizes bytes."""

    base_url: str
    timeout: float = 60.0
    """For a whole answer, connecting included; a request may bring its own."""
    connect_timeout: float = 10.0
    body_cap: int = 5_000_000
    """Most that is read of a body, after decompression."""
    verify: bool | str = True
    """False: any certificate; a string: file or folder of trusted CAs."""
    client_cert: tuple[str, str | None] | None = None
    """Certificate and key file, PEM; None for the key if both are in one file."""
    proxy: str | None = field(default=None, repr=False)
    retry_limit: int = 3
    """How often a request is repeated after 429 or 503 with Retry-After."""
    retry_wait_cap: float = 30.0
    """The longest Retry-After that is honoured."""
    retry_total_cap: float = 120.0
    """The longest that all waits of one request may take together."""


@dataclass(frozen=True, slots=True)
class _Base:
    """The base URL in parts. ``url`` has neither a trailing slash nor a query."""

    url: str
    query: str
    path: str
    netloc: str
    host: str
    scheme: str


@dataclass(frozen=True, slots=True)
class _Attempt:
    response: Response | None
    failure: Failure | None
    ms: float


class Wire:
    """Sends requests to one endpoint.

    ``transport``: an httpx transport in place of the network (an application in this process, a mock).
    ``secrets``: the register of the call; the credential, the proxy's password and fetched tokens are added to it.
    ``sleep`` takes seconds. Raises SettingError for a URL, proxy or certificate that cannot be used.
    """

    def __init__(
        self,
        settings: WireSettings,
        credential: Credential,
        *,
        transport: httpx.BaseTransport | None = None,
        secrets: SecretRegister | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        _check_numbers(settings)
        self.settings = settings
        self._base = _split(settings.base_url)
        self._credential = credential
        self._sleep = sleep
        self.secrets = SecretRegister() if secrets is None else secrets
        self.secrets.add(*credential.secrets())
        self.secrets.add_proxy(settings.proxy)
        if transport is None:
            # The trust store takes 50 ms to load and is not needed for plain HTTP; a token endpoint is.
            plain = self._base.scheme == "http" and credential.kind != "oauth2-client-credentials"
            plain = plain and settings.verify is True and not settings.client_cert and not settings.proxy
            context = None if plain else tls_context(verify=settings.verify, client_cert=settings.client_cert)
            transport = DirectTransport(
                ssl_context=context, proxy=settings.proxy, connect_timeout=settings.connect_timeout
            )
        self._transport = transport

    @property
    def base_url(self) -> str:
        """The base URL without trailing slash and query; targets are appended to it."""
        return self._base.url

    @property
    def base_query(self) -> str:
        """The query the base URL was given with (``aadOptscim062020``), without ``?``; not sent by itself."""
        return self._base.query

    @property
    def redactor(self) -> Redactor:
        """Knows every secret up to now. Ask again after each exchange: tokens are fetched on the way."""
        return self.secrets.redactor

    def close(self) -> None:
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def send(self, request: Request) -> Exchange:
        """Sends it and returns the answer, or a Failure in words; raises ValueError for an impossible target.

        Repeats the request after 429 and 503 if Retry-After asks for a wait within the settings' bounds,
        and once after 401 if the credential can be renewed. The answer's body is not redacted: checks
        need it as it came.
        """
        _check_target(request.target)
        url = self._base.url + request.target
        waits: list[str] = []
        waited, repeats, renewed = 0.0, 0, False
        while True:
            try:
                credential = self._credential_headers(request)
            except NoTokenError as error:
                failure = Failure("auth", self.secrets.text(str(error)))
                return Exchange(request, url, None, failure, waits=tuple(waits))
            attempt = self._attempt(request, credential)
            response = attempt.response
            if response is not None and response.status in (429, 503):
                seconds, note = self._wait(response, waited=waited, repeats=repeats)
                waits += [self.secrets.text(note)] if note else []
                if seconds is not None:
                    self._sleep(seconds)
                    waited += seconds
                    repeats += 1
                    continue
            if response is not None and response.status == 401 and request.credential == "valid" and not renewed:
                renewed = True
                if self._credential.renew():
                    continue
            return Exchange(request, url, response, attempt.failure, attempt.ms, tuple(waits))

    def _credential_headers(self, request: Request) -> tuple[tuple[str, str], ...]:
        if request.credential == "none":
            return ()
        if request.credential == "wrong":
            return self._credential.wrong()
        try:
            return self._credential.headers(self._transport)
        finally:
            self.secrets.add(*self._credential.secrets())

    def _attempt(self, request: Request, credential: tuple[tuple[str, str], ...]) -> _Attempt:
        timeout = self.settings.timeout if request.timeout is None else request.timeout
        started = time.perf_counter()
        deadline = time.monotonic() + timeout
        response = failure = None
        answer: httpx.Response | None = None
        try:
            answer = self._transport.handle_request(self._prepared(request, credential, timeout))
            response = self._read(answer, deadline)
        except httpx.HTTPError as error:
            failure = self._explained(error, timeout, answer)
        finally:
            if answer is not None:
                _close(answer)
        return _Attempt(response, failure, (time.perf_counter() - started) * 1000)

    def _prepared(self, request: Request, credential: tuple[tuple[str, str], ...], timeout: float) -> httpx.Request:
        given = {name.lower() for name, _ in request.headers}
        headers = [] if "host" in given else [("Host", self._base.netloc)]
        headers += [*request.headers, *credential]
        body = request.body or b""
        if (body or request.method.upper() in _BODY_METHODS) and "content-length" not in given:
            headers.append(("Content-Length", str(len(body))))
        target = (self._base.path + request.target).encode("utf-8")
        return httpx.Request(
            request.method,
            self._url_for(target),
            headers=[(name.encode("ascii", "replace"), _octets(value)) for name, value in headers],
            stream=RequestBody(body),
            extensions={
                TOTAL: timeout,
                TARGET: target,
                REDACT: self.secrets.text,
                "timeout": {
                    "connect": min(self.settings.connect_timeout, timeout),
                    **dict.fromkeys(("read", "write", "pool"), timeout),
                },
            },
        )

    def _url_for(self, target: bytes) -> httpx.URL:
        """For transports that know nothing of ``TARGET``; the network sends the target itself."""
        origin = f"{self._base.scheme}://{self._base.netloc}"
        try:
            return httpx.URL(origin + quote(target, safe="/?&=%+-_.~!$'()*,;:@[]"))
        except httpx.InvalidURL:  # httpx has a limit of 64 kB, the network has none
            return httpx.URL(origin)

    def _read(self, answer: httpx.Response, deadline: float) -> Response:
        body = read_body(answer, cap=self.settings.body_cap, deadline=deadline, clean=self.secrets.text)
        headers = tuple((_text(name), _text(value)) for name, value in answer.headers.raw)
        reason = answer.extensions.get("reason_phrase")
        shown = _text(reason) if isinstance(reason, bytes) else answer.reason_phrase
        plain = Response(answer.status_code, shown, headers, body.data, body.truncated)
        value: Json = MISSING
        problems: tuple[str, ...] = (body.problem,) if body.problem else ()
        if body.truncated:
            problems = (f"The answer is larger than {self.settings.body_cap} bytes; the rest was not read.",)
        elif not problems and _looks_like_json(plain):
            value, problems = strict_json.parse(body.data, clean=self.secrets.text)
        return Response(
            plain.status,
            plain.reason,
            headers,
            body.data,
            truncated=body.truncated,
            json=value,
            json_problems=tuple(self.secrets.text(problem) for problem in problems),
        )

    def _explained(self, error: httpx.HTTPError, timeout: float, answer: httpx.Response | None) -> Failure:
        proxy = self.settings.proxy is not None
        failure = explain(
            error,
            peer=self._base.netloc,
            host=self._base.host,
            timeout=timeout,
            proxy=proxy,
            clean=self.secrets.text,
        )
        begun = f"The answer began (status {answer.status_code}) but did not end. " if answer is not None else ""
        return Failure(failure.kind, self.secrets.text(begun + failure.text))

    def _wait(self, response: Response, *, waited: float, repeats: int) -> tuple[float | None, str]:
        """Seconds to wait before a repetition, or None; and the sentence for the record, if any."""
        value = response.header("retry-after")
        if value is None:
            return None, ""
        said = f"{response.status}, Retry-After: {strict_json.sanitise(self.secrets.text(value))}: "
        seconds = retry_after(value, response.header("date"))
        settings = self.settings
        if seconds is None:
            return None, said + "neither a number of seconds nor a future date, not waited"
        if seconds > settings.retry_wait_cap:
            return None, said + "too long, not waited"
        if repeats >= settings.retry_limit:
            return None, said + f"repeated {repeats} times already, not waited"
        if waited + seconds > settings.retry_total_cap:
            return None, said + f"waited {waited:g} s for this request already, not waited"
        return seconds, said + f"waited {seconds:g} s"


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


def _split(base_url: str) -> _Base:
    text = base_url.strip()
    if any(char.isspace() or not char.isprintable() for char in text):
        raise SettingError("The base URL has white space in it.")
    # First, so that no later message quotes a URL with a password in it.
    if "@" in text.partition("://")[2].partition("/")[0]:
        raise SettingError("The base URL has a user name in it: take it out, and use `--auth basic` instead.")
    try:
        parts = urlsplit(text)
        url = httpx.URL(f"{parts.scheme}://{parts.netloc}", port=parts.port)  # .port checks its range
    except (httpx.InvalidURL, ValueError):  # their text quotes a part, which may be of a password with a slash in it
        raise SettingError("The base URL cannot be read: check its host and port.") from None
    if parts.scheme not in ("http", "https"):
        raise SettingError("The base URL must start with https:// (or http://), such as https://host.example/scim/v2.")
    if not url.host:
        raise SettingError("The base URL has no host.", hint="Expected something like https://host.example/scim/v2.")
    if "#" in text:
        raise SettingError("The base URL has a fragment (#…), which is never sent: take it out.")
    path = quote(parts.path.rstrip("/"), safe="/%!$&'()*+,;=:@-._~[]")
    netloc = url.netloc.decode("ascii")
    return _Base(f"{parts.scheme}://{netloc}{path}", parts.query, path, netloc, url.host, parts.scheme)


def _check_target(target: str) -> None:
    if not target.startswith("/"):
        raise ValueError(f"The request target must start with a slash: {strict_json.sanitise(target)!r}.")
    if any(ord(char) <= 0x20 or ord(char) == 0x7F for char in target):
        raise ValueError(f"The request target has a space or line break: {strict_json.sanitise(target)!r}. Encode it.")


def _check_numbers(settings: WireSettings) -> None:
    positive = {"timeout": settings.timeout, "connect_timeout": settings.connect_timeout}
    for name, value in positive.items():
        if not 0 < value < math.inf:
            raise ValueError(f"{name} must be a positive number of seconds, not {value!r}.")
    if settings.body_cap < 1:
        raise ValueError(f"body_cap must be a positive number of bytes, not {settings.body_cap!r}.")
    bounds = {"retry_wait_cap": settings.retry_wait_cap, "retry_total_cap": settings.retry_total_cap}
    for name, value in {**bounds, "retry_limit": settings.retry_limit}.items():
        if not value >= 0:
            raise ValueError(f"{name} must not be negative, but is {value!r}.")


def _looks_like_json(response: Response) -> bool:
    if not response.body:
        return False
    kind = response.media_type
    return kind == "text/json" or kind.endswith(("/json", "+json")) or response.body.lstrip()[:1] in (b"{", b"[")


def _octets(value: str) -> bytes:
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:
        return value.encode("utf-8")


def _text(octets: bytes) -> str:
    """Header bytes as text: UTF-8 where it is, else Latin-1."""
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        return octets.decode("latin-1")


def _close(answer: httpx.Response) -> None:
    """Gives the connection back, or drops it if the body was not read to its end."""
    try:
        answer.close()
    except (httpx.HTTPError, OSError):
        return  # the answer is in hand; how the connection went down changes nothing
