"""The card of a cause."""

from __future__ import annotations

from dataclasses import replace

import pytest
from scim_compat.report import causes as cards
from scim_compat.report.causes import CauseView
from scim_compat.report.html import template
from scim_compat.report.viewmodel import build
from scim_compat.results.causes import Cause, Hit, Trait
from scim_compat.results.document import Document, LocatedCheck
from scim_compat.results.document.parsing import parse
from scim_compat.values import Severity
from support import results as fixtures
from support.page import Page


@pytest.fixture(scope="module")
def document() -> Document:
    return parse(fixtures.build_results())


@pytest.fixture(scope="module")
def disabled(document: Document) -> Cause:
    """A disabled user stays active: the PATCH is wrong, the read-back shows it, a later finding follows from it."""
    failures = [each for each in document.failed_checks() if each.check.id == "patch.active-takes-effect"]
    (p, s, t) = failures[0].place
    follows = [each for each in document.failed_checks() if each.check.id == "group.only-that-member-removed"]
    return Cause(
        anchor="cause-1",
        title="Disabled users stay active",
        severity=Severity.BREACH,
        checks=("patch.active-takes-effect",),
        failures=tuple(failures),
        consequences=tuple(follows * 5),
        request=(p, s, t - 1),
        shown=(p, s, t),
        before=(p, s, 0),
        trait=Trait("with active as a text", 3, 3, 0, 6),
        hits=(
            Hit(0, Severity.BREACH, (s,), "Someone who left can still sign in.", "S28"),
            Hit(1, Severity.DEGRADED, (0, 1), "An old account stays.", ""),
            Hit(2, Severity.DEGRADED, (0,), "An old account stays.", ""),
        ),
    )


def card(document: Document, *causes: Cause) -> CauseView:
    return build(document, causes).causes[0]


def told(view: CauseView) -> str:
    return Page(str(template("causes.html.j2").module.cause(view))).text


def test_it_says_who_is_hit_and_what_they_see(document, disabled):
    view = card(document, disabled)
    assert (view.clients, view.scenarios) == ("all 3 clients", 4)
    assert [(hit.severity.key, [(link.text, count) for link, count in hit.clients]) for hit in view.hits] == [
        ("breach", [("entra-v2", 1)]),
        ("degraded", [("okta", 2), ("thousandeyes", 1)]),
    ]
    source = view.hits[0].source
    assert source is not None
    assert source.text == "Traffic of a gallery application, as its vendor published it"
    assert set(view.classes.split()) >= {"failed", "s-breach", "c0", "c1", "c0-breach", "c1-degraded"}
    assert "s-degraded" not in view.classes.split()
    text = told(view)
    assert "All 3 requests with active as a text fail; all 6 others pass." in text
    assert "okta 2 scenarios , thousandeyes 1 scenario An old account stays." in text


def test_it_shows_the_request_and_the_answer_that_shows_its_effect(document, disabled):
    view = card(document, disabled)
    assert view.request is not None
    assert view.shown is not None
    assert (view.request.by, view.request.exchange.method) == ("client", "PATCH")
    assert (view.shown.by, view.shown.exchange.method) == ("harness", "GET")
    text = told(view)
    assert (
        text.index("The request")
        < text.index("PATCH https://")
        < text.index("Where it shows")
        < text.index("GET https")
    )
    alone = card(document, replace(disabled, shown=disabled.request))
    assert alone.shown is None
    assert "Where it shows" not in told(alone)


def test_it_shows_the_lines_of_the_resource_that_differ(document, disabled):
    view = card(document, disabled)
    assert view.changes is not None
    assert view.changes.lines == ()
    assert "No line differs: the request changed nothing." in told(view)
    assert card(document, replace(disabled, before=None)).changes is None


def test_an_attribute_that_is_lost_is_a_line_with_a_minus(disabled):
    results = fixtures.build_results()
    p, s, t = disabled.shown
    step = results["profiles"][p]["scenarios"][s]["steps"][t]
    step["exchange"]["response"]["body"] = step["exchange"]["response"]["body"].replace('"active"', '"enabled"')
    text = told(card(parse(results), disabled))
    assert '- "active": true' in text
    assert '+ "enabled": true' in text
    assert "Lines that begin with a minus were there before the request" in text


def test_consequences_are_counted_and_folded(document, disabled):
    view = card(document, disabled)
    (entry,) = view.consequences
    assert (entry.count, len(entry.places), view.consequences_count) == (5, 3, 5)
    assert "5 findings in later steps follow from it" in told(view)


def test_it_names_the_rule_and_how_to_fix_and_repeat_it(document, disabled):
    view = card(document, disabled)
    (rule,) = view.rules
    assert (rule.check, rule.anchor, rule.fix) == (
        "patch.active-takes-effect",
        "finding-patch.active-takes-effect",
        "",
    )
    assert view.fixes
    text = told(view)
    for part in (
        rule.title,
        "How to fix it",
        view.fixes[0],
        view.replay,
        "report . --cause 1 --format md",
        "#!/bin/sh",
    ):
        assert part in text, part
    assert "--only users.disable" in view.replay


def test_a_rule_is_explained_by_the_first_card_that_has_it(document, disabled):
    first, second = build(document, (disabled, replace(disabled, anchor="cause-2"))).causes
    assert (first.number, second.number) == (1, 2)
    assert first.rules[0].anchor
    assert second.rules[0].anchor == ""


def test_more_than_three_rules_are_folded(document, disabled):
    others = [each for each in document.failed_checks() if each.check.id != "patch.active-takes-effect"]
    unlike: dict[str, LocatedCheck] = {each.check.id: each for each in others}
    failures = (*disabled.failures, *unlike.values())
    many = replace(disabled, failures=failures, checks=tuple(dict.fromkeys(each.check.id for each in failures)))
    text = told(card(document, many))
    assert len(unlike) == 4
    assert "Rules that failed" in text
    assert "2 more rules" in text


def test_what_would_make_the_page_too_large_is_left_out(document, disabled, monkeypatch):
    monkeypatch.setattr(cards, "SCRIPTS", 10)
    monkeypatch.setattr(cards, "BUDGET", 10)
    view = card(document, disabled)
    assert view.script == ""
    assert view.request is not None
    assert view.request.exchange.request is None
    assert "Left out to keep this page small" in told(view)


def test_older_results_have_the_rule_only(document, disabled):
    example = disabled.example
    without = replace(example, check=replace(example.check, failure=""))
    assert card(document, replace(disabled, failures=(without,))).example.phrase == f"Not met: {example.check.title}"
    named = replace(example, check=replace(example.check, failure="Disabled users stay active"))
    assert card(document, replace(disabled, failures=(named,))).example.phrase == "Disabled users stay active"
