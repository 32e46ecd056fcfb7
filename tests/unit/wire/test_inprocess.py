"""Applications of this process: loading, both bridges, and what they do when they misbehave."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gc
import importlib
import os
import signal
import sys
import textwrap
import threading
import time

import httpx
import pytest
from scim_compat.errors import SettingError
from scim_compat.wire.apps.asgi import AsgiTransport
from scim_compat.wire.apps.load import transport_for
from scim_compat.wire.apps.wsgi import WsgiTransport
from scim_compat.wire.client import Wire, WireSettings
from scim_compat.wire.credentials import Bearer
from scim_compat.wire.messages import Headers, Request
from scim_compat.wire.terms import Terms

TARGET = '/Us%20ers/%C3%BC?filter=userName+eq+%22a%22&flag&raw="ü"'


def wire(transport, **settings):
    settings = WireSettings(**({"base_url": "http://testserver:81/scim/v2"} | settings))
    return Wire(settings, Bearer("S3CRET-token"), transport=transport)


def get(transport, **settings):
    with wire(transport, **settings) as link:
        return link.send(Request("GET", "/Users"))


# --- loading ----------------------------------------------------------------------------------------


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder with the module ``shop_app``, as the current folder."""
    text = """
        def wsgi(environ, start_response):
            start_response("200 OK", [("Content-Type", "application/json")])
            return [b'{"kind": "wsgi"}']
        async def asgi(scope, receive, send):
            if scope["type"] == "lifespan":
                raise RuntimeError("none here")
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b'{"kind": "asgi"}'})
        class Instance:
            def __call__(self, environ, start_response):
                return wsgi(environ, start_response)
        class AsyncInstance:
            async def __call__(self, scope, receive, send):
                await asgi(scope, receive, send)
        class Holder:
            app = Instance()
        async_app = AsyncInstance()
        def create_app(config=None):
            return Instance()
        def broken_factory():
            raise KeyError("SETTING")
        async def async_factory():
            return wsgi
        def nested_factory():
            return create_app
        def one(request):
            return None
        def anything(*args):
            return None
        number = 7
    """
    (tmp_path / "shop_app.py").write_text(textwrap.dedent(text))
    (tmp_path / "shop_needs.py").write_text("import module_that_is_missing\n")
    (tmp_path / "shop_breaks.py").write_text("\n\nraise ValueError('no settings')\n")
    (tmp_path / "shop_exits.py").write_text("raise SystemExit(3)\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry])
    importlib.invalidate_caches()
    yield tmp_path
    for name in [name for name in sys.modules if name.startswith("shop_")]:
        del sys.modules[name]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("shop_app:wsgi", "wsgi"),
        ("shop_app:asgi", "asgi"),
        ("shop_app:Holder.app", "wsgi"),
        ("shop_app:async_app", "asgi"),
        ("shop_app:create_app", "wsgi"),
        ("shop_app:create_app()", "wsgi"),
        ("shop_app:Instance", "wsgi"),
    ],
)
def test_applications_and_factories_are_told_apart(project, path, kind):
    assert get(transport_for(path)).response.json == {"kind": kind}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("shop_app", "'shop_app' is not of the form module:attribute"),
        ("shop-app:wsgi", "is not of the form"),
        ("shop_app:", "is not of the form"),
        ("shop_none:app", "There is no module shop_none (looked in "),
        ("shop_app.inner:app", "There is no module shop_app.inner"),
        ("shop_needs:app", "it needs the module module_that_is_missing, which is not installed"),
        ("shop_breaks:app", "Importing shop_breaks failed: ValueError: no settings (shop_breaks.py:3)."),
        ("shop_exits:app", "Importing shop_exits failed: SystemExit: 3"),
        ("shop_app:wsgy", "shop_app was imported, but has no wsgy: did you mean wsgi?"),
        ("shop_app:zzz", "has no zzz: callable there: "),
        ("shop_app:Holder.ap", "shop_app.Holder was imported, but has no ap: did you mean app?"),
        ("shop_app:number", "is int, which cannot be called"),
        ("shop_app:one", "takes the parameters (request): neither"),
        ("shop_app:anything", "takes the parameters (args)"),
        ("shop_app:broken_factory", "was called, as a factory, and failed: KeyError: 'SETTING'"),
        ("shop_app:async_factory", "is an async factory"),
        ("shop_app:nested_factory", "returned another factory"),
    ],
)
def test_what_cannot_be_loaded_says_which_part(project, path, text):
    with pytest.raises(SettingError) as caught:
        transport_for(path)
    assert text in str(caught.value)


def test_partials_and_wrapped_functions_have_signatures(project):
    transport_for("shop_app:wsgi")
    shop_app = importlib.import_module("shop_app")

    @functools.wraps(shop_app.wsgi)
    def wrapped(*args, **kwargs):
        return shop_app.wsgi(*args, **kwargs)

    shop_app.wrapped = wrapped
    shop_app.partial = functools.partial(lambda tenant, environ, start: shop_app.wsgi(environ, start), "t")
    for name in ("wrapped", "partial"):
        assert isinstance(transport_for(f"shop_app:{name}"), WsgiTransport)


# --- WSGI -------------------------------------------------------------------------------------------


def test_a_wsgi_application_gets_what_a_server_would_give():
    seen = {}

    def app(environ, start_response):
        seen.update(environ, body=environ["wsgi.input"].read())
        start_response("201 Made It", [("X-One", "1"), ("X-One", "2")])
        return [b"", b"a", b"b"]

    with wire(WsgiTransport(app)) as link:
        exchange = link.send(
            Request("POST", TARGET, Headers((("Content-Type", "a/b"), ("X-Y", "1"), ("X-Y", "2"))), b"body")
        )
    assert seen["PATH_INFO"] == "/scim/v2/Us ers/Ã¼"
    assert seen["QUERY_STRING"] == 'filter=userName+eq+%22a%22&flag&raw="Ã¼"'
    assert (seen["REQUEST_METHOD"], seen["SERVER_NAME"], seen["SERVER_PORT"]) == ("POST", "testserver", "81")
    assert (seen["CONTENT_TYPE"], seen["CONTENT_LENGTH"], seen["HTTP_X_Y"]) == ("a/b", "4", "1, 2")
    assert (seen["HTTP_HOST"], seen["HTTP_AUTHORIZATION"]) == ("testserver:81", "Bearer S3CRET-token")
    assert seen["body"] == b"body"
    assert (exchange.response.status, exchange.response.reason) == (201, "Made It")
    assert exchange.response.headers == Headers((("X-One", "1"), ("X-One", "2")))
    assert exchange.response.body == b"ab"


def test_wsgi_write_late_start_and_close():
    closed = []

    class Result:
        def __init__(self, start_response):
            self.start_response = start_response

        def __iter__(self):
            self.start_response("200 OK", [])(b"written ")
            yield b""
            yield b"yielded"

        def close(self):
            closed.append(True)

    assert get(WsgiTransport(lambda environ, start: Result(start))).response.body == b"written yielded"
    assert closed == [True]


@pytest.mark.parametrize(
    ("method", "status"), [("HEAD", "200 OK"), ("GET", "204 No Content"), ("GET", "304 Not Modified")]
)
def test_answers_without_body_have_none(method, status):
    def app(environ, start_response):
        start_response(status, [])
        return [b"text"]

    with wire(WsgiTransport(app)) as link:
        assert link.send(Request(method, "/x")).response.body == b""


def _raises(environ, start_response):
    raise KeyError(f"no user for {environ['HTTP_AUTHORIZATION']}")


def _exits(environ, start_response):
    raise SystemExit(1)


def _never_starts(environ, start_response):
    return [b"x"]


def _bad_status(environ, start_response):
    start_response("fine", [])
    return [b"x"]


def _starts_twice(environ, start_response):
    start_response("200 OK", [])
    start_response("201 OK", [])
    return []


@pytest.mark.parametrize(
    ("app", "text"),
    [
        (_raises, "KeyError"),
        (_exits, "SystemExit"),
        (_never_starts, "start_response was not called"),
        (_bad_status, "ValueError"),
        (_starts_twice, "start_response was called twice"),
    ],
)
def test_a_wsgi_application_that_raises_is_a_500_and_a_log_line_without_secrets(app, text, caplog):
    exchange = get(WsgiTransport(app))
    assert exchange.response.status == 500
    assert text in exchange.response.body.decode()
    assert "the application raised" in caplog.text
    assert "S3CRET" not in caplog.text
    assert b"S3CRET" not in exchange.response.body


def test_a_wsgi_application_that_raises_in_mid_answer_or_never_ends():
    def breaks(environ, start_response):
        start_response("200 OK", [])
        yield b"first"
        raise ValueError("later")

    failure = get(WsgiTransport(breaks)).failure
    assert failure.kind == "reset"
    assert failure.text.startswith("The answer began (status 200) but did not end. ")

    def endless(environ, start_response):
        start_response("200 OK", [])
        while True:
            yield b"x" * 1000

    response = get(WsgiTransport(endless), body_cap=5000).response
    assert response.truncated
    assert len(response.body) == 5000


# --- ASGI -------------------------------------------------------------------------------------------


async def _answer(send, body=b"{}", status=200, headers=()):
    await send({"type": "http.response.start", "status": status, "headers": list(headers)})
    await send({"type": "http.response.body", "body": body})


def http_only(handler):
    async def app(scope, receive, send):
        if scope["type"] == "http":
            await handler(scope, receive, send)

    return app


@pytest.mark.parametrize("status", [0, 42, 99, 1000])
def test_a_status_that_no_server_could_send_is_no_answer(status):
    def wsgi(environ, start_response):
        start_response(f"{status} Odd", [])
        return [b"{}"]

    async def asgi(scope, receive, send):
        await _answer(send, status=status)

    for transport in (WsgiTransport(wsgi), AsgiTransport(http_only(asgi))):
        exchange = get(transport)
        assert exchange.response is None
        assert (exchange.failure.kind, f"illegal status {status}" in exchange.failure.text) == ("protocol", True)


def test_an_asgi_application_gets_what_a_server_would_give():
    seen = {}

    async def handler(scope, receive, send):
        seen.update(scope, event=await receive())
        await _answer(send, b"{}", 201, [(b"X-One", b"1"), (b"X-One", b"2")])

    with wire(AsgiTransport(http_only(handler))) as link:
        exchange = link.send(Request("POST", TARGET, Headers((("X-Y", "1"),)), b"body"))
    assert seen["path"] == "/scim/v2/Us ers/ü"
    assert seen["raw_path"] == b"/scim/v2/Us%20ers/%C3%BC"
    assert seen["query_string"] == 'filter=userName+eq+%22a%22&flag&raw="ü"'.encode()
    assert (seen["method"], seen["server"], seen["scheme"]) == ("POST", ("testserver", 81), "http")
    assert seen["headers"] == [
        (b"host", b"testserver:81"),
        (b"x-y", b"1"),
        (b"authorization", b"Bearer S3CRET-token"),
        (b"content-length", b"4"),
    ]
    assert seen["event"] == {"type": "http.request", "body": b"body", "more_body": False}
    assert exchange.response.status == 201
    assert exchange.response.headers == Headers((("X-One", "1"), ("X-One", "2")))
    assert exchange.response.json_problems == ()


def test_lifespan_runs_once_around_all_requests_and_hands_its_state_on():
    log = []

    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            while True:
                order = (await receive())["type"]
                log.append(order)
                scope["state"]["loop"] = id(asyncio.get_running_loop())
                await send({"type": f"{order}.complete"})
                if order == "lifespan.shutdown":
                    return
        log.append(scope["state"]["loop"] == id(asyncio.get_running_loop()))
        await _answer(send)

    with wire(AsgiTransport(app)) as link:
        for _ in range(2):
            assert link.send(Request("GET", "/Users")).response.status == 200
    assert log == ["lifespan.startup", True, True, "lifespan.shutdown"]
    link.close()


@pytest.mark.parametrize("kind", ["raises", "failed"])
def test_an_application_without_lifespan_is_used_and_a_failed_start_is_told(kind, caplog):
    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            if kind == "raises":
                raise AssertionError("http only")
            await receive()
            await send({"type": "lifespan.startup.failed", "message": "no database"})
            return
        await _answer(send)

    assert get(AsgiTransport(app)).response.status == 200
    assert ("start-up: no database" in caplog.text) is (kind == "failed")


def test_streamed_bodies_and_background_work():
    done = []

    async def handler(scope, receive, send):
        await send({"type": "http.response.start", "status": 200})
        for part in (b"a", b"b"):
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body"})
        await asyncio.sleep(0.01)
        done.append(True)

    assert get(AsgiTransport(http_only(handler))).response.body == b"ab"
    assert done == [True]


def test_an_endless_asgi_answer_is_cut_and_the_application_told():
    events = []

    async def handler(scope, receive, send):
        await receive()
        await send({"type": "http.response.start", "status": 200})
        try:
            while True:
                await send({"type": "http.response.body", "body": b"x" * 1000, "more_body": True})
                await asyncio.sleep(0)
        finally:
            events.append(await receive())

    assert get(AsgiTransport(http_only(handler)), body_cap=5000).response.truncated
    assert events == [{"type": "http.disconnect"}]


@pytest.mark.parametrize("stage", ["before", "within"])
def test_an_asgi_application_that_hangs_is_a_timeout(stage, monkeypatch):
    monkeypatch.setattr("scim_compat.wire.apps.asgi._END_TIMEOUT", 0.05)

    async def handler(scope, receive, send):
        if stage == "within":
            await send({"type": "http.response.start", "status": 200})
        await asyncio.sleep(60)

    exchange = get(AsgiTransport(http_only(handler)), timeout=0.2)
    assert exchange.failure.kind == "timeout"
    assert exchange.ms < 3000


async def _asgi_raises(scope, receive, send):
    raise KeyError("x")


async def _asgi_times_out(scope, receive, send):
    raise TimeoutError("the database")


async def _asgi_silent(scope, receive, send):
    return


async def _asgi_disorder(scope, receive, send):
    await send({"type": "http.response.body", "body": b""})


async def _asgi_cancelled(scope, receive, send):
    raise asyncio.CancelledError


@pytest.mark.parametrize(
    ("handler", "text"),
    [
        (_asgi_raises, "KeyError: 'x' (test_inprocess.py:"),
        (_asgi_times_out, "TimeoutError: the database"),
        (_asgi_silent, "returned without an answer"),
        (_asgi_disorder, "before http.response.start"),
        (_asgi_cancelled, "cancelled itself"),
    ],
)
def test_an_asgi_application_that_raises_is_a_500(handler, text, caplog):
    exchange = get(AsgiTransport(http_only(handler)))
    assert exchange.response.status == 500
    assert text in exchange.response.body.decode()
    assert "the application raised" in caplog.text


def test_an_asgi_application_that_raises_in_mid_answer():
    async def handler(scope, receive, send):
        await send({"type": "http.response.start", "status": 200})
        raise ValueError("later")

    assert get(AsgiTransport(http_only(handler))).failure.kind == "reset"


@pytest.mark.parametrize("last", [None, {"type": "http.response.start", "status": 200}])
def test_an_asgi_answer_that_goes_wrong_in_its_middle_is_a_reset(last):
    async def handler(scope, receive, send):
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"begun", "more_body": True})
        if last is not None:
            await send(last)

    assert get(AsgiTransport(http_only(handler))).failure.kind == "reset"


def test_an_asgi_application_that_raises_after_its_answer_is_only_logged(caplog):
    async def handler(scope, receive, send):
        await _answer(send)
        raise ValueError("S3CRET-token")

    assert get(AsgiTransport(http_only(handler))).response.status == 200
    assert "the application raised after its answer: ValueError" in caplog.text
    assert "S3CRET" not in caplog.text


def test_a_lifespan_that_does_not_end_is_cancelled(monkeypatch):
    """And one that does not even start is told about, and the application used."""
    monkeypatch.setattr("scim_compat.wire.apps.lifespan.STARTUP_TIMEOUT", 0.05)
    monkeypatch.setattr("scim_compat.wire.apps.lifespan.SHUTDOWN_TIMEOUT", 0.05)
    log = []

    def app(started):
        async def application(scope, receive, send):
            if scope["type"] == "http":
                await _answer(send)
                return
            await receive()
            if started:
                await send({"type": "lifespan.startup.complete"})
            try:
                await asyncio.Event().wait()
            finally:
                log.append("cancelled")

        return application

    for started in (True, False):
        transport = AsgiTransport(app(started))
        assert get(transport).response.status == 200
        transport.close()
    assert log == ["cancelled", "cancelled"]


# --- ASGI: the event loop ---------------------------------------------------------------------------


def test_an_asgi_application_that_blocks_the_loop_is_a_timeout(monkeypatch):
    """And answers again once it has come to its senses."""
    monkeypatch.setattr("scim_compat.wire.apps.asgi._GRACE", 0.05)
    released = threading.Event()

    async def handler(scope, receive, send):
        if scope["query_string"] == b"block":
            released.wait(20)
        await _answer(send)

    with wire(AsgiTransport(http_only(handler)), timeout=0.1) as link:
        assert link.send(Request("GET", "/x?block")).failure.kind == "timeout"
        assert link.send(Request("GET", "/x")).failure.kind == "timeout"
        released.set()
        assert link.send(Request("GET", "/x", timeout=20)).response.status == 200


@pytest.mark.parametrize("piece", [b"x" * 1000, b""])
def test_an_asgi_answer_without_an_end_or_a_pause(piece, monkeypatch):
    """``send`` has nothing to wait for, so the application would never let go of the loop."""
    monkeypatch.setattr("scim_compat.wire.apps.asgi._END_TIMEOUT", 0.05)

    async def handler(scope, receive, send):
        await send({"type": "http.response.start", "status": 200})
        while True:
            await send({"type": "http.response.body", "body": piece, "more_body": True})

    exchange = get(AsgiTransport(http_only(handler)), body_cap=5000, timeout=5 if piece else 0.1)
    if piece:
        assert len(exchange.response.body) == 5000
        assert exchange.response.truncated
    else:
        assert exchange.failure.kind == "timeout"
        assert exchange.failure.text.startswith("The answer began (status 200) but did not end. ")


def test_an_asgi_application_that_does_not_let_itself_be_cancelled(monkeypatch):
    monkeypatch.setattr("scim_compat.wire.apps.asgi._END_TIMEOUT", 0.05)
    released = False

    async def handler(scope, receive, send):
        while not released:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(0.01)

    with wire(AsgiTransport(http_only(handler)), timeout=0.1) as link:
        for _ in range(2):
            exchange = link.send(Request("GET", "/x"))
            assert exchange.failure.kind == "timeout"
            assert exchange.ms < 3000
        released = True


def test_work_goes_on_between_requests():
    """As under a server, whose loop runs all the time."""
    done = threading.Event()

    async def later():
        await asyncio.sleep(0.01)
        done.set()

    async def handler(scope, receive, send):
        scope["state"]["task"] = asyncio.create_task(later())
        await _answer(send)

    with wire(AsgiTransport(http_only(handler))) as link:
        assert link.send(Request("GET", "/x")).response.status == 200
        assert done.wait(10)


def test_a_task_that_fails_on_its_own_is_logged_without_secrets(caplog):
    failed = threading.Event()

    async def later():
        failed.set()
        raise ValueError("S3CRET-token")

    async def handler(scope, receive, send):
        asyncio.create_task(later())  # noqa: RUF006 - what is tested
        await _answer(send)

    with wire(AsgiTransport(http_only(handler))) as link:
        assert link.send(Request("GET", "/x")).response.status == 200
        assert failed.wait(10)
        assert link.send(Request("GET", "/x")).response.status == 200
    gc.collect()
    assert "in the application's event loop: Task exception was never retrieved (ValueError)" in caplog.text
    assert "S3CRET" not in caplog.text


def test_a_task_that_exits_ends_neither_the_loop_nor_the_run(caplog):
    async def later():
        raise SystemExit(3)

    async def handler(scope, receive, send):
        await asyncio.wait({asyncio.create_task(later())})
        await _answer(send)

    with wire(AsgiTransport(http_only(handler))) as link:
        for _ in range(2):
            assert link.send(Request("GET", "/x")).response.status == 200
    assert "a task of the application raised SystemExit" in caplog.text


def test_the_caller_may_have_a_loop_of_its_own():
    async def handler(scope, receive, send):
        await _answer(send)

    async def call():
        return get(AsgiTransport(http_only(handler)))

    assert asyncio.run(call()).response.status == 200


@pytest.fixture
def hears_interrupts():
    """A shell that runs the tests in the background makes them deaf to Ctrl-C."""
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, handler)


@pytest.mark.usefixtures("hears_interrupts")
def test_ctrl_c_reaches_the_caller_and_ends_the_call():
    ended = threading.Event()

    async def handler(scope, receive, send):
        os.kill(os.getpid(), signal.SIGINT)
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    with wire(AsgiTransport(http_only(handler))) as link:
        with pytest.raises(KeyboardInterrupt):
            link.send(Request("GET", "/x"))
        assert ended.wait(10)


def test_it_can_be_closed_without_and_after_use():
    transport = AsgiTransport(http_only(_asgi_raises))
    transport.close()
    assert get(transport).response.status == 500
    transport.close()
    transport.close()


# --- ASGI: what a server does -----------------------------------------------------------------------


@pytest.mark.parametrize(("base", "port"), [("http://h", 80), ("https://h", 443), ("https://h:8443", 8443)])
def test_the_port_is_that_of_the_scheme(base, port):
    async def handler(scope, receive, send):
        await _answer(send, str(scope["server"][1]).encode())

    assert get(AsgiTransport(http_only(handler)), base_url=base).response.body == str(port).encode()


async def _asgi_downstream(scope, receive, send):
    raise httpx.ReadTimeout("the directory behind it")


async def _asgi_text_header(scope, receive, send):
    await _answer(send, headers=[("X-Text", "1")])


async def _asgi_exits(scope, receive, send):
    raise SystemExit(3)


async def _asgi_starts_twice(scope, receive, send):
    for _ in range(2):
        await send({"type": "http.response.start", "status": 200})


@pytest.mark.parametrize(
    ("handler", "text"),
    [
        (_asgi_downstream, "ReadTimeout: the directory behind it"),
        (_asgi_text_header, "TypeError"),
        (_asgi_exits, "SystemExit: 3"),
    ],
)
def test_errors_of_the_application_are_no_errors_of_the_wire(handler, text):
    response = get(AsgiTransport(http_only(handler))).response
    assert response.status == 500
    assert text in response.body.decode()


def test_an_asgi_answer_that_starts_twice_is_a_reset():
    assert get(AsgiTransport(http_only(_asgi_starts_twice))).failure.kind == "reset"


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 204), ("GET", 304)])
def test_asgi_answers_without_body_have_none(method, status):
    async def handler(scope, receive, send):
        await _answer(send, b"text", status)

    with wire(AsgiTransport(http_only(handler))) as link:
        assert link.send(Request(method, "/x")).response.body == b""


# --- ASGI: lifespan ---------------------------------------------------------------------------------


async def _returns(receive, send):
    return


async def _raises_later(receive, send):
    await receive()
    raise TimeoutError("the database")


async def _reports(receive, send):
    await receive()
    await send({"type": "lifespan.startup.failed", "message": "no S3CRET-token"})


async def _exits_at_start(receive, send):
    raise SystemExit("no S3CRET-token")


async def _fails_at_the_end(receive, send):
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.failed", "message": "late"})


async def _leaves_early(receive, send):
    await receive()
    await send({"type": "lifespan.startup.complete"})


async def _talks_first(receive, send):
    await send({"type": "lifespan.startup.complete"})


@pytest.mark.parametrize(
    ("lifespan", "logged"),
    [
        (_returns, ""), (_raises_later, ""), (_reports, "start-up: no [redacted]"), (_talks_first, ""),
        (_exits_at_start, "start-up: SystemExit: no [redacted]"), (_fails_at_the_end, ""), (_leaves_early, ""),
    ],
)  # fmt: skip
def test_odd_lifespans_hold_nobody_up(lifespan, logged, caplog):
    async def app(scope, receive, send):
        await (lifespan(receive, send) if scope["type"] == "lifespan" else _answer(send))

    started = time.monotonic()
    assert get(AsgiTransport(app)).response.status == 200
    assert time.monotonic() - started < 4
    assert logged in caplog.text
    assert ("start-up" in caplog.text) is bool(logged)
    assert "S3CRET" not in caplog.text


def test_a_start_up_that_blocks_the_loop_is_reported(monkeypatch, caplog):
    monkeypatch.setattr("scim_compat.wire.apps.asgi.STARTUP_TIMEOUT", 0.05)
    monkeypatch.setattr("scim_compat.wire.apps.asgi._GRACE", 0.05)
    released = threading.Event()

    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            released.wait(20)
        await _answer(send)

    with wire(AsgiTransport(app), timeout=0.05) as link:
        assert link.send(Request("GET", "/x")).failure.kind == "timeout"
        released.set()
        assert link.send(Request("GET", "/x", timeout=20)).response.status == 200
    assert "start-up: it blocks the event loop" in caplog.text


def test_requests_get_a_copy_of_the_state():
    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            await receive()
            scope["state"]["kept"] = b"1"
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        body = b"".join(scope["state"].values())
        scope["state"]["own"] = b"2"
        await _answer(send, body)

    with wire(AsgiTransport(app)) as link:
        assert [link.send(Request("GET", "/x")).response.body for _ in range(2)] == [b"1", b"1"]


def test_a_late_body_is_a_timeout_to_any_reader(monkeypatch):
    monkeypatch.setattr("scim_compat.wire.apps.asgi._END_TIMEOUT", 0.05)

    async def handler(scope, receive, send):
        await send({"type": "http.response.start", "status": 200})
        await asyncio.sleep(60)

    transport = AsgiTransport(http_only(handler))
    request = httpx.Request("GET", "http://h/x", stream=httpx.ByteStream(b""), extensions=Terms(total=0.1).extensions())
    with pytest.raises(httpx.ReadTimeout):
        transport.handle_request(request).read()
    transport.close()
