"""How a lawful variant is declared: a function that wraps others around methods of a good server."""

from __future__ import annotations

import functools
from collections.abc import Callable
from itertools import combinations
from typing import TYPE_CHECKING, Any, Final

from .protocol import Answer, Request

if TYPE_CHECKING:
    from .good import GoodServer

VARIANTS: Final[dict[str, str]] = {}
"""Name → how it differs, and the section that allows it. No check may fail a server for one of them."""
_CHANGES: Final[dict[str, Callable[[GoodServer], None]]] = {}

CONTRADICTIONS: Final = (
    {"patch-200", "patch-204"},
    {"page-20", "most-20"},
    {"ids-integer", "ids-opaque"},
    {"no-etag", "strong-etags"},
    {"no-dates", "offset-dates"},
    {"wrong-429", "lock-out"},
    {"no-nick-name-refused", "no-nick-name-ignored"},
    *({one, other} for one, other in combinations(("busy-409", "busy-412", "busy-503"), 2)),
    *(
        {one, other}
        for one, other in combinations(("keeps-labels", "keeps-one-label", "refuses-labels", "lists-labels"), 2)
    ),
)
"""Of each of these a server has one at most."""


def install(server: GoodServer, names: frozenset[str]) -> None:
    """Make a server differ. Unknown and contradictory names are a ValueError."""
    if names - _CHANGES.keys():
        raise ValueError(f"unknown variants: {sorted(names - _CHANGES.keys())}")
    for pair in CONTRADICTIONS:
        if pair <= names:
            raise ValueError(f"variants that exclude each other: {sorted(pair)}")
    for name, change in _CHANGES.items():
        if name in names:
            change(server)


def variant(name: str, description: str) -> Callable[[Callable[[GoodServer], None]], None]:
    """Decorate the function that makes a server differ. Later ones are wrapped around earlier ones."""

    def register(change: Callable[[GoodServer], None]) -> None:
        VARIANTS[name] = description
        _CHANGES[name] = change

    return register


def around(server: GoodServer, wrapper: Callable[..., Any]) -> None:
    """Put ``wrapper(inner, *arguments)`` in the place of the server's method of the same name."""
    name = wrapper.__name__
    setattr(server, name, functools.partial(wrapper, getattr(server, name)))


def configures(server: GoodServer, feature: str, **what: Any) -> None:
    """Say something else of a feature in /ServiceProviderConfig (in SCIM 1.1, /ServiceProviderConfigs)."""

    def discover(inner: Any, request: Request, name: str, *rest: str) -> Answer:
        answer: Answer = inner(request, name, *rest)
        if name.startswith("ServiceProviderConfig"):
            answer.payload[feature] = answer.payload[feature] | what
        return answer

    around(server, discover)
