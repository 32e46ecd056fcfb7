"""What each profile finds at each broken server: as the matrix says, and nothing else.

A whole run of every profile at every broken server takes hours of computing; ``tools/matrix.py --check`` does it.
Here the witnesses are replayed, the scenarios that the matrix names for its findings. Drawn are for each defect those of
one profile, and an eighth of all other cells.
"""

from __future__ import annotations

import copy
import hashlib

import pytest
from scim_compat.checks.registry import all_checks
from scim_compat.values import Severity, is_at_least, worst
from servers.defects import DEFECTS
from servers.defects11 import DEFECTS11
from servers.uncaught import UNCAUGHT, UNCAUGHT11, UNTRIPPED
from tools import matrix, matrix_docs
from tools.cells import UNTESTABLE, affected, cell, defects_for, record, replay, witnessed

MATRIX = matrix.read()
ROWS = {(version, name): row for version, rows in MATRIX["defects"].items() for name, row in rows.items()}
RENEW = "renew it with: python tests/tools/matrix.py --changed"


def worst_of(found):
    return worst(Severity(severity) for severity, _ in found.values())


def witnesses(found):
    return {scenario for _, scenario in found.values() if scenario != UNTESTABLE}


# --- the file -------------------------------------------------------------------------------------


def test_every_defect_and_nothing_else_has_a_row():
    versions = {profile.scim for profile in matrix.profiles().values()}
    for version, rows in MATRIX["defects"].items():
        expected = defects_for(version) if version in versions else {}
        assert sorted(rows) == sorted(expected), RENEW


def test_no_column_is_of_another_profile_than_there_is():
    assert matrix.stale(MATRIX) == [], RENEW
    assert sorted(MATRIX["profiles"]) == sorted(matrix.profiles()), RENEW


def test_the_file_is_as_the_tool_writes_it():
    assert matrix.FILE.read_text(encoding="utf-8") == matrix.text_of(MATRIX)


def test_every_cell_names_checks_scenarios_and_severities_that_exist():
    for (version, name), row in ROWS.items():
        for profile, found in row.items():
            there = {scenario.id for scenario in matrix.profiles()[profile].scenarios}
            assert matrix.profiles()[profile].scim == version
            assert found.keys() <= all_checks().keys() | {UNTESTABLE}, (name, profile)
            assert witnesses(found) <= there, (name, profile)
            assert {severity for severity, _ in found.values()} <= set(Severity)


# --- witnesses ------------------------------------------------------------------------------------


@pytest.fixture(scope="module", autouse=True)
def remembered():
    """The same people and the same bodies come by many times."""
    with pytest.MonkeyPatch.context() as patch:
        matrix.remember(patch.setattr)
        yield


def draw():
    """(version, defect, profile) of the cells whose witnesses are replayed where not all are."""
    for (version, name), row in ROWS.items():
        caught = [profile for profile, found in row.items() if found]
        first = max(caught, key=lambda p: (worst_of(row[p]).rank, -len(witnesses(row[p]))), default=None)
        for profile in caught:
            drawn = hashlib.sha256(f"{name} {profile}".encode()).digest()[0] % 8 == 0
            if drawn or profile == first:
                yield version, name, profile


CELLS = [(*key, profile) for key, row in ROWS.items() for profile, found in row.items() if found]
DRAWN = list(draw())


@pytest.mark.parametrize(("version", "name"), sorted({(v, n) for v, n, _ in CELLS}))
def test_the_witnesses_find_what_the_matrix_says_and_nothing_else(version, name, thorough):
    for profile in (p for v, n, p in (CELLS if thorough else DRAWN) if (v, n) == (version, name)):
        said = ROWS[version, name][profile]
        found = witnessed(matrix.profiles()[profile], name, witnesses(said))
        if defects_for(version)[name].subject == "overlap":  # how much it hurts depends on who comes second
            assert found.keys() == said.keys()
            continue
        assert found == {check: severity for check, (severity, _) in said.items()}, (
            f"{profile} finds other things than the matrix says; if this is meant, renew the row with: "
            f"python tests/tools/matrix.py --defect {name}"
        )


def test_enough_is_replayed():
    assert {(v, n) for v, n, _ in DRAWN} == {key for key, row in ROWS.items() if any(row.values())}
    assert {p for *_, p in DRAWN} == set(matrix.profiles())
    assert len(CELLS) > len(DRAWN) > len(ROWS)


# --- what must be caught --------------------------------------------------------------------------


def uncaught(rows, version):
    """Defects that no profile finds as degraded or worse."""
    return sorted(
        name
        for (scim, name), row in rows.items()
        if scim == version and not any(is_at_least(worst_of(f), Severity.DEGRADED) for f in row.values())
    )


@pytest.mark.parametrize(("version", "reasons"), [("2.0", UNCAUGHT), ("1.1", UNCAUGHT11)])
def test_every_defect_is_caught_by_a_profile_that_it_concerns(version, reasons):
    """It concerns the clients to which some answer shows it. What none of them minds is on a reviewed list."""
    missed = uncaught(ROWS, version)
    assert [name for name in missed if name not in reasons] == [], "nobody catches it: add a check or a scenario"
    assert [name for name in reasons if name not in missed] == [], "it is caught by now: take it off the list"


def test_a_defect_that_nobody_catches_would_be_named():
    rows = copy.deepcopy(ROWS)
    rows["2.0", "disable-accepted-but-ignored"] = {
        "entra-v2": {"user.disabled": ["cosmetic", "users.disable"]},
        "okta": {},
    }
    assert set(uncaught(rows, "2.0")) - set(uncaught(ROWS, "2.0")) == {"disable-accepted-but-ignored"}


def untripped(rows):
    """Checks of SCIM 2.0 that no defect trips."""
    tripped = {check for (version, _), row in rows.items() if version == "2.0" for f in row.values() for check in f}
    return sorted(name for name, rule in all_checks().items() if "2.0" in rule.scim and name not in tripped)


def test_every_check_is_tripped_by_a_broken_server():
    dead = untripped(ROWS)
    assert [name for name in dead if name not in UNTRIPPED] == [], "no broken server trips it: write the defect"
    assert [name for name in UNTRIPPED if name not in dead] == [], "it is tripped by now: take it off the list"


def test_a_check_that_nothing_trips_would_be_named():
    rows = {
        key: {p: {c: f for c, f in found.items() if c != "user.disabled"} for p, found in row.items()}
        for key, row in ROWS.items()
    }
    assert set(untripped(rows)) - set(untripped(ROWS)) == {"user.disabled"}


@pytest.mark.parametrize("reasons", [UNCAUGHT, UNCAUGHT11, UNTRIPPED])
def test_exceptions_have_reasons(reasons):
    assert all(len(reason) > 20 for reason in reasons.values())


# --- the tool -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["id-changes-on-patch", "filter-ignored", "disable-disables-bystander", "create-200"])
def test_what_the_tool_leaves_out_would_find_nothing(name):
    """Scenarios that do not meet the defect, and exchanges before they do, are not judged; judged, they pass."""
    profile = matrix.profiles()["thousandeyes-okta"]
    tape = record(profile)
    short = replay(profile, name, affected(tape, name), tape.judged)
    long = replay(profile, name, profile.scenarios)
    assert short.found == long.found
    assert short.found
    assert set(cell(tape, name)) == set(long.worst)


def test_a_scenario_that_meets_a_defect_is_known():
    profile = matrix.profiles()["thousandeyes-okta"]
    tape = record(profile)
    assert affected(tape, "") == []
    assert affected(tape, "content-type-json") == list(profile.scenarios)
    met = {scenario.id for scenario in affected(tape, "user-delete-405")}
    assert met
    assert met < {scenario.id for scenario in profile.scenarios}
    assert cell(tape, "member-remove-removes-all") is None


def test_a_changed_cell_is_told():
    old = copy.deepcopy(MATRIX)
    name, profile = "filter-ignored", "entra-v2"
    found = old["defects"]["2.0"][name][profile]
    key = ("2.0", name, profile)
    assert list(matrix.differences(old, {key: found})) == []
    check = next(iter(found))
    milder = found | {check: ["cosmetic", found[check][1]]}
    [line] = matrix.differences(old, {key: milder})
    assert line.startswith(f"{name} × {profile}: ")
    assert check in line
    assert len(list(matrix.differences(old, {key: None}))) == 1
    assert len(list(matrix.differences(old, {key: {}}))) == 1


def test_cells_take_the_place_of_old_ones_and_the_rest_stays():
    new = matrix.merged(MATRIX, {("2.0", "filter-ignored", "entra-v2"): {}, ("2.0", "filter-ignored", "okta"): None})
    row = new["defects"]["2.0"].pop("filter-ignored")
    old = copy.deepcopy(MATRIX["defects"]["2.0"])
    before = old.pop("filter-ignored")
    assert row == {p: f for p, f in before.items() if p != "okta"} | {"entra-v2": {}}
    assert new["defects"]["2.0"] == old


def test_a_column_of_an_older_profile_is_stale():
    old = copy.deepcopy(MATRIX)
    old["profiles"]["okta"]["digest"] = "0"
    del old["profiles"]["peakon"]
    assert matrix.stale(old) == ["okta", "peakon"]


# --- the page -------------------------------------------------------------------------------------


def test_the_page_is_made_of_the_matrix():
    expected = matrix_docs.render(MATRIX, matrix.profiles())
    assert matrix_docs.PAGE.read_text(encoding="utf-8") == expected, (
        "renew it with: python tests/tools/matrix.py --docs"
    )


@pytest.mark.parametrize(
    ("version", "defects", "reasons"), [("2.0", DEFECTS, UNCAUGHT), ("1.1", DEFECTS11, UNCAUGHT11)]
)
def test_the_page_shows_every_defect_once(version, defects, reasons):
    page = matrix_docs.render(MATRIX, matrix.profiles())
    part = page.partition(f"## SCIM {version}\n")[2].partition("\n## ")[0]
    table, _, open_ = part.partition("### Mistakes that count for no profile")
    for name in defects:
        assert table.count(f"(`{name}`)") == 1, name
        assert open_.count(f"(`{name}`)") == (name in reasons), name


def test_a_row_of_the_page():
    lines = matrix_docs.render(MATRIX, matrix.profiles()).splitlines()
    head = next(line for line in lines if line.startswith("| the server's mistake | entra-v1 |"))
    row = next(line for line in lines if "(`member-remove-filter-ignored`)" in line)
    columns, cells = ([part.strip() for part in line.split("|")] for line in (head, row))
    shown = dict(zip(columns, cells, strict=True))
    assert shown["entra-v2"] == "breach"
    assert shown["thousandeyes-okta"] == ""  # it is not sent groups
