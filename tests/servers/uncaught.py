"""Defects that no profile finds at ``degraded`` or worse, each with the reason; reviewed one by one."""

from __future__ import annotations

from typing import Final

UNCAUGHT: Final[dict[str, str]] = {}

UNTRIPPED: Final[dict[str, str]] = {}
"""Checks that no defect trips, each with the reason."""
