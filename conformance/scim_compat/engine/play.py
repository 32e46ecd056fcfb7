"""One scenario while it runs: its people and groups, and the requests it sends.

``Play`` is what the verbs (``verbs/``) act on. It knows nothing of checks: every exchange goes to
``stage.observe`` with the intent behind it.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol
from urllib.parse import quote, unquote

from scim_compat.engine import people, wording
from scim_compat.engine import placeholders as template
from scim_compat.engine.actor import NAME_ATTRIBUTE, Actor
from scim_compat.engine.capabilities import Capabilities, Claims
from scim_compat.engine.intent import Action, Context, Intent, Observation, Subject
from scim_compat.engine.ledger import Ledger
from scim_compat.engine.versions import VERSIONS
from scim_compat.profile.model import Mapped, Profile, ResourceKind, Scenario, Step
from scim_compat.scim import paths
from scim_compat.scim.names import ENDPOINTS
from scim_compat.values import MISSING, Json, Party
from scim_compat.wire.messages import Exchange, Request


class NotReached(Exception):  # noqa: N818 - the rest of a scenario cannot run; that is an outcome
    """What follows cannot run, with the reason."""


class Sender(Protocol):
    """Sends one request; never raises for what the network or the server does."""

    def send(self, request: Request) -> Exchange: ...


@dataclass(frozen=True, slots=True)
class PlayedRequest:
    """One exchange of a scenario, with where it came from."""

    step: Step | None
    number: str
    """``3.2``: second exchange of the third step."""
    title: str
    observation: Observation


@dataclass(slots=True)
class RunContext:
    """What the scenarios of one run share."""

    sender: Sender
    base_url: str
    seed: int
    ledger: Ledger
    observe: Callable[[PlayedRequest], None]
    capabilities: Capabilities = field(default_factory=Capabilities)
    claims: Claims = field(default_factory=Claims)
    large: bool = False
    alone: bool = True
    """No other process of the same run works on the target."""
    client_timeout: float | None = None
    """Overrides the profile's own limit, in seconds."""


class Play:
    """The running scenario. Verbs call ``actor``, ``fill``, ``exchange`` and the helpers below."""

    def __init__(self, profile: Profile, scenario: Scenario, stage: RunContext) -> None:
        self.profile = profile
        self.scenario = scenario
        self.stage = stage
        self.actors: dict[str, Actor] = {}
        self.crowds: dict[str, list[str]] = {}
        self.created: list[int] = []
        self.strangers: dict[str, str] = {}
        """id → name of whom a creation was answered with, and who is not of this run."""
        self.requests = 0
        self.last_answered = True
        self._step: Step | None = None
        self._step_number = 0
        self._exchange_number = 0
        self._words = 0
        self._mapped: dict[str, tuple[str, ...]] = {
            kind: tuple(m.to for m in rows if m.source and not m.create_only) for kind, rows in profile.mapping.items()
        }

    # --- steps and names ------------------------------------------------------------------------

    def begin(self, step: Step) -> None:
        """Starts the next step; its exchanges are numbered under it."""
        self._step = step
        self._step_number += 1
        self._exchange_number = 0

    def actor(self, key: str) -> Actor:
        """The actor of that name. The loader has made sure that it was introduced."""
        return self.actors[key]

    def expand(self, keys: str | Sequence[str]) -> list[Actor]:
        """Actors by name, a crowd's name standing for all of it."""
        names = [keys] if isinstance(keys, str) else list(keys)
        return [self.actors[k] for name in names for k in self.crowds.get(name, [name])]

    def introduce(self, key: str, kind: ResourceKind, overrides: Mapping[str, Json] | None = None) -> Actor:
        """Makes up the actor, the same for the same seed, profile, scenario and name."""
        made = people.person if kind == "User" else people.group
        where = f"{self.profile.id} {self.scenario.id} {key}"
        sources = made(self.stage.seed, where)
        if overrides:
            # Overrides may quote the actor itself (``${alice.mailNickname}``), so it exists first.
            self.actors[key] = Actor(key=key, kind=kind, sources=sources)
            sources = made(self.stage.seed, where, self.fill(dict(overrides)))
        actor = self.actors[key] = Actor(key=key, kind=kind, sources=sources)
        return actor

    def fill(self, value: Json, *, identifier: Callable[[str], str] = str) -> Json:
        """``value`` with placeholders replaced; ``identifier`` encodes the ids, which are the server's words."""

        def found(name: str, attribute: str) -> Json:
            value = self._look_up(name, attribute)
            return identifier(value) if attribute == "id" else value

        return template.fill(value, found)

    def _look_up(self, name: str, attribute: str) -> Json:
        if name == "run" and attribute == "tag":
            return people.tag_for(self.stage.seed)
        if name == "new":
            self._words += 1
            number = people.guid(self.stage.seed, f"{self.profile.id} {self.scenario.id} {self._words}")
            return {"guid": number, "word": "w" + number[:8]}[attribute]
        actor = self.actors[name]
        if attribute == "id":
            if actor.id is None:
                raise NotReached(f"{name} has no id")
            return actor.id
        if attribute == "version":
            shown = actor.etag or paths.get(actor.last_answer or {}, "meta.version")
            if not isinstance(shown, str) or not shown:
                raise NotReached(f"{name} was read without an ETag and without meta.version")
            return shown
        known = paths.member(actor.desired, attribute)
        if known is not MISSING and not isinstance(known, dict | list):
            return known
        if attribute in actor.sources:
            return actor.sources[attribute]
        mapped = next((m for m in self.mapping(actor.kind) if m.to == attribute and m.source), None)
        if mapped is None:
            raise KeyError(attribute)
        return actor.sources[mapped.source]

    # --- mapping --------------------------------------------------------------------------------

    def mapping(self, kind: ResourceKind) -> tuple[Mapped, ...]:
        return self.profile.mapping.get(kind, ())

    def matching(self, kind: ResourceKind) -> Mapped:
        """The row with matching precedence 1."""
        rows = sorted((m for m in self.mapping(kind) if m.match), key=lambda m: m.match or 0)
        return rows[0]

    def mapped_body(self, actor: Actor) -> dict[str, Json]:
        """The body the client creates the actor with: the mapping in its order, references left out."""
        body: dict[str, Json] = {}
        for row in self.mapping(actor.kind):
            value = actor.sources.get(row.source) if row.source else row.value
            if row.reference or value is None:
                continue
            if row.source and paths.is_unassigned(value):
                continue  # a null source value is not provisioned (Entra source S9)
            paths.put(body, row.to, value)
        return body

    def mapped_now(self, actor: Actor) -> list[tuple[str, Json]]:
        """The mapped attributes as they should be now, for a client that writes the whole resource."""
        found: list[tuple[str, Json]] = []
        for row in self.mapping(actor.kind):
            if row.create_only or row.reference:
                continue
            value = paths.get(actor.desired, row.to) if row.source else row.value
            if row.source and paths.is_unassigned(value):
                continue
            found.append((row.to, value))
        return found

    def references(self, kind: ResourceKind) -> frozenset[str]:
        return frozenset(m.to for m in self.mapping(kind) if m.reference)

    # --- requests -------------------------------------------------------------------------------

    def request(
        self,
        method: str,
        path: str,
        *,
        ours: bool = False,
        parameters: Iterable[tuple[str, str]] = (),
        body: Json = MISSING,
    ) -> Request:
        """A request in the client's manner, or in ours."""
        client = VERSIONS[self.profile.scim].harness if ours else self.scenario.client
        headers = client.headers
        payload = None
        if body is not MISSING:
            headers = (*headers, ("Content-Type", client.content_type))
            payload = encode(body)
        return Request(
            method=method,
            target=path + wording.query(tuple(parameters), client=client),
            headers=headers,
            body=payload,
            timeout=self.client_timeout,
        )

    @property
    def client_timeout(self) -> float:
        return self.stage.client_timeout or self.scenario.client.timeout

    def exchange(
        self,
        request: Request,
        intent: Intent,
        title: str,
        *,
        entry: int | None = None,
        settle: Callable[[Exchange], None] | None = None,
    ) -> Exchange:
        """Sends, hands the exchange to the observer, and stops the scenario if no answer came.

        ``entry``: the ledger's number of what the request creates; ``settle``: what to do with the answer of one
        that creates several. Either comes before anyone looks at the answer, so that the record knows what was
        made for ours; the checks see the context from before.
        """
        stranger = self.strangers.get(unquote(request.target.partition("?")[0].rpartition("/")[2]))
        if stranger is not None and request.method not in {"GET", "HEAD"}:
            raise NotReached(f"a creation was answered with {stranger!r}, who is not of this run and is left alone")
        self._exchange_number += 1
        self.requests += 1
        done = self.stage.sender.send(request)
        self.last_answered = done.response is not None
        seen = Observation(exchange=done, intent=intent, context=self.context())
        if entry is not None:
            self._note_creation(entry, done)
        if settle is not None:
            settle(done)
        number = f"{self._step_number}.{self._exchange_number}"
        self.stage.observe(PlayedRequest(step=self._step, number=number, title=title, observation=seen))
        if done.response is None:
            failure = done.failure
            raise NotReached(f"{request.method} {request.target}: {failure.text if failure else 'no answer'}")
        return done

    def context(self) -> Context:
        return Context(
            base_url=self.stage.base_url,
            scim=self.profile.scim,
            capabilities=self.stage.capabilities,
            client_timeout=self.client_timeout,
            ours=self.stage.ledger.living(),
            mapped=self._mapped,
            claims=self.stage.claims,
            alone=self.stage.alone,
        )

    def intent(
        self,
        action: Action,
        actor: Actor | None = None,
        *,
        by: Party = "client",
        **more: Any,
    ) -> Intent:
        """An intent about the actor as it is now."""
        subject = self.subject(actor) if actor else None
        kind = actor.kind if actor else None
        base = Intent(action=action, by=by, resource=kind, subject=subject)
        if actor is not None:
            base = replace(base, gone=actor.gone, disabled=actor.disabled)
        return replace(base, **more)

    def subject(self, actor: Actor) -> Subject:
        sources = {
            m.to: value
            for m in self.mapping(actor.kind)
            if m.source
            and not m.create_only
            and m.to not in actor.refused_paths
            and (value := paths.get(actor.desired, m.to)) is not MISSING
        }
        return Subject(
            key=actor.key,
            kind=actor.kind,
            id=actor.id,
            desired=copy.deepcopy(actor.desired),
            sources=sources,
            members=frozenset(actor.members),
            removals=frozenset(actor.removals),
            absentees=frozenset(actor.absentees),
            failed_filters=frozenset(actor.failed_filters),
            last_answer=actor.last_answer,
            writes=tuple(actor.writes),
            location=actor.location,
        )

    def path_of(self, actor: Actor) -> str:
        if actor.id is None:
            raise NotReached(f"{actor.key} was not created, so it has no id")
        return f"{ENDPOINTS[actor.kind]}/{quote(actor.id, safe='')}"

    # --- keeping track --------------------------------------------------------------------------

    def create(self, actor: Actor, body: dict[str, Json], *, ours: bool, intent: Intent, title: str) -> Exchange:
        """POSTs the body with the ledger written first, and takes over what the server made of it."""
        entry = self.announce(actor, body)
        request = self.request("POST", ENDPOINTS[actor.kind], ours=ours, body=body)
        done = self.exchange(request, replace(intent, sent=body), title, entry=entry)
        response = done.response
        if response is None or not response.ok or intent.duplicate:
            return done
        found = response.json if isinstance(response.json, dict) else {}
        identifier = found.get("id")
        if isinstance(identifier, str) and identifier not in paths.STEPS:
            actor.id = identifier
            shown = paths.member(found, NAME_ATTRIBUTE[actor.kind])
            if isinstance(shown, str) and people.tag_for(self.stage.seed) not in shown.lower():
                self.strangers[identifier] = shown
        actor.entry = entry
        actor.location = response.header("location")
        self.settle(actor, body, found)
        return done

    def announce(self, actor: Actor, body: Mapping[str, Json]) -> int:
        """Writes into the ledger that the body is about to be created; returns the entry's number."""
        name = str(paths.member(body, NAME_ATTRIBUTE[actor.kind]))
        if people.tag_for(self.stage.seed) not in name.lower():
            raise NotReached(
                f"{actor.key} was not created: its {NAME_ATTRIBUTE[actor.kind]} {name!r} does not carry the run's tag, "
                "by which clean-up knows what it may delete; write ${run.tag} into it"
            )
        entry = self.stage.ledger.intend(actor.kind, NAME_ATTRIBUTE[actor.kind], name)
        self.created.append(entry)
        return entry

    def _note_creation(self, entry: int, done: Exchange) -> None:
        """Into the ledger: refused, made with this id, or unknown and to be looked up at clean-up."""
        response, ledger = done.response, self.stage.ledger
        if response is None or not response.ok:
            if response is not None and 400 <= response.status < 500:
                ledger.record_dropped(entry)
            return
        found = response.json if isinstance(response.json, dict) else {}
        identifier, made = found.get("id"), ledger.entries[entry]
        if isinstance(identifier, str) and identifier not in paths.STEPS and identifier not in ledger.living():
            echoed = str(paths.member(found, made.attribute)).lower() == made.name.lower()
            ledger.record_created(entry, identifier, confirmed=bool(made.name) and echoed)

    def settle(self, actor: Actor, body: Mapping[str, Json], found: Mapping[str, Json]) -> None:
        """The actor is now as created: what was sent is wanted, read-only members aside."""
        actor.desired = {
            k: copy.deepcopy(v)
            for k, v in body.items()
            if k.lower() not in {"schemas", "meta", "id", "groups", "password", "members"}
            and not paths.is_unassigned(v)
        }
        for path in self.references(actor.kind):
            value = paths.get(actor.desired, path)
            if isinstance(value, str):  # sent as a bare id (Entra), but a server returns an object
                paths.put(actor.desired, path, {"value": value})
        members = body.get("members") or []
        actor.members = {m["value"] for m in members if isinstance(m, Mapping) and "value" in m}
        actor.last_answer = dict(found) or None
        actor.gone = False


def encode(body: Json) -> bytes:
    """JSON as the known clients send it: minified UTF-8 (Okta source S11). Text goes as it is."""
    if isinstance(body, str):
        return body.encode()
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
