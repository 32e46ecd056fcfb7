"""Runs of profile entra-v1: a correct server, and servers that fail with this client."""

from __future__ import annotations

import pytest
from scim_compat.results.events import ScenarioStarted, StepPlayed
from scim_compat.results.stream import EventWriter
from scim_compat.run.session import Session
from scim_compat.run.settings import Login, Settings
from servers.good import GoodServer
from servers.running import serve
from support.profiles import SEED, loaded, rehearsed


@pytest.fixture
def v1():
    return loaded("entra-v1")


# --- a run ----------------------------------------------------------------------------------------


@pytest.fixture
def found(v1, tmp_path):
    """``found(server, only)``: (check, severity, scenario) of each finding, and the number of requests."""

    def call(server, only=None):
        findings, at = set(), []

        def watch(event):
            events(event)
            if isinstance(event, ScenarioStarted):
                at.append(event.id)
            elif isinstance(event, StepPlayed):
                failures = [c for c in event.step.checks if c.outcome == "fail"]
                findings.update((c.id, c.severity, at[-1]) for c in failures)

        with serve(server) as url:
            login = Login(kind="bearer", token="good-token")
            events = EventWriter(tmp_path / "events.jsonl")
            settings = Settings(url=url, login=login, seed=SEED, out=str(tmp_path), crowd=1)
            session = Session(settings, report=watch)
            session.open()
            results = [session.run(v1, one) for one in v1.scenarios if only is None or one.id in only]
            session.close()
            events.close()
        assert {result.outcome for result in results} <= {"pass", "fail"}
        return findings, sum(result.requests for result in results)

    return call


def test_a_correct_server_shows_no_finding(v1, found):
    """The large group has no wording of its own; its requests are counted without a server, clean-up included."""
    large = "members.large-group"
    bad, requests = found(GoodServer(), [one.id for one in v1.scenarios if one.id != large])
    assert bad == set()
    posts = [played for played in rehearsed("entra-v1", large) if played.observation.exchange.request.method == "POST"]
    assert len(posts) == 107
    assert requests + len(rehearsed("entra-v1", large)) + len(posts) < 1_000


@pytest.mark.parametrize(
    ("defect", "scenario", "finding"),
    [
        ("active-string-400", "users.disable.text", ("user.disabled", "breach")),
        ("active-string-truthy", "users.disable.lower-case-text", ("user.disabled", "breach")),
        ("active-boolean-400", "users.disable.boolean", ("user.disabled", "breach")),
        ("disable-with-add-refused", "users.disable.add", ("user.disabled", "breach")),
        ("patch-op-case-sensitive", "users.change-one.with-path", ("patch.status", "blocker")),
        ("only-first-operation-applied", "users.change-several", ("patch.every-operation", "blocker")),
        ("member-remove-array-removes-all", "members.remove.value", ("group.members-kept", "breach")),
        ("member-remove-array-ignored", "members.remove.null-ref", ("group.member-removed", "breach")),
        ("member-remove-array-400", "members.remove.together", ("group.member-removed", "degraded")),
        ("member-null-ref-400", "members.add-one-by-one.null-ref", ("group.change-accepted", "blocker")),
        ("member-batch-first-only", "members.add-one-by-one.together", ("group.member-added", "blocker")),
        ("rename-clears-members", "groups.change.one-by-one", ("group.members-kept", "breach")),
        ("filter-external-id-500", "connection.probe-users.older-default", ("http.no-server-error", "blocker")),
    ],
)
def test_servers_that_fail_with_this_client(found, defect, scenario, finding):
    bad, _ = found(GoodServer(defects=frozenset({defect})), [scenario])
    assert (*finding, scenario) in bad
