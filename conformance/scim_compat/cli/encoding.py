"""Output in encodings that lack our marks: each mark has a spelling in ASCII."""

from __future__ import annotations

import codecs
import io
from collections.abc import Mapping
from typing import Final, TextIO

_SPELLINGS: Final[Mapping[str, str]] = {
    "✓": "+", "✗": "x", "–": "-", "—": "-", "·": "-", "…": "...", "→": "->", "←": "<-", "×": "x", "≥": ">=", "≤": "<=",
    "“": '"', "”": '"', "‘": "'", "’": "'", "§": "section ", "•": "*", "│": "|", "─": "-", "�": "?",
}  # fmt: skip
"""Marks of our own and of rich. A question mark, the mark of *unproven*, would give the other verdicts its meaning."""
_HANDLER: Final = "scim-compat-ascii"


def _spelt(error: UnicodeError) -> tuple[str, int]:
    """Codec error handler: the ASCII spelling of each character that the encoding lacks, else a question mark."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(_SPELLINGS.get(char, "?") for char in error.object[error.start : error.end]), error.end


def fit(stream: TextIO) -> None:
    """Makes a stream take every text. One that is no file of the system (a test's, an application's) stays as it is."""
    codecs.register_error(_HANDLER, _spelt)
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors=_HANDLER)
