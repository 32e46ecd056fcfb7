"""The lines of a resource that differ between two answers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from scim_compat.report.unified import LINES, changed_lines
from scim_compat.results.document.parsing import read
from scim_compat.results.document.records import StepRecord
from support import results as fixtures


def answered(body: Any, *, subject: str | None = None) -> StepRecord:
    """A step whose answer holds the body."""
    exchange = fixtures.exchange("entra-v2", "GET", "/Users/1", 200, got=body)
    step = fixtures.step("s1", "reads", "read-back", exchange)
    step["subject"] = None if subject is None else {"key": "alice", "kind": "User", "id": subject}
    return read(StepRecord, step, name="step")


def shown(before: Any, after: Any, **more: Any) -> list[str] | None:
    found = changed_lines(answered(before, **more), answered(after, **more))
    signs = {"gone": "-", "new": "+", "gap": "…", "same": " "}
    return None if found is None else [f"{signs[line.kind]}{line.text}" for line in found.lines]


def test_lines_that_differ_stand_beside_each_other_with_a_little_context():
    before = {"id": "1", "active": True, "userName": "ada", "title": "Head", "nickName": "a", "locale": "en"}
    after = {"id": "1", "active": False, "userName": "ada", "nickName": "a", "locale": "en"}
    assert shown(before, after) == [
        '-  "active": true',
        '+  "active": false',
        '   "id": "1"',
        '   "locale": "en"',
        '   "nickName": "a"',
        '-  "title": "Head"',
        '   "userName": "ada"',
    ]


def test_equal_lines_between_two_changes_are_left_out():
    before = {"id": "1"} | {f"a{n}": n for n in range(9)}
    after = before | {"a0": "x", "a8": "y"}
    lines = shown(before, after)
    assert lines is not None
    assert lines.count("…") == 1
    assert '   "a4": 4' not in lines


def test_neither_order_nor_the_time_of_the_change_makes_a_line():
    emails = [{"type": "work", "value": "a@x.example"}, {"value": "b@x.example"}]
    before = {"id": "1", "emails": emails, "meta": {"version": "1", "lastModified": "x", "location": "/Users/1"}}
    after = {"meta": {"version": "2", "lastModified": "y", "location": "/Users/1"}, "emails": emails[::-1], "id": "1"}
    assert shown(before, after) == []
    moved = {**after, "meta": {"location": "/Users/2"}}
    assert shown(before, moved) == ['   "id": "1"', '   "meta": {', '-    "location": "/Users/1"', '+    "location": "/Users/2"', "   }"]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"id": "1"}, {"id": "2"}),
        ({"id": "1"}, {"detail": "no such user"}),
        ({"id": "1"}, [1]),
        ({"id": "1"}, None),
        ({"id": "1"}, "text"),
        ({"id": 7}, {"id": 7}),
    ],
)
def test_answers_about_something_else_are_not_compared(before, after):
    assert shown(before, after) is None


def test_a_resource_is_found_in_a_list_by_the_id_of_the_step():
    listed = {"totalResults": 2, "Resources": [{"id": "2"}, {"id": "1", "title": "Head"}]}
    assert shown(listed, {"id": "1"}, subject="1") == ['   "id": "1"', '-  "title": "Head"']
    assert shown(listed, {"id": "1"}) is None, "which of the two?"


def test_a_long_difference_is_cut_and_counted():
    found = changed_lines(answered({"id": "1"}), answered({"id": "1"} | {f"a{n}": n for n in range(LINES + 20)}))
    assert found is not None
    assert (len(found.lines), found.more) == (LINES, 21)


def test_what_is_too_deep_or_too_long_is_not_compared():
    deep = '{"id": "1", "x": ' + "[" * 50_000 + "]" * 50_000 + "}"
    long = json.dumps({"id": "1", "members": [{"value": str(n)} for n in range(5_000)]})
    for body in (deep, long):
        step = answered(None)
        text = fixtures.exchange("entra-v2", "GET", "/Users/1", 200) | {}
        text["response"]["body"] = body
        other = read(StepRecord, fixtures.step("s1", "reads", "read-back", text), name="step")
        assert changed_lines(other, other) is None
        assert changed_lines(step, other) is None
