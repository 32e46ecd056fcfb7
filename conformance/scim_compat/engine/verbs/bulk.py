"""The verbs for several writes in one request (RFC 7644 §3.7)."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote, unquote

from scim_compat.engine import mapping, wording
from scim_compat.engine.actor import Actor, NotReached
from scim_compat.engine.creation import announce, settle
from scim_compat.engine.intent import BulkPart, Effect, Write
from scim_compat.engine.play import Play
from scim_compat.engine.verbs import verb
from scim_compat.engine.verbs.changing import meant_effects, settle_write
from scim_compat.engine.verbs.creating import body_for
from scim_compat.profile.model import Step
from scim_compat.scim import paths
from scim_compat.scim.names import BULK, BULK_REQUEST, ENDPOINTS
from scim_compat.scim.urls import STEPS
from scim_compat.values import Json
from scim_compat.wire.messages import Exchange


@dataclass(frozen=True, slots=True)
class _Sent:
    """One operation as sent, and what it is about."""

    actor: Actor
    part: BulkPart
    body: dict[str, Json]
    entry: int | None = None
    writing: Write | None = None


@verb("bulk")
def bulk(play: Play, step: Step) -> None:
    """Sends the operations in one request; references to what it creates go by bulkId."""
    for each in step.args["operations"]:  # a group may name members that are created behind it
        if "create" in each and each["create"] not in play.actors:
            play.introduce(each["create"], each.get("kind", "User"), each.get("as"))
    sent = [_operation(play, each) for each in step.args["operations"]]
    body: dict[str, Json] = {"schemas": [BULK_REQUEST]}
    if "fail-on-errors" in step.args:
        body["failOnErrors"] = step.args["fail-on-errors"]
    body["Operations"] = [one.body for one in sent]
    intent = replace(play.intent("bulk"), sent=body, parts=tuple(one.part for one in sent))
    play.exchange(
        play.request("POST", BULK, body=body), intent, f"sends {len(sent)} operations in one request",
        settle=lambda done: _settle(play, sent, done),
    )  # fmt: skip


@verb("overstep-bulk")
def overstep(play: Play, step: Step) -> None:  # noqa: ARG001 - a verb is given its step
    """One operation more than the target says it takes; each would delete a user whom nobody has."""
    limit = play.run.capabilities.bulk_limit
    if limit is None:
        raise NotReached("the target does not say how many operations it takes in one request")
    path = f"{ENDPOINTS['User']}/{play.fill('${new.guid}')}"
    operations = [{"method": "DELETE", "path": f"{path}-{number}"} for number in range(limit + 1)]
    body = {"schemas": [BULK_REQUEST], "Operations": operations}
    intent = replace(play.intent("bulk"), sent=body, expect="refusal", statuses=frozenset({413}))
    play.exchange(play.request("POST", BULK, body=body), intent, f"sends {limit + 1} operations in one request")


def _operation(play: Play, wanted: Mapping[str, Json]) -> _Sent:
    expect = wanted.get("expect", "success")
    if "create" in wanted:
        key = wanted["create"]
        actor = play.actors[key]
        body = body_for(
            play,
            {k: v for k, v in wanted.items() if k != "members"},
            mapping.creation_body(play.rows(actor.kind), actor.sources),
        )
        if wanted.get("members"):
            body["members"] = [{"value": m.id or f"bulkId:{m.key}"} for m in play.expand(wanted["members"])]
        # The second creation of one name in the same request needs a bulkId of its own.
        bulk_id = f"{key}-again" if expect == "refusal" else key
        operation = {"method": "POST", "bulkId": bulk_id, "path": ENDPOINTS[actor.kind], "data": body}
        entry = announce(play, actor, body)
        return _Sent(actor, BulkPart("POST", bulk_id, ENDPOINTS[actor.kind], expect), operation, entry)
    actor = play.actors[wanted.get("patch") or wanted["delete"]]
    path = f"{ENDPOINTS[actor.kind]}/{quote(actor.id or '', safe='')}"
    if "delete" in wanted:
        return _Sent(actor, BulkPart("DELETE", "", path, expect), {"method": "DELETE", "path": path})
    data = wording.patch_body(play.fill(wanted["operations"]))
    effects = tuple(meant_effects(play, actor, wanted.get("means", {})))
    writing = Write(action="patch", effects=effects, accepted=False, status=0)
    operation = {"method": "PATCH", "path": path, "data": data}
    return _Sent(actor, BulkPart("PATCH", "", path, expect), operation, writing=writing)


def _settle(play: Play, sent: list[_Sent], done: Exchange) -> None:
    """Takes what each operation did into the ledger and into what is wanted."""
    answers = results_of(done.response.json if done.response and done.response.ok else None)
    refused = done.response is not None and 400 <= done.response.status < 500
    for one, found in zip(sent, matched([s.part for s in sent], answers), strict=True):
        # Without a result of its own an operation counts as done: the read-back will tell.
        status = status_of(found) or (done.response.status if done.response else 0)
        if one.entry is not None:
            _created(play, one, found, dropped=refused or 400 <= status < 500)
        elif one.writing is not None:
            settle_write(play, one.actor, one.writing, _as_if(done, status))
        elif 200 <= status < 300:
            one.actor.gone = True  # clean-up asks for it again: a result is no proof
    _resolve_members(sent)


def _created(play: Play, one: _Sent, found: Mapping[str, Json] | None, *, dropped: bool) -> None:
    if one.entry is None or (one.part.expect == "refusal" and not found):
        return
    location = str((found or {}).get("location") or "")
    if dropped:
        play.run.ledger.record_dropped(one.entry)
    elif found is not None and 200 <= status_of(found) < 300 and location:
        identifier = unquote(location.rstrip("/").rpartition("/")[2])
        if identifier in STEPS or identifier in play.run.ledger.living():
            return
        # The answer held a location and no name: whose it is, the read-back will show.
        play.strangers[identifier] = f"{location}, which was not read yet"
        one.actor.id, one.actor.entry, one.actor.location = identifier, one.entry, location
        play.run.ledger.record_created(one.entry, identifier, confirmed=False)
        references = mapping.references(play.rows(one.actor.kind))
        settle(one.actor, one.body["data"], {}, references=references)
        one.actor.writes = [
            Write(action="create", effects=tuple(_effects(one)), accepted=True, status=status_of(found))
        ]


def _effects(one: _Sent) -> list[Effect]:
    return [Effect("set", str(path), copy.deepcopy(value)) for path, value in paths.leaves(one.actor.desired)]


def _resolve_members(sent: list[_Sent]) -> None:
    """The members that were named by bulkId, by the ids that they have got."""
    ids = {f"bulkId:{one.actor.key}": one.actor.id for one in sent if one.actor.id}
    for one in sent:
        if any(m.startswith("bulkId:") for m in one.actor.members):
            one.actor.members = {ids.get(m) or m for m in one.actor.members}
            one.actor.writes = [
                replace(w, effects=(*w.effects, *(Effect("add-member", "members", m) for m in one.actor.members)))
                for w in one.actor.writes
            ]


def _as_if(done: Exchange, status: int) -> Exchange:
    """The exchange as it would be if the operation had been a request of its own."""
    if done.response is None:
        return done
    return replace(done, response=replace(done.response, status=status or 500))


def results_of(body: Json) -> list[Mapping[str, Json]]:
    """The results in a bulk response; empty if there are none."""
    found = body.get("Operations") if isinstance(body, Mapping) else None
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []


def matched(parts: Sequence[BulkPart], results: list[Mapping[str, Json]]) -> list[Mapping[str, Json] | None]:
    """The result of each operation, or None: by bulkId, by method and location, else by its place if all came."""
    found: list[Mapping[str, Json] | None] = []
    for number, part in enumerate(parts):
        mine = next((each for each in results if _fits(part, each)), None)
        if mine is None and not part.bulk_id and len(results) == len(parts):
            at = results[number]
            mine = at if _method(at) == part.method and not at.get("location") else None
        found.append(mine)
    return found


def _fits(part: BulkPart, result: Mapping[str, Json]) -> bool:
    if part.bulk_id:
        return bool(result.get("bulkId") == part.bulk_id)
    where = str(result.get("location") or result.get("path") or "")
    return _method(result) == part.method and unquote(where).endswith(unquote(part.path))


def _method(result: Mapping[str, Json]) -> str:
    return str(result.get("method", "")).upper()


def status_of(result: Mapping[str, Json] | None) -> int:
    """The status of one result as a number; 0 if there is none. Older drafts had an object with a code."""
    found = (result or {}).get("status")
    code = found.get("code") if isinstance(found, Mapping) else found
    return int(code) if isinstance(code, int | str) and str(code).isdecimal() else 0
