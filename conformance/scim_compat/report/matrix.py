"""The features of all profiles side by side: shared ones by family, and those of one profile alone."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from scim_compat.report import filters, words
from scim_compat.report.text import one_line
from scim_compat.report.words import Mark
from scim_compat.results.document import Document
from scim_compat.values import Severity, Verdict

FEW: Final = 3
"""Profiles up to which every feature has a row, and every cell its words."""
_OTHERS: Final = "Others"


@dataclass(frozen=True, slots=True)
class Cell:
    mark: Mark
    note: str
    href: str
    column: str
    """Class of its column."""


@dataclass(frozen=True, slots=True)
class Row:
    title: str
    id: str
    classes: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Family:
    """Features about the same thing."""

    title: str
    """Empty where there is one family only."""
    classes: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class OwnFeatures:
    """Features that no other profile has."""

    profile: str
    classes: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    families: tuple[Family, ...]
    own: tuple[OwnFeatures, ...]

    @property
    def own_count(self) -> int:
        return sum(len(each.rows) for each in self.own)


@dataclass(frozen=True, slots=True)
class FeatureFacts:
    """A feature of one profile, as the matrix shows it."""

    mark: Mark
    note: str
    href: str
    pairs: tuple[tuple[int, Severity | None], ...]
    is_failed: bool


Facts = Mapping[tuple[int, str], FeatureFacts]
"""Index of the profile and id of the feature → what is known of it."""


def matrix(document: Document, facts: Facts, *, order: Sequence[int], homes: Mapping[int, str]) -> Matrix:
    """Arrange the features. ``order``: indexes of the profiles; ``homes``: where each profile stands on the page.

    A row that applies to no profile is left out.
    """
    titles: dict[str, str] = {}
    for p in order:
        for feature in document.profiles[p].features:
            titles.setdefault(feature.id, one_line(feature.title, 200))
    applying = {
        name: [p for p in order if (p, name) in facts and facts[p, name].mark.key != Verdict.NOT_APPLICABLE]
        for name in titles
    }
    names = [name for name in titles if applying[name]]
    if len(order) <= FEW:
        rows = [_row(name, titles[name], facts, order=order, homes=homes) for name in names]
        return Matrix((_family("", rows, facts),) if rows else (), ())
    owners = {name: [p for p in order if (p, name) in facts] for name in names}
    shared = {
        name: _row(name, titles[name], facts, order=order, homes=homes) for name in names if len(owners[name]) > 1
    }
    own: dict[int, list[str]] = {p: [name for name in names if owners[name] == [p]] for p in order}
    grouped = families({name: len(owners[name]) for name in shared})
    return Matrix(
        tuple(_family(title, [shared[name] for name in group], facts) for title, group in grouped),
        tuple(
            OwnFeatures(
                profile=one_line(document.profiles[p].title, 200),
                classes=_classes([facts[p, name] for name in group]),
                rows=tuple(_row(name, titles[name], facts, order=[p], homes=homes) for name in group),
            )
            for p, group in own.items()
            if group
        ),
    )


def families(names: Mapping[str, int]) -> list[tuple[str, list[str]]]:
    """Group features by the word that their ids share with most others; those that share none come last.

    ``names``: id of a feature → number of the profiles that have it, which decides about the order of the families.

    >>> families({"create-users": 9, "find-users": 3, "groups": 8, "group-members": 5, "import": 5})
    [('Groups', ['groups', 'group-members']), ('Users', ['create-users', 'find-users']), ('Others', ['import'])]
    """
    spelled: dict[str, list[str]] = defaultdict(list)
    for name in names:
        for stem, word in _words(name).items():
            spelled[stem].append(word)
    groups: dict[str, list[str]] = defaultdict(list)
    for name in names:
        stem = max(_words(name), key=lambda one: len(spelled[one]))
        groups[stem if len(spelled[stem]) > 1 else ""].append(name)
    ordered = sorted(groups, key=lambda stem: (not stem, -sum(names[name] for name in groups[stem])))
    return [(max(spelled[stem], key=len).capitalize() if stem else _OTHERS, groups[stem]) for stem in ordered]


def _words(name: str) -> dict[str, str]:
    """Return the words of an id, by their form without the plural's s."""
    return {word.removesuffix("s"): word for word in re.split(r"[-._]", name)}


def _row(name: str, title: str, facts: Facts, *, order: Sequence[int], homes: Mapping[int, str]) -> Row:
    there = [facts[p, name] for p in order if (p, name) in facts]
    return Row(title, name, _classes(there), tuple(_cell(facts.get((p, name)), p=p, home=homes[p]) for p in order))


def _cell(known: FeatureFacts | None, *, p: int, home: str) -> Cell:
    if known is None:
        return Cell(words.VERDICTS[words.ABSENT], "", f"#{home}", f"c{p}")
    return Cell(known.mark, known.note, known.href, f"c{p}")


def _family(title: str, rows: Sequence[Row], facts: Facts) -> Family:
    listed = {row.id for row in rows}
    return Family(title, _classes([each for (_, name), each in facts.items() if name in listed]), tuple(rows))


def _classes(known: Iterable[FeatureFacts]) -> str:
    every = list(known)
    return filters.classes([pair for each in every for pair in each.pairs], is_failed=any(e.is_failed for e in every))
