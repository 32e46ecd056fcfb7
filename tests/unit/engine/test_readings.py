"""The knowledge that single reads bring: what counts as one, and which write ends it."""

from __future__ import annotations

import json

import pytest
from scim_compat.engine.readings import Readings, after
from scim_compat.wire.messages import Exchange, Headers, Request, Response

LIV = {"id": "u1", "userName": "liv@fjord.example", "active": True}
CREW = {"id": "g1", "displayName": "Crew", "members": [{"value": "u1"}]}
KNOWN = {"u1": "liv@fjord.example"}


def told(readings, method, target, answer=None, *, status=200, body=None, gone=False):
    """The readings after one exchange."""
    request = Request(method, target, body=None if body is None else json.dumps(body).encode())
    response = Response(status, "", Headers(), b"", json=answer)
    return after(readings, Exchange(request, "u", response), gone=gone, known=KNOWN)


def of(*reads):
    """The readings after reads by id of these resources."""
    readings = Readings()
    for one in reads:
        readings = told(readings, "GET", f"/{'Users' if 'userName' in one else 'Groups'}/{one['id']}", one)
    return readings


def test_a_read_by_id_is_kept():
    readings = of(LIV, CREW)
    assert readings.shown == {"u1": LIV, "g1": CREW}
    assert readings.current == {"u1", "g1"}
    assert readings.members == {"g1": frozenset({"u1"})}


@pytest.mark.parametrize(
    ("target", "answer", "status"),
    [
        ("/Users", {"totalResults": 1, "Resources": [LIV]}, 200),
        ("/Users/u1?attributes=active", LIV, 200),
        ("/Groups/g1?excludedAttributes=members", CREW, 200),
        ("/Users/u1", LIV | {"id": "u2"}, 200),
        ("/Users/u1", {}, 500),
        ("/Schemas/u1", LIV, 200),
    ],
)
def test_other_answers_show_no_whole_resource(target, answer, status):
    assert told(Readings(), "GET", target, answer, status=status).shown == {}


def test_members_that_were_asked_for_by_name_are_known_though_absent():
    assert told(Readings(), "GET", "/Groups/g1", {"id": "g1"}).members == {}
    assert told(Readings(), "GET", "/Groups/g1?attributes=displayName,members", {"id": "g1"}).members == {
        "g1": frozenset()
    }


def test_a_write_ends_what_is_known_of_its_resource_and_makes_the_rest_old():
    readings = told(of(LIV, CREW), "PATCH", "/Groups/g1", status=204, body={"Operations": []})
    assert (readings.shown, readings.current, readings.members) == ({"u1": LIV}, frozenset(), {})
    assert told(of(LIV), "POST", "/Bulk", {}).shown == {}
    assert told(of(LIV), "POST", "/Users/.search", {}).current == {"u1"}


def test_a_deleted_resource_has_vanished_once_a_read_misses_it():
    deleted = told(of(LIV), "DELETE", "/Users/u1", status=204)
    assert (deleted.shown, deleted.vanished) == ({}, frozenset())
    missed = told(deleted, "GET", "/Users/u1", {}, status=404, gone=True)
    assert missed.vanished == {"u1"}
    assert told(Readings(), "GET", "/Users/u1", {}, status=404).vanished == frozenset()
    assert told(missed, "POST", "/Users", LIV, status=201).vanished == frozenset()


@pytest.mark.parametrize(
    ("method", "body", "stays"),
    [
        ("PATCH", {"Operations": [{"op": "replace", "path": "title", "value": "x"}]}, True),
        ("PATCH", {"Operations": [{"op": "replace", "path": "active", "value": False}]}, False),
        ("PUT", {"title": "x", "active": False}, True),
        ("PUT", {"title": "x", "active": True}, False),
        ("PUT", {"title": "x"}, False),  # RFC 7644 section 3.5.1: it may get its default
        ("DELETE", None, False),
    ],
)
def test_a_user_is_known_to_be_inactive_until_a_write_names_active(method, body, stays):
    readings = of(LIV | {"active": False})
    assert readings.disabled == {"u1"}
    assert (told(readings, method, "/Users/u1", status=204, body=body).disabled == {"u1"}) is stays


def test_a_text_counts_as_inactive_too_and_no_read_makes_anybody_active():
    assert of(LIV | {"active": "False"}).disabled == {"u1"}
    assert of(LIV | {"active": False}, LIV).disabled == {"u1"}


def test_the_answer_to_a_write_is_known_apart_from_reads():
    created = told(Readings(), "POST", "/Users", LIV | {"active": False}, status=201)
    assert (created.disabled, created.answered) == (frozenset(), {"u1"})
    assert told(created, "GET", "/Users/u1", LIV).answered == frozenset()
    assert told(created, "PATCH", "/Users/u1", status=204, body={"active": True}).answered == frozenset()
