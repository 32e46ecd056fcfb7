"""Defects that only show in a store of some size: filters, pages and totals that see a part of it."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from .defects_base import Wrapper, breaks, defect
from .good import GoodServer
from .protocol import Answer, Data, Request, integer
from .schema import USER, Kind

# ---- filters


def looking_at(part: Callable[[list[Data]], list[Data]]) -> Wrapper:
    """Filters of users that look at a part of the store."""

    def select(_: GoodServer, inner: Wrapper, request: Request, kind: Kind, text: str | None) -> list[Data]:
        found: list[Data] = inner(request, kind, text)
        if text is None or kind.name != USER.name:
            return found
        ids = {one["id"] for one in part(inner(request, kind, None))}
        return [one for one in found if one["id"] in ids]

    return select


def _looks_at(name: str, description: str, source: str, part: Callable[[list[Data]], list[Data]]) -> None:
    defect("filter", name, description, source, select=looking_at(part))


_looks_at(
    "filter-scans-first-ten", "filters look at the first ten users", "kortix-ai/suna#7297", lambda all_: all_[:10]
)
_looks_at("filter-scans-last-eight", "filters look at the eight users who were created last", "RFC7644-3.4.2.2",
          lambda all_: all_[-8:])  # fmt: skip
_looks_at("filter-skips-sixth", "filters leave out every sixth user", "RFC7644-3.4.2.2",
          lambda all_: [one for number, one in enumerate(all_, 1) if number % 6])  # fmt: skip
_looks_at("filter-skips-first", "filters leave out the first user of the store", "RFC7644-3.4.2.2",
          lambda all_: all_[1:])  # fmt: skip


@breaks("select", "filter", "filter-email-scans-first-ten", "filters on e-mails look at the first ten users",
        "RFC7644-3.4.2.2")  # fmt: skip
def _(_: GoodServer, inner: Wrapper, request: Request, kind: Kind, text: str | None) -> Any:
    found = inner(request, kind, text)
    if text is None or not text.startswith("emails"):
        return found
    ids = {one["id"] for one in inner(request, kind, None)[:10]}
    return [one for one in found if one["id"] in ids]


@breaks("page", "filter", "filter-after-page", "the page is cut first and filtered then", "RFC7644-3.4.2.2")
def _(server: GoodServer, inner: Wrapper, request: Request, kinds: tuple[Kind, ...], given: dict[str, str]) -> Any:
    if "filter" not in given or kinds != (USER,):
        return inner(request, kinds, given)
    size = min(integer(given, "count", 10), 10)
    ids = {one["id"] for one in server.select(request, USER, None)[:size]}
    answer: Answer = inner(request, kinds, given)
    shown = [one for one in answer.payload["Resources"] if one.get("id") in ids]
    answer.payload |= {"Resources": shown, "totalResults": len(shown), "itemsPerPage": len(shown)}
    return answer


# ---- pages

Numbers = tuple[int, int]
"""startIndex and count of a request."""


def paging(change: Callable[[int, int, int], Numbers]) -> Wrapper:
    """Lists in which ``change(start, count, total)`` gives the page that is served in place of the one asked for.

    The answer names the start that was asked for, so that only its content is wrong.
    """

    def page(
        server: GoodServer, inner: Wrapper, request: Request, kinds: tuple[Kind, ...], given: dict[str, str]
    ) -> Answer:
        if "filter" in given or "count" not in given:
            return inner(request, kinds, given)  # type: ignore[no-any-return]
        start, count = max(1, integer(given, "startIndex", 1)), max(0, integer(given, "count", 0))
        total = sum(len(server.select(request, kind, None)) for kind in kinds)
        other, size = change(start, count, total)
        answer: Answer = inner(request, kinds, given | {"startIndex": str(other), "count": str(size)})
        answer.payload["startIndex"] = start
        return answer

    return page


def _pages(name: str, description: str, source: str, change: Callable[[int, int, int], Numbers]) -> None:
    defect("list", name, description, source, page=paging(change))


_pages("page-one-short", "every page that others follow is one short of count", "RFC7644-3.4.2.4",
       lambda start, count, total: (start, count - 1 if count > 1 and start + count - 1 < total else count))  # fmt: skip
_pages("page-half-full", "pages are half as long as was asked for", "RFC7644-3.4.2.4",
       lambda start, count, total: (start, (count + 1) // 2 if start + count - 1 < total else count))  # fmt: skip
_pages("page-overlaps-by-one", "each page begins with the last resource of the page before", "RFC7644-3.4.2.4",
       lambda start, count, _: (start - 1 if start > 1 else 1, count))  # fmt: skip
_pages("page-skips-one", "each page but the first begins one too late", "RFC7644-3.4.2.4",
       lambda start, count, _: (start + 1 if start > 1 else 1, count))  # fmt: skip
_pages("last-page-dropped", "a last page that is not full is empty", "RFC7644-3.4.2.4",
       lambda start, count, total: (start, 0 if start > 1 and start + count - 1 > total else count))  # fmt: skip
_pages("page-past-end-is-first", "a page behind the end is the first one", "RFC7644-3.4.2.4",
       lambda start, count, total: (1 if start > total else start, count))  # fmt: skip
_pages("page-past-end-is-last", "a page behind the end answers the last resources again", "wso2/product-is#13752",
       lambda start, count, total: (max(1, total - count + 1) if start > total else start, count))  # fmt: skip
_pages("count-ignored-above-ten", "a count above ten is ignored: everything comes", "RFC7644-3.4.2.4",
       lambda start, count, total: (start, total if count > 10 else count))  # fmt: skip


@breaks(
    "select", "list", "list-order-random", "lists without a filter come in another order each time", "RFC7644-3.4.2.4"
)
def _(server: GoodServer, inner: Wrapper, request: Request, kind: Kind, text: str | None) -> Any:
    found = inner(request, kind, text)
    if text is None:
        turn = server.memory["turn"] = int(server.memory.get("turn", 0)) + 1
        random.Random(turn).shuffle(found)
    return found


# ---- totals


def _totals(name: str, description: str, source: str, change: Callable[[GoodServer, Mapping[str, Any]], int]) -> None:
    """Register a defect of totalResults in lists without a filter."""

    def page(
        server: GoodServer, inner: Wrapper, request: Request, kinds: tuple[Kind, ...], given: dict[str, str]
    ) -> Answer:
        answer: Answer = inner(request, kinds, given)
        if "filter" not in given:
            answer.payload["totalResults"] = change(server, answer.payload)
        return answer

    defect("list", name, description, source, page=page)


_totals("total-capped-at-ten", "totalResults is never more than ten", "RFC7644-3.4.2",
        lambda _, payload: max(min(payload["totalResults"], 10), len(payload["Resources"])))  # fmt: skip
_totals("total-counts-deleted", "totalResults counts deleted resources too", "RFC7644-3.4.2",
        lambda server, payload: payload["totalResults"] + int(server.memory.get("deleted", 0)) + 3)  # fmt: skip
_totals("total-is-all-so-far", "totalResults is the place of the page's last resource", "RFC7644-3.4.2",
        lambda _, payload: payload["startIndex"] + len(payload["Resources"]) - 1)  # fmt: skip


@breaks(
    "page", "list", "list-leaves-out-inactive", "lists without a filter leave out whoever is inactive", "RFC7644-3.4.2"
)
def _(server: GoodServer, inner: Wrapper, request: Request, kinds: tuple[Kind, ...], given: dict[str, str]) -> Any:
    if "filter" in given or kinds != (USER,):
        return inner(request, kinds, given)
    return inner(replace(request), kinds, given | {"filter": "not (active eq false)"})


# ---- deletion


@breaks("delete", "delete", "delete-of-group-ignored", "DELETE of a group answers 204 and deletes nothing",
        "RFC7644-3.6")  # fmt: skip
def _(server: GoodServer, inner: Wrapper, request: Request, kind: Kind, id_: str) -> Any:
    if kind is USER:
        return inner(request, kind, id_)
    server.find(kind, id_)
    return Answer(204)
