"""The draw: of tests that repeat one thing in many ways, those that a plain call of pytest takes.

The others carry the marker ``thorough``: they run with ``--all``, and where ``CI`` is set. The rule of a draw is the same
every time. It leaves out no case and no way, but most of their combinations.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import pytest

THOROUGH = pytest.mark.thorough
share = 1
"""One of so many examples of a property is drawn. ``support.collecting`` sets it."""


def examples(count: int) -> int:
    """How many examples of a property Hypothesis makes; ``count`` where nothing is left out."""
    return max(count // share, 10)


def pairs(cases: Sequence[Any], ways: Sequence[Any]) -> list[Any]:
    """Parameters for every case in every way; drawn: each case in one way, and each way at least once."""
    drawn = {(n % len(cases), n % len(ways)) for n in range(max(len(cases), len(ways)))}
    return [
        pytest.param(case, way, marks=() if (row, column) in drawn else THOROUGH)
        for row, case in enumerate(cases)
        for column, way in enumerate(ways)
    ]


def some(cases: Iterable[Any], drawn: Collection[Any]) -> list[Any]:
    """A parameter for every case; drawn: those in ``drawn``."""
    return [pytest.param(case, marks=() if case in drawn else THOROUGH) for case in cases]
