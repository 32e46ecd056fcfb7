"""``scim-compat explain``: a check, its reasons, and the clients that depend on it."""

from __future__ import annotations

import json
import re
import typing

import pytest
from scim_compat.checks.registry import all_checks
from scim_compat.cli import check_facts
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
    ("list.empty-is-20", "Did you mean list.empty-is-200"),
    ("delete", "Did you mean delete."),
    ("qqqqqq", "`scim-compat explain` lists them all"),
])  # fmt: skip
def test_an_unknown_check_is_answered_with_the_nearest(name, text):
    told = invoke("explain", name)
    assert (told.exit_code, told.stdout) == (2, "")
    assert text in told.stderr


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
