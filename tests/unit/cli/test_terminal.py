"""What a run shows while it goes on, and at its end."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from scim_compat.cli.terminal import Terminal
from scim_compat.results.causes import Cause, causes
from scim_compat.results.document.parsing import parse
from scim_compat.results.document.records import StepRecord
from scim_compat.results.events import ScenarioStarted, StepPlayed
from scim_compat.results.model import CheckResult
from scim_compat.results.summary import RunSummary
from scim_compat.run.request import RunOutcome, ScenarioReported, ScenariosCollected
from scim_compat.run.settings import Settings
from support.results import HOSTILE, build_results


@pytest.fixture
def moving(monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    """A terminal whose status line moves."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    terminal = Terminal()
    yield terminal
    assert terminal._status is not None
    terminal._status.stop()


def line(terminal: Terminal) -> str:
    assert terminal._status is not None
    return str(terminal._status.status)


def test_the_line_counts_and_takes_a_title_as_it_is(moving: Terminal):
    assert line(moving) == "starting"
    moving.progress(ScenariosCollected(5))
    moving.progress(ScenarioStarted("entra-v2", "users.create"))
    moving.progress(step('PATCH emails[type eq "work"] [red]\x1b[31m'))
    assert line(moving) == '[1/5] users.create · PATCH emails[type eq "work"] [red]�[31m · 0 findings'
    moving.progress(step("reads", failures=1))
    moving.progress(ScenarioReported(findings=1))
    assert line(moving) == "[2/5] users.create · 1 finding", "a finding is not counted twice"
    moving.finish(ended(None, message="what went wrong"))


def step(title: str, *, failures: int = 0) -> StepPlayed:
    checks = tuple(CheckResult(id="a.b", outcome="fail", level="MUST", severity="degraded") for _ in range(failures))
    return StepPlayed(StepRecord("1.1", "client", "read", title, None, None, checks))


def test_where_workers_do_the_work_the_reports_bring_the_number(moving: Terminal):
    moving.progress(ScenariosCollected(2))
    moving.progress(ScenarioReported(findings=2))
    moving.progress(ScenarioReported(findings=1))
    assert line(moving).endswith("3 findings")
    assert line(moving).startswith("[2/2] "), "the number never exceeds the total"
    moving.finish(ended(None))


def ended(summary: RunSummary | None, *, message: str = "", status: int = 1) -> RunOutcome:
    return RunOutcome(status, Settings(url="https://h/scim", seed=1, out="out"), summary, message)


def summary(*found: Cause, **more: Any) -> RunSummary:
    return RunSummary(document=parse(build_results() | more), errored=0, played=20, causes=found)


FOUND = causes(parse(build_results()))


def shown(capsys: pytest.CaptureFixture, results: RunSummary, *, quiet: bool = False) -> str:
    Terminal(quiet=quiet).finish(ended(results))
    return capsys.readouterr().out


def test_the_end_tells_verdicts_findings_and_where_the_report_is(capsys):
    told = shown(capsys, summary(*FOUND))
    assert "✗ incompatible  Microsoft Entra ID provisioning service, SCIM-compliant client (entra-v2)" in told
    assert "9 scenarios · 3 passed · 5 failed · 1 in error · 17 requests" in told
    assert "– not applicable  Push groups and memberships" in told
    lines = told.splitlines()
    for number, cause in enumerate(FOUND, 1):
        first = next(line for line in lines if line.startswith(f"  {number}  {cause.severity}"))
        assert cause.title[:40] in first
    assert "more in the report" not in told
    assert "For all of one: scim-compat report out --cause 1 --format md" in told
    assert str(Path("out") / "report.html") in told
    assert "seed 20261122" in told


def test_quiet_leaves_verdicts_and_what_is_left(capsys):
    told = shown(capsys, summary(*FOUND), quiet=True)
    assert "✗ incompatible" in told
    assert "1 resource could not be deleted" in told
    assert FOUND[0].title not in told
    assert "Push groups" not in told


def test_long_lists_are_cut_and_said_to_be(capsys):
    left = [{"type": "User", "id": None if n == 0 else f"id-{n}", "why": "500"} for n in range(14)]
    told = shown(
        capsys,
        summary(
            *(FOUND[0] for _ in range(13)),
            cleanup={"deleted": 1, "left": left},
            errors=[f"fault {n}" for n in range(14)],
        ),
    )
    assert "and 3 more in the report" in told
    assert "User (id unknown): 500" in told
    assert "and 2 more\n" in told
    assert "note: fault 11" in told
    assert "fault 12" not in told


def test_an_interrupted_run_says_so_first_and_hostile_text_is_plain(capsys):
    run = build_results()["run"] | {"interrupted": HOSTILE}
    profiles = [each | {"title": HOSTILE, "why": HOSTILE} for each in build_results()["profiles"]]
    told = shown(capsys, summary(run=run, profiles=profiles, errors=[HOSTILE]))
    assert told.startswith("Interrupted: <script>")
    assert "These results are partial." in told
    assert {c for c in told if not c.isprintable()} == {"\n"}


def test_what_went_wrong_goes_to_the_error_output(capsys):
    Terminal().finish(ended(None, message="not testable:\x1b[31m no"))
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", "not testable:�[31m no\n")
