"""The status and the kind of the answer to a query or a read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from scim_compat import schemas
from scim_compat.checks.answers import (
    QUERIES,
    is_html,
    is_judged_elsewhere,
    is_list_request,
    is_query,
    is_served,
    is_status_named,
    json_object,
    require_no_redirect,
)
from scim_compat.checks.registry import BOTH, Trait, Violation, check
from scim_compat.engine.intent import Observation
from scim_compat.scim import messages, urls
from scim_compat.values import MISSING, Level


@check(
    "list.status",
    "A query is answered with 200",
    failure="A query is not answered with 200",
    level="MUST",
    cites=("RFC7644-3.4.2",),
    on=QUERIES,
    scim=BOTH,
    when=lambda observation: (
        is_query(observation) and observation.intent.query.finds != () and not observation.intent.query.hostile
    ),
    traits=Trait.FILTER,
    why="Every cycle starts with queries. If they fail, the client knows nothing of the accounts and does nothing.",
    fix="Answer GET on /Users and /Groups, with and without filter, with 200 and a ListResponse.",
    fix_1_1="Answer GET on /Users and /Groups, with and without filter, with 200 and a list of Resources.",
)
def list_status(observation: Observation) -> Iterator[Violation]:
    yield from _status_200(observation)


@check(
    "list.empty-is-200",
    "A query that finds nothing is answered with 200 and an empty list",
    failure="A query that finds nothing is not answered with 200",
    level="MUST",
    cites=("RFC7644-3.4.2",),
    on=QUERIES,
    scim=BOTH,
    when=lambda observation: is_query(observation) and observation.intent.query.finds == (),
    traits=Trait.FILTER,
    why="Before every create the client asks whether the account exists. It takes an error for a fault, not for “no”.",
    fix="Answer with 200 and totalResults 0; 404 is for a single resource that does not exist.",
)
def empty_is_200(observation: Observation) -> Iterator[Violation]:
    yield from _status_200(observation)


def _status_200(observation: Observation) -> Iterator[Violation]:
    require_no_redirect(observation)
    accepted = observation.intent.statuses or frozenset({200})
    if observation.response.status not in accepted:
        yield Violation(
            "status",
            expected=sorted(accepted) if len(accepted) > 1 else min(accepted),
            actual=observation.response.status,
            level=_level_of_refusal(observation),
        )


def _level_of_refusal(observation: Observation) -> Level | None:
    """CLIENT where the RFC lets a server refuse the query, or where SCIM 1.1 is silent; else the check's own level."""
    request, answer = observation.exchange.request, json_object(observation)
    has_filter = "filter" in urls.parameters(request.target)
    config = (observation.context.capabilities.provider_config or {}).get("filter")
    if has_filter and isinstance(config, Mapping) and config.get("supported") is False:
        return "CLIENT"  # RFC 7644 section 3.4.2.2: filters are optional
    if observation.response.status == 400 and answer.get("scimType") == "tooMany" and is_list_request(observation):
        return "CLIENT"  # section 3.4.2.1
    return "CLIENT" if observation.context.scim == "1.1" and observation.intent.query.finds == () else None


@check(
    "read.status",
    "A resource of this run is returned by its id",
    failure="A read by id is not answered with 200",
    level="MUST",
    cites=("RFC7644-3.4.1",),
    on=("read", "evaluate", "read-back"),
    scim=BOTH,
    when=lambda observation: (
        not is_list_request(observation)
        and observation.intent.expect == "success"
        and not observation.intent.gone
        and not is_judged_elsewhere(observation)
        # user.disabled-found-by-id and neighbour.unchanged report one that has vanished.
        and not (observation.intent.disabled and observation.response.status in {404, 410})
        and not (observation.intent.action == "read-back" and _was_shown(observation))
    ),
    why="The client reads before it writes. What it cannot read it creates again, or gives up.",
    fix="Return the resource with 200 under the id that the create returned, also right after the create.",
)
def read_status(observation: Observation) -> Iterator[Violation]:
    yield from _status_200(observation)


def _was_shown(observation: Observation) -> bool:
    """True for a resource that has vanished although it was read before and not written to since."""
    about, status = observation.intent.subject, observation.response.status
    return about is not None and about.id in observation.context.readings.shown and status in {404, 410}


@check(
    "read.resource",
    "A read by id returns the resource itself",
    failure="A read by id returns something other than the resource",
    level="MUST",
    cites=("RFC7644-3.4.1",),
    on=("read", "evaluate", "read-back"),
    scim=BOTH,
    when=lambda observation: (
        (observation.response.status == 200 or (observation.response.ok and observation.intent.action == "read-back"))
        and not is_list_request(observation)
        and observation.intent.expect != "refusal"
        and not is_html(observation)
    ),
    why="A client that asks for one resource reads the top of the body. It does not look into a list.",
    fix="Return the bare resource for /Users/{id}, without Resources or another wrapping around it.",
)
def read_resource(observation: Observation) -> Iterator[Violation]:
    body = observation.response.json
    if messages.is_list(body):
        yield Violation("", expected="the resource", actual="a list")
    elif messages.is_error(body):
        yield Violation("", expected="the resource", actual="an error body")
    elif isinstance(body, Mapping):
        if not body:
            yield Violation("", expected="the resource", actual="an empty object")
    elif not observation.response.body:
        yield Violation("", expected="the resource", actual="an empty body")
    elif body is not MISSING:  # http.json reports a body that is no JSON
        yield Violation("", expected="the resource", actual=schemas.type_name(body))


@check(
    "read.unknown-404",
    "An id that does not exist is answered with 404",
    failure="An unknown id is not answered with 404",
    level="SHOULD",
    cites=("RFC7644-3.12", "RFC7644-3.6", "RFC7644-3.4.1"),
    on=("read",),
    scim=BOTH,
    # delete.gone-by-id reports a deleted resource that is still served.
    when=lambda observation: (
        observation.intent.expect == "refusal"
        and not (observation.intent.gone and (is_served(observation) or observation.response.status in {404, 410}))
        and not is_judged_elsewhere(observation)
    ),
    why="404 tells the client that the account is not there and may be created. Any other status is a fault to it.",
    fix="Answer 404 for an id that is not found, whatever its form.",
)
def unknown_404(observation: Observation) -> Iterator[Violation]:
    require_no_redirect(observation)
    if observation.response.status != 404 and not is_status_named(observation):
        # Table 8 of section 3.12 is a SHOULD. For a resource that was deleted, section 3.6 says MUST; and success is
        # for one that exists (section 3.4.1).
        level: Level | None = "MUST" if observation.intent.gone or observation.response.ok else None
        yield Violation("status", expected=404, actual=observation.response.status, level=level)
