"""The context that the scenarios of one run share, and the exchange that each hands over."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from scim_compat.engine.actor import Actor
from scim_compat.engine.capabilities import Capabilities, Claims
from scim_compat.engine.intent import Observation
from scim_compat.engine.ledger import Ledger
from scim_compat.profile.model import ResourceKind, Step
from scim_compat.wire.messages import NEAR_MISSES, CredentialUse, Sender
from scim_compat.wire.trace import Trace


@dataclass(frozen=True, slots=True)
class PlayedRequest:
    """One exchange of a scenario, with its place in the profile."""

    step: Step | None
    number: str
    """``3.2``: second exchange of the third step."""
    title: str
    observation: Observation


@dataclass(frozen=True, slots=True)
class Blame:
    """The part of refused bodies that is to blame."""

    kind: ResourceKind
    path: str
    """The attribute; empty where one is missing."""
    words: str
    """A sentence for the findings, the same for all bodies that are refused for this reason."""
    is_value: bool = False
    """A plain value at the path is accepted."""
    character: str = ""
    """The value is accepted without this one."""
    missing: tuple[str, ...] = ()


@dataclass(slots=True)
class Memory:
    """The answers that a run has got to questions of its own, so that it asks each once. It grows with them."""

    offers: dict[str, bool] = field(default_factory=dict)
    """Optional feature on which the target's discovery is silent → the target offers it."""
    controls: dict[tuple[str, str, str, str], bool | None] = field(default_factory=dict)
    """(kind, path, form of the query, trait of the value) → it is found; None: it could not be tried."""
    blames: dict[tuple[ResourceKind, int, str], list[Blame]] = field(default_factory=dict)
    """(kind, status, words of the server) → the parts of bodies that it refused so."""
    trials: int = 0
    """Creations that were tried again to find these parts."""


@dataclass(frozen=True, slots=True)
class RunContext:
    """The endpoint, the ledger and the settings that the scenarios of one run share."""

    sender: Sender
    base_url: str
    seed: int
    ledger: Ledger
    observe: Callable[[PlayedRequest], None]
    """Receives each exchange as soon as it has ended."""
    capabilities: Capabilities = field(default_factory=Capabilities)
    claims: Claims = field(default_factory=Claims)
    large: bool = False
    """Groups have their full size."""
    alone: bool = True
    """No other process of the same run works on the target."""
    client_timeout: float | None = None
    """Overrides the profile's own limit, in seconds."""
    crowd: tuple[Actor, ...] = ()
    """Accounts that the run keeps beside those of the scenarios, users first; no scenario writes to them."""
    memory: Memory = field(default_factory=Memory)
    near_misses: tuple[CredentialUse, ...] = tuple(NEAR_MISSES)
    """The almost right credentials that there are of the run's own."""
    trace: Trace | None = None
    """Marks each request of a scenario with its place; None for none."""
    pause: Callable[[float], None] = time.sleep
    """Waits that many seconds."""
