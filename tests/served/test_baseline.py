"""A baseline from its draft to its end: the gate alone changes, and only for what has a reason."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from servers.good import GoodServer
from servers.running import serve
from support.commands import Called

DEFECT = "disable-accepted-but-ignored"
ONLY = ("--only", "users.disable*", "--only", "users.create", "--only", "users.restore")
RUN = ("-p", "entra-v2", "--crowd", "1", "--seed", "7", "--quiet")


@pytest.fixture
def broken() -> Iterator[str]:
    with serve(GoodServer(frozenset({DEFECT}))) as url:
        yield url


@pytest.fixture
def drafted(broken: str, command: Callable[..., Called], tmp_path: Path) -> Path:
    """The draft of a run at the broken server."""
    assert command("run", broken, *RUN, *ONLY, "--out", "first").returncode == 1
    assert command("baseline", "first").returncode == 0
    return tmp_path / "baseline.yaml"


def fill(file: Path, *, breach: bool = True) -> None:
    text = file.read_text().replace('reason: ""', "reason: fixed in 4.2").replace('ticket: ""', "ticket: SCIM-117")
    file.write_text(text.replace("accept-breach: false", f"accept-breach: {str(breach).lower()}"))


def results(tmp_path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((tmp_path / "out" / "results.json").read_text())
    return content


def failed_checks(content: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        check
        for profile in content["profiles"]
        for scenario in profile["scenarios"]
        for step in scenario["steps"]
        for check in step["checks"]
        if check["outcome"] == "fail"
    ]


def test_an_unfilled_draft_is_refused_with_its_lines(drafted, broken, command):
    done = command("run", broken, *RUN, *ONLY, "--out", "out", "--baseline", "baseline.yaml")
    lines = drafted.read_text().splitlines()
    empty = [n for n, line in enumerate(lines, 1) if line.endswith('reason: ""')]
    assert done.returncode == 2
    for line in empty:
        assert f"baseline.yaml:{line}: reason is empty; say why this may stay\n" in done.stderr


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_what_is_accepted_stays_visible_and_changes_no_verdict(jobs, drafted, broken, command, tmp_path):
    first = json.loads((tmp_path / "first" / "results.json").read_text())
    fill(drafted)
    more = ("--baseline", "baseline.yaml", "--out", "out", "--junit", "j.xml", "-j", jobs)
    done = command("run", broken, *RUN, *ONLY, *more)
    assert (done.returncode, done.stderr) == (0, "")
    now = results(tmp_path)
    assert (now["verdict"], [p["verdict"] for p in now["profiles"]]) == ("incompatible", ["incompatible"])
    findings = failed_checks(now)
    assert len(findings) == len(failed_checks(first)) == now["baseline"]["accepted"] > 3
    assert {check["accepted"] for check in findings} == {"SCIM-117"}
    assert {check["severity"] for check in findings} >= {"breach"}
    assert now["baseline"]["departures"] == []
    assert f"{len(findings)} findings accepted by baseline.yaml" in done.stdout
    suite = next(ET.parse(tmp_path / "j.xml").getroot().iter("testsuite"))
    assert (suite.get("failures"), suite.get("errors")) == ("0", "0")
    skips = [skipped.get("message") or "" for skipped in suite.iter("skipped")]
    assert len(skips) == sum(s["outcome"] == "fail" for p in now["profiles"] for s in p["scenarios"])
    assert all("accepted: " in skip and "(SCIM-117)" in skip for skip in skips)


def test_a_breach_needs_a_second_word(drafted, broken, command):
    fill(drafted, breach=False)
    done = command("run", broken, *RUN, *ONLY, "--out", "out", "--baseline", "baseline.yaml")
    assert done.returncode == 1
    assert "is a breach, which only accept-breach: true accepts (SCIM-117)" in done.stdout


def test_a_finding_in_another_scenario_is_new(drafted, broken, command):
    fill(drafted)
    more = ("--only", "cycle.incremental", "--baseline", "baseline.yaml", "--out", "out")
    assert command("run", broken, *RUN, *ONLY, *more).returncode == 1


def test_an_entry_ends_with_its_last_day(drafted, broken, command):
    fill(drafted)
    drafted.write_text(drafted.read_text().replace("ticket: SCIM-117", "ticket: SCIM-117\n    until: 2020-01-01"))
    done = command("run", broken, *RUN, *ONLY, "--out", "out", "--baseline", "baseline.yaml")
    assert done.returncode == 1
    assert "was accepted until 2020-01-01 and still happens (SCIM-117)" in done.stdout


def test_what_is_fixed_has_to_go(drafted, command):
    fill(drafted)
    places = [n for n, line in enumerate(drafted.read_text().splitlines(), 1) if line.startswith("  - check: user.dis")]
    with serve(GoodServer()) as good:
        call = ("run", good, *RUN, *ONLY, "--out", "out", "--baseline", "baseline.yaml")
        done = command(*call)
        assert done.returncode == 1
        for line in places:
            assert (
                f"baseline.yaml:{line}: user.disabled (entra-v2) no longer happens, remove the entry on line {line}\n"
                in done.stdout
            )
        assert command(*call, "--allow-stale").returncode == 0
        updated = command("baseline", "out", "--update", "baseline.yaml")
        assert "Removed   user.disabled (entra-v2) no longer happens" in updated.stdout
        assert command(*call).returncode == 0


SMALL = """\
format: 1
id: small
title: A client that reads
version: "1"
scim: "2.0"
sources: {m: {title: Manual, url: "https://manual.example", read: "2026-11"}}
client: {name: Small, content-type: application/scim+json, auth: [bearer]}
dialect: {update: patch}
mapping:
  user: [{from: userPrincipalName, to: userName, match: 1}]
  group: [{from: displayName, to: displayName, match: 1}]
features: {users: Create users, groups: Create groups}
scenarios:
  - id: users.create
    feature: users
    title: A user is created
    evidence: inferred
    source: m
    steps: [{do: create, user: alice}]
  - id: groups.create
    feature: groups
    title: A group is created
    when: {resource-type: Group}
    evidence: inferred
    source: m
    steps: [{do: create, group: crew}]
"""


def test_a_feature_that_is_lost_fails(command, tmp_path):
    """A release that loses /Groups passes as compatible without it."""
    (tmp_path / "small.scim.yaml").write_text(SMALL)
    (tmp_path / "without.yaml").write_text("claims: {groups: false}\nrequire: [users]\n")
    run = ("-p", "small.scim.yaml", "--crowd", "1", "--seed", "7", "--quiet")
    with serve(GoodServer()) as good:
        assert command("run", good, *run, "--out", "first").returncode == 0
        assert command("baseline", "first").returncode == 0
        call = ("run", good, *run, "--out", "out", "--target", "without.yaml")
        assert command(*call).returncode == 0
        done = command(*call, "--baseline", "baseline.yaml")
        required = command(*call, "--require", "groups")
        unknown = command(*call, "--require", "group")
    assert done.returncode == 1
    line = 1 + (tmp_path / "baseline.yaml").read_text().splitlines().index("    - groups")
    sentence = "small: groups was tested when the baseline was written, and is not applicable now"
    assert f"baseline.yaml:{line}: {sentence}\n" in done.stdout
    assert required.returncode == 1
    assert "small: the required feature groups is not applicable" in required.stdout
    assert (unknown.returncode, unknown.stderr) == (
        2,
        "Error: --require group: small has no such feature; did you mean 'groups'?\n",
    )


@pytest.mark.parametrize(("fail_on", "status"), [("never", 0), ("blocker", 1), ("unproven", 1)])
def test_the_gate_is_as_strict_as_asked(fail_on, status, broken, command, tmp_path):
    done = command("run", broken, *RUN, *ONLY, "--out", "out", "--fail-on", fail_on, "--junit", "j.xml")
    assert done.returncode == status
    failures = next(ET.parse(tmp_path / "j.xml").getroot().iter("testsuite")).get("failures")
    assert (failures != "0") is bool(status)


def test_a_part_is_unproven_where_that_fails(command):
    with serve(GoodServer()) as good:
        call = ("run", good, *RUN, "--only", "users.create", "--out", "out")
        assert command(*call).returncode == 0
        done = command(*call, "--fail-on", "unproven")
    assert done.returncode == 1
    assert "entra-v2 is unproven" in done.stdout
