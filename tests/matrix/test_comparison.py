"""Two runs at one server with different seeds are as one, and a broken server differs from the good one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pytest
from scim_compat.results.comparison import ChangeKind, Trend, compare
from scim_compat.values import Severity
from tools import cells, documents, matrix

PROFILE: Final = "okta"
SEEDS: Final = (5, 77)
SERVERS: Final = (
    "accept-scim-json-406",
    "create-200",
    "decomposes-letters",
    "disable-accepted-but-ignored",
    "filter-no-match-400",
    "patch-lower-cases",
)
"""Refusals, losses, wrong hits and wrong forms; some with several causes."""

Bases = tuple[documents.Base, documents.Base]


@pytest.fixture(scope="module")
def bases() -> Iterator[Bases]:
    """The profile at the good server, with each seed."""
    with pytest.MonkeyPatch.context() as patch:
        found = []
        for seed in SEEDS:
            patch.setattr(cells, "SEED", seed)
            found.append(documents.base(matrix.profiles()[PROFILE]))
        yield found[0], found[1]


def at(base: documents.Base, seed: int, *defects: str):
    """The document of a run with that seed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cells, "SEED", seed)
        found = documents.records(base, *defects) if defects else {}
    return documents.document({PROFILE: (base.tape.profile, base.records, found)})


def test_the_good_server_is_as_itself(bases: Bases):
    one, two = (at(base, seed) for base, seed in zip(bases, SEEDS, strict=True))
    found = compare(one, two)
    assert (found.changes, found.losses, found.circumstances) == ((), (), ())


@pytest.mark.parametrize("defect", SERVERS)
def test_a_broken_server_is_as_itself_and_no_good_one(bases: Bases, defect: str):
    good, one = at(bases[0], SEEDS[0]), at(bases[0], SEEDS[0], defect)
    two = at(bases[1], SEEDS[1], defect)
    assert one != two
    same = compare(one, two)
    assert {(change.kind, change.trend) for change in same.changes} == {(ChangeKind.STILL, Trend.SAME)}
    assert (same.losses, same.worst_open) == ((), None)
    assert {change.kind for change in compare(good, two).changes} == {ChangeKind.NEW}
    assert {change.kind for change in compare(two, good).changes} == {ChangeKind.FIXED}


def test_a_second_defect_counts_however_the_causes_are_divided(bases: Bases):
    one = at(bases[0], SEEDS[0], "decomposes-letters")
    both = at(bases[1], SEEDS[1], "decomposes-letters", "disable-accepted-but-ignored")
    come, gone = compare(one, both), compare(both, one)
    assert come.worst_open is Severity.BREACH
    assert {one.check for change in come.changes for one in change.added} == {"user.disabled"}
    assert gone.worst_open is None
    assert {one.check for change in gone.changes for one in change.gone} == {"user.disabled"}
    assert not gone.of_kind(ChangeKind.UNTESTED)
