"""Writes the HTML pages of ``explain --all``: one for each check, a list, and the order in which to fix."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from scim_compat.checks.registry import Check
from scim_compat.cli.check_facts import check_facts
from scim_compat.cli.order import order
from scim_compat.errors import UsageError
from scim_compat.profile.model import Profile
from scim_compat.report.pages import pages


def write(folder: Path, checks: Iterable[Check], profiles: Sequence[Profile]) -> int:
    """Writes the pages into ``folder`` and returns their number. Raises UsageError if they cannot be written."""
    facts = [check_facts(rule, profiles) for rule in checks]
    count = 0
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, html in pages(
            [{**each.as_json(), "when": each.conditions} for each in facts], [asdict(part) for part in order(profiles)]
        ):
            (folder / name).write_text(html, encoding="utf-8")
            count += 1
    except OSError as error:
        raise UsageError(f"--out {folder}: the pages cannot be written: {error.strerror}") from None
    return count
