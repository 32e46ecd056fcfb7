"""Rules for the body of a refusal (RFC 7644 section 3.12)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from scim_compat import schemas
from scim_compat.checks.answers import SCIM_JSON, is_html, is_json_requested, json_object
from scim_compat.checks.display import display_text, quotation
from scim_compat.checks.registry import Trait, Violation, check
from scim_compat.engine.intent import Observation
from scim_compat.scim import messages
from scim_compat.scim.filters import ORDERS, Comparison
from scim_compat.scim.grammar import Expected, PathError, parse_filter
from scim_compat.scim.names import ERROR
from scim_compat.scim.urls import parameters
from scim_compat.values import MISSING, Level

SCIM_TYPES: Final = frozenset(
    {
        *("invalidFilter", "tooMany", "uniqueness", "mutability", "invalidSyntax", "invalidPath"),
        *("noTarget", "invalidValue", "invalidVers", "sensitive"),
        *("invalidCursor", "expiredCursor", "invalidCount"),  # RFC 9865 section 2.2
    }
)

_BEYOND_TABLE_9: Final = frozenset({401, 403, 412, 413, 429, 501})
"""Statuses for which table 9 has no keyword: it is about 400 (and 403 sensitive, 409 uniqueness). A server may name the
kind by a word of its own: invalidToken on 401, versionMismatch on 412."""
_BEFORE_SCIM: Final = frozenset({401, 407, 413, 414, 429, 431})
"""Statuses of refusals before SCIM is reached: RFC 6750 (401), RFC 6585 (429, 431), proxies."""


def _is_refusal(observation: Observation) -> bool:
    """True for a 4xx of a SCIM service; ``http.not-html`` reports the page of a gateway."""
    status = observation.response.status
    if not 400 <= status < 500 or is_html(observation) or observation.exchange.request.method == "HEAD":
        return False
    return status not in _BEFORE_SCIM or messages.is_error(observation.response.json)


def _has_error(observation: Observation) -> bool:
    return _is_refusal(observation) and messages.is_error(observation.response.json)


@check(
    "error.shape",
    "A refusal comes with a SCIM error body",
    failure="A refusal comes without a valid SCIM error body",
    level="MUST",
    cites=("RFC7644-3.12",),
    when=_is_refusal,
    why="The provider shows the administrator what stands in the body. Without it the log says “Bad "
    "Request” and nothing else, and the case lands with your support.",
    fix=f'Answer with {{"schemas": ["{ERROR}"], "status": "400", '
    '"detail": "…"}, also for errors that your framework answers by itself.',
)
def shape(observation: Observation) -> Iterator[Violation]:
    response = observation.response
    if not response.body:
        yield Violation("", expected="a SCIM error", actual="an empty body")
    elif response.json is MISSING:
        yield Violation("", expected="a SCIM error", actual="a body that is not JSON")
    else:
        for error in schemas.errors("Error", response.json):
            # error.status-matches and error.status-string report a wrong status.
            if error.pointer != "/status" or error.keyword == "required":
                yield Violation(error.pointer, error.expected, error.actual, error.message)


@check(
    "error.errors-array",
    "A refusal comes with the errors in an array",
    failure="A refusal comes without a valid Errors array",
    level="MUST",
    cites=("RFC7644-3.12",),
    scim=("1.1",),
    when=_is_refusal,
    why="A client of SCIM 1.1 looks into Errors for the sentence that the administrator gets to see.",
    fix='Answer with {"Errors": [{"description": "…", "code": "400"}]}, also for errors that your framework answers '
    "by itself.",
)
def errors_array(observation: Observation) -> Iterator[Violation]:
    response = observation.response
    if not response.body:
        yield Violation("", expected="Errors", actual="an empty body")
    elif response.json is MISSING:
        yield Violation("", expected="Errors", actual="a body that is not JSON")
    else:
        for error in schemas.errors("Error", response.json, scim="1.1"):
            # Protocol section 3.9 demands words for people; the code stands in its example only.
            is_code = error.keyword == "required" and error.pointer.endswith("/code")
            level: Level | None = "CLIENT" if is_code else None
            yield Violation(error.pointer, error.expected, error.actual, error.message, level=level)


@check(
    "error.status-matches",
    "The status in the body is the status of the answer",
    failure="An error body names another status than the answer",
    level="MUST",
    cites=("RFC7644-3.12",),
    when=lambda observation: _has_error(observation) and isinstance(json_object(observation).get("status"), str | int),
    why="Some clients decide by the one, some by the other: they must say the same.",
    fix="Fill status from the same value that is sent as HTTP status.",
)
def status_matches(observation: Observation) -> Iterator[Violation]:
    status = json_object(observation)["status"]
    if str(status).strip() != str(observation.response.status):
        yield Violation(
            "/status", expected=quotation(str(observation.response.status)), actual=quotation(str(status)[:20])
        )


@check(
    "error.status-string",
    "The status in the body is a string",
    failure="The status in an error body is no string",
    level="MUST",
    cites=("RFC7644-3.12",),
    when=lambda observation: _has_error(observation) and json_object(observation).get("status") is not None,
    why="A strictly typed client cannot read an error whose status is a number, and loses detail with it.",
    fix='Write "status": "404", not "status": 404.',
)
def status_string(observation: Observation) -> Iterator[Violation]:
    status = json_object(observation)["status"]
    if not isinstance(status, str):
        yield Violation(
            "/status", expected=quotation(str(observation.response.status)), actual=schemas.type_name(status)
        )


@check(
    "error.scim-type",
    "The kind of error is named where the RFC demands it, in the RFC's words",
    failure="A refusal carries no fitting scimType",
    level="MUST",
    cites=("RFC7644-3.3", "RFC7644-3.4.2.2", "RFC7644-3.12"),
    when=_has_error,
    why="409 with uniqueness tells a client to look for the existing account and link it; invalidFilter "
    "tells it that its query, not the data, was wrong.",
    fix="Set scimType to uniqueness on the 409 for a create, to invalidFilter on the 400 for a filter, and "
    "elsewhere to a keyword of RFC 7644, table 9, or leave it out.",
)
def scim_type(observation: Observation) -> Iterator[Violation]:
    intent, status, keyword = observation.intent, observation.response.status, json_object(observation).get("scimType")
    actual = MISSING if keyword is None else display_text(keyword, 40)
    if status in _BEYOND_TABLE_9 and isinstance(keyword, str):
        return
    if keyword is not None and not (isinstance(keyword, str) and keyword in SCIM_TYPES):
        yield Violation("/scimType", expected="a keyword of RFC 7644, table 9", actual=actual)
    elif status == 409 and intent.action in {"create", "set-up"}:
        if keyword != "uniqueness":
            yield Violation("/scimType", expected=quotation("uniqueness"), actual=actual)
    elif status == 400 and _is_filter_declined(observation) and keyword not in _OF_FILTERS:
        # Section 3.4.2.2 demands the keyword for an unknown operator, or one that the value does not have;
        # elsewhere scimType is optional (section 3.12).
        level: Level | None = None if keyword is not None or _is_operator_declined(observation) else "CLIENT"
        yield Violation("/scimType", expected=quotation("invalidFilter"), actual=actual, level=level)


_OF_FILTERS: Final = frozenset({"invalidFilter", "sensitive", "tooMany", "invalidValue"})
"""Keywords of table 9 for a filter: it may also be declined for its attributes or for its result."""


def _is_operator_declined(observation: Observation) -> bool:
    """True when the filter is one comparison by an unknown operator, or by one that booleans lack (table 3)."""
    text = parameters(observation.exchange.request.target).get("filter", "")
    try:
        condition = parse_filter(text)
    except PathError as error:
        before, word = text[: error.position].split(), text[error.position :]
        return error.expected is Expected.OPERATOR and len(before) == 1 and word[:1].isalnum()
    return isinstance(condition, Comparison) and condition.operator in ORDERS and isinstance(condition.value, bool)


def _is_filter_declined(observation: Observation) -> bool:
    request = observation.exchange.request
    return request.method == "GET" and observation.intent.expect == "refusal" and "filter" in parameters(request.target)


@check(
    "error.detail-useful",
    "A refusal says in words what was wrong",
    failure="A refusal comes without a reason in detail",
    level="CLIENT",
    cites=("RFC7644-3.12",),
    when=_has_error,
    why="detail is the one sentence the customer's administrator gets to see.",
    fix="Name the attribute and the reason in detail, such as: userName “a@b.example” is taken.",
)
def detail_useful(observation: Observation) -> Iterator[Violation]:
    detail = json_object(observation).get("detail")
    if detail is not None and not isinstance(detail, str):
        return  # error.shape reports it
    if not (detail or "").strip():
        yield Violation("/detail", expected="a sentence", actual=MISSING if detail is None else quotation(detail))


@check(
    "error.media-type",
    "Error bodies are labelled as SCIM",
    failure="An error body is not labelled as SCIM",
    level="SHOULD",
    cites=("RFC7644-3.8", "RFC7644-8.1"),
    when=lambda observation: (
        _has_error(observation)
        and not (observation.response.media_type == "application/json" and is_json_requested(observation))
    ),
    traits=Trait.MEDIA_TYPE,
    why="A client that reads error bodies by their label misses the detail.",
    fix="Send Content-Type: application/scim+json with errors too.",
)
def media_type(observation: Observation) -> Iterator[Violation]:
    if observation.response.media_type != SCIM_JSON:
        yield Violation(
            "header Content-Type",
            expected=quotation(SCIM_JSON),
            actual=quotation(observation.response.media_type or MISSING),
        )


@check(
    "error.unauthorized-body",
    "A 401 that says something says it as a SCIM error",
    failure="A 401 has a body that is no SCIM error",
    # A refusal before SCIM is reached follows RFC 6750, which leaves the body open.
    level="SHOULD",
    cites=("RFC7644-3.12",),
    when=lambda observation: (
        observation.response.status == 401
        and bool(observation.response.body)
        and not is_html(observation)
        # auth.no-data reports data.
        and not messages.is_resource(observation.response.json)
        and not messages.is_list(observation.response.json)
    ),
    why="The sentence that would tell the administrator why the credential was refused is not read.",
    fix=f'Answer 401 with {{"schemas": ["{ERROR}"], "status": "401", "detail": "…"}}, or with an empty body.',
)
def unauthorized_body(observation: Observation) -> Iterator[Violation]:
    if not messages.is_error(observation.response.json):
        actual = quotation(observation.response.media_type) or "another body"
        yield Violation("", expected="a SCIM error, or no body", actual=actual)
