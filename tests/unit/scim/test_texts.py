"""What it is about a text that a reader of filters may stumble over."""

from __future__ import annotations

import pytest
from scim_compat.scim import texts


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("liv.dahl-1_2@fjord.example", []),
        ("Liv Dahl sc123456", []),
        ("Andrew Norton Eqbal", []),
        ("salt and pepper", [texts.WORDS]),
        ("Not Or", []),
        ('say "hi"', [texts.QUOTES]),
        ("O'Dahl", [texts.APOSTROPHE]),
        ("C:\\Pier", [texts.BACKSLASH, texts.MARKS]),
        ("Pier (1)", [texts.BRACKETS]),
        ("100%", [texts.PERCENT]),
        ("a+b", [texts.PLUS]),
        ("a#b", [texts.HASH]),
        ("a;b", [texts.SEMICOLON]),
        ("R&D", [texts.MARKS]),
        ("two  spaces", [texts.SPACES]),
        (" before", [texts.SPACES]),
        ("Bjørn", [texts.LETTERS]),
        ("bo\u0308", [texts.MARKS_APART]),
        ("חוף", [texts.TO_THE_LEFT]),
        ("🚢", [texts.EMOJI]),
        ("x" * texts.LONG, []),
        ("x" * (texts.LONG + 1), [texts.LENGTH]),
        ("0042", [texts.LITERAL]),
        ("null", [texts.LITERAL]),
        ("42 b", []),
    ],
)
def test_the_traits_of_a_text(text, found):
    assert list(texts.traits(text)) == found


TRAITS = [value for value in vars(texts).values() if isinstance(value, texts.Trait)]


@pytest.mark.parametrize("trait", TRAITS, ids=lambda trait: trait.words)
def test_a_sample_has_its_trait_and_no_other_worth_a_name(trait):
    assert trait in texts.traits(trait.sample)
    beside = set(texts.traits(trait.sample)) - {trait}
    assert not beside
