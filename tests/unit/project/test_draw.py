"""The draw leaves out no case and no way."""

from __future__ import annotations

import pytest
from support.draw import THOROUGH, pairs, some


def drawn(parameters):
    return [one.values for one in parameters if THOROUGH.mark not in [mark.mark for mark in one.marks]]


@pytest.mark.parametrize(("cases", "ways"), [(1, 1), (2, 2), (3, 8), (8, 3), (10, 2), (1, 5), (6, 4)])
def test_pairs_draw_each_case_and_each_way(cases, ways):
    parameters = pairs(range(cases), range(ways))
    assert len(parameters) == cases * ways
    assert {case for case, _ in drawn(parameters)} == set(range(cases))
    assert {way for _, way in drawn(parameters)} == set(range(ways))
    assert len(drawn(parameters)) == max(cases, ways)


def test_some_keep_every_case():
    parameters = some("abcd", "bd")
    assert [one.values for one in parameters] == [("a",), ("b",), ("c",), ("d",)]
    assert drawn(parameters) == [("b",), ("d",)]
