"""The committed sample report: it is whole, and drift would be noticed."""

from __future__ import annotations

import copy
import re
from pathlib import Path

import pytest
from tools import sample, valid_results


@pytest.fixture(scope="module")
def committed():
    return sample.read()


def test_the_demo_covers_enough_to_be_worth_reading(committed):
    profile = committed["profiles"][0]
    assert profile["id"] == "entra-v2"
    assert profile["counts"]["scenarios"] >= 45
    assert len(valid_results.checks_seen(committed)) >= 30


def test_findings_say_all_that_a_vendor_needs(committed):
    found = list(valid_results.failed(committed))
    assert found
    for scenario, check in found:
        assert check["where"], scenario
        assert check["consequence"], scenario
        assert check["fix"], scenario
        assert check["cites"] or check["level"] == "CLIENT", scenario
        assert "expected" in check, scenario
        assert "actual" in check or check["message"], scenario


def test_answers_about_the_runs_own_resources_are_readable(committed):
    """A sample full of masks would show nothing."""
    created = [
        step["exchange"]
        for scenario in committed["profiles"][0]["scenarios"]
        for step in scenario["steps"]
        if step["exchange"] and step["exchange"]["request"]["method"] == "POST"
        if step["exchange"]["response"] and step["exchange"]["response"]["status"] == 201
    ]
    assert created
    assert [exchange["request"]["url"] for exchange in created if exchange["masked"]] == []


@pytest.mark.parametrize("name", ["report.html", "results"])
def test_nothing_of_the_machine_is_in_it(committed, name):
    text = (sample.SAMPLE / name).read_text("utf-8") if name == "report.html" else str(committed)
    assert set(re.findall(r"127\.0\.0\.1:\d+", text)) == {"127.0.0.1:50000"}
    for private in (str(Path.home()) + "/", str(sample.ROOT), "/tmp/"):
        if len(private) > 3:
            assert private not in text


def test_it_is_small_enough_to_be_committed():
    assert sum(file.stat().st_size for file in sample.SAMPLE.iterdir()) < 3_000_000


# --- drift is noticed -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def few(committed):
    """The sample with one scenario of each outcome."""
    (profile,) = committed["profiles"]
    scenarios = {each["outcome"]: each for each in profile["scenarios"]}
    return committed | {"profiles": [profile | {"scenarios": list(scenarios.values())}]}


def scenario_that_failed(results):
    return next(s for s in results["profiles"][0]["scenarios"] if s["outcome"] == "fail")


def change_verdict(results):
    results["profiles"][0]["verdict"] = "compatible"


def change_outcome(results):
    scenario_that_failed(results)["outcome"] = "pass"


def drop_scenario(results):
    results["profiles"][0]["scenarios"].pop()


def drop_step(results):
    scenario_that_failed(results)["steps"].pop()


def drop_check(results):
    scenario_that_failed(results)["steps"][0]["checks"].pop()


def change_severity(results):
    for step in scenario_that_failed(results)["steps"]:
        for check in step["checks"]:
            if check["outcome"] == "fail":
                check["severity"] = "cosmetic"


def change_advice(results):
    for step in scenario_that_failed(results)["steps"]:
        for check in step["checks"]:
            if check["outcome"] == "fail":
                check["fix"] += " Or so."


def change_profile(results):
    results["profiles"][0]["digest"] = "0" * 64


@pytest.mark.parametrize(
    "change",
    [
        change_verdict,
        change_outcome,
        drop_scenario,
        drop_step,
        drop_check,
        change_severity,
        change_advice,
        change_profile,
    ],
)
def test_drift_is_noticed(few, change):
    other = copy.deepcopy(few)
    change(other)
    lines = sample.differences(sample.outline(few), sample.outline(other))
    assert lines
    assert all("committed" in line and "now" in line for line in lines)


def test_times_and_data_are_no_drift(few):
    other = copy.deepcopy(few)
    for scenario in other["profiles"][0]["scenarios"]:
        scenario["ms"] += 17
        for step in scenario["steps"]:
            step["exchange"]["ms"] += 3
            step["exchange"]["request"]["url"] += "&x"
    assert sample.differences(sample.outline(few), sample.outline(other)) == []


@pytest.mark.thorough
def test_a_report_or_picture_that_was_not_renewed_is_noticed(committed, tmp_path):
    for file in sample.SAMPLE.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    page = tmp_path / "report.html"
    page.write_bytes(page.read_bytes().replace(b"<title>", b"<title>Old ", 1))
    assert any("report.html" in line for line in sample.drift(committed, tmp_path))
    picture = tmp_path / "report.png"
    picture.write_bytes(picture.read_bytes().replace(sample.stamp_in(picture).encode(), b"0" * 64))
    assert any("report.png" in line for line in sample.drift(committed, tmp_path))
    page.unlink()
    assert sample.drift(committed, tmp_path) == [f"{page} is missing"]


# --- levelling ------------------------------------------------------------------------------------


def test_levelling_keeps_the_order_of_times_and_the_length_of_everything():
    early, late = "2026-03-04T05:06:07.000001Z", "2026-03-04T05:06:07.900000Z"
    body = f'{{"created":"{early}","lastModified":"{late}","at":"http://127.0.0.1:41234/v2/Users/1"}}'
    step = {"exchange": {"ms": 12.5, "response": {"body": body}}}
    run = {"id": "20260304-050607-scabcdef", "tag": "scabcdef", "started": "x", "ended": "y"}
    level = sample.levelled(
        {"run": run, "profiles": [{"scenarios": [{"ms": 44.0, "steps": [step, {"exchange": None}]}]}]}
    )
    told = level["profiles"][0]["scenarios"][0]["steps"][0]["exchange"]["response"]["body"]
    assert len(told) == len(body)
    assert told.index("12:00:00.000000Z") < told.index("12:00:00.040000Z")
    assert "127.0.0.1:50000" in told
    assert level["run"]["id"] == "20260101-120000-scabcdef"
    assert level["profiles"][0]["scenarios"][0]["ms"] == 2.0
    assert run["started"] == "x", "the results given are left as they are"


def test_levelling_twice_changes_nothing_more(committed):
    assert sample.levelled(committed) == committed
