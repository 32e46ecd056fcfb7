"""What a report offers to repeat a scenario works when it is pasted: the command, and the script without scim-compat."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from scim_compat.report.scripts import script
from servers.running import MOUNT
from support.repeating import WAYS, Played, Way, paste, play_way, programs_in, run_script, scenarios, server

WITH_COMPARISON = ("bystanders", "profile-file", "secret-file")
"""Ways of which the command under the comparison of the bystanders is pasted as well: it repeats all that was chosen."""


@pytest.mark.skipif(shutil.which("curl") is None and "CI" not in os.environ, reason="the scripts need curl")
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_commands_and_scripts_of_a_report_work_when_pasted(way: Way, tmp_path: Path) -> None:
    programs = programs_in(tmp_path / "bin")
    with server(way) as origin:
        played = play_way(way, tmp_path, origin)
        places = [*scenarios(played)]
        assert len(places) >= len(way.only) + 1  # and the comparison of the bystanders
        for place in (places[0], places[-1])[: 2 if way.name in WITH_COMPARISON else 1]:
            assert paste(played, *place, programs=programs) == ""
        for place in places:
            with server(way) as another:
                assert run_script(played, *place, another + MOUNT) == ""
    assert warnings(played, *places[0]) == ""


def warnings(played: Played, p: int, s: int) -> str:
    """What shellcheck says of a script; nothing where it is not installed."""
    if shutil.which("shellcheck") is None:
        return ""
    return subprocess.run(
        ["shellcheck", "-s", "sh", "-"], input=script(played.document, p, s), capture_output=True, text=True,
        timeout=60, check=False,
    ).stdout  # fmt: skip
