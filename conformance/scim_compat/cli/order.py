"""In which order to mend what is broken, before anything has run: from the profiles alone.

A report orders what it has found. Here every scenario is rehearsed without a server instead, and each check
counts where a client's work comes upon it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from scim_compat.checks.judge import severity_of
from scim_compat.checks.registry import Check, all_checks
from scim_compat.engine.rehearsal import rehearse
from scim_compat.report.findings import precedence, severity_rank
from scim_compat.values import Severity, is_at_least, worst

if TYPE_CHECKING:
    from scim_compat.engine.context import PlayedRequest
    from scim_compat.profile.model import Profile

_MOST: Final = 0.5
"""Share of the features that a check must bear on to come first."""

PARTS: Final[Mapping[str, tuple[str, str]]] = {
    "first": (
        "What most of the work rests on",
        "At least half of the clients' features need it. While one of these fails, what comes after stays unseen.",
    ),
    "breach": (
        "Access, and data of others",
        "Nothing stops, so nobody notices: somebody keeps access, or somebody's data is lost or shown.",
    ),
    "blocker": ("What stops a client", "The provider gives a change up, or puts the whole job on hold."),
    "degraded": ("Losses", "The client goes on, and something is lost, wrong or late."),
    "cosmetic": ("The text of the rules", "Against a rule; no built-in client is known to mind."),
    "ignored": ("Judged by no built-in client", "For profiles of your own that name these checks."),
}
"""Key → title and what it holds, in the order in which to mend."""


@dataclass(slots=True)
class Standing:
    """How much of the clients' work comes upon a check."""

    severity: Severity | None = None
    """The worst that any client gives it."""
    scenarios: set[tuple[str, str]] = field(default_factory=set)
    """(profile, scenario) pairs that come upon it when all goes well."""
    features: set[tuple[str, str]] = field(default_factory=set)
    profiles: set[str] = field(default_factory=set)
    """Those that mind."""

    def take(self, severity: Severity, profile: str) -> None:
        self.severity = worst([s for s in (self.severity, severity) if s])
        self.profiles.add(profile)


def parts(profiles: Iterable[Profile]) -> list[dict[str, Any]]:
    """Every check, in the parts of ``PARTS``: ``{key, title, text, checks: [{id, title, severity, scenarios, …}]}``.

    Within a part the report's own rule: the worst severity, then the scenarios and the clients concerned.
    """
    known = list(profiles)
    every = {(p.id, s.feature) for p in known for s in p.scenarios}
    found: dict[str, list[dict[str, Any]]] = {key: [] for key in PARTS}
    for check, standing in standings(known).items():
        of = sum(profile in standing.profiles for profile, _ in every)
        severity = standing.severity or "ignored"
        shown = {
            "id": check,
            "title": all_checks()[check].title,
            "severity": severity,
            "scenarios": len(standing.scenarios),
            "profiles": len(standing.profiles),
            "features": len(standing.features),
            "of_features": of,
        }
        bears = is_at_least(standing.severity, Severity.BLOCKER) and len(standing.features) >= of * _MOST
        found["first" if bears else severity].append(shown)
    for checks in found.values():
        checks.sort(key=_place)
    return [{"key": key, "title": PARTS[key][0], "text": PARTS[key][1], "checks": found[key]} for key in PARTS]


def _place(shown: Mapping[str, Any]) -> tuple[int, int, int, str]:
    return precedence(severity_rank(shown["severity"]), shown["scenarios"], shown["profiles"], shown["id"])


def standings(profiles: Iterable[Profile]) -> dict[str, Standing]:
    """Check → how much of the work comes upon it. Takes a few seconds: every scenario is rehearsed."""
    found = {check: Standing() for check in all_checks()}
    for profile in profiles:
        rules = [rule for rule in all_checks().values() if profile.scim in rule.scim]
        for rule in rules:
            if severity := severity_of(rule, profile, None)[0]:
                found[rule.id].take(severity, profile.id)
        for scenario in profile.scenarios:
            played = rehearse(profile, scenario)
            for rule in rules:
                severity = severity_of(rule, profile, scenario)[0]
                if severity and any(_looks(rule, one) for one in played):
                    found[rule.id].take(severity, profile.id)
                    found[rule.id].scenarios.add((profile.id, scenario.id))
                    found[rule.id].features.add((profile.id, scenario.feature))
    return found


def _looks(rule: Check, played: PlayedRequest) -> bool:
    return rule.is_for(played.observation) and rule.when(played.observation)
