"""Our own reads of what is stored: by id, by filter, in the list."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from scim_compat.engine import people, wording
from scim_compat.engine.actor import NAME_ATTRIBUTE, Actor, path_of
from scim_compat.engine.intent import Effect, Query, Write
from scim_compat.engine.play import Play
from scim_compat.engine.setup import altered_at_setup
from scim_compat.engine.verbs.reading import is_hostile
from scim_compat.profile.model import Step
from scim_compat.scim import messages, paths
from scim_compat.scim.messages import member_ids
from scim_compat.scim.names import ENDPOINTS
from scim_compat.values import MISSING

_LIST_PAGES: Final = 5
"""Pages of 100 we look through for one resource; on a larger store the list is not judged."""


def verify(play: Play, step: Step) -> None:
    """Our read-backs: by id, by filter, in the list."""
    actor = play.actors[step.args["verify"]]
    gone = step.args.get("gone")
    ways = gone or step.args.get("found-by") or ["id"]
    # Right after set-up the read-back is about that; later it is about the steps between.
    earlier = play.scenario.steps[: play.scenario.steps.index(step)] if step in play.scenario.steps else ()
    acted = any(s.kind not in {"given", "verify"} for s in earlier)
    # What a write has asked for already stays that write's: its own check must judge it.
    asked = [e for w in actor.writes for e in w.effects]
    # Where a change was refused that had to be made, its own finding says so: what it would have led to is no other.
    undone = any(not w.accepted and not w.refusable for w in actor.writes)
    more = (
        ()
        if undone
        else tuple(
            Effect("set", path, value)
            for path, value in play.fill(step.args.get("has", {})).items()
            if not any(e.path.lower() == path.lower() and paths.same(value, e.value) for e in asked)
            and not (acted and altered_at_setup(actor, path, value))
        )
    )
    if more:
        actor.writes.append(Write(action="read-back", effects=more, accepted=True, status=200))
    if "members" in step.args:
        actor.members = {m.id for m in play.expand(step.args["members"]) if m.id}
    for way in ways:
        _WAYS[way](play, actor, step)
    actor.writes = []


def _by_id(play: Play, actor: Actor, step: Step) -> None:
    intent = replace(play.intent("read-back", actor, by="harness"), expect="refusal" if actor.gone else "success")
    if intent.subject:
        exact = "members" in step.args
        subject = replace(intent.subject, lacks=tuple(play.fill(step.args.get("lacks", []))), members_exact=exact)
        intent = replace(intent, subject=subject)
    how = "is gone" if actor.gone else "holds what was written"
    done = play.exchange(
        play.request("GET", path_of(actor), ours=True),
        intent,
        f"reads back: {actor.kind.lower()} {actor.key} {how}",
    )
    found = done.response.json if done.response and done.response.ok else None
    if not isinstance(found, dict):
        return
    actor.last_answer = found
    if people.has_tag(str(paths.member(found, NAME_ATTRIBUTE[actor.kind])), play.run.seed):
        play.strangers.pop(actor.id or "", None)
    if actor.location:
        _resolve(play, actor)
    asked = actor.members or any(e.path == "members" for w in actor.writes for e in w.effects)
    if actor.kind == "Group" and asked and paths.member(found, "members") is MISSING:
        # Members may be returned on request only (RFC 7643 §7, "returned"): ask for them by name.
        request = play.request("GET", path_of(actor), ours=True, parameters=[("attributes", "displayName,members")])
        more = replace(intent, action="read-members")
        done = play.exchange(request, more, f"reads back the members of group {actor.key}, asked for by name")
        found = done.response.json if done.response and done.response.ok else None
    if isinstance(found, dict):
        actor.absentees = actor.members - member_ids(found, play.run.ledger.living())


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
    play.exchange(request, intent, f"follows the Location of {actor.kind.lower()} {actor.key}")


def _by_filter(play: Play, actor: Actor, _step: Step) -> None:
    path = NAME_ATTRIBUTE[actor.kind]
    value = str(actor.desired.get(path, ""))
    finds = () if actor.gone or actor.id is None else (actor.id,)
    query = Query(filter_path=path, filter_value=value, hostile=is_hostile(value), finds=finds)
    intent = replace(play.intent("look-up", actor, by="harness"), query=query)
    request = play.request(
        "GET", ENDPOINTS[actor.kind], ours=True, parameters=[("filter", wording.filter_text(path, value))]
    )
    play.exchange(request, intent, f"looks up {actor.kind.lower()} {actor.key} by {path}")


def _in_list(play: Play, actor: Actor, _step: Step) -> None:
    start = 1
    for _page in range(_LIST_PAGES):
        request = play.request(
            "GET", ENDPOINTS[actor.kind], ours=True, parameters=[("startIndex", str(start)), ("count", "100")]
        )
        intent = play.intent("list", actor, by="harness")
        done = play.exchange(request, intent, f"looks for {actor.kind.lower()} {actor.key} in the list, from {start}")
        answer = done.response.json if done.response and done.response.ok else None
        page = messages.entries(answer)
        if not page or any(one.get("id") == actor.id for one in messages.resources(answer)):
            return
        start += len(page)
        total = answer.get("totalResults") if isinstance(answer, dict) else None
        if not isinstance(total, int) or start > total:
            return


_WAYS: Final = {"id": _by_id, "filter": _by_filter, "list": _in_list}
