"""The facts about a check: its rule, its reasons, and its weight for each client."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Final, Literal

from scim_compat.checks.examples import Example, examples
from scim_compat.checks.registry import Check, Trait
from scim_compat.checks.severity import lowering, severity_of
from scim_compat.cli.order import judgements
from scim_compat.engine.intent import Action
from scim_compat.profile.model import Profile, Scenario
from scim_compat.report.text import citation
from scim_compat.scim.names import Scim
from scim_compat.values import Json, Level, Severity

ACTIONS: Final[Mapping[Action, str]] = {
    "match": "the client looks for a resource by filter",
    "list": "a list is asked for",
    "read": "the client reads one resource",
    "create": "the client creates",
    "patch": "the client sends PATCH",
    "replace": "the client sends PUT",
    "delete": "the client deletes",
    "discover": "a discovery endpoint is asked",
    "bulk": "the client sends several writes in one request",
    "raw": "a request that the profile spells out",
    "evaluate": "the client compares at the start of its next cycle",
    "anonymous": "a request without a valid credential",
    "read-back": "our read of the state behind a write",
    "read-members": "our read of a group's members, asked for by name",
    "look-up": "our search for a resource",
    "overlap": "our read of the state behind requests that were sent at the same time",
    "look-by-state": "our search for a user by active",
    "follow": "our request to an address that the server's discovery names",
    "resolve": "our request to a resource's own address",
    "bystander": "our comparison of a resource that no scenario names",
    "intact": "our comparison of a resource that refused requests were about",
    "set-up": "our creation of what a scenario starts from",
    "clean-up": "our deletion at the end",
}


@dataclass(frozen=True, slots=True)
class Citation:
    """A section of a specification, with its address if it has one."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class ProfileSource:
    key: str
    title: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientView:
    """The view of one client on a failure, in general or in one scenario."""

    profile: str
    scenario: str | None = None
    severity: Severity | Literal["ignored"]
    by: Literal["profile", "level"]
    """The origin of the severity: the profile, or the level of the check where the profile does not mention it."""
    stated: Severity | None
    """The severity that the profile states, where another one counts."""
    lowered: str
    """Why that is so, as a clause; empty where the stated one counts."""
    consequence: str
    evidence: str
    source: ProfileSource | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioView:
    """A scenario that judges the check when all goes well."""

    id: str
    title: str
    severity: Severity
    lowered: str
    """The same as that of ``ClientView``, with the evidence of the scenario."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckFacts:
    """Everything that ``explain`` reports of a check, as ``--json`` prints it."""

    id: str
    title: str
    failure: str
    """The phrase that stands wherever a failure of it is listed."""
    level: Level
    cites: tuple[Citation, ...]
    scim: tuple[Scim, ...]
    after: tuple[Action, ...]
    """The actions after which it runs; empty: after every one."""
    without_answer: bool
    """It also runs where no answer came."""
    why: str
    fix: str
    clients: tuple[ClientView, ...]
    example: Example | None
    scenarios: tuple[ScenarioView, ...] | None = None
    """Of one profile, where its view alone was asked for."""

    def as_json(self) -> dict[str, Json]:
        return {**asdict(self), "example": self.example.as_json() if self.example else None}

    @property
    def conditions(self) -> str:
        """The versions and actions that it applies to, in words."""
        versions = " and ".join(self.scim)
        after = "; ".join(ACTIONS[action] for action in self.after) or "every answer"
        more = " Also where no answer came." if self.without_answer else ""
        return f"SCIM {versions}. Runs after: {after}.{more}"


def check_facts(rule: Check, profiles: Iterable[Profile]) -> CheckFacts:
    return CheckFacts(
        id=rule.id,
        title=rule.title,
        failure=rule.failure,
        level=rule.level,
        cites=tuple(Citation(link.text, link.url) for link in map(citation, rule.cites)),
        scim=tuple(sorted(rule.scim)),
        after=tuple(action for action in ACTIONS if action in rule.on),
        without_answer=rule.has_trait(Trait.SILENCE),
        why=rule.why,
        fix=rule.fix,
        clients=tuple(view for profile in profiles for view in _views(rule, profile)),
        example=examples().get(rule.id),
    )


def check_facts_for(rule: Check, profile: Profile) -> CheckFacts:
    """The same as one client sees it, with the scenarios of its profile that judge the check."""
    scenarios = (
        ScenarioView(id=each.id, title=each.title, severity=severity, lowered=_lowered(rule, profile, each)[1])
        for _, each, severity in judgements(profile, [rule] if profile.scim in rule.scim else [])
    )
    return replace(check_facts(rule, [profile]), scenarios=tuple(scenarios))


def _views(rule: Check, profile: Profile) -> Iterator[ClientView]:
    """The client's view in general, then each scenario whose view differs."""
    if profile.scim not in rule.scim:
        return
    general = _view(rule, profile, None)
    yield general
    for scenario in profile.scenarios:
        if rule.id in scenario.requires and (own := _view(rule, profile, scenario)) != general:
            yield replace(own, scenario=scenario.id)


def _view(rule: Check, profile: Profile, scenario: Scenario | None) -> ClientView:
    severity, requirement = severity_of(rule, profile, scenario)
    source = profile.sources.get(requirement.source) if requirement else None
    stated, lowered = _lowered(rule, profile, scenario)
    return ClientView(
        profile=profile.id,
        severity=severity or "ignored",
        by="profile" if requirement and requirement.severity else "level",
        stated=stated,
        lowered=lowered,
        consequence=requirement.consequence if requirement else "",
        evidence=requirement.evidence if requirement else "",
        source=ProfileSource(source.key, source.title, source.url) if source else None,
    )


def _lowered(rule: Check, profile: Profile, scenario: Scenario | None) -> tuple[Severity | None, str]:
    return lowering(rule, profile, scenario) or (None, "")
