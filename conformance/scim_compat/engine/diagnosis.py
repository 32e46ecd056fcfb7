"""The part of a refused creation that is to blame: a run tries the body again without its parts, one half at a time.

A refusal says that something was wrong and seldom what. The answer is a sentence for the finding, the same for every
body that is refused for this reason, so that a report has one cause. It costs a few creations for each refusal that
is worded differently, within a limit for the run, and nothing at a server that refuses nothing.
"""

from __future__ import annotations

import contextlib
import copy
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from scim_compat.engine import people
from scim_compat.engine.actor import NAME_ATTRIBUTE, Actor, NotReached, about
from scim_compat.engine.context import Blame
from scim_compat.engine.creation import announce, entry_settler
from scim_compat.engine.intent import Intent
from scim_compat.engine.play import Play
from scim_compat.scim import messages, paths
from scim_compat.scim.names import ENDPOINTS, is_urn
from scim_compat.values import MISSING, Json
from scim_compat.wire.messages import Exchange, Response

_MOST: Final = 24
"""Creations that a run spends on diagnoses; one takes about eight."""
_MOST_WORDS: Final = 480
"""Characters of a refusal that tell it from others."""
_ABOUT_REQUEST: Final = frozenset({401, 403, 404, 405, 406, 409, 412, 413, 415, 429, 501, 502, 503, 504})
"""Refusals for another reason than a part of the body."""
_EMPTY: Final = frozenset({"null", '""', "[]", "{}"})
_NAMES_OF_ENTRIES: Final = frozenset({"type", "primary", "$ref"})
_UNTRIED: Final = frozenset({"schemas", "members", "password"})


def diagnosing(
    play: Play, actor: Actor, body: Mapping[str, Json], *, ours: bool
) -> Callable[[Exchange, Intent], Intent]:
    """For ``Play.exchange``: adds to a refused creation the part of its body that is to blame."""

    def revise(exchange: Exchange, intent: Intent) -> Intent:
        response = exchange.response
        is_open = intent.expect == "success" and not intent.duplicate
        if response is None or response.status < 400 or response.status in _ABOUT_REQUEST or not is_open:
            return intent
        return replace(intent, blame=_words(play, _Trial(play, actor, body, ours), response))

    return revise


def without_blame(play: Play, actor: Actor, body: dict[str, Json]) -> dict[str, Json]:
    """``body`` of a set-up without the parts that the target is known to refuse: they have been reported."""
    fitting = copy.deepcopy(body)
    for blame in (one for known in play.run.memory.blames.values() for one in known if one.kind == actor.kind):
        if not blame.path or blame.path == NAME_ATTRIBUTE[actor.kind] or not _is_about(blame, body):
            continue
        if blame.is_value:
            paths.put(fitting, blame.path, _plain(paths.get(fitting, blame.path)))
        else:
            paths.remove(fitting, blame.path)
    return fitting


def _words(play: Play, trial: _Trial, response: Response) -> str:
    memory = play.run.memory
    key = (trial.actor.kind, response.status, _skeleton(response, play.run.seed))
    known = memory.blames.setdefault(key, [])
    if not any(_is_about(one, trial.body) for one in known) and memory.trials < _MOST:
        with contextlib.suppress(NotReached):  # the endpoint stopped answering
            known.extend(filter(None, [trial.blame()]))
    return next((one.words for one in known if _is_about(one, trial.body)), "")


def _skeleton(response: Response, seed: int) -> str:
    """The server's words without the values in them."""
    # Cut before the search, which takes quadratic time in a text without white space.
    text = (messages.error_detail(response.json) or response.body[:_MOST_WORDS].decode(errors="replace"))[:_MOST_WORDS]
    text = re.sub(r"'[^']*'|\"[^\"]*\"|\S*" + people.tag_for(seed) + r"\S*|\d+", "…", text)
    return text[:120]


def _is_about(blame: Blame, body: Mapping[str, Json]) -> bool:
    """True when the body has the part that is to blame, or lacks what was missing."""
    if blame.missing:
        return any(paths.member(body, name) is MISSING for name in blame.missing)
    value = paths.get(body, blame.path)
    return value is not MISSING and (not blame.character or blame.character in str(value))


@dataclass(slots=True)
class _Trial:
    """Creations of one body with other parts. It counts them in the run's memory."""

    play: Play
    actor: Actor
    body: Mapping[str, Json]
    ours: bool

    @property
    def name(self) -> str:
        return NAME_ATTRIBUTE[self.actor.kind]

    def blame(self) -> Blame | None:
        """The part to blame; None where no single one is."""
        if self._is_accepted(self.body):
            return self._blamed(self.name, is_value=True)
        path = self._culprit()
        if path is None:
            return self._lack()
        value = paths.get(self.body, path)
        plain = _plain(value)
        if plain == value or not self._is_accepted(self._with({path: plain})):
            return self._blamed(path)
        return self._exact(path)

    def _culprit(self) -> str | None:
        """The one attribute without which the body is accepted."""
        suspects = [path for path in _parts(self.body) if path not in _UNTRIED and path != self.name]
        confirmed: list[str] = []
        while len(suspects) > 1:
            half = suspects[: len(suspects) // 2]
            if self._is_accepted(self._with(dict.fromkeys(half, MISSING))):
                suspects = confirmed = half
            else:
                suspects = suspects[len(half) :]
        if suspects and (confirmed == suspects or self._is_accepted(self._with({suspects[0]: MISSING}))):
            return suspects[0]
        return None

    def _lack(self) -> Blame | None:
        """The attributes whose absence is to blame, all together."""
        usual = _usual(self.actor)
        missing = {name: value for name, value in usual.items() if paths.member(self.body, name) is MISSING}
        if not missing or not self._is_accepted(self._with(missing)):
            return None
        names = " and ".join(missing)
        words = f"Refused because of what it lacks: the same body with {names} besides is accepted."
        return Blame(self.actor.kind, "", words, missing=tuple(missing))

    def _exact(self, path: str) -> Blame:
        """The part of the attribute, and the character in it, if they can be told apart with few more trials."""
        leaves = [str(at) for at, value in paths.leaves(_nested(path, self.body)) if _plain(value) != value]
        at = leaves[0] if len(leaves) == 1 else next((one for one in leaves[:3] if self._is_plain_accepted(one)), path)
        value = paths.get(self.body, at)
        marks = [c for c in dict.fromkeys("".join(_texts(value))) if not _is_plain(c)]
        if len(marks) > 1:
            marks = [c for c in marks[:4] if self._is_accepted(self._with({at: _changed(value, _without(c))}))]
        return self._blamed(at, is_value=True, character=marks[0] if marks else "")

    def _is_plain_accepted(self, path: str) -> bool:
        return self._is_accepted(self._with({path: _plain(paths.get(self.body, path))}))

    def _blamed(self, path: str, *, is_value: bool = False, character: str = "") -> Blame:
        way = f"without {character!r} in it" if character else "with a plain value there" if is_value else "without it"
        sent = json.dumps(paths.get(self.body, path), ensure_ascii=False) if not is_value else ""
        shape = f", sent as {sent}" if sent in _EMPTY else ""
        words = f"Refused because of {path}{shape}: {way} the same body is accepted."
        return Blame(self.actor.kind, path, words, is_value=is_value, character=character)

    def _with(self, parts: Mapping[str, Json]) -> dict[str, Json]:
        """The body with those parts, MISSING for none."""
        body = copy.deepcopy(dict(self.body))
        for path, value in parts.items():
            if value is MISSING:
                paths.remove(body, path)
            else:
                paths.put(body, path, value)
        return body

    def _is_accepted(self, body: Mapping[str, Json]) -> bool:
        """True when the server takes the body under a fresh and plain name. A conflict has passed the same tests."""
        play, memory = self.play, self.play.run.memory
        memory.trials += 1
        word = f"w{people.guid(play.run.seed, f'trial {memory.trials}')[:8]}"
        name = f"{word}-{people.tag_for(play.run.seed)}"
        is_address = "@" in str(paths.member(self.body, self.name))
        fresh = {**body, self.name: f"{name}@{people.DOMAIN}" if is_address else name}
        intent = replace(play.intent("raw", by="harness"), expect="either", resource=self.actor.kind, body=fresh)
        settle = entry_settler(play.run.ledger, announce(play, self.actor, fresh))
        request = play.request("POST", ENDPOINTS[self.actor.kind], ours=self.ours, body=fresh)
        title = f"control: tries the refused creation of {about(self.actor)} in another form"
        response = play.exchange(request, intent, title, settle=settle, revise=_excused).response
        return response is not None and (response.ok or response.status == 409)


def _excused(exchange: Exchange, intent: Intent) -> Intent:
    """Any answer to a trial is one: the refusal itself has its own finding."""
    statuses = frozenset({exchange.response.status} if exchange.response else ())
    return replace(intent, statuses=statuses)


def _parts(body: Mapping[str, Json]) -> Iterator[str]:
    """The attributes of a body, those of extensions one by one."""
    for name, value in body.items():
        if is_urn(name) and isinstance(value, Mapping):
            yield from (f"{name}:{sub}" for sub in value)
        else:
            yield name


def _nested(path: str, body: Mapping[str, Json]) -> dict[str, Json]:
    """A body with that attribute alone."""
    alone: dict[str, Json] = {}
    paths.put(alone, path, paths.get(body, path))
    return alone


def _texts(value: Json) -> Iterator[str]:
    """The texts in a value that a client chooses."""
    if isinstance(value, Mapping):
        for name, one in value.items():
            yield from () if name in _NAMES_OF_ENTRIES else _texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, str):
        yield value


def _changed(value: Json, change: Callable[[str], str]) -> Json:
    """The value with those texts changed."""
    if isinstance(value, Mapping):
        return {name: one if name in _NAMES_OF_ENTRIES else _changed(one, change) for name, one in value.items()}
    if isinstance(value, list):
        return [_changed(one, change) for one in value]
    return change(value) if isinstance(value, str) else value


def _without(character: str) -> Callable[[str], str]:
    return lambda text: text.replace(character, "")


def _is_plain(character: str) -> bool:
    return character.isascii() and character.isalnum()


def _plain(value: Json) -> Json:
    """The value with nothing in it but letters and digits of ASCII; an address stays an address."""
    return _changed(value, _plain_text)


def _plain_text(text: str) -> str:
    local, at, domain = text.partition("@")
    plain = "".join(filter(_is_plain, local)) or "x"
    return f"{plain}@{domain}" if at else plain


def _usual(actor: Actor) -> dict[str, Json]:
    """The attributes that most servers know, with plain values."""
    of = actor.sources
    if actor.kind == "Group":
        return {"externalId": of["objectId"]}
    return {
        "name": {"givenName": of["givenName"], "familyName": of["surname"]},
        "displayName": of["displayName"],
        "emails": [{"value": of["mail"], "type": "work", "primary": True}],
        "active": True,
    }
