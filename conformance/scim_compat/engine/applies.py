"""Gates: the conditions under which a scenario applies to a target.

``GATES`` has one entry for each key of ``when:`` in a profile. The engine asks it why a scenario does not apply, and
``scim-compat show`` prints its conditions, so a new gate is one entry here and a place in ``profile.schema.json``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from scim_compat.engine.context import RunContext
from scim_compat.engine.offering import is_listed, is_required, unoffered
from scim_compat.engine.trials import is_offered
from scim_compat.profile.model import Scenario
from scim_compat.scim.names import CORE_URNS, ENTERPRISE
from scim_compat.values import Json


@dataclass(frozen=True, slots=True)
class Gate:
    """One key of ``when:``."""

    condition: Callable[[Json], str]
    """The condition in words, from the key's value."""
    obstacle: Callable[[Json, RunContext], str]
    """The reason why the target does not meet it; empty if it does."""
    is_setting: bool = False
    """True: a setting of the run decides, whatever the target offers."""


def not_applicable(scenario: Scenario, run: RunContext) -> str:
    """The reason why the scenario does not apply to this target; empty if it does."""
    if scenario.feature in run.claims.without_features:
        return f"the target does not claim the feature {scenario.feature}"
    return next((reason for reason in (*_obstacles(scenario, run), _nothing_offered(scenario, run)) if reason), "")


def is_left_out(scenario: Scenario, run: RunContext) -> bool:
    """True when a setting of the run is all that keeps the scenario from being played."""
    if scenario.feature in run.claims.without_features or _nothing_offered(scenario, run):
        return False
    gates = (gate for name, gate in GATES.items() if name in scenario.when and gate.obstacle(scenario.when[name], run))
    return {gate.is_setting for gate in gates} == {True}


def condition(scenario: Scenario) -> str:
    """The conditions of the scenario in words, in the order of the profile; empty if it always applies."""
    return "; ".join(GATES[name].condition(value) for name, value in scenario.when.items())


def _obstacles(scenario: Scenario, run: RunContext) -> list[str]:
    return [gate.obstacle(scenario.when[name], run) for name, gate in GATES.items() if name in scenario.when]


def _nothing_offered(scenario: Scenario, run: RunContext) -> str:
    """The reason against a sweep over attributes none of which the target offers."""
    sweep = scenario.sweep
    if sweep is None or set(sweep.paths) - unoffered(scenario, run):
        return ""
    return f"the target does not offer {' or '.join(sweep.paths)}"


def _without_resource_type(kind: Json, run: RunContext) -> str:
    if kind == "Group" and run.claims.groups is False:
        return "the target does not claim groups"
    said = run.capabilities.has_resource_type(str(kind))
    if run.claims.groups is None and said is False:
        return f"the target's /ResourceTypes lists no {kind}"
    if run.claims.groups is None and said is None and not is_offered(str(kind), run):
        return f"the target's discovery does not mention {kind}, and it does not answer at /{kind}s"
    return ""


def _disables_otherwise(effect: Json, run: RunContext) -> str:
    claim = run.claims.disable
    if effect == (claim or "keep"):
        return ""
    if claim:
        return f"the target claims that disabling a user means to {claim} it"
    return f"the target does not claim that disabling a user means to {effect} it"


def _treats_existing_otherwise(effect: Json, run: RunContext) -> str:
    claim = run.claims.existing
    if effect == (claim or "conflict"):
        return ""
    return f"the target {'claims' if claim == 'adopt' else 'does not claim'} to take over users that exist"


def _not_filterable(path: Json, run: RunContext) -> str:
    if run.claims.may_filter("User", str(path)):
        return ""
    return f"the target does not claim that users can be filtered by {path}"


def _is_other_product(name: Json, run: RunContext) -> str:
    return "" if run.claims.product == name else f"the target does not claim to be the product {name}"


def _without_extension(urn: Json, run: RunContext) -> str:
    if run.capabilities.declares(str(urn)):
        return ""
    # Of other extensions nobody says that the target has heard of them.
    if run.capabilities.schemas is None and urn in {*CORE_URNS.values(), ENTERPRISE}:
        return "" if is_offered(str(urn), run) else f"the target publishes no /Schemas, and does not keep {urn}"
    return f"the target's /Schemas and /ResourceTypes do not offer {urn}"


def _does_not_offer(asked: Json, run: RunContext) -> str:
    """The first attribute of users that the scenario needs and the target's own schemas leave out."""
    path = next((p for p in _listed(asked) if is_listed(run.capabilities, "User", p, scim="2.0") is False), "")
    return f"the target's /Schemas do not list {path}" if path else ""


def _requires(asked: Json, run: RunContext) -> str:
    """The first attribute of users that the scenario leaves out and the target's own schemas require."""
    path = next((p for p in _listed(asked) if is_required(run.capabilities, "User", p, scim="2.0")), "")
    return f"the target's /Schemas require {path}" if path else ""


def _bulk_is_larger(most: Json, run: RunContext) -> str:
    limit = run.capabilities.bulk_limit
    if limit is not None and limit <= most:
        return ""
    return f"the target does not limit a bulk request to {most} operations or fewer"


def _bulk_takes_more_bytes(most: Json, run: RunContext) -> str:
    limit = run.capabilities.bulk_bytes
    if limit is not None and limit <= most:
        return ""
    return f"the target does not limit a bulk request to {most} bytes or fewer"


def _does_not_serve(endpoint: Json, run: RunContext) -> str:
    is_there = run.capabilities.serves(str(endpoint)) or endpoint in run.capabilities.failures
    return "" if is_there else f"the target does not answer at /{endpoint}"


def _not_advertised(features: Json, run: RunContext) -> str:
    """The first optional feature that the scenario needs and the target does not offer (RFC 7643 §5).

    A target that is silent is tried: its document may be missing, unreadable, or without the entry.
    """
    for name in _listed(features):
        said = run.capabilities.supports(name)
        if said is False:
            return f"the target's /ServiceProviderConfig says that {name} is not supported"
        if said is None and not is_offered(name, run):
            return f"the target's /ServiceProviderConfig does not mention {name}, and a trial was refused"
    return ""


_EXISTING: Final = {
    "conflict": "the creation of a user that exists is a conflict",
    "adopt": "the creation of a user that exists takes the user over",
}


def _listed(features: Json) -> list[str]:
    return [features] if isinstance(features, str) else list(features)


GATES: Final[Mapping[str, Gate]] = {
    "resource-type": Gate(lambda kind: f"needs the resource type {kind}", _without_resource_type),
    "disable": Gate(lambda effect: f"only where disabling a user means to {effect} it", _disables_otherwise),
    "existing": Gate(lambda effect: f"only where {_EXISTING[effect]}", _treats_existing_otherwise),
    "filterable": Gate(lambda path: f"needs filters on {path}", _not_filterable),
    "product": Gate(lambda name: f"only where the target claims to be the product {name}", _is_other_product),
    "extension": Gate(lambda urn: f"needs the schema {urn}", _without_extension),
    "offers": Gate(lambda asked: f"needs the attribute {' and '.join(_listed(asked))}", _does_not_offer),
    "optional": Gate(lambda asked: f"only where {' and '.join(_listed(asked))} may be missing", _requires),
    "bulk-at-most": Gate(lambda most: f"needs a limit of bulk operations of {most} or fewer", _bulk_is_larger),
    "bulk-bytes-at-most": Gate(lambda most: f"needs a limit of {most} bytes or fewer", _bulk_takes_more_bytes),
    "discovery": Gate(lambda endpoint: f"needs the endpoint /{endpoint}", _does_not_serve),
    "supports": Gate(lambda features: f"needs support for {' and '.join(_listed(features))}", _not_advertised),
    "large": Gate(
        lambda _: "needs --large", lambda _, run: "" if run.large else "runs with --large only", is_setting=True
    ),
}
"""By key of ``when:``. The first gate that is not met gives the reason."""
