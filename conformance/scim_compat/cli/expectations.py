"""Puts into words which answer a request expects."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from scim_compat.engine.intent import Action, Effect, Intent, Subject
from scim_compat.values import Json

_MOST: Final = 6
"""Values and ids that an expectation names; after a creation there can be thirty."""
_LONGEST: Final = 60
"""Characters of a value that is not cut."""
_USUAL: Final[Mapping[Action, str]] = {
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
    "overlap": "200 and the resource with every accepted change",
    "look-by-state": "200 and a list, or a refusal of the filter",
    "bystander": "200, unchanged",
    "follow": "anything but 404: the address exists",
    "intact": "200, unchanged",
    "set-up": "201",
}


def expectation(intent: Intent) -> str:
    """The answers that the sender of the request accepts, in a few words."""
    if intent.action == "anonymous":
        return "401: the credential is missing or wrong"
    if intent.statuses or intent.assertions:
        return "; ".join(_assertions(intent))
    if intent.duplicate:
        return "409: it exists already"
    if intent.gone or (intent.twice and intent.action == "delete"):
        return "a list without it" if intent.action in {"match", "list", "look-up"} else "404: it was deleted"
    if intent.query.finds is not None:
        return "; ".join(_list_contents(intent))
    if intent.expect == "refusal":
        return "a refusal (4xx), and nothing changed"
    usual = _USUAL.get(intent.action, "success (2xx)")
    if intent.expect == "either":
        usual += "; a refusal (4xx) is conformant if nothing changed"
    if intent.twice:
        usual += "; nothing changes the second time"
    return "; ".join([usual, *_at_most(_state(intent))])


def _assertions(intent: Intent) -> Iterator[str]:
    """The assertions of a literal request."""
    yield f"status {' or '.join(str(s) for s in sorted(intent.statuses)) or '2xx'}"
    for each in intent.assertions:
        yield f"{each.at} {each.word} {each.value if each.word == 'is' else _short(each.value)}"
    if intent.query.finds is not None or intent.query.order:
        yield from _list_contents(intent)


def _list_contents(intent: Intent) -> Iterator[str]:
    """The resources that a list must hold."""
    query = intent.query
    if query.finds is not None and query.among:
        yield f"{_names(query.finds) or 'none'} of {_names(query.among)}, beside any others"
    elif query.finds is not None:
        yield f"200 and exactly {_names(query.finds)}" if query.finds else "200 and an empty list"
    if query.order:
        yield f"{_names(query.order)} in this order"


def _state(intent: Intent) -> list[str]:
    """The values that a read-back must find, the last written first."""
    subject = intent.subject
    if subject is None:
        return []
    if intent.action == "list" and intent.by == "harness":
        return [f"{subject.id} on one of its pages"]
    if intent.action not in {"read-back", "read-members"}:
        return []
    values = [f"no {path}" for path in subject.lacks]
    if subject.members_exact:
        values.append(f"{'exactly ' + _names(sorted(subject.members)) if subject.members else 'nobody'} as members")
    return [*values, *reversed(_last_effects(subject))]


def _last_effects(subject: Subject) -> list[str]:
    """The last effect on each attribute, in the order of the writes; on members only where not all are named."""
    last: dict[tuple[str, Json], str] = {}
    for effect in (each for write in subject.writes for each in write.effects if each.kind != "sent"):
        is_member = effect.kind in {"add-member", "remove-member"}
        if is_member and subject.members_exact:
            continue
        key = (effect.path, effect.value) if is_member else (effect.path, None)
        last.pop(key, None)  # the later write counts, and takes the later place
        last[key] = _effect(effect)
    return list(last.values())


def _effect(effect: Effect) -> str:
    match effect.kind:
        case "clear":
            return f"no {effect.path}"
        case "add-member":
            return f"member {effect.value}"
        case "remove-member":
            return f"no member {effect.value}"
        case _:
            return f"{effect.path} is {_short(effect.value)}"


def _at_most(values: list[str]) -> list[str]:
    return values[:_MOST] + ([f"and {len(values) - _MOST} more"] if len(values) > _MOST else [])


def _names(ids: Sequence[str]) -> str:
    return ", ".join(ids[:_MOST]) + (f" and {len(ids) - _MOST} more" if len(ids) > _MOST else "")


def _short(value: Json) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
