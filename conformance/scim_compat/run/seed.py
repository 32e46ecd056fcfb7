"""A seed that is in use: two runs of one seed would change and delete each other's users."""

from __future__ import annotations

from scim_compat.engine import people, wording
from scim_compat.engine.actor import NAME_ATTRIBUTE, Actor
from scim_compat.engine.context import RunContext
from scim_compat.engine.play import Play
from scim_compat.engine.setup import plain_body
from scim_compat.engine.versions import VERSIONS
from scim_compat.errors import SeedInUseError
from scim_compat.scim import messages, paths
from scim_compat.scim.names import ENDPOINTS, Scim
from scim_compat.values import Json
from scim_compat.wire.messages import Headers, Request


def _seed_in_use(tag: str, name: str) -> SeedInUseError:
    return SeedInUseError(
        f"The target already holds names of this seed: {name} (tag {tag}). A run with the same --seed is under "
        "way, or one was killed or could not delete everything. Two such runs would change and delete each "
        "other's users, so this one does not begin.",
        hint="Wait for the other, run `scim-compat cleanup` on its folder, or give another --seed.",
    )


def refuse_seed_in_use(run: RunContext, scim: Scim) -> bool:
    """Raises SeedInUseError if a user bears the run's tag before the run has made any.

    True where the server has answered that nobody does. A server that cannot answer such a filter counts as empty;
    there the first user of the crowd is refused instead.
    """
    tag, harness = people.tag_for(run.seed), VERSIONS[scim].harness
    query = wording.query([("filter", f'userName co "{tag}"')], client=harness)
    done = run.sender.send(Request(method="GET", target=ENDPOINTS["User"] + query, headers=Headers(harness.headers)))
    answer = done.response.json if done.response is not None and done.response.ok else None
    for name in _names(answer, "userName"):
        if tag in name.lower():
            raise _seed_in_use(tag, name)
    return messages.is_list(answer)


def _names(answer: Json, attribute: str) -> list[str]:
    return [str(paths.member(one, attribute)) for one in messages.resources(answer)]


def refuse_if_there(play: Play, actor: Actor) -> None:
    """The creation is a conflict: raises SeedInUseError if the name is really there, and so somebody else's."""
    path = NAME_ATTRIBUTE[actor.kind]
    name = str(plain_body(actor)[path])
    request = play.request(
        "GET", ENDPOINTS[actor.kind], ours=True, parameters=[("filter", wording.filter_text(path, name))]
    )
    answer = play.exchange(request, play.intent("look-up", actor, by="harness"), "looks for the name").response
    if answer is not None and answer.ok and name.lower() in [n.lower() for n in _names(answer.json, path)]:
        raise _seed_in_use(people.tag_for(play.run.seed), name)
