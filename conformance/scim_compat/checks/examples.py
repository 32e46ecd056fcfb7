"""One small failing exchange of each check, for whoever has to mend it.

Real ones: a server that is broken on purpose, or a case of the tests, answered so. tests/tools/examples.py
writes the file, and a test makes the failures again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any


@cache
def examples() -> Mapping[str, Mapping[str, Any]]:
    """Check id → its example.

    ``server``: what is broken, in words; empty for a case of the tests. ``step``: what the request was for;
    ``by``: client or harness. ``before``: the client's write whose effect a read of ours looks at, or None.
    ``request``, ``before``: ``{line, body}``. ``response``: ``{line, headers, body}``, or None where
    ``failure`` says why no answer came. Bodies are indented and cut. ``where``, ``expected``, ``actual``
    and ``message`` are the check's; one that has nothing to show is left out. ``made``: what makes it again.
    """
    content: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_name("examples.json").read_text("utf-8"))
    return content


def example(check: str) -> dict[str, Any] | None:
    """The check's example without ``made``; None for a check that has none yet."""
    found = examples().get(check)
    return {key: value for key, value in found.items() if key != "made"} if found else None
