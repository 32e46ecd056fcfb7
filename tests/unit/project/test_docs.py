"""The documents: what they say can be run, found and loaded."""

from __future__ import annotations

import json
import re
import shlex
import tomllib

import click
import pytest
import scim_compat
from scim_compat.checks.registry import all_checks
from scim_compat.cli import cli
from scim_compat.cli.check_search import search
from scim_compat.engine.verbs import VERBS
from scim_compat.errors import ExitStatus
from scim_compat.profile.find import builtin
from scim_compat.profile.grammar import GROUP, PERSON
from scim_compat.profile.lint import lint
from scim_compat.profile.load import load
from scim_compat.report import words
from scim_compat.run import targetfile as target
from scim_compat.run.selection import matching
from support.places import ROOT
from tools import readme

PACKAGE = ROOT / "conformance/scim_compat"
DOCUMENTS = [
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "profiles/README.md",
    "profiles/COVERAGE.md",
    "profiles/MATRIX.md",
    "reports/README.md",
]
SCHEMA = json.loads((ROOT / "conformance/scim_compat/profile/profile.schema.json").read_text(encoding="utf-8"))
TEXT = {name: (ROOT / name).read_text(encoding="utf-8") for name in DOCUMENTS}


def blocks(name: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXT[name], re.DOTALL | re.MULTILINE)


def section(name: str, heading: str) -> str:
    """From a heading to the next of any level."""
    found = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#|\Z)", TEXT[name], re.DOTALL | re.MULTILINE)
    assert found, f"{name} has no heading {heading!r}"
    return found[1]


def rows(text: str) -> dict[str, str]:
    """First cell → second cell of the tables in ``text``, without code marks; head and rule left out."""
    cells = [[c.strip() for c in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    return {
        row[0].replace("`", ""): row[1]
        for row, following in zip(cells, [*cells[1:], []], strict=True)
        if not set(row[0]) <= set("-") and not (following and set(following[0]) <= set("-"))
    }


def anchor(heading: str) -> str:
    """As forges make it."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


# --- set-up ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("extra", "ends"), [("demo", ".venv/bin/scim-compat demo"), ("test", "-m pytest -n 2")])
def test_the_set_up_lines_stand_near_the_top_and_make_their_own_environment(extra, ends):
    line = readme.line(extra)
    assert line.startswith("python3 -m venv .venv && .venv/bin/pip install ")
    assert line.endswith(ends)
    assert TEXT["README.md"].splitlines().index(line) < 40
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert extra in project["optional-dependencies"]
    assert project["requires-python"] == ">=3.11"
    assert "Python 3.11 or newer" in TEXT["README.md"]


def test_the_pipeline_runs_the_very_same_line():
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "$(python3 tests/tools/readme.py test)" in script
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o100


# --- links ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_lead_somewhere(name):
    for link in re.findall(r"\]\(([^)\s]+)\)", TEXT[name]):
        if link.startswith(("http://", "https://")):
            continue
        path, _, fragment = link.partition("#")
        file = (ROOT / name).parent / path if path else ROOT / name
        assert file.exists(), f"{name}: {link}"
        if fragment:
            headings = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
            assert fragment in {anchor(h) for h in headings}, f"{name}: {link}"


def test_the_folders_that_are_named_exist():
    text = section("README.md", "How it is built")
    named = set(re.findall(r"(?<![\w/])([\w./]+/)(?=[\s`])", text))
    rooms = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert {f"{room}/" for room in rooms} <= named, "each room has its task"
    assert {"conformance/scim_compat/", "profiles/", "reports/sample/", "tests/", "tests/servers/"} <= named
    for place in named:
        assert (ROOT / place).is_dir() or place.strip("/") in rooms, place


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_paths_in_running_text_exist(name):
    """From the root, or below the document's own folder; capitals and ``…`` stand for a name of the reader's."""
    for path in re.findall(r"`((?:tests|conformance|profiles|reports|\.ci)/[^`\s]*)`", TEXT[name]):
        if not re.search(r"/[A-Z]+\b(?!\.md)|…", path):
            assert list(ROOT.glob(path.rstrip("/"))), f"{name}: {path}"


def test_the_tools_of_contributing_are_those_that_renew_and_compare():
    tools = {path.name for path in (ROOT / "tests/tools").glob("*.py")}
    named = set(rows(section("CONTRIBUTING.md", "Tools")))
    assert {"sample.py", "matrix.py", "examples.py", "real.py", "checkouts.py"} <= named <= tools


# --- commands and options -------------------------------------------------------------------------


def commands() -> dict[str, click.Command]:
    context = click.Context(cli)
    return {name: cli.get_command(context, name) for name in cli.list_commands(context)}


def called(name: str) -> list[tuple[str, list[str]]]:
    """(command, words) of every scim-compat call in a document, in blocks and in running text."""
    lines = [line for block in blocks(name, "sh") for line in block.splitlines()]
    lines += re.findall(r"`(scim-compat [^`]+)`", TEXT[name])
    found = []
    for line in lines:
        plain = line.partition(" #")[0]
        calls = [shlex.split(call) for call in re.findall(r"(?:^|\s|/)scim-compat (.+)", plain)]
        found += [(call[0], call[1:]) for call in calls]
    return found


@pytest.mark.parametrize("name", DOCUMENTS)
def test_commands_and_their_options_exist(name):
    known = commands()
    for command, given in called(name):
        if command.startswith("--"):
            assert command == "--version", name
            continue
        assert command in known, f"{name}: scim-compat {command}"
        options = {option for p in known[command].params for option in [*p.opts, *p.secondary_opts]}
        for word in given:
            assert not word.startswith("-") or word in options, f"{name}: scim-compat {command} {word}"


def test_the_readme_shows_calls_of_the_main_commands():
    assert {command for command, _ in called("README.md")} >= {
        "run",
        "demo",
        "show",
        "explain",
        "lint",
        "profiles",
        "cleanup",
    }


@pytest.mark.parametrize("name", DOCUMENTS)
def test_options_in_running_text_exist(name, pytestconfig):
    ours = {o for c in commands().values() for p in c.params for o in [*p.opts, *p.secondary_opts]} | {"--version"}
    plugins = {
        "--lf": "lf",
        "--scim-url": "--scim-url",
        "--scim-profile": "--scim-profile",
        "--scim-thorough": "--scim-thorough",
        "--scim-crowd": "--scim-crowd",
    }
    missing = object()
    for option in re.findall(r"`(?:pytest )?(--[a-z-]*[a-z])(?=[ `=])", TEXT[name]):
        if option == "--help":
            continue  # click and pytest both have it
        if option in plugins:
            assert pytestconfig.getoption(plugins[option], default=missing) is not missing, option
        else:
            assert option in ours, f"{name}: {option}"


def test_the_help_lists_every_command():
    context = click.Context(cli, info_name="scim-compat")
    shown = cli.get_help(context)
    for name in ("run", "demo", "profiles", "show", "lint", "explain", "report", "compare", "certify", "cleanup"):
        assert re.search(rf"^  {name}\b", shown, re.MULTILINE), name


# --- tables ---------------------------------------------------------------------------------------


def test_the_exit_statuses_are_those_of_the_runner():
    table = rows(section("README.md", "In a pipeline"))
    wanted = {
        ExitStatus.OK: "nothing found",
        ExitStatus.FINDINGS: "findings",
        ExitStatus.USAGE: "usage",
        ExitStatus.NOT_TESTABLE: "could not be tested",
        ExitStatus.INTERNAL: "internal error",
    }
    assert [int(status) for status in table] == sorted(wanted)
    for status, word in wanted.items():
        assert word in table[str(status)]
        assert f"{status} " in (cli.help or ""), "the help names it too"


def test_verdicts_and_severities_are_those_of_the_report():
    tables = rows(section("README.md", "Read the report"))
    shown = {mark.word.lower() for key, mark in words.VERDICTS.items() if key not in {"not-reached", "absent"}}
    assert set(tables) == shown | set(words.SEVERITIES)
    assert set(rows(section("profiles/README.md", "Evidence and severity"))) == {*words.SEVERITIES, "ignore"}


def test_the_manual_names_every_verb_and_every_part():
    steps = section("profiles/README.md", "Steps")
    verbs = rows(steps[steps.index("| verb |") : steps.index("A written-out request")])
    assert {name for row in verbs for name in row.split(", ")} == set(VERBS)
    assert [row.partition(":")[0] for row in rows(steps[: steps.index("| verb |")])] == [
        "given",
        "do",
        "send",
        "verify",
    ]
    parts = {name.strip() for row in rows(section("profiles/README.md", "The parts")) for name in row.split(",")}
    assert parts == set(SCHEMA["properties"])


def test_the_manual_names_the_arguments_of_the_verbs():
    table = rows(section("profiles/README.md", "Steps"))
    who = {"do", "user", "group", "read", "endpoint", "manager"}  # said by the verb or by the sentence
    for verb, definition in SCHEMA["$defs"]["verbs"].items():
        row = next(text for names, text in table.items() if verb in re.findall(r"[a-z-]+", names))
        named = set(re.findall(r"`([a-z-]+)(?::[^`]*)?`", row))
        arguments = set(definition["properties"])
        assert named - {"1"} <= arguments, f"{verb}: {named - arguments}"
        assert arguments - who <= named, f"{verb}: {arguments - who - named}"


def test_the_manual_names_the_arguments_of_the_other_steps():
    steps, table = SCHEMA["$defs"]["steps"], rows(section("profiles/README.md", "Steps"))
    cells = {names.partition(":")[0]: text for names, text in table.items()}
    whole = {
        line.split("`")[1].partition(":")[0]: line
        for line in section("profiles/README.md", "Steps").splitlines()
        if line.startswith("| `")
    }
    for kind in ("given", "send", "verify"):
        assert kind in cells
        named = set(re.findall(r"`([a-z-]+)`", whole[kind]))
        arguments = set(steps[kind]["properties"]) - {kind}
        arguments |= set(steps["send"]["properties"]["send"]["properties"]) if kind == "send" else set()
        assert named == arguments, kind
    expect = {name for row in table for name in row.split(", ")} & set(
        steps["send"]["properties"]["expect"]["properties"]
    )
    assert expect == set(steps["send"]["properties"]["expect"]["properties"])
    when = {row.partition(":")[0] for row in table if ":" in row}
    assert set(SCHEMA["$defs"]["scenario"]["properties"]["when"]["properties"]) <= when


def test_the_manual_names_every_attribute_of_people_and_groups():
    text = section("profiles/README.md", "People, groups and placeholders").split("In any text")[0]
    people, groups = text.split("And of a group:")
    assert set(re.findall(r"`([A-Za-z]+)`", people)) == PERSON
    assert set(re.findall(r"`([A-Za-z]+)`", groups)) == GROUP


# --- examples -------------------------------------------------------------------------------------


def examples() -> list[tuple[str, str, str]]:
    """(document, file name, text) of each profile; the first line of a YAML block names the file."""
    found = [(name, block.split()[1], block) for name in DOCUMENTS for block in blocks(name, "yaml")]
    return [each for each in found if each[1].endswith(".scim.yaml")]


def test_the_target_file_loads_and_claims_what_it_says(tmp_path):
    (text,) = (block for block in blocks("README.md", "yaml") if ".target.yaml" in block.splitlines()[0])
    path = tmp_path / "staging.target.yaml"
    path.write_text(text, encoding="utf-8")
    loaded = target.load(path)
    assert loaded.url.startswith("https://staging.example.com/")
    assert loaded.auth["secret-env"] == "STAGING_TOKEN"
    schema = json.loads((ROOT / "conformance/scim_compat/run/target.schema.json").read_text(encoding="utf-8"))
    assert set(loaded.claims) == set(schema["properties"]["claims"]["properties"])
    claims = target.claims_of(loaded.claims)
    assert claims.without_features <= {feature.id for feature in load("entra-v2").features}


def test_the_target_file_with_two_bases_loads(tmp_path):
    (text,) = (block for block in blocks("README.md", "yaml") if "bases:" in block)
    path = tmp_path / "two.target.yaml"
    path.write_text(text, encoding="utf-8")
    assert set(target.load(path).bases) == {"2.0", "1.1"}


def test_there_are_examples_of_both_kinds():
    assert {(name, file) for name, file, _ in examples()} == {
        ("README.md", "acme.scim.yaml"),
        ("profiles/README.md", "acme.scim.yaml"),
        ("profiles/README.md", "crew-portal.scim.yaml"),
    }


@pytest.mark.parametrize(("document", "file", "text"), examples(), ids=lambda value: str(value)[:30].split("\n")[0])
def test_the_examples_load_and_lint_has_nothing_to_say(document, file, text, tmp_path):
    path = tmp_path / file
    path.write_text(text, encoding="utf-8")
    profile = load(path, check_ids=all_checks())
    assert profile.scenarios, document
    assert lint(profile) == []


def test_the_example_of_a_mapping_changes_what_it_says(tmp_path):
    text = next(text for name, file, text in examples() if (name, file) == ("profiles/README.md", "acme.scim.yaml"))
    path = tmp_path / "acme.scim.yaml"
    path.write_text(text, encoding="utf-8")
    changed, base = load(path), load("entra-v2")
    known = {scenario.id: scenario for scenario in base.scenarios if scenario.sweep is None}
    mine = {scenario.id: scenario for scenario in changed.scenarios if scenario.sweep is None}
    assert set(known) - set(mine) == {"roles.single"}
    assert mine["users.disable"].title == "A user who leaves Acme is disabled" != known["users.disable"].title
    assert [row.to for row in changed.mapping["User"]][1] == "externalId"
    assert changed.requires["http.in-time"].severity == "cosmetic"
    assert {each.id for each in changed.scenarios if each.sweep} > {
        "users.first-values.acme",
        "users.create-with-gaps",
    }


def test_the_names_that_only_takes_are_names_of_scenarios(entra):
    chosen = {
        name: [s.id for s in matching(entra.scenarios, [name.strip("'")])]
        for name in rows(section("README.md", "Run a part"))
    }
    assert all(chosen.values()), chosen
    assert all(scenario.startswith("users.") for scenario in chosen["users"])
    assert chosen["connection.probe-users.flag-last"] == ["connection.probe-users.flag-last"]


def test_the_failed_scenario_in_the_readme_is_as_the_profile_has_it(entra):
    (shown,) = re.findall(
        r"^profiles/entra-v2\.yaml:(\d+): (\S+): (.+)\n  blocker: (.+) \[(\S+)\]\n    rule: (.+)$",
        TEXT["README.md"],
        re.MULTILINE,
    )
    line, scenario_id, title, failure, check_id, rule = shown
    scenario = next(s for s in entra.scenarios if s.id == scenario_id)
    assert (int(line), title) == (scenario.where.line, scenario.title)
    check = all_checks()[check_id]
    assert rule == check.title
    assert failure in (check.failure, "A create is refused")
    assert f"…/report.html#entra-v2-{scenario_id}\n" in TEXT["README.md"]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_checks_scenarios_and_profiles_that_are_named_exist(name):
    ids = {scenario.id for ref in builtin() for scenario in load(ref).scenarios}
    for command, given in called(name):
        names = [word for word in given if not word.startswith("-")]
        if command == "explain" and names and names[0].islower():
            is_search = len(names) > 1 and "--profile" not in given
            assert names[0] in all_checks() or (is_search and search(names, all_checks().values())), names[0]
        if command == "show" and names and names[0].islower() and not names[0].endswith(".yaml"):
            assert names[0] in builtin(), names[0]
            assert set(names[1:]) <= ids, names


def test_the_changelog_knows_this_version_and_every_profile():
    text = TEXT["CHANGELOG.md"]
    assert re.search(rf"^## {re.escape(scim_compat.__version__)}\b", text, re.MULTILINE)
    profiles = section("CHANGELOG.md", "Profiles")
    for ref in builtin():
        assert f"`{ref}` {load(ref).version}" in profiles, ref


@pytest.mark.parametrize("name", DOCUMENTS)
def test_documents_name_no_machine(name):
    assert not re.search(r"(?<![\w.$])/(?:home|root|work|tmp|usr|Users/\w+/)", TEXT[name])
    assert "\t" not in TEXT[name]
    assert not re.search(r" +$", TEXT[name], re.MULTILINE)
