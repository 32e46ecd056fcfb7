"""pytest's picture of an exception, made fit for passing on.

It shows the arguments of each function beside the source, and these may hold a credential or a whole answer. The
place and the message of an internal error are enough to find it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def make_safe(picture: Any, clean: Callable[[str], str]) -> Any:
    """Takes the values out of ``picture``, what pytest made of an exception, and redacts the rest; returns it."""
    chain = getattr(picture, "chain", None) or [(getattr(picture, "reprtraceback", None), picture, None)]
    for trace, crash, _ in chain:
        for entry in getattr(trace, "reprentries", ()):
            entry.lines = [clean(line) for line in entry.lines]
            for name in ("reprfuncargs", "reprlocals"):
                if hasattr(entry, name):
                    setattr(entry, name, None)
            _clean_message(getattr(entry, "reprfileloc", None), clean)
        _clean_message(getattr(crash, "reprcrash", crash), clean)
    return clean(picture) if isinstance(picture, str) else picture


def _clean_message(place: Any, clean: Callable[[str], str]) -> None:
    message = getattr(place, "message", None)
    if isinstance(message, str):
        place.message = clean(message)
