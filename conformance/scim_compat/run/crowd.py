"""The crowd of a run: made first, compared at the end. No scenario names them: a change to them is a breach.

The comparison is cheap. Lists of the start and of the end are compared with each other, and whoever differs in them
or is missing is read alone. A few are read alone in any case, since a list may show an old state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from scim_compat.engine import people, wording
from scim_compat.engine.actor import NAME_ATTRIBUTE, Actor, NotReached, path_of
from scim_compat.engine.context import RunContext
from scim_compat.engine.crowd import make_crowd
from scim_compat.engine.play import Play
from scim_compat.engine.versions import VERSIONS
from scim_compat.profile.model import Dialect, Profile, ResourceKind, Scenario, Step
from scim_compat.results.document import INTEGRITY
from scim_compat.run.seed import refuse_if_there
from scim_compat.scim import messages, paths
from scim_compat.scim.names import ENDPOINTS
from scim_compat.values import Json, Where
from scim_compat.wire.messages import Headers, Request

_PAGES: Final = 5
"""Pages of 100 that are read of one list: somebody's store may be large."""
_MOST_READ: Final = 10
"""Users that are read one by one because the list does not show them, or shows them changed."""

Listed = Mapping[str, Mapping[str, Json]]
"""id → resource, as lists show them."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """The users and groups that could be created, users first."""

    actors: tuple[Actor, ...]
    read: frozenset[str] = frozenset()
    """Ids of those who were read alone; ``last_answer`` holds how they looked."""
    listed: Listed = field(default_factory=dict)
    """The others, as the list showed them."""

    @property
    def compared(self) -> int:
        """Number of those of whom it is known how they looked."""
        return len(self.read | self.listed.keys())


def create_crowd(profile: Profile, run: RunContext, size: int, shard: str, *, note: Callable[[str], None]) -> Crowd:
    """Creates the crowd and keeps how it looks. Raises SeedInUseError if another run has the same names."""
    play = Play(profile, comparison_scenario(profile, shard), run)
    actors = make_crowd(play, size, shard=shard, on_conflict=refuse_if_there, note=note)
    listed = _listed(run, profile, actors)
    read: set[str] = set()
    for actor in _sample(actors, listed):
        if resource := _read(play, actor):
            actor.learn(resource, run.ledger.living())
            read.add(actor.id or "")
    return Crowd(actors, frozenset(read), listed)


def _sample(actors: tuple[Actor, ...], listed: Listed) -> Iterator[Actor]:
    """Those who are read alone: the ends of the crowd, and some of those whom no list shows."""
    users, groups = ([a for a in actors if a.kind == kind] for kind in ("User", "Group"))
    ends = {a.id: a for a in (*users[:1], *users[-1:], *groups[:1])}
    yield from ends.values()
    yield from [a for a in actors if a.id not in listed and a.id not in ends][:_MOST_READ]


def _read(play: Play, actor: Actor) -> dict[str, Json] | None:
    """The resource as it is; None where it is not shown."""
    exchange = play.run.sender.send(play.request("GET", path_of(actor), ours=True))
    answer = exchange.response.json if exchange.response and exchange.response.ok else None
    return answer if isinstance(answer, dict) and not messages.is_list(answer) else None


# --- lists ----------------------------------------------------------------------------------------


def _listed(run: RunContext, profile: Profile, actors: Iterable[Actor]) -> dict[str, Mapping[str, Json]]:
    """The actors as lists show them: those of the run's tag, and where a filter does not find all, the whole list."""
    found: dict[str, Mapping[str, Json]] = {}
    kinds: tuple[ResourceKind, ...] = ("User", "Group")
    for kind in kinds:
        wanted = {actor.id for actor in actors if actor.kind == kind and actor.id}
        text = f'{NAME_ATTRIBUTE[kind]} co "{people.tag_for(run.seed)}"'
        for more in ([("filter", text)], []):
            if wanted - found.keys():
                for resource in _pages(run, profile, kind, more):
                    identifier = str(resource.get("id"))
                    if identifier in wanted:
                        found.setdefault(identifier, resource)
    return found


def _pages(
    run: RunContext, profile: Profile, kind: ResourceKind, more: list[tuple[str, str]]
) -> Iterator[Mapping[str, Json]]:
    """The resources of some pages, until one brings nothing new."""
    harness, start = VERSIONS[profile.scim].harness, 1
    earlier: set[str] = set()
    for _ in range(_PAGES):
        query = wording.query([*more, ("startIndex", str(start)), ("count", "100")], client=harness)
        request = Request(method="GET", target=ENDPOINTS[kind] + query, headers=Headers(harness.headers))
        answer = run.sender.send(request).response
        body = answer.json if answer is not None and answer.ok else None
        page = [one for one in messages.resources(body) if str(one.get("id")) not in earlier]
        yield from page
        earlier |= {str(one.get("id")) for one in page}
        start += len(page)
        total = body.get("totalResults") if isinstance(body, dict) else None
        if not page or not isinstance(total, int) or start > total:
            return


# --- the comparison -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Comparison:
    """How the comparison went."""

    requests: int
    unread: str
    """Why one could not be read; empty if all were."""


def compare_crowd(crowd: Crowd, profile: Profile, scenario: Scenario, run: RunContext) -> Comparison:
    """Looks at everybody again, for ``bystander.unchanged``."""
    play = Play(profile, scenario, run)
    unread = ""
    others = [a for a in crowd.actors if a.id in crowd.listed and a.id not in crowd.read]
    now = _listed(run, profile, others)
    suspects = [a for a in others if _is_suspect(a, crowd, now)]
    for actor in suspects[:_MOST_READ]:
        _remember(play, actor, crowd, now)
    for actor in (*(a for a in crowd.actors if a.id in crowd.read), *suspects[:_MOST_READ]):
        play.begin(Step(kind="verify", verb="verify", args={}, where=scenario.where))
        try:
            play.exchange(
                play.request("GET", path_of(actor), ours=True),
                play.intent("bystander", actor, by="harness"),
                f"compares {actor.key} with how it was",
            )
        except NotReached as reason:
            unread = f"a bystander could not be compared: {reason}"
    return Comparison(play.requests, unread)


def _is_suspect(actor: Actor, crowd: Crowd, now: Listed) -> bool:
    """True for one whom the list does not show any more, or shows otherwise."""
    identifier = actor.id or ""
    return identifier not in now or bool(_differences(crowd.listed[identifier], now[identifier]))


def _differences(one: Mapping[str, Json], other: Mapping[str, Json]) -> set[str]:
    """The attributes in which two representations differ."""
    names = {name for name in (*one, *other) if name.lower() not in {"meta", "schemas", "groups"}}
    return {
        name
        for name in names
        if not paths.is_same(one.get(name), other.get(name)) or not paths.is_same(other.get(name), one.get(name))
    }


def _remember(play: Play, actor: Actor, crowd: Crowd, now: Listed) -> None:
    """Records the state of one who was never read alone: as it reads now, but for what the list shows otherwise.

    A list may leave out what a single read has, so the two are not compared with each other.
    """
    identifier = actor.id or ""
    current, before = _read(play, actor) or {}, crowd.listed[identifier]
    changed = _differences(before, now[identifier]) if identifier in now else set()
    actor.learn(
        {name: value for name, value in current.items() if name not in changed}
        | {name: before[name] for name in changed if name in before}
    )


def comparison_scenario(profile: Profile, shard: str) -> Scenario:
    """The comparison as a scenario of its own, so that it is judged and recorded like any other."""
    return Scenario(
        id="run.bystanders" + (f".{shard}" if shard else ""),
        feature=INTEGRITY,
        title="Accounts that no scenario names stay as they were",
        evidence="documented",
        source=(),
        steps=(),
        client=VERSIONS[profile.scim].harness,
        dialect=Dialect(),
        where=Where(profile.path, 1),
    )
