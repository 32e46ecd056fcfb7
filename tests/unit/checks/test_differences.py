"""The classifier of differences: every kind, in the words that a finding shows."""

from __future__ import annotations

import pytest
from scim_compat.checks.differences import Difference, Kind, difference, is_taken_over
from scim_compat.engine.intent import Effect
from scim_compat.values import MISSING

PHONE = 'phoneNumbers[type eq "work"].value'
NAME = "Žofia O'Bjørnså 🚢"
ROOM = 'Room <4> & "5" + 100%'

TEXTS = [
    # --- encoding
    ("Bjørn", "BjÃ¸rn", Kind.TEXT, "its UTF-8 was read as ISO-8859-1"),
    ("Bjørn", "BjÃƒÂ¸rn", Kind.TEXT, "its UTF-8 was read as Windows-1252, twice"),
    ("北港", "北港".encode().decode("latin-1"), Kind.TEXT, "its UTF-8 was read as ISO-8859-1"),
    ("“Quay”", "â€œQuayâ€\ufffd", Kind.TEXT, "its UTF-8 was read as Windows-1252"),
    ("BjÃ¸rn", "Bjørn", Kind.TEXT, "its letters were taken for UTF-8 that had been read as ISO-8859-1"),
    ("Bjørn", "Bj?rn", Kind.TEXT, "letters outside ASCII were replaced by marks"),
    ("Bjørn", "Bj??rn", Kind.TEXT, "letters outside ASCII were replaced by marks"),
    ("Ann 🚢 B", "Ann \ufffd\ufffd B", Kind.TEXT, "letters outside ASCII were replaced by marks"),
    ("Bjørn", "Bjrn", Kind.TEXT, "letters outside ASCII were left out"),
    ("Zoë 🚢 Dahl", "Zoë  Dahl", Kind.TEXT, "emoji and other characters above U+FFFF were left out"),
    ("Zoë 🚢 Dahl", "Zoë ", Kind.TEXT, "it was cut off before 🚢"),
    ("Åse Škvorecký", "Ase Skvorecky", Kind.TEXT, "its letters lost their accents"),
    # --- composition, case, white space
    ("A\u030ase", "\u00c5se", Kind.COMPOSITION, "its letters came back composed"),
    ("\u00c5se", "A\u030ase", Kind.TEXT, "its letters came back decomposed"),
    ("Liv", "liv", Kind.CASE, "it came back with other case"),
    ("Straße", "STRASSE", Kind.CASE, "it came back with other case"),
    (" Liv Dahl ", "Liv Dahl", Kind.SPACE, "white space at its ends was trimmed"),
    ("Liv  Dahl", "Liv Dahl", Kind.SPACE, "several spaces became one"),
    ("Liv\u00a0Dahl", "LivDahl", Kind.SPACE, "its white space changed"),
    ("Liv  Dahl", "liv dahl", Kind.SPACE, "it came back with other case and white space"),
    # --- escapes
    ("R&D", "R&amp;D", Kind.TEXT, "it was stored with HTML entities"),
    ("R&D", "R&amp;amp;D", Kind.TEXT, "it was stored with HTML entities"),
    ("O'Brien", "O&#39;Brien", Kind.TEXT, "it was stored with HTML entities"),
    ("R&amp;D", "R&D", Kind.TEXT, "HTML entities in it were decoded"),
    ("a b", "a%20b", Kind.TEXT, "it was stored with percent encoding"),
    ("50%41", "50A", Kind.TEXT, "a percent sign in it was decoded"),
    ("a+b", "a b", Kind.TEXT, "a plus sign in it was read as a space"),
    ("O'Brien", "O\\'Brien", Kind.TEXT, "it was stored with backslashes"),
    ("C:\\Pier", "C:Pier", Kind.TEXT, "backslashes in it were left out"),
    ("Bjørn", "Bj\\u00f8rn", Kind.TEXT, "it was stored with JSON escapes"),
    ("O'Brien", "O''Brien", Kind.TEXT, "it was stored with doubled quotes"),
    # --- length and characters
    ("x" * 255, "x" * 64, Kind.TEXT, "it was cut off after 64 characters of 255"),
    ("Chief of the whole harbour", "Chief of the ...", Kind.TEXT, "it was cut off after 13 characters of 26"),
    ("Bjørn", "Bjørn?", Kind.TEXT, "some of its characters were left out or replaced"),
    ("Room <4>", "Room 4", Kind.TEXT, "some of its characters were left out or replaced"),
    ("O'Brien", "OBrien", Kind.TEXT, "some of its characters were left out or replaced"),
    # --- form
    ("007", "7", Kind.FORM, "its leading zeros were lost"),
    ("2026-01-31", "31.01.2026", Kind.FORM, "the date came back in another format"),
    ("2026-01-31", "2026-01-31T00:00:00Z", Kind.FORM, "the date came back in another format"),
    ("12-34-56", "12 34.56", Kind.FORM, "it came back with other punctuation"),
    ("Liv", "Liv...", Kind.FORM, "it came back with other punctuation"),
    # --- another value
    ("Liv Dahl", "Liv", Kind.VALUE, ""),
    (NAME, "Žofia Škvorecký", Kind.VALUE, ""),
    (ROOM, "Hall", Kind.VALUE, ""),
    ("2026-01-31", "2026-02-01", Kind.VALUE, ""),
    ("0", "00", Kind.FORM, "its leading zeros were lost"),
    ("Liv", "", Kind.VALUE, ""),
]  # fmt: skip


@pytest.mark.parametrize(("sent", "stored", "kind", "words"), TEXTS)
def test_a_difference_of_two_texts_is_named(sent, stored, kind, words):
    one = difference("title", sent, stored)
    assert one is not None
    assert (one.kind, one.words) == (kind, words)


def test_a_text_that_a_server_made_long_is_another_value():
    # Canonical ordering takes quadratic time: a million marks took minutes.
    assert difference("title", "Liv", "Liv" + "\u0301\u0323" * 500_000) == Difference(Kind.VALUE)


OTHERS = [
    ("title", "007", 7, Kind.FORM, "it came back as a number, without its leading zeros"),
    ("title", "7", 7, Kind.FORM, "it came back as a number"),
    ("active", True, "True", Kind.FORM, "it came back as text"),
    ("title", "true", True, Kind.FORM, "it came back as a boolean"),
    ("title", "Chief", MISSING, Kind.VALUE, ""),
    ("title", "Chief", None, Kind.VALUE, ""),
    ("title", "Chief", ["Chief"], Kind.VALUE, ""),
    ("title", "Chief", 7, Kind.VALUE, ""),
    ("name", {"givenName": "Bjørn", "familyName": "Dahl"}, {"givenName": "Bj?rn", "familyName": "Dahl"}, Kind.TEXT,
     "letters outside ASCII were replaced by marks"),
    ("name", {"givenName": "Bjørn", "familyName": "Dahl"}, {"givenName": "Bj?rn"}, Kind.VALUE, ""),
    ("emails", [{"value": "a@x", "type": "work"}], [{"value": "a@x", "type": "Work"}], Kind.CASE,
     "it came back with other case"),
    ("emails", [{"value": "a@x"}], [], Kind.VALUE, ""),
    (PHONE, "(201) 555-0123", "tel:+1-201-555-0123", Kind.REWORDING, "it came back in another form of the same value"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "sent", "stored", "kind", "words"), OTHERS)
def test_a_difference_of_other_values_is_named(path, sent, stored, kind, words):
    one = difference(path, sent, stored)
    assert one is not None
    assert (one.kind, one.words) == (kind, words)


@pytest.mark.parametrize("value", ["Chief", NAME, 7, True, {"value": "u1"}, [{"value": "a"}]])
def test_a_value_does_not_differ_from_itself(value):
    assert difference("title", value, value) is None


@pytest.mark.parametrize(
    ("effect", "resource", "there"),
    [
        (Effect("set", "title", "Größe"), {"title": "Gr??e"}, True),
        (Effect("set", "title", "Größe"), {"title": "Keeper"}, False),
        (Effect("set", "title", "Größe"), {}, False),
        (Effect("set", "active", False), {"active": "False"}, False),
        (Effect("clear", "title"), {"title": "x"}, False),
        (Effect("clear", "title"), {}, True),
        (Effect("add-member", "members", "u1"), {"members": [{"value": "U1"}]}, False),
    ],
)
def test_a_change_in_other_letters_was_taken_over(effect, resource, there):
    assert is_taken_over(effect, resource) is there
