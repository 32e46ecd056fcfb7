"""A run of every built-in profile, of both versions of SCIM, at servers with the same defects."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from scim_compat.profile.find import builtin
from scim_compat.pytest_plugin.launch import run
from scim_compat.results.document import Document
from scim_compat.results.read import read
from scim_compat.run.request import RunRequest
from scim_compat.run.settings import Login, Settings
from servers import loopback
from servers.defects import DEFECTS
from servers.defects11 import DEFECTS11
from servers.good import GoodServer
from servers.good11 import MOUNT, GoodServer11
from servers.running import mounted, serve

from support.commands import TOKEN


def play_all(folder: Path, *, defects: Iterable[str] = ()) -> Document:
    """Play all profiles and return the results. A defect that only one of the two servers knows is left to that one."""
    names = set(defects)
    assert names <= DEFECTS.keys() | DEFECTS11.keys()
    old = GoodServer11(frozenset(names & DEFECTS11.keys()))
    with serve(GoodServer(frozenset(names & DEFECTS.keys()))) as url, loopback.serve(mounted(old, MOUNT)) as origin:
        settings = Settings(
            url=url, bases={"2.0": url, "1.1": origin + MOUNT}, login=Login(kind="bearer", token=TOKEN), seed=7,
            out=str(folder), crowd=12,
        )  # fmt: skip
        run(RunRequest(settings=settings, profiles=tuple(sorted(builtin()))))
    return read(folder / "results.json")
