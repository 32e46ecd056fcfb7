"""Values that every room shares: JSON, the words of a result, and numbers in words."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, Literal

Json = Any
"""A parsed JSON value: dict, list, str, int, float, bool or None."""


class _Missing(enum.Enum):
    MISSING = "missing"

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = _Missing.MISSING
"""Stands for "no value at all", where ``None`` would be JSON's null."""


class Quotation(str):
    """A text of a request or an answer, as a check shows it. Any other text that a check shows is prose of its own."""

    __slots__ = ()


class Prose(str):
    """Words that stand in place of a value: "(absent)", "3 members". Every output shows them without quotes."""

    __slots__ = ()


REDACTED: Final = "[redacted]"
"""Stands in every output where a secret was."""
IN_PROCESS_URL: Final = "http://app.invalid/scim/v2"
"""Stands for the URL of an application that is tested in process."""
TRACE_HEADER: Final = "X-Scim-Compat-Trace"
"""The header of a trace where no other is named."""
CROWD_SIZE: Final = 60
"""Users that a run keeps at the endpoint beside those of its scenarios, where nothing else is asked for."""
WRONG_CREDENTIAL: Final = "[a wrong credential]"
"""Stands in the record where the client sent a wrong credential on purpose."""


@dataclass(frozen=True, slots=True)
class Where:
    """A line of a file that people write; lines count from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class Fault(enum.StrEnum):
    """The thing that is wrong when a check fails."""

    ANSWER = "answer"
    """The answer itself: its status, headers or form."""
    ASSERTION = "assertion"
    """The answer, in a point that the profile states for this one request."""
    HITS = "hits"
    """The resources that an answer holds: too few, or too many."""
    LOSS = "loss"
    """An earlier write, whose effect the answer does not show."""
    DAMAGE = "damage"
    """An earlier write, which has changed something else too."""
    WRITE = "write"
    """An earlier write, in another way."""

    @property
    def is_of_write(self) -> bool:
        """True when an earlier write is to blame, and not the answer that shows it."""
        return self in {Fault.LOSS, Fault.DAMAGE, Fault.WRITE}


class Outcome(enum.StrEnum):
    """How a check or a scenario ended."""

    PASS = enum.auto()
    FAIL = enum.auto()
    SKIP = enum.auto()
    ERROR = enum.auto()
    """The tool or the network failed. Never held against the endpoint."""


class Severity(enum.StrEnum):
    """How much a broken rule hurts a client, from the mildest to the worst."""

    COSMETIC = enum.auto()
    DEGRADED = enum.auto()
    BLOCKER = enum.auto()
    BREACH = enum.auto()

    @property
    def rank(self) -> int:
        """0 for the mildest. Severities are compared by it: as texts they would sort by the alphabet."""
        return _RANKS[self]


class FailOn(enum.StrEnum):
    """What makes a run fail: a severity at least, or more, or nothing."""

    BREACH = enum.auto()
    BLOCKER = enum.auto()
    DEGRADED = enum.auto()
    COSMETIC = enum.auto()
    UNPROVEN = enum.auto()
    """Findings that are degraded or worse, and a client that is unproven."""
    NEVER = enum.auto()

    @property
    def floor(self) -> Severity | None:
        """The mildest severity that fails; None: none does."""
        match self:
            case FailOn.NEVER:
                return None
            case FailOn.UNPROVEN:
                return Severity.DEGRADED
        return Severity(self.value)


_RANKS: Final = {severity: rank for rank, severity in enumerate(Severity)}


class Verdict(enum.StrEnum):
    """The word on a run, a profile or a feature. ``NOT_APPLICABLE`` is a feature's only, and no pass."""

    COMPATIBLE = enum.auto()
    LIMITED = enum.auto()
    INCOMPATIBLE = enum.auto()
    UNPROVEN = enum.auto()
    NOT_APPLICABLE = "not-applicable"


Level = Literal["MUST", "SHOULD", "MAY", "CLIENT"]
"""MUST/SHOULD/MAY: the word of the cited section. CLIENT: the provider needs it, the RFC does not say so.

A plain fact of the protocol (the server "responds with 200", ``id`` "is unique") counts as MUST where the section
leaves no second way, and as SHOULD where its own text or examples show one.
"""

Evidence = Literal["documented", "observed", "inferred", "disputed"]
"""How sure it is that a client does something: its maker says so, it was seen, it follows from both, or sources
disagree."""

Party = Literal["client", "harness"]
"""The sender of a request: the client that is replayed, or the run itself, to set up, read back or clean up."""


def is_at_least(severity: Severity | None, floor: Severity) -> bool:
    """True when ``severity`` is as bad as ``floor`` or worse. None is never."""
    return severity is not None and severity.rank >= floor.rank


def worst(severities: Iterable[Severity]) -> Severity | None:
    """The worst of them, or None if there are none."""
    return max(severities, key=lambda severity: severity.rank, default=None)


def plural(count: int, word: str, many: str = "") -> str:
    """``1 scenario``, ``2 scenarios``; ``many`` where adding an s is not enough."""
    return f"{count:,} {word if count == 1 else many or word + 's'}"


def escape(token: str) -> str:
    """One token of a JSON Pointer, as it is written (RFC 6901 section 3)."""
    return token.replace("~", "~0").replace("/", "~1")


def unescape(token: str) -> str:
    """One token of a JSON Pointer, as it is meant (RFC 6901 section 4)."""
    return token.replace("~1", "/").replace("~0", "~")
