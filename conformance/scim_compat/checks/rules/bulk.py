"""Several writes in one request (RFC 7644 section 3.7): the answer, and the result of each operation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from scim_compat import schemas
from scim_compat.checks.answers import server_message
from scim_compat.checks.registry import Violation, at_most_five, check
from scim_compat.engine.bulk_results import pair_results, results_of, status_of
from scim_compat.engine.intent import BulkPart, Observation
from scim_compat.scim.names import BULK_RESPONSE
from scim_compat.values import Json


@check(
    "bulk.status",
    "A bulk request is answered with 200, whatever became of its operations",
    failure="A bulk request is answered with an unexpected status",
    level="MUST",
    cites=("RFC7644-3.7", "RFC7644-3.7.3"),
    on=("bulk",),
    when=lambda observation: observation.intent.expect == "success" and observation.response.status < 500,
    why="A client that offers bulk reads the outcome of each operation from the body; another status hides them all.",
    fix="Answer 200 with a BulkResponse. If bulk is not offered, say so in /ServiceProviderConfig.",
)
def status(observation: Observation) -> Iterator[Violation]:
    if observation.response.status not in (observation.intent.statuses or {200}):
        yield Violation("status", expected=200, actual=observation.response.status, message=server_message(observation))


@check(
    "bulk.too-large",
    "More operations or bytes than the target takes are refused with 413",
    failure="A bulk request beyond the limits is not refused with 413",
    level="MUST",
    cites=("RFC7644-3.7.4",),
    on=("bulk",),
    when=lambda observation: 413 in observation.intent.statuses,
    why="A client divides its request by the limit in /ServiceProviderConfig, and learns by 413 that it was too much.",
    fix="Count the bytes and the operations before running any, and answer 413 if there are more than "
    "bulk.maxPayloadSize or bulk.maxOperations.",
)
def too_large(observation: Observation) -> Iterator[Violation]:
    if observation.response.status != 413:
        yield Violation("status", expected=413, actual=observation.response.status)


@check(
    "bulk.shape",
    "The answer to a bulk request is a BulkResponse",
    failure="A bulk request is answered with no valid BulkResponse",
    level="MUST",
    cites=("RFC7644-3.7",),
    on=("bulk",),
    when=lambda observation: observation.response.status == 200,
    why="The client looks for each result in Operations; in another form it finds none and repeats everything.",
    fix=f'Answer {{"schemas": ["{BULK_RESPONSE}"], "Operations": [{{"method": "POST", '
    '"status": "201"}]}, the status as a string.',
)
@at_most_five
def shape(observation: Observation) -> Iterator[Violation]:
    for error in schemas.errors("BulkResponse", observation.response.json):
        # Every example shows a text; section 3.7.3 itself still describes an object with a code.
        of_status = error.keyword == "type" and error.pointer.endswith("/status")
        yield Violation(
            error.pointer, error.expected, error.actual, error.message, level="SHOULD" if of_status else None
        )


def _results(observation: Observation) -> Iterator[tuple[int, BulkPart, Mapping[str, Json] | None]]:
    """(number in the request, operation, its result or None)."""
    operations = observation.intent.parts
    results = pair_results(operations, results_of(observation.response.json))
    yield from zip(range(1, len(operations) + 1), operations, results, strict=True)


def _has_results(observation: Observation) -> bool:
    return (
        observation.response.status == 200
        and bool(observation.intent.parts)
        and isinstance(observation.response.json, Mapping)
    )


@check(
    "bulk.every-operation",
    "Every operation of a bulk request ends as it must",
    failure="A bulk operation ends with no result, or an unexpected one",
    level="MUST",
    cites=("RFC7644-3.7", "RFC7644-3.7.3"),
    on=("bulk",),
    when=_has_results,
    why="An operation without a result, or with another one, leaves the client in the dark about one account in many.",
    fix="Run the operations one by one, and return for each its method, bulkId, location and status.",
)
@at_most_five
def every_operation(observation: Observation) -> Iterator[Violation]:
    for number, part, result in _results(observation):
        code = status_of(result)
        where = f"operation {number} ({part.method} {part.bulk_id or part.path})"
        if part.expect == "not-run":
            continue  # bulk.stops reports it
        if result is None:
            yield Violation(where, expected="a result", actual="none")
        elif part.expect == "success" and not 200 <= code < 300:
            yield Violation(where, expected="2xx", actual=code)
        elif part.expect == "refusal" and not 400 <= code < 500:
            yield Violation(where, expected="4xx", actual=code)
        elif part.expect == "conflict-or-success" and not (200 <= code < 300 or code == 409):
            yield Violation(where, expected="2xx or 409", actual=code)


@check(
    "bulk.stops",
    "A bulk request ends when failOnErrors is reached",
    failure="A bulk request goes on after failOnErrors is reached",
    level="MUST",
    cites=("RFC7644-3.7", "RFC7644-3.7.3"),
    on=("bulk",),
    when=lambda observation: (
        _has_results(observation) and any(part.expect == "not-run" for part in observation.intent.parts)
    ),
    why="The client asked to stop because what follows rests on what failed.",
    fix="Count the failed operations, and return at once when there are as many as failOnErrors.",
)
def stops(observation: Observation) -> Iterator[Violation]:
    for number, part, result in _results(observation):
        # Section 3.7 lets a server fail the rest one by one; section 3.7.3 leaves it out of the answer.
        if part.expect == "not-run" and 200 <= status_of(result) < 300:
            where = f"operation {number} ({part.method} {part.bulk_id or part.path})"
            yield Violation(where, expected="not run", actual=f"run, and ended with {status_of(result)}")


@check(
    "bulk.parts",
    "Each result says what it is about",
    failure="A bulk result comes without its location or its error",
    level="MUST",
    cites=("RFC7644-3.7", "RFC7644-3.7.3"),
    on=("bulk",),
    when=_has_results,
    why="Without location a client does not learn the id of what it created; without response, why something failed.",
    fix="Return location with every result but that of a failed creation, and response with an error body where an "
    "operation failed.",
)
@at_most_five
def parts(observation: Observation) -> Iterator[Violation]:
    for number, _part, result in _results(observation):
        if result is None:
            continue
        code = status_of(result)
        if 200 <= code < 300 and not result.get("location"):
            yield Violation(f"operation {number}", expected="location", actual="absent")
        elif code >= 300 and not isinstance(result.get("response"), Mapping):
            yield Violation(f"operation {number}", expected="response with an error", actual="absent")
