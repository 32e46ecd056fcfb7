"""What the state checks share: which effects were asked for, and whether they hold."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from scim_compat.engine.intent import Context, Effect, Observation, Subject, Write
from scim_compat.scim import messages, paths
from scim_compat.scim.names import CORE_SCHEMA
from scim_compat.values import MISSING, Json

_FIXED: Final = frozenset({"readonly", "immutable"})


def body(observation: Observation) -> Mapping[str, Json]:
    """The answered resource; empty where the answer is none. An Error that comes with a 2xx is none."""
    found = observation.response.json
    return (
        found if observation.response.ok and isinstance(found, Mapping) and not messages.looks_like_error(found) else {}
    )


def answered(observation: Observation) -> bool:
    """The answer is a resource that can be looked at."""
    found = observation.response.json
    return observation.response.ok and isinstance(found, Mapping) and not messages.looks_like_error(found)


def writes(observation: Observation) -> tuple[Write, ...]:
    return observation.intent.subject.writes if observation.intent.subject else ()


def subject(observation: Observation) -> Subject:
    """The subject; only for checks whose ``when`` made sure there is one."""
    found = observation.intent.subject
    if found is None:  # pragma: no cover - excluded by the checks' own conditions
        raise ValueError("the exchange is about no resource")
    return found


def effects(observation: Observation, *kinds: str, accepted: bool = True) -> Iterator[tuple[Write, Effect]]:
    """Effects of those kinds since the last read-back that later writes did not override."""
    last: dict[tuple[str, Json], tuple[Write, Effect]] = {}
    for write in writes(observation):
        if write.action == "read-back":
            continue  # what the profile adds to a read-back is state.expected's business
        for effect in write.effects:
            member = effect.value if effect.path == "members" else None
            last[effect.path.lower(), member] = (write, effect)
    for write, effect in last.values():
        if effect.kind in kinds and (write.accepted or not accepted):
            yield write, effect


def holds(effect: Effect, resource: Mapping[str, Json]) -> bool:
    """Whether the resource shows what the effect asked for."""
    if effect.kind == "add-member":
        return effect.value in paths.member_ids(resource)
    if effect.kind == "remove-member":
        return effect.value not in paths.member_ids(resource)
    found = paths.get(resource, effect.path)
    if effect.kind == "clear":
        return paths.same(None, found)
    return paths.same(effect.value, found)


def has_asked_value(observation: Observation) -> bool:
    """False if the server's last answer about the resource denies it the value that the filter asks for.

    Then no filter can find it by that value, and the check on the write has told what went wrong.
    """
    intent = observation.intent
    before = intent.subject.last_answer if intent.subject else None
    if before is None or intent.query.filter_path is None or intent.query.filter_value is None:
        return True
    at = paths.parse(intent.query.filter_path)
    if not at.where and not list(messages.find_values(before, intent.query.filter_path)):
        return paths.member(before, at.attribute) is not MISSING
    return has_value(before, intent.query.filter_path, intent.query.filter_value)


def has_value(resource: Mapping[str, Json], path: str, value: str) -> bool:
    """Whether one of the values at the path is that text, case aside; of a value path, that of the selected entry."""
    if paths.parse(path).where:
        found = paths.get(resource, path)
        return found is not MISSING and str(found).lower() == value.lower()
    return value.lower() in {str(one).lower() for one in messages.find_values(resource, path)}


def denies_asked_value(observation: Observation) -> bool:
    """Whether the answer to the creation, or a later read, shows the resource without the value asked for."""
    changed = any(w.action not in {"create", "read-back"} for w in writes(observation))
    return not changed and not has_asked_value(observation)


def member_ids(observation: Observation) -> set[str]:
    """Ids of the members that the answer shows."""
    return paths.member_ids(body(observation), observation.context.ours)


def server_message(observation: Observation) -> str:
    """What the server's error says, as a sentence for a finding; empty if it says nothing."""
    found = observation.response.json
    if not isinstance(found, Mapping):
        return ""
    errors = found.get("Errors")  # SCIM 1.1, protocol section 3.9
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], Mapping) else {}
    detail = found.get("detail") or first.get("description")
    return f"The server said: {str(detail)[:200]}" if detail else ""


def advertised(context: Context, kind: str, path: str) -> bool | None:
    """Whether the target's own schemas list the attribute; None if it publishes none."""
    if not context.capabilities.schemas:
        return None
    at = paths.parse(path)
    if at.urn and context.capabilities.extends(kind, at.urn) is False and not _is_core(context, kind, at.urn):
        return False
    names = _listed(context, kind, at.urn)
    if names is None:
        return False if at.urn else None
    found = next((a for a in names if str(a.get("name", "")).lower() == at.attribute.lower()), None)
    if found is None:
        # externalId belongs to every resource (RFC 7643 §3.1) and is often left out of the schema.
        return None if at.attribute.lower() == "externalid" else False
    subs = found.get("subAttributes")
    if not at.sub or not isinstance(subs, list):
        return True
    return any(isinstance(s, Mapping) and str(s.get("name", "")).lower() == at.sub.lower() for s in subs)


def _is_core(context: Context, kind: str, urn: str) -> bool:
    return urn.lower() == CORE_SCHEMA[context.scim][kind].lower()


def unwritable(context: Context, kind: str, path: str) -> bool:
    """The target's own schemas call the attribute read-only or immutable: then a change of it may be refused."""
    at = paths.parse(path)
    listed = (_listed(context, kind, at.urn) or []) if context.capabilities.schemas else []
    found = next((a for a in listed if str(a.get("name", "")).lower() == at.attribute.lower()), None)
    if found is None:
        return False
    subs = found.get("subAttributes")
    named = [s for s in subs if isinstance(s, Mapping)] if isinstance(subs, list) else []
    parts = [found, *(s for s in named if str(s.get("name", "")).lower() == at.sub.lower())]
    return any(str(p.get("mutability", "")).lower() in _FIXED or p.get("readOnly") is True for p in parts)


def rewords(path: str, expected: Json, found: Json) -> bool:
    """Whether a server may lawfully keep the one text as the other.

    The case of what is not caseExact (RFC 7643 section 7), and the canonical forms of section 4.1.2.
    """
    if not isinstance(expected, str) or not isinstance(found, str):
        return False
    attribute = paths.parse(path).attribute.lower()
    if attribute == "phonenumbers":
        # tel:+1-201-555-0123 for (201) 555-0123
        digits = re.sub(r"\D", "", expected)
        return bool(digits) and re.sub(r"\D", "", found).endswith(digits.lstrip("0") or digits)
    if attribute == "ims":
        expected, found = re.sub(r"\s", "", expected), re.sub(r"\s", "", found)
    return attribute != "externalid" and expected.lower() == found.lower()


def _listed(context: Context, kind: str, urn: str) -> list[Mapping[str, Json]] | None:
    """The attributes that the target lists under the URN (empty: the core one); None if it has no such schema."""
    if context.scim == "2.0":
        schema = context.capabilities.schema(urn or CORE_SCHEMA["2.0"][kind])
        return None if schema is None else _attributes(schema)
    # SCIM 1.1 has one schema a resource, and each attribute in it says of which URN it is (core schema, section 10).
    schemas = context.capabilities.schemas or ()
    schema = next((one for one in schemas if str(one.get("name", "")).lower() == kind.lower()), None)
    if schema is None:
        return None
    wanted = (urn or CORE_SCHEMA["1.1"][kind]).lower()
    found = [a for a in _attributes(schema) if str(a.get("schema") or CORE_SCHEMA["1.1"][kind]).lower() == wanted]
    return found if found or not urn else None


def _attributes(schema: Mapping[str, Json]) -> list[Mapping[str, Json]]:
    listed = schema.get("attributes")
    return [a for a in listed if isinstance(a, Mapping)] if isinstance(listed, list) else []


def is_manager(effect: Effect) -> bool:
    return paths.parse(effect.path).attribute.lower() == "manager"


def is_custom(effect: Effect) -> bool:
    """An attribute of an extension that the specification does not define."""
    urn = paths.parse(effect.path).urn.lower()
    return bool(urn) and urn not in {paths.ENTERPRISE.lower(), paths.ENTERPRISE_1_1.lower()}


def display(value: Json) -> Json:
    """A value for a finding: MISSING as words, long text cut."""
    if value is MISSING:
        return "(absent)"
    if isinstance(value, str) and len(value) > 300:
        return value[:300] + "…"
    return value
