"""Puts groups that only ever follow from another one under it.

This is read off the run itself, with a proof to the contrary: a rule that also passes after the supposed cause has a
cause of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from scim_compat.results.causes.joining import Group
from scim_compat.results.causes.roots import Evidence, Failure, is_write
from scim_compat.results.document import Place
from scim_compat.values import Fault

_MOST: Final = 0.5
"""Share of the judgements after a cause that fail, from which on they follow from it."""
_A_THIRD: Final = 0.3
"""Share of a cause's findings in the attributes of a statement, from which on it says the same."""
_FEW: Final = 0.15
"""Share of the requests with a trait that may pass where the trait is to explain others."""
_BY_TRAIT: Final = 0.9
"""Below what is read off the order of the requests, above chance."""
_ERROR: Final = 400
_CONFLICT: Final = "409"


def with_consequences(groups: list[Group], known: Evidence) -> list[Group]:
    """Put each group that only ever follows another one under it."""
    roots = list(groups)
    for group in sorted(groups, key=lambda each: len(each.failures)):
        others = [other for other in roots if other is not group]
        source = max(others, key=lambda other: _follows(group, other, known), default=None)
        if source is not None and _follows(group, source, known) > 0 and not _follows(source, group, known):
            source.consequences += [*group.atoms, *group.consequences]
            roots.remove(group)
    return roots


def _follows(group: Group, source: Group, known: Evidence) -> float:
    """How far the group follows from the other: 0 where it does not, up to 1."""
    if (
        _is_look_up_for(group, source, known)
        or _is_said_elsewhere(group, source, known)
        or _is_part_of_loss(group, source)
    ):
        return 1
    if _has_trait_of(group, source, known):
        return _BY_TRAIT
    first = _first(source)
    total = len(group.failures)
    if _fault(source) is Fault.ANSWER and not source.is_refusal and not _may_explain(source, group, first, known):
        return 0
    if _fault(group) is Fault.LOSS and _fault(source) is Fault.DAMAGE and len(source.failures) >= total:
        # A write that damages the resource also destroys what was written before it.
        return float(all(_is_hit(f, source) or _is_overwritten(f, source, known) for f in group.failures))
    if not all(_is_later(failure.place, first) for failure in group.failures):
        return 0
    contrary = sum(_is_later(place, first) for place in _passed(group, known))
    share = total / (total + contrary)
    return share if share >= _MOST else 0


def _may_explain(source: Group, group: Group, first: dict[tuple[int, int], int], known: Evidence) -> bool:
    """False for a fault of answers that shows nearly everywhere, or hurts less than what it should explain."""
    scenarios = sum(len(profile.scenarios) for profile in known.document.profiles)
    return len(first) <= _MOST * scenarios and _rank(source) >= _rank(group)


def _rank(group: Group) -> int:
    return max((f.found.check.severity.rank for f in group.failures if f.found.check.severity), default=0)


def _fault(group: Group) -> Fault:
    return group.atoms[0].fault


def _is_hit(failure: Failure, source: Group) -> bool:
    """True when the source has damaged the same resource in the same scenario by then."""
    p, s, t = failure.place
    subject = failure.found.scenario.steps[t].subject
    return any(
        other.place[:2] == (p, s)
        and other.place[2] <= t
        and other.found.scenario.steps[other.place[2]].subject == subject
        for other in source.failures
    )


def _is_overwritten(failure: Failure, source: Group, known: Evidence) -> bool:
    """True when a write of the form that damages came between the write that is lost and its read-back."""
    apart = source.atoms[0].separator
    p, s, t = failure.place
    steps = failure.found.scenario.steps
    return apart is not None and any(
        is_write(steps[u]) and steps[u].subject == steps[t].subject and apart.is_met_by(known.features((p, s, u)))
        for u in range(failure.root[2] + 1, t)
    )


def _is_look_up_for(group: Group, source: Group, known: Evidence) -> bool:
    """True when the group's requests look for values that every creation loses, or that were lost just before."""
    if _fault(group) is not Fault.HITS or _fault(source) is not Fault.LOSS:
        return False
    creations = [step.exchange for root in source.atoms[0].roots if (step := known.step(root)).exchange]
    first = _first(source)
    is_any = all(exchange and exchange.request.method == "POST" for exchange in creations)
    if not is_any and not all(_is_later(failure.place, first) for failure in group.failures):
        return False
    names = source.atoms[0].names
    return all(
        any(feature.family == "filter-attribute" and feature.value.lower().partition(".")[0] in names
            for feature in known.features(failure.root))
        for failure in group.failures
    )  # fmt: skip


def _has_trait_of(group: Group, source: Group, known: Evidence) -> bool:
    """True when a profile's own statement, or a conflict, is about requests with the trait of lost writes."""
    atom, main = group.atoms[0], source.atoms[0]
    apart = main.separator
    is_conflict = atom.is_refusal and atom.key.words[0] == _CONFLICT
    if apart is None or apart.is_choice or main.fault is not Fault.LOSS or main.is_refusal:
        return False
    if apart.passing > _FEW * len(main.roots) or not (is_conflict or atom.fault is Fault.ASSERTION):
        return False
    return all(apart.is_met_by(known.features(root)) for root in atom.roots)


def _is_part_of_loss(group: Group, source: Group) -> bool:
    """True when answers are malformed in attributes that are lost at the same time."""
    if _fault(group) is not Fault.ANSWER or _fault(source) is not Fault.LOSS:
        return False
    names, others = group.atoms[0].names, source.atoms[0].names
    if not names or names.keys() - others.keys():
        return False
    hit = {failure.place[:2] for failure in source.failures}
    return sum(failure.place[:2] in hit for failure in group.failures) >= _MOST * len(group.failures)


def _is_said_elsewhere(group: Group, source: Group, known: Evidence) -> bool:
    """True when a profile's own statements fail for attributes that other findings of the run are about."""
    if _fault(group) is not Fault.ASSERTION or _fault(source) is Fault.ASSERTION:
        return False
    if _is_empty_error(group, known) and _is_empty_error(source, known):
        return True
    names, others = group.atoms[0].names, source.atoms[0].names
    return bool(names) and sum(others[name] for name in names) >= _A_THIRD * others.total() > 0


def _is_empty_error(group: Group, known: Evidence) -> bool:
    """True when all findings are about refusals that came without a body."""
    answers = [exchange.response for f in group.failures if (exchange := known.step(f.place).exchange)]
    return bool(answers) and all(
        answer is not None and answer.status >= _ERROR and not answer.body for answer in answers
    )


def _first(source: Group) -> dict[tuple[int, int], int]:
    """Scenario → the first step at which the source fails, or is to blame."""
    first: dict[tuple[int, int], int] = {}
    for failure in source.failures:
        p, s, t = min(failure.root, failure.place)
        first[p, s] = min(first.get((p, s), t), t)
    return first


def _is_later(place: Place, first: dict[tuple[int, int], int]) -> bool:
    p, s, t = place
    return (p, s) in first and t > first[p, s]


def _passed(group: Group, known: Evidence) -> Iterator[Place]:
    for atom in group.atoms:
        for check in atom.checks:
            yield from known.passes.get(check, ())
