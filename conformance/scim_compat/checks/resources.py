"""The resources in an answer, and whose they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Self

from scim_compat.checks.answers import is_list_request
from scim_compat.engine.intent import Action, Observation
from scim_compat.scim import messages, urls
from scim_compat.scim.names import CORE_URNS
from scim_compat.values import Json

ANSWERS: Final[tuple[Action, ...]] = (
    *("match", "list", "read", "create", "patch", "replace", "raw", "evaluate"),
    *("read-back", "look-up", "resolve", "set-up"),
)
_MULTI_VALUED: Final = (
    *("emails", "phoneNumbers", "ims", "photos", "addresses", "groups", "entitlements", "roles"),
    *("x509Certificates", "members"),
)
_MAX_LISTED: Final = 100


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource in an answer."""

    pointer: str
    value: Mapping[str, Json]
    own: bool
    """This run created it, so a finding may quote its values."""

    @property
    def meta(self) -> Mapping[str, Json]:
        meta = self.value.get("meta")
        return meta if isinstance(meta, Mapping) else {}

    def multi_valued(self) -> Iterator[tuple[str, list[tuple[int, Mapping[str, Json]]]]]:
        """(name, [(index, entry)]) of each multi-valued attribute."""
        for name in _MULTI_VALUED:
            entries = self.value.get(name)
            if isinstance(entries, list):
                yield name, [(i, entry) for i, entry in enumerate(entries) if isinstance(entry, Mapping)]


@dataclass(frozen=True)
class Reading(Observation):
    """An observation whose answer is read once, however many checks ask for its resources.

    Without slots, as it keeps them.
    """

    @classmethod
    def of(cls, observation: Observation) -> Self:
        """Return a reading of the observation; of a reading, itself."""
        if isinstance(observation, cls):
            return observation
        return cls(observation.exchange, observation.intent, observation.context)

    @cached_property
    def resources(self) -> tuple[Resource, ...]:
        return tuple(_resources(self))

    @cached_property
    def own_resources(self) -> tuple[Resource, ...]:
        return tuple(resource for resource in self.resources if resource.own)


def resources(observation: Observation) -> tuple[Resource, ...]:
    """Every resource in a 2xx answer; of a list a hundred of those that this run made, and the subject.

    The others in a list were there before, or are what somebody left: no check of a single resource judges them.
    """
    return Reading.of(observation).resources


def own_resources(observation: Observation) -> tuple[Resource, ...]:
    return Reading.of(observation).own_resources


def has_resources(observation: Observation) -> bool:
    return bool(resources(observation))


def has_own_resources(observation: Observation) -> bool:
    return bool(own_resources(observation))


def kind_of(observation: Observation) -> str | None:
    """``User`` or ``Group``: by the intent, else by the path; None for anything else."""
    if observation.intent.resource:
        return observation.intent.resource
    parts = {part.lower() for part in urls.segments(observation.exchange.request.target)}
    return next((kind for kind in CORE_URNS if f"{kind.lower()}s" in parts), None)


def is_own(observation: Observation, identifier: object) -> bool:
    """True when this run created the resource with that id."""
    subject = observation.intent.subject
    return isinstance(identifier, str) and (
        identifier in observation.context.ours or (subject is not None and subject.id == identifier)
    )


def _is_own_entry(observation: Observation, entry: Mapping[str, Json]) -> bool:
    """True for an entry of a list that this run created: by its id, by its name, or as the only hit for one of ours."""
    if is_own(observation, entry.get("id")):
        return True
    if names := {str(value).lower() for key, value in entry.items() if key.lower() in {"username", "displayname"}}:
        return not names.isdisjoint(_own_names(observation))
    is_only_hit = len(messages.entries(observation.response.json)) == 1
    return "id" not in entry and is_only_hit and len(observation.intent.query.finds or ()) == 1


def _own_names(observation: Observation) -> set[str]:
    subject = observation.intent.subject
    names = set(observation.context.ours.values())
    if subject is not None:
        names |= {str(value) for key, value in subject.desired.items() if key in {"userName", "displayName"}}
    return {name.lower() for name in names}


def is_projected(observation: Observation) -> bool:
    """True when the request asked for a part of the attributes, in the URL or in the body of a search."""
    body, target = observation.intent.body, observation.exchange.request.target
    is_search = isinstance(body, Mapping) and urls.is_search(target)
    names = {str(name).lower() for name in body} if is_search else set()
    return bool(
        {"attributes", "excludedattributes"} & names or observation.intent.excluded_attributes
    ) or urls.is_projected(target)


def _resources(observation: Observation) -> Iterator[Resource]:
    body = observation.response.json
    if not observation.response.ok or not isinstance(body, Mapping) or kind_of(observation) is None:
        return
    if observation.exchange.request.method == "DELETE":  # RFC 7644 §3.6: the answer has no body, so this is none
        return
    subject = observation.intent.subject
    if messages.is_list(body):
        count = 0
        for index, entry in enumerate(messages.entries(body)):
            if not isinstance(entry, Mapping) or not _is_own_entry(observation, entry):
                continue
            count += 1
            if count <= _MAX_LISTED or (subject is not None and subject.id == entry.get("id")):
                yield Resource(f"/Resources/{index}", entry, own=True)
    elif not is_list_request(observation) and not messages.is_error(body) and body:
        own = observation.intent.action in {"create", "set-up"} or is_own(observation, body.get("id"))
        # An answer about our own resource that lost its id is still about our own.
        own = own or ("id" not in body and subject is not None and subject.id is not None)
        yield Resource("", body, own)
