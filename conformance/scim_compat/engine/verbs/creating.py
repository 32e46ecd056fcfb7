"""Verbs that create and delete."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

from scim_compat.engine import mapping
from scim_compat.engine.actor import Actor, Declined, NotReached, about, path_of
from scim_compat.engine.creation import adapt_body, create_resource, require_creation, require_free_name
from scim_compat.engine.diagnosis import diagnosing
from scim_compat.engine.intent import Effect, Expectation, Write
from scim_compat.engine.play import Play
from scim_compat.engine.verbs import actor_of, verb
from scim_compat.engine.verbs.reading import read_by_id
from scim_compat.profile.model import Step
from scim_compat.scim import paths
from scim_compat.scim.filters import operands
from scim_compat.scim.grammar import parse_path
from scim_compat.values import Json
from scim_compat.wire.messages import Exchange


@verb("create")
def create(play: Play, step: Step) -> None:
    """Creates the resource with every mapped attribute."""
    expectation = step.args.get("expect", "success")
    conflict, may_refuse = expectation == "conflict", expectation == "either"
    actor = actor_of(play, step)
    body = adapt_body(play, step.args, mapping.creation_body(play.rows(actor.kind), actor.sources))
    if not conflict:
        require_free_name(play, actor, body)
    expect: Expectation = "refusal" if conflict else "either" if may_refuse else "success"
    intent = replace(play.intent("create", actor), expect=expect, duplicate=conflict)
    title = f"creates {about(actor)}{' a second time' if conflict else ''}"
    diagnosis = diagnosing(play, actor, body, ours=False)
    exchange = create_resource(play, actor, body, ours=False, intent=intent, title=title, revise=diagnosis)
    if may_refuse and exchange.response is not None and 400 <= exchange.response.status < 500:
        raise Declined(f"the target does not create {actor.key} with {', '.join(step.args.get('has', {}))}")
    if not conflict:
        require_creation(actor, exchange)
        actor.writes = [_write_of(play, actor, exchange)]


def _write_of(play: Play, actor: Actor, exchange: Exchange) -> Write:
    # A reference is judged as a whole: another check reports one that does not come back as an object. A server may
    # pass over one to nobody (RFC 7643 does not say).
    references = {f"{path}.value": path for path in mapping.references(play.rows(actor.kind))}
    known = play.run.ledger.living()
    effects = tuple(
        Effect("set" if value in known else "sent", references[path], {"value": value})
        if path in references
        else Effect(kind, path, value)
        for kind, path, value in _sent_values(play, actor)
    )
    # Members that came with the creation were added by it: a missing one was not let in, and not lost since.
    effects += tuple(Effect("add-member", "members", i) for i in sorted(actor.members))
    status = exchange.response.status if exchange.response else 0
    return Write(action="create", effects=effects, accepted=True, status=status)


def _sent_values(play: Play, actor: Actor) -> Iterator[tuple[Literal["set", "sent"], str, Json]]:
    """The values of the body, as (kind of effect, path, value).

    An entry that the client finds by something else than its type (``emails[primary eq true].value``) is looked up
    in that way. The client does not depend on such an entry's other members.
    """
    mapped = [parse_path(row.to) for row in play.rows(actor.kind) if row.source]
    selected = {path for path in mapped if path.condition is not None and path.sub}
    own = {
        id(paths.get(actor.desired, entry)): entry
        for entry in (replace(path, sub="") for path in mapped if path in selected)
        if all(one.attribute.lower() != "type" for one in operands(entry.condition))
    }
    for path, value in paths.leaves(actor.desired):
        entry = own.get(id(paths.get(actor.desired, replace(path, sub="")))) if path.condition is not None else None
        if entry is None:
            yield "set", str(path), value
        elif (row := replace(entry, sub=path.sub)) in selected:
            yield "set", str(row), value
        else:
            yield "sent", str(path), value


@verb("delete")
def delete(play: Play, step: Step) -> None:
    """Reads, then deletes (Entra sources S8, S35)."""
    actor = actor_of(play, step)
    twice = step.args.get("expect") == "gone"
    if play.scenario.dialect.read_before_write and step.args.get("read", True):
        read_by_id(play, actor, gone=twice)
    intent = replace(play.intent("delete", actor), expect="refusal" if twice else "success", twice=twice)
    title = f"deletes {about(actor)}{' again' if twice else ''}"
    response = play.exchange(play.request("DELETE", path_of(actor)), intent, title).response
    if response is None or twice:
        return
    if not response.ok:
        raise NotReached(f"{actor.key} was not deleted: DELETE answered {response.status}")
    actor.gone = True
    for group in play.actors.values():
        group.members.discard(actor.id or "")  # whoever is deleted is in no group
    ledger = play.run.ledger
    # A server may have answered the creation with the id of another: then the new one is still there.
    if actor.entry is not None and ledger.entries[actor.entry].id == actor.id:
        ledger.record_deleted(actor.entry)
