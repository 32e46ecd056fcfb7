"""Prints the built-in profiles as a table, and one profile without its requests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

from scim_compat.cli.catalogue import EVIDENCE, numbers
from scim_compat.cli.console import QUIET, STRONG, Column, Output, grid
from scim_compat.engine.applies import condition
from scim_compat.profile.model import Profile, Scenario
from scim_compat.values import Json, Severity, plural


def print_table(out: Output, profiles: list[Profile]) -> None:
    if not profiles:
        return
    columns = [
        Column("Profile"),
        Column("Title", prose=True),
        Column("SCIM"),
        Column("Scenarios", right=True),
        Column("Evidence", right=True),
    ]
    out.table(grid(columns, (_row(profile) for profile in profiles)))
    out.blank()
    out.paragraph((f"Evidence: the scenarios that are {' · '.join(EVIDENCE)}", QUIET))
    name = profiles[0].id
    out.line((f"scim-compat show {name} --summary    what one of them does, and why", QUIET))
    out.line((f"scim-compat run URL --profile {name}", QUIET))


def _row(profile: Profile) -> Iterator[str | tuple[str, str]]:
    counts = numbers(profile)
    yield profile.id, STRONG
    yield profile.title
    yield profile.scim
    yield str(counts.scenarios)
    yield " · ".join(f"{counts.evidence[kind]:>2}" for kind in EVIDENCE)


# --- one profile --------------------------------------------------------------------------------


def print_profile(out: Output, profile: Profile) -> None:
    """Its size, features, scenarios, requirements, gaps and sources."""
    out.line((profile.id, STRONG), "  ", profile.title)
    for fact in _size(profile):
        out.paragraph(fact, indent=2)
    if profile.summary:
        out.blank()
        out.paragraph(profile.summary, indent=2)
    out.heading("Features and scenarios", "evidence and source keys behind each title")
    for feature in profile.features:
        out.paragraph((feature.title, STRONG), (f" ({feature.id})", QUIET), indent=2)
        for scenario in (s for s in profile.scenarios if s.feature == feature.id):
            out.line("    ", scenario.id)
            out.paragraph(" · ".join(_behind(scenario)), indent=6)
    _print_requirements(out, profile)
    if profile.not_covered:
        out.heading("Not covered", "known habits that no scenario shows")
        for habit, reason in profile.not_covered:
            out.paragraph(f"{habit}: {reason}", indent=2, hanging=4)
    out.heading("Sources")
    for source in profile.sources.values():
        date = f" (read {source.read})" if source.read else ""
        out.paragraph(f"{source.key}: {source.title}{date}", indent=2, hanging=4)
        if source.url:
            out.paragraph(source.url, indent=4)
    out.blank()
    first = profile.scenarios[0].id if profile.scenarios else "SCENARIO"
    out.line((f"scim-compat show {profile.id} {first}    every request of a scenario", QUIET))


def _size(profile: Profile) -> Iterator[str]:
    counts = numbers(profile)
    size = f"{plural(counts.scenarios, 'scenario')} in {plural(counts.features, 'feature')}"
    yield f"{counts.client or counts.title} · SCIM {counts.scim} · version {counts.version} · {size}"
    yield "evidence: " + ", ".join(f"{counts.evidence[kind]} {kind}" for kind in EVIDENCE)


def _behind(scenario: Scenario) -> Iterator[str]:
    yield scenario.title
    yield f"{scenario.evidence} {', '.join(scenario.source)}"
    if text := condition(scenario):
        yield text


def _print_requirements(out: Output, profile: Profile) -> None:
    out.heading("Requirements", "what a broken rule means to this client; for details: scim-compat explain CHECK")
    for severity in (*reversed(Severity), "ignore", None):
        checks = [check for check, each in profile.requires.items() if each.severity == severity]
        if checks:
            out.paragraph(f"{severity or 'by level'}: {', '.join(checks)}", indent=2, hanging=4)


def summary(profile: Profile) -> dict[str, Json]:
    """The profile without its steps, as ``--json`` prints it."""
    return {
        **asdict(numbers(profile)),
        "features": [asdict(each) for each in profile.features],
        "scenarios": [
            {
                "id": s.id, "feature": s.feature, "title": s.title, "evidence": s.evidence, "source": list(s.source),
                "when": dict(s.when), "where": str(s.where),
            }
            for s in profile.scenarios
        ],
        "requires": {
            check: {"severity": r.severity, "consequence": r.consequence, "source": r.source, "evidence": r.evidence}
            for check, r in profile.requires.items()
        },
        "sources": {key: {"title": s.title, "url": s.url, "read": s.read} for key, s in profile.sources.items()},
        "not_covered": [{"what": what, "why": why} for what, why in profile.not_covered],
    }  # fmt: skip
