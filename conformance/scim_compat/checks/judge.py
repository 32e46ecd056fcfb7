"""Runs the checks on one exchange and gives each failure the client's own severity."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from scim_compat.checks.citations import cited
from scim_compat.checks.display import prose
from scim_compat.checks.registry import (
    Check,
    NotJudged,
    Trait,
    Violation,
    all_checks,
)
from scim_compat.checks.resources import Reading
from scim_compat.checks.severity import severity_of
from scim_compat.engine.intent import Observation
from scim_compat.profile.model import Profile, Requirement, Scenario
from scim_compat.results.model import CheckResult
from scim_compat.scim.names import Scim
from scim_compat.values import Outcome, Severity

_MOST: Final = 20
"""Violations of one check that are reported of one exchange."""


def judge(observation: Observation, profile: Profile, scenario: Scenario | None) -> list[CheckResult]:
    """Return the results of every check that applies."""
    observation = Reading.of(observation)  # two dozen checks look at its resources, one after the other
    results: list[CheckResult] = []
    for rule in all_checks().values():
        if not rule.is_for(observation):
            continue
        stated = observation.intent.rule
        level = stated.level if stated and rule.has_trait(Trait.ASSERTION) else rule.level
        severity, requirement = severity_of(rule, profile, scenario, level=level)
        if severity is not None:
            results.extend(_run(rule, observation, severity, requirement, _Hurt(rule, profile, scenario, severity)))
    return results


@dataclass(frozen=True, slots=True)
class _Hurt:
    """How much the violations of one check hurt the client."""

    rule: Check
    profile: Profile
    scenario: Scenario | None
    usual: Severity

    def of(self, violation: Violation) -> Severity | None:
        """None where the client accepts this very case."""
        level, harm = violation.level, violation.harm
        if level is None and harm is None:
            return self.usual
        return severity_of(self.rule, self.profile, self.scenario, level=level, harm=harm)[0]


def _run(
    rule: Check,
    observation: Observation,
    severity: Severity,
    requirement: Requirement | None,
    hurt_by: _Hurt,
) -> Iterator[CheckResult]:
    try:
        if not rule.when(observation):
            return
        _require_premise(rule, observation)
        _require_claimed_filter(rule, observation)
        if severity is Severity.COSMETIC:
            _excuse_claimed_label(rule, observation)
        violations = [(one, hurt_by.of(one)) for one in rule.run(observation)]
    except NotJudged as reason:
        yield CheckResult(id=rule.id, outcome=Outcome.SKIP, level=rule.level, topic=rule.topic, reason=str(reason))
        return
    except Exception as error:  # noqa: BLE001 - a bug of a check is an internal error, never the server's failure
        yield CheckResult(
            id=rule.id,
            outcome=Outcome.ERROR,
            level=rule.level,
            topic=rule.topic,
            reason=f"internal error in scim-compat, please report it: {type(error).__name__} in {rule.id}: {error}",
        )
        return
    # A violation that the RFC leaves open in this very case is no failure to a client that accepts it.
    failures = [(one, hurt) for one, hurt in violations if hurt is not None]
    if not failures:
        yield CheckResult(id=rule.id, outcome=Outcome.PASS, level=rule.level, topic=rule.topic)
    for violation, hurt in failures[:_MOST]:
        failure = _failure(rule, violation, hurt, requirement, scim=observation.context.scim)
        yield _as_stated(failure, observation) if rule.has_trait(Trait.ASSERTION) else failure


def _require_premise(rule: Check, observation: Observation) -> None:
    """Raise NotJudged for the assertions of a step whose premise an earlier answer has disproved."""
    if observation.intent.unmet and rule.has_trait(Trait.ASSERTION):
        raise NotJudged(observation.intent.unmet)


def _require_claimed_filter(rule: Check, observation: Observation) -> None:
    """Raise NotJudged for a query by an attribute that the vendor does not claim to be filterable."""
    path, kind = observation.intent.query.filter_path, observation.intent.resource
    if path is None or kind is None or not rule.has_trait(Trait.FILTER):
        return
    if not observation.context.claims.may_filter(kind, path):
        raise NotJudged(f"the target does not claim that filters may name {path}")


def _excuse_claimed_label(rule: Check, observation: Observation) -> None:
    """Raise NotJudged for a media type that the vendor claims; only for a client that accepts it."""
    label = observation.response.media_type if rule.has_trait(Trait.MEDIA_TYPE) else ""
    if label and label in observation.context.claims.media_types:
        raise NotJudged(f"the target claims to answer with {label}, which RFC 7644 allows and this client takes")


def _as_stated(failure: CheckResult, observation: Observation) -> CheckResult:
    """The failure in the words of the rule that the profile states, if it states one."""
    rule = observation.intent.rule
    if rule is None:
        return failure
    return replace(
        failure,
        level=rule.level,
        cites=rule.cites or failure.cites,
        title=rule.title or failure.title,
        failure=rule.failure or failure.failure,
        fix=rule.fix or failure.fix,
    )


def _failure(
    rule: Check, violation: Violation, severity: Severity, requirement: Requirement | None, *, scim: Scim
) -> CheckResult:
    level = violation.level or rule.level
    # A demand of the client alone stands in no RFC: its source is the profile's.
    beyond = level == "CLIENT" != rule.level
    return CheckResult(
        id=rule.id,
        outcome=Outcome.FAIL,
        level=level,
        topic=rule.topic,
        severity=severity,
        title=rule.title,
        cites=() if beyond else cited(rule.cites, scim),
        where=violation.where,
        expected=prose(violation.expected),
        actual=prose(violation.actual),
        message=violation.message,
        consequence=(requirement.consequence if requirement else "") or rule.why,
        fix=(scim == "1.1" and rule.fix_1_1) or rule.fix,
        source=requirement.source if requirement else "",
        failure=violation.failure or rule.failure,
        fault=rule.fault,
    )
