"""Requests and answers as they are shown, within a budget that keeps the page one that can be opened."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from scim_compat.report import reproduce
from scim_compat.report.text import (
    Shown,
    clip,
    one_line,
    pretty,
)

DETAIL_BUDGET: Final = 1_500_000
"""Bytes of the page for headers, bodies and reproducers."""
FINDING_BUDGET: Final = 500_000
"""Bytes of the page for what was expected and got, at the steps."""
HEADERS_CAP: Final = 2_000
"""Characters of one message's headers that are shown."""
COMMAND_CAP: Final = 12_000
"""Characters a request may have to be offered as a command."""


@dataclass(frozen=True, slots=True)
class Message:
    """One request or answer, ready to be shown in monospace."""

    start: str
    headers: str
    body: Shown | None


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
    """``201 Created``, or what kind of failure it was."""
    good: bool
    """Answered 2xx or 3xx. It decides about emphasis, not about the verdict."""
    ms: float
    failure: str
    remarks: tuple[str, ...]
    request: Message | None
    """None: left out, as ``omitted`` says."""
    response: Message | None
    omitted: str


def cost(*texts: str) -> int:
    """Bytes the texts take on the page, after escaping."""
    return sum(
        len(text.encode("utf-8", "surrogatepass")) + 4 * (text.count('"') + text.count("'") + text.count("&"))
        for text in texts
    )


class Budget:
    """Bytes that may still be spent. What does not fit is left out whole, and said to be."""

    def __init__(self, total: int) -> None:
        self.left = total
        self._misses = 0

    @property
    def empty(self) -> bool:
        """Whether so much did not fit that formatting more, only to leave it out, is a waste of time."""
        return self._misses > 20

    def spend(self, amount: int) -> bool:
        """Whether there was room; if so it is taken."""
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


def allocate(results: Mapping[str, Any], *, total: int = DETAIL_BUDGET) -> dict[tuple[int, int, int], Detail]:
    """The steps whose messages are shown, by their place in the results.

    Served in this order until the budget is spent: steps with a finding or an error and the requests
    that caused them, the client's other steps in failed scenarios, ours there, the client's steps in
    scenarios that passed, ours there.
    """
    queue: list[tuple[int, tuple[int, int, int]]] = []
    for p, profile in enumerate(results["profiles"]):
        for s, scenario in enumerate(profile["scenarios"]):
            for t, step in enumerate(scenario["steps"]):
                if step["exchange"] is not None:
                    queue.append((_rank(scenario, t), (p, s, t)))
    queue.sort()
    budget, found = Budget(total), {}
    for rank, place in queue:
        if budget.empty:
            break
        p, s, t = place
        scenario = results["profiles"][p]["scenarios"][s]
        detail = _detail(scenario, t, with_reproducer=rank == 0)
        if budget.spend(_cost(detail)):
            found[place] = detail
    return found


def _rank(scenario: Mapping[str, Any], place: int) -> int:
    steps = scenario["steps"]
    if needs_attention(steps[place]) or _is_cause(steps, place):
        return 0
    failed = scenario["outcome"] in ("fail", "error")
    ours = steps[place]["kind"] == "harness"
    return (1 if failed else 3) + (1 if ours else 0)


def _is_cause(steps: Sequence[Mapping[str, Any]], place: int) -> bool:
    """Whether it is the client's last request before a read-back of ours that found something wrong.

    That request is what a vendor wants to send again; the read-back only shows what it did.
    """
    if steps[place]["kind"] != "client":
        return False
    for step in steps[place + 1 :]:
        if step["kind"] == "client":
            return False
        if needs_attention(step):
            return True
    return False


def needs_attention(step: Mapping[str, Any]) -> bool:
    """Whether a check failed or could not be held against it, or no answer came."""
    exchange = step["exchange"]
    if exchange is not None and exchange["failure"] is not None:
        return True
    return any(check["outcome"] in ("fail", "error") for check in step["checks"])


def _detail(scenario: Mapping[str, Any], place: int, *, with_reproducer: bool) -> Detail:
    step = scenario["steps"][place]
    exchange = step["exchange"]
    request, answer = exchange["request"], exchange["response"]
    response = None
    if answer is not None:
        reason = one_line(answer["reason"], 120)
        response = _message(f"HTTP {answer['status']} {reason}".rstrip(), answer)
    return Detail(
        request=_message(f"{request['method']} {one_line(request['url'])}", request),
        response=response,
        reproducer=_reproducer(scenario, place) if with_reproducer else None,
    )


def _message(start: str, message: Mapping[str, Any]) -> Message:
    headers = "\n".join(f"{name}: {one_line(text, 600)}" for name, text in message["headers"])
    body = message["body"]
    return Message(start, clip(headers, HEADERS_CAP).text, pretty(body) if body else None)


def _reproducer(scenario: Mapping[str, Any], place: int) -> Reproducer | None:
    step = scenario["steps"][place]
    request = step["exchange"]["request"]
    if len(request["url"]) + len(request["body"] or "") > COMMAND_CAP:
        return None
    wrong = step["action"] == "anonymous"
    return Reproducer(
        curl=reproduce.curl(request, wrong_credential=wrong),
        httpx=reproduce.httpx_script(request, wrong_credential=wrong),
        notes=reproduce.notes(request, ids=_ids_before(scenario, place)),
    )


def _ids_before(scenario: Mapping[str, Any], place: int) -> list[str]:
    """Ids that the server gave to what earlier steps of the scenario created, from the Location header."""
    found: list[str] = []
    for step in scenario["steps"][:place]:
        exchange = step["exchange"]
        if not exchange or not exchange["response"] or exchange["request"]["method"] != "POST":
            continue
        for name, text in exchange["response"]["headers"]:
            if name.lower() == "location" and (last := text.rstrip("/").rsplit("/", 1)[-1]):
                found.append(last)
        found += _id_in(exchange["response"]["body"] or "")
    return found


def _id_in(body: str) -> list[str]:
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        return []
    return [parsed["id"]] if isinstance(parsed, dict) and isinstance(parsed.get("id"), str) else []


def _cost(detail: Detail) -> int:
    markup = 500
    messages = [detail.request] + ([detail.response] if detail.response else [])
    spent = sum(cost(message.start, message.headers, message.body.text if message.body else "") for message in messages)
    if detail.reproducer:
        spent += cost(detail.reproducer.curl, detail.reproducer.httpx, *detail.reproducer.notes) + markup
    return spent + markup


def view(exchange: Mapping[str, Any], *, base: str, detail: Detail | None) -> ExchangeView:
    """One exchange; ``base`` is the endpoint's URL, which is left out of the path."""
    request, answer, failure = exchange["request"], exchange["response"], exchange["failure"]
    remarks = [one_line(wait, 300) for wait in exchange["waits"]]
    if exchange["truncated"]:
        remarks.append("The answer was longer than the run reads; what follows is its beginning.")
    if exchange["masked"]:
        remarks.append("Values of resources that this run did not create are masked.")
    return ExchangeView(
        method=one_line(request["method"], 20),
        path=one_line(_path(str(request["url"]), base=base), 300),
        status=_status(answer, failure),
        good=answer is not None and 200 <= answer["status"] < 400,
        ms=float(exchange["ms"]),
        failure=one_line(failure["text"], 600) if failure else "",
        remarks=tuple(remarks),
        request=detail.request if detail else None,
        response=detail.response if detail else None,
        omitted="" if detail else "Left out to keep this page small; the full text is in results.json.",
    )


def _status(answer: Mapping[str, Any] | None, failure: Mapping[str, Any] | None) -> str:
    if answer is not None:
        return f"{answer['status']} {one_line(answer['reason'], 60)}".rstrip()
    return f"no answer ({failure['kind']})" if failure else "no answer"


def _path(url: str, *, base: str) -> str:
    root = base.split("?", 1)[0].rstrip("/")
    return (url[len(root) :] or "/") if root and url.startswith(root) else url
