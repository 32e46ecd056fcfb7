"""Patterns that name scenarios: an area, an id with or without its variant, or a glob over these."""

from __future__ import annotations

import fnmatch


def names(scenario: str, variant: str = "") -> tuple[str, str, str]:
    """The scenario's id, its id without the variant, and its area."""
    base = scenario.removesuffix(f".{variant}") if variant else scenario
    return scenario, base, base.partition(".")[0]


def is_match(pattern: str, scenario: str, variant: str = "") -> bool:
    """True when the pattern names the scenario.

    A pattern is an area (``users``), an id (``users.disable``), an id with its variant
    (``users.disable.as-string``) or a glob over ids (``groups.*``). An id names all its variants.
    """
    return any(fnmatch.fnmatchcase(name, pattern) for name in names(scenario, variant))
