"""What an answer holds: the resources in it, and whose they are."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from scim_compat import schemas
from scim_compat.engine.intent import Observation
from scim_compat.scim import messages, urls
from scim_compat.scim.names import CORE_URNS, ENTERPRISE
from scim_compat.values import Json

ANSWERS: Final = (
    *("match", "list", "read", "create", "patch", "replace", "raw", "evaluate"),
    *("read-back", "look-up", "resolve", "set-up"),
)


_PLURALS: Final = (
    *(
        "emails",
        "phoneNumbers",
        "ims",
        "photos",
        "addresses",
        "groups",
        "entitlements",
        "roles",
        "x509Certificates",
    ),
    "members",
)


_MAX_LISTED: Final = 100


# Places with rules of their own; the shape check leaves them to those.
JUDGED_ELSEWHERE: Final = (
    *("/id", "/schemas", "/password", "/active", "/meta/resourceType", "/meta/location"),
    *("/meta/created", "/meta/lastModified", f"/{ENTERPRISE}/manager"),
)


_latest: list[tuple[Observation, tuple[Held, ...]]] = []
"""The exchange that was looked at last, and what it holds."""


# --- what an answer holds -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Held:
    """One resource in an answer."""

    pointer: str
    value: Mapping[str, Json]
    own: bool
    """This run created it: its values may be shown."""
    listed: bool


def kind_of(observation: Observation) -> str | None:
    """``User`` or ``Group``: by the intent, else by the path; None for anything else."""
    if observation.intent.resource:
        return observation.intent.resource
    parts = {part.lower() for part in urls.segments(observation.exchange.request.target)}
    return next((kind for kind in CORE_URNS if f"{kind.lower()}s" in parts), None)


def is_own(observation: Observation, identifier: object) -> bool:
    """Whether this run created the resource with that id."""
    subject = observation.intent.subject
    return isinstance(identifier, str) and (
        identifier in observation.context.ours or (subject is not None and subject.id == identifier)
    )


def expects_list(observation: Observation) -> bool:
    """Whether the request addressed a list."""
    request = observation.exchange.request
    if not urls.is_collection(request.target):
        return False
    return request.method == "GET" or request.target.split("?", 1)[0].lower().endswith("/.search")


def resources(observation: Observation) -> Sequence[Held]:
    """Every resource in a 2xx answer; of a list a hundred of ours, a hundred others, and the subject."""
    # Two dozen checks ask for the same exchange, one after the other.
    if not _latest or _latest[0][0] is not observation:
        _latest[:] = [(observation, tuple(_resources(observation)))]
    return _latest[0][1]


def _resources(observation: Observation) -> Iterator[Held]:
    body = observation.response.json
    if not observation.response.ok or not isinstance(body, Mapping) or kind_of(observation) is None:
        return
    if observation.exchange.request.method == "DELETE":  # RFC 7644 §3.6: the answer has no body, so this is no resource
        return
    if messages.looks_like_list(body):
        subject = observation.intent.subject
        count = {True: 0, False: 0}
        for index, entry in enumerate(messages.entries(body)):
            if not isinstance(entry, Mapping):
                continue
            own = is_own(observation, entry.get("id"))
            count[own] += 1
            if count[own] <= _MAX_LISTED or (subject is not None and subject.id == entry.get("id")):
                yield Held(f"/Resources/{index}", entry, own, listed=True)
    elif not expects_list(observation) and not messages.looks_like_error(body) and body:
        own = observation.intent.action in {"create", "set-up"} or is_own(observation, body.get("id"))
        # An answer about our own resource that lost its id is still about our own.
        subject = observation.intent.subject
        own = own or ("id" not in body and subject is not None and subject.id is not None)
        yield Held("", body, own, listed=False)


def projected(observation: Observation) -> bool:
    """Whether only a part of the attributes was asked for, in the URL or in the body of a search."""
    sent = observation.intent.sent
    searched = isinstance(sent, Mapping) and observation.exchange.request.target.split("?", 1)[0].lower().endswith(
        "/.search"
    )
    asked = searched and {"attributes", "excludedattributes"} & {str(name).lower() for name in sent}
    return bool(asked or observation.intent.excluded) or urls.is_projected(observation.exchange.request.target)


def shown_id(observation: Observation, identifier: object) -> str:
    """An id as it may be shown: other people's only as a hash."""
    if not isinstance(identifier, str):
        return schemas.type_name(identifier)
    if is_own(observation, identifier) or observation.intent.action in {"create", "set-up"}:
        return identifier[:100]
    return f"an id this run did not create (sha256 {hashlib.sha256(identifier.encode()).hexdigest()[:12]})"


def as_expected(observation: Observation) -> bool:
    """Whether the status is one that the step states, if it states any. Another is told of as such.

    Not so a redirect that keeps the method: it is lawful (RFC 7644 §3.12), yet it brings no answer.
    """
    return not observation.intent.statuses or observation.response.status in {*observation.intent.statuses, 307, 308}


def any_held(observation: Observation) -> bool:
    return bool(resources(observation))


def own_held(observation: Observation) -> bool:
    return next(own_resources(observation), None) is not None


def own_resources(observation: Observation) -> Iterator[Held]:
    return (held for held in resources(observation) if held.own)


def meta_of(held: Held) -> Mapping[str, Json]:
    meta = held.value.get("meta")
    return meta if isinstance(meta, Mapping) else {}


def plural_entries(held: Held) -> Iterator[tuple[str, list[tuple[int, Mapping[str, Json]]]]]:
    for name in _PLURALS:
        entries = held.value.get(name)
        if isinstance(entries, list):
            yield name, [(i, entry) for i, entry in enumerate(entries) if isinstance(entry, Mapping)]
