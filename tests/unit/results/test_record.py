"""What is written down of an exchange: our own resources, nobody else's, and no secret."""

from __future__ import annotations

import base64
import json

import pytest
from scim_compat.results.document.writing import as_json
from scim_compat.results.record import record_exchange
from scim_compat.values import MISSING
from scim_compat.wire.messages import CredentialUse, Exchange, Failure, FailureKind, Headers, Request, Response
from scim_compat.wire.redact import Redactor

SECRET = "s3cr3t/token+value"
OURS = {"u-1": "liv"}
FOREIGN = {"id": "boss-77", "userName": "boss@example.org", "emails": [{"value": "boss@example.org"}], "title": "Head"}
LIV = {"id": "u-1", "userName": "liv@x", "title": "Surveyor"}
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"


def recorded(exchange, **more):
    """The exchange as results.json holds it."""
    return as_json(record_exchange(exchange, **more))


def write_down(body=None, *, target="/Users", status=200, raw=None, truncated=False, headers=(), request=None, **more):
    data = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
    parsed = MISSING if raw is not None or body is None else body
    response = Response(status, "OK", Headers(headers), data, truncated=truncated, json=parsed)
    made = request or Request("GET", target)
    done = Exchange(made, f"https://x.example{target}", response, **more)
    return recorded(done, redactor=Redactor.of([SECRET]), ours=OURS, credential=("Authorization", "Bearer"))


def test_our_own_resource_is_kept_to_the_letter():
    raw = b'{ "id": "u-1",  "userName":"liv@x" }'
    found = recorded(
        Exchange(Request("GET", "/Users/u-1"), "https://x.example/Users/u-1",
                 Response(200, "OK", Headers(), raw, json=json.loads(raw))),
        redactor=Redactor.of([]), ours=OURS)  # fmt: skip
    assert found["response"]["body"] == raw.decode()
    assert found["masked"] is False


@pytest.mark.parametrize(
    "target", ["/Users/boss-77", "/users/boss-77", "/Groups/boss-77", "/Users/boss-77?attributes=id"]
)
def test_a_foreign_resource_keeps_nothing_but_a_hash(target):
    found = write_down(FOREIGN, target=target)
    body = found["response"]["body"]
    assert found["masked"] is True
    assert "boss@example.org" not in body
    assert "Head" not in body
    assert "boss-77" not in body
    assert json.loads(body)["id"].startswith("sha256:")


def test_the_same_foreign_resource_has_the_same_hash():
    one, again = (json.loads(write_down(FOREIGN, target="/Users/boss-77")["response"]["body"])["id"] for _ in "ab")
    other = json.loads(write_down(FOREIGN | {"id": "x"}, target="/Users/x")["response"]["body"])["id"]
    assert one == again != other


def test_a_list_keeps_ours_and_its_numbers():
    found = write_down({"schemas": [LIST], "totalResults": 3, "startIndex": 1, "itemsPerPage": 3, "vendor": FOREIGN,
                        "Resources": [FOREIGN, LIV, FOREIGN | {"id": "z"}]})  # fmt: skip
    body = json.loads(found["response"]["body"])
    assert found["masked"] is True
    assert body["Resources"][1] == LIV
    assert (body["totalResults"], body["startIndex"], body["itemsPerPage"]) == (3, 1, 3)
    assert "boss@example.org" not in found["response"]["body"]
    assert set(body) == {"schemas", "totalResults", "startIndex", "itemsPerPage", "Resources"}
    assert [set(r) for r in (body["Resources"][0], body["Resources"][2])] == [{"id", "masked"}] * 2


def test_a_list_of_ours_alone_is_kept_whole():
    found = write_down({"schemas": [LIST], "totalResults": 1, "Resources": [LIV], "vendor": "x"})
    assert found["masked"] is False
    assert json.loads(found["response"]["body"])["vendor"] == "x"


@pytest.mark.parametrize(
    "entry",
    [
        None,
        1,
        "boss@example.org",
        ["boss@example.org"],
        {"userName": "boss@example.org"},
        {"id": None, "userName": "boss@example.org"},
    ],
)
def test_entries_that_are_no_resources_are_masked_too(entry):
    found = write_down({"totalResults": 1, "Resources": [entry]})
    assert "boss@example.org" not in found["response"]["body"]
    assert found["masked"] is True


@pytest.mark.parametrize(
    "body",
    [[FOREIGN], {"Resources": FOREIGN}, {"data": [FOREIGN]}, {"Resources": None, "id": "boss-77", "title": "Head"}],
)
def test_other_shapes_under_a_resource_path(body):
    found = write_down(body)
    assert "Head" not in found["response"]["body"]


@pytest.mark.parametrize(
    "raw",
    [
        b'{"Resources": [{"userName": "boss@example.org"',
        b' [{"userName": "boss@example.org"}',
        b'\xef\xbb\xbf{"userName": "boss@example.org\xff"}',
    ],
)
def test_broken_json_of_a_list_is_not_recorded(raw):
    """It cannot be parsed, so it cannot be masked."""
    found = write_down(raw=raw)
    assert "boss" not in found["response"]["body"]
    assert found["masked"] is True


def test_broken_json_about_our_own_is_recorded():
    found = write_down(raw=b'{"id": "u-1", "title": "x"', target="/Users/u-1")
    assert found["response"]["body"] == '{"id": "u-1", "title": "x"'


def test_an_answer_to_our_own_creation_without_id_is_kept():
    found = write_down({"userName": "liv@x"}, status=201, request=Request("POST", "/Users", body=b"{}"))
    assert json.loads(found["response"]["body"]) == {"userName": "liv@x"}


def test_an_empty_list_without_resources_is_kept():
    found = write_down({"schemas": [LIST], "totalResults": 0})
    assert json.loads(found["response"]["body"]) == {"schemas": [LIST], "totalResults": 0}
    assert found["masked"] is False


@pytest.mark.parametrize("target", ["/Schemas", "/ResourceTypes", "/ServiceProviderConfig"])
def test_discovery_is_not_masked(target):
    found = write_down({"Resources": [{"id": "urn:x"}]}, target=target)
    assert json.loads(found["response"]["body"]) == {"Resources": [{"id": "urn:x"}]}


def test_an_error_body_is_kept():
    found = write_down({"detail": "title is unknown", "status": "400"}, status=400)
    assert "title is unknown" in found["response"]["body"]


def test_what_is_no_json_is_cut():
    found = write_down(raw=b"<html>" + b"x" * 50_000)
    assert found["response"]["body"].startswith("<html>xxx")
    assert len(found["response"]["body"]) <= 2000


def test_what_is_no_text_still_records():
    found = write_down(raw=bytes(range(256)) * 4)
    json.dumps(found)
    assert found["response"]["body"]


def test_a_cut_off_list_is_not_recorded():
    """It cannot be parsed, so it cannot be masked."""
    found = write_down(raw=json.dumps({"Resources": [FOREIGN] * 3}).encode()[:-5], truncated=True)
    assert "boss" not in found["response"]["body"]
    assert found["truncated"] is True
    assert found["masked"] is True


def test_a_long_body_of_ours_is_capped():
    found = write_down(LIV | {"title": "x" * 300_000}, target="/Users/u-1")
    assert 200_000 <= len(found["response"]["body"]) < 200_100
    assert "more characters" in found["response"]["body"]


FORMS = [SECRET, base64.b64encode(SECRET.encode()).decode(), "s3cr3t%2Ftoken%2Bvalue", json.dumps(SECRET)[1:-1]]


@pytest.mark.parametrize("form", FORMS)
def test_secrets_are_out_everywhere(form):
    request = Request("POST", f"/Users?x={form}", headers=Headers((("X-Debug", form),)), body=form.encode())
    done = Exchange(
        request, f"https://x.example/Users?x={form}",
        Response(400, form, Headers((("X-Echo", form), ("Set-Cookie", "sid=1"))), form.encode()),
        failure=Failure(FailureKind.OTHER, f"because of {form}"), waits=(f"429 {form}",),
    )  # fmt: skip
    text = json.dumps(recorded(done, redactor=Redactor.of([SECRET]), ours=OURS))
    assert form not in text
    assert json.dumps(form)[1:-1] not in text
    assert "sid=1" not in text
    assert text.count("[redacted]") >= 6


@pytest.mark.parametrize(
    ("credential", "shown"),
    [("valid", ["Authorization", "Bearer [redacted]"]), ("wrong", ["Authorization", "Bearer [a wrong credential]"]), ("none", None)],
)  # fmt: skip
def test_where_the_credential_stood_is_shown(credential, shown):
    found = write_down(
        LIV, request=Request("GET", "/Users/u-1", headers=Headers((("A", "b"),)), credential=CredentialUse(credential))
    )
    headers = found["request"]["headers"]
    assert headers[0] == ["A", "b"]
    assert (headers[1:] == [shown]) if shown else headers[1:] == []


def test_an_exchange_without_an_answer():
    done = Exchange(
        Request("GET", "/Users"), "https://x.example/Users", None, Failure(FailureKind.TIMEOUT, "no answer"), ms=12.345
    )
    found = recorded(done, redactor=Redactor.of([]), ours=OURS)
    assert found["response"] is None
    assert found["failure"] == {"kind": "timeout", "text": "no answer"}
    assert found["ms"] == 12.3
    assert found["request"]["body"] is None
