"""The built-in profiles, each read once in a process, and their requests without a server."""

from __future__ import annotations

import functools
from pathlib import Path

from scim_compat.checks.registry import all_checks
from scim_compat.engine.play import PlayedRequest
from scim_compat.engine.rehearsal import rehearse
from scim_compat.profile import load as loading
from scim_compat.profile.model import Profile, Scenario
from scim_compat.wire.messages import Request

SEED = 7

_load = loading.load
"""As the product has it: ``support.fixtures`` puts ``loaded`` in its place."""


@functools.cache
def loaded(name: str) -> Profile:
    """The built-in profile of that id. Reading it takes half of a short run's time, and nothing in it can change."""
    return _load(name, check_ids=all_checks())


def scenario(profile: Profile, name: str) -> Scenario:
    """The profile's scenario of that id."""
    return next(one for one in profile.scenarios if one.id == name)


@functools.cache
def rehearsed(profile: str, name: str, *, large: bool = False) -> tuple[PlayedRequest, ...]:
    """Every exchange of the scenario, played once for all tests."""
    return tuple(rehearse(loaded(profile), scenario(loaded(profile), name), seed=SEED, large=large))


def requests(profile: str, name: str, *, large: bool = False) -> list[Request]:
    """Each request that the client sends in the scenario; the harness's own are left out."""
    return [
        one.observation.exchange.request
        for one in rehearsed(profile, name, large=large)
        if one.observation.intent.by == "client"
    ]


def own_profile(folder: Path, text: str) -> Path:
    """A file in ``folder``: entra-v2 with ``text`` in addition."""
    path = folder / "own.yaml"
    path.write_text(f'format: 1\nid: own\ntitle: Own\nversion: "1"\nextends: entra-v2\n{text}', encoding="utf-8")
    return path
