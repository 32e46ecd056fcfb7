"""What passes between the client and the server, and what the client meant by it.

These are the engine's outputs and the checks' inputs. Nothing here does any I/O.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

Json = Any
"""A parsed JSON value: dict, list, str, int, float, bool or None."""


class _Missing(enum.Enum):
    MISSING = "missing"

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = _Missing.MISSING
"""Stands for "no value at all", where ``None`` would be JSON's null."""

Scim = Literal["2.0", "1.1"]
"""Version of the protocol."""

ENDPOINTS: Final[Mapping[str, str]] = {"User": "/Users", "Group": "/Groups"}
CORE_SCHEMA: Final[Mapping[Scim, Mapping[str, str]]] = {
    "2.0": {
        "User": "urn:ietf:params:scim:schemas:core:2.0:User",
        "Group": "urn:ietf:params:scim:schemas:core:2.0:Group",
    },
    # One URN for both (SCIM 1.1, core schema section 5.2).
    "1.1": {"User": "urn:scim:schemas:core:1.0", "Group": "urn:scim:schemas:core:1.0"},
}

Credential = Literal["valid", "none", "wrong"]


@dataclass(frozen=True, slots=True)
class Request:
    """One request, ready to send.

    ``target`` is the raw path and query below the endpoint's base URL, already encoded
    (``/Users?filter=userName+eq+%22a%22&flag``); it goes out byte for byte.
    """

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    credential: Credential = "valid"
    timeout: float | None = None
    """Seconds the client would wait for the whole answer; None: the run's default."""


@dataclass(frozen=True, slots=True)
class Response:
    """One answer as it came. ``body`` is what was read, at most the run's cap."""

    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    truncated: bool = False
    json: Json = MISSING
    """The parsed body, or MISSING if there is none or it is not JSON."""
    json_problems: tuple[str, ...] = ()
    """Why the body is not clean JSON: invalid UTF-8, duplicate keys, NaN … Empty if it is clean."""

    def header(self, name: str) -> str | None:
        """The first header of that name, in any case, or None."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)

    @property
    def media_type(self) -> str:
        """The media type without parameters, lower-case; empty if none was sent."""
        return (self.header("content-type") or "").split(";", 1)[0].strip().lower()

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


FailureKind = Literal["dns", "connect", "tls", "timeout", "reset", "protocol", "too-large", "auth", "other"]


@dataclass(frozen=True, slots=True)
class Failure:
    """Why no usable answer came. ``text`` is a plain sentence, free of secrets."""

    kind: FailureKind
    text: str


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and what came of it: either a response or a failure."""

    request: Request
    url: str
    response: Response | None
    failure: Failure | None = None
    ms: float = 0.0
    """Milliseconds from sending to the last byte, without waits for Retry-After."""
    waits: tuple[str, ...] = ()
    """One plain sentence for each 429/503 that was waited for."""


Action = Literal[
    "match",  # the client looks for a resource by filter
    "list",  # a list without filter
    "read",  # the client reads one resource
    "create",
    "patch",
    "replace",
    "delete",
    "discover",  # /Schemas, /ResourceTypes, /ServiceProviderConfig
    "bulk",  # several writes in one request
    "raw",  # a literal request of the profile
    "evaluate",  # the client's read at the start of the next cycle, for convergence
    "anonymous",  # a request without, or with a wrong, credential
    "read-back",  # ours: the state behind a write
    "read-members",  # ours: a group's members, asked for by name where a plain read did not show them
    "look-up",  # ours: the same by filter or list
    "resolve",  # ours: follows meta.location
    "bystander",  # ours: a resource no scenario names
    "set-up",  # ours: creates what a scenario starts from
    "clean-up",  # ours: deletes it again
]

EffectKind = Literal["set", "sent", "clear", "add-member", "remove-member"]
"""``sent``: was in the body of a creation; whether it is kept is no matter to the client."""


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing that must hold after a write.

    ``path`` is an attribute path (``active``, ``name.givenName``,
    ``emails[type eq "work"].value``, ``urn:…:User:department``); ``value`` is the JSON value
    that must be found there, in the form a server returns it. For members, the member's id.
    """

    kind: EffectKind
    path: str
    value: Json = None
    operation: int | None = None
    """Index of the PATCH operation that asked for it, where there is one."""


@dataclass(frozen=True, slots=True)
class Write:
    """One write to a subject, for the read-back that follows it."""

    action: Action
    effects: tuple[Effect, ...]
    accepted: bool
    """The server answered 2xx."""
    status: int
    refusable: bool = False
    """A refusal (4xx) would have been lawful: then only atomicity and access are judged."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A snapshot of the resource a step is about, at the time of the exchange."""

    key: str
    """The name the profile gives it (``alice``)."""
    kind: Literal["User", "Group"]
    id: str | None
    wanted: Mapping[str, Json]
    """The resource as it should be on the server, from all accepted writes so far."""
    sources: Mapping[str, Json] = field(default_factory=dict)
    """Target path → mapped source value, as the client would compare it in the next cycle."""
    members: frozenset[str] = frozenset()
    """Ids that should be members (groups)."""
    removed: frozenset[str] = frozenset()
    """Ids whose removal the client asked for at any time: group.member-removed speaks for them."""
    absent: frozenset[str] = frozenset()
    """Ids that should be in and are known not to be: refused, or missing before. It is not said again."""
    missed: frozenset[str] = frozenset()
    """Attribute paths in small letters by whose plain value a filter has not found it."""
    before: Mapping[str, Json] | None = None
    """The server's own full representation before the last write, if it was read."""
    writes: tuple[Write, ...] = ()
    """The writes since the last read-back, oldest first."""
    lacks: tuple[str, ...] = ()
    """Paths that must hold no value."""
    members_exact: bool = False
    """No other members than ``members`` may be there."""
    location: str | None = None
    """Location header of the creation."""


@dataclass(frozen=True, slots=True)
class Assertion:
    """One thing a profile asserts of an answer: of a place in its body, or of a header."""

    at: str
    """JSON Pointer into the body, or ``header NAME``."""
    word: Literal["equals", "is", "includes"]
    value: Json
    """For ``is``: present, absent, not-empty, number, string, boolean, array, object."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What a literal step's assertions rest on; stands in for the generic check's own words."""

    level: Literal["MUST", "SHOULD", "MAY", "CLIENT"] = "CLIENT"
    cites: tuple[str, ...] = ()
    title: str = ""
    fix: str = ""


@dataclass(frozen=True, slots=True)
class BulkPart:
    """One operation of a bulk request, and how it must end."""

    method: str
    bulk_id: str
    path: str
    expect: Literal["success", "refusal", "not-run"]
    """not-run: ``failOnErrors`` was reached before it."""


@dataclass(frozen=True, slots=True)
class Intent:
    """What a request was for, and what the client can accept as an answer."""

    action: Action
    by: Literal["client", "harness"]
    resource: Literal["User", "Group"] | None = None
    expect: Literal["success", "refusal", "either"] = "success"
    statuses: frozenset[int] = frozenset()
    """Exact statuses the profile names as acceptable; empty: by the action's own rule."""
    subject: Subject | None = None
    finds: tuple[str, ...] | None = None
    """Ids a query must return, exactly; None: not judged."""
    filter_path: str | None = None
    filter_value: str | None = None
    excluded: tuple[str, ...] = ()
    """Attributes the request asked to leave out."""
    gone: bool = False
    """The resource was deleted: it must not be found any more."""
    disabled: bool = False
    """The resource is inactive and must be found all the same."""
    sent: Json = MISSING
    """The JSON body that was sent, if any."""
    endpoint: str = ""
    """For discovery: ``Schemas``, ``ResourceTypes`` or ``ServiceProviderConfig``."""
    twice: bool = False
    """The same request as before: deleting the already gone, adding a member again."""
    duplicate: bool = False
    """A create for a resource that exists already: it must be refused as a conflict."""
    parts: tuple[BulkPart, ...] = ()
    """The operations of a bulk request, in order."""
    asserts: tuple[Assertion, ...] = ()
    among: tuple[str, ...] = ()
    """Ids of which exactly those in ``finds`` must be in the answer; others are not looked at."""
    ordered: tuple[str, ...] = ()
    """Ids that must come in this order."""
    earlier: frozenset[str] = frozenset()
    """Ids on the earlier pages of the same list."""
    complete: tuple[str, ...] = ()
    """Ids that must have come by the last page."""
    total: int | None = None
    """totalResults of the list's first page: another number now means that the store has changed."""
    rule: Rule | None = None
    tags: frozenset[str] = frozenset()
    """Words by which a check recognises a special case: ``case``, ``hostile`` …"""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the target says of itself; every part is None where it says nothing."""

    provider_config: Mapping[str, Json] | None = None
    resource_types: tuple[Mapping[str, Json], ...] | None = None
    schemas: tuple[Mapping[str, Json], ...] | None = None

    def has_resource_type(self, name: str) -> bool | None:
        """Whether ``/ResourceTypes`` lists it; None if the target does not answer there."""
        if self.resource_types is None:
            return None
        return any(
            name.lower() in {str(entry.get("id", "")).lower(), str(entry.get("name", "")).lower()}
            for entry in self.resource_types
        )

    @property
    def bulk_limit(self) -> int | None:
        """Operations in one bulk request at most; None where the target does not say (RFC 7643 §5)."""
        said = (self.provider_config or {}).get("bulk")
        limit = said.get("maxOperations") if isinstance(said, Mapping) else None
        return limit if isinstance(limit, int) and not isinstance(limit, bool) and limit > 0 else None

    def serves(self, endpoint: str) -> bool:
        """Whether the discovery endpoint of that name gave a usable answer."""
        held = {"ResourceTypes": self.resource_types, "Schemas": self.schemas}.get(endpoint, self.provider_config)
        return held is not None

    def declares(self, urn: str) -> bool:
        """Whether the target has the schema and a use for it.

        It stands in ``/Schemas``, or in the provider configuration as of that kind; and where ``/ResourceTypes``
        answers, some type is of that schema or extended by it (RFC 7643 §6).
        """
        named = (self.provider_config or {}).get("schemas")
        if isinstance(named, list) and urn in named:
            return True
        if self.schema(urn) is None:
            return False
        used = [self.extends(entry, urn) or _is(entry.get("schema"), urn) for entry in self.resource_types or ()]
        return any(used) or not used

    def extends(self, resource_type: Mapping[str, Json] | str, urn: str) -> bool | None:
        """Whether the resource type lists the extension; None if the target says nothing of that type."""
        if isinstance(resource_type, str):
            entries = [e for e in self.resource_types or () if _is(e.get("name") or e.get("id"), resource_type)]
            return self.extends(entries[0], urn) if entries else None
        listed = resource_type.get("schemaExtensions")
        entries = [e for e in listed if isinstance(e, Mapping)] if isinstance(listed, list) else []
        return any(_is(entry.get("schema"), urn) for entry in entries)

    def schema(self, urn: str) -> Mapping[str, Json] | None:
        """The target's own schema with that id, if it publishes one."""
        for entry in self.schemas or ():
            if str(entry.get("id", "")).lower() == urn.lower():
                return entry
        return None


def _is(said: Json, name: str) -> bool:
    return str(said).lower() == name.lower()


@dataclass(frozen=True, slots=True)
class Claims:
    """What the vendor says the target does. None: nothing is said, and the client's expectation holds.

    A claim is what gets tested; what is not claimed is not held against the target.
    """

    without_features: frozenset[str] = frozenset()
    """Feature ids the target does not offer."""
    groups: bool | None = None
    filterable: Mapping[str, frozenset[str]] | None = None
    """Resource kind → attribute paths that filters may name, lower-case."""
    mutable: Mapping[str, frozenset[str]] | None = None
    """Resource kind → attribute paths that can change after creation, lower-case."""
    disable: Literal["keep", "delete"] | None = None
    """What setting ``active`` to false does to the user."""
    existing: Literal["conflict", "adopt"] | None = None
    """What a create for an existing user does."""
    page_default: int | None = None
    """Resources in one list where the request names no count."""
    page_max: int | None = None
    """Resources in one list at most, whatever count the request names."""
    media_types: frozenset[str] = frozenset()
    """What answers are labelled with; empty: nothing is said."""

    def may_filter(self, kind: str, path: str) -> bool:
        listed = None if self.filterable is None else self.filterable.get(kind)
        return listed is None or path.lower() in listed

    def may_change(self, kind: str, path: str) -> bool:
        listed = None if self.mutable is None else self.mutable.get(kind)
        return listed is None or path.lower() in listed

    def may_cut(self, count: int | None, returned: int) -> bool:
        """Whether a list may end after ``returned`` resources, where ``count`` were asked for (None: no word of it)."""
        limits = [n for n in (self.page_default if count is None else None, self.page_max) if n is not None]
        return bool(limits) and returned >= min(limits)


@dataclass(frozen=True, slots=True)
class World:
    """What a check may know beside the exchange itself."""

    base_url: str
    scim: Scim
    capabilities: Capabilities
    client_timeout: float
    """Seconds after which this client gives up."""
    ours: Mapping[str, str]
    """id → name of every resource this run created and has not deleted."""
    mapped: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Resource kind → attribute paths the client maps."""
    claims: Claims = field(default_factory=Claims)
    alone: bool = True
    """No other process of this run is creating and deleting at the same time."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Everything a check is given."""

    exchange: Exchange
    intent: Intent
    world: World

    @property
    def response(self) -> Response:
        """The answer. Checks run only where there is one."""
        response = self.exchange.response
        if response is None:  # pragma: no cover - the judge never calls a check without an answer
            raise ValueError("checks run on answers only")
        return response
