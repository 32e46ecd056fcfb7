"""What must hold whatever was written: the state a profile names, and the bystanders."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from scim_compat.checks.effects import (
    answered,
    body,
    display,
    subject,
)
from scim_compat.checks.registry import BOTH, Trait, Violation, check
from scim_compat.engine.intent import Effect, Observation
from scim_compat.scim import paths
from scim_compat.values import Json


@check(
    "state.expected",
    "A resource reads back as the sequence must have left it",
    level="MUST",
    cites=("RFC7644-3.3", "RFC7644-3.5.2", "RFC7644-3.5.1"),
    on=("read-back",),
    scim=BOTH,
    when=lambda observation: answered(observation) and _expectations(observation) != ((), ()),
    why="The profile names a state that must hold here whatever the server answered before.",
    fix="Look at the steps before this read-back: one of them left something undone, or did more than it should.",
)
def expected(observation: Observation) -> Iterator[Violation]:
    has, lacks = _expectations(observation)
    for effect in has:
        found = paths.get(body(observation), effect.path)
        if not paths.same(effect.value, found):
            yield Violation(effect.path, expected=effect.value, actual=display(found))
    for path in lacks:
        found = paths.get(body(observation), path)
        if not paths.is_unassigned(found):
            yield Violation(path, expected="no value", actual=display(found))


def _expectations(observation: Observation) -> tuple[tuple[Effect, ...], tuple[str, ...]]:
    about = observation.intent.subject
    if about is None:
        return (), ()
    return tuple(e for w in about.writes if w.action == "read-back" for e in w.effects), about.lacks


@check(
    "bystander.unchanged",
    "Accounts that no request names stay as they were",
    level="MUST",
    cites=("RFC7644-3.5.2", "RFC7644-3.6"),
    on=("bystander",),
    scim=BOTH,
    traits=Trait.BYSTANDER,
    why="A write that reaches another account changes or destroys somebody else's data.",
    fix="Select the resource by the id in the URL alone, and write to nothing else.",
)
def unchanged(observation: Observation) -> Iterator[Violation]:
    before = subject(observation).last_answer
    if before is None:
        return
    if not answered(observation):
        yield Violation("status", expected=200, actual=observation.response.status, message="it can no longer be read")
        return
    for path, was in paths.leaves(_comparable(before)):
        now = paths.get(body(observation), path)
        if not paths.same(was, now):
            yield Violation(path, expected=display(was), actual=display(now))
    for name, now in _comparable(body(observation)).items():
        if paths.is_unassigned(paths.member(before, name)) and not paths.is_unassigned(now):
            yield Violation(name, expected="(absent)", actual=display(now))


def _comparable(resource: Mapping[str, Json]) -> dict[str, Json]:
    """Without what a server may move by itself."""
    return {k: v for k, v in resource.items() if k.lower() not in {"meta", "schemas"}}
