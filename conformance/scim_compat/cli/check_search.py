"""Finds checks by words of their ids, sentences and remedies."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from scim_compat.checks.registry import Check
from scim_compat.values import Level

Place = Literal["id", "failure", "title", "why", "fix"]

_WEIGHTS: Final[Mapping[Place, int]] = {"id": 8, "failure": 6, "title": 5, "fix": 2, "why": 2}
"""A word in a name says more than one in a remedy."""
_EXACT: Final = 2
"""Times that a whole word counts for the beginning of one."""
_NAMED: Final = 20
"""Added for a check all of whose id was asked for: user.disabled before user.disabled-found-by-id."""
_ENDINGS: Final = re.compile(r"(?<=\w{4})(?:s|es|ed|ing)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One check that holds the words, as ``--json`` prints it."""

    id: str
    title: str
    failure: str
    level: Level
    score: int
    places: tuple[Place, ...]
    """The parts that hold them, the weightiest first."""


def search(words: Iterable[str], checks: Iterable[Check]) -> tuple[Hit, ...]:
    """Return the checks that hold the most of the words, the best first. Case and the endings of words do not count.

    A word with a dot is an id, perhaps misspelled: then none of its parts may be missing.
    """
    texts = tuple(words)
    wanted = list(dict.fromkeys(word for text in texts for word in _tokens(text)))
    scored = [(*_score(wanted, rule), rule) for rule in checks]
    is_id = any("." in text.strip(".") for text in texts)
    most = len(wanted) if is_id else max((number for number, _, _, _ in scored), default=0)
    hits = (
        Hit(id=rule.id, title=rule.title, failure=rule.failure, level=rule.level, score=score, places=places)
        for number, score, places, rule in scored
        if number and number == most
    )
    return tuple(sorted(hits, key=lambda hit: (-hit.score, hit.id)))


def _score(wanted: Sequence[str], rule: Check) -> tuple[int, int, tuple[Place, ...]]:
    """(how many of the words it holds, their weight, the parts that hold them)."""
    parts: dict[Place, str] = {
        "id": rule.id,
        "failure": rule.failure,
        "title": rule.title,
        "why": rule.why,
        "fix": f"{rule.fix} {rule.fix_1_1}",
    }
    tokens = {place: _tokens(text) for place, text in parts.items()}
    held, places = 0, set[Place]()
    is_named = bool(wanted) and all(any(_fit(word, [part]) == _EXACT for word in wanted) for part in tokens["id"])
    score = _NAMED if is_named else 0
    for word in wanted:
        weights = {place: _WEIGHTS[place] * _fit(word, tokens[place]) for place in _WEIGHTS}
        found = {place for place, weight in weights.items() if weight}
        held += bool(found)
        score += sum(weights.values())
        places |= found
    return held, score, tuple(place for place in _WEIGHTS if place in places)


def _fit(word: str, tokens: Sequence[str]) -> int:
    """How well the best of the tokens fits the word: not at all, by its beginning, or whole."""
    stem = _ENDINGS.sub("", word)
    fits = (_EXACT if _ENDINGS.sub("", token) == stem else 1 for token in tokens if token.startswith(stem))
    return max(fits, default=0)


def _tokens(text: str) -> list[str]:
    """The words of a text, in small letters."""
    return re.findall(r"[a-z0-9]+", text.lower())
