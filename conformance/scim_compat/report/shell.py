"""Words of a POSIX shell: text of anybody as one word, whatever it holds, with variables in it.

``words`` quotes literal text in one place. Invisible characters, which a page spells out and a terminal may obey, are
written as octal numbers. A shell word cannot hold NUL; ``data_line`` writes a body that has it.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from scim_compat.report.text import visible


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of the script in the middle of a text."""

    name: str


Piece = str | Variable
"""Literal text, or a variable."""


def word(pieces: Iterable[Piece]) -> str:
    """Write the pieces as one word of the shell. NUL, which no word can hold, is left out."""
    parts = [f'"${{{piece.name}}}"' if isinstance(piece, Variable) else _literal(piece) for piece in joined(pieces)]
    return "".join(part for part in parts if part) or "''"


def joined(pieces: Iterable[Piece]) -> list[Piece]:
    """Join literal text that stands side by side, and drop what is empty."""
    found: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, str) and found and isinstance(found[-1], str):
            found[-1] += piece
        elif piece:
            found.append(piece)
    return found


def quoted(text: str) -> str:
    """Write ``text`` as one word of the shell."""
    return word([text])


def data_line(pieces: Sequence[Piece]) -> str:
    """Write the command that makes the pieces the body of the next request, byte for byte."""
    if all(isinstance(piece, Variable) or is_plain(piece) for piece in pieces):
        return f"data {word(pieces)}"
    form = "".join("%s" if isinstance(piece, Variable) else "%b" for piece in pieces)
    words = (f'"${piece.name}"' if isinstance(piece, Variable) else f"'{_octal(piece)}'" for piece in pieces)
    return f"""printf '{form}' {" ".join(words)} > "$work/body\""""


def comment(text: str) -> str:
    """Write ``text`` as a comment of one line."""
    line = " ".join(visible(text).split())
    return f"# {line}".rstrip()


def is_plain(text: str) -> bool:
    """True when every character can be seen, so that a page and a terminal show the word as it is."""
    return visible(text) == text and "\r" not in text


def _literal(text: str) -> str:
    text = text.replace("\0", "")
    if not text:
        return ""
    if is_plain(text):
        return shlex.quote(text)
    # A command substitution drops the line breaks at its end.
    body = text.rstrip("\n")
    return f"\"$(printf '%b' '{_octal(body)}')\"" + (shlex.quote(text[len(body) :]) if body != text else "")


def _octal(text: str) -> str:
    """Write the bytes of ``text`` as ``printf %b`` reads them."""
    return "".join(
        chr(byte) if 0x20 <= byte < 0x7F and byte not in b"'\\" else f"\\0{byte:03o}"
        for byte in text.encode("utf-8", "surrogatepass")
    )


def name_for(text: str, taken: Iterable[str]) -> str:
    """Return a name for a variable that recalls ``text`` and is not taken."""
    plain = re.sub(r"[^A-Za-z0-9]+", "_", text).strip("_").upper()[:40] or "1"
    base, number, known = f"ID_{plain}", 1, set(taken)
    name = base
    while name in known:
        number += 1
        name = f"{base}_{number}"
    return name
