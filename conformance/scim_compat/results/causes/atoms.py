"""Atoms: findings of one key and one form of request, before what belongs together is joined."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from scim_compat.results.causes.features import kind_of
from scim_compat.results.causes.keys import Key, Keys, Kind, status_key
from scim_compat.results.causes.roots import Evidence, Failure, top_name
from scim_compat.results.causes.traits import Separator, common_part, partition, separator
from scim_compat.results.document import Place
from scim_compat.values import Fault

_SPLIT: Final = frozenset({Kind.LOSS, Kind.ALTERATION, Kind.DAMAGE, Kind.MISSES, Kind.EXCESS})
"""Kinds that many checks report on, so that the requests tell the causes apart, not the checks."""
_LOOK_UPS: Final = frozenset({Kind.MISSES, Kind.EXCESS})
_SEVERAL: Final = 2
"""Statements from which on a shared feature is more than chance."""
_OFTEN: Final = 3
"""Losses of an attribute from which on "never" is a fair word."""
_RARELY: Final = 0.1
"""Reads that show an attribute, for each of its losses, up to which it counts as never kept."""
_MANY_TIMES: Final = 3
"""Failing look-ups for each that passes, from which on all have one cause."""
_NEARLY_NONE: Final = 0.1
"""Passing requests for each failing one below which nothing can tell them apart."""
_FEW_NAMES: Final = 3
"""Attributes up to which each is a cause of its own."""


@dataclass(slots=True)
class Atom:
    """Findings of one key. It grows while the findings are read, and while atoms are joined."""

    key: Key
    failures: list[Failure] = field(default_factory=list)
    separator: Separator | None = None

    @property
    def is_refusal(self) -> bool:
        return self.key.kind is Kind.REFUSAL

    @property
    def fault(self) -> Fault:
        return self.failures[0].found.check.fault

    @property
    def roots(self) -> set[Place]:
        return {failure.root for failure in self.failures}

    @property
    def checks(self) -> set[str]:
        return {failure.found.check.id for failure in self.failures}

    @property
    def names(self) -> Counter[str]:
        """Attributes in which something is wrong → how many findings are about them."""
        return Counter(name for failure in self.failures if (name := top_name(failure.found.check.where)))

    @property
    def blames_writes(self) -> bool:
        """True when what is wrong is the state behind a write, and not an answer."""
        return any(failure.found.check.fault.is_of_write for failure in self.failures)


def atoms(known: Evidence) -> list[Atom]:
    """Return the atoms in the order in which the run met them."""
    keys = Keys(known)
    found: dict[Key, Atom] = {}
    for failure in known.failures:
        key = keys.of(failure)
        found.setdefault(key, Atom(key)).failures.append(failure)
    return [part for atom in _with_shared_statements(found.values(), known) for part in _parts(atom, known)]


def passing_of(atom: Atom, known: Evidence) -> set[Place]:
    """Requests of the same kind that pass. One that may be refused, and was for the same reason, is none."""
    places = known.passing(atom.checks) - atom.roots
    return {place for place in places if not (atom.is_refusal and status_key(known.step(place)) == atom.key)}


# --- the statements of profiles ------------------------------------------------------------------


def _with_shared_statements(found: Iterable[Atom], known: Evidence) -> Iterator[Atom]:
    """Join statements that fail for the requests with one feature, and pass for nearly all others."""
    groups: dict[str, list[Atom]] = defaultdict(list)
    for atom in found:
        if _is_statement(atom):
            groups[atom.key.words[0]].append(atom)
        else:
            yield atom
    for check, alike in groups.items():
        yield from _joined_statements(check, alike, known)


def _is_statement(atom: Atom) -> bool:
    return atom.key.kind is Kind.RULE and atom.fault is Fault.ASSERTION


def _joined_statements(check: str, alike: list[Atom], known: Evidence) -> Iterator[Atom]:
    failures = [failure for atom in alike for failure in atom.failures]
    failing = {failure.root for failure in failures}
    shared = common_part(sorted(failing), sorted(known.passing([check]) - failing), known.features)
    taken = set(shared[1]) if shared else set()
    if shared is None or sum(bool(atom.roots & taken) for atom in alike) < _SEVERAL:
        yield from alike
        return
    yield _part(Key(Kind.RULE, (check,)), failures, shared)
    for atom in alike:
        if rest := [failure for failure in atom.failures if failure.root not in taken]:
            yield Atom(atom.key, rest)


# --- parts ---------------------------------------------------------------------------------------


def _parts(atom: Atom, known: Evidence) -> Iterable[Atom]:
    """Split an atom of many checks by the requests, or else by what was lost."""
    if _is_statement(atom):
        return [atom]  # it passes and fails for other reasons at each request
    never, rest = _never_kept(atom, known) if atom.key.kind is Kind.LOSS else ([], atom)
    return [*never, *_by_requests(rest, known)]


def _never_kept(atom: Atom, known: Evidence) -> tuple[list[Atom], Atom]:
    """Take out the losses of attributes that hardly any read shows: one cause, whatever the requests."""
    lost, shown = atom.names, known.states.shown
    never = {name for name, number in lost.items() if number >= _OFTEN and shown[name] <= _RARELY * number}
    if not never or not lost.keys() - never:
        return [], atom
    mine = [failure for failure in atom.failures if top_name(failure.found.check.where) in never]
    rest = [failure for failure in atom.failures if top_name(failure.found.check.where) not in never]
    return [Atom(Key(Kind.NEVER_KEPT, tuple(sorted(never))), mine)], Atom(atom.key, rest)


def _by_requests(atom: Atom, known: Evidence) -> Iterable[Atom]:
    failing, passing = sorted(atom.roots), sorted(passing_of(atom, known))
    atom.separator = separator(failing, passing, known.lost(atom.failures))
    if atom.key.kind not in _SPLIT or atom.separator is not None or _is_inseparable(atom, len(failing), len(passing)):
        return [atom]
    if parts := partition(failing, passing, known.lost(atom.failures)):
        return _with_rest(atom, [_part(atom.key, atom.failures, part) for part in parts])
    return [atom] if atom.key.kind in _LOOK_UPS else _by_subject(atom, known)


def _is_inseparable(atom: Atom, failing: int, passing: int) -> bool:
    """True when too few requests pass to tell groups apart, or one check is all that fails."""
    is_most = atom.key.kind in _LOOK_UPS and passing * _MANY_TIMES <= failing
    return is_most or len(atom.checks) == 1 or passing <= _NEARLY_NONE * failing


def _part(key: Key, failures: Sequence[Failure], part: tuple[Separator, list[Place]]) -> Atom:
    apart, places = part[0], set(part[1])
    words = tuple(word for feature in apart.features for word in feature)
    mine = [failure for failure in failures if failure.root in places]
    return Atom(replace(key, words=key.words + words), mine, apart)


def _with_rest(atom: Atom, parts: list[Atom]) -> list[Atom]:
    """Put the rest to the part of the same check; a check of which no part has failures is an atom of its own."""
    taken = {id(failure) for part in parts for failure in part.failures}
    strays: dict[str, Atom] = {}
    for failure in atom.failures:
        if id(failure) not in taken:
            check = failure.found.check.id
            home = next((part for part in parts if check in part.checks), None)
            home = home or strays.setdefault(check, Atom(replace(atom.key, words=(check,))))
            home.failures.append(failure)
    return [*parts, *strays.values()]


def _by_subject(atom: Atom, known: Evidence) -> Iterator[Atom]:
    """Split losses by the attribute, if there are few of them, and everything else by the kind of resource."""
    is_few = atom.key.kind is Kind.LOSS and len(atom.names) <= _FEW_NAMES
    groups: dict[str, list[Failure]] = defaultdict(list)
    for failure in atom.failures:
        exchange = known.step(failure.root).exchange
        kind = kind_of(exchange.request.url) if exchange else ""
        groups[top_name(failure.found.check.where) if is_few else kind].append(failure)
    for home, failures in groups.items():
        one = Atom(replace(atom.key, words=(home,)), failures)
        one.separator = separator(sorted(one.roots), sorted(passing_of(one, known)), known.lost(failures))
        yield one
