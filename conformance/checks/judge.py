"""Runs the checks on one exchange and gives each failure the client's own severity."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from conformance.checks.citations import cited
from conformance.checks.registry import Check, Level, NotJudged, Problem, all_checks
from conformance.engine.exchange import Scim, Seen
from conformance.engine.given import suits
from conformance.profile.model import Profile, Requirement, Scenario
from conformance.results.model import CheckResult, Severity
from conformance.schemas import reading

_BY_LEVEL: Final[Mapping[str, Severity]] = {"MUST": "degraded", "SHOULD": "cosmetic"}
ASSERTED: Final = ("expect.", "http.expected-status")
"""Checks that hold a profile's own assertions."""
_TAKEN: Final = ("create.status", "patch.status", "http.expected-status")
"""Checks that a body is taken."""
_LABELS: Final = ("http.scim-media-type", "error.media-type")
_MOST: Final = 20
"""Problems reported of one check on one exchange."""


def judge(seen: Seen, profile: Profile, scenario: Scenario | None) -> list[CheckResult]:
    """The results of every check that applies."""
    results: list[CheckResult] = []
    for rule in _applicable(seen):
        level = _level(rule, seen, profile, scenario)
        severity, requirement = severity_of(rule, profile, scenario, level=level)
        if severity is not None:
            results.extend(_run(rule, seen, severity, requirement, level=level))
    return results


def _level(rule: Check, seen: Seen, profile: Profile, scenario: Scenario | None) -> Level:
    """The word that stands behind the rule here: another than the check's own where the client asks for more.

    A server may refuse what is not in its own schemas, and a body without what these require (RFC 7643 §7, RFC 7644
    §3.12 invalidValue); then only a client that sends just that can mind.
    """
    if seen.intent.rule and rule.id.startswith(ASSERTED):
        level = seen.intent.rule.level
    else:
        requirement = requirement_of(rule, profile, scenario)
        level = requirement.level if requirement and requirement.level else rule.level
    if rule.id in _TAKEN and 400 <= seen.response.status < 500 and _beyond_its_schemas(seen):
        return "CLIENT"
    return level


def _beyond_its_schemas(seen: Seen) -> bool:
    sent = seen.intent.sent
    whole = isinstance(sent, Mapping) and seen.exchange.request.method in {"POST", "PUT"}
    return whole and bool(reading.strings(sent.get("schemas"))) and not suits(sent, seen.world.capabilities)


def _applicable(seen: Seen) -> Iterator[Check]:
    for rule in all_checks().values():
        if seen.exchange.response is None and not rule.without_answer:
            continue
        if seen.world.scim in rule.scim and (not rule.on or seen.intent.action in rule.on):
            yield rule


def requirement_of(rule: Check, profile: Profile, scenario: Scenario | None) -> Requirement | None:
    """What the profile says of the check, the scenario's own word before that for all."""
    return (scenario.requires.get(rule.id) if scenario else None) or profile.requires.get(rule.id)


def severity_of(
    rule: Check, profile: Profile, scenario: Scenario | None, *, level: Level | None = None
) -> tuple[Severity | None, Requirement | None]:
    """How much a failure hurts this client; None: it is not judged.

    What the profile does not mention goes by the level: MUST degraded, SHOULD cosmetic, others not at
    all. Where only an inference speaks for a habit, the finding is degraded at most, unless access
    stays open. ``level`` stands in for the check's own.
    """
    requirement = requirement_of(rule, profile, scenario)
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
    rule: Check, seen: Seen, severity: Severity, requirement: Requirement | None, *, level: Level
) -> Iterator[CheckResult]:
    try:
        if not rule.when(seen):
            return
        _must_be_claimed(rule, seen)
        if severity == "cosmetic":
            _may_be_claimed(rule, seen)
        problems = list(rule.run(seen))
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
    for problem in problems[:_MOST]:
        yield _as_asserted(seen, _failure(rule, problem, severity, requirement, level=level, scim=seen.world.scim))


def _must_be_claimed(rule: Check, seen: Seen) -> None:
    """Raises NotJudged for a query by an attribute that the vendor does not claim to be filterable."""
    path, kind = seen.intent.filter_path, seen.intent.resource
    if path is None or kind is None or not rule.id.startswith(("filter.", "list.")):
        return
    if not seen.world.claims.may_filter(kind, path):
        raise NotJudged(f"the target does not claim that filters may name {path}")


def _may_be_claimed(rule: Check, seen: Seen) -> None:
    """Raises NotJudged for a lawful habit that the vendor claims. Only where this client does not mind."""
    label = seen.response.media_type if rule.id in _LABELS else ""
    if label and label in seen.world.claims.media_types:
        raise NotJudged(f"the target claims to answer with {label}, which RFC 7644 allows and this client takes")


def _as_asserted(seen: Seen, failure: CheckResult) -> CheckResult:
    """A generic check of a profile's own assertion speaks with the rule that the profile names."""
    rule = seen.intent.rule
    if rule is None or not failure.id.startswith(ASSERTED):
        return failure
    return replace(
        failure,
        cites=rule.cites or failure.cites,
        title=rule.title or failure.title,
        fix=rule.fix or failure.fix,
    )


def _failure(
    rule: Check,
    problem: Problem,
    severity: Severity,
    requirement: Requirement | None,
    *,
    level: Level,
    scim: Scim,
) -> CheckResult:
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
