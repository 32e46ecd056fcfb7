"""Whether a scenario applies to a target."""

from __future__ import annotations

from collections.abc import Mapping

from scim_compat.engine.context import RunContext
from scim_compat.profile.model import Scenario


def not_applicable(scenario: Scenario, stage: RunContext) -> str:
    """Why the scenario does not apply to this target; empty if it does."""
    claims = stage.claims
    if scenario.feature in claims.without_features:
        return f"the target does not claim the feature {scenario.feature}"
    kind = scenario.when.get("resource-type")
    if kind == "Group" and claims.groups is False:
        return "the target does not claim groups"
    if scenario.when.get("disable") not in {None, claims.disable or "keep"}:
        if claims.disable:
            return f"the target claims that disabling a user means to {claims.disable} it"
        return f"the target does not claim that disabling a user means to {scenario.when['disable']} it"
    if scenario.when.get("existing") not in {None, claims.existing or "conflict"}:
        claimed = "claims" if claims.existing == "adopt" else "does not claim"
        return f"the target {claimed} to take over users that exist"
    filtered = str(scenario.when.get("filterable", ""))
    if filtered and not claims.may_filter("User", filtered):
        return f"the target does not claim that users can be filtered by {filtered}"
    if kind and claims.groups is None and stage.capabilities.has_resource_type(str(kind)) is False:
        return f"the target's /ResourceTypes lists no {kind}"
    extension = scenario.when.get("extension")
    if extension and not stage.capabilities.declares(str(extension)):
        return f"the target's /Schemas and /ResourceTypes do not offer {extension}"
    most = scenario.when.get("bulk-at-most")
    if most is not None and not 0 < (stage.capabilities.bulk_limit or 0) <= most:
        return f"the target does not limit a bulk request to {most} operations or fewer"
    served = str(scenario.when.get("discovery", ""))
    if served and not stage.capabilities.serves(served):
        return f"the target does not answer at /{served}"
    if unsaid := _not_advertised(scenario, stage):
        return f"the target's /ServiceProviderConfig does not say that {unsaid} is supported"
    if scenario.when.get("large") and not stage.large:
        return "runs with --large only"
    return ""


def _not_advertised(scenario: Scenario, stage: RunContext) -> str:
    """The first optional feature the scenario needs and the target does not advertise (RFC 7643 §5)."""
    needed = scenario.when.get("supports", ())
    config = stage.capabilities.provider_config or {}
    for name in (needed,) if isinstance(needed, str) else needed:
        said = config.get(name)
        if not (isinstance(said, Mapping) and said.get("supported") is True):
            return str(name)
    return ""
