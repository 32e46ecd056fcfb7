"""A run on one page of Markdown, for the page that a pipeline shows of a job.

Pipelines cut or refuse long pages, so this one stays short: details go first, and every cause stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from scim_compat.errors import ExitStatus
from scim_compat.report import reproduce
from scim_compat.report.baseline import acceptance_note
from scim_compat.report.gate import Gate
from scim_compat.report.markdown import code, escaped, fenced
from scim_compat.report.text import one_line
from scim_compat.results.causes import Cause, Hit
from scim_compat.results.document import Document
from scim_compat.values import plural

LIMIT: Final = 64_000
"""Bytes of a summary, at most."""
_LISTED: Final = 20
"""Resources that were left, and errors."""


@dataclass(frozen=True, slots=True)
class _Detail:
    """How much a summary says of a cause."""

    title: int
    """Characters."""
    scenarios: int = 0
    """Named for each client."""
    clients: int = 0
    has_trait: bool = False
    has_command: bool = False


_DETAILS: Final = (
    _Detail(300, scenarios=20, clients=20, has_trait=True, has_command=True),
    _Detail(300, scenarios=5, clients=20, has_trait=True, has_command=True),
    _Detail(300, scenarios=1, clients=20, has_trait=True, has_command=True),
    _Detail(200, scenarios=1, clients=5, has_trait=True),
    _Detail(120, clients=3),
    _Detail(80),
    _Detail(12),
)
"""From the most to the least."""


def summary(document: Document, causes: Sequence[Cause], gate: Gate, status: ExitStatus) -> str:
    """Write the run as Markdown of less than ``LIMIT`` bytes."""
    text = ""
    for detail in _DETAILS:
        text = "\n\n".join(_blocks(document, causes, gate, status, detail)) + "\n"
        if len(text.encode()) < LIMIT:
            break
    return text


def refusal_summary(message: str) -> str:
    """Write why a run left no results."""
    return f"## scim-compat: no results\n\n{escaped(one_line(message))}\n"


def _blocks(
    document: Document, causes: Sequence[Cause], gate: Gate, status: ExitStatus, detail: _Detail
) -> Iterator[str]:
    ended = "passed" if status is ExitStatus.OK else "failed"
    yield f"## scim-compat: {document.verdict.replace('-', ' ')}"
    yield f"The gate at {code(f'--fail-on {gate.fail_on}')} **{ended}** (exit status {status.value})."
    if document.run.interrupted:
        yield f"Interrupted, so these results are partial: {escaped(one_line(document.run.interrupted, 300))}"
    if gate.objections:
        yield "\n".join(f"- {escaped(one_line(text, 300))}" for text in gate.objections)
    yield "\n".join(_verdicts(document))
    if causes:
        yield "### What to fix"
        yield "\n".join(
            line for number, cause in enumerate(causes, 1) for line in _cause(document, cause, number, detail)
        )
        if not detail.has_command:
            yield "For all of one, DIR being the output folder of the run:"
            yield fenced("scim-compat report DIR --cause 1 --format md", "sh")
    left = [f"{one.type} {one.id or '(id unknown)'}: {one.why}" for one in document.cleanup.left]
    yield from _listed("Left at the endpoint", left)
    yield from _listed("Errors", document.errors)
    tool = code(f"{document.tool.name} {document.tool.version}")
    yield f"Endpoint {code(document.target.url)}, seed {document.run.seed}, {tool}."


def _verdicts(document: Document) -> Iterator[str]:
    yield "| client | verdict | passed | failed | others |"
    yield "|---|---|---|---|---|"
    for profile in document.profiles:
        counts = profile.counts
        others = counts.scenarios - counts.passed - counts.failed
        name = f"{escaped(one_line(profile.title, 120))} ({code(profile.id)})"
        yield f"| {name} | {escaped(profile.headline)} | {counts.passed} | {counts.failed} | {others} |"


def _cause(document: Document, cause: Cause, number: int, detail: _Detail) -> Iterator[str]:
    yield f"{number}. **{cause.severity}** {escaped(one_line(cause.title, detail.title))}"
    for hit in cause.hits[: detail.clients]:
        yield f"   - {_hit(document, hit, detail)}"
    more = len(cause.hits) - detail.clients
    if detail.clients and more > 0:
        yield f"   - and {plural(more, 'more client')}"
    if cause.trait and detail.has_trait:
        yield f"   - {escaped(cause.trait.sentence)}"
    if detail.clients and (note := acceptance_note(each.check for each in cause.failures)):
        yield f"   - {escaped(note)}"
    if detail.has_command:
        p, s, _ = cause.example.place
        yield f"   - Repeat: {code(reproduce.replay(document, p, s))}"


def _hit(document: Document, hit: Hit, detail: _Detail) -> str:
    profile = document.profiles[hit.profile]
    named = [code(profile.scenarios[each].id) for each in hit.scenarios[: detail.scenarios]]
    count = len(hit.scenarios)
    rest = f" and {count - len(named)} more" if 0 < len(named) < count else ""
    scenarios = f": {', '.join(named)}{rest}" if named else ""
    return f"{code(profile.id)}, {hit.severity}, {plural(count, 'scenario')}{scenarios}"


def _listed(heading: str, texts: Sequence[str]) -> Iterator[str]:
    if texts:
        rows = [f"- {escaped(one_line(text, 300))}" for text in texts[:_LISTED]]
        rows += [f"- and {len(texts) - _LISTED} more"] if len(texts) > _LISTED else []
        yield f"### {heading}"
        yield "\n".join(rows)
