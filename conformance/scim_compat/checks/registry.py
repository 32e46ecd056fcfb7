"""The registry of checks.

A check is one rule, in code, with a stable id. To add one, write a function in a module of ``rules`` and decorate
it; nothing else needs an edit::

    @check(
        "delete.gone-by-id", "A deleted resource is not returned by its id",
        failure="A deleted resource is still returned by its id",
        level="MUST", cites=("RFC7644-3.6",), on=("read-back",),
        when=lambda observation: observation.intent.gone,
        why="…what the rule protects…", fix="…what the vendor changes…",
    )
    def gone_by_id(observation: Observation) -> Iterator[Violation]:
        if observation.response.ok:
            yield Violation("status", expected=404, actual=observation.response.status)

A check yields one ``Violation`` for each place where the rule is broken, nothing where it holds, and raises
``NotJudged`` with a reason where it cannot be judged. It never gets an exchange without an answer (unless it has
``Trait.SILENCE``). Any other exception is an internal error, and is reported as one.
"""

from __future__ import annotations

import enum
import functools
import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Any, Final

from scim_compat.engine.intent import Action, Observation
from scim_compat.results.model import ClaimTopic
from scim_compat.scim.names import Scim
from scim_compat.values import MISSING, Fault, Level

BOTH: Final[tuple[Scim, ...]] = ("2.0", "1.1")
"""For ``scim=``: the rule holds in both versions of the protocol."""
_FEW: Final = 5


class Trait(enum.Flag):
    """Traits by which the judge and the run treat a check differently from the others."""

    NONE = 0
    SILENCE = enum.auto()
    """The check also runs where no answer came."""
    ASSERTION = enum.auto()
    """The check tests what a profile asserts of one request; the rule that the profile states replaces its words."""
    FILTER = enum.auto()
    """The check tests the answer to a query. It is not judged for a filter that the vendor does not claim to offer."""
    MEDIA_TYPE = enum.auto()
    """The check tests the label of an answer. A cosmetic failure is excused where the vendor claims that label."""
    FORM = enum.auto()
    """The check tests that a request had its effect. Where the form of the request is inferred or disputed, a failure
    may come from that form alone, and is degraded at most."""
    BYSTANDER = enum.auto()
    """A failure is a change of an account that no scenario names. The results list these changes by themselves."""


class Harm(enum.Enum):
    """The effect of one violation where it is another than the usual one of its rule; by it goes the severity."""

    ACCESS = "access stays open, or data of others is lost"
    STOP = "the client cannot go on: the account, or the whole job, fails"
    LOSS = "the client goes on, and data is lost, wrong, or sent again in every cycle"
    TEXT = "the answer breaks the text of a rule; no known client depends on it"


@dataclass(frozen=True, slots=True)
class Violation:
    """One place where a rule is broken.

    ``where``: a JSON Pointer into the answer's body (``/totalResults``), a header name
    (``header Location``), an attribute path, or ``status``.
    """

    where: str
    expected: Any = MISSING
    actual: Any = MISSING
    message: str = ""
    """A sentence that adds what expected and actual do not say; may be empty."""
    level: Level | None = None
    """Overrides the check's level where the RFC words this case differently."""
    harm: Harm | None = None
    """The effect in this case; None: the one that the client's profile, or the level, states for the check."""
    failure: str = ""
    """Replaces the check's own phrase where more can be said of this case: "Disabled users stay active"."""


class NotJudged(Exception):  # noqa: N818 - it is an outcome, not an error
    """Raised by a check that cannot be judged here, with the reason."""


CheckFunction = Callable[[Observation], Iterator[Violation]]


@dataclass(frozen=True, slots=True)
class Check:
    """One rule: its words, when it applies, and the function that tests it."""

    id: str
    title: str
    """The rule as a sentence that holds: "A disabled user is inactive when read back"."""
    failure: str
    """The rule broken, as a sentence: "A disabled user does not read back as inactive". It is true of every violation,
    and stands wherever failures are listed."""
    level: Level
    cites: tuple[str, ...]
    """Sections as ``RFC7644-3.5.2``; for CLIENT rules, empty or a provider's public document."""
    on: frozenset[Action]
    """Actions after which it runs; empty: after every one."""
    why: str
    fix: str
    run: CheckFunction
    when: Callable[[Observation], bool]
    scim: frozenset[Scim]
    traits: Trait = Trait.NONE
    topic: ClaimTopic | None = None
    """The part of the claims table that counts the outcomes of this check."""
    fault: Fault = Fault.ANSWER
    """By it the failures are grouped to causes."""
    fix_1_1: str = ""
    """The remedy in SCIM 1.1 where it is another one: 1.1 has no scimType."""

    @property
    def area(self) -> str:
        """The subject of the rule: ``filter`` of ``filter.finds``."""
        return self.id.partition(".")[0]

    def has_trait(self, trait: Trait) -> bool:
        return trait in self.traits

    def is_for(self, observation: Observation) -> bool:
        """True when the check runs on exchanges of that kind; ``when`` decides about the single one."""
        if self.on and observation.intent.action not in self.on:
            return False
        if observation.context.scim not in self.scim:
            return False
        return observation.exchange.response is not None or self.has_trait(Trait.SILENCE)


_CHECKS: dict[str, Check] = {}


def check(
    id: str,  # noqa: A002 - it is the field's own name everywhere else
    title: str,
    *,
    failure: str,
    level: Level,
    why: str,
    fix: str,
    fault: Fault = Fault.ANSWER,
    cites: tuple[str, ...] = (),
    on: tuple[Action, ...] = (),
    when: Callable[[Observation], bool] = lambda _observation: True,
    scim: tuple[Scim, ...] = ("2.0",),
    traits: Trait = Trait.NONE,
    topic: ClaimTopic | None = None,
    fix_1_1: str = "",
) -> Callable[[CheckFunction], CheckFunction]:
    """Register the decorated function as the check ``id``."""

    def register(function: CheckFunction) -> CheckFunction:
        if id in _CHECKS:
            raise ValueError(f"two checks are called {id}")
        _CHECKS[id] = Check(
            id,
            title,
            failure,
            level,
            cites,
            frozenset(on),
            why,
            fix,
            function,
            when,
            frozenset(scim),
            traits,
            topic,
            fault,
            fix_1_1,
        )
        return function

    return register


def at_most_five(function: CheckFunction) -> CheckFunction:
    """Stop a check after five violations: one mistake of a server shows in every entry of a list."""

    @functools.wraps(function)
    def limited(observation: Observation) -> Iterator[Violation]:
        return islice(function(observation), _FEW)

    return limited


def all_checks() -> dict[str, Check]:
    """Return every check by id, in the order of the ids. The first call imports the modules of ``rules``."""
    return _loaded()


@cache
def _loaded() -> dict[str, Check]:
    package = importlib.import_module("scim_compat.checks.rules")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"scim_compat.checks.rules.{module.name}")
    return dict(sorted(_CHECKS.items()))
