"""Values inside a resource that clients stumble over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from scim_compat import schemas
from scim_compat.checks.registry import BOTH, Violation, at_most_five, check
from scim_compat.checks.resources import (
    ANSWERS,
    Held,
    any_held,
    own_resources,
    plural_entries,
    resources,
)
from scim_compat.engine.intent import Observation
from scim_compat.scim import messages
from scim_compat.scim.messages import escape
from scim_compat.scim.names import ENTERPRISE
from scim_compat.values import MISSING, Json


@check(
    "resource.password-absent",
    "A password is never returned",
    level="MUST",
    cites=("RFC7643-4.1.1", "RFC7643-7"),
    on=ANSWERS,
    scim=BOTH,
    when=any_held,
    why="Whoever may read a user, and every log in between, gets the password or its hash.",
    fix="Never serialise password, not even as a hash or as stars.",
)
@at_most_five
def password_absent(observation: Observation) -> Iterator[Violation]:
    for held in resources(observation):
        found = messages.member(held.value, "password")
        if found is not None and found[1] is not None:
            yield Violation(f"{held.pointer}/{escape(found[0])}", expected="absent", actual="present")


def _booleans(held: Held) -> Iterator[tuple[str, Json]]:
    if "active" in held.value:
        yield "/active", held.value["active"]
    for name, entries in plural_entries(held):
        for index, entry in entries:
            if "primary" in entry:
                yield f"/{name}/{index}/primary", entry["primary"]


@check(
    "resource.booleans",
    "active and primary are JSON booleans",
    level="MUST",
    cites=("RFC7643-2.3.2",),
    on=ANSWERS,
    scim=BOTH,
    when=lambda observation: any(next(_booleans(held), None) for held in own_resources(observation)),
    why='The text "False" is true in many languages: a client takes a disabled account for an active one.',
    fix="Return true and false without quotes; take the client's text apart on the way in.",
)
@at_most_five
def booleans(observation: Observation) -> Iterator[Violation]:
    for held in own_resources(observation):
        for where, value in _booleans(held):
            if value is not None and not isinstance(value, bool):
                shown = f'"{value[:20]}"' if isinstance(value, str) else schemas.type_name(value)
                yield Violation(f"{held.pointer}{where}", expected="true or false", actual=shown)


def _manager(held: Held) -> Any:
    found = messages.member(held.value, ENTERPRISE)
    inside = messages.member(found[1], "manager") if found and isinstance(found[1], Mapping) else None
    return MISSING if inside is None else inside[1]


@check(
    "resource.manager-shape",
    "manager is an object",
    level="MUST",
    cites=("RFC7643-4.3",),
    on=ANSWERS,
    when=lambda observation: any(_manager(held) is not MISSING for held in own_resources(observation)),
    why="Clients send the manager in several forms, but all read it as an object with value; anything else "
    "is taken for a difference and sent again in every cycle.",
    fix='Return "manager": {"value": "<id>"}, whatever form it came in; leave it out if there is none.',
)
@at_most_five
def manager_shape(observation: Observation) -> Iterator[Violation]:
    for held in own_resources(observation):
        found = _manager(held)
        if found is not MISSING and found is not None and not isinstance(found, Mapping):
            where = f"{held.pointer}/{escape(ENTERPRISE)}/manager"
            yield Violation(where, expected="an object", actual=schemas.type_name(found))


@check(
    "resource.no-empty-entries",
    "Multi-valued attributes hold no entry without a value",
    level="CLIENT",
    cites=("RFC7643-2.5",),
    on=ANSWERS,
    scim=BOTH,
    when=lambda observation: any(entries for held in own_resources(observation) for _, entries in plural_entries(held)),
    why="An entry with a type and no value is compared with nothing at the client's side, differs, and is "
    "sent again in every cycle.",
    fix="Drop an entry when its value is cleared.",
)
@at_most_five
def no_empty_entries(observation: Observation) -> Iterator[Violation]:
    for held in own_resources(observation):
        for name, entries in plural_entries(held):
            for index, entry in entries:
                if _is_empty(entry):
                    yield Violation(f"{held.pointer}/{name}/{index}", expected="an entry with a value", actual="none")


def _is_empty(entry: Mapping[str, Json]) -> bool:
    if "value" in entry:
        return entry["value"] in (None, "")
    return all(value in (None, "") for name, value in entry.items() if name.lower() not in {"type", "primary"})


@check(
    "resource.type-unique",
    "What was sent once is there once",
    level="CLIENT",
    cites=("RFC7643-2.4",),
    on=ANSWERS,
    scim=BOTH,
    when=lambda observation: _subject_held(observation) is not None,
    why='The client addresses an entry by its type (emails[type eq "work"]). With two of one type its '
    "update hits the wrong one, or both.",
    fix="Replace the entry of that type instead of adding another.",
)
@at_most_five
def type_unique(observation: Observation) -> Iterator[Violation]:
    held, subject = _subject_held(observation), observation.intent.subject
    if held is None or subject is None:
        return
    for name, entries in plural_entries(held):
        sent = subject.desired.get(name)
        for kind in dict.fromkeys(_type(entry) for _, entry in entries):
            wanted = [e for e in sent if isinstance(e, Mapping) and _type(e) == kind] if isinstance(sent, list) else []
            found = [index for index, entry in entries if _type(entry) == kind]
            if kind and len(wanted) == 1 and len(found) > 1:
                yield Violation(
                    f"{held.pointer}/{name}",
                    expected=f"one entry of type {kind[:40]}",
                    actual=f"{len(found)} entries",
                )


def _type(entry: Mapping[str, Json]) -> str:
    found = entry.get("type")
    return found.lower() if isinstance(found, str) else ""


def _subject_held(observation: Observation) -> Held | None:
    subject = observation.intent.subject
    if subject is None:
        return None
    created = observation.intent.action in {"create", "set-up"} and not observation.intent.duplicate
    return next((held for held in own_resources(observation) if created or held.value.get("id") == subject.id), None)


@check(
    "resource.one-primary",
    "At most one entry is primary",
    level="MUST",
    cites=("RFC7643-2.4",),
    on=ANSWERS,
    scim=BOTH,
    when=lambda observation: any(entries for held in own_resources(observation) for _, entries in plural_entries(held)),
    why="With two primary addresses it is chance which one gets the customer's mail.",
    fix="When an entry becomes primary, set the others to false.",
)
@at_most_five
def one_primary(observation: Observation) -> Iterator[Violation]:
    for held in own_resources(observation):
        for name, entries in plural_entries(held):
            primary = sum(entry.get("primary") is True for _, entry in entries)
            if primary > 1:
                yield Violation(
                    f"{held.pointer}/{name}",
                    expected="at most one primary entry",
                    actual=f"{primary} entries",
                )
