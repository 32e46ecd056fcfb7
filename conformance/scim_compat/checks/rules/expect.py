"""What a profile asserts of one literal request's answer: a suite's own rules, each with its citation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from scim_compat.checks.effects import display
from scim_compat.checks.registry import BOTH, NotJudged, Trait, Violation, check
from scim_compat.checks.resources import as_expected, is_own
from scim_compat.engine.intent import Assertion, Observation
from scim_compat.results.model import ClaimTopic
from scim_compat.values import MISSING, Json

_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "number": (int, float), "string": (str,), "boolean": (bool,), "array": (list,), "object": (dict,),
}  # fmt: skip
_PUBLIC: Final = ("/schemas", "/resourcetypes", "/serviceproviderconfig")
"""Nobody's data stands there."""


@check(
    "expect.answer",
    "The answer holds what the rule asks for",
    level="CLIENT",
    scim=BOTH,
    when=lambda observation: bool(observation.intent.asserts) and as_expected(observation),
    traits=Trait.ASSERTION,
    why="The suite or the specification names this part of the answer.",
    fix="Answer with the named members in the named form.",
)
def answer(observation: Observation) -> Iterator[Violation]:
    for one in observation.intent.asserts:
        found = _at(observation, one.at)
        if not _holds(one, found):
            expected = f"{one.value}" if one.word == "is" else one.value
            if one.word == "includes":
                expected = f"an array with {one.value}"
            yield Violation(one.at, expected=expected, actual=_quoted(observation, one.at, found))


def _at(observation: Observation, place: str) -> Json:
    if place.startswith("header "):
        found = observation.response.header(place.removeprefix("header "))
        return MISSING if found is None else found
    value = observation.response.json
    for part in place.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, Mapping):
            value = value.get(name, MISSING)
        elif isinstance(value, list) and name.isdecimal() and int(name) < len(value):
            value = value[int(name)]
        else:
            return MISSING
    return value


def _holds(one: Assertion, found: Json) -> bool:
    if one.word == "equals":
        return found is not MISSING and type(found) is type(one.value) and bool(found == one.value)
    if one.word == "includes":
        return isinstance(found, list) and one.value in found
    if one.value == "absent":
        return found is MISSING
    if one.value == "present":
        return found is not MISSING
    if one.value == "not-empty":
        return found is not MISSING and found is not None and found not in ("", [], {})
    right = isinstance(found, _TYPES[str(one.value)])
    return right and not (one.value == "number" and isinstance(found, bool))


def _quoted(observation: Observation, place: str, found: Json) -> Json:
    """Foreign values are told by their type only: a list, or a single answer, may hold anyone."""
    if found is MISSING or place.startswith("header "):
        return display(found)
    if _may_be_foreign(observation, place):
        kind = type(found).__name__
        return f"(a {kind} of a resource that is not of this run)" if "/" in place[1:] else f"(a {kind}, not shown)"
    return display(found)


def _may_be_foreign(observation: Observation, place: str) -> bool:
    body, first = observation.response.json, place.split("/")[1]
    if not observation.response.ok or observation.exchange.request.target.lower().startswith(_PUBLIC):
        return False
    if not isinstance(body, Mapping):
        return True
    if isinstance(body.get("Resources"), list):
        owner = _at(observation, "/".join(place.split("/")[:3])) if place.count("/") > 1 else MISSING
        return first == "Resources" and not (isinstance(owner, Mapping) and is_own(observation, owner.get("id")))
    # A single resource: what a write of ours answers is ours, whatever id it has got.
    read = observation.exchange.request.method == "GET" and "id" in body
    return read and not is_own(observation, body["id"])


@check(
    "expect.finds",
    "The answer holds the resources that fit and no others",
    level="CLIENT",
    scim=BOTH,
    when=lambda observation: (
        bool(observation.intent.query.among) and observation.intent.query.finds is not None and observation.response.ok
    ),
    traits=Trait.ASSERTION,
    topic=ClaimTopic.FILTER,
    why="A filter that leaves out or lets in the wrong ones makes a client act on the wrong account.",
    fix="Evaluate the whole filter for each resource, by the rules of RFC 7644 section 3.4.2.2.",
)
def finds(observation: Observation) -> Iterator[Violation]:
    ids = _ids(observation)
    if ids is None:
        yield Violation("/Resources", expected="a list of resources", actual="none")
        return
    if _more_pages(observation):
        raise NotJudged("the answer is one page of several, so who is missing cannot be told")
    names = observation.context.ours
    wanted = set(observation.intent.query.finds or ())
    for one in observation.intent.query.among:
        if (one in ids) != (one in wanted):
            yield Violation(
                "/Resources",
                expected=f"{'with' if one in wanted else 'without'} {names.get(one, one)}",
                actual="not among the results" if one in wanted else "among the results",
            )


@check(
    "expect.order",
    "The answer comes in the order asked for",
    level="CLIENT",
    scim=BOTH,
    when=lambda observation: bool(observation.intent.query.order) and observation.response.ok,
    traits=Trait.ASSERTION,
    topic=ClaimTopic.SORT,
    why="A client that pages through a sorted list skips or repeats what stands in the wrong place.",
    fix="Sort before paging, by the value of the attribute that sortBy names.",
)
def order(observation: Observation) -> Iterator[Violation]:
    ids = _ids(observation) or []
    got = [one for one in ids if one in observation.intent.query.order]
    if len(got) < len(observation.intent.query.order) and _more_pages(observation):
        raise NotJudged("the answer is one page of several")
    if got != list(observation.intent.query.order):
        names = observation.context.ours
        yield Violation(
            "/Resources",
            expected=[names.get(one, one) for one in observation.intent.query.order],
            actual=[names.get(one, one) for one in got],
        )


@check(
    "list.pages-disjoint",
    "No page repeats a resource of an earlier page",
    # startIndex counts in the result of the query; what section 3.4.2.4 excuses is a store that has changed meanwhile.
    level="MUST",
    cites=("RFC7644-3.4.2.4",),
    on=("list",),
    scim=BOTH,
    when=lambda observation: bool(observation.intent.query.earlier) and observation.response.ok,
    traits=Trait.FILTER,
    why="An import counts the repeated account twice and loses another one.",
    fix="Sort by something stable, such as the id, before cutting pages, and count startIndex from 1.",
)
def pages_disjoint(observation: Observation) -> Iterator[Violation]:
    _must_stand_still(observation)
    again = [one for one in _ids(observation) or [] if one in observation.intent.query.earlier]
    if again:
        yield Violation("/Resources", expected="only resources of no earlier page", actual=f"{len(again)} repeated")


@check(
    "list.pages-complete",
    "The pages together hold every resource",
    level="MUST",
    cites=("RFC7644-3.4.2.4",),
    on=("list",),
    scim=BOTH,
    when=lambda observation: bool(observation.intent.query.complete) and observation.response.ok,
    traits=Trait.FILTER,
    why="A user who is on no page counts as deleted at the other side.",
    fix="Let totalResults tell the true number, and serve every resource on exactly one page.",
)
def pages_complete(observation: Observation) -> Iterator[Violation]:
    if _more_pages(observation):
        return
    body = observation.response.json
    if not isinstance(body, Mapping) or not isinstance(body.get("totalResults"), int):
        raise NotJudged("the answer does not tell how many there are, so the last page is not known")
    _must_stand_still(observation)
    there = observation.intent.query.earlier | set(_ids(observation) or ())
    missing = [one for one in observation.intent.query.complete if one not in there]
    if missing:
        names = ", ".join(observation.context.ours.get(one, one) for one in missing[:5])
        yield Violation("/Resources", expected=f"on one of the pages: {names}", actual=f"{len(missing)} on none")


def _must_stand_still(observation: Observation) -> None:
    """Pages of a store that changes meanwhile may lawfully overlap: startIndex is not a snapshot."""
    if not observation.context.alone:
        raise NotJudged("other processes of this run create and delete at the same time (run without --jobs)")
    found = observation.response.json.get("totalResults") if isinstance(observation.response.json, Mapping) else None
    if observation.intent.query.total is not None and found != observation.intent.query.total:
        raise NotJudged("totalResults changed from page to page: somebody else is writing, so pages may shift")


def _ids(observation: Observation) -> list[str] | None:
    found = observation.response.json.get("Resources") if isinstance(observation.response.json, Mapping) else None
    if (
        found is None
        and isinstance(observation.response.json, Mapping)
        and observation.response.json.get("totalResults") == 0
    ):
        return []
    return [str(r.get("id")) for r in found if isinstance(r, Mapping)] if isinstance(found, list) else None


def _more_pages(observation: Observation) -> bool:
    """The list goes on behind this page, as its own numbers tell."""
    body = observation.response.json
    total, start = (body.get("totalResults"), body.get("startIndex", 1)) if isinstance(body, Mapping) else (None, 1)
    ids = _ids(observation) or []
    return isinstance(total, int) and isinstance(start, int) and bool(ids) and start + len(ids) - 1 < total
