"""A cause as Markdown, for the tracker of those who fix it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from scim_compat.report import exchanges, facts, reproduce
from scim_compat.report.baseline import acceptance_note
from scim_compat.report.findings import phrase
from scim_compat.report.markdown import code, escaped, fenced, link, prose
from scim_compat.report.text import Link, citation, json_text, one_line, safe_url
from scim_compat.report.unified import changed_lines
from scim_compat.report.words import SEVERITIES
from scim_compat.results.causes import Cause, Hit
from scim_compat.results.document import Document, Place
from scim_compat.results.document.records import StepRecord
from scim_compat.values import MISSING, plural

BODY: Final = 16_000
"""Characters of a body that a ticket shows."""
VALUE: Final = 2_000
"""Characters of an expected or actual value that a ticket shows."""
LISTED: Final = 30
"""Consequences and scenarios that a ticket names."""
_SIGNS: Final = {"same": " ", "gone": "-", "new": "+", "gap": "@"}


def ticket(document: Document, cause: Cause, number: int) -> str:
    """Write the text of a ticket about the cause. ``number``: its place in ``causes(document)``, from 1."""
    parts = (
        _head(document, cause),
        _hits(document, cause.hits),
        _example(document, cause),
        _consequences(cause),
        _fixes(cause),
        _rules(cause),
        _repetition(document, cause, number),
        _run(document, cause),
    )
    return "\n\n".join(block for part in parts for block in part) + "\n"


def _head(document: Document, cause: Cause) -> Iterator[str]:
    yield f"# {escaped(one_line(cause.title, 300))}"
    scenarios = sum(len(hit.scenarios) for hit in cause.hits)
    clients = ", ".join(code(document.profiles[hit.profile].id) for hit in cause.hits)
    severity = SEVERITIES[cause.severity].word
    yield f"**{severity}**: {plural(len(cause.failures), 'finding')} in {plural(scenarios, 'scenario')} of {clients}"
    if note := acceptance_note(each.check for each in cause.failures):
        yield f"Baseline: {escaped(note)}"
    if cause.trait:
        yield escaped(cause.trait.sentence)


def _hits(document: Document, hits: Iterable[Hit]) -> Iterator[str]:
    yield "## Who is hit"
    rows = []
    for hit in hits:
        profile = document.profiles[hit.profile]
        source = profile.sources.get(hit.source)
        cited = f" ({link(Link(one_line(source.title, 160), safe_url(source.url)))})" if source else ""
        count = plural(len(hit.scenarios), "scenario")
        consequence = f": {escaped(one_line(hit.consequence))}" if hit.consequence else ""
        rows.append(f"- {escaped(profile.title)}, {hit.severity}, {count}{consequence}{cited}")
    yield "\n".join(rows)


def _step(document: Document, place: Place) -> StepRecord:
    p, s, t = place
    return document.profiles[p].scenarios[s].steps[t]


def _example(document: Document, cause: Cause) -> Iterator[str]:
    failure = cause.example
    yield "## An example"
    yield f"Scenario {code(failure.scenario.id)} of {code(failure.profile.id)}: {escaped(failure.scenario.title)}"
    yield from _messages(_step(document, cause.request))
    if cause.shown != cause.request:
        yield from _messages(_step(document, cause.shown))
    check = failure.check
    yield f"**{escaped(phrase(check))}**" + (f", at {code(check.where)}" if check.where else "")
    for name, value in (("Expected", check.expected), ("Got", check.actual)):
        if value is not MISSING:
            shown = json_text(value, cap=VALUE)
            if shown.is_prose:
                yield f"{name}: {escaped(shown.text)}"
            elif "\n" in shown.text:
                yield f"{name}:\n\n{fenced(shown.text, 'json')}"
            else:
                yield f"{name}: {code(shown.text)}"
    if check.message:
        yield escaped(one_line(check.message))
    changes = changed_lines(_step(document, cause.before), _step(document, cause.shown)) if cause.before else None
    if changes and changes.lines:
        yield "The resource before and after, where it differs:"
        lines = [f"{_SIGNS[line.kind]} {line.text}".rstrip() for line in changes.lines]
        yield fenced("\n".join(lines), "diff")


def _messages(step: StepRecord) -> Iterator[str]:
    party = "The client" if step.kind == "client" else "The run, not the client,"
    yield f"{party} {escaped(one_line(step.title, 300))}:"
    if step.exchange is None:
        return
    detail = exchanges.messages(step.exchange, cap=BODY)
    yield fenced(_message(detail.request), "http")
    if detail.response:
        yield "The endpoint answers:"
        yield fenced(_message(detail.response), "http")
    elif step.exchange.failure:
        yield f"No usable answer came: {escaped(one_line(step.exchange.failure.text, 600))}"


def _message(message: exchanges.Message) -> str:
    body = message.body
    more = f"\n({body.more:,} more characters)" if body and body.more else ""
    return f"{message.start}\n{message.headers}" + (f"\n\n{body.text}{more}" if body else "")


def _consequences(cause: Cause) -> Iterator[str]:
    counts = Counter(phrase(failure.check) for failure in cause.consequences)
    if not counts:
        return
    yield "## What follows from it"
    rows = [f"- {escaped(text)} ({count}×)" for text, count in counts.most_common(LISTED)]
    if len(counts) > LISTED:
        rows.append(f"- and {len(counts) - LISTED} more")
    yield "\n".join(rows)


def _fixes(cause: Cause) -> Iterator[str]:
    texts = dict.fromkeys(one_line(failure.check.fix) for failure in cause.failures if failure.check.fix)
    if texts:
        yield "## How to fix"
        yield from (prose(text) for text in texts)


def _rules(cause: Cause) -> Iterator[str]:
    rules: dict[tuple[str, str], str] = {}
    for failure in cause.failures:
        check = failure.check
        cites = ", ".join(link(citation(token)) for token in dict.fromkeys(check.cites))
        level = "the client needs it" if check.level == "CLIENT" else check.level
        row = f"- {escaped(one_line(check.title, 300))} ({code(check.id)}, {level}{': ' if cites else ''}{cites})"
        rules.setdefault((check.id, check.title), row)
    yield "## The rules"
    yield "\n".join(rules.values())


def _repetition(document: Document, cause: Cause, number: int) -> Iterator[str]:
    p, s, _ = cause.example.place
    yield "## How to repeat it"
    yield "This command plays the scenario again, with its set-up and the same data:"
    yield fenced(reproduce.replay(document, p, s), "sh")
    yield (
        "Where scim-compat is not at hand, a script for a POSIX shell and curl does the same; DIR is the output folder "
        "of the run:"
    )
    yield fenced(f"scim-compat report DIR --cause {number} --format sh > repeat.sh", "sh")


def _run(document: Document, cause: Cause) -> Iterator[str]:
    run, tool = document.run, document.tool
    yield "## The run"
    rows = [
        f"- {code(f'{tool.name} {tool.version}')}, run {code(run.id)}, seed {run.seed}, started {run.started}",
        f"- Endpoint: {code(document.target.url)}",
    ]
    for hit in cause.hits:
        profile = document.profiles[hit.profile]
        rows.append(f"- Profile {code(profile.id)}, version {escaped(profile.version)}, digest {code(profile.digest)}")
    if window := facts.window(cause.example.scenario):
        rows.append(f"- In the log of the endpoint: {window}")
    yield "\n".join(rows)
