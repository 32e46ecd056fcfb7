"""One scenario while it runs: its people and groups, and the requests that it sends.

The verbs (``verbs/``) act on a ``Play``. It knows nothing of checks: every exchange goes to ``run.observe`` with the
intent behind it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import unquote

from scim_compat.engine import mapping, people, placeholders, requests
from scim_compat.engine.actor import Actor, NotReached
from scim_compat.engine.context import PlayedRequest, RunContext
from scim_compat.engine.intent import Action, Context, Intent, Observation, Subject
from scim_compat.engine.readings import Readings, after
from scim_compat.engine.versions import VERSIONS
from scim_compat.profile.grammar import SOURCE
from scim_compat.profile.model import Mapped, Profile, ResourceKind, Scenario, Step
from scim_compat.scim import paths
from scim_compat.scim.urls import path_of
from scim_compat.values import MISSING, Json, Party
from scim_compat.wire.messages import Exchange, ParallelSender, Request


def subject_of(play: Play, actor: Actor) -> Subject:
    """A snapshot of the actor as it is now."""
    values = mapping.synced_values(play.rows(actor.kind), actor.desired)
    return Subject(
        key=actor.key,
        kind=actor.kind,
        id=actor.id,
        desired=copy.deepcopy(actor.desired),
        sources={path: value for path, value in values.items() if path not in actor.knowledge.refusals},
        members=frozenset(actor.members),
        removals=frozenset(actor.removals),
        knowledge=actor.knowledge,
        writes=tuple(actor.writes),
        location=actor.location,
    )


def context_of(play: Play) -> Context:
    """The facts that a check may use beside the exchange itself, as they are now."""
    run = play.run
    return Context(
        base_url=run.base_url,
        scim=play.profile.scim,
        capabilities=run.capabilities,
        client_timeout=play.client_timeout,
        ours=run.ledger.living(),
        mapped_paths={kind: mapping.synced_paths(rows) for kind, rows in play.profile.mapping.items()},
        claims=run.claims,
        alone=run.alone,
        shows_members=_shows_members(run.crowd),
        readings=play.readings,
    )


def _shows_members(crowd: Sequence[Actor]) -> bool | None:
    """True when the answers about some group of the crowd show members; None where no group should have any."""
    groups = [actor for actor in crowd if actor.kind == "Group" and actor.members]
    return any(actor.knowledge.members for actor in groups) if groups else None


def attribute_of(actor: Actor, name: str, rows: Sequence[Mapped]) -> Json:
    """The value of ``${actor.name}``. Raises ``KeyError`` for an unknown name, ``NotReached`` if there is none yet."""
    if name == "id":
        if actor.id is None:
            raise NotReached(f"{actor.key} has no id")
        return actor.id
    if name == "version":
        version = actor.etag or paths.get(actor.last_answer or {}, "meta.version")
        if not isinstance(version, str) or not version:
            raise NotReached(f"{actor.key} was read without an ETag and without meta.version")
        return version
    at_source = name.removeprefix(SOURCE)
    if at_source != name:
        return actor.sources[at_source]
    value = paths.member(actor.desired, name)
    if value is not MISSING and not isinstance(value, dict | list):
        return value
    if name in actor.sources:
        return actor.sources[name]
    row = mapping.source_row(rows, name)
    if row is None:
        raise KeyError(name)
    return actor.sources[row.source]


@dataclass(frozen=True, slots=True)
class Sending:
    """One request that is about to leave: see ``Play.exchange``."""

    request: Request
    intent: Intent
    title: str
    settle: Callable[[Exchange], None] | None = None
    revise: Callable[[Exchange, Intent], Intent] | None = None


@dataclass(slots=True)
class Play:
    """A scenario while it runs. It changes with every step and every exchange."""

    profile: Profile
    scenario: Scenario
    run: RunContext
    actors: dict[str, Actor] = field(default_factory=dict)
    crowds: dict[str, list[str]] = field(default_factory=dict)
    """Name of a crowd → the names of its actors."""
    entries: list[int] = field(default_factory=list)
    """Numbers of this scenario's entries in the ledger."""
    strangers: dict[str, str] = field(default_factory=dict)
    """id → name of each resource that a creation was answered with although it is not of this run."""
    proofs: dict[str, bool] = field(default_factory=dict)
    """Name of each answer that later steps rest on → it was as expected."""
    declined: list[str] = field(default_factory=list)
    """Optional operators that the target has declined."""
    page_sizes: dict[ResourceKind, int] = field(default_factory=dict)
    """The resources on the largest page of a whole list so far."""
    readings: Readings = field(default_factory=Readings)
    """The resources as single reads have shown them."""
    requests: int = 0
    remark: str = ""
    """Why something was left out although the scenario ran to its end."""
    got_answer: bool = True
    """The last request was answered."""
    _step: Step | None = None
    _step_number: int = 0
    _exchange_number: int = 0
    _words: int = 0
    """Placeholders of the kind ``${new.…}`` so far."""

    @property
    def client_timeout(self) -> float:
        return self.run.client_timeout or self.scenario.client.timeout

    def begin(self, step: Step) -> None:
        """Starts the next step; its exchanges are numbered under it."""
        self._step = step
        self._step_number += 1
        self._exchange_number = 0

    def rows(self, kind: ResourceKind) -> tuple[Mapped, ...]:
        """The mapping for that kind of resource."""
        return self.profile.mapping.get(kind, ())

    def expand(self, keys: str | Sequence[str]) -> list[Actor]:
        """Actors by name, a crowd's name standing for all of it."""
        names = [keys] if isinstance(keys, str) else list(keys)
        return [self.actors[k] for name in names for k in self.crowds.get(name, [name])]

    def introduce(self, key: str, kind: ResourceKind, overrides: Mapping[str, Json] | None = None) -> Actor:
        """Makes up the actor, the same for the same seed, profile, scenario and name."""
        invent = people.person if kind == "User" else people.group
        origin = f"{self.profile.id} {self.scenario.id} {key}"
        sources = invent(self.run.seed, origin)
        if overrides:
            # Overrides may quote the actor itself (``${alice.mailNickname}``), so it exists first.
            self.actors[key] = Actor(key=key, kind=kind, sources=sources)
            sources = invent(self.run.seed, origin, self.fill(dict(overrides)))
        actor = self.actors[key] = Actor(key=key, kind=kind, sources=sources)
        return actor

    def fill(self, value: Json, *, identifier: Callable[[str], str] = str) -> Json:
        """``value`` with placeholders replaced; ``identifier`` encodes the ids, which the server chose."""

        def look_up(name: str, attribute: str) -> Json:
            if name == "run" and attribute == "tag":
                return people.tag_for(self.run.seed)
            if name == "new":
                self._words += 1
                number = people.guid(self.run.seed, f"{self.profile.id} {self.scenario.id} {self._words}")
                return {"guid": number, "word": "w" + number[:8]}[attribute]
            actor = self.actors[name]
            value = attribute_of(actor, attribute, self.rows(actor.kind))
            return identifier(value) if attribute == "id" else value

        return placeholders.fill(value, look_up)

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
        return requests.build(
            method, path, client=client, timeout=self.client_timeout, parameters=parameters, body=body
        )

    def intent(self, action: Action, actor: Actor | None = None, *, by: Party = "client") -> Intent:
        """An intent about the actor as it is now."""
        if actor is None:
            return Intent(action=action, by=by)
        return Intent(
            action=action,
            by=by,
            resource=actor.kind,
            subject=subject_of(self, actor),
            gone=actor.gone,
            disabled=actor.is_disabled,
        )

    def exchange(
        self,
        request: Request,
        intent: Intent,
        title: str,
        *,
        settle: Callable[[Exchange], None] | None = None,
        revise: Callable[[Exchange, Intent], Intent] | None = None,
    ) -> Exchange:
        """Sends, hands the exchange to the observer, and stops the scenario if no answer came.

        ``settle`` takes over the answer to a creation before anyone looks at it, so that the record knows the new
        resource for ours. The checks see the context from before. ``revise`` may ask further questions before the
        answer is judged: their exchanges come first in the record, as a reader needs them first. Or it takes back what
        the intent asks of the answer.
        """
        sending = Sending(request, intent, title, settle, revise)
        self._refuse_stranger(request)
        self.requests += 1
        exchange = self._hand_over(self.run.sender.send(self._marked(request)), sending)
        _require_answer(exchange)
        return exchange

    def exchanges_at_once(self, sendings: Sequence[Sending]) -> list[Exchange]:
        """The same for several requests that leave at the same time, where the sender can do that.

        They are recorded in the order given, whichever was answered first.
        """
        requests = [one.request for one in sendings]
        for request in requests:
            self._refuse_stranger(request)
        self.requests += len(requests)
        sender = self.run.sender
        requests = [self._marked(request, ahead=number) for number, request in enumerate(requests)]
        if isinstance(sender, ParallelSender):
            exchanges = sender.send_at_once(requests)
        else:
            exchanges = [sender.send(request) for request in requests]
        exchanges = [self._hand_over(one, sending) for one, sending in zip(exchanges, sendings, strict=True)]
        for exchange in exchanges:
            _require_answer(exchange)
        return exchanges

    @property
    def is_parallel(self) -> bool:
        """True when requests can be at the endpoint at the same time."""
        return isinstance(self.run.sender, ParallelSender) and self.run.sender.is_parallel

    def _marked(self, request: Request, *, ahead: int = 0) -> Request:
        """The request with its place in the run, where the user asked for that. ``ahead``: requests sent before it."""
        if self.run.trace is None:
            return request
        step = f"{self._step_number}.{self._exchange_number + ahead + 1}"
        return self.run.trace.mark(request, profile=self.profile.id, scenario=self.scenario.id, step=step)

    def _refuse_stranger(self, request: Request) -> None:
        stranger = self.strangers.get(unquote(path_of(request.target).rpartition("/")[2]))
        if stranger is not None and request.method not in {"GET", "HEAD"}:
            raise NotReached(f"a creation was answered with {stranger!r}, who is not of this run and is left alone")

    def _hand_over(self, exchange: Exchange, sending: Sending) -> Exchange:
        intent, before = sending.intent, self.readings
        # Taken in before further questions are asked: their answers are newer.
        self.readings = after(before, exchange, gone=intent.gone, known=self.run.ledger.living())
        if sending.revise is not None and exchange.response is not None:
            intent = sending.revise(exchange, intent)
        self._exchange_number += 1
        self.got_answer = exchange.response is not None
        context = replace(context_of(self), readings=before)
        observation = Observation(exchange=exchange, intent=intent, context=context)
        if sending.settle is not None:
            sending.settle(exchange)
        number = f"{self._step_number}.{self._exchange_number}"
        title = sending.title
        self.run.observe(PlayedRequest(step=self._step, number=number, title=title, observation=observation))
        return exchange


def _require_answer(exchange: Exchange) -> None:
    """Stops the scenario where no answer came."""
    if exchange.response is None:
        request, failure = exchange.request, exchange.failure
        raise NotReached(f"{request.method} {request.target}: {failure.text if failure else 'no answer'}")
