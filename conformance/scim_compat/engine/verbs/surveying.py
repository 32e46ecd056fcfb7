"""Look-ups among many: whether a filter looks at every resource, or at the first page of the store."""

from __future__ import annotations

from dataclasses import replace

from scim_compat.engine import wording
from scim_compat.engine.actor import Actor, NotReached
from scim_compat.engine.intent import Query
from scim_compat.engine.play import Play
from scim_compat.engine.verbs import verb
from scim_compat.engine.verbs.reading import excluded_attributes, match_parameters
from scim_compat.profile.model import ResourceKind, Step
from scim_compat.scim import messages, paths
from scim_compat.scim.names import ENDPOINTS
from scim_compat.values import MISSING


@verb("match-crowd")
def match_crowd(play: Play, step: Step) -> None:
    """Looks for the first, the last and the middle of the crowd, in the client's own form of query.

    One that is missed is asked for again: if others were found, the filter works and looks only at a part.
    """
    kind: ResourceKind = step.args.get("on", "User")
    crowd = [actor for actor in play.run.crowd if actor.kind == kind and actor.id]
    if not crowd:
        raise NotReached(f"no {kind.lower()} of the crowd could be created")
    for path in step.args.get("by") or [row.to for row in play.rows(kind) if row.match]:
        those = [actor for actor in crowd if _value(actor, path) and not actor.is_disabled]
        chosen = {a.key: a for a in (those[0], those[-1], those[len(those) // 2])} if those else {}
        missed = [actor for actor in chosen.values() if not _look_up(play, actor, path, Query(survey=True))]
        for actor in missed[:1]:
            _look_up(play, actor, path, Query(hits=len(chosen) - len(missed)))


def _value(actor: Actor, path: str) -> str:
    value = paths.get(actor.desired, path)
    return "" if value is MISSING else str(value)


def _look_up(play: Play, actor: Actor, path: str, query: Query) -> bool:
    """True where the actor is found."""
    value = _value(actor, path)
    query = replace(
        query,
        filter_path=path,
        filter_value=value,
        hostile=wording.is_hostile(value),
        finds=(actor.id,) if actor.id else (),
    )
    excluded = excluded_attributes(play, actor.kind, match=True)
    intent = replace(play.intent("match", actor), query=query, excluded_attributes=excluded)
    request = play.request("GET", ENDPOINTS[actor.kind], parameters=match_parameters(play, actor.kind, path, value))
    response = play.exchange(request, intent, f"looks for {actor.key} by {path}").response
    body = response.json if response is not None and response.ok else None
    return actor.id in [resource.get("id") for resource in messages.resources(body)]
