"""The tables of filters in the RFC profile: right in themselves, and wrong for every wrong way to evaluate them."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

import pytest
from servers.evaluators import RIGHT, WRONG, comparisons, evaluate, read
from support.profiles import loaded

CREW = {"ann": "Crew", "ben": "Crew", "cid": "Deck", "dot": "Deck"}
"""The population of filter.and-or: key → the first word of displayName."""
STRANGER = "zed"
"""Somebody who is not of the population: no filter may find all those who are not."""


def rows(id_: str) -> list[tuple[str, set[str]]]:
    """(filter, who must be found) of every step of the scenario that is judged by its hits."""
    [scenario] = [one for one in loaded("rfc7644").scenarios if one.id == id_]
    made = []
    for step in scenario.steps:
        expect: dict[str, Any] = step.args.get("expect", {})
        if "finds" in expect:
            made.append((unquote(step.args["send"]["query"].removeprefix("filter=")), set(expect["finds"])))
    return made


def truth(term: str, who: str) -> bool:
    if name := re.fullmatch(r'userName eq "\$\{(\w+)\.userName\}"', term):
        return who == name[1]
    title = re.fullmatch(r'displayName eq "(\w+) \$\{run\.tag\}"', term)
    assert title, term
    return CREW.get(who) == title[1]


TABLE = rows("filter.and-or")


def hits(text: str, way: Any) -> set[str]:
    return {who for who in (*CREW, STRANGER) if evaluate(text, lambda term, one=who: truth(term, one), way)}


@pytest.mark.parametrize(("text", "who"), TABLE, ids=[text for text, _ in TABLE])
def test_the_table_is_right(text, who):
    assert hits(text, RIGHT) == who


@pytest.mark.parametrize("name", WRONG)
def test_every_wrong_way_shows(name):
    different = [text for text, who in TABLE if hits(text, WRONG[name]) != who]
    assert len(different) > 1, "a single expression may be declined"


def test_all_groupings_of_three_terms_are_there():
    def shape(text: str) -> str:
        for term in sorted(set(comparisons(read(text))), key=len, reverse=True):
            text = text.replace(term, "x")
        return text

    assert {shape(text) for text, _ in TABLE} >= {
        "x and x", "x or x", "x and not (x)", "x and x or x", "x or x and x", "(x or x) and x", "x and (x or x)",
        "x and not (x or x)", "not (x or x) and x", "not (x and x) and x", "not (x) and not (x) and x",
        "x or not (x) and x", "not (x) and x or x", "x and (not (x) or x)", "not (not (x)) and x",
    }  # fmt: skip


def test_every_operator_finds_some_and_leaves_out_some():
    asked: dict[str, list[set[str]]] = {}
    for text, who in rows("filter.operators"):
        for word in ("eq", "ne", "co", "sw", "ew", "pr", "gt", "ge", "lt", "le"):
            if re.search(rf" {word}\b", text):
                asked.setdefault(word, []).append(who)
    assert asked.keys() == {"eq", "ne", "co", "sw", "ew", "pr", "gt", "ge", "lt", "le"}
    for word, answers in asked.items():
        assert any(answers), word
        assert all(len(who) < 4 for who in answers), word
