"""The verbs for several writes in one request (RFC 7644 §3.7)."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import quote, unquote

from scim_compat.engine import mapping, wording
from scim_compat.engine.actor import Actor, NotReached
from scim_compat.engine.bulk_results import Result, pair_results, results_of, status_of
from scim_compat.engine.creation import adapt_body, announce, settle
from scim_compat.engine.intent import BulkPart, Effect, Write
from scim_compat.engine.play import Play
from scim_compat.engine.verbs import verb
from scim_compat.engine.writes import meant_effects, settle_write
from scim_compat.profile.model import Step
from scim_compat.scim import paths
from scim_compat.scim.names import BULK, BULK_REQUEST, ENDPOINTS
from scim_compat.scim.urls import STEPS
from scim_compat.values import Json
from scim_compat.wire.messages import Exchange


@dataclass(frozen=True, slots=True)
class _Operation:
    """One operation of the request, and the actor that it is about."""

    actor: Actor
    part: BulkPart
    body: dict[str, Json]
    entry: int | None = None
    """For a creation: the number of its entry in the ledger."""
    write: Write | None = None


@verb("bulk")
def bulk(play: Play, step: Step) -> None:
    """Sends the operations in one request; references to what it creates go by bulkId."""
    for each in step.args["operations"]:  # a group may name members that are created behind it
        if "create" in each and each["create"] not in play.actors:
            play.introduce(each["create"], each.get("kind", "User"), each.get("as"))
    operations = [_operation(play, each) for each in step.args["operations"]]
    body: dict[str, Json] = {"schemas": [BULK_REQUEST]}
    if "fail-on-errors" in step.args:
        body["failOnErrors"] = step.args["fail-on-errors"]
    body["Operations"] = [one.body for one in operations]
    parts = tuple(one.part for one in operations)
    # "MAY … return the status code 409": section 3.7.1 does not say whether of the request or of its operations.
    may_conflict = any(part.expect == "conflict-or-success" for part in parts)
    statuses = frozenset({200, 409}) if may_conflict else frozenset()
    intent = replace(play.intent("bulk"), body=body, parts=parts, statuses=statuses)
    play.exchange(
        play.request("POST", BULK, body=body), intent, f"sends {len(operations)} operations in one request",
        settle=lambda exchange: _settle(play, operations, exchange),
    )  # fmt: skip


@verb("overstep-bulk")
def overstep(play: Play, step: Step) -> None:
    """Sends more than the target's own limit; each operation would delete a user whom nobody has."""
    path = f"{ENDPOINTS['User']}/{play.fill('${new.guid}')}"
    if step.args.get("by") == "bytes":
        operations, title = _too_many_bytes(play, path)
    else:
        operations, title = _too_many_operations(play, path)
    body = {"schemas": [BULK_REQUEST], "Operations": operations}
    intent = replace(play.intent("bulk"), body=body, expect="refusal", statuses=frozenset({413}))
    play.exchange(play.request("POST", BULK, body=body), intent, title)


def _too_many_operations(play: Play, path: str) -> tuple[list[dict[str, Json]], str]:
    limit = play.run.capabilities.bulk_limit
    if limit is None:
        raise NotReached("the target does not say how many operations it takes in one request")
    operations: list[dict[str, Json]] = [{"method": "DELETE", "path": f"{path}-{n}"} for n in range(limit + 1)]
    return operations, f"sends {limit + 1} operations in one request"


def _too_many_bytes(play: Play, path: str) -> tuple[list[dict[str, Json]], str]:
    """One operation whose bulkId alone has as many bytes as the whole request may have."""
    limit = play.run.capabilities.bulk_bytes
    if limit is None:
        raise NotReached("the target does not say how many bytes it takes in one request")
    return [{"method": "DELETE", "bulkId": "x" * limit, "path": path}], f"sends more than {limit} bytes in one request"


def _operation(play: Play, written: Mapping[str, Json]) -> _Operation:
    expect = written.get("expect", "success")
    if "create" in written:
        return _creation(play, written)
    actor = play.actors[written.get("patch") or written.get("put") or written["delete"]]
    path = f"{ENDPOINTS[actor.kind]}/{quote(actor.id or '', safe='')}"
    if "delete" in written:
        return _Operation(actor, BulkPart("DELETE", "", path, expect), {"method": "DELETE", "path": path})
    if "put" in written:
        return _replacement(play, actor, written, BulkPart("PUT", "", path, expect))
    data = wording.patch_body(play.fill(written["operations"]))
    effects = tuple(meant_effects(play, actor, written.get("means", {})))
    write = Write(action="patch", effects=effects, accepted=False, status=0)
    body = {"method": "PATCH", "path": path, "data": data}
    return _Operation(actor, BulkPart("PATCH", "", path, expect), body, write=write)


def _replacement(play: Play, actor: Actor, written: Mapping[str, Json], part: BulkPart) -> _Operation:
    """A PUT of the resource as the server has answered it, with changes."""
    if actor.last_answer is None:
        raise NotReached(f"{actor.key} was never answered in full, so a PUT would lose what it does not know")
    wish = wording.Change(set=tuple(play.fill(written["set"]).items()))
    data = wording.replacement(wish, last_answer=actor.last_answer)
    effects = tuple(meant_effects(play, actor, {"set": written["set"]}))
    write = Write(action="replace", effects=effects, accepted=False, status=0)
    return _Operation(actor, part, {"method": "PUT", "path": part.path, "data": data}, write=write)


def _creation(play: Play, written: Mapping[str, Json]) -> _Operation:
    key, expect = written["create"], written.get("expect", "success")
    actor = play.actors[key]
    data = mapping.creation_body(play.rows(actor.kind), actor.sources)
    data = adapt_body(play, {k: v for k, v in written.items() if k != "members"}, data)
    if written.get("members"):
        data["members"] = [{"value": m.id or f"bulkId:{m.key}"} for m in play.expand(written["members"])]
    # The second creation of one name in the same request needs a bulkId of its own.
    bulk_id = f"{key}-again" if expect == "refusal" else key
    endpoint = ENDPOINTS[actor.kind]
    body = {"method": "POST", "bulkId": bulk_id, "path": endpoint, "data": data}
    return _Operation(actor, BulkPart("POST", bulk_id, endpoint, expect), body, announce(play, actor, data))


def _settle(play: Play, operations: list[_Operation], exchange: Exchange) -> None:
    """Takes the outcome of each operation into the ledger and into the desired state."""
    response = exchange.response
    results = results_of(response.json if response and response.ok else None)
    refused = response is not None and 400 <= response.status < 500
    pairs = zip(operations, pair_results([one.part for one in operations], results), strict=True)
    for one, result in pairs:
        if one.entry is not None and response is not None:
            play.run.ledger.record_answer(one.entry)
        # Without a result of its own an operation counts as done: the read-back will show.
        status = status_of(result) or (response.status if response else 0)
        if one.entry is not None:
            # A request that was refused as a whole may have been done in part: clean-up looks for the name.
            if result or (one.part.expect != "refusal" and not refused):
                _settle_creation(play, one, one.entry, result, dropped=400 <= status < 500)
        elif one.write is not None:
            settle_write(play, one.actor, one.write, _as_request(exchange, status))
        elif 200 <= status < 300:
            one.actor.gone = True  # clean-up asks for it again: a result is no proof
    _resolve_members(operations)


def _settle_creation(play: Play, one: _Operation, entry: int, result: Result | None, *, dropped: bool) -> None:
    location = str((result or {}).get("location") or "")
    if dropped:
        play.run.ledger.record_dropped(entry)
    elif result is not None and 200 <= status_of(result) < 300 and location:
        identifier = unquote(location.rstrip("/").rpartition("/")[2])
        if identifier in STEPS or identifier in play.run.ledger.living():
            return
        # The answer held a location and no name: the read-back will show whose it is.
        play.strangers[identifier] = f"{location}, which was not read yet"
        actor = one.actor
        actor.id, actor.entry, actor.location = identifier, entry, location
        play.run.ledger.record_created(entry, identifier, confirmed=False)
        references = mapping.references(play.rows(actor.kind))
        settle(actor, one.body["data"], {}, references=references, ours=play.run.ledger.living())
        effects = tuple(Effect("set", str(path), copy.deepcopy(value)) for path, value in paths.leaves(actor.desired))
        actor.writes = [Write(action="create", effects=effects, accepted=True, status=status_of(result))]


def _resolve_members(operations: list[_Operation]) -> None:
    """Replaces the members that were named by bulkId with the ids that they have got."""
    ids = {f"bulkId:{one.actor.key}": one.actor.id for one in operations if one.actor.id}
    for actor in (one.actor for one in operations):
        if any(m.startswith("bulkId:") for m in actor.members):
            actor.members = {ids.get(m) or m for m in actor.members}
            additions = tuple(Effect("add-member", "members", m) for m in actor.members)
            actor.writes = [replace(write, effects=(*write.effects, *additions)) for write in actor.writes]


def _as_request(exchange: Exchange, status: int) -> Exchange:
    """The exchange as it would be if the operation had been a request of its own."""
    if exchange.response is None:
        return exchange
    return replace(exchange, response=replace(exchange.response, status=status or 500))
