"""The state that a scenario starts from, created in plain RFC form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import zip_longest
from typing import Final

from scim_compat.engine import wording
from scim_compat.engine.actor import Actor, Declined, SetUp, about, path_of
from scim_compat.engine.creation import adapt_body, create_resource, require_creation, require_free_name
from scim_compat.engine.diagnosis import diagnosing, without_blame
from scim_compat.engine.fitting import add_required, fit_to_schema, fits_schemas
from scim_compat.engine.intent import Expectation
from scim_compat.engine.play import Play
from scim_compat.profile.model import ResourceKind, Step
from scim_compat.scim import paths
from scim_compat.scim.grammar import parse_path
from scim_compat.scim.messages import member_ids
from scim_compat.scim.names import CORE_SCHEMA, ENDPOINTS, Scim, is_urn
from scim_compat.values import MISSING, Json


def set_up(play: Play, step: Step) -> None:
    """Creates the actor of a ``given`` step, or its whole crowd."""
    key = step.args["given"]
    kind: ResourceKind = step.args.get("kind", "User")
    count = step.args.get("count")
    if count is None:
        set_up_one(play, key, kind, step.args, is_refusable=step.args.get("expect") == "either")
        return
    if play.run.large:
        count = step.args.get("large-count", count)
    play.crowds[key] = [f"{key}.{n}" for n in range(1, count + 1)]
    lenders = _active(play.run.crowd, kind) if step.args.get("borrow") else []
    for name, lender in zip_longest(play.crowds[key], lenders[:count]):
        if lender is None:
            set_up_one(play, name, kind, step.args)
        else:
            play.actors[name] = replace(lender, key=name)


def _active(crowd: Iterable[Actor], kind: ResourceKind) -> list[Actor]:
    """Those of the run's crowd who may be members of a group."""
    return [actor for actor in crowd if actor.kind == kind and actor.id and not actor.is_disabled]


def set_up_one(
    play: Play, key: str, kind: ResourceKind, args: Mapping[str, Json], *, is_refusable: bool = False
) -> None:
    """Creates one actor. ``args``: those of a ``given`` step. Raises NotReached where the target refuses it.

    ``is_refusable``: a refusal is no finding.
    """
    actor = play.introduce(key, kind, args.get("as"))
    target, scim = play.run.capabilities, play.profile.scim
    plain = adapt_body(play, args, plain_body(actor, scim=scim))
    body = adapt_body(play, args, fit_to_schema(plain_body(actor, scim=scim), actor, target))
    # Unlike some clients, we list every extension that the body holds (RFC 7643 §3).
    body["schemas"] = [*body["schemas"], *(name for name in body if is_urn(name) and name not in body["schemas"])]
    body = add_required(body, target, play.run.base_url)
    if not args.keys() & {"as", "has"}:
        body = without_blame(play, actor, body)
    require_free_name(play, actor, body)
    # The scenario itself may ask for more than the target offers: then a refusal breaks no rule.
    is_refusable = is_refusable or _shares_address(play, actor, body)
    expect: Expectation = "success" if fits_schemas(body, target) and not is_refusable else "either"
    intent = replace(play.intent("set-up", actor, by="harness"), expect=expect)
    exchange = create_resource(
        play,
        actor,
        body,
        ours=True,
        intent=intent,
        title=f"creates {about(actor)} to start from",
        revise=diagnosing(play, actor, body, ours=True),
    )
    response = exchange.response
    if expect == "either" and response is not None and 400 <= response.status < 500:
        endpoint = ENDPOINTS[kind]
        raise Declined(f"POST {endpoint} answered {response.status} to a form of {key} that a server may refuse")
    require_creation(actor, exchange)
    actor.setup = SetUp(body=plain, answer=actor.last_answer or body)
    if actor.members:
        ensure_members(play, actor)


def _shares_address(play: Play, actor: Actor, body: Mapping[str, Json]) -> bool:
    """True when another actor has an e-mail address of the body: a target may keep addresses to one account each."""
    others = (one.desired for one in play.actors.values() if one is not actor and not one.gone)
    taken = {address for other in others for address in _addresses(other)}
    return bool(taken & _addresses(body))


def _addresses(body: Mapping[str, Json]) -> set[str]:
    return {str(address).lower() for address in paths.values(body, parse_path("emails.value"))}


def plain_body(actor: Actor, *, scim: Scim = "2.0") -> dict[str, Json]:
    """A small body that any service provider should take (RFC 7643 §4.1, §4.2; SCIM 1.1, core schema 6 and 8)."""
    of = actor.sources
    if actor.kind == "Group":
        return {
            "schemas": [CORE_SCHEMA[scim]["Group"]],
            "displayName": of["displayName"],
            "externalId": of["objectId"],
        }
    return {
        "schemas": [CORE_SCHEMA[scim]["User"]],
        "userName": of["userPrincipalName"],
        "externalId": of["mailNickname"],
        "name": {"givenName": of["givenName"], "familyName": of["surname"]},
        "displayName": of["displayName"],
        "emails": [{"value": of["mail"], "type": "work", "primary": True}],
        "active": of["active"],
    }


def ensure_members(play: Play, actor: Actor, *, is_first: bool = False) -> None:
    """Sees to it that a group of ours has its members, and that an answer has shown them.

    Members that were never seen cannot be lost. Most clients create a group empty and add by PATCH, and a scenario that
    creates a group with members judges the target's handling of them; so where the creation has left some out, they
    are added as clients add them. ``is_first``: an answer to a creation is not trusted, as it may be an echo.
    """
    if actor.knowledge.members is None or is_first:
        _read_members(play, actor)
    absentees = sorted(actor.members - (actor.knowledge.members or frozenset()))
    if not absentees or play.profile.scim != "2.0":
        return
    for form in _MEMBER_FORMS if is_first else _MEMBER_FORMS[:1]:
        value = [{"value": identifier, **form} for identifier in absentees]
        body = wording.patch_body([{"op": "add", "path": "members", "value": value}])
        intent = replace(play.intent("raw", actor, by="harness"), expect="either")
        title = f"adds to {actor.key} the members that its creation left out"
        answer = play.exchange(play.request("PATCH", path_of(actor), ours=True, body=body), intent, title).response
        if answer is not None and answer.ok:
            _read_members(play, actor)
        if actor.knowledge.members:
            return


_MEMBER_FORMS: Final[tuple[Mapping[str, Json], ...]] = ({}, {"type": "User"})
"""What stands beside the id of a member. Some targets add nobody whose type is not named (RFC 7643 §4.2)."""


def _read_members(play: Play, actor: Actor) -> None:
    """Reads the group; where a plain read shows no members, they are asked for by name (RFC 7643 §7, "returned")."""
    ours = play.run.ledger.living()
    for attributes in ("", "displayName,members"):
        parameters = [("attributes", attributes)] if attributes else []
        request = play.request("GET", path_of(actor), ours=True, parameters=parameters)
        intent = play.intent("read-members" if attributes else "read-back", actor, by="harness")
        response = play.exchange(request, intent, f"reads the members of {about(actor)} to start from").response
        answer = response.json if response is not None and response.ok else None
        if not isinstance(answer, dict):
            return
        if paths.member(answer, "members") is not MISSING:
            actor.knowledge = actor.knowledge.with_members(member_ids(answer, ours))
            return
    actor.knowledge = actor.knowledge.with_members(())


def is_altered_at_setup(actor: Actor, path: str, value: Json) -> bool:
    """True when the value comes from our set-up and the target's answer to it already holds another one.

    The target may alter or ignore values that it is sent (RFC 7644 §3.3); later steps did not do it.
    """
    if actor.setup is None:
        return False
    is_ours = paths.is_same(value, paths.get(actor.setup.body, path))
    return is_ours and not paths.is_same(value, paths.get(actor.setup.answer, path))
