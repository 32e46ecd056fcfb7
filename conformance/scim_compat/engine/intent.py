"""The purpose of a request, the effects that it must have, and everything that a check is given.

These are the engine's outputs and the checks' inputs. Nothing here does any I/O.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from scim_compat.engine.capabilities import Capabilities, Claims
from scim_compat.engine.knowledge import Knowledge
from scim_compat.engine.readings import Readings
from scim_compat.scim.names import Scim
from scim_compat.values import MISSING, Json, Level, Party
from scim_compat.wire.messages import Exchange, Response

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
    "look-by-state",  # ours: asks by filter for the ``active`` that reads show
    "overlap",  # ours: the state behind requests that were sent at the same time
    "resolve",  # ours: follows meta.location
    "follow",  # ours: asks at an address that the target's discovery names
    "bystander",  # ours: a resource no scenario names
    "intact",  # ours: what refused requests were about, compared with how it was
    "set-up",  # ours: creates what a scenario starts from
    "clean-up",  # ours: deletes it again
]


Expectation = Literal["success", "refusal", "either"]
"""The answers that the client can accept. ``either``: a refusal is conformant too."""
EffectKind = Literal["set", "sent", "clear", "add-member", "remove-member"]
"""``sent``: the value was in the body of a creation, and the client does not depend on its being stored."""


@dataclass(frozen=True, slots=True)
class Effect:
    """One state that must hold after a write.

    ``path`` is an attribute path (``active``, ``name.givenName``, ``emails[type eq "work"].value``,
    ``urn:…:User:department``). ``value`` is the JSON value that must stand there, in the form in which a server
    returns it; for members, the member's id.
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
    """A refusal (4xx) would have been conformant: then only atomicity and access are judged."""
    attributes: frozenset[str] = frozenset()
    """Lower-case names of the top-level attributes that a PATCH names."""
    before: Knowledge = field(default_factory=Knowledge)
    """What was known of the resource before it."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A snapshot of the resource a step is about, at the time of the exchange."""

    key: str
    """The name the profile gives it (``alice``)."""
    kind: Literal["User", "Group"]
    id: str | None
    desired: Mapping[str, Json]
    """The resource as it should be on the server, from all accepted writes so far."""
    sources: Mapping[str, Json] = field(default_factory=dict)
    """Target path → mapped source value, as the client would compare it in the next cycle."""
    members: frozenset[str] = frozenset()
    """Ids that should be members (groups)."""
    removals: frozenset[str] = frozenset()
    """Ids whose removal the client asked for at any time: ``group.member-removed`` reports on them."""
    knowledge: Knowledge = field(default_factory=Knowledge)
    """What the answers before the exchange say of it."""
    writes: tuple[Write, ...] = ()
    """The writes since the last read-back, oldest first."""
    lacks: tuple[str, ...] = ()
    """Paths that must hold no value."""
    members_exact: bool = False
    """True when the group must have no members but ``members``."""
    location: str | None = None
    """Location header of the creation."""


@dataclass(frozen=True, slots=True)
class Assertion:
    """One assertion of a profile about an answer: about a place in its body, or about a header."""

    at: str
    """JSON Pointer into the body, or ``header NAME``."""
    word: Literal["equals", "is", "includes"]
    value: Json
    """For ``is``: present, absent, not-empty, number, string, boolean, array, object."""


@dataclass(frozen=True, slots=True)
class Rule:
    """The basis of a literal step's assertions. It replaces the generic check's own level and words."""

    level: Level = "CLIENT"
    cites: tuple[str, ...] = ()
    title: str = ""
    fix: str = ""
    failure: str = ""
    """The rule broken, as a sentence that is true whatever the answer lacks; empty: the check's own phrase."""


@dataclass(frozen=True, slots=True)
class BulkPart:
    """One operation of a bulk request, and the end that it must have."""

    method: str
    bulk_id: str
    path: str
    expect: Literal["success", "refusal", "not-run", "conflict-or-success"]
    """not-run: ``failOnErrors`` was reached before it. conflict-or-success: 409 will do as well."""


@dataclass(frozen=True, slots=True)
class Query:
    """The resources that a query or a page of a list must return. Empty for any other request."""

    filter_path: str | None = None
    filter_value: str | None = None
    other_case: bool = False
    """The value is spelled in another case than the resource's."""
    hostile: bool = False
    """The value needs care in a filter or in a URL."""
    finds: tuple[str, ...] | None = None
    """Exactly the ids that must be returned; None: not judged."""
    among: tuple[str, ...] = ()
    """Only these ids are compared with ``finds``; empty: all that are returned."""
    order: tuple[str, ...] = ()
    """Ids that must come in this order."""
    earlier: frozenset[str] = frozenset()
    """Ids on the earlier pages of the same list."""
    complete: tuple[str, ...] = ()
    """Ids that must have come by the last page."""
    total: int | None = None
    """totalResults of the list's first page: another number now means that the store has changed."""
    control: bool | None = None
    """The same form of query finds an active resource by a plain value; None: that was not asked."""
    culprits: tuple[str, ...] = ()
    """Traits of the value: with each of them alone, the same form of query finds nothing either."""
    more: bool = False
    """An earlier import of the same list found resources behind the end that ``totalResults`` states."""
    beyond: bool = False
    """The page begins behind the end of the list."""
    largest: int = 0
    """The resources on the largest page of this list so far, whatever its count."""
    hits: int = 0
    """How many others of the crowd the same form of query has found."""
    survey: bool = False
    """One of several look-ups in a crowd; the last of them says what they come to."""

    @property
    def is_plain(self) -> bool:
        """True when the value is spelled as the resource's own and needs no escaping."""
        return not self.other_case and not self.hostile


@dataclass(frozen=True, slots=True)
class Overlap:
    """Requests that were sent at the same time and accepted, and the part of them that was lost."""

    effects: tuple[Effect, ...] = ()
    """Those of the accepted changes."""
    lost: tuple[Effect, ...] = ()
    """Those of them that the state does not show, and shows when the same request is sent again alone."""
    accounts: tuple[str, ...] = ()
    """Ids that the creations of one user were answered with."""
    question: str = ""
    """Why nothing can be concluded; empty where it can."""


@dataclass(frozen=True, slots=True)
class Intent:
    """The purpose of a request, and the answers that the client can accept."""

    action: Action
    by: Party
    resource: Literal["User", "Group"] | None = None
    expect: Expectation = "success"
    statuses: frozenset[int] = frozenset()
    """The statuses that the profile accepts; empty: by the action's own rule."""
    subject: Subject | None = None
    query: Query = field(default_factory=Query)
    excluded_attributes: tuple[str, ...] = ()
    """Attributes that the request asked to leave out."""
    gone: bool = False
    """The resource was deleted, so no read may find it."""
    disabled: bool = False
    """The resource is inactive, and reads must find it all the same."""
    body: Json = MISSING
    """The JSON body that was sent, if any."""
    endpoint: str = ""
    """For discovery: ``Schemas``, ``ResourceTypes`` or ``ServiceProviderConfig``."""
    twice: bool = False
    """The same request as before: a second deletion, a change or a member sent again."""
    blame: str = ""
    """A sentence about the part of a refused body that is to blame; empty where none was found."""
    duplicate: bool = False
    """A create for a resource that exists already: the server must refuse it as a conflict."""
    overlap: Overlap | None = None
    """For the action of that name."""
    parts: tuple[BulkPart, ...] = ()
    """The operations of a bulk request, in order."""
    assertions: tuple[Assertion, ...] = ()
    rule: Rule | None = None
    unmet: str = ""
    """The earlier answer that this request rests on and that was not as it had to be: then its own proves nothing."""
    declined: tuple[str, ...] | None = None
    """Optional operators that the target has declined in this scenario; None for all but the request that sums up."""


@dataclass(frozen=True, slots=True)
class Context:
    """The facts that a check may use beside the exchange itself."""

    base_url: str
    scim: Scim
    capabilities: Capabilities
    client_timeout: float
    """Seconds after which this client gives up."""
    ours: Mapping[str, str]
    """id → name of every resource that this run created and has not deleted."""
    mapped_paths: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Resource kind → attribute paths that the client maps."""
    claims: Claims = field(default_factory=Claims)
    alone: bool = True
    """No other process of this run is creating and deleting at the same time."""
    shows_members: bool | None = None
    """True when the endpoint has shown the members of a group of the crowd; None where there is no such group."""
    readings: Readings = field(default_factory=Readings)
    """The resources of the scenario as its single reads have shown them before this exchange."""


@dataclass(frozen=True, slots=True)
class Observation:
    """Everything that a check is given."""

    exchange: Exchange
    intent: Intent
    context: Context

    @property
    def response(self) -> Response:
        """The answer. Checks run only where there is one."""
        response = self.exchange.response
        if response is None:  # pragma: no cover - the judge never calls a check without an answer
            raise ValueError("checks run on answers only")
        return response
