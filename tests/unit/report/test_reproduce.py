"""The command under a scenario: it repeats the scenario, however the run was called."""

from __future__ import annotations

import itertools
import shlex
from typing import Any

from scim_compat.report.html import render
from scim_compat.report.reproduce import replay
from scim_compat.results.document import Document
from scim_compat.results.document.parsing import parse
from support.results import BASE, build_results, passed, scenario, step


def document(*, reference: str = "", left: bool = False, more: Any = None, **call: Any) -> Document:
    """The results of one profile with two scenarios, of a run that was called so."""
    results = build_results()
    results["run"]["call"] = {"kind": "run", "url": BASE, "options": [], "only": [], **call}
    results["profiles"] = results["profiles"][:1]
    results["profiles"][0]["reference"] = reference
    results["profiles"][0]["scenarios"] = results["profiles"][0]["scenarios"][:2]
    if more:
        results["profiles"][0]["scenarios"].append(more)
    if not left:
        results["cleanup"]["left"] = []
    return parse(results)


COMPARISON = scenario(
    "run.bystanders",
    "integrity",
    "Accounts that no scenario names stay as they were",
    step("1.1", "compares one", "bystander", None, passed("bystander.unchanged"), kind="harness"),
    line=None,
)


def words(results: Document, s: int = 0) -> list[str]:
    return shlex.split(replay(results, 0, s))


def test_a_built_in_profile_is_named_by_its_id():
    expected = ["scim-compat", "run", BASE, "--profile", "entra-v2", "--only", "connect.probe", "--seed", "20261122"]
    assert words(document()) == expected


def test_a_profile_file_is_named_by_its_path_and_quoted():
    given = words(document(reference="./my profiles/a;b.scim.yaml"))
    assert given[given.index("--profile") + 1] == "./my profiles/a;b.scim.yaml"


def test_options_of_the_call_are_repeated():
    options = ["--auth", "basic", "--user", "o'neil $(id)", "--target", "t.yaml", "--crowd", "7", "--thorough"]
    assert words(document(url="", options=options)) == [
        *("scim-compat", "run", "--profile", "entra-v2", "--only", "connect.probe", "--seed", "20261122"),
        *options,
    ]


def test_a_demo_is_repeated_as_a_demo():
    assert words(document(kind="demo", url=""))[:4] == ["scim-compat", "demo", "--profile", "entra-v2"]


def test_the_comparison_of_the_others_repeats_the_whole_profile():
    assert words(document(more=COMPARISON), 2) == [
        *("scim-compat", "run", BASE, "--profile", "entra-v2", "--seed", "20261122"),
    ]


def test_the_comparison_of_the_others_repeats_the_part_that_was_played():
    given = words(document(more=COMPARISON, only=["connect", "users.create-twice"]), 2)
    played = [name for option, name in itertools.pairwise(given) if option == "--only"]
    assert played == [each.id for each in document().profiles[0].scenarios]


def test_a_seed_whose_names_are_still_there_is_not_repeated():
    assert "--seed" not in words(document(left=True))


def test_results_without_the_call_name_the_endpoint():
    results = build_results()
    del results["run"]["call"], results["run"]["trace"], results["profiles"][0]["reference"]
    assert words(parse(results))[:5] == ["scim-compat", "run", BASE, "--profile", "entra-v2"]


def test_the_page_says_when_a_scenario_ran() -> None:
    results = build_results()
    first = results["profiles"][0]["scenarios"][0]
    assert " UTC</span></p>" not in render(parse(results))
    first |= {"started": "2026-11-22T06:31:59.900Z", "ms": 2200.0}
    assert "<span>2026-11-22, 06:31:59–06:32:02 UTC</span>" in render(parse(results))
