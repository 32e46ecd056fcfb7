"""The broken SCIM 1.1 servers: every defect by name, and what makes the good server have it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import (  # noqa: F401 - each module registers its defects when it is imported
    defects11_access,
    defects11_crowd,
    defects11_groups,
    defects11_promises,
    defects11_queries,
    defects11_sweeps,
    defects11_writes,
)
from .defects11_base import DEFECTS11, SUBJECTS11

if TYPE_CHECKING:
    from .good11 import GoodServer11

__all__ = ["DEFECTS11", "SUBJECTS11", "install"]


def install(server: GoodServer11, names: frozenset[str]) -> None:
    """Make a server wrong; an unknown name is a ValueError."""
    unknown = names - DEFECTS11.keys()
    if unknown:
        raise ValueError(f"unknown defects: {sorted(unknown)}")
    for name in sorted(names):
        DEFECTS11[name].install(server)
