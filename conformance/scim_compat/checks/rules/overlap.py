"""Requests that are at the server at the same time: none of them may undo another."""

from __future__ import annotations

from collections.abc import Iterator

from scim_compat.checks.registry import BOTH, Harm, NotJudged, Violation, check
from scim_compat.engine.intent import Effect, Observation, Overlap
from scim_compat.values import Fault, plural


def _overlap(observation: Observation) -> Overlap:
    overlap = observation.intent.overlap or Overlap()
    if overlap.question:
        raise NotJudged(overlap.question)
    return overlap


@check(
    "overlap.kept",
    "Changes that are sent at the same time all take effect",
    failure="A change is lost when others are sent at the same time",
    level="MUST",
    cites=("RFC7644-3.5.2", "RFC5789-2"),
    on=("overlap",),
    scim=BOTH,
    when=lambda observation: observation.intent.overlap is not None and bool(observation.intent.overlap.effects),
    why="A client with much to do sends several requests in parallel. Each was answered with success, so nobody looks "
    "again: one member has no access, another one keeps it.",
    fix="Do not read a resource, change it and write it back whole. Write only the member or attribute that the "
    "operation names, or lock the resource, or compare its version and start again.",
    fault=Fault.LOSS,
)
def kept(observation: Observation) -> Iterator[Violation]:
    overlap = _overlap(observation)
    count = plural(len(overlap.effects), "change")
    for effect in overlap.lost:
        is_open = effect.kind == "remove-member" or (effect.path.lower() == "active" and effect.value is False)
        yield Violation(
            effect.path,
            expected=f"all of {count} that were sent at the same time and accepted",
            actual=f"lost: {_deed(observation, effect)}",
            message="Sent again alone, the same request takes effect.",
            harm=Harm.ACCESS if is_open else None,
        )


def _deed(observation: Observation, effect: Effect) -> str:
    name = observation.context.ours.get(str(effect.value), effect.value)
    if effect.kind == "add-member":
        return f"adding {name}"
    return f"removing {name}" if effect.kind == "remove-member" else f"{effect.path} = {effect.value}"


@check(
    "overlap.one-account",
    "Creations of one user at the same time make one account",
    failure="Creates at the same time make several accounts of one user",
    level="MUST",
    cites=("RFC7643-4.1.1", "RFC7644-3.3"),
    on=("overlap",),
    scim=BOTH,
    when=lambda observation: observation.intent.overlap is not None and bool(observation.intent.overlap.accounts),
    why="A client that asks twice, or two of its workers that ask once, leave two accounts for one person: from then "
    "on neither can be matched.",
    fix="Let the database keep userName unique; a look before the write does not, as two requests can look at once.",
    fault=Fault.WRITE,
)
def one_account(observation: Observation) -> Iterator[Violation]:
    accounts = _overlap(observation).accounts
    if len(accounts) > 1:
        message = "Sent once more, alone, the same creation is refused."
        yield Violation("/id", expected="one account", actual=f"{len(accounts)} accounts", message=message)
