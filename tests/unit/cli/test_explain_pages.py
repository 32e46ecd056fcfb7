"""What users read of the checks: an example that really fails, one page each, and the order in which to fix."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner
from scim_compat.checks.examples import Message, examples
from scim_compat.checks.registry import all_checks
from scim_compat.checks.severity import severity_of
from scim_compat.cli import catalogue, check_pages, cli
from scim_compat.cli import order as ordering
from scim_compat.cli.check_facts import ClientView, ProfileSource, check_facts
from scim_compat.cli.order import PARTS, OrderPart, order, weights
from scim_compat.profile.find import builtin
from scim_compat.profile.load import load
from scim_compat.report.findings import precedence, severity_order
from scim_compat.report.pages import pages
from scim_compat.values import MISSING, Severity
from support.page import Page
from support.profiles import rehearsed
from tools import examples as tool

CHECKS = all_checks()
FEW = 12
"""Every so many examples are made again: those of all checks would take longer than all other tests of the command."""


def call(*arguments):
    return CliRunner().invoke(cli, ["explain", *arguments], prog_name="scim-compat")


@cache
def loaded():
    return {name: load(name) for name in builtin()}


@pytest.fixture(scope="module")
def ordered():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ordering, "rehearse", lambda profile, scenario: rehearsed(profile.id, scenario.id))
        return order(loaded().values())


@pytest.fixture(scope="module", autouse=True)
def loaded_once(ordered):
    """Each call of the command would load and rehearse every profile, which takes seconds; once is enough here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(catalogue, "load_usable", lambda: list(loaded().values()))
        for module in (ordering, check_pages):
            patch.setattr(module, "order", lambda profiles: ordered if profiles == list(loaded().values()) else None)
        yield


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """(what the command says, the folder with its pages, the pages by name)."""
    out = tmp_path_factory.mktemp("explained") / "new" / "folder"
    told = call("--all", "--out", str(out))
    assert (told.exit_code, told.stderr) == (0, "")
    return told.stdout, out, {path.name: Page(path.read_text(encoding="utf-8")) for path in out.iterdir()}


# --- examples -------------------------------------------------------------------------------------


def test_every_check_has_an_example_that_shows_what_is_wrong():
    assert list(examples()) == list(CHECKS)
    for check, shown in examples().items():
        assert re.fullmatch(r"(GET|POST|PUT|PATCH|DELETE) /\S*", shown.request.line), check
        assert (shown.response is None) == bool(shown.failure), check
        assert shown.message or any(value is not MISSING for value in (shown.expected, shown.actual)), check
        for message in filter(None, (shown.request, shown.before, shown.response)):
            assert message.body.count("\n") < tool.LINES, check
        assert shown.response is None or re.match(r"[1-5]\d\d\b", shown.response.line), check


def test_examples_tell_no_secret_and_nothing_of_a_machine():
    text = tool.OUT.read_text(encoding="utf-8")
    assert "good-token" not in text
    assert not re.search(r"127\.0\.0\.1|localhost", text)
    hosts = set(re.findall(r"https?://([^/\s\"\\<>]+)", text))
    known = ("example", "example.com", "example.net", "example.org", "rfc-editor.org", "w3.org", "ietf.org")
    assert {host for host in hosts if not host.rpartition(":")[0].endswith(known) and not host.endswith(known)} == set()


def test_few_examples_come_from_cases():
    """A broken server shows more than a made-up answer: its example is a request that a client really sends."""
    cases = [check for check, shown in examples().items() if "case" in shown.made]
    assert len(cases) <= len(CHECKS) // 5
    assert all(examples()[check].server == "" for check in cases)


MADE_BY_SERVERS = [check for check in CHECKS if check in examples() and "defect" in examples()[check].made]


@pytest.mark.parametrize("check", MADE_BY_SERVERS[::FEW])
def test_the_broken_server_of_an_example_fails_its_check_again(check):
    shown = examples()[check]
    assert shown.where in tool.made_again(shown.made, check, loaded())


def test_the_case_of_an_example_fails_its_check_again():
    cases = [check for check in CHECKS if "case" in examples()[check].made]
    for check in cases:
        assert examples()[check].where in tool.made_again(examples()[check].made, check, loaded()), check


def test_an_example_of_a_sound_server_would_be_noticed(monkeypatch):
    check = MADE_BY_SERVERS[0]
    sound = tool.GoodServer
    monkeypatch.setattr(tool, "GoodServer", lambda _defects: sound())
    assert tool.made_again(examples()[check].made, check, loaded()) == []


@pytest.mark.parametrize(
    ("where", "kept"), [("", "k0"), ("/k3", "k3"), ("/k60", "k60"), ("/k99", "k99"), ("/nowhere", "k0")]
)
def test_a_long_body_is_cut_to_the_lines_in_question(where, kept):
    body = json.dumps({f"k{n}": n for n in range(100)})
    lines = tool.snippet(body, where).split("\n")
    assert len(lines) <= tool.LINES
    assert any(line.strip().startswith(f'"{kept}"') for line in lines)
    assert "…" in lines


def test_a_short_body_is_kept_whole():
    assert tool.snippet('{"a":[1]}', "/a") == '{\n  "a": [\n    1\n  ]\n}'
    assert tool.snippet("", "status") == ""


# --- the command ----------------------------------------------------------------------------------


@pytest.mark.parametrize("check", ["create.status", "group.member-removed", "http.in-time"])
def test_explain_shows_the_example(check):
    told, shown = call(check).stdout, examples()[check]
    assert "\nExample\n" in told
    assert f"    {shown.request.line}\n" in told
    if shown.response:
        assert f"    {shown.response.line}\n" in told
    if shown.actual is not MISSING:
        assert "    actual  " in told
    assert "made" not in json.loads(call(check, "--json").stdout)["example"]


def test_explain_prints_the_order(ordered):
    told = call("--order").stdout
    rows = [row for part in ordered for row in part.checks]
    found = re.findall(r"^ +(\d+)  ([a-z]+) .*  ([a-z]+\.[a-z0-9-]+)(?:  +([\d,]+) scenarios?)?$", told, re.MULTILINE)
    assert [(int(number), severity, check) for number, severity, check, _ in found] == [
        (number, row.severity, row.id) for number, row in enumerate(rows, 1)
    ]
    assert [int(count.replace(",", "") or 0) for *_, count in found] == [row.scenarios for row in rows]
    titles = [told.index(part.title) for part in ordered if part.checks]
    assert titles == sorted(titles)
    as_json = json.loads(call("--order", "--json").stdout)
    assert as_json == [asdict(part) | {"checks": [asdict(row) for row in part.checks]} for part in ordered]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["create.status", "--order"], "give CHECK, --order or --all: one of them"),
        (["--all", "--order", "--out", "x"], "give CHECK, --order or --all: one of them"),
        (["--all"], "--all and --out DIR go together"),
        (["--out", "x"], "--all and --out DIR go together"),
        (["--all", "--out", "x", "--json"], "--all writes HTML"),
    ],
)
def test_what_does_not_go_together_is_refused(arguments, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    told = call(*arguments)
    assert told.exit_code == 2
    assert words in told.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("x")
    told = call("--all", "--out", str(tmp_path / "file"))
    assert told.exit_code == 2
    assert f"--out {tmp_path / 'file'}: the pages cannot be written: File exists" in " ".join(told.stderr.split())


# --- the order ------------------------------------------------------------------------------------


def test_every_check_stands_once_in_the_order(ordered):
    ids = [row.id for part in ordered for row in part.checks]
    assert sorted(ids) == list(CHECKS)
    assert [part.key for part in ordered] == list(PARTS)


def test_the_order_follows_from_the_profiles(ordered):
    for part in ordered:
        for row in part.checks:
            rule = CHECKS[row.id]
            given = [
                severity_of(rule, p, s)[0]
                for p in loaded().values()
                if p.scim in rule.scim
                for s in (None, *p.scenarios)
            ]
            worst = min((severity_order(s) for s in given if s), default=None)
            assert row.severity == "ignored" or severity_order(row.severity) >= worst, row
            if part.key == "first":
                assert row.severity in {"breach", "blocker"}
                assert row.features * 2 >= row.of_features > 0
            else:
                assert row.severity == part.key
                assert row.severity not in {"breach", "blocker"} or row.features * 2 < row.of_features
        keys = [
            precedence(check_pages.judged(r.severity), scenarios=r.scenarios, profiles=r.profiles, check=r.id)
            for r in part.checks
        ]
        assert keys == sorted(keys)


def test_what_all_else_needs_comes_before_what_one_feature_needs(ordered):
    place = {row.id: n for n, row in enumerate(row for part in ordered for row in part.checks)}
    way = ["http.json", "create.status", "read.status", "user.disabled", "group.member-removed", "patch.status",
           "list.pages-complete", "error.shape", "http.no-stack-trace"]  # fmt: skip
    assert [place[check] for check in way] == sorted(place[check] for check in way)


def test_weights_count_the_scenarios_that_reach_a_check():
    profile = loaded()["okta-spec"]
    found = weights([profile])
    creating = {
        s.id for s in profile.scenarios if any(step.verb == "create" or step.kind == "given" for step in s.steps)
    }
    assert {s for _, s in found["create.status"].scenarios} == creating
    assert found["create.status"].severity == "blocker"
    assert found["group.member-removed"].scenarios == set()
    assert found["bystander.unchanged"].profiles == {"okta-spec"}


# --- pages ----------------------------------------------------------------------------------------


def test_one_page_for_each_check_beside_list_and_order(written):
    said, out, found = written
    assert set(found) == {f"{check}.html" for check in CHECKS} | {"index.html", "order.html"}
    assert said.split() == [str(len(found)), "pages;", "begin", "with", str(out / "index.html")]


def test_every_page_is_sound_and_asks_for_nothing(written):
    *_, found = written
    ids = {name: [a["id"] for _, a in page.elements if "id" in a] for name, page in found.items()}
    for name, page in found.items():
        assert page.faults == [], name
        assert page.open == [], name
        assert {"script", "img", "link", "iframe", "form"} & {tag for tag, _ in page.elements} == set()
        [policy] = [m["content"] for m in page.all("meta") if m.get("http-equiv") == "Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert len(ids[name]) == len(set(ids[name])), name
        assert len(page.all("h1")) == 1
        for link in page.all("a"):
            file, _, fragment = link["href"].partition("#")
            if not file.startswith("https://"):
                assert not fragment or fragment in ids[file or name], (name, link)


def test_a_page_tells_all_there_is(written):
    *_, found = written
    profiles = list(loaded().values())

    def bare(text):
        """Without what a page may set apart: spaces and the marks of code."""
        return re.sub(r"[\s`]", "", text)

    for check, rule in CHECKS.items():
        text = bare(found[f"{check}.html"].text)
        told = check_facts(rule, profiles).as_json()
        said = [rule.title, rule.why, rule.fix, rule.id, told["example"]["request"]["line"]]
        said += [client[key] for client in told["clients"] for key in ("profile", "consequence")]
        said += [cite["text"] for cite in told["cites"]]
        assert [one for one in said if bare(one) not in text] == [], check


def test_the_list_and_the_order_lead_to_every_page(written):
    *_, found = written
    for name in ("index.html", "order.html"):
        assert {f"{check}.html" for check in CHECKS} <= {link["href"] for link in found[name].all("a")}
    assert "What to fix first" in found["order.html"].text
    assert "rehearsed without a server" in found["order.html"].text


def test_text_of_profiles_and_servers_cannot_become_markup(ordered):
    rule = CHECKS["create.status"]
    evil = '</pre><script>alert(1)</script>"\u202e'
    facts = check_facts(rule, [loaded()["entra-v2"]])
    view = ClientView(profile=evil, scenario=evil, severity=Severity.BREACH, by="profile", stated=Severity.BREACH, lowered=evil, consequence=evil, evidence=evil,
                      source=ProfileSource("S1", evil, "javascript:alert(1)"))  # fmt: skip
    example = replace(facts.example, server=evil, step=evil, where=evil, expected=evil, actual={evil: evil}, message=evil,
                      response=Message(evil, ((evil, evil),), evil))  # fmt: skip
    facts = replace(facts, why=evil, fix=evil, clients=(view,), example=example)
    rows = tuple(row for part in ordered for row in part.checks if row.id == rule.id)
    for name, html in pages(check_pages.parts({rule.id: facts}, [OrderPart("first", evil, evil, rows)])):
        found = Page(html)
        assert "script" not in {tag for tag, _ in found.elements}, name
        assert found.faults == []
        assert "\u202e" not in html
        assert not any(link["href"].startswith("javascript:") for link in found.all("a"))


def test_the_tool_runs_as_a_script():
    """It is called by its path, so it must find the checkout and the tests by itself."""
    spec = importlib.util.spec_from_file_location("examples_as_script", Path(tool.__file__))
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
        assert module.OUT.is_file()
    finally:
        del sys.modules[spec.name]
