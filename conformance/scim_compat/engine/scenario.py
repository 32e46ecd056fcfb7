"""Runs one scenario: its steps in order, then its clean-up. It knows nothing of checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from scim_compat.engine.actor import Declined, NotReached
from scim_compat.engine.cleanup import remove_entries
from scim_compat.engine.context import RunContext
from scim_compat.engine.literal import send
from scim_compat.engine.placeholders import PlaceholderError
from scim_compat.engine.play import Play
from scim_compat.engine.readback import verify
from scim_compat.engine.setup import set_up
from scim_compat.engine.verbs import VERBS, Verb
from scim_compat.profile.model import Profile, Scenario, Step


@dataclass(frozen=True, slots=True)
class ScenarioEnd:
    """The end of a scenario, apart from the results of its checks."""

    requests: int
    stopped: str = ""
    """The reason why the rest was not reached; empty if all steps ran."""
    remark: str = ""
    """Why something was left out although all steps ran."""
    failed: bool = False
    """True when it stopped because no answer came: an error, not a finding."""
    declined: str = ""
    """The reason why the scenario does not apply to the target, as its own answer showed."""


def run_scenario(profile: Profile, scenario: Scenario, run: RunContext) -> ScenarioEnd:
    """Plays the scenario to its end and deletes what it created, whatever happens."""
    play = Play(profile, scenario, run)
    stopped, failed, declined = "", False, ""
    try:
        for step in scenario.steps:
            play.begin(step)
            _STEPS[step.kind](play, step)
    except Declined as reason:
        declined = str(reason)
    except (NotReached, PlaceholderError) as reason:
        stopped = str(reason)
        failed = not play.got_answer
    finally:
        entries = [run.ledger.entries[n] for n in reversed(play.entries)]
        play.requests += remove_entries(
            [e for e in entries if e.is_open], sender=run.sender, ledger=run.ledger, final=False
        )
    return ScenarioEnd(requests=play.requests, stopped=stopped, remark=play.remark, failed=failed, declined=declined)


def _do(play: Play, step: Step) -> None:
    VERBS[step.verb](play, step)


_STEPS: Final[Mapping[str, Verb]] = {"do": _do, "given": set_up, "send": send, "verify": verify}
