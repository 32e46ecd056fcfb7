"""What a report offers to repeat a scenario works when it is pasted: the command, and the script without scim-compat."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from scim_compat.report.scripts import script
from scim_compat.values import Outcome
from servers.running import MOUNT
from support.draw import THOROUGH
from support.repeating import WAYS, Played, Way, paste, play_way, programs_in, run_script, scenarios, server

PLACE = tuple[int, int]
NEEDS_CURL = pytest.mark.skipif(
    shutil.which("curl") is None and "CI" not in os.environ, reason="the scripts of a report need curl"
)


@NEEDS_CURL
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_a_command_and_the_scripts_of_a_failure_work_when_pasted(way: Way, tmp_path: Path) -> None:
    with server(way) as origin:
        played = play_way(way, tmp_path, origin)
        places = [*scenarios(played)]
        assert len(places) >= len(way.only) + 1  # and the comparison of the bystanders
        first = next((place for place in places if is_failed(played, place)), places[0])
        # The comparison repeats all that was chosen, and its script the accounts that the run kept.
        others = {"bystanders": [places[-1]]}.get(way.name, [])
        check(way, played, [first, *others], commands=[first, *others])
    assert warnings(played, *first) == ""


@THOROUGH
@NEEDS_CURL
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_all_commands_and_scripts_of_a_report_work_when_pasted(way: Way, tmp_path: Path) -> None:
    with server(way) as origin:
        played = play_way(way, tmp_path, origin)
        places = [*scenarios(played)]
        check(way, played, places, commands=places)


def check(way: Way, played: Played, scripts: list[PLACE], *, commands: list[PLACE]) -> None:
    programs = programs_in(played.folder / "bin")
    for place in commands:
        assert paste(played, *place, programs=programs) == ""
    for place in scripts:
        with server(way) as another:
            assert run_script(played, *place, another + MOUNT) == ""


def is_failed(played: Played, place: PLACE) -> bool:
    return played.document.profiles[place[0]].scenarios[place[1]].outcome is Outcome.FAIL


def warnings(played: Played, p: int, s: int) -> str:
    """What shellcheck says of a script; nothing where it is not installed."""
    if shutil.which("shellcheck") is None:
        return ""
    return subprocess.run(
        ["shellcheck", "-s", "sh", "-"], input=script(played.document, p, s), capture_output=True, text=True,
        timeout=60, check=False,
    ).stdout  # fmt: skip
