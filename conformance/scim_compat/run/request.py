"""What a run is asked for, and how it ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from scim_compat.results.collate import Collated
from scim_compat.run.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    settings: Settings
    profiles: list[str]
    only: list[str] = field(default_factory=list)
    jobs: int = 1
    html: str | None = None
    junit: str | None = None
    progress: Callable[[str, Any], None] | None = None


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """How a run ended. ``collated`` is None if there are no results."""

    status: int
    settings: Settings
    collated: Collated | None
    message: str = ""
    """One paragraph for the user where there are no results, or where something of ours failed."""
