"""All that an exit status and a terminal need of a run."""

from __future__ import annotations

from dataclasses import dataclass

from scim_compat.results.causes import Cause
from scim_compat.results.document import Document
from scim_compat.values import Severity


@dataclass(frozen=True, slots=True)
class RunSummary:
    """All that an exit status and a terminal need of a run."""

    document: Document
    """The results without the scenarios, which stay on disk."""
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
