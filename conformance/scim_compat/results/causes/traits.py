"""The trait that separates failing requests from passing ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from scim_compat.results.causes.features import Feature, Features
from scim_compat.results.document import Place

_RANK: Final = (
    "op-case", "operations", "path-form", "value", "op", "op-form", "op-value", "entries", "pathless", "resource",
    "before-extension", "before", "again", "filter-logic", "filter-case", "filter-operator", "filter-form",
    "filter-attribute", "filter-by", "filter-letters", "filter-value", "filter-space", "parameter", "paging",
    "attribute", "extension", "letters", "size", "selects", "op-attribute", "name-form", "method", "kind", "request",
    "target", "door", "accept", "content-type", "header", "without-header", "body", "bulk-method", "op-spelling",
    "path", "filter-size",
)  # fmt: skip
"""Families, the one that says most to an engineer first: it wins where several separate alike."""
_ORDER: Final = {family: number for number, family in enumerate(_RANK)}
_FEW: Final = 0.25
"""Share of the requests with a trait that may pass all the same."""
_MOST_COMMON: Final = 60
_MOST_PARTS: Final = 6
_REST: Final = 0.15
"""Share of the failing requests that may have none of the traits of a split."""
_PAIRS_FROM: Final = 3
"""Failing requests from which on two features together are tried: with fewer, some pair always fits."""
_OF: Final = 2
"""Requests on either side without which a trait is a coincidence."""
_Known = Callable[[Place], Features]


@dataclass(frozen=True, slots=True)
class Separator:
    """Features that the failing requests have, and the passing requests that have them all the same."""

    features: tuple[Feature, ...]
    """All of them together; or, where ``is_choice``, one of them."""
    passing: int
    is_choice: bool = False
    """Values of one family: each failing request has one of them."""

    def is_met_by(self, has: Features) -> bool:
        """True for a request with the trait."""
        return (any if self.is_choice else all)(feature in has for feature in self.features)


def separator(failing: Sequence[Place], passing: Sequence[Place], known: _Known) -> Separator | None:
    """Return the plainest features that set the failing requests apart; None where there are none, or none pass."""
    if len(failing) < _OF or len(passing) < _OF:
        return None
    fail, ok = [known(one) for one in failing], [known(one) for one in passing]
    common = sorted(frozenset.intersection(*fail), key=_order)[:_MOST_COMMON]
    masks = _masks(common, ok)
    most = _allowed(len(fail))
    best = _best([(feature,) for feature in common], masks, most, len(ok))
    if (best is not None and best.passing == 0) or len(failing) < _PAIRS_FROM:
        return best
    pairs = [pair for pair in combinations(common, 2) if pair[0].family != pair[1].family]
    both = _best(pairs, masks, most, len(ok))
    return both if both is not None and (best is None or both.passing * 2 < best.passing) else best


def _allowed(failing: int) -> int:
    """The most passing requests that may have a trait of so many failing ones."""
    return int(failing * _FEW / (1 - _FEW))


def _order(feature: Feature) -> tuple[int, str]:
    return _ORDER.get(feature.family, len(_ORDER)), feature.value


def _masks(features: Iterable[Feature], ok: Sequence[Features]) -> dict[Feature, int]:
    """Feature → the passing requests that have it, as bits."""
    return {f: sum(1 << number for number, has in enumerate(ok) if f in has) for f in features}


def _best(
    candidates: Iterable[tuple[Feature, ...]], masks: Mapping[Feature, int], most: int, total: int
) -> Separator | None:
    """Return the candidate that fewest passing requests have; None where too many have each."""
    best: Separator | None = None
    for candidate in candidates:
        mask = masks[candidate[0]]
        for feature in candidate[1:]:
            mask &= masks[feature]
        number = mask.bit_count()
        if number <= most and number * 2 <= total and (best is None or number < best.passing):
            best = Separator(candidate, number)
            if number == 0:
                break
    return best


# --- several traits ------------------------------------------------------------------------------

Part = tuple[Separator, list[Place]]


def partition(failing: Sequence[Place], passing: Sequence[Place], known: _Known) -> list[Part]:
    """Split the failing requests into a few groups, each with features that few passing requests have.

    A small rest may be in none of them. Return nothing where the rest is large: then nothing in the requests tells
    the groups apart.
    """
    parts: list[Part] = []
    left = list(failing)
    ok = [known(one) for one in passing]
    while left and len(parts) < _MOST_PARTS:
        part = _largest(left, ok, known)
        if part is None:
            break
        parts.append(part)
        taken = set(part[1])
        left = [one for one in left if one not in taken]
    return _joined(parts) if len(left) <= len(failing) * _REST else []


def common_part(failing: Sequence[Place], passing: Sequence[Place], known: _Known) -> Part | None:
    """Return the largest group of failing requests, two at least, with a feature that few passing requests have."""
    part = _largest(failing, [known(one) for one in passing], known) if len(failing) >= _OF else None
    return part if part is not None and len(part[1]) >= _OF else None


def _largest(failing: Sequence[Place], ok: Sequence[Features], known: _Known) -> Part | None:
    having: dict[Feature, list[Place]] = {}
    for place in failing:
        for feature in known(place):
            having.setdefault(feature, []).append(place)
    passing = _counts(having, ok)
    fit = [f for f, places in having.items() if passing[f] <= _allowed(len(places)) and passing[f] * 2 <= len(ok)]
    if not fit:
        return None
    best = max(fit, key=lambda one: (len(having[one]) - passing[one], -_order(one)[0], one.value))
    return Separator((best,), passing[best]), having[best]


def _counts(features: Iterable[Feature], ok: Sequence[Features]) -> dict[Feature, int]:
    counts = dict.fromkeys(features, 0)
    for has in ok:
        for feature in has:
            if feature in counts:
                counts[feature] += 1
    return counts


def _joined(parts: list[Part]) -> list[Part]:
    """Join the parts whose traits are values of one family: losing title and losing nickName is one thing to fix."""
    families: dict[str, Part] = {}
    for separator_, places in parts:
        family = separator_.features[0].family
        if family in families:
            old, before = families[family]
            joint = Separator((*old.features, *separator_.features), old.passing + separator_.passing, is_choice=True)
            families[family] = joint, before + places
        else:
            families[family] = separator_, places
    return list(families.values())
