"""Filters without script: radio buttons, and rules of the style sheet that read them with ``:has()``.

An element that filters hide has the class ``f`` and the classes that ``classes`` returns. A browser that does not know
``:has()`` drops these rules and shows everything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from scim_compat.values import Severity

Hits = Iterable[tuple[int, Severity | None]]
"""Indexes of profiles, each with the severity that hits it; None: nothing does."""


def classes(hits: Hits, *, is_failed: bool, severity: Severity | None = None) -> str:
    """Return the classes of an element. ``severity``: the worst, where the element has one of its own.

    A container is given what all its parts are given, so that it is there as long as one of them is.
    """
    pairs = list(dict.fromkeys(hits))
    named = {severity} if severity else {each for _, each in pairs if each}
    words = ["f", *(["failed"] if is_failed else [])]
    words += [f"s-{each}" for each in sorted(named, key=lambda one: one.rank)]
    words += [f"c{profile}" for profile in sorted({profile for profile, _ in pairs})]
    words += [f"c{profile}-{each}" for profile, each in sorted(pairs, key=str) if each]
    return " ".join(words)


def rules(clients: int) -> str:
    """Write the style rules for a page with so many profiles."""
    return "".join(f"{selector}{{display:none}}\n" for selector in _hidden(clients))


def _hidden(clients: int) -> Iterator[str]:
    """Yield the selectors of what is hidden, one for each state of the buttons."""
    has_choice = clients > 1
    yield "body:has(#show-failed:checked) .f:not(.failed)"
    for severity in Severity:
        chosen = f":has(#severity-{severity}:checked)"
        everyone = ":has(#client-all:checked)" if has_choice else ""
        yield f"body{everyone}{chosen} .f:not(.s-{severity})"
        if has_choice:
            yield from (f"body:has(#client-{n}:checked){chosen} .f:not(.c{n}-{severity})" for n in range(clients))
    if has_choice:
        for n in range(clients):
            yield f"body:has(#client-{n}:checked) :is(.f,.column):not(.c{n})"
            yield f"body:not(:has(#client-{n}:checked)) .chosen.c{n}"
