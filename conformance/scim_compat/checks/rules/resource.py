"""A resource by itself: its identity and its shape."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from scim_compat import schemas
from scim_compat.checks.answers import is_list_request, is_status_accepted
from scim_compat.checks.display import display_id, quotation
from scim_compat.checks.registry import BOTH, NotJudged, Violation, at_most_five, check
from scim_compat.checks.resources import (
    ANSWERS,
    Resource,
    has_own_resources,
    has_resources,
    is_projected,
    kind_of,
    own_resources,
    resources,
)
from scim_compat.engine.actor import NAME_ATTRIBUTE
from scim_compat.engine.intent import Observation
from scim_compat.scim import messages, paths
from scim_compat.scim.names import ENTERPRISE, Scim
from scim_compat.values import MISSING, Fault, Level

_PLACES_WITH_RULES: Final = (
    *("/id", "/schemas", "/password", "/active", "/meta/resourceType", "/meta/location"),
    *("/meta/created", "/meta/lastModified", f"/{ENTERPRISE}/manager"),
)
"""Places that have rules of their own; resource.shape leaves them to those."""

# --- identity -----------------------------------------------------------------------------------


@check(
    "resource.id",
    "Every resource has an id",
    failure="A resource has no usable id",
    level="MUST",
    cites=("RFC7643-3.1",),
    on=ANSWERS,
    scim=BOTH,
    when=has_resources,
    why="The id is what the client stores and uses in every later request; a number or an empty text cannot be used.",
    fix="Return id as a non-empty JSON string in every representation, also in lists and in partial ones.",
)
@at_most_five
def has_id(observation: Observation) -> Iterator[Violation]:
    for resource in resources(observation):
        value = resource.value.get("id", MISSING)
        where = f"{resource.pointer}/id"
        if value is MISSING:
            yield Violation(where, expected="a non-empty string")
        elif not isinstance(value, str):
            yield Violation(where, expected="a non-empty string", actual=schemas.type_name(value))
        elif not value.strip():
            yield Violation(where, expected="a non-empty string", actual="an empty string")
        elif "bulkId" in value:
            yield Violation(where, expected="an id without the reserved word bulkId", actual="an id with it")


@check(
    "resource.id-stable",
    "A resource keeps its id",
    failure="A resource comes back under another id",
    level="MUST",
    cites=("RFC7643-3.1",),
    on=("read", "patch", "replace", "evaluate", "read-back"),
    scim=BOTH,
    when=lambda observation: (
        has_resources(observation)
        and not is_list_request(observation)
        and not messages.is_list(observation.response.json)
        and observation.intent.subject is not None
        and observation.intent.subject.id is not None
        and isinstance(resources(observation)[0].value.get("id"), str)
    ),
    why="If the id changes, or another resource is returned, the client writes to the wrong account or "
    "creates a second.",
    fix="Look the resource up by the id in the path, and never assign a new one.",
    fault=Fault.DAMAGE,
)
def id_stable(observation: Observation) -> Iterator[Violation]:
    subject, identifier = observation.intent.subject, resources(observation)[0].value["id"]
    if subject is not None and identifier != subject.id:
        yield Violation("/id", expected=quotation(subject.id), actual=display_id(observation, identifier))


@check(
    "resource.id-unique",
    "A new resource gets an id of its own",
    failure="A new resource gets the id of another",
    level="MUST",
    cites=("RFC7643-3.1",),
    on=("create", "set-up"),
    scim=BOTH,
    when=lambda observation: has_resources(observation) and not observation.intent.duplicate,
    why="Two accounts with one id cannot be told apart: a change to one hits the other.",
    fix="Assign ids that are never used twice, across users, groups and time.",
)
def id_unique(observation: Observation) -> Iterator[Violation]:
    identifier = resources(observation)[0].value.get("id")
    subject = observation.intent.subject
    if not isinstance(identifier, str) or (subject and subject.id == identifier):
        return
    if identifier in observation.context.ours and not _is_same_account(observation, identifier):
        message = "Another resource of this run has that id."
        yield Violation("/id", expected="a new id", actual=quotation(identifier), message=message)


def _is_same_account(observation: Observation, identifier: str) -> bool:
    """True when the body asks for the name of the account with that id: create.duplicate-refused reports it."""
    body, attribute = observation.intent.body, NAME_ATTRIBUTE[observation.intent.resource or "User"]
    name = paths.member(body, attribute) if isinstance(body, Mapping) else None
    return str(name).lower() == observation.context.ours[identifier].lower()


# --- shape --------------------------------------------------------------------------------------


@check(
    "resource.shape",
    "Resources have the specification's shape",
    failure="A resource does not fit the specification's schema",
    level="MUST",
    cites=("RFC7643-4.1", "RFC7643-4.2", "RFC7643-4.3", "RFC7643-8.7.1"),
    on=ANSWERS,
    scim=BOTH,
    when=lambda observation: has_resources(observation) and is_status_accepted(observation),
    why="Clients read into typed objects: one value of the wrong type makes the whole resource unreadable.",
    fix="Return each attribute with the type that the specification gives it; leave out what has no value.",
)
@at_most_five
def shape(observation: Observation) -> Iterator[Violation]:
    for resource in resources(observation):
        for error in _rfc_errors(observation, resource):
            yield _violation(resource, error, scim=observation.context.scim)


def _rfc_errors(observation: Observation, resource: Resource) -> Iterator[schemas.ShapeError]:
    errors = schemas.errors(
        kind_of(observation) or "User", resource.value, scim=observation.context.scim, quote=resource.own
    )
    for error in errors:
        if not _has_own_rule(error.pointer) and not (is_projected(observation) and error.keyword == "required"):
            yield error


def _has_own_rule(pointer: str) -> bool:
    return pointer.endswith("/primary") or any(
        pointer == place or pointer.startswith(f"{place}/") for place in _PLACES_WITH_RULES
    )


def _violation(resource: Resource, error: schemas.ShapeError, *, scim: Scim = "2.0") -> Violation:
    more = f" ({error.more} more entries have the same fault)" if error.more else ""
    actual = MISSING if error.keyword == "required" else error.actual
    # The names of attributes are not case-sensitive (RFC 7643 section 2.1), though clients look for the exact one.
    is_excused = error.misspelled or (scim == "1.1" and _is_bare_value(resource, error))
    level: Level | None = "CLIENT" if is_excused else None
    return Violation(f"{resource.pointer}{error.pointer}", error.expected, actual, f"{error.message}{more}", level)


def _is_bare_value(resource: Resource, error: schemas.ShapeError) -> bool:
    """True for an entry that is a plain text: SCIM 1.1 allows it where entries have a value (core schema 3.2)."""
    place = re.fullmatch(r"/(\w+)/(\d+)", error.pointer)
    if place is None or error.keyword != "type" or place[1] == "addresses":
        return False
    entries = resource.value.get(place[1])
    return isinstance(entries, list) and isinstance(entries[int(place[2])], str)


@check(
    "resource.own-schema",
    "Resources are as the target's own /Schemas describes them",
    failure="A resource contradicts the endpoint's own /Schemas",
    level="MUST",
    cites=("RFC7643-7", "RFC7644-4"),
    on=ANSWERS,
    when=has_own_resources,
    why="A client that configures itself from /Schemas believes what stands there and reads the resources by it.",
    fix="Make /Schemas and the answers agree: the same types, the same multiValued, nothing that is never returned.",
)
@at_most_five
def own_schema(observation: Observation) -> Iterator[Violation]:
    capabilities = observation.context.capabilities
    if not capabilities.schemas:
        raise NotJudged("the target publishes no /Schemas")
    kind = kind_of(observation) or "User"
    for resource in own_resources(observation):
        try:
            errors = capabilities.shapes.errors(kind, resource.value, projected=is_projected(observation))
        except LookupError:
            raise NotJudged(f"the target's /Schemas has no schema for {kind}") from None
        if not errors:
            continue
        # resource.shape reports an error that contradicts the RFC as well.
        rfc_places = {error.pointer for error in _rfc_errors(observation, resource)}
        for error in errors:
            is_ours = not _has_own_rule(error.pointer) or _is_boolean_active(resource, error.pointer)
            if error.pointer not in rfc_places and is_ours:
                yield _violation(resource, error)


def _is_boolean_active(resource: Resource, pointer: str) -> bool:
    """True where ``active`` is as RFC 7643 has it, so that ``resource.booleans`` has nothing to report."""
    return pointer == "/active" and isinstance(resource.value.get("active"), bool)
