"""Rules for the body of a refusal (RFC 7644 section 3.12)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from scim_compat import schemas
from scim_compat.checks.registry import Level, Trait, Violation, check
from scim_compat.checks.rules.http import SCIM_JSON, asked_for_json, is_html
from scim_compat.engine.intent import Observation
from scim_compat.scim.messages import looks_like_error
from scim_compat.scim.urls import parameters
from scim_compat.values import MISSING

SCIM_TYPES: Final = frozenset(
    {
        *("invalidFilter", "tooMany", "uniqueness", "mutability", "invalidSyntax", "invalidPath"),
        *("noTarget", "invalidValue", "invalidVers", "sensitive"),
        *("invalidCursor", "expiredCursor", "invalidCount"),  # RFC 9865 section 2.2
    }
)

# Refused before SCIM is reached, by rules of their own: RFC 6750 (401), RFC 6585 (429, 431), proxies.
_BEFORE_SCIM: Final = frozenset({401, 407, 413, 414, 429, 431})


def _refused(observation: Observation) -> bool:
    """A 4xx that a SCIM service gave; what a gateway says in a page of its own is ``http.not-html``."""
    status = observation.response.status
    if not 400 <= status < 500 or is_html(observation) or observation.exchange.request.method == "HEAD":
        return False
    return status not in _BEFORE_SCIM or looks_like_error(observation.response.json)


def _error(observation: Observation) -> Mapping[str, object]:
    body = observation.response.json
    return body if isinstance(body, Mapping) else {}


def _held(observation: Observation) -> bool:
    return _refused(observation) and looks_like_error(observation.response.json)


@check(
    "error.shape",
    "A refusal comes with a SCIM error body",
    level="MUST",
    cites=("RFC7644-3.12",),
    when=_refused,
    why="The provider shows the administrator what stands in the body. Without it the log says “Bad "
    "Request” and nothing else, and the case lands with your support.",
    fix='Answer with {"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "400", '
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
            # A status that is there but wrong has rules of its own.
            if error.pointer != "/status" or error.keyword == "required":
                yield Violation(error.pointer, error.expected, error.actual, error.message)


@check(
    "error.errors-array",
    "A refusal comes with the errors in an array",
    level="MUST",
    cites=("RFC7644-3.12",),
    scim=("1.1",),
    when=_refused,
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
            only_shown = error.keyword == "required" and error.pointer.endswith("/code")
            level: Level | None = "CLIENT" if only_shown else None
            yield Violation(error.pointer, error.expected, error.actual, error.message, level=level)


@check(
    "error.status-matches",
    "The status in the body is the status of the answer",
    level="MUST",
    cites=("RFC7644-3.12",),
    when=lambda observation: _held(observation) and isinstance(_error(observation).get("status"), str | int),
    why="Some clients decide by the one, some by the other: they must say the same.",
    fix="Fill status from the same value that is sent as HTTP status.",
)
def status_matches(observation: Observation) -> Iterator[Violation]:
    found = _error(observation)["status"]
    if str(found).strip() != str(observation.response.status):
        yield Violation("/status", expected=str(observation.response.status), actual=str(found)[:20])


@check(
    "error.status-string",
    "The status in the body is a string",
    level="MUST",
    cites=("RFC7644-3.12",),
    when=lambda observation: _held(observation) and _error(observation).get("status") is not None,
    why="A strictly typed client cannot read an error whose status is a number, and loses detail with it.",
    fix='Write "status": "404", not "status": 404.',
)
def status_string(observation: Observation) -> Iterator[Violation]:
    found = _error(observation)["status"]
    if not isinstance(found, str):
        yield Violation("/status", expected=f'"{observation.response.status}"', actual=schemas.type_name(found))


@check(
    "error.scim-type",
    "The kind of error is named where the RFC demands it, in the RFC's words",
    level="MUST",
    cites=("RFC7644-3.3", "RFC7644-3.4.2.2", "RFC7644-3.12"),
    when=_held,
    why="409 with uniqueness tells a client to look for the existing account and link it; invalidFilter "
    "tells it that its query, not the data, was wrong.",
    fix="Set scimType to uniqueness on the 409 for a create, to invalidFilter on the 400 for a filter, and "
    "elsewhere to a keyword of RFC 7644, table 9, or leave it out.",
)
def scim_type(observation: Observation) -> Iterator[Violation]:
    intent, status, found = observation.intent, observation.response.status, _error(observation).get("scimType")
    shown = found[:40] if isinstance(found, str) else schemas.type_name(found)
    if found is not None and not (isinstance(found, str) and found in SCIM_TYPES):
        yield Violation("/scimType", expected="a keyword of RFC 7644, table 9", actual=shown)
    elif status == 409 and intent.action in {"create", "set-up"}:
        if found != "uniqueness":
            yield Violation("/scimType", expected="uniqueness", actual=MISSING if found is None else shown)
    elif status == 400 and _filter_declined(observation) and found not in _OF_FILTERS:
        # Section 3.4.2.2 demands the keyword for an operation that is not known or not to be had of the value;
        # elsewhere scimType is optional (section 3.12).
        level: Level | None = None if found is not None or _operation_declined(observation) else "CLIENT"
        actual = MISSING if found is None else shown
        yield Violation("/scimType", expected="invalidFilter", actual=actual, level=level)


_OF_FILTERS: Final = frozenset({"invalidFilter", "sensitive", "tooMany", "invalidValue"})
"""Table 9: a filter may also be declined for what it asks for or would return."""
_ORDERS: Final = frozenset({"gt", "ge", "lt", "le"})
_OPERATORS: Final = _ORDERS | {"eq", "ne", "co", "sw", "ew", "pr"}
_COMPARISON: Final = re.compile(r"[\w.:$-]+ +(\w+) +(true\b|false\b|\S)", re.IGNORECASE)


def _operation_declined(observation: Observation) -> bool:
    """The filter is one comparison by an operator that does not exist, or that booleans do not have (table 3)."""
    found = _COMPARISON.match(parameters(observation.exchange.request.target).get("filter", "").strip())
    if found is None:
        return False
    operator, value = found[1].lower(), found[2].lower()
    return operator not in _OPERATORS or (operator in _ORDERS and value in {"true", "false"})


def _filter_declined(observation: Observation) -> bool:
    request = observation.exchange.request
    return request.method == "GET" and observation.intent.expect == "refusal" and "filter" in parameters(request.target)


@check(
    "error.detail-useful",
    "A refusal says in words what was wrong",
    level="CLIENT",
    cites=("RFC7644-3.12",),
    when=_held,
    why="detail is the one sentence the customer's administrator gets to see.",
    fix="Name the attribute and the reason in detail, such as: userName “a@b.example” is taken.",
)
def detail_useful(observation: Observation) -> Iterator[Violation]:
    found = _error(observation).get("detail")
    if found is not None and not isinstance(found, str):
        return  # error.shape says so
    if not (found or "").strip():
        yield Violation("/detail", expected="a sentence", actual=MISSING if found is None else found)


@check(
    "error.media-type",
    "Error bodies are labelled as SCIM",
    level="SHOULD",
    cites=("RFC7644-3.8", "RFC7644-8.1"),
    when=lambda observation: (
        _held(observation)
        and not (observation.response.media_type == "application/json" and asked_for_json(observation))
    ),
    traits=Trait.MEDIA_TYPE,
    why="A client that reads error bodies by their label misses the detail.",
    fix="Send Content-Type: application/scim+json with errors too.",
)
def media_type(observation: Observation) -> Iterator[Violation]:
    if observation.response.media_type != SCIM_JSON:
        yield Violation("header Content-Type", expected=SCIM_JSON, actual=observation.response.media_type or MISSING)
