"""A literal request of a profile: ``send``, for what no verb can say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final, Literal
from urllib.parse import quote, unquote

from scim_compat.engine.actor import NAME_ATTRIBUTE
from scim_compat.engine.intent import (
    Action,
    Assertion,
    Effect,
    Intent,
    Query,
    Rule,
    Write,
)
from scim_compat.engine.play import Play, encode
from scim_compat.engine.verbs.changing import changeable, meant, settle_write
from scim_compat.profile.model import ResourceKind, Step
from scim_compat.scim import paths
from scim_compat.scim.names import ENDPOINTS
from scim_compat.values import MISSING, Json
from scim_compat.wire.messages import Request

_ACTIONS: Final[Mapping[str, Action]] = {"PATCH": "patch", "PUT": "replace"}


def send(play: Play, step: Step) -> None:
    """Sends it as written, the client's headers and flag with it, and keeps track of what it means."""
    wanted = step.args["send"]
    request, sent = _request(play, wanted)
    intent = _intent(play, step, request, sent)
    about = play.actors.get(step.args.get("about", ""))
    effects: tuple[Effect, ...] = ()
    if about and "means" in step.args:
        effects = tuple(changeable(play, about, list(meant(play, about, step.args["means"]))))
    writing = Write(
        action=intent.action, effects=effects, accepted=False, status=0, refusable=intent.expect != "success"
    )
    if effects and intent.subject:
        intent = replace(intent, subject=replace(intent.subject, writes=(*intent.subject.writes, writing)))
    title = f"sends {wanted['method']} {wanted['path']}"
    if request.credential != "valid":
        title += f" with {'no' if request.credential == 'none' else 'a wrong'} credential"
    entry = _announce(play, request, sent)
    done = play.exchange(request, intent, title, entry=entry)
    if about and effects:
        settle_write(play, about, writing, done)


def _request(play: Play, wanted: Mapping[str, Json]) -> tuple[Request, Json]:
    client = play.scenario.client
    own = {str(k): str(play.fill(v)) for k, v in wanted.get("headers", {}).items()}
    replaced = {name.lower() for name in own}
    headers = (*(h for h in client.headers if h[0].lower() not in replaced), *own.items())
    sent = play.fill(wanted["body"]) if "body" in wanted else MISSING
    if sent is not MISSING and not any(k.lower() == "content-type" for k, _ in headers):
        headers = (*headers, ("Content-Type", client.content_type))
    request = Request(
        method=wanted["method"],
        target=_target(play, wanted),
        headers=headers,
        body=None if sent is MISSING else encode(sent),
        credential=wanted.get("credential", "valid"),
        timeout=play.client_timeout,
    )
    return request, sent


def _intent(play: Play, step: Step, request: Request, sent: Json) -> Intent:
    expect = step.args.get("expect", {})
    listed = expect.get("status", [])
    statuses = frozenset(listed if isinstance(listed, list) else [listed])
    refused = request.credential != "valid" or (bool(statuses) and all(s >= 400 for s in statuses))
    outcome = expect.get("outcome") or ("refusal" if refused else "success")
    intent = play.intent(
        "anonymous" if request.credential != "valid" else _action(request, outcome),
        play.actors.get(step.args.get("about", "")),
        expect=outcome,
        statuses=statuses,
        sent=sent,
        **_expected(play, expect),
    )
    return replace(intent, resource=step.args["resource"]) if "resource" in step.args else intent


def _action(request: Request, outcome: str) -> Action:
    """What the request is by its own form, so that the checks for such requests judge it."""
    if request.method != "GET":
        return _ACTIONS.get(request.method, "raw")
    path, _, query = request.target.partition("?")
    collection = next((e for e in ENDPOINTS.values() if path == e or path.startswith(e + "/")), None)
    if collection is None or path.endswith("/.search") or outcome == "either":
        return "raw"
    if path != collection:
        return "read"
    if outcome != "success":
        return "raw"
    return "match" if "filter=" in query else "list"


def _expected(play: Play, expect: Mapping[str, Json]) -> dict[str, Any]:
    """What the profile asserts of the answer, as fields of the intent."""
    ids = {key: tuple(a.id for a in play.expand(expect.get(key, [])) if a.id) for key in ("among", "order", "finds")}
    query = Query(among=ids["among"], order=ids["order"], finds=ids["finds"] if "finds" in expect else None)
    fields: dict[str, Any] = {"asserts": tuple(_assertions(play, expect)), "query": query}
    if "rule" in expect:
        rule = expect["rule"]
        fields["rule"] = Rule(**{**rule, "cites": tuple(rule.get("cites", ()))})
    return fields


def _assertions(play: Play, expect: Mapping[str, Json]) -> Iterator[Assertion]:
    words: tuple[Literal["equals", "is", "includes"], ...] = ("equals", "is", "includes")
    for one in expect.get("answers", ()):
        word = next(w for w in words if w in one)
        yield Assertion(one["at"], word, play.fill(one[word]))
    for name, value in expect.get("headers", {}).items():
        is_word = value in {"present", "absent"}
        yield Assertion(f"header {name}", "is" if is_word else "equals", play.fill(value))


def _target(play: Play, wanted: Mapping[str, Json]) -> str:
    path = quote(str(play.fill(wanted["path"], identifier=_segment)), safe="/:@!$&'()*+,;=-._~%")
    query = str(play.fill(wanted.get("query", ""), identifier=_quoted))
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


def _announce(play: Play, request: Request, sent: Json) -> int | None:
    """A literal creation is expected to be refused; a server that takes it must not be left with the result.

    Some servers also create by a POST below the collection, and by a PUT to an id that is no more.
    """
    path = request.target.split("?")[0]
    kinds: tuple[ResourceKind, ...] = ("User", "Group")
    kind = next((k for k in kinds if path == ENDPOINTS[k] or path.startswith(f"{ENDPOINTS[k]}/")), None)
    posts = request.method == "POST" and not path.endswith("/.search")
    puts = request.method == "PUT" and unquote(path.rpartition("/")[2]) not in play.stage.ledger.living()
    if kind is None or not isinstance(sent, Mapping) or not (posts or puts):
        return None
    name = paths.member(sent, NAME_ATTRIBUTE[kind])
    entry = play.stage.ledger.intend(kind, NAME_ATTRIBUTE[kind], "" if name is MISSING else str(name))
    play.created.append(entry)
    return entry
