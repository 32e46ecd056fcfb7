"""Requests and answers for the page, within a budget that keeps the page small enough to open."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from scim_compat.report import reproduce
from scim_compat.report.text import BODY_CAP, Excerpt, clip, one_line, pretty
from scim_compat.results.document import Document, Place
from scim_compat.results.document.records import (
    ExchangeRecord,
    FailureRecord,
    RequestRecord,
    ResponseRecord,
    ScenarioRecord,
    StepRecord,
)

DETAIL_BUDGET: Final = 1_500_000
"""Bytes of the page for headers, bodies and reproducers."""
FINDING_BUDGET: Final = 500_000
"""Bytes of the page for expected and actual values, at the steps."""
HEADERS_CAP: Final = 2_000
"""Characters of one message's headers that a page shows."""
COMMAND_CAP: Final = 12_000
"""Characters of the longest request that is offered as a command."""


@dataclass(frozen=True, slots=True)
class Message:
    """One request or answer, laid out for a page."""

    start: str
    headers: str
    body: Excerpt | None


@dataclass(frozen=True, slots=True)
class Reproducer:
    curl: str
    httpx: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExchangeView:
    method: str
    path: str
    """Path and query below the endpoint's base URL."""
    status: str
    """``201 Created``, or the kind of failure."""
    is_expected: bool
    """True for 2xx and 3xx. It decides about emphasis, not about the verdict."""
    ms: float
    failure: str
    remarks: tuple[str, ...]
    request: Message | None
    """None: left out, for the reason in ``omitted``."""
    response: Message | None
    omitted: str


def cost(*texts: str) -> int:
    """Return the bytes that the texts take on the page, after escaping."""
    return sum(
        len(text.encode("utf-8", "surrogatepass")) + 4 * (text.count('"') + text.count("'") + text.count("&"))
        for text in texts
    )


class Budget:
    """Bytes that may still be spent; it counts down. A detail that does not fit is left out as a whole."""

    def __init__(self, total: int) -> None:
        self.left = total
        self._misses = 0

    @property
    def is_spent(self) -> bool:
        """True when so much did not fit that formatting more, only to leave it out, would waste time."""
        return self._misses > 20

    def spend(self, amount: int) -> bool:
        """Take the amount if there is room. Return True if there was."""
        if amount > self.left:
            self._misses += 1
            return False
        self.left -= amount
        return True


@dataclass(frozen=True, slots=True)
class Detail:
    request: Message
    response: Message | None
    reproducer: Reproducer | None


def allocate(document: Document, *, total: int = DETAIL_BUDGET) -> dict[Place, Detail]:
    """Return the messages that the page shows, by the place of their step.

    Steps are served in this order until the budget is spent: those with a finding or an error and the requests that
    caused them, the client's other steps in failed scenarios, the harness's there, the client's steps in scenarios
    that passed, the harness's there.
    """
    queue = sorted(
        (_rank(scenario, t), (p, s, t))
        for p, profile in enumerate(document.profiles)
        for s, scenario in enumerate(profile.scenarios)
        for t, step in enumerate(scenario.steps)
        if step.exchange is not None
    )
    budget, details = Budget(total), {}
    for rank, (p, s, t) in queue:
        if budget.is_spent:
            break
        scenario = document.profiles[p].scenarios[s]
        exchange = scenario.steps[t].exchange
        if exchange is None:
            continue
        detail = messages(exchange)
        if rank == 0:
            detail = replace(detail, reproducer=_reproducer(scenario, t, exchange.request))
        if budget.spend(detail_cost(detail)):
            details[p, s, t] = detail
    return details


def _rank(scenario: ScenarioRecord, t: int) -> int:
    """Return 0 for what is served first."""
    steps = scenario.steps
    if steps[t].has_problem or _is_cause(steps, t):
        return 0
    return (1 if scenario.has_problem else 3) + (1 if steps[t].kind == "harness" else 0)


def _is_cause(steps: Sequence[StepRecord], t: int) -> bool:
    """True for the client's last request before a read-back of the harness that found something wrong.

    A vendor wants to send that request again; the read-back only shows its effect.
    """
    if steps[t].kind != "client":
        return False
    for step in steps[t + 1 :]:
        if step.kind == "client":
            return False
        if step.has_problem:
            return True
    return False


def messages(exchange: ExchangeRecord, *, cap: int = BODY_CAP) -> Detail:
    """Lay out both messages of an exchange. ``cap``: characters of a body that are shown."""
    response = exchange.response
    return Detail(
        request=_request(exchange.request, cap=cap),
        response=_response(response, cap=cap) if response else None,
        reproducer=None,
    )


def _request(request: RequestRecord, *, cap: int) -> Message:
    return _message(f"{request.method} {one_line(request.url)}", request, cap=cap)


def _response(response: ResponseRecord, *, cap: int) -> Message:
    return _message(f"HTTP {response.status} {one_line(response.reason, 120)}".rstrip(), response, cap=cap)


def _message(start: str, message: RequestRecord | ResponseRecord, *, cap: int) -> Message:
    headers = "\n".join(f"{name}: {one_line(text, 600)}" for name, text in message.headers)
    return Message(start, clip(headers, HEADERS_CAP).text, pretty(message.body, cap=cap) if message.body else None)


def _reproducer(scenario: ScenarioRecord, t: int, request: RequestRecord) -> Reproducer | None:
    if len(request.url) + len(request.body or "") > COMMAND_CAP:
        return None
    wrong = scenario.steps[t].action == "anonymous"
    return Reproducer(
        curl=reproduce.curl(request, wrong_credential=wrong),
        httpx=reproduce.httpx_script(request, wrong_credential=wrong),
        notes=reproduce.notes(request, ids=_created_ids(scenario.steps[:t])),
    )


def _created_ids(steps: Sequence[StepRecord]) -> Iterator[str]:
    """Ids that the server gave to the resources these steps created, from the Location header and the body."""
    for exchange in (step.exchange for step in steps):
        if exchange is None or exchange.response is None or exchange.request.method != "POST":
            continue
        for name, text in exchange.response.headers:
            if name.lower() == "location" and (last := text.rstrip("/").rsplit("/", 1)[-1]):
                yield last
        yield from _ids_in(exchange.response.body or "")


def _ids_in(body: str) -> Iterator[str]:
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        return
    if isinstance(parsed, dict) and isinstance(parsed.get("id"), str):
        yield parsed["id"]


def detail_cost(detail: Detail) -> int:
    """Return the bytes that the messages take on the page."""
    markup = 500
    both = [detail.request] + ([detail.response] if detail.response else [])
    spent = sum(cost(message.start, message.headers, message.body.text if message.body else "") for message in both)
    if detail.reproducer:
        spent += cost(detail.reproducer.curl, detail.reproducer.httpx, *detail.reproducer.notes) + markup
    return spent + markup


def view(exchange: ExchangeRecord, *, base: str, detail: Detail | None) -> ExchangeView:
    """Arrange one exchange. ``base`` is the endpoint's URL, which is left out of the path."""
    request, response, failure = exchange.request, exchange.response, exchange.failure
    remarks = [one_line(wait, 300) for wait in exchange.waits]
    if exchange.truncated:
        remarks.append("The answer was longer than the run reads; only its beginning follows.")
    if exchange.masked:
        remarks.append("Values of resources that this run did not create are masked.")
    return ExchangeView(
        method=one_line(request.method, 20),
        path=one_line(_path(request.url, base=base), 300),
        status=_status(response, failure),
        is_expected=response is not None and 200 <= response.status < 400,
        ms=float(exchange.ms),
        failure=one_line(failure.text, 600) if failure else "",
        remarks=tuple(remarks),
        request=detail.request if detail else None,
        response=detail.response if detail else None,
        omitted="" if detail else "Left out to keep this page small; the full text is in results.json.",
    )


def _status(response: ResponseRecord | None, failure: FailureRecord | None) -> str:
    if response is not None:
        return f"{response.status} {one_line(response.reason, 60)}".rstrip()
    return f"no answer ({failure.kind})" if failure else "no answer"


def _path(url: str, *, base: str) -> str:
    root = base.split("?", 1)[0].rstrip("/")
    return (url[len(root) :] or "/") if root and url.startswith(root) else url
