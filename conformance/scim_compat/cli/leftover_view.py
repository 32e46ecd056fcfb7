"""Prints what a clean-up would delete, and what became of each resource."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from scim_compat.cli.console import Output
from scim_compat.engine.ledger import Entry, LedgerFile
from scim_compat.run.leftovers import Fate, Leftover
from scim_compat.values import plural

_LABEL: Final = 13
"""Columns of the word before a resource."""


def print_head(out: Output, path: Path, file: LedgerFile, url: str) -> None:
    out.paragraph(f"{path}: {plural(len(file.open_entries()), 'resource')} at {url}")


def print_plan(out: Output, path: Path, file: LedgerFile) -> None:
    """The resources that a clean-up would look for."""
    print_head(out, path, file, file.base_url)
    for entry in file.open_entries():
        out.entry("would delete", _name(entry), indent=2, width=_LABEL)


def print_leftovers(out: Output, leftovers: Sequence[Leftover]) -> None:
    """The fate of each resource, those that are left at the end."""
    for leftover in sorted(leftovers, key=lambda each: each.fate is Fate.LEFT):
        reason = f": {leftover.reason}" if leftover.reason else ""
        out.entry(leftover.fate.value, _name(leftover.entry) + reason, indent=2, width=_LABEL)
    remaining = sum(leftover.fate is Fate.LEFT for leftover in leftovers)
    if remaining:
        advice = "Delete by hand, or run `scim-compat cleanup` again once the cause is fixed."
        out.paragraph(f"{plural(remaining, 'resource')} left. {advice}")
    else:
        out.paragraph("Nothing is left.")


def _name(entry: Entry) -> str:
    return f"{entry.kind} {entry.name} ({f'id {entry.id}' if entry.id else 'its creation was not answered'})"
