"""Causes a report names at each broken server, run with the profiles that find anything there.

``python tests/tools/causes.py``                 every broken server: the distribution, and those with more than two
``python tests/tools/causes.py NAME…``           these servers (wildcards), each cause on a line
``python tests/tools/causes.py --every 20``      each twentieth server, by a fixed rule
``python tests/tools/causes.py --pairs 20``      servers with two defects: are both among the causes?

One defect should be one cause: the median and the ninetieth percentile are what counts.
"""

from __future__ import annotations

import argparse
import fnmatch
import random
import sys
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from scim_compat.results.causes import Cause

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

from tools import documents, matrix  # noqa: E402 - the path is set by now

VERSIONS: Final = ("2.0", "1.1")
_TAIL: Final = 0.9

Server = tuple[str, tuple[str, ...]]
"""Version of the protocol, and the defects."""


@cache
def base(profile: str) -> documents.Base:
    return documents.base(matrix.profiles()[profile])


def causes_at(server: Server) -> tuple[Cause, ...]:
    """The causes of one run of all profiles that find anything at the server."""
    from scim_compat.results.causes import causes  # noqa: PLC0415 - not for --help

    version, defects = server
    rows = matrix.read()["defects"][version]
    names = sorted({name for defect in defects for name, cell in rows[defect].items() if cell})
    known = {name: base(name) for name in names}
    parts = {
        name: (each.tape.profile, each.records, found)
        for name, each in known.items()
        if (found := documents.records(each, *defects))
    }
    return causes(documents.document(parts)) if parts else ()


def servers(patterns: Iterable[str]) -> Iterator[Server]:
    """Servers with one defect that some profile finds."""
    wanted = list(patterns) or ["*"]
    for version in VERSIONS:
        for defect, row in sorted(matrix.read()["defects"][version].items()):
            if any(row.values()) and any(fnmatch.fnmatchcase(defect, one) for one in wanted):
                yield version, (defect,)


def pairs(number: int) -> list[Server]:
    """Servers with two defects, drawn by a fixed rule from different subjects."""
    single = [defects[0] for version, defects in servers([]) if version == "2.0"]
    draw = random.Random(number)
    return [("2.0", tuple(draw.sample(single, 2))) for _ in range(number)]


def _counted(server: Server) -> tuple[Server, list[tuple[str, str, tuple[str, ...], str]]]:
    matrix.remember()
    found = causes_at(server)
    return server, [(c.severity, c.title, c.checks, c.trait.sentence if c.trait else "") for c in found]


def computed(wanted: list[Server], jobs: int) -> Iterator[tuple[Server, list[Any]]]:
    if jobs == 1:
        yield from map(_counted, wanted)
        return
    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(_counted, wanted, chunksize=4)


def distribution(numbers: Mapping[Server, int]) -> str:
    """``898 servers: median 1, 90 % at most 2, most 5``."""
    ordered = sorted(number for number in numbers.values() if number)
    tail = ordered[int(len(ordered) * _TAIL)]
    return f"{len(ordered)} servers: median {median(ordered):g}, 90 % at most {tail}, most {ordered[-1]}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--pairs", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    wanted = pairs(options.pairs) if options.pairs else list(servers(options.names))[:: options.every]
    numbers: dict[Server, int] = {}
    for server, found in computed(wanted, options.jobs):
        numbers[server] = len(found)
        if options.names or options.pairs or len(found) > 2:
            print(f"\n{' + '.join(server[1])} ({server[0]}): {len(found)}")
            for severity, title, checks, trait in found:
                print(f"  {severity:<9} {title}\n            {', '.join(checks)}\n            {trait}")
    print(distribution(numbers))
    return 0


if __name__ == "__main__":
    sys.exit(main())
