"""Clean JSON passes without a word; everything else is named, and nothing raises."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scim_compat.values import MISSING
from scim_compat.wire.strict_json import MAX_DEPTH, parse, sanitise
from support.cost import ends
from support.draw import examples

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=20,
)


@settings(max_examples=examples(40), deadline=None)
@given(JSON_VALUES, st.booleans())
def test_clean_json_comes_back_equal_and_without_problems(value, ascii_only):
    try:
        body = json.dumps(value, ensure_ascii=ascii_only).encode()
    except UnicodeEncodeError:  # lone surrogates cannot be written raw
        return
    parsed, problems = parse(body)
    has_surrogate = any(0xD800 <= ord(char) <= 0xDFFF for char in json.dumps(value, ensure_ascii=False))
    if not has_surrogate:
        assert (parsed, problems) == (value, ())


@settings(max_examples=examples(40), deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_make_it_raise(body):
    parsed, problems = parse(body)
    assert parsed is not MISSING or problems


@pytest.mark.parametrize(
    ("body", "value", "part"),
    [
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}, "byte order mark"),
        (b'{"a": "\xff"}', MISSING, "not UTF-8 (RFC 8259 section 8.1): byte 7"),
        ('{"a": "ü"}'.encode("utf-16"), MISSING, "not UTF-8"),
        (
            b'{"id": 1, "b": {"x": 1, "x": 2}, "id": 3}',
            {"id": 3, "b": {"x": 2}},
            'the key "id" more than once',
        ),
        (b'{"a": NaN}', {"a": None}, "The number NaN is not JSON"),
        (b"[Infinity, -Infinity]", [None, None], "The number -Infinity"),
        (b"[1e999]", [None], "too large for a double"),
        (b"[" + b"9" * 5000 + b"]", [None], "5000 digits"),
        (b'["\\ud83d", "ok"]', ["\ufffd", "ok"], "half a surrogate pair"),
        (b'{"\\udC00k": 1}', {"\ufffdk": 1}, "half a surrogate pair"),
        (b'{"a": 1,}', MISSING, "not JSON: "),
        (b'{"a": "\n"}', MISSING, "not JSON: Invalid control character at line 1, column"),
        (b"{} {}", MISSING, "not JSON: Extra data"),
        (b"  \n", MISSING, "white space only"),
        (b"", MISSING, "white space only"),
    ],
)
def test_what_is_not_clean_is_named(body, value, part):
    parsed, problems = parse(body)
    assert parsed == value
    assert part in " ".join(problems)


def test_surrogate_pairs_and_large_integers_are_clean():
    assert parse(b'["\\ud83d\\ude00", 123456789012345678901234567890]') == (
        ["😀", 123456789012345678901234567890],
        (),
    )


def test_nesting_is_bounded_before_parsing():
    def nested(levels: int) -> bytes:
        return b"[" * levels + b"]" * levels

    assert parse(nested(MAX_DEPTH))[1] == ()
    value, problems = parse(nested(MAX_DEPTH + 1))
    assert value is MISSING
    assert problems == ("The body is nested deeper than 200 levels; it was not parsed.",)
    assert parse(b'{"a":' * 100_000)[0] is MISSING


def test_brackets_in_strings_are_not_nesting():
    text = "[{" * 500 + '\\"'
    assert parse(json.dumps({"a": text, "b": ["]"]}).encode()) == ({"a": text, "b": ["]"]}, ())


@pytest.mark.parametrize("unit", [b'\\"', b'"', b"\\", b'"[', b'["'])
def test_hostile_input_costs_linear_time(unit):
    body = b"[" * 201 + b'"' + unit * (500_000 // len(unit))
    with ends():
        assert parse(body)[0] is MISSING


def test_many_duplicates_are_a_few_sentences():
    body = "{" + ",".join(f'"k{i}": 1, "k{i}": 2' for i in range(1000)) + "}"
    _, problems = parse(body.encode())
    assert len(problems) == 11
    assert problems[-1] == "… and 990 more problems of the same kind."


def test_quoted_keys_are_short_printable_and_redacted_before_they_are_cut():
    secret = "s3cret" * 20
    key = "\x1b[31m" + secret
    body = json.dumps({key: 1})[:-1] + ", " + json.dumps({key: 2})[1:]
    _, problems = parse(body.encode(), clean=lambda text: text.replace(secret, "[redacted]"))
    assert problems == ('An object has the key "\ufffd[31m[redacted]" more than once; the last one was taken.',)
    _, problems = parse(body.encode())
    assert len(problems[0]) < 130


def test_sanitise_caps_and_replaces():
    assert sanitise("a\r\nb\u202e") == "a\ufffd\ufffdb\ufffd"
    assert sanitise("x" * 61) == "x" * 59 + "…"
    assert sanitise("x" * 60) == "x" * 60
