"""Memberships: additions, removals, and the members that no request names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from scim_compat.checks.answers import has_resource, resource_of
from scim_compat.checks.display import display, quotation
from scim_compat.checks.effects import (
    effects,
    is_one_of_several,
    last_effects,
    member_ids,
    members_before,
    subject,
)
from scim_compat.checks.registry import BOTH, NotJudged, Trait, Violation, at_most_five, check
from scim_compat.engine.intent import Observation
from scim_compat.scim import messages, paths
from scim_compat.values import MISSING, Fault, Json, plural

_MOST_LISTED: Final = 10


def _has_members(observation: Observation) -> bool:
    """True when the answer shows the members: it has ``members``, or they were asked for by name.

    A server may return members on request only (RFC 7643 §7, ``returned``).
    """
    subject = observation.intent.subject
    if subject is None or subject.kind != "Group" or not has_resource(observation):
        return False
    members = paths.member(resource_of(observation), "members")
    return members is not MISSING or observation.intent.action == "read-members"


@check(
    "group.members-shown",
    "A read of a group shows its members",
    failure="A read of a group shows no members",
    level="MUST",
    cites=("RFC7643-4.2", "RFC7643-7"),
    on=("read-back", "read-members"),
    scim=BOTH,
    when=lambda observation: (
        _are_members_expected(observation) and (_are_shown(observation) or observation.intent.action == "read-members")
    ),
    why="Nobody can see who is in: a client that compares memberships adds everybody again, and a wrong member is "
    "never noticed.",
    fix="Return members with every read of a group, or at least where the request names them in attributes; and store "
    "what was added.",
)
def members_shown(observation: Observation) -> Iterator[Violation]:
    if _are_shown(observation):
        return
    if _are_shown_elsewhere(observation):
        raise NotJudged("other answers show members, so this group has none: group.member-added reports it")
    about = subject(observation)
    message = "No answer has shown a member of any group: they are not stored, or never returned."
    expected = _count(sorted(about.members - about.knowledge.absentees))
    yield Violation("members", expected=expected, actual="(absent)", message=message)


def _are_members_expected(observation: Observation) -> bool:
    """True for an answer about a group that must have members."""
    about = observation.intent.subject
    if about is None or about.kind != "Group" or not has_resource(observation):
        return False
    return bool(about.members - about.knowledge.absentees)


def _are_shown(observation: Observation) -> bool:
    return paths.member(resource_of(observation), "members") is not MISSING


def _are_shown_elsewhere(observation: Observation) -> bool:
    """True when this group or one of the crowd has shown members, so that a list without them is an empty one."""
    elsewhere = observation.context.shows_members
    return elsewhere is True or (elsewhere is None and bool(members_before(observation)))


def _require_shown_members(observation: Observation) -> None:
    """Raise NotJudged for a group without members at an endpoint that has never shown any."""
    if not _are_shown(observation) and not _are_shown_elsewhere(observation):
        raise NotJudged("no answer has shown members of any group: group.members-shown reports it")


@check(
    "group.member-added",
    "An added member is in the group when read back",
    failure="An added member is not in the group",
    level="MUST",
    cites=("RFC7644-3.5.2.1", "RFC7644-3.3"),
    on=("read-back", "read-members"),
    scim=BOTH,
    when=lambda observation: _has_members(observation) and any(effects(observation, "add-member")),
    why="The user was given access in the directory and has none here.",
    fix="Apply `add` on `members` for every element, whether or not `type`, `display` or `$ref` come with it.",
    fix_1_1="Add every element of `members` in a partial group, whether or not `type` or `display` come with it.",
    fault=Fault.LOSS,
)
def member_added(observation: Observation) -> Iterator[Violation]:
    _require_shown_members(observation)
    inside = member_ids(observation)
    missing = [e.value for _, e in effects(observation, "add-member") if e.value not in inside]
    if missing:
        yield Violation(
            "members",
            expected=f"{_count(missing)} added: {_listing(missing)}",
            actual=f"{len(inside)} members, without them",
        )


@check(
    "group.member-removed",
    "A removed member is out of the group when read back",
    failure="A removed member stays in the group",
    level="MUST",
    cites=("RFC7644-3.5.2.2",),
    on=("read-back", "read-members"),
    scim=BOTH,
    when=lambda observation: _has_members(observation) and any(effects(observation, "remove-member", accepted=False)),
    traits=Trait.FORM,
    why="Whoever is left in the group keeps the access that was taken away.",
    fix='Support `remove` with `members[value eq "id"]` and with a value array on `members`.',
    fix_1_1='Remove members that say `"operation": "delete"`, and all of them where `meta.attributes` names `members`.',
    fault=Fault.LOSS,
)
def member_removed(observation: Observation) -> Iterator[Violation]:
    inside = member_ids(observation)
    for write, effect in effects(observation, "remove-member", accepted=False):
        if not write.accepted and is_one_of_several(write, effect):
            raise NotJudged("the request asked for something else as well and was refused as a whole")
        if effect.value in inside:
            message = "" if write.accepted else f"the request was refused with {write.status}, so the access stays"
            yield Violation(
                "members",
                expected=f"without {effect.value}",
                actual=f"{effect.value} is still a member",
                message=message,
            )


@check(
    "group.members-kept",
    "The other members of a group stay",
    failure="A group loses members that no request removes",
    level="MUST",
    cites=("RFC7644-3.5.2",),
    on=("read-back", "read-members"),
    scim=BOTH,
    when=lambda observation: _has_members(observation) and bool(subject(observation).members),
    why="People lose access they should have, and no client notices: memberships are not sent again.",
    fix="Change only the members that the operation names; a rename touches none.",
    fault=Fault.DAMAGE,
)
def members_kept(observation: Observation) -> Iterator[Violation]:
    _require_shown_members(observation)
    members = members_before(observation)
    if members is None:
        raise NotJudged("no answer had shown the members before")
    additions = {e.value for _, e in effects(observation, "add-member")}
    losses = sorted((subject(observation).members & members) - additions - member_ids(observation))
    if losses:
        yield Violation(
            "members", expected=f"{_count(losses)} kept: {_listing(losses)}", actual=f"{_count(losses)} missing"
        )


@check(
    "group.members-exact",
    "A group holds the expected members and no others",
    failure="A group holds more members than expected",
    level="MUST",
    cites=("RFC7644-3.5.2",),
    on=("read-back", "read-members"),
    scim=BOTH,
    when=lambda observation: _has_members(observation) and subject(observation).members_exact,
    why="A member that nobody assigned has access that nobody gave.",
    fix="Keep exactly the members that were added and not removed, each once.",
    fault=Fault.DAMAGE,
)
def members_exact(observation: Observation) -> Iterator[Violation]:
    about = subject(observation)
    # group.no-deleted-members reports the deleted ones.
    gone = about.removals | observation.context.readings.vanished
    extra = sorted(member_ids(observation) - about.members - gone)
    if extra:
        yield Violation(
            "members", expected=f"{len(subject(observation).members)} members", actual=f"{_count(extra)} more"
        )


@check(
    "group.members-once",
    "A group shows each member once",
    failure="A group shows a member more than once",
    level="SHOULD",
    cites=("RFC7643-2.4",),
    on=("read-back", "read-members"),
    scim=BOTH,
    when=lambda observation: _has_members(observation) and bool(_entries(observation)),
    why="Lists that are compared with the directory's differ for ever, and counts are wrong.",
    fix="Leave the list as it is when a member is added who is in already.",
    fault=Fault.WRITE,
)
def members_once(observation: Observation) -> Iterator[Violation]:
    twice = sorted(v for v, count in Counter(str(m.get("value")) for m in _entries(observation)).items() if count > 1)
    if twice:
        yield Violation("members", expected="each member once", actual=f"{_listing(twice)} more than once")


@check(
    "group.member-values",
    "The value of a member is the member's id",
    failure="The value of a member is not the member's id",
    level="MUST",
    cites=("RFC7643-4.2",),
    on=("read-back", "read-members"),
    scim=BOTH,
    when=lambda observation: _has_members(observation) and bool(_entries(observation)),
    why="Clients compare the values with the ids that they know: they take everybody for a stranger, and a removal "
    "by value meets nobody.",
    fix="Return the member's id as value, with every way of reading the group.",
)
@at_most_five
def member_values(observation: Observation) -> Iterator[Violation]:
    for index, entry in enumerate(_entries(observation)):
        identifier, value = messages.member_id(entry, observation.context.ours), entry.get("value")
        if identifier != str(value):
            yield Violation(
                f"/members/{index}/value",
                expected=quotation(identifier),
                actual=display(value),
                message="It names the member by another word than the id.",
            )


def _entries(observation: Observation) -> list[Mapping[str, Json]]:
    members = paths.member(resource_of(observation), "members")
    return [m for m in members if isinstance(m, Mapping)] if isinstance(members, list) else []


@check(
    "group.re-add-accepted",
    "Adding a member that is already in is no error",
    failure="Adding a member who is already in fails",
    level="SHOULD",
    cites=("RFC7644-3.5.2.1",),
    on=("patch",),
    scim=BOTH,
    # A member whose first addition was refused is not in; group.change-accepted has reported it.
    when=lambda observation: (
        observation.intent.twice
        and any(effect.kind == "add-member" for effect in last_effects(observation))
        and not {e.value for _, e in effects(observation, "add-member", accepted=False)}
        & subject(observation).knowledge.absentees
    ),
    why="Clients send memberships again after a restart; an error counts as a failure and leads to quarantine.",
    fix="Answer 200 or 204 and leave the group as it is.",
)
def re_add_accepted(observation: Observation) -> Iterator[Violation]:
    if not observation.response.ok and observation.response.status < 500:
        yield Violation("status", expected="200 or 204", actual=observation.response.status)


def _count(ids: list[str]) -> str:
    return plural(len(ids), "member")


def _listing(ids: list[str]) -> str:
    return ", ".join(ids[:_MOST_LISTED]) + (f" and {len(ids) - _MOST_LISTED} more" if len(ids) > _MOST_LISTED else "")
