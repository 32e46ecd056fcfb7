"""A literal request of a profile: ``send``, for what no verb can say."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Final, Literal
from urllib.parse import quote, unquote

from scim_compat.engine.actor import NAME_ATTRIBUTE, Actor
from scim_compat.engine.assertions import is_as_expected
from scim_compat.engine.creation import entry_settler
from scim_compat.engine.intent import Action, Assertion, Effect, Expectation, Intent, Query, Rule, Write
from scim_compat.engine.play import Play
from scim_compat.engine.requests import encode
from scim_compat.engine.writes import changeable, meant_effects, patched_attributes, settle_write, with_write
from scim_compat.profile.model import ResourceKind, Step
from scim_compat.scim import paths
from scim_compat.scim.filters import Comparison, Operator
from scim_compat.scim.grammar import PathError, parse_filter
from scim_compat.scim.names import ENDPOINTS
from scim_compat.scim.urls import is_search, parameters, path_of
from scim_compat.values import MISSING, Json
from scim_compat.wire.messages import CredentialUse, Exchange, Headers, Request

_DECLINED: Final = frozenset({400, 403, 501})
"""Statuses that decline an operator: invalidFilter, a filter that is forbidden, and what is not offered (table 8)."""
_ACTIONS: Final[Mapping[str, Action]] = {"PATCH": "patch", "PUT": "replace"}


def send(play: Play, step: Step) -> None:
    """Sends it as written, with the client's headers and flag, and keeps track of its effects."""
    written, expect = step.args["send"], step.args.get("expect", {})
    request, body = _request(play, written)
    intent = _with_premises(play, expect, _intent(play, step, request, body))
    if intent.unmet and request.method != "GET" and not is_search(request.target):
        return  # a write that proves nothing is not sent
    about = play.actors.get(step.args.get("about", ""))
    effects: tuple[Effect, ...] = ()
    if about and "means" in step.args:
        effects = tuple(changeable(play, about, list(meant_effects(play, about, step.args["means"]))))
    write = Write(
        action=intent.action, effects=effects, accepted=False, status=0, refusable=intent.expect != "success",
        attributes=patched_attributes(intent.action, body),
    )  # fmt: skip
    if effects:
        intent = with_write(intent, write)
    title = f"sends {written['method']} {written['path']}"
    if request.credential is not CredentialUse.VALID:
        title += f" with {'no' if request.credential is CredentialUse.NONE else 'a wrong'} credential"
    exchange = play.exchange(request, intent, title, settle=_announce(play, request, body))
    if about and effects:
        settle_write(play, about, write, exchange)
    _remember(play, expect, intent, exchange)


def _with_premises(play: Play, expect: Mapping[str, Json], intent: Intent) -> Intent:
    """The intent with the premise that does not hold, and with the operators declined so far where it sums them up."""
    missing = next((name for name in expect.get("rests-on", ()) if not play.proofs.get(name)), None)
    unmet = "" if missing is None else f"an earlier answer did not prove “{missing}”, so this one proves nothing"
    return replace(intent, unmet=unmet, declined=tuple(play.declined) if expect.get("sums-up") else None)


def _remember(play: Play, expect: Mapping[str, Json], intent: Intent, exchange: Exchange) -> None:
    """Keeps the facts that later steps of the scenario ask for."""
    if "proves" in expect:
        play.proofs[expect["proves"]] = not intent.unmet and is_as_expected(exchange.response, intent)
    operator, response = expect.get("optional", ""), exchange.response
    if operator and response is not None and response.status in _DECLINED and operator not in play.declined:
        play.declined.append(operator)


def _request(play: Play, written: Mapping[str, Json]) -> tuple[Request, Json]:
    """The request, and its body before it is encoded."""
    client = play.scenario.client
    own = {str(k): str(play.fill(v)) for k, v in written.get("headers", {}).items()}
    headers = Headers(client.headers).without(*own).plus(*own.items())
    body = play.fill(written["body"]) if "body" in written else MISSING
    if body is not MISSING and headers.get("Content-Type") is None:
        headers = headers.plus(("Content-Type", client.content_type))
    request = Request(
        method=written["method"],
        target=_target(play, written),
        headers=headers,
        body=None if body is MISSING else encode(body),
        credential=CredentialUse(written.get("credential", CredentialUse.VALID)),
        timeout=play.client_timeout,
    )
    return request, body


def _target(play: Play, written: Mapping[str, Json]) -> str:
    path = quote(str(play.fill(written["path"], identifier=_segment)), safe="/:@!$&'()*+,;=-._~%")
    query = str(play.fill(written.get("query", ""), identifier=_quoted))
    client = play.scenario.client
    if client.flag and client.flag not in query:
        parts = [p for p in (query,) if p]
        parts.insert(0 if client.flag_position == "first" else len(parts), client.flag)
        query = "&".join(parts)
    return f"{path}?{query}" if query else path


def _segment(identifier: str) -> str:
    """An id as one segment of a path: the server chose it, and it may hold slashes."""
    return quote(identifier, safe="")


def _quoted(identifier: str) -> str:
    """An id between the quotes of a filter, in a URL."""
    return quote(encode([identifier])[2:-2], safe="")


def _intent(play: Play, step: Step, request: Request, body: Json) -> Intent:
    expect = step.args.get("expect", {})
    status = expect.get("status", [])
    statuses = frozenset(status if isinstance(status, list) else [status])
    is_refusal = request.credential is not CredentialUse.VALID or (bool(statuses) and all(s >= 400 for s in statuses))
    outcome: Expectation = expect.get("outcome") or ("refusal" if is_refusal else "success")
    action: Action = "anonymous" if request.credential is not CredentialUse.VALID else _action(request, outcome)
    intent = play.intent(action, play.actors.get(step.args.get("about", "")))
    return replace(
        intent,
        resource=step.args.get("resource", intent.resource),
        expect=outcome,
        statuses=statuses,
        query=_query(play, expect, request.target),
        body=body,
        assertions=tuple(_assertions(play, expect)),
        rule=_rule(expect["rule"]) if "rule" in expect else None,
    )


def _action(request: Request, outcome: Expectation) -> Action:
    """The action by the request's own form, so that the checks for such requests judge it."""
    if request.method != "GET":
        return _ACTIONS.get(request.method, "raw")
    path, _, query = request.target.partition("?")
    collection = next((e for e in ENDPOINTS.values() if path == e or path.startswith(e + "/")), None)
    if collection is None or is_search(path) or outcome == "either":
        return "raw"
    if path != collection:
        return "read"
    if outcome != "success":
        return "raw"
    return "match" if "filter=" in query else "list"


def _query(play: Play, expect: Mapping[str, Json], target: str) -> Query:
    actors = {key: play.expand(expect.get(key, [])) for key in ("among", "order", "finds")}
    if any(actor.knowledge.refusals for each in actors.values() for actor in each):
        return Query()  # one of them is not as the step supposes: a change before it was refused
    # Nobody is found by a value that the server's own answer has denied them: the check of the write reports the loss.
    wanted = _comparison(target)
    denied = [a.id for a in actors["finds"] if wanted is not None and _is_denied(a, wanted)]
    ids = {key: tuple(a.id for a in each if a.id and a.id not in denied) for key, each in actors.items()}
    return Query(among=ids["among"], order=ids["order"], finds=ids["finds"] if "finds" in expect else None)


def _comparison(target: str) -> Comparison | None:
    """The filter of the request, where it is one comparison with a text by eq."""
    try:
        condition = parse_filter(parameters(target).get("filter", ""))
    except PathError:
        return None
    match condition:
        case Comparison(operator=Operator.EQUAL, value=str()):
            return condition
    return None


def _is_denied(actor: Actor, wanted: Comparison) -> bool:
    """True when the value that is asked for was sent, and the last answer shows other values in its place."""
    sent, shown = (
        {str(one).lower() for one in paths.values(resource, wanted.path)}
        for resource in (actor.desired, actor.last_answer or {})
    )
    value = str(wanted.value).lower()
    return value in sent and bool(shown) and value not in shown


def _rule(written: Mapping[str, Json]) -> Rule:
    return Rule(**{**written, "cites": tuple(written.get("cites", ()))})


def _assertions(play: Play, expect: Mapping[str, Json]) -> Iterator[Assertion]:
    words: tuple[Literal["equals", "is", "includes"], ...] = ("equals", "is", "includes")
    for one in expect.get("answers", ()):
        word = next(w for w in words if w in one)
        yield Assertion(one["at"], word, play.fill(one[word]))
    for name, value in expect.get("headers", {}).items():
        is_word = value in {"present", "absent"}
        yield Assertion(f"header {name}", "is" if is_word else "equals", play.fill(value))


def _announce(play: Play, request: Request, body: Json) -> Callable[[Exchange], None] | None:
    """Announces the resource that the request may create, and returns what records the answer.

    A literal creation is expected to be refused; a server that accepts it must not be left with the result. Some
    servers also create by a POST below the collection, and by a PUT to an id that is no more.
    """
    path = path_of(request.target)
    kinds: tuple[ResourceKind, ...] = ("User", "Group")
    kind = next((k for k in kinds if path == ENDPOINTS[k] or path.startswith(f"{ENDPOINTS[k]}/")), None)
    ledger = play.run.ledger
    posts = request.method == "POST" and not is_search(path)
    puts = request.method == "PUT" and unquote(path.rpartition("/")[2]) not in ledger.living()
    if kind is None or not (posts or puts):
        return None
    name = paths.member(body, NAME_ATTRIBUTE[kind]) if isinstance(body, Mapping) else MISSING
    entry = ledger.intend(kind, NAME_ATTRIBUTE[kind], "" if name is MISSING else str(name))
    play.entries.append(entry)
    return entry_settler(ledger, entry)
