"""A finding tells its own words from the values that it quotes, from the check to every output."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from scim_compat.checks.display import display, prose, quotation
from scim_compat.checks.examples import Example
from scim_compat.checks.registry import all_checks
from scim_compat.cli.check_facts import check_facts
from scim_compat.cli.check_view import print_check
from scim_compat.cli.console import output
from scim_compat.report.html import render
from scim_compat.report.text import json_text
from scim_compat.results.document.parsing import parse, read
from scim_compat.results.document.records import CheckRecord
from scim_compat.results.document.writing import as_json
from scim_compat.results.model import CheckResult
from scim_compat.run.recorder import _redacted_result
from scim_compat.values import MISSING, Outcome, Prose, Quotation, Severity
from support.results import build_results
from unit.checks.test_every_check import cases
from unit.checks.test_expect_checks import outcome


def violations():
    for name, rows in cases().items():
        rule = all_checks()[name]
        for seen in rows:
            if outcome(rule, seen) not in (None, "skip", []):
                yield from ((name, seen, one) for one in rule.run(seen))


def texts(value):
    """Every text inside a JSON value, names of members too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)


def test_what_a_check_shows_as_a_text_of_the_answer_stands_in_the_answer():
    """And what it shows as its own words does not."""
    quoted, own = set(), set()
    for name, seen, one in violations():
        response = seen.exchange.response
        if response is None or not isinstance(one.actual, str):
            continue
        answered = {*texts(response.json), *(value for _, value in response.headers)}
        if isinstance(one.actual, Quotation):
            quoted.add(name)
            text = one.actual.removesuffix("…")
            # An origin or a media type is a part of a header; a date may be written in another way.
            is_date = name.startswith("patch.") and one.where.startswith("meta.")
            is_origin = name == "resource.location-origin"
            assert is_date or is_origin or any(text in value for value in answered) or name == "error.status-matches", (
                name,
                one,
            )
        else:
            own.add(name)
            assert one.actual not in answered, (name, one)
    assert len(quoted) > 20
    assert len(own) > 50


def test_what_a_check_expects_of_a_write_is_a_quotation():
    shown = [
        one.expected for name, _, one in violations() if name in {"create.stored", "patch.applied", "sync.converges"}
    ]
    words = {value for value in shown if isinstance(value, str) and not isinstance(value, Quotation)}
    assert words == {"no value"}
    assert any(isinstance(value, Quotation) for value in shown)


@pytest.mark.parametrize(
    ("value", "is_prose"), [("(absent)", True), (Quotation("(absent)"), False), (3, False), (None, False)]
)
def test_a_text_is_prose_unless_it_quotes(value, is_prose):
    assert isinstance(prose(value), Prose) is is_prose
    assert prose(value) == value


def test_display_quotes_values_and_describes_their_absence():
    assert isinstance(display("x"), Quotation)
    assert isinstance(display("x" * 400), Quotation)
    assert display(MISSING) == "(absent)"
    assert isinstance(prose(display(MISSING)), Prose)
    assert display({"a": 1}) == quotation({"a": 1}) == {"a": 1}


FAILURE = CheckResult(
    id="x.y", outcome=Outcome.FAIL, level="MUST", severity=Severity.DEGRADED,
    expected=Quotation("(absent)"), actual=Prose("(absent)"),
)  # fmt: skip


def test_the_results_keep_which_value_is_prose():
    written = json.loads(json.dumps(as_json(FAILURE)))
    assert (written["expected"], written["actual"], written["prose"]) == ("(absent)", "(absent)", ["actual"])
    found = read(CheckRecord, written, name="check")
    assert found.prose == ("actual",)
    assert isinstance(found.actual, Prose)
    assert not isinstance(found.expected, Prose)
    older = read(CheckRecord, {key: value for key, value in written.items() if key != "prose"}, name="check")
    assert (older.prose, isinstance(older.actual, Prose)) == ((), False)


def test_redaction_leaves_prose_what_it_is():
    redacted = _redacted_result(FAILURE, lambda text: text.replace("absent", "gone"))
    assert (redacted.actual, redacted.prose) == ("(gone)", ("actual",))
    assert isinstance(redacted.actual, Prose)
    assert replace(redacted, message="m").prose == ("actual",)


def test_a_page_shows_prose_without_quotes():
    assert (json_text(Prose("(absent)")).text, json_text(Prose("(absent)")).is_prose) == ("(absent)", True)
    assert (json_text("(absent)").text, json_text("(absent)").is_prose) == ('"(absent)"', False)
    assert json_text(Prose("a\u202eb")).text == "a⟨U+202E⟩b"
    assert json_text(Prose("x" * 1000)).more > 0


def test_the_page_marks_prose_and_quotes_values():
    results = build_results()
    checks = (c for p in results["profiles"] for s in p["scenarios"] for t in s["steps"] for c in t["checks"])
    for check in checks:
        if check["outcome"] == "fail":
            check |= {"expected": "(absent)", "actual": "(absent)", "prose": ["actual"]}
    page = render(parse(results))
    assert '<p class="words">(absent)</p>' in page
    assert "<pre>&#34;(absent)&#34;</pre>" in page
    assert "&#34;(absent)&#34;</p>" not in page


def test_explain_prints_prose_without_quotes(capsys):
    facts = check_facts(all_checks()["create.returns-resource"], [])
    example = Example.from_json(
        facts.example.as_json() | {"expected": "no value", "actual": "no value", "prose": ["actual"]}
    )
    print_check(output(), replace(facts, example=example))
    printed = capsys.readouterr().out
    assert '    expected  "no value"\n    actual    no value\n' in printed
    assert list(example.as_json()["prose"]) == ["actual"]
