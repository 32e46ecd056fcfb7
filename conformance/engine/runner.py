"""Runs one scenario: its steps in order, then its clean-up. Knows nothing of checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from conformance.engine import dialect as wording
from conformance.engine import paths, people
from conformance.engine.cleanup import remove_entries
from conformance.engine.exchange import CORE_SCHEMA, ENDPOINTS, MISSING, Effect, Json, Scim, Write
from conformance.engine.given import completed, fitted, joined, never_taken, suits
from conformance.engine.literal import send
from conformance.engine.play import NAME_ATTRIBUTE, Actor, NotReached, Play, Stage
from conformance.engine.template import PlaceholderError
from conformance.engine.verbs import VERBS, Verb
from conformance.engine.verbs.creating import body_for, created
from conformance.engine.verbs.reading import value_tags
from conformance.profile.model import Profile, ResourceKind, Scenario, Step

_LIST_PAGES: Final = 5
"""Pages of 100 we look through for one resource; on a larger store the list is not judged."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a scenario ended, apart from what the checks found."""

    requests: int
    stopped: str = ""
    """Why the rest was not reached; empty if all steps ran."""
    failed: bool = False
    """It stopped because no answer came: an error, not a finding."""


def run_scenario(profile: Profile, scenario: Scenario, stage: Stage) -> Ended:
    """Plays the scenario to its end and removes what it made, whatever happens."""
    play = Play(profile, scenario, stage)
    stopped, failed = "", False
    try:
        for step in scenario.steps:
            play.begin(step)
            _STEPS[step.kind](play, step)
    except (NotReached, PlaceholderError) as reason:
        stopped = str(reason)
        failed = not play.last_answered
    finally:
        entries = [stage.ledger.entries[n] for n in reversed(play.created)]
        play.requests += remove_entries([e for e in entries if e.state in {"intended", "created"}], stage)
    return Ended(requests=play.requests, stopped=stopped, failed=failed)


def not_applicable(scenario: Scenario, stage: Stage) -> str:
    """Why the scenario does not apply to this target; empty if it does."""
    claims = stage.claims
    if scenario.feature in claims.without_features:
        return f"the target does not claim the feature {scenario.feature}"
    kind = scenario.when.get("resource-type")
    if kind == "Group" and claims.groups is False:
        return "the target does not claim groups"
    if scenario.when.get("disable") not in {None, claims.disable or "keep"}:
        if claims.disable:
            return f"the target claims that disabling a user means to {claims.disable} it"
        return f"the target does not claim that disabling a user means to {scenario.when['disable']} it"
    if scenario.when.get("existing") not in {None, claims.existing or "conflict"}:
        claimed = "claims" if claims.existing == "adopt" else "does not claim"
        return f"the target {claimed} to take over users that exist"
    filtered = str(scenario.when.get("filterable", ""))
    if filtered and not claims.may_filter("User", filtered):
        return f"the target does not claim that users can be filtered by {filtered}"
    if kind and claims.groups is None and stage.capabilities.has_resource_type(str(kind)) is False:
        return f"the target's /ResourceTypes lists no {kind}"
    extension = scenario.when.get("extension")
    if extension and not stage.capabilities.declares(str(extension)):
        return f"the target's /Schemas and /ResourceTypes do not offer {extension}"
    most = scenario.when.get("bulk-at-most")
    if most is not None and not 0 < (stage.capabilities.bulk_limit or 0) <= most:
        return f"the target does not limit a bulk request to {most} operations or fewer"
    served = str(scenario.when.get("discovery", ""))
    if served and not stage.capabilities.serves(served):
        return f"the target does not answer at /{served}"
    if unsaid := _not_advertised(scenario, stage):
        return f"the target's /ServiceProviderConfig does not say that {unsaid} is supported"
    if scenario.when.get("large") and not stage.large:
        return "runs with --large only"
    return ""


def _not_advertised(scenario: Scenario, stage: Stage) -> str:
    """The first optional feature the scenario needs and the target does not advertise (RFC 7643 §5)."""
    needed = scenario.when.get("supports", ())
    config = stage.capabilities.provider_config or {}
    for name in (needed,) if isinstance(needed, str) else needed:
        said = config.get(name)
        if not (isinstance(said, Mapping) and said.get("supported") is True):
            return str(name)
    return ""


# --- steps that are ours ------------------------------------------------------------------------


def _do(play: Play, step: Step) -> None:
    VERBS[step.verb](play, step)


def _given(play: Play, step: Step) -> None:
    """Creates what the scenario starts from, in plain RFC form."""
    key = step.args["given"]
    kind: ResourceKind = step.args.get("kind", "User")
    count = step.args.get("count")
    if count is None:
        _set_up(play, key, kind, step.args)
        return
    if play.stage.large:
        count = step.args.get("large-count", count)
    play.crowds[key] = [f"{key}.{n}" for n in range(1, count + 1)]
    for name in play.crowds[key]:
        _set_up(play, name, kind, step.args)


def _set_up(play: Play, key: str, kind: ResourceKind, args: Mapping[str, Json]) -> None:
    actor = play.introduce(key, kind, args.get("as"))
    target, scim = play.stage.capabilities, play.profile.scim
    plain = body_for(play, args, plain_body(actor, scim=scim))
    body = body_for(play, args, fitted(plain_body(actor, scim=scim), actor, target))
    # Unlike some clients, we list every extension that the body holds (RFC 7643 §3).
    body["schemas"] = [*body["schemas"], *(k for k in body if k.startswith("urn:") and k not in body["schemas"])]
    body = completed(body, target, play.stage.base_url)
    # What the scenario itself asks for may be more than the target offers: then a refusal breaks no rule.
    intent = play.intent("set-up", actor, by="harness", expect="success" if suits(body, target) else "either")
    title = f"creates {kind.lower()} {key} to start from"
    done = play.create(actor, body, ours=True, intent=intent, title=title)
    created(actor, done)
    actor.given = (plain, actor.seen or body)
    joined(play, actor, done)


def plain_body(actor: Actor, *, scim: Scim = "2.0") -> dict[str, Json]:
    """A small body that any service provider should take (RFC 7643 §4.1, §4.2; SCIM 1.1, core schema 6 and 8)."""
    of = actor.sources
    if actor.kind == "Group":
        return {
            "schemas": [CORE_SCHEMA[scim]["Group"]],
            "displayName": of["displayName"],
            "externalId": of["objectId"],
        }
    return {
        "schemas": [CORE_SCHEMA[scim]["User"]],
        "userName": of["userPrincipalName"],
        "externalId": of["mailNickname"],
        "name": {"givenName": of["givenName"], "familyName": of["surname"]},
        "displayName": of["displayName"],
        "emails": [{"value": of["mail"], "type": "work", "primary": True}],
        "active": of["active"],
    }


def _verify(play: Play, step: Step) -> None:
    """Our read-backs: by id, by filter, in the list."""
    actor = play.actor(step.args["verify"])
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
            and not (acted and never_taken(actor, path, value))
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
    intent = play.intent("read-back", actor, by="harness", expect="refusal" if actor.gone else "success")
    if intent.subject:
        exact = "members" in step.args
        subject = replace(intent.subject, lacks=tuple(play.fill(step.args.get("lacks", []))), members_exact=exact)
        intent = replace(intent, subject=subject)
    how = "is gone" if actor.gone else "holds what was written"
    done = play.exchange(
        play.request("GET", play.path_of(actor), ours=True),
        intent,
        f"reads back: {actor.kind.lower()} {actor.key} {how}",
    )
    found = done.response.json if done.response and done.response.ok else None
    if not isinstance(found, dict):
        return
    actor.seen = found
    if people.tag_for(play.stage.seed) in str(paths.member(found, NAME_ATTRIBUTE[actor.kind])).lower():
        play.strangers.pop(actor.id or "", None)
    if actor.location:
        _resolve(play, actor)
    asked = actor.members or any(e.path == "members" for w in actor.writes for e in w.effects)
    if actor.kind == "Group" and asked and paths.member(found, "members") is MISSING:
        # Members may be returned on request only (RFC 7643 §7, "returned"): ask for them by name.
        request = play.request(
            "GET", play.path_of(actor), ours=True, parameters=[("attributes", "displayName,members")]
        )
        more = replace(intent, action="read-members")
        done = play.exchange(request, more, f"reads back the members of group {actor.key}, asked for by name")
        found = done.response.json if done.response and done.response.ok else None
    if isinstance(found, dict):
        actor.absent = actor.members - paths.member_ids(found, play.stage.ledger.living())


def _resolve(play: Play, actor: Actor) -> None:
    """Follows the Location of a creation where it is another address than the one built from the id."""
    location, base = actor.location or "", play.stage.base_url
    actor.location = None
    if not location.startswith(base + "/") or location == base + play.path_of(actor):
        return
    target = location[len(base) :]
    if not target.isascii() or not target.isprintable() or " " in target:
        return
    intent = play.intent("resolve", actor, by="harness")
    request = replace(play.request("GET", "/", ours=True), target=target)
    play.exchange(request, intent, f"follows the Location of {actor.kind.lower()} {actor.key}")


def _by_filter(play: Play, actor: Actor, _step: Step) -> None:
    path = NAME_ATTRIBUTE[actor.kind]
    value = str(actor.wanted.get(path, ""))
    finds = () if actor.gone or actor.id is None else (actor.id,)
    intent = play.intent(
        "look-up", actor, by="harness", finds=finds, filter_path=path, filter_value=value, tags=value_tags(value)
    )
    request = play.request(
        "GET", ENDPOINTS[actor.kind], ours=True, parameters=[("filter", wording.filter_text(path, value))]
    )
    play.exchange(request, intent, f"looks up {actor.kind.lower()} {actor.key} by {path}")


def _in_list(play: Play, actor: Actor, _step: Step) -> None:
    start = 1
    for page in range(_LIST_PAGES):
        request = play.request(
            "GET", ENDPOINTS[actor.kind], ours=True, parameters=[("startIndex", str(start)), ("count", "100")]
        )
        intent = play.intent("list", actor, by="harness", tags=frozenset({f"page-{page + 1}"}))
        done = play.exchange(request, intent, f"looks for {actor.kind.lower()} {actor.key} in the list, from {start}")
        answer = done.response.json if done.response and done.response.ok else None
        if not isinstance(answer, dict) or not isinstance(answer.get("Resources"), list):
            return
        found = answer["Resources"]
        total = answer.get("totalResults")
        if any(isinstance(r, dict) and r.get("id") == actor.id for r in found) or not found:
            return
        start += len(found)
        if not isinstance(total, int) or start > total:
            return


_WAYS: Final = {"id": _by_id, "filter": _by_filter, "list": _in_list}
_STEPS: Final[Mapping[str, Verb]] = {"do": _do, "given": _given, "send": send, "verify": _verify}
