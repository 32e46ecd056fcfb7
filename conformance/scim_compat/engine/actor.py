"""A user or group of a scenario."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote

from scim_compat.engine.intent import Write
from scim_compat.engine.knowledge import Knowledge
from scim_compat.profile.model import ResourceKind
from scim_compat.scim.messages import member_ids
from scim_compat.scim.names import ENDPOINTS
from scim_compat.values import Json

NAME_ATTRIBUTE: Final[Mapping[ResourceKind, str]] = {"User": "userName", "Group": "displayName"}
"""The attribute that carries the run's tag."""


class NotReached(Exception):  # noqa: N818 - the rest of a scenario cannot run; that is an outcome
    """The rest of a scenario cannot run. The text gives the reason."""


class Declined(NotReached):
    """The target declines what the scenario is about, which is conformant: the scenario does not apply to it."""


@dataclass(frozen=True, slots=True)
class SetUp:
    """The creation of an actor by our own set-up."""

    body: Mapping[str, Json]
    """The resource as we wanted it."""
    answer: Mapping[str, Json]
    """The resource as the server answered it."""


@dataclass(slots=True)
class Actor:
    """A user or group: its attributes at the source, and its state at the target. It changes with every step."""

    key: str
    kind: ResourceKind
    sources: dict[str, Json]
    desired: dict[str, Json] = field(default_factory=dict)
    """The resource as it should be on the server, from all accepted writes."""
    id: str | None = None
    entry: int | None = None
    """The number of its entry in the ledger."""
    members: set[str] = field(default_factory=set)
    removals: set[str] = field(default_factory=set)
    knowledge: Knowledge = field(default_factory=Knowledge)
    """What the server's answers say of it."""
    setup: SetUp | None = None
    """None where the client created it, or nobody yet."""
    writes: list[Write] = field(default_factory=list)
    """The writes since the last read-back, oldest first."""
    location: str | None = None
    """Location header of the creation, until it was followed."""
    etag: str = ""
    """The ETag of the last read."""
    gone: bool = False
    """It was deleted."""

    @property
    def last_answer(self) -> Mapping[str, Json] | None:
        """The server's own last full representation."""
        return self.knowledge.answer

    def learn(
        self, answer: Mapping[str, Json], ours: Mapping[str, str] | None = None, *, excluded: Iterable[str] = ()
    ) -> None:
        """Takes over an answer about the whole resource. ``ours``: id → name of the resources that members may be."""
        self.knowledge = self.knowledge.with_answer(answer, members=member_ids(answer, ours), excluded=excluded)

    @property
    def is_disabled(self) -> bool:
        return self.desired.get("active") is False


def about(actor: Actor) -> str:
    """``user alice``, for the titles of exchanges."""
    return f"{actor.kind.lower()} {actor.key}"


def path_of(actor: Actor) -> str:
    """The path of the resource below the base URL. Raises ``NotReached`` where it has no id."""
    if actor.id is None:
        raise NotReached(f"{actor.key} was not created, so it has no id")
    return f"{ENDPOINTS[actor.kind]}/{quote(actor.id, safe='')}"
