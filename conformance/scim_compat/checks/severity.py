"""One scale: how much a broken rule hurts a client."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from scim_compat.checks.registry import Check, Harm, Trait
from scim_compat.profile.model import Profile, Requirement, Scenario
from scim_compat.values import Level, Severity

SCALE: Final[Mapping[Harm, Severity]] = {
    Harm.ACCESS: Severity.BREACH,
    Harm.STOP: Severity.BLOCKER,
    Harm.LOSS: Severity.DEGRADED,
    Harm.TEXT: Severity.COSMETIC,
}
_BY_LEVEL: Final[Mapping[Level, Severity]] = {"MUST": Severity.DEGRADED, "SHOULD": Severity.COSMETIC}
_SOFT: Final = frozenset({"inferred", "disputed"})


def severity_of(
    rule: Check,
    profile: Profile,
    scenario: Scenario | None,
    *,
    level: Level | None = None,
    harm: Harm | None = None,
) -> tuple[Severity | None, Requirement | None]:
    """Return how much a failure hurts this client (None: it is not judged), and the requirement that says so.

    The profile's requirement decides; a check that it does not mention goes by its level: MUST degraded, SHOULD
    cosmetic, others not at all. ``level`` replaces the check's own. ``harm``, the effect of the violation at hand,
    replaces the severity of a rule that is judged. Where only an inference speaks for the form of a request, or
    sources disagree about it, a failure that may come from that form is degraded at most: it never makes a server
    incompatible by itself.
    """
    requirement = (scenario.requires.get(rule.id) if scenario else None) or profile.requires.get(rule.id)
    own = requirement.severity if requirement else None
    if own == "ignore":
        return None, requirement
    severity = own if isinstance(own, Severity) else _BY_LEVEL.get(level or rule.level)
    if severity is not None and harm is not None:
        severity = SCALE[harm]
    if severity is not None and _softness(rule, scenario, requirement, severity):
        severity = Severity.DEGRADED
    return severity, requirement


def lowering(rule: Check, profile: Profile, scenario: Scenario | None) -> tuple[Severity, str] | None:
    """Return the severity that the profile states and why it does not count; None where it counts."""
    _, requirement = severity_of(rule, profile, scenario)
    stated = requirement.severity if requirement else None
    if not isinstance(stated, Severity):
        return None
    softness = _softness(rule, scenario, requirement, stated)
    return (stated, softness) if softness else None


def _softness(rule: Check, scenario: Scenario | None, requirement: Requirement | None, severity: Severity) -> str:
    """Why a failure of that severity is degraded at most, as a clause; empty where it is not."""
    is_soft_form = scenario is not None and scenario.evidence in _SOFT
    if scenario and is_soft_form and (severity is Severity.BLOCKER or _is_breach_of_form(rule, severity)):
        return f"the form is {scenario.evidence}"
    if severity is Severity.BLOCKER and requirement is not None and requirement.evidence in _SOFT:
        return f"the requirement is {requirement.evidence}"
    return ""


def _is_breach_of_form(rule: Check, severity: Severity) -> bool:
    return severity is Severity.BREACH and rule.has_trait(Trait.FORM)
