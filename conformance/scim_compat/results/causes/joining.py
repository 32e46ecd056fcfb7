"""Joins atoms that have one cause: those that fail for the same requests, and those that only follow from another.

Both are read off the run itself, with a proof to the contrary: a rule that also passes where the supposed cause is
there has a cause of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from scim_compat.results.causes.atoms import Atom
from scim_compat.results.causes.roots import Evidence, Failure
from scim_compat.results.document import Place
from scim_compat.values import MISSING, Fault

_NEARLY_ALL: Final = 0.8
_MOST: Final = 0.5
_ALL_BUT: Final = 0.95
_ERROR: Final = 400
_A_THIRD: Final = 0.3
_ABSENT: Final = (MISSING, None, "(absent)")


@dataclass(slots=True)
class Group:
    """One cause in the making: atoms that fail for the same requests, and the atoms that follow from them."""

    atoms: list[Atom]
    consequences: list[Atom] = field(default_factory=list)

    @property
    def failures(self) -> list[Failure]:
        return [failure for atom in self.atoms for failure in atom.failures]

    @property
    def is_refusal(self) -> bool:
        return any(atom.is_refusal for atom in self.atoms)


def joined(atoms: list[Atom], known: Evidence) -> list[Group]:
    """Return the groups, in the order in which their first finding was met."""
    return _with_consequences(_same_requests(atoms, known), known)


# --- the same requests ---------------------------------------------------------------------------


def _same_requests(atoms: list[Atom], known: Evidence) -> list[Group]:
    groups = [Group([atom]) for atom in sorted(atoms, key=lambda atom: (not atom.is_refusal, -len(atom.roots)))]
    merged: list[Group] = []
    for group in groups:
        home = next((other for other in merged if _is_one(other, group, known)), None)
        if home is None:
            merged.append(group)
        else:
            home.atoms += group.atoms
    return merged


def _is_one(home: Group, other: Group, known: Evidence) -> bool:
    return any(_coincide(one, two, known) for one in home.atoms for two in other.atoms)


def _coincide(one: Atom, two: Atom, known: Evidence) -> bool:
    """True when the two fail for the same requests, and neither passes much where the other fails."""
    if not _is_related(one, two):
        return False
    common = one.roots & two.roots
    if not common:
        return False
    small, large = sorted((one, two), key=lambda atom: len(atom.roots))
    if len(common) < _NEARLY_ALL * len(small.roots):
        return False
    if one.blames_writes is not two.blames_writes and not (one.is_refusal or two.is_refusal):
        return len(common) >= _MOST * len(one.roots | two.roots)  # an answer's form and a state: alike to a hair
    if small.fault is Fault.ASSERTION:
        return True  # passes of other assertions prove nothing to the contrary
    passes = sum(_passes(small, root, known) for root in large.roots)
    return passes <= len(small.roots & large.roots)


def _passes(atom: Atom, root: Place, known: Evidence) -> bool:
    return root not in atom.roots and any(root in known.passes.get(check, ()) for check in atom.checks)


def _is_related(one: Atom, two: Atom) -> bool:
    """True when the two can have one cause: a state that is wrong, or places in the answer that hang together."""
    if one.blames_writes and two.blames_writes:
        return True
    if one.is_refusal or two.is_refusal:
        other = two if one.is_refusal else one
        return other.is_refusal or other.blames_writes or _is_about_status(other)
    if {one.fault, two.fault} == {Fault.HITS, Fault.ASSERTION}:
        return True
    if Fault.HITS in {one.fault, two.fault} and one.fault is not two.fault:
        return bool(_places(one) & _places(two) - {""})
    if _coincide_exactly(one, two) and _is_all_absent(one) and _is_all_absent(two):
        return True
    return any(_hang_together(a, b) for a in _places(one) for b in _places(two))


def _places(atom: Atom) -> set[str]:
    """The places of the findings in a resource or list, wherever in a list they stand."""
    return {_plain(failure.found.check.where) for failure in atom.failures}


def _is_about_status(atom: Atom) -> bool:
    """False for the form of an error's body: it is wrong whatever was refused."""
    return all(failure.found.check.where == "status" for failure in atom.failures)


def _coincide_exactly(one: Atom, two: Atom) -> bool:
    return len(one.roots & two.roots) >= _ALL_BUT * len(one.roots | two.roots)


def _is_all_absent(atom: Atom) -> bool:
    """True when nothing stood at the places in question: then the answer may lack them all for one reason."""
    return all(f.found.check.actual in _ABSENT for f in atom.failures)


def _hang_together(one: str, two: str) -> bool:
    short, long = sorted((one, two), key=len)
    return short == long or not short or long.startswith(short + "/")


def _plain(where: str) -> str:
    """A place in a resource, wherever in a list the resource stands."""
    parts = [part for part in where.split("/") if part and not part.isdigit() and part != "Resources"]
    return "/".join(parts).lower()


# --- consequences --------------------------------------------------------------------------------


def _with_consequences(groups: list[Group], known: Evidence) -> list[Group]:
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
    first = _first(source)
    total = len(group.failures)
    if _fault(source) is Fault.ANSWER and not source.is_refusal and not _may_explain(source, group, first, known):
        return 0
    if _fault(group) is Fault.LOSS and _fault(source) is Fault.DAMAGE and len(source.failures) >= total:
        # A write that damages the resource also destroys what was written before it.
        return float(all(_is_hit(failure, source) for failure in group.failures))
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
    return all(answer is not None and answer.status >= _ERROR and not answer.body for answer in answers)


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
