"""Texts that need care in a filter or in a URL, by what it is about them that needs it."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

LONG: Final = 128
"""Characters. Shorter texts fit into the columns of common databases."""


@dataclass(frozen=True, slots=True)
class Trait:
    """One property of a text by which a reader of filters may stumble."""

    words: str
    """For a sentence: ``a value with …``."""
    sample: str
    """A text that has this property and no other."""


WORDS: Final = Trait("words of the filter grammar", "salt and pepper or not eq pr")
QUOTES: Final = Trait("a quote", 'q"q')
APOSTROPHE: Final = Trait("an apostrophe", "o'q")
BACKSLASH: Final = Trait("a backslash", "q\\q")
BRACKETS: Final = Trait("brackets", "(q) [q")
PERCENT: Final = Trait("a percent sign", "q%41")
PLUS: Final = Trait("a plus sign", "q+q")
HASH: Final = Trait("a number sign", "q#q")
SEMICOLON: Final = Trait("a semicolon", "q;q")
MARKS: Final = Trait("other punctuation", "q&q=q/q?q")
SPACES: Final = Trait("white space at its ends or several spaces", "q  q")
LETTERS: Final = Trait("letters outside ASCII", "bjørn 港")
MARKS_APART: Final = Trait("decomposed letters", "bo\u0308rn")
TO_THE_LEFT: Final = Trait("right-to-left letters", "\u05d7\u05d5\u05e3")
EMOJI: Final = Trait("emoji", "q \U0001f6a2")
LENGTH: Final = Trait("many characters", "q" * (LONG + 72))
LITERAL: Final = Trait("the look of a number, a boolean or null", "0042")

_PATTERNS: Final = (
    (WORDS, re.compile(r"(?<!\S)(?:and|or|not|eq|pr)(?!\S)")),
    (QUOTES, re.compile('"')),
    (APOSTROPHE, re.compile("'")),
    (BACKSLASH, re.compile(r"\\")),
    (BRACKETS, re.compile(r"[()\[\]]")),
    (PERCENT, re.compile("%")),
    (PLUS, re.compile(r"\+")),
    (HASH, re.compile("#")),
    (SEMICOLON, re.compile(";")),
    (MARKS, re.compile(r"(?=[\x00-\x7f])[^\w\s@.\-'\"\\()\[\]%+#;]")),
    (SPACES, re.compile(r"^\s|\s$|\s\s|[^\S ]")),
    (EMOJI, re.compile("[\U00010000-\U0010ffff]")),
    (LENGTH, re.compile(f"(?s:.{{{LONG + 1},}})")),
    (LITERAL, re.compile(r"\A(?:true|false|null|\d+)\Z", re.IGNORECASE)),
)


def traits(text: str) -> tuple[Trait, ...]:
    """Every property of the text that needs care; empty for a plain one."""
    traits = [trait for trait, pattern in _PATTERNS if pattern.search(text)]
    beyond = [c for c in text if not c.isascii() and ord(c) < 0x10000]
    if any(unicodedata.combining(c) for c in beyond):
        traits.append(MARKS_APART)
    if any(unicodedata.bidirectional(c) in {"R", "AL"} for c in beyond):
        traits.append(TO_THE_LEFT)
    if any(not unicodedata.combining(c) and unicodedata.bidirectional(c) not in {"R", "AL"} for c in beyond):
        traits.append(LETTERS)
    return tuple(traits)
