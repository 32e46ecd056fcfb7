"""Changes of a resource: accepted, applied, and every operation of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from scim_compat.checks.answers import has_resource, resource_of, server_message
from scim_compat.checks.differences import Kind, difference, is_taken_over
from scim_compat.checks.display import display, quotation
from scim_compat.checks.effects import (
    effects,
    is_applied,
    is_change,
    is_custom,
    is_manager,
    is_overwritten,
    last_effects,
    subject,
    writes,
)
from scim_compat.checks.misplacement import respelling
from scim_compat.checks.published import is_published, is_unwritable
from scim_compat.checks.refusals import level_of_refusal
from scim_compat.checks.registry import BOTH, NotJudged, Violation, check
from scim_compat.engine.intent import Effect, Observation, Write
from scim_compat.results.model import ClaimTopic
from scim_compat.scim import paths
from scim_compat.scim.grammar import PathError, parse_path
from scim_compat.values import Fault, Level


@check(
    "patch.status",
    "A change is answered with 200 or 204",
    failure="A change is answered with an unexpected status",
    level="MUST",
    cites=("RFC7644-3.5.2", "RFC7644-3.5.1"),
    on=("patch", "replace"),
    scim=BOTH,
    when=lambda observation: (
        _must_succeed(observation)
        and not _changes_only(observation, "manager")
        and not _changes_only(observation, "members")
    ),
    why="A refused change stays undone: the client tries again and again, and the account keeps its old state.",
    fix="Accept the request in the form shown. Where a path names an element that is not there yet, create it.",
)
def status(observation: Observation) -> Iterator[Violation]:
    _require_published(observation)
    yield from _refusal(observation, failure="A change is refused")


def _require_published(observation: Observation) -> None:
    """Raise NotJudged for a refused change of an attribute that the target's own schema does not list.

    To the target its path leads nowhere (invalidPath, RFC 7644 §3.12), and the request fails as a whole (§3.5.2).
    """
    if not 400 <= observation.response.status < 500:
        return
    about = observation.intent.subject
    for path in _changed_paths(observation) if about else ():
        if about and is_published(observation.context, about.kind, path) is False:
            raise NotJudged(f"the target's own schema does not list {path}, so it may be refused")


def _changed_paths(observation: Observation) -> Iterator[str]:
    """The attributes that the request changes: by its effects; where the profile states none, by its operations."""
    effects = last_effects(observation)
    yield from (effect.path for effect in effects)
    body = observation.intent.body
    operations = body.get("Operations") if isinstance(body, Mapping) and not effects else None
    for one in operations if isinstance(operations, list) else ():
        path = one.get("path") if isinstance(one, Mapping) else None
        if isinstance(path, str) and _is_path(path):
            yield path


def _is_path(text: str) -> bool:
    try:
        parse_path(text)
    except PathError:
        return False
    return True


def _must_succeed(observation: Observation) -> bool:
    return observation.intent.expect == "success" and not observation.intent.twice


def _changes_only(observation: Observation, attribute: str) -> bool:
    """True when the request changes that attribute and nothing else."""
    changes = last_effects(observation)
    return bool(changes) and all(parse_path(e.path).attribute.lower() == attribute for e in changes)


def _refusal(observation: Observation, *, failure: str) -> Iterator[Violation]:
    """``failure``: the phrase for a status that refuses; any other one is unexpected."""
    accepted = observation.intent.statuses or {200, 204}
    status = observation.response.status
    # 501 says that the operation is not offered (RFC 7644 §3.12); http.no-server-error reports other server errors.
    if status not in accepted and (status < 500 or status == 501):
        yield Violation(
            "status",
            expected=" or ".join(map(str, sorted(accepted))),
            actual=status,
            message=server_message(observation),
            level=_level(observation) if status >= 400 else None,
            failure=failure if status >= 400 else "",
        )


def _level(observation: Observation) -> Level | None:
    changes = last_effects(observation)
    if changes and all(is_unwritable(observation.context, subject(observation).kind, e.path) for e in changes):
        return "CLIENT"  # RFC 7644 §3.5.2 and §3.5.1: mutability
    return level_of_refusal(observation)


@check(
    "user.manager-accepted",
    "A change of the manager is answered with 200 or 204",
    failure="A change of the manager gets an unexpected status",
    level="MUST",
    cites=("RFC7644-3.5.2", "RFC7643-4.3"),
    on=("patch", "replace"),
    when=lambda observation: _must_succeed(observation) and _changes_only(observation, "manager"),
    why="The manager stays unset or outdated, and approvals go to the wrong person.",
    fix="Take the manager as a bare id as well as in `{value}`; take an empty value and a removal by value filter "
    "as clearing it.",
)
def manager_accepted(observation: Observation) -> Iterator[Violation]:
    _require_published(observation)
    yield from _refusal(observation, failure="A change of the manager is refused")


@check(
    "group.change-accepted",
    "A change of a group's members is answered with 200 or 204",
    failure="A change of a group's members gets an unexpected status",
    level="MUST",
    cites=("RFC7644-3.5.2", "RFC7644-3.5.1"),
    on=("patch", "replace"),
    scim=BOTH,
    when=lambda observation: _must_succeed(observation) and _changes_only(observation, "members"),
    why="Memberships are sent once; a refused one stays wrong until somebody looks.",
    fix='Take `add` on `members`, `remove` on `members[value eq "id"]`, and `remove` on `members` with a value array.',
    fix_1_1='Take a partial group whose `members` are added, or removed where they say `"operation": "delete"`, and a '
    "PUT of the whole group.",
)
def members_accepted(observation: Observation) -> Iterator[Violation]:
    yield from _refusal(observation, failure="A change of a group's members is refused")


@check(
    "patch.returns-resource",
    "A 200 to a change carries the changed resource",
    failure="A 200 to a change lacks the resource or its id",
    level="MUST",
    cites=("RFC7644-3.5.2", "RFC7644-3.5.1"),
    on=("patch", "replace"),
    scim=BOTH,
    when=lambda observation: observation.response.status == 200,
    why="Without the resource in the answer a client cannot tell what was stored.",
    fix="Answer 200 with the whole resource, or 204 without a body.",
)
def returns_resource(observation: Observation) -> Iterator[Violation]:
    if not has_resource(observation) or "id" not in resource_of(observation):
        yield Violation("body", expected="the changed resource", actual="no resource")


@check(
    "patch.applied",
    "An accepted change is there when it is read back",
    failure="An accepted change does not take effect",
    level="MUST",
    cites=("RFC7644-3.5.2", "RFC7644-3.5.1"),
    on=("read-back", "bystander"),
    scim=BOTH,
    when=is_change,
    topic=ClaimTopic.CHANGE,
    why="The client takes the success for done and shows the admin a state that does not exist.",
    fix="Apply the change before answering, or refuse it with 400.",
    fault=Fault.LOSS,
)
def applied(observation: Observation) -> Iterator[Violation]:
    for write, effect in _unapplied(observation):
        # user.disabled, user.enabled, user.manager and patch.extension-applied report the others.
        is_ordinary = effect.path.lower() != "active" and not is_manager(effect) and not is_custom(effect)
        if is_ordinary and not _is_partly_applied(observation, write):
            yield _violation(observation, write, effect)


def _unapplied(observation: Observation) -> Iterator[tuple[Write, Effect]]:
    resource = resource_of(observation)
    for write, effect in effects(observation, "set", "clear"):
        if write.action not in {"patch", "replace"}:
            continue
        if is_published(observation.context, subject(observation).kind, effect.path) is False:
            continue
        if not is_taken_over(effect, resource) and not is_overwritten(observation, effect):
            yield write, effect


def _is_partly_applied(observation: Observation, write: Write) -> bool:
    """True when some operations of one request took effect and some did not."""
    numbers = {e.operation for e in write.effects if e.operation is not None}
    missing = {e.operation for w, e in _unapplied(observation) if w is write}
    return len(numbers) > 1 and bool(numbers - missing) and bool(missing)


def _violation(observation: Observation, write: Write, effect: Effect, message: str = "") -> Violation:
    actual = paths.get(resource_of(observation), effect.path)
    expected = "no value" if effect.kind == "clear" or paths.is_unassigned(effect.value) else quotation(effect.value)
    # PUT ignores read-only attributes (RFC 7644 §3.5.1).
    kind = subject(observation).kind
    is_ignored = write.action == "replace" and is_unwritable(observation.context, kind, effect.path)
    level: Level | None = "CLIENT" if is_ignored else None
    return Violation(effect.path, expected=expected, actual=display(actual), message=message, level=level)


@check(
    "patch.value-kept",
    "A changed value reads back in the form in which it was sent",
    failure="A changed value reads back in another form",
    level="MUST",
    cites=("RFC7644-3.5.2", "RFC7644-3.5.1"),
    on=("read-back", "bystander"),
    scim=BOTH,
    when=is_change,
    why="The client compares what is stored with its source, and sends a value in another form again in every cycle.",
    fix="Store the value as it was sent: of the same type, with its leading zeros, in its own format.",
    fault=Fault.LOSS,
)
def value_kept(observation: Observation) -> Iterator[Violation]:
    for write, effect in effects(observation, "set"):
        is_ordinary = effect.path.lower() != "active" and not is_manager(effect) and not is_custom(effect)
        is_offered = is_published(observation.context, subject(observation).kind, effect.path) is not False
        if write.action not in {"patch", "replace"} or not is_ordinary or not is_offered:
            continue
        one = difference(effect.path, effect.value, paths.get(resource_of(observation), effect.path))
        if one is not None and one.kind in {Kind.FORM, Kind.REWORDING}:
            violation = _violation(observation, write, effect, one.words)
            yield replace(violation, level="CLIENT") if one.kind is Kind.REWORDING else violation


@check(
    "patch.every-operation",
    "Every operation of one request takes effect",
    failure="Some operations of a request take effect, others do not",
    level="MUST",
    cites=("RFC7644-3.5.2",),
    on=("read-back",),
    when=is_change,
    why="Clients put several changes into one request; one that is skipped in silence is never repaired.",
    fix="Apply all operations in order and fail the whole request if one cannot be applied.",
    fault=Fault.LOSS,
)
def every_operation(observation: Observation) -> Iterator[Violation]:
    for write, effect in _unapplied(observation):
        if not is_custom(effect) and _is_partly_applied(observation, write):
            count = len({e.operation for e in write.effects})
            number = (effect.operation or 0) + 1
            message = f"operation {number} of {count} was not applied, others of the same request were"
            yield _violation(observation, write, effect, message)


@check(
    "patch.extension-applied",
    "An extension attribute that the target lists or has shown before is stored",
    failure="An extension attribute is refused or not stored",
    level="MUST",
    cites=("RFC7644-3.5.2", "RFC7643-3.3"),
    on=("read-back", "patch"),
    scim=BOTH,
    when=lambda observation: any(is_custom(e) for w in writes(observation) for e in w.effects),
    topic=ClaimTopic.CHANGE,
    why="Customer-specific attributes travel under their own URN; lost ones are noticed by nobody.",
    fix="Resolve `urn:…:attribute` paths by the longest known URN and store the value in the extension's object.",
    fix_1_1="Store the attributes that stand in the object under the extension's URN.",
    fault=Fault.LOSS,
)
def extension_applied(observation: Observation) -> Iterator[Violation]:
    is_answer = observation.intent.action == "patch"
    changes = (
        [(w, e) for w in writes(observation)[-1:] for e in w.effects]
        if is_answer
        else list(effects(observation, "set", "clear"))
    )
    kind = subject(observation).kind
    kept = subject(observation).knowledge.extension_paths
    extensions = [
        (w, e)
        for w, e in changes
        if is_custom(e) and (e.path.lower() in kept or is_published(observation.context, kind, e.path))
    ]
    if not extensions:
        raise NotJudged("the target neither lists the extension in /Schemas nor has shown it, so it may ignore it")
    if is_answer:
        if not any(e.path.lower() in kept for _, e in extensions):
            _require_published(observation)
        status = observation.response.status
        if 400 <= status < 500:
            yield Violation("status", expected="200 or 204", actual=status, level=_level(observation))
        return
    for write, effect in extensions:
        if respelling(resource_of(observation), effect):
            continue  # extension.labels-kept reports it
        if has_resource(observation) and write.accepted and not is_applied(effect, resource_of(observation)):
            one = difference(effect.path, effect.value, paths.get(resource_of(observation), effect.path))
            yield _violation(observation, write, effect, one.words if one else "")
