"""The verb for requests that must be refused, because their credential is missing, wrong or almost right."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from scim_compat.engine import wording
from scim_compat.engine.actor import NAME_ATTRIBUTE, Actor, NotReached, path_of
from scim_compat.engine.bulk_results import results_of, status_of
from scim_compat.engine.creation import announce, entry_settler
from scim_compat.engine.intent import Query
from scim_compat.engine.play import Play
from scim_compat.engine.setup import plain_body, set_up
from scim_compat.engine.trials import has_groups
from scim_compat.engine.verbs import verb
from scim_compat.profile.model import ResourceKind, Step
from scim_compat.scim import messages, paths
from scim_compat.scim.names import BULK, BULK_REQUEST, CORE_1_1, ENDPOINTS, SEARCH, SEARCH_REQUEST
from scim_compat.values import MISSING, Json, plural
from scim_compat.wire.messages import NEAR_MISSES, CredentialUse, Exchange, Request, Response

_DEFENCES: Final = frozenset({403, 423, 429, 503})
"""Statuses of a server that has seen too many wrong credentials; the RFC leaves them to it (RFC 6585 section 4)."""
_PAUSES: Final = (0, 1, 2, 4, 8)
"""Seconds before each look at whether the right credential is let in again."""
_ME: Final = "/Me"
_NOT_OFFERED: Final = frozenset({404, 405, 501})
_SERVERS_OWN: Final = frozenset({"meta", "groups"})


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One request that must be refused."""

    method: str
    path: str
    body: Json = MISSING
    target: Actor | None = None
    """The resource that it would change."""
    parameters: tuple[tuple[str, str], ...] = ()
    kind: ResourceKind = "User"
    credential: CredentialUse = CredentialUse.NONE
    entry: int | None = None
    """For a creation: the number of its entry in the ledger."""

    @property
    def is_side_door(self) -> bool:
        """True for an address that a server need not offer."""
        return self.path in {_ME, BULK} or self.path.endswith(SEARCH)


@verb("trespass")
def trespass(play: Play, step: Step) -> None:
    """Sends requests that must be refused, and then compares the resources that they were about with how they were."""
    match step.args["with"]:
        case "none":
            _without_credential(play, step)
        case "wrong":
            _with_wrong_credential(play, step)
        case _:
            _with_near_misses(play)


def _without_credential(play: Play, step: Step) -> None:
    user = play.actors[step.args["user"]]
    group = _group_of(play, step, user)
    newcomer = play.introduce(f"newcomer of {user.key}", "User")
    _read(play, user, group)
    body = plain_body(newcomer, scim=play.profile.scim)
    entry = announce(play, newcomer, body)
    sent = _send_all(play, user, [
        *_reads(play, user, group), *_side_doors(play, user), *_changes(play, user, group),
        _Attempt("POST", ENDPOINTS["User"], body, newcomer, entry=entry),
    ])  # fmt: skip
    _compare(play, sent, user, group)
    if not play.remark:
        sent = _send_all(play, user, [_Attempt("DELETE", path_of(a), target=a) for a in (group, user) if a is not None])
        _compare(play, sent, user, group)
    _look_for(play, newcomer, entry)


def _with_wrong_credential(play: Play, step: Step) -> None:
    user = play.actors[step.args["user"]]
    _read(play, user)
    writes = (_change(play, user), _bulk(play, user), _Attempt("DELETE", path_of(user), target=user))
    doors = _search(play)[:1]
    attempts = [_Attempt("GET", path_of(user)), *doors, *writes]
    sent = _send_all(play, user, [replace(each, credential=CredentialUse.WRONG) for each in attempts])
    _compare(play, sent, user)


def _with_near_misses(play: Play) -> None:
    if not play.run.near_misses:
        raise NotReached("there is no credential that another could come near to")
    listing = _Attempt("GET", ENDPOINTS["User"], parameters=(("count", "1"),))
    first = _send_all(play, None, [replace(listing, credential=CredentialUse.WRONG)])
    if any(done.response is None or done.response.ok for _, done in first):
        play.remark = "any credential is answered, so nothing can be said of one that is almost right"
    elif not play.remark:
        _send_all(play, None, [replace(listing, credential=use) for use in play.run.near_misses])


# --- the requests -------------------------------------------------------------------------------


def _reads(play: Play, user: Actor, group: Actor | None) -> Iterator[_Attempt]:
    yield _Attempt("GET", path_of(user))
    yield _Attempt("GET", ENDPOINTS["User"], parameters=(("count", "1"),))
    yield _Attempt("GET", ENDPOINTS["User"] + "/", parameters=(("count", "1"),))
    if group is not None:
        yield _Attempt("GET", path_of(group), kind="Group")
        yield _Attempt("GET", ENDPOINTS["Group"], parameters=(("count", "1"),), kind="Group")
    yield from _search(play)


def _search(play: Play) -> tuple[_Attempt, ...]:
    """Queries by POST, which SCIM 1.1 does not have."""
    if play.profile.scim == "1.1":
        return ()
    body = {"schemas": [SEARCH_REQUEST], "startIndex": 1, "count": 1}
    return _Attempt("POST", ENDPOINTS["User"] + SEARCH, body), _Attempt("POST", SEARCH, body)


def _side_doors(play: Play, user: Actor) -> Iterator[_Attempt]:
    if play.profile.scim == "2.0":
        yield _Attempt("GET", _ME)
    yield _bulk(play, user)


def _changes(play: Play, user: Actor, group: Actor | None) -> Iterator[_Attempt]:
    whole = {k: v for k, v in copy.deepcopy(dict(user.last_answer or {})).items() if k not in _SERVERS_OWN}
    yield _Attempt("PUT", path_of(user), {**whole, **_other_values(play)}, user)
    yield _change(play, user)
    if group is not None:
        yield _change(play, group)


def _change(play: Play, actor: Actor) -> _Attempt:
    return _Attempt("PATCH", path_of(actor), _change_body(play, actor), actor, kind=actor.kind)


def _change_body(play: Play, actor: Actor) -> dict[str, Json]:
    values = {k: v for k, v in _other_values(play).items() if actor.kind == "User" or k == "displayName"}
    if play.profile.scim == "1.1":
        return {"schemas": [CORE_1_1], "id": actor.id, **values}
    return wording.patch_body([{"op": "replace", "path": path, "value": value} for path, value in values.items()])


def _bulk(play: Play, user: Actor) -> _Attempt:
    operation = {"method": "PATCH", "path": path_of(user), "data": _change_body(play, user)}
    urn = CORE_1_1 if play.profile.scim == "1.1" else BULK_REQUEST
    return _Attempt("POST", BULK, {"schemas": [urn], "Operations": [operation]}, user)


def _other_values(play: Play) -> dict[str, Json]:
    return {"displayName": play.fill("Nobody ${run.tag}"), "active": False}


# --- sending ------------------------------------------------------------------------------------


def _send_all(play: Play, user: Actor | None, attempts: Iterable[_Attempt]) -> list[tuple[_Attempt, Exchange]]:
    """Sends them until a defence of the server against wrong credentials answers."""
    sent: list[tuple[_Attempt, Exchange]] = []
    usual: int | None = None
    for attempt in attempts:
        try:
            exchange = _send(play, user, attempt, first=usual is None)
        except NotReached:
            if attempt.credential is CredentialUse.NONE:
                raise
            play.remark = "the server gave no answer to a wrong credential in time; no more were sent"
            break
        sent.append((attempt, exchange))
        status = exchange.response.status if exchange.response else 0
        # Without a credential, 403 may be the answer at this address; with one, it is new behind a 401.
        has_guessed = attempt.credential is not CredentialUse.NONE and usual == 401
        if status in {423, 429} or (status in _DEFENCES and has_guessed):
            _await_admission(play, status, len(sent))
            break
        usual = usual or (status if status >= 400 else None)
    return sent


def _send(play: Play, user: Actor | None, attempt: _Attempt, *, first: bool) -> Exchange:
    plain = play.request(
        attempt.method, attempt.path, ours=True, parameters=attempt.parameters, body=attempt.body
    )  # fmt: skip
    request: Request = replace(plain, credential=attempt.credential)
    intent = replace(
        play.intent("anonymous", user, by="harness"),
        resource=attempt.kind,
        expect="refusal",
        # The first refusal is judged in full. A server that counts them may refuse the others in its own way.
        statuses=_accepted(attempt, first=first),
        body=attempt.body,
    )
    settle = None if attempt.entry is None else entry_settler(play.run.ledger, attempt.entry)
    title = f"sends {attempt.method} {attempt.path} with {_in_words(attempt.credential)}"
    return play.exchange(request, intent, title, settle=settle)


def _accepted(attempt: _Attempt, *, first: bool) -> frozenset[int]:
    if attempt.is_side_door:
        return frozenset({401, *_DEFENCES, *_NOT_OFFERED})
    return frozenset() if first else frozenset({401, *_DEFENCES})


def _in_words(use: CredentialUse) -> str:
    ways = {CredentialUse.NONE: "no credential", CredentialUse.WRONG: "a wrong credential"}
    return ways.get(use) or NEAR_MISSES[use]


def _await_admission(play: Play, status: int, count: int) -> None:
    """Waits for a moment until the right credential is let in again, so that clean-up can work."""
    requests = plural(count, "request")
    sentence = f"the server answered {status} after {requests} without the right credential, a defence against guessing"
    play.remark = f"{sentence}; no more were sent"
    for seconds in _PAUSES:
        if seconds:
            play.run.pause(seconds)
        play.requests += 1
        request = play.request("GET", ENDPOINTS["User"], ours=True, parameters=(("count", "1"),))
        answer = play.run.sender.send(request).response
        if answer is not None and answer.status not in {401, *_DEFENCES}:
            return
    play.remark = f"{sentence}, and no longer lets in the right one; what would have come then was not judged"


# --- the state afterwards -----------------------------------------------------------------------


def _group_of(play: Play, step: Step, user: Actor) -> Actor | None:
    """A group with the user in it; None where the client or the target has no groups."""
    if not play.rows("Group") or not has_groups(play.run):
        return None
    key = f"group of {user.key}"
    args = {"given": key, "kind": "Group", "members": [user.key]}
    try:
        set_up(play, Step(kind="given", verb="given", args=args, where=step.where))
    except NotReached:
        return None
    return play.actors[key]


def _read(play: Play, *actors: Actor | None) -> None:
    """Reads them with the right credential; the comparison needs the server's own full answer."""
    for actor in actors:
        if actor is None:
            continue
        intent = play.intent("read", actor, by="harness")
        answer = play.exchange(play.request("GET", path_of(actor), ours=True), intent, f"reads {actor.key}").response
        if answer is None or not answer.ok or not isinstance(answer.json, dict):
            raise NotReached(f"{actor.key} could not be read with the right credential")
        actor.learn(answer.json, play.run.ledger.living())


def _compare(play: Play, sent: list[tuple[_Attempt, Exchange]], *actors: Actor | None) -> None:
    """Reads again what refused requests were about. Where one was let in, ``auth.required`` has reported that."""
    is_let_in = any(attempt.target and _is_accepted(done.response) for attempt, done in sent)
    for actor in actors:
        if actor is not None and not is_let_in:  # a change of a user shows in its groups as well
            play.exchange(
                play.request("GET", path_of(actor), ours=True),
                play.intent("intact", actor, by="harness"),
                f"compares {actor.key} with how it was before the refused requests",
            )
        elif actor is not None:
            _refresh(play, actor)


def _is_accepted(response: Response | None) -> bool:
    """True for an answer by which a server accepts a write. An object with status 200 that is no resource does not."""
    if response is None or not response.ok:
        return False
    results = results_of(response.json)
    if results:
        return any(status_of(one) in range(200, 300) for one in results)
    return not response.body or messages.is_resource(response.json)


def _refresh(play: Play, actor: Actor) -> None:
    """Takes over the state that a request without a credential has made."""
    done = play.run.sender.send(play.request("GET", path_of(actor), ours=True))
    play.requests += 1
    if done.response is not None and done.response.ok and isinstance(done.response.json, dict):
        actor.learn(done.response.json, play.run.ledger.living())


def _look_for(play: Play, newcomer: Actor, entry: int) -> None:
    """Looks whether a refused creation has created all the same, and if so, takes the resource over for clean-up."""
    ledger = play.run.ledger
    if ledger.entries[entry].is_open:
        return  # it was let in, which is reported
    attribute = NAME_ATTRIBUTE["User"]
    name = str(plain_body(newcomer, scim=play.profile.scim)[attribute])
    request = play.request(
        "GET", ENDPOINTS["User"], ours=True, parameters=[("filter", wording.filter_text(attribute, name))]
    )
    query = Query(filter_path=attribute, filter_value=name, finds=())
    intent = replace(play.intent("intact", by="harness"), resource="User", query=query)
    answer = play.exchange(request, intent, "looks for a user that a refused request may have created").response
    for resource in messages.resources(answer.json if answer and answer.ok else None):
        identifier = resource.get("id")
        if str(paths.member(resource, attribute)).lower() == name.lower() and isinstance(identifier, str):
            number = ledger.intend("User", attribute, name)
            play.entries.append(number)
            ledger.record_created(number, identifier, confirmed=True)
