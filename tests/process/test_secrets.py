"""A canary in every credential channel, against servers that echo it: it is in no output, in no spelling.

The command runs in a process of its own. All that it leaves (standard output and error, the output folder with
report, results, events and ledger, the run log, JUnit) is searched, after undoing percent, JSON, HTML, hexadecimal
and base64 encoding at every alignment. The search looks for the middle of the canary, so that a half of it counts.
"""

from __future__ import annotations

import base64
import html
import json
import os
import re
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus, unquote, unquote_plus

import pytest
import trustme
from cryptography.hazmat.primitives import serialization
from servers import loopback
from servers.good import GoodServer
from servers.running import mounted, serve
from servers.store import Store
from support.commands import COMMAND, environment, sized
from support.draw import pairs

CANARY = 'Kv/"Kanarienvogel+7f3a<Qx>\\&%=~'
PLAIN = "Kv9.Kanarienvogel-7f3aQx"
"""Where quotes and slashes have no place: in ids, and in addresses."""
MARK = "narienvog"
USER = "svc-provisioning"
ONLY = ("users.create*", "users.change*", "users.disable*", "groups.create*", "members.add*", "match.*")
WAIT = 180.0


# --- looking for it -----------------------------------------------------------------------------

_HEX = re.compile("[^0-9a-f]{0,3}".join(f"{octet:02x}" for octet in MARK.encode()))
"""For text in lower case: ignoring case costs ten times as much."""
_BASE64 = [
    base64.b64encode(b"abc"[:place] + MARK.encode() + b"xyz")[(0, 2, 3)[place] :][:10].decode() for place in range(3)
]
"""Characters that stand for the mark alone, at each alignment: the ends also carry bits of what is beside it."""
_UNIT = re.compile(r"\\+u([0-9a-fA-F]{4})")
_OCTET = re.compile(r"\\+x([0-9a-fA-F]{2})")


def readings(text: str) -> Iterator[tuple[str, str]]:
    """(encoding, text) for the text as it is and with each encoding undone, two layers deep."""
    undone: dict[str, Callable[[str], str]] = {
        "percent": unquote,
        "form": unquote_plus,
        "html": html.unescape,
        "json": lambda t: _UNIT.sub(lambda m: chr(int(m[1], 16)), t).replace("\\", ""),
        "octets": lambda t: _OCTET.sub(lambda m: chr(int(m[1], 16)), t),
        "reading bytes": lambda t: t.replace("\0", "").replace("\\u0000", ""),
    }
    yield "plain", text
    for name, undo in undone.items():
        once = undo(text)
        if once != text:
            yield name, once
            for second, undo_too in undone.items():
                yield f"{name}, {second}", undo_too(once)


def found_in(text: str) -> str:
    """How the canary stands in the text; empty if it does not."""
    for name, reading in readings(text):
        if MARK in reading:
            return name
        if _HEX.search(reading.lower()):
            return f"{name}, hex"
        standard = reading.replace("-", "+").replace("_", "/")
        if any(core in standard for core in _BASE64):
            return f"{name}, base64"
    return ""


SPELLINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "json": lambda s: json.dumps(s)[1:-1],
    "json, each": lambda s: "".join(f"\\u{ord(c):04x}" for c in s),
    "percent": lambda s: quote(s, safe=""),
    "percent, each": lambda s: "".join(f"%{b:02X}" for b in s.encode()),
    "form": quote_plus,
    "percent twice": lambda s: quote(quote(s, safe=""), safe=""),
    "html": html.escape,
    "html, each": lambda s: "".join(f"&#{ord(c)};" for c in s),
    "hex": lambda s: s.encode().hex(),
    "HEX": lambda s: s.encode().hex(" ").upper(),
    "base64": lambda s: base64.b64encode(s.encode()).decode(),
    "base64, one on": lambda s: base64.b64encode(f"x{s}".encode()).decode(),
    "base64, two on": lambda s: base64.b64encode(f"xy{s}:z".encode()).decode(),
    "base64url": lambda s: base64.urlsafe_b64encode(f"user={s}?".encode()).decode().rstrip("="),
}


@pytest.mark.parametrize("secret", [CANARY, PLAIN], ids=["awkward", "simple"])
@pytest.mark.parametrize("name", SPELLINGS)
def test_the_search_finds_every_spelling(name, secret):
    """Else all that follows would prove nothing."""
    assert found_in(f'{{"a": "b {SPELLINGS[name](secret)} c"}}')
    assert not found_in(f'{{"a": "b {SPELLINGS[name]("Blaumeise")} c"}}')


class Ran:
    """The command in a process of its own, and all that it left."""

    def __init__(self, folder: Path, *arguments: str, before: tuple[str, ...] = (), **variables: str) -> None:
        self.folder = folder
        done = subprocess.run(
            [*before, *COMMAND, *sized(arguments)], cwd=folder, env=environment(None, **variables), timeout=WAIT, check=False,
            capture_output=True, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        self.status = done.returncode
        self.stdout = done.stdout.decode("utf-8", "replace")
        self.stderr = done.stderr.decode("utf-8", "replace")

    def leaks(self, *inputs: str) -> dict[str, str]:
        """Name of an output → how the canary stands in it. ``inputs``: files that held it before."""
        files = [p for p in self.folder.rglob("*") if p.is_file() and p.name not in inputs]
        texts = {str(p.relative_to(self.folder)): p.read_text("utf-8", errors="replace") for p in files}
        texts |= {"stdout": self.stdout, "stderr": self.stderr}
        return {name: how for name, text in texts.items() if (how := found_in(text))}

    def text(self, name: str) -> str:
        return (self.folder / name).read_text("utf-8")


# --- a server that tells ------------------------------------------------------------------------


class Echo:
    """The good server behind any credential, which comes back in every place that an answer has."""

    def __init__(self, *secrets: str) -> None:
        self.good = GoodServer()
        self.secrets = list(secrets)
        self.count = 0
        self.tricks_played: set[str] = set()
        self._lock = threading.Lock()

    def __call__(self, environ, start_response):
        with self._lock:
            self.count += 1
            number = self.count
        given = [v for k, v in environ.items() if k in {"HTTP_AUTHORIZATION", "HTTP_X_API_KEY"}]
        secrets = [*self.secrets, *(v for v in given if "wrong" not in v)]
        told: list = []
        inside = environ | ({"HTTP_AUTHORIZATION": "Bearer good-token"} if given else {})
        body = b"".join(self.good(inside, lambda status, headers: told.extend([status, headers])))
        status, headers = told[0], [(k, v) for k, v in told[1] if k.lower() != "content-length"]
        if number > 6 and status[:3] != "204":  # first it must pass for an endpoint
            status, headers, body = self.told(number, secrets, status, headers, body)
        start_response(status, [*headers, ("Content-Length", str(len(body)))] if body else headers)
        return [body] if body else []

    def told(self, number, secrets, status, headers, body):
        word = secrets[0] if secrets[0] == PLAIN else "none"  # where only some characters may stand
        names = list(SPELLINGS)
        spelled = [SPELLINGS[names[(number + n) % len(names)]](s) for n, s in enumerate(secrets)]
        headers += [("X-Debug", " ".join(spelled)), ("Set-Cookie", f"sid={spelled[0]}"),
                    ("WWW-Authenticate", f'Bearer realm="{secrets[0]}"'), (f"X-{word}", "1")]  # fmt: skip
        place = ["body", "value", "detail", "location", "page", "garbage", "keys", "reason", "type", "wait"][
            number % 10
        ]
        self.tricks_played.add(place)
        found = json.loads(body) if body else {}
        if place == "body":
            found["debug"] = {
                "credential": secrets,
                "spelled": spelled,
                "all": [f(secrets[0]) for f in SPELLINGS.values()],
            }
        elif place == "value" and "userName" in found:
            found["userName"] = found["displayName"] = (
                "x" * (number % 300) + secrets[0]
            )  # across each length it may be cut to
            found["meta"]["resourceType"] = found["active"] = secrets[0]
        elif place == "detail" and number % 20 < 10:
            status = "403 Forbidden"
            detail = "x" * (180 + number % 20) + f" {secrets[-1]} may not"
            found = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "403", "detail": detail,
                     "scimType": secrets[0]}  # fmt: skip
        elif place == "location":
            headers = [h for h in headers if h[0] != "Location"]
            headers.append(
                ("Location", f"https://{word}@127.0.0.1/scim/v2/Users/{quote(secrets[0])}?t={quote_plus(secrets[0])}")
            )
            if isinstance(found.get("meta"), dict):
                found["meta"]["location"] = f"http://u:{secrets[0]}@host/Users/1"
        elif place == "page" and number % 20 < 10:
            lines = "".join(f"<p>{html.escape(s)} {one}</p>" for s in secrets for one in spelled)
            return "500 Oops", [("Content-Type", "text/html")], f"<html>Traceback: {lines}".encode()
        elif place == "garbage" and number % 20 < 10:
            return status, headers, f'{{"token": "{secrets[0]}", "userName": '.encode()
        elif place == "keys" and found:
            twice = json.dumps(secrets[0])
            return status, headers, json.dumps(found).rstrip("}").encode() + f", {twice}: 1, {twice}: 2}}".encode()
        elif place == "reason":
            status = f"{status[:3]} {secrets[0]}"
        elif place == "type":
            headers = [
                ("Content-Type", f'application/scim+json; charset="{word}"') if h[0] == "Content-Type" else h
                for h in headers
            ]
        elif place == "wait":
            return "503 Later", [("Retry-After", secrets[0]), ("Content-Type", "text/plain")], secrets[0].encode()
        return status, headers, json.dumps(found).encode() if body else b""


class Tokens:
    """A token endpoint: answers as told, and with the client's own request in it."""

    def __init__(self, status: str, answer: Callable[[str], dict | str]) -> None:
        self.status = status
        self.answer = answer

    def __call__(self, environ, start_response):
        asked = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])).decode()
        answer = self.answer(asked)
        body = (answer if isinstance(answer, str) else json.dumps(answer)).encode()
        start_response(self.status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]


TOKEN = "At.Kanarienvogel_7f3a-access"
ISSUES = Tokens("200 OK", lambda _: {"access_token": TOKEN, "token_type": "Bearer", "expires_in": 900})

CHANNELS = {
    "bearer": ((), {"SCIM_TOKEN": CANARY}, [CANARY]),
    "bearer, another variable": (("--secret-env", "STAGING"), {"STAGING": PLAIN}, [PLAIN]),
    "bearer, a file": (("--secret-file", "secret.txt"), {}, [CANARY]),
    "basic": (("--user", USER), {"SCIM_PASSWORD": CANARY}, [CANARY, f"{USER}:{CANARY}"]),
    "header": (("--auth", "header", "--header-name", "X-Api-Key"), {"SCIM_TOKEN": CANARY}, [CANARY]),
    "own scheme": (("--auth", "header"), {"SCIM_TOKEN": f"Wortel {CANARY}"}, [CANARY, f"Wortel {CANARY}"]),
    "oauth": (("--token-url", "TOKENS", "--client-id", USER), {"SCIM_CLIENT_SECRET": CANARY}, [CANARY, f"{USER}:{CANARY}", TOKEN]),
    "two processes": (("--jobs", "2"), {"SCIM_TOKEN": CANARY}, [CANARY]),
    "a target file": (("--target", "t.yaml"), {"STAGING": CANARY}, [CANARY]),
    "an echoing proxy": (("--proxy", "PROXY"), {"SCIM_TOKEN": PLAIN}, [PLAIN, CANARY]),
}  # fmt: skip


@pytest.mark.parametrize("channel", CHANNELS)
def test_no_output_holds_what_the_endpoint_echoes(channel, tmp_path):
    given, variables, secrets = CHANNELS[channel]
    echo = Echo(*secrets)
    (tmp_path / "secret.txt").write_text(f"{CANARY}\n")
    (tmp_path / "t.yaml").write_text("url: http://other.invalid\nauth: {kind: bearer, secret-env: STAGING}\n")
    only = [word for one in ONLY for word in ("--only", one)]
    with serve(echo) as url, loopback.serve(ISSUES) as tokens, loopback.serve(through(echo)) as proxy:
        with_password = proxy.replace("//", f"//{USER}:{quote(CANARY, safe='')}@")
        words = [{"TOKENS": f"{tokens}/token", "PROXY": with_password}.get(word, word) for word in given]
        ran = Ran(tmp_path, "run", url, "-p", "entra-v2", *only, "--seed", "5", "--out", "out", "--html", "log.html",
                  "--junit", "junit.xml", *words, **variables)  # fmt: skip
    assert ran.status == 1, (ran.stdout, ran.stderr)
    assert len(echo.tricks_played) == 10
    assert ran.leaks("secret.txt") == {}
    assert "Traceback" not in ran.stderr
    written = ran.text("out/results.json")
    assert "[redacted]" in written
    assert "x-debug" in written.lower()
    for name in ("out/report.html", "out/events.jsonl", "out/ledger.jsonl", "log.html", "junit.xml"):
        assert (tmp_path / name).exists() or (channel == "two processes" and "ledger" in name)


def through(app):
    """A proxy for plain HTTP that reaches one application, whatever the address."""

    def proxy(environ, start_response):
        path = "/" + environ["PATH_INFO"].partition("://")[2].partition("/")[2]
        return mounted(app)(environ | {"PATH_INFO": path}, start_response)

    return proxy


def test_ids_made_of_the_credential_are_in_no_ledger(tmp_path):
    """A server that keys its resources by the token: what a killed run left is found by name."""
    server, numbers = GoodServer(token=PLAIN), iter(range(10_000))

    class Keyed(Store):
        def create(self, kind, data):
            record = super().create(kind, data)
            self.records[kind.name][f"{next(numbers)}-{PLAIN}"] = self.records[kind.name].pop(record.id)
            self._unindex(record)
            record.id = list(self.records[kind.name])[-1]
            self._replace(record, data)
            return record

    server.store = Keyed()

    def deaf(environ, start_response):
        """Does not delete until it is asked by ``cleanup``."""
        if environ["REQUEST_METHOD"] == "DELETE" and not mended.is_set():
            start_response("503 Later", [("Content-Length", "0")])
            return []
        return server(environ, start_response)

    mended = threading.Event()
    with serve(deaf) as url:
        ran = Ran(tmp_path, "run", url, "-p", "entra-v2", "--only", "users.create", "--only", "groups.create", "--out", "out",
                  "--seed", "6", SCIM_TOKEN=PLAIN)  # fmt: skip
        assert len(server.store.records["User"]) >= 2
        assert ran.leaks() == {}
        assert json.loads(ran.text("out/results.json"))["cleanup"]["left"] != []
        shown = Ran(tmp_path, "cleanup", "out", "--dry-run", SCIM_TOKEN=PLAIN)
        mended.set()
        done = Ran(tmp_path, "cleanup", "out", SCIM_TOKEN=PLAIN)
    assert shown.leaks() == {}
    assert done.status == 0, (done.stdout, done.stderr)
    assert done.leaks() == {}
    assert server.store.records == {"User": {}, "Group": {}}


# --- what goes wrong before a run ---------------------------------------------------------------


def refusing(status: str, **headers: str):
    """An endpoint that answers everything with that status and the credential that it got, across each cut."""

    def app(environ, start_response):
        given = environ.get("HTTP_AUTHORIZATION", "")
        secret = given.partition(" ")[2]
        detail = "x" * 178 + f" {secret} is not known here"
        scim = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"]} if status[:3] == "401" else {}
        body = json.dumps({**scim, "status": status[:3], "detail": detail}).encode()
        more = [(name, value.replace("SECRET", secret)) for name, value in headers.items()]
        content = [("Content-Type", "application/scim+json"), ("Content-Length", str(len(body)))]
        start_response(status, [*content, *more])
        return [body]

    return app


REFUSALS = {
    "401": (refusing("401 Unauthorized"), 3),
    "a redirect": (refusing("302 Found", Location="https://login.example/" + "x" * 165 + "?token=SECRET"), 3),
    "a redirect with a name": (refusing("302 Found", Location="https://user:SECRET@login.example/"), 3),
    "500": (refusing("500 SECRET"), 3),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_an_endpoint_that_refuses_and_echoes(case, tmp_path):
    app, status = REFUSALS[case]
    with serve(app) as url:
        ran = Ran(tmp_path, "run", url, "-p", "entra-v2", "--out", "out", SCIM_TOKEN=PLAIN)
    assert ran.status == status, ran.stderr
    assert "cannot" in ran.stderr or "refuse" in ran.stderr or "redirect" in ran.stderr or "error" in ran.stderr
    assert ran.leaks() == {}


@pytest.mark.parametrize(
    ("url", "more", "words"),
    [
        (f"https://u:{PLAIN}@127.0.0.1:1/scim", (), "--auth basic"),
        (f"https://u:{PLAIN}/x@127.0.0.1:1/scim", (), "cannot be read"),
        (f"u:{PLAIN}@127.0.0.1:1/scim", (), "https://"),
        (f"https://127.0.0.1:{PLAIN}/scim", (), "cannot be read"),
        (f"http://127.0.0.1:1/scim?token={PLAIN}", (), "query"),
        ("http://127.0.0.1:1/scim", ("--proxy", f"http://u:{PLAIN}@127.0.0.1:1"), "refused the connection"),
        ("http://127.0.0.1:1/scim", ("--proxy", f"http://u:{PLAIN}@[127.0.0.1:1"), "proxy"),
        ("http://127.0.0.1:1/scim", ("--proxy", f"socks5://u:{PLAIN}@127.0.0.1:1"), "proxy"),
        ("http://127.0.0.1:1/scim", ("--proxy", f"http://u:{PLAIN}/x@127.0.0.1:1"), "proxy"),
        ("http://127.0.0.1:1/scim", ("--proxy", f"http://u:{PLAIN}@proxy.invalid:1"), "proxy"),
        ("http://127.0.0.1:1/scim", ("--token-url", f"https://u:{PLAIN}@127.0.0.1/t", "--client-id", "i"), "token URL"),
        ("http://127.0.0.1:1/scim", ("--token-url", f"u:{PLAIN}@127.0.0.1/t", "--client-id", "i"), "token URL"),
        ("http://127.0.0.1:1/scim", ("--token-url", f"https://u:{PLAIN}/x@h/t", "--client-id", "i"), "token URL"),
        ("http://127.0.0.1:1/scim", ("--secret-env", PLAIN), "never the secret itself"),
        ("http://127.0.0.1:1/scim", ("--secret-file", "broken.txt"), "line break"),
        ("http://127.0.0.1:1/scim", ("--secret-file", "utf16.txt"), "not text in UTF-8"),
        ("http://127.0.0.1:1/scim", ("--secret-file", "formatted.txt"), "Latin-1"),
        ("http://127.0.0.1:1/scim", ("--secret-file", "scheme.txt"), "the token alone"),
        ("http://127.0.0.1:1/scim", ("--target", "auth.yaml"), "auth.yaml:2"),
        ("http://127.0.0.1:1/scim", ("--target", "kind.yaml"), "auth.yaml"),
        ("http://127.0.0.1:1/scim", ("--target", "key.yaml"), "unknown key"),
        ("http://127.0.0.1:1/scim", ("--target", "variable.yaml"), "never the secret itself"),
    ],
)
def test_what_is_refused_is_not_repeated(url, more, words, tmp_path, command, monkeypatch):
    """In this process: none of these comes as far as a run."""
    files = {
        "broken.txt": f"{PLAIN}\nmore\n", "formatted.txt": f"{PLAIN}\u201c", "scheme.txt": f"Bearer {PLAIN}",
        "auth.yaml": f"url: https://x.example\nauth: {PLAIN}\n", "kind.yaml": f"url: x\nauth: {{kind: Bearer {PLAIN}}}\n",
        "key.yaml": f"url: x\nauth: {{secret: {PLAIN}}}\ntoken: {PLAIN}\n", "variable.yaml": f"url: x\nauth: {{secret-env: {PLAIN}}}\n",
    }  # fmt: skip
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "utf16.txt").write_bytes(PLAIN.encode("utf-16"))
    monkeypatch.setenv("SCIM_CLIENT_SECRET", f"{PLAIN}-2")
    done = command("run", url, "-p", "entra-v2", "--out", "out", *more, token=f"{PLAIN}-3")
    assert done.returncode in {2, 3}, (done.stdout, done.stderr)
    assert words.replace("auth.yaml", more[1] if "yaml" in words else "") in done.stderr.replace("\n", " ")
    assert not found_in(done.stdout)
    assert not found_in(done.stderr)
    assert not (tmp_path / "out" / "events.jsonl").exists()


TOKEN_ANSWERS = {
    "echoes its request": Tokens("401 Unauthorized", lambda asked: {"error": "invalid_client", "error_description": asked}),
    "the secret as the error": Tokens("400 Bad Request", lambda _: {"error": PLAIN}),
    "half of it": Tokens("400 Bad Request", lambda _: {"error": f"{'x' * 24}{PLAIN}"[:40]}),
    "a page": Tokens("500 Oops", lambda asked: f"<html>{html.escape(asked)}"),
    "an unusable token": Tokens("200 OK", lambda _: {"access_token": f"{TOKEN}\r\nX: 1"}),
    "another type": Tokens("200 OK", lambda _: {"access_token": TOKEN, "token_type": PLAIN}),
}  # fmt: skip


@pytest.mark.parametrize("case", TOKEN_ANSWERS)
def test_a_token_endpoint_that_refuses_and_echoes(case, tmp_path, command, monkeypatch):
    monkeypatch.setenv("SCIM_CLIENT_SECRET", PLAIN)
    with loopback.serve(TOKEN_ANSWERS[case]) as tokens:
        done = command("run", "http://127.0.0.1:1/scim", "-p", "entra-v2", "--out", "out", "--token-url",
                       f"{tokens}/token", "--client-id", USER, token=None)  # fmt: skip
    assert done.returncode == 3, done.stderr
    assert "token endpoint answered" in done.stderr
    assert not found_in(done.stdout + done.stderr)


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 407 SECRET\r\nX-Echo: SECRET\r\n\r\n", b"HTTP/1.1 SECRET\r\n\r\n", b"SECRET"]
)
def test_a_proxy_that_refuses_and_echoes(answer, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(WAIT)

        def once():
            with listening.accept()[0] as connection:
                connection.recv(65536)
                connection.sendall(answer.replace(b"SECRET", PLAIN.encode()))

        thread = threading.Thread(target=once, daemon=True)
        thread.start()
        place = f"http://u:{PLAIN}@127.0.0.1:{listening.getsockname()[1]}"
        ran = Ran(tmp_path, "run", "https://scim.example/v2", "-p", "entra-v2", "--out", "out", "--proxy", place,
                  SCIM_TOKEN=PLAIN)  # fmt: skip
        thread.join(WAIT)
    assert ran.status == 3, ran.stderr
    assert "cannot be tested" in ran.stderr
    assert ran.leaks() == {}


def test_tls_that_fails_and_a_key_with_a_password(tmp_path):
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    mine = authority.issue_cert("me@example.org")
    mine.cert_chain_pems[0].write_to_path(str(tmp_path / "cert.pem"))
    key = serialization.load_pem_private_key(mine.private_key_pem.bytes(), None)
    locked = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(PLAIN.encode()),
    )  # fmt: skip
    (tmp_path / "key.pem").write_bytes(locked)
    (tmp_path / "open.pem").write_bytes(mine.private_key_pem.bytes())
    with loopback.serve(mounted(GoodServer(token=PLAIN)), tls=context) as origin:
        arguments = ("run", f"{origin}/scim/v2", "-p", "entra-v2", "--out", "out")
        unknown = Ran(tmp_path, *arguments, SCIM_TOKEN=PLAIN)
        refused = Ran(tmp_path, *arguments, "--client-cert", "cert.pem", "--client-key", "key.pem", SCIM_TOKEN=PLAIN,
                      SCIM_PASSWORD=PLAIN)  # fmt: skip
        authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
        used = Ran(tmp_path, *arguments, "--only", "connection.*", "--ca", "ca.pem", "--client-cert", "cert.pem",
                   "--client-key", "open.pem", SCIM_TOKEN=PLAIN)  # fmt: skip
    assert unknown.status == 3
    assert "certificate" in unknown.stderr
    assert refused.status == 2
    assert "without a passphrase" in refused.stderr.replace("\n", " ")
    assert used.status in {0, 3}, used.stderr
    assert (tmp_path / "out" / "report.html").exists()
    line = mine.private_key_pem.bytes().decode().splitlines()[2]
    for ran in (unknown, refused, used):
        assert ran.leaks() == {}
        assert line not in ran.stdout + ran.stderr
    assert all(line not in p.read_text() for p in (tmp_path / "out").iterdir())


# --- faults of our own --------------------------------------------------------------------------

FAULTY = """
import os
where, secret = os.environ.get("FAULT"), os.environ.get("SCIM_TOKEN", "")

def fault(*given, **named):
    password = secret  # a local, as in real code
    raise RuntimeError(f"cannot go on with {password} and {given!r}"[:2000])

if where:
    import importlib
    module, _, path = where.partition(":")
    target = importlib.import_module(module)
    *outer, name = path.split(".")
    for one in outer:
        target = getattr(target, one)
    setattr(target, name, fault)
"""
FAULTS = {
    "in a check": ("scim_compat.run.recorder:judge", ()),
    "in the record": ("scim_compat.run.recorder:record_exchange", ()),
    "in the wire": ("scim_compat.wire.client:Wire._attempt", ()),
    "where a scenario ends": ("scim_compat.run.recorder:ScenarioEnded", ()),
    "in a worker": ("scim_compat.run.recorder:ScenarioEnded", ("--jobs", "2")),
    "at the start": ("scim_compat.run.endpoint:preflight", ()),
    "at the start, with a proxy": ("scim_compat.wire.urls:BaseUrl.parse", ("--proxy", f"http://u:{PLAIN}@127.0.0.1:1")),
    "at the start, side by side": ("scim_compat.run.preflight:_judge", ("--jobs", "2")),
    "in the clean-up": ("scim_compat.run.session:left_behind", ()),
    "in the report": ("scim_compat.report.html:render", ()),
    "before pytest": ("scim_compat.pytest_plugin.launch:select", ()),
}  # fmt: skip


@pytest.mark.parametrize(("case", "traced"), pairs(list(FAULTS), [False, True]))
def test_a_fault_of_ours_tells_no_secret(case, traced, tmp_path):
    where, more = FAULTS[case]
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(FAULTY)
    path = os.pathsep.join([str(tmp_path / "site"), os.environ.get("PYTHONPATH", "")])
    with serve(GoodServer(token=PLAIN)) as url:
        ran = Ran(tmp_path, "run", url, "-p", "entra-v2", "--only", "users.create", "--only", "match.*", "--out", "out",
                  "--html", "log.html", "--junit", "junit.xml", *more, SCIM_TOKEN=PLAIN, FAULT=where, PYTHONPATH=path,
                  GIT_URL=f"https://u:{PLAIN}@git.example/x", **({"SCIM_COMPAT_TRACEBACK": "1"} if traced else {}))  # fmt: skip
    assert ran.status == 4, (ran.status, ran.stdout, ran.stderr)
    everything = ran.stdout + ran.stderr + "".join(p.read_text() for p in tmp_path.glob("*.*"))
    everything += "".join(p.read_text() for p in (tmp_path / "out").glob("*"))
    assert "RuntimeError" in everything
    assert ran.leaks() == {}
