"""results.json, arranged for reading: what is shown, in which order, in which words, and no markup."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from scim_compat.report import facts, words
from scim_compat.report.anchors import Anchors
from scim_compat.report.claims import Side, claim_rows, contradictions
from scim_compat.report.findings import (
    Finding,
    failures,
    groups,
    severity_rank,
)
from scim_compat.report.scenarios import (
    Context,
    ScenarioView,
    context,
    outcome_key,
    scenario_view,
)
from scim_compat.report.text import (
    Link,
    Shown,
    json_text,
    one_line,
    safe_url,
)
from scim_compat.report.words import Mark
from scim_compat.values import plural

SCHEMA: Final = "scim-compat/results/1"


@dataclass(frozen=True, slots=True)
class Count:
    mark: Mark
    number: int
    word: str
    """The mark's word in the number that fits."""


@dataclass(frozen=True, slots=True)
class Card:
    """The verdict of one profile."""

    anchor: str
    id: str
    title: str
    client: str
    version: str
    summary: str
    verdict: Mark
    meaning: str
    why: str
    findings: tuple[Count, ...]
    """Checks that failed, by severity, worst first; none of a severity is left out."""
    outcomes: tuple[Count, ...]
    scenarios: int
    requests: int


@dataclass(frozen=True, slots=True)
class Cell:
    mark: Mark
    note: str
    href: str


@dataclass(frozen=True, slots=True)
class Row:
    title: str
    id: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class FeatureView:
    anchor: str
    id: str
    title: str
    verdict: Mark
    note: str
    scenarios: tuple[ScenarioView, ...]
    not_reached: int


@dataclass(frozen=True, slots=True)
class ProfileView:
    card: Card
    digest: str
    sources: tuple[tuple[str, Link, str], ...]
    """Key, link, month it was read."""
    features: tuple[FeatureView, ...]
    not_covered: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why scenarios were not judged, and which."""

    mark: Mark
    text: str
    scenarios: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Alert:
    title: str
    texts: tuple[str, ...]
    mark: Mark
    href: str = ""


@dataclass(frozen=True, slots=True)
class View:
    title: str
    target: str
    target_url: str
    verdict: Mark
    started: str
    started_iso: str
    duration: str
    run: Mapping[str, str]
    """Facts of the run by their name, in the order they are shown."""
    run_id: str
    complete: bool
    alerts: tuple[Alert, ...]
    cards: tuple[Card, ...]
    findings: tuple[Finding, ...]
    matrix: tuple[Row, ...]
    profiles: tuple[ProfileView, ...]
    not_judged: tuple[Reason, ...]
    deleted: int
    left: tuple[tuple[str, str, str], ...]
    bystanders: int
    changed: tuple[str, ...]
    claims: Shown | None
    sides: tuple[Side, ...]
    """Claimed, advertised, found."""
    contradictions: int
    capabilities: tuple[tuple[str, str, Shown | None], ...]
    tool: str


def build(results: Mapping[str, Any]) -> View:
    """Arranges a document of ``results.schema.json``.

    Raises ValueError if it is of another format or version.
    """
    if results.get("schema") != SCHEMA:
        raise ValueError(
            "not a result file this version can read: `schema` is "
            f'{one_line(json_text(results.get("schema")).text, 80)}, expected "{SCHEMA}". '
            "Was it written by another version of scim-compat?"
        )
    anchors = Anchors(results)
    shared = context(results, anchors)
    run, target = results["run"], results["target"]
    profiles = tuple(_profile(profile, p=p, shared=shared) for p, profile in enumerate(results["profiles"]))
    verdict = words.VERDICTS.get(results["verdict"]) or words.unknown(one_line(results["verdict"], 40))
    beside = claim_rows(results)
    tool = one_line(f"{results['tool']['name']} {results['tool']['version']}", 80)
    started, ended = facts.time(run["started"]), facts.time(run["ended"])
    return View(
        title=f"{verdict.word}: {facts.host(target['url'])} · {one_line(results['tool']['name'], 40)}",
        target=one_line(target["url"], 300),
        target_url=safe_url(target["url"]),
        verdict=verdict,
        started=f"{started:%Y-%m-%d %H:%M} UTC" if started else one_line(run["started"], 60),
        started_iso=one_line(run["started"], 60),
        duration=facts.duration((ended - started).total_seconds()) if started and ended else "",
        run=facts.run_facts(results),
        run_id=one_line(run["id"], 80),
        complete=bool(run["complete"]),
        alerts=_alerts(results),
        cards=tuple(profile.card for profile in profiles),
        findings=groups(results, anchors),
        matrix=_matrix(results, profiles),
        profiles=profiles,
        not_judged=_not_judged(results, anchors),
        deleted=results["cleanup"]["deleted"],
        left=tuple(
            (one_line(entry["type"], 60), one_line(entry["id"] or "unknown", 200), one_line(entry["why"], 300))
            for entry in results["cleanup"]["left"]
        ),
        bystanders=results["bystanders"]["checked"],
        changed=tuple(one_line(text, 300) for text in results["bystanders"]["changed"]),
        claims=json_text(target["claims"], cap=2000) if target["claims"] else None,
        sides=beside,
        contradictions=contradictions(beside),
        capabilities=facts.capabilities(target["capabilities"]),
        tool=tool,
    )


def _alerts(results: Mapping[str, Any]) -> tuple[Alert, ...]:
    """What the reader must know before any verdict."""
    run, found = results["run"], []
    if run["interrupted"] or not run["complete"]:
        reason = one_line(run["interrupted"], 300) if run["interrupted"] else "The run did not finish."
        missing = sum(_not_reached(profile["counts"]) for profile in results["profiles"])
        text = "What it did not reach is marked “not reached”; nothing is known about it."
        if missing:
            text = f"{plural(missing, 'scenario')} not reached. Nothing is known about them."
        found.append(
            Alert("This run was interrupted", (reason, text), replace(words.OUTCOMES["not-reached"], tone="warn"))
        )
    if changed := results["bystanders"]["changed"]:
        texts = tuple(one_line(text, 300) for text in changed)
        found.append(Alert("Resources that no scenario named were changed", texts, words.SEVERITIES["breach"]))
    if left := results["cleanup"]["left"]:
        text = f"{plural(len(left), 'resource')} could not be deleted."
        found.append(
            Alert(
                "Something was left behind on the endpoint",
                (text,),
                words.SEVERITIES["degraded"],
                "#clean-up",
            )
        )
    if errors := results["errors"]:
        texts = tuple(one_line(text, 600) for text in errors[:10])
        if len(errors) > len(texts):
            texts += (f"and {len(errors) - len(texts):,} more in results.json",)
        found.append(Alert("The tool or the network failed", texts, words.OUTCOMES["error"]))
    return tuple(found)


def _profile(profile: Mapping[str, Any], *, p: int, shared: Context) -> ProfileView:
    by_feature: dict[str, list[int]] = {}
    for s, scenario in enumerate(profile["scenarios"]):
        by_feature.setdefault(scenario["feature"], []).append(s)
    features = [
        _feature(feature, profile, p=p, places=by_feature.pop(feature["id"], []), shared=shared)
        for feature in profile["features"]
    ]
    for stray, places in by_feature.items():  # a scenario is never dropped, whatever its feature
        entry = {"id": stray, "title": stray, "verdict": "unproven", "scenarios": len(places)}
        features.append(_feature(entry, profile, p=p, places=places, shared=shared))
    return ProfileView(
        card=_card(profile, p=p, shared=shared),
        digest=one_line(profile["digest"], 80),
        sources=tuple(
            (
                one_line(key, 40),
                Link(one_line(source["title"], 200), safe_url(source["url"])),
                one_line(source["read"], 20),
            )
            for key, source in profile["sources"].items()
        ),
        features=tuple(features),
        not_covered=tuple(
            (one_line(entry["what"], 300), one_line(entry["why"], 600)) for entry in profile["not_covered"]
        ),
    )


def _card(profile: Mapping[str, Any], *, p: int, shared: Context) -> Card:
    checks: dict[str, str] = {}
    for *_, check in failures({"profiles": [profile]}):
        held = checks.get(check["id"])
        if held is None or severity_rank(check["severity"]) < severity_rank(held):
            checks[check["id"]] = check["severity"]
    verdict = words.VERDICTS.get(profile["verdict"]) or words.unknown(one_line(profile["verdict"], 40))
    meaning = "breach" if verdict.key == "incompatible" and "breach" in checks.values() else verdict.key
    counts = profile["counts"]
    numbers = {
        "pass": counts["passed"],
        "fail": counts["failed"],
        "error": counts["errored"],
        "skip": counts["skipped"],
        "not-applicable": counts["not_applicable"],
        "not-reached": _not_reached(counts),
    }
    severities = list(checks.values())
    return Card(
        anchor=shared.anchors["profile", p],
        id=one_line(profile["id"], 80),
        title=one_line(profile["title"], 200),
        client=one_line(profile["client"], 120),
        version=one_line(profile["version"], 40),
        summary=one_line(profile["summary"], 600),
        verdict=verdict,
        meaning=words.MEANING_FOR_VENDOR.get(meaning, verdict.meaning),
        why=one_line(profile["why"], 600),
        findings=tuple(
            Count(mark, n, words.counted(mark, n))
            for key, mark in words.SEVERITIES.items()
            if (n := severities.count(key))
        ),
        outcomes=tuple(
            Count(words.OUTCOMES[key], n, words.counted(words.OUTCOMES[key], n)) for key, n in numbers.items() if n
        ),
        scenarios=counts["scenarios"],
        requests=counts["requests"],
    )


def _not_reached(counts: Mapping[str, int]) -> int:
    known = ("passed", "failed", "skipped", "errored", "not_applicable")
    return max(0, counts["scenarios"] - sum(counts[key] for key in known))


def _feature(
    feature: Mapping[str, Any], profile: Mapping[str, Any], *, p: int, places: list[int], shared: Context
) -> FeatureView:
    missing = max(0, feature["scenarios"] - len(places))
    key = feature["verdict"]
    if key != "not-applicable" and missing and not places:
        key = "not-reached"
    return FeatureView(
        anchor=shared.anchors.get(("feature", p, feature["id"])),
        id=one_line(feature["id"], 80),
        title=one_line(feature["title"], 200),
        verdict=words.VERDICTS.get(key) or words.unknown(one_line(key, 40)),
        note=_tally([profile["scenarios"][s] for s in places], missing=missing)
        if key not in ("not-applicable", "not-reached")
        else "",
        scenarios=tuple(scenario_view(profile, p=p, s=s, shared=shared) for s in places),
        not_reached=missing,
    )


def _tally(scenarios: list[Mapping[str, Any]], *, missing: int) -> str:
    """``3 of 4 passed, 1 cosmetic``; what is not applicable is in none of the numbers."""
    judged = sum(1 for scenario in scenarios if scenario["applicable"]) + missing
    passed = sum(1 for scenario in scenarios if scenario["outcome"] == "pass")
    cosmetic = sum(1 for scenario in scenarios if scenario["outcome"] == "fail" and scenario["severity"] == "cosmetic")
    text = f"{passed} of {judged} passed" if judged else ""
    return f"{text}, {cosmetic} cosmetic" if cosmetic else text


def _matrix(results: Mapping[str, Any], profiles: tuple[ProfileView, ...]) -> tuple[Row, ...]:
    titles: dict[str, str] = {}
    for profile in results["profiles"]:
        for feature in profile["features"]:
            titles.setdefault(feature["id"], one_line(feature["title"], 200))
    rows = []
    for feature_id, title in titles.items():
        cells = []
        for profile in profiles:
            found = next((feature for feature in profile.features if feature.id == feature_id), None)
            if found is None:
                cells.append(Cell(words.VERDICTS["absent"], "", f"#{profile.card.anchor}"))
            else:
                cells.append(Cell(found.verdict, found.note, f"#{found.anchor}"))
        rows.append(Row(title, feature_id, tuple(cells)))
    return tuple(rows)


def _not_judged(results: Mapping[str, Any], anchors: Anchors) -> tuple[Reason, ...]:
    found: dict[tuple[str, str], list[Link]] = {}
    for p, profile in enumerate(results["profiles"]):
        for s, scenario in enumerate(profile["scenarios"]):
            key = outcome_key(scenario)
            if key in ("skip", "error", "not-applicable"):
                link = Link(
                    one_line(scenario["id"], 120), "#" + anchors["scenario", p, s], one_line(profile["title"], 120)
                )
                found.setdefault((key, one_line(scenario["reason"], 600)), []).append(link)
    order = ("error", "skip", "not-applicable")
    return tuple(
        Reason(words.OUTCOMES[key], text, tuple(links))
        for (key, text), links in sorted(found.items(), key=lambda item: order.index(item[0][0]))
    )
