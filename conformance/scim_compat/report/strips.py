"""A scenario as pictures: the sequence of its requests, and how long each took."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from scim_compat.report.text import one_line
from scim_compat.results.document.records import StepRecord
from scim_compat.values import Outcome, Party, plural

COLUMNS: Final = 24
"""Requests of one strip; of a longer sequence those around the failure are drawn."""
BUDGET: Final = 900_000
"""Bytes of the page for strips."""
SLOW: Final = 0.1
"""Part of the client's limit beyond which the times of a scenario are drawn."""
_ROWS: Final = 30
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_EDGE, _STEP = 74, 92
"""Pixels before the first request, and from one to the next."""
_LANES: Final = {"client": 26, "server": 78, "harness": 130}
"""Height of each lane; the server stands between the two that call it."""
HEIGHT: Final = 156


@dataclass(frozen=True, slots=True)
class Arrow:
    """One request. ``mark`` is empty where nothing is to be said of it."""

    number: int
    x: int
    by: Party
    method: str
    status: str
    tone: str
    mark: str


@dataclass(frozen=True, slots=True)
class Strip:
    width: int
    title: str
    text: str
    """The sequence in words."""
    arrows: tuple[Arrow, ...]
    gaps: tuple[tuple[int, str], ...]
    """Place and words where requests are left out."""
    paths: tuple[tuple[str, str], ...]
    """Class and outline of the arrows, all of one class in one."""
    height: int = HEIGHT


def strip(steps: Sequence[StepRecord]) -> Strip | None:
    """Draw the requests of a scenario. Return None for a scenario that sent nothing."""
    sent = [t for t, step in enumerate(steps) if step.exchange is not None]
    if not sent:
        return None
    marks = _marks(steps)
    shown = _chosen(sent, marks)
    arrows, gaps = [], []
    x, last = _EDGE + _STEP // 2, -1
    for place in shown:
        t = sent[place]
        if place > last + 1:
            gaps.append((x, f"{place - last - 1} more"))
            x += _STEP
        arrows.append(_arrow(steps[t], number=t + 1, x=x, mark=marks.get(t, "")))
        x, last = x + _STEP, place
    if last + 1 < len(sent):
        gaps.append((x, f"{len(sent) - last - 1} more"))
        x += _STEP
    return Strip(
        width=x - _STEP // 2 + 8,
        title=f"Sequence of {plural(len(sent), 'request')}",
        text=" ".join(_sentence(arrow) for arrow in arrows) + _rest(len(sent) - len(arrows)),
        arrows=tuple(arrows),
        gaps=tuple(gaps),
        paths=tuple(
            (f"{by} {tone}", outline)
            for by, tone in dict.fromkeys((arrow.by, arrow.tone) for arrow in arrows)
            if (outline := "".join(_outline(a) for a in arrows if (a.by, a.tone) == (by, tone)))
        ),
    )


def cost(drawn: Strip) -> int:
    """Return the bytes that a strip takes on the page, about."""
    return 900 + len(drawn.text) + sum(170 + (260 if arrow.mark else 0) for arrow in drawn.arrows)


def _marks(steps: Sequence[StepRecord]) -> dict[int, str]:
    """Name the step where the scenario broke, and the others that show it."""
    marks = {
        t: "not judged" if step.exchange and step.exchange.response else "no answer"
        for t, step in enumerate(steps)
        if step.outcome is Outcome.ERROR
    }
    failed = [t for t, step in enumerate(steps) if step.outcome is Outcome.FAIL]
    marks |= dict.fromkeys(failed, "failed")
    if failed:
        broke = blamed(steps, failed[0])
        marks[failed[0]] = "shown here"
        marks[broke] = "broke here"
    return marks


def blamed(steps: Sequence[StepRecord], t: int) -> int:
    """Return the step whose answer or effect is wrong: ``t`` itself, or the write whose effect its answer shows."""
    step = steps[t]
    if any(not check.fault.is_of_write for check in step.failed_checks()):
        return t
    for earlier in range(t - 1, -1, -1):
        other = steps[earlier]
        if other.exchange is None or other.exchange.request.method in _SAFE:
            continue
        if step.subject is None or other.subject is None or other.subject.key == step.subject.key:
            return earlier
    return t


def _chosen(sent: Sequence[int], marks: dict[int, str]) -> list[int]:
    """Choose the places in ``sent`` that are drawn: the beginning, what surrounds the failure, and the end."""
    if len(sent) <= COLUMNS:
        return list(range(len(sent)))
    centre = next((place for place, t in enumerate(sent) if marks.get(t) == "broke here"), 0)
    ends = [0, 1, 2, len(sent) - 1]
    nearest = sorted(range(len(sent)), key=lambda place: (abs(place - centre), place))
    return sorted(list(dict.fromkeys([*ends, *nearest]))[: COLUMNS - 2])


def _arrow(step: StepRecord, *, number: int, x: int, mark: str) -> Arrow:
    exchange = step.exchange
    assert exchange is not None  # noqa: S101 - for mypy: only steps that sent something are drawn
    status = str(exchange.response.status) if exchange.response else "none"
    tone = "bad" if step.outcome is Outcome.FAIL or mark == "broke here" else "unsure" if mark else "plain"
    return Arrow(number, x, step.kind, one_line(exchange.request.method, 20)[:8], status, tone, mark)


def _sentence(arrow: Arrow) -> str:
    mark = f", {arrow.mark}" if arrow.mark else ""
    return f"{arrow.number}: {arrow.by} {arrow.method}, answer {arrow.status}{mark}."


def _rest(left_out: int) -> str:
    return f" {plural(left_out, 'request')} left out." if left_out else ""


def _outline(arrow: Arrow) -> str:
    """Draw a line from the lane of the caller to that of the server, with its head."""
    start, end = _LANES[arrow.by], _LANES["server"]
    down = 1 if end > start else -1
    tip = end - 7 * down
    return f"M{arrow.x} {start + 6 * down}V{tip}m-4 {-5 * down}l4 {5 * down}l4 {-5 * down}"


# --- times -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Time:
    title: str
    ms: float
    width: int
    """In thousandths of the scale."""
    is_late: bool
    """True beyond the client's limit."""


@dataclass(frozen=True, slots=True)
class Waterfall:
    limit: float
    """Milliseconds that the client waits."""
    mark: int
    """The limit, in thousandths of the scale."""
    times: tuple[Time, ...]
    more: int


def waterfall(steps: Sequence[StepRecord], *, timeout: float | None) -> Waterfall | None:
    """Draw the times of a scenario. Return None where each request took a small part of the client's limit."""
    limit = (timeout or 0) * 1000
    taken = [(t, step, float(step.exchange.ms)) for t, step in enumerate(steps) if step.exchange is not None]
    slowest = max((ms for _, _, ms in taken), default=0)
    if not limit or slowest <= limit * SLOW:
        return None
    scale = max(limit, slowest)
    shown = sorted(sorted(taken, key=lambda one: -one[2])[:_ROWS])
    return Waterfall(
        limit=limit,
        mark=round(1000 * limit / scale),
        times=tuple(
            Time(f"{t + 1}. {one_line(step.title, 120)}", ms, max(2, round(1000 * ms / scale)), ms >= limit)
            for t, step, ms in shown
        ),
        more=len(taken) - len(shown),
    )
