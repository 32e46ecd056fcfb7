"""A registered secret is found in every spelling; everything else stays as it is."""

from __future__ import annotations

import base64
import html
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scim_compat.values import REDACTED
from scim_compat.wire.redact import Redactor
from support.draw import examples

SECRET = 'p/a+s"s wörd&<~>\\é=='
TOKEN = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.c2lnbmF0dXJl-_x"

SPELLINGS = {
    "plain": lambda s: s,
    "json": lambda s: json.dumps(s)[1:-1],
    "json raw": lambda s: json.dumps(s, ensure_ascii=False)[1:-1],
    "json, PHP": lambda s: json.dumps(s)[1:-1].replace("/", "\\/"),
    "json, Go": lambda s: json.dumps(s, ensure_ascii=False)[1:-1].translate(
        {38: "\\u0026", 60: "\\u003c", 62: "\\u003e"}
    ),
    "json, .NET": lambda s: "".join(
        f"\\u{ord(c):04X}" if c in "\"&<>+'`" or ord(c) > 126 else json.dumps(c)[1:-1] for c in s
    ),
    "percent": lambda s: quote(s, safe=""),
    "percent, path": quote,
    "percent, lower": lambda s: "".join(
        f"%{b:02x}" if chr(b) in '/+" &<>\\=' or b > 126 else chr(b) for b in s.encode()
    ),
    "form": quote_plus,
    "encodeURIComponent": lambda s: quote(s, safe="!*'()"),
    "twice": lambda s: quote(quote(s, safe=""), safe=""),
    "html": html.escape,
    "base64": lambda s: base64.b64encode(s.encode()).decode(),
    "base64url, bare": lambda s: base64.urlsafe_b64encode(s.encode()).decode().rstrip("="),
    "base64, percent": lambda s: quote(base64.b64encode(s.encode()).decode(), safe=""),
    "base64, json": lambda s: base64.b64encode(s.encode()).decode().replace("/", "\\/"),
    "utf-8 read as latin-1": lambda s: s.encode().decode("latin-1"),
    "json in json": lambda s: json.dumps(json.dumps(s))[3:-3],
    "json in json, each": lambda s: "".join(f"\\\\u{ord(c):04x}" for c in s),
    "python": lambda s: repr(s)[1:-1],
    "python, bytes": lambda s: repr(bytearray(s.encode()))[12:-2],
    "hex": lambda s: s.encode().hex(),
    "HEX": lambda s: s.encode().hex().upper(),
    "hex dump": lambda s: s.encode().hex(" "),
    "hex, colons": lambda s: s.encode().hex(":").upper(),
    "hex, escaped": lambda s: "".join(f"\\x{b:02x}" for b in s.encode()),
    "json, each": lambda s: "".join(f"\\u{ord(c):04x}" for c in s),
    "json, EACH": lambda s: "".join(f"\\u{ord(c):04X}" for c in s),
    "percent, each": lambda s: "".join(f"%{b:02X}" for b in s.encode()),
    "html, each": lambda s: "".join(f"&#{ord(c)};" for c in s),
    "html, each in hex": lambda s: "".join(f"&#x{ord(c):x};" for c in s),
}


@pytest.mark.parametrize("secret", [SECRET, TOKEN])
@pytest.mark.parametrize("name", SPELLINGS)
def test_every_spelling_is_found(secret, name):
    spelled = SPELLINGS[name](secret)
    assert Redactor.of([secret]).text(f"<{spelled}> and {spelled}") == f"<{REDACTED}> and {REDACTED}"


@pytest.mark.parametrize("before", ["", "u", "us", "usr", "user:"])
@pytest.mark.parametrize("after", ["", ":", ":x", "abc"])
@pytest.mark.parametrize("secret", [SECRET, TOKEN, "hunter2!"])
def test_base64_is_found_at_every_alignment(secret, before, after):
    encoded = base64.b64encode((before + secret + after).encode()).decode()
    clean = Redactor.of([secret]).text(encoded)
    assert REDACTED in clean
    # What is left carries the neighbours; of the secret, at most a piece of the character at each end.
    left = clean.replace(REDACTED, "").rstrip("=")
    assert 6 * len(left) - 8 * len((before + after).encode()) <= 12


@settings(max_examples=examples(60), deadline=None)
@given(
    st.text(st.characters(exclude_characters="[]", exclude_categories=("Cs",)), min_size=1, max_size=12),
    st.text(st.characters(exclude_categories=("Cs",)), max_size=30),
    st.text(st.characters(exclude_categories=("Cs",)), max_size=30),
)
def test_it_is_idempotent_and_nothing_stays(secret, before, after):
    redactor = Redactor.of([secret])
    once = redactor.text(f"{before}{secret}{after}")
    assert redactor.text(once) == once
    if len(secret) >= 4:
        assert secret not in once.replace(REDACTED, "\0")


def test_longer_secrets_win_and_marker_like_secrets_do_not_nest():
    redactor = Redactor.of(["hunter2", "hunter2-extended", "redacted"])
    once = redactor.text("a hunter2-extended b hunter2 c")
    assert once == f"a {REDACTED} b {REDACTED} c"
    assert redactor.text(once) == once


def test_short_secrets_only_where_they_stand_alone():
    redactor = Redactor.of(["abc", ""])
    assert redactor.text('abc abcd xabc pw=abc& "abc" abc_') == (
        f'{REDACTED} abcd xabc pw={REDACTED}& "{REDACTED}" abc_'
    )
    assert redactor.text("YWJj") == REDACTED
    assert Redactor.of([]).text("anything") == "anything"


def test_a_short_secret_that_stands_alone_only_after_the_first_pass():
    redactor = Redactor.of(["hunter2", "abc"])
    assert redactor.text("hunter2abc") == f"{REDACTED}{REDACTED}"


@pytest.mark.parametrize("name", ["plain", "base64", "percent", "hex", "json, each"])
@pytest.mark.parametrize(("before", "after"), [("it said: ", ""), ("it said: ", "… and more"), ('("', '").')])
def test_the_beginning_of_a_secret_is_found_where_a_text_was_cut(name, before, after):
    redactor, spelled = Redactor.of([TOKEN]), SPELLINGS[name](TOKEN)
    for length in range(8, len(spelled)):
        dot = spelled[length - 1] * (spelled[length - 1] == ".")  # taken for the end of our sentence, and tells nothing
        assert redactor.quoted(f"{before}{spelled[:length]}{after}") == f"{before}{REDACTED}{dot}{after}", length


def test_what_only_looks_like_a_beginning_stays():
    redactor = Redactor.of(["scim-compat-token", "liv@example.com:scim-compat-token"])
    for text in ("scim-compat made this", "liv@example.com", "user liv@example", "scim-co"):
        assert redactor.quoted(text) == text
    assert redactor.quoted("scim-compat") == REDACTED  # it could be one


def test_other_text_is_returned_unchanged():
    text = "x" * 1000 + SECRET[:-1]
    assert Redactor.of([SECRET]).text(text) is text


def test_bytes_keep_everything_else():
    redactor = Redactor.of(["pässword"])
    assert redactor.bytes(b"\xff\x00p\xc3\xa4ssword\xfe") == b"\xff\x00[redacted]\xfe"
    assert redactor.bytes("x pässword".encode("latin-1")) == b"x [redacted]"
    untouched = bytes(range(256))
    assert redactor.bytes(untouched) is untouched


def test_with_secrets_makes_a_new_one():
    first = Redactor.of(["first-secret"])
    second = first.with_secrets(["second-secret"])
    assert first.text("second-secret") == "second-secret"
    assert second.text("first-secret second-secret") == f"{REDACTED} {REDACTED}"
    assert second.with_secrets(["first-secret", "second-secret"]) is second
    assert second.with_secrets([""]) is second
    assert "secret" not in repr(second).replace("secret(s)", "")


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("Authorization", "Bearer not-registered", "Bearer [redacted]"),
        ("AUTHORIZATION", "basic dXNlcg==", "basic [redacted]"),
        ("Proxy-Authorization", "Digest a=1, b=2", "Digest [redacted]"),
        ("Authorization", "rawtoken", "[redacted]"),
        ("Authorization", "part one-of-token", "[redacted]"),
        ("Authorization", "", ""),
        ("Cookie", "sid=1", "[redacted]"),
        ("set-cookie", "sid=1; Path=/", "[redacted]"),
        ("X-Api-Key", "known-key", "[redacted]"),
        ("Location", "https://h/Users/1?k=known-key", "https://h/Users/1?k=[redacted]"),
        ("WWW-Authenticate", 'Bearer realm="x"', 'Bearer realm="x"'),
    ],
)
def test_headers(name, value, shown):
    redactor = Redactor.of(["known-key"])
    assert redactor.header(name, value) == shown
    assert redactor.header(name, shown) == shown
