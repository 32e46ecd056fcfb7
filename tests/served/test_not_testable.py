"""Targets that cannot be tested: one paragraph, exit status 3, no results, nothing created."""

from __future__ import annotations

import json
import socket
import ssl
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import trustme
from scim_compat.errors import ExitStatus
from scim_compat.run import endpoint
from servers.good import GoodServer
from servers.loopback import serve
from servers.running import mounted

LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"


def answering(status, body, media_type="text/html", **headers):
    """An application that answers everything alike, and counts what it was asked."""

    def app(environ, start_response):
        app.seen.append((environ["REQUEST_METHOD"], environ["PATH_INFO"]))
        content = body.encode()
        extra = [(name.replace("_", "-"), value) for name, value in headers.items()]
        start_response(status, [("Content-Type", media_type), ("Content-Length", str(len(content))), *extra])
        return [content]

    app.seen = []
    return app


ERROR = json.dumps(
    {"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "401", "detail": "Token expired on Monday"}
)
CASES = {
    "a login page": (answering("200 OK", "<!doctype html><title>Sign in</title>"), ["web page", "/scim/v2"]),
    "a login page typed as JSON": (answering("200 OK", "<html>", "application/json"), ["web page"]),
    "401": (answering("401 Unauthorized", ERROR, "application/scim+json"), ["refused the credential", "401", "Token expired on Monday", "SCIM_TOKEN"]),
    "403": (answering("403 Forbidden", "no"), ["refused the credential", "403"]),
    "404 on everything": (answering("404 Not Found", "<h1>nginx</h1>"), ["no SCIM endpoint", "404"]),
    "405 on everything": (answering("405 Method Not Allowed", ""), ["no SCIM endpoint"]),
    "a redirect": (answering("302 Found", "", Location="https://login.example/start"), ["redirects", "https://login.example/start", "302"]),
    "a permanent redirect": (answering("308 Permanent Redirect", "", Location="/elsewhere"), ["redirects", "308"]),
    "a server that is down": (answering("503 Service Unavailable", "try later"), ["server error", "503"]),
    "JSON that is not SCIM": (answering("200 OK", '{"users": []}', "application/json"), ["does not speak SCIM", "application/json"]),
    "a JSON array": (answering("200 OK", "[]", "application/json"), ["does not speak SCIM"]),
    "nothing": (answering("200 OK", "", "text/plain"), ["does not speak SCIM"]),
    "a GraphQL endpoint": (answering("400 Bad Request", '{"errors": [{"message": "Must provide query string."}]}', "application/json"), ["does not speak SCIM", "400"]),
}  # fmt: skip


def refused(out: Path, done, *words: str) -> None:
    """One paragraph that says all of ``words``; no traceback, no results."""
    assert done.returncode == 3, (done.stdout, done.stderr)
    message = done.stderr.strip()
    assert "Traceback" not in done.stdout + done.stderr
    assert "\n" not in message
    assert 60 < len(message) < 700
    assert message.endswith((".", "?"))
    for word in words:
        assert word in message
    assert not (out / "results.json").exists()
    assert not (out / "report.html").exists()
    assert not (out / "events.jsonl").exists()
    assert "good-token" not in done.stdout + done.stderr


@pytest.mark.parametrize("case", CASES)
def test_what_is_no_scim_endpoint(case, tmp_path, command):
    app, words = CASES[case]
    app.seen.clear()
    with serve(app) as origin:
        done = command("run", f"{origin}/scim/v2", "-p", "entra-v2", "--out", "out")
    refused(tmp_path / "out", done, *words)
    assert {method for method, _ in app.seen} == {"GET"}
    assert len(app.seen) <= 11


def test_a_closed_port(tmp_path, command):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    done = command("run", f"http://127.0.0.1:{port}/scim/v2", "-p", "entra-v2", "--out", "out")
    refused(tmp_path / "out", done, f"127.0.0.1:{port}", "refused the connection", "running")


def test_a_name_that_does_not_exist(tmp_path, command):
    done = command("run", "https://idm.fjord.invalid/scim/v2", "-p", "entra-v2", "--out", "out")
    refused(tmp_path / "out", done, "idm.fjord.invalid", "cannot be resolved", "DNS")


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def secured(authority):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    server = GoodServer()
    with serve(mounted(server), tls=context) as origin:
        yield f"{origin}/scim/v2", server


def test_a_certificate_nobody_knows(secured, tmp_path, command):
    url, server = secured
    done = command("run", url, "-p", "entra-v2", "--out", "out")
    refused(tmp_path / "out", done, "certificate", "--ca FILE")
    assert not any(server.store.records.values())


def test_the_same_certificate_with_its_authority(secured, authority, tmp_path, command):
    """The other side of the coin: with --ca the very same target is tested."""
    url, _ = secured
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    done = command("run", url, "-p", "entra-v2", "--only", "discovery.*", "--ca", "ca.pem", "--out", "out")
    assert (done.returncode, done.stderr) == (3, "") or done.returncode == 0, (done.stdout, done.stderr)
    results = json.loads((tmp_path / "out" / "results.json").read_text())
    assert results["profiles"][0]["counts"]["passed"] == 3


def test_http_where_tls_is_spoken(secured, tmp_path, command):
    url = secured[0].replace("https://", "http://")
    done = command("run", url, "-p", "entra-v2", "--out", "out")
    refused(tmp_path / "out", done, f"this port speaks TLS: use https://. Did you mean {secured[0]}?")


def test_no_token_at_all(tmp_path, command):
    server = GoodServer()
    with serve(mounted(server)) as origin:
        done = command("run", f"{origin}/scim/v2", "-p", "entra-v2", "--out", "out", token=None)
    refused(tmp_path / "out", done, "asks for a credential", "no credential was sent (SCIM_TOKEN is not set)")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["not a url"], ["URL", "white space"]),
        (["ftp://127.0.0.1/scim"], ["http"]),
        (["http://user:pw@127.0.0.1/scim"], ["--auth basic"]),
        (["http://127.0.0.1:1/scim/v2?aadOptscim062020"], ["aadOptscim062020"]),
        (["http://127.0.0.1:1", "--only", "nothing.*"], ["--only nothing.*", "scim-compat show"]),
        ([], ["URL"]),
    ],
)
def test_wrong_usage_is_status_2(arguments, words, tmp_path, command):
    done = command("run", *arguments, "-p", "entra-v2", "--out", "out")
    assert done.returncode == 2, (done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr


def test_an_unknown_profile_is_status_2(tmp_path, command):
    done = command("run", "http://127.0.0.1:1", "-p", "entra-v3")
    assert done.returncode == 2
    assert "entra-v2" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_server_that_lets_in_but_offers_no_discovery_is_tested(replay):
    """Discovery is optional (RFC 7644 §4): its absence is a finding at most, never a reason to stop."""
    good = GoodServer()

    def app(environ, start_response):
        if environ["PATH_INFO"].split("/")[1] in {"Schemas", "ResourceTypes", "ServiceProviderConfig"}:
            start_response("404 Not Found", [("Content-Length", "0")])
            return []
        return good(environ, start_response)

    with serve(mounted(app)) as origin:
        ended = replay(f"{origin}/scim/v2", only=["users.create", "connection.*"])
    assert ended.summary is not None
    assert ended.summary.document.target.capabilities.schemas is None
    assert ended.summary.played > 3


# --- the files that a pipeline reads -------------------------------------------------------------


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_the_files_of_a_pipeline_hold_one_error(jobs, tmp_path, command, monkeypatch):
    """Those of an earlier run would stand for this one."""
    monkeypatch.setenv("GIT_URL", "https://somebody:hush@git.example/x")
    (tmp_path / "j.xml").write_text("<testsuites/>")
    with serve(answering("401 Unauthorized", ERROR, "application/scim+json")) as url:
        files = ("--junit", "j.xml", "--html", "new/log.html")
        done = command("run", url, "-p", "entra-v2", "--out", "out", "-j", jobs, *files)
    refused(tmp_path / "out", done, "Token expired on Monday")
    message = done.stderr.removeprefix("Error: ").strip()
    root = ET.parse(tmp_path / "j.xml").getroot()
    assert [(s.get("tests"), s.get("errors"), s.get("failures")) for s in root.iter("testsuite")] == [("1", "1", "0")]
    (error,) = root.iter("error")
    assert (error.get("message"), error.text, error.get("type")) == (message, message, "not-testable")
    log = (tmp_path / "new" / "log.html").read_text()
    assert "Token expired on Monday" in log
    assert "hush" not in log
    assert '"result": "Error"' in log.replace("&#34;", '"')


@pytest.mark.parametrize(
    ("more", "kind", "status"),
    [(("-p", "entra-v3"), "usage", 2), (("-p", "entra-v2", "--only", "lost"), "usage", 2)],
)
def test_a_wrong_call_replaces_the_file_of_an_earlier_run(more, kind, status, tmp_path, command):
    """A pipeline that looks at nothing but JUnit would show the old one."""
    (tmp_path / "j.xml").write_text("<testsuites/>")
    done = command("run", "http://127.0.0.1:1", *more, "--junit", "j.xml", "--out", "out")
    assert done.returncode == status
    (error,) = ET.parse(tmp_path / "j.xml").getroot().iter("error")
    assert error.get("type") == kind
    assert error.get("message") == done.stderr.removeprefix("Error: ").strip()


def test_an_internal_error_is_one_in_the_file_of_a_pipeline(tmp_path, command, monkeypatch):
    def broken(*_arguments: object, **_more: object) -> None:
        raise KeyError("our own")

    monkeypatch.setattr(endpoint, "preflight", broken)
    with serve(GoodServer()) as url:
        done = command("run", url, "-p", "entra-v2", "--junit", "j.xml", "--out", "out")
    assert done.returncode == ExitStatus.INTERNAL
    (error,) = ET.parse(tmp_path / "j.xml").getroot().iter("error")
    assert error.get("type") == "internal"
    assert (error.get("message") or "").startswith("Internal error in scim-compat: KeyError in run/endpoint.py:")


@pytest.mark.parametrize("option", ["--junit", "--html"])
@pytest.mark.parametrize(("file", "why"), [("", "it is a folder"), ("note.txt/j.xml", "note.txt is no folder")])
def test_a_file_that_cannot_be_written_is_refused_first(option, file, why, tmp_path, command):
    (tmp_path / "note.txt").write_text("")
    path = str(tmp_path / file)
    done = command("run", "http://127.0.0.1:1", "-p", "entra-v2", "--out", "out", option, path)
    assert done.returncode == ExitStatus.USAGE
    assert done.stderr.startswith(f"Error: {option} {path}: the file cannot be written: ")
    assert f"{why}; nothing was sent" in done.stderr
    assert not (tmp_path / "out").exists()


# --- bugs of ours ----------------------------------------------------------------------------------


@pytest.mark.parametrize("bug", [ValueError, KeyError, RuntimeError])
def test_a_bug_in_opening_a_run_is_no_wrong_usage(command, monkeypatch, tmp_path, bug):
    """ValueError is for programmers: taken for a wrong option, it would send users looking for their own mistake."""

    def broken(*_arguments: object, **_more: object) -> None:
        raise bug("our own")

    monkeypatch.setattr(endpoint, "preflight", broken)
    with serve(GoodServer()) as url:
        done = command("run", url, "-p", "entra-v2", "--out", "out")
    assert done.returncode == ExitStatus.INTERNAL, done.stderr
    assert done.stderr.startswith(f"Internal error in scim-compat: {bug.__name__} in run/endpoint.py:")
    assert "SCIM_COMPAT_TRACEBACK=1" in done.stderr
    assert "Traceback" not in done.stderr
    monkeypatch.setenv("SCIM_COMPAT_TRACEBACK", "1")
    with serve(GoodServer()) as url:
        traced = command("run", url, "-p", "entra-v2", "--out", "again")
    assert traced.returncode == ExitStatus.INTERNAL
    assert "Traceback" in traced.stderr
    assert "good-token" not in traced.stderr
