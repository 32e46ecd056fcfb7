"""Bodies: without end, packed, or no SCIM at all."""

from __future__ import annotations

import functools
import gzip
import zlib

from .base import CLOSE, SCIM_JSON, Answer, Asked, by, case, reply

_LIST = by("GET", "/Users")


@functools.cache
def bomb(layers: int) -> bytes:
    """100 MB of blanks, packed once or more often."""
    packer = zlib.compressobj(1, wbits=31)
    packed = b"".join(packer.compress(b" " * 1_000_000) for _ in range(100)) + packer.flush()
    for _ in range(layers - 1):
        packed = gzip.compress(packed)
    return packed


@case("bodies", on=_LIST, finds="http.not-truncated", says="more than 5000000 bytes", only="accounts.page", memory=True)
def a_body_without_end(asked: Asked) -> Answer:
    """A list that never ends. Read up to the cap, and no further: a finding."""
    asked.send(b'HTTP/1.1 200 OK\r\nContent-Type: application/scim+json\r\n\r\n{"Resources": [')
    for _ in range(5000):
        asked.send(b'{"id": "x", "userName": "y"},' * 2000)
    return CLOSE


@case("bodies", on=_LIST, finds="http.not-truncated", says="more than 5000000 bytes", only="accounts.page")
def chunks_without_end(asked: Asked) -> Answer:
    """The same in chunks. A finding."""
    asked.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/scim+json\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(5000):
        asked.send(b"fa00\r\n" + b" " * 0xFA00 + b"\r\n")
    return CLOSE


@case("bodies", on=_LIST, finds="http.not-truncated", says="more than 5000000 bytes", only="accounts.page", memory=True)
def a_hundred_megabytes_of_json(asked: Asked) -> Answer:
    """100 MB of good JSON, announced by Content-Length. Read up to the cap: a finding."""
    size = 100_000_000
    asked.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/scim+json\r\nContent-Length: %d\r\n\r\n" % size)
    asked.send(b'{"totalResults": 0, "x": "')
    for _ in range(size // 1_000_000):
        asked.send(b"x" * 1_000_000)
    return CLOSE


def _bomb(layers: int) -> None:
    def script(asked: Asked) -> Answer:
        """100 MB, packed small. Unpacked up to the cap: a finding."""
        coding = ", ".join(["gzip"] * layers)
        return reply(200, bomb(layers), SCIM_JSON, ("Content-Encoding", coding))

    case(
        "bodies", name=f"gzip-bomb-{layers}", on=_LIST, only="accounts.page", memory=layers > 1,
        finds="http.not-truncated", says="more than 5000000 bytes",
    )(script)  # fmt: skip


_bomb(1)
_bomb(3)


@case("bodies", on=_LIST, only="accounts.page", finds="list.count", says="at most 1", memory=True)
def many_empty_resources(asked: Asked) -> Answer:
    """50,000 resources without anything in them. Judged within time and memory: a finding."""
    head = b'{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":50000,"Resources":['
    return reply(200, head + b"{}," * 49_999 + b"{}]}")


@case("bodies", on=_LIST, only="accounts.page", finds="list.shape", says="is null, not object")
def many_nulls(asked: Asked) -> Answer:
    """A list of 50,000 nulls. A finding."""
    head = b'{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":50000,"Resources":['
    return reply(200, head + b"null," * 49_999 + b"null]}")


@case("bodies", on=by("GET", "/Users/", client_only=False), finds="create.stored", says="(absent)")
def a_user_with_twenty_thousand_attributes(asked: Asked) -> Answer:
    """Reads of a user show 20,000 members more, and lack what was written."""
    good = asked.good().json
    kept = {name: good[name] for name in ("schemas", "id", "meta") if name in good}
    return asked.good().saying(kept | {f"attribute{n}": n for n in range(20_000)})


@case("bodies", on=by("GET", "/Users/", client_only=False), status=0, says='"outcome": "pass"')
def a_user_with_ten_thousand_photos(asked: Asked) -> Answer:
    """A user with 10,000 photos. Judged within time and memory."""
    good = asked.good().json
    photos = [{"value": f"https://photos.example/{n}", "type": "photo"} for n in range(10_000)]
    return asked.good().saying(good | {"photos": photos})


@case("bodies", on=by("POST"), finds="http.not-html", says="web page")
def a_login_page_with_200(asked: Asked) -> Answer:
    """A login page, status 200, in place of the new user. A finding."""
    return reply(200, b"<!doctype html><html><script>owned()</script><form action=/login>", "text/html")


@case("bodies", finds="http.not-html", says="web page")
def a_login_page_labelled_as_scim(asked: Asked) -> Answer:
    """The same for everything, and it says it were SCIM. A finding."""
    return reply(200, b"<!doctype html><html><script>owned()</script>")


def _instead(name: str, body: bytes, finds: str, says: str, *, kind: str = SCIM_JSON, status: int = 200) -> None:
    def script(asked: Asked) -> Answer:
        """Something else in place of the answer: a finding."""
        return reply(status, body, kind)

    case("bodies", name=name, finds=finds, says=says)(script)


_instead("nothing-at-all", b"", "list.shape", "an empty body")
_instead("a-body-of-null", b"null", "list.shape", "null")
_instead("a-body-of-true", b"true", "list.shape", "boolean")
_instead("a-body-of-a-number", b"1e400", "http.json", "too large for a double")
_instead("a-body-of-a-string", b'"' + b"x" * 100_000 + b'"', "list.shape", "string")
_instead("a-body-of-an-array", b"[[[]]]", "list.shape", "array")
_instead("plain-text", b"It works!", "http.json", "not JSON", kind="text/plain")
_instead(
    "xml",
    b'<?xml version="1.0"?><User xmlns="urn:scim:schemas:core:1.0"/>',
    "http.json",
    "not JSON",
    kind="application/xml",
)
_instead("two-documents", b"{}\n{}", "http.json", "not JSON")
_instead("cut-json", b'{"Resources": [{"id": "1', "http.json", "not JSON")
_instead(
    "a-stack-trace",
    b'Traceback (most recent call last):\n  File "/srv/app.py", line 1\n' * 3,
    "http.no-server-error http.no-stack-trace",
    "a stack trace or raw error (Python)",
    kind="text/plain",
    status=500,
)
_instead(
    "an-error-of-a-megabyte",
    b'{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"500","detail":"' + b"x" * 1_000_000 + b'"}',
    "http.no-server-error",
    "500",
    status=500,
)
_instead("partial-content", b'{"totalResults":0}', "list.shape", "schemas", status=206)
