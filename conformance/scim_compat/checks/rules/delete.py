"""Deleting resources: gone by id, by filter and from the list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from scim_compat.checks.answers import entries, is_served, resource_of
from scim_compat.checks.display import quotation
from scim_compat.checks.effects import subject
from scim_compat.checks.registry import BOTH, Harm, Violation, check
from scim_compat.engine.intent import Observation
from scim_compat.results.model import ClaimTopic
from scim_compat.values import Fault


@check(
    "delete.status",
    "A delete is answered with 204",
    failure="A delete is not answered with 204",
    level="MUST",
    cites=("RFC7644-3.6",),
    on=("delete",),
    scim=BOTH,
    when=lambda observation: not observation.intent.twice,
    why="A delete that is refused leaves the account behind.",
    fix="Delete, and answer 204 without a body.",
)
def status(observation: Observation) -> Iterator[Violation]:
    if observation.intent.disabled and observation.response.status in {404, 410}:
        return  # user.disabled-found-by-id reports it
    # The text of SCIM 1.1 has 200; its servers answer 204 as well (protocol section 3.4).
    accepted = {204} if observation.context.scim == "2.0" else {200, 204}
    if observation.response.status not in accepted and observation.response.status < 500:
        # A client goes on after any success; delete.gone-by-id reports a resource that is still there.
        harm = Harm.LOSS if observation.response.ok else None
        is_refused = observation.response.status >= 400 and observation.response.status not in {404, 410}
        failure = "A delete is refused" if is_refused else ""
        yield Violation("status", expected=204, actual=observation.response.status, harm=harm, failure=failure)


@check(
    "delete.again-is-404",
    "Deleting what is already gone is answered with 404",
    failure="A second delete is not answered with 404",
    level="MUST",
    cites=("RFC7644-3.6",),
    on=("delete",),
    scim=BOTH,
    when=lambda observation: observation.intent.twice and observation.intent.gone,
    why="The client takes 404 for done; any other error is tried again for weeks.",
    fix="Answer 404 for every request about a deleted resource.",
)
def again(observation: Observation) -> Iterator[Violation]:
    if observation.response.status not in {404, 410} and observation.response.status < 500:
        yield Violation("status", expected=404, actual=observation.response.status)


@check(
    "delete.gone-by-id",
    "A deleted resource is not returned by its id",
    failure="A deleted resource is still returned by its id",
    level="MUST",
    cites=("RFC7644-3.6",),
    on=("read-back", "read"),
    scim=BOTH,
    when=lambda observation: observation.intent.gone,
    why="A deleted account that answers is an account that is still there.",
    fix="Answer 404 for the id of a deleted resource.",
    fault=Fault.LOSS,
)
def gone_by_id(observation: Observation) -> Iterator[Violation]:
    # A refusal of another status gives nothing away; read.unknown-404 reports it.
    if is_served(observation):
        # An inactive account opens nothing: the deletion is not what the client asked for, and no access stays.
        is_inactive = resource_of(observation).get("active") is False
        message = "It is inactive." if is_inactive else ""
        harm = Harm.LOSS if is_inactive else None
        yield Violation("status", expected=404, actual=observation.response.status, message=message, harm=harm)


@check(
    "delete.gone-by-filter",
    "A deleted resource is not found by filter",
    failure="A deleted resource is still found by filter",
    level="MUST",
    cites=("RFC7644-3.6",),
    on=("match", "look-up"),
    scim=BOTH,
    when=lambda observation: observation.intent.gone and observation.response.ok,
    topic=ClaimTopic.FILTER,
    why="The client finds the deleted user, links to it, and never creates the new one.",
    fix="Leave deleted resources out of filter results.",
    fault=Fault.LOSS,
)
def gone_by_filter(observation: Observation) -> Iterator[Violation]:
    yield from _remains(observation)


@check(
    "delete.gone-from-list",
    "A deleted resource is not in the list",
    failure="A deleted resource is still in the list",
    level="MUST",
    cites=("RFC7644-3.6",),
    on=("list",),
    scim=BOTH,
    when=lambda observation: observation.intent.gone and observation.response.ok,
    why="Imports bring the deleted account back to life.",
    fix="Leave deleted resources out of lists and of totalResults.",
    fault=Fault.LOSS,
)
def gone_from_list(observation: Observation) -> Iterator[Violation]:
    yield from _remains(observation)


def _remains(observation: Observation) -> Iterator[Violation]:
    for index, entry in enumerate(entries(observation)):
        if isinstance(entry, Mapping) and entry.get("id") == subject(observation).id:
            yield Violation(f"/Resources/{index}", expected="not the deleted resource", actual=quotation(entry["id"]))
