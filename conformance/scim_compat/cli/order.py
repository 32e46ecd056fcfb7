"""The order in which to fix an endpoint, before anything has run: from the profiles alone.

A report orders its findings. This module rehearses every scenario without a server instead, and weighs each check by
the clients' work that depends on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from scim_compat.checks.registry import Check, all_checks
from scim_compat.checks.resources import Reading
from scim_compat.checks.severity import severity_of
from scim_compat.engine.rehearsal import rehearse
from scim_compat.profile.model import Profile, Scenario
from scim_compat.report.findings import precedence
from scim_compat.values import Severity, is_at_least, worst

_MOST: Final = 0.5
"""Share of the features that must depend on a check for it to come first."""

PARTS: Final[Mapping[str, tuple[str, str]]] = {
    "first": (
        "What most of the work rests on",
        "At least half of the clients' features need it. While one of these fails, what comes after stays unseen.",
    ),
    Severity.BREACH: (
        "Access, and data of others",
        "Nothing stops, so nobody notices: somebody keeps access, or somebody's data is lost or shown.",
    ),
    Severity.BLOCKER: ("What stops a client", "The provider gives a change up, or puts the whole job on hold."),
    Severity.DEGRADED: ("Losses", "The client goes on, and data is lost, wrong or late."),
    Severity.COSMETIC: ("The text of the rules", "Against a rule; no built-in client is known to depend on it."),
    "ignored": ("Judged by no built-in client", "For profiles of your own that name these checks."),
}
"""Title and text of each part, in the order in which to fix."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRow:
    """One check in its place, as ``--json`` prints it."""

    id: str
    title: str
    severity: Severity | Literal["ignored"]
    scenarios: int
    profiles: int
    features: int
    of_features: int
    """All features of the profiles that judge it."""


@dataclass(frozen=True, slots=True)
class OrderPart:
    key: str
    """``first``, a severity, or ``ignored``."""
    title: str
    text: str
    checks: tuple[OrderRow, ...]


@dataclass(slots=True)
class Weight:
    """The clients' work that depends on a check. It grows while the scenarios are rehearsed."""

    severity: Severity | None = None
    """The worst that any client gives it."""
    scenarios: set[tuple[str, str]] = field(default_factory=set)
    """(profile, scenario) pairs that reach it when all goes well."""
    features: set[tuple[str, str]] = field(default_factory=set)
    profiles: set[str] = field(default_factory=set)
    """Those that judge it."""

    def add(self, severity: Severity, profile: str) -> None:
        self.severity = worst([s for s in (self.severity, severity) if s])
        self.profiles.add(profile)


def order(profiles: Iterable[Profile]) -> tuple[OrderPart, ...]:
    """Every check, in the parts of ``PARTS``.

    The report's own rule holds within a part: the worst severity first, then the most scenarios and clients.
    """
    known = list(profiles)
    features = {(p.id, s.feature) for p in known for s in p.scenarios}
    rows: dict[str, list[OrderRow]] = {key: [] for key in PARTS}
    for check, weight in weights(known).items():
        row = OrderRow(
            id=check,
            title=all_checks()[check].title,
            severity=weight.severity or "ignored",
            scenarios=len(weight.scenarios),
            profiles=len(weight.profiles),
            features=len(weight.features),
            of_features=sum(profile in weight.profiles for profile, _ in features),
        )
        is_first = is_at_least(weight.severity, Severity.BLOCKER) and row.features >= row.of_features * _MOST
        rows["first" if is_first else row.severity].append(row)
    return tuple(OrderPart(key, *PARTS[key], tuple(sorted(rows[key], key=_place))) for key in PARTS)


def _place(row: OrderRow) -> tuple[int, int, int, str]:
    severity = row.severity if isinstance(row.severity, Severity) else None
    return precedence(severity, scenarios=row.scenarios, profiles=row.profiles, check=row.id)


def weights(profiles: Iterable[Profile]) -> dict[str, Weight]:
    """The weight of each check. Takes a few seconds, because every scenario is rehearsed."""
    by_check = {check: Weight() for check in all_checks()}
    for profile in profiles:
        rules = [rule for rule in all_checks().values() if profile.scim in rule.scim]
        for rule in rules:
            if severity := severity_of(rule, profile, None)[0]:
                by_check[rule.id].add(severity, profile.id)
        for rule, scenario, severity in judgements(profile, rules):
            by_check[rule.id].add(severity, profile.id)
            by_check[rule.id].scenarios.add((profile.id, scenario.id))
            by_check[rule.id].features.add((profile.id, scenario.feature))
    return by_check


def judgements(profile: Profile, rules: Sequence[Check]) -> Iterator[tuple[Check, Scenario, Severity]]:
    """Each check with each scenario that reaches it when all goes well, and the severity of a failure there."""
    for scenario in profile.scenarios if rules else ():
        readings = [Reading.of(request.observation) for request in rehearse(profile, scenario)]
        for rule in rules:
            severity = severity_of(rule, profile, scenario)[0]
            if severity and any(rule.is_for(one) and rule.when(one) for one in readings):
                yield rule, scenario, severity
