"""The client without a server: its settings, and what it refuses to send."""

from __future__ import annotations

import datetime as dt
import socket
import threading
from email.utils import format_datetime

import httpx
import pytest
from scim_compat.errors import SettingError
from scim_compat.values import MISSING
from scim_compat.wire.credentials import (
    Basic,
    NoCredential,
)
from scim_compat.wire.messages import Request
from scim_compat.wire.retries import retry_after
from support.wires import TOKEN, one, wire

# --- the base URL and the target --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("base", "url", "query"),
    [
        ("https://H.example/scim/v2/", "https://h.example/scim/v2", ""),
        ("https://h.example", "https://h.example", ""),
        ("https://h.example:443/a//", "https://h.example/a", ""),
        ("http://[::1]:8080/a%20b", "http://[::1]:8080/a%20b", ""),
        (" https://h.example/s?aadOptscim062020 ", "https://h.example/s", "aadOptscim062020"),
        ("https://bücher.example/", "https://xn--bcher-kva.example", ""),
        ("https://h.example/t@x/ü", "https://h.example/t@x/%C3%BC", ""),
    ],
)
def test_base_urls(base, url, query):
    with wire(base, transport=httpx.MockTransport(lambda _: httpx.Response(200))) as link:
        assert (link.base_url, link.base_query) == (url, query)
        assert link.send(Request("GET", "/Users")).url == f"{url}/Users"


@pytest.mark.parametrize(
    ("base", "text"),
    [
        ("ftp://h.example", "must start with https://"),
        ("h.example/scim", "must start with https://"),
        ("https://ann:S3CRET@h.example:bad/", "use `--auth basic` instead"),
        ("https:///scim", "has no host"),
        ("https://h.example/#x", "has a fragment"),
        ("https://h.example/a b", "white space"),
        ("https://h.example\r\n/", "white space"),
        ("https://h.example:99999/", "cannot be read"),
        ("https://[::1/", "cannot be read"),
    ],
)
def test_base_urls_that_are_refused(base, text):
    with pytest.raises(SettingError) as caught:
        wire(base)
    assert text in str(caught.value)
    assert "S3CRET" not in str(caught.value)


@pytest.mark.parametrize(
    "target", ["", "Users", "http://other.example/", "@other.example/", "/a b", "/a\r\nX: 1", "/a\x7f"]
)
def test_targets_that_are_refused(target):
    with wire("http://127.0.0.1:9") as link, pytest.raises(ValueError, match="The request target"):
        link.send(Request("GET", target))


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"proxy": "socks5://127.0.0.1"}, "The proxy must be an http"),
        ({"proxy": "http://u:S3CRET@h:x"}, "The proxy URL cannot be read"),
        ({"verify": "/nowhere/ca.pem"}, "The CA file '/nowhere/ca.pem' cannot be used: No such file"),
        ({"verify": __file__}, "it is not valid PEM"),
        ({"client_cert": ("/nowhere/c.pem", None)}, "The client certificate '/nowhere/c.pem' cannot be used"),
        ({"client_cert": (__file__, __file__)}, "with key"),
    ],
)
def test_settings_that_are_refused(settings, text):
    with pytest.raises(SettingError) as caught:
        wire("https://h.example", **settings)
    assert text in str(caught.value)
    assert "S3CRET" not in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "body", "value", "problem"),
    [
        ("application/scim+json;charset=utf-8", b"[1]", [1], ""),
        ("text/html", b' {"a": 1}', {"a": 1}, ""),
        ("text/html", b"<html>", MISSING, ""),
        ("application/json", b"<html>", MISSING, "not JSON"),
        ("application/json", b"", MISSING, ""),
        ("text/json", b"null", None, ""),
        (
            "application/json",
            b'{"S3CRET-token-value": 1, "S3CRET-token-value": 2}',
            {TOKEN: 2},
            'key "[redacted]"',
        ),
    ],
)
def test_json_is_parsed_where_it_is_meant(kind, body, value, problem):
    transport = httpx.MockTransport(lambda _: httpx.Response(200, headers={"Content-Type": kind}, content=body))
    response = one("http://h.example", transport=transport).response
    assert response.body == body
    assert response.json == value
    assert len(response.json_problems) == (1 if problem else 0)
    assert problem in "".join(response.json_problems)


def test_a_hanging_name_server_is_bounded(monkeypatch):
    real, release = socket.getaddrinfo, threading.Event()

    def hangs(host, *args, flags=0, **kwargs):
        if host == "slow.example" and not flags:
            release.wait(10)
        return (
            real("127.0.0.1", *args, flags=flags, **kwargs)
            if release.is_set()
            else real(host, *args, flags=flags, **kwargs)
        )

    monkeypatch.setattr(socket, "getaddrinfo", hangs)
    exchange = one("http://slow.example:9", connect_timeout=0.2)
    release.set()
    assert exchange.failure.kind == "dns"
    assert "the name server gave no answer" in exchange.failure.text
    assert exchange.ms < 2000


def test_retry_after_dates():
    now = dt.datetime(2026, 1, 1, 12, 0, 0, tzinfo=dt.UTC)

    def http(seconds):
        return format_datetime(now + dt.timedelta(seconds=seconds), usegmt=True)

    assert retry_after(http(7), http(0)) == 7
    assert retry_after(http(-7), http(0)) is None
    assert retry_after(http(0), http(0)) == 0
    soon = format_datetime(dt.datetime.now(dt.UTC) + dt.timedelta(seconds=60), usegmt=True)
    assert 50 < retry_after(soon) <= 60
    assert 50 < retry_after(soon, "garbage") <= 60
    for garbage in ("", "Fri", "٣", "99 Foo 2026 99:99:99 GMT", "Thu, 01 Jan 99999 00:00:00 GMT"):
        assert retry_after(garbage) is None


def test_the_redactor_knows_the_credential_from_the_start():
    with wire("http://127.0.0.1:9", Basic("ann", "S3CRET")) as link:
        assert link.redactor.text("S3CRET YW5uOlMzQ1JFVA==") == "[redacted] [redacted]"
    with wire("http://127.0.0.1:9", NoCredential()) as link:
        assert link.redactor.text("S3CRET") == "S3CRET"
