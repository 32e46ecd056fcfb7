"""events.jsonl to results.json: whole runs, cut-off runs, and runs in several processes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from scim_compat import results as package
from scim_compat.errors import RecordFileError
from scim_compat.results.causes import causes
from scim_compat.results.collate import collate
from scim_compat.results.document import Leftover
from scim_compat.results.document.parsing import parse
from scim_compat.results.document.target import CapabilityInfo
from scim_compat.results.events import (
    BystandersCompared,
    CapabilitiesRead,
    CleanedUp,
    RunNote,
    ScenarioEnded,
    ScenarioStarted,
)
from scim_compat.results.model import CheckResult, ClaimTopic, Obstacle, ScenarioResult
from scim_compat.results.stream import EventWriter
from scim_compat.values import Outcome, Severity
from support.streams import EXCHANGE, FAIL, PASS, SCENARIOS, footer, play, profile_header, started, step

FORMAT = json.loads((Path(package.__file__).parent / "results.schema.json").read_text())


@pytest.fixture
def stream(tmp_path):
    made = EventWriter(tmp_path / "events.jsonl")
    yield made
    made.close()


def collated(stream, *, valid=True):
    """(what collate tells, results.json as read, with its schema kept)."""
    stream._file.flush()
    out = stream.path.with_name("results.json")
    told = collate(stream.path, out)
    found = json.loads(out.read_text())
    if valid:
        jsonschema.Draft202012Validator(FORMAT).validate(found)
    assert not list(out.parent.glob("*.part"))
    return told, found


def whole_run(stream):
    stream(started())
    for one in SCENARIOS:
        play(stream, one)
    footer(stream)


def test_a_whole_run(stream):
    whole_run(stream)
    told, found = collated(stream)
    assert found["verdict"] == "compatible"
    assert found["run"]["complete"] is True
    assert found["run"]["interrupted"] is None
    [profile] = found["profiles"]
    assert profile["counts"] == {
        "scenarios": 3,
        "passed": 3,
        "failed": 0,
        "skipped": 0,
        "errored": 0,
        "not_applicable": 0,
        "requests": 3,
    }
    assert (told.played, told.errored, told.worst_open) == (3, 0, None)
    assert profile["scenarios"][0]["steps"][0]["exchange"] == EXCHANGE
    assert profile["scenarios"][0]["steps"][0]["checks"] == [
        {"id": "create.status", "outcome": "pass", "level": "MUST"}
    ]


def test_findings_of_two_rules_are_two(stream):
    stream(started())
    one = CheckResult(id="x.status", outcome=Outcome.FAIL, level="MUST", severity=Severity.DEGRADED, title="One rule")
    play(stream, "users.create", one, replace(one, title="Another rule"), outcome="fail", severity="degraded")
    footer(stream)
    _, found = collated(stream)
    failed = [one.check for one in parse(found).failed_checks()]
    assert {(f.id, f.title) for f in failed} == {("x.status", "One rule"), ("x.status", "Another rule")}


def test_findings_are_counted_by_check_worst_first(stream):
    stream(started())
    mild = CheckResult(
        id="x.mild",
        outcome=Outcome.FAIL,
        level="MUST",
        severity=Severity.COSMETIC,
        title="Mild",
        consequence="c",
        where="header X",
    )
    play(stream, "users.create", mild, severity="cosmetic")
    play(stream, "users.disable", mild, FAIL, outcome="fail", severity="breach")
    play(stream, "groups.create", CheckResult(id="x.mild", outcome=Outcome.FAIL, level="MUST", severity=Severity.DEGRADED, title="Mild", consequence="worse", where="header X"),
         outcome="fail", severity="degraded")  # fmt: skip
    footer(stream)
    told, found = collated(stream)
    assert told.worst_open == "breach"
    one, two = causes(parse(found))
    assert [(f.checks, f.severity, [len(hit.scenarios) for hit in f.hits]) for f in (one, two)] == [
        (("user.disabled",), "breach", [1]),
        (("x.mild",), "degraded", [3]),
    ]
    assert two.hits[0].consequence == "worse"
    assert found["verdict"] == "incompatible"
    assert {f["id"]: f["verdict"] for f in found["profiles"][0]["features"]} == {
        "create-users": "compatible", "deactivate-users": "incompatible", "groups": "limited"}  # fmt: skip
    [written] = [c for c in found["profiles"][0]["scenarios"][1]["steps"][0]["checks"] if c["id"] == "user.disabled"]
    assert (written["expected"], written["actual"], written["cites"]) == (False, True, ["RFC7644-3.5.2"])


@pytest.mark.parametrize("outcome", Outcome)
def test_the_topic_of_a_check_stands_beside_it_in_the_stream_and_not_in_the_results(stream, outcome):
    failure = {"severity": Severity.DEGRADED, "title": "T", "consequence": "c"} if outcome is Outcome.FAIL else {}
    check = CheckResult(id="x.y", outcome=outcome, level="MUST", topic=ClaimTopic.FILTER, **failure)
    stream(started())
    play(stream, "users.create", check, PASS)
    footer(stream)
    _, found = collated(stream)
    events = [json.loads(line) for line in stream.path.read_text(encoding="utf-8").splitlines()]
    assert [e.get("topic") for e in events if e["event"] == "check"] == ["filter", None]
    assert not [e for e in events if "topic" in e.get("check", {})]
    assert "topic" not in json.dumps(found)


def test_scenarios_stand_in_the_profile_s_order(stream):
    stream(started())
    for one in reversed(SCENARIOS):
        play(stream, one)
    play(stream, "run.bystanders", feature="integrity")
    footer(stream)
    _, found = collated(stream)
    assert [s["id"] for s in found["profiles"][0]["scenarios"]] == [*SCENARIOS, "run.bystanders"]


def test_a_run_without_its_last_line_was_killed(stream):
    stream(started())
    play(stream, "users.create")
    told, found = collated(stream)
    assert found["run"]["complete"] is False
    assert "killed" in found["run"]["interrupted"]
    assert found["run"]["ended"] is None
    assert found["verdict"] == "unproven"
    assert told.played == 1


@pytest.mark.parametrize("cut", [1, 2, 20, 60, 150])
def test_a_half_line_is_ignored(stream, cut):
    stream(started())
    play(stream, "users.create")
    stream(ScenarioStarted("demo", "users.disable"))
    stream(step(FAIL))
    stream._file.flush()
    stream.path.write_bytes(stream.path.read_bytes()[:-cut])
    _, found = collated(stream)
    scenarios = found["profiles"][0]["scenarios"]
    assert [(s["id"], s["outcome"]) for s in scenarios] == [("users.create", "pass"), ("users.disable", "error")]
    assert scenarios[1]["reason"] == "interrupted"


def test_what_was_found_before_the_kill_counts(stream):
    stream(started())
    stream(ScenarioStarted("demo", "users.disable"))
    stream(step(FAIL))
    told, found = collated(stream)
    assert found["verdict"] == "incompatible"
    assert found["profiles"][0]["scenarios"][0]["severity"] == "breach"
    assert told.errored == 1


def test_an_interrupted_run_says_why(stream):
    stream(started())
    play(stream, "users.create")
    footer(stream, "stopped by the user (Ctrl-C)")
    _, found = collated(stream)
    assert found["run"]["interrupted"] == "stopped by the user (Ctrl-C)"
    assert found["run"]["complete"] is False
    assert found["verdict"] == "unproven"


def test_a_selection_is_unproven_for_the_rest(stream):
    stream(started(profile_header(selected=["users.create"])))
    play(stream, "users.create")
    footer(stream)
    _, found = collated(stream)
    assert found["run"]["complete"] is True
    assert found["verdict"] == "unproven"
    assert found["profiles"][0]["why"].startswith("Only a part of the profile ran (1 of 3 scenarios)")
    assert found["profiles"][0]["counts"]["scenarios"] == 1


def test_what_does_not_apply_is_neither_passed_nor_skipped(stream):
    stream(started())
    play(stream, "users.create")
    play(stream, "users.disable")
    play(stream, "groups.create", outcome="skip", applicable=False, reason="the target lists no Group")
    footer(stream)
    _, found = collated(stream)
    counts = found["profiles"][0]["counts"]
    assert (counts["passed"], counts["skipped"], counts["not_applicable"]) == (2, 0, 1)
    assert found["verdict"] == "compatible"
    assert found["profiles"][0]["features"][2]["verdict"] == "not-applicable"


def test_the_comparison_of_the_others_is_not_counted_however_many_processes_make_it(stream):
    stream(started())
    for one in SCENARIOS:
        play(stream, one)
    for shard in range(16):
        play(stream, f"run.bystanders.gw{shard}", feature="integrity")
    footer(stream)
    told, found = collated(stream)
    [profile] = found["profiles"]
    counts = profile["counts"]
    assert (counts["scenarios"], counts["passed"], counts["requests"]) == (3, 3, 3 + 16)
    assert told.document.not_reached == 0
    assert profile["why"] == "All 3 scenarios passed."
    assert profile["features"][-1] == {
        "id": "integrity",
        "title": "Integrity",
        "verdict": "compatible",
        "scenarios": 16,
    }


def test_a_change_of_the_others_alone_makes_incompatible(stream):
    stream(started())
    for one in SCENARIOS:
        play(stream, one)
    play(stream, "run.bystanders", FAIL, feature="integrity", outcome="fail", severity="breach")
    footer(stream)
    _, found = collated(stream)
    assert found["verdict"] == "incompatible"
    assert found["profiles"][0]["counts"]["failed"] == 0
    assert found["profiles"][0]["why"].startswith("A change of accounts that no scenario names: ")


def test_a_part_lists_the_features_that_were_asked_for(stream):
    stream(started(profile_header(selected=["users.disable"])))
    play(stream, "users.disable", FAIL, outcome="fail", severity="degraded")
    play(stream, "run.bystanders", feature="integrity")
    footer(stream)
    told, found = collated(stream)
    [profile] = found["profiles"]
    assert [feature["id"] for feature in profile["features"]] == ["deactivate-users", "integrity"]
    assert (profile["is_part"], profile["verdict"]) == (True, "unproven")
    assert told.document.profiles[0].headline == "failed: 1 of 1 chosen (a part of the profile)"


def test_a_feature_of_which_a_part_was_asked_for_is_not_proven(stream):
    header = profile_header(selected=["users.create"])
    header["scenarios"][1]["feature"] = "create-users"
    stream(started(header))
    play(stream, "users.create")
    footer(stream)
    _, found = collated(stream)
    assert found["profiles"][0]["features"] == [
        {"id": "create-users", "title": "Create-Users", "verdict": "unproven", "scenarios": 1}
    ]


@pytest.mark.parametrize(
    ("obstacle", "without", "headline"),
    [
        (Obstacle.TARGET, ["Groups"], "compatible, without groups"),
        (Obstacle.RUN, [], "compatible"),
        (None, [], "compatible"),  # an older stream does not say
    ],
)
def test_a_feature_that_the_target_does_not_offer_stands_in_the_headline(stream, obstacle, without, headline):
    stream(started())
    play(stream, "users.create")
    play(stream, "users.disable")
    play(stream, "groups.create", outcome="skip", applicable=False, reason="no groups", obstacle=obstacle)
    footer(stream)
    told, found = collated(stream)
    assert found["profiles"][0]["without"] == without
    assert told.document.profiles[0].headline == headline
    assert found["profiles"][0]["why"] == "All 2 scenarios that apply passed."


def test_a_client_of_the_other_version_is_not_applicable_and_not_counted(stream):
    stream(started(profile_header("one"), profile_header("other")))
    for name in SCENARIOS:
        play(stream, name, profile="one")
    for name in SCENARIOS:
        play(stream, name, profile="other", outcome="skip", applicable=False, reason="it speaks SCIM 2.0.",
             obstacle=Obstacle.VERSION)  # fmt: skip
    footer(stream)
    told, found = collated(stream)
    assert [each["verdict"] for each in found["profiles"]] == ["compatible", "not-applicable"]
    assert found["verdict"] == "compatible"
    assert found["profiles"][1]["why"] == "Not tested: it speaks SCIM 2.0."
    assert found["profiles"][1]["without"] == []
    assert told.document.profiles[1].headline == "not applicable"


def test_where_no_client_is_of_the_endpoint_s_version_nothing_is_proven(stream):
    stream(started())
    for name in SCENARIOS:
        play(stream, name, outcome="skip", applicable=False, reason="it speaks SCIM 2.0", obstacle=Obstacle.VERSION)
    footer(stream)
    told, found = collated(stream)
    assert (found["verdict"], found["profiles"][0]["verdict"]) == ("unproven", "not-applicable")
    assert told.played == 0


def test_shards_are_joined(stream):
    stream(started())
    shards = []
    for number, names in enumerate([["groups.create"], ["users.disable", "users.create"]]):
        shard = EventWriter(stream.path.with_name(f"events-gw{number}.jsonl"))
        shard(CapabilitiesRead(CapabilityInfo(provider_config=None, resource_types=("User",), schemas=None)))
        for name in names:
            play(shard, name)
        shard(CleanedUp(2, (Leftover("User", f"u{number}", "w"),)))
        shard(BystandersCompared(2, ()))
        shard(RunNote("the same note"))
        shard.close()
        shards.append(shard.path)
    stream.append(shards)
    footer(stream)
    _, found = collated(stream)
    assert not any(s.exists() for s in shards)
    assert [s["id"] for s in found["profiles"][0]["scenarios"]] == SCENARIOS
    assert found["cleanup"] == {"deleted": 4, "left": [{"type": "User", "id": f"u{n}", "why": "w"} for n in (0, 1)]}
    assert found["bystanders"]["checked"] == 4
    assert found["errors"] == ["the same note"]
    assert found["verdict"] == "compatible"
    assert found["target"]["capabilities"]["resource_types"] == ["User"]


def test_a_shard_that_was_cut_off_does_not_swallow_the_next(stream):
    stream(started())
    cut, good = (EventWriter(stream.path.with_name(f"events-gw{n}.jsonl")) for n in (0, 1))
    play(cut, "users.create")
    cut(ScenarioStarted("demo", "users.disable"))
    cut.close()
    cut.path.write_bytes(cut.path.read_bytes()[:-9])
    play(good, "groups.create")
    good.close()
    stream.append([cut.path, good.path])
    footer(stream, "a worker died")
    _, found = collated(stream)
    outcomes = {s["id"]: s["outcome"] for s in found["profiles"][0]["scenarios"]}
    assert outcomes["users.create"] == outcomes["groups.create"] == "pass"


def test_two_profiles_are_kept_apart(stream):
    stream(started(profile_header("one"), profile_header("two")))
    for name in SCENARIOS:
        play(stream, name, profile="one")
    for name in SCENARIOS:
        fails = name == "users.disable"
        play(
            stream,
            name,
            *([FAIL] if fails else []),
            profile="two",
            outcome="fail" if fails else "pass",
            severity="breach" if fails else None,
        )
    footer(stream)
    told, found = collated(stream)
    assert [p["verdict"] for p in found["profiles"]] == ["compatible", "incompatible"]
    assert found["verdict"] == "incompatible"
    [cause] = causes(parse(found))
    [hit] = cause.hits
    hurt = found["profiles"][hit.profile]
    assert (told.worst_open, hurt["id"]) == ("breach", "two")
    assert [hurt["scenarios"][s]["id"] for s in hit.scenarios] == ["users.disable"]


def test_hostile_text_survives(stream):
    evil = "\ud800 \u202e\x1b[31m </script> \u2028 \x00"
    stream(started())
    exchange = {**EXCHANGE, "response": {**EXCHANGE["response"], "body": evil}}
    stream(ScenarioStarted("demo", "users.create"))
    stream(step(PASS, exchange=exchange))
    stream(ScenarioEnded(ScenarioResult("users.create", "demo", "create-users", "t", "documented", "", "pass", None)))
    footer(stream)
    _, found = collated(stream)
    assert found["profiles"][0]["scenarios"][0]["steps"][0]["exchange"]["response"]["body"] == evil.replace(
        "\ud800", "?"
    )


@pytest.mark.parametrize(
    "content", ["", "{}\n", "[]\n", "not json\n", '{"event": "run", "format": "other/9"}\n', '{"event": "scenario"}\n']
)
def test_what_is_no_event_stream(tmp_path, content):
    path = tmp_path / "events.jsonl"
    path.write_text(content)
    with pytest.raises(RecordFileError, match="not the events of a scim-compat run"):
        collate(path, tmp_path / "results.json")
    assert not (tmp_path / "results.json").exists()


def test_an_old_file_is_replaced_only_by_a_whole_one(stream):
    whole_run(stream)
    stream._file.flush()
    out = stream.path.with_name("results.json")
    out.write_text("old")
    collate(stream.path, out)
    assert json.loads(out.read_text())["schema"] == "scim-compat/results/1"
