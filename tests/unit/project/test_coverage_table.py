"""The tables of profiles/COVERAGE.md, held to the checks and profiles that there are."""

from __future__ import annotations

import re
from functools import cache

import pytest
from scim_compat.checks.registry import all_checks
from scim_compat.checks.severity import severity_of
from scim_compat.profile.find import builtin
from scim_compat.profile.load import load
from scim_compat.profile.model import Profile
from support.places import ROOT

TEXT = (ROOT / "profiles/COVERAGE.md").read_text(encoding="utf-8")

ROWS = {
    "Okta's demands on answers": [str(n) for n in range(1, 16)],
    "Entra's demands on answers": [f"7.{n}" for n in range(1, 18)],
    "Quirks of the connectors": [f"Q{n}" for n in range(1, 48)],
}
COVERED_BY = re.compile(r"(?P<items>`[^`]+`(?:, `[^`]+`)*)?(?P<both>; )?(?:not covered: (?P<why>[^`]+))?")


def table(heading: str) -> list[list[str]]:
    """The cells of each row below the head, in order."""
    found = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", TEXT, re.DOTALL | re.MULTILINE)
    assert found, f"COVERAGE.md has no heading {heading!r}"
    lines = [line for line in found[1].splitlines() if line.startswith("|")]
    assert lines[:2] == ["| row | demand | covered by |", "|---|---|---|"]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


EVERY_ROW = [pytest.param(row, id=f"{row[0]}") for heading in ROWS for row in table(heading)]


def items(covered_by: str) -> list[str]:
    return re.findall(r"`([^`]+)`", covered_by)


@cache
def profile_of(name: str) -> Profile:
    return load(name, check_ids=all_checks())


@cache
def scenario_ids(profile: str) -> frozenset[str]:
    return frozenset(scenario.id for scenario in profile_of(profile).scenarios)


@cache
def is_counted(check_id: str) -> bool:
    """True when a built-in profile makes a finding of it; a check that all of them ignore covers nothing."""
    rule = all_checks()[check_id]
    return any(
        severity_of(rule, profile, scenario)[0] is not None
        for profile in map(profile_of, builtin())
        for scenario in (None, *profile.scenarios)
    )


def test_there_are_these_tables_and_no_others() -> None:
    assert re.findall(r"^## (.+)$", TEXT, re.MULTILINE) == list(ROWS)


@pytest.mark.parametrize("heading", ROWS)
def test_every_row_is_there_once_and_in_order(heading: str) -> None:
    assert [row[0] for row in table(heading)] == ROWS[heading]


@pytest.mark.parametrize("row", EVERY_ROW)
def test_a_row_says_what_covers_it_or_why_nothing_does(row: list[str]) -> None:
    assert len(row) == 3
    assert row[1], "no demand"
    found = COVERED_BY.fullmatch(row[2])
    assert found, f"expected items in code marks, “; not covered: why”, or both; got {row[2]!r}"
    assert found["items"] or found["why"], "neither covered nor a reason"
    assert bool(found["both"]) == bool(found["items"] and found["why"]), "“; ” stands between items and reason"
    assert found["why"] is None or len(found["why"].split()) >= 4, f"this is no reason: {found['why']!r}"


@pytest.mark.parametrize("row", EVERY_ROW)
def test_what_a_row_names_exists(row: list[str]) -> None:
    named = items(row[2])
    assert len(set(named)) == len(named), "named twice"
    for item in named:
        profile, slash, scenario = item.partition("/")
        if not slash:
            assert item in all_checks(), f"there is no check {item}; scim-compat explain lists them"
            assert is_counted(item), f"no built-in profile depends on {item}, so it covers nothing"
            continue
        assert profile in builtin(), f"{item}: there is no profile {profile}; scim-compat profiles lists them"
        assert scenario in scenario_ids(profile), f"{item}: scim-compat show {profile} lists its scenarios"


def test_the_readme_of_the_profiles_leads_here() -> None:
    readme = ROOT / "profiles/README.md"
    assert "(COVERAGE.md)" in readme.read_text(encoding="utf-8")
