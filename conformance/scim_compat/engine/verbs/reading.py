"""Verbs that read: match queries, reads by id, discovery, imports."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from scim_compat.engine import mapping, wording
from scim_compat.engine.actor import Actor, NotReached, path_of
from scim_compat.engine.intent import Action, Query
from scim_compat.engine.play import Play
from scim_compat.engine.verbs import about, actor_of, verb
from scim_compat.profile.model import ResourceKind, Step
from scim_compat.scim import paths
from scim_compat.scim.messages import entries, resources
from scim_compat.scim.names import ENDPOINTS
from scim_compat.values import MISSING, Json
from scim_compat.wire.messages import Exchange

MOST_PAGES: Final = 20
"""An import stops here: somebody's store may hold a million users, and a hostile one never ends."""


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
    path = step.args.get("by") or mapping.matching_row(play.rows(kind)).to
    value = str(play.fill("${new.guid}"))
    endpoint, parameters = match_request(play, kind, path, value)
    intent = replace(
        play.intent("match"),
        resource=kind,
        query=Query(finds=(), filter_path=path, filter_value=value),
        excluded=excluded(play, kind, match=True),
    )
    play.exchange(
        play.request("GET", endpoint, parameters=parameters),
        intent,
        f"probes {endpoint} for an unknown {path}",
    )


@verb("match")
def match(play: Play, step: Step) -> None:
    """Looks for the resource by its matching attribute, or the one named by ``by``."""
    actor = actor_of(play, step)
    path = step.args.get("by") or mapping.matching_row(play.rows(actor.kind)).to
    value = _match_value(play, actor, path)
    case = step.args.get("case")
    if case:
        value = _cased(value, case)
    found = step.args.get("finds", 1 if actor.id and not actor.gone else 0)
    if found and actor.id is None:
        raise NotReached(f"{actor.key} was not created, so nothing can be found")
    endpoint, parameters = match_request(play, actor.kind, path, value)
    query = Query(
        filter_path=path,
        filter_value=value,
        other_case=bool(case),
        hostile=is_hostile(value),
        finds=(actor.id,) if found and actor.id else (),
    )
    intent = replace(play.intent("match", actor), query=query, excluded=excluded(play, actor.kind, match=True))
    done = play.exchange(
        play.request("GET", endpoint, parameters=parameters), intent, f"looks for {about(actor)} by {path}"
    )
    hits = done.response.json if done.response and done.response.ok else None
    if (
        query.finds
        and query.is_plain
        and isinstance(hits, dict)
        and actor.id not in [hit.get("id") for hit in resources(hits)]
    ):
        actor.failed_filters.add(path.lower())


def is_hostile(value: str) -> bool:
    """True when the value needs care in a filter or in a URL."""
    return not (value.isascii() and all(c.isalnum() or c in "@.-_ " for c in value))


def _cased(value: str, case: str) -> str:
    return {"upper": value.upper(), "lower": value.lower(), "swap": value.swapcase()}[case]


def _match_value(play: Play, actor: Actor, path: str) -> str:
    known = paths.get(actor.desired, path)
    if known is not MISSING:
        return str(known)
    row = mapping.source_row(play.rows(actor.kind), path)
    if row is None:
        raise NotReached(f"{actor.key} has no value for {path}")
    return str(actor.sources[row.source])


@verb("read")
def read(play: Play, step: Step) -> None:
    """Reads the resource by its id, as the client does before it writes."""
    actor = actor_of(play, step)
    read_by_id(play, actor, gone=step.args.get("expect") == "gone")


def read_by_id(play: Play, actor: Actor, *, gone: bool = False, action: Action = "read", title: str = "") -> Exchange:
    parameters = play.scenario.dialect.read_parameters.get(actor.kind, ())
    left_out = excluded(play, actor.kind, match=False)
    intent = replace(play.intent(action, actor), expect="refusal" if gone else "success", excluded=left_out)
    done = play.exchange(
        play.request("GET", path_of(actor), parameters=parameters),
        intent,
        title or f"reads {about(actor)}",
    )
    response = done.response
    if response is not None and response.ok and isinstance(response.json, dict) and not gone:
        actor.last_answer = response.json
        actor.etag = response.header("etag") or ""
    return done


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
        query = Query(earlier=frozenset(earlier), complete=expected, total=first)
        answer = _page_of(play, kind, page, count, query)
        page_entries = entries(answer)
        total = answer.get("totalResults") if isinstance(answer, dict) else None
        if not page_entries or not isinstance(total, int):
            break
        first = total if first is None else first
        earlier |= {str(one.get("id")) for one in resources(answer)}
        start += len(page_entries)
        if start > total:
            break
    if step.args.get("beyond"):
        _page_of(play, kind, page + count, count, Query(earlier=frozenset(earlier), finds=()))


def _page_of(play: Play, kind: ResourceKind, start: int, count: int, query: Query) -> Json:
    parameters = [("startIndex", str(start)), ("count", str(count))]
    intent = replace(play.intent("list"), resource=kind, query=query)
    request = play.request("GET", ENDPOINTS[kind], parameters=parameters)
    done = play.exchange(request, intent, f"imports {kind.lower()}s from {start}")
    return done.response.json if done.response and done.response.ok else None
