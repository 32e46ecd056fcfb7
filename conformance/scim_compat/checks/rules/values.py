"""Values inside a resource that clients stumble over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from scim_compat import schemas
from scim_compat.checks.display import quotation
from scim_compat.checks.registry import BOTH, Violation, at_most_five, check
from scim_compat.checks.resources import ANSWERS, Resource, has_resources, own_resources, resources
from scim_compat.engine.intent import Observation
from scim_compat.scim import paths
from scim_compat.scim.names import ENTERPRISE
from scim_compat.values import MISSING, Fault, Json, escape


@check(
    "resource.password-absent",
    "A password is never returned",
    failure="A password is returned",
    level="MUST",
    cites=("RFC7643-4.1.1", "RFC7643-7"),
    on=ANSWERS,
    scim=BOTH,
    when=has_resources,
    why="Whoever may read a user, and every log in between, gets the password or its hash.",
    fix="Never serialise password, not even as a hash or as stars.",
)
@at_most_five
def password_absent(observation: Observation) -> Iterator[Violation]:
    for resource in resources(observation):
        if paths.member(resource.value, "password") not in (MISSING, None):
            name = paths.spelling(resource.value, "password")
            yield Violation(f"{resource.pointer}/{escape(name)}", expected="absent", actual="present")


def _booleans(resource: Resource) -> Iterator[tuple[str, Json]]:
    if "active" in resource.value:
        yield "/active", resource.value["active"]
    for name, entries in resource.multi_valued():
        for index, entry in entries:
            if "primary" in entry:
                yield f"/{name}/{index}/primary", entry["primary"]


@check(
    "resource.booleans",
    "active and primary are JSON booleans",
    failure="active or primary is no JSON boolean",
    level="MUST",
    cites=("RFC7643-2.3.2",),
    on=ANSWERS,
    scim=BOTH,
    when=lambda observation: any(next(_booleans(resource), None) for resource in own_resources(observation)),
    why='The text "False" is true in many languages: a client takes a disabled account for an active one.',
    fix="Return true and false without quotes; take the client's text apart on the way in.",
)
@at_most_five
def booleans(observation: Observation) -> Iterator[Violation]:
    for resource in own_resources(observation):
        for where, value in _booleans(resource):
            if value is not None and not isinstance(value, bool):
                actual = quotation(value[:20]) if isinstance(value, str) else schemas.type_name(value)
                yield Violation(f"{resource.pointer}{where}", expected="true or false", actual=actual)


def _manager(resource: Resource) -> Json:
    return paths.get(resource.value, f"{ENTERPRISE}:manager")


@check(
    "resource.manager-shape",
    "manager is an object",
    failure="manager is no object",
    level="MUST",
    cites=("RFC7643-4.3",),
    on=ANSWERS,
    when=lambda observation: any(_manager(resource) is not MISSING for resource in own_resources(observation)),
    why="Clients send the manager in several forms, but all read it as an object with value; anything else "
    "is taken for a difference and sent again in every cycle.",
    fix='Return "manager": {"value": "<id>"}, whatever form it came in; leave it out if there is none.',
)
@at_most_five
def manager_shape(observation: Observation) -> Iterator[Violation]:
    for resource in own_resources(observation):
        manager = _manager(resource)
        if manager is not MISSING and manager is not None and not isinstance(manager, Mapping):
            where = f"{resource.pointer}/{escape(ENTERPRISE)}/manager"
            yield Violation(where, expected="an object", actual=schemas.type_name(manager))


def _has_entries(observation: Observation) -> bool:
    return any(entries for resource in own_resources(observation) for _, entries in resource.multi_valued())


@check(
    "resource.no-empty-entries",
    "Multi-valued attributes hold no entry without a value",
    failure="A multi-valued attribute holds an entry without a value",
    level="CLIENT",
    cites=("RFC7643-2.5",),
    on=ANSWERS,
    scim=BOTH,
    when=_has_entries,
    why="An entry with a type and no value is compared with nothing at the client's side, differs, and is "
    "sent again in every cycle.",
    fix="Drop an entry when its value is cleared.",
)
@at_most_five
def no_empty_entries(observation: Observation) -> Iterator[Violation]:
    for resource in own_resources(observation):
        for name, entries in resource.multi_valued():
            for index, entry in entries:
                if _is_empty(entry):
                    yield Violation(
                        f"{resource.pointer}/{name}/{index}", expected="an entry with a value", actual="none"
                    )


def _is_empty(entry: Mapping[str, Json]) -> bool:
    if "value" in entry:
        return entry["value"] in (None, "")
    return all(value in (None, "") for name, value in entry.items() if name.lower() not in {"type", "primary"})


@check(
    "resource.type-unique",
    "What was sent once is there once",
    failure="An entry that was sent once is there more than once",
    level="CLIENT",
    cites=("RFC7643-2.4",),
    on=ANSWERS,
    scim=BOTH,
    when=lambda observation: _subject_resource(observation) is not None,
    why='The client addresses an entry by its type (emails[type eq "work"]). With two of one type its '
    "update hits the wrong one, or both.",
    fix="Replace the entry of that type instead of adding another.",
    fault=Fault.WRITE,
)
@at_most_five
def type_unique(observation: Observation) -> Iterator[Violation]:
    resource, subject = _subject_resource(observation), observation.intent.subject
    if resource is None or subject is None:
        return
    for name, entries in resource.multi_valued():
        desired = subject.desired.get(name)
        wishes = desired if isinstance(desired, list) else []
        expected = Counter(_words(e) for e in wishes if isinstance(e, Mapping))
        for words, count in Counter(_words(entry) for _, entry in entries).items():
            if words and expected[words] == 1 and count > 1:
                where = f"{resource.pointer}/{name}"
                yield Violation(where, expected=f"one entry {words[:60]}", actual=f"{count} entries")


def _words(entry: Mapping[str, Json]) -> str:
    """The entry in words: by its type, which a client addresses it by; else by its value."""
    kind, value = entry.get("type"), entry.get("value")
    if isinstance(kind, str) and kind:
        return f"of type {kind.lower()}"
    return f"without type, of value {value.lower()}" if isinstance(value, str) and value else ""


def _subject_resource(observation: Observation) -> Resource | None:
    subject = observation.intent.subject
    if subject is None:
        return None
    is_created = observation.intent.action in {"create", "set-up"} and not observation.intent.duplicate
    return next((r for r in own_resources(observation) if is_created or r.value.get("id") == subject.id), None)


@check(
    "resource.one-primary",
    "At most one entry is primary",
    failure="More than one entry is primary",
    level="MUST",
    cites=("RFC7643-2.4",),
    on=ANSWERS,
    scim=BOTH,
    when=_has_entries,
    why="With two primary addresses it is chance which one gets the customer's mail.",
    fix="When an entry becomes primary, set the others to false.",
)
@at_most_five
def one_primary(observation: Observation) -> Iterator[Violation]:
    for resource in own_resources(observation):
        for name, entries in resource.multi_valued():
            primary = sum(entry.get("primary") is True for _, entry in entries)
            if primary > 1:
                yield Violation(
                    f"{resource.pointer}/{name}",
                    expected="at most one primary entry",
                    actual=f"{primary} entries",
                )
