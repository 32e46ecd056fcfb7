"""The ledger: on disk before the request, read back after a kill."""

from __future__ import annotations

import json

import pytest
from scim_compat.engine.ledger import (
    Entry,
    Ledger,
    read,
)
from scim_compat.errors import RecordFileError


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_what_stands_in_the_file(tmp_path):
    path = tmp_path / "ledger.jsonl"
    with Ledger(path, base_url="https://x.example/scim", tag="sc123456") as ledger:
        one = ledger.intend("User", "userName", "liv@sc123456")
        assert lines(path)[-1] == {"intend": 1, "kind": "User", "by": "userName", "name": "liv@sc123456"}
        ledger.record_created(one, "u-1", confirmed=True)
        two = ledger.intend("Group", "displayName", "crew sc123456")
        ledger.record_dropped(two)
        ledger.record_deleted(one)
    assert lines(path) == [
        {"ledger": "scim-compat/1", "base_url": "https://x.example/scim", "tag": "sc123456"},
        {"intend": 1, "kind": "User", "by": "userName", "name": "liv@sc123456"},
        {"created": 1, "id": "u-1", "confirmed": True},
        {"intend": 2, "kind": "Group", "by": "displayName", "name": "crew sc123456"},
        {"dropped": 2},
        {"deleted": 1},
    ]


def test_living_and_ever():
    ledger = Ledger(None)
    one, two = (ledger.intend("User", "userName", n) for n in ("a", "b"))
    assert dict(ledger.living()) == {}
    ledger.record_created(one, "u-1", confirmed=True)
    ledger.record_created(two, "u-2", confirmed=False)
    assert dict(ledger.living()) == {"u-1": "a", "u-2": "b"}
    ledger.record_deleted(one)
    assert dict(ledger.living()) == {"u-2": "b"}
    assert dict(ledger.ever()) == {"u-1": "a", "u-2": "b"}


def test_open_entries_come_last_first():
    ledger = Ledger(None)
    numbers = [ledger.intend("User", "userName", n) for n in "abcd"]
    ledger.record_created(numbers[0], "u-1", confirmed=True)
    ledger.record_created(numbers[1], "u-2", confirmed=True)
    ledger.record_deleted(numbers[1])
    ledger.record_dropped(numbers[2])
    assert [(e.name, e.id, e.state) for e in ledger.open_entries()] == [
        ("d", None, "intended"),
        ("a", "u-1", "created"),
    ]


def test_read_back(tmp_path):
    path = tmp_path / "ledger.jsonl"
    with Ledger(path, base_url="https://x.example/scim", tag="t") as ledger:
        for name in "abc":
            ledger.intend("User", "userName", name)
        ledger.record_created(1, "u-1", confirmed=True)
        ledger.record_created(2, "u-2", confirmed=False)
        ledger.record_deleted(1)
        kept = tuple(ledger.entries.values())
    found = read(path)
    assert (found.base_url, found.tag) == ("https://x.example/scim", "t")
    assert found.entries == kept
    assert found.entries[0] == Entry(1, "User", "userName", "a", "u-1", confirmed=True, state="deleted")
    assert found.entries[2] == Entry(3, "User", "userName", "c")


@pytest.mark.parametrize("cut", range(1, 40, 3))
def test_a_last_line_cut_off_by_a_kill_is_ignored(tmp_path, cut):
    path = tmp_path / "ledger.jsonl"
    with Ledger(path, base_url="https://x.example", tag="t") as ledger:
        ledger.intend("User", "userName", "liv")
        ledger.record_created(1, "u-1", confirmed=True)
    whole = path.read_bytes().rstrip(b"\n")
    path.write_bytes(whole[:-cut])
    [entry] = read(path).entries
    assert (entry.name, entry.state) == ("liv", "intended")


def test_non_ascii_names_survive(tmp_path):
    path = tmp_path / "ledger.jsonl"
    with Ledger(path) as ledger:
        ledger.intend("User", "userName", "o'd\"a\\hl 北 🚢\n")
    assert read(path).entries[0].name == "o'd\"a\\hl 北 🚢\n"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "not a scim-compat ledger"),
        ("[]\n", "not a scim-compat ledger"),
        ('{"event": "run"}\n', "ledger.jsonl in a run's output folder"),
        (
            '{"ledger": "scim-compat/1", "base_url": "x", "tag": "t"}\nnonsense\n{"intend": 1}\n',
            ":2: not a ledger line",
        ),
    ],
)
def test_what_is_no_ledger(tmp_path, content, words):
    path = tmp_path / "other.jsonl"
    path.write_text(content)
    with pytest.raises(RecordFileError, match=r"other\.jsonl") as refused:
        read(path)
    assert words in str(refused.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(RecordFileError, match="cannot be read: No such file"):
        read(tmp_path / "none")


def test_a_second_process_appends(tmp_path):
    """``cleanup`` goes on in the same file: what it deleted must not be open any more."""
    path = tmp_path / "ledger.jsonl"
    with Ledger(path, base_url="https://x.example", tag="t") as ledger:
        ledger.intend("User", "userName", "liv")
        ledger.record_created(1, "u-1", confirmed=True)
    size = path.stat().st_size
    with Ledger(path, base_url="https://x.example", tag="t") as again:
        again.entries[1] = read(path).entries[0]
        again.record_deleted(1)
    assert path.stat().st_size > size
    assert [e.state for e in read(path).entries] == ["deleted"]


def test_an_id_may_hold_what_others_take_for_the_end_of_a_line(tmp_path):
    path = tmp_path / "ledger.jsonl"
    hostile = "a\u2028b\u2029c\x85d\ne\rf\x1cg"
    with Ledger(path, base_url="https://x.example", tag="sc123456") as ledger:
        ledger.record_created(ledger.intend("User", "userName", "liv@sc123456"), hostile, confirmed=True)
        ledger.intend("User", "userName", "ann@sc123456")
    entries = read(path).entries
    assert [(e.id, e.state) for e in entries] == [(hostile, "created"), (None, "intended")]
