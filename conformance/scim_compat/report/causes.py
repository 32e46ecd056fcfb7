"""The part "What to fix": one card a cause, with all that its reader needs to understand it and to fix it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from scim_compat.report import exchanges, filters, reproduce, scripts
from scim_compat.report.anchors import Anchors
from scim_compat.report.baseline import acceptance_note
from scim_compat.report.exchanges import Budget, ExchangeView
from scim_compat.report.findings import FailedCheck, failed_check, phrase, severity_mark
from scim_compat.report.scenarios import Context
from scim_compat.report.text import Link, citation, one_line, safe_url
from scim_compat.report.unified import Unified, changed_lines
from scim_compat.report.words import Mark
from scim_compat.results.causes import Cause, Hit
from scim_compat.results.document import Document, LocatedCheck, Place
from scim_compat.results.document.records import StepRecord

NAMED: Final = 3
"""Steps that a card links to for each consequence."""
LISTED: Final = 60
"""Scenarios that a card links to, and consequences that it names."""
BODY: Final = 16_000
"""Characters of a body that a card shows."""
BUDGET: Final = 1_200_000
"""Bytes of the page for the messages of the cards."""
SCRIPTS: Final = 400_000
"""Bytes of the page for scripts."""


@dataclass(frozen=True, slots=True)
class HitView:
    """Clients that see the same of a cause."""

    severity: Mark
    consequence: str
    source: Link | None
    clients: tuple[tuple[Link, int], ...]
    """Each with the number of its scenarios; the link leads to the first of them."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A step of the example, in full."""

    by: str
    title: str
    href: str
    exchange: ExchangeView


@dataclass(frozen=True, slots=True)
class RuleView:
    check: str
    anchor: str
    title: str
    """The rule as it should hold."""
    level: str
    cites: tuple[Link, ...]
    fix: str
    """Empty where the card has it already."""


@dataclass(frozen=True, slots=True)
class Consequence:
    """Findings of one kind in later steps, which follow from the cause."""

    phrase: str
    count: int
    places: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class CauseView:
    number: int
    anchor: str
    title: str
    severity: Mark
    classes: str
    accepted: str
    """``accepted: SCIM-117``; empty where the run's baseline accepts none of it."""
    clients: str
    """``okta``, or ``9 of 13 clients``."""
    scenarios: int
    hits: tuple[HitView, ...]
    trait: str
    request: Shown | None
    shown: Shown | None
    """The step that shows it, where that is another than ``request``."""
    example: FailedCheck
    changes: Unified | None
    consequences: tuple[Consequence, ...]
    consequences_count: int
    consequences_more: int
    rules: tuple[RuleView, ...]
    fixes: tuple[str, ...]
    places: tuple[tuple[str, tuple[Link, ...]], ...]
    """Profile → its scenarios in which the cause shows."""
    places_more: int
    replay: str
    script: str
    """The example for sh and curl; empty where it would make the page too large."""


def cause_views(document: Document, found: Sequence[Cause], *, shared: Context) -> tuple[CauseView, ...]:
    """Arrange the causes, numbered in their order."""
    budgets, named = (Budget(BUDGET), Budget(SCRIPTS)), set[str]()
    return tuple(
        _cause(cause, number=number, document=document, shared=shared, budgets=budgets, named=named)
        for number, cause in enumerate(found, 1)
    )


def _cause(
    cause: Cause, *, number: int, document: Document, shared: Context, budgets: tuple[Budget, Budget], named: set[str]
) -> CauseView:
    """``budgets``: of messages and of scripts. ``named``: rules that a card before this one has explained; it grows."""
    anchors, example = shared.anchors, cause.example
    scenarios = [(hit.profile, s) for hit in cause.hits for s in hit.scenarios]
    pairs = [(hit.profile, hit.severity) for hit in cause.hits]
    consequences = _consequences(cause.consequences, anchors)
    fixes = _fixes(cause)
    return CauseView(
        number=number,
        anchor=anchors["cause", number],
        title=one_line(cause.title, 300),
        severity=severity_mark(cause.severity),
        classes=filters.classes(pairs, is_failed=True, severity=cause.severity),
        accepted=acceptance_note(each.check for each in cause.failures),
        clients=_clients(document, cause.hits),
        scenarios=len(scenarios),
        hits=_hits(document, cause.hits, anchors),
        trait=one_line(cause.trait.sentence, 400) if cause.trait else "",
        request=_shown(document, cause.request, shared=shared, budget=budgets[0]),
        shown=_shown(document, cause.shown, shared=shared, budget=budgets[0]) if cause.shown != cause.request else None,
        example=failed_check(example.check, cause=Link(str(number), "#" + anchors["cause", number])),
        changes=_changes(document, cause),
        consequences=consequences[:LISTED],
        consequences_count=len(cause.consequences),
        consequences_more=sum(each.count for each in consequences[LISTED:]),
        rules=tuple(_rules(cause, fixes=fixes, anchors=anchors, named=named)),
        fixes=fixes,
        places=_places(document, scenarios[:LISTED], anchors),
        places_more=max(0, len(scenarios) - LISTED),
        replay=reproduce.replay(document, *example.place[:2]),
        script=_script(document, example.place, budgets[1]),
    )


def _clients(document: Document, hits: Sequence[Hit]) -> str:
    if len(hits) <= 2:
        return ", ".join(one_line(document.profiles[hit.profile].id, 60) for hit in hits)
    clients = len(document.profiles)
    return f"all {clients} clients" if len(hits) == clients else f"{len(hits)} of {clients} clients"


def _hits(document: Document, hits: Sequence[Hit], anchors: Anchors) -> tuple[HitView, ...]:
    """Merge clients that see the same; the worst first."""
    groups: dict[tuple[Mark, str, Link | None], list[tuple[Link, int]]] = defaultdict(list)
    for hit in hits:
        profile = document.profiles[hit.profile]
        source = profile.sources.get(hit.source)
        link = Link(one_line(source.title, 160), safe_url(source.url)) if source else None
        client = Link(
            one_line(profile.id, 80),
            "#" + anchors["scenario", hit.profile, hit.scenarios[0]],
            one_line(profile.title, 200),
        )
        groups[severity_mark(hit.severity), one_line(hit.consequence), link].append((client, len(hit.scenarios)))
    return tuple(HitView(*key, clients=tuple(clients)) for key, clients in groups.items())


def _script(document: Document, place: Place, budget: Budget) -> str:
    if budget.is_spent:
        return ""
    text = scripts.script(document, *place[:2])
    return text if budget.spend(exchanges.cost(text)) else ""


def _step(document: Document, place: Place) -> StepRecord:
    p, s, t = place
    return document.profiles[p].scenarios[s].steps[t]


def _shown(document: Document, place: Place, *, shared: Context, budget: Budget) -> Shown | None:
    step = _step(document, place)
    if step.exchange is None:
        return None
    detail = exchanges.messages(step.exchange, cap=BODY)
    fits = budget.spend(exchanges.detail_cost(detail))
    return Shown(
        by=step.kind,
        title=one_line(step.title, 300),
        href="#" + shared.anchors["step", *place],
        exchange=exchanges.view(step.exchange, base=shared.base, detail=detail if fits else None),
    )


def _changes(document: Document, cause: Cause) -> Unified | None:
    return changed_lines(_step(document, cause.before), _step(document, cause.shown)) if cause.before else None


def _fixes(cause: Cause) -> tuple[str, ...]:
    """Return how to fix the check that names the cause."""
    texts = (each.check.fix for each in cause.failures if each.check.id == cause.checks[0] and each.check.fix)
    return tuple(dict.fromkeys(one_line(text) for text in texts))


def _rules(cause: Cause, *, fixes: Sequence[str], anchors: Anchors, named: set[str]) -> Iterable[RuleView]:
    """Yield each rule that failed, the one that names the cause first."""
    first: dict[tuple[str, str], LocatedCheck] = {}
    for failure in cause.failures:
        first.setdefault((failure.check.id, failure.check.title), failure)
    for failure in sorted(first.values(), key=lambda one: cause.checks.index(one.check.id)):
        check = failure.check
        anchor = anchors["finding", check.id, check.title]
        fix = one_line(check.fix)
        yield RuleView(
            check=one_line(check.id, 120),
            anchor="" if anchor in named else anchor,
            title=one_line(check.title, 300),
            level=one_line(check.level, 20),
            cites=tuple(citation(token) for token in dict.fromkeys(check.cites)),
            fix="" if fix in fixes else fix,
        )
        named.add(anchor)


def _consequences(failures: Iterable[LocatedCheck], anchors: Anchors) -> tuple[Consequence, ...]:
    """Count what follows by its words, the most frequent first."""
    groups: dict[str, list[LocatedCheck]] = defaultdict(list)
    for failure in failures:
        groups[phrase(failure.check)].append(failure)
    ordered = sorted(groups.items(), key=lambda item: -len(item[1]))
    return tuple(
        Consequence(text, len(group), tuple(_place(each, anchors) for each in group[:NAMED])) for text, group in ordered
    )


def _place(failure: LocatedCheck, anchors: Anchors) -> Link:
    name = f"{one_line(failure.profile.id, 80)} {one_line(failure.scenario.id, 120)}"
    return Link(name, "#" + anchors["step", *failure.place])


def _places(
    document: Document, scenarios: Sequence[tuple[int, int]], anchors: Anchors
) -> tuple[tuple[str, tuple[Link, ...]], ...]:
    groups: dict[int, list[Link]] = defaultdict(list)
    for p, s in scenarios:
        name = one_line(document.profiles[p].scenarios[s].id, 120)
        groups[p].append(Link(name, "#" + anchors["scenario", p, s]))
    return tuple((one_line(document.profiles[p].id, 80), tuple(links)) for p, links in groups.items())
