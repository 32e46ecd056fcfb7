"""A parsed JSON value, and the mark for "no value at all"."""

from __future__ import annotations

import enum
from typing import Any, Final

Json = Any
"""A parsed JSON value: dict, list, str, int, float, bool or None."""


class _Missing(enum.Enum):
    MISSING = "missing"

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = _Missing.MISSING
"""Stands for "no value at all", where ``None`` would be JSON's null."""
