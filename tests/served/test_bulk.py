"""A server that does several writes in one request right, servers that do not, and one without bulk."""

from __future__ import annotations

import json

import pytest
from scim_compat.results.stream import EventWriter
from scim_compat.run.session import Session
from scim_compat.run.settings import Login, Settings
from servers.bulk import BROKEN, BulkServer
from servers.good import GoodServer
from servers.running import serve
from support.commands import TOKEN
from support.profiles import loaded

SCENARIOS = ["create-and-refer", "refer-forward", "refer-in-a-circle", "change-and-delete", "go-on", "stop", "too-many",
             "too-long", "refused"]  # fmt: skip


def scenario(name):
    return next(s for s in loaded("rfc7644").scenarios if s.id == f"bulk.{name}")


def ran(server, path, names=SCENARIOS):
    """({scenario: outcome}, {(check, where's first word)}, store after) of the bulk scenarios."""
    with serve(server) as url:
        settings = Settings(url=url, login=Login(kind="bearer", token=TOKEN), seed=7, out=str(path), crowd=1)
        events = EventWriter(path / "events.jsonl")
        session = Session(settings, report=events)
        session.open()
        outcomes = {name: session.run(loaded("rfc7644"), scenario(name)).outcome for name in names}
        session.close()
        events.close()
    lines = [json.loads(line) for line in (path / "events.jsonl").read_text().splitlines()]
    failed = {e["check"]["id"] for e in lines if e["event"] == "check" and e["check"]["outcome"] in {"fail", "error"}}
    return outcomes, failed, {kind: list(records) for kind, records in server.store.records.items() if records}


def test_a_server_that_does_it_right_has_no_finding_and_nothing_is_left(tmp_path):
    outcomes, failed, left = ran(BulkServer(), tmp_path)
    assert failed == set()
    assert outcomes == dict.fromkeys(SCENARIOS, "pass")
    assert left == {}


def test_a_server_may_give_up_a_circle_with_409(tmp_path):
    outcomes, failed, left = ran(BulkServer(refuses_circles=True), tmp_path)
    assert failed == set()
    assert set(outcomes) - {name for name, outcome in outcomes.items() if outcome == "pass"} <= {"refer-in-a-circle"}
    assert left == {}


def test_a_server_without_bulk_is_not_asked(tmp_path):
    outcomes, failed, _ = ran(GoodServer(), tmp_path)
    assert failed == set()
    assert outcomes == dict.fromkeys(SCENARIOS, "skip") | {"refused": "pass"}


TRIPPED = {
    "bulk-207": {"bulk.status"},
    "bulk-numbers": {"bulk.shape"},
    "bulk-no-location": {"bulk.parts"},
    "bulk-no-response": {"bulk.parts"},
    "bulk-no-bulk-id": {"bulk.every-operation"},
    "bulk-last-only": {"bulk.every-operation"},
    "bulk-stops-at-once": {"bulk.every-operation"},
    "bulk-never-stops": {"bulk.stops"},
    "bulk-references-kept": {"bulk.every-operation"},
    "bulk-no-limit": {"bulk.too-large"},
    "bulk-delete-ignored": {"delete.gone-by-id"},
    "bulk-patch-ignored": {"user.disabled"},
    "bulk-put-ignored": {"patch.applied"},
    "bulk-put-refused": {"bulk.every-operation"},
    "bulk-circles-cut": {"group.member-added"},
    "bulk-circles-400": {"bulk.every-operation"},
    "bulk-circles-500": {"http.no-server-error"},
    "bulk-any-length": {"bulk.too-large"},
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_server_is_caught_and_cleaned_up(name, tmp_path):
    _, failed, left = ran(BulkServer(frozenset({name})), tmp_path)
    assert failed == TRIPPED[name]
    assert left == {}
