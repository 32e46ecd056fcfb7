"""What a request expects of its answer, in words."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scim_compat.engine.intent import Effect, Intent

_STATED = 6
"""Values and ids that an expectation names; after a creation there can be thirty."""


_USUAL = {
    "match": "200 and a list",
    "list": "200 and a list",
    "read": "200 and the resource",
    "create": "201 and the resource with its id",
    "patch": "200 and the resource, or 204",
    "replace": "200 and the resource",
    "delete": "204",
    "discover": "200",
    "evaluate": "200 and the resource, with nothing left to send",
    "read-back": "200 and the resource",
    "read-members": "200 and the members",
    "look-up": "200 and a list",
    "bystander": "200, unchanged",
    "set-up": "201",
}


def expected(intent: Intent) -> str:
    """What the client, or we, can accept as an answer, in a few words."""
    if intent.action == "anonymous":
        return "401: the credential is missing or wrong"
    if intent.statuses or intent.asserts:
        return "; ".join(_asserted(intent))
    if intent.duplicate:
        return "409: it exists already"
    if intent.gone or (intent.twice and intent.action == "delete"):
        return "a list without it" if intent.action in {"match", "list", "look-up"} else "404: it was deleted"
    if intent.query.finds is not None:
        return "; ".join(_found(intent))
    if intent.expect == "refusal":
        return "a refusal (4xx), and nothing changed"
    usual = _USUAL.get(intent.action, "success (2xx)")
    if intent.expect == "either":
        usual += "; a refusal (4xx) is lawful if nothing changed"
    if intent.twice:
        usual += "; nothing changes the second time"
    return "; ".join([usual, *_state(intent)])


def _asserted(intent: Intent) -> Iterator[str]:
    """What a literal request of the profile asserts."""
    yield f"status {' or '.join(str(s) for s in sorted(intent.statuses)) or '2xx'}"
    for each in intent.asserts:
        yield f"{each.at} {each.word} {each.value if each.word == 'is' else _short(each.value)}"
    if intent.query.finds is not None or intent.query.order:
        yield from _found(intent)


def _found(intent: Intent) -> Iterator[str]:
    """Which resources must be in a list."""
    if intent.query.finds is not None and intent.query.among:
        yield f"{_names(intent.query.finds) or 'none'} of {_names(intent.query.among)}, beside any others"
    elif intent.query.finds is not None:
        yield f"200 and exactly {_names(intent.query.finds)}" if intent.query.finds else "200 and an empty list"
    if intent.query.order:
        yield f"{_names(intent.query.order)} in this order"


def _state(intent: Intent) -> list[str]:
    """What a read-back must find, what was written last in front."""
    subject = intent.subject
    if subject is None:
        return []
    if intent.action == "list" and intent.by == "harness":
        return [f"{subject.id} on one of its pages"]
    if intent.action not in {"read-back", "read-members"}:
        return []
    last: dict[tuple[str, Any], str] = {}
    for effect in (each for write in subject.writes for each in write.effects if each.kind != "sent"):
        member = effect.kind in {"add-member", "remove-member"}
        if member and subject.members_exact:
            continue  # all of them are named below
        key = (effect.path, effect.value) if member else (effect.path, None)
        last.pop(key, None)  # a later write counts, and stands later
        last[key] = _effect(effect)
    told = [f"no {path}" for path in subject.lacks]
    if subject.members_exact:
        told.append(f"{'exactly ' + _names(sorted(subject.members)) if subject.members else 'nobody'} as members")
    told += reversed(last.values())
    return told[:_STATED] + ([f"and {len(told) - _STATED} more"] if len(told) > _STATED else [])


def _effect(effect: Effect) -> str:
    words = {"clear": f"no {effect.path}", "add-member": f"member {effect.value}"}
    words["remove-member"] = f"no member {effect.value}"
    return words.get(effect.kind) or f"{effect.path} is {_short(effect.value)}"


def _names(ids: Sequence[str]) -> str:
    return ", ".join(ids[:_STATED]) + (f" and {len(ids) - _STATED} more" if len(ids) > _STATED else "")


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:59] + "…"
