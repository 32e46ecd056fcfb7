"""Prints the checks: all in a list, one with its reasons, and the order in which to fix them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import groupby
from typing import Final

from scim_compat.checks.examples import Example, Message
from scim_compat.checks.registry import Check
from scim_compat.cli.check_facts import CheckFacts, ClientView, ScenarioView
from scim_compat.cli.check_search import Hit
from scim_compat.cli.console import (
    QUIET,
    SEVERITY_STYLES,
    STRONG,
    Column,
    Output,
    Part,
    grid,
)
from scim_compat.cli.order import OrderPart
from scim_compat.report.words import LEVELS
from scim_compat.values import MISSING, Level, Prose, plural

_MOST_HITS: Final = 15
"""Checks that a search lists."""
_HOW_ORDERED: Final = """\
Before any check, the run must be able to start (address, certificate, credential); else it ends with status 3. The \
number counts the scenarios of the built-in profiles that reach the check when all goes well. A check without a number \
applies when something else fails. Within a part the order is that of a report: the worst first, then the most \
frequent."""


def print_checks(out: Output, checks: Sequence[Check]) -> None:
    """Every check with its level and title, by area."""
    columns = [
        Column(least=max(len(rule.id) for rule in checks)),
        Column(least=max(len(level) for level in LEVELS)),
        Column(prose=True),
    ]
    for area, group in groupby(checks, key=lambda rule: rule.area):
        out.line((area, STRONG))
        out.table(grid(columns, ((rule.id, rule.level, rule.title) for rule in group)), indent=2)
        out.blank()
    out.table(grid([Column(), Column(prose=True)], (((level, QUIET), (text, QUIET)) for level, text in LEVELS.items())))
    out.line(("For details: scim-compat explain CHECK", QUIET))


def print_order(out: Output, parts: Sequence[OrderPart]) -> None:
    """The order in which to fix, numbered through all its parts."""
    number = 0
    for part in parts:
        if not part.checks:
            continue
        out.paragraph((part.title, STRONG))
        out.paragraph(part.text, indent=2)
        rows: list[tuple[Part, ...]] = []
        for row in part.checks:
            number += 1
            reach = plural(row.scenarios, "scenario") if row.scenarios else ""
            severity = (row.severity, SEVERITY_STYLES.get(row.severity, QUIET))
            rows.append((str(number), severity, row.title, (row.id, QUIET), (reach, QUIET)))
        columns = [Column(right=True, least=3), Column(least=8), Column(prose=True), Column(), Column(right=True)]
        out.table(grid(columns, rows), indent=2)
        out.blank()
    out.paragraph((_HOW_ORDERED, QUIET))


# --- one check ----------------------------------------------------------------------------------


def print_check(out: Output, facts: CheckFacts) -> None:
    out.paragraph((facts.id, STRONG), "  ", facts.title, hanging=2)
    out.paragraph(("Broken: ", QUIET), facts.failure, indent=2, hanging=10)
    out.paragraph(f"{facts.level}: {LEVELS[facts.level]}", indent=2)
    for cite in facts.cites:
        out.paragraph(f"{cite.text}  {cite.url}".rstrip(), indent=2, hanging=4)
    for title, text in (("When", facts.conditions), ("Why", facts.why), ("Fix", facts.fix)):
        out.heading(title)
        out.paragraph(text, indent=2)
    if facts.example:
        _print_example(out, facts.example)
    out.heading("Clients" if facts.scenarios is None else "Client")
    if not facts.clients and facts.scenarios is not None:
        out.paragraph(f"The profile does not speak SCIM {' or '.join(facts.scim)}, which the check is for.", indent=2)
    elif not facts.clients:
        versions = " or ".join(facts.scim)
        out.paragraph(f"No built-in profile speaks SCIM {versions}, for which the check is made.", indent=2)
    for view in facts.clients:
        _print_view(out, view, facts.level)
    if facts.scenarios is not None and facts.clients:
        _print_scenarios(out, facts.scenarios, facts.clients[0].lowered)


def print_hits(out: Output, words: Sequence[str], hits: Sequence[Hit]) -> None:
    """The checks that hold the words, the best first."""
    out.line((f"{plural(len(hits), 'check')} for {' '.join(words)}", STRONG))
    rows: list[tuple[Part, ...]] = [(hit.id, (hit.level, QUIET), hit.failure) for hit in hits[:_MOST_HITS]]
    columns = [Column(least=max(len(row[0]) for row in rows)), Column(), Column(prose=True)]
    out.table(grid(columns, rows), indent=2)
    if len(hits) > _MOST_HITS:
        out.line((f"  and {len(hits) - _MOST_HITS} more: give another word, or --json", QUIET))
    out.line((f"For details: scim-compat explain {hits[0].id}", QUIET))


def _print_scenarios(out: Output, scenarios: Sequence[ScenarioView], lowered: str) -> None:
    """``lowered``: what the view of the client says in general."""
    out.heading("Scenarios")
    if not scenarios:
        out.paragraph("No scenario reaches it while all goes well: it applies when something else fails.", indent=2)
    for view in scenarios:
        reason = f", because {view.lowered}" if view.lowered and view.lowered != lowered else ""
        out.entry((view.severity, SEVERITY_STYLES[view.severity]), view.id, (reason, QUIET), indent=2, width=9)
        out.paragraph((view.title, QUIET), indent=11)


def _print_view(out: Output, view: ClientView, level: Level) -> None:
    place = f"{view.profile}, scenario {view.scenario}" if view.scenario else view.profile
    severity = (view.severity, SEVERITY_STYLES.get(view.severity, QUIET))
    stated = f"{view.stated}, lowered to " if view.stated else ""
    out.paragraph(f"{place}: {stated}", severity, _reason(view, level), indent=2, hanging=4)
    if view.consequence:
        out.paragraph(view.consequence, indent=4)
    if view.source:
        out.paragraph(f"{view.evidence}: {view.source.title} ({view.source.key})", indent=4, hanging=6)
        if view.source.url:
            out.paragraph(view.source.url, indent=6)


def _reason(view: ClientView, level: Level) -> str:
    """The reason for the severity where the profile gives none, or where its own does not count."""
    if view.lowered:
        return f" because {view.lowered}"
    if view.by == "profile":
        return ""
    if view.severity == "ignored":
        return f" (the profile does not mention it, and the level is {level})"
    return f" (by the level {level}: the profile does not mention it)"


def _print_example(out: Output, example: Example) -> None:
    out.heading("Example")
    if example.server:
        out.paragraph(f"A server made for this: {example.server}.", indent=2)
    if example.step:
        sender = "client" if example.by == "client" else "run"
        out.paragraph(f"The {sender} {example.step}.", indent=2)
    if example.before:
        out.paragraph("The client had written:", indent=2)
        _print_message(out, example.before)
    _print_message(out, example.request)
    if example.response:
        _print_message(out, example.response)
    else:
        out.paragraph(f"No answer: {example.failure}", indent=4)
    if example.where:
        out.paragraph(f"At {example.where}:", indent=2)
    for label, value in (("expected", example.expected), ("actual", example.actual)):
        if value is not MISSING:
            is_prose = isinstance(value, Prose)
            out.entry(label, (value, QUIET) if is_prose else json.dumps(value, ensure_ascii=False), indent=4, width=10)
    if example.message:
        out.paragraph(example.message, indent=4)


def _print_message(out: Output, message: Message) -> None:
    out.line("    ", (message.line, STRONG))
    for name, content in message.headers or ():
        out.line(f"    {name}: {content}")
    for line in message.body.split("\n") if message.body else ():
        out.line("    ", line)
    out.blank()
