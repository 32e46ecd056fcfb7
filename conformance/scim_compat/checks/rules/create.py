"""Creating resources: the answer, and the resource that is stored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from scim_compat.checks.answers import has_resource, is_status_named, resource_of, server_message
from scim_compat.checks.differences import Kind, difference
from scim_compat.checks.display import display, quotation
from scim_compat.checks.effects import effects, is_change, is_custom, is_overwritten, state_before, subject, writes
from scim_compat.checks.published import is_published
from scim_compat.checks.refusals import level_of_refusal
from scim_compat.checks.registry import BOTH, NotJudged, Violation, check
from scim_compat.engine.intent import Effect, Observation
from scim_compat.results.model import ClaimTopic
from scim_compat.scim import paths
from scim_compat.values import MISSING, Fault, Level


@check(
    "create.status",
    "A create is answered with 201",
    failure="A create is not answered with 201",
    level="MUST",
    cites=("RFC7644-3.3",),
    on=("create", "set-up"),
    scim=BOTH,
    when=lambda observation: (
        not observation.intent.duplicate
        and not is_status_named(observation)  # declined beside another creation of the same user
        and (observation.intent.expect == "success" or bool(_optional_paths(observation)))
    ),
    why="A client that is refused here has no account to work with; every later change of the user fails as well.",
    fix="Accept the body as sent and answer 201 with the new resource. Ignore read-only attributes "
    "(id, meta, groups) and null values instead of refusing them.",
)
def status(observation: Observation) -> Iterator[Violation]:
    for path in _optional_paths(observation):
        if is_published(observation.context, observation.intent.resource or "User", path) is not True:
            raise NotJudged(f"the target does not list {path}, so it may refuse it")
    if observation.response.status != 201 and observation.response.status < 500:
        level = level_of_refusal(observation) if observation.response.status >= 400 else None
        yield Violation(
            "status",
            expected=201,
            actual=observation.response.status,
            message=" ".join(filter(None, (observation.intent.blame, server_message(observation)))),
            level=level,
            failure="A create is refused" if observation.response.status >= 400 else "",
        )


def _optional_paths(observation: Observation) -> list[str]:
    """The extension attributes of a creation that may be refused because of them."""
    body = observation.intent.body
    if observation.intent.expect != "either" or not isinstance(body, Mapping):
        return []
    return sorted(paths.extension_paths(body))


@check(
    "create.returns-resource",
    "The answer to a create is the new resource with its id",
    failure="The answer to a create lacks the resource or its id",
    level="SHOULD",
    cites=("RFC7644-3.3",),
    on=("create", "set-up"),
    scim=BOTH,
    when=lambda observation: observation.response.ok and not observation.intent.duplicate,
    why="Clients store the id from this answer and use nothing else afterwards.",
    fix="Answer 201 with the whole representation, `id` included.",
)
def returns_resource(observation: Observation) -> Iterator[Violation]:
    level: Level | None = "MUST" if observation.context.scim == "1.1" else None  # protocol section 3.1
    if not has_resource(observation):
        yield Violation("body", expected="the new resource as a JSON object", actual="no JSON object", level=level)
    elif "id" not in resource_of(observation):
        yield Violation("/id", expected="the new resource's id", actual="(absent)", level=level)


@check(
    "create.duplicate-refused",
    "A second create for the same user or group is refused with 409",
    failure="A second create of the same resource is not refused with 409",
    level="MUST",
    cites=("RFC7644-3.3",),
    on=("create",),
    scim=BOTH,
    when=lambda observation: observation.intent.duplicate,
    topic=ClaimTopic.DUPLICATE,
    why="A second account for one person splits its rights, and the client later finds two matches.",
    fix="Check uniqueness before storing and answer 409 with scimType `uniqueness`.",
    fix_1_1="Check uniqueness before storing and answer 409 Conflict.",
)
def duplicate_refused(observation: Observation) -> Iterator[Violation]:
    if observation.context.claims.existing == "adopt":
        # The vendor claims that a create for a known person takes over the account: then it must be that one.
        if not observation.response.ok or resource_of(observation).get("id") != subject(observation).id:
            yield Violation(
                "/id",
                expected=quotation(subject(observation).id),
                actual=display(resource_of(observation).get("id", MISSING)),
                failure="A create for a known account does not take it over, as claimed",
            )
        return
    if observation.response.status != 409 and observation.response.status < 500:
        message = "a second resource was made" if observation.response.ok else "refused, but not as a conflict"
        # No section makes the name of a group unique (RFC 7643 section 8.7.1: uniqueness none).
        level: Level | None = "CLIENT" if observation.intent.resource == "Group" else None
        if not observation.response.ok:
            level = level_of_refusal(observation)  # the server may have refused it for another reason first
        yield Violation(
            "status",
            expected=409,
            actual=observation.response.status,
            message=message,
            level=level,
            failure="A second create of the same resource is accepted" if observation.response.ok else "",
        )


_FOLLOWS_NAME: Final = frozenset({"name.formatted", "displayname", "nickname"})
"""Attributes that a server may derive from the parts of the name; a change of those changes them as well."""


def _created(observation: Observation, *kinds: Kind) -> Iterator[Violation]:
    """The created attributes that read back with such a difference."""
    is_renamed = any(
        e.path.lower().startswith("name.") for w in writes(observation) if w.action != "create" for e in w.effects
    )
    for write, effect in effects(observation, "set"):
        if write.action != "create" or is_custom(effect):
            continue
        if effect.path.lower() == "active" and effect.value is False:
            continue  # user.disabled reports it
        if is_overwritten(observation, effect):
            continue  # patch.other-entries reports it
        if is_renamed and effect.path.lower() in _FOLLOWS_NAME:
            continue
        if is_published(observation.context, subject(observation).kind, effect.path) is False:
            continue  # the target's own schema does not promise it
        if _is_lost_later(observation, effect):
            continue  # patch.untouched reports it
        yield from _differing(observation, effect, *kinds)


def _written(observation: Observation, *kinds: Kind) -> Iterator[Violation]:
    """The same for changes, and for the values that a profile expects."""
    yield from _created(observation, *kinds)
    for write, effect in effects(observation, "set"):
        is_offered = is_published(observation.context, subject(observation).kind, effect.path) is not False
        if write.action in {"patch", "replace"} and is_offered and not is_custom(effect):
            yield from _differing(observation, effect, *kinds)
    for write in writes(observation):
        for effect in write.effects if write.action == "read-back" else ():
            yield from _differing(observation, effect, *kinds)


def _is_lost_later(observation: Observation, effect: Effect) -> bool:
    """True when an answer between the creation and a later change shows the value as it was sent."""
    before = state_before(observation) if is_change(observation) else None
    return before is not None and paths.is_same(effect.value, paths.get(before, effect.path))


def _differing(observation: Observation, effect: Effect, *kinds: Kind) -> Iterator[Violation]:
    actual = paths.get(resource_of(observation), effect.path)
    one = difference(effect.path, effect.value, actual)
    if one is not None and one.kind in kinds:
        yield Violation(effect.path, expected=quotation(effect.value), actual=display(actual), message=one.words)


def _is_created(observation: Observation) -> bool:
    return has_resource(observation) and any(w.action == "create" for w in writes(observation))


def _is_written(observation: Observation) -> bool:
    return has_resource(observation) and any(e.kind == "set" for w in writes(observation) for e in w.effects)


@check(
    "create.stored",
    "Every attribute of a create reads back as sent",
    failure="An attribute of a create is dropped or altered",
    level="CLIENT",
    cites=("RFC7644-3.3",),
    on=("read-back",),
    scim=BOTH,
    when=_is_created,
    why="What the server drops or rewrites differs from the source in every later comparison.",
    fix="Store and return the attribute exactly as sent, or leave it out of /Schemas so that admins do not map it.",
    fault=Fault.LOSS,
)
def stored(observation: Observation) -> Iterator[Violation]:
    yield from _created(observation, Kind.VALUE, Kind.FORM, Kind.REWORDING)


@check(
    "create.text-survives",
    "A text reads back as sent, letter by letter",
    failure="A text reads back with letters or spaces altered",
    level="MUST",
    cites=("RFC7643-2.3.1", "RFC7644-3.8"),
    on=("read-back",),
    scim=BOTH,
    when=_is_written,
    why="Names like Žofia or O'Brien are people's names; a mangled one is a wrong one.",
    fix="Read and write UTF-8 throughout, and do not escape, strip, trim or cut texts on the way to the store.",
    fault=Fault.LOSS,
)
def text_survives(observation: Observation) -> Iterator[Violation]:
    yield from _written(observation, Kind.TEXT)
    yield from (replace(one, level="SHOULD") for one in _written(observation, Kind.SPACE))


@check(
    "create.case-kept",
    "Upper and lower case read back as sent",
    failure="A value reads back with its upper and lower case changed",
    level="CLIENT",
    cites=("RFC7643-2.2", "RFC7643-7"),
    on=("read-back",),
    scim=BOTH,
    when=_is_written,
    why="Matching ignores case, but clients compare what is stored letter by letter.",
    fix="Compare without case, store with it.",
    fault=Fault.LOSS,
)
def case_kept(observation: Observation) -> Iterator[Violation]:
    for one in _written(observation, Kind.CASE):
        # Of the attributes that clients write, externalId alone is caseExact by itself (RFC 7643 section 3.1).
        yield replace(one, level="MUST") if one.where.lower() == "externalid" else one
