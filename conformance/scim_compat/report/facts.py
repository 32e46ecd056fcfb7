"""The facts around a run: what the endpoint says of itself, when and how the run was made."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from scim_compat.report.text import Excerpt, json_text, one_line
from scim_compat.results.document import Document
from scim_compat.results.document.records import ScenarioRecord
from scim_compat.results.document.target import TargetInfo

_SILENT: Final = "no usable answer"


def discovery(target: TargetInfo) -> tuple[tuple[str, str, Excerpt | None], ...]:
    """Return each discovery endpoint with its content in words, and its document where that is worth showing."""
    config = target.capabilities.provider_config
    return (
        ("/ServiceProviderConfig", _support(target), json_text(config, cap=2000) if config else None),
        ("/ResourceTypes", _listed(target.capabilities.type_names), None),
        ("/Schemas", _listed(target.capabilities.schemas), None),
    )


def _support(target: TargetInfo) -> str:
    if target.capabilities.provider_config is None:
        return _SILENT
    words = []
    for name in ("patch", "bulk", "filter", "changePassword", "sort", "etag"):
        entry = target.capabilities.entry(name)
        if "supported" in entry:
            words.append(f"{name} {'yes' if entry['supported'] is True else 'no'}")
    return ", ".join(words) or "answers, and says nothing of what it supports"


def _listed(names: Sequence[str] | None) -> str:
    return _SILENT if names is None else one_line(", ".join(names) or "none listed", 1500)


def run_facts(document: Document) -> dict[str, str]:
    """Return facts of the run by their name, in the order of the page."""
    run, tool = document.run, document.tool
    facts = {
        "Tool": f"{tool.name} {tool.version}",
        "Run": run.id,
        "Started": run.started,
        "Ended": run.ended or "unknown: it was interrupted",
        "Seed": str(run.seed),
        "Tag in every name": run.tag,
        "Arguments": " ".join(run.command) or "none",
    }
    if run.trace:
        facts["Header of the trace"] = f"{run.trace}: {run.id}/PROFILE/SCENARIO/STEP"
    for profile in document.profiles:
        facts[f"Profile {profile.id}"] = f"version {profile.version}, digest {profile.digest}"
    return {one_line(name, 120): one_line(text, 600) for name, text in facts.items()}


def duration(seconds: float) -> str:
    """``2 min 36 s``."""
    if seconds < 1:
        return "under a second"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def window(scenario: ScenarioRecord) -> str:
    """``2026-11-30, 14:03:05-14:03:07 UTC`` with an en dash: when the scenario ran. Empty in older results."""
    if scenario.started is None:
        return ""
    begin = datetime.fromisoformat(scenario.started)
    end = begin + timedelta(milliseconds=scenario.ms)
    times = [f"{moment:%H:%M:%S}" for moment in (begin, end)]
    return f"{begin:%Y-%m-%d}, {'–'.join(dict.fromkeys(times))} UTC"


def host(url: str) -> str:
    """Return host and port of an address, or a text that is no address as it is."""
    try:
        return one_line(urlsplit(url).netloc or url, 120)
    except ValueError:
        return one_line(url, 120)
