"""The results, arranged for a page: its parts in their order and its words, without markup."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from scim_compat.report import facts, filters, words
from scim_compat.report.anchors import Anchors
from scim_compat.report.baseline import BaselineView, baseline_view
from scim_compat.report.causes import CauseView, cause_views
from scim_compat.report.claims import ClaimRow, claim_rows, contradictions
from scim_compat.report.matrix import FEW, FeatureFacts, Matrix, matrix
from scim_compat.report.scenarios import Context, ScenarioView, context, outcome_mark, scenario_view
from scim_compat.report.text import Excerpt, Link, json_text, one_line, safe_url
from scim_compat.report.words import Mark
from scim_compat.results.causes import Cause
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
    column: str
    """Class of what belongs to this profile alone."""
    id: str
    title: str
    client: str
    version: str
    summary: str
    verdict: Mark
    meaning: str
    why: str
    causes: tuple[Count, ...]
    """Causes that hit it, by severity, the worst first; severities without one have the number 0."""
    outcomes: tuple[Count, ...]
    scenarios: int
    requests: int


@dataclass(frozen=True, slots=True)
class FeatureView:
    anchor: str
    classes: str
    id: str
    title: str
    verdict: Mark
    note: str
    problems: tuple[ScenarioView, ...]
    """Scenarios that failed or ended in an error."""
    others: tuple[ScenarioView, ...]
    others_note: str
    """``12 passed, 1 n/a``."""
    not_reached: int


@dataclass(frozen=True, slots=True)
class ProfileView:
    card: Card
    classes: str
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
    profiles: tuple[tuple[str, tuple[Link, ...]], ...]
    """Title of the profile → its scenarios."""


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
    tally: str
    """The verdicts of the profiles in numbers."""
    cards: tuple[Card, ...]
    """The worst first, as everything that is listed by profile."""
    is_wide: bool
    """True for so many profiles that a table shows their verdicts."""
    causes: tuple[CauseView, ...]
    filter_rules: str
    matrix: Matrix
    profiles: tuple[ProfileView, ...]
    not_judged: tuple[Reason, ...]
    deleted: int
    leftovers: tuple[tuple[str, str, str], ...]
    baseline: BaselineView | None
    bystanders: int
    changed: tuple[str, ...]
    claims: Excerpt | None
    claim_rows: tuple[ClaimRow, ...]
    """Claimed, advertised, found."""
    contradictions: int
    discovery: tuple[tuple[str, str, Excerpt | None], ...]
    tool: str


def build(document: Document, found: tuple[Cause, ...]) -> View:
    """Arrange the results of a run and its causes."""
    anchors = Anchors(document, found)
    shared = context(document, anchors, found)
    order = _worst_first(document, found)
    run, target = document.run, document.target
    by_place = {p: _profile(document.profiles[p], p=p, found=found, shared=shared) for p in order}
    profiles = tuple(by_place.values())
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
        tally=_verdicts_in_numbers(document),
        cards=tuple(profile.card for profile in profiles),
        is_wide=len(profiles) > FEW,
        causes=cause_views(document, found, shared=shared),
        filter_rules=filters.rules(len(profiles)),
        matrix=matrix(
            document,
            {
                (p, feature.id): FeatureFacts(
                    feature.verdict, feature.note, f"#{feature.anchor}", *_hits(document.profiles[p], p, feature.id)
                )
                for p, profile in by_place.items()
                for feature in profile.features
            },
            order=order,
            homes={p: profile.card.anchor for p, profile in by_place.items()},
        ),
        profiles=profiles,
        not_judged=_not_judged(document, anchors, order),
        deleted=document.cleanup.deleted,
        leftovers=tuple(
            (one_line(each.type, 60), one_line(each.id or "unknown", 200), one_line(each.why, 300))
            for each in document.cleanup.left
        ),
        baseline=baseline_view(document),
        bystanders=document.bystanders.checked,
        changed=tuple(one_line(text, 300) for text in document.bystanders.changed),
        claims=json_text(target.claims.content, cap=2000) if target.claims.content else None,
        claim_rows=rows,
        contradictions=contradictions(rows),
        discovery=facts.discovery(target),
        tool=one_line(f"{document.tool.name} {document.tool.version}", 80),
    )


_RANKING: Final = (
    Verdict.INCOMPATIBLE,
    Verdict.LIMITED,
    Verdict.UNPROVEN,
    Verdict.COMPATIBLE,
    Verdict.NOT_APPLICABLE,
)
"""Verdicts of profiles in the order of the page."""


def _worst_first(document: Document, found: Sequence[Cause]) -> list[int]:
    """Order the profiles by verdict, then by the causes of each severity that hit them, then as they ran."""

    def rank(p: int) -> tuple[int, ...]:
        hits = _severities(p, found)
        return _RANKING.index(document.profiles[p].verdict), *(-hits.count(each) for each in words.SEVERITIES)

    return sorted(range(len(document.profiles)), key=rank)


def _severities(p: int, found: Sequence[Cause]) -> list[Severity]:
    return [hit.severity for cause in found for hit in cause.hits if hit.profile == p]


def _verdicts_in_numbers(document: Document) -> str:
    verdicts = [profile.verdict for profile in document.profiles]
    if len(verdicts) < 2:
        return ""
    parts = (f"{verdicts.count(each)} {words.VERDICTS[each].word.lower()}" for each in _RANKING if each in verdicts)
    return f"{plural(len(verdicts), 'client')}: {', '.join(parts)}"


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


def _profile(profile: ProfileResult, *, p: int, found: Sequence[Cause], shared: Context) -> ProfileView:
    return ProfileView(
        card=_card(profile, p=p, severities=_severities(p, found), shared=shared),
        classes=_classes(profile.scenarios, p),
        digest=one_line(profile.digest, 80),
        sources=tuple(
            (one_line(key, 40), Link(one_line(source.title, 200), safe_url(source.url)), one_line(source.read, 20))
            for key, source in profile.sources.items()
        ),
        features=tuple(_feature(feature, profile, p=p, shared=shared) for feature in profile.all_features()),
        not_covered=tuple((one_line(gap.what, 300), one_line(gap.why, 600)) for gap in profile.not_covered),
    )


def _card(profile: ProfileResult, *, p: int, severities: list[Severity], shared: Context) -> Card:
    headline = one_line(profile.headline, 200)
    verdict = replace(words.VERDICTS[profile.verdict], word=headline[:1].upper() + headline[1:])
    has_breach = profile.verdict is Verdict.INCOMPATIBLE and Severity.BREACH in severities
    counts = profile.counts
    return Card(
        anchor=shared.anchors["profile", p],
        column=f"c{p}",
        id=one_line(profile.id, 80),
        title=one_line(profile.title, 200),
        client=one_line(profile.client, 120),
        version=one_line(profile.version, 40),
        summary=one_line(profile.summary, 600),
        verdict=verdict,
        meaning=words.MEANING_FOR_VENDOR[Severity.BREACH if has_breach else profile.verdict],
        why=one_line(profile.why, 600),
        causes=tuple(
            Count(mark, severities.count(severity), words.counted(mark, severities.count(severity)))
            for severity, mark in words.SEVERITIES.items()
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
    problems = [s for s in places if profile.scenarios[s].has_problem]
    others = [s for s in places if not profile.scenarios[s].has_problem]
    return FeatureView(
        anchor=shared.anchors.get(("feature", p, feature.id)),
        classes=_classes([profile.scenarios[s] for s in places], p),
        id=one_line(feature.id, 80),
        title=one_line(feature.title, 200),
        verdict=mark,
        note=_tally([profile.scenarios[s] for s in places], missing=missing) if is_proper and is_reached else "",
        problems=tuple(scenario_view(profile, p=p, s=s, shared=shared) for s in problems),
        others=tuple(scenario_view(profile, p=p, s=s, shared=shared) for s in others),
        others_note=_by_words([profile.scenarios[s] for s in others]),
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


def _by_words(scenarios: Sequence[ScenarioRecord]) -> str:
    marks = Counter(outcome_mark(scenario) for scenario in scenarios)
    return ", ".join(f"{number} {words.counted(mark, number)}" for mark, number in marks.items())


def _hits(profile: ProfileResult, p: int, feature: str) -> tuple[tuple[tuple[int, Severity | None], ...], bool]:
    scenarios = [profile.scenarios[s] for s in profile.places(feature)]
    return ((p, None), *((p, each.severity) for each in scenarios)), _is_failed(scenarios)


def _is_failed(scenarios: Iterable[ScenarioRecord]) -> bool:
    return any(scenario.outcome is Outcome.FAIL for scenario in scenarios)


def _classes(scenarios: Sequence[ScenarioRecord], p: int) -> str:
    """Return the classes of what holds these scenarios of one profile."""
    pairs = [(p, None), *((p, scenario.severity) for scenario in scenarios)]
    return filters.classes(pairs, is_failed=_is_failed(scenarios))


def _not_judged(document: Document, anchors: Anchors, order: Sequence[int]) -> tuple[Reason, ...]:
    kinds = [words.OUTCOMES[key] for key in (Outcome.ERROR, Outcome.SKIP, Verdict.NOT_APPLICABLE)]
    links: dict[tuple[int, str], dict[int, list[Link]]] = defaultdict(lambda: defaultdict(list))
    for p in order:
        for s, scenario in enumerate(document.profiles[p].scenarios):
            mark = outcome_mark(scenario)
            if mark in kinds:
                link = Link(one_line(scenario.id, 120), "#" + anchors["scenario", p, s])
                links[kinds.index(mark), one_line(scenario.reason, 600)][p].append(link)
    return tuple(
        Reason(
            kinds[number],
            text,
            tuple((one_line(document.profiles[p].id, 80), tuple(places)) for p, places in by_profile.items()),
        )
        for (number, text), by_profile in sorted(links.items(), key=lambda item: item[0][0])
    )
