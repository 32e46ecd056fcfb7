"""Our own reads of the stored state: by id, by filter, in the list, by the state itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Final

from scim_compat.engine import people, wording
from scim_compat.engine.actor import NAME_ATTRIBUTE, Actor, NotReached, about, path_of
from scim_compat.engine.controls import Revision, control_finds, with_control
from scim_compat.engine.intent import Effect, Expectation, Intent, Query, Write
from scim_compat.engine.offering import unoffered, without
from scim_compat.engine.play import Play
from scim_compat.engine.setup import is_altered_at_setup
from scim_compat.engine.trials import has_filters
from scim_compat.profile.model import Step
from scim_compat.scim import messages, paths
from scim_compat.scim.names import ENDPOINTS
from scim_compat.values import MISSING, Json
from scim_compat.wire.messages import Exchange

_LIST_PAGES: Final = 5
"""Pages of 100 that are searched for one resource; on a larger store the list is not judged."""


def verify(play: Play, step: Step) -> None:
    """Reads the state of the actor back, in each way that the step names."""
    actor = play.actors[step.args["verify"]]
    effects = _unwritten_effects(play, actor, step)
    if effects:
        actor.writes.append(Write(action="read-back", effects=effects, accepted=True, status=200))
    if "members" in step.args:
        actor.members = {member.id for member in play.expand(step.args["members"]) if member.id}
    for way in step.args.get("gone") or step.args.get("found-by") or ["id"]:
        _WAYS[way](play, actor, step)
        if actor.knowledge.outlived:
            _end_after_failed_deletion(play, actor, step)
            break
    actor.writes = []


def _end_after_failed_deletion(play: Play, actor: Actor, step: Step) -> None:
    """Stop the scenario where the resource is still there by its id: all that follows rests on its being gone.

    That a filter, a list and its groups show it as well is no second finding.
    """
    if step is not play.scenario.steps[-1]:
        raise NotReached(f"{actor.key} is still there after its deletion, so nothing can be said of what follows")


def _unwritten_effects(play: Play, actor: Actor, step: Step) -> tuple[Effect, ...]:
    """The values of ``has`` that no write since the last read-back asked for: the check of a write judges its own."""
    # A change that had to be made and was refused has its own finding: its consequences are no second one.
    if any(not write.accepted and not write.refusable for write in actor.writes):
        return ()
    # Right after set-up the read-back is about the set-up; later it is about the steps between.
    left_out = unoffered(play.scenario, play.run)
    steps = play.scenario.steps
    earlier = steps[: steps.index(step)] if step in steps else ()
    is_later = any(each.kind not in {"given", "verify"} for each in earlier)
    requests = [effect for write in actor.writes for effect in write.effects]
    return tuple(
        Effect("set", path, value)
        for path, value in without(play.fill(step.args.get("has", {})), left_out).items()
        if not any(e.path.lower() == path.lower() and paths.is_same(value, e.value) for e in requests)
        and not (is_later and is_altered_at_setup(actor, path, value))
    )


def _by_id(play: Play, actor: Actor, step: Step) -> None:
    intent = replace(play.intent("read-back", actor, by="harness"), expect="refusal" if actor.gone else "success")
    if intent.subject:
        lacks = tuple(play.fill(step.args.get("lacks", [])))
        subject = replace(intent.subject, lacks=lacks, members_exact="members" in step.args)
        intent = replace(intent, subject=subject)
    title = f"reads back: {about(actor)} {'is gone' if actor.gone else 'holds what was written'}"
    resource = _read(play, actor, intent, title)
    if resource is None:
        return
    actor.learn(resource, play.run.ledger.living())
    actor.knowledge = replace(actor.knowledge, outlived=actor.gone)
    if people.has_tag(str(paths.member(resource, NAME_ATTRIBUTE[actor.kind])), play.run.seed):
        play.strangers.pop(actor.id or "", None)
    if actor.location:
        _resolve(play, actor)
    has_members = actor.members or any(e.path == "members" for w in actor.writes for e in w.effects)
    if actor.kind == "Group" and has_members and paths.member(resource, "members") is MISSING:
        # Members may be returned on request only (RFC 7643 §7, "returned"): ask for them by name.
        title = f"reads back the members of group {actor.key}, asked for by name"
        resource = _read(play, actor, replace(intent, action="read-members"), title, attributes="displayName,members")
    if resource is not None:
        members = messages.member_ids(resource, play.run.ledger.living())
        actor.knowledge = replace(actor.knowledge.with_members(members), absentees=frozenset(actor.members - members))


def _read(play: Play, actor: Actor, intent: Intent, title: str, *, attributes: str = "") -> dict[str, Json] | None:
    parameters = [("attributes", attributes)] if attributes else []
    request = play.request("GET", path_of(actor), ours=True, parameters=parameters)
    response = play.exchange(request, intent, title).response
    answer = response.json if response and response.ok else None
    return answer if isinstance(answer, dict) else None


def _resolve(play: Play, actor: Actor) -> None:
    """Follows the Location of a creation where it is another address than the one built from the id."""
    location, base = actor.location or "", play.run.base_url
    actor.location = None
    if not location.startswith(base + "/") or location == base + path_of(actor):
        return
    target = location[len(base) :]
    if not target.isascii() or not target.isprintable() or " " in target:
        return
    intent = play.intent("resolve", actor, by="harness")
    request = replace(play.request("GET", "/", ours=True), target=target)
    play.exchange(request, intent, f"follows the Location of {about(actor)}")


def _by_filter(play: Play, actor: Actor, _step: Step) -> None:
    value = str(actor.desired.get(NAME_ATTRIBUTE[actor.kind], ""))
    finds = () if actor.gone or actor.id is None else (actor.id,)
    query = Query(filter_value=value, hostile=wording.is_hostile(value), finds=finds)
    control = with_control(play, actor, form="ours", look_up=partial(_control_look_up, play))
    _look_up(play, actor, query, expect=_answer_to_filters(play), revise=control)


def _answer_to_filters(play: Play) -> Expectation:
    """The look-up is ours: a target without filters may refuse it, whatever the client asks for in its own requests."""
    return "success" if has_filters(play.run) else "either"


def _control_look_up(play: Play, other: Actor, value: str, /, *, is_judged: bool) -> Exchange:
    """The same query for another value, as a control of one that failed."""
    query = Query(filter_value=value, finds=control_finds(other, is_judged=is_judged))
    return _look_up(play, other, query, expect=_answer_to_filters(play) if is_judged else "either")


def _look_up(
    play: Play, actor: Actor, query: Query, *, expect: Expectation = "success", revise: Revision | None = None
) -> Exchange:
    path = NAME_ATTRIBUTE[actor.kind]
    query = replace(query, filter_path=path)
    intent = replace(play.intent("look-up", actor, by="harness"), query=query, expect=expect)
    parameters = [("filter", wording.filter_text(path, query.filter_value or ""))]
    request = play.request("GET", ENDPOINTS[actor.kind], ours=True, parameters=parameters)
    return play.exchange(request, intent, f"looks up {about(actor)} by {path}", revise=revise)


def _in_list(play: Play, actor: Actor, _step: Step) -> None:
    start = 1
    for _ in range(_LIST_PAGES):
        parameters = [("startIndex", str(start)), ("count", "100")]
        request = play.request("GET", ENDPOINTS[actor.kind], ours=True, parameters=parameters)
        intent = play.intent("list", actor, by="harness")
        response = play.exchange(request, intent, f"looks for {about(actor)} in the list, from {start}").response
        answer = response.json if response and response.ok else None
        entries = messages.entries(answer)
        total = answer.get("totalResults") if isinstance(answer, dict) else None
        if not entries or any(each.get("id") == actor.id for each in messages.resources(answer)):
            return
        start += len(entries)
        if not isinstance(total, int) or start > total:
            return


def _by_state(play: Play, actor: Actor, _step: Step) -> None:
    """Asks by filter for the ``active`` that reads show: a server may show a boolean and have stored a text.

    A filter by ``active`` is the server's option, so a user of ours who was created with a JSON boolean comes first.
    """
    twins = (a for a in play.actors.values() if a is not actor and a.kind == "User" and a.setup and not a.gone)
    twin = next((a for a in twins if a.id and isinstance(a.desired.get("active"), bool)), None)
    if twin is not None and twin.id in _ids_by_state(play, twin, Query()) and actor.id:
        _ids_by_state(play, actor, Query(finds=(actor.id,)))


def _ids_by_state(play: Play, actor: Actor, query: Query) -> list[Json]:
    name = wording.filter_text(NAME_ATTRIBUTE["User"], str(actor.desired.get(NAME_ATTRIBUTE["User"], "")))
    state = f"active eq {'false' if actor.is_disabled else 'true'}"
    request = play.request("GET", ENDPOINTS["User"], ours=True, parameters=[("filter", f"{name} and {state}")])
    intent = replace(play.intent("look-by-state", actor, by="harness"), query=query)
    response = play.exchange(request, intent, f"looks up {about(actor)} by {state}").response
    answer = response.json if response and response.ok else None
    return [each.get("id") for each in messages.resources(answer)]


_WAYS: Final[Mapping[str, Callable[[Play, Actor, Step], None]]] = {
    "id": _by_id,
    "filter": _by_filter,
    "list": _in_list,
    "state": _by_state,
}
