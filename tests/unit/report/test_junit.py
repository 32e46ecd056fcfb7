"""JUnit XML: what fails the gate fails there, nothing wrong is hidden, and text of others stays text."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import scim_compat
from scim_compat.report.gate import Gate
from scim_compat.report.html import render
from scim_compat.report.junit import ENDPOINT, junit, refusal
from scim_compat.report.reproduce import replay
from scim_compat.results.causes import causes
from scim_compat.results.document import INTEGRITY, Document
from scim_compat.results.document.parsing import parse
from scim_compat.values import FailOn, Severity, is_at_least
from support.junit import case, failed, read
from support.results import HOSTILE, build_results, hostile_results

GATE = Gate(FailOn.DEGRADED)


def written(document: Document, gate: Gate = GATE) -> Any:
    return read(junit(document, causes(document), gate))


def wanted(document: Document, floor: Severity | None) -> set[tuple[str, str]]:
    """The scenarios that the results show at or above the floor."""
    return {
        (ENDPOINT, f"{profile.id}.{scenario.id}") if scenario.feature == INTEGRITY else (profile.id, scenario.id)
        for profile in document.profiles
        for scenario in profile.scenarios
        if floor and is_at_least(scenario.severity, floor)
    }


@pytest.mark.parametrize("fail_on", FailOn)
def test_a_case_fails_where_the_results_have_a_finding_at_the_gate(fail_on: FailOn):
    document = parse(build_results())
    root = written(document, Gate(fail_on))
    assert failed(root) == wanted(document, fail_on.floor)
    assert (failed(root) != set()) is (fail_on is not FailOn.NEVER)


def test_every_scenario_is_a_case_once():
    document = parse(build_results())
    root = written(document)
    for profile in document.profiles:
        suite = next(each for each in root if each.get("name") == profile.id)
        names = [(one.get("classname"), one.get("name")) for one in suite.findall("testcase")]
        assert names == [
            (f"{profile.id}.{each.feature}", each.id) for each in profile.scenarios if each.feature != INTEGRITY
        ]


def test_a_failure_says_all_that_its_reader_needs():
    document = parse(build_results())
    found = causes(document)
    cause = next(each for each in found if each.checks[0] == "patch.active-takes-effect")
    p, s, t = cause.example.place
    profile, scenario = cause.example.profile, cause.example.scenario
    failure = case(written(document), profile.id, scenario.id).find("failure")
    message, body = failure.get("message"), failure.text
    assert "\n" not in message
    assert message.startswith(f"{scenario.severity}: ")
    assert failure.get("type") == scenario.severity
    step = scenario.steps[t]
    assert f"request: {step.exchange.request.method} {step.exchange.request.url}" in body
    assert f"answer: {step.exchange.response.status}" in body
    assert f"fix: {cause.example.check.fix}" in body
    assert cause.title in body
    assert "expected: false\n   got: true" in body
    assert f"\nrepeat: {replay(document, p, s)}\n" in body
    anchor = body.rpartition("report: report.html#")[2].strip()
    assert f'id="{anchor}"' in render(document)


def test_a_suite_names_severity_checks_and_evidence_of_its_cases():
    document = parse(build_results())
    root = written(document)
    for profile in document.profiles:
        suite = next(each for each in root if each.get("name") == profile.id)
        properties = {one.get("name"): one.get("value") for one in suite.iter("property")}
        assert properties["verdict"] == profile.headline
        for scenario in (each for each in profile.scenarios if each.feature != INTEGRITY):
            assert properties[f"{scenario.id}.evidence"].startswith(scenario.evidence)
            assert properties.get(f"{scenario.id}.severity") == scenario.severity
            checks = {check.id for step in scenario.steps for check in step.failed_checks()}
            assert set(filter(None, properties.get(f"{scenario.id}.checks", "").split(", "))) == checks


def test_what_is_below_the_gate_is_told_and_does_not_fail():
    document = parse(build_results())
    root = written(document, Gate(FailOn.NEVER))
    for suite, name in wanted(document, Severity.COSMETIC):
        told = case(root, suite, name).find("system-out").text
        assert "request: " in told


def accepted(ticket: str, *, only: str = "") -> Document:
    results = build_results()
    for profile in results["profiles"]:
        for scenario in profile["scenarios"]:
            for step in scenario["steps"]:
                for check in step["checks"]:
                    if check["outcome"] == "fail" and only in check["id"]:
                        check["accepted"] = ticket
    return parse(results)


def test_accepted_findings_are_skipped_with_their_ticket():
    document = accepted("SCIM-117")
    root = written(document)
    assert failed(root) == set()
    skipped = [one.find("skipped") for one in root.iter("testcase") if one.find("skipped") is not None]
    tickets = [one for one in skipped if one.get("type") == "accepted"]
    assert len(tickets) == len(wanted(document, Severity.DEGRADED)) > 3
    assert all("(SCIM-117)" in one.get("message") and "accepted: SCIM-117" in one.text for one in tickets)


def test_one_accepted_finding_hides_no_other():
    document = accepted("SCIM-117", only="patch.active-takes-effect")
    root = written(document)
    open_ones = {
        (profile.id, scenario.id)
        for profile in document.profiles
        for scenario in profile.scenarios
        for step in scenario.steps
        for check in step.failed_checks()
        if is_at_least(check.severity, Severity.DEGRADED) and not check.accepted
    }
    assert failed(root) == open_ones < wanted(document, Severity.DEGRADED)
    assert all("SCIM-117" not in (one.findtext("failure") or "") for one in root.iter("testcase"))


Change = Callable[[dict[str, Any]], None]


def _left(results: dict[str, Any]) -> None:
    results["cleanup"]["left"] = [{"type": "User", "id": "17", "why": "DELETE answered 500"}]


def _errors(results: dict[str, Any]) -> None:
    results["errors"] = ["the token ran out"]


def _interrupted(results: dict[str, Any]) -> None:
    results["run"] |= {"complete": False, "interrupted": "stopped by the user (Ctrl-C)"}


@pytest.mark.parametrize(
    ("change", "gate", "name", "ending", "words"),
    [
        (_left, GATE, "clean-up", "skipped", "1 resource could not be deleted: User 17: DELETE answered 500"),
        (_errors, GATE, "errors", "skipped", "the token ran out"),
        (_errors, Gate(FailOn.NEVER, has_internal_error=True), "errors", "error", "the token ran out"),
        (_interrupted, GATE, "run", "error", "stopped by the user (Ctrl-C)"),
        (lambda _: None, Gate(FailOn.DEGRADED, ("b.yaml:4: lost",)), "gate", "failure", "b.yaml:4: lost"),
    ],
    ids=["left", "errors", "internal", "interrupted", "gate"],
)
def test_what_belongs_to_no_scenario_has_a_case(change: Change, gate: Gate, name: str, ending: str, words: str):
    results = build_results()
    results["cleanup"]["left"], results["errors"] = [], []
    results["run"] |= {"complete": True, "interrupted": None}
    before = written(parse(results))
    change(results)
    after = written(parse(results), gate)
    assert case(before, ENDPOINT, name).find(ending) is None
    assert words in case(after, ENDPOINT, name).find(ending).get("message")


def test_the_comparison_of_the_others_is_a_case():
    results = build_results()
    scenario = next(s for s in results["profiles"][0]["scenarios"] if s["severity"])
    results["profiles"][0]["scenarios"].append(
        {**scenario, "id": "run.bystanders", "feature": INTEGRITY, "outcome": "fail"}
    )
    document = parse(results)
    root = written(document)
    assert (ENDPOINT, f"{document.profiles[0].id}.run.bystanders") in failed(root)
    assert failed(root) == wanted(document, Severity.DEGRADED)


@pytest.mark.parametrize("text", [HOSTILE, "]]><failure/>", "\x00\x0b\ufffe\ud800 &amp;", "a\r\n::error::b"])
def test_text_of_others_stays_text(text: str):
    document = parse(hostile_results(text))
    plain = parse(hostile_results("harmless"))
    one, other = written(document), written(plain)
    assert [element.tag for element in one.iter()] == [element.tag for element in other.iter()]


def test_the_bytes_depend_on_the_results_alone():
    document = parse(build_results())
    content = junit(document, causes(document), GATE)
    assert content == junit(document, causes(document), GATE)
    for word in (str(Path(scim_compat.__file__).parent), sys.prefix, "file="):
        assert word not in content.decode()


def test_a_refusal_is_one_error():
    root = read(refusal("no connection\x00 to a < b", kind="not-testable"))
    (error,) = root.iter("error")
    assert (error.get("type"), error.get("message")) == ("not-testable", "no connection⟨U+0000⟩ to a < b")
    assert error.text == error.get("message")
