"""All probes: ``PROBES`` maps each defect to the one that sees it."""

from __future__ import annotations

from . import (  # noqa: F401 - each module registers its probes when it is imported
    probes_access,
    probes_crowd,
    probes_groups,
    probes_http,
    probes_labels,
    probes_lists,
    probes_neighbours,
    probes_overlap,
    probes_patch,
    probes_premise,
    probes_rfc,
    probes_sweeps,
    probes_texts,
    probes_users,
)
from .probing import PROBES, Client, Probe

__all__ = ["PROBES", "Client", "Probe"]
