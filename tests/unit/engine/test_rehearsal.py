"""The same seed sends the same bytes, for every built-in profile; another seed sends other people."""

from __future__ import annotations

import pytest
from scim_compat.engine.rehearsal import rehearse
from scim_compat.profile.find import builtin
from scim_compat.profile.load import load

PROFILES = sorted(builtin())
BIG = {"members.large-group", "members.batches", "import.users-full"}
"""Left out: hundreds of people, made in the same way as all others."""
FEW = 5
"""Every so many scenarios are drawn."""


def sent(scenarios, profile, seed):
    """(method, target, body) of every request, in order; the imaginary server numbers its ids."""
    return [
        (request.method, request.target, request.body)
        for scenario in scenarios
        for request in (played.observation.exchange.request for played in rehearse(profile, scenario, seed=seed))
    ]


@pytest.mark.parametrize("name", PROFILES)
def test_the_same_seed_sends_the_same_bytes(name, thorough):
    profile = load(name)
    scenarios = [scenario for scenario in profile.scenarios if scenario.id not in BIG][:: 1 if thorough else FEW]
    once = sent(scenarios, profile, 7)
    assert once == sent(scenarios, profile, 7)
    assert len(once) >= len(scenarios)
    assert once != sent(scenarios, profile, 8)
