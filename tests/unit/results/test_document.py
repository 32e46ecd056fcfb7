"""results.json as types: what is read comes back unchanged, and what is damaged is refused by its place."""

from __future__ import annotations

import copy
import gzip
import json
from collections.abc import Mapping
from dataclasses import FrozenInstanceError, fields, is_dataclass

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scim_compat.errors import ExitStatus, RecordFileError
from scim_compat.report.html import render
from scim_compat.results import document as whole
from scim_compat.results.document import parsing, records, target
from scim_compat.results.document.parsing import parse
from scim_compat.results.document.writing import as_json
from scim_compat.values import MISSING, Outcome, Severity, Verdict, unescape
from support import results as fixtures
from support.draw import THOROUGH, examples
from support.places import ROOT

SCHEMA = json.loads((ROOT / "conformance" / "scim_compat" / "results" / "results.schema.json").read_text("utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
SAMPLE = json.loads(gzip.decompress((ROOT / "reports" / "sample" / "results.json.gz").read_bytes()))
"""The results of a real run, committed by an earlier version."""


def small():
    """Results with each kind of part, small enough to be damaged thousands of times."""
    results = fixtures.build_results()
    results["profiles"] = results["profiles"][:2]
    entra, okta = results["profiles"]
    entra["scenarios"] = [s for s in entra["scenarios"] if s["id"] in {"connect.probe", "schema.read"}]
    okta["scenarios"] = [s for s in okta["scenarios"] if not s["applicable"]]
    entra["scenarios"][0]["steps"][0]["checks"] += [
        {"id": "list.shape", "outcome": "skip", "level": "SHOULD", "reason": "nothing came"},
        {"id": "http.json", "outcome": "error", "level": "MUST", "reason": "internal error"},
    ]
    return results


# --- round trip -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "results",
    [
        fixtures.build_results(),
        fixtures.interrupted_results(),
        fixtures.hostile_results(),
        fixtures.many_results(20, failing=True),
        small(),
        pytest.param(SAMPLE, marks=THOROUGH),
    ],
)
def test_what_is_read_comes_back_unchanged(results):
    text = json.dumps(results)
    assert as_json(parse(results)) == results
    assert parse(text) == parse(text.encode()) == parse(results)
    assert json.loads(json.dumps(as_json(parse(text)))) == results


def test_members_that_may_be_absent_are_absent_or_empty():
    results = small()
    del results["target"]["bases"], results["target"]["capabilities"]["fixed"]
    document = parse(results)
    assert (document.target.bases, document.target.capabilities.fixed) == ({}, {})
    claims = parse(results | {"target": results["target"] | {"claims": {}}}).target.claims
    assert (claims.without_features, claims.groups, claims.filterable, claims.disable) == ((), None, {}, "")


def test_claims_that_are_not_known_yet_are_kept():
    results = small()
    results["target"]["claims"] = {"disable": "keep", "soft-delete": {"days": 30}}
    assert parse(results).target.claims.content["soft-delete"] == {"days": 30}
    assert as_json(parse(results)) == results


def test_nothing_big_is_copied():
    results = small()
    exchange = results["profiles"][0]["scenarios"][0]["steps"][0]["exchange"]
    read = parse(results).profiles[0].scenarios[0].steps[0].exchange
    assert read.response.body is exchange["response"]["body"]
    assert read.request.url is exchange["request"]["url"]
    failed = next(check for check in results["profiles"][0]["scenarios"][0]["steps"][0]["checks"] if "fix" in check)
    failed["expected"] = {"a": [1]}
    assert next(parse(results).failed_checks()).check.expected is failed["expected"]


def test_equal_passes_are_one_record():
    steps = parse(fixtures.many_results(20)).profiles[0].scenarios[0].steps
    assert steps[1].checks[0] is steps[2].checks[0]


def test_the_types_are_frozen_and_are_the_published_shape():
    """Each object of the schema is a type, member by member, and nothing else is one."""
    published = {"Document": SCHEMA, **SCHEMA["properties"], **SCHEMA["$defs"]}
    names = {
        "Document": whole.Document, "tool": whole.Tool, "run": whole.RunInfo, "target": target.TargetInfo,
        "found": target.Sightings, "profile": whole.ProfileResult, "scenario": records.ScenarioRecord,
        "step": records.StepRecord, "exchange": records.ExchangeRecord, "bystanders": whole.Bystanders,
        "cleanup": whole.Cleanup,
    }  # fmt: skip
    for name, kind in names.items():
        members = parsing.members_of(kind)
        assert {member.key for member in members} == set(published[name]["properties"]), name
        assert {member.key for member in members if not member.is_optional} == set(published[name]["required"]), name
    for module in (whole, records, target):
        for kind in vars(module).values():
            if is_dataclass(kind):
                assert kind.__dataclass_params__.frozen, kind
                assert set(kind.__slots__) == {field.name for field in fields(kind)}, kind
    with pytest.raises(FrozenInstanceError):
        parse(small()).verdict = Verdict.COMPATIBLE


def test_checks_have_the_members_of_their_outcome():
    kinds = {Outcome.PASS: "check-pass", Outcome.FAIL: "check-fail"}
    for outcome, names in records.CHECK_MEMBERS.items():
        schema = SCHEMA["$defs"][kinds.get(outcome, "check-unjudged")]
        optional = {*records.CHECK_VALUES, *records.CHECK_LATER} if outcome is Outcome.FAIL else set()
        assert set(names) | optional == set(schema["properties"])
        assert set(names) == {"id", "outcome", "level", *schema.get("required", ())}
    assert {field.name for field in fields(records.CheckRecord)} == {
        name for names in records.CHECK_MEMBERS.values() for name in names
    } | {*records.CHECK_VALUES, *records.CHECK_LATER}


# --- views ----------------------------------------------------------------------------------------


def test_failed_checks_are_found_with_their_place():
    document = parse(fixtures.build_results())
    failed = list(document.failed_checks())
    assert [(each.place, each.check.id) for each in failed][:3] == [
        ((0, 0, 0), "list.empty-is-200"),
        ((0, 4, 1), "error.shape"),
        ((0, 5, 2), "patch.extension-path"),
    ]
    for each in failed:
        p, s, t = each.place
        assert document.profiles[p] is each.profile
        assert each.profile.scenarios[s] is each.scenario
        assert each.check in each.scenario.steps[t].checks


def test_the_worst_severity_of_each_check():
    results = fixtures.build_results()
    entra = results["profiles"][0]
    entra["scenarios"][6]["steps"][2]["checks"][-1] |= {"id": "list.empty-is-200"}
    severities = parse(results).profiles[0].severities()
    assert next(iter(severities.items())) == ("list.empty-is-200", Severity.BREACH)
    assert severities["error.shape"] is Severity.COSMETIC


def test_no_scenario_is_left_out_of_its_features():
    results = small()
    results["profiles"][0]["features"] = results["profiles"][0]["features"][:1]
    profile = parse(results).profiles[0]
    assert [(f.id, f.verdict, f.scenarios) for f in profile.all_features()] == [
        ("connect", Verdict.INCOMPATIBLE, 1),
        ("schema-discovery", Verdict.UNPROVEN, 1),
    ]
    assert profile.places("schema-discovery") == (1,)


def test_how_a_step_ended():
    results = small()
    step = results["profiles"][0]["scenarios"][0]["steps"][0]
    for checks, failure, outcome in (
        ([], None, Outcome.PASS),
        ([fixtures.passed("a.b")], None, Outcome.PASS),
        ([fixtures.skipped("a.b", "why")], None, Outcome.SKIP),
        ([fixtures.skipped("a.b", "why"), fixtures.passed("a.c")], None, Outcome.PASS),
        ([fixtures.passed("a.b")], {"kind": "dns", "text": "no such host"}, Outcome.ERROR),
        ([fixtures.failed("a.b", "cosmetic", "t")], {"kind": "dns", "text": "no such host"}, Outcome.FAIL),
    ):
        step["checks"] = checks
        step["exchange"]["failure"] = failure
        read = parse(results).profiles[0].scenarios[0].steps[0]
        assert (read.outcome, read.has_problem) == (outcome, outcome in {Outcome.FAIL, Outcome.ERROR})


def test_a_run_is_complete_when_all_was_reached_without_error():
    results = small()
    for complete, errored in ((True, 0), (True, 1), (False, 0)):
        results["run"]["complete"] = complete
        for profile in results["profiles"]:
            profile["counts"]["errored"] = errored
        document = parse(results)
        assert document.is_complete is (complete and not errored)
        assert document.run.is_partial is not complete
    results["profiles"][0]["counts"] |= {"scenarios": 12, "passed": 1, "failed": 2, "errored": 3, "skipped": 0, "not_applicable": 1}  # fmt: skip
    results["profiles"][1]["counts"]["scenarios"] = 0
    assert [profile.counts.not_reached for profile in parse(results).profiles] == [5, 0]
    assert parse(results).not_reached == 5


def test_how_long_a_run_took():
    results = small()
    assert parse(results).run.seconds == 156
    results["run"]["ended"] = None
    assert parse(results).run.seconds is None


# --- damage ---------------------------------------------------------------------------------------


def remove(*way):
    def change(results):
        *before, last = way
        node = results
        for key in before:
            node = node[key]
        del node[last]

    return change


def put(value, *way):
    def change(results):
        *before, last = way
        node = results
        for key in before:
            node = node[key]
        node[last] = value

    return change


FIRST = ("profiles", 0, "scenarios", 0)
STEP = (*FIRST, "steps", 0)
CHECK = (*STEP, "checks", 3)
HINT = " Results are read as a run wrote them; was the file edited?"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (remove("run"), 'results.json: the member "run" is missing.'),
        (remove("run", "seed"), 'results.json: at /run: the member "seed" is missing.'),
        (remove(*STEP, "exchange", "request", "url"), 'results.json: at /profiles/0/scenarios/0/steps/0/exchange/request: the member "url" is missing.'),
        (put(1, "extra"), 'results.json: the member "extra" is not part of the format.'),
        (put(1, "run", "x" * 99), f'results.json: at /run: the member "{"x" * 59}… is not part of the format.'),
        (put("green", "verdict"), 'results.json: at /verdict: one of compatible, limited, incompatible, unproven, not-applicable is expected, "green" is there.'),
        (put("not-applicable", "verdict"), 'results.json: at /verdict: "not-applicable" is a feature\'s verdict only.'),
        (put(None, "profiles"), "results.json: at /profiles: a list is expected, null is there."),
        (put([], "tool"), "results.json: at /tool: an object is expected, a list is there."),
        (put(7, "tool", "name"), "results.json: at /tool/name: a text is expected, 7 is there."),
        (put("", "tool", "name"), 'results.json: at /tool/name: "" is empty.'),
        (put("1", "run", "seed"), 'results.json: at /run/seed: a whole number is expected, "1" is there.'),
        (put(True, "run", "seed"), "results.json: at /run/seed: a whole number is expected, true is there."),
        (put(0, "run", "complete"), "results.json: at /run/complete: true or false is expected, 0 is there."),
        (put("yesterday", "run", "started"), 'results.json: at /run/started: "yesterday" is no time in UTC (ISO 8601).'),
        (put("2026-99-22T06:31:05Z", "run", "ended"), 'results.json: at /run/ended: "2026-99-22T06:31:05Z" is no time in UTC (ISO 8601).'),
        (put(-1, "cleanup", "deleted"), "results.json: at /cleanup/deleted: -1 is less than 0."),
        (put(0, *FIRST, "line"), "results.json: at /profiles/0/scenarios/0/line: 0 is less than 1."),
        (put("ü", *FIRST, "id"), 'results.json: at /profiles/0/scenarios/0/id: "\\u00fc" is no id (a-z, 0-9, dot, dash, underscore).'),
        (put("x", *STEP, "exchange", "ms"), 'results.json: at /profiles/0/scenarios/0/steps/0/exchange/ms: a number is expected, "x" is there.'),
        (put(float("nan"), *STEP, "exchange", "ms"), "results.json: at /profiles/0/scenarios/0/steps/0/exchange/ms: NaN is no duration."),
        (put(99, *STEP, "exchange", "response", "status"), "results.json: at /profiles/0/scenarios/0/steps/0/exchange/response/status: 99 is no HTTP status (100 to 999)."),
        (put(["a"], *STEP, "exchange", "request", "headers", 0), "results.json: at /profiles/0/scenarios/0/steps/0/exchange/request/headers/0: 2 entries are expected, 1 are there."),
        (put("maybe", *CHECK, "outcome"), 'results.json: at /profiles/0/scenarios/0/steps/0/checks/3/outcome: one of pass, fail, skip, error is expected, "maybe" is there.'),
        (put(None, *CHECK, "severity"), "results.json: at /profiles/0/scenarios/0/steps/0/checks/3/severity: one of cosmetic, degraded, blocker, breach is expected, null is there."),
        (remove(*CHECK, "fix"), 'results.json: at /profiles/0/scenarios/0/steps/0/checks/3: the member "fix" is missing.'),
        (remove(*CHECK, "outcome"), 'results.json: at /profiles/0/scenarios/0/steps/0/checks/3: the member "outcome" is missing.'),
        (put("why", *STEP, "checks", 0, "reason"), 'results.json: at /profiles/0/scenarios/0/steps/0/checks/0: the member "reason" is not part of the format.'),
        (put("WILL", *STEP, "checks", 0, "level"), 'results.json: at /profiles/0/scenarios/0/steps/0/checks/0/level: one of MUST, SHOULD, MAY, CLIENT is expected, "WILL" is there.'),
        (put(False, *FIRST, "applicable"), 'results.json: at /profiles/0/scenarios/0/outcome: skip is expected where applicable is false, "fail" is there.'),
        (put({"title": "t", "url": "u"}, "profiles", 0, "sources", "a/~b"), 'results.json: at /profiles/0/sources/a~1~0b: the member "read" is missing.'),
        (put("keep", "target", "claims", "page-size"), 'results.json: at /target/claims/page-size: an object is expected, "keep" is there.'),
        (put({"default": 0}, "target", "claims", "page-size"), "results.json: at /target/claims/page-size/default: 0 is less than 1."),
    ],
)  # fmt: skip
def test_damage_is_named_by_its_place(change, message):
    results = small()
    change(results)
    with pytest.raises(RecordFileError) as refused:
        parse(results)
    assert str(refused.value) == message + HINT
    assert refused.value.exit_status is ExitStatus.USAGE
    assert refused.value.pointer == (message.partition(": at ")[2].partition(": ")[0] if ": at /" in message else "")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "run/r.json: not JSON; results.json in a run's output folder is meant"),
        ("<html></html>", "run/r.json: not JSON; results.json in a run's output folder is meant"),
        (gzip.compress(b"{}", mtime=0), "run/r.json: not JSON; results.json in a run's output folder is meant"),
        ('{"a": 1} {"b": 2}', "run/r.json: not JSON; results.json in a run's output folder is meant"),
        (json.dumps(small())[:5_000], "run/r.json: it breaks off after 5,000 characters; `scim-compat report` makes the page from events.jsonl instead"),
        ("[1, 2]", "run/r.json: not the results of a scim-compat run; results.json is meant"),
        ("null", "run/r.json: not the results of a scim-compat run; results.json is meant"),
        ("{}", "run/r.json: not the results of a scim-compat run; results.json is meant"),
        ('{"schema": 1}', "run/r.json: not the results of a scim-compat run; results.json is meant"),
        ("[" * 100_000, "run/r.json: nested too deeply to be results"),
        ('{"schema": ' + "[" * 100_000, "run/r.json: nested too deeply to be results"),
        ('{"schema": "scim-compat/results/9"}',
         'run/r.json: its format is "scim-compat/results/9", and this version reads scim-compat/results/1; read it with the version that wrote it, or run again'),
        ('{"schema": "scim-compat/results/9", "tool": {"name": "scim-compat", "version": "4.0"}}',
         'run/r.json: its format is "scim-compat/results/9", and this version reads scim-compat/results/1; read it with scim-compat 4.0, or run again'),
    ],
)  # fmt: skip
def test_a_file_of_another_kind_is_refused_with_what_to_do(content, message):
    with pytest.raises(RecordFileError) as refused:
        parse(content, name="run/r.json")
    assert str(refused.value) == message


def test_values_of_the_endpoint_may_be_nested_as_deeply_as_they_like():
    results = small()
    deep = []
    for _ in range(100_000):
        deep = [deep]
    results["profiles"][0]["scenarios"][0]["steps"][0]["checks"][3]["actual"] = deep
    results["target"]["capabilities"]["provider_config"] = {"bulk": deep}
    document = parse(results)
    assert next(document.failed_checks()).check.actual is deep
    assert document.target.capabilities.is_supported("bulk") is None
    while deep:  # Python frees a nest of lists without recursion, pytest's own machinery may not look into it
        deep = deep.pop()


def ways(node, way=()):
    """Every place of a document."""
    yield way
    if isinstance(node, dict):
        for key, child in node.items():
            yield from ways(child, (*way, key))
    elif isinstance(node, list):
        for index, child in enumerate(node):
            yield from ways(child, (*way, index))


PLACES = list(ways(small()))
ODD = st.sampled_from(
    [None, True, False, 0, 1, -1, 200, 2**70, 0.5, "", "x", "a.b", "pass", "fail", "skip", "breach", "MUST", "2026-11-22T06:31:05Z",
     [], {}, [[]], [["a", "b"]], {"a": 1}, "scim-compat/results/2", "not-applicable", "\ud800", [None], ["x"]]
)  # fmt: skip


def damaged(place, value, *, how):
    results = copy.deepcopy(small())
    *before, last = place
    node = results
    for key in before:
        node = node[key]
    if how == "remove":
        del node[last]
    elif how == "add" and isinstance(node, dict):
        node["later"] = value
    elif how == "add":
        node.insert(last, value)
    else:
        node[last] = value
    return results


def pointed_at(results, pointer):
    """What the JSON pointer leads to; MISSING if it leads nowhere."""
    node = results
    for part in pointer.split("/")[1:]:
        key = unescape(part) if isinstance(node, Mapping) else int(part)
        if isinstance(node, Mapping) and key not in node:
            return MISSING
        node = node[key]
    return node


OPTIONAL = {
    member.key
    for kind in (
        *(whole.RunInfo, whole.ProfileResult, whole.Bystanders, target.TargetInfo, target.CapabilityInfo),
        *(records.ScenarioRecord, records.StepRecord, records.RequestRecord),
    )
    for member in parsing.members_of(kind)
    if member.is_optional
}
"""Members that are always written; absent and empty are one."""


def without_what_was_absent(written, read):
    """What was written, without the optional members that the other lacks."""
    if isinstance(written, Mapping) and isinstance(read, Mapping):
        kept = {key: entry for key, entry in written.items() if key in read or key not in OPTIONAL}
        return {key: without_what_was_absent(entry, read.get(key)) for key, entry in kept.items()}
    if isinstance(written, list) and isinstance(read, list) and len(written) == len(read):
        return [without_what_was_absent(*pair) for pair in zip(written, read, strict=True)]
    return written


@settings(max_examples=examples(250), deadline=None, derandomize=True)
@given(st.sampled_from(PLACES[1:]), ODD, st.sampled_from(["remove", "add", "replace", "replace"]))
def test_what_the_schema_allows_is_read_and_shown_and_nothing_else(place, value, how):
    results = damaged(place, value, how=how)
    try:
        document = parse(results)
    except RecordFileError as refused:
        pointer = refused.pointer
        assert pointed_at(results, pointer) is not MISSING
        assert not VALIDATOR.is_valid(results)
    else:
        assert VALIDATOR.is_valid(results)
        assert without_what_was_absent(as_json(document), results) == results
        assert render(document).rstrip().endswith("</html>")


@settings(max_examples=examples(60), deadline=None, derandomize=True)
@given(st.integers(0, 20_000), st.text(max_size=3))
def test_a_text_that_was_cut_or_spoilt_is_refused_by_an_error_of_ours(at, junk):
    text = json.dumps(small())
    with pytest.raises(RecordFileError, match=r"^results\.json: "):
        parse(text[: at % len(text)] + junk)
