"""The commands beside ``run`` and ``demo``, as they are called: their output and their exit status."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import typing
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from scim_compat.checks.registry import Level, all_checks
from scim_compat.cli import catalogue, check_facts, cli, expectations, outgoing
from scim_compat.engine.intent import Action, Assertion, Intent, Query
from scim_compat.engine.ledger import Ledger, read
from scim_compat.profile import find
from scim_compat.profile import load as loading
from scim_compat.profile.model import Profile
from scim_compat.report import words
from scim_compat.results.events import ScenarioStarted
from scim_compat.results.stream import EventWriter
from scim_compat.run.header import header
from scim_compat.run.settings import Settings
from servers import loopback
from servers.good import GoodServer
from servers.protocol import ScimError
from servers.running import client, serve
from support.commands import TOKEN, play
from support.places import BAD_PROFILES as BAD
from support.results import build_results

TAG = "sc0123ab"
HEAD = '{"ledger": "scim-compat/1", "base_url": "http://h/", "tag": "x"}\n'
COMMANDS = ["run", "demo", "profiles", "show", "lint", "explain", "report", "cleanup"]


@pytest.fixture(autouse=True)
def outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """No credential of whoever runs the tests, and one width for all."""
    for name in ("SCIM_TOKEN", "SCIM_PASSWORD", "SCIM_CLIENT_SECRET"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "100")


@pytest.fixture(autouse=True)
def loaded_once(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Loading entra-v2 takes a quarter of a second, and nearly every test asks for it."""
    entra = request.getfixturevalue("entra")
    real = catalogue.load_profile
    monkeypatch.setattr(catalogue, "load_profile", lambda ref: entra if ref == "entra-v2" else real(ref))


def call(*arguments: str | Path, token: str | None = None) -> Result:
    """The command in this process. A fault of ours is raised, not turned into a status."""
    env = {"SCIM_TOKEN": token} if token else None
    return CliRunner().invoke(cli, [str(a) for a in arguments], env=env, catch_exceptions=False)


def own_profile(folder: Path, text: str) -> Path:
    """A profile that is entra-v2 with ``text`` in addition."""
    path = folder / "own.yaml"
    path.write_text(f'format: 1\nid: own\ntitle: Own\nversion: "1"\nextends: entra-v2\n{text}', encoding="utf-8")
    return path


# --- all of them --------------------------------------------------------------------------------


def test_help_lists_every_command_in_order():
    listed = re.findall(r"^  ([a-z]+)  +[A-Z]", call("--help").stdout.partition("Commands:")[2], re.MULTILINE)
    assert listed == COMMANDS


def test_every_command_has_help_without_an_ellipsis():
    listing = call("--help").stdout.partition("Commands:")[2]
    assert re.findall(r"^  ([a-z]+) .*\.\.\.$", listing, re.MULTILINE) in ([], ["run", "demo"])
    for name in COMMANDS:
        told = call(name, "--help")
        assert told.exit_code == 0
        assert f"Usage: cli {name}" in told.stdout


def test_help_and_version_load_nothing_heavy():
    """Start-up is what a shell prompt or a pre-commit hook waits for."""
    heavy = "{'rich', 'httpx', 'jinja2', 'yaml', 'pytest', 'jsonschema', 'faker', 'scim_compat.profile.load'}"
    code = (
        "import sys; from scim_compat.cli import cli; import click\n"
        f"[cli.get_command(click.Context(cli), n) for n in {COMMANDS}]\n"
        f"print(sorted({heavy} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True)
    assert ran.stdout.strip() == "[]"


# --- profiles -----------------------------------------------------------------------------------


def test_profiles_lists_what_is_built_in(entra):
    told = call("profiles")
    assert told.exit_code == 0
    evidence = [s.evidence for s in entra.scenarios]
    counts = " · ".join(f"{evidence.count(kind):>2}" for kind in ("documented", "observed", "inferred"))
    row = re.search(r"^entra-v2  +(.+?)  +2\.0  +(\d+)  +(.+)\n +(.+)$", told.stdout, re.MULTILINE)
    assert row[1] + " " + row[4] == entra.title
    assert (int(row[2]), row[3]) == (len(entra.scenarios), counts)
    assert "documented · observed · inferred" in told.stdout


def test_profiles_as_json(entra):
    listed = {each["id"]: each for each in json.loads(call("profiles", "--json").stdout)}
    one = listed["entra-v2"]
    assert (one["client"], one["digest"]) == ("Microsoft Entra ID", entra.digest)
    assert sum(one["evidence"].values()) == one["scenarios"] == len(entra.scenarios)
    assert one["features"] == len(entra.features)


def test_a_broken_built_in_is_told_and_the_others_are_listed(monkeypatch, tmp_path):
    good = (BAD / "_good.yaml").read_text(encoding="utf-8")
    name = re.search(r"^id: (\S+)", good, re.MULTILINE)[1]
    (tmp_path / f"{name}.yaml").write_text(good, encoding="utf-8")
    (tmp_path / "torn.yaml").write_text("format: [", encoding="utf-8")
    monkeypatch.setattr(find, "builtin_dir", lambda: tmp_path)
    told = call("profiles")
    assert told.exit_code == 2
    assert name in told.stdout
    assert re.search(r"torn\.yaml:\d+: not valid YAML", told.stderr)


# --- show ---------------------------------------------------------------------------------------


def test_show_names_every_scenario_source_and_requirement(entra):
    told = call("show", "entra-v2", "--summary")
    assert told.exit_code == 0
    missing = [s.id for s in entra.scenarios if f"    {s.id}\n" not in told.stdout]
    missing += [key for key in entra.sources if f"  {key}: " not in told.stdout]
    missing += [check for check in entra.requires if not re.search(rf"\b{re.escape(check)}\b", told.stdout)]
    missing += [f.id for f in entra.features if f"({f.id})" not in told.stdout]
    assert missing == []
    assert f"{entra.not_covered[0][0][:40]}" in told.stdout


def test_show_as_json_is_the_profile_without_its_steps(entra):
    told = json.loads(call("show", "entra-v2", "--summary", "--json").stdout)
    assert [s["id"] for s in told["scenarios"]] == [s.id for s in entra.scenarios]
    assert told["requires"]["list.empty-is-200"]["severity"] == "blocker"
    assert told["sources"]["S10"]["url"].startswith("https://")
    assert {f["id"] for f in told["features"]} == {f.id for f in entra.features}


def test_show_prints_a_request_byte_for_byte():
    told = call("show", "entra-v2", "users.disable").stdout
    block = re.search(r"2\.2  client.*?(PATCH .*?)\n\n\d", told, re.DOTALL)[1]
    assert block.rstrip("\n") == (
        "PATCH /scim/v2/Users/user-1?aadOptscim062020 HTTP/1.1\n"
        "Host: scim.example\n"
        "ADSCIMVersion: 6.0\n"
        "Content-Type: application/scim+json; charset=utf-8\n"
        "Authorization: Bearer $SCIM_TOKEN\n"
        "Content-Length: 123\n"
        "\n"
        '{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],'
        '"Operations":[{"op":"replace","path":"active","value":false}]}'
    )


def test_show_tells_the_clients_requests_from_ours_and_what_is_expected(entra):
    told = call("show", "entra-v2", "users.disable").stdout
    scenario = next(s for s in entra.scenarios if s.id == "users.disable")
    assert f"3.1  harness  reads back: user alice holds what was written  line {scenario.steps[2].where.line}" in told
    assert "expects 200 and the resource; active is false;" in told
    assert str(scenario.where) in told
    for key in scenario.source:
        assert f"{key}: {entra.sources[key].title[:40]}" in told


def test_show_indents_bodies_for_reading_on_demand():
    assert '\n    {\n      "op": "replace",\n' in call("show", "entra-v2", "users.disable", "--pretty").stdout


def test_show_all_as_json_pins_what_goes_out(entra):
    sent = json.loads(call("show", "entra-v2", "--json").stdout)
    assert {one["scenario"] for one in sent} == {s.id for s in entra.scenarios}
    assert [s.id for s in entra.scenarios] == list(dict.fromkeys(one["scenario"] for one in sent))
    for one in sent:
        names = [name for name, _ in one["headers"]]
        assert names[0] == "Host"
        assert one["path"] == "/scim/v2" + one["target"]
        assert ("Content-Length" in names) == (one["body"] is not None), one
        if one["body"] is not None:
            assert dict(one["headers"])["Content-Length"] == str(len(one["body"].encode()))
        ours = dict(one["headers"]).get("User-Agent") == "scim-compat"
        assert ours == (one["by"] == "harness")
    wrong = [o for o in sent if o["action"] == "anonymous" and o["scenario"] == "connection.refuse-wrong-token"]
    assert {dict(o["headers"])["Authorization"] for o in wrong} == {"Bearer scim-compat-wrong-credential"}
    none = [o for o in sent if o["action"] == "anonymous" and o["scenario"] == "connection.refuse-without-token"]
    assert none
    assert all("Authorization" not in dict(o["headers"]) for o in none)


def test_what_show_prints_is_what_a_run_sends(tmp_path):
    with serve(GoodServer()) as url:
        play(url, out=tmp_path, only=["users.create"], seed=42)
    run = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    steps = next(s for s in run["profiles"][0]["scenarios"] if s["id"] == "users.create")["steps"]
    sent = [step["exchange"]["request"] for step in steps if step["kind"] == "client"]
    shown = json.loads(call("show", "entra-v2", "users.create", "--seed", "42", "--json").stdout)
    shown = [one for one in shown if one["by"] == "client"]
    created = next(n for n, one in enumerate(shown) if one["method"] == "POST")
    for told, real in list(zip(shown, sent, strict=True))[: created + 1]:  # after it the server's id is in the URL
        assert told["method"] == real["method"]
        assert real["url"].endswith(told["path"])
        assert (told["body"] or "") == (real["body"] or "")
        names = [name.lower() for name, _ in real["headers"]]
        assert [name.lower() for name, _ in told["headers"] if name.lower() in names] == names


def test_the_seed_changes_the_people():
    one, same, other = (call("show", "entra-v2", "users.create", "--seed", s).stdout for s in ("3", "3", "4"))
    assert one == same
    assert one != other


@pytest.mark.parametrize(("glob", "expected"), [
    ("users.disable", ["users.disable"]),
    ("manager.clear", ["manager.clear.value-filter", "manager.clear.empty-text", "manager.clear.empty-object"]),
    ("manager.*.empty-text", ["manager.clear.empty-text"]),
    ("accounts", ["accounts.page"]),
])  # fmt: skip
def test_a_pattern_chooses_scenarios_and_variants(glob, expected):
    sent = json.loads(call("show", "entra-v2", glob, "--json").stdout)
    assert list(dict.fromkeys(one["scenario"] for one in sent)) == expected


def test_a_crowd_is_told_about_and_not_printed(entra):
    told = call("show", "entra-v2", "members.large-group").stdout
    scenario = next(s for s in entra.scenarios if s.id == "members.large-group")
    crowd = [one for one in outgoing.requests(entra, scenario) if one.step.startswith("1.")]
    assert len(crowd) > 100
    assert f"… {len(crowd) - 1} more requests like this, to 1.{len(crowd)}" in told
    assert told.count("  harness  creates user") < 5


@pytest.mark.parametrize(("arguments", "text"), [
    (["entra-v3"], "there is no profile 'entra-v3'; did you mean 'entra-v2'?"),
    (["entra-v2", "users.disabel"], "no scenario of entra-v2 matches 'users.disabel'; did you mean 'users.disable'?"),
    (["entra-v2", "zzz"], "`scim-compat show entra-v2 --summary` lists them"),
    (["entra-v2", "users.disable", "--summary"], "give SCENARIO or --summary, not both"),
    ([], "Missing argument 'PROFILE'"),
])  # fmt: skip
def test_what_show_cannot_show_ends_with_2(arguments, text):
    told = call("show", *arguments)
    assert (told.exit_code, told.stdout) == (2, "")
    assert text in told.stderr


def test_show_prints_control_characters_of_a_profile_harmlessly(tmp_path):
    path = own_profile(tmp_path, """scenarios:
  - id: own.odd
    feature: create-users
    title: An odd body
    evidence: inferred
    source: S9
    steps:
      - {send: {method: POST, path: /Users, body: {a: "left\\u202Eright"}}, expect: {status: [400]}}
""")  # fmt: skip
    told = call("show", path, "own.odd", "--pretty").stdout
    assert "left�right" in told
    assert "--json has it" in told
    assert "\u202e" not in told
    assert json.loads(call("show", path, "own.odd", "--json").stdout)[0]["body"] == '{"a":"left\u202eright"}'


@pytest.mark.parametrize(("intent", "text"), [
    (Intent(action="delete", by="client", twice=True, expect="refusal"), "404: it was deleted"),
    (Intent(action="look-up", by="harness", gone=True, query=Query(finds=())), "a list without it"),
    (Intent(action="match", by="client", query=Query(finds=())), "200 and an empty list"),
    (Intent(action="raw", by="client", statuses=frozenset({404, 400})), "status 400 or 404"),
    (Intent(action="raw", by="client", asserts=(Assertion("/totalResults", "equals", 2),
                                                Assertion("header ETag", "is", "present"))),
     "status 2xx; /totalResults equals 2; header ETag is present"),
    (Intent(action="raw", by="client", statuses=frozenset({200}), query=Query(finds=("1",), among=("1", "2"), order=("1",))),
     "status 200; 1 of 1, 2, beside any others; 1 in this order"),
    (Intent(action="patch", by="client", expect="refusal"), "a refusal (4xx), and nothing changed"),
    (Intent(action="patch", by="client", twice=True), "200 and the resource, or 204; nothing changes the second time"),
])  # fmt: skip
def test_expectations_in_words(intent, text):
    assert expectations.expected(intent) == text


# --- lint ---------------------------------------------------------------------------------------


def test_lint_without_files_checks_what_is_built_in(entra):
    told = call("lint")
    assert told.exit_code == 0
    assert f"entra-v2: sound ({len(entra.scenarios)} scenarios)" in told.stdout
    assert "0 errors" in told.stdout


def test_lint_tells_each_error_with_its_line_and_ends_with_2():
    told = call("lint", BAD / "unknown-key.yaml", BAD / "check-unknown.yaml", BAD / "_good.yaml")
    assert told.exit_code == 2
    assert re.search(r"unknown-key\.yaml:\d+: error: ", told.stdout)
    assert re.search(r"check-unknown\.yaml:\d+: error: ", told.stdout)
    assert "3 profiles: " in told.stderr


def test_a_warning_alone_ends_with_0(tmp_path):
    path = own_profile(tmp_path, "features:\n  unproven-thing: A feature nobody tests\n")
    told = call("lint", path)
    assert told.exit_code == 0
    assert "warning: no scenario proves the feature unproven-thing; add one, or remove the feature" in told.stdout
    assert "1 warning" in told.stdout
    quiet = call("lint", "--quiet", path)
    assert (quiet.exit_code, quiet.stdout, quiet.stderr) == (0, "", "")


def test_lint_prints_more_than_an_error_message_would(tmp_path):
    lines = "\n".join(f"  no.such-rule-{n}: {{severity: degraded, source: S9}}" for n in range(30))
    told = call("lint", own_profile(tmp_path, f"requires:\n{lines}\n"))
    assert told.stdout.count("error:") == 30
    assert "30 errors" in told.stderr


def test_a_file_that_is_not_there_is_an_error(tmp_path):
    told = call("lint", tmp_path / "absent.yaml")
    assert told.exit_code == 2
    assert "absent.yaml" in told.stdout


# --- explain ------------------------------------------------------------------------------------


def test_explain_lists_every_check_with_its_level():
    told = call("explain").stdout
    missing = [c.id for c in all_checks().values() if not re.search(rf"  {re.escape(c.id)} +{c.level} ", told)]
    assert missing == []
    listed = json.loads(call("explain", "--json").stdout)
    assert [c["id"] for c in listed] == list(all_checks())


def test_explain_tells_what_the_client_makes_of_it(entra):
    told = call("explain", "list.empty-is-200")
    assert told.exit_code == 0
    assert "https://www.rfc-editor.org/rfc/rfc7644#section-3.4.2" in told.stdout
    assert "the client looks for a resource by filter" in told.stdout
    assert "  entra-v2: blocker\n" in told.stdout
    assert entra.sources["S10"].title in told.stdout
    assert entra.sources["S10"].url in told.stdout


def test_explain_tells_every_check(entra):
    profiles = [entra]
    for rule in all_checks().values():
        told = asdict(check_facts.check_facts(rule, profiles))
        assert told["why"] == rule.why
        assert told["fix"] == rule.fix
        assert set(told["after"]) == rule.on, rule.id
        general = [c for c in told["clients"] if c["scenario"] is None]
        assert len(general) == ("2.0" in rule.scim)
        for each in general:
            written = entra.requires.get(rule.id)
            if written and written.severity == "ignore":
                assert each["severity"] == "ignored"
            if not written:
                by_level = {"MUST": "degraded", "SHOULD": "cosmetic", "MAY": "ignored", "CLIENT": "ignored"}
                assert each["severity"] == by_level[rule.level]


def test_explain_has_words_for_every_action_and_level():
    assert set(check_facts.ACTIONS) == set(typing.get_args(Action))
    assert set(words.LEVELS) == set(typing.get_args(Level))


def test_a_scenario_that_sees_it_otherwise_is_named(tmp_path):
    path = own_profile(tmp_path, """scenarios:
  - id: users.disable
    requires:
      list.status: {severity: cosmetic, source: S9, evidence: documented, consequence: "Nothing much."}
""")  # fmt: skip
    own = loading.load(path)
    views = check_facts.check_facts(all_checks()["list.status"], [own]).clients
    assert [(v.scenario, v.severity) for v in views] == [(None, "blocker"), ("users.disable", "cosmetic")]


@pytest.mark.parametrize(("name", "text"), [
    ("list.empty-is-20", "Did you mean list.empty-is-200"),
    ("delete", "Did you mean delete."),
    ("qqqqqq", "`scim-compat explain` lists them all"),
])  # fmt: skip
def test_an_unknown_check_is_answered_with_the_nearest(name, text):
    told = call("explain", name)
    assert (told.exit_code, told.stdout) == (2, "")
    assert text in told.stderr


def test_explain_leaves_out_a_built_in_that_does_not_load_and_says_so(monkeypatch, tmp_path):
    (tmp_path / "torn.yaml").write_text("format: [", encoding="utf-8")
    monkeypatch.setattr(find, "builtin_dir", lambda: tmp_path)
    told = call("explain", "list.empty-is-200")
    assert told.exit_code == 0
    assert told.stderr == "the built-in profile torn is left out; for details: scim-compat lint\n"
    assert "No built-in profile speaks SCIM " in told.stdout
    good = (BAD / "_good.yaml").read_text(encoding="utf-8")
    name = re.search(r"^id: (\S+)", good, re.MULTILINE)[1]
    (tmp_path / f"{name}.yaml").write_text(good, encoding="utf-8")
    as_json = json.loads(call("explain", "list.empty-is-200", "--json").stdout)
    assert [(each["profile"], each["scenario"]) for each in as_json["clients"]] == [(name, None)]
    unminded = next(rule for rule in all_checks().values() if rule.level == "CLIENT" and "2.0" in rule.scim)
    told = call("explain", unminded.id)
    assert f"  {name}: ignored (the profile does not mention it, and the level is CLIENT)\n" in told.stdout


# --- report -------------------------------------------------------------------------------------


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
        settings = Settings(url="https://h.example/scim/v2", seed=7, out=str(folder))
        chosen = [s for s in profile.scenarios if s.id in {"users.create", "users.disable"}]
        events(header(settings, [profile], {profile.id: chosen}))
    events(ScenarioStarted(profile.id, scenario))
    events.close()
    with path.open("a", encoding="utf-8") as file:
        file.write('{"event":"exch')  # the kill came in the middle of a line
    return path


def test_the_page_is_written_beside_the_results(tmp_path):
    path = results_in(tmp_path / "run")
    told = call("report", path)
    assert (told.exit_code, told.stdout) == (0, f"Report   {tmp_path / 'run' / 'report.html'}\n")
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert build_results()["target"]["url"] in page


def test_a_folder_and_another_place_for_the_page(tmp_path):
    results_in(tmp_path / "run")
    told = call("report", tmp_path / "run", "--out", tmp_path / "page.html")
    assert told.exit_code == 0
    assert (tmp_path / "page.html").stat().st_size > 10_000
    assert not (tmp_path / "run" / "report.html").exists()


def test_several_runs_get_a_page_each(tmp_path):
    results_in(tmp_path / "a")
    results_in(tmp_path / "b")
    told = call("report", tmp_path / "a", tmp_path / "b")
    assert told.exit_code == 0
    assert (tmp_path / "a" / "report.html").is_file()
    assert (tmp_path / "b" / "report.html").is_file()
    refused = call("report", tmp_path / "a", tmp_path / "b", "--out", tmp_path / "one.html")
    assert refused.exit_code == 2
    assert "--out names one page" in refused.stderr


def test_a_killed_run_is_reported_from_its_events(tmp_path, entra):
    events = events_in(tmp_path / "run", entra)
    before = events.read_bytes()
    told = call("report", tmp_path / "run")
    assert told.exit_code == 0
    assert "of an interrupted run" in told.stdout
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert "users.create" in page
    assert sorted(p.name for p in (tmp_path / "run").iterdir()) == ["events.jsonl", "report.html"]
    assert events.read_bytes() == before


def test_what_the_processes_of_a_killed_parallel_run_had_written_is_in_the_page(tmp_path, entra):
    events_in(tmp_path, entra)
    events_in(tmp_path, entra, shard="gw0", scenario="users.disable")
    assert call("report", tmp_path / "events.jsonl").exit_code == 0
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert 'id="entra-v2-users.create"' in page
    assert 'id="entra-v2-users.disable"' in page


def test_results_of_an_earlier_run_are_not_taken_for_those_of_the_killed_one(tmp_path, entra):
    results_in(tmp_path)
    events = events_in(tmp_path, entra)
    os.utime(tmp_path / "results.json", ns=(0, 0))
    assert "interrupted" in call("report", tmp_path).stdout
    os.utime(events, ns=(0, 0))
    os.utime(tmp_path / "results.json", ns=(10**9, 10**9))
    assert "interrupted" not in call("report", tmp_path).stdout


def _mangled() -> str:
    results = build_results()
    del results["profiles"][0]["scenarios"][0]["steps"]
    return json.dumps(results)


@pytest.mark.parametrize(("content", "text"), [
    ("<html>", "not JSON"),
    ("", "not JSON"),
    ("[1, 2]", "not scim-compat results"),
    ('{"schema": "scim-compat/results/99"}', "not scim-compat results of format scim-compat/results/1"),
    ('{"event": "run", "format": "other/1"}', "not the events of a scim-compat run"),
    ('{"event": "run", "format": "scim-compat/events/1"}', "not the events of a run as this version writes them"),
    (_mangled(), "not results as a run writes them: at /profiles/0/scenarios/0"),
    (None, "cannot be read: No such file"),
])  # fmt: skip
def test_a_wrong_file_is_told_in_one_sentence(tmp_path, content, text):
    path = tmp_path / "some.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    told = call("report", path)
    assert (told.exit_code, told.stdout) == (2, "")
    assert text in told.stderr
    assert told.stderr.count("\n") == 1
    assert not (tmp_path / "report.html").exists()


def test_a_folder_without_a_run_and_a_page_that_cannot_be_written(tmp_path):
    told = call("report", tmp_path)
    assert told.exit_code == 2
    assert "neither results.json nor events.jsonl" in told.stderr
    refused = call("report", results_in(tmp_path / "run"), "--out", tmp_path / "no" / "such" / "folder.html")
    assert refused.exit_code == 2
    assert "cannot be written" in refused.stderr


# --- cleanup ------------------------------------------------------------------------------------


class Killed:
    """A good server after a run was killed: its ledger, and what the ledger knows and does not know."""

    def __init__(self, url: str, server: GoodServer, folder: Path) -> None:
        self.url, self.server, self.path = url, server, folder / "ledger.jsonl"
        self.others = {self.make("Users", "ada.other@example.org"), self.make("Groups", "Others")}
        with Ledger(self.path, base_url=url, tag=TAG) as ledger:
            self.user = self.create(ledger, "User", f"mara.{TAG}@scim-compat.example")
            self.group = self.create(ledger, "Group", f"crew {TAG}", [self.user])
            ledger.record_deleted(ledger_number := ledger.intend("User", "userName", f"past.{TAG}@scim-compat.example"))
            assert ledger_number == 3
            # Sent, made, and the answer did not come any more.
            ledger.intend("User", "userName", f"late.{TAG}@scim-compat.example")
            self.late = self.make("Users", f"late.{TAG}@scim-compat.example")
            # Announced, and never sent.
            ledger.intend("User", "userName", f"never.{TAG}@scim-compat.example")

    def make(self, collection: str, name: str, members: list[str] | None = None) -> str:
        attribute, schema = ("userName", "User") if collection == "Users" else ("displayName", "Group")
        body: dict[str, Any] = {"schemas": [f"urn:ietf:params:scim:schemas:core:2.0:{schema}"], attribute: name}
        if members:
            body["members"] = [{"value": m} for m in members]
        with client(self.server) as api:
            answer = api.post(f"/{collection}", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def create(self, ledger: Ledger, kind: str, name: str, members: list[str] | None = None) -> str:
        number = ledger.intend(kind, "userName" if kind == "User" else "displayName", name)
        identifier = self.make(f"{kind}s", name, members)
        ledger.record_created(number, identifier, confirmed=True)
        return identifier

    def change(self, identifier: str, **values: str) -> None:
        operations = [{"op": "replace", "path": path, "value": value} for path, value in values.items()]
        message = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations}
        with client(self.server) as api:
            assert api.patch(f"/Users/{identifier}", json=message).is_success

    def there(self) -> set[str]:
        return {i for records in self.server.store.records.values() for i in records}

    def open(self) -> list[str]:
        return [e.name for e in read(self.path).entries if e.state in {"intended", "created"}]


@pytest.fixture
def kill(tmp_path: Path):
    """Starts a good server and leaves it as a killed run would: ``kill(defects=…)``."""
    servers: list[Any] = []

    def start(**more: Any) -> Killed:
        server = GoodServer(**more)
        running = serve(server)
        url = running.__enter__()
        servers.append(running)
        return Killed(url, server, tmp_path)

    yield start
    for running in servers:
        running.__exit__(None, None, None)


def test_cleanup_deletes_what_was_left_and_nothing_else(kill: Callable[..., Killed]):
    left = kill()
    told = call("cleanup", left.path, token=TOKEN)
    assert told.exit_code == 0, told.output
    assert left.there() == left.others
    assert left.open() == []
    lines = [line.split("(")[0].strip() for line in told.stdout.splitlines()]
    assert lines == [
        f"{left.path}: 4 resources at {left.url}",
        f"not there    User never.{TAG}@scim-compat.example",
        f"deleted      User late.{TAG}@scim-compat.example",
        f"deleted      Group crew {TAG}",
        f"deleted      User mara.{TAG}@scim-compat.example",
        "Nothing is left.",
    ]


def test_the_second_cleanup_has_nothing_to_do_and_needs_no_server(kill: Callable[..., Killed]):
    left = kill()
    assert call("cleanup", left.path.parent, token=TOKEN).exit_code == 0
    told = call("cleanup", left.path.parent, "--url", "http://127.0.0.1:9/none")
    assert told.exit_code == 0
    assert told.stdout == "Nothing to clean up: every resource in the ledger was deleted or never created.\n"


def test_a_folder_stands_for_the_ledgers_of_all_processes(kill: Callable[..., Killed], tmp_path):
    left = kill()
    left.path.rename(tmp_path / "ledger-gw0.jsonl")
    with Ledger(tmp_path / "ledger-gw1.jsonl", base_url=left.url, tag=TAG) as second:
        left.create(second, "User", f"second.{TAG}@scim-compat.example")
    assert call("cleanup", tmp_path, token=TOKEN).exit_code == 0
    assert left.there() == left.others


def test_a_ledger_whose_last_line_was_cut_off_can_be_cleaned_up_and_read_again(kill: Callable[..., Killed]):
    left = kill()
    with left.path.open("a", encoding="utf-8") as file:
        file.write('{"intend": 6, "kind": "User", "by": "userN')
    assert call("cleanup", left.path, token=TOKEN).exit_code == 0
    assert left.there() == left.others
    assert left.open() == []
    assert all(json.loads(line) for line in left.path.read_text(encoding="utf-8").splitlines())


def test_a_last_line_that_lacks_only_its_end_is_kept(kill: Callable[..., Killed]):
    left = kill()
    left.path.write_text(left.path.read_text(encoding="utf-8").rstrip("\n"), encoding="utf-8")
    assert call("cleanup", left.path, token=TOKEN).exit_code == 0
    assert len(read(left.path).entries) == 5


def test_what_does_not_bear_our_name_any_more_is_not_touched(kill: Callable[..., Killed]):
    left = kill()
    left.change(left.user, userName="somebody.real@example.org")
    told = call("cleanup", left.path, token=TOKEN)
    assert told.exit_code == 1
    assert left.there() == {*left.others, left.user}
    assert "does not bear the run's mark any more, so it was not" in told.stdout
    assert "1 resource left" in told.stdout
    assert left.open() == [f"mara.{TAG}@scim-compat.example"]


def test_a_name_that_anybody_could_have_is_not_looked_for(kill: Callable[..., Killed], tmp_path):
    left = kill()
    with Ledger(tmp_path / "ledger-2.jsonl", base_url=left.url, tag=TAG) as ledger:
        ledger.intend("User", "userName", "ada.other@example.org")
    told = call("cleanup", tmp_path / "ledger-2.jsonl", token=TOKEN)
    assert told.exit_code == 1
    assert left.others <= left.there()
    assert "nothing of that name was searched" in " ".join(told.stdout.split())


class Stubborn(GoodServer):
    """Refuses every deletion."""

    def delete(self, *_arguments: Any) -> Any:
        raise ScimError(403, "Deletion is not allowed here.")


def test_a_refused_deletion_is_told_with_its_status(tmp_path):
    server = Stubborn()
    with serve(server) as url:
        left = Killed(url, server, tmp_path)
        told = call("cleanup", left.path, token=TOKEN)
    assert told.exit_code == 1
    assert "the deletion was answered with 403" in " ".join(told.stdout.split())
    assert "3 resources left" in told.stdout
    assert left.there() == {*left.others, left.user, left.group, left.late}


def test_a_dry_run_sends_nothing(kill: Callable[..., Killed]):
    left = kill()
    before = left.path.read_bytes()
    told = call("cleanup", "--dry-run", left.path)
    assert told.exit_code == 1
    assert told.stdout.count("would delete") == 4
    assert left.path.read_bytes() == before
    assert {left.user, left.group, left.late} <= left.there()


@pytest.mark.parametrize(("token", "text"), [("wrong-token", "refused the credential"), (None, "SCIM_TOKEN")])
def test_a_refused_credential_ends_with_3_and_leaves_the_ledger_as_it_is(kill: Callable[..., Killed], token, text):
    left = kill()
    before = left.path.read_bytes()
    told = call("cleanup", left.path, token=token)
    assert told.exit_code == 3
    assert text in " ".join(told.stderr.split())
    assert "wrong-token" not in told.output
    assert left.path.read_bytes() == before
    assert left.user in left.there()


def test_a_server_that_cannot_be_reached_ends_with_3(kill: Callable[..., Killed]):
    left = kill()
    told = call("cleanup", left.path, "--url", "http://127.0.0.1:9/scim/v2", token=TOKEN)
    assert told.exit_code == 3
    assert "cannot be reached" in told.stderr
    assert len(left.open()) == 4


def test_a_wrong_address_does_not_make_everything_look_deleted(kill: Callable[..., Killed]):
    """There every id is answered with 404, which must not be written down as a deletion."""
    left = kill()
    told = call("cleanup", left.path, "--url", left.url.replace("/scim/v2", "/wrong"), token=TOKEN)
    assert told.exit_code == 3
    assert "does not answer as the SCIM endpoint of the run" in " ".join(told.stderr.split())
    assert len(left.open()) == 4


@pytest.mark.parametrize(("status", "kind", "text"), [
    ("404 Not Found", "application/scim+json", "does not answer as the SCIM endpoint"),  # another tenant's path, say
    ("302 Found", "application/scim+json", "does not answer as the SCIM endpoint"),
    ("200 OK", "text/html", "does not answer as the SCIM endpoint of the run: GET /Users answered 200 as text/html"),
    ("503 Service Unavailable", "application/scim+json", "does not work at the moment: GET /Users answered 503"),
    ("403 Forbidden", "application/scim+json", "refused the credential"),
])  # fmt: skip
def test_a_server_that_is_not_the_endpoint_of_the_run_ends_with_3(tmp_path, status, kind, text):
    asked: list[str] = []

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        asked.append(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}")
        start_response(status, [("Content-Type", kind), ("Location", "/login")])
        error = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": status[:3]}
        return [json.dumps(error).encode() if "json" in kind else b"<html>hello</html>"]

    with loopback.serve(app) as origin:
        with Ledger(tmp_path / "ledger.jsonl", base_url=origin, tag=TAG) as ledger:
            ledger.record_created(
                ledger.intend("User", "userName", f"u.{TAG}@scim-compat.example"), "7", confirmed=True
            )
        before = (tmp_path / "ledger.jsonl").read_bytes()
        told = call("cleanup", tmp_path, token=TOKEN)
    assert told.exit_code == 3
    assert text in " ".join(told.stderr.split())
    assert asked == ["GET /Users"]
    assert (tmp_path / "ledger.jsonl").read_bytes() == before


def test_the_endpoint_may_have_moved(kill: Callable[..., Killed]):
    left = kill()
    text = left.path.read_text(encoding="utf-8").replace(left.url, "http://127.0.0.1:9/old")
    left.path.write_text(text, encoding="utf-8")
    told = call("cleanup", left.path, "--url", left.url, token=TOKEN)
    assert told.exit_code == 0
    assert "The run was against http://127.0.0.1:9/old" in told.stdout
    assert left.there() == left.others


@pytest.mark.parametrize(("content", "text"), [
    ("hello\nworld\n", "not a ledger line"),
    ('{"event": "run"}\n', "not a scim-compat ledger"),
    (f'{HEAD}{{"intend": 1}}\n', "is not as a run writes it"),
    (f'{HEAD}{{"intend": 1, "kind": "Device", "by": "displayName", "name": "d"}}\n', "that no run creates"),
    (None, "cannot be read"),
])  # fmt: skip
def test_a_file_that_is_no_ledger_is_refused(tmp_path, content, text):
    path = tmp_path / "ledger.jsonl"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    told = call("cleanup", path)
    assert (told.exit_code, told.stdout) == (2, "")
    assert text in told.stderr


def test_a_folder_without_a_ledger_is_refused(tmp_path):
    told = call("cleanup", tmp_path)
    assert told.exit_code == 2
    assert "no ledger*.jsonl is in it" in told.stderr


def test_the_ledger_of_an_application_in_process_asks_for_the_application(tmp_path):
    with Ledger(tmp_path / "ledger.jsonl", base_url="http://app.invalid/scim/v2", tag=TAG) as ledger:
        ledger.intend("User", "userName", f"u.{TAG}@scim-compat.example")
    told = call("cleanup", tmp_path)
    assert told.exit_code == 2
    assert "--scim-app MODULE:ATTRIBUTE" in told.stderr
