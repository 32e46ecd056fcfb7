"""Requests at the same time over real connections: what gets lost is found, and what is declined is sent again."""

from __future__ import annotations

import threading
import time

import pytest
from scim_compat.checks.judge import judge
from scim_compat.checks.registry import all_checks
from scim_compat.engine.context import RunContext
from scim_compat.engine.ledger import Ledger
from scim_compat.engine.scenario import run_scenario
from scim_compat.profile.load import load
from scim_compat.values import Outcome
from scim_compat.wire.apps.wsgi import WsgiTransport
from scim_compat.wire.client import Wire, WireSettings
from scim_compat.wire.credentials import Bearer
from scim_compat.wire.messages import Request
from servers.good import GoodServer
from servers.running import mounted, serve

TOKEN = "good-token"
SCENARIOS = [
    ("entra-v2", "members.at-once"), ("rfc7644", "modify.at-once"), ("rfc7644", "groups.members-at-once"),
    ("rfc7644", "create.at-once"), ("okta", "users.create-at-once"),
]  # fmt: skip


def outcomes(wire, profile, scenario):
    """(check, outcome, severity) of each result of the checks that are about requests at the same time, or failed."""
    found = []

    def observe(played):
        found.extend(
            (result.id, str(result.outcome), str(result.severity or ""))
            for result in judge(played.observation, one, scene)
            if result.outcome is Outcome.FAIL or result.id.startswith("overlap")
        )

    one = load(profile, check_ids=all_checks())
    scene = next(each for each in one.scenarios if each.id == scenario)
    stage = RunContext(sender=wire, base_url=wire.base_url, seed=7, ledger=Ledger(None), observe=observe)
    end = run_scenario(one, scene, stage)
    assert not end.stopped
    assert not stage.ledger.open_entries()
    assert end.requests <= 60
    return found


def over_http(server, profile, scenario):
    with serve(server) as url, Wire(WireSettings(base_url=url, timeout=10), Bearer(TOKEN)) as wire:
        return outcomes(wire, profile, scenario)


@pytest.mark.parametrize(("profile", "scenario"), SCENARIOS)
@pytest.mark.parametrize("variant", [None, "busy-409", "busy-503", "busy-412", "busy-create-429"])
def test_a_conformant_server_loses_nothing(profile, scenario, variant):
    server = GoodServer(variant=frozenset({variant} if variant else ()))
    server.pause = 0.04
    found = over_http(server, profile, scenario)
    assert {outcome for _, outcome, _ in found} == {"pass"}
    is_creation = scenario.endswith("create-at-once") or scenario.startswith("create")
    if variant and is_creation == (variant == "busy-create-429"):
        assert server.declined


BROKEN = [
    ("overlap-writes-whole-member-list", "entra-v2", "members.at-once", ("overlap.kept", "degraded")),
    ("overlap-loses-removals", "entra-v2", "members.at-once", ("overlap.kept", "breach")),
    ("overlap-writes-whole-user", "rfc7644", "modify.at-once", ("overlap.kept", "degraded")),
    ("overlap-loses-disabling", "rfc7644", "modify.at-once", ("overlap.kept", "breach")),
    ("overlap-500", "entra-v2", "members.at-once", ("http.no-server-error", "degraded")),
    ("overlap-creates-two", "okta", "users.create-at-once", ("overlap.one-account", "blocker")),
]


@pytest.mark.parametrize(("defect", "profile", "scenario", "finding"), BROKEN, ids=[row[0] for row in BROKEN])
def test_what_is_lost_is_found_over_http(defect, profile, scenario, finding):
    found = over_http(GoodServer(frozenset({defect})), profile, scenario)
    failures = {(check, severity) for check, outcome, severity in found if outcome == "fail"}
    assert finding in failures
    assert {check for check, _ in failures} == {finding[0]}


def test_an_application_that_takes_one_request_after_the_other_is_not_judged():
    app = mounted(GoodServer(frozenset({"overlap-writes-whole-member-list"})))
    settings = WireSettings(base_url="http://good.example/scim/v2")
    with Wire(settings, Bearer(TOKEN), transport=WsgiTransport(app)) as wire:
        assert not wire.is_parallel
        assert {outcome for _, outcome, _ in outcomes(wire, "entra-v2", "members.at-once")} == {"skip"}


def test_a_change_that_is_ignored_also_alone_is_the_finding_of_another_check():
    found = over_http(GoodServer(frozenset({"member-add-ignored"})), "entra-v2", "members.at-once")
    assert {check for check, outcome, _ in found if outcome == "fail"} & {"overlap.kept"} == set()
    assert ("overlap.kept", "skip", "") in found


def test_requests_leave_at_the_same_time_and_come_back_in_their_order():
    inside, most = 0, 0
    guard = threading.Lock()

    def app(environ, start_response):
        nonlocal inside, most
        with guard:
            inside += 1
            most = max(most, inside)
        time.sleep(0.05)
        with guard:
            inside -= 1
        body = environ["PATH_INFO"].encode()
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
        return [body]

    targets = [f"/{number}" for number in range(5)]
    with serve(app) as url, Wire(WireSettings(base_url=url), Bearer(TOKEN)) as wire:
        for _ in range(2):  # the second time on the same connections
            exchanges = wire.send_at_once([Request("GET", target) for target in targets])
            assert [exchange.response.body.decode() for exchange in exchanges] == targets
            assert [exchange.request.target for exchange in exchanges] == targets
    assert most == len(targets)
