"""Headers: looked up in any case, sent as they are, and shown without credentials."""

from __future__ import annotations

import httpx
import pytest
from scim_compat.errors import SettingError
from scim_compat.wire.client import Wire, WireSettings
from scim_compat.wire.credentials import WRONG, Basic, Bearer, RawHeader
from scim_compat.wire.messages import CredentialUse, Headers, Request, Response
from scim_compat.wire.outgoing import raw_header
from scim_compat.wire.preview import request_head
from scim_compat.wire.retries import Retries

PAIRS = (("X-Case", "1"), ("Accept", "a/b"), ("x-case", "2"))


def test_names_are_found_in_any_case():
    headers = Headers(PAIRS)
    assert (headers.get("x-CASE"), headers.all("X-case"), headers.get("none"), headers.all("none")) == (
        "1", ("1", "2"), None, (),
    )  # fmt: skip


def test_order_spelling_and_repetitions_are_kept():
    headers = Headers(iter(PAIRS))
    assert tuple(headers) == PAIRS
    assert len(headers) == 3
    assert headers == Headers(PAIRS)
    assert hash(headers) == hash(Headers(PAIRS))
    assert headers != Headers(reversed(PAIRS))
    assert headers != Headers((("x-case", "1"), *PAIRS[1:]))
    assert Headers(headers) == headers


def test_they_do_not_change():
    headers = Headers(PAIRS)
    assert tuple(headers.plus(("B", "c"))) == (*PAIRS, ("B", "c"))
    assert tuple(headers.without("X-CASE", "none")) == (("Accept", "a/b"),)
    assert tuple(headers) == PAIRS
    with pytest.raises(AttributeError):
        headers.hidden = frozenset()


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("Authorization", "Bearer S3CRET", "Bearer [redacted]"),
        ("proxy-authorization", "S3CRET S3CRET", "[redacted]"),
        ("Cookie", "sid=S3CRET", "[redacted]"),
        ("Set-Cookie", "sid=S3CRET; Path=/", "[redacted]"),
        ("X-Api-Key", "S3CRET", "[redacted]"),
        ("Accept", "a/b", "a/b"),
    ],
)
def test_repr_hides_credentials(name, value, shown):
    headers = Headers(((name, value),), hidden=["X-API-Key"])
    assert repr(headers) == f"Headers([({name!r}, {shown!r})])"
    assert shown in repr(Request("GET", "/Users", headers))
    assert shown in repr(headers.plus(("a", "b")).without("a"))
    assert headers == Headers(((name, value),))


@pytest.mark.parametrize("credential", [Bearer("S3CRET"), Basic("ann", "S3CRET"), RawHeader("X-Key", "S3CRET")])
def test_the_runs_own_credential_is_hidden_wherever_it_comes_back(credential):
    """A server may well send back all that it was sent."""
    transport = httpx.MockTransport(lambda request: httpx.Response(200, headers=request.headers))
    with Wire(WireSettings(base_url="http://scim.example"), credential, transport=transport) as link:
        exchange = link.send(Request("GET", "/Users"))
    (value,) = (value for _, value in credential.headers(transport))
    assert value in {value for _, value in exchange.response.headers}
    assert value not in repr(exchange)
    assert "S3CRET" not in repr(credential.headers(transport))


# --- a request that is only shown -------------------------------------------------------------------


@pytest.mark.parametrize("use", CredentialUse)
@pytest.mark.parametrize(
    "request_",
    [
        Request("GET", '/Users?filter=userName+eq+%22a%22&raw="ü"', Headers((("Accept", "a/b"),))),
        Request("POST", "/Users", Headers((("Content-Type", "a/b"), ("X-Ü", "ü“"))), b'{"a": 1}'),
        Request("PATCH", "/Users/1", Headers((("host", "other.example"),))),
        Request("DELETE", "/Users/1"),
    ],
    ids=lambda one: one.method,
)
def test_a_preview_is_what_a_wire_sends(request_, use):
    sent = []

    def keep(request):
        sent.append(request)
        return httpx.Response(204)

    request = Request(request_.method, request_.target, request_.headers, request_.body, use)
    base = "https://scim.example:8443/scim/v2?flag"
    with Wire(WireSettings(base_url=base), Bearer("tok"), transport=httpx.MockTransport(keep)) as link:
        link.send(request)
    head = request_head(request, base_url=base, credential=Bearer("tok"))
    assert head.method == sent[0].method
    assert head.target == f"/scim/v2{request.target}"
    assert [raw_header(name, value) for name, value in head.headers] == sent[0].headers.raw


def test_a_preview_of_each_credential():
    def authorization(use):
        return request_head(
            Request("GET", "/", credential=use), base_url="http://h", credential=Bearer("tok")
        ).headers.get("authorization")

    assert authorization(CredentialUse.VALID) == "Bearer tok"
    assert authorization(CredentialUse.WRONG) == f"Bearer {WRONG}"
    assert authorization(CredentialUse.NONE) is None


def test_a_preview_refuses_what_a_wire_refuses():
    with pytest.raises(SettingError, match="must start with https://"):
        request_head(Request("GET", "/Users"), base_url="ftp://h", credential=Bearer("tok"))
    with pytest.raises(ValueError, match="must start with a slash"):
        request_head(Request("GET", "Users"), base_url="http://h", credential=Bearer("tok"))


# --- Retry-After ------------------------------------------------------------------------------------


def test_an_answer_that_asks_for_no_wait_is_not_repeated():
    retries = Retries(limit=3, wait_cap=10, total_cap=20, clean=str)
    assert retries.wait_after(Response(503, "", Headers(), b"")) is None
    assert retries.wait_after(Response(200, "", Headers((("Retry-After", "1"),)), b"")) is None
    assert retries.notes == ()
