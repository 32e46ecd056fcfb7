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
    """Yield the selectors of what is hidden, one for each state of the buttons.

    ``:has()`` looks into the bar of the buttons alone, and ``~`` reaches what follows it: a browser that has to look
    for a button in all of a large page takes minutes to print it.
    """
    has_choice = clients > 1
    yield f"{_bar('show-failed')} .f:not(.failed)"
    for severity in Severity:
        yield f"{_bar(f'severity-{severity}', *(['client-all'] if has_choice else []))} .f:not(.s-{severity})"
        if has_choice:
            for n in range(clients):
                yield f"{_bar(f'severity-{severity}', f'client-{n}')} .f:not(.c{n}-{severity})"
    if has_choice:
        for n in range(clients):
            yield f"{_bar(f'client-{n}')} :is(.f,.column):not(.c{n})"
            yield f".clients:not(:has(#client-{n}:checked)) .chosen.c{n}"


def _bar(*buttons: str) -> str:
    """Return the selector of whatever follows the bar while these buttons are pressed."""
    return f".filters{''.join(f':has(#{button}:checked)' for button in buttons)}~*"
