"""Pastes every command and runs every script of ten reports, each of another way to call a run.

``python tests/tools/repeat.py``                      all ways, all scenarios: takes an hour
``python tests/tools/repeat.py --way basic --every 9``  one way, each ninth scenario
``python tests/tools/repeat.py --defect NAME ...``    scripts alone, at broken servers, with entra-v2 and okta

A command must play the same scenario with the same end; a script must get the recorded statuses from a new server. The
ways are those of ``tests/support/repeating.py``. ``--scripts`` leaves the commands out, ``--shell`` names another shell
(``"busybox sh"``). Exit status: 0 all did, 1 one did not.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from servers.defects import DEFECTS
from servers.running import MOUNT
from support.commands import TOKEN
from support.repeating import WAYS, Played, Way, paste, play_way, programs_in, run_script, scenarios, server


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--way", action="append", choices=[way.name for way in WAYS])
    parser.add_argument("--defect", nargs="+", choices=sorted(DEFECTS), metavar="NAME", default=[])
    parser.add_argument("--every", type=int, default=1, metavar="N")
    parser.add_argument("--scripts", action="store_true")
    parser.add_argument("--shell", default="sh")
    asked = parser.parse_args()
    ways = [way for way in WAYS if not asked.way or way.name in asked.way]
    if asked.defect:
        ways = [_broken(name) for name in asked.defect]
    with_commands = not asked.scripts and not asked.defect
    bad = 0
    for way in ways:
        troubles = [*_troubles(way, every=asked.every, with_commands=with_commands, shell=asked.shell)]
        bad += len(troubles)
        for trouble in troubles:
            print(f"  {trouble}")
    return 1 if bad else 0


def _broken(defect: str) -> Way:
    arguments = ("URL", "--profile", "entra-v2", "--profile", "okta")
    return Way(f"defect {defect}", arguments, (), frozenset({defect}), {"SCIM_TOKEN": TOKEN})


def _troubles(way: Way, *, every: int, with_commands: bool, shell: str) -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="repeat-") as name, server(way) as origin:
        folder = Path(name)
        played = play_way(way, folder, origin, only=())
        places = [*scenarios(played)][::every]
        print(f"{way.name}: {len(places)} scenarios", flush=True)
        programs = programs_in(folder / "bin")
        for place in places:
            if with_commands and (trouble := paste(played, *place, programs=programs)):
                yield _named(played, place, trouble)
            with server(way) as another:
                if trouble := run_script(played, *place, another + MOUNT, shell=shell):
                    yield _named(played, place, trouble)


def _named(played: Played, place: tuple[int, int], trouble: str) -> str:
    profile = played.document.profiles[place[0]]
    return f"{profile.id} {profile.scenarios[place[1]].id}: {trouble}"


if __name__ == "__main__":
    sys.exit(main())
