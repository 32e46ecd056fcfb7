"""The pages of a list, taken together."""

from __future__ import annotations

from collections.abc import Iterator

from scim_compat.checks.answers import (
    entries,
    has_more_pages,
    ids_as_text,
    is_list,
    is_total_too_small,
    json_object,
    requested_number,
)
from scim_compat.checks.registry import BOTH, NotJudged, Trait, Violation, check
from scim_compat.engine.intent import Observation


@check(
    "list.pages-disjoint",
    "No page repeats a resource of an earlier page",
    failure="A page repeats resources of an earlier page",
    # startIndex counts in the result of the query; section 3.4.2.4 excuses a store that has changed meanwhile.
    level="MUST",
    cites=("RFC7644-3.4.2.4",),
    on=("list",),
    scim=BOTH,
    when=lambda observation: (
        bool(observation.intent.query.earlier) and observation.response.ok and not observation.intent.query.beyond
    ),
    traits=Trait.FILTER,
    why="An import counts the repeated account twice and loses another one.",
    fix="Sort by something stable, such as the id, before cutting pages, and count startIndex from 1.",
)
def pages_disjoint(observation: Observation) -> Iterator[Violation]:
    _require_stable_list(observation)
    repeats = [one for one in ids_as_text(observation) or [] if one in observation.intent.query.earlier]
    if repeats:
        yield Violation("/Resources", expected="only resources of no earlier page", actual=f"{len(repeats)} repeated")


@check(
    "list.pages-complete",
    "The pages together hold every resource",
    failure="Resources are missing from all pages of a list",
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
    if has_more_pages(observation):
        return
    if not isinstance(json_object(observation).get("totalResults"), int):
        raise NotJudged("the answer has no totalResults, so the last page is not known")
    _require_stable_list(observation)
    if is_total_too_small(observation):
        raise NotJudged("totalResults is less than there are, so the last page is not known")
    ids = observation.intent.query.earlier | set(ids_as_text(observation) or ())
    missing = [one for one in observation.intent.query.complete if one not in ids]
    if missing:
        names = ", ".join(observation.context.ours.get(one, one) for one in missing[:5])
        yield Violation("/Resources", expected=f"on one of the pages: {names}", actual=f"{len(missing)} on none")


@check(
    "list.beyond-end",
    "A page behind the end is empty",
    failure="A page behind the end holds resources",
    # The page holds what comes from startIndex on, and nothing comes there.
    level="MUST",
    cites=("RFC7644-3.4.2.4",),
    on=("list",),
    scim=BOTH,
    when=lambda observation: observation.intent.query.beyond and is_list(observation),
    traits=Trait.FILTER,
    why="A client that pages until a page is empty never ends, or counts the same accounts again and again.",
    fix="Answer a startIndex behind the end with 200, the true totalResults, and no Resources.",
)
def beyond_end(observation: Observation) -> Iterator[Violation]:
    _require_stable_list(observation)
    ids = ids_as_text(observation) or []
    if not ids:
        return
    repeats = sum(one in observation.intent.query.earlier for one in ids)
    message = "All of them were on the pages before." if repeats == len(ids) else ""
    yield Violation("/Resources", expected="none", actual=f"{len(ids)} resources", message=message)


@check(
    "list.full-pages",
    "A page that others follow is as long as was asked for",
    failure="A page is shorter than asked for although more follow",
    # "It MAY return fewer results" (section 3.4.2.4), so only a client that counts on it is harmed.
    level="CLIENT",
    cites=("RFC7644-3.4.2.4",),
    on=("list",),
    scim=BOTH,
    when=lambda observation: (
        is_list(observation)
        and not observation.intent.query.beyond
        and requested_number(observation, "count") is not None
        and has_more_pages(observation)
    ),
    traits=Trait.FILTER,
    why="A client that goes on by count, or that stops at a short page, never sees whoever the page left out.",
    fix="Fill each page to count while there are resources left; a limit of your own must be the same for all pages.",
)
def full_pages(observation: Observation) -> Iterator[Violation]:
    count, length = requested_number(observation, "count") or 0, len(entries(observation))
    if length >= count:
        return
    if observation.intent.query.largest < count:  # its limit may be lower than what was asked for
        raise NotJudged(f"no page of {count} or more was seen, so the target's own limit may be lower")
    yield Violation("/Resources", expected=count, actual=length, message="More follow, and longer pages were seen.")


def _require_stable_list(observation: Observation) -> None:
    """Raise NotJudged where the store changes meanwhile: startIndex is no snapshot, so its pages may overlap."""
    if not observation.context.alone:
        raise NotJudged("other processes of this run create and delete at the same time (run without --jobs)")
    total = json_object(observation).get("totalResults")
    if observation.intent.query.total is not None and total != observation.intent.query.total:
        raise NotJudged("totalResults changed from page to page: somebody else is writing, so pages may shift")
