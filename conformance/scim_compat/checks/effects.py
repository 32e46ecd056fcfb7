"""The effects that the client asked for, and whether a resource shows them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from scim_compat.checks.answers import has_resource, resource_of
from scim_compat.checks.misplacement import misplacement
from scim_compat.engine.intent import Effect, Observation, Subject, Write
from scim_compat.scim import messages, paths
from scim_compat.scim.filters import Filter, Path
from scim_compat.scim.grammar import parse_path
from scim_compat.scim.names import ENTERPRISE, ENTERPRISE_1_1
from scim_compat.values import MISSING, Json

# --- the writes -----------------------------------------------------------------------------------


def subject(observation: Observation) -> Subject:
    """The subject; only for checks whose ``when`` made sure there is one."""
    subject = observation.intent.subject
    if subject is None:  # pragma: no cover - excluded by the checks' own conditions
        raise ValueError("the exchange is about no resource")
    return subject


def writes(observation: Observation) -> tuple[Write, ...]:
    return observation.intent.subject.writes if observation.intent.subject else ()


def effects(observation: Observation, *kinds: str, accepted: bool = True) -> Iterator[tuple[Write, Effect]]:
    """Effects of those kinds since the last read-back that later writes did not override.

    extension.under-its-urn reports those that the answer shows in a wrong place.
    """
    resource = resource_of(observation) if has_resource(observation) else {}
    for write, effect in all_effects(observation, *kinds, accepted=accepted):
        if misplacement(resource, effect, subject(observation).desired) is None:
            yield write, effect


def all_effects(observation: Observation, *kinds: str, accepted: bool = True) -> Iterator[tuple[Write, Effect]]:
    """The same, with those that the answer shows in a wrong place.

    Of a resource that was deleted nothing is expected but that it is gone.
    """
    if observation.intent.gone:
        return
    last: dict[tuple[str, Json], tuple[Write, Effect]] = {}
    for write in writes(observation):
        if write.action == "read-back":
            continue  # state.expected tests the state that the profile names at a read-back
        for effect in write.effects:
            member = effect.value if effect.path == "members" else None
            last[effect.path.lower(), member] = (write, effect)
    for write, effect in last.values():
        if effect.kind in kinds and (write.accepted or not accepted):
            yield write, effect


def last_effects(observation: Observation) -> list[Effect]:
    """The effects of the last write alone."""
    return [effect for write in writes(observation)[-1:] for effect in write.effects]


def state_before(observation: Observation) -> Mapping[str, Json] | None:
    """The last full answer before the first change since the last read-back; None: there was none.

    A client that writes several times may read in between: what its first write lost is missing there already.
    """
    changes = (w for w in writes(observation) if w.action in {"patch", "replace"})
    first = next(changes, None)
    return (subject(observation).knowledge if first is None else first.before).answer


def members_before(observation: Observation) -> frozenset[str] | None:
    """Ids that an answer has shown as members since the last read-back; None: no answer has shown any list of them."""
    records = [subject(observation).knowledge, *(write.before for write in writes(observation))]
    lists = [record.members for record in records if record.members is not None]
    return frozenset().union(*lists) if lists else None


def is_one_of_several(write: Write, effect: Effect) -> bool:
    """True when the request asks for something else beside the effect: a refusal may be due to that."""
    own = parse_path(effect.path).top
    return bool({*write.attributes, *(parse_path(other.path).top for other in write.effects)} - {own})


def is_known_inactive(observation: Observation) -> bool:
    """True when a read has shown the user as inactive, and no write has named ``active`` since.

    After a change of something else, the answer to an earlier write is enough.
    """
    readings, identifier = observation.context.readings, subject(observation).id
    names_active = any(e.path.lower() == "active" for w in writes(observation) for e in w.effects)
    is_answered = identifier in readings.answered and is_change(observation) and not names_active
    return identifier in readings.disabled or is_answered


def is_change(observation: Observation) -> bool:
    """True when the answer shows a resource that the client has changed."""
    return has_resource(observation) and any(w.action in {"patch", "replace"} for w in writes(observation))


# --- one effect -----------------------------------------------------------------------------------


def is_applied(effect: Effect, resource: Mapping[str, Json]) -> bool:
    """True when the resource shows the effect."""
    if effect.kind == "add-member":
        return effect.value in messages.member_ids(resource)
    if effect.kind == "remove-member":
        return effect.value not in messages.member_ids(resource)
    actual = paths.get(resource, effect.path)
    return paths.is_same(None if effect.kind == "clear" else effect.value, actual)


def is_manager(effect: Effect) -> bool:
    return parse_path(effect.path).attribute.lower() == "manager"


def is_custom(effect: Effect) -> bool:
    """True for an attribute of an extension that the specification does not define."""
    urn = parse_path(effect.path).urn.lower()
    return bool(urn) and urn not in {ENTERPRISE.lower(), ENTERPRISE_1_1.lower()}


def is_rewording(path: str, expected: Json, actual: Json) -> bool:
    """True when a conformant server may keep the one text as the other.

    It may change the case of a value that is not caseExact (RFC 7643 section 7), and use the canonical forms of
    section 4.1.2.
    """
    if not isinstance(expected, str) or not isinstance(actual, str):
        return False
    attribute = parse_path(path).attribute.lower()
    if attribute == "phonenumbers":
        # tel:+1-201-555-0123 for (201) 555-0123
        digits = re.sub(r"\D", "", expected)
        return bool(digits) and re.sub(r"\D", "", actual).endswith(digits.lstrip("0") or digits)
    if attribute == "ims":
        expected, actual = re.sub(r"\s", "", expected), re.sub(r"\s", "", actual)
    return attribute != "externalid" and expected.lower() == actual.lower()


# --- the value that a filter asks for -------------------------------------------------------------


def has_value(resource: Mapping[str, Json], path: str, value: str) -> bool:
    """True when one of the values at the path is that text, case aside; at a value path, that of the chosen entry."""
    at = parse_path(path)
    if at.condition is not None:
        actual = paths.get(resource, at)
        return actual is not MISSING and str(actual).lower() == value.lower()
    return value.lower() in {str(one).lower() for one in paths.values(resource, at)}


def has_asked_value(observation: Observation) -> bool:
    """False when the server's last answer about the resource denies it the value that the filter asks for.

    Then no filter can find it by that value, and the check on the write has reported the reason.
    """
    intent = observation.intent
    before = intent.subject.knowledge.answer if intent.subject else None
    if before is None or intent.query.filter_path is None or intent.query.filter_value is None:
        return True
    at = parse_path(intent.query.filter_path)
    if at.condition is None and not list(paths.values(before, at)):
        return paths.member(before, at.attribute) is not MISSING
    return has_value(before, intent.query.filter_path, intent.query.filter_value)


def is_asked_value_denied(observation: Observation) -> bool:
    """True when the answer to the creation, or a later read, shows the resource without the value asked for."""
    is_changed = any(w.action not in {"create", "read-back"} for w in writes(observation))
    return not is_changed and not has_asked_value(observation)


# --- the entries beside the one that a path selects -----------------------------------------------

_SERVERS_CHOICE: Final = frozenset({"primary", "display", "$ref"})
"""Parts of an entry that a server derives, or passes on: a new primary takes the mark from the old one."""


def entries_beside(observation: Observation) -> Iterator[tuple[Path, Mapping[str, Json]]]:
    """The entries, as they were before, that no accepted PATCH since the last read-back selects.

    Only those of attributes of which other entries were changed by value paths (``emails[type eq "work"].value``).
    """
    before = state_before(observation) if observation.intent.subject else None
    conditions: dict[Path, list[Filter | None]] = {}
    for write in writes(observation):
        for effect in write.effects if write.accepted and write.action == "patch" else ():
            at = parse_path(effect.path)
            # Without an operation of that path, the request may have replaced the whole attribute.
            condition = at.condition if effect.operation is not None else None
            conditions.setdefault(replace(at, condition=None, sub=""), []).append(condition)
    for path, chosen in conditions.items():
        entries = paths.get(before or {}, path)
        if isinstance(entries, list) and path.attribute.lower() != "members" and None not in chosen:
            for entry in entries:
                if isinstance(entry, Mapping) and not any(c and paths.is_match(entry, c) for c in chosen):
                    yield path, entry


def is_overwritten(observation: Observation, effect: Effect) -> bool:
    """True when the entry holds the value that the same request asked for at another entry of the attribute.

    Then the server has not looked at the filter in the path, and ``patch.other-entries`` reports it.
    """
    at = parse_path(effect.path)
    actual = paths.get(resource_of(observation), at)
    if at.condition is None or observation.context.scim != "2.0" or paths.is_unassigned(actual):
        return False
    others = ((parse_path(e.path), e) for w in writes(observation) if w.action == "patch" for e in w.effects)
    return not paths.is_same(effect.value, actual) and any(
        replace(path, condition=at.condition) == at and path != at and paths.is_same(other.value, actual)
        for path, other in others
    )


def is_kept_entry(path: str, entry: Mapping[str, Json], now: Json) -> bool:
    """True when ``now`` is still that entry."""
    parts = {k: v for k, v in entry.items() if k not in _SERVERS_CHOICE and not paths.is_unassigned(v)}
    if parts.keys() - {"type", "formatted"}:
        parts.pop("formatted", None)  # a server may derive it from the others
    return isinstance(now, Mapping) and all(
        paths.is_same(was, paths.member(now, name)) or is_rewording(f"{path}.{name}", was, paths.member(now, name))
        for name, was in parts.items()
    )


def member_ids(observation: Observation) -> set[str]:
    """Ids of the members that the answer shows."""
    return messages.member_ids(resource_of(observation), observation.context.ours)
