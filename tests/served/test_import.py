"""Imports page by page: servers with small, overlapping and moving pages."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from scim_compat.checks.judge import judge
from scim_compat.engine.cleanup import left_behind
from scim_compat.run.endpoint import open_wire
from scim_compat.run.settings import Login, Settings
from servers.good import GoodServer
from servers.running import client as direct
from servers.running import serve
from support.acting import crowd, given, last, lines, play, speaking, step
from support.commands import TOKEN

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"


# --- imports ---------------------------------------------------------------------------------------------


@contextlib.contextmanager
def wire_to(server) -> Iterator:
    with serve(server) as url:
        wire = open_wire(Settings(url=url, login=Login(kind="bearer", token=TOKEN), seed=7, out="unused"))
        try:
            yield wire
        finally:
            wire.close()


def imported(profile, server, *steps, people=0):
    """The requests of the import, their intents, and how the page checks judged them; ``people`` are there before."""
    with direct(server) as api:
        for n in range(people):
            assert api.post("/Users", json={"schemas": [CORE], "userName": f"other{n}@example.org"}).status_code == 201
    with wire_to(server) as wire:
        seen, ended, ledger, _ = play(speaking(profile), *steps, server=wire)
    assert ended.stopped == ""
    assert left_behind(ledger) == []
    assert len(server.store.records["User"]) == people
    pages = [p.observation for p in seen if p.observation.intent.action == "list"]
    own = replace(profile, requires={}, scenarios=())
    outcomes = [{r.id: r.outcome for r in judge(one, own, None)} for one in pages]
    asked = [{k: int(v[0]) for k, v in parse_qs(urlsplit(p.exchange.request.target).query).items()} for p in pages]
    assert all(o.get("list.empty-is-200", "pass") == "pass" for o in outcomes)
    return [(a["startIndex"], a["count"]) for a in asked], [p.intent for p in pages], outcomes


def import_(count, **more):
    return step(do="import", on="User", count=count, **more)


def test_all_pages_and_one_beyond_the_end(entra):
    asked, intents, outcomes = imported(entra, GoodServer(), crowd(5), import_(2, beyond=True))
    assert asked == [(1, 2), (3, 2), (5, 2), (7, 2)]
    assert [len(i.query.earlier) for i in intents] == [0, 2, 4, 5]
    assert [len(i.query.complete) for i in intents] == [5, 5, 5, 0]
    assert [i.query.total for i in intents] == [None, 5, 5, 5]
    assert [i.query.finds for i in intents] == [None, None, None, ()]
    assert [o.get("list.pages-disjoint") for o in outcomes] == [None, "pass", "pass", None]
    assert [o.get("list.beyond-end") for o in outcomes] == [None, None, None, "pass"]
    assert [o.get("list.pages-complete") for o in outcomes] == ["pass", "pass", "pass", None]
    assert not [o for o in outcomes if "fail" in o.values()]


def test_others_who_are_there_already(entra):
    asked, _, outcomes = imported(entra, GoodServer(), crowd(2), import_(3), people=4)
    assert asked == [(1, 3), (4, 3)]
    assert not [o for o in outcomes if "fail" in o.values()]


@pytest.mark.parametrize(("people", "count", "pages"), [(0, 2, 1), (2, 2, 1), (4, 2, 2), (25, 1, 20)])
def test_where_an_import_stops(entra, people, count, pages):
    """An empty store, a last page that is full, and a store that is too large to read."""
    asked, *_ = imported(entra, GoodServer(), import_(count), people=people)
    assert [start for start, _ in asked] == list(range(1, pages * count + 1, count))


class SmallPages(GoodServer):
    """Never shows more than one, whatever count says; that is lawful."""

    def page(self, request, kinds, given):
        return super().page(request, kinds, {**given, "count": "1"})


class FromZero(GoodServer):
    """Takes startIndex for an offset: each page begins one too early … and the first one right."""

    def page(self, request, kinds, given):
        start = max(1, int(given.get("startIndex", 1)) - 1)
        answer = super().page(request, kinds, {**given, "startIndex": str(start)})
        answer.payload["startIndex"] = int(given.get("startIndex", 1))
        return answer


class Forgetful(GoodServer):
    """Skips the second resource of the store, and counts it."""

    def select(self, request, kind, text):
        found = super().select(request, kind, text)
        return found if text else [*found[:1], *found[2:], {"id": "ghost", "schemas": [CORE], "userName": "ghost"}]


class Growing(FromZero):
    """Somebody else creates a user between two pages."""

    def page(self, request, kinds, given):
        answer = super().page(request, kinds, given)
        answer.payload["totalResults"] += int(given.get("startIndex", 1)) - 1
        return answer


def test_a_server_with_smaller_pages_is_followed(entra):
    asked, _, outcomes = imported(entra, SmallPages(), crowd(3), import_(2))
    assert asked == [(1, 2), (2, 2), (3, 2)]
    assert {o.get("list.pages-complete") for o in outcomes} == {"pass"}


@pytest.mark.parametrize(("server", "check"), [(FromZero, "list.pages-disjoint"), (Forgetful, "list.pages-complete")])
def test_pages_that_overlap_or_leave_somebody_out_are_found(entra, server, check):
    _, _, outcomes = imported(entra, server(), crowd(4), import_(2))
    assert "fail" in [o.get(check) for o in outcomes]


def test_pages_of_a_store_that_changes_are_not_judged(entra):
    _, _, outcomes = imported(entra, Growing(), crowd(4), import_(2))
    disjoint = [o.get("list.pages-disjoint") for o in outcomes]
    assert "skip" in disjoint
    assert "fail" not in disjoint


def test_groups_are_imported_too(entra):
    groups = (given("one", kind="Group"), given("two", kind="Group"), step(do="import", on="Group", count=1))
    with wire_to(GoodServer()) as wire:
        seen, *_ = play(speaking(entra), *groups, server=wire)
    assert [line for line in lines(seen) if line.startswith("GET")] == ["GET /Groups", "GET /Groups"]
    assert len(last(seen).query.complete) == 2
