"""``scim-compat compare``: text, Markdown, JSON, and the exit status."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from support.commands import invoke
from support.results import HOSTILE, build_results, hostile_results


def saved(folder: Path, results: dict[str, Any]) -> Path:
    folder.mkdir(parents=True)
    (folder / "results.json").write_text(json.dumps(results), encoding="utf-8")
    return folder


def without_okta() -> dict[str, Any]:
    results = build_results()
    return results | {"profiles": [each for each in results["profiles"] if each["id"] != "okta"]}


def disabled_works() -> dict[str, Any]:
    """The disabled user is inactive with both clients, and entra's profile has another version."""
    results = build_results()
    for profile in results["profiles"]:
        for scenario in profile["scenarios"]:
            for step in scenario["steps"]:
                step["checks"] = [
                    {"id": c["id"], "outcome": "pass", "level": c["level"]}
                    if c["id"] == "patch.active-takes-effect"
                    else c
                    for c in step["checks"]
                ]
    results["profiles"][0]["version"] = "2026.12"
    return results


def test_what_is_fixed_stands_below_what_lies_outside_of_the_endpoint(tmp_path):
    old, new = saved(tmp_path / "old", build_results()), saved(tmp_path / "new", disabled_works())
    told = invoke("compare", old, new / "results.json")
    assert told.exit_code == 0
    lines = told.stdout.splitlines()
    heads = [line for line in lines if line and not line.startswith(" ")]
    assert heads[0].startswith("Old  https://api.example.com/scim/v2 · 2026-")
    assert heads[2:-1] == ["Differences outside of the endpoint", "Verdicts", "Still there  4 causes", "Fixed  1 cause"]
    assert "Profile entra-v2 has another version: 2026.11 before, 2026.12 now." in told.stdout
    assert "  entra-v2      incompatible (as before)" in told.stdout
    assert heads[-1] == "0 new, 4 still there, 0 no longer tested, 1 fixed. Nothing is new at or above degraded."


@pytest.mark.parametrize(
    ("options", "status", "end"),
    [
        ((), 1, "1 cause new or worse at or above degraded."),
        (("--fail-on", "breach"), 1, "1 cause new or worse at or above breach."),
        (("--fail-on", "never"), 0, "Nothing fails the comparison (--fail-on never)."),
    ],
)
def test_the_exit_status_depends_on_what_is_new(tmp_path, options: tuple[str, ...], status: int, end: str):
    old, new = saved(tmp_path / "old", disabled_works()), saved(tmp_path / "new", build_results())
    told = invoke("compare", old, new, *options)
    assert (told.exit_code, told.stdout.rstrip().endswith(end)) == (status, True)
    assert "\nNew  1 cause\n  1  breach" in told.stdout


def test_what_is_no_longer_tested_is_not_fixed(tmp_path):
    old, new = saved(tmp_path / "old", build_results()), saved(tmp_path / "new", without_okta())
    told = invoke("compare", old, new)
    assert told.exit_code == 0
    assert "\nFixed" not in told.stdout
    assert "  okta          before: limited, without push groups; now: not played\n" in told.stdout
    assert "0 fixed. 6 scenarios of the older run were not tested.\n" in told.stdout
    assert "  Tested before, and not now:\n    okta, 6 scenarios (the profile was not played)\n" in told.stdout
    page = invoke("compare", old, new, "--format", "md").stdout
    assert "## Tested before, and not now\n\n- okta, 6 scenarios (the profile was not played)\n" in page
    found = json.loads(invoke("compare", old, new, "--format", "json").stdout)
    assert found["format"] == "scim-compat/comparison/1"
    assert [loss["profile"] for loss in found["no-longer-tested"]] == ["okta"]
    assert {change["kind"] for change in found["changes"]} <= {"still", "no-longer-tested"}
    assert (found["fail-on"], found["worst-new"]) == ("degraded", None)


def test_other_data_is_named_where_a_known_cause_shows_in_other_scenarios(tmp_path):
    fewer = disabled_works()
    fewer["profiles"][0] = build_results()["profiles"][0]
    for step in (step for scenario in fewer["profiles"][1]["scenarios"] for step in scenario["steps"]):
        step["checks"] = [
            {"id": c["id"], "outcome": "pass", "level": c["level"]} if c["id"] == "error.shape" else c
            for c in step["checks"]
        ]
    same, other = build_results(), build_results()
    other["run"] = other["run"] | {"seed": 7}
    old = saved(tmp_path / "old", fewer)
    advice = "A run with --seed 20261122 tells."
    told = [invoke("compare", old, saved(tmp_path / name, run)) for name, run in (("a", same), ("b", other))]
    assert [advice in " ".join(each.stdout.split()) for each in told] == [False, True]
    assert "(worse)" in told[0].stdout
    page = invoke("compare", old, tmp_path / "b", "--format", "md").stdout
    assert advice in page.replace("`", "")


def test_programs_and_trackers_get_the_same(tmp_path):
    old, new = saved(tmp_path / "old", disabled_works()), saved(tmp_path / "new", build_results())
    found = json.loads(invoke("compare", old, new, "--format", "json").stdout)
    first = found["changes"][0]
    assert (first["kind"], first["severity"], first["worst-new"], first["old"]) == ("new", "breach", "breach", [])
    assert {one["check"] for one in first["added"]} == {"patch.active-takes-effect"}
    page = invoke("compare", old, new, "--format", "md").stdout
    assert page.startswith("# Comparison of two runs\n\n**1 new, 4 still there")
    assert f"## New (1)\n\n- **breach** {first['title']}\n" in page


def test_hostile_text_is_plain_everywhere(tmp_path):
    hostile = hostile_results()
    old, new = (
        saved(tmp_path / "old", hostile),
        saved(tmp_path / "new", hostile | {"profiles": hostile["profiles"][:1]}),
    )
    text = invoke("compare", old, new).stdout
    assert {c for c in text if not c.isprintable()} == {"\n"}
    page = invoke("compare", old, new, "--format", "md").stdout
    assert re.search(r"(?<!\\)<", page) is None
    assert HOSTILE not in page


@pytest.mark.parametrize("content", [None, "{}", "no json"])
def test_files_that_are_no_results_are_refused(tmp_path, content: str | None):
    old = saved(tmp_path / "old", build_results())
    bad = tmp_path / "bad.json"
    if content is not None:
        bad.write_text(content, encoding="utf-8")
    for call in ((old, bad), (bad, old)):
        told = invoke("compare", *call)
        assert (told.exit_code, told.stdout) == (2, "")
        assert told.stderr.startswith(f"Error: {bad}: ")
