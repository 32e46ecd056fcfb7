"""Credentials that are almost right: each is wrong in one way, none is right by accident, all are secret."""

from __future__ import annotations

import base64

import httpx
import pytest
from scim_compat.values import REDACTED
from scim_compat.wire.client import Wire, WireSettings
from scim_compat.wire.credentials import Basic, Bearer, NoCredential, RawHeader
from scim_compat.wire.messages import NEAR_MISSES, CredentialUse, Request
from scim_compat.wire.near_misses import altered

SECRET = "Kx7QvP2mZr9TtLw4"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0." + base64.urlsafe_b64encode(bytes(range(32))).decode().rstrip("=")
UUID = "0b7c3b8a-2d10-4a57-9a61-6f1d8c1e55c0"


@pytest.mark.parametrize(
    ("use", "expected"),
    [
        ("prefix", SECRET[:-1]),
        ("tail", SECRET[1:]),
        ("suffix", SECRET + "Zz09"),
        ("changed", "Kx7QvP2mZr9UtLw4"),
        ("other-case", SECRET.swapcase()),
        ("empty", ""),
        ("other-scheme", None),
        ("wrong", None),
    ],
)
def test_how_a_secret_is_altered(use, expected):
    assert altered(SECRET, CredentialUse(use)) == expected


@pytest.mark.parametrize("secret", [SECRET, JWT, UUID, "c2VjcmV0LXRva2Vu", "c2VjcmV0LXRva2U=", "a", "1234", "pä"])
def test_none_is_the_right_one_by_accident(secret):
    for use in NEAR_MISSES:
        other = altered(secret, use)
        assert other != secret
        if other and use is not CredentialUse.OTHER_CASE:
            assert _decoded(other) != _decoded(secret), use  # base64: the last bits of a character may mean nothing


def _decoded(text):
    """As lenient decoders read it: other characters are skipped, and padding is added."""
    try:
        return base64.urlsafe_b64decode(text.encode() + b"==")
    except ValueError:
        return text


@pytest.mark.parametrize("secret", [UUID, "deadbeef", "1234-5678"])
def test_hexadecimal_digits_have_no_case(secret):
    assert altered(secret, CredentialUse.OTHER_CASE) is None


def test_a_changed_uuid_is_one_still():
    changed = altered(UUID, CredentialUse.CHANGED)
    assert len(changed) == len(UUID)
    assert set(changed) <= set("0123456789abcdef-")


CREDENTIALS = {
    "bearer": Bearer(SECRET),
    "basic": Basic("ops", SECRET),
    "key as user": Basic(SECRET, ""),
    "header": RawHeader("X-Key", SECRET),
    "header with a scheme": RawHeader("Authorization", f"Token {SECRET}"),
}


def sent(credential, use):
    """(value of the header, what the wire then hides)."""
    seen = []

    def answer(request):
        seen.append(request.headers.get("authorization") or request.headers.get("x-key") or "")
        return httpx.Response(429, headers={"Retry-After": "30"}, text=f"no: {seen[-1]}")

    with Wire(
        WireSettings(base_url="http://e.example"), credential, transport=httpx.MockTransport(answer), sleep=_never
    ) as wire:
        exchange = wire.send(Request("GET", "/Users", credential=use))
        assert len(seen) == 1, "a wrong credential is never sent again"
        assert exchange.response.status == 429
        return seen[0], wire.secrets.text(seen[0])


def _never(_seconds):
    raise AssertionError("waited for a wrong credential")


@pytest.mark.parametrize("kind", CREDENTIALS)
def test_every_near_miss_of_a_credential_is_sent_once_and_redacted(kind):
    credential = CREDENTIALS[kind]
    with Wire(
        WireSettings(base_url="http://e.example"), credential, transport=httpx.MockTransport(lambda _: None)
    ) as wire:
        uses = wire.near_misses
    assert {CredentialUse.PREFIX, CredentialUse.SUFFIX, CredentialUse.CHANGED, CredentialUse.OTHER_CASE} <= set(uses)
    right = dict(credential.headers(httpx.MockTransport(lambda _: None)))
    for use in uses:
        value, clean = sent(credential, use)
        assert value not in right.values()
        if use is not CredentialUse.EMPTY:
            assert REDACTED in clean
        for part in (SECRET[:-1], SECRET[1:], SECRET.swapcase()):
            assert part not in clean
            assert base64.b64encode(f"ops:{part}".encode()).decode() not in clean


def test_basic_keeps_the_user_and_alters_the_password():
    value, _ = sent(Basic("ops", SECRET), CredentialUse.PREFIX)
    assert base64.b64decode(value.removeprefix("Basic ")).decode() == f"ops:{SECRET[:-1]}"
    value, _ = sent(Basic(SECRET, ""), CredentialUse.PREFIX)
    assert base64.b64decode(value.removeprefix("Basic ")).decode() == f"{SECRET[:-1]}:"


def test_another_scheme_carries_the_right_secret():
    assert sent(Bearer(SECRET), CredentialUse.OTHER_SCHEME)[0] == f"Basic {SECRET}"
    assert sent(RawHeader("Authorization", f"Basic {SECRET}"), CredentialUse.OTHER_SCHEME)[0] == f"Bearer {SECRET}"
    assert RawHeader("X-Key", SECRET).near(CredentialUse.OTHER_SCHEME) is None


def test_where_there_is_no_credential_nothing_comes_near():
    with Wire(
        WireSettings(base_url="http://e.example"), NoCredential(), transport=httpx.MockTransport(lambda _: None)
    ) as wire:
        assert wire.near_misses == ()
        assert wire.send(Request("GET", "/Users", credential=CredentialUse.PREFIX)).failure.kind == "auth"
