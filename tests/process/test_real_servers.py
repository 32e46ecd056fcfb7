"""Servers that others wrote: each profile finds on each what is listed and reviewed, and nothing else."""

from __future__ import annotations

import pytest
from servers.real import SERVERS, missing, started, version
from servers.real.findings import RENEW, TODO, differences, observe, profiles, read
from support.draw import THOROUGH, pairs

# A warning inside a server is its own business; as an error it would become an answer with status 500.
pytestmark = pytest.mark.filterwarnings("default")


BESIDE_US = sorted(SERVERS.keys() - {"canaille"})
"""Those of the tests' own environment."""


@pytest.fixture(params=sorted(SERVERS))
def server(request):
    if missing(request.param):
        pytest.skip(missing(request.param))
    return request.param


@pytest.mark.parametrize(
    ("profile", "server"),
    [*pairs(profiles(), BESIDE_US), *(pytest.param(name, "canaille", marks=THOROUGH) for name in profiles())],
    indirect=["server"],
)
def test_what_is_found_is_what_was_reviewed(server, profile, tmp_path):
    listing = read(server)
    with started(server) as target:
        seen = observe(target, profile, tmp_path)
    assert seen.errors == []
    assert seen.left == [] or listing.left
    assert seen.changed == []
    assert set(seen.outcomes.values()) <= {"pass", "fail", "skip"}
    assert "pass" in seen.outcomes.values()
    assert sorted(set(seen.notes) - listing.notes.keys()) == []
    lines = differences(listing, profile, seen)
    assert not lines, "\n".join([f"{server} differs from its list; look at it, then: {RENEW} {server}", *lines])


@pytest.mark.parametrize("name", sorted(SERVERS))
def test_every_listed_finding_has_a_reason(name):
    listing = read(name)
    assert listing.findings
    assert set(listing.findings.values()) == listing.reasons.keys()
    assert TODO not in listing.reasons
    texts = [*listing.reasons.values(), *listing.notes.values(), *([listing.left] if listing.left else [])]
    assert all(len(text.split()) > 8 for text in texts)
    assert {one.profile for one in listing.findings} <= set(profiles())


def test_the_list_is_of_the_version_that_runs(server):
    assert read(server).version == version(server)


def test_a_server_starts_with_an_empty_store_each_time(server, tmp_path):
    for folder in ("first", "second"):
        (tmp_path / folder).mkdir()
    runs = []
    for folder in ("first", "second"):
        with started(server) as target:
            runs.append(observe(target, "okta-spec", tmp_path / folder))
    assert runs[0].found.keys() == runs[1].found.keys()
    assert runs[0].outcomes == runs[1].outcomes
