"""Invented people: the same for the same seed, recognisable, and nobody's."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scim_compat.engine import people
from scim_compat.engine.people import tag_in
from scim_compat.profile import grammar

SEEDS = st.integers(min_value=0, max_value=10**9)


@given(SEEDS)
def test_the_tag_is_the_seed_s_and_found_in_names(seed):
    tag = people.tag_for(seed)
    assert re.fullmatch(r"sc[0-9a-f]{6}", tag)
    assert tag == people.tag_for(seed)
    made = people.person(seed, "x")
    for name in ("userPrincipalName", "mail", "otherMail", "mailNickname", "displayName"):
        assert tag_in(made[name]) == tag
    assert tag_in(people.group(seed, "x")["displayName"]) == tag


def test_the_same_seed_and_key_make_the_same_person():
    assert people.person(7, "a") == people.person(7, "a")
    assert people.group(7, "a") == people.group(7, "a")
    assert people.guid(7, "a") == people.guid(7, "a")


def test_another_seed_or_key_makes_another_one():
    names = {people.person(s, k)["userPrincipalName"] for s in range(20) for k in ("a", "b", "c")}
    assert len(names) == 60
    assert len({people.guid(s, k) for s in range(20) for k in ("a", "b")}) == 40
    assert len({people.group(s, "a")["displayName"] for s in range(20)}) == 20


def test_the_order_of_making_does_not_matter():
    first = people.person(7, "a")
    people.person(7, "b")
    people.group(8, "c")
    assert people.person(7, "a") == first


def test_every_attribute_is_there_and_has_a_value():
    made = people.person(3, "x")
    assert set(made) == grammar.PERSON - {"manager"}
    assert all(v not in ("", None) for v in made.values())
    assert set(people.group(3, "x")) == grammar.GROUP


@given(SEEDS)
def test_addresses_are_in_reserved_domains(seed):
    made = people.person(seed, "x")
    for name in ("userPrincipalName", "mail", "otherMail"):
        assert made[name].endswith(".example")
        assert made[name].isascii()
        assert " " not in made[name]


def test_phone_numbers_come_in_several_formats():
    """A server that reformats them must be noticed, so none is in the normal form."""
    made = people.person(3, "x")
    for name in ("telephoneNumber", "mobile", "facsimileTelephoneNumber"):
        assert not re.fullmatch(r"\+?\d+", made[name])


def test_derived_values_follow_what_is_overridden():
    made = people.person(7, "x", {"givenName": "Zoë", "surname": "O'Bjørnså"})
    assert made["fullName"] == "Zoë O'Bjørnså"
    assert made["displayName"].startswith("Zoë O'Bjørnså ")
    assert made["userPrincipalName"].startswith("zoe.objrnsa")


def test_overriding_one_name_leaves_the_rest():
    plain, named = people.person(7, "x"), people.person(7, "x", {"displayName": "Bo"})
    assert named == plain | {"displayName": "Bo"}


def test_names_without_ascii_letters_still_make_an_address():
    assert re.match(r"x\.x\d{4}\.", people.person(7, "x", {"givenName": "北", "surname": "🚢"})["userPrincipalName"])


@pytest.mark.parametrize("name", ["", "liv@example.com", "sc12345", "sc1234567", "scnothex", "scim-compat"])
def test_other_names_hold_no_tag(name):
    assert tag_in(name) == ""
