"""The crowd: invented accounts that a run keeps at the endpoint beside those of the scenarios.

Real stores hold accounts of every kind: some were there before the provider and lack what it sends, some are disabled,
some are nearly called alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from scim_compat.engine import people
from scim_compat.engine.actor import Actor, NotReached
from scim_compat.engine.creation import create_resource, require_creation
from scim_compat.engine.fitting import add_required, fit_to_schema
from scim_compat.engine.offering import is_required
from scim_compat.engine.play import Play
from scim_compat.engine.setup import ensure_members, plain_body
from scim_compat.engine.trials import has_groups
from scim_compat.profile.model import ResourceKind
from scim_compat.values import Json

_GROUPS: Final = 3
_MEMBERS: Final = (0, 1, 5)
_MOST_REFUSALS: Final = 3
"""Refusals in a row, after which the rest of the crowd is not tried: the server refuses them all."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """The way in which some users differ from a complete one."""

    lacks: tuple[str, ...] = ()
    is_active: bool = True
    has_title: bool = False
    has_second_email: bool = False
    is_mixed_case: bool = False
    is_look_alike: bool = False
    """Named nearly as the user before."""


_COMPLETE: Final = _Kind(has_title=True)
_KINDS: Final = (
    _Kind(),
    _Kind(is_look_alike=True),
    _Kind(lacks=("externalId",), has_title=True),
    _Kind(lacks=("displayName",)),
    _Kind(lacks=("name",)),
    _Kind(is_active=False, has_title=True),
    _Kind(has_second_email=True),
    _Kind(is_mixed_case=True),
    _Kind(lacks=("externalId", "displayName", "name", "emails")),
    _COMPLETE,
)


Conflict = Callable[[Play, Actor], None]
"""Called when a creation is answered with 409; it may end the run."""


def make_crowd(
    play: Play, size: int, *, shard: str, on_conflict: Conflict, note: Callable[[str], None]
) -> tuple[Actor, ...]:
    """Creates ``size`` users and a few groups of them; returns those that were created, the users first.

    One that is refused is left out, and so is the rest after some refusals in a row: ``note`` hears of it once for
    each kind.
    """
    users = _make(play, "User", _users(play, size, shard), count=size, on_conflict=on_conflict, note=note)
    if not has_groups(play.run):
        return users
    count = _GROUPS if size > _GROUPS else 1
    groups = _groups(play, count, shard, users)
    return users + _make(play, "Group", groups, count=count, on_conflict=on_conflict, note=note)


Planned = tuple[Actor, dict[str, Json]]
"""Somebody to create, and the body of the creation."""


def _make(
    play: Play,
    kind: ResourceKind,
    planned: Iterator[Planned],
    *,
    count: int,
    on_conflict: Conflict,
    note: Callable[[str], None],
) -> tuple[Actor, ...]:
    made: list[Actor] = []
    refusals, reason, in_a_row = 0, "", 0
    for actor, body in planned:
        try:
            exchange = create_resource(
                play, actor, body, ours=True, intent=play.intent("set-up", actor, by="harness"),
                title=f"creates {actor.key}",
            )  # fmt: skip
            if exchange.response is not None and exchange.response.status == 409:
                on_conflict(play, actor)
            require_creation(actor, exchange)
            if actor.members:
                ensure_members(play, actor, is_first=True)
        except NotReached as error:
            refusals, in_a_row, reason = refusals + 1, in_a_row + 1, reason or str(error)
            if in_a_row >= _MOST_REFUSALS or not (play.got_answer or made):
                break
            continue
        in_a_row = 0
        made.append(actor)
    if not made and refusals:
        note(f"no bystander {kind.lower()} could be made ({reason}), so changes to others go unseen there")
    elif refusals:
        note(f"the crowd has {len(made)} {kind.lower()}s in place of {count}: {reason}")
    return tuple(made)


def _users(play: Play, count: int, shard: str) -> Iterator[Planned]:
    """The first, the middle and the last are complete, so that each can be looked for by every attribute."""
    target, scim, seed = play.run.capabilities, play.profile.scim, play.run.seed
    before: dict[str, Json] = {}
    for index in range(count):
        kind = _COMPLETE if index in {0, count // 2, count - 1} else _KINDS[index % len(_KINDS)]
        actor = play.introduce(_key("user", index, shard), "User", {} if kind.is_active else {"active": False})
        if kind.is_look_alike and before:
            actor.sources = _look_alike(before, actor.sources, people.tag_for(seed))
        if kind.is_mixed_case:
            for name in ("userPrincipalName", "mail", "mailNickname"):
                actor.sources[name] = str(actor.sources[name]).title()
        before = actor.sources
        body = plain_body(actor, scim=scim)
        if kind.has_title:
            body["title"] = actor.sources["jobTitle"]
        if kind.has_second_email:
            body["emails"] = [*body["emails"], {"value": actor.sources["otherMail"], "type": "home"}]
        for name in kind.lacks:
            if not is_required(target, "User", name, scim=scim):
                del body[name]
        yield actor, add_required(fit_to_schema(body, actor, target), target, play.run.base_url)


def _groups(play: Play, count: int, shard: str, users: Sequence[Actor]) -> Iterator[Planned]:
    """One without members, one with a single member, one with several; a lone group has a member."""
    target = play.run.capabilities
    for index in range(count):
        actor = play.introduce(_key("group", index, shard), "Group")
        body = plain_body(actor, scim=play.profile.scim)
        ids = [user.id for user in users if user.id][: _MEMBERS[index % len(_MEMBERS)] if count > 1 else 1]
        if ids:
            body["members"] = [{"value": identifier} for identifier in ids]
        yield actor, add_required(fit_to_schema(body, actor, target), target, play.run.base_url)


def _key(kind: str, index: int, shard: str) -> str:
    return f"{kind} {index + 1} of the crowd" + (f" of {shard}" if shard else "")


def _look_alike(one: dict[str, Json], other: dict[str, Json], tag: str) -> dict[str, Json]:
    """A person of the same name, whose accounts are called as those of ``one`` with a digit more."""
    named = {
        name: str(one[name]).replace(f".{tag}", f"1.{tag}")
        for name in ("userPrincipalName", "mail", "otherMail", "mailNickname")
    }
    same = {name: one[name] for name in ("givenName", "surname", "fullName")}
    return other | same | named | {"displayName": f"{one['fullName']} 1 {tag}"}
