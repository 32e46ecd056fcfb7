"""Rules about steps that no schema can hold: who is who, and what may stand inside a string."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from scim_compat.errors import SourceFileError
from scim_compat.profile import grammar
from scim_compat.source.complaints import ENOUGH, Complaint, nearest, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from scim_compat.profile.model import ResourceKind
    from scim_compat.source.places import Where
    from scim_compat.source.yaml import Node

_PATH_KEYS: Final = ("has", "set", "without", "clear", "lacks", "by")
_NO_SUBJECT_YET: Final = "introduce it before: {given: NAME}, or do: create"


@dataclass(frozen=True, slots=True)
class Setting:
    """What of the profile the steps depend on."""

    matched: frozenset[ResourceKind]
    """Kinds whose mapping has a matching attribute."""
    has_reference: bool
    """The mapping of users has a reference attribute."""


@dataclass(slots=True)
class _Actor:
    kind: ResourceKind
    where: Where
    many: bool = False
    there: bool = False
    """It is on the server now."""
    created: bool = False
    """It was on the server once, so it has an id."""


@dataclass(slots=True)
class _Cast:
    """Who has entered so far, and what was wrong on the way."""

    setting: Setting
    actors: dict[str, _Actor] = field(default_factory=dict)
    complaints: list[Complaint] = field(default_factory=list)

    def complain(self, where: Where, what: str, hint: str = "") -> None:
        self.complaints.append(Complaint(where, what, hint))
        if len(self.complaints) >= ENOUGH:
            raise SourceFileError(self.complaints)

    def enter(self, name: str, kind: ResourceKind, where: Where, *, many: bool = False) -> _Actor:
        """The actor of that name, new or known already."""
        if name in grammar.GLOBALS:
            self.complain(where, f"{quoted(name)} cannot be an actor's name", "placeholders use it; choose another")
        actor = self.actors.setdefault(name, _Actor(kind, where, many))
        self._of_kind(name, actor, kind, where)
        return actor

    def use(self, name: str, kind: ResourceKind | None, where: Where, *, one: bool = True) -> _Actor:
        """The actor of that name, who must have been created before."""
        actor = self.actors.get(name)
        if actor is None:
            hint = nearest(name, self.actors, plural="so far there are") or _NO_SUBJECT_YET
            if not hint.startswith("did you mean"):
                hint = _NO_SUBJECT_YET
            self.complain(where, f"no step before this one introduces {quoted(name)}", hint)
            actor = self.actors[name] = _Actor(kind or "User", where, created=True, there=True)
        elif not actor.created:
            self.complain(where, f"{quoted(name)} is not on the server yet", "create it before: do: create, or given")
            actor.created = actor.there = True
        if kind is not None:
            self._of_kind(name, actor, kind, where)
        if one and actor.many:
            self.complain(where, f"{quoted(name)} stands for many users, and this step takes one", "use another name")
        return actor

    def _of_kind(self, name: str, actor: _Actor, kind: ResourceKind, where: Where) -> None:
        if actor.kind != kind:
            self.complain(where, f"{quoted(name)} is a {actor.kind} since line {actor.where.line}, not a {kind}")


def step_complaints(steps: list[Node], setting: Setting) -> list[Complaint]:
    """What is wrong with the steps of one scenario, each valid by the schema."""
    cast = _Cast(setting)
    for step in steps:
        fresh = _enter(step, cast)
        _attributes(step, cast)
        for where, text in _strings(step):
            _placeholders(text, where, cast, fresh)
    return cast.complaints


def _enter(step: Node, cast: _Cast) -> set[str]:
    """Follows who is created, used and deleted; gives the names that get their id in this very step."""
    parts, where = step.value, step.where
    if "given" in parts:
        return _given(step, cast)
    if "send" in parts:
        return _send(step, cast)
    if "verify" in parts:
        name = parts["verify"].value
        cast.use(name, "Group" if "members" in parts else None, parts["verify"].where)
        _members(parts.get("members"), cast)
        return set()
    verb = parts["do"].value
    if verb == "probe":
        _needs_match(parts["on"].value, where, cast)
    if verb == "assign-manager" and not cast.setting.has_reference:
        hint = "add a row with reference: true to mapping.user"
        cast.complain(where, "the mapping of users has no reference attribute to assign", hint)
    if verb == "bulk":
        # A member may be created behind the group that names it, so those who are created enter first.
        fresh = set().union(*(_bulk_creation(each, cast) for each in parts["operations"].value))
        for each in parts["operations"].value:
            _bulk_operation(each, cast)
        return fresh
    fresh = set()
    kinds: tuple[tuple[str, ResourceKind], ...] = (("user", "User"), ("group", "Group"))
    for key, kind in kinds:
        if key in parts:
            fresh |= _subject(step, verb, parts[key], kind, cast)
    if "manager" in parts:
        cast.use(parts["manager"].value, "User", parts["manager"].where)
    _members(parts.get("members"), cast)
    means = parts["means"].value if "means" in parts else {}
    for key in ("add-members", "remove-members"):
        _members(means.get(key), cast)
    return fresh


def _succeeds(parts: Mapping[str, Node]) -> bool:
    return "expect" not in parts or parts["expect"].value == "success"


def _bulk_creation(operation: Node, cast: _Cast) -> set[str]:
    parts = operation.value
    if "create" not in parts:
        return set()
    node = parts["create"]
    kind: ResourceKind = parts["kind"].value if "kind" in parts else "User"
    actor = cast.enter(node.value, kind, node.where)
    if not _succeeds(parts):
        return set()
    actor.created = actor.there = True
    return {node.value}


def _bulk_operation(operation: Node, cast: _Cast) -> None:
    parts = operation.value
    if "patch" in parts:
        cast.use(parts["patch"].value, None, parts["patch"].where)
    elif "delete" in parts:
        cast.use(parts["delete"].value, None, parts["delete"].where).there = not _succeeds(parts)
    _members(parts.get("members"), cast)
    means = parts["means"].value if "means" in parts else {}
    for key in ("add-members", "remove-members"):
        _members(means.get(key), cast)
    _attributes(operation, cast)


def _given(step: Node, cast: _Cast) -> set[str]:
    parts = step.value
    name, where = parts["given"].value, parts["given"].where
    kind: ResourceKind = parts["kind"].value if "kind" in parts else "User"
    if name in cast.actors and cast.actors[name].there:
        first = cast.actors[name].where.line
        cast.complain(where, f"{quoted(name)} is there already, since line {first}", "use another name")
    actor = cast.enter(name, kind, where, many="count" in parts)
    if kind == "Group" and "count" in parts:
        cast.complain(parts["count"].where, "count makes users only", "remove kind: Group")
    if kind == "User" and "members" in parts:
        cast.complain(parts["members"].where, "a User has no members", "add kind: Group")
    _members(parts.get("members"), cast)
    actor.created = actor.there = True
    return {name}


def _send(step: Node, cast: _Cast) -> set[str]:
    parts, request = step.value, step.value["send"].value
    path = request["path"]
    if problem := grammar.request_path_problem(path.value) or _conduct_problem(step):
        cast.complain(path.where, *problem)
    if "query" in request and (problem := grammar.query_problem(request["query"].value)):
        cast.complain(request["query"].where, *problem)
    for name, value in request["headers"].value.items() if "headers" in request else ():
        if problem := grammar.header_problem(name, value.value):
            cast.complain(value.where, *problem)
    if request["method"].value == "GET" and "body" in request:
        cast.complain(request["body"].where, "a GET has no body", "remove body:, or change method:")
    if "about" in parts:
        kind: ResourceKind | None = parts["resource"].value if "resource" in parts else None
        actor = cast.use(parts["about"].value, kind, parts["about"].where)
        if request["method"].value == "DELETE":
            actor.there = False
    elif "means" in parts:
        cast.complain(parts["means"].where, "means: stands without about:", "say whose state changes: about: NAME")
    expect = parts["expect"].value if "expect" in parts else {}
    for key in ("among", "finds", "order"):
        _members(expect.get(key), cast)
    return set()


def _conduct_problem(step: Node) -> tuple[str, str] | None:
    """(what, hint) if a literal request could touch what is not the run's, or leave something behind."""
    request = step.value["send"].value
    path, method = request["path"].value, request["method"].value
    if method == "POST":
        searches = path.rstrip("/").lower().endswith("/.search")
        if not searches and not _is_refused(step.plain()):
            return "a literal POST that succeeds makes what clean-up does not know", "use do: create"
        return None
    if method in {"PUT", "PATCH", "DELETE"} and not re.search(r"/\$\{(?:[a-z][a-z0-9-]*\.id|new\.[a-z]+)\}", path):
        hint = "address it as ${NAME.id}, or an unknown one as ${new.guid}"
        return f"{method} {path} could hit a resource that this run did not create", hint
    return None


def _is_refused(args: Mapping[str, Any]) -> bool:
    """The step expects that the server refuses its literal request."""
    expect = args.get("expect", {})
    statuses = expect.get("status", [])
    statuses = statuses if isinstance(statuses, list) else [statuses]
    if args["send"].get("credential", "valid") != "valid" or expect.get("outcome") == "refusal":
        return True
    return bool(statuses) and min(statuses) >= 400 and "outcome" not in expect


def _subject(step: Node, verb: str, node: Node, kind: ResourceKind, cast: _Cast) -> set[str]:
    name, parts = node.value, step.value
    if verb == "match":
        if "by" not in parts:
            _needs_match(kind, step.where, cast)
        if "finds" in parts and parts["finds"].value == 1:
            cast.use(name, kind, node.where)
        else:
            cast.enter(name, kind, node.where)
        return set()
    if verb != "create":
        actor = cast.use(name, kind, node.where)
        if verb == "delete":
            actor.there = False
        return set()
    if "as" in parts and name in cast.actors:
        what = f"as comes too late: {quoted(name)} is made up already, in line {cast.actors[name].where.line}"
        cast.complain(parts["as"].where, what, "write the attribute under has, or give the values where it enters")
    if "expect" in parts:  # a conflict: the same one again, or a stranger who takes another's name
        cast.enter(name, kind, node.where)
        return set()
    actor = cast.enter(name, kind, node.where)
    if actor.there:
        hint = "use another name, or add expect: conflict"
        cast.complain(node.where, f"{quoted(name)} is there already, since line {actor.where.line}", hint)
    actor.created = actor.there = True
    return {name}


def _needs_match(kind: ResourceKind, where: Where, cast: _Cast) -> None:
    if kind not in cast.setting.matched:
        what = f"mapping.{kind.lower()} has no matching attribute to ask by"
        cast.complain(where, what, "mark a row with match: 1")


def _members(node: Node | None, cast: _Cast) -> None:
    for each in node.value if node is not None else ():
        cast.use(each.value, None, each.where, one=False)


def _attributes(step: Node, cast: _Cast) -> None:
    """Attribute paths and the source attributes of ``as``."""
    parts = step.value
    for holder in (parts, parts["means"].value if "means" in parts else {}):
        for key in _PATH_KEYS:
            for path, where in _paths(holder[key]) if key in holder else ():
                if what := grammar.path_problem(path):
                    cast.complain(where, what, grammar.PATH_HINT)
    if "as" not in parts:
        return
    is_group = "group" in parts or ("kind" in parts and parts["kind"].value == "Group")
    known = grammar.SOURCE_ATTRIBUTES["Group" if is_group else "User"]
    for name, node in parts["as"].value.items():
        if name not in known:
            who = "a group" if is_group else "a person"
            cast.complain(node.where, f"{who} has no source attribute {quoted(name)}", nearest(name, known))


def _paths(node: Node) -> Iterator[tuple[str, Where]]:
    if isinstance(node.value, dict):
        yield from ((key, child.where) for key, child in node.value.items())
    elif isinstance(node.value, list):
        yield from ((child.value, child.where) for child in node.value)
    else:
        yield node.value, node.where


def _strings(node: Node) -> Iterator[tuple[Where, str]]:
    """Every text of the step, keys of mappings too."""
    if isinstance(node.value, str):
        yield node.where, node.value
    elif isinstance(node.value, list):
        for child in node.value:
            yield from _strings(child)
    elif isinstance(node.value, dict):
        for key, child in node.value.items():
            yield child.where, key
            yield from _strings(child)


def _placeholders(text: str, where: Where, cast: _Cast, fresh: set[str]) -> None:
    if "${" not in text:
        return
    for found in grammar.placeholders(text):
        if isinstance(found, tuple):
            cast.complain(where, *found)
            continue
        problem: tuple[str, str] | None = global_problem(found)
        if found.root not in grammar.GLOBALS:
            problem = _actor_problem(found, cast, fresh)
        if problem:
            cast.complain(where, *problem)


def global_problem(found: grammar.Placeholder, *, filters: bool = False) -> tuple[str, str] | None:
    """(what, hint) if it is not one of the placeholders that need no actor."""
    if found.root == "filter" and not filters:
        return f"{found.text} stands in match-parameters only", "write the query out"
    if found.root == "filter" and found.text == "${filter}":
        return None
    if found.root not in grammar.GLOBALS:
        known = [f"{root}.{each}" for root, names in grammar.GLOBALS.items() for each in names]
        return f"{found.text} is not known outside steps", nearest(f"{found.root}.{found.attribute}", known)
    if found.attribute not in grammar.GLOBALS[found.root]:
        known = [f"{found.root}.{each}" for each in grammar.GLOBALS[found.root]]
        return f"{found.text} is not known", nearest(f"{found.root}.{found.attribute}", known)
    return None


def _actor_problem(found: grammar.Placeholder, cast: _Cast, fresh: set[str]) -> tuple[str, str] | None:
    actor = cast.actors.get(found.root)
    if actor is None:
        hint = nearest(found.root, [*cast.actors, "run", "new"])
        return (
            f"{found.text} names nobody who has entered by now",
            hint if "did you" in hint else _NO_SUBJECT_YET,
        )
    if actor.many:
        return f"{found.text} names many users", "name one of its own with given"
    known = grammar.ADDRESSABLE[actor.kind]
    if found.attribute not in known:
        hint = nearest(found.attribute, known) or "see the list of source attributes"
        return f"{found.text}: a {actor.kind} has no {quoted(found.attribute)}", hint
    if found.attribute == "id" and (not actor.created or found.root in fresh):
        return (
            f"{found.text}: {quoted(found.root)} has no id yet",
            "use it in a step after the one that creates it",
        )
    return None


def written_names(step: Any) -> Iterator[str]:
    """Names of actors whose state a step (its kind, verb and args) changes."""
    args = step.args
    if step.kind == "do" and step.verb in {
        "create", "change", "assign-manager", "patch", "add-members", "remove-members", "delete",
    }:  # fmt: skip
        if args.get("expect") not in {"conflict", "gone"}:
            yield args.get("user") or args["group"]
    elif step.kind == "do" and step.verb == "bulk":
        for each in args["operations"]:
            if each.get("expect", "success") == "success":
                yield each.get("create") or each.get("patch") or each["delete"]
    elif step.kind == "send" and "about" in args and args["send"]["method"] != "GET" and not _is_refused(args):
        yield args["about"]
