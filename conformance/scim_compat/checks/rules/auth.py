"""Rules for requests without a credential, or with a wrong one."""

from __future__ import annotations

from collections.abc import Iterator

from scim_compat.checks.registry import BOTH, Violation, check
from scim_compat.engine.intent import Observation
from scim_compat.scim import messages
from scim_compat.scim.messages import entries
from scim_compat.scim.urls import is_discovery
from scim_compat.wire.messages import CredentialUse


def _is_refusable(observation: Observation, credential: CredentialUse) -> bool:
    """True for a request with that credential which the server must refuse."""
    request = observation.exchange.request
    # Discovery may be open to all (RFC 7644 section 4): a client reads there how to authenticate.
    return request.credential is credential and not is_discovery(request.target) and not observation.intent.endpoint


def _admission(observation: Observation) -> Iterator[Violation]:
    if observation.response.ok and observation.response.status not in observation.intent.statuses:
        yield Violation("status", expected=401, actual=observation.response.status, message="The request was let in.")


@check(
    "auth.required",
    "Without a credential nothing is served",
    level="MUST",
    cites=("RFC7644-2", "RFC7644-3.12"),
    on=("anonymous",),
    scim=BOTH,
    when=lambda observation: _is_refusable(observation, CredentialUse.NONE),
    why="Whoever knows the URL can read or change every account of the customer.",
    fix="Put the whole SCIM path behind authentication and answer 401 before anything else is looked at.",
)
def required(observation: Observation) -> Iterator[Violation]:
    yield from _admission(observation)


@check(
    "auth.wrong-token",
    "A wrong credential is refused",
    level="MUST",
    cites=("RFC7644-2", "RFC7644-3.12", "RFC6750-3.1"),
    on=("anonymous",),
    scim=BOTH,
    when=lambda observation: _is_refusable(observation, CredentialUse.WRONG),
    why="The server asks for a credential but does not look at it: any text opens the door.",
    fix="Compare the whole credential with the issued one, for every request, and answer 401 if it differs.",
)
def wrong_token(observation: Observation) -> Iterator[Violation]:
    yield from _admission(observation)


@check(
    "auth.status",
    "A request without a valid credential is refused with 401",
    level="SHOULD",
    cites=("RFC7644-3.12", "RFC6750-3.1", "RFC9110-15.5.2"),
    on=("anonymous",),
    scim=BOTH,
    when=lambda observation: 400 <= observation.response.status < 500,
    why="On 401 a client renews its token and tells the administrator that the credential is wrong. On 403 "
    "or 404 it looks for the fault elsewhere.",
    fix="Answer 401 for a missing or invalid credential; 403 is for a valid one that lacks the right.",
)
def status(observation: Observation) -> Iterator[Violation]:
    accepted = observation.intent.statuses or frozenset({401})
    if observation.response.status not in accepted:
        yield Violation("status", expected=sorted(accepted), actual=observation.response.status)


@check(
    "auth.challenge",
    "401 says how to authenticate",
    level="MUST",
    cites=("RFC9110-11.6.1", "RFC7644-2"),
    on=("anonymous",),
    scim=BOTH,
    when=lambda observation: observation.response.status == 401,
    why="WWW-Authenticate names the scheme the server takes. Without it HTTP libraries treat the 401 as broken.",
    fix='Send WWW-Authenticate with every 401, for example: Bearer realm="scim".',
)
def challenge(observation: Observation) -> Iterator[Violation]:
    if not (observation.response.header("www-authenticate") or "").strip():
        yield Violation("header WWW-Authenticate", expected="a challenge such as Bearer")


@check(
    "auth.no-data",
    "A refusal holds no data",
    level="MUST",
    cites=("RFC7644-3.12", "RFC7644-2"),
    on=("anonymous",),
    scim=BOTH,
    when=lambda observation: observation.response.status >= 300,
    why="The status says no, the body says yes: who reads on gets the accounts all the same.",
    fix="Stop at the failed authentication; answer with an error body only.",
)
def no_data(observation: Observation) -> Iterator[Violation]:
    body = observation.response.json
    # The finding never quotes the data.
    if messages.is_resource(body):
        yield Violation("", expected="an error", actual="a resource")
    elif messages.is_list(body) and entries(body):
        yield Violation("/Resources", expected="an error", actual=f"a list of {len(entries(body))}")
