"""A scenario without a server: an imaginary one gives the answers.

``scim-compat show`` prints by it the very requests that a run would send, and tests pin them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from scim_compat.engine.context import PlayedRequest, RunContext
from scim_compat.engine.imaginary_server import ImaginaryServer
from scim_compat.engine.ledger import Ledger
from scim_compat.engine.scenario import run_scenario
from scim_compat.profile.model import Profile, Scenario
from scim_compat.scim.names import Scim

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
    run_scenario(profile, scenario, run)
    return exchanges
