"""The facts around a run: what the endpoint says of itself, when and how the run was made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from scim_compat.report.text import Shown, json_text, one_line

_SILENT: Final = "no usable answer"


def capabilities(capabilities: Mapping[str, Any]) -> tuple[tuple[str, str, Shown | None], ...]:
    """Discovery endpoint, summary in words, and the document where it is worth showing."""
    config, types, schemas = (capabilities[key] for key in ("provider_config", "resource_types", "schemas"))
    names = [
        entry if isinstance(entry, str) else str(entry.get("name") or entry.get("id") or "?") for entry in types or ()
    ]
    return (
        ("/ServiceProviderConfig", _supported(config), json_text(config, cap=2000) if config else None),
        ("/ResourceTypes", _listed(None if types is None else names), None),
        ("/Schemas", _listed(schemas), None),
    )


def _supported(config: Mapping[str, Any] | None) -> str:
    if config is None:
        return _SILENT
    found = []
    for name in ("patch", "bulk", "filter", "changePassword", "sort", "etag"):
        entry = config.get(name)
        if isinstance(entry, dict) and "supported" in entry:
            found.append(f"{name} {'yes' if entry['supported'] is True else 'no'}")
    return ", ".join(found) or "answers, and says nothing of what it supports"


def _listed(names: Sequence[str] | None) -> str:
    return _SILENT if names is None else one_line(", ".join(names) or "none listed", 1500)


def run_facts(results: Mapping[str, Any]) -> dict[str, str]:
    """Facts of the run by their name, in the order they are shown."""
    run, tool = results["run"], results["tool"]
    found = {
        "Tool": f"{tool['name']} {tool['version']}",
        "Run": run["id"],
        "Started": run["started"],
        "Ended": run["ended"] or "unknown: it was interrupted",
        "Seed": str(run["seed"]),
        "Tag in every name": run["tag"],
        "Arguments": " ".join(run["command"]) or "none",
    }
    for profile in results["profiles"]:
        found[f"Profile {profile['id']}"] = f"version {profile['version']}, digest {profile['digest']}"
    return {one_line(name, 120): one_line(text, 600) for name, text in found.items()}


def time(text: str | None) -> datetime | None:
    """The moment, or None if the text is none or is missing."""
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None


def duration(seconds: float) -> str:
    """``2 min 36 s``."""
    if seconds < 1:
        return "under a second"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def host(url: str) -> str:
    """Host and port of an address; of anything else the text itself."""
    try:
        return one_line(urlsplit(url).netloc or url, 120)
    except ValueError:
        return one_line(url, 120)
