"""The verb that sends requests at the same time, as a directory with much to do does (Entra source S35)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from scim_compat.engine import mapping, wording
from scim_compat.engine.actor import NAME_ATTRIBUTE, Actor, NotReached, about, path_of
from scim_compat.engine.creation import adapt_body, announce, entry_settler, settle
from scim_compat.engine.intent import Effect, EffectKind, Intent, Overlap, Query
from scim_compat.engine.play import Play, Sending
from scim_compat.engine.verbs import actor_of, verb
from scim_compat.engine.verbs.changing import membership_body
from scim_compat.engine.verbs.reading import read_by_id
from scim_compat.engine.writes import apply_effect, set_effects
from scim_compat.profile.model import Step
from scim_compat.scim import messages, paths
from scim_compat.scim.names import ENDPOINTS
from scim_compat.values import MISSING, Json
from scim_compat.wire.messages import Exchange, Request

_EXCUSES: Final = frozenset({409, 412, 423, 429, 503})
"""Answers by which a server may decline one of several requests: the client sends that one again."""
_TOGETHER: Final = "It was sent at the same time as others for this resource."
_SERIAL: Final = "requests to this application are sent one after the other"


@verb("overlap")
def overlap(play: Play, step: Step) -> None:
    """Sends one request for each change, or several creations of one user, all at the same time."""
    actor = actor_of(play, step)
    if "creates" in step.args:
        _Creations(play, actor, step).send()
    else:
        _send_changes(play, actor, step)


def _excused(exchange: Exchange, intent: Intent) -> Intent:
    """A request that is declined because of the others breaks no rule."""
    status = exchange.response.status if exchange.response else 0
    if status in _EXCUSES:
        return replace(intent, expect="either", statuses=frozenset({status}))
    return replace(intent, blame=_TOGETHER)


# --- changes --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Change:
    effect: Effect
    body: Mapping[str, Json]


def _changes(play: Play, actor: Actor, step: Step) -> Iterator[_Change]:
    dialect, references = play.scenario.dialect, mapping.references(play.rows(actor.kind))
    if dialect.update == "put-after-get" and actor.kind == "User":
        raise NotReached("this client writes whole users, and never two at once")
    for path, value in play.fill(step.args.get("set", {})).items():
        wish = wording.Change(set=((path, value),), references=references)
        if dialect.update == "partial":
            body = wording.partial(wish, identifier=actor.id or "", kind=actor.kind)
        else:
            answer = actor.knowledge.answer
            body = wording.patch_body(wording.operations(wish, last_answer=answer, dialect=dialect))
        yield from (_Change(effect, body) for effect in set_effects({path: value}, references))
    kinds: tuple[tuple[str, EffectKind], ...] = (("add-members", "add-member"), ("remove-members", "remove-member"))
    for key, kind in kinds:
        for member in play.expand(step.args.get(key, [])):
            if member.id is None:
                raise NotReached(f"{member.key} was not created, so it cannot be a member")
            pair = (member.id, str(member.desired.get(NAME_ATTRIBUTE["User"], "")))
            yield _Change(Effect(kind, "members", member.id), membership_body(kind, [pair], dialect))


def _send_changes(play: Play, actor: Actor, step: Step) -> None:
    if play.scenario.dialect.read_before_write:
        read_by_id(play, actor)
    changes = list(_changes(play, actor, step))
    exchanges = play.exchanges_at_once([_sending(play, actor, one, f"of {len(changes)} at once") for one in changes])
    accepted = []
    for change, exchange in zip(changes, exchanges, strict=True):
        status = exchange.response.status if exchange.response else 0
        if status in _EXCUSES:
            response = _send_alone(play, actor, change, "declined before, sent again alone").response
            status = response.status if response else 0
        if 200 <= status < 300:
            accepted.append(change)
            apply_effect(actor, change.effect, accepted=True)
    if accepted:
        _look(play, actor, accepted)


def _sending(play: Play, actor: Actor, change: _Change, remark: str) -> Sending:
    intent = replace(play.intent("patch", actor), body=change.body)
    request = play.request("PATCH", path_of(actor), body=change.body)
    what = {"add-member": "adds a member to", "remove-member": "removes a member from"}.get(change.effect.kind, "")
    title = f"{what or f'changes {change.effect.path} of'} {about(actor)} ({remark})"
    return Sending(request, intent, title, revise=_excused)


def _send_alone(play: Play, actor: Actor, change: _Change, remark: str) -> Exchange:
    one = _sending(play, actor, change, remark)
    return play.exchange(one.request, one.intent, one.title)


def _look(play: Play, actor: Actor, changes: Sequence[_Change]) -> None:
    """Reads the state back. A change that is missing is sent again alone: only then is it the overlap that lost it."""
    effects = tuple(change.effect for change in changes)

    def revise(exchange: Exchange, intent: Intent) -> Intent:
        lost = [one for one in changes if not _is_there(one.effect, _shown(play, actor, exchange))]
        if not lost:
            question = "" if play.is_parallel else _SERIAL
            return replace(intent, overlap=Overlap(effects, question=question))
        for one in lost:
            _send_alone(play, actor, one, "lost before, sent again alone")
        again = play.exchange(_read(play, actor), play.intent("raw", by="harness"), f"control: reads {about(actor)}")
        shown = _shown(play, actor, again)
        is_due = all(_is_there(one.effect, shown) for one in lost)
        actor.members &= messages.member_ids(shown)  # what does not show is not lost by what follows
        question = "" if is_due else "the same changes do not show when they are sent alone: other checks report that"
        return replace(intent, overlap=Overlap(effects, tuple(one.effect for one in lost), question=question))

    intent = play.intent("overlap", actor, by="harness")
    play.exchange(_read(play, actor), intent, f"reads back: {about(actor)} holds every change", revise=revise)
    actor.writes = []


def _read(play: Play, actor: Actor) -> Request:
    parameters = [("attributes", "displayName,members")] if actor.kind == "Group" else []
    return play.request("GET", path_of(actor), ours=True, parameters=parameters)


def _shown(play: Play, actor: Actor, exchange: Exchange) -> Mapping[str, Json]:
    """The resource in the answer, empty where there is none."""
    answer = exchange.response.json if exchange.response and exchange.response.ok else None
    if not isinstance(answer, Mapping):
        return {}
    if actor.kind == "User":
        actor.learn(answer, play.run.ledger.living())
    elif paths.member(answer, "members") is not MISSING:
        actor.knowledge = actor.knowledge.with_members(messages.member_ids(answer, play.run.ledger.living()))
    return answer


def _is_there(effect: Effect, resource: Mapping[str, Json]) -> bool:
    if effect.kind == "add-member":
        return effect.value in messages.member_ids(resource)
    if effect.kind == "remove-member":
        return effect.value not in messages.member_ids(resource)
    return paths.is_same(effect.value, paths.get(resource, effect.path))


# --- creations ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Creations:
    """Several creations of one user: one assignment may cause two (Okta source openwork-3909)."""

    play: Play
    actor: Actor
    step: Step

    def send(self) -> None:
        play, actor = self.play, self.actor
        body = adapt_body(play, self.step.args, mapping.creation_body(play.rows(actor.kind), actor.sources))
        count = self.step.args["creates"]
        exchanges = play.exchanges_at_once([self._sending(body, f"one of {count} at once") for _ in range(count)])
        if not any(exchange.response and exchange.response.ok for exchange in exchanges):
            exchanges.append(self._again(body))
        answers = [e.response.json for e in exchanges if e.response and e.response.ok]
        accounts = [a["id"] for a in answers if isinstance(a, Mapping) and isinstance(a.get("id"), str)]
        if not accounts:
            raise NotReached(f"{actor.key} could not be created by one of {count} requests at once")
        actor.id = accounts[0]
        references = mapping.references(play.rows(actor.kind))
        settle(actor, body, answers[0], references=references, ours=play.run.ledger.living())
        self._look(body, tuple(dict.fromkeys(accounts)))

    def _sending(self, body: dict[str, Json], remark: str) -> Sending:
        play, actor = self.play, self.actor
        record = entry_settler(play.run.ledger, announce(play, actor, body))
        intent = replace(play.intent("create", actor), expect="either", body=body)
        request = play.request("POST", ENDPOINTS[actor.kind], body=body)
        return Sending(request, intent, f"creates {about(actor)} ({remark})", record, _excused)

    def _again(self, body: dict[str, Json]) -> Exchange:
        """The client's second attempt, after all were declined."""
        one = self._sending(body, "declined before, sent again alone")
        intent = replace(one.intent, expect="success")
        return self.play.exchange(one.request, intent, one.title, settle=one.settle)

    def _look(self, body: dict[str, Json], accounts: tuple[str, ...]) -> None:
        play, actor = self.play, self.actor
        question = "" if play.is_parallel else _SERIAL
        if len(accounts) > 1:
            one = self._sending(body, "control: sent once more, alone")
            response = play.exchange(one.request, one.intent, one.title, settle=one.settle, revise=one.revise).response
            if response is not None and response.ok:
                question = "a second creation is accepted when it is sent alone, too: another check reports that"
        path = NAME_ATTRIBUTE[actor.kind]
        value = str(actor.desired.get(path, ""))
        query = Query(filter_path=path, filter_value=value)
        found = Overlap(accounts=accounts, question=question)
        intent = replace(play.intent("overlap", actor, by="harness"), query=query, overlap=found)
        parameters = [("filter", wording.filter_text(path, value))]
        request = play.request("GET", ENDPOINTS[actor.kind], ours=True, parameters=parameters)
        play.exchange(request, intent, f"looks up {about(actor)}: one account")
