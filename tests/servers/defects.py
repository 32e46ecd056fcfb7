"""The broken servers: every defect by name, and what makes the good server have it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import (  # noqa: F401 - each module registers its defects when it is imported
    defects_access,
    defects_again,
    defects_consistency,
    defects_crowd,
    defects_groups,
    defects_http,
    defects_labels,
    defects_lifecycle,
    defects_lists,
    defects_logic,
    defects_neighbours,
    defects_overlap,
    defects_patch,
    defects_paths,
    defects_premise,
    defects_rfc,
    defects_shape,
    defects_sweeps,
    defects_texts,
    defects_users,
    defects_values,
)
from .defects_base import DEFECTS, SUBJECTS, Defect

if TYPE_CHECKING:
    from .good import GoodServer

__all__ = ["DEFECTS", "SUBJECTS", "Defect", "install"]


def install(server: GoodServer, names: frozenset[str]) -> None:
    """Make a server wrong; an unknown name is a ValueError."""
    unknown = names - DEFECTS.keys()
    if unknown:
        raise ValueError(f"unknown defects: {sorted(unknown)}")
    for name in sorted(names):
        DEFECTS[name].install(server)
