"""The neighbours of a write: the accounts, the groups and the entries beside the one that it names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from scim_compat.checks.answers import has_resource, resource_of
from scim_compat.checks.display import display, quotation
from scim_compat.checks.effects import (
    effects,
    entries_beside,
    is_kept_entry,
    is_overwritten,
    is_rewording,
    subject,
)
from scim_compat.checks.published import is_unwritable
from scim_compat.checks.registry import BOTH, Harm, Violation, at_most_five, check
from scim_compat.checks.resources import own_resources
from scim_compat.engine.intent import Observation
from scim_compat.scim import messages, paths
from scim_compat.values import Fault, Json

_DERIVED = frozenset({"meta", "schemas", "id", "groups", "members"})
"""Attributes that a server changes by itself, or that checks of their own compare."""


def _id(observation: Observation) -> str:
    return subject(observation).id or ""


@check(
    "neighbour.unchanged",
    "A write leaves every other account as it was",
    failure="A write to one account changes or removes another",
    level="MUST",
    cites=("RFC7644-3.5.2", "RFC7644-3.6"),
    on=("read-back",),
    scim=BOTH,
    when=lambda observation: (
        observation.intent.subject is not None
        and _id(observation) in observation.context.readings.shown
        and not observation.intent.gone
        and (has_resource(observation) or observation.response.status in {404, 410})
    ),
    why="Two people may share an address or a name. A write that selects by anything but the id hits both.",
    fix="Select the resource by the id in the URL alone, and write to nothing else.",
    fault=Fault.DAMAGE,
)
@at_most_five
def unchanged(observation: Observation) -> Iterator[Violation]:
    message = "Nothing was written to this resource since it was read."
    if not has_resource(observation):
        yield Violation("status", expected=200, actual=observation.response.status, message=message)
        return
    readings, now = observation.context.readings, resource_of(observation)
    before = readings.shown[_id(observation)]
    for path, was in paths.leaves(before, skip=_DERIVED):
        if path.attribute.lower() == "manager" and (path.sub.lower() != "value" or was in readings.vanished):
            continue  # the manager's name is the manager's own
        if path.attribute.lower() == "active" and _id(observation) in readings.disabled:
            continue  # user.stays-disabled reports it
        if is_unwritable(observation.context, subject(observation).kind, str(path)):
            continue  # the server's own, which may change by itself
        actual = paths.get(now, path)
        if not paths.is_same(was, actual) and not is_rewording(str(path), was, actual):
            yield Violation(str(path), expected=display(was), actual=display(actual), message=message)
    for name, value in now.items():
        is_new = paths.is_unassigned(paths.member(before, name)) and not paths.is_unassigned(value)
        if is_new and name.lower() not in _DERIVED:
            yield Violation(name, expected="(absent)", actual=display(value), message=message)


@check(
    "patch.other-entries",
    "A change of one entry leaves the other entries of the attribute as they were",
    failure="A change of one entry alters or removes another",
    level="MUST",
    cites=("RFC7644-3.5.2", "RFC7644-3.5.2.3"),
    on=("read-back",),
    when=lambda observation: (
        has_resource(observation)
        and (
            any(entries_beside(observation))
            or any(is_overwritten(observation, e) for _, e in effects(observation, "set"))
        )
    ),
    why="A filter in the path names one address or number. A server that ignores it overwrites all of them, and the "
    "others are lost for good.",
    fix="Apply the operation to the entries that the filter in the path selects, and to no others.",
    fault=Fault.DAMAGE,
)
@at_most_five
def other_entries(observation: Observation) -> Iterator[Violation]:
    for path, entry in entries_beside(observation):
        held = paths.get(resource_of(observation), path)
        if not any(is_kept_entry(str(path), entry, one) for one in (held if isinstance(held, list) else [held])):
            # A server that keeps one address has no type that a filter could select by: the address was replaced.
            is_untyped = paths.is_unassigned(paths.member(entry, "type"))
            yield Violation(
                str(path),
                expected=display(dict(entry)),
                actual=display(held),
                message="no answer shows a type of this entry" if is_untyped else "",
                harm=Harm.LOSS if is_untyped else None,
            )
    for _, effect in effects(observation, "set"):
        if is_overwritten(observation, effect):
            actual = display(paths.get(resource_of(observation), effect.path))
            message = "It holds what the same request asked for at another entry."
            yield Violation(effect.path, expected=quotation(effect.value), actual=actual, message=message)


@check(
    "user.groups-current",
    "A user shows no group that the user has left or that was deleted",
    failure="A user shows a group that was left or deleted",
    level="MUST",
    cites=("RFC7643-4.1.2",),
    on=("read-back", "look-up", "list", "match"),
    scim=BOTH,
    when=lambda observation: any(True for one in own_resources(observation) for _ in _groups(one.value)),
    why="Applications grant by `groups`, and administrators look there: the access that was taken away seems to stay.",
    fix="Derive `groups` from the members of the groups when the user is read, and drop it when a group is deleted.",
    fault=Fault.WRITE,
)
@at_most_five
def groups_current(observation: Observation) -> Iterator[Violation]:
    readings = observation.context.readings
    for resource in own_resources(observation):
        user, where = str(resource.value.get("id")), f"{resource.pointer}/groups"
        for group in _groups(resource.value):
            if group in readings.vanished:
                yield Violation(where, expected="groups that exist", actual=f"{group}, deleted")
            elif group in readings.members and user not in readings.members[group]:
                message = "The group itself does not show the user any more."
                yield Violation(
                    f"{resource.pointer}/groups", expected=f"without {group}", actual=quotation(group), message=message
                )


def _groups(user: Mapping[str, Json]) -> Iterator[str]:
    """Ids of the groups that the user shows as direct ones."""
    entries = paths.member(user, "groups")
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, Mapping) and str(entry.get("type", "direct")).lower() == "direct":
            yield str(entry.get("value"))


@check(
    "group.no-deleted-members",
    "A deleted user is no member of any group",
    failure="A group still holds a member that was deleted",
    level="MUST",
    cites=("RFC7644-3.6", "RFC7643-4.2"),
    on=("read-back", "read-members", "look-up", "list", "match"),
    scim=BOTH,
    when=lambda observation: bool(observation.context.readings.vanished and own_resources(observation)),
    why="Access by the group outlives the account, and whoever gets the name or the id next inherits it.",
    fix="Remove a user from every group when the user is deleted.",
    fault=Fault.WRITE,
)
@at_most_five
def no_deleted_members(observation: Observation) -> Iterator[Violation]:
    vanished = observation.context.readings.vanished
    for resource in own_resources(observation):
        for identifier in sorted(messages.member_ids(resource.value) & vanished):
            yield Violation(
                f"{resource.pointer}/members", expected="members that exist", actual=f"{identifier}, deleted"
            )
