"""Messages: what kind they are, and what stands in them."""

from __future__ import annotations

import pytest
from scim_compat.scim import messages, names


@pytest.mark.parametrize(
    ("text", "lawful"),
    [
        ("2026-01-31T09:30:00Z", True),
        ("2026-01-31T09:30:00", True),
        ("2026-01-31T09:30:00.1234567+05:30", True),
        ("2026-01-31T24:00:00Z", True),
        ("2026-01-31T24:00:01Z", False),
        ("2026-01-31", False),
        ("2026-01-31 09:30:00Z", False),
        ("2026-13-01T09:30:00Z", False),
        ("2026-02-30T09:30:00Z", False),
        ("2026-01-31T09:61:00Z", False),
        ("2026-01-31T09:30:00+15:00", False),
        ("2026-01-31T09:30:00Z\n", False),
        ("1770000000", False),
        ("", False),
    ],
)
def test_date_times(text, lawful):
    assert messages.is_date_time(text) is lawful


LISTS = [
    # body, kind of its Resources, entries
    ({"Resources": [{"id": "1"}, "x", None]}, "a list", [{"id": "1"}, "x", None]),
    ({"Resources": []}, "a list", []),
    ({"Resources": [], "totalResults": 0}, "a list", []),
    ({"totalResults": 0}, "left out", []),
    ({"Resources": None, "totalResults": 0}, "left out", []),
    ({"totalResults": 3}, "missing", []),
    ({"Resources": {"id": "1"}}, "missing", []),
    ({"resources": [{"id": "1"}]}, "missing", []),
    ([{"id": "1"}], "missing", []),
    ("Resources", "missing", []),
    (None, "missing", []),
]


@pytest.mark.parametrize(("body", "kind", "entries"), LISTS)
def test_the_entries_of_a_list(body, kind, entries):
    assert messages.has_entries(body) is (kind == "a list")
    assert messages.is_empty_list(body) is (kind == "left out")
    assert messages.entries(body) == entries
    assert messages.resources(body) == [entry for entry in entries if isinstance(entry, dict)]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"schemas": [names.LIST_RESPONSE], "totalResults": 0}, "list"),
        ({"Resources": []}, "list"),
        ({"schemas": [names.ERROR], "status": "404"}, "error"),
        ({"Errors": [{"code": "404"}]}, "error"),
        ({"schemas": [names.USER.upper()]}, "resource"),
        ({"schemas": [names.GROUP]}, "resource"),
        ({"userName": "liv"}, "resource"),
        ({"id": "1", "displayName": "Crew"}, "resource"),
        ({"id": "1"}, ""),
        ({"schemas": names.ERROR}, ""),
        ([], ""),
        (None, ""),
        ("totalResults", ""),
    ],
)
def test_kinds_of_messages(body, kind):
    assert messages.is_list(body) is (kind == "list")
    assert messages.is_error(body) is (kind == "error")
    assert messages.is_resource(body) is (kind == "resource")


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({"detail": "taken", "Errors": [{"description": "other"}]}, "taken"),
        ({"Errors": [{"description": "taken", "code": "409"}]}, "taken"),
        ({"Errors": [{"code": "409"}]}, ""),
        ({"Errors": ["taken"]}, ""),
        ({"Errors": []}, ""),
        ({"Errors": {"description": "taken"}}, ""),
        ({"detail": 7}, "7"),
        ({"detail": None}, ""),
        (["taken"], ""),
        ("taken", ""),
    ],
)
def test_the_detail_of_an_error(body, detail):
    assert messages.error_detail(body) == detail


OURS = {"u-1": "Liv@fjord.example", "u/2": "ola"}


@pytest.mark.parametrize(
    ("entry", "identifier"),
    [
        ({"value": "u-1"}, "u-1"),
        ({"value": "strange"}, "strange"),
        ({"value": "x", "$ref": "https://a.example/Users/u%2F2?x=1"}, "u/2"),
        ({"$ref": "../Users/u-1/"}, "u-1"),
        ({"value": "LIV@fjord.example"}, "u-1"),
        ({"$ref": "ola"}, "u/2"),
    ],
)
def test_the_id_of_a_member(entry, identifier):
    assert messages.member_id(entry, OURS) == identifier
    assert messages.member_ids({"MEMBERS": [entry, "bare", None, 3]}, OURS) == {identifier, "bare"}


@pytest.mark.parametrize("members", [None, "u-1", {"value": "u-1"}, 3])
def test_a_group_whose_members_are_no_list_has_none(members):
    assert messages.member_ids({"members": members}) == set()
