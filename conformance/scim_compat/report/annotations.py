"""Causes as annotations of GitHub Actions: commands to its runner, one a line of the standard output.

The runner obeys a line that begins with ``::``. Text of others is escaped, so that none of it begins a line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from scim_compat.report.gate import Gate
from scim_compat.report.text import one_line, visible
from scim_compat.results.causes import Cause
from scim_compat.values import Where, plural

Scenarios = Mapping[tuple[str, str], Where]
"""Ids of a profile and of its scenario → its line in a file of the user's own."""


def commands(causes: Sequence[Cause], gate: Gate, places: Scenarios) -> Iterator[str]:
    """Return a command for each cause, and for each reason why the gate fails beside them."""
    for number, cause in enumerate(causes, 1):
        is_failed = any(gate.is_failed(each.check) for each in (*cause.failures, *cause.consequences))
        example = cause.example
        scenarios = plural(sum(len(hit.scenarios) for hit in cause.hits), "scenario")
        text = f"{one_line(cause.title, 300)} ({scenarios} of {', '.join(cause.clients)})"
        if cause.trait:
            text += f"\n{cause.trait.sentence}"
        yield command(
            "error" if is_failed else "warning",
            text,
            title=f"scim-compat {number}: {cause.severity}",
            where=places.get((example.profile.id, example.scenario.id)),
        )
    for text in gate.objections:
        yield command("error", text, title="scim-compat: gate")


def command(name: str, text: str, *, title: str, where: Where | None = None) -> str:
    """Write one command to the runner."""
    place = f"file={_property(where.file)},line={where.line}," if where else ""
    return f"::{name} {place}title={_property(title)}::{_data(text)}"


def _data(text: str) -> str:
    return visible(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
