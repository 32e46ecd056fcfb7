"""The lists of what the profiles find on real servers (``tests/servers/real/expected/``).

``python tests/tools/real.py SERVER [PROFILE …]``  runs the profiles and renews the list; what is new
gets the reason TODO, which the tests refuse until somebody has looked at it and named the real one
``python tests/tools/real.py --install``           makes the environment that Canaille needs for itself
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import venv
import warnings
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from servers.real import CANAILLE, SERVERS, missing, started, version  # noqa: E402 - the script finds its own checkout
from servers.real.findings import TODO, differences, observe, profiles, read, write  # noqa: E402 - likewise

PINS = ROOT / "tests" / "servers" / "real" / "canaille.txt"


def install() -> None:
    """The environment of Canaille, with the pinned versions; what is there already stays."""
    if not (CANAILLE / "bin" / "python").exists():
        venv.create(CANAILLE, with_pip=True)
    subprocess.run([str(CANAILLE / "bin" / "python"), "-m", "pip", "install", "-q", "-r", str(PINS)], check=True)
    print(f"canaille {version('canaille')} is in {CANAILLE}")


def renew(server: str, names: list[str]) -> bool:
    """Runs the profiles and writes the list; whether something is still to be looked at."""
    listing = read(server)
    listing.version = version(server)
    for name in names:
        with started(server) as target, tempfile.TemporaryDirectory() as folder:
            seen = observe(target, name, Path(folder))
        for line in [*seen.errors, *map(str, seen.left), *seen.changed, *differences(listing, name, seen)]:
            print(line)
        old = {one: why for one, why in listing.findings.items() if one.profile == name}
        for one in old.keys() - seen.found.keys():
            del listing.findings[one]
        for one in seen.found.keys() - old.keys():
            listing.findings[one] = TODO
        for note in seen.notes:
            listing.notes.setdefault(note, TODO)
    gone = listing.reasons.keys() - set(listing.findings.values())
    listing.reasons = {name: text for name, text in listing.reasons.items() if name not in gone}
    print(f"{write(listing).relative_to(ROOT)}: {len(listing.findings)} findings")
    return TODO in {*listing.findings.values(), *listing.notes.values()}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("server", nargs="?", choices=sorted(SERVERS), metavar="SERVER", help=", ".join(sorted(SERVERS)))
    parser.add_argument("profiles", nargs="*", metavar="PROFILE", help="default: all of SCIM 2.0")
    parser.add_argument("--install", action="store_true", help="make the environment of Canaille")
    given = parser.parse_args()
    if given.install:
        install()
    elif given.server is None:
        parser.error("name a server, or --install")
    if given.server is None:
        return 0
    if missing(given.server):
        parser.error(missing(given.server))
    warnings.simplefilter("ignore")
    todo = renew(given.server, given.profiles or profiles())
    if todo:
        print(f"look at each {TODO}: is it wrong by the cited rule, and would the client mind? Then name its reason.")
    return int(todo)


if __name__ == "__main__":
    sys.exit(main())
