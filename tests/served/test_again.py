"""``run --again DIR`` plays what failed, pair by pair, with the seed and the settings of that run."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from servers.good import GoodServer
from servers.running import serve
from support.commands import TOKEN, Called
from support.results import build_results

Command = Callable[..., Called]
DEFECTS = frozenset({"active-always-true"})
FIRST = ("users.disable", "users.create", "users.deactivate", "users.unknown-id")


def results(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "results.json").read_text())
    return found


def played(folder: Path) -> set[tuple[str, str]]:
    return {
        (profile["id"], scenario["id"])
        for profile in results(folder)["profiles"]
        for scenario in profile["scenarios"]
        if not scenario["id"].startswith("run.")
    }


def failed(folder: Path) -> set[tuple[str, str]]:
    return {
        (profile["id"], scenario["id"])
        for profile in results(folder)["profiles"]
        for scenario in profile["scenarios"]
        if scenario["outcome"] in {"fail", "error"}
    }


def first_run(command: Command, url: str, *more: str) -> None:
    only = [word for name in FIRST for word in ("--only", name)]
    ended = command("run", url, "-p", "entra-v2", "-p", "okta", *only, "--crowd", "1", "--out", "first", "-q", *more)
    assert ended.returncode == 1, ended.stderr


def test_what_failed_is_played_again_pair_by_pair(command: Command, tmp_path: Path) -> None:
    with serve(GoodServer(defects=DEFECTS)) as url:
        first_run(command, url)
        wanted = failed(tmp_path / "first")
        assert {profile for profile, _ in wanted} == {"entra-v2", "okta"}
        assert wanted < played(tmp_path / "first")
        ended = command("run", "--again", "first", "--out", "second")
    assert ended.returncode == 1
    assert f"Plays again {len(wanted)} scenarios that failed in first, with seed " in ended.stdout
    assert played(tmp_path / "second") == wanted == failed(tmp_path / "second")
    earlier, later = (results(tmp_path / name)["run"] for name in ("first", "second"))
    assert earlier["seed"] == later["seed"]
    assert earlier["call"]["options"] == later["call"]["options"] == ["--crowd", "1"]


def test_in_several_processes_the_same_pairs_are_played(command: Command, tmp_path: Path) -> None:
    with serve(GoodServer(defects=DEFECTS)) as url:
        first_run(command, url)
        command("run", "--again", "first", "--out", "second", "-q", "--jobs", "2")
    assert played(tmp_path / "second") == failed(tmp_path / "first")


def test_options_of_the_call_go_before_those_of_the_earlier_run(command: Command, tmp_path: Path) -> None:
    with serve(GoodServer(defects=DEFECTS)) as url:
        first_run(command, url)
    with serve(GoodServer()) as url:
        more = ("--profile", "okta", "--seed", "5", "--crowd", "2", "--out", "second", "-q")
        ended = command("run", url, "--again", "first", *more)
    assert ended.returncode == 0
    assert played(tmp_path / "second") == {pair for pair in failed(tmp_path / "first") if pair[0] == "okta"}
    found = results(tmp_path / "second")
    assert (found["run"]["seed"], found["target"]["url"]) == (5, url)
    assert found["run"]["call"]["options"] == ["--crowd", "2"]


def test_where_nothing_failed_nothing_is_sent(command: Command, tmp_path: Path) -> None:
    with serve(GoodServer()) as url:
        assert (
            command(
                "run", url, "-p", "okta", "--only", "users.create", "--crowd", "1", "--out", "first", "-q"
            ).returncode
            == 0
        )
    ended = command("run", "--again", "first", "--out", "second")  # the server is gone
    assert (ended.returncode, ended.stdout) == (0, "Nothing failed in first, so nothing is played again.\n")
    assert not (tmp_path / "second").exists()


def test_changed_bystanders_bring_back_the_whole_profile(command: Command, tmp_path: Path) -> None:
    with serve(GoodServer(defects=frozenset({"write-touches-bystander"}))) as url:
        only = ("--only", "users.disable", "--only", "users.unknown-id")
        command("run", url, "-p", "entra-v2", *only, "--crowd", "1", "--out", "first", "-q")
        assert failed(tmp_path / "first") == {("entra-v2", "run.bystanders")}
        command("run", "--again", "first", "--out", "second", "-q")
    assert played(tmp_path / "second") == played(tmp_path / "first")


def test_the_secret_comes_from_the_same_place(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret").write_text(TOKEN)
    with serve(GoodServer(defects=DEFECTS)) as url:
        first_run(command, url, "--secret-file", "secret")
        assert TOKEN not in (tmp_path / "first" / "results.json").read_text()
        assert command("run", "--again", "first", "--out", "second", "-q", token=None).returncode == 1
        monkeypatch.setenv("OTHER", TOKEN)
        (tmp_path / "secret").unlink()
        again = ("run", "--again", "first", "--out", "third", "-q", "--secret-env", "OTHER")
        assert command(*again, token=None).returncode == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (None, "Error: --again first: there is no such folder; give the output folder of an earlier run\n"),
        ({}, "Error: first: neither results.json nor events.jsonl is in it; is it a run's output folder?\n"),
        (
            {"kind": "demo", "url": ""},
            "Error: first is the run of a demo, whose server has ended; give the URL of the endpoint to play it at\n",
        ),
        (
            {"options": ["--junit", "x.xml"]},
            "Error: first: its call has options that no run records: junit\n",
        ),
        (
            {"options": ["--ca", "gone.pem"]},
            (
                "Error: first: the options of that run do not hold any more: Invalid value for '--ca': File 'gone.pem' does "
                "not exist; start where it was started, or give the option anew\n"
            ),
        ),
    ],
)
def test_what_cannot_be_played_again(command: Command, tmp_path: Path, change: Any, message: str) -> None:
    if change is not None:
        (tmp_path / "first").mkdir()
    if change:
        content = build_results()
        content["run"]["call"] |= change
        (tmp_path / "first" / "results.json").write_text(json.dumps(content))
    ended = command("run", "--again", "first")
    assert (ended.returncode, ended.stdout, ended.stderr) == (2, "", message)


def test_nothing_is_left_of_another_choice(command: Command, tmp_path: Path) -> None:
    with serve(GoodServer(defects=DEFECTS)) as url:
        first_run(command, url)
        ended = command("run", "--again", "first", "--only", "users.create")
    assert ended.returncode == 2
    assert "none of the 2 scenarios that failed is left to play" in ended.stderr
