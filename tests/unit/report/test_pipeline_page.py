"""The page and the annotations of a pipeline: every cause is there, and text of others starts nothing."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from scim_compat.errors import ExitStatus
from scim_compat.report.annotations import command, commands
from scim_compat.report.gate import Gate
from scim_compat.report.markdown import escaped
from scim_compat.report.reproduce import replay
from scim_compat.report.summary import LIMIT, refusal_summary, summary
from scim_compat.results.causes import causes
from scim_compat.results.document.parsing import parse
from scim_compat.values import FailOn, Where
from support.results import HOSTILE, build_results, hostile_results

GATE = Gate(FailOn.DEGRADED)
TEXTS = [HOSTILE, "::error::forged", "a\r\n::error title=x::b", "%0A::warning::c", "\x00\u202e ::d", "\n\n# forged\n"]


def test_the_page_names_every_cause_with_its_clients_and_how_to_repeat_it():
    document = parse(build_results())
    found = causes(document)
    text = summary(document, found, GATE, ExitStatus.FINDINGS)
    assert "**failed** (exit status 1)" in text
    for number, cause in enumerate(found, 1):
        p, s, _ = cause.example.place
        assert f"{number}. **{cause.severity}** {escaped(cause.title)}" in text
        assert replay(document, p, s) in text
        for hit in cause.hits:
            profile = document.profiles[hit.profile]
            scenarios = ", ".join(f"`{profile.scenarios[each].id}`" for each in hit.scenarios)
            assert f"   - `{profile.id}`, {hit.severity}, " in text
            assert scenarios in text
        assert cause.trait is None or escaped(cause.trait.sentence) in text
    for profile in document.profiles:
        assert f"| {escaped(profile.headline)} |" in text


def test_details_go_before_causes():
    document = parse(build_results())
    (one, *_) = causes(document)
    for number in (40, 120, 400, 900):
        many = [replace(one, title=f"Cause {each} " + "is told at length " * 12) for each in range(number)]
        text = summary(document, many, GATE, ExitStatus.FINDINGS)
        assert len(text.encode()) < LIMIT
        assert re.findall(r"(?m)^(\d+)\. \*\*", text) == [str(each) for each in range(1, number + 1)]
        assert ("--cause 1" in text) is ("   - Repeat: " not in text)


@pytest.mark.parametrize("text", TEXTS)
def test_text_of_others_is_no_markup(text: str):
    document = parse(hostile_results(text))
    written = summary(document, causes(document), GATE, ExitStatus.FINDINGS)
    assert len(written.encode()) < LIMIT
    heads = re.findall(r"(?m)^#+ (.*)$", re.sub(r"(?ms)^(`{3,})\w*\n.*?^\1$", "", written))
    assert not [head for head in heads if "forged" in head]
    prose = re.sub(r"(`+).*?\1", "", re.sub(r"\\.", "", written))
    assert "<" not in prose
    assert not re.search(r"\]\((?!https?://)", prose)
    assert "# forged" not in refusal_summary(text).split("\n")[2:]


@pytest.mark.parametrize("text", TEXTS)
def test_a_cause_is_one_command_whatever_a_server_says(text: str):
    document = parse(hostile_results(text))
    found = causes(document)
    lines = list(commands(found, GATE, {}))
    assert len(lines) == len(found) > 0
    for line in lines:
        assert re.fullmatch(r"::(error|warning) title=[^:,]*(?:%3A[^:,]*)*::.*", line), line
        assert line.isprintable()
    assert command("error", text, title=text).count("\n") == 0


def test_errors_are_what_fails_the_gate():
    document = parse(build_results())
    found = causes(document)
    for gate in (GATE, Gate(FailOn.NEVER), Gate(FailOn.BREACH)):
        for cause, line in zip(found, commands(found, gate, {}), strict=True):
            floor = gate.fail_on.floor
            severities = [each.check.severity for each in (*cause.failures, *cause.consequences)]
            fails = floor is not None and any(each and each.rank >= floor.rank for each in severities)
            assert line.startswith("::error " if fails else "::warning ")
    reasons = Gate(FailOn.DEGRADED, ("baseline.yaml:4: it no longer happens",))
    assert list(commands((), reasons, {})) == [
        "::error title=scim-compat%3A gate::baseline.yaml:4: it no longer happens"
    ]


def test_a_line_is_named_in_a_file_of_the_users_own_alone():
    document = parse(build_results())
    found = causes(document)
    example = found[0].example
    places = {(example.profile.id, example.scenario.id): Where("a,b:c.scim.yaml", 12)}
    first, *others = commands(found, GATE, places)
    assert "::error file=a%2Cb%3Ac.scim.yaml,line=12,title=scim-compat 1%3A " in first
    same = [each for each in found[1:] if (each.example.profile.id, each.example.scenario.id) in places]
    assert sum("file=" in line for line in others) == len(same)
