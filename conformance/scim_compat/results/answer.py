"""One answered request, taken apart for those who count what an endpoint does."""

from __future__ import annotations

import enum
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

from scim_compat.results.document.records import CheckRecord, ExchangeRecord, RequestRecord, ResponseRecord
from scim_compat.results.model import ClaimTopic
from scim_compat.values import Json, Outcome


class Ending(enum.StrEnum):
    """How a request ended."""

    ACCEPTED = "accepted"
    """2xx."""
    DECLINED = "declined"
    """4xx that the client can accept."""
    REFUSED = "refused"
    """4xx that it cannot."""
    UNSUPPORTED = "unsupported"
    """405 or 501."""
    FAILED = "failed"
    """Another 5xx."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answered request with the checks on it."""

    action: str
    request: RequestRecord
    response: ResponseRecord
    path: str
    query: Mapping[str, list[str]]
    sent: Json
    """None for a body that is missing or no JSON; likewise ``body``."""
    body: Json
    failures: tuple[tuple[ClaimTopic | None, str], ...]
    """Topic and place of each failed check."""
    judged: frozenset[ClaimTopic | None]
    """Topics of the checks that passed or failed."""

    @property
    def method(self) -> str:
        return self.request.method

    @property
    def status(self) -> int:
        return self.response.status

    @property
    def is_ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def ending(self) -> Ending:
        if self.is_ok:
            return Ending.ACCEPTED
        if self.status in {405, 501}:
            return Ending.UNSUPPORTED
        if self.status >= 500:
            return Ending.FAILED
        return Ending.REFUSED if any(where == "status" for _, where in self.failures) else Ending.DECLINED

    @property
    def resource(self) -> Mapping[str, Json]:
        """The body, or an empty object."""
        return self.body if isinstance(self.body, Mapping) else {}

    def header(self, name: str) -> str:
        return next((value for key, value in self.response.headers if key.lower() == name), "")

    def number(self, name: str) -> int | None:
        """Return a number of the query; None if it is missing or none."""
        text = next(iter(self.query.get(name, ())), "")
        return int(text) if text.lstrip("-").isdecimal() and len(text) < 10 else None

    def has_failed(self, topic: ClaimTopic) -> bool:
        return any(each is topic for each, _ in self.failures)


def answer_of(
    action: str, exchange: ExchangeRecord, checks: Sequence[tuple[CheckRecord, ClaimTopic | None]]
) -> Answer | None:
    """Take an exchange apart. Return None if there was no answer."""
    request, response = exchange.request, exchange.response
    if response is None:
        return None
    parts = urlsplit(request.url)
    return Answer(
        action=action,
        request=request,
        response=response,
        path=unquote(parts.path).rstrip("/"),
        query=parse_qs(parts.query, keep_blank_values=True),
        sent=_parsed(request.body),
        body=_parsed(response.body),
        failures=tuple((topic, check.where) for check, topic in checks if check.outcome is Outcome.FAIL),
        judged=frozenset(topic for check, topic in checks if check.outcome in {Outcome.PASS, Outcome.FAIL}),
    )


def _parsed(body: str | None) -> Json:
    if not body or body[:1] not in "{[":
        return None
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
