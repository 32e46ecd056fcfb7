"""State that must not change: after a refusal, beside a change, of the bystanders, and as a profile names it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from scim_compat.checks.answers import has_resource, resource_of
from scim_compat.checks.differences import Kind, difference
from scim_compat.checks.display import display, quotation
from scim_compat.checks.effects import (
    entries_beside,
    is_applied,
    is_change,
    is_known_inactive,
    state_before,
    subject,
    writes,
)
from scim_compat.checks.intactness import changes
from scim_compat.checks.published import is_published
from scim_compat.checks.registry import BOTH, Harm, NotJudged, Trait, Violation, check
from scim_compat.engine.intent import Effect, Observation
from scim_compat.scim import paths
from scim_compat.scim.filters import Path, equalities
from scim_compat.scim.grammar import parse_path
from scim_compat.values import MISSING, Fault, Json

_NAME_PARTS: Final = frozenset({"displayname", "nickname"})


@check(
    "patch.atomic",
    "A refused change leaves the resource as it was",
    failure="A refused change alters the resource",
    level="MUST",
    # SCIM 1.1 does not say so, but the PATCH of HTTP does.
    cites=("RFC7644-3.5.2", "RFC5789-2"),
    on=("read-back",),
    scim=BOTH,
    when=lambda observation: (
        has_resource(observation) and len(writes(observation)) == 1 and not writes(observation)[0].accepted
    ),
    why="Half a change is a state that neither side believes in.",
    fix="Apply the operations to a copy and store it only when all of them worked.",
    fault=Fault.DAMAGE,
)
def atomic(observation: Observation) -> Iterator[Violation]:
    before, after = state_before(observation), resource_of(observation)
    if before is None:
        raise NotJudged("the resource was not read before the change")
    refusal = writes(observation)[0]
    for effect in refusal.effects:
        if effect.path == "members" and paths.member(before, "members") is None:
            continue
        if effect.path != "members" and is_applied(effect, after) and not is_applied(effect, before):
            yield Violation(
                effect.path,
                expected=display(paths.get(before, effect.path)),
                actual=display(paths.get(after, effect.path)),
                message=f"the request was refused with {refusal.status}, yet this part of it was applied",
            )


@check(
    "patch.untouched",
    "A change leaves the attributes it does not name as they were",
    failure="A change loses or alters attributes that it does not name",
    level="MUST",
    cites=("RFC7644-3.5.2",),
    on=("read-back",),
    scim=BOTH,
    when=lambda observation: (
        is_change(observation) and state_before(observation) is not None and not observation.intent.gone
    ),
    why="A change of one attribute that loses another destroys data nobody meant to touch.",
    fix="Change only what the operations name; a PATCH is not a PUT.",
    fault=Fault.DAMAGE,
)
def untouched(observation: Observation) -> Iterator[Violation]:
    before = state_before(observation) or {}
    # A creation before it, and the values that the profile expects, are no changes.
    effects = [e for w in writes(observation) if w.action not in {"create", "read-back"} for e in w.effects]
    for path, desired in paths.leaves(subject(observation).desired):
        if _is_reported_elsewhere(observation, path):
            continue
        was, now = paths.get(before, path), paths.get(resource_of(observation), path)
        is_gone = paths.is_unassigned(now)
        if any(_touches(effect, path, before) or (_derives(effect, path) and not is_gone) for effect in effects):
            continue
        if paths.is_unassigned(was) or paths.is_same(was, now) or _follows_user_name(effects, before, was):
            continue
        if paths.is_same(desired, now):
            continue  # the state before was wrong, and is reported; this is what the client wants
        one = difference(str(path), was, now)
        is_opened = path.top == "active" and was is False
        yield Violation(
            str(path),
            expected=display(was),
            actual=display(now),
            message="the account is open again" if is_opened else one.words if one else "",
            harm=Harm.ACCESS if is_opened else None,
        )


def _is_reported_elsewhere(observation: Observation, path: Path) -> bool:
    """True for what user.stays-disabled and patch.other-entries report."""
    if path.attribute.lower() == "active":
        return is_known_inactive(observation)
    beside = replace(path, condition=None, sub="")
    has_entry = any(at.top == beside.top for at, _ in entries_beside(observation))
    return path.condition is not None and observation.context.scim == "2.0" and has_entry


def _derives(effect: Effect, other: Path) -> bool:
    """True for an attribute that a server may make of the one that is changed: then its value changes as well."""
    one = parse_path(effect.path)
    is_formatted = other.sub.lower() == "formatted"
    if one.attribute.lower() == "name" and (other.top in _NAME_PARTS or is_formatted):
        return True
    return is_formatted and (one.attribute.lower() == "displayname" or one.top == other.top)


def _touches(effect: Effect, other: Path, before: Mapping[str, Json]) -> bool:
    one = parse_path(effect.path)
    if one.top != other.top:
        return False
    if not one.attribute or not other.attribute:
        return True
    if one.condition is not None and other.condition is not None and not _same_element(one, other, before):
        # A new primary takes the mark from the old one (RFC 7643 §2.4).
        return other.sub.lower() == "primary"
    if effect.kind == "clear" and one.condition is not None:
        return True  # an entry without its value may go as a whole
    return not one.sub or not other.sub or one.sub.lower() == other.sub.lower()


def _same_element(one: Path, other: Path, before: Mapping[str, Json]) -> bool:
    """True when two filters pick one element, be it by other words: ``primary eq true``, ``type eq "work"``."""
    if one.condition == other.condition or (_words(one) and _words(one) == _words(other)):
        return True
    first, second = (paths.get(before, replace(at, sub="")) for at in (one, other))
    return first is not MISSING and first is second


def _words(path: Path) -> set[tuple[str, str]]:
    return {(name.lower(), str(value).lower()) for name, value in equalities(path.condition)}


def _follows_user_name(effects: list[Effect], before: object, was: object) -> bool:
    """True for an attribute that held the old userName: many stores keep one value for both."""
    is_renamed = any(e.path.lower() == "username" for e in effects)
    return is_renamed and isinstance(before, dict) and paths.member(before, "userName") == was


@check(
    "state.expected",
    "A resource reads back as the sequence must have left it",
    failure="A sequence leaves a resource in another state than expected",
    level="MUST",
    cites=("RFC7644-3.3", "RFC7644-3.5.2", "RFC7644-3.5.1"),
    on=("read-back",),
    scim=BOTH,
    when=lambda observation: has_resource(observation) and _expectations(observation) != ((), ()),
    why="The profile names a state that must hold here whatever the server answered before.",
    fix="Look at the steps before this read-back: one of them left something undone, or did more than it should.",
    fault=Fault.LOSS,
)
def expected(observation: Observation) -> Iterator[Violation]:
    has, lacks = _expectations(observation)
    before = state_before(observation) or {}
    for effect in has:
        actual = paths.get(resource_of(observation), effect.path)
        if actual is MISSING and is_published(observation.context, subject(observation).kind, effect.path) is False:
            continue  # the target's own schema does not promise it
        if is_change(observation) and paths.is_same(effect.value, paths.get(before, effect.path)):
            continue  # a loss: patch.untouched reports it by name
        one = difference(effect.path, effect.value, actual)
        if one is not None and one.kind in {Kind.VALUE, Kind.FORM}:  # create.* report spoilt letters
            yield Violation(effect.path, expected=quotation(effect.value), actual=display(actual), message=one.words)
    for path in lacks:
        actual = paths.get(resource_of(observation), path)
        if not paths.is_unassigned(actual):
            yield Violation(path, expected="no value", actual=display(actual))


def _expectations(observation: Observation) -> tuple[tuple[Effect, ...], tuple[str, ...]]:
    about = observation.intent.subject
    if about is None:
        return (), ()
    return tuple(e for w in about.writes if w.action == "read-back" for e in w.effects), about.lacks


@check(
    "bystander.unchanged",
    "Accounts that no request names stay as they were",
    failure="Accounts that no request names change or vanish",
    level="MUST",
    cites=("RFC7644-3.5.2", "RFC7644-3.6"),
    on=("bystander",),
    scim=BOTH,
    traits=Trait.BYSTANDER,
    why="A write that reaches another account changes or destroys somebody else's data.",
    fix="Select the resource by the id in the URL alone, and write to nothing else.",
    fault=Fault.DAMAGE,
)
def unchanged(observation: Observation) -> Iterator[Violation]:
    before = subject(observation).knowledge.answer
    if before is None:
        return
    if not has_resource(observation):
        yield Violation("status", expected=200, actual=observation.response.status, message="it can no longer be read")
        return
    yield from changes(before, resource_of(observation))
