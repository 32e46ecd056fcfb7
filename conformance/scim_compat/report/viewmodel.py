"""The results, arranged for a page: its parts in their order and its words, without markup."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from scim_compat.report import facts, words
from scim_compat.report.anchors import Anchors
from scim_compat.report.claims import ClaimRow, claim_rows, contradictions
from scim_compat.report.findings import Finding, findings
from scim_compat.report.scenarios import Context, ScenarioView, context, outcome_mark, scenario_view
from scim_compat.report.text import Excerpt, Link, json_text, one_line, safe_url
from scim_compat.report.words import Mark
from scim_compat.results.document import Document, FeatureResult, ProfileCounts, ProfileResult
from scim_compat.results.document.records import ScenarioRecord
from scim_compat.values import Outcome, Severity, Verdict, plural

_ERRORS: Final = 10
"""Failures of the tool or the network that an alert lists."""


@dataclass(frozen=True, slots=True)
class Count:
    mark: Mark
    number: int
    word: str
    """The mark's word, singular or plural."""


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
    """Checks that failed, by severity, the worst first; severities without one are left out."""
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
    """Key, link, and the month in which it was read."""
    features: tuple[FeatureView, ...]
    not_covered: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason why scenarios were not judged, and which ones."""

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
    """Facts of the run by their name, in the order of the page."""
    run_id: str
    alerts: tuple[Alert, ...]
    cards: tuple[Card, ...]
    findings: tuple[Finding, ...]
    matrix: tuple[Row, ...]
    profiles: tuple[ProfileView, ...]
    not_judged: tuple[Reason, ...]
    deleted: int
    leftovers: tuple[tuple[str, str, str], ...]
    bystanders: int
    changed: tuple[str, ...]
    claims: Excerpt | None
    claim_rows: tuple[ClaimRow, ...]
    """Claimed, advertised, found."""
    contradictions: int
    discovery: tuple[tuple[str, str, Excerpt | None], ...]
    tool: str


def build(document: Document) -> View:
    """Arrange the results of a run."""
    anchors = Anchors(document)
    shared = context(document, anchors)
    run, target = document.run, document.target
    profiles = tuple(_profile(profile, p=p, shared=shared) for p, profile in enumerate(document.profiles))
    verdict = words.VERDICTS[document.verdict]
    rows = claim_rows(document)
    return View(
        title=f"{verdict.word}: {facts.host(target.url)} · {one_line(document.tool.name, 40)}",
        target=one_line(target.url, 300),
        target_url=safe_url(target.url),
        verdict=verdict,
        started=f"{run.start:%Y-%m-%d %H:%M} UTC",
        started_iso=one_line(run.started, 60),
        duration="" if run.seconds is None else facts.duration(run.seconds),
        run=facts.run_facts(document),
        run_id=one_line(run.id, 80),
        alerts=tuple(_alerts(document)),
        cards=tuple(profile.card for profile in profiles),
        findings=findings(document, anchors),
        matrix=_matrix(document, profiles),
        profiles=profiles,
        not_judged=_not_judged(document, anchors),
        deleted=document.cleanup.deleted,
        leftovers=tuple(
            (one_line(each.type, 60), one_line(each.id or "unknown", 200), one_line(each.why, 300))
            for each in document.cleanup.left
        ),
        bystanders=document.bystanders.checked,
        changed=tuple(one_line(text, 300) for text in document.bystanders.changed),
        claims=json_text(target.claims.content, cap=2000) if target.claims.content else None,
        claim_rows=rows,
        contradictions=contradictions(rows),
        discovery=facts.discovery(target),
        tool=one_line(f"{document.tool.name} {document.tool.version}", 80),
    )


def _alerts(document: Document) -> Iterator[Alert]:
    """Yield what the reader must know before any verdict."""
    run, missing = document.run, document.not_reached
    if run.is_partial:
        text = "The parts that it did not reach are marked “not reached”; nothing is known about them."
        if missing:
            text = f"{plural(missing, 'scenario')} not reached. Nothing is known about them."
        reason = one_line(run.interrupted or "The run did not finish.", 300)
        yield Alert("This run was interrupted", (reason, text), replace(words.OUTCOMES[words.NOT_REACHED], tone="warn"))
    if changed := document.bystanders.changed:
        texts = tuple(one_line(text, 300) for text in changed)
        yield Alert("Resources that no scenario named were changed", texts, words.SEVERITIES[Severity.BREACH])
    if left := document.cleanup.left:
        text = f"{plural(len(left), 'resource')} could not be deleted."
        mark = words.SEVERITIES[Severity.DEGRADED]
        yield Alert("Something was left behind on the endpoint", (text,), mark, "#clean-up")
    if errors := document.errors:
        texts = tuple(one_line(text, 600) for text in errors[:_ERRORS])
        if len(errors) > len(texts):
            texts += (f"and {len(errors) - len(texts):,} more in results.json",)
        yield Alert("The tool or the network failed", texts, words.OUTCOMES[Outcome.ERROR])


def _profile(profile: ProfileResult, *, p: int, shared: Context) -> ProfileView:
    return ProfileView(
        card=_card(profile, p=p, shared=shared),
        digest=one_line(profile.digest, 80),
        sources=tuple(
            (one_line(key, 40), Link(one_line(source.title, 200), safe_url(source.url)), one_line(source.read, 20))
            for key, source in profile.sources.items()
        ),
        features=tuple(_feature(feature, profile, p=p, shared=shared) for feature in profile.all_features()),
        not_covered=tuple((one_line(gap.what, 300), one_line(gap.why, 600)) for gap in profile.not_covered),
    )


def _card(profile: ProfileResult, *, p: int, shared: Context) -> Card:
    severities = list(profile.severities().values())
    verdict = words.VERDICTS[profile.verdict]
    has_breach = profile.verdict is Verdict.INCOMPATIBLE and Severity.BREACH in severities
    counts = profile.counts
    return Card(
        anchor=shared.anchors["profile", p],
        id=one_line(profile.id, 80),
        title=one_line(profile.title, 200),
        client=one_line(profile.client, 120),
        version=one_line(profile.version, 40),
        summary=one_line(profile.summary, 600),
        verdict=verdict,
        meaning=words.MEANING_FOR_VENDOR[Severity.BREACH if has_breach else profile.verdict],
        why=one_line(profile.why, 600),
        findings=tuple(
            Count(mark, number, words.counted(mark, number))
            for severity, mark in words.SEVERITIES.items()
            if (number := severities.count(severity))
        ),
        outcomes=tuple(
            Count(words.OUTCOMES[key], number, words.counted(words.OUTCOMES[key], number))
            for key, number in _by_outcome(counts)
            if number
        ),
        scenarios=counts.scenarios,
        requests=counts.requests,
    )


def _by_outcome(counts: ProfileCounts) -> tuple[tuple[str, int], ...]:
    return (
        (Outcome.PASS, counts.passed),
        (Outcome.FAIL, counts.failed),
        (Outcome.ERROR, counts.errored),
        (Outcome.SKIP, counts.skipped),
        (Verdict.NOT_APPLICABLE, counts.not_applicable),
        (words.NOT_REACHED, counts.not_reached),
    )


def _feature(feature: FeatureResult, profile: ProfileResult, *, p: int, shared: Context) -> FeatureView:
    places = profile.places(feature.id)
    missing = max(0, feature.scenarios - len(places))
    is_proper = feature.verdict is not Verdict.NOT_APPLICABLE
    is_reached = bool(places) or not missing
    mark = words.VERDICTS[feature.verdict if is_reached or not is_proper else words.NOT_REACHED]
    return FeatureView(
        anchor=shared.anchors.get(("feature", p, feature.id)),
        id=one_line(feature.id, 80),
        title=one_line(feature.title, 200),
        verdict=mark,
        note=_tally([profile.scenarios[s] for s in places], missing=missing) if is_proper and is_reached else "",
        scenarios=tuple(scenario_view(profile, p=p, s=s, shared=shared) for s in places),
        not_reached=missing,
    )


def _tally(scenarios: list[ScenarioRecord], *, missing: int) -> str:
    """``3 of 4 passed, 1 cosmetic``. Scenarios that do not apply are in none of the numbers."""
    judged = sum(scenario.applicable for scenario in scenarios) + missing
    passed = sum(scenario.outcome is Outcome.PASS for scenario in scenarios)
    cosmetic = sum(
        scenario.outcome is Outcome.FAIL and scenario.severity is Severity.COSMETIC for scenario in scenarios
    )
    text = f"{passed} of {judged} passed" if judged else ""
    return f"{text}, {cosmetic} cosmetic" if cosmetic else text


def _matrix(document: Document, profiles: tuple[ProfileView, ...]) -> tuple[Row, ...]:
    titles: dict[str, str] = {}
    for profile in document.profiles:
        for feature in profile.features:
            titles.setdefault(feature.id, one_line(feature.title, 200))
    return tuple(
        Row(title, feature, tuple(_cell(profile, feature) for profile in profiles)) for feature, title in titles.items()
    )


def _cell(profile: ProfileView, feature_id: str) -> Cell:
    feature = next((feature for feature in profile.features if feature.id == feature_id), None)
    if feature is None:
        return Cell(words.VERDICTS[words.ABSENT], "", f"#{profile.card.anchor}")
    return Cell(feature.verdict, feature.note, f"#{feature.anchor}")


def _not_judged(document: Document, anchors: Anchors) -> tuple[Reason, ...]:
    order = [words.OUTCOMES[key] for key in (Outcome.ERROR, Outcome.SKIP, Verdict.NOT_APPLICABLE)]
    links: dict[tuple[int, str], list[Link]] = {}
    for p, profile in enumerate(document.profiles):
        for s, scenario in enumerate(profile.scenarios):
            mark = outcome_mark(scenario)
            if mark in order:
                link = Link(one_line(scenario.id, 120), "#" + anchors["scenario", p, s], one_line(profile.title, 120))
                links.setdefault((order.index(mark), one_line(scenario.reason, 600)), []).append(link)
    return tuple(
        Reason(order[number], text, tuple(scenarios))
        for (number, text), scenarios in sorted(links.items(), key=lambda item: item[0][0])
    )
