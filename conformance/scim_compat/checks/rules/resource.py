"""A resource as such: its identity and its shape."""

from __future__ import annotations

import re
from collections.abc import Iterator

from scim_compat import schemas
from scim_compat.checks.registry import BOTH, Level, NotJudged, Violation, at_most_five, check
from scim_compat.checks.resources import (
    ANSWERS,
    JUDGED_ELSEWHERE,
    Held,
    any_held,
    as_expected,
    expects_list,
    kind_of,
    own_held,
    own_resources,
    projected,
    resources,
    shown_id,
)
from scim_compat.engine.intent import Observation
from scim_compat.scim import messages
from scim_compat.scim.names import Scim
from scim_compat.values import MISSING

# --- identity -----------------------------------------------------------------------------------


@check(
    "resource.id",
    "Every resource has an id",
    level="MUST",
    cites=("RFC7643-3.1",),
    on=ANSWERS,
    scim=BOTH,
    when=any_held,
    why="The id is what the client stores and uses in every later request; a number or an empty text cannot be used.",
    fix="Return id as a non-empty JSON string in every representation, also in lists and in partial ones.",
)
@at_most_five
def has_id(observation: Observation) -> Iterator[Violation]:
    for held in resources(observation):
        value = held.value.get("id", MISSING)
        where = f"{held.pointer}/id"
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
    level="MUST",
    cites=("RFC7643-3.1",),
    on=("read", "patch", "replace", "evaluate", "read-back"),
    scim=BOTH,
    when=lambda observation: (
        any_held(observation)
        and not expects_list(observation)
        and not messages.looks_like_list(observation.response.json)
        and observation.intent.subject is not None
        and observation.intent.subject.id is not None
        and isinstance(resources(observation)[0].value.get("id"), str)
    ),
    why="If the id changes, or another resource is returned, the client writes to the wrong account or "
    "creates a second.",
    fix="Look the resource up by the id in the path, and never assign a new one.",
)
def id_stable(observation: Observation) -> Iterator[Violation]:
    subject, found = observation.intent.subject, resources(observation)[0].value["id"]
    if subject is not None and found != subject.id:
        yield Violation("/id", expected=subject.id, actual=shown_id(observation, found))


@check(
    "resource.id-unique",
    "A new resource gets an id of its own",
    level="MUST",
    cites=("RFC7643-3.1",),
    on=("create", "set-up"),
    scim=BOTH,
    when=lambda observation: any_held(observation) and not observation.intent.duplicate,
    why="Two accounts with one id cannot be told apart: a change to one hits the other.",
    fix="Assign ids that are never used twice, across users, groups and time.",
)
def id_unique(observation: Observation) -> Iterator[Violation]:
    found = resources(observation)[0].value.get("id")
    subject = observation.intent.subject
    if isinstance(found, str) and found in observation.context.ours and not (subject and subject.id == found):
        yield Violation("/id", expected="a new id", actual=found, message="Another resource of this run has that id.")


# --- shape --------------------------------------------------------------------------------------


@check(
    "resource.shape",
    "Resources have the specification's shape",
    level="MUST",
    cites=("RFC7643-4.1", "RFC7643-4.2", "RFC7643-4.3", "RFC7643-8.7.1"),
    on=ANSWERS,
    scim=BOTH,
    when=lambda observation: any_held(observation) and as_expected(observation),
    why="Clients read into typed objects: one value of the wrong type makes the whole resource unreadable.",
    fix="Return each attribute with the type that the specification gives it; leave out what has no value.",
)
@at_most_five
def shape(observation: Observation) -> Iterator[Violation]:
    for held in resources(observation):
        for error in _rfc_errors(observation, held):
            yield _problem(held, error, scim=observation.context.scim)


def _rfc_errors(observation: Observation, held: Held) -> Iterator[schemas.ShapeError]:
    for error in schemas.errors(
        kind_of(observation) or "User", held.value, scim=observation.context.scim, quote=held.own
    ):
        if not _elsewhere(error.pointer) and not (projected(observation) and error.keyword == "required"):
            yield error


def _elsewhere(pointer: str) -> bool:
    return pointer.endswith("/primary") or any(
        pointer == place or pointer.startswith(f"{place}/") for place in JUDGED_ELSEWHERE
    )


def _problem(held: Held, error: schemas.ShapeError, *, scim: Scim = "2.0") -> Violation:
    more = f" ({error.more} more entries have the same fault)" if error.more else ""
    actual = MISSING if error.keyword == "required" else error.actual
    # The names of attributes are not case-sensitive (RFC 7643 section 2.1), though clients look for the exact one.
    level: Level | None = "CLIENT" if error.misspelled or (scim == "1.1" and _bare(held, error)) else None
    return Violation(f"{held.pointer}{error.pointer}", error.expected, actual, f"{error.message}{more}", level)


def _bare(held: Held, error: schemas.ShapeError) -> bool:
    """An entry that is its value alone: SCIM 1.1 allows that where entries have one (core schema section 3.2)."""
    found = re.fullmatch(r"/(\w+)/(\d+)", error.pointer)
    if found is None or error.keyword != "type" or found[1] == "addresses":
        return False
    entries = held.value.get(found[1])
    return isinstance(entries, list) and isinstance(entries[int(found[2])], str)


@check(
    "resource.own-schema",
    "Resources are as the target's own /Schemas describes them",
    level="MUST",
    cites=("RFC7643-7", "RFC7644-4"),
    on=ANSWERS,
    when=own_held,
    why="A client that configures itself from /Schemas believes what stands there and reads the resources by it.",
    fix="Make /Schemas and the answers agree: the same types, the same multiValued, nothing that is never returned.",
)
@at_most_five
def own_schema(observation: Observation) -> Iterator[Violation]:
    capabilities = observation.context.capabilities
    if not capabilities.schemas:
        raise NotJudged("the target publishes no /Schemas")
    kind = kind_of(observation) or "User"
    for held in own_resources(observation):
        try:
            found = capabilities.shapes.errors(kind, held.value, projected=projected(observation))
        except LookupError:
            raise NotJudged(f"the target's /Schemas has no schema for {kind}") from None
        if not found:
            continue
        # What contradicts the RFC as well is one fault, reported once, by resource.shape.
        known = {error.pointer for error in _rfc_errors(observation, held)}
        for error in found:
            if error.pointer not in known and (not _elsewhere(error.pointer) or _rightly_boolean(held, error.pointer)):
                yield _problem(held, error)


def _rightly_boolean(held: Held, pointer: str) -> bool:
    """``active`` is as RFC 7643 has it, so that ``resource.booleans`` has nothing to say of it."""
    return pointer == "/active" and isinstance(held.value.get("active"), bool)
