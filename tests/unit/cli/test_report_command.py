"""``scim-compat report``: the page of a run, from its results or its events."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest
from scim_compat.profile.model import Profile
from scim_compat.results.events import ScenarioStarted
from scim_compat.results.stream import EventWriter
from scim_compat.run.header import header
from scim_compat.run.selection import Selection
from scim_compat.run.settings import Settings
from support.commands import invoke
from support.results import build_results


def results_in(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "results.json"
    path.write_text(json.dumps(build_results()), encoding="utf-8")
    return path


def events_in(folder: Path, profile: Profile, *, shard: str = "", scenario: str = "users.create") -> Path:
    """The events of a run that was killed in a scenario; ``shard``: of one process of a parallel run."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / (f"events-{shard}.jsonl" if shard else "events.jsonl")
    events = EventWriter(path)
    if not shard:
        settings = Settings(url="https://h.example/scim/v2", seed=7, out=str(folder)).with_id()
        chosen = tuple(s for s in profile.scenarios if s.id in {"users.create", "users.disable"})
        events(header(settings, Selection((profile,), {profile.id: chosen})))
    events(ScenarioStarted(profile.id, scenario))
    events.close()
    with path.open("a", encoding="utf-8") as file:
        file.write('{"event":"exch')  # the kill came in the middle of a line
    return path


def test_the_page_is_written_beside_the_results(tmp_path):
    path = results_in(tmp_path / "run")
    told = invoke("report", path)
    assert (told.exit_code, told.stdout) == (0, f"Report   {tmp_path / 'run' / 'report.html'}\n")
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert build_results()["target"]["url"] in page


def test_a_folder_and_another_place_for_the_page(tmp_path):
    results_in(tmp_path / "run")
    told = invoke("report", tmp_path / "run", "--out", tmp_path / "page.html")
    assert told.exit_code == 0
    assert (tmp_path / "page.html").stat().st_size > 10_000
    assert not (tmp_path / "run" / "report.html").exists()


def test_several_runs_get_a_page_each(tmp_path):
    results_in(tmp_path / "a")
    results_in(tmp_path / "b")
    told = invoke("report", tmp_path / "a", tmp_path / "b")
    assert told.exit_code == 0
    assert (tmp_path / "a" / "report.html").is_file()
    assert (tmp_path / "b" / "report.html").is_file()
    refused = invoke("report", tmp_path / "a", tmp_path / "b", "--out", tmp_path / "one.html")
    assert refused.exit_code == 2
    assert "--out names one page" in refused.stderr


def test_a_bad_run_does_not_keep_the_others_from_their_pages(tmp_path):
    results_in(tmp_path / "a")
    (tmp_path / "b").mkdir()
    results_in(tmp_path / "c")
    told = invoke("report", tmp_path / "a", tmp_path / "b", tmp_path / "c")
    assert told.exit_code == 2
    assert told.stdout.count("Report   ") == 2
    assert (
        told.stderr
        == f"Error: {tmp_path / 'b'}: neither results.json nor events.jsonl is in it; is it a run's output folder?\n"
    )
    assert (tmp_path / "c" / "report.html").is_file()


def test_a_killed_run_is_reported_from_its_events(tmp_path, entra):
    events = events_in(tmp_path / "run", entra)
    before = events.read_bytes()
    told = invoke("report", tmp_path / "run")
    assert told.exit_code == 0
    assert "of an interrupted run" in told.stdout
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert "users.create" in page
    assert sorted(p.name for p in (tmp_path / "run").iterdir()) == ["events.jsonl", "report.html"]
    assert events.read_bytes() == before


def test_what_the_processes_of_a_killed_parallel_run_had_written_is_in_the_page(tmp_path, entra):
    events_in(tmp_path, entra)
    events_in(tmp_path, entra, shard="gw0", scenario="users.disable")
    assert invoke("report", tmp_path / "events.jsonl").exit_code == 0
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert 'id="entra-v2-users.create"' in page
    assert 'id="entra-v2-users.disable"' in page


def test_results_of_an_earlier_run_are_not_taken_for_those_of_the_killed_one(tmp_path, entra):
    results_in(tmp_path)
    events = events_in(tmp_path, entra)
    os.utime(tmp_path / "results.json", ns=(0, 0))
    assert "interrupted" in invoke("report", tmp_path).stdout
    os.utime(events, ns=(0, 0))
    os.utime(tmp_path / "results.json", ns=(10**9, 10**9))
    assert "interrupted" not in invoke("report", tmp_path).stdout


def _mangled() -> str:
    results = build_results()
    del results["profiles"][0]["scenarios"][0]["steps"]
    return json.dumps(results)


@pytest.mark.parametrize(("content", "text"), [
    ("<html>", "not JSON"),
    ("", "not JSON"),
    ("[1, 2]", "not the results of a scim-compat run; results.json is meant"),
    ('{"schema": "scim-compat/results/99"}', 'its format is "scim-compat/results/99", and this version reads scim-compat/results/1; read it with'),
    ('{"event": "run", "format": "other/1"}', "not the events of a scim-compat run"),
    ('{"event": "run", "format": "scim-compat/events/1"}', 'some.json:1: the member "tool" is missing. Results are read as a run wrote them'),
    (_mangled(), 'some.json: at /profiles/0/scenarios/0: the member "steps" is missing. Results are read as a run wrote them'),
    (None, "cannot be read: No such file"),
])  # fmt: skip
def test_a_wrong_file_is_told_in_one_sentence(tmp_path, content, text):
    path = tmp_path / "some.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    told = invoke("report", path)
    assert (told.exit_code, told.stdout) == (2, "")
    assert text in told.stderr
    assert told.stderr.count("\n") == 1
    assert not (tmp_path / "report.html").exists()


def test_a_folder_without_a_run_and_a_page_that_cannot_be_written(tmp_path):
    told = invoke("report", tmp_path)
    assert told.exit_code == 2
    assert "neither results.json nor events.jsonl" in told.stderr
    refused = invoke("report", results_in(tmp_path / "run"), "--out", tmp_path / "no" / "such" / "folder.html")
    assert refused.exit_code == 2
    assert "cannot be written" in refused.stderr


# --- parts of a run for others


def test_a_cause_is_printed_as_a_ticket_a_script_or_data(tmp_path):
    path = results_in(tmp_path / "run")
    ticket, shell, data = (invoke("report", path, "--cause", "1", "--format", form) for form in ("md", "sh", "json"))
    assert ticket.exit_code == shell.exit_code == data.exit_code == 0
    found = json.loads(data.stdout)
    assert ticket.stdout.startswith("# ")
    assert ticket.stdout == invoke("report", path, "--cause", "1").stdout
    assert shell.stdout.startswith("#!/bin/sh\n")
    profile, scenario = (found["findings"][0][key] for key in ("profile", "scenario"))
    assert shell.stdout == invoke("report", path, "--scenario", f"{profile}/{scenario}").stdout
    assert found["example"]["request"]["exchange"]["request"]["method"]
    assert f"{scenario} of {profile}" in shell.stdout
    assert not (tmp_path / "run" / "report.html").exists()


def test_all_causes_are_printed_in_their_order(tmp_path):
    path = results_in(tmp_path / "run")
    data = json.loads(invoke("report", path, "--cause", "all", "--format", "json").stdout)
    assert [each["number"] for each in data] == [*range(1, len(data) + 1)]
    whole = invoke("report", path, "--cause", "all").stdout
    assert [invoke("report", path, "--cause", str(n)).stdout in whole for n in (1, len(data))] == [True, True]


def test_a_part_goes_into_a_file(tmp_path):
    path = results_in(tmp_path / "run")
    out = tmp_path / "1.md"
    assert (invoke("report", path, "--cause", "1", "--out", out).stdout) == ""
    assert out.read_text(encoding="utf-8") == invoke("report", path, "--cause", "1").stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--cause", "0"], "--cause 0: the run has 6 causes; give a number from 1 to 6 as the report counts them, or all"),
        (["--cause", "x"], "--cause x: the run has 6 causes; give a number from 1 to 6 as the report counts them, or all"),
        (["--cause", "all", "--format", "sh"], "a script repeats one cause; give its number, as --cause 1 --format sh"),
        (["--format", "md"], "--format md needs --cause N or --scenario PROFILE/ID; the page is HTML"),
        (["--cause", "1", "--scenario", "a/b"], "give --cause or --scenario, not both"),
        (["--scenario", "okta/x", "--format", "md"], "a scenario has no format md; give --format sh, or a cause: --cause 1"),
        (["--scenario", "okta/users.disabl"], "--scenario okta/users.disabl: the run has no such scenario; did you mean 'okta/users.disable'?"),
    ],
)  # fmt: skip
def test_what_is_no_part_of_the_run_is_refused(tmp_path, words, message):
    path = results_in(tmp_path / "run")
    refused = invoke("report", path, *words)
    assert (refused.exit_code, refused.stdout) == (2, "")
    number = re.search(r"has (\d+) causes", refused.stderr)
    wanted = message.replace("6", number[1]) if number else message
    assert refused.stderr == f"Error: {wanted}\n"


def test_parts_are_of_one_run(tmp_path):
    path = results_in(tmp_path / "run")
    assert "take the RESULTS of one run" in invoke("report", path, path, "--cause", "1").stderr
