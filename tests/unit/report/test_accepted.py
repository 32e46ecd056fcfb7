"""Accepted findings on the page: they stay where they were, with their ticket, and no verdict is milder."""

from __future__ import annotations

import re
from typing import Any

import pytest
from scim_compat.report.baseline import acceptance_note
from scim_compat.report.cause_data import cause_data
from scim_compat.report.html import render
from scim_compat.report.tickets import ticket
from scim_compat.results.causes import causes
from scim_compat.results.document.parsing import parse
from scim_compat.results.document.records import CheckRecord
from scim_compat.values import Outcome, Severity
from support.results import build_results


def with_tickets(ticket: str) -> dict[str, Any]:
    results = build_results()
    for profile in results["profiles"]:
        for scenario in profile["scenarios"]:
            for step in scenario["steps"]:
                for check in step["checks"]:
                    if check["outcome"] == "fail":
                        check["accepted"] = ticket
    return results


def page(results: dict[str, Any]) -> str:
    return render(parse(results))


def test_each_accepted_finding_bears_its_ticket_and_stays():
    plain, accepted = page(with_tickets("")), page(with_tickets("SCIM-117"))
    assert 'class="accepted">accepted:' not in plain
    problems = plain.count('<p class="problem-title">')
    assert accepted.count('<p class="problem-title">') == problems > 3
    assert accepted.count('<span class="accepted">accepted: SCIM-117</span>') >= problems
    verdicts = re.compile(r'<p class="overall">.*?</p>|<p class="card-verdict">.*?</p>', re.DOTALL)
    assert verdicts.findall(accepted) == verdicts.findall(plain)


def test_the_entries_and_the_departures_have_a_part_of_their_own():
    whole = page(build_results())
    part = whole[whole.index('<section id="baseline"') :].partition("</section>")[0]
    assert '<a href="#baseline">Accepted</a>' in whole
    for text in (
        "0 findings accepted by <code>baseline.yaml</code>",
        "<code>user.unchanged</code>",
        "SCIM-117",
        "until 2027-03-31",
        "The old store trims names; replaced in March",
        "okta: users.update",
        "<code>baseline.yaml:12</code> okta: push-groups was tested when the baseline was written",
    ):
        assert text in part


def test_a_run_without_a_baseline_says_nothing_of_one():
    whole = page({**build_results(), "baseline": None})
    assert "#baseline" not in whole
    assert "Accepted findings" not in whole


def test_what_is_handed_over_says_that_it_is_accepted():
    document = parse(with_tickets("SCIM-117"))
    cause = causes(document)[0]
    assert "\n\nBaseline: accepted: SCIM-117\n\n" in ticket(document, cause, 1)
    assert {each["accepted"] for each in cause_data(document, cause, 1)["findings"]} == {"SCIM-117"}


@pytest.mark.parametrize(
    ("tickets", "note"),
    [
        ([], ""),
        (["", ""], ""),
        (["T-1", "T-1"], "accepted: T-1"),
        (["T-1", "T-2"], "accepted: T-1, T-2"),
        (["T-1", ""], "1 of 2 findings accepted: T-1"),
    ],
)
def test_a_cause_says_how_much_of_it_is_accepted(tickets: list[str], note: str):
    checks = [
        CheckRecord(id="a.b", outcome=Outcome.FAIL, level="MUST", severity=Severity.DEGRADED, accepted=ticket)
        for ticket in tickets
    ]
    assert acceptance_note(checks) == note
