"""Credentials: what they send, what they refuse, and that they never tell their secret."""

from __future__ import annotations

import base64
import json
from urllib.parse import parse_qs

import httpx
import pytest
from scim_compat.errors import SettingError
from scim_compat.wire.credentials import (
    WRONG,
    Basic,
    Bearer,
    NoCredential,
    NoTokenError,
    RawHeader,
)
from scim_compat.wire.messages import Headers
from scim_compat.wire.oauth import ClientCredentials

NOWHERE = httpx.MockTransport(lambda _: pytest.fail("no request was due"))
TOKEN_URL = "https://login.example/token"


class Endpoint(httpx.MockTransport):
    """A token endpoint with scripted answers; the last one repeats."""

    def __init__(self, *answers):
        self.seen = []
        self.answers = list(answers)
        super().__init__(self._answer)

    def _answer(self, request):
        self.seen.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        status, body = answer
        return httpx.Response(status, content=body if isinstance(body, bytes) else json.dumps(body).encode())


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


def credentials(clock=None, **given):
    given = {"token_url": TOKEN_URL, "client_id": "cl", "client_secret": "cs-secret-value"} | given
    return ClientCredentials(**given, **({"clock": clock} if clock else {}))


@pytest.mark.parametrize(
    ("credential", "headers", "wrong"),
    [
        (Bearer("tok-1"), (("Authorization", "Bearer tok-1"),), (("Authorization", f"Bearer {WRONG}"),)),
        (
            Basic("ann", "pä:ss"),
            (("Authorization", "Basic " + base64.b64encode("ann:pä:ss".encode()).decode()),),
            (("Authorization", "Basic " + base64.b64encode(f"ann:{WRONG}".encode()).decode()),),
        ),
        (RawHeader("X-Api-Key", "k 1"), (("X-Api-Key", "k 1"),), (("X-Api-Key", WRONG),)),
        (
            RawHeader("Authorization", "SSWS abc"),
            (("Authorization", "SSWS abc"),),
            (("Authorization", f"SSWS {WRONG}"),),
        ),
        (NoCredential(), (), (("Authorization", f"Bearer {WRONG}"),)),
    ],
)
def test_what_is_sent(credential, headers, wrong):
    assert credential.headers(NOWHERE) == Headers(headers)
    assert credential.wrong() == Headers(wrong)
    assert credential.renew() is False


def test_secrets_cover_what_travels():
    assert Bearer("tok-1").secrets() == ("tok-1",)
    assert set(Basic("ann", "pw-1").secrets()) == {"pw-1", "ann:pw-1", "YW5uOnB3LTE="}
    assert set(RawHeader("Authorization", "SSWS abcd").secrets()) == {"SSWS abcd", "abcd"}
    assert NoCredential().secrets() == ()


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (
            lambda: Bearer("S3CRET\n"),
            "The bearer token has a line break or control character in it. It ends with one",
        ),
        (lambda: Bearer("S3\r\nX: CRET"), "line break or control character"),
        (lambda: Bearer("S3CRET“"), "character 7 is outside Latin-1"),
        (lambda: Bearer("Bearer S3CRET"), 'starts with the word "Bearer"'),
        (lambda: Bearer("S3CRET S3CRET"), "has a space in it"),
        (lambda: Bearer(" S3CRET"), "starts or ends with white space"),
        (lambda: Bearer(""), "The bearer token is empty."),
        (lambda: Basic("a:b", "S3CRET"), "has a colon"),
        (lambda: Basic("a", "S3CRET\n"), "The password has a line break"),
        (lambda: RawHeader("X-Key", "S3CRET\n"), "The value of X-Key has a line break"),
        (lambda: RawHeader("X Key", "S3CRET"), "'X Key' is not a header name"),
        (lambda: RawHeader("host", "S3CRET"), "cannot carry a credential"),
        (lambda: credentials(client_secret="S3CRET\n"), "The client secret has a line break"),
        (lambda: credentials(client_id=""), "need both"),
        (lambda: credentials(token_url="http://login.example/token"), "must be https"),
        (lambda: credentials(token_url="http://localhost.example/token"), "must be https"),
        (lambda: credentials(token_url="ftp://x/"), "is no https:// URL"),
        (lambda: credentials(token_url="https://cl:S3CRET@login.example/"), "has a user name in it"),
        (lambda: credentials(token_url="https://[x/"), "cannot be read"),
    ],
)
def test_what_is_refused_and_without_the_secret(make, text):
    with pytest.raises(SettingError) as caught:
        make()
    assert text in str(caught.value)
    assert "S3CRET" not in str(caught.value)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8080", "[::1]:1", "idp.localhost"])
def test_loopback_token_endpoints_may_be_plain(host):
    assert credentials(token_url=f"http://{host}/token").token_url == f"http://{host}/token"


def test_repr_shows_no_secret():
    token = Endpoint((200, {"access_token": "S3CRET-token"}))
    oauth = credentials(client_secret="S3CRET")
    oauth.headers(token)
    for credential in (Bearer("S3CRET"), Basic("a", "S3CRET"), RawHeader("X", "S3CRET"), oauth):
        assert "S3CRET" not in repr(credential)


def test_client_credentials_in_the_form():
    endpoint = Endpoint((200, {"access_token": "t1", "token_type": "bearer", "expires_in": 100}))
    credential = credentials(scope="scim api://x/.default")
    assert credential.headers(endpoint) == Headers((("Authorization", "Bearer t1"),))
    request = endpoint.seen[0]
    assert request.method == "POST"
    assert str(request.url) == TOKEN_URL
    assert parse_qs(request.content.decode()) == {
        "grant_type": ["client_credentials"],
        "scope": ["scim api://x/.default"],
        "client_id": ["cl"],
        "client_secret": ["cs-secret-value"],
    }
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert request.headers["content-length"] == str(len(request.content))
    assert "authorization" not in request.headers
    assert {"cs-secret-value", "t1"} <= set(credential.secrets())


def test_client_credentials_by_basic_are_form_encoded_first():
    endpoint = Endpoint((200, {"access_token": "t1"}))
    credentials(client_id="a b", client_secret="s:e+c", style="basic").headers(endpoint)
    request = endpoint.seen[0]
    assert base64.b64decode(request.headers["authorization"].removeprefix("Basic ")) == b"a+b:s%3Ae%2Bc"
    assert b"client_" not in request.content.replace(b"client_credentials", b"")


@pytest.mark.parametrize(
    ("expires_in", "kept"),
    [
        (600, 540),
        (100, 50),
        ("900", 840),
        (None, 3540),
        ("soon", 3540),
        (-5, 3540),
        (True, 3540),
        (10**400, 10**9 - 60),
    ],
)
def test_tokens_are_kept_until_shortly_before_they_expire(expires_in, kept):
    clock = Clock()
    answer = {"access_token": "t1"} | ({} if expires_in is None else {"expires_in": expires_in})
    endpoint = Endpoint((200, answer), (200, {"access_token": "t2"}))
    credential = credentials(clock)
    credential.headers(endpoint)
    clock.now += kept - 1
    assert credential.headers(endpoint).get("Authorization") == "Bearer t1"
    clock.now += 2
    assert credential.headers(endpoint).get("Authorization") == "Bearer t2"
    assert {"t1", "t2"} <= set(credential.secrets())
    assert len(endpoint.seen) == 2


def test_a_fresh_token_is_not_renewed_but_an_older_one_is():
    clock = Clock()
    endpoint = Endpoint((200, {"access_token": "t1"}), (200, {"access_token": "t2"}))
    credential = credentials(clock)
    assert credential.renew() is False
    credential.headers(endpoint)
    clock.now += 59
    assert credential.renew() is False
    clock.now += 2
    assert credential.renew() is True
    assert credential.headers(endpoint).get("Authorization") == "Bearer t2"


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (
            (401, {"error": "invalid_client"}),
            "answered 401 with the error invalid_client: check the client id and secret",
        ),
        ((400, {"error": "cs-secret-value"}), "answered 400 with the error [redacted]: check the token URL"),
        ((400, {"error": "x\x1b[31m"}), "answered 400: check the token URL"),
        ((500, b"<html>cs-secret-value"), "answered 500: check"),
        ((302, b""), "answered 302, a redirect, which is not followed: give the final URL"),
        ((200, b"[]"), "without a JSON object that has access_token"),
        ((200, {"access_token": ""}), "without a JSON object"),
        ((200, {"access_token": "a\r\nb"}), "a token that no header can carry"),
        ((200, {"access_token": "a", "token_type": "mac"}), "token_type other than Bearer"),
        ((200, b'{"access_token": "' + b"a" * 70_000 + b'"}'), "without a JSON object"),
        (
            httpx.ConnectTimeout("slow"),
            "No token from the token endpoint. No connection to login.example in time.",
        ),
        (httpx.ReadTimeout("slow"), "No complete answer within 30 s"),
    ],
)
def test_failures_are_sentences_without_the_secret(answer, text):
    with pytest.raises(NoTokenError) as caught:
        credentials().headers(Endpoint(answer))
    assert text in str(caught.value)
    assert "cs-secret" not in str(caught.value)
    assert caught.value.__cause__ is None
