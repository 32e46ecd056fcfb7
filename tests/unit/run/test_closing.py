"""Scenarios that close a run: their place, and which of them are the same."""

from __future__ import annotations

import pytest
from scim_compat.run import closing
from support.profiles import loaded


def scenario(profile, name):
    return next(s for s in loaded(profile).scenarios if s.id == name)


@pytest.mark.parametrize(
    ("profile", "name", "rank"),
    [
        ("entra-v2", "users.create", 0),
        ("entra-v2", "connection.refuse-without-token", 1),
        ("entra-v2", "connection.refuse-wrong-token", 2),
        ("okta", "connection.refuse-wrong-token", 2),
        ("okta-spec", "test-11.refuse-wrong-token", 2),
        ("rfc7644", "credentials.near-misses", 3),
    ],
)
def test_the_likelier_a_defence_the_later(profile, name, rank):
    assert closing.rank(scenario(profile, name)) == rank


def test_scenarios_that_send_the_same_are_played_once():
    def key(profile, name):
        return closing.key_of(loaded(profile), scenario(profile, name))

    near = {
        key("entra-v2", "connection.refuse-near-misses"),
        key("okta", "connection.refuse-near-misses"),
        key("peakon", "connection.refuse-near-misses"),
        key("rfc7644", "credentials.near-misses"),
        key("okta-spec", "access.refuse-near-misses"),
    }
    assert len(near) == 1
    assert key("okta-scim11", "connection.refuse-near-misses") not in near, "the other version, the other endpoint"
    groups = key("entra-v2", "connection.refuse-without-token")
    assert groups == key("rfc7644", "credentials.missing")
    assert groups != key("peakon", "connection.refuse-without-token"), "a client without groups touches none"
    assert key("okta", "connection.refuse-wrong-token") != key("okta-scim11", "connection.refuse-wrong-token")


@pytest.mark.parametrize("profile", ["entra-v1", "entra-v2", "entra-validator", "okta", "okta-scim11", "okta-spec",
                                     "okta-spec-scim11", "okta-wizard", "peakon", "rfc7644", "thousandeyes-entra",
                                     "thousandeyes-okta", "thousandeyes-okta-scim11"])  # fmt: skip
def test_every_profile_tries_every_kind_of_wrong_credential(profile):
    ways = {step.args["with"] for one in loaded(profile).scenarios for step in one.steps if step.verb == "trespass"}
    assert ways == {"none", "wrong", "near"}
