"""Rules for every answer, whatever it is about: its status, and when it comes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Final

from scim_compat.checks.answers import blame_value, is_status_named, server_message
from scim_compat.checks.display import quotation
from scim_compat.checks.refusals import level_of_refusal
from scim_compat.checks.registry import BOTH, NotJudged, Trait, Violation, check
from scim_compat.engine.fitting import fits_schemas
from scim_compat.engine.intent import Observation
from scim_compat.scim.urls import parameters
from scim_compat.values import Fault, Level
from scim_compat.wire.messages import FailureKind

_STATUS_IS_JUDGED: Final = ("patch", "replace", "raw")
"""Actions with a rule of their own for refusals; 501 is one: the operation is not offered."""


@check(
    "http.no-server-error",
    "No request makes the server fail",
    failure="A request is answered with a 5xx",
    level="MUST",
    cites=("RFC7644-3.12", "RFC9110-15.6"),
    scim=BOTH,
    why="A 5xx says the server itself broke. Clients repeat the request, count it as an outage, and in the "
    "end stop the whole job rather than skip one user.",
    fix="Find the exception behind this request in the server's log. What the server cannot accept is "
    "answered with a 4xx and a SCIM error body; what it does not offer, with 501 only where no client "
    "needs it.",
)
def no_server_error(observation: Observation) -> Iterator[Violation]:
    status = observation.response.status
    if (
        status < 500
        or is_status_named(observation)
        or (status == 501 and observation.intent.action in _STATUS_IS_JUDGED)
    ):
        return
    level: Level | None = None
    if status == 501:
        level = "CLIENT" if _is_optional(observation) else None
        message = f"The server says that it does not offer {observation.exchange.request.method} here."
    elif status in {502, 503, 504}:
        message = "An overloaded server or its gateway; what Retry-After asked for was waited for."
    else:
        message = observation.intent.blame or blame_value(observation)
    yield Violation("status", expected="below 500", actual=status, message=message, level=level)


def _is_optional(observation: Observation) -> bool:
    """True for a feature that a server may lack (table 8: 501), unless its own configuration offers it."""
    names = parameters(observation.exchange.request.target).keys()
    used = {"bulk": observation.intent.action == "bulk", "filter": "filter" in names, "sort": "sortby" in names}
    config = observation.context.capabilities.provider_config or {}
    offered = {name for name in used if isinstance(config.get(name), Mapping) and config[name].get("supported") is True}
    return any(used[name] for name in used.keys() - offered)


@check(
    "http.no-redirect",
    "A request is answered where it was sent",
    failure="A request is redirected instead of answered",
    level="SHOULD",
    cites=("RFC7644-3.12",),
    scim=BOTH,
    when=lambda observation: observation.response.status not in {304, 307, 308},
    why="The redirects that SCIM names are 307 and 308, not 301, 302 or 303. A client that follows one of those "
    "turns its POST into a GET, or drops the credential; most stop. It is typical of a login page, a missing or an "
    "extra slash, and http instead of https.",
    fix="Serve the endpoint at the very URL that is configured: no redirect to a login page, to another "
    "host, to https, or to the same path with a slash.",
)
def no_redirect(observation: Observation) -> Iterator[Violation]:
    status = observation.response.status
    if 300 <= status < 400 and not is_status_named(observation):
        yield Violation("status", expected="no redirect", actual=status, message=_destination(observation))


def _destination(observation: Observation) -> str:
    location = (observation.response.header("location") or "").split("?", 1)[0][:200]
    return f"It leads to {location}" if location else "It does not say where it leads."


@check(
    "http.no-repeat-redirect",
    "No 307 or 308 is needed to reach the resource",
    failure="A request is redirected with 307 or 308",
    level="CLIENT",
    cites=("RFC7644-3.12",),
    scim=BOTH,
    why="The RFC allows 307 and 308, yet a provisioning client sends its credential to the configured URL "
    "only and does not follow.",
    fix="Configure the final URL, or answer at the configured one.",
)
def no_repeat_redirect(observation: Observation) -> Iterator[Violation]:
    if observation.response.status in {307, 308} and not is_status_named(observation):
        yield Violation(
            "status", expected="no redirect", actual=observation.response.status, message=_destination(observation)
        )


def _level(observation: Observation) -> Level | None:
    """The level of a refusal: a request in this form may be refused whatever the step is about."""
    is_refusal = 400 <= observation.response.status < 500 and observation.intent.expect != "refusal"
    return level_of_refusal(observation) if is_refusal else None


def _require_own_body(observation: Observation) -> None:
    """Raise NotJudged for a refusal of a body that lacks what the target's own schemas require: it came first."""
    intent, body = observation.intent, observation.intent.body
    if observation.response.status != 400 or intent.expect != "refusal" or not isinstance(body, Mapping):
        return
    if "schemas" in body and intent.action == "replace" and not fits_schemas(body, observation.context.capabilities):
        raise NotJudged("the server refused the body, which does not fit its own /Schemas, before it looked further")


@check(
    "http.expected-status",
    "A literal request of the profile is answered with a status the client can use",
    failure="A request is answered with an unexpected status",
    level="CLIENT",
    on=("raw", "patch", "replace"),
    scim=BOTH,
    # Redirects and server errors have rules of their own; a change that must succeed has patch.status.
    when=lambda observation: (
        not 300 <= observation.response.status < 400
        and (observation.response.status < 500 or observation.response.status == 501 or is_status_named(observation))
        and (observation.intent.action == "raw" or observation.intent.expect != "success")
    ),
    traits=Trait.ASSERTION,
    why="The client decides by the status alone what it does next.",
    fix="Answer with one of the expected statuses.",
    fault=Fault.ASSERTION,
)
def expected_status(observation: Observation) -> Iterator[Violation]:
    intent, status = observation.intent, observation.response.status
    if intent.statuses:
        _require_own_body(observation)
        if status not in intent.statuses:
            yield Violation(
                "status",
                expected=sorted(intent.statuses),
                actual=status,
                message=server_message(observation),
                level=_level(observation),
                failure=_failure(status, intent.statuses),
            )
    elif intent.expect == "success" and not observation.response.ok:
        message, failure = server_message(observation), _failure(status, {200})
        yield Violation("status", "2xx", status, message, _level(observation), failure=failure)
    elif intent.expect == "refusal" and observation.response.ok:
        message, failure = "The request had to be refused.", _failure(status, {400})
        yield Violation("status", "4xx", status, message, failure=failure)


def _failure(status: int, accepted: Collection[int]) -> str:
    """The phrase for a refusal in place of a success, or for the reverse; empty for any other status."""
    if status >= 400 and max(accepted) < 300:
        return "A request to be accepted is refused"
    return "A request to be refused is accepted" if status < 300 and min(accepted) >= 400 else ""


@check(
    "http.allow",
    "405 says which methods there are",
    failure="A 405 lacks Allow, or its Allow names the refused method",
    level="MUST",
    cites=("RFC9110-15.5.6", "RFC9110-10.2.1"),
    when=lambda observation: observation.response.status == 405,
    why="A client, or its developer, learns from Allow what the endpoint offers in place of the method it refused.",
    fix="Send Allow with every 405: the methods of that endpoint, separated by commas.",
)
def allow(observation: Observation) -> Iterator[Violation]:
    header = observation.response.header("allow")
    method = observation.exchange.request.method
    if header is None:  # an empty one says that no method is possible here
        yield Violation("header Allow", expected="the methods of this endpoint")
    elif method in {name.strip().upper() for name in header.split(",")}:
        yield Violation("header Allow", expected=f"methods without {method}", actual=quotation(header[:200]))


@check(
    "http.in-time",
    "The answer comes before the client gives up",
    failure="No answer comes before the client gives up",
    level="CLIENT",
    scim=BOTH,
    # A server may delay the refusal of a wrong credential on purpose.
    when=lambda observation: observation.intent.by == "client" and observation.intent.action != "anonymous",
    traits=Trait.SILENCE,
    why="A client that has given up repeats the request: what the server did too late is then done twice, "
    "or reported as failed.",
    fix="Answer faster: index the attributes that are filtered by, and do slow work after the answer.",
)
def in_time(observation: Observation) -> Iterator[Violation]:
    limit = observation.exchange.request.timeout or observation.context.client_timeout
    failure = observation.exchange.failure
    if failure is not None and failure.kind is FailureKind.TIMEOUT:
        yield Violation("", expected=f"at most {limit:g} s", actual="no answer by then")
    elif observation.exchange.ms > limit * 1000:
        yield Violation("", expected=f"at most {limit:g} s", actual=f"{observation.exchange.ms / 1000:.1f} s")
