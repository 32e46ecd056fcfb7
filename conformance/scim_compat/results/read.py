"""Reads results.json back: for reports made later, and for what only needs a part of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from scim_compat.results.collate import SCHEMA


class ResultsError(ValueError):
    """The file is not the results of a run."""


def read(path: Path) -> dict[str, Any]:
    """The results as written. Raises ResultsError with a plain sentence."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ResultsError(f"{path}: cannot be read: {error.strerror}") from None
    except ValueError:
        raise ResultsError(f"{path}: not JSON; results.json in a run's output folder is meant") from None
    if not isinstance(found, dict) or found.get("schema") != SCHEMA:
        raise ResultsError(f"{path}: not scim-compat results of format {SCHEMA}")
    return found


def is_complete(path: Path) -> bool:
    """Whether the run reached every scenario and none of them ended in an error."""
    try:
        found = read(path)
    except ResultsError:
        return False
    return bool(found["run"]["complete"]) and not any(p["counts"]["errored"] for p in found["profiles"])
