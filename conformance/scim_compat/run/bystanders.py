"""A user and a group that no scenario names: made first, compared at the end. A change to them is a breach."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from scim_compat.engine import people, wording
from scim_compat.engine.actor import NAME_ATTRIBUTE, Actor, NotReached, path_of
from scim_compat.engine.context import RunContext
from scim_compat.engine.creation import create_resource
from scim_compat.engine.fitting import add_required, fit_to_schema
from scim_compat.engine.play import Play
from scim_compat.engine.setup import plain_body
from scim_compat.engine.versions import VERSIONS
from scim_compat.errors import SeedInUseError
from scim_compat.profile.model import (
    Dialect,
    Profile,
    ResourceKind,
    Scenario,
    Step,
)
from scim_compat.results.model import INTEGRITY
from scim_compat.scim import messages, paths
from scim_compat.scim.names import ENDPOINTS, Scim
from scim_compat.values import Json, Where
from scim_compat.wire.messages import Headers, Request


def _seed_in_use(tag: str, name: str) -> SeedInUseError:
    return SeedInUseError(
        f"The target already holds names of this seed: {name} (tag {tag}). A run with the same --seed is under "
        "way, or one was killed or could not delete everything. Two such runs would change and delete each "
        "other's users, so this one does not begin.",
        hint="Wait for the other, run `scim-compat cleanup` on its folder, or give another --seed.",
    )


def refuse_seed_in_use(run: RunContext, scim: Scim) -> None:
    """Raises SeedInUseError if a user bears the run's tag before the run has made any.

    A server that cannot answer such a filter counts as empty; there the first bystander is refused instead.
    """
    tag, harness = people.tag_for(run.seed), VERSIONS[scim].harness
    query = wording.query([("filter", f'userName co "{tag}"')], client=harness)
    done = run.sender.send(Request(method="GET", target=ENDPOINTS["User"] + query, headers=Headers(harness.headers)))
    answer = done.response.json if done.response is not None and done.response.ok else None
    for name in _names(answer, "userName"):
        if tag in name.lower():
            raise _seed_in_use(tag, name)


def _names(answer: Json, attribute: str) -> list[str]:
    return [str(paths.member(one, attribute)) for one in messages.resources(answer)]


@dataclass(frozen=True, slots=True)
class Bystanders:
    """The bystanders that could be created; ``last_answer`` of each holds how it looked then."""

    actors: tuple[Actor, ...]


def create_bystanders(profile: Profile, run: RunContext, shard: str, *, note: Callable[[str], None]) -> Bystanders:
    """Creates the bystanders and keeps how they look. One that cannot be created is noted and not judged."""
    kinds: list[ResourceKind] = ["User"]
    if run.capabilities.has_resource_type("Group") is not False:
        kinds.append("Group")
    made: list[Actor] = []
    for kind in kinds:
        try:
            made.append(_make(kind, Play(profile, comparison_scenario(profile, shard), run), shard))
        except NotReached as reason:
            note(f"no bystander {kind.lower()} could be made ({reason}), so changes to others go unseen there")
    return Bystanders(tuple(made))


def _make(kind: ResourceKind, play: Play, shard: str) -> Actor:
    actor = play.introduce(f"bystander {kind} {shard}".strip(), kind)
    intent = play.intent("set-up", actor, by="harness")
    body = fit_to_schema(plain_body(actor, scim=play.profile.scim), actor, play.run.capabilities)
    body = add_required(body, play.run.capabilities, play.run.base_url)
    done = create_resource(play, actor, body, ours=True, intent=intent, title="creates a bystander")
    if done.response is not None and done.response.status == 409:
        _refuse_if_there(play, actor)
    read = play.exchange(play.request("GET", path_of(actor), ours=True), intent, "reads the bystander")
    answer = read.response
    if answer is None or not answer.ok or not isinstance(answer.json, dict):
        raise NotReached(f"reading it back answered {answer.status if answer else 'nothing'}")
    actor.last_answer = answer.json
    return actor


def _refuse_if_there(play: Play, actor: Actor) -> None:
    """The creation is a conflict: raises SeedInUseError if the name is really there, and so somebody else's."""
    path = NAME_ATTRIBUTE[actor.kind]
    name = str(plain_body(actor)[path])
    request = play.request(
        "GET", ENDPOINTS[actor.kind], ours=True, parameters=[("filter", wording.filter_text(path, name))]
    )
    answer = play.exchange(
        request, play.intent("look-up", actor, by="harness"), "looks for the bystander's name"
    ).response
    if answer is not None and answer.ok and name.lower() in [n.lower() for n in _names(answer.json, path)]:
        raise _seed_in_use(people.tag_for(play.run.seed), name)


def compare_bystanders(bystanders: Bystanders, profile: Profile, scenario: Scenario, run: RunContext) -> str:
    """Reads each again for ``bystander.unchanged``. Returns why one could not be read; empty if all were."""
    play = Play(profile, scenario, run)
    unread = ""
    for actor in bystanders.actors:
        play.begin(Step(kind="verify", verb="verify", args={}, where=scenario.where))
        try:
            play.exchange(
                play.request("GET", path_of(actor), ours=True),
                play.intent("bystander", actor, by="harness"),
                f"compares the bystander {actor.kind.lower()} with how it was",
            )
        except NotReached as reason:
            unread = f"a bystander could not be compared: {reason}"
    return unread


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
