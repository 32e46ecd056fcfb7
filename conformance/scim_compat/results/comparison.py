"""Two runs compared: what is new, fixed, still there, or no longer tested. A pure function of both documents."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from scim_compat.results.causes import Cause, causes
from scim_compat.results.circumstances import Circumstance, circumstances
from scim_compat.results.document import Document
from scim_compat.results.losses import Loss, losses
from scim_compat.results.matching import Known, families
from scim_compat.results.occurrences import Occurrence, Run, Sight, run, severities, sight
from scim_compat.values import Severity, worst


class ChangeKind(enum.StrEnum):
    """What became of a cause."""

    NEW = "new"
    """The older run tested it and it passed there."""
    FIRST_TESTED = "first-tested"
    """New, but the older run did not test it."""
    STILL = "still"
    UNTESTED = "no-longer-tested"
    """The newer run does not show whether it is fixed."""
    FIXED = "fixed"


class Trend(enum.StrEnum):
    """The way that a cause which is still there has gone."""

    WORSE = "worse"
    SAME = "same"
    MILDER = "milder"


@dataclass(frozen=True, slots=True)
class Change:
    """A cause over both runs. A cause that one of them divides stands here once, with all its parts."""

    kind: ChangeKind
    trend: Trend
    """SAME unless it is still there."""
    old: tuple[Cause, ...]
    new: tuple[Cause, ...]
    added: tuple[Occurrence, ...]
    """Fail now, and passed before."""
    first: tuple[Occurrence, ...]
    """Fail now, and were not tested before."""
    raised: tuple[Occurrence, ...]
    """Failed before, with a milder severity."""
    gone: tuple[Occurrence, ...]
    """Failed before, and pass now."""
    untested: tuple[Occurrence, ...]
    """Failed before, and are not tested now."""
    severity: Severity
    """The worst: of the newer run, if it is there, else of the older one."""
    open: Severity | None
    """The worst that is new and that no baseline accepts; None: nothing is."""

    @property
    def main(self) -> Cause:
        """The cause that names it."""
        return (self.new or self.old)[0]


@dataclass(frozen=True, slots=True)
class VerdictPair:
    """The verdict on a client in both runs; empty where a run did not play it."""

    profile: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Comparison:
    old: Document
    new: Document
    circumstances: tuple[Circumstance, ...]
    """Differences between the runs that lie outside of the endpoint."""
    verdicts: tuple[VerdictPair, ...]
    changes: tuple[Change, ...]
    """By kind, the worst first."""
    losses: tuple[Loss, ...]
    """Scenarios that the older run tested and the newer one did not."""

    def of_kind(self, kind: ChangeKind) -> tuple[Change, ...]:
        return tuple(change for change in self.changes if change.kind is kind)

    @property
    def worst_open(self) -> Severity | None:
        """The worst severity of anything that is new and that no baseline accepts."""
        return worst(change.open for change in self.changes if change.open)


def compare(old: Document, new: Document) -> Comparison:
    """Compare two runs by their findings, so that other seeds, ids and ways to divide causes make no difference."""
    before, after = run(old), run(new)
    olds, news = [Known.of(cause, old) for cause in causes(old)], [Known.of(cause, new) for cause in causes(new)]
    accepted = severities(each for each in new.failed_checks() if not each.check.accepted)
    changes = [_change(family.old, family.new, before, after, accepted) for family in families(olds, news)]
    kinds = list(ChangeKind)
    return Comparison(
        old=old,
        new=new,
        circumstances=circumstances(old, new),
        verdicts=_verdicts(old, new),
        changes=tuple(sorted(changes, key=lambda one: (kinds.index(one.kind), -one.severity.rank, one.main.title))),
        losses=losses(before, after),
    )


def _change(
    olds: tuple[Known, ...], news: tuple[Known, ...], before: Run, after: Run, unaccepted: Mapping[Occurrence, Severity]
) -> Change:
    was, now = _findings(olds), _findings(news)
    fresh = {one: sight(before, one, after.steps[one]) for one in now}
    left = {one: sight(after, one, before.steps[one]) for one in was}
    added, first = _seen(fresh, Sight.PASSES), _seen(fresh, Sight.UNTESTED)
    raised = tuple(sorted(one for one in now if one in before.failing and now[one].rank > before.failing[one].rank))
    lowered = any(one in after.failing and after.failing[one].rank < was[one].rank for one in was)
    gone, untested = _seen(left, Sight.PASSES), _seen(left, Sight.UNTESTED)
    kind, trend = ChangeKind.STILL, Trend.SAME
    if not olds:
        kind = ChangeKind.NEW if added else ChangeKind.FIRST_TESTED
    elif not news:
        kind = ChangeKind.UNTESTED if untested else ChangeKind.FIXED
    elif added or first or raised:
        trend = Trend.WORSE
    elif gone or lowered:
        trend = Trend.MILDER
    return Change(
        kind=kind,
        trend=trend,
        old=tuple(known.cause for known in olds),
        new=tuple(known.cause for known in news),
        added=added,
        first=first,
        raised=raised,
        gone=gone,
        untested=untested,
        severity=worst(known.cause.severity for known in news or olds) or Severity.COSMETIC,
        open=worst(unaccepted[one] for one in (*added, *first, *raised) if one in unaccepted),
    )


def _findings(members: Iterable[Known]) -> dict[Occurrence, Severity]:
    """All findings of the causes, with their worst severity."""
    return severities(each for one in members for each in (*one.cause.failures, *one.cause.consequences))


def _seen(sights: Mapping[Occurrence, Sight], wanted: Sight) -> tuple[Occurrence, ...]:
    return tuple(sorted(one for one, found in sights.items() if found is wanted))


def _verdicts(old: Document, new: Document) -> tuple[VerdictPair, ...]:
    before, after = ({one.id: one.headline for one in document.profiles} for document in (old, new))
    return tuple(VerdictPair(one, before.get(one, ""), after.get(one, "")) for one in dict.fromkeys([*before, *after]))
