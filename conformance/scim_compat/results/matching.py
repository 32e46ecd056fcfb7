"""Finds the causes of two runs that are one.

Findings decide, because they stay where they are when a run divides its causes in another way. Causes that share none,
since the runs played other scenarios, are one where the same form of request gets the same words of the server.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from scim_compat.results.causes import Cause
from scim_compat.results.causes.features import kind_of
from scim_compat.results.causes.wordings import form, is_telling, words
from scim_compat.results.document import Document
from scim_compat.results.occurrences import Occurrence, occurrence

_HALF: Final = 0.5

Form = tuple[str, str, str, str, str]
"""Main check, method, collection, status, and the words of the answer without ids, names and numbers."""


@dataclass(frozen=True, slots=True)
class Known:
    """A cause by what stays the same from run to run."""

    cause: Cause
    own: frozenset[Occurrence]
    every: frozenset[Occurrence]
    """Its own and those of its consequences."""
    form: Form | None
    """None where the words of the server tell nothing."""

    @classmethod
    def of(cls, cause: Cause, document: Document) -> Self:
        own = frozenset(occurrence(failure) for failure in cause.failures)
        more = frozenset(occurrence(failure) for failure in cause.consequences)
        return cls(cause, own, own | more, _form(cause, document))


@dataclass(frozen=True, slots=True)
class Family:
    """Causes that are one. One of the two sides may be empty."""

    old: tuple[Known, ...]
    new: tuple[Known, ...]


def families(olds: Sequence[Known], news: Sequence[Known]) -> list[Family]:
    """Sort the causes of both runs into families, each cause into one."""
    was = frozenset(one for known in olds for one in known.every)
    is_ = frozenset(one for known in news for one in known.every)
    homes = [(home, number) for number, new in enumerate(news) if (home := _home(new, olds, was)) is not None]
    homed = {old for old, _ in homes}
    # An older cause that no newer one goes back to may have become a part of a newer one.
    for number, old in enumerate(olds):
        if number not in homed and (part := _home(old, news, is_)) is not None:
            homes.append((number, part))
    return _joined(homes, olds, news)


def _home(one: Known, others: Sequence[Known], failing: frozenset[Occurrence]) -> int | None:
    """The number of the cause of the other run that it is one with.

    ``failing``: everything that fails in the other run. Where it holds all of the cause, nothing is new in it.
    """
    shared = [len(one.own & other.every) for other in others]
    best = max(
        range(len(others)),
        key=lambda n: (shared[n], _is_same_form(one, others[n]), others[n].cause.anchor == one.cause.anchor),
        default=None,
    )
    if best is None:
        return None
    if shared[best] and (shared[best] >= _HALF * len(one.own) or one.own <= failing):
        return best
    if shared[best] and one.cause.checks[0] == others[best].cause.checks[0]:
        is_grown = len(others[best].own & one.every) >= _HALF * len(others[best].own)
        return best if is_grown else None
    return next((n for n, other in enumerate(others) if _is_same_form(one, other)), None)


def _is_same_form(one: Known, other: Known) -> bool:
    return one.form is not None and one.form == other.form


def _form(cause: Cause, document: Document) -> Form | None:
    p, s, t = cause.request
    exchange = document.profiles[p].scenarios[s].steps[t].exchange
    response = exchange.response if exchange else None
    said = words(response)
    if exchange is None or response is None or not is_telling(said):
        return None
    request = exchange.request
    return cause.checks[0], request.method, kind_of(request.url), str(response.status), form(said)


def _joined(homes: list[tuple[int, int]], olds: Sequence[Known], news: Sequence[Known]) -> list[Family]:
    """Join causes that are linked, over any number of links."""
    members = {("old", n): n for n in range(len(olds))} | {("new", n): len(olds) + n for n in range(len(news))}
    for old, new in homes:
        here, there = members["old", old], members["new", new]
        members = {key: here if group == there else group for key, group in members.items()}
    found = []
    for group in sorted(set(members.values())):
        own = [key for key, number in members.items() if number == group]
        found.append(
            Family(
                old=tuple(olds[n] for side, n in own if side == "old"),
                new=tuple(news[n] for side, n in own if side == "new"),
            )
        )
    return found
