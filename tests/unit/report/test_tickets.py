"""The text of a ticket: it says what is wrong, for whom, how to repeat and how to fix it, and nothing in it is markup of others."""

from __future__ import annotations

import re
import shlex
from typing import Any

import pytest
from scim_compat.report.reproduce import replay
from scim_compat.report.scripts import script
from scim_compat.report.tickets import ticket
from scim_compat.results.causes import Cause, causes
from scim_compat.results.document import Document
from scim_compat.results.document.parsing import parse
from support.results import BASE, build_results, hostile_results


def document(**run: Any) -> Document:
    results = build_results()
    results["run"] |= run
    for profile in results["profiles"]:
        for scenario in profile["scenarios"]:
            scenario["started"] = "2026-11-22T06:31:05.250Z"
    return parse(results)


def of(results: Document, check: str) -> tuple[Cause, str]:
    """The cause that the check names, and its ticket."""
    number, cause = next((n, c) for n, c in enumerate(causes(results), 1) if c.checks[0] == check)
    return cause, ticket(results, cause, number)


def sections(text: str) -> list[str]:
    outside = re.sub(r"(?ms)^(`{3,})\w*\n.*?^\1$", "", text)
    return re.findall(r"(?m)^#+ (.*)$", outside)


def test_a_ticket_has_all_that_its_reader_needs() -> None:
    results = document()
    cause, text = of(results, "patch.active-takes-effect")
    assert sections(text)[1:] == ["Who is hit", "An example", "How to fix", "The rules", "How to repeat it", "The run"]
    assert text.startswith("# ")
    assert cause.hits[0].consequence in text
    p, s, _ = cause.example.place
    assert replay(results, p, s) in text
    assert "Expected: `false`\n\nGot: `true`" in text
    assert '"op": "replace"' in text or "GET https://api.example.com" in text
    assert "[RFC 7644 §3.5.2.3](https://www.rfc-editor.org/rfc/rfc7644#section-3.5.2.3)" in text
    for fact in ("`scim-compat 0.1.0`", "seed 20261122", f"`{BASE}`", "version 2026.11", "2026-11-22, 06:31:05 UTC"):
        assert fact in text, fact


def test_its_number_leads_to_the_script() -> None:
    results = document()
    for number, cause in enumerate(causes(results), 1):
        assert f"scim-compat report DIR --cause {number} --format sh > repeat.sh" in ticket(results, cause, number)


def test_results_without_times_say_nothing_of_them() -> None:
    results = parse(build_results())
    assert "In the log" not in ticket(results, causes(results)[0], 1)


@pytest.mark.parametrize(
    "text", ["```\n# forged\n", "<img src=x onerror=alert(1)>", "[x](javascript:alert(1))", "@all #1\n\n# forged"]
)
def test_text_of_others_stays_text(text: str) -> None:
    results = parse(hostile_results(text))
    for number, cause in enumerate(causes(results), 1):
        written = ticket(results, cause, number)
        assert "forged" not in "".join(sections(written)[1:])
        assert len(sections(written)) <= 8
        prose = re.sub(r"(?ms)^(`{3,})\w*\n.*?^\1$", "", written)
        prose = re.sub(r"(`+).*?\1", "", re.sub(r"\\.", "", prose))
        assert "<" not in prose
        assert not re.search(r"\]\((?!https?://)", prose)
        assert not re.search(r"(?<!\w)@\w", prose)


def test_equal_results_give_the_same_ticket() -> None:
    one, other = document(), document()
    assert ticket(one, causes(one)[0], 1) == ticket(other, causes(other)[0], 1)


def test_the_command_in_it_is_one_command() -> None:
    results = document(
        call={"kind": "run", "url": "https://x.example/a b", "options": ["--user", "`id`\n"], "only": []}
    )
    text = ticket(results, causes(results)[0], 1)
    block = text.split("```sh\n")[1].split("\n```")[0]
    assert shlex.split(block.replace("$'", "'"))[:3] == ["scim-compat", "run", "https://x.example/a b"]


def test_results_of_older_versions_have_tickets_and_scripts() -> None:
    results = build_results()
    del results["run"]["call"], results["run"]["trace"], results["bystanders"]["accounts"]
    for profile in results["profiles"]:
        del profile["reference"]
        for scenario in profile["scenarios"]:
            del scenario["started"]
            for step in scenario["steps"]:
                if step["exchange"]:
                    del step["exchange"]["request"]["credential"]
    older = parse(results)
    assert ticket(older, causes(older)[0], 1) == ticket(parse(build_results()), causes(older)[0], 1)
    assert script(older, 0, 0) == script(parse(build_results()), 0, 0)
