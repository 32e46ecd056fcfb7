"""The state of a resource before a request, as the answers so far have shown it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from scim_compat.results.causes.features import Feature, Features, features, narrowed
from scim_compat.results.document import Document, Place
from scim_compat.results.document.records import ResponseRecord, ScenarioRecord, StepRecord
from scim_compat.scim import paths

_OK: Final = range(200, 300)
_NEW: Final = Feature("before", "of a value that the resource lacks")
_NEW_EXTENSION: Final = Feature("before-extension", "of an extension that the resource lacks")
_INACTIVE: Final = Feature("before", "to a disabled user")
_AGAIN: Final = Feature("again", "sent a second time")


@dataclass(frozen=True, slots=True)
class Before:
    """The last full answer about the resource before a request."""

    place: Place
    resource: Mapping[str, Any]


def befores(scenario: ScenarioRecord, p: int, s: int) -> Mapping[int, Before]:
    """Index of a step → the last full answer about its subject before it."""
    last: dict[str, Before] = {}
    found: dict[int, Before] = {}
    for t, step in enumerate(scenario.steps):
        identifier = step.subject.id if step.subject else None
        if identifier in last:
            found[t] = last[identifier]
        response = step.exchange.response if step.exchange else None
        for resource in resources_of(response):
            if isinstance(key := resource.get("id"), str):
                last[key] = Before((p, s, t), resource)
    return found


def resources_of(response: ResponseRecord | None) -> Iterator[Mapping[str, Any]]:
    """The one resource that an answer holds. Entries of lists are no full answers: they may be shortened."""
    if response is None or response.status not in _OK or not response.body:
        return
    try:
        content = json.loads(response.body)
    except (ValueError, RecursionError):
        return
    if isinstance(content, dict) and "Resources" not in content and "masked" not in content:
        yield content


class States:
    """The features of requests, with those of the state that they meet. Mutable: it remembers what it has computed."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._befores: dict[tuple[int, int], Mapping[int, Before]] = {}
        self._features: dict[Place, Features] = {}

    @cached_property
    def shown(self) -> Counter[str]:
        """Lower-case attribute → how many reads of single resources show it with a value."""
        counts: Counter[str] = Counter()
        for profile in self._document.profiles:
            for step in (step for scenario in profile.scenarios for step in scenario.steps):
                if step.exchange is not None and step.exchange.request.method == "GET":
                    for resource in resources_of(step.exchange.response):
                        counts.update(_names(resource))
        return counts

    def before(self, place: Place) -> Before | None:
        """The last full answer about the subject of the step before it."""
        p, s, t = place
        if (p, s) not in self._befores:
            self._befores[p, s] = befores(self._document.profiles[p].scenarios[s], p, s)
        return self._befores[p, s].get(t)

    def features(self, place: Place) -> Features:
        if place not in self._features:
            p, s, t = place
            steps = self._document.profiles[p].scenarios[s].steps
            self._features[place] = self._all(place, steps[t], steps[:t])
        return self._features[place]

    def narrowed(self, place: Place, attributes: frozenset[str]) -> Features:
        """The features of a request that has lost something of the attributes."""
        p, s, t = place
        exchange = self._document.profiles[p].scenarios[s].steps[t].exchange
        whole = self.features(place)
        if exchange is None or not attributes:
            return whole
        return whole - (features(exchange.request) - narrowed(exchange.request, attributes))

    def has_changed(self, write: Place, reading: Place) -> bool:
        """False when a reading shows the resource as it was before the write: then it proves no effect."""
        before = self.before(write)
        p, s, t = reading
        exchange = self._document.profiles[p].scenarios[s].steps[t].exchange
        after = next(resources_of(exchange.response if exchange else None), None)
        return before is None or after is None or _content(before.resource) != _content(after)

    def _all(self, place: Place, step: StepRecord, earlier: tuple[StepRecord, ...]) -> Features:
        if step.exchange is None:
            return frozenset()
        own = features(step.exchange.request)
        more = set(_of_state(own, self.before(place)))
        if any(_is_same(step, other) for other in earlier):
            more.add(_AGAIN)
        return own | more


def _content(resource: Mapping[str, Any]) -> Mapping[str, Any]:
    return {key: value for key, value in resource.items() if key.lower() not in {"meta", "schemas"}}


def _of_state(own: Features, before: Before | None) -> Iterator[Feature]:
    if before is None:
        return
    resource = before.resource
    if paths.member(resource, "active") is False:
        yield _INACTIVE
    named = [feature.value.lower() for feature in own if feature.family == "attribute" and "." not in feature.value]
    for name in named:
        if name not in _names(resource):
            yield _NEW
    for feature in own:
        if feature.family == "extension" and paths.is_unassigned(paths.member(resource, feature.value)):
            yield _NEW_EXTENSION


def _names(resource: Mapping[str, Any]) -> set[str]:
    """Lower-case names of the attributes that have a value, those of extensions too."""
    names = {key.lower() for key, value in resource.items() if not paths.is_unassigned(value)}
    for key, value in resource.items():
        if isinstance(value, dict) and ":" in key:
            names |= {inner.lower() for inner, one in value.items() if not paths.is_unassigned(one)}
    return names


def _is_same(one: StepRecord, other: StepRecord) -> bool:
    if one.exchange is None or other.exchange is None:
        return False
    mine, theirs = one.exchange.request, other.exchange.request
    return mine.method == theirs.method != "GET" and mine.url == theirs.url and mine.body == theirs.body
