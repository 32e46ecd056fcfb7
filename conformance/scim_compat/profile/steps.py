"""Rules about steps that no schema can hold: who enters, who is used, and who is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scim_compat.errors import Complaint
from scim_compat.profile.cast import Cast, Setting
from scim_compat.profile.literal import check_literal
from scim_compat.profile.strings import check_attributes, check_placeholders
from scim_compat.source.complaints import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scim_compat.profile.model import ResourceKind
    from scim_compat.source.yaml import Node
    from scim_compat.values import Where


def step_complaints(steps: list[Node], setting: Setting) -> list[Complaint]:
    """The complaints about the steps of one scenario, each of which the schema allows."""
    cast = Cast(setting)
    for step in steps:
        fresh = _follow(step, cast)
        check_attributes(step, cast)
        check_placeholders(step, cast, fresh)
    return cast.book.complaints


def _follow(step: Node, cast: Cast) -> set[str]:
    """Follows who is created, used and deleted; returns the actors who get their id in this very step."""
    parts = step.value
    if "given" in parts:
        return _given(step, cast)
    if "send" in parts:
        check_literal(step, cast)
        return set()
    if "verify" in parts:
        cast.use(parts["verify"].value, "Group" if "members" in parts else None, parts["verify"].where)
        cast.use_all(parts.get("members"))
        return set()
    return _deed(step, cast)


def _given(step: Node, cast: Cast) -> set[str]:
    parts = step.value
    name, where = parts["given"].value, parts["given"].where
    kind: ResourceKind = parts["kind"].value if "kind" in parts else "User"
    if name in cast.roles and cast.roles[name].there:
        first = cast.roles[name].where.line
        cast.book.add(where, f"{quoted(name)} is there already, since line {first}", "use another name")
    role = cast.enter(name, kind, where, many="count" in parts)
    if kind == "Group" and "count" in parts:
        cast.book.add(parts["count"].where, "count creates users only", "remove kind: Group")
    if kind == "User" and "members" in parts:
        cast.book.add(parts["members"].where, "a User has no members", "add kind: Group")
    cast.use_all(parts.get("members"))
    role.created = role.there = True
    return {name}


def _deed(step: Node, cast: Cast) -> set[str]:
    parts = step.value
    verb = parts["do"].value
    if verb == "probe":
        _check_match(parts["on"].value, step.where, cast)
    if verb == "match-crowd" and "by" not in parts:
        _check_match(parts["on"].value if "on" in parts else "User", step.where, cast)
    if verb == "assign-manager" and not cast.setting.has_reference:
        hint = "add a row with reference: true to mapping.user"
        cast.book.add(step.where, "the mapping of users has no reference attribute to assign", hint)
    if verb == "bulk":
        return _bulk(parts["operations"].value, cast)
    fresh: set[str] = set()
    kinds: tuple[tuple[str, ResourceKind], ...] = (("user", "User"), ("group", "Group"))
    for key, kind in kinds:
        if key in parts:
            fresh |= _subject(step, parts[key], kind, cast)
    if "manager" in parts:
        cast.use(parts["manager"].value, "User", parts["manager"].where)
    _use_members(parts, cast)
    return fresh


def _subject(step: Node, node: Node, kind: ResourceKind, cast: Cast) -> set[str]:
    name, parts = node.value, step.value
    match parts["do"].value:
        case "match":
            if "by" not in parts:
                _check_match(kind, step.where, cast)
            if "finds" in parts and parts["finds"].value == 1:
                cast.use(name, kind, node.where)
            else:
                cast.enter(name, kind, node.where)
            return set()
        case "create":
            return _creation(step, node, kind, cast)
        case "overlap" if "creates" in parts:
            return _creation(step, node, kind, cast)
        case verb:
            role = cast.use(name, kind, node.where)
            if verb == "delete":
                role.there = False
            return set()


def _creation(step: Node, node: Node, kind: ResourceKind, cast: Cast) -> set[str]:
    name, parts = node.value, step.value
    if "as" in parts and name in cast.roles:
        what = f"as comes too late: {quoted(name)} is made up already, in line {cast.roles[name].where.line}"
        cast.book.add(parts["as"].where, what, "write the attribute under has, or give the values where it enters")
    # A conflict: the same one again, or a stranger who takes another's name.
    if "expect" in parts and parts["expect"].value == "conflict":
        cast.enter(name, kind, node.where)
        return set()
    role = cast.enter(name, kind, node.where)
    if role.there:
        hint = "use another name, or add expect: conflict"
        cast.book.add(node.where, f"{quoted(name)} is there already, since line {role.where.line}", hint)
    role.created = role.there = True
    return {name}


def _bulk(operations: list[Node], cast: Cast) -> set[str]:
    # A member may be created behind the group that names it, so those who are created enter first.
    fresh = set().union(*(_bulk_creation(each, cast) for each in operations))
    for each in operations:
        _bulk_operation(each, cast)
    return fresh


def _bulk_creation(operation: Node, cast: Cast) -> set[str]:
    parts = operation.value
    if "create" not in parts:
        return set()
    node = parts["create"]
    kind: ResourceKind = parts["kind"].value if "kind" in parts else "User"
    role = cast.enter(node.value, kind, node.where)
    if not _succeeds(parts):
        return set()
    role.created = role.there = True
    return {node.value}


def _bulk_operation(operation: Node, cast: Cast) -> None:
    parts = operation.value
    if "patch" in parts:
        cast.use(parts["patch"].value, None, parts["patch"].where)
    elif "put" in parts:
        cast.use(parts["put"].value, None, parts["put"].where)
    elif "delete" in parts:
        cast.use(parts["delete"].value, None, parts["delete"].where).there = not _succeeds(parts)
    _use_members(parts, cast)
    check_attributes(operation, cast)


def _succeeds(parts: Mapping[str, Node]) -> bool:
    return "expect" not in parts or parts["expect"].value in {"success", "conflict-or-success"}


def _use_members(parts: Mapping[str, Node], cast: Cast) -> None:
    cast.use_all(parts.get("members"))
    means = parts["means"].value if "means" in parts else {}
    for key in ("add-members", "remove-members"):
        cast.use_all(means.get(key))
        cast.use_all(parts.get(key))


def _check_match(kind: ResourceKind, where: Where, cast: Cast) -> None:
    if kind not in cast.setting.matched:
        what = f"mapping.{kind.lower()} has no matching attribute to ask by"
        cast.book.add(where, what, "mark a row with match: 1")
