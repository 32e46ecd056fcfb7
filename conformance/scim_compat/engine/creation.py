"""Creations: announced in the ledger before they are sent, and taken over from the answer."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import replace
from email.utils import formatdate
from urllib.parse import unquote

from scim_compat.engine import mapping, people
from scim_compat.engine.actor import NAME_ATTRIBUTE, Actor, NotReached
from scim_compat.engine.intent import Intent
from scim_compat.engine.knowledge import Knowledge
from scim_compat.engine.ledger import Ledger
from scim_compat.engine.offering import omissible
from scim_compat.engine.play import Play
from scim_compat.scim import paths
from scim_compat.scim.names import ENDPOINTS
from scim_compat.scim.urls import STEPS
from scim_compat.values import Json
from scim_compat.wire.messages import Exchange

_SERVERS_OWN = frozenset({"schemas", "meta", "id", "groups", "password", "members"})
"""Parts of a body that no read compares with what was sent."""


def create_resource(
    play: Play,
    actor: Actor,
    body: dict[str, Json],
    *,
    ours: bool,
    intent: Intent,
    title: str,
    revise: Callable[[Exchange, Intent], Intent] | None = None,
) -> Exchange:
    """POSTs the body with the ledger written first, and takes over the server's answer."""
    entry = announce(play, actor, body)
    request = play.request("POST", ENDPOINTS[actor.kind], ours=ours, body=body)
    intent = replace(intent, body=body)
    exchange = play.exchange(request, intent, title, settle=entry_settler(play.run.ledger, entry), revise=revise)
    response = exchange.response
    if response is None or not response.ok or intent.duplicate:
        return exchange
    answer = response.json if isinstance(response.json, dict) else {}
    identifier = answer.get("id")
    if isinstance(identifier, str) and identifier not in STEPS:
        actor.id = identifier
        name = paths.member(answer, NAME_ATTRIBUTE[actor.kind])
        if isinstance(name, str) and not people.has_tag(name, play.run.seed):
            play.strangers[identifier] = name
    actor.entry = entry
    actor.location = response.header("location")
    settle(actor, body, answer, references=mapping.references(play.rows(actor.kind)), ours=play.run.ledger.living())
    return exchange


def adapt_body(play: Play, args: Mapping[str, Json], body: dict[str, Json]) -> dict[str, Json]:
    """The body with the step's own ``without``, ``has``, ``schemas`` and ``members`` in it, in this order."""
    for path in omissible(play.fill(args.get("without", [])), play.scenario, play.run):
        paths.remove(body, path)
    for path, value in play.fill(args.get("has", {})).items():
        paths.put(body, path, value)
    if "schemas" in args:
        body["schemas"] = list(args["schemas"])
    if args.get("members"):
        body["members"] = [{"value": member.id} for member in play.expand(args["members"]) if member.id]
    return body


def require_creation(actor: Actor, exchange: Exchange) -> None:
    """Stops the scenario where nothing was created: the next steps would only repeat the failure."""
    response = exchange.response
    if response is None or not response.ok:
        status = response.status if response else "nothing"
        raise NotReached(f"{actor.key} could not be created: POST {ENDPOINTS[actor.kind]} answered {status}")
    if actor.id is None:
        raise NotReached(f"{actor.key} was created, but the answer held no id that a request could name")


def require_free_name(play: Play, actor: Actor, body: Mapping[str, Json]) -> None:
    """Stops the scenario where another of its actors still has the name that the body asks for.

    A rename or deletion before it was refused or had no effect, and has its own finding: the conflict is right.
    """
    attribute = NAME_ATTRIBUTE[actor.kind]
    name = str(paths.member(body, attribute)).lower()
    for other in play.actors.values():
        is_there = other.id is not None and not other.gone and not other.is_disabled
        if other is actor or other.kind != actor.kind or not is_there:
            continue
        names = {str(paths.member(one, attribute)).lower() for one in (other.desired, other.last_answer or {})}
        if name in names:
            raise NotReached(f"{actor.key} was not created: {other.key} still has the {attribute} {name}")


def announce(play: Play, actor: Actor, body: Mapping[str, Json]) -> int:
    """Writes into the ledger that the body is about to be created; returns the entry's number."""
    attribute = NAME_ATTRIBUTE[actor.kind]
    name = str(paths.member(body, attribute))
    if not people.has_tag(name, play.run.seed):
        raise NotReached(
            f"{actor.key} was not created: its {attribute} {name!r} does not carry the run's tag, "
            "by which clean-up knows what it may delete; write ${run.tag} into it"
        )
    entry = play.run.ledger.intend(actor.kind, attribute, name)
    play.entries.append(entry)
    return entry


def entry_settler(ledger: Ledger, number: int) -> Callable[[Exchange], None]:
    """Records the answer to a creation: refused, created with this id, or unknown and looked up at clean-up."""

    def record(exchange: Exchange) -> None:
        response = exchange.response
        if response is None:
            return
        ledger.record_answer(number)
        if not response.ok:
            if 400 <= response.status < 500:
                ledger.record_dropped(number)
            return
        answer = response.json if isinstance(response.json, dict) else {}
        identifier, entry = answer.get("id"), ledger.entries[number]
        if not isinstance(identifier, str):
            identifier = unquote((response.header("location") or "").rstrip("/").rpartition("/")[2])
        if identifier and identifier not in STEPS and identifier not in ledger.living():
            is_echo = str(paths.member(answer, entry.attribute)).lower() == entry.name.lower()
            date = "" if people.tag_in(entry.name) else response.header("date") or formatdate(usegmt=True)
            is_ours = bool(people.tag_in(entry.name)) and is_echo
            ledger.record_created(number, identifier, confirmed=is_ours, date=date)

    return record


def settle(
    actor: Actor,
    body: Mapping[str, Json],
    answer: Mapping[str, Json],
    *,
    references: frozenset[str],
    ours: Mapping[str, str],
) -> None:
    """Makes the body the desired state, read-only members aside. ``ours``: as in `Actor.learn`."""
    actor.desired = {
        k: copy.deepcopy(v) for k, v in body.items() if k.lower() not in _SERVERS_OWN and not paths.is_unassigned(v)
    }
    active = str(actor.desired.get("active")).lower()
    if active in {"true", "false"}:  # sent as a text (Entra source S6), but a server returns a boolean
        actor.desired["active"] = active == "true"
    for path in references:
        value = paths.get(actor.desired, path)
        if isinstance(value, str):  # sent as a bare id (Entra), but a server returns an object
            paths.put(actor.desired, path, {"value": value})
    members = body.get("members") or []
    actor.members = {m["value"] for m in members if isinstance(m, Mapping) and "value" in m}
    actor.knowledge = Knowledge()
    if answer:
        actor.learn(answer, ours)
    actor.gone = False
