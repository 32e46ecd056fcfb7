"""The registry of checks.

A check is one rule, in code, with a stable id. To add one, write a function in a module of this
package and decorate it; nothing else needs an edit::

    @check(
        "delete.gone-by-id", "A deleted resource is no longer returned by its id",
        level="MUST", cites=("RFC7644-3.6",), on=("read-back",),
        when=lambda observation: observation.intent.gone,
        why="…what the rule protects…", fix="…what the vendor changes…",
    )
    def gone_by_id(observation: Seen) -> Iterator[Problem]:
        if observation.response.ok:
            yield Problem("status", expected=404, actual=observation.response.status)

A check yields one ``Problem`` for each place where the rule is broken, nothing where it holds, and
raises ``NotJudged`` with a reason where it cannot be judged. It never sees an exchange without an
answer (unless it asks for that by ``without_answer``), and it must not raise anything else: that is our
fault and reported as an error.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Literal

from scim_compat.engine.intent import Observation
from scim_compat.scim.names import Scim
from scim_compat.values import MISSING

BOTH: Final[tuple[Scim, ...]] = ("2.0", "1.1")
"""For ``scim=``: the rule holds in both versions of the protocol."""

Level = Literal["MUST", "SHOULD", "MAY", "CLIENT"]
"""MUST/SHOULD/MAY: the word of the cited section. CLIENT: the provider needs it, the RFC does not say so.

What a section states as a plain fact of the protocol (the server "responds with 200", ``id`` "is unique") and
leaves no second way to do counts as MUST; where its own text or examples show a second way, as SHOULD.
"""


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
    """Where the RFC has another word for this very case than for the check; None: the check's own."""


class NotJudged(Exception):  # noqa: N818 - it is an outcome, not an error
    """Raised by a check that cannot be judged here, with the reason."""


CheckFunction = Callable[[Observation], Iterator[Violation]]


@dataclass(frozen=True, slots=True)
class Check:
    id: str
    title: str
    level: Level
    cites: tuple[str, ...]
    """Sections as ``RFC7644-3.5.2``; for CLIENT rules, empty or a provider's public document."""
    on: frozenset[str]
    """Actions (see ``engine.exchange.Action``) after which it runs; empty: after every one."""
    why: str
    fix: str
    run: CheckFunction
    when: Callable[[Observation], bool]
    scim: frozenset[Scim]
    without_answer: bool = False
    """Runs also where no answer came; all others are never called then."""


_CHECKS: dict[str, Check] = {}


def check(
    id: str,  # noqa: A002 - it is the field's own name everywhere else
    title: str,
    *,
    level: Level,
    why: str,
    fix: str,
    cites: tuple[str, ...] = (),
    on: tuple[str, ...] = (),
    when: Callable[[Observation], bool] = lambda _observation: True,
    scim: tuple[Scim, ...] = ("2.0",),
    without_answer: bool = False,
) -> Callable[[CheckFunction], CheckFunction]:
    """Registers the decorated function as the check ``id``."""

    def register(function: CheckFunction) -> CheckFunction:
        if id in _CHECKS:
            raise ValueError(f"two checks are called {id}")
        _CHECKS[id] = Check(
            id, title, level, cites, frozenset(on), why, fix, function, when, frozenset(scim), without_answer
        )
        return function

    return register


def all_checks() -> dict[str, Check]:
    """Every check by id, in the order of the ids. Imports the modules of this package on first use."""
    return _loaded()


@cache
def _loaded() -> dict[str, Check]:
    package = importlib.import_module("scim_compat.checks.rules")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"scim_compat.checks.rules.{module.name}")
    return dict(sorted(_CHECKS.items()))
