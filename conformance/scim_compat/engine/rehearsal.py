"""A scenario without a server: an imaginary one gives the answers.

``scim-compat show`` prints by it the very requests that a run would send, and tests pin them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from scim_compat.engine.actor import Actor
from scim_compat.engine.context import PlayedRequest, RunContext
from scim_compat.engine.crowd import make_crowd
from scim_compat.engine.imaginary_server import ImaginaryServer
from scim_compat.engine.ledger import Ledger
from scim_compat.engine.play import Play
from scim_compat.engine.scenario import run_scenario
from scim_compat.profile.model import Profile, Scenario
from scim_compat.scim.names import Scim

_CROWD: Final = 5
_BASES: Final[Mapping[Scim, str]] = {"2.0": "https://scim.example/scim/v2", "1.1": "https://scim.example/scim/v1"}


def rehearse(profile: Profile, scenario: Scenario, *, seed: int = 1, large: bool = False) -> list[PlayedRequest]:
    """Every exchange of the scenario, in order; clean-up is left out."""
    exchanges: list[PlayedRequest] = []
    server = ImaginaryServer(base_url=_BASES[profile.scim])
    run = RunContext(
        sender=server,
        base_url=server.base_url,
        seed=seed,
        ledger=Ledger(None),
        observe=exchanges.append,
        large=large,
    )
    if any(step.verb == "match-crowd" for step in scenario.steps):
        run = replace(run, crowd=_crowd(profile, scenario, replace(run, observe=lambda _: None)))
    run_scenario(profile, scenario, run)
    return exchanges


def _crowd(profile: Profile, scenario: Scenario, run: RunContext) -> tuple[Actor, ...]:
    """A small one: the requests are the same whoever is looked for."""
    play = Play(profile, scenario, run)
    return make_crowd(play, _CROWD, shard="", on_conflict=lambda _play, _actor: None, note=lambda _: None)
