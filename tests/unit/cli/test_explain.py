"""``scim-compat explain``: a check, its reasons, and the clients that depend on it."""

from __future__ import annotations

import json
import re
import typing

import pytest
from scim_compat.checks.registry import all_checks
from scim_compat.cli import check_facts, check_search
from scim_compat.engine.intent import Action
from scim_compat.profile import find
from scim_compat.profile import load as loading
from scim_compat.report import words
from scim_compat.values import Level
from support.commands import invoke
from support.places import BAD_PROFILES as BAD
from support.profiles import own_profile


def test_explain_lists_every_check_with_its_level():
    told = invoke("explain").stdout
    missing = [c.id for c in all_checks().values() if not re.search(rf"  {re.escape(c.id)} +{c.level} ", told)]
    assert missing == []
    listed = json.loads(invoke("explain", "--json").stdout)
    assert [c["id"] for c in listed] == list(all_checks())


def test_explain_tells_what_the_client_makes_of_it(entra):
    told = invoke("explain", "list.empty-is-200")
    assert told.exit_code == 0
    assert "https://www.rfc-editor.org/rfc/rfc7644#section-3.4.2" in told.stdout
    assert "the client looks for a resource by filter" in told.stdout
    assert "  entra-v2: blocker\n" in told.stdout
    assert entra.sources["S10"].title in told.stdout
    assert entra.sources["S10"].url in told.stdout


def test_explain_tells_every_check(entra):
    profiles = [entra]
    for rule in all_checks().values():
        told = check_facts.check_facts(rule, profiles).as_json()
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
    ("list.empty-is-2oo", "Did you mean list.empty-is-200"),
    ("delete.x", "Did you mean delete."),
    ("qqqqqq", "`scim-compat explain` lists them all"),
    ("qqqqqq wwwww", "`scim-compat explain` lists them all"),
])  # fmt: skip
def test_an_unknown_check_is_answered_with_the_nearest(name, text):
    told = invoke("explain", name)
    assert (told.exit_code, told.stdout) == (2, "")
    assert text in told.stderr


@pytest.mark.parametrize(("words", "first"), [
    (("disabled", "users"), "user.disabled"),
    (("Disabled",), "user.disabled"),
    (("delete",), "delete.status"),
    (("stack", "trace"), "http.no-stack-trace"),
    (("member", "removed"), "group.member-removed"),
    (("5xx",), "http.no-server-error"),
    (("startIndex",), "list.start-index"),
    (("empty-is-20",), "list.empty-is-200"),
    (("proxies",), "http.not-html"),  # its remedy alone has the word
])  # fmt: skip
def test_words_find_a_check_by_its_id_its_sentences_and_its_remedy(words, first):
    told = invoke("explain", *words)
    assert told.exit_code == 0
    lines = told.stdout.splitlines()
    assert re.fullmatch(rf"\d+ checks? for {' '.join(words)}", lines[0])
    assert lines[1].split()[0] == first
    assert lines[-1] == f"For details: scim-compat explain {first}"
    found = json.loads(invoke("explain", *words, "--json").stdout)
    assert found["words"] == list(words)
    assert found["hits"][0]["id"] == first
    assert found["hits"][0]["failure"] == all_checks()[first].failure
    scores = [hit["score"] for hit in found["hits"]]
    assert scores == sorted(scores, reverse=True)


def test_a_search_holds_all_of_the_words_if_a_check_does():
    found = check_search.search(["groups", "members"], all_checks().values())
    for hit in found:
        rule = all_checks()[hit.id]
        text = f"{rule.id} {rule.title} {rule.failure} {rule.why} {rule.fix} {rule.fix_1_1}".lower()
        assert "group" in text, hit.id
        assert "member" in text, hit.id
    # Of two words of which no check has one, the other counts.
    assert check_search.search(["members", "qqqq"], all_checks().values()) == check_search.search(
        ["members"], all_checks().values()
    )
    assert check_search.search(["qqqq"], all_checks().values()) == ()
    assert check_search.search(["..."], all_checks().values()) == ()


def test_many_hits_are_cut_in_the_terminal_and_whole_as_json():
    told = invoke("explain", "list").stdout
    whole = json.loads(invoke("explain", "list", "--json").stdout)["hits"]
    assert f"  and {len(whole) - 15} more: give another word, or --json\n" in told
    assert len([line for line in told.splitlines() if line.startswith("  ")]) == 16


def test_a_profile_shows_its_own_view_and_the_scenarios_that_judge_the_check(entra):
    told = invoke("explain", "user.disabled", "--profile", "entra-v2").stdout
    assert "\nBroken" not in told
    assert "  Broken: A disabled user does not read back as inactive\n" in told
    client = told[told.index("\nClient\n") :]
    requirement = entra.requires["user.disabled"]
    assert "  entra-v2: breach\n" in client
    assert " ".join(requirement.consequence.split()) in " ".join(client.split())
    assert entra.sources[requirement.source].title in " ".join(client.split())
    assert "okta" not in client
    facts = json.loads(invoke("explain", "user.disabled", "--profile", "entra-v2", "--json").stdout)
    assert [view["profile"] for view in facts["clients"]] == ["entra-v2"]
    by_id = {scenario.id: scenario for scenario in entra.scenarios}
    severities = {each["id"]: each["severity"] for each in facts["scenarios"]}
    assert severities["users.disable"] == "breach"
    assert severities["on-demand.disable.add"] == "degraded"
    for each in facts["scenarios"]:
        assert each["lowered"] == ("the form is inferred" if by_id[each["id"]].evidence == "inferred" else "")
    assert "  degraded on-demand.disable.add, because the form is inferred\n" in client
    assert json.loads(invoke("explain", "user.disabled", "--json").stdout)["scenarios"] is None


def test_a_profile_of_the_other_version_does_not_judge_the_check():
    told = invoke("explain", "error.shape", "--profile", "okta-scim11")
    assert told.exit_code == 0
    assert "The profile does not speak SCIM 2.0, which the check is for." in told.stdout


def test_a_check_that_shows_when_something_else_fails_has_no_scenario():
    told = invoke("explain", "me.location", "--profile", "entra-v2").stdout
    assert "No scenario reaches it while all goes well: it applies when something else fails." in told


@pytest.mark.parametrize("arguments", [("--profile", "okta"), ("disabled", "--profile", "okta"), ("--order", "--profile", "okta")])  # fmt: skip
def test_a_profile_goes_with_a_check(arguments):
    told = invoke("explain", *arguments)
    assert told.exit_code == 2
    assert "--profile goes with the id of a check" in told.stderr


def test_a_severity_that_does_not_count_is_told_with_the_reason(entra, tmp_path):
    """Entra's rule rests on an inference: the file says blocker, and a run says degraded."""
    rule = all_checks()["patch.untouched"]
    assert (entra.requires[rule.id].severity, entra.requires[rule.id].evidence) == ("blocker", "inferred")
    [view] = check_facts.check_facts(rule, [entra]).clients
    assert (view.severity, view.stated, view.lowered) == ("degraded", "blocker", "the requirement is inferred")
    told = invoke("explain", rule.id).stdout
    assert "  entra-v2: blocker, lowered to degraded because the requirement is inferred\n" in told
    path = own_profile(tmp_path, """scenarios:
  - id: users.disable
    evidence: disputed
""")  # fmt: skip
    own = loading.load(path)
    facts = check_facts.check_facts_for(all_checks()["user.disabled"], own)
    [scenario] = [each for each in facts.scenarios if each.id == "users.disable"]
    assert (scenario.severity, scenario.lowered) == ("degraded", "the form is disputed")
    assert facts.clients[0].stated is None


def test_explain_leaves_out_a_built_in_that_does_not_load_and_says_so(monkeypatch, tmp_path):
    (tmp_path / "torn.yaml").write_text("format: [", encoding="utf-8")
    monkeypatch.setattr(find, "builtin_dir", lambda: tmp_path)
    told = invoke("explain", "list.empty-is-200")
    assert told.exit_code == 0
    assert told.stderr == "the built-in profile torn is left out; for details: scim-compat lint\n"
    assert "No built-in profile speaks SCIM " in told.stdout
    good = (BAD / "_good.yaml").read_text(encoding="utf-8")
    name = re.search(r"^id: (\S+)", good, re.MULTILINE)[1]
    (tmp_path / f"{name}.yaml").write_text(good, encoding="utf-8")
    as_json = json.loads(invoke("explain", "list.empty-is-200", "--json").stdout)
    assert [(each["profile"], each["scenario"]) for each in as_json["clients"]] == [(name, None)]
    unminded = next(rule for rule in all_checks().values() if rule.level == "CLIENT" and "2.0" in rule.scim)
    told = invoke("explain", unminded.id)
    assert f"  {name}: ignored (the profile does not mention it, and the level is CLIENT)\n" in told.stdout
