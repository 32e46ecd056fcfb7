"""Rules for requests without a credential, or with one that is wrong or almost right."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Final

from scim_compat.checks.answers import has_resource, is_html, is_list, json_object, resource_of
from scim_compat.checks.intactness import changes
from scim_compat.checks.registry import BOTH, Harm, NotJudged, Violation, check
from scim_compat.engine.bulk_results import results_of, status_of
from scim_compat.engine.intent import Observation
from scim_compat.scim import messages, paths
from scim_compat.scim.messages import entries
from scim_compat.scim.names import COLLECTIONS
from scim_compat.scim.urls import is_discovery, is_search, path_of, segments
from scim_compat.values import Fault
from scim_compat.wire.messages import NEAR_MISSES, CredentialUse

_LOCKED: Final = frozenset({401, 403, 423, 429})
"""Statuses to the right credential that show a lock-out after wrong ones."""
_GUESSABLE: Final = frozenset(NEAR_MISSES.keys() - {CredentialUse.OTHER_SCHEME})
_TELLING: Final = 6
"""Characters of a value that no other text holds by chance."""


def _is_refusable(observation: Observation, *uses: CredentialUse) -> bool:
    """True for a request with such a credential which the server must refuse."""
    request = observation.exchange.request
    # Discovery may be open to all (RFC 7644 section 4): a client reads there how to authenticate.
    return request.credential in uses and not is_discovery(request.target) and not observation.intent.endpoint


def _is_side_door(observation: Observation) -> bool:
    """True for an address that a server need not offer: it may answer 403, 404, 405 or 501 before it authenticates."""
    target = observation.exchange.request.target
    path = segments(target)
    is_usual = bool(path) and path[0].lower() in COLLECTIONS and not path_of(target).endswith("/")
    return not is_usual or is_search(target)


def _is_let_in(observation: Observation) -> bool:
    """True when the answer shows data, or accepts a change.

    A login page with status 200 does neither, nor does the front page that some sites serve at unknown addresses.
    """
    response, method = observation.response, observation.exchange.request.method
    if not response.ok or response.status in observation.intent.statuses or is_html(observation):
        return False
    body = response.json
    results = results_of(body)
    if results:
        return any(status_of(one) in range(200, 300) for one in results)
    if messages.is_resource(body) or entries(body) or _values_shown(observation):
        return True
    if method == "GET" or _is_side_door(observation):
        # An empty list shows nobody. Only beside a refusal of other credentials it shows that this one is let in.
        return messages.is_list(body) and observation.exchange.request.credential in NEAR_MISSES
    return not response.body


def _admission(observation: Observation, harm: Harm | None = Harm.ACCESS) -> Iterator[Violation]:
    if _is_let_in(observation):
        request = observation.exchange.request
        credential = NEAR_MISSES.get(request.credential, "")
        yield Violation(
            "status",
            expected=401,
            actual=observation.response.status,
            message=f"The request was let in{f' with {credential}' if credential else ''}.",
            harm=harm,
        )


@check(
    "auth.required",
    "Without a credential nothing is served",
    failure="A request without a credential is let in",
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
    failure="A wrong credential is let in",
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
    "auth.near-miss",
    "A credential that is almost right is refused",
    failure="A credential that is only almost right is let in",
    level="MUST",
    cites=("RFC7644-2", "RFC6750-3.1", "RFC7617-2"),
    on=("anonymous",),
    scim=BOTH,
    when=lambda observation: _is_refusable(observation, *_GUESSABLE),
    why="The server compares a part of the credential only. Whoever knows that part, from a log or by guessing "
    "character by character, gets in.",
    fix="Compare the whole credential with the issued one, letter by letter and case by case, in constant time. A "
    "column of a database that ignores case or cuts long values is a frequent reason.",
)
def near_miss(observation: Observation) -> Iterator[Violation]:
    yield from _admission(observation)


@check(
    "auth.scheme",
    "A credential counts only under its own scheme",
    failure="A credential is accepted under another scheme",
    level="MUST",
    cites=("RFC9110-11.4", "RFC6750-2.1"),
    on=("anonymous",),
    scim=BOTH,
    when=lambda observation: _is_refusable(observation, CredentialUse.OTHER_SCHEME),
    why="The server takes the last word of Authorization for the secret and does not look at the scheme before it. "
    "What a proxy or a library adds under another scheme is then mistaken for a token.",
    fix="Read the scheme first, in any case of letters, and answer 401 to one that the endpoint does not offer.",
)
def scheme(observation: Observation) -> Iterator[Violation]:
    yield from _admission(observation, harm=None)  # whoever is let in has the secret


@check(
    "auth.no-effect",
    "A refused request changes nothing",
    failure="A request without a valid credential is refused, yet takes effect",
    level="MUST",
    cites=("RFC7644-2", "RFC9110-15.5.2"),
    on=("intact",),
    scim=BOTH,
    why="The status says no, and the change is made all the same: anybody can create, alter or delete accounts.",
    fix="Authenticate before the request is handled, not while its answer is written.",
    fault=Fault.DAMAGE,
)
def no_effect(observation: Observation) -> Iterator[Violation]:
    intent, status = observation.intent, observation.response.status
    if status in _LOCKED:
        raise NotJudged(f"the right credential is answered with {status} after the wrong ones")
    if intent.query.finds is not None:
        if not is_list(observation):
            raise NotJudged("the search for what a refused request may have created was not answered")
        yield from _creation(observation)
        return
    before = intent.subject.knowledge.answer if intent.subject else None
    if before is None:
        raise NotJudged("the resource was not read before the refused requests")
    if status in {404, 410}:
        message = "A refused request deleted the resource."
        yield Violation("status", expected=200, actual=status, message=message, harm=Harm.ACCESS)
    elif has_resource(observation):
        yield from (replace(one, harm=Harm.ACCESS) for one in changes(before, resource_of(observation)))
    else:
        raise NotJudged(f"reading the resource again was answered with {status}")


def _creation(observation: Observation) -> Iterator[Violation]:
    query = observation.intent.query
    names = [paths.member(one, query.filter_path or "") for one in messages.resources(json_object(observation))]
    if any(str(name).lower() == str(query.filter_value).lower() for name in names):
        message = "A refused request created the user."
        yield Violation("/Resources", expected="no such user", message=message, harm=Harm.ACCESS)


@check(
    "auth.status",
    "A request without a valid credential is refused with 401",
    failure="A missing or invalid credential is not answered with 401",
    level="SHOULD",
    cites=("RFC7644-3.12", "RFC6750-3.1", "RFC9110-15.5.2"),
    on=("anonymous",),
    scim=BOTH,
    # http.no-server-error and http.no-redirect report the other statuses.
    when=lambda observation: (
        (observation.response.status < 300 or 400 <= observation.response.status < 500)
        and not _is_side_door(observation)
        and not _is_let_in(observation)
    ),
    why="On 401 a client renews its token and tells the administrator that the credential is wrong. On 403 "
    "or 404 it looks for the fault elsewhere.",
    fix="Answer 401 for a missing or invalid credential; 403 is for a valid one that lacks the right.",
)
def status(observation: Observation) -> Iterator[Violation]:
    request, actual = observation.exchange.request, observation.response.status
    accepted = observation.intent.statuses or frozenset({401})
    if request.method != "GET" and actual in {405, 501}:
        return  # a method that is not offered may be refused before the credential is looked at
    if actual not in accepted and actual != 429:  # RFC 6585 section 4: too many, whoever asks
        yield Violation("status", expected=sorted(accepted), actual=actual)


@check(
    "auth.challenge",
    "401 says how to authenticate",
    failure="A 401 comes without a challenge in WWW-Authenticate",
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
    failure="The refusal of a request without a valid credential holds data",
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
        yield Violation("", expected="an error", actual="a resource", harm=Harm.ACCESS)
    elif messages.is_list(body) and entries(body):
        yield Violation("/Resources", expected="an error", actual=f"a list of {len(entries(body))}", harm=Harm.ACCESS)
    elif names := _values_shown(observation):
        told = f"a text with {' and '.join(names)} of the account"
        yield Violation("", expected="an error", actual=told, harm=Harm.ACCESS)


def _values_shown(observation: Observation) -> Collection[str]:
    """Attributes of the resource whose values the answer shows although the request did not hold them."""
    about, request = observation.intent.subject, observation.exchange.request
    resource: Mapping[str, object] = (about.knowledge.answer if about else None) or {}
    sent = f"{request.target} {(request.body or b'').decode('utf-8', 'replace')}"
    text = observation.response.body.decode("utf-8", "replace")
    values = {name: paths.member(resource, name) for name in ("userName", "displayName", "externalId")}
    return [
        name
        for name, value in values.items()
        if isinstance(value, str) and len(value) >= _TELLING and value in text and value not in sent
    ]
