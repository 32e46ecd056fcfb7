"""What goes over the wire, byte for byte, and what comes back of it, against a server of raw sockets."""

from __future__ import annotations

import datetime as dt
import gzip
import socket
import ssl
import threading
import time
import zlib

import pytest
import trustme
from scim_compat.values import MISSING
from scim_compat.wire.credentials import (
    WRONG,
    RawHeader,
)
from scim_compat.wire.messages import CredentialUse, Headers, Request
from scim_compat.wire.oauth import ClientCredentials
from support.wires import TOKEN, one, wire

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


def answer(status=200, body=b"{}", *headers):
    head = [
        f"HTTP/1.1 {status} Because",
        "Content-Type: application/scim+json",
        f"Content-Length: {len(body)}",
    ]
    return "\r\n".join([*head, *headers, "", ""]).encode() + body


class Close:
    """Ends the connection instead of answering; ``reset`` without a proper goodbye."""

    def __init__(self, *, reset=False):
        self.reset = reset


class RawServer:
    """Gives scripted answers and records the requests. The last answer repeats.

    An answer is bytes, ``Close``, or a function of the socket (after which the connection ends).
    """

    def __init__(self, *answers, context=None):
        self.answers = list(answers)
        self.requests = []
        self.connections = 0
        self._context = context
        self._threads = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"{'https' if context else 'http'}://127.0.0.1:{self.port}"
        self._start(self._accept)

    def _start(self, function, *args):
        thread = threading.Thread(target=function, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            connection.settimeout(10)
            self._start(self._serve, connection)

    def _serve(self, connection):
        try:
            if self._context:
                connection = self._context.wrap_socket(connection, server_side=True)
            while (request := self._read(connection)) is not None:
                self.requests.append(request)
                script = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
                if isinstance(script, Close):
                    if script.reset:
                        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                    return
                if callable(script):
                    script(connection)
                    return
                connection.sendall(script)
        except OSError:
            return
        finally:
            connection.close()

    @staticmethod
    def _read(connection):
        data = b""
        while b"\r\n\r\n" not in data:
            chunk = connection.recv(65536)
            if not chunk:
                return None
            data += chunk
        head, _, body = data.partition(b"\r\n\r\n")
        length = next(
            (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")),
            0,
        )
        while len(body) < length:
            chunk = connection.recv(65536)
            if not chunk:
                return None
            body += chunk
        return head + b"\r\n\r\n" + body

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(5)


# --- what goes out ----------------------------------------------------------------------------------


def test_exactly_the_given_headers_go_out_in_order_and_case():
    with RawServer(OK) as server:
        request = Request(
            "GET",
            "/Users?filter=a+b",
            Headers((("ADSCIMVersion", "6.0"), ("x-lower", "1"), ("X-Twice", "a"), ("X-Twice", "b"))),
        )
        exchange = one(server, request, path="/scim/v2/")
    expected = (
        f"GET /scim/v2/Users?filter=a+b HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nADSCIMVersion: 6.0\r\n"
        f"x-lower: 1\r\nX-Twice: a\r\nX-Twice: b\r\nAuthorization: Bearer {TOKEN}\r\n\r\n"
    )
    assert server.requests == [expected.encode()]
    assert exchange.url == f"{server.url}/scim/v2/Users?filter=a+b"
    assert exchange.response.json == {}
    assert 0 < exchange.ms < 5000


@pytest.mark.parametrize(
    "target",
    [
        "/Users?filter=userName+eq+%22a%40b%22&aadOptscim062020",
        "/Users?aadOptscim062020&filter=x",
        "/Users?filter=userName%20eq%20%22a%22",
        '/Users?filter=userName+eq+"a\'b"&x={}|\\^`<>',
        "/Users?filter=%e4%bD",
        "/Users?a=b=c&&=&d=",
        "/Users?",
        "/Users/../Groups/./x//y",
        "//other.example/Users",
        "/Users?next=http://other.example/#frag",
        '/Users?filter=displayName+eq+"Zoë Öz 😀"'.replace(" ", "+"),
        "/Users?filter=" + "x" * 70_000,
    ],
)
def test_targets_go_out_byte_for_byte(target):
    with RawServer(OK) as server:
        assert one(server, Request("GET", target), path="/scim").response.status == 200
    assert server.requests[0].split(b" HTTP/1.1\r\n")[0] == b"GET /scim" + target.encode()


@pytest.mark.parametrize(
    ("method", "body", "tail"),
    [
        ("POST", b'{"a": "\xc3\xbc"}', b'Content-Length: 11\r\n\r\n{"a": "\xc3\xbc"}'),
        ("PATCH", None, b"Content-Length: 0\r\n\r\n"),
        ("PUT", b"", b"Content-Length: 0\r\n\r\n"),
        ("DELETE", b"{}", b"Content-Length: 2\r\n\r\n{}"),
        ("DELETE", None, b"Bearer S3CRET-token-value\r\n\r\n"),
        ("HEAD", None, b"Bearer S3CRET-token-value\r\n\r\n"),
    ],
)
def test_content_length_goes_with_a_body(method, body, tail):
    with RawServer(answer(204)) as server:
        one(server, Request(method, "/Users", body=body))
    assert server.requests[0].endswith(tail)
    assert server.requests[0].lower().count(b"content-length") == (1 if b"Length" in tail else 0)
    assert b"transfer-encoding" not in server.requests[0].lower()


def test_credentials_valid_none_and_wrong():
    with RawServer(OK) as server, wire(server, RawHeader("X-Key", TOKEN)) as link:
        for kind in ("valid", "none", "wrong"):
            assert link.send(Request("GET", "/Users", credential=CredentialUse(kind))).response.status == 200
    valid, none, wrong = server.requests
    assert f"X-Key: {TOKEN}\r\n".encode() in valid
    assert b"X-Key" not in none
    assert f"X-Key: {WRONG}\r\n".encode() in wrong


def test_no_cookie_is_kept_no_redirect_followed_no_environment_read(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    redirect = answer(302, b"", "Location: /elsewhere", "Set-Cookie: sid=1; Path=/")
    with RawServer(redirect, answer(307, b"", "Location: http://["), OK) as server, wire(server) as link:
        statuses = [link.send(Request("GET", "/Users")).response.status for _ in range(3)]
    assert statuses == [302, 307, 200]
    assert b"ookie" not in b"".join(server.requests)
    assert server.connections == 1


@pytest.mark.parametrize(
    "first",
    [
        OK + answer(200, b'{"id": "invented"}'),
        answer(200, b"{}") + b"more than was announced",
        b'HTTP/1.1 204 No Content\r\n\r\n{"id": "invented"}',
    ],
)
def test_bytes_behind_an_answer_are_not_taken_for_the_next(first):
    with RawServer(first, answer(200, b'{"id": "right"}')) as server, wire(server) as link:
        assert link.send(Request("GET", "/Users")).response.ok
        assert link.send(Request("POST", "/Users", body=b"{}")).response.json == {"id": "right"}
        assert link.send(Request("POST", "/Users", body=b"{}")).response.json == {"id": "right"}
    assert server.connections == 2


def test_the_connection_is_kept_and_closed_when_asked():
    closing = answer(200, b"{}", "Connection: close")
    with RawServer(OK, closing, OK) as server, wire(server) as link:
        for _ in range(3):
            assert link.send(Request("POST", "/Users", body=b"{}")).response.status == 200
    assert server.connections == 2


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"timeout": 0}, "timeout must be a positive number of seconds, not 0"),
        ({"connect_timeout": float("inf")}, "connect_timeout must be"),
        ({"body_cap": 0}, "body_cap must be"),
        ({"retry_limit": -1}, "retry_limit must not be negative"),
    ],
)
def test_numbers_that_are_refused(settings, text):
    with pytest.raises(ValueError, match=text):
        wire("https://h.example", **settings)


# --- what comes back --------------------------------------------------------------------------------


def test_the_answer_as_it_came():
    raw = b'HTTP/1.1 201 Gr\xfc\xdfe\r\nX-Case: \xc3\xbc\r\nx-case: \xfc\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{"a\r\n4\r\n": 1\r\n1\r\n}\r\n0\r\n\r\n'
    early = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
    with RawServer(early + raw) as server:
        response = one(server).response
    assert (response.status, response.reason) == (201, "Grüße")
    assert response.headers == Headers((("X-Case", "ü"), ("x-case", "ü"), ("Transfer-Encoding", "chunked")))
    assert (response.body, response.json, response.json_problems) == (b'{"a": 1}', {"a": 1}, ())


def deflate(data, window):
    packer = zlib.compressobj(wbits=window)
    return packer.compress(data) + packer.flush()


DATA = b'{"a": "' + bytes(range(48, 91)) * 9000 + b'"}'


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzip.compress(DATA, mtime=0)),
        ("X-GZIP", gzip.compress(DATA[:1000], mtime=0) + gzip.compress(DATA[1000:], mtime=0)),
        ("gzip", gzip.compress(DATA, mtime=0) + b"trailing"),
        ("deflate", deflate(DATA, 15)),
        ("deflate", deflate(DATA, -15)),
        ("deflate, gzip", gzip.compress(deflate(DATA, 15), mtime=0)),
        ("identity", DATA),
    ],
)
def test_compressed_bodies(coding, body):
    with RawServer(answer(200, body, f"Content-Encoding: {coding}")) as server:
        response = one(server).response
    assert response.body == DATA
    assert response.json["a"].startswith("0123")
    assert response.json_problems == ()


@pytest.mark.parametrize(
    ("coding", "body", "text"),
    [
        ("br", b"xyz", "the Content-Encoding br, which this tool cannot decode"),
        ("gzip", b"{}", "says Content-Encoding gzip, but cannot be decoded"),
        ("gzip", gzip.compress(DATA, mtime=0)[:-50], "cannot be decoded"),
        ("deflate", b"{}", "cannot be decoded"),
        ("gzip,gzip,gzip,gzip,gzip", b"{}", "which this tool cannot decode"),
    ],
)
def test_bodies_that_cannot_be_decoded_are_a_problem_of_the_answer(coding, body, text):
    with RawServer(answer(200, body, f"Content-Encoding: {coding}")) as server:
        exchange = one(server)
    assert exchange.failure is None
    assert exchange.response.json is MISSING
    assert len(exchange.response.json_problems) == 1
    assert text in exchange.response.json_problems[0]


def test_an_empty_body_may_claim_any_encoding():
    with RawServer(answer(200, b"", "Content-Encoding: gzip")) as server:
        assert one(server).response.json_problems == ()


def test_bodies_over_the_cap_are_cut_and_the_connection_dropped():
    def endless(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{")
        while True:
            connection.sendall(b" " * 65536)

    with RawServer(endless, answer(200, b"x" * 1000), OK) as server, wire(server, body_cap=1000) as link:
        first, exact, third = (link.send(Request("GET", "/Users")) for _ in range(3))
    assert first.response.truncated
    assert len(first.response.body) == 1000
    assert first.response.json is MISSING
    assert first.response.json_problems == ("The answer is larger than 1000 bytes; the rest was not read.",)
    assert first.failure is None
    assert not exact.response.truncated
    assert third.response.json == {}


@pytest.fixture(scope="module")
def bombs():
    """300 MB of nothing, packed once, twice and three times."""
    packer = zlib.compressobj(1, wbits=31)
    packed = [b"".join(packer.compress(bytes(1_000_000)) for _ in range(300)) + packer.flush()]
    packed.append(gzip.compress(packed[0]))
    packed.append(gzip.compress(packed[1]))
    return packed


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_a_compression_bomb_costs_neither_memory_nor_time(bombs, layers):
    codings = ", ".join(["gzip"] * layers)
    with RawServer(answer(200, bombs[layers - 1], f"Content-Encoding: {codings}")) as server:
        exchange = one(server, body_cap=2_000_000)
    assert exchange.response.truncated
    assert len(exchange.response.body) == 2_000_000
    assert exchange.ms < 2000


# --- bounded in time --------------------------------------------------------------------------------


def drip(start, piece, *, every=0.05):
    def script(connection):
        connection.sendall(start)
        while True:
            time.sleep(every)
            connection.sendall(piece)

    return script


@pytest.mark.parametrize(
    ("script", "text"),
    [
        (drip(b"HTTP/1.1 200 OK\r\nX: ", b"y"), "No complete answer within 0.4 s."),
        (drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), "No complete answer within 0.4 s."),
        (
            drip(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b"x"),
            "The answer began (status 200) but did not end.",
        ),
        (drip(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"), "The answer began"),
    ],
)
def test_dripping_servers_end_in_a_timeout(script, text):
    with RawServer(script) as server:
        exchange = one(server, timeout=0.4)
    assert exchange.failure.kind == "timeout"
    assert text in exchange.failure.text
    assert exchange.response is None
    assert 350 < exchange.ms < 2400


def test_silent_servers_and_the_request_s_own_timeout():
    over = threading.Event()
    with RawServer(lambda _connection: over.wait(10)) as server:
        exchange = one(server, Request("POST", "/Users", body=b"{}", timeout=0.2))
        over.set()
    assert exchange.failure.kind == "timeout"
    assert "within 0.2 s" in exchange.failure.text
    assert len(server.requests) == 1


def test_a_server_that_never_reads_is_a_timeout():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        exchange = one(
            f"http://127.0.0.1:{listener.getsockname()[1]}",
            Request("POST", "/x", body=b"x" * 30_000_000),
            timeout=0.3,
        )
    assert exchange.failure.kind == "timeout"
    assert exchange.ms < 2300


# --- failures in words ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("script", "kind", "text"),
    [
        (Close(), "reset", "closed the connection before the answer was complete"),
        (Close(reset=True), "reset", "closed the connection before the answer was complete"),
        (
            lambda c: c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab"),
            "reset",
            "The answer began (status 200)",
        ),
        (lambda c: c.sendall(b"HTTP/1.1 200 OK\r\nX: "), "reset", "closed the connection"),
        (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", "protocol", "does not answer in HTTP/1.1 (illegal status line"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "protocol", "does not answer in HTTP/1.1"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "protocol", "The answer began"),
        (b"S3CRET-token-value\r\n\r\n", "protocol", "[redacted]"),
        (lambda c: c.sendall(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 300_000), "too-large", "larger than 100 kB"),
    ],
)
def test_broken_answers_are_failures(script, kind, text):
    with RawServer(script) as server:
        exchange = one(server, Request("POST", "/Users", body=b"{}"))
    assert exchange.response is None
    assert (exchange.failure.kind, text in exchange.failure.text) == (kind, True), exchange.failure
    assert "S3CRET" not in exchange.failure.text
    assert len(server.requests) == 1


def test_refused_connections_and_unknown_names(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    failure = one(f"http://127.0.0.1:{port}").failure
    assert failure.kind == "connect"
    assert failure.text == f"127.0.0.1:{port} refused the connection. Is the server running, and is the port right?"

    def unknown(*_args, **_kwargs):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    failure = one("http://nowhere.example").failure
    assert failure.kind == "dns"
    assert failure.text.startswith("The name nowhere.example cannot be resolved (Name or service not known). Check")


def test_a_request_that_cannot_be_written_is_ours():
    with RawServer(OK) as server:
        exchange = one(server, Request("GET", "/Users", Headers((("X-Bad", "a\r\nb"),))))
    assert exchange.failure.kind == "other"
    assert "This request cannot be written as HTTP/1.1" in exchange.failure.text
    assert server.requests == []


def test_a_request_with_a_wrong_length_of_its_own_is_ours():
    with RawServer(OK) as server:
        exchange = one(server, Request("POST", "/Users", Headers((("Content-Length", "1"),)), b"{}"))
    assert exchange.failure.kind == "other"


# --- TLS --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


def tls_server(authority, *names, expired=False, client_ca=None):
    given = (
        {
            "not_after": dt.datetime(2020, 1, 1, tzinfo=dt.UTC),
            "not_before": dt.datetime(2019, 1, 1, tzinfo=dt.UTC),
        }
        if expired
        else {}
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(*names, **given).configure_cert(context)
    if client_ca:
        client_ca.configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED
    return RawServer(OK, context=context)


@pytest.fixture
def ca_file(authority, tmp_path):
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    return str(tmp_path / "ca.pem")


def test_tls_with_a_given_ca(authority, ca_file):
    with tls_server(authority, "127.0.0.1") as server:
        assert one(server, verify=ca_file).response.status == 200
        assert one(server, verify=False).response.status == 200


@pytest.mark.parametrize(
    ("names", "expired", "trusted", "text"),
    [
        (
            ["127.0.0.1"],
            False,
            False,
            "its issuer is not known here: the endpoint must send the intermediate",
        ),
        (["other.example"], False, True, "it was not issued for this"),
        (["127.0.0.1"], True, True, "it has expired"),
    ],
)
def test_certificates_that_are_not_accepted(authority, ca_file, names, expired, trusted, text):
    with tls_server(authority, *names, expired=expired) as server:
        failure = one(server, verify=ca_file if trusted else True).failure
    assert failure.kind == "tls"
    assert text in failure.text
    assert server.requests == []


def test_client_certificates(authority, ca_file, tmp_path):
    client_ca = trustme.CA()
    client_ca.issue_cert("client@example.org").private_key_and_cert_chain_pem.write_to_path(tmp_path / "client.pem")
    with tls_server(authority, "127.0.0.1", client_ca=client_ca) as server:
        good = one(server, verify=ca_file, client_cert=(str(tmp_path / "client.pem"), None))
        bare = one(server, verify=ca_file)
    assert good.response.status == 200
    assert bare.failure.kind in ("tls", "reset")
    if bare.failure.kind == "tls":
        assert "client certificate" in bare.failure.text


def test_tls_against_plain_http_and_the_reverse(authority):
    with RawServer(b"HTTP/1.1 400 Bad Request\r\n\r\n") as server:
        failure = one(server.url.replace("http:", "https:"), timeout=0.5).failure
        # The server waits for the end of a head that never comes; the handshake ends at the deadline.
        assert failure.kind in ("tls", "connect")

    def plain(connection):
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=lambda: _accept_one(listener, plain), daemon=True)
        thread.start()
        failure = one(f"https://127.0.0.1:{listener.getsockname()[1]}").failure
        thread.join(5)
    assert failure.kind == "tls"
    assert "does not speak TLS" in failure.text


def _accept_one(listener, script):
    connection, _ = listener.accept()
    with connection:
        script(connection)


# --- proxies ----------------------------------------------------------------------------------------


def test_a_forwarding_proxy_gets_the_whole_url_and_its_own_credential():
    with RawServer(OK) as proxy:
        address = proxy.url.replace("http://", "http://ann:S3CRET-proxy@")
        with wire("http://h.example/scim", proxy=address) as link:
            assert link.send(Request("GET", "/Users?a+b&ü")).response.status == 200
            assert link.redactor.text("S3CRET-proxy") == "[redacted]"
    assert proxy.requests[0].startswith(
        "GET http://h.example/scim/Users?a+b&ü HTTP/1.1\r\nHost: h.example\r\n".encode()
    )
    assert b"Proxy-Authorization: Basic " in proxy.requests[0]


def test_a_tunnelling_proxy_carries_the_target_untouched(authority, ca_file):
    with tls_server(authority, "127.0.0.1") as server:

        def tunnel(connection):
            connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            with socket.create_connection(("127.0.0.1", server.port)) as onward:
                back = threading.Thread(target=_pump, args=(onward, connection), daemon=True)
                back.start()
                _pump(connection, onward)
                back.join(5)

        with RawServer(tunnel) as proxy:
            assert one(server, Request("GET", "/Users?a+b"), verify=ca_file, proxy=proxy.url).response.status == 200
    assert proxy.requests[0].startswith(f"CONNECT 127.0.0.1:{server.port} HTTP/1.1\r\n".encode())
    assert TOKEN.encode() not in proxy.requests[0]
    assert server.requests[0].startswith(b"GET /Users?a+b HTTP/1.1\r\n")


def _pump(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        return


def test_a_proxy_that_refuses():
    with RawServer(answer(407, b"")) as proxy:
        failure = one("https://h.example", proxy=proxy.url).failure
    assert failure.kind == "connect"
    assert failure.text == "The proxy refused the connection to h.example: 407 Because."


# --- repeating --------------------------------------------------------------------------------------


def run_waits(*answers, method="POST", **settings):
    slept = []
    with RawServer(*answers) as server, wire(server, sleep=slept.append, **settings) as link:
        exchange = link.send(Request(method, "/Users", body=b"{}"))
    assert len(server.requests) == len(slept) + 1
    return exchange, slept


def test_retry_after_is_waited_for_and_the_request_repeated():
    exchange, slept = run_waits(answer(429, b"", "Retry-After: 2"), answer(503, b"", "Retry-After: 0"), OK)
    assert slept == [2.0, 0.0]
    assert exchange.response.status == 200
    assert exchange.waits == ("429, Retry-After: 2: waited 2 s", "503, Retry-After: 0: waited 0 s")


@pytest.mark.parametrize(
    ("headers", "settings", "slept", "last"),
    [
        ([], {}, 0, None),
        (["Retry-After: 31536000"], {}, 0, "429, Retry-After: 31536000: too long, not waited"),
        (["Retry-After: " + "9" * 5000], {}, 0, "too long, not waited"),
        (["Retry-After: soon"], {}, 0, "neither a number of seconds nor a future date, not waited"),
        (["Retry-After: -5"], {}, 0, "neither a number"),
        (["Retry-After: 1.5"], {}, 0, "neither a number"),
        (["Retry-After: S3CRET-token-value"], {}, 0, "429, Retry-After: [redacted]: neither"),
        (["Retry-After: 1"], {}, 3, "429, Retry-After: 1: repeated 3 times already, not waited"),
        (["Retry-After: 1"], {"retry_limit": 0}, 0, "repeated 0 times already, not waited"),
        (["Retry-After: 30"], {"retry_total_cap": 50}, 1, "waited 30 s for this request already, not waited"),
        (["Retry-After: 31"], {"retry_wait_cap": 31}, 3, "repeated 3 times"),
    ],
)
def test_waits_are_bounded(headers, settings, slept, last):
    exchange, waited = run_waits(answer(429, b"", *headers), **settings)
    assert exchange.response.status == 429
    assert len(waited) == slept
    assert (exchange.waits == ()) if last is None else (last in exchange.waits[-1])


def test_other_statuses_are_not_repeated():
    exchange, _ = run_waits(answer(500, b"", "Retry-After: 1"))
    assert (exchange.response.status, exchange.waits) == (500, ())


def test_a_401_renews_an_oauth_token_once():
    token = [answer(200, b'{"access_token": "token-%d-S3CRET"}' % number) for number in (1, 2)]
    now = [0.0]
    with RawServer(*token) as issuer, RawServer(OK, answer(401, b""), OK, answer(401, b"")) as server:
        credential = ClientCredentials(f"{issuer.url}/token", "cl", "cs-S3CRET", clock=lambda: now[0])
        with wire(server, credential) as link:
            assert link.send(Request("GET", "/Users")).response.status == 200
            now[0] = 100.0
            assert link.send(Request("GET", "/Users")).response.status == 200
            assert link.send(Request("GET", "/Users")).response.status == 401
            assert link.redactor.text("token-1-S3CRET token-2-S3CRET cs-S3CRET") == "[redacted] [redacted] [redacted]"
    assert len(issuer.requests) == 2
    assert [request.split(b"token-")[1][:1] for request in server.requests] == [b"1", b"1", b"2", b"2"]
    assert server.requests[-1].startswith(b"GET /Users HTTP/1.1")


def test_no_token_is_an_auth_failure_and_nothing_is_sent():
    with RawServer(answer(401, b'{"error": "invalid_client"}')) as issuer, RawServer(OK) as server:
        credential = ClientCredentials(f"{issuer.url}/token", "cl", "cs-S3CRET")
        exchange = one(server, credential=credential)
        anonymous = one(server, Request("GET", "/Users", credential=CredentialUse.NONE), credential)
    assert exchange.failure.kind == "auth"
    assert "invalid_client" in exchange.failure.text
    assert anonymous.response.status == 200
    assert len(server.requests) == 1


@pytest.mark.parametrize(("method", "sent"), [("GET", 3), ("HEAD", 3), ("POST", 2), ("PUT", 2), ("DELETE", 2)])
def test_a_reused_connection_that_was_closed_is_replaced_for_reads_only(method, sent):
    with RawServer(answer(204, b""), Close(), answer(204, b"")) as server, wire(server) as link:
        assert link.send(Request("GET", "/Users")).response.status == 204
        exchange = link.send(Request(method, "/Users"))
    assert len(server.requests) == sent
    assert (exchange.failure is None) is (sent == 3)
    if exchange.failure:
        assert exchange.failure.kind == "reset"


def test_a_fresh_connection_that_was_closed_is_not_replaced():
    with RawServer(Close()) as server:
        assert one(server).failure.kind == "reset"
    assert len(server.requests) == 1
