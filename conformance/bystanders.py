"""A user and a group that no scenario names: made first, compared at the end. A change to them is a breach."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from conformance.engine.given import fitted
from conformance.engine.play import Actor, NotReached, Play, Stage
from conformance.engine.runner import plain_body
from conformance.engine.versions import VERSIONS
from conformance.profile.model import Dialect, Profile, ResourceKind, Scenario, Step, Where

INTEGRITY: Final = "integrity"
"""The feature under which the comparison is reported."""


@dataclass(frozen=True, slots=True)
class Bystanders:
    """Those that could be made; each with the server's own answer from then in ``seen``."""

    actors: tuple[Actor, ...]


def meet(profile: Profile, stage: Stage, shard: str, *, note: Callable[[str], None]) -> Bystanders:
    """Creates them and remembers how they look. What cannot be made is noted and not judged."""
    kinds: list[ResourceKind] = ["User"]
    if stage.capabilities.has_resource_type("Group") is not False:
        kinds.append("Group")
    made: list[Actor] = []
    for kind in kinds:
        try:
            made.append(_make(kind, Play(profile, comparison(profile, shard), stage), shard))
        except NotReached as reason:
            note(f"no bystander {kind.lower()} could be made ({reason}), so changes to others go unseen there")
    return Bystanders(tuple(made))


def _make(kind: ResourceKind, play: Play, shard: str) -> Actor:
    actor = play.introduce(f"bystander {kind} {shard}".strip(), kind)
    intent = play.intent("set-up", actor, by="harness")
    body = fitted(plain_body(actor, scim=play.profile.scim), actor, play.stage.capabilities)
    play.create(actor, body, ours=True, intent=intent, title="creates a bystander")
    read = play.exchange(play.request("GET", play.path_of(actor), ours=True), intent, "reads the bystander")
    answer = read.response
    if answer is None or not answer.ok or not isinstance(answer.json, dict):
        raise NotReached(f"reading it back answered {answer.status if answer else 'nothing'}")
    actor.seen = answer.json
    return actor


def compare(bystanders: Bystanders, profile: Profile, scenario: Scenario, stage: Stage) -> str:
    """Reads each again for the check ``bystander.unchanged``; returns why one could not be read, or nothing."""
    play = Play(profile, scenario, stage)
    unread = ""
    for actor in bystanders.actors:
        play.begin(Step(kind="verify", verb="verify", args={}, where=scenario.where))
        try:
            play.exchange(
                play.request("GET", play.path_of(actor), ours=True),
                play.intent("bystander", actor, by="harness"),
                f"compares the bystander {actor.kind.lower()} with how it was",
            )
        except NotReached as reason:
            unread = f"a bystander could not be compared: {reason}"
    return unread


def comparison(profile: Profile, shard: str) -> Scenario:
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
