"""Joins atoms that fail for the same requests.

A rule that also passes where the supposed cause is there has a cause of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from scim_compat.results.causes.atoms import Atom
from scim_compat.results.causes.roots import Evidence, Failure
from scim_compat.results.document import Place
from scim_compat.values import MISSING, Fault

_NEARLY_ALL: Final = 0.8
"""Share of the requests of the smaller of two that both fail for, if they are one."""
_MOST: Final = 0.5
"""The same of the requests of both, for the form of an answer and a state."""
_ALL_BUT: Final = 0.95
"""The same for answers that lack several things."""
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
    """Return the groups: refusals first, then those of the most requests."""
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
