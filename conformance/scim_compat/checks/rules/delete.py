"""Deleting resources: gone by id, by filter and from the list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from scim_compat.checks.effects import subject
from scim_compat.checks.registry import BOTH, Violation, check
from scim_compat.engine.intent import Observation
from scim_compat.scim.messages import looks_like_error


@check(
    "delete.status",
    "A delete is answered with 204",
    level="MUST",
    cites=("RFC7644-3.6",),
    on=("delete",),
    scim=BOTH,
    when=lambda seen: not seen.intent.twice,
    why="A delete that is refused leaves the account behind.",
    fix="Delete, and answer 204 without a body.",
)
def status(seen: Observation) -> Iterator[Violation]:
    if seen.intent.disabled and seen.response.status in {404, 410}:
        return  # it vanished when it was disabled: user.disabled-found-by-id
    # SCIM 1.1 answers 200 in its text, and servers of it 204 as well (protocol section 3.4).
    right = {204} if seen.context.scim == "2.0" else {200, 204}
    if seen.response.status not in right and seen.response.status < 500:
        yield Violation("status", expected=204, actual=seen.response.status)


@check(
    "delete.again-is-404",
    "Deleting what is already gone is answered with 404",
    level="MUST",
    cites=("RFC7644-3.6",),
    on=("delete",),
    scim=BOTH,
    when=lambda seen: seen.intent.twice and seen.intent.gone,
    why="The client takes 404 for done; any other error is tried again for weeks.",
    fix="Answer 404 for every request about a deleted resource.",
)
def again(seen: Observation) -> Iterator[Violation]:
    if seen.response.status not in {404, 410} and seen.response.status < 500:
        yield Violation("status", expected=404, actual=seen.response.status)


@check(
    "delete.gone-by-id",
    "A deleted resource is not returned by its id",
    level="MUST",
    cites=("RFC7644-3.6",),
    on=("read-back", "read"),
    scim=BOTH,
    when=lambda seen: seen.intent.gone,
    why="A deleted account that answers is an account that is still there.",
    fix="Answer 404 for the id of a deleted resource.",
)
def gone_by_id(seen: Observation) -> Iterator[Violation]:
    # A refusal of another status gives nothing away; read.unknown-404 speaks of it.
    if seen.response.ok and not looks_like_error(seen.response.json):
        yield Violation("status", expected=404, actual=seen.response.status)


@check(
    "delete.gone-by-filter",
    "A deleted resource is not found by filter",
    level="MUST",
    cites=("RFC7644-3.6",),
    on=("match", "look-up"),
    scim=BOTH,
    when=lambda seen: seen.intent.gone and seen.response.ok,
    why="The client finds the deleted user, links to it, and never creates the new one.",
    fix="Leave deleted resources out of filter results.",
)
def gone_by_filter(seen: Observation) -> Iterator[Violation]:
    yield from _still_there(seen)


@check(
    "delete.gone-from-list",
    "A deleted resource is not in the list",
    level="MUST",
    cites=("RFC7644-3.6",),
    on=("list",),
    scim=BOTH,
    when=lambda seen: seen.intent.gone and seen.response.ok,
    why="Imports bring the deleted account back to life.",
    fix="Leave deleted resources out of lists and of totalResults.",
)
def gone_from_list(seen: Observation) -> Iterator[Violation]:
    yield from _still_there(seen)


def _still_there(seen: Observation) -> Iterator[Violation]:
    answer = seen.response.json
    found = answer.get("Resources") if isinstance(answer, Mapping) else None
    for index, resource in enumerate(found if isinstance(found, list) else []):
        if isinstance(resource, Mapping) and resource.get("id") == subject(seen).id:
            yield Violation(f"/Resources/{index}", expected="not the deleted resource", actual=subject(seen).id)
