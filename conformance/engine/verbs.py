"""What a client does: one function a verb, named as in the profile.

To add a verb, write a function here with ``@verb`` and give its arguments a place in
``profile.schema.json``; a test holds the two together.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from conformance.engine import dialect as wording
from conformance.engine import paths
from conformance.engine.exchange import ENDPOINTS, MISSING, Action, Effect, EffectKind, Exchange, Json, Write
from conformance.engine.play import NAME_ATTRIBUTE, Actor, NotReached, Play
from conformance.profile.model import ResourceKind, Step

Verb = Callable[[Play, Step], None]
VERBS: Final[dict[str, Verb]] = {}
MOST_PAGES: Final = 20
"""An import stops here: somebody's store may hold a million users, and a hostile one never ends."""


def verb(name: str) -> Callable[[Verb], Verb]:
    """Registers the function as the verb ``name``."""

    def register(function: Verb) -> Verb:
        VERBS[name] = function
        return function

    return register


def _actor(play: Play, step: Step) -> Actor:
    """The step's user or group, introduced here if the step is the first to name it."""
    key = step.args.get("user") or step.args["group"]
    kind: ResourceKind = "User" if "user" in step.args else "Group"
    return play.actors.get(key) or play.introduce(key, kind, step.args.get("as"))


def _about(actor: Actor) -> str:
    return f"{actor.kind.lower()} {actor.key}"


# --- reading ------------------------------------------------------------------------------------


def match_request(play: Play, kind: ResourceKind, path: str, value: str) -> tuple[str, list[tuple[str, str]]]:
    """Endpoint and parameters of the client's match query."""
    wanted = play.scenario.dialect.match_parameters.get(kind, (("filter", "${filter}"),))
    text = wording.filter_text(path, value)
    return ENDPOINTS[kind], [(name, text if shown == "${filter}" else shown) for name, shown in wanted]


def excluded(play: Play, kind: ResourceKind, *, match: bool) -> tuple[str, ...]:
    """Attributes the client asks to leave out of its reads."""
    table = play.scenario.dialect.match_parameters if match else play.scenario.dialect.read_parameters
    return tuple(a for name, value in table.get(kind, ()) if name == "excludedAttributes" for a in value.split(","))


@verb("probe")
def probe(play: Play, step: Step) -> None:
    """The connection test: a match query for a value that nobody has."""
    kind: ResourceKind = step.args.get("on", "User")
    path = step.args.get("by") or play.matching(kind).to
    value = str(play.fill("${new.guid}"))
    endpoint, parameters = match_request(play, kind, path, value)
    intent = play.intent(
        "match", finds=(), filter_path=path, filter_value=value, resource=kind, tags=frozenset({"probe"}),
        excluded=excluded(play, kind, match=True),
    )  # fmt: skip
    play.exchange(
        play.request("GET", endpoint, parameters=parameters),
        intent,
        f"probes {endpoint} for an unknown {path}",
    )


@verb("match")
def match(play: Play, step: Step) -> None:
    """Looks for the resource by its matching attribute, or the one named by ``by``."""
    actor = _actor(play, step)
    path = step.args.get("by") or play.matching(actor.kind).to
    value = _match_value(play, actor, path)
    case = step.args.get("case")
    if case:
        value = _cased(value, case)
    found = step.args.get("finds", 1 if actor.id and not actor.gone else 0)
    if found and actor.id is None:
        raise NotReached(f"{actor.key} was not created, so nothing can be found")
    endpoint, parameters = match_request(play, actor.kind, path, value)
    intent = play.intent(
        "match", actor, finds=(actor.id,) if found and actor.id else (), filter_path=path, filter_value=value,
        excluded=excluded(play, actor.kind, match=True), tags=value_tags(value, case),
    )  # fmt: skip
    play.exchange(play.request("GET", endpoint, parameters=parameters), intent, f"looks for {_about(actor)} by {path}")


def value_tags(value: str, case: str | None = None) -> frozenset[str]:
    """``case``: asked for in another case; ``hostile``: the value needs care in a filter or a URL."""
    plain = value.isascii() and all(c.isalnum() or c in "@.-_ " for c in value)
    return frozenset(word for word, so in (("case", bool(case)), ("hostile", not plain)) if so)


def _cased(value: str, case: str) -> str:
    return {"upper": value.upper(), "lower": value.lower(), "swap": value.swapcase()}[case]


def _match_value(play: Play, actor: Actor, path: str) -> str:
    known = paths.get(actor.wanted, path)
    if known is not MISSING:
        return str(known)
    row = next((m for m in play.mapping(actor.kind) if m.to == path and m.source), None)
    if row is None:
        raise NotReached(f"{actor.key} has no value for {path}")
    return str(actor.sources[row.source])


@verb("read")
def read(play: Play, step: Step) -> None:
    """Reads the resource by its id, as the client does before it writes."""
    actor = _actor(play, step)
    _read(play, actor, gone=step.args.get("expect") == "gone")


def _read(play: Play, actor: Actor, *, gone: bool = False, action: Action = "read", title: str = "") -> Exchange:
    parameters = play.scenario.dialect.read_parameters.get(actor.kind, ())
    left_out = excluded(play, actor.kind, match=False)
    intent = play.intent(action, actor, expect="refusal" if gone else "success", excluded=left_out)
    done = play.exchange(
        play.request("GET", play.path_of(actor), parameters=parameters),
        intent,
        title or f"reads {_about(actor)}",
    )
    response = done.response
    if response is not None and response.ok and isinstance(response.json, dict) and not gone:
        actor.seen = response.json
    return done


@verb("evaluate")
def evaluate(play: Play, step: Step) -> None:
    """The start of the next cycle: reads and compares; a difference would be sent again (Entra source S45)."""
    actor = _actor(play, step)
    _read(play, actor, action="evaluate", title=f"compares {_about(actor)} in the next cycle")


@verb("discover")
def discover(play: Play, step: Step) -> None:
    """Asks for one of the discovery endpoints."""
    endpoint = step.args["endpoint"]
    intent = play.intent("discover", endpoint=endpoint)
    play.exchange(play.request("GET", f"/{endpoint}"), intent, f"asks for /{endpoint}")


@verb("import")
def import_(play: Play, step: Step) -> None:
    """Pages through the whole collection, as an import does (Okta source S1)."""
    kind: ResourceKind = step.args["on"]
    count = step.args["count"]
    expected = tuple(a.id for a in play.actors.values() if a.kind == kind and a.id and not a.gone)
    earlier: set[str] = set()
    start = page = 1
    first: int | None = None
    for _page in range(MOST_PAGES):
        page = start
        answer = _page_of(play, kind, page, count, earlier=frozenset(earlier), complete=expected, total=first)
        found = answer.get("Resources") if isinstance(answer, dict) else None
        total = answer.get("totalResults") if isinstance(answer, dict) else None
        if not isinstance(found, list) or not isinstance(total, int) or not found:
            break
        first = total if first is None else first
        earlier |= {str(r.get("id")) for r in found if isinstance(r, dict)}
        start += len(found)
        if start > total:
            break
    if step.args.get("beyond"):
        _page_of(play, kind, page + count, count, earlier=frozenset(earlier), complete=(), finds=())


def _page_of(play: Play, kind: ResourceKind, start: int, count: int, **more: Any) -> Json:
    parameters = [("startIndex", str(start)), ("count", str(count))]
    intent = play.intent("list", resource=kind, **more)
    request = play.request("GET", ENDPOINTS[kind], parameters=parameters)
    done = play.exchange(request, intent, f"imports {kind.lower()}s from {start}")
    return done.response.json if done.response and done.response.ok else None


# --- creating and deleting ----------------------------------------------------------------------


@verb("create")
def create(play: Play, step: Step) -> None:
    """Creates the resource with every mapped attribute."""
    conflict = step.args.get("expect") == "conflict"
    actor = _actor(play, step)
    body = body_for(play, step.args, play.mapped_body(actor))
    intent = play.intent("create", actor, expect="refusal" if conflict else "success", duplicate=conflict)
    again = " a second time" if conflict else ""
    done = play.create(actor, body, ours=False, intent=intent, title=f"creates {_about(actor)}{again}")
    if not conflict:
        created(actor, done)
        actor.writes = [_creation(actor, done, references=play.references(actor.kind))]


def body_for(play: Play, args: Mapping[str, Json], body: dict[str, Json]) -> dict[str, Json]:
    """The body with the step's own ``has``, ``without`` and ``schemas`` in it."""
    for path, value in (play.fill(args.get("has", {}))).items():
        paths.put(body, path, value)
    for path in play.fill(args.get("without", [])):
        paths.remove(body, path)
    if "schemas" in args:
        body["schemas"] = list(args["schemas"])
    if args.get("members"):
        body["members"] = [{"value": m.id} for m in play.expand(args["members"]) if m.id]
    return body


def created(actor: Actor, done: Exchange) -> None:
    """Stops the scenario where nothing was created: what follows would only repeat the failure."""
    response = done.response
    if response is None or not response.ok:
        status = response.status if response else "nothing"
        raise NotReached(f"{actor.key} could not be created: POST {ENDPOINTS[actor.kind]} answered {status}")
    if actor.id is None:
        raise NotReached(f"{actor.key} was created, but the answer held no id")


def _creation(actor: Actor, done: Exchange, *, references: frozenset[str]) -> Write:
    # A reference is judged as a whole: whether it comes back as an object is another check's business.
    whole = {f"{path}.value": path for path in references}
    effects = tuple(
        Effect("set", whole[path], {"value": value}) if path in whole else Effect("set", path, value)
        for path, value in paths.leaves(actor.wanted)
    )
    return Write(action="create", effects=effects, accepted=True, status=done.response.status if done.response else 0)


@verb("delete")
def delete(play: Play, step: Step) -> None:
    """Reads, then deletes (Entra sources S8, S35)."""
    actor = _actor(play, step)
    twice = step.args.get("expect") == "gone"
    if play.scenario.dialect.read_before_write and step.args.get("read", True):
        _read(play, actor, gone=twice)
    intent = play.intent("delete", actor, expect="refusal" if twice else "success", twice=twice)
    again = " again" if twice else ""
    done = play.exchange(play.request("DELETE", play.path_of(actor)), intent, f"deletes {_about(actor)}{again}")
    if done.response and done.response.ok and not twice:
        actor.gone = True
        if actor.entry is not None:
            play.stage.ledger.deleted(actor.entry)


# --- changing -----------------------------------------------------------------------------------


@verb("change")
def change(play: Play, step: Step) -> None:
    """Changes attributes; the dialect decides the operations."""
    actor = _actor(play, step)
    wanted = play.fill(step.args.get("set", {}))
    _change(play, actor, wanted, tuple(play.fill(step.args.get("clear", []))), read=step.args.get("read", True))


@verb("assign-manager")
def assign_manager(play: Play, step: Step) -> None:
    """Points the mapping's reference attribute at another user, in a request of its own."""
    actor = _actor(play, step)
    manager = play.actor(step.args["manager"])
    if manager.id is None:
        raise NotReached(f"{manager.key} was not created")
    path = next((m.to for m in play.mapping(actor.kind) if m.reference), f"{paths.ENTERPRISE}:manager")
    _change(play, actor, {path: manager.id}, (), read=step.args.get("read", True))


def _change(play: Play, actor: Actor, wanted: Mapping[str, Json], clear: tuple[str, ...], *, read: bool) -> None:
    dialect = play.scenario.dialect
    if dialect.read_before_write and read:
        _read(play, actor)
    references = play.references(actor.kind)
    asked = wording.Change(set=tuple(wanted.items()), clear=clear, references=references)
    means = [
        Effect("set", path, {"value": value} if path in references and isinstance(value, str) else value)
        for path, value in wanted.items()
    ] + [Effect("clear", path) for path in clear]
    if dialect.update == "put-after-get":
        if actor.seen is None:
            raise NotReached(f"{actor.key} could not be read, and this client writes back what it has read")
        echoed = wording.replacement(asked, seen=actor.seen, mapped=play.mapped_now(actor))
        _write(play, actor, "PUT", echoed, means)
    else:
        operations = wording.operations(asked, seen=actor.seen, dialect=dialect)
        _write(play, actor, "PATCH", wording.patch_body(operations), means)


@verb("patch")
def patch(play: Play, step: Step) -> None:
    """Sends the operations as written; ``means`` says what they must bring about."""
    actor = _actor(play, step)
    if play.scenario.dialect.read_before_write and step.args.get("read", True):
        _read(play, actor)
    operations = play.fill(step.args["operations"])
    effects = list(meant(play, actor, step.args.get("means", {})))
    _write(
        play, actor, "PATCH", wording.patch_body(operations), effects,
        expect=step.args.get("expect", "success"),
    )  # fmt: skip


def meant(play: Play, actor: Actor, means: Mapping[str, Json]) -> Iterator[Effect]:
    """What the profile says that literal operations bring about."""
    references = play.references(actor.kind)
    for path, value in play.fill(means.get("set", {})).items():
        yield Effect("set", path, {"value": value} if path in references and isinstance(value, str) else value)
    for path in play.fill(means.get("clear", [])):
        yield Effect("clear", path)
    kinds: tuple[tuple[str, EffectKind], ...] = (
        ("add-members", "add-member"),
        ("remove-members", "remove-member"),
    )
    for key, kind in kinds:
        for one in play.expand(means.get(key, [])):
            if one.id:
                yield Effect(kind, "members", one.id)


@verb("add-members")
def add_members(play: Play, step: Step) -> None:
    """Adds users to a group: one read, then one PATCH for each portion (Entra source S35)."""
    _membership(play, step, "add-member")


@verb("remove-members")
def remove_members(play: Play, step: Step) -> None:
    """Takes users out of a group."""
    _membership(play, step, "remove-member")


def _membership(play: Play, step: Step, kind: EffectKind) -> None:
    actor = _actor(play, step)
    dialect = play.scenario.dialect
    people = play.expand(step.args["members"])
    missing = [p.key for p in people if p.id is None]
    if missing:
        raise NotReached(f"{missing[0]} was not created, so it cannot be a member")
    if dialect.read_before_write and step.args.get("read", True):
        _read(play, actor)
    size = step.args.get("per-request") or (1 if dialect.member_add == "one-per-request" else len(people))
    for start in range(0, len(people), size):
        portion = people[start : start + size]
        ids = [p.id for p in portion if p.id]
        if kind == "add-member":
            named = [(p.id or "", str(p.wanted.get(NAME_ATTRIBUTE["User"], ""))) for p in portion]
            operations = wording.member_operations(add=named, dialect=dialect)
        else:
            operations = wording.member_operations(remove=ids, dialect=dialect)
        effects = [Effect(kind, "members", i) for i in ids]
        _write(play, actor, "PATCH", wording.patch_body(operations), effects, twice=bool(step.args.get("again")))


def _write(
    play: Play,
    actor: Actor,
    method: str,
    body: dict[str, Json],
    effects: Sequence[Effect],
    *,
    expect: str = "success",
    twice: bool = False,
) -> None:
    claimed = changeable(play, actor, effects)
    if effects and not claimed:
        expect = "either"  # the target does not claim that any of this can change
    numbered = tuple(_numbered(e, body.get("Operations", ())) for e in claimed)
    action: Action = "patch" if method == "PATCH" else "replace"
    intent = play.intent(action, actor, expect=expect, sent=body, twice=twice)
    writing = Write(action=intent.action, effects=numbered, accepted=False, status=0, refusable=expect != "success")
    # The checks on the answer itself see what is being written as the last of the subject's writes.
    if intent.subject is not None:
        intent = replace(intent, subject=replace(intent.subject, writes=(*intent.subject.writes, writing)))
    what = ", ".join(dict.fromkeys(e.path.rpartition(":")[2] for e in numbered)) or "nothing"
    done = play.exchange(
        play.request(method, play.path_of(actor), body=body), intent, f"changes {what} of {_about(actor)}"
    )
    settle_write(play, actor, writing, done)


def changeable(play: Play, actor: Actor, effects: Sequence[Effect]) -> list[Effect]:
    """The effects on attributes that the vendor claims can change.

    What disabling does is a claim of its own, so ``active`` is among them wherever it is made.
    """
    claims = play.stage.claims
    return [e for e in effects if claims.may_change(actor.kind, e.path) or (e.path == "active" and claims.disable)]


def settle_write(play: Play, actor: Actor, writing: Write, done: Exchange) -> None:
    """Notes how the write ended, for the read-back, and takes its effects into what is wanted."""
    response = done.response
    accepted = response is not None and response.ok
    actor.writes.append(replace(writing, accepted=accepted, status=response.status if response else 0))
    for effect in writing.effects:
        apply(actor, effect, accepted=accepted)
    if accepted and actor.disabled and play.stage.claims.disable == "delete":
        actor.gone = True


def _numbered(effect: Effect, operations: Sequence[Mapping[str, Json]]) -> Effect:
    """The effect with the operation that asks for it."""
    for index, operation in enumerate(operations):
        value = operation.get("value")
        path = str(operation.get("path", ""))
        if path.lower() == effect.path.lower() or (not path and isinstance(value, Mapping) and effect.path in value):
            return replace(effect, operation=index)
        if effect.path == "members" and path.lower().startswith("members"):
            return replace(effect, operation=index)
    return effect


def apply(actor: Actor, effect: Effect, *, accepted: bool) -> None:
    """Takes the effect into what is wanted of the actor.

    Who may get in must be as the client wanted even if the server refused: a refused removal leaves
    access open. Anything else that was refused is simply not there.
    """
    if effect.kind == "remove-member":
        actor.members.discard(effect.value)
        actor.removed.add(effect.value)
    elif effect.kind == "add-member" and accepted:
        actor.members.add(effect.value)
        actor.removed.discard(effect.value)
    elif effect.kind == "set" and (accepted or (effect.path == "active" and effect.value is False)):
        paths.put(actor.wanted, effect.path, copy.deepcopy(effect.value))
    elif effect.kind == "clear" and accepted:
        paths.remove(actor.wanted, effect.path)
