"""Resources that no scenario names must not change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from conformance.checks.registry import Problem, check
from conformance.checks.state import answered, body, shown, subject
from conformance.engine import paths
from conformance.engine.exchange import Json, Seen


@check(
    "bystander.unchanged",
    "Accounts that no request names stay as they were",
    level="MUST",
    cites=("RFC7644-3.5.2", "RFC7644-3.6"),
    on=("bystander",),
    why="A write that reaches another account changes or destroys somebody else's data.",
    fix="Select the resource by the id in the URL alone, and write to nothing else.",
)
def unchanged(seen: Seen) -> Iterator[Problem]:
    before = subject(seen).before
    if before is None:
        return
    if not answered(seen):
        yield Problem("status", expected=200, actual=seen.response.status, message="it can no longer be read")
        return
    for path, was in paths.leaves(_comparable(before)):
        now = paths.get(body(seen), path)
        if not paths.same(was, now):
            yield Problem(path, expected=shown(was), actual=shown(now))
    for name, now in _comparable(body(seen)).items():
        if paths.is_unassigned(paths.member(before, name)) and not paths.is_unassigned(now):
            yield Problem(name, expected="(absent)", actual=shown(now))


def _comparable(resource: Mapping[str, Json]) -> dict[str, Json]:
    """Without what a server may move by itself."""
    return {k: v for k, v in resource.items() if k.lower() not in {"meta", "schemas"}}
