"""An application in this process: the same verdict and findings as over a socket."""

from __future__ import annotations

import json
import sys

import pytest
from servers.good import GoodServer
from servers.running import serve
from support.commands import play
from support.places import TESTS

ONLY = ["users.create", "users.disable", "groups.*", "connection.*", "match.*"]
MODULE = """
import sys
sys.path.insert(0, {tests!r})
from servers.good import GoodServer
from servers.running import mounted
app = mounted(GoodServer(defects=frozenset({defects!r})))
async def asgi(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({{"type": message["type"] + ".complete"}})
            if message["type"] == "lifespan.shutdown":
                return
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    import io
    environ = {{
        "REQUEST_METHOD": scope["method"], "PATH_INFO": scope["path"].encode().decode("latin-1"), "SCRIPT_NAME": "",
        "QUERY_STRING": scope["query_string"].decode("latin-1"), "wsgi.input": io.BytesIO(body),
        "CONTENT_LENGTH": str(len(body)), "wsgi.url_scheme": "http", "SERVER_NAME": "app", "SERVER_PORT": "80",
    }}
    for name, value in scope["headers"]:
        key = name.decode().upper().replace("-", "_")
        environ[key if key == "CONTENT_TYPE" else "HTTP_" + key] = value.decode("latin-1")
    told = []
    content = b"".join(app(environ, lambda status, headers: told.extend([status, headers])))
    await send({{"type": "http.response.start", "status": int(told[0].split()[0]),
                "headers": [(k.lower().encode(), v.encode("latin-1")) for k, v in told[1]]}})
    await send({{"type": "http.response.body", "body": content}})
"""


@pytest.fixture
def path_as_before(monkeypatch):
    """The command puts the current folder first."""
    monkeypatch.setattr(sys, "path", [*sys.path])


def findings(out):
    found = json.loads((out / "results.json").read_text())
    return found["verdict"], [
        (s["id"], s["outcome"], step["id"], c["id"], c["severity"])
        for s in found["profiles"][0]["scenarios"]
        for step in s["steps"]
        for c in step["checks"]
        if c["outcome"] == "fail"
    ]


@pytest.fixture(scope="module", params=[(), ("member-remove-filter-ignored", "disabled-hidden-from-filter", "filter-case-sensitive")],
                ids=["good", "broken"])  # fmt: skip
def loopback(request, tmp_path_factory):
    out = tmp_path_factory.mktemp("socket")
    with serve(GoodServer(defects=frozenset(request.param))) as url:
        play(url, out=out, only=ONLY)
    return request.param, findings(out)


@pytest.mark.parametrize("attribute", ["app", "asgi"])
@pytest.mark.usefixtures("path_as_before")
def test_the_same_as_over_loopback(loopback, attribute, tmp_path, command):
    defects, wanted = loopback
    tests = str(TESTS)
    name = f"served_app_{attribute}_{len(defects)}"
    (tmp_path / f"{name}.py").write_text(MODULE.format(tests=tests, defects=sorted(defects)), encoding="utf-8")
    only = [part for glob in ONLY for part in ("--only", glob)]
    done = command(
        "run", "http://app.invalid/scim/v2", "--scim-app", f"{name}:{attribute}", "-p", "entra-v2", *only,
        "--seed", "7", "--out", "out", "--crowd", "12",
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    assert findings(tmp_path / "out") == wanted
    assert (wanted[0] == "incompatible") is bool(defects)


@pytest.mark.parametrize(
    ("app", "words"),
    [("nowhere:app", ["nowhere"]), ("json:nothing", ["nothing"]), ("json", [":"]), ("json:__name__", ["json:__name__"])],
)  # fmt: skip
def test_an_application_that_cannot_be_loaded(app, words, command):
    done = command("run", "--scim-app", app, "-p", "entra-v2", "--out", "out")
    assert done.returncode == 2, (done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr
