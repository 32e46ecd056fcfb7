"""Changing resources: every operation, nothing else, or nothing at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from scim_compat.checks.effects import (
    advertised,
    answered,
    body,
    display,
    effects,
    holds,
    is_custom,
    is_manager,
    rewords,
    server_message,
    subject,
    unwritable,
    writes,
)
from scim_compat.checks.refusals import word_on_refusal
from scim_compat.checks.registry import BOTH, Level, NotJudged, Violation, check
from scim_compat.engine.intent import Effect, Observation, Write
from scim_compat.results.model import ClaimTopic
from scim_compat.scim import paths
from scim_compat.values import MISSING, Json

_NAME_PARTS = frozenset({"displayname", "nickname"})


@check(
    "patch.status",
    "A change is answered with 200 or 204",
    level="MUST",
    cites=("RFC7644-3.5.2", "RFC7644-3.5.1"),
    on=("patch", "replace"),
    scim=BOTH,
    when=lambda observation: (
        _must_pass(observation) and not _about(observation, "manager") and not _about(observation, "members")
    ),
    why="A refused change stays undone: the client tries again and again, and the account keeps its old state.",
    fix="Accept the request in the form shown. Where a path names an element that is not there yet, create it.",
)
def status(observation: Observation) -> Iterator[Violation]:
    _must_be_listed(observation)
    yield from _refused(observation)


def _must_be_listed(observation: Observation) -> None:
    """Raises NotJudged for a refused change of attributes that the target's own schema does not list."""
    asked = [e for w in writes(observation)[-1:] for e in w.effects]
    if 400 <= observation.response.status < 500 and asked:
        kind = subject(observation).kind
        if all(advertised(observation.context, kind, e.path) is False for e in asked):
            # To the target the path leads nowhere: invalidPath (RFC 7644 §3.12).
            raise NotJudged(f"the target's own schema does not list {asked[0].path}, so it may be refused")


def _must_pass(observation: Observation) -> bool:
    return observation.intent.expect == "success" and not observation.intent.twice


def _about(observation: Observation, attribute: str) -> bool:
    """The request changes that attribute and nothing else."""
    asked = [e for w in writes(observation)[-1:] for e in w.effects]
    return bool(asked) and all(paths.parse(e.path).attribute.lower() == attribute for e in asked)


def _refused(observation: Observation) -> Iterator[Violation]:
    wanted = observation.intent.statuses or {200, 204}
    # 501 says that the operation is not offered (RFC 7644 §3.12); other server errors are http.no-server-error's.
    if observation.response.status not in wanted and (
        observation.response.status < 500 or observation.response.status == 501
    ):
        yield Violation(
            "status",
            expected=" or ".join(map(str, sorted(wanted))),
            actual=observation.response.status,
            message=server_message(observation),
            level=_word_on_refusal(observation) if observation.response.status >= 400 else None,
        )


def _word_on_refusal(observation: Observation) -> Level | None:
    asked = [e for w in writes(observation)[-1:] for e in w.effects]
    if asked and all(unwritable(observation.context, subject(observation).kind, e.path) for e in asked):
        return "CLIENT"  # RFC 7644 §3.5.2 and §3.5.1: mutability
    return word_on_refusal(observation)


@check(
    "user.manager-accepted",
    "A change of the manager is answered with 200 or 204",
    level="MUST",
    cites=("RFC7644-3.5.2", "RFC7643-4.3"),
    on=("patch", "replace"),
    when=lambda observation: _must_pass(observation) and _about(observation, "manager"),
    why="The manager stays unset or outdated, and approvals go to the wrong person.",
    fix="Take the manager as a bare id as well as in `{value}`; take an empty value and a removal by value filter "
    "as clearing it.",
)
def manager_accepted(observation: Observation) -> Iterator[Violation]:
    _must_be_listed(observation)
    yield from _refused(observation)


@check(
    "group.change-accepted",
    "A change of a group's members is answered with 200 or 204",
    level="MUST",
    cites=("RFC7644-3.5.2", "RFC7644-3.5.1"),
    on=("patch", "replace"),
    scim=BOTH,
    when=lambda observation: _must_pass(observation) and _about(observation, "members"),
    why="Memberships are sent once; a refused one stays wrong until somebody looks.",
    fix='Take `add` on `members`, `remove` on `members[value eq "id"]`, and `remove` on `members` with a value array.',
)
def members_accepted(observation: Observation) -> Iterator[Violation]:
    yield from _refused(observation)


@check(
    "patch.returns-resource",
    "A 200 to a change carries the changed resource",
    level="MUST",
    cites=("RFC7644-3.5.2", "RFC7644-3.5.1"),
    on=("patch", "replace"),
    scim=BOTH,
    when=lambda observation: observation.response.status == 200,
    why="Without the resource in the answer a client cannot tell what was stored.",
    fix="Answer 200 with the whole resource, or 204 without a body.",
)
def returns_resource(observation: Observation) -> Iterator[Violation]:
    if not answered(observation) or "id" not in body(observation):
        yield Violation("body", expected="the changed resource", actual="no resource")


def _ordinary(effect: Effect) -> bool:
    """Attributes without a check of their own."""
    return effect.path.lower() != "active" and not is_manager(effect) and not is_custom(effect)


def _changed(observation: Observation) -> bool:
    return answered(observation) and any(w.action in {"patch", "replace"} for w in writes(observation))


def _unapplied(observation: Observation) -> Iterator[tuple[Write, Effect]]:
    resource = body(observation)
    for write, effect in effects(observation, "set", "clear"):
        if (
            write.action not in {"patch", "replace"}
            or advertised(observation.context, subject(observation).kind, effect.path) is False
        ):
            continue
        if not holds(effect, resource):
            yield write, effect


def _partly(observation: Observation, write: Write) -> bool:
    """Of several operations in one request some took effect and some did not."""
    numbers = {e.operation for e in write.effects if e.operation is not None}
    missed = {e.operation for w, e in _unapplied(observation) if w is write}
    return len(numbers) > 1 and bool(numbers - missed) and bool(missed)


def _problem(observation: Observation, write: Write, effect: Effect, message: str = "") -> Violation:
    found = paths.get(body(observation), effect.path)
    wanted = "no value" if effect.kind == "clear" or paths.is_unassigned(effect.value) else effect.value
    # PUT ignores what is read-only (RFC 7644 §3.5.1), and some texts are kept in another form than sent.
    ignored = write.action == "replace" and unwritable(observation.context, subject(observation).kind, effect.path)
    level: Level | None = "CLIENT" if ignored or rewords(effect.path, effect.value, found) else None
    return Violation(effect.path, expected=wanted, actual=display(found), message=message, level=level)


@check(
    "patch.applied",
    "An accepted change is there when it is read back",
    level="MUST",
    cites=("RFC7644-3.5.2", "RFC7644-3.5.1"),
    on=("read-back", "bystander"),
    scim=BOTH,
    when=_changed,
    topic=ClaimTopic.CHANGE,
    why="The client takes the success for done and shows the admin a state that does not exist.",
    fix="Apply the change before answering, or refuse it with 400.",
)
def applied(observation: Observation) -> Iterator[Violation]:
    for write, effect in _unapplied(observation):
        if _ordinary(effect) and not _partly(observation, write):
            yield _problem(observation, write, effect)


@check(
    "patch.every-operation",
    "Every operation of one request takes effect",
    level="MUST",
    cites=("RFC7644-3.5.2",),
    on=("read-back",),
    when=_changed,
    why="Clients put several changes into one request; one that is skipped in silence is never repaired.",
    fix="Apply all operations in order and fail the whole request if one cannot be applied.",
)
def every_operation(observation: Observation) -> Iterator[Violation]:
    for write, effect in _unapplied(observation):
        if not is_custom(effect) and _partly(observation, write):
            count = len({e.operation for e in write.effects})
            number = (effect.operation or 0) + 1
            yield _problem(
                observation,
                write,
                effect,
                f"operation {number} of {count} was not applied, others of the same request were",
            )


@check(
    "patch.extension-applied",
    "An extension attribute that the target's own schemas list is stored",
    level="MUST",
    cites=("RFC7644-3.5.2", "RFC7643-3.3"),
    on=("read-back", "patch"),
    scim=BOTH,
    when=lambda observation: any(is_custom(e) for w in writes(observation) for e in w.effects),
    topic=ClaimTopic.CHANGE,
    why="Customer-specific attributes travel under their own URN; lost ones are noticed by nobody.",
    fix="Resolve `urn:…:attribute` paths by the longest known URN and store the value in the extension's object.",
)
def extension_applied(observation: Observation) -> Iterator[Violation]:
    now = observation.intent.action == "patch"
    asked = (
        [(w, e) for w in writes(observation)[-1:] for e in w.effects]
        if now
        else list(effects(observation, "set", "clear"))
    )
    promised = [
        (w, e) for w, e in asked if is_custom(e) and advertised(observation.context, subject(observation).kind, e.path)
    ]
    if not promised:
        raise NotJudged("the target's /Schemas does not list the extension, so it may be ignored or refused")
    if now:
        if 400 <= observation.response.status < 500:
            yield Violation(
                "status", expected="200 or 204", actual=observation.response.status, level=_word_on_refusal(observation)
            )
        return
    for write, effect in promised:
        if answered(observation) and write.accepted and not holds(effect, body(observation)):
            yield _problem(observation, write, effect)


@check(
    "patch.atomic",
    "A refused change leaves the resource as it was",
    level="MUST",
    # SCIM 1.1 is silent on it, HTTP's PATCH is not.
    cites=("RFC7644-3.5.2", "RFC5789-2"),
    on=("read-back",),
    scim=BOTH,
    when=lambda observation: (
        answered(observation) and len(writes(observation)) == 1 and not writes(observation)[0].accepted
    ),
    why="Half a change is a state that neither side believes in.",
    fix="Apply the operations to a copy and store it only when all of them worked.",
)
def atomic(observation: Observation) -> Iterator[Violation]:
    before = subject(observation).last_answer
    if before is None:
        raise NotJudged("the resource was not read before the change")
    refusal = writes(observation)[0]
    for effect in refusal.effects:
        if effect.path == "members" and paths.member(before, "members") is None:
            continue
        if effect.path != "members" and holds(effect, body(observation)) and not holds(effect, before):
            yield Violation(
                effect.path,
                expected=display(paths.get(before, effect.path)),
                actual=display(paths.get(body(observation), effect.path)),
                message=f"the request was refused with {refusal.status}, yet this part of it was applied",
            )


@check(
    "patch.untouched",
    "A change leaves the attributes it does not name as they were",
    level="MUST",
    cites=("RFC7644-3.5.2",),
    on=("read-back",),
    scim=BOTH,
    when=lambda observation: _changed(observation) and subject(observation).last_answer is not None,
    why="A change of one attribute that loses another destroys data nobody meant to touch.",
    fix="Change only what the operations name; a PATCH is not a PUT.",
)
def untouched(observation: Observation) -> Iterator[Violation]:
    before = subject(observation).last_answer or {}
    asked = [e for w in writes(observation) for e in w.effects]
    for path, _value in paths.leaves(subject(observation).desired):
        if any(_touches(effect, path, before) for effect in asked):
            continue
        was, now = paths.get(before, path), paths.get(body(observation), path)
        if paths.is_unassigned(was) or paths.same(was, now) or _follows(asked, before, was):
            continue
        yield Violation(path, expected=display(was), actual=display(now))


def _touches(effect: Effect, path: str, before: Mapping[str, Json]) -> bool:
    one, other = paths.parse(effect.path), paths.parse(path)
    if one.attribute.lower() == "name" and (other.top in _NAME_PARTS or other.sub.lower() == "formatted"):
        return True  # a server may derive these from the parts of the name
    if one.attribute.lower() == "displayname" and other.sub.lower() == "formatted":
        return True
    if one.top != other.top:
        return False
    if not one.attribute or not other.attribute:
        return True
    if one.where and other.where and not _same_element(one, other, before):
        # A new primary takes the mark from the old one (RFC 7643 §2.4).
        return other.sub.lower() == "primary"
    return not one.sub or not other.sub or one.sub.lower() == other.sub.lower() or other.sub.lower() == "formatted"


def _same_element(one: paths.Path, other: paths.Path, before: Mapping[str, Json]) -> bool:
    """Whether two filters pick one element, be it by other words: ``primary eq true``, ``type eq "work"``."""
    if _words(one.where) == _words(other.where):
        return True
    first, second = (paths.get(before, replace(at, sub="")) for at in (one, other))
    return first is not MISSING and first is second


def _words(where: tuple[tuple[str, object], ...]) -> set[tuple[str, str]]:
    return {(name.lower(), str(value).lower()) for name, value in where}


def _follows(asked: list[Effect], before: object, was: object) -> bool:
    """An attribute that held the old userName may follow the new one: many stores keep one value for both."""
    renamed = any(e.path.lower() == "username" for e in asked)
    return renamed and isinstance(before, dict) and paths.member(before, "userName") == was


@check(
    "patch.last-modified-moves",
    "meta.lastModified moves with a change",
    level="MUST",
    cites=("RFC7643-3.1",),
    on=("read-back",),
    scim=BOTH,
    when=lambda observation: _changed(observation) and subject(observation).last_answer is not None,
    why="Clients that import by date miss a change whose date stands still.",
    fix="Set meta.lastModified on every write that changes the resource.",
)
def last_modified_moves(observation: Observation) -> Iterator[Violation]:
    before = subject(observation).last_answer or {}
    was, now = (
        _date(paths.get(before, "meta.lastModified")),
        _date(paths.get(body(observation), "meta.lastModified")),
    )
    if was is None or now is None:
        raise NotJudged("meta.lastModified is not there before and after the change")
    really = [
        e for w, e in effects(observation, "set", "clear") if holds(e, body(observation)) and not holds(e, before)
    ]
    if not really:
        raise NotJudged("nothing changed")
    if now > was:
        return
    # A clock of whole seconds may lawfully show the same second; then only a clear gap tells.
    answered_at = _http_date(observation.response.header("date"))
    if now == was and not now.microsecond and (answered_at is None or (answered_at - now).total_seconds() < 2):
        raise NotJudged("the server keeps whole seconds and the change came within one")
    yield Violation("meta.lastModified", expected=f"later than {was.isoformat()}", actual=now.isoformat())


@check(
    "patch.created-stays",
    "meta.created stands still",
    level="MUST",
    cites=("RFC7643-3.1",),
    on=("read-back",),
    scim=BOTH,
    when=lambda observation: _changed(observation) and subject(observation).last_answer is not None,
    why="Clients and auditors tell new accounts from old ones by this date; with each change the account looks new.",
    fix="Set meta.created once, when the resource is added, and return it as it is.",
)
def created_stays(observation: Observation) -> Iterator[Violation]:
    was, now = (
        _date(paths.get(resource, "meta.created"))
        for resource in (subject(observation).last_answer or {}, body(observation))
    )
    if was is None or now is None:
        raise NotJudged("meta.created is not there before and after the change")
    # The one answer may be more precise than the other.
    if abs((now - was).total_seconds()) >= 1:
        yield Violation("meta.created", expected=was.isoformat(), actual=now.isoformat())


def _date(value: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _http_date(value: str | None) -> datetime | None:
    try:
        return parsedate_to_datetime(value) if value else None
    except ValueError:
        return None
