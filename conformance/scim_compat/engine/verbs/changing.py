"""Verbs that change: attributes, the manager, members."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from scim_compat.engine import mapping, wording
from scim_compat.engine.actor import NAME_ATTRIBUTE, Actor, NotReached, about, path_of
from scim_compat.engine.intent import Action, Effect, EffectKind, Expectation, Write
from scim_compat.engine.offering import unlisted, unoffered, without
from scim_compat.engine.play import Play
from scim_compat.engine.verbs import actor_of, verb
from scim_compat.engine.verbs.reading import read_by_id
from scim_compat.engine.writes import (
    changeable,
    meant_effects,
    number_effect,
    patched_attributes,
    set_effects,
    settle_write,
    with_write,
)
from scim_compat.profile.model import Dialect, Step
from scim_compat.scim.names import ENTERPRISE
from scim_compat.values import Json


@verb("change")
def change(play: Play, step: Step) -> None:
    """Changes attributes; the dialect decides the operations."""
    actor = actor_of(play, step)
    wanted, cleared = play.fill(step.args.get("set", {})), play.fill(step.args.get("clear", []))
    left_out = unoffered(play.scenario, play.run) | unlisted(
        (*wanted, *cleared), play.run.capabilities, actor.kind, scim=play.profile.scim
    )
    values = without(wanted, left_out)
    clear = tuple(path for path in cleared if path not in left_out)
    if values or clear:  # else the target offers none of the sweep's attributes that this step is about
        _change(play, actor, values, clear, read=step.args.get("read", True), again=bool(step.args.get("again")))


@verb("assign-manager")
def assign_manager(play: Play, step: Step) -> None:
    """Points the mapping's reference attribute at another user, in a request of its own."""
    actor = actor_of(play, step)
    manager = play.actors[step.args["manager"]]
    if manager.id is None:
        raise NotReached(f"{manager.key} was not created")
    path = next((row.to for row in play.rows(actor.kind) if row.reference), f"{ENTERPRISE}:manager")
    _change(play, actor, {path: manager.id}, (), read=step.args.get("read", True))


def _change(
    play: Play,
    actor: Actor,
    values: Mapping[str, Json],
    clear: tuple[str, ...],
    *,
    read: bool,
    again: bool = False,
) -> None:
    dialect, rows = play.scenario.dialect, play.rows(actor.kind)
    if dialect.read_before_write and read:
        read_by_id(play, actor)
    references = mapping.references(rows)
    wish = wording.Change(set=tuple(values.items()), clear=clear, references=references)
    effects = [*set_effects(values, references), *(Effect("clear", path) for path in clear)]
    match dialect.update:
        case "put-after-get":
            if actor.last_answer is None:
                raise NotReached(f"{actor.key} could not be read, and this client writes back what it has read")
            mapped = mapping.current_values(rows, actor.desired)
            body = wording.replacement(wish, last_answer=actor.last_answer, mapped=mapped)
            _write(play, actor, "PUT", body, effects, twice=again)
        case "partial":
            body = wording.partial(wish, identifier=actor.id or "", kind=actor.kind)
            _write(play, actor, "PATCH", body, effects, twice=again)
        case "patch":
            operations = wording.operations(wish, last_answer=actor.last_answer, dialect=dialect)
            _write(play, actor, "PATCH", wording.patch_body(operations), effects, twice=again)


@verb("patch")
def patch(play: Play, step: Step) -> None:
    """Sends the operations, or the whole body, as written; ``means`` states their effects."""
    actor = actor_of(play, step)
    if play.scenario.dialect.read_before_write and step.args.get("read", True):
        read_by_id(play, actor)
    literal = step.args.get("body")
    body = play.fill(literal) if literal is not None else wording.patch_body(play.fill(step.args["operations"]))
    effects = list(meant_effects(play, actor, step.args.get("means", {})))
    expect: Expectation = step.args.get("expect", "success")
    _write(play, actor, "PATCH", body, effects, expect=expect, twice=bool(step.args.get("again")))


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
    members = play.expand(step.args["members"])
    missing = [member.key for member in members if member.id is None]
    if missing:
        raise NotReached(f"{missing[0]} was not created, so it cannot be a member")
    if dialect.read_before_write and step.args.get("read", True):
        read_by_id(play, actor)
    size = step.args.get("per-request") or (1 if dialect.member_add == "one-per-request" else len(members))
    for start in range(0, len(members), size):
        portion = members[start : start + size]
        pairs = [(member.id or "", str(member.desired.get(NAME_ATTRIBUTE["User"], ""))) for member in portion]
        effects = [Effect(kind, "members", identifier) for identifier, _ in pairs if identifier]
        body = membership_body(kind, pairs, dialect)
        again = bool(step.args.get("again"))
        # noTarget is a conformant answer to the removal of somebody who is no member (RFC 7644 section 3.12).
        expect: Expectation = "either" if again and kind == "remove-member" else "success"
        _write(play, actor, "PATCH", body, effects, expect=expect, twice=again)


def membership_body(kind: EffectKind, pairs: Sequence[tuple[str, str]], dialect: Dialect) -> dict[str, Json]:
    """The body that adds or removes members. ``pairs``: (id, display name) of each member."""
    if dialect.update == "partial":
        if kind == "add-member":
            return wording.partial_members(add=pairs, dialect=dialect)
        return wording.partial_members(remove=pairs, dialect=dialect)
    if kind == "add-member":
        return wording.patch_body(wording.member_operations(add=pairs, dialect=dialect))
    return wording.patch_body(wording.member_operations(remove=[m for m, _ in pairs], dialect=dialect))


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
        expect = "either"  # the target does not claim that any of these attributes can change
    numbered = tuple(number_effect(effect, body.get("Operations", ())) for effect in claimed)
    action: Action = "patch" if method == "PATCH" else "replace"
    write = Write(
        action=action, effects=numbered, accepted=False, status=0, refusable=expect != "success",
        attributes=patched_attributes(action, body),
    )  # fmt: skip
    intent = replace(play.intent(action, actor), expect=expect, body=body, twice=twice)
    paths = ", ".join(dict.fromkeys(effect.path.rpartition(":")[2] for effect in numbered)) or "nothing"
    request = play.request(method, path_of(actor), body=body)
    title = f"changes {paths} of {about(actor)}{' again' if twice else ''}"
    exchange = play.exchange(request, with_write(intent, write), title)
    settle_write(play, actor, write, exchange)
