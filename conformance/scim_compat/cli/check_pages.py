"""Writes the HTML pages of ``explain --all``: one for each check, a list, and the order in which to fix."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import count as numbers
from pathlib import Path
from typing import Literal

from scim_compat.checks import examples
from scim_compat.checks.registry import Check
from scim_compat.cli.check_facts import CheckFacts, ClientView, check_facts
from scim_compat.cli.order import OrderPart, order
from scim_compat.errors import UsageError
from scim_compat.profile.model import Profile
from scim_compat.report.exchanges import Message
from scim_compat.report.findings import severity_mark, severity_order
from scim_compat.report.pages import CheckView, ClientRow, ExampleView, PartView, RankedCheck, pages
from scim_compat.report.text import Excerpt, Link, json_text, safe_url
from scim_compat.values import MISSING, Json, Severity


def write(folder: Path, checks: Iterable[Check], profiles: Sequence[Profile]) -> int:
    """Writes the pages into ``folder`` and returns their number. Raises UsageError if they cannot be written."""
    facts = {rule.id: check_facts(rule, profiles) for rule in checks}
    count = 0
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, html in pages(parts(facts, order(profiles))):
            (folder / name).write_text(html, encoding="utf-8")
            count += 1
    except OSError as error:
        raise UsageError(f"--out {folder}: the pages cannot be written: {error.strerror}") from None
    return count


def parts(facts: Mapping[str, CheckFacts], ordered: Iterable[OrderPart]) -> tuple[PartView, ...]:
    """Arranges the checks for their pages. ``facts``: by id of the check."""
    places = numbers(1)
    return tuple(
        PartView(
            key=part.key,
            title=part.title,
            text=part.text,
            rows=tuple(
                RankedCheck(
                    check=_check(facts[row.id]),
                    place=next(places),
                    mark=severity_mark(judged(row.severity)),
                    scenarios=row.scenarios,
                    profiles=row.profiles,
                )
                for row in part.checks
            ),
        )
        for part in ordered
    )


def judged(severity: Severity | Literal["ignored"]) -> Severity | None:
    """None for what the client ignores."""
    return severity if isinstance(severity, Severity) else None


def _check(facts: CheckFacts) -> CheckView:
    return CheckView(
        id=facts.id,
        title=facts.title,
        failure=facts.failure,
        level=facts.level,
        cites=tuple(Link(cite.text, cite.url) for cite in facts.cites),
        scim=facts.scim,
        conditions=facts.conditions,
        why=facts.why,
        fix=facts.fix,
        clients=tuple(map(_client, sorted(facts.clients, key=lambda view: severity_order(judged(view.severity))))),
        example=_example(facts.example) if facts.example else None,
    )


def _client(view: ClientView) -> ClientRow:
    return ClientRow(
        profile=view.profile,
        scenario=view.scenario,
        mark=severity_mark(judged(view.severity)),
        by=view.by,
        lowered=f"{view.stated}, lowered because {view.lowered}" if view.stated else "",
        consequence=view.consequence,
        evidence=view.evidence,
        source=Link(view.source.title, safe_url(view.source.url)) if view.source else None,
    )


def _example(example: examples.Example) -> ExampleView:
    return ExampleView(
        server=example.server,
        step=example.step,
        by=example.by,
        before=_message(example.before) if example.before else None,
        request=_message(example.request),
        response=_message(example.response) if example.response else None,
        failure=example.failure,
        where=example.where,
        expected=_value(example.expected),
        actual=_value(example.actual),
        message=example.message,
    )


def _message(message: examples.Message) -> Message:
    headers = "\n".join(f"{name}: {text}" for name, text in message.headers or ())
    return Message(message.line, headers, Excerpt(message.body) if message.body else None)


def _value(value: Json) -> Excerpt | None:
    return None if value is MISSING else json_text(value)
