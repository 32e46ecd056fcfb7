"""Lists and filters, held against the single reads of the same resources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from scim_compat.checks.answers import QUERIES
from scim_compat.checks.display import display
from scim_compat.checks.effects import is_rewording
from scim_compat.checks.published import is_unwritable
from scim_compat.checks.registry import BOTH, Trait, Violation, at_most_five, check
from scim_compat.checks.resources import Resource, is_projected, kind_of, own_resources
from scim_compat.engine.intent import Observation
from scim_compat.engine.offering import find_attribute
from scim_compat.scim import messages, paths
from scim_compat.scim.names import CORE_URNS
from scim_compat.values import MISSING, Fault, Json

_COMPARED_ELSEWHERE = frozenset({"meta", "schemas", "id", "groups", "members"})
_ON_REQUEST = frozenset({"request", "never"})


def _pairs(observation: Observation) -> Iterator[tuple[Resource, Mapping[str, Json]]]:
    """The entries of a list, each with the single read of the same resource since the last write."""
    readings = observation.context.readings
    if not messages.is_list(observation.response.json):
        return
    for resource in own_resources(observation):
        identifier = str(resource.value.get("id"))
        if identifier in readings.current:
            yield resource, readings.shown[identifier]


def _has_pairs(observation: Observation) -> bool:
    return bool(observation.context.readings.current) and any(_pairs(observation))


def _active(resource: Mapping[str, Json]) -> bool | None:
    """``active`` in any spelling: resource.booleans reports a text."""
    return {"true": True, "false": False}.get(str(paths.member(resource, "active")).lower())


@check(
    "user.active-in-lists",
    "Lists and filters show whether a user is active as the user's own read does",
    failure="A list shows another active state than the user's own read",
    level="MUST",
    cites=("RFC7644-3.4.2", "RFC7643-4.1.1"),
    on=QUERIES,
    scim=BOTH,
    when=_has_pairs,
    why="Clients look accounts up by filter and import them from lists. One that shows a disabled account as active "
    "hides that access has ended, or was never ended.",
    fix="Build the entries of lists and filters from the stored resource, as a read by id does.",
)
@at_most_five
def active_in_lists(observation: Observation) -> Iterator[Violation]:
    for resource, single in _pairs(observation):
        was, now = _active(single), _active(resource.value)
        if was is not None and now is not None and was is not now:
            message = "A read by its id has just shown the other state."
            yield Violation(f"{resource.pointer}/active", expected=was, actual=now, message=message)


@check(
    "user.state-by-filter",
    "A filter by active finds a user in the state that reads show",
    failure="A filter by active misses a user in the state that reads show",
    level="MUST",
    cites=("RFC7644-3.4.2.2", "RFC7643-4.1.1"),
    on=("look-by-state",),
    scim=BOTH,
    when=lambda observation: (
        observation.response.ok
        and messages.is_list(observation.response.json)
        and bool(observation.context.readings.current.intersection(observation.intent.query.finds or ()))
    ),
    why="The account is stored with another state than the answers show: a text, say, that every program takes for "
    "true. What decides about the sign-in may be the stored one.",
    fix='Turn the texts "True" and "False" into booleans before the resource is stored.',
    fault=Fault.HITS,
)
def state_by_filter(observation: Observation) -> Iterator[Violation]:
    identifier = (observation.intent.query.finds or ("",))[0]
    state = _active(observation.context.readings.shown[identifier])
    ids = {str(one.get("id")) for one in messages.resources(observation.response.json)}
    is_disabled = bool(observation.intent.subject and observation.intent.subject.desired.get("active") is False)
    if state is not None and state is not is_disabled and identifier not in ids:
        yield Violation(
            "/Resources",
            expected=f"the user, whose active reads as {str(state).lower()}",
            actual="not found by that state",
            message="The same filter finds a user who was created with a JSON boolean.",
        )


@check(
    "group.members-in-lists",
    "A list shows the members that the group's own read shows",
    failure="A list shows other members than the group's own read",
    level="MUST",
    cites=("RFC7644-3.4.2", "RFC7643-7"),
    on=QUERIES,
    scim=BOTH,
    when=_has_pairs,
    why="An import reads groups from the list. Groups without their members, or with former ones, are taken over so.",
    fix="Return members in lists as in a read by id, unless the request excludes them.",
)
@at_most_five
def members_in_lists(observation: Observation) -> Iterator[Violation]:
    ours = observation.context.ours
    for resource, single in _pairs(observation):
        was, now = messages.member_ids(single, ours), messages.member_ids(resource.value, ours)
        if was == now or (not now and _may_lack(observation, "members")):
            continue
        message = "A read of the group by its id has just shown them." if was > now else ""
        yield Violation(
            f"{resource.pointer}/members", expected=f"{len(was)} members", actual=f"{len(now)} members", message=message
        )


def _may_lack(observation: Observation, name: str) -> bool:
    """True when the request left attributes out, or the server's own schema shows this one on request only."""
    if is_projected(observation):
        return True
    schema = observation.context.capabilities.schema(CORE_URNS[kind_of(observation) or "User"])
    attribute = find_attribute(schema.get("attributes"), name) if schema else None
    return attribute is not None and str(attribute.get("returned", "")).lower() in _ON_REQUEST


@check(
    "list.current-values",
    "Lists and filters show the values that a read by id shows",
    failure="A list or filter shows other values than a read by id",
    level="MUST",
    cites=("RFC7644-3.4.2",),
    on=QUERIES,
    scim=BOTH,
    when=_has_pairs,
    traits=Trait.FILTER,
    why="Clients compare with what the look-up shows: an outdated value is sent again, or taken over by an import.",
    fix="Build the entries of lists and filters from the stored resource, and keep no copy that a write leaves behind.",
)
@at_most_five
def current_values(observation: Observation) -> Iterator[Violation]:
    for resource, single in _pairs(observation):
        for path, was in paths.leaves(single, skip=_COMPARED_ELSEWHERE | {"active"}):
            if path.attribute.lower() == "manager" and path.sub.lower() != "value":
                continue  # the manager's name is derived
            holder = paths.member(resource.value, path.urn) if path.urn else resource.value
            if not isinstance(holder, Mapping) or paths.is_unassigned(paths.member(holder, path.attribute)):
                continue  # list.whole-resources reports it
            if is_unwritable(observation.context, kind_of(observation) or "User", str(path)):
                continue  # the server's own, which may change with every request
            now = paths.get(resource.value, path)
            if not paths.is_same(was, now) and not is_rewording(str(path), was, now):
                yield Violation(f"{resource.pointer}/{path}", expected=display(was), actual=display(now))


@check(
    "list.whole-resources",
    "Lists and filters show every attribute that a read by id shows",
    failure="A list or filter lacks attributes that a read by id shows",
    level="MUST",
    cites=("RFC7644-3.4.2", "RFC7643-7"),
    on=QUERIES,
    scim=BOTH,
    when=lambda observation: _has_pairs(observation) and not is_projected(observation),
    traits=Trait.FILTER,
    why="A client that works with the answer to its look-up takes the missing attribute for empty.",
    fix="Return the same attributes in lists as in a read by id, unless the request asks for a part of them.",
)
@at_most_five
def whole_resources(observation: Observation) -> Iterator[Violation]:
    for resource, single in _pairs(observation):
        for name, was in single.items():
            now = paths.member(resource.value, name)
            is_compared = name.lower() not in _COMPARED_ELSEWHERE and not _may_lack(observation, name)
            if is_compared and not paths.is_unassigned(was) and paths.is_unassigned(now):
                actual = "absent" if now is MISSING else display(now)
                yield Violation(f"{resource.pointer}/{name}", expected=display(was), actual=actual)
