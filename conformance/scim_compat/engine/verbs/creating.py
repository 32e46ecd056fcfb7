"""Verbs that create and delete, and what a body is made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Literal

from scim_compat.engine import mapping
from scim_compat.engine.actor import Actor, NotReached, path_of
from scim_compat.engine.creation import create as create_resource
from scim_compat.engine.intent import Effect, Write
from scim_compat.engine.play import Play
from scim_compat.engine.verbs import about, actor_of, verb
from scim_compat.engine.verbs.reading import read_by_id
from scim_compat.profile.model import Step
from scim_compat.scim import paths
from scim_compat.scim.filters import operands
from scim_compat.scim.grammar import parse_path
from scim_compat.scim.names import ENDPOINTS
from scim_compat.values import Json
from scim_compat.wire.messages import Exchange


@verb("create")
def create(play: Play, step: Step) -> None:
    """Creates the resource with every mapped attribute."""
    conflict = step.args.get("expect") == "conflict"
    actor = actor_of(play, step)
    body = body_for(play, step.args, mapping.creation_body(play.rows(actor.kind), actor.sources))
    intent = replace(play.intent("create", actor), expect="refusal" if conflict else "success", duplicate=conflict)
    again = " a second time" if conflict else ""
    done = create_resource(play, actor, body, ours=False, intent=intent, title=f"creates {about(actor)}{again}")
    if not conflict:
        created(actor, done)
        actor.writes = [_creation(play, actor, done)]


def body_for(play: Play, args: Mapping[str, Json], body: dict[str, Json]) -> dict[str, Json]:
    """The body with the step's own ``without``, ``has`` and ``schemas`` in it, in this order."""
    for path in play.fill(args.get("without", [])):
        paths.remove(body, path)
    for path, value in (play.fill(args.get("has", {}))).items():
        paths.put(body, path, value)
    if "schemas" in args:
        body["schemas"] = list(args["schemas"])
    if args.get("members"):
        body["members"] = [{"value": m.id} for m in play.expand(args["members"]) if m.id]
    return body


def created(actor: Actor, done: Exchange) -> None:
    """Stops the scenario where nothing was created: what follows would only repeat the failure."""
    response = done.response
    if response is None or not response.ok:
        status = response.status if response else "nothing"
        raise NotReached(f"{actor.key} could not be created: POST {ENDPOINTS[actor.kind]} answered {status}")
    if actor.id is None:
        raise NotReached(f"{actor.key} was created, but the answer held no id that a request could name")


def _creation(play: Play, actor: Actor, done: Exchange) -> Write:
    # A reference is judged as a whole: whether it comes back as an object is another check's business.
    whole = {f"{path}.value": path for path in mapping.references(play.rows(actor.kind))}
    effects = tuple(
        Effect("set", whole[path], {"value": value}) if path in whole else Effect(kind, path, value)
        for kind, path, value in _sent(play, actor)
    )
    # Who came with the creation was added by it: not there means not let in, and not lost since.
    effects += tuple(Effect("add-member", "members", i) for i in sorted(actor.members))
    return Write(action="create", effects=effects, accepted=True, status=done.response.status if done.response else 0)


def _sent(play: Play, actor: Actor) -> Iterator[tuple[Literal["set", "sent"], str, Json]]:
    """What the body held, as (kind of effect, path, value).

    An entry that the client finds by something else than its type (``emails[primary eq true].value``) is looked for
    in that way, and whether its other members are kept is no business of the client's.
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
    again = " again" if twice else ""
    done = play.exchange(play.request("DELETE", path_of(actor)), intent, f"deletes {about(actor)}{again}")
    if done.response and not done.response.ok and not twice:
        raise NotReached(f"{actor.key} was not deleted: DELETE answered {done.response.status}")
    if done.response and done.response.ok and not twice:
        actor.gone = True
        ledger = play.run.ledger
        # A server may have answered the creation with the id of another: then the new one is still there.
        if actor.entry is not None and ledger.entries[actor.entry].id == actor.id:
            ledger.record_deleted(actor.entry)
