"""One run in one process: what is streamed, whose fault is whose, and what an outcome is."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from scim_compat.errors import NotTestableError
from scim_compat.profile.model import Requirement
from scim_compat.results.stream import EventWriter
from scim_compat.run import session as session_module
from scim_compat.run.session import Session
from scim_compat.run.settings import Login, Settings
from scim_compat.values import Severity
from servers.good import GoodServer
from servers.running import serve


@pytest.fixture
def opened(tmp_path):
    """``opened(server=…)`` → (session, function that closes it and returns the events)."""
    closing = []
    endings = []

    def call(server=None, **more):
        context = serve(server or GoodServer())
        url = context.__enter__()
        closing.append(context)
        settings = Settings(
            url=url, login=Login(kind="bearer", token="good-token"), seed=7, out=str(tmp_path), crowd=1, **more
        )
        writer = EventWriter(tmp_path / "events.jsonl")
        made = Session(settings, report=writer)
        closed = []

        def close():
            if not closed:
                closed.append(True)
                made.close()
                writer.close()

        endings.append(close)
        made.open()

        def events():
            close()
            return [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]

        return made, events

    yield call
    for end in endings:
        end()
    for context in closing:
        context.__exit__(None, None, None)


def scenario(profile, name):
    return next(s for s in profile.scenarios if s.id == name)


def of_kind(events, kind):
    return [e for e in events if e["event"] == kind]


def test_what_is_streamed(opened, entra):
    session, close = opened()
    result = session.run(entra, scenario(entra, "users.create"))
    assert (result.outcome, result.severity, result.findings) == ("pass", None, 0)
    events = close()
    assert [e["event"] for e in events if e["event"] not in {"exchange", "check"}] == [
        "capabilities", "scenario", "scenario-end", "scenario", "scenario-end", "bystanders", "clean-up"]  # fmt: skip
    assert of_kind(events, "capabilities")[0]["capabilities"]["resource_types"] == ["User", "Group"]
    assert of_kind(events, "clean-up")[0] == {"event": "clean-up", "deleted": 3, "left": []}
    titles = [e["step"]["title"] for e in of_kind(events, "exchange")]
    assert titles[:2] == ["looks for user alice by userName", "creates user alice"]
    assert [e["step"]["id"] for e in of_kind(events, "exchange")][:2] == ["1.1", "2.1"]


def test_a_finding_fails_the_scenario(opened, entra):
    session, _ = opened(GoodServer(defects=frozenset({"member-remove-filter-ignored"})))
    result = session.run(entra, scenario(entra, "members.remove"))
    assert (result.outcome, result.severity) == ("fail", "breach")
    assert result.findings > 0


def test_a_cosmetic_finding_does_not(opened, entra):
    session, _ = opened(GoodServer(defects=frozenset({"items-per-page-constant"})))
    result = session.run(entra, scenario(entra, "match.by-user-name"))
    assert (result.outcome, result.severity) == ("pass", "cosmetic")
    assert result.findings > 0


def test_a_fault_of_ours_in_a_verb_is_an_error_and_the_run_goes_on(opened, entra, monkeypatch):
    def broken(*_arguments):
        raise RuntimeError("our own bug")

    session, close = opened()
    monkeypatch.setattr(session_module, "run_scenario", broken)
    result = session.run(entra, scenario(entra, "users.create"))
    monkeypatch.undo()
    assert result.outcome == "error"
    assert "internal error in scim-compat" in result.reason
    assert session.run(entra, scenario(entra, "users.create")).outcome == "pass"
    [note] = of_kind(close(), "note")
    assert "RuntimeError in users.create: our own bug" in note["text"]


def test_what_does_not_apply_is_told_and_sends_nothing(opened, entra):
    session, close = opened()
    absent = replace(scenario(entra, "users.create"), when={"extension": "urn:x:2.0:User"})
    result = session.run(entra, absent)
    assert (result.outcome, result.applicable, result.requests) == ("skip", False, 0)
    assert "urn:x:2.0:User" in result.reason
    assert len(of_kind(close(), "exchange")) == 2  # the bystanders' comparison alone


def test_a_scenario_that_cannot_go_on_is_skipped_with_the_reason(opened, entra):
    """The refused create is not minded here: then nothing failed, but nothing was shown either."""
    session, _ = opened(GoodServer(defects=frozenset({"scim-json-body-415"})))
    ignored = {
        name: Requirement(name, "ignore")
        for name in ("create.status", "error.shape", "error.detail-useful", "http.expected-status")
    }
    lenient = replace(entra, requires=entra.requires | ignored)
    result = session.run(lenient, replace(scenario(entra, "users.create"), requires={}))
    assert (result.outcome, result.severity) == ("skip", None)
    assert "alice could not be created: POST /Users answered 415" in result.reason


def test_a_finding_does_not_make_more_of_a_scenario_that_cannot_go_on(opened, entra):
    """Minded a little, the refused create is a finding; the rest was still not seen."""
    session, close = opened(GoodServer(defects=frozenset({"scim-json-body-415"})))
    mild = {name: Requirement(name, Severity.DEGRADED) for name in entra.requires}
    result = session.run(replace(entra, requires=mild), replace(scenario(entra, "users.create"), requires={}))
    assert (result.outcome, result.severity, result.unseen) == ("fail", "degraded", "skip")
    assert of_kind(close(), "scenario-end")[0]["result"]["unseen"] == "skip"


def test_without_answers_it_is_an_error_not_a_finding(opened, entra):
    class Mute:
        def __init__(self):
            self.good, self.count = GoodServer(), 0

        def __call__(self, environ, start_response):
            self.count += 1
            if self.count > 8:
                raise ConnectionAbortedError
            return self.good(environ, start_response)

    session, close = opened(Mute(), timeout=2.0)
    result = session.run(entra, scenario(entra, "users.create"))
    assert result.outcome == "error"
    assert result.severity is None
    assert "closed the connection" in result.reason
    left = of_kind(close(), "clean-up")[0]["left"]
    assert {one["type"] for one in left} == {"User", "Group"}


def test_a_token_that_the_server_echoes_stays_out(opened, entra, tmp_path):
    good = GoodServer()

    def echoing(environ, start_response):
        def start(status, headers):
            return start_response(status, [*headers, ("X-Echo", environ.get("HTTP_AUTHORIZATION", ""))])

        return good(environ, start)

    session, close = opened(echoing)
    session.run(entra, scenario(entra, "connection.refuse-wrong-token"))
    text = json.dumps(close())
    assert "good-token" not in text
    assert "X-Echo" in text
    assert "good-token" not in (tmp_path / "ledger.jsonl").read_text()
    assert "good-token" not in repr(session.settings)


def test_bystanders_that_change_are_a_breach(opened, entra):
    session, close = opened(server := GoodServer())
    session.run(entra, scenario(entra, "users.create"))
    victim = next(r for r in server.store.records["User"].values())
    server.store.change(victim, victim.data | {"active": False})
    events = close()
    ended = of_kind(events, "scenario-end")[-1]["result"]
    assert (ended["id"], ended["outcome"], ended["severity"]) == ("run.bystanders", "fail", "breach")
    assert of_kind(events, "bystanders")[0]["changed"] != []


def test_a_bystander_that_cannot_be_made_is_noted(opened, entra):
    good = GoodServer()

    def no_groups(environ, start_response):
        if environ["REQUEST_METHOD"] == "POST" and environ["PATH_INFO"] == "/Groups":
            start_response("500 Oops", [("Content-Length", "0")])
            return []
        return good(environ, start_response)

    session, close = opened(no_groups)
    session.run(entra, scenario(entra, "users.create"))
    events = close()
    assert any("no bystander group" in n["text"] for n in of_kind(events, "note"))
    assert of_kind(events, "bystanders")[0]["checked"] == 1


def test_a_target_that_is_none_raises(opened):
    with pytest.raises(NotTestableError, match="refused the credential"):
        opened(GoodServer(token="another"))


def test_a_version_without_a_url_is_not_applicable(opened, entra):
    """A SCIM 1.1 profile sent in the words of 2.0 would find faults that are ours."""
    session, close = opened()
    result = session.run(replace(entra, scim="1.1"), entra.scenarios[0])
    assert (result.outcome, result.applicable, result.requests) == ("skip", False, 0)
    assert "no base URL for SCIM 1.1 is known" in result.reason
    close()


class Stops(GoodServer):
    """Answers nothing to scenarios any more: the connection ends."""

    down = False

    def handle(self, request):
        if self.down and (self.down == "all" or request.method != "GET" or request.path != "/Users"):
            raise ConnectionResetError
        return super().handle(request)


@pytest.mark.parametrize("down", ["all", "a part"])
def test_a_dead_endpoint_is_given_up_after_some_scenarios_and_one_with_a_dead_part_is_not(opened, entra, down):
    server = Stops()
    session, _ = opened(server)
    scenarios = [s for s in entra.scenarios if s.id.startswith("users.")][:8]
    assert session.run(entra, scenarios[0]).outcome == "pass"
    server.down = down
    ended = [session.run(entra, s) for s in scenarios[1:8]]
    server.down = False
    assert {e.outcome for e in ended} == {"error"}
    given_up = ["not played" in e.reason for e in ended]
    assert given_up == ([False] * 5 + [True] * 2 if down == "all" else [False] * 7)
