"""SCIM servers that others wrote, as published on PyPI, each started on loopback with an empty store.

None of them is ours to mend: a module here says how its server is started, and nothing else. What the
profiles find there is listed in ``tests/servers/real/expected/``, with a reason for each finding.
"""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Final

TOKEN: Final = "real-server-token"
CANAILLE: Final = Path(sys.prefix) / "servers" / "canaille"
"""The environment of Canaille, inside the one that runs: found without being named, and gone with it."""


@dataclass(frozen=True, slots=True)
class Target:
    """A server that runs: its SCIM base URL, and the token it takes."""

    url: str
    token: str = field(default=TOKEN, repr=False)


SERVERS: Final = {
    "scim2-server": "servers.real.scim2_server",
    "django-scim2": "servers.real.django_scim2",
    "django-scim2-server": "servers.real.django_scim2_server",
    "canaille": "servers.real.canaille_idp",
}
"""Distribution on PyPI → the module that starts it."""


def version(name: str) -> str:
    """The installed version of the server ``name``; empty if it is not there."""
    if name == "canaille":
        found = metadata.distributions(path=[str(p) for p in CANAILLE.glob("lib/python*/site-packages")])
        return next((d.version for d in found if d.name.lower() == name), "")
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def missing(name: str) -> str:
    """Why the server ``name`` cannot be started here, and what to do about it; empty if it can."""
    how = "python tests/tools/real.py --install" if name == "canaille" else "pip install -e '.[test]'"
    return "" if version(name) else f"{name} is not installed; get it with: {how}"


@contextlib.contextmanager
def started(name: str) -> Iterator[Target]:
    """Starts the server ``name`` with an empty store; it is gone when the block ends.

    Raises RuntimeError if it is not installed or does not start.
    """
    if missing(name):
        raise RuntimeError(missing(name))
    with importlib.import_module(SERVERS[name]).started() as target:
        yield target
