"""Sends one request as it is and returns its outcome.

Exactly these headers go out: Host, the request's own, the credential's, and Content-Length where there is
a body. The wire follows no redirect, keeps no cookie and reads no environment variable. The target goes out byte
for byte. ``Wire`` speaks through an httpx transport and not through ``httpx.Client``: the client normalises
URLs, keeps cookies, logs URLs, and fails on answers whose Location it cannot parse.

A wire is for one thread. For requests at the same time it opens others to the same endpoint.
"""

from __future__ import annotations

import contextlib
import functools
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Self

import httpx

from scim_compat.values import MISSING, Json
from scim_compat.wire import strict_json
from scim_compat.wire.body import RequestBody, read_body
from scim_compat.wire.credentials import Credential, NoTokenError, headers_for
from scim_compat.wire.failures import explain
from scim_compat.wire.messages import (
    NEAR_MISSES,
    CredentialUse,
    Exchange,
    Failure,
    FailureKind,
    Headers,
    Request,
    Response,
)
from scim_compat.wire.oauth import ClientCredentials
from scim_compat.wire.outgoing import head_of, raw_header
from scim_compat.wire.parallel import at_once
from scim_compat.wire.redact import Redactor
from scim_compat.wire.retries import Retries
from scim_compat.wire.secrets import SecretRegister
from scim_compat.wire.terms import Terms
from scim_compat.wire.tls import speaks_tls, tls_context
from scim_compat.wire.trace import Trace
from scim_compat.wire.transport import DirectTransport
from scim_compat.wire.urls import BaseUrl, check_target


@dataclass(frozen=True, slots=True, kw_only=True)
class WireSettings:
    """The endpoint, and limits of time and size. Times are seconds, sizes bytes."""

    base_url: str
    timeout: float = 60.0
    """For a whole answer, connecting included; a request may bring its own."""
    connect_timeout: float = 10.0
    body_cap: int = 5_000_000
    """The most that is read of a body, after decompression."""
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
    trace: Trace | None = None
    """Marks each request; None for none."""


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
        self._base = BaseUrl.parse(settings.base_url)
        self._credential = credential
        self._sleep = sleep
        self.secrets = SecretRegister() if secrets is None else secrets
        self.secrets.add(*credential.secrets())
        self.secrets.add_proxy(settings.proxy)
        self._twins: list[Wire] = []
        self._is_direct = transport is None
        if transport is None:
            # The trust store takes 50 ms to load and is not needed for plain HTTP; a token endpoint is.
            is_plain = self._base.scheme == "http" and not isinstance(credential, ClientCredentials)
            is_plain = is_plain and settings.verify is True and not settings.client_cert and not settings.proxy
            context = None if is_plain else tls_context(verify=settings.verify, client_cert=settings.client_cert)
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
        """The query of the base URL as given, without ``?`` (``aadOptscim062020``). The wire does not send it."""
        return self._base.query

    @property
    def near_misses(self) -> tuple[CredentialUse, ...]:
        """The almost right credentials that there are of the run's own."""
        return tuple(use for use in NEAR_MISSES if self._credential.near(use) is not None)

    @property
    def redactor(self) -> Redactor:
        """The redactor of the moment. Ask again after each exchange: tokens are fetched on the way."""
        return self.secrets.redactor

    def close(self) -> None:
        for twin in self._twins if self._is_direct else ():
            twin.close()
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def send(self, request: Request) -> Exchange:
        """Sends the request and returns the answer or a Failure. Raises ValueError for an impossible target.

        Repeats the request after 429 and 503 if Retry-After asks for a wait within the settings' bounds,
        and once after 401 if the credential can be renewed. The answer's body is not redacted: checks
        need it as it came.
        """
        check_target(request.target)
        if self.settings.trace is not None:
            request = self.settings.trace.mark(request)
        url = self._base.url + request.target
        settings, is_renewed = self.settings, False
        retries = Retries(
            limit=settings.retry_limit,
            wait_cap=settings.retry_wait_cap,
            total_cap=settings.retry_total_cap,
            clean=self.secrets.text,
        )
        while True:
            try:
                credential = self._credential_headers(request)
            except NoTokenError as error:
                failure = Failure(FailureKind.AUTH, self.secrets.text(str(error)))
                return Exchange(request, url, None, failure, waits=retries.notes)
            attempt = self._attempt(request, credential)
            response = attempt.response
            is_valid = request.credential is CredentialUse.VALID
            # A wrong credential is never sent again: whoever counts them would lock the right one out.
            seconds = retries.wait_after(response) if response is not None and is_valid else None
            if seconds is not None:
                self._sleep(seconds)
                continue
            is_refused = response is not None and response.status == 401
            if is_refused and is_valid and not is_renewed:
                is_renewed = True
                if self._credential.renew():
                    continue
            return Exchange(request, url, response, attempt.failure, attempt.ms, retries.notes)

    @property
    def is_parallel(self) -> bool:
        """False for an application in this process that takes one request after the other."""
        return self._is_direct or getattr(self._transport, "is_parallel", False) is True

    def send_at_once(self, requests: Sequence[Request]) -> list[Exchange]:
        """Sends the requests at the same time, each on a connection of its own.

        The exchanges are in the order of the requests. Where the transport takes one after the other, they are sent
        in that way.
        """
        if not self.is_parallel:
            return [self.send(request) for request in requests]
        while len(self._twins) < len(requests):
            transport = None if self._is_direct else self._transport
            twin = Wire(self.settings, self._credential, transport=transport, secrets=self.secrets, sleep=self._sleep)
            self._twins.append(twin)
        with contextlib.suppress(NoTokenError):  # each request reports it
            self._credential_headers(requests[0])  # fetches a token before several threads ask for one
        pairs = zip(self._twins, requests, strict=False)
        return at_once([functools.partial(twin.send, request) for twin, request in pairs])

    def elsewhere(self, path: str) -> Wire:
        """A wire to another path of the same origin, over the same connections. This one closes them."""
        settings = replace(self.settings, base_url=f"{self._base.origin}{path}")
        return Wire(settings, self._credential, transport=self._transport, secrets=self.secrets, sleep=self._sleep)

    def is_tls_refused(self) -> bool:
        """True if the URL says http and TLS is spoken at its port. This looks with a handshake and sends no request."""
        if self._base.scheme != "http" or not self._is_direct or self.settings.proxy:
            return False
        return speaks_tls(self._base.host, self._base.port, timeout=self.settings.connect_timeout)

    def _credential_headers(self, request: Request) -> Headers:
        try:
            near = self._credential.near(request.credential)
            self.secrets.add(*(near.secrets if near else ()))
            return headers_for(request.credential, self._credential, self._transport)
        finally:
            self.secrets.add(*self._credential.secrets())

    def _attempt(self, request: Request, credential: Headers) -> _Attempt:
        timeout = self.settings.timeout if request.timeout is None else request.timeout
        started = time.perf_counter()
        deadline = time.monotonic() + timeout
        response = failure = None
        answer: httpx.Response | None = None
        try:
            answer = self._transport.handle_request(self._prepared(request, credential, timeout))
            response = self._read(answer, deadline, credential.hidden)
        except httpx.HTTPError as error:
            failure = self._explained(error, timeout, answer)
        finally:
            if answer is not None:
                _close(answer)
        return _Attempt(response, failure, (time.perf_counter() - started) * 1000)

    def _prepared(self, request: Request, credential: Headers, timeout: float) -> httpx.Request:
        head = head_of(request, base=self._base, credential=credential)
        terms = Terms(
            total=timeout, cap=self.settings.body_cap, target=head.target.encode("utf-8"), redact=self.secrets.text
        )
        return httpx.Request(
            head.method,
            self._base.for_httpx(terms.target),
            headers=[raw_header(name, value) for name, value in head.headers],
            stream=RequestBody(request.body or b""),
            extensions=terms.extensions(),
        )

    def _read(self, answer: httpx.Response, deadline: float, hidden: frozenset[str]) -> Response:
        if not 100 <= answer.status_code <= 999:  # of an application in this process; a server could not send it
            raise httpx.RemoteProtocolError(f"illegal status {answer.status_code}")
        body = read_body(answer, cap=self.settings.body_cap, deadline=deadline, clean=self.secrets.text)
        reason = answer.extensions.get("reason_phrase")
        response = Response(
            status=answer.status_code,
            reason=_text(reason) if isinstance(reason, bytes) else answer.reason_phrase,
            headers=Headers(((_text(name), _text(value)) for name, value in answer.headers.raw), hidden=hidden),
            body=body.data,
            truncated=body.truncated,
        )
        value: Json = MISSING
        problems: tuple[str, ...] = (body.problem,) if body.problem else ()
        if body.truncated:
            problems = (f"The answer is larger than {self.settings.body_cap} bytes; the rest was not read.",)
        elif not problems and _looks_like_json(response):
            value, problems = strict_json.parse(body.data, clean=self.secrets.text)
        return replace(response, json=value, json_problems=tuple(self.secrets.text(one) for one in problems))

    def _explained(self, error: httpx.HTTPError, timeout: float, answer: httpx.Response | None) -> Failure:
        failure = explain(
            error,
            peer=self._base.netloc,
            host=self._base.host,
            timeout=timeout,
            proxy=self.settings.proxy is not None,
            clean=self.secrets.text,
        )
        begun = f"The answer began (status {answer.status_code}) but did not end. " if answer is not None else ""
        return Failure(failure.kind, self.secrets.text(begun + failure.text))


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
        return  # the answer is read; how the connection went down changes nothing
