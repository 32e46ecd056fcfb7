"""Runs the checks on one exchange and gives each failure the client's own severity."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Final

from scim_compat.checks.citations import cited
from scim_compat.checks.registry import (
    Check,
    Level,
    NotJudged,
    Violation,
    all_checks,
)
from scim_compat.engine.intent import Observation
from scim_compat.profile.model import Profile, Requirement, Scenario
from scim_compat.results.model import CheckResult, Severity
from scim_compat.scim.names import Scim

_BY_LEVEL: Final[Mapping[str, Severity]] = {"MUST": "degraded", "SHOULD": "cosmetic"}
ASSERTED: Final = ("expect.", "http.expected-status")
"""Checks that hold a profile's own assertions."""
_LABELS: Final = ("http.scim-media-type", "error.media-type")
_MOST: Final = 20
"""Problems reported of one check on one exchange."""


def judge(observation: Observation, profile: Profile, scenario: Scenario | None) -> list[CheckResult]:
    """The results of every check that applies."""
    results: list[CheckResult] = []
    for rule in _applicable(observation):
        asserted = (
            observation.intent.rule.level if observation.intent.rule and rule.id.startswith(ASSERTED) else rule.level
        )
        severity, requirement = severity_of(rule, profile, scenario, level=asserted)
        if severity is not None:
            at_level = partial(severity_of, rule, profile, scenario)
            results.extend(_run(rule, observation, severity, requirement, at_level))
    return results


def _applicable(observation: Observation) -> Iterator[Check]:
    for rule in all_checks().values():
        if observation.exchange.response is None and not rule.without_answer:
            continue
        if observation.context.scim in rule.scim and (not rule.on or observation.intent.action in rule.on):
            yield rule


def severity_of(
    rule: Check, profile: Profile, scenario: Scenario | None, *, level: Level | None = None
) -> tuple[Severity | None, Requirement | None]:
    """How much a failure hurts this client; None: it is not judged.

    What the profile does not mention goes by the level: MUST degraded, SHOULD cosmetic, others not at
    all. Where only an inference speaks for a habit, the finding is degraded at most, unless access
    stays open. ``level`` stands in for the check's own.
    """
    requirement = (scenario.requires.get(rule.id) if scenario else None) or profile.requires.get(rule.id)
    if requirement is not None and requirement.severity == "ignore":
        return None, requirement
    severity = requirement.severity if requirement and requirement.severity else _BY_LEVEL.get(level or rule.level)
    inferred = (scenario is not None and scenario.evidence == "inferred") or (
        requirement is not None and requirement.evidence == "inferred"
    )
    if inferred and severity == "blocker":
        severity = "degraded"
    return severity, requirement  # type: ignore[return-value] # "ignore" was answered above


def _run(
    rule: Check,
    observation: Observation,
    severity: Severity,
    requirement: Requirement | None,
    at_level: Callable[..., tuple[Severity | None, Requirement | None]],
) -> Iterator[CheckResult]:
    try:
        if not rule.when(observation):
            return
        _must_be_claimed(rule, observation)
        if severity == "cosmetic":
            _may_be_claimed(rule, observation)
        found = [(one, at_level(level=one.level)[0] if one.level else severity) for one in rule.run(observation)]
        # What the RFC leaves open in this very case is no failure to a client that does not mind.
        problems = [(one, hurt) for one, hurt in found if hurt is not None]
    except NotJudged as reason:
        yield CheckResult(id=rule.id, outcome="skip", level=rule.level, reason=str(reason))
        return
    except Exception as fault:  # noqa: BLE001 - our own bug must be reported as ours, never as the server's
        yield CheckResult(
            id=rule.id, outcome="error", level=rule.level,
            reason=f"fault in scim-compat, please report it: {type(fault).__name__} in {rule.id}: {fault}",
        )  # fmt: skip
        return
    if not problems:
        yield CheckResult(id=rule.id, outcome="pass", level=rule.level)
    for problem, hurt in problems[:_MOST]:
        yield _as_asserted(observation, _failure(rule, problem, hurt, requirement, scim=observation.context.scim))


def _must_be_claimed(rule: Check, observation: Observation) -> None:
    """Raises NotJudged for a query by an attribute that the vendor does not claim to be filterable."""
    path, kind = observation.intent.query.filter_path, observation.intent.resource
    if path is None or kind is None or not rule.id.startswith(("filter.", "list.")):
        return
    if not observation.context.claims.may_filter(kind, path):
        raise NotJudged(f"the target does not claim that filters may name {path}")


def _may_be_claimed(rule: Check, observation: Observation) -> None:
    """Raises NotJudged for a lawful habit that the vendor claims. Only where this client does not mind."""
    label = observation.response.media_type if rule.id in _LABELS else ""
    if label and label in observation.context.claims.media_types:
        raise NotJudged(f"the target claims to answer with {label}, which RFC 7644 allows and this client takes")


def _as_asserted(observation: Observation, failure: CheckResult) -> CheckResult:
    """A generic check of a profile's own assertion speaks with the rule that the profile names."""
    rule = observation.intent.rule
    if rule is None or not failure.id.startswith(ASSERTED):
        return failure
    return replace(
        failure,
        level=rule.level,
        cites=rule.cites or failure.cites,
        title=rule.title or failure.title,
        fix=rule.fix or failure.fix,
    )


def _failure(
    rule: Check, problem: Violation, severity: Severity, requirement: Requirement | None, *, scim: Scim
) -> CheckResult:
    level = problem.level or rule.level
    # What only the client asks for stands in no RFC: its source is the profile's.
    beyond = level == "CLIENT" != rule.level
    return CheckResult(
        id=rule.id,
        outcome="fail",
        level=level,
        severity=severity,
        title=rule.title,
        cites=() if beyond else cited(rule.cites, scim),
        where=problem.where,
        expected=problem.expected,
        actual=problem.actual,
        message=problem.message,
        consequence=(requirement.consequence if requirement else "") or rule.why,
        fix=rule.fix,
        source=requirement.source if requirement else "",
    )
