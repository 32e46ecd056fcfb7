"""``--trace-header``: the endpoint's log can say which request of which run it has before it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from scim_compat.report.facts import run_facts, window
from scim_compat.report.scripts import script
from scim_compat.results.document.parsing import parse
from servers.good import GoodServer
from servers.running import serve
from support.commands import Called

Command = Callable[..., Called]
NAME = "HTTP_X_SCIM_COMPAT_TRACE"


class Listening:
    """The good server, and the traces that it was sent; None for a request without one."""

    def __init__(self) -> None:
        self.inner = GoodServer()
        self.traces: list[str | None] = []
        self.others: list[str | None] = []

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        self.traces.append(environ.get(NAME))
        self.others.append(environ.get("HTTP_X_OURS"))
        return self.inner(environ, start)


def run(command: Command, url: str, *more: str) -> None:
    call = (
        "run",
        url,
        "-p",
        "entra-v2",
        "--only",
        "users.disable",
        "--only",
        "members.at-once",
        "--crowd",
        "3",
        "--out",
        "o",
        "-q",
    )
    ended = command(*call, *more)
    assert ended.returncode == 0, ended.stderr


def test_bytes_are_the_clients_unless_it_is_asked_for(command: Command, tmp_path: Path) -> None:
    server = Listening()
    with serve(server) as url:
        run(command, url)
    assert {*server.traces} == {None}
    assert json.loads((tmp_path / "o" / "results.json").read_text())["run"]["trace"] == ""


def test_every_request_carries_its_place_in_the_run(command: Command, tmp_path: Path) -> None:
    server = Listening()
    with serve(server) as url:
        run(command, url, "--trace-header")
    document = parse((tmp_path / "o" / "results.json").read_bytes())
    run_id = document.run.id
    recorded = Counter(
        f"{run_id}/{profile.id}/{scenario.id}/{step.id}"
        for profile in document.profiles
        for scenario in profile.scenarios
        for step in scenario.steps
    )
    sent = Counter(server.traces)
    assert recorded
    assert recorded <= sent
    others = sent - recorded  # the first look, the crowd, clean-up
    assert all(str(trace).startswith(f"{run_id}/") for trace in others)
    assert f"{run_id}/-/-/-" in others
    steps = [step for scenario in document.profiles[0].scenarios for step in scenario.steps if step.exchange]
    assert all(
        dict(step.exchange.request.headers)["X-Scim-Compat-Trace"].endswith(f"/{step.id}")
        for step in steps
        if step.exchange
    )
    assert run_facts(document)["Header of the trace"] == f"X-Scim-Compat-Trace: {run_id}/PROFILE/SCENARIO/STEP"
    assert "Trace" not in script(document, 0, 0).split("requests() {")[1].split("\n}")[0]


def test_the_header_has_the_name_that_is_given(command: Command) -> None:
    server = Listening()
    with serve(server) as url:
        run(command, url, "--trace-header", "X-Ours")
    assert None not in server.others
    assert {*server.traces} == {None}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("https://x.example/scim", "'https://x.example/scim' is not a header name (RFC 9110 section 5.1); leave the name out for"),
        ("Authorization", "the client itself sends Authorization; try X-Scim-Compat-Trace"),
        ("a b", "is not a header name"),
    ],
)  # fmt: skip
def test_names_that_cannot_be(command: Command, name: str, message: str) -> None:
    ended = command("run", "http://127.0.0.1:9/scim", "-p", "okta", "--trace-header", name)
    assert ended.returncode == 2
    assert message in ended.stderr


def test_each_scenario_has_its_time(command: Command, tmp_path: Path) -> None:
    with serve(GoodServer()) as url:
        run(command, url)
    document = parse((tmp_path / "o" / "results.json").read_bytes())
    for scenario in document.profiles[0].scenarios:
        assert scenario.started is not None
        assert document.run.started <= scenario.started <= (document.run.ended or "")
        assert window(scenario).startswith(f"{scenario.started[:10]}, {scenario.started[11:19]}")
        assert window(scenario).endswith(" UTC")
