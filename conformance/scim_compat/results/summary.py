"""All that an exit status and a terminal need of a run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

from scim_compat.results.causes import Cause
from scim_compat.results.document import Document
from scim_compat.values import Severity

Key = tuple[str, str]
"""Ids of a profile and of its scenario."""


@dataclass(frozen=True, slots=True)
class FindingSummary:
    """A check that failed somewhere in the run."""

    id: str
    title: str
    severity: Severity
    """The worst that it was given."""
    consequence: str
    scenarios: frozenset[Key]

    def merge(self, other: Self) -> Self:
        """Join two summaries of one check: the worse severity with its consequence, and all scenarios."""
        worse = other if other.severity.rank > self.severity.rank else self
        return replace(worse, title=self.title, scenarios=self.scenarios | other.scenarios)


@dataclass(frozen=True, slots=True)
class RunSummary:
    """All that an exit status and a terminal need of a run."""

    document: Document
    """The results without the scenarios, which stay on disk."""
    findings: tuple[FindingSummary, ...]
    """Worst first, then by the number of scenarios hit."""
    errored: int
    """Scenarios that ended in an error."""
    played: int
    """Scenarios that were played to their end."""
    causes: tuple[Cause, ...] = ()
    """Everything to fix, the worst first; empty until the results have been read back."""
    has_internal_error: bool = False
    """True when a note reports an internal error of scim-compat."""
    worst_open: Severity | None = None
    """The worst severity of the findings that no baseline accepts; None if there are none."""
