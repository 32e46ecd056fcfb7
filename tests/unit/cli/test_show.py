"""``scim-compat show``: a profile, and its requests byte for byte."""

from __future__ import annotations

import json
import re

import pytest
from scim_compat.cli import outgoing
from support.commands import invoke
from support.profiles import own_profile


def test_show_names_every_scenario_source_and_requirement(entra):
    told = invoke("show", "entra-v2", "--summary")
    assert told.exit_code == 0
    missing = [s.id for s in entra.scenarios if f"    {s.id}\n" not in told.stdout]
    missing += [key for key in entra.sources if f"  {key}: " not in told.stdout]
    missing += [check for check in entra.requires if not re.search(rf"\b{re.escape(check)}\b", told.stdout)]
    missing += [f.id for f in entra.features if f"({f.id})" not in told.stdout]
    assert missing == []
    assert f"{entra.not_covered[0][0][:40]}" in told.stdout


def test_show_as_json_is_the_profile_without_its_steps(entra):
    told = json.loads(invoke("show", "entra-v2", "--summary", "--json").stdout)
    assert [s["id"] for s in told["scenarios"]] == [s.id for s in entra.scenarios]
    assert told["requires"]["list.empty-is-200"]["severity"] == "blocker"
    assert told["sources"]["S10"]["url"].startswith("https://")
    assert {f["id"] for f in told["features"]} == {f.id for f in entra.features}


def test_show_prints_a_request_byte_for_byte():
    told = invoke("show", "entra-v2", "users.disable").stdout
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
    told = invoke("show", "entra-v2", "users.disable").stdout
    scenario = next(s for s in entra.scenarios if s.id == "users.disable")
    assert f"3.1  harness  reads back: user alice holds what was written  line {scenario.steps[2].where.line}" in told
    assert "expects 200 and the resource; active is false;" in told
    assert str(scenario.where) in told
    for key in scenario.source:
        assert f"{key}: {entra.sources[key].title[:40]}" in told


def test_show_indents_bodies_for_reading_on_demand():
    assert '\n    {\n      "op": "replace",\n' in invoke("show", "entra-v2", "users.disable", "--pretty").stdout


def test_show_all_as_json_pins_what_goes_out(entra):
    sent = json.loads(invoke("show", "entra-v2", "--json").stdout)
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


def test_the_seed_changes_the_people():
    one, same, other = (invoke("show", "entra-v2", "users.create", "--seed", s).stdout for s in ("3", "3", "4"))
    assert one == same
    assert one != other


@pytest.mark.parametrize(("glob", "expected"), [
    ("users.disable", ["users.disable"]),
    ("manager.clear", ["manager.clear.value-filter", "manager.clear.empty-text", "manager.clear.empty-object"]),
    ("manager.*.empty-text", ["manager.clear.empty-text"]),
    ("accounts", ["accounts.page", "accounts.all-pages"]),
])  # fmt: skip
def test_a_pattern_chooses_scenarios_and_variants(glob, expected):
    sent = json.loads(invoke("show", "entra-v2", glob, "--json").stdout)
    assert list(dict.fromkeys(one["scenario"] for one in sent)) == expected


def test_a_crowd_is_told_about_and_not_printed(entra):
    told = invoke("show", "entra-v2", "members.large-group").stdout
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
    told = invoke("show", *arguments)
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
    told = invoke("show", path, "own.odd", "--pretty").stdout
    assert "left�right" in told
    assert "--json has it" in told
    assert "\u202e" not in told
    assert json.loads(invoke("show", path, "own.odd", "--json").stdout)[0]["body"] == '{"a":"left\u202eright"}'
