"""The request for a run, and its outcome."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from scim_compat.errors import ExitStatus
from scim_compat.results.events import Event
from scim_compat.results.summary import RunSummary
from scim_compat.run.settings import Settings
from scim_compat.values import Where
from scim_compat.wire.secrets import SecretRegister


@dataclass(frozen=True, slots=True)
class ScenariosCollected:
    """How many scenarios pytest will play."""

    count: int


@dataclass(frozen=True, slots=True)
class ScenarioReported:
    """A scenario that another process has played."""

    findings: int


Progress = Event | ScenariosCollected | ScenarioReported
"""Events that a terminal may show while a run goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    """One run: the settings, and which scenarios of which profiles are played."""

    settings: Settings
    profiles: tuple[str, ...]
    """Ids of built-in profiles, paths, or ``all``."""
    only: tuple[str, ...] = ()
    pairs: frozenset[tuple[str, str]] | None = None
    """Ids of a profile and of its scenario: of those that the others leave, only these are played; None: all."""
    jobs: int = 1
    html: str | None = None
    junit: str | None = None
    summary: str | None = None
    """A file for the summary in Markdown."""
    step_summary: str | None = None
    """A file of the pipeline that the summary is added to."""
    progress: Callable[[Progress], Any] | None = None
    secrets: SecretRegister = field(default_factory=SecretRegister)
    """The register of the call. A worker process has one of its own."""

    def to_dict(self) -> dict[str, Any]:
        """The part that xdist's workers need."""
        return {
            "settings": self.settings.to_dict(),
            "profiles": list(self.profiles),
            "only": list(self.only),
            "pairs": None if self.pairs is None else [list(pair) for pair in sorted(self.pairs)],
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> RunRequest:
        settings = Settings.from_dict(values["settings"])
        pairs = values["pairs"]
        return cls(
            settings=settings,
            profiles=tuple(values["profiles"]),
            only=tuple(values["only"]),
            pairs=None if pairs is None else frozenset((profile, scenario) for profile, scenario in pairs),
        )


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """How a run ended. ``summary`` is None if there are no results."""

    status: ExitStatus
    settings: Settings
    summary: RunSummary | None
    message: str = ""
    """One paragraph for the user where an internal error left no results or damaged them."""
    places: Mapping[tuple[str, str], Where] = field(default_factory=dict)
    """Ids of a profile and of its scenario → its line, for scenarios that stand in a file of the user's own."""
