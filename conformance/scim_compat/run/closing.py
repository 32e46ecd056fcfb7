"""Scenarios that close a run: their requests carry no credential, or not the right one.

A server may count wrong credentials and then delay or refuse whoever comes from the same address. So these scenarios
are played last, and once for all profiles that want the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from scim_compat.profile.model import Profile, Scenario

_RANKS: Final = {"valid": 0, "none": 1, "wrong": 2, "near": 3}
"""The later a credential comes, the likelier a defence against it: the last scenarios leave nothing to clean up."""


def rank(scenario: Scenario) -> int:
    """The place among the closing scenarios, from 1; 0 for a scenario that is none."""
    return max((_RANKS[each] for each in _credentials(scenario)), default=0)


def _credentials(scenario: Scenario) -> Iterator[str]:
    for step in scenario.steps:
        if step.kind == "send":
            yield step.args["send"].get("credential", "valid")
        elif step.verb == "trespass":
            yield step.args["with"]


def key_of(profile: Profile, scenario: Scenario) -> str:
    """Equal for scenarios that send the same requests: one of them is played for all."""
    steps = [(step.kind, step.verb, step.args) for step in scenario.steps]
    client = scenario.client if any(step.kind == "send" for step in scenario.steps) else None
    has_groups = "none" in _credentials(scenario) and bool(profile.mapping.get("Group"))
    return repr((profile.scim, has_groups, steps, client))
