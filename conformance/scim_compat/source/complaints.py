"""Complaints about a file that people write, each with its place and the way to fix it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from scim_compat.errors import SHOWN, Complaint, SourceFileError
from scim_compat.values import Where

ENOUGH: Final = 200
"""Complaints after which reading stops: a file with so many is of another kind altogether."""
_MOST_NAMES: Final = 500
"""Known names that one unknown name is compared with. The limit keeps a hostile file from taking minutes."""
_MOST_CHARACTERS: Final = 60


@dataclass(slots=True)
class ComplaintBook:
    """Collects complaints while a file is read, so that its author gets all of them at once. It grows."""

    complaints: list[Complaint] = field(default_factory=list)

    def add(self, where: Where, what: str, hint: str = "") -> None:
        """Adds one complaint. Raises ``SourceFileError`` with all of them when they are enough."""
        self.complaints.append(Complaint(where, what, hint))
        if len(self.complaints) >= ENOUGH:
            raise SourceFileError(self.complaints)


def source_error(where: Where, what: str, hint: str = "") -> SourceFileError:
    """The error for a file that this one complaint makes unusable."""
    return SourceFileError([Complaint(where, what, hint)])


def nearest(name: str, known: Iterable[str], *, plural: str = "known here") -> str:
    """A hint for an unknown name: the nearest known one, else all of them if they are few, else nothing."""
    names = sorted(set(known))
    if len(names) > _MOST_NAMES:
        return ""
    by_folded = {each.casefold(): each for each in names}
    close = difflib.get_close_matches(name.casefold()[:100], list(by_folded), n=1, cutoff=0.6)
    if close:
        return f"did you mean {quoted(by_folded[close[0]])}?"
    if 0 < len(names) <= SHOWN:
        return f"{plural}: {', '.join(names)}"
    return ""


def quoted(value: object) -> str:
    """A value of the file for a message: on one line, short, in quotes."""
    text = str(value)
    if len(text) > _MOST_CHARACTERS:
        text = text[: _MOST_CHARACTERS - 3] + "…"
    return "'" + "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text) + "'"
