"""The gates of a scenario: one table for the engine and for ``show``."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib import resources

import pytest
from scim_compat.engine.applies import GATES, condition, is_left_out, not_applicable
from scim_compat.engine.capabilities import Capabilities, Claims
from scim_compat.engine.context import Memory, RunContext
from scim_compat.engine.ledger import Ledger
from scim_compat.scim.names import CORE_SCHEMA

PUBLISHES_NOTHING = RunContext(
    sender=None, base_url="https://scim.example", seed=7, ledger=Ledger(None), observe=lambda _: None
)
CLAIMS_LITTLE = replace(
    PUBLISHES_NOTHING,
    claims=Claims(groups=False, filterable={"User": frozenset()}, disable="delete", existing="adopt"),
    capabilities=Capabilities(
        resource_types=(),
        schemas=({"id": CORE_SCHEMA["2.0"]["User"], "attributes": [{"name": "userName", "required": True}]},),
    ),
    memory=Memory(offers={"bulk": False}),
)
OBSTACLES = {
    "resource-type": ("Group", "the target does not claim groups"),
    "disable": ("keep", "the target claims that disabling a user means to delete it"),
    "existing": ("conflict", "the target claims to take over users that exist"),
    "filterable": ("externalId", "the target does not claim that users can be filtered by externalId"),
    "product": ("peakon", "the target does not claim to be the product peakon"),
    "extension": ("urn:x:2.0:User", "the target's /Schemas and /ResourceTypes do not offer urn:x:2.0:User"),
    "offers": (["userName", "title"], "the target's /Schemas do not list title"),
    "optional": (["title", "userName"], "the target's /Schemas require userName"),
    "bulk-at-most": (9, "the target does not limit a bulk request to 9 operations or fewer"),
    "bulk-bytes-at-most": (9, "the target does not limit a bulk request to 9 bytes or fewer"),
    "discovery": ("ServiceProviderConfig", "the target does not answer at /ServiceProviderConfig"),
    "supports": (
        ["bulk", "etag"],
        "the target's /ServiceProviderConfig does not mention bulk, and a trial was refused",
    ),
    "large": (True, "runs with --large only"),
}
CONDITIONS = {
    "resource-type": "needs the resource type Group",
    "disable": "only where disabling a user means to keep it",
    "existing": "only where the creation of a user that exists is a conflict",
    "filterable": "needs filters on externalId",
    "product": "only where the target claims to be the product peakon",
    "extension": "needs the schema urn:x:2.0:User",
    "offers": "needs the attribute userName and title",
    "optional": "only where title and userName may be missing",
    "bulk-at-most": "needs a limit of bulk operations of 9 or fewer",
    "bulk-bytes-at-most": "needs a limit of 9 bytes or fewer",
    "discovery": "needs the endpoint /ServiceProviderConfig",
    "supports": "needs support for bulk and etag",
    "large": "needs --large",
}


def gated(profile, **when):
    return replace(profile.scenarios[0], when={name.replace("_", "-"): value for name, value in when.items()})


def test_the_gates_are_those_of_the_format():
    schema = json.loads(resources.files("scim_compat.profile").joinpath("profile.schema.json").read_text("utf-8"))
    assert set(GATES) == set(schema["$defs"]["scenario"]["properties"]["when"]["properties"]) == set(OBSTACLES)


@pytest.mark.parametrize("name", GATES)
def test_each_gate_says_why_it_is_not_met_and_what_it_asks_for(entra, name):
    value, reason = OBSTACLES[name]
    scenario = gated(entra, **{name: value})
    assert not_applicable(scenario, CLAIMS_LITTLE) == reason
    assert condition(scenario) == CONDITIONS[name]


def test_a_scenario_without_gates_always_applies(entra):
    assert not_applicable(gated(entra), CLAIMS_LITTLE) == condition(gated(entra)) == ""


def test_several_conditions_stand_in_the_order_of_the_profile(entra):
    assert condition(gated(entra, large=True, discovery="Schemas")) == "needs --large; needs the endpoint /Schemas"


@pytest.mark.parametrize(
    ("when", "reason"),
    [
        ({"disable": "delete"}, "the target does not claim that disabling a user means to delete it"),
        ({"existing": "adopt"}, "the target does not claim to take over users that exist"),
        ({"disable": "keep", "existing": "conflict", "filterable": "title"}, ""),
    ],
)
def test_where_nothing_is_claimed_the_client_s_expectation_holds(entra, when, reason):
    assert not_applicable(gated(entra, **when), PUBLISHES_NOTHING) == reason


@pytest.mark.parametrize(("when", "is_ours"), [
    ({"large": True}, True),
    ({"large": True, "resource-type": "Group"}, False),
    ({"resource-type": "Group"}, False),
    ({}, False),
])  # fmt: skip
def test_a_setting_of_the_run_is_no_lack_of_the_target(entra, when, is_ours):
    scenario = gated(entra, **when)
    assert is_left_out(scenario, CLAIMS_LITTLE) is is_ours
    claims = replace(CLAIMS_LITTLE.claims, without_features=frozenset({scenario.feature}))
    assert not is_left_out(scenario, replace(CLAIMS_LITTLE, claims=claims))
