"""The same seed sends the same bytes, for every built-in profile; another seed sends other people."""

from __future__ import annotations

import pytest
from scim_compat.engine.rehearsal import rehearse
from scim_compat.profile.find import builtin
from scim_compat.profile.load import load

PROFILES = sorted(builtin())
BIG = {"members.large-group", "members.batches"}
"""Left out: hundreds of people, made in the same way as all others."""


def sent(profile, seed):
    """(method, target, body) of every request, in order; the imaginary server numbers its ids."""
    return [
        (request.method, request.target, request.body)
        for scenario in profile.scenarios
        if scenario.id not in BIG
        for request in (played.observation.exchange.request for played in rehearse(profile, scenario, seed=seed))
    ]


@pytest.mark.parametrize("name", PROFILES)
def test_the_same_seed_sends_the_same_bytes(name):
    profile = load(name)
    once = sent(profile, 7)
    assert once == sent(profile, 7)
    assert len(once) >= len(profile.scenarios)
    assert once != sent(profile, 8)
