"""HTTP itself: lengths, chunks, status lines, headers."""

from __future__ import annotations

from dataclasses import replace

from .base import CLOSE, Answer, Asked, Reply, by, case

_CREATED = b"HTTP/1.1 201 Created\r\nContent-Type: application/scim+json\r\n"
_PROTOCOL = "does not answer in HTTP/1.1"


@case("framing", on=by("POST"), status=3, says="The answer began (status 201) but did not end.")
def length_too_long(asked: Asked) -> Answer:
    """Content-Length promises more than comes, then the connection ends. An error."""
    asked.send(asked.good().plus(("Content-Length", "999999")).bytes)
    return CLOSE


@case("framing", on=by("POST"), finds="http.json", says="not JSON")
def length_too_short(asked: Asked) -> Answer:
    """Content-Length promises less than comes. The body is cut, so it is no JSON: a finding. The rest of it must
    not be taken for the beginning of the next answer."""
    return asked.good().plus(("Content-Length", "60"))


@case("framing", on=by("GET", "/Users"), status=0, says='"outcome": "pass"')
def an_answer_too_many(asked: Asked) -> Answer:
    """A second, invented answer behind the right one. It must not be taken for the answer to the next request."""
    invented = b'HTTP/1.1 200 OK\r\nContent-Type: application/scim+json\r\nContent-Length: 13\r\n\r\n{"id":"evil"}'
    return asked.good().bytes + invented


@case("framing", on=by("POST"), status=3, says=_PROTOCOL)
def length_negative(asked: Asked) -> Answer:
    """Content-Length: -1. An error."""
    return _CREATED + b"Content-Length: -1\r\n\r\n{}"


@case("framing", on=by("POST"), status=3, says=_PROTOCOL)
def two_lengths(asked: Asked) -> Answer:
    """Two Content-Lengths that differ, as in an attack by splitting. An error."""
    return _CREATED + b"Content-Length: 2\r\nContent-Length: 90\r\n\r\n{}"


@case("framing", on=by("POST"), status=0, says='"outcome": "pass"')
def length_and_chunks(asked: Asked) -> Answer:
    """Content-Length beside Transfer-Encoding: the chunks count (RFC 9112 section 6.3)."""
    good = asked.good()
    chunked = b"%x\r\n%b\r\n0\r\n\r\n" % (len(good.body), good.body)
    return replace(good.plus(("Content-Length", "3"), ("Transfer-Encoding", "chunked")), body=chunked)


@case("framing", on=by("POST"), status=3, says=_PROTOCOL)
def chunk_sizes_that_are_no_numbers(asked: Asked) -> Answer:
    """A chunk of size "zz". An error."""
    return _CREATED + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n"


@case("framing", on=by("POST"), status=3, says="The answer began (status 201)")
def a_chunk_of_many_exabytes(asked: Asked) -> Answer:
    """A chunk that says it is 2^64 - 1 bytes long. An error when the connection ends, and no memory is taken for it."""
    asked.send(_CREATED + b"Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n{}")
    return CLOSE


@case("framing", on=by("POST"), status=3, says="larger than 100 kB")
def a_chunk_extension_without_end(asked: Asked) -> Answer:
    """A chunk whose extension is 300 kB long. An error."""
    asked.send(_CREATED + b"Transfer-Encoding: chunked\r\n\r\n2;" + b"x" * 300_000)
    return CLOSE


@case("framing", status=0, says='"outcome": "pass"')
def http_1_0(asked: Asked) -> Answer:
    """HTTP/1.0, the body ends with the connection. Old, but lawful."""
    good = asked.good()
    asked.send(replace(good, headers=good.without("content-length")).bytes.replace(b"HTTP/1.1", b"HTTP/1.0", 1))
    return CLOSE


@case("framing", on=by("POST"), status=3, says="closed the connection before the answer was complete")
def http_0_9(asked: Asked) -> Answer:
    """The body alone, without any head. An error."""
    asked.send(asked.good().body)
    return CLOSE


@case("framing", on=by("POST"), status=3, says=_PROTOCOL)
def http_2(asked: Asked) -> Answer:
    """Frames of HTTP/2 nobody asked for. An error."""
    asked.good()
    asked.send(b"\x00\x00\x12\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x64\x00\x04\x00\x10\x00\x00")
    return CLOSE


def _status(name: str, line: bytes, *, says: str = _PROTOCOL, status: int = 3, finds: str = "") -> None:
    def script(asked: Asked) -> Answer:
        """A status that does not exist."""
        asked.send(line + b"\r\nContent-Length: 0\r\n\r\n")
        return CLOSE

    case("framing", name=name, on=by("POST"), status=status, says=says, finds=finds)(script)


_status("status-of-two-digits", b"HTTP/1.1 20 OK")
_status("status-0", b"HTTP/1.1 000 Nothing")
_status("status-999", b"HTTP/1.1 999 Too far", status=1, finds="http.no-server-error", says="999")
_status("status-of-four-digits", b"HTTP/1.1 2000 OK")
_status("switching-protocols", b"HTTP/1.1 101 Switching Protocols", says=_PROTOCOL)


@case("framing", status=0, says='"outcome": "pass"')
def continue_before_each_answer(asked: Asked) -> Answer:
    """100 Continue and 103 Early Hints before each answer. Lawful."""
    return b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + asked.good().bytes


@case("framing", on=by("POST"), timeout=1, finds="http.in-time", says="No complete answer within 1 s.")
def continue_for_ever(asked: Asked) -> Answer:
    """100 Continue again and again, as fast as it can. A finding: the client gives up."""
    return asked.drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 200, every=0.01)


@case("framing", on=by("PATCH"), only="users.disable", status=0, says='"outcome": "pass"')
def no_content_with_content(asked: Asked) -> Answer:
    """204, and a body behind it that HTTP does not allow. It must not be taken for the next answer."""
    asked.good()
    return b'HTTP/1.1 204 No Content\r\n\r\n{"id": "evil"}'


@case("framing", on=by("POST"), status=3, says="larger than 100 kB")
def headers_without_end(asked: Asked) -> Answer:
    """A header of 300 kB. An error."""
    asked.send(_CREATED + b"X-Long: " + b"y" * 300_000)
    return CLOSE


@case("framing", status=0, says='"outcome": "pass"')
def a_thousand_headers(asked: Asked) -> Answer:
    """A thousand small headers. Allowed."""
    good = asked.good()
    return Reply(good.status, (*good.headers, *((f"X-{n}", "y") for n in range(1000))), good.body)


@case("framing", on=by("POST"), status=3, says=_PROTOCOL)
def a_header_with_nul(asked: Asked) -> Answer:
    """NUL inside a header. An error."""
    return _CREATED + b"X-Nul: a\x00b\r\nContent-Length: 2\r\n\r\n{}"


@case("framing", on=by("POST"), status=3, says=_PROTOCOL)
def a_header_without_a_name(asked: Asked) -> Answer:
    """A line among the headers that is none. An error."""
    return _CREATED + b"this is no header\r\nContent-Length: 2\r\n\r\n{}"


@case("framing", status=0, says='"outcome": "pass"')
def a_header_in_three_lines(asked: Asked) -> Answer:
    """A folded header, which RFC 9112 section 5.2 lets clients read."""
    return asked.good().bytes.replace(b"\r\n", b"\r\nX-Folded: a\r\n b\r\n\tc\r\n", 1)


@case("framing", on=by("POST"), finds="http.json", says="cannot decode")
def an_encoding_nobody_asked_for(asked: Asked) -> Answer:
    """Content-Encoding: br. A finding: the body cannot be read."""
    return asked.good().plus(("Content-Encoding", "br"))


@case("framing", on=by("POST"), finds="http.json", says="cannot be decoded from it")
def an_encoding_that_lies(asked: Asked) -> Answer:
    """Content-Encoding: gzip on plain JSON. A finding."""
    return asked.good().plus(("Content-Encoding", "gzip"))
