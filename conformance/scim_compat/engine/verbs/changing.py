"""Verbs that change: attributes, the manager, members; and what a write must bring about."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from scim_compat.engine import mapping, wording
from scim_compat.engine.actor import NAME_ATTRIBUTE, Actor, NotReached, path_of
from scim_compat.engine.intent import (
    Action,
    Effect,
    EffectKind,
    Expectation,
    Write,
)
from scim_compat.engine.play import Play
from scim_compat.engine.verbs import about, actor_of, verb
from scim_compat.engine.verbs.reading import read_by_id
from scim_compat.profile.model import Dialect, Step
from scim_compat.scim import paths
from scim_compat.scim.names import ENTERPRISE
from scim_compat.values import Json
from scim_compat.wire.messages import Exchange


@verb("change")
def change(play: Play, step: Step) -> None:
    """Changes attributes; the dialect decides the operations."""
    actor = actor_of(play, step)
    wanted = play.fill(step.args.get("set", {}))
    _change(play, actor, wanted, tuple(play.fill(step.args.get("clear", []))), read=step.args.get("read", True))


@verb("assign-manager")
def assign_manager(play: Play, step: Step) -> None:
    """Points the mapping's reference attribute at another user, in a request of its own."""
    actor = actor_of(play, step)
    manager = play.actors[step.args["manager"]]
    if manager.id is None:
        raise NotReached(f"{manager.key} was not created")
    path = next((m.to for m in play.rows(actor.kind) if m.reference), f"{ENTERPRISE}:manager")
    _change(play, actor, {path: manager.id}, (), read=step.args.get("read", True))


def _change(play: Play, actor: Actor, wanted: Mapping[str, Json], clear: tuple[str, ...], *, read: bool) -> None:
    dialect = play.scenario.dialect
    if dialect.read_before_write and read:
        read_by_id(play, actor)
    references = mapping.references(play.rows(actor.kind))
    asked = wording.Change(set=tuple(wanted.items()), clear=clear, references=references)
    means = [
        Effect("set", path, {"value": value} if path in references and isinstance(value, str) else value)
        for path, value in wanted.items()
    ] + [Effect("clear", path) for path in clear]
    if dialect.update == "put-after-get":
        if actor.last_answer is None:
            raise NotReached(f"{actor.key} could not be read, and this client writes back what it has read")
        echoed = wording.replacement(
            asked, seen=actor.last_answer, mapped=mapping.current_values(play.rows(actor.kind), actor.desired)
        )
        _write(play, actor, "PUT", echoed, means)
    elif dialect.update == "partial":
        body = wording.partial(asked, identifier=actor.id or "", kind=actor.kind)
        _write(play, actor, "PATCH", body, means)
    else:
        operations = wording.operations(asked, seen=actor.last_answer, dialect=dialect)
        _write(play, actor, "PATCH", wording.patch_body(operations), means)


@verb("patch")
def patch(play: Play, step: Step) -> None:
    """Sends the operations, or the whole body, as written; ``means`` says what they must bring about."""
    actor = actor_of(play, step)
    if play.scenario.dialect.read_before_write and step.args.get("read", True):
        read_by_id(play, actor)
    written = step.args.get("body")
    body = play.fill(written) if written is not None else wording.patch_body(play.fill(step.args["operations"]))
    effects = list(meant_effects(play, actor, step.args.get("means", {})))
    _write(play, actor, "PATCH", body, effects, expect=step.args.get("expect", "success"))


def meant_effects(play: Play, actor: Actor, means: Mapping[str, Json]) -> Iterator[Effect]:
    """What the profile says that literal operations bring about."""
    references = mapping.references(play.rows(actor.kind))
    for path, value in play.fill(means.get("set", {})).items():
        yield Effect("set", path, {"value": value} if path in references and isinstance(value, str) else value)
    for path in play.fill(means.get("clear", [])):
        yield Effect("clear", path)
    kinds: tuple[tuple[str, EffectKind], ...] = (
        ("add-members", "add-member"),
        ("remove-members", "remove-member"),
    )
    for key, kind in kinds:
        for one in play.expand(means.get(key, [])):
            if one.id:
                yield Effect(kind, "members", one.id)


@verb("add-members")
def add_members(play: Play, step: Step) -> None:
    """Adds users to a group: one read, then one PATCH for each portion (Entra source S35)."""
    _membership(play, step, "add-member")


@verb("remove-members")
def remove_members(play: Play, step: Step) -> None:
    """Takes users out of a group."""
    _membership(play, step, "remove-member")


def _membership(play: Play, step: Step, kind: EffectKind) -> None:
    actor = actor_of(play, step)
    dialect = play.scenario.dialect
    people = play.expand(step.args["members"])
    missing = [p.key for p in people if p.id is None]
    if missing:
        raise NotReached(f"{missing[0]} was not created, so it cannot be a member")
    if dialect.read_before_write and step.args.get("read", True):
        read_by_id(play, actor)
    size = step.args.get("per-request") or (1 if dialect.member_add == "one-per-request" else len(people))
    for start in range(0, len(people), size):
        portion = people[start : start + size]
        ids = [p.id for p in portion if p.id]
        named = [(p.id or "", str(p.desired.get(NAME_ATTRIBUTE["User"], ""))) for p in portion]
        effects = [Effect(kind, "members", i) for i in ids]
        body = _membership_body(kind, named, dialect)
        _write(play, actor, "PATCH", body, effects, twice=bool(step.args.get("again")))


def _membership_body(kind: EffectKind, named: Sequence[tuple[str, str]], dialect: Dialect) -> dict[str, Json]:
    if dialect.update == "partial":
        if kind == "add-member":
            return wording.partial_members(add=named, dialect=dialect)
        return wording.partial_members(remove=named, dialect=dialect)
    if kind == "add-member":
        return wording.patch_body(wording.member_operations(add=named, dialect=dialect))
    return wording.patch_body(wording.member_operations(remove=[m for m, _ in named], dialect=dialect))


def _write(
    play: Play,
    actor: Actor,
    method: str,
    body: dict[str, Json],
    effects: Sequence[Effect],
    *,
    expect: Expectation = "success",
    twice: bool = False,
) -> None:
    claimed = changeable(play, actor, effects)
    if effects and not claimed:
        expect = "either"  # the target does not claim that any of this can change
    numbered = tuple(_numbered(e, body.get("Operations", ())) for e in claimed)
    action: Action = "patch" if method == "PATCH" else "replace"
    intent = replace(play.intent(action, actor), expect=expect, sent=body, twice=twice)
    writing = Write(action=intent.action, effects=numbered, accepted=False, status=0, refusable=expect != "success")
    # The checks on the answer itself see what is being written as the last of the subject's writes.
    if intent.subject is not None:
        intent = replace(intent, subject=replace(intent.subject, writes=(*intent.subject.writes, writing)))
    what = ", ".join(dict.fromkeys(e.path.rpartition(":")[2] for e in numbered)) or "nothing"
    done = play.exchange(play.request(method, path_of(actor), body=body), intent, f"changes {what} of {about(actor)}")
    settle_write(play, actor, writing, done)


def changeable(play: Play, actor: Actor, effects: Sequence[Effect]) -> list[Effect]:
    """The effects on attributes that the vendor claims can change.

    What disabling does is a claim of its own, so ``active`` is among them wherever it is made.
    """
    claims = play.run.claims
    return [e for e in effects if claims.may_change(actor.kind, e.path) or (e.path == "active" and claims.disable)]


def settle_write(play: Play, actor: Actor, writing: Write, done: Exchange) -> None:
    """Notes how the write ended, for the read-back, and takes its effects into what is wanted."""
    response = done.response
    accepted = response is not None and response.ok
    actor.writes.append(replace(writing, accepted=accepted, status=response.status if response else 0))
    for effect in writing.effects:
        apply(actor, effect, accepted=accepted)
    if accepted and actor.is_disabled and play.run.claims.disable == "delete":
        actor.gone = True


def _numbered(effect: Effect, operations: Sequence[Mapping[str, Json]]) -> Effect:
    """The effect with the operation that asks for it."""
    for index, operation in enumerate(operations):
        value = operation.get("value")
        path = str(operation.get("path", ""))
        if path.lower() == effect.path.lower() or (not path and isinstance(value, Mapping) and effect.path in value):
            return replace(effect, operation=index)
        if effect.path == "members" and path.lower().startswith("members"):
            return replace(effect, operation=index)
    return effect


def apply(actor: Actor, effect: Effect, *, accepted: bool) -> None:
    """Takes the effect into what is wanted of the actor.

    Who may get in must be as the client wanted even if the server refused: a refused removal leaves
    access open. Anything else that was refused is simply not there.
    """
    if effect.kind == "remove-member":
        actor.members.discard(effect.value)
        actor.removals.add(effect.value)
    elif effect.kind == "add-member" and accepted:
        actor.members.add(effect.value)
        actor.removals.discard(effect.value)
        actor.absentees.discard(effect.value)
    elif effect.kind == "add-member" and effect.value not in actor.members:
        actor.absentees.add(effect.value)
    elif effect.kind == "set" and (accepted or (effect.path == "active" and effect.value is False)):
        paths.put(actor.desired, effect.path, copy.deepcopy(effect.value))
        (actor.refused_paths.discard if accepted else actor.refused_paths.add)(effect.path)
    elif effect.kind == "clear" and accepted:
        paths.remove(actor.desired, effect.path)
