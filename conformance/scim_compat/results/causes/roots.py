"""The request behind each judgement: the one to blame when a check has failed, to compare with when it has passed."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from scim_compat.results.causes.features import Features
from scim_compat.results.causes.states import States
from scim_compat.results.document import Document, LocatedCheck, Place
from scim_compat.results.document.records import ScenarioRecord, StepRecord
from scim_compat.values import Fault, Outcome

_READS: Final = frozenset({"GET", "HEAD"})
_TOP: Final = re.compile(r"[A-Za-z][\w$-]*")


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed check, and the request to blame for it."""

    found: LocatedCheck
    root: Place

    @property
    def place(self) -> Place:
        return self.found.place


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that a document holds about the checks that failed in it."""

    document: Document
    failures: tuple[Failure, ...]
    passes: Mapping[str, frozenset[Place]]
    """Check → requests for which it passed. Only checks that failed elsewhere are listed."""

    states: States

    def passing(self, checks: Iterable[str]) -> set[Place]:
        """Requests for which one of the checks passed."""
        return {place for check in checks for place in self.passes.get(check, ())}

    def features(self, place: Place) -> Features:
        return self.states.features(place)

    def lost(self, failures: Iterable[Failure]) -> Callable[[Place], Features]:
        """The features of requests; of those that lost something, only of the part that they lost."""
        attributes: dict[Place, set[str]] = defaultdict(set)
        for failure in failures:
            if failure.found.check.fault is Fault.LOSS and (name := top_name(failure.found.check.where)):
                attributes[failure.root].add(name)
        return lambda place: self.states.narrowed(place, frozenset(attributes.get(place, ())))

    def step(self, place: Place) -> StepRecord:
        p, s, t = place
        return self.document.profiles[p].scenarios[s].steps[t]


def evidence(document: Document) -> Evidence:
    """Read the document once."""
    failures: list[Failure] = []
    passes: dict[str, set[Place]] = defaultdict(set)
    states = States(document)
    kinds = {found.check.id: found.check.fault for found in document.failed_checks()}
    for p, profile in enumerate(document.profiles):
        for s, scenario in enumerate(profile.scenarios):
            writes = _Writes(scenario)
            for t, step in enumerate(scenario.steps):
                for check in step.checks:
                    if check.id not in kinds:
                        continue
                    if check.outcome is Outcome.FAIL:
                        root = writes.root(t, fault=check.fault, where=check.where)
                        located = LocatedCheck((p, s, t), profile, scenario, check)
                        failures.append(Failure(located, (p, s, root)))
                    elif check.outcome is Outcome.PASS:
                        roots = ((p, s, r) for r in writes.roots(t, fault=kinds[check.id]))
                        is_loss = kinds[check.id] is Fault.LOSS
                        passes[check.id].update(r for r in roots if not is_loss or states.has_changed(r, (p, s, t)))
    return Evidence(
        document, tuple(failures), {key: frozenset(places) for key, places in passes.items()}, States(document)
    )


def is_write(step: StepRecord) -> bool:
    """True for a request that can change something."""
    exchange = step.exchange
    if exchange is None or exchange.request.method in _READS:
        return False
    return not exchange.request.url.partition("?")[0].endswith("/.search")


class _Writes:
    """The writes of one scenario, by the resource that they are about."""

    def __init__(self, scenario: ScenarioRecord) -> None:
        self._steps = scenario.steps

    def root(self, t: int, *, fault: Fault, where: str) -> int:
        """Return the index of the step to blame for a failure at step ``t``."""
        candidates = list(self.roots(t, fault=fault))
        name = top_name(where) if fault is Fault.LOSS else ""  # what is damaged is what no write names
        named = [one for one in candidates if name and self._names(one, name)]
        return (named or candidates)[-1]

    def roots(self, t: int, *, fault: Fault) -> Iterator[int]:
        """Yield the steps whose effect step ``t`` shows, oldest first; the step itself where there is none."""
        step = self._steps[t]
        if not fault.is_of_write or is_write(step):
            yield t
            return
        own = list(self._since_last_reading(t, step))
        if not own:
            own = [u for u in range(t) if is_write(self._steps[u]) and not _is_preparation(self._steps[u])][-1:]
        yield from own or [t]

    def _since_last_reading(self, t: int, step: StepRecord) -> Iterable[int]:
        subject = step.subject
        if subject is None:
            return []
        found: list[int] = []
        for u in range(t - 1, -1, -1):
            other = self._steps[u]
            if other.subject is None or other.subject.key != subject.key:
                continue
            if is_write(other):
                found.append(u)
            elif found and other.kind == "harness" and other.action == "read-back":
                break
        return reversed(found)

    def _names(self, u: int, name: str) -> bool:
        exchange = self._steps[u].exchange
        return exchange is not None and name in (exchange.request.body or "").lower()


def top_name(where: str) -> str:
    """The lower-case name of the attribute that a place belongs to; empty where it is no place in a resource."""
    return spelled_name(where).lower()


def spelled_name(where: str) -> str:
    """The same as it is spelled."""
    if where in {"", "status"} or where.startswith("header "):
        return ""
    pointer = [part for part in where.split("/") if part and not part.isdigit() and part != "Resources"]
    text = pointer[0] if where.startswith("/") and pointer else where
    name = _TOP.match(text.rpartition(":")[2] or text)
    return name[0] if name else ""


def _is_preparation(step: StepRecord) -> bool:
    return step.action in {"set-up", "clean-up"}
