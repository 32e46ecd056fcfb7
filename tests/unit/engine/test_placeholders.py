"""Placeholders: a closed set of names and functions, values of their own type, and no code."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scim_compat.engine.placeholders import FUNCTIONS, PlaceholderError, fill

VALUES = {("alice", "id"): "u-1", ("alice", "userName"): "Liv@X", ("alice", "active"): False, ("n", "five"): 5,
          ("q", "quote"): 'a"b\\c', ("evil", "text"): "${alice.id}"}  # fmt: skip


def lookup(name, attribute):
    return VALUES[name, attribute]


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("plain", "plain"),
        ("", ""),
        ("${alice.id}", "u-1"),
        ("/Users/${alice.id}/x", "/Users/u-1/x"),
        ("${alice.id}${alice.id}", "u-1u-1"),
        ("${alice.active}", False),
        ("is ${alice.active}", "is False"),
        ("${n.five}", 5),
        ("${ alice.userName | upper }", "LIV@X"),
        ("${alice.userName|lower}", "liv@x"),
        ("${alice.userName|swapcase|lower}", "liv@x"),
        ("${q.quote|json}", '"a\\"b\\\\c"'),
        ("$alice {alice.id} $ {} $$", "$alice {alice.id} $ {} $$"),
        ({"a": ["${alice.id}", {"${alice.id}": None}], "b": 1}, {"a": ["u-1", {"u-1": None}], "b": 1}),
        (("${alice.id}",), ["u-1"]),
        (None, None),
        (True, True),
    ],
)
def test_fill(value, wanted):
    found = fill(value, lookup)
    assert found == wanted
    assert type(found) is type(wanted)


@pytest.mark.parametrize(
    "text", ["${bob.id}", "${alice.nothing}", "${alice.id|eval}", "${alice}", "${}", "${alice.id|}", "${alice.id.real}",
             "x ${__import__('os').getcwd()}", "${alice.__class__}", "${new.word|upper}"],
)  # fmt: skip
def test_what_is_not_known_is_named(text):
    inside = text[text.index("${") : text.index("}") + 1]
    with pytest.raises(PlaceholderError, match="is not known here") as refused:
        fill(text, lookup)
    assert str(refused.value).startswith(inside)


def test_values_are_not_filled_again():
    """What a server gave as an id must not be read as a placeholder."""
    assert fill("${evil.text}", lookup) == "${alice.id}"
    assert fill("x${evil.text}", lookup) == "x${alice.id}"


def test_the_functions_are_these():
    assert set(FUNCTIONS) == {"upper", "lower", "swapcase", "json"}


@given(st.text().filter(lambda t: "${" not in t))
def test_text_without_placeholders_stays(text):
    assert fill(text, lookup) == text
