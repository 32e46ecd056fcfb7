"""The pages of a list, taken together."""

from __future__ import annotations

from collections.abc import Iterator

from scim_compat.checks.answers import has_more_pages, ids_as_text, json_object
from scim_compat.checks.registry import BOTH, NotJudged, Trait, Violation, check
from scim_compat.engine.intent import Observation


@check(
    "list.pages-disjoint",
    "No page repeats a resource of an earlier page",
    # startIndex counts in the result of the query; section 3.4.2.4 excuses a store that has changed meanwhile.
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
    _require_stable_list(observation)
    repeats = [one for one in ids_as_text(observation) or [] if one in observation.intent.query.earlier]
    if repeats:
        yield Violation("/Resources", expected="only resources of no earlier page", actual=f"{len(repeats)} repeated")


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
    if has_more_pages(observation):
        return
    if not isinstance(json_object(observation).get("totalResults"), int):
        raise NotJudged("the answer has no totalResults, so the last page is not known")
    _require_stable_list(observation)
    ids = observation.intent.query.earlier | set(ids_as_text(observation) or ())
    missing = [one for one in observation.intent.query.complete if one not in ids]
    if missing:
        names = ", ".join(observation.context.ours.get(one, one) for one in missing[:5])
        yield Violation("/Resources", expected=f"on one of the pages: {names}", actual=f"{len(missing)} on none")


def _require_stable_list(observation: Observation) -> None:
    """Raise NotJudged where the store changes meanwhile: startIndex is no snapshot, so its pages may overlap."""
    if not observation.context.alone:
        raise NotJudged("other processes of this run create and delete at the same time (run without --jobs)")
    total = json_object(observation).get("totalResults")
    if observation.intent.query.total is not None and total != observation.intent.query.total:
        raise NotJudged("totalResults changed from page to page: somebody else is writing, so pages may shift")
