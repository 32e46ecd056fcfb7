"""The effects of a write: meant by the profile, claimed by the vendor, and taken into the desired state."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from scim_compat.engine import mapping
from scim_compat.engine.actor import Actor
from scim_compat.engine.intent import Action, Effect, EffectKind, Intent, Write
from scim_compat.engine.play import Play
from scim_compat.scim import paths
from scim_compat.scim.grammar import PathError, parse_path
from scim_compat.scim.urls import is_projected
from scim_compat.values import Json
from scim_compat.wire.messages import Exchange

_ENVELOPE: Final = frozenset({"schemas", "id", "meta"})
"""Members of a body that ask for no change."""
_MEMBERSHIPS: Final[tuple[tuple[str, EffectKind], ...]] = (
    ("add-members", "add-member"),
    ("remove-members", "remove-member"),
)


def set_effects(pairs: Mapping[str, Json], references: frozenset[str]) -> Iterator[Effect]:
    """One effect for each path. A reference is sent as a bare id, but a server returns an object."""
    for path, value in pairs.items():
        is_bare = path in references and isinstance(value, str)
        yield Effect("set", path, {"value": value} if is_bare else value)


def meant_effects(play: Play, actor: Actor, means: Mapping[str, Json]) -> Iterator[Effect]:
    """The effects that the profile states for literal operations."""
    yield from set_effects(play.fill(means.get("set", {})), mapping.references(play.rows(actor.kind)))
    for path in play.fill(means.get("clear", [])):
        yield Effect("clear", path)
    for key, kind in _MEMBERSHIPS:
        for member in play.expand(means.get(key, [])):
            if member.id:
                yield Effect(kind, "members", member.id)


def changeable(play: Play, actor: Actor, effects: Sequence[Effect]) -> list[Effect]:
    """The effects on attributes that the vendor claims can change.

    The effect of disabling is a claim of its own, so ``active`` is among them wherever that claim is made.
    """
    claims = play.run.claims
    return [e for e in effects if claims.may_change(actor.kind, e.path) or (e.path == "active" and claims.disable)]


def number_effect(effect: Effect, operations: Sequence[Mapping[str, Json]]) -> Effect:
    """The effect with the index of the operation that asks for it."""
    for index, operation in enumerate(operations):
        value = operation.get("value")
        path = str(operation.get("path", ""))
        if path.lower() == effect.path.lower() or (not path and isinstance(value, Mapping) and effect.path in value):
            return replace(effect, operation=index)
        if effect.path == "members" and path.lower().startswith("members"):
            return replace(effect, operation=index)
    return effect


def patched_attributes(action: Action, body: Json) -> frozenset[str]:
    """Lower-case names of the top-level attributes that a PATCH names; none of another write, which names them all."""
    parts = body if isinstance(body, Mapping) and action == "patch" else {}
    operations = parts.get("Operations")
    if not isinstance(operations, list):
        return frozenset(name.lower() for name in parts) - _ENVELOPE
    names: set[str] = set()
    for operation in (one for one in operations if isinstance(one, Mapping)):
        path, value = str(operation.get("path") or ""), operation.get("value")
        keys = [path] if path else list(value) if isinstance(value, Mapping) else []
        for key in keys:
            with contextlib.suppress(PathError):
                names.add(parse_path(key).top)
    return frozenset(names) - _ENVELOPE


def with_write(intent: Intent, write: Write) -> Intent:
    """The intent with ``write`` as the last of its subject's writes, for the checks on the answer itself."""
    if intent.subject is None:
        return intent
    return replace(intent, subject=replace(intent.subject, writes=(*intent.subject.writes, write)))


def settle_write(play: Play, actor: Actor, write: Write, exchange: Exchange) -> None:
    """Records the outcome of the write for the read-back, and takes its effects into the desired state."""
    response = exchange.response
    accepted = response is not None and response.ok
    status = response.status if response else 0
    actor.writes.append(replace(write, accepted=accepted, status=status, before=actor.knowledge))
    for effect in write.effects:
        apply_effect(actor, effect, accepted=accepted)
    answer = response.json if accepted and response is not None else None
    if isinstance(answer, Mapping) and answer.get("id") == actor.id and not is_projected(exchange.request.target):
        actor.learn(answer, play.run.ledger.living())
    if accepted and actor.is_disabled and play.run.claims.disable == "delete":
        actor.gone = True


def apply_effect(actor: Actor, effect: Effect, *, accepted: bool) -> None:
    """Takes the effect into the actor's desired state.

    The access that the client wanted stays desired even if the server refused: a refused removal leaves access open.
    Any other effect that was refused is not desired any more.
    """
    if effect.kind == "remove-member":
        actor.members.discard(effect.value)
        actor.removals.add(effect.value)
    elif effect.kind == "add-member" and accepted:
        actor.members.add(effect.value)
        actor.removals.discard(effect.value)
        actor.knowledge = actor.knowledge.with_absentee(effect.value, absent=False)
    elif effect.kind == "add-member" and effect.value not in actor.members:
        actor.knowledge = actor.knowledge.with_absentee(effect.value, absent=True)
    elif effect.kind == "set" and (accepted or (effect.path == "active" and effect.value is False)):
        paths.put(actor.desired, effect.path, copy.deepcopy(effect.value))
        actor.knowledge = actor.knowledge.with_refusal(effect.path, refused=not accepted)
    elif effect.kind == "set":
        actor.knowledge = actor.knowledge.with_refusal(effect.path, refused=True)
    elif effect.kind == "clear" and accepted:
        paths.remove(actor.desired, effect.path)
