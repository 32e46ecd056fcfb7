"""The assertions of a profile about the answer to one literal request: a suite's own rules, each with its citation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from scim_compat.checks.answers import has_more_pages, ids_as_text, is_status_accepted
from scim_compat.checks.display import display, quotation
from scim_compat.checks.registry import BOTH, NotJudged, Trait, Violation, check
from scim_compat.checks.resources import is_own
from scim_compat.engine.assertions import is_fulfilled, value_at
from scim_compat.engine.intent import Observation
from scim_compat.results.model import ClaimTopic
from scim_compat.scim.messages import RESOURCES, has_entries
from scim_compat.scim.urls import is_public
from scim_compat.values import MISSING, Fault, Json


@check(
    "expect.answer",
    "The answer holds what the rule asks for",
    failure="An answer differs from what the profile asserts of it",
    level="CLIENT",
    scim=BOTH,
    when=lambda observation: bool(observation.intent.assertions) and is_status_accepted(observation),
    traits=Trait.ASSERTION,
    why="The suite or the specification names this part of the answer.",
    fix="Answer with the named members in the named form.",
    fault=Fault.ASSERTION,
)
def answer(observation: Observation) -> Iterator[Violation]:
    for one in observation.intent.assertions:
        if _is_of_others(observation, one.at):
            continue
        value = value_at(observation.response, one.at)
        if not is_fulfilled(one, value):
            expected = f"{one.value}" if one.word == "is" else quotation(one.value)
            if one.word == "includes":
                expected = f"an array with {one.value}"
            yield Violation(one.at, expected=expected, actual=_quote(observation, one.at, value))


def _is_of_others(observation: Observation, place: str) -> bool:
    """True for an entry of a list that this run created, but not for the step: it may lack what the step asks for."""
    among = observation.intent.query.among
    if not among or place.count("/") < 2 or place.split("/")[1] != RESOURCES:
        return False
    entry = value_at(observation.response, "/".join(place.split("/")[:3]))
    identifier = entry.get("id") if isinstance(entry, Mapping) else None
    return isinstance(identifier, str) and identifier in observation.context.ours and identifier not in among


def _quote(observation: Observation, place: str, value: Json) -> Json:
    """The value, or its type alone where it may be that of a foreign resource."""
    if value is MISSING or place.startswith("header "):
        return display(value)
    if _may_be_foreign(observation, place):
        kind = type(value).__name__
        return f"(a {kind} of a resource that is not of this run)" if "/" in place[1:] else f"(a {kind}, not shown)"
    return display(value)


def _may_be_foreign(observation: Observation, place: str) -> bool:
    body, first = observation.response.json, place.split("/")[1]
    request = observation.exchange.request
    if not observation.response.ok or is_public(request.target):
        return False
    if not isinstance(body, Mapping):
        return True
    if has_entries(body):
        owner = value_at(observation.response, "/".join(place.split("/")[:3])) if place.count("/") > 1 else MISSING
        return first == RESOURCES and not (isinstance(owner, Mapping) and is_own(observation, owner.get("id")))
    # The answer to a write of ours is about our resource, whatever id it has got.
    is_read = request.method == "GET" and "id" in body
    return is_read and not is_own(observation, body["id"])


@check(
    "expect.finds",
    "The answer holds the resources that fit and no others",
    failure="A query does not find exactly the resources that fit",
    level="CLIENT",
    scim=BOTH,
    when=lambda observation: (
        bool(observation.intent.query.among) and observation.intent.query.finds is not None and observation.response.ok
    ),
    traits=Trait.ASSERTION,
    topic=ClaimTopic.FILTER,
    why="A filter that leaves out or lets in the wrong ones makes a client act on the wrong account.",
    fix="Evaluate the whole filter for each resource, by the rules of RFC 7644 section 3.4.2.2.",
    fix_1_1="Evaluate the whole filter for each resource, by the rules of section 3.2.2.1 of the protocol.",
    fault=Fault.HITS,
)
def finds(observation: Observation) -> Iterator[Violation]:
    ids = ids_as_text(observation)
    if ids is None:
        yield Violation("/Resources", expected="a list of resources", actual="none")
        return
    if has_more_pages(observation):
        raise NotJudged("the answer is one page of several, so an absence proves nothing")
    names = observation.context.ours
    matches = set(observation.intent.query.finds or ())
    for one in observation.intent.query.among:
        if (one in ids) != (one in matches):
            yield Violation(
                "/Resources",
                expected=f"{'with' if one in matches else 'without'} {names.get(one, one)}",
                actual="not among the results" if one in matches else "among the results",
            )


@check(
    "expect.order",
    "The answer comes in the order asked for",
    failure="A list does not come in the order asked for",
    level="CLIENT",
    scim=BOTH,
    when=lambda observation: bool(observation.intent.query.order) and observation.response.ok,
    traits=Trait.ASSERTION,
    topic=ClaimTopic.SORT,
    why="A client that pages through a sorted list skips or repeats what stands in the wrong place.",
    fix="Sort before paging, by the value of the attribute that sortBy names.",
    fault=Fault.ASSERTION,
)
def is_ordered(observation: Observation) -> Iterator[Violation]:
    ids = ids_as_text(observation) or []
    order = [one for one in ids if one in observation.intent.query.order]
    if len(order) < len(observation.intent.query.order) and has_more_pages(observation):
        raise NotJudged("the answer is one page of several")
    # expect.sorted-complete reports those that are missing.
    if order != [one for one in observation.intent.query.order if one in order]:
        names = observation.context.ours
        yield Violation(
            "/Resources",
            expected=[names.get(one, one) for one in observation.intent.query.order if one in order],
            actual=[names.get(one, one) for one in order],
        )


@check(
    "expect.sorted-complete",
    "A sorted list holds every hit",
    failure="A sorted list misses resources that match",
    level="MUST",
    cites=("RFC7644-3.4.2.3", "RFC7644-3.4.2"),
    when=lambda observation: (
        bool(observation.intent.query.order) and observation.response.ok and not observation.intent.unmet
    ),
    topic=ClaimTopic.SORT,
    why="Whoever is missing from the sorted list does not exist to a client that reads it.",
    fix="Sort all hits of the query. A resource without the attribute comes last upwards and first downwards.",
)
def is_complete(observation: Observation) -> Iterator[Violation]:
    ids = ids_as_text(observation) or []
    if has_more_pages(observation):
        raise NotJudged("the answer is one page of several, so an absence proves nothing")
    names = observation.context.ours
    for one in observation.intent.query.order:
        if one not in ids:
            yield Violation("/Resources", expected=f"with {names.get(one, one)}", actual="not among the results")
