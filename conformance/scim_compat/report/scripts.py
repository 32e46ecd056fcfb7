"""A scenario as a script for a POSIX shell and curl, which needs nothing of scim-compat."""

from __future__ import annotations

from scim_compat.results.document import Document


def script(document: Document, p: int, s: int) -> str:
    """Write the script that sends scenario ``s`` of profile ``p`` again."""
    scenario = document.profiles[p].scenarios[s]
    return f"#!/bin/sh\n# {scenario.id}\n"
