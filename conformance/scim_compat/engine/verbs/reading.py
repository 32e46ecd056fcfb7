"""Verbs that read: match queries, reads by id, discovery, imports."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Final
from urllib.parse import quote

from scim_compat.engine import mapping, wording
from scim_compat.engine.actor import Actor, NotReached, about, path_of
from scim_compat.engine.controls import control_finds, with_control
from scim_compat.engine.intent import Action, Query
from scim_compat.engine.play import Play
from scim_compat.engine.verbs import actor_of, verb
from scim_compat.profile.model import ResourceKind, Step
from scim_compat.scim import messages, paths
from scim_compat.scim.names import ENDPOINTS
from scim_compat.scim.urls import STEPS
from scim_compat.values import MISSING, Json
from scim_compat.wire.messages import Exchange

_MOST_FOLLOWED: Final = 5


@verb("probe")
def probe(play: Play, step: Step) -> None:
    """The connection test: a match query for a value that nobody has."""
    kind: ResourceKind = step.args.get("on", "User")
    path = step.args.get("by") or mapping.matching_row(play.rows(kind)).to
    value = str(play.fill("${new.guid}"))
    query = Query(finds=(), filter_path=path, filter_value=value)
    intent = replace(
        play.intent("match"),
        resource=kind,
        query=query,
        excluded_attributes=excluded_attributes(play, kind, match=True),
    )
    request = play.request("GET", ENDPOINTS[kind], parameters=match_parameters(play, kind, path, value))
    play.exchange(request, intent, f"probes {ENDPOINTS[kind]} for an unknown {path}")


@verb("match")
def match(play: Play, step: Step) -> None:
    """Looks for the resource by its matching attribute, or the one named by ``by``."""
    actor = actor_of(play, step)
    kind = actor.kind
    path = step.args.get("by") or mapping.matching_row(play.rows(kind)).to
    value = _match_value(play, actor, path)
    case = step.args.get("case")
    if case:
        value = _recase(value, case)
    is_hit = bool(step.args.get("finds", 1 if actor.id and not actor.gone else 0))
    if is_hit and actor.id is None:
        raise NotReached(f"{actor.key} was not created, so nothing can be found")
    query = Query(
        filter_path=path,
        filter_value=value,
        other_case=bool(case),
        hostile=wording.is_hostile(value),
        finds=(actor.id,) if is_hit and actor.id else (),
    )
    intent = replace(
        play.intent("match", actor), query=query, excluded_attributes=excluded_attributes(play, kind, match=True)
    )
    request = play.request("GET", ENDPOINTS[kind], parameters=match_parameters(play, kind, path, value))
    control = with_control(play, actor, form="the client's", look_up=partial(_control_look_up, play, path))
    response = play.exchange(request, intent, f"looks for {about(actor)} by {path}", revise=control).response
    if query.finds and query.is_plain and response and response.ok and isinstance(response.json, dict):
        ids = [resource.get("id") for resource in messages.resources(response.json)]
        if actor.id not in ids:
            actor.knowledge = actor.knowledge.with_failed_filter(path)


def _control_look_up(play: Play, path: str, other: Actor, value: str, /, *, is_judged: bool) -> Exchange:
    """The client's query for another value, as a control of one that failed."""
    query = Query(filter_path=path, filter_value=value, finds=control_finds(other, is_judged=is_judged))
    intent = replace(
        play.intent("look-up", other, by="harness"), query=query, expect="success" if is_judged else "either"
    )
    request = play.request("GET", ENDPOINTS[other.kind], parameters=match_parameters(play, other.kind, path, value))
    return play.exchange(request, intent, f"control: looks for {about(other)} by {path} in the same way")


def match_parameters(play: Play, kind: ResourceKind, path: str, value: str) -> list[tuple[str, str]]:
    """The query parameters of the client's match query."""
    parameters = play.scenario.dialect.match_parameters.get(kind, (("filter", "${filter}"),))
    text = wording.filter_text(path, value)
    return [(name, text if content == "${filter}" else content) for name, content in parameters]


def excluded_attributes(play: Play, kind: ResourceKind, *, match: bool) -> tuple[str, ...]:
    """Attributes that the client asks to leave out of its reads."""
    table = play.scenario.dialect.match_parameters if match else play.scenario.dialect.read_parameters
    return tuple(a for name, value in table.get(kind, ()) if name == "excludedAttributes" for a in value.split(","))


def _recase(value: str, case: str) -> str:
    return {"upper": value.upper(), "lower": value.lower(), "swap": value.swapcase()}[case]


def _match_value(play: Play, actor: Actor, path: str) -> str:
    value = paths.get(actor.desired, path)
    if value is not MISSING:
        return str(value)
    row = mapping.source_row(play.rows(actor.kind), path)
    if row is None:
        raise NotReached(f"{actor.key} has no value for {path}")
    return str(actor.sources[row.source])


@verb("read")
def read(play: Play, step: Step) -> None:
    """Reads the resource by its id, as the client does before it writes."""
    actor = actor_of(play, step)
    read_by_id(play, actor, gone=step.args.get("expect") == "gone")


def read_by_id(play: Play, actor: Actor, *, gone: bool = False, action: Action = "read", title: str = "") -> None:
    """Reads the resource in the client's manner and takes over the answer. ``gone``: it must not be there."""
    parameters = play.scenario.dialect.read_parameters.get(actor.kind, ())
    excluded = excluded_attributes(play, actor.kind, match=False)
    intent = replace(play.intent(action, actor), expect="refusal" if gone else "success", excluded_attributes=excluded)
    request = play.request("GET", path_of(actor), parameters=parameters)
    response = play.exchange(request, intent, title or f"reads {about(actor)}").response
    if response is not None and response.ok and isinstance(response.json, dict) and not gone:
        actor.learn(response.json, play.run.ledger.living(), excluded=excluded)
        actor.etag = response.header("etag") or ""


@verb("evaluate")
def evaluate(play: Play, step: Step) -> None:
    """The start of the next cycle: reads and compares; a difference would be sent again (Entra source S45)."""
    actor = actor_of(play, step)
    read_by_id(play, actor, action="evaluate", title=f"compares {about(actor)} in the next cycle")


@verb("discover")
def discover(play: Play, step: Step) -> None:
    """Asks for one of the discovery endpoints."""
    endpoint = step.args["endpoint"]
    intent = replace(play.intent("discover"), endpoint=endpoint)
    answer = play.exchange(play.request("GET", f"/{endpoint}"), intent, f"asks for /{endpoint}").response
    if step.args.get("follow") and answer is not None and answer.ok:
        for path in list(_endpoints(answer.json, play.run.base_url))[:_MOST_FOLLOWED]:
            request = play.request("GET", path, ours=True, parameters=[("count", "1")])
            play.exchange(request, play.intent("follow", by="harness"), f"asks at {path}, which a resource type names")


def _endpoints(types: Json, base_url: str) -> Iterator[str]:
    """The paths below the base URL that the resource types name (RFC 7643 §6), however they are written."""
    for entry in messages.resources(types):
        named = entry.get("endpoint")
        if not isinstance(named, str):
            continue
        path = named.removeprefix(base_url).strip("/")
        if path and "://" not in path and not STEPS & set(path.split("/")):
            yield "/" + quote(path)
