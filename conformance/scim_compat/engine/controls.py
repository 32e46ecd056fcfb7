"""Control look-ups: a query failed for a special resource; does the same form of query find a plain one?

A value full of quotes that is not found proves nothing about quotes where the attribute cannot be filtered at all,
and an inactive user who is not found proves nothing where active ones are not found either. The control is a fresh,
active resource with a plain value: it lies in the store where the special one lies, and is as new as that one.
Nothing is sent unless the special look-up fails, and each question is asked once a run.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Protocol

from scim_compat.engine import mapping, people
from scim_compat.engine.actor import Actor, NotReached
from scim_compat.engine.intent import Intent
from scim_compat.engine.play import Play
from scim_compat.engine.setup import plain_body, set_up_one
from scim_compat.profile.model import ResourceKind
from scim_compat.scim import messages, paths, texts
from scim_compat.values import MISSING
from scim_compat.wire.messages import Exchange, Response


class LookUp(Protocol):
    """Sends the query for that resource and that value, in the form that is under test."""

    def __call__(self, actor: Actor, value: str, /, *, is_judged: bool) -> Exchange:
        """``is_judged``: not to find the resource is a finding."""


PLAIN: Final = texts.Trait("nothing special", "")
_MOST: Final = 30
"""Questions a run asks: each is a creation and a look-up, at a target that has failed already."""
Revision = Callable[[Exchange, Intent], Intent]


def is_hit(actor: Actor, response: Response | None) -> bool:
    """True when the list holds the resource."""
    if response is None or not response.ok or not isinstance(response.json, dict):
        return False
    return actor.id in [resource.get("id") for resource in messages.resources(response.json)]


def control_finds(other: Actor, *, is_judged: bool) -> tuple[str, ...] | None:
    """For the query of a control: the ids that it must find; None where it is only looked at."""
    return (other.id,) if is_judged and other.id else None


def with_control(play: Play, actor: Actor, *, form: str, look_up: LookUp) -> Revision:
    """For ``Play.exchange``: adds the outcome of the control to a look-up that failed where it needs one."""

    def revise(exchange: Exchange, intent: Intent) -> Intent:
        query = intent.query
        needs_control = bool(query.finds) and (query.hostile or intent.disabled)
        if not needs_control or query.filter_path is None or is_hit(actor, exchange.response):
            return intent
        question = _Question(play, actor.kind, query.filter_path, form, look_up)
        outcome = question.ask(PLAIN)
        culprits: tuple[str, ...] = ()
        if outcome and query.hostile and not intent.disabled:
            traits = texts.traits(query.filter_value or "")
            culprits = tuple(one.words for one in traits if question.ask(one) is False)
        return replace(intent, query=replace(query, control=outcome, culprits=culprits))

    return revise


@dataclass(frozen=True, slots=True)
class _Question:
    """Is a resource found by such a value, in this form of query?"""

    play: Play
    kind: ResourceKind
    path: str
    form: str
    look_up: LookUp

    def ask(self, trait: texts.Trait) -> bool | None:
        """The answer, asked for once a run; None where it could not be tried."""
        outcomes = self.play.run.memory.controls
        key = (self.kind, self.path.lower(), self.form, trait.words)
        if key not in outcomes and len(outcomes) < _MOST:
            outcomes[key] = None
            with contextlib.suppress(NotReached):
                outcomes[key] = self._send(trait)
        return outcomes.get(key)

    def _send(self, trait: texts.Trait) -> bool | None:
        play, key = self.play, f"with {trait.words}"
        value = self._value(play.introduce(key, self.kind), trait)
        set_up_one(play, key, self.kind, {"has": {self.path: value}}, is_refusable=True)
        actor = play.actors.pop(key)
        asked = paths.get(actor.last_answer or actor.desired, self.path)
        return (
            is_hit(actor, self.look_up(actor, value, is_judged=trait is PLAIN).response)
            if paths.is_same(value, asked)
            else None
        )

    def _value(self, actor: Actor, trait: texts.Trait) -> str:
        """A value that has the trait and no other; a name carries the run's tag too."""
        row = mapping.source_row(self.play.rows(actor.kind), self.path)
        usual = paths.get(plain_body(actor, scim=self.play.profile.scim), self.path)
        value = usual if usual is not MISSING else actor.sources.get(row.source) if row else None
        word = f"w{people.guid(self.play.run.seed, f'{self.path} {trait.words}')[:8]}"
        if not isinstance(value, str) or texts.traits(value):
            value = word
        if trait is PLAIN or trait is texts.LITERAL:
            return trait.sample or value
        return f"{trait.sample}.{value}"
