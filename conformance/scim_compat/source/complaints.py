"""Complaints about a file that people write, each with its place and the way to fix it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from scim_compat.errors import SHOWN, SourceFileError
from scim_compat.source.places import Where

ENOUGH: Final = 200
"""Complaints after which a file is given up: whatever it is, it is not a profile with a slip in it."""
_COMPARED: Final = 500
"""Known names that one unknown is compared with at most; it keeps a hostile file from taking minutes."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing that is wrong, where it stands, and what to do about it (``hint`` may be empty)."""

    where: Where
    what: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" + (f"; {self.hint}" if self.hint else "")


def source_error(where: Where, what: str, hint: str = "") -> SourceFileError:
    """The error for a file that this one complaint makes unusable."""
    return SourceFileError([Complaint(where, what, hint)])


def nearest(name: str, known: Iterable[str], *, plural: str = "known here") -> str:
    """A hint for an unknown name: the nearest known one, else all of them if they are few, else nothing."""
    names = sorted(set(known))
    if len(names) > _COMPARED:
        return ""
    by_folded = {each.casefold(): each for each in names}
    close = difflib.get_close_matches(name.casefold()[:100], list(by_folded), n=1, cutoff=0.6)
    if close:
        return f"did you mean {quoted(by_folded[close[0]])}?"
    if 0 < len(names) <= SHOWN:
        return f"{plural}: {', '.join(names)}"
    return ""


def quoted(text: object) -> str:
    """A value of the file as it may stand in a message: on one line, short, in quotes."""
    shown = str(text)
    if len(shown) > 60:
        shown = shown[:57] + "…"
    return "'" + "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in shown) + "'"
