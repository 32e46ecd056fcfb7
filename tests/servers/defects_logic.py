"""Defects of filters with several terms, of single operators, and of sorting."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from .defects_base import Wrapper, breaks, defect, fail
from .evaluators import WRONG, Way, evaluate
from .filters import Both, Compare, Filter, Not, Present, matches, parse_filter, parse_path, sort_key, values_at
from .good import GoodServer
from .protocol import CORE_GROUP, Answer, Data, Request, parse_body
from .schema import Kind
from .store import prepared

# ---- several terms


def _selects_by(way: Way) -> Callable[..., Any]:
    def select(_: GoodServer, inner: Wrapper, request: Request, kind: Kind, text: str | None) -> Any:
        if text is None:
            return inner(request, kind, None)
        parse_filter(text, kind)
        known: dict[str, Filter] = {}

        def truth(term: str, resource: Data) -> bool:
            if term not in known:
                known[term] = parse_filter(term, kind)
            return matches(known[term], resource)

        return [
            resource
            for resource in inner(request, kind, None)
            if evaluate(text, lambda term, one=resource: truth(term, one), way)
        ]

    return select


for _name, _way in WRONG.items():
    defect("filter", _name, _way.description, "RFC7644-3.4.2.2", select=_selects_by(_way))


# ---- single operators


def _terms(wanted: Filter, resource: Data, change: Callable[[Compare | Present, Data], bool | None]) -> bool:
    """The value of a filter; ``change`` answers None for a comparison that the good server decides."""
    if isinstance(wanted, Both):
        left, right = _terms(wanted.left, resource, change), _terms(wanted.right, resource, change)
        return (left and right) if wanted.operator == "and" else (left or right)
    if isinstance(wanted, Not):
        return not _terms(wanted.inner, resource, change)
    decided = change(wanted, resource)
    return matches(wanted, resource) if decided is None else decided


def _operates(name: str, description: str, change: Callable[[Compare | Present, Data], bool | None]) -> None:
    defect("filter", name, description, "RFC7644-3.4.2.2",
           matches=lambda _, __, wanted, resource: _terms(wanted, resource, change))  # fmt: skip


def _as(operator: str, other: str) -> Callable[[Compare | Present, Data], bool | None]:
    """One operator is evaluated as another."""

    def change(wanted: Compare | Present, resource: Data) -> bool | None:
        if isinstance(wanted, Compare) and wanted.operator == operator and not wanted.path.where:
            return matches(replace(wanted, operator=other), resource)
        return None

    return change


_operates("operator-co-is-sw", "co finds only what begins with the text", _as("co", "sw"))
_operates("operator-sw-is-co", "sw finds what contains the text", _as("sw", "co"))
_operates("operator-ew-is-co", "ew finds what contains the text", _as("ew", "co"))
_operates("operator-gt-is-ge", "gt finds what is equal too", _as("gt", "ge"))
_operates("operator-ge-is-gt", "ge does not find what is equal", _as("ge", "gt"))
_operates("operator-lt-is-gt", "lt finds what comes after", _as("lt", "gt"))
_operates("operator-le-is-lt", "le does not find what is equal", _as("le", "lt"))
_operates("operator-ne-is-eq", "ne finds what is equal", _as("ne", "eq"))


def _texts(operator: str, decide: Callable[[str, str], bool]) -> Callable[[Compare | Present, Data], bool | None]:
    """The operator compares texts in its own way."""

    def change(wanted: Compare | Present, resource: Data) -> bool | None:
        if not isinstance(wanted, Compare) or wanted.operator != operator or not isinstance(wanted.value, str):
            return None
        if wanted.path.where or wanted.path.leaf is None or wanted.path.leaf.type != "string":
            return None
        return any(decide(str(value), wanted.value) for value in values_at(wanted.path, resource))

    return change


_operates("operator-co-heeds-case", "co heeds case", _texts("co", lambda found, wanted: wanted in found))
_operates("operator-sw-heeds-case", "sw heeds case", _texts("sw", lambda found, wanted: found.startswith(wanted)))
_operates("operator-ew-heeds-case", "ew heeds case", _texts("ew", lambda found, wanted: found.endswith(wanted)))
_operates("operator-ne-heeds-case", "ne heeds case", _texts("ne", lambda found, wanted: wanted != found))
_operates("operator-pr-is-true", "pr finds everybody", lambda wanted, _: True if isinstance(wanted, Present) else None)


def _refuses(name: str, description: str, when: Callable[[Compare], bool], *, status: int) -> None:
    def check(wanted: Filter) -> None:
        if isinstance(wanted, Both):
            check(wanted.left)
            check(wanted.right)
        elif isinstance(wanted, Not):
            check(wanted.inner)
        elif isinstance(wanted, Compare) and when(wanted):
            fail(f"The operator {wanted.operator} is not supported.", status=status, scim_type="invalidFilter")

    def parse(_: GoodServer, inner: Wrapper, text: str, kind: Kind) -> Any:
        wanted = inner(text, kind)
        check(wanted)
        return wanted

    defect("filter", name, description, "RFC7644-3.4.2.2", parse_filter=parse)


_refuses("operators-500", "every operator but eq crashes", lambda wanted: wanted.operator != "eq", status=500)
_refuses("operators-declined", "co, sw and ew are declined with 400", lambda wanted: wanted.operator in {"co", "sw", "ew"},
         status=400)  # fmt: skip


@breaks("select", "filter", "operators-ignored", "a filter by an operator other than eq returns everybody",
        "RFC7644-3.4.2.2")  # fmt: skip
def _(_: GoodServer, inner: Wrapper, request: Request, kind: Kind, text: str | None) -> Any:
    wanted = parse_filter(text, kind) if text else None
    return inner(request, kind, None if isinstance(wanted, Compare) and wanted.operator != "eq" else text)


@breaks("parse_filter", "filter", "boolean-order-accepted", "active gt false finds everybody who is active",
        "RFC7644-3.4.2.2")  # fmt: skip
def _(_: GoodServer, inner: Wrapper, text: str, kind: Kind) -> Any:
    return inner(text.replace("active gt false", "active eq true"), kind)


@breaks("parse_filter", "filter", "boolean-order-invalid-value", "active gt false is refused as an invalid value",
        "RFC7644-3.4.2.2")  # fmt: skip
def _(_: GoodServer, inner: Wrapper, text: str, kind: Kind) -> Any:
    if "active gt" in text:
        fail("active has no order.", scim_type="invalidValue")
    return inner(text, kind)


_operates("boolean-false-is-absent", "eq false finds nobody",
          lambda wanted, _: False if isinstance(wanted, Compare) and wanted.value is False else None)  # fmt: skip


def _value_paths(name: str, description: str, change: Callable[[Filter], Filter]) -> None:
    """Register a defect of what stands in square brackets."""

    def decide(wanted: Compare | Present, resource: Data) -> bool | None:
        if wanted.path.where is None:
            return None
        return matches(replace(wanted, path=replace(wanted.path, where=change(wanted.path.where))), resource)

    _operates(name, description, decide)


def _first_term(wanted: Filter) -> Filter:
    return _first_term(wanted.left) if isinstance(wanted, Both) else wanted


def _all_with_and(wanted: Filter) -> Filter:
    if isinstance(wanted, Both):
        return Both(_all_with_and(wanted.left), _all_with_and(wanted.right), "and")
    return wanted


def _without_not(wanted: Filter) -> Filter:
    if isinstance(wanted, Both):
        return replace(wanted, left=_without_not(wanted.left), right=_without_not(wanted.right))
    return _without_not(wanted.inner) if isinstance(wanted, Not) else wanted


_value_paths("value-path-first-term", "of the terms within brackets only the first counts", _first_term)
_value_paths("value-path-or-is-and", "or within brackets is evaluated as and", _all_with_and)
_value_paths("value-path-not-ignored", "not within brackets is left out", _without_not)


def _across_entries(wanted: Compare | Present, resource: Data) -> bool | None:
    """Each term within the brackets may be met by another entry."""
    if not isinstance(wanted.path.where, Both) or wanted.path.where.operator != "and":
        return None
    halves = (replace(wanted, path=replace(wanted.path, where=half))
              for half in (wanted.path.where.left, wanted.path.where.right))  # fmt: skip
    return all(matches(half, resource) for half in halves)


_operates("value-path-across-entries", "the terms within brackets may be met by different entries", _across_entries)


@breaks("matches", "case", "names-not-normalized", "é and e with an accent are two names", "RFC7644-5")
def _(_: GoodServer, __: Wrapper, wanted: Filter, resource: Data) -> bool:
    def change(term: Compare | Present, one: Data) -> bool | None:
        is_name = isinstance(term, Compare) and term.operator == "eq" and term.path.leaf is not None
        if not is_name or term.path.leaf.name != "userName":  # type: ignore[union-attr]
            return None
        return str(one["userName"]).casefold() == str(term.value).casefold()  # type: ignore[union-attr]

    return _terms(wanted, resource, change)


@breaks("parse_filter", "filter", "filter-escapes-kept", "an escaped letter in a value is taken as it is written",
        "RFC7644-3.4.2.2")  # fmt: skip
def _(_: GoodServer, inner: Wrapper, text: str, kind: Kind) -> Any:
    return inner(text.replace("\\u", "\\\\u"), kind)


@breaks(
    "matches", "filter", "group-operators-are-eq", "co, sw and ew on groups compare the whole value", "RFC7644-3.4.2.2"
)
def _(_: GoodServer, __: Wrapper, wanted: Filter, resource: Data) -> bool:
    def change(term: Compare | Present, one: Data) -> bool | None:
        if isinstance(term, Compare) and term.operator in {"co", "sw", "ew"} and CORE_GROUP in one["schemas"]:
            return matches(replace(term, operator="eq"), one)
        return None

    return _terms(wanted, resource, change)


@breaks("page", "list", "total-of-page-with-filter", "with a filter and count, totalResults counts the page",
        "RFC7644-3.4.2")  # fmt: skip
def _(_: GoodServer, inner: Wrapper, request: Request, kinds: Any, given: dict[str, str]) -> Answer:
    answer: Answer = inner(request, kinds, given)
    if "filter" in given and int(given.get("count", "0")) > 0:
        answer.payload["totalResults"] = len(answer.payload["Resources"])
    return answer


@breaks("search", "list", "search-sort-ignored", "a search by POST is not sorted", "RFC7644-3.4.3")
def _(_: GoodServer, inner: Wrapper, request: Request, kinds: Any) -> Answer:
    body = {name: value for name, value in parse_body(request).items() if not name.startswith("sort")}
    answer: Answer = inner(replace(request, body=json.dumps(body).encode()), kinds)
    return answer


# ---- sorting


def _sorts(name: str, description: str, sort: Callable[[Kind, list[Data], str, str], list[Data]]) -> None:
    defect("list", name, description, "RFC7644-3.4.2.3",
           sort=lambda _, __, kind, resources, by, order: sort(kind, resources, by, order))  # fmt: skip


def _by(kind: Kind, resources: list[Data], by: str, order: str, key: Callable[..., Any] = sort_key) -> list[Data]:
    path = parse_path(by, kind)
    return sorted(resources, key=lambda one: key(path, one), reverse=order == "descending")


def _first_value(path: Any, resource: Data) -> tuple[bool, str]:
    values = [str(value) for value in values_at(path, resource)]
    return not values, prepared(values[0]) if values else ""


_sorts("sort-by-first-value", "a multi-valued attribute is sorted by its first value, primary or not",
       lambda kind, found, by, order: _by(kind, found, by, order, _first_value))  # fmt: skip
_sorts("sort-drops-valueless", "resources without the attribute are left out of the sorted list",
       lambda kind, found, by, order: [
           one for one in _by(kind, found, by, order) if list(values_at(parse_path(by, kind), one))])  # fmt: skip
_sorts("sort-valueless-first", "resources without the attribute come first upwards",
       lambda kind, found, by, order: _by(
           kind, found, by, order, lambda path, one: (not sort_key(path, one)[0], sort_key(path, one)[1])))  # fmt: skip
_sorts("sort-heeds-case", "capitals come before all small letters",
       lambda kind, found, by, order: _by(
           kind, found, by, order, lambda path, one: [str(value) for value in values_at(path, one)][:1]))  # fmt: skip
defect("list", "sort-default-descending", "without sortOrder the order is descending", "RFC7644-3.4.2.3",
       page=lambda _, inner, request, kinds, given: inner(request, kinds, {"sortOrder": "descending"} | given))  # fmt: skip
_sorts("sort-sub-attribute-ignored", "sortBy with a dot has no effect",
       lambda kind, found, by, order: found if "." in by else _by(kind, found, by, order))  # fmt: skip
