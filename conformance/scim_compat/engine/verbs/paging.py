"""Imports: a whole collection, read page after page."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

from scim_compat.engine.intent import Intent, Query
from scim_compat.engine.play import Play
from scim_compat.engine.verbs import verb
from scim_compat.profile.model import ResourceKind, Step
from scim_compat.scim import messages
from scim_compat.scim.names import ENDPOINTS
from scim_compat.values import Json
from scim_compat.wire.messages import Exchange

MOST_PAGES: Final = 20
"""An import stops here: somebody's store may hold a million users, and a hostile one never ends."""

_MOST_AT_ONCE: Final = 500
"""No page of nearly the whole store is asked for where it holds more."""


@dataclass(slots=True)
class _Series:
    """The pages of one import. It grows with every page."""

    kind: ResourceKind
    count: int
    known: tuple[str, ...]
    """Ids that must come on one of the pages."""
    earlier: set[str] = field(default_factory=set)
    start: int = 1
    page: int = 1
    """Where the last page began."""
    total: int | None = None
    """totalResults of the first page."""
    more: bool = False
    """There are resources behind the end that ``totalResults`` states."""
    has_doubts: bool = False
    """A page repeats something, or somebody is missing at the end."""
    is_short: bool = False
    """A page that others follow is shorter than one that was seen before."""

    @property
    def is_whole(self) -> bool:
        return self.total is not None and self.start > self.total


@verb("import")
def import_(play: Play, step: Step) -> None:
    """Pages through the whole collection, as an import does (Okta source S1)."""
    kind: ResourceKind = step.args["on"]
    count = step.args["count"]
    series = _import(play, kind, count)
    total = series.total or 0
    if (short := total - step.args.get("all-but", total)) > 0 and total <= _MOST_AT_ONCE:
        _import(play, kind, short)
    if step.args.get("beyond") and not series.more and (series.is_whole or not total):
        beyond = max(series.page + count, (series.total or 0) + 1)
        query = Query(earlier=frozenset(series.earlier), finds=(), beyond=True, total=series.total)
        _page(play, replace(series, start=beyond), query)


def _import(play: Play, kind: ResourceKind, count: int) -> _Series:
    """All pages; where they do not fit together, once more: only what is seen twice is held against the endpoint.

    Others may write meanwhile, and startIndex is no snapshot (RFC 7644 §3.4.2.4).
    """
    everybody = (*play.run.crowd, *play.actors.values())
    known = tuple(a.id for a in everybody if a.kind == kind and a.id and not a.gone)
    series = _pages(play, _Series(kind, count, known), confirmed=False)
    if not series.has_doubts and not series.is_short:
        return series
    more = series.has_doubts and series.is_whole and bool(messages.entries(_page(play, series, Query())))
    # Where the pages do not fit together, a short one is no second fault.
    again = _Series(kind, count, known, more=more, is_short=series.is_short and not series.has_doubts)
    return _pages(play, again, confirmed=True)


def _pages(play: Play, series: _Series, *, confirmed: bool) -> _Series:
    for _ in range(MOST_PAGES):
        query = Query(earlier=frozenset(series.earlier), complete=series.known, total=series.total)
        largest = play.page_sizes.get(series.kind, 0)
        query = replace(query, largest=largest if confirmed and series.is_short else 0, more=series.more)
        answer = _page(play, series, query, confirmed=confirmed)
        entries = messages.entries(answer)
        total = answer.get("totalResults") if isinstance(answer, dict) else None
        if not isinstance(total, int) or not entries:
            break
        play.page_sizes[series.kind] = max(len(entries), play.page_sizes.get(series.kind, 0))
        series.total = total if series.total is None else series.total
        series.earlier |= {str(resource.get("id")) for resource in messages.resources(answer)}
        series.page = series.start
        series.start += len(entries)
        series.is_short = series.is_short or (len(entries) < series.count <= largest and series.start <= total)
        if series.start > total or series.has_doubts:
            break
    return series


def _page(play: Play, series: _Series, query: Query, *, confirmed: bool = True) -> Json:
    """The answer to the request for one page, or None."""

    def without_doubt(exchange: Exchange, intent: Intent) -> Intent:
        """A page that does not fit is not judged by what was before, until a second import has shown the same."""
        series.has_doubts = series.has_doubts or not _fits(series, query, exchange)
        if confirmed or not series.has_doubts:
            return intent
        return replace(intent, query=replace(query, earlier=frozenset(), complete=()))

    parameters = [("startIndex", str(series.start)), ("count", str(series.count))]
    intent = replace(play.intent("list"), resource=series.kind, query=query)
    request = play.request("GET", ENDPOINTS[series.kind], parameters=parameters)
    title = f"imports {series.kind.lower()}s from {series.start}"
    response = play.exchange(request, intent, title, revise=without_doubt).response
    return response.json if response and response.ok else None


def _fits(series: _Series, query: Query, exchange: Exchange) -> bool:
    """True where the page repeats nobody, and nobody is missing if it is the last."""
    body = exchange.response.json if exchange.response and exchange.response.ok else None
    ids = [str(one.get("id")) for one in messages.resources(body)]
    total = body.get("totalResults") if isinstance(body, dict) else None
    if query.beyond or not isinstance(total, int):
        return True
    is_last = not ids or series.start + len(ids) > total
    is_missing = is_last and not query.earlier.union(ids).issuperset(query.complete)
    return not is_missing and query.earlier.isdisjoint(ids) and (bool(ids) or series.start > total)
