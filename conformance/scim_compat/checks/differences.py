"""The way in which a stored value differs from the one that was sent: one classifier for all checks that compare.

A value that was lost and a value whose letters were spoilt have different causes and different fixes. The words of a
difference complete a finding: "the text was read as ISO-8859-1".
"""

from __future__ import annotations

import contextlib
import enum
import html
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from typing import Final
from urllib.parse import unquote, unquote_plus

from scim_compat.checks.effects import is_applied, is_rewording
from scim_compat.engine.intent import Effect
from scim_compat.scim import paths
from scim_compat.values import MISSING, Json, plural


class Kind(enum.Enum):
    """The kind of a difference. It decides which check reports it."""

    VALUE = enum.auto()
    """Another value, or none."""
    TEXT = enum.auto()
    """The same text with spoilt letters: encoding, escapes, a missing end."""
    SPACE = enum.auto()
    """The same text with other white space. A server may alter what it is sent (RFC 7644 section 3.3)."""
    COMPOSITION = enum.auto()
    """The same letters, composed: canonically equivalent, and what PRECIS makes of them (RFC 7644 section 5)."""
    CASE = enum.auto()
    FORM = enum.auto()
    """The same value in another form: a number for a text, another date format, other punctuation."""
    REWORDING = enum.auto()
    """Another form that a section allows: the canonical form of a telephone number, for one."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference, with a clause for people."""

    kind: Kind
    words: str = ""


def difference(path: str, expected: Json, actual: Json) -> Difference | None:
    """The difference between what was sent and what is there; None where there is none."""
    if paths.is_same(expected, actual):
        return None
    if isinstance(expected, Mapping | list):
        return _of_parts(path, expected, actual)
    if actual is MISSING or paths.is_unassigned(actual) or isinstance(actual, Mapping | list):
        return Difference(Kind.VALUE)
    if isinstance(expected, str) and isinstance(actual, str):
        return _of_texts(path, expected, actual)
    return _of_types(expected, actual)


def is_taken_over(effect: Effect, resource: Mapping[str, Json]) -> bool:
    """True when the resource shows the effect, be it with a value in other letters or in another form."""
    if is_applied(effect, resource):
        return True
    if effect.kind != "set" or effect.path.lower() == "active":
        return False  # "False" for false is an open account, not another form
    one = difference(effect.path, effect.value, paths.get(resource, effect.path))
    return one is None or one.kind is not Kind.VALUE


def _of_parts(path: str, expected: Json, actual: Json) -> Difference:
    """The one kind in which all parts of an object or list differ; another value where they differ in several."""
    found: dict[Kind, Difference] = {}
    pairs = _pairs(expected, actual)
    if pairs is None:
        return Difference(Kind.VALUE)
    for wanted, there in pairs:
        if one := difference(path, wanted, there):
            found.setdefault(one.kind, one)
    return next(iter(found.values())) if len(found) == 1 else Difference(Kind.VALUE)


def _pairs(expected: Json, actual: Json) -> list[tuple[Json, Json]] | None:
    """The parts that belong together; None where the values are not built alike."""
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        return [(value, paths.member(actual, name)) for name, value in expected.items()]
    if isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        return list(zip(expected, actual, strict=True))
    return None


# --- one text and another type --------------------------------------------------------------------


def _of_types(expected: Json, actual: Json) -> Difference:
    if str(expected).lower() == str(actual).lower():
        names = {bool: "a boolean", str: "text"}
        return Difference(Kind.FORM, f"it came back as {names.get(type(actual), 'a number')}")
    if isinstance(expected, str) and _zeros(expected) == str(actual):
        return Difference(Kind.FORM, "it came back as a number, without its leading zeros")
    return Difference(Kind.VALUE)


def _zeros(text: str) -> str:
    """The digits of a number without the zeros before it."""
    return text.lstrip("0") or "0"


# --- two texts ------------------------------------------------------------------------------------


_LONGEST: Final = 10_000
"""Characters: a longer text is another value, since some of the tests take quadratic time."""


def _of_texts(path: str, expected: str, actual: str) -> Difference:
    if max(len(expected), len(actual)) > _LONGEST:
        return Difference(Kind.VALUE)
    tests: tuple[Callable[[str, str], Difference | None], ...] = (
        _folded, _decoded, _replaced, _escaped, _cut, _zeroed, _dated,
    )  # fmt: skip
    for test in tests:
        if one := test(expected, actual):
            return one
    if is_rewording(path, expected, actual):
        return Difference(Kind.REWORDING, "it came back in another form of the same value")
    return _mangled(expected, actual) or _reformatted(expected, actual) or Difference(Kind.VALUE)


_FOLDS: Final[Mapping[str, Callable[[str], str]]] = {
    "case": str.casefold,
    "composition": lambda text: unicodedata.normalize("NFC", text),
    "white space": lambda text: "".join(text.split()),
}
_FOLD_KINDS: Final[Mapping[str, Kind]] = {
    "case": Kind.CASE, "composition": Kind.COMPOSITION, "white space": Kind.SPACE,
}  # fmt: skip


def _folded(expected: str, actual: str) -> Difference | None:
    """A difference in case, composition and white space alone."""
    if unicodedata.normalize("NFC", expected) == unicodedata.normalize("NFC", actual):
        # PRECIS composes (RFC 8265 section 3.3.2); no rule that a server could follow decomposes.
        is_composed = actual == unicodedata.normalize("NFC", actual)
        words = f"its letters came back {'composed' if is_composed else 'decomposed'}"
        return Difference(Kind.COMPOSITION if is_composed else Kind.TEXT, words)
    for count in range(1, len(_FOLDS) + 1):
        for names in combinations(_FOLDS, count):
            if _fold(expected, names) == _fold(actual, names):
                kind = max((_FOLD_KINDS[name] for name in names), key=_SERIOUS.index)
                return Difference(kind, _words(names, expected, actual))
    return None


_SERIOUS: Final = (Kind.COMPOSITION, Kind.CASE, Kind.SPACE)
"""From the mildest: a text that differs in several ways is reported for the worst."""


def _fold(text: str, names: Iterable[str]) -> str:
    for name in names:
        text = _FOLDS[name](text)
    return unicodedata.normalize("NFC", text) if "composition" in names else text


def _words(names: tuple[str, ...], expected: str, actual: str) -> str:
    if names == ("white space",):
        return _spaces(expected, actual)
    return f"it came back with other {' and '.join(names)}"


def _spaces(expected: str, actual: str) -> str:
    if actual == expected.strip():
        return "white space at its ends was trimmed"
    if actual == " ".join(expected.split()):
        return "several spaces became one"
    return "its white space changed"


_CODECS: Final = (("latin-1", "ISO-8859-1"), ("cp1252", "Windows-1252"))


def _decoded(expected: str, actual: str) -> Difference | None:
    """UTF-8 that was read in another encoding, once or twice; or the other way round."""
    for codec, name in _CODECS:
        for text, goal, words in (
            (expected, actual, f"its UTF-8 was read as {name}"),
            (actual, expected, f"its letters were taken for UTF-8 that had been read as {name}"),
        ):
            reached = text
            for times in ("", ", twice"):
                with contextlib.suppress(UnicodeError):
                    reached = reached.encode().decode(codec, "replace" if codec == "cp1252" else "strict")
                    if reached == goal:
                        return Difference(Kind.TEXT, words + times)
    return None


_BEYOND: Final = re.compile(r"[^\x00-\x7f]+")
_MARKS: Final = re.compile(r"[?\ufffd\u25a1_]+|[^\x00-\x7f]+")


def _replaced(expected: str, actual: str) -> Difference | None:
    """Letters outside ASCII that were left out, replaced by marks, or reduced to letters of ASCII."""
    if expected.isascii():
        return None
    plain = "".join(c for c in unicodedata.normalize("NFKD", expected) if not unicodedata.combining(c))
    kept = [c for c in expected if ord(c) < 0x10000]
    if actual in {"".join(kept), "".join(kept).strip()}:
        return Difference(Kind.TEXT, "emoji and other characters above U+FFFF were left out")
    if " ".join(_BEYOND.sub("", expected).split()) == " ".join(actual.split()):
        return Difference(Kind.TEXT, "letters outside ASCII were left out")
    if actual == plain or (actual.isascii() and actual == _BEYOND.sub("", plain)):
        return Difference(Kind.TEXT, "its letters lost their accents")
    if re.search(r"[?\ufffd\u25a1]", actual) and _MARKS.sub("?", expected) == _MARKS.sub("?", actual):
        return Difference(Kind.TEXT, "letters outside ASCII were replaced by marks")
    head = actual.rstrip("?\ufffd")
    if head != expected and expected.startswith(head) and not expected[len(head)].isascii():
        return Difference(Kind.TEXT, f"it was cut off before {expected[len(head)]}")
    return None


def _json_text(text: str) -> str:
    return str(json.loads(f'"{text}"'))


_READERS: Final[tuple[tuple[str, str, Callable[[str], str]], ...]] = (
    ("HTML entities", "HTML entities in it were decoded", html.unescape),
    ("percent encoding", "a percent sign in it was decoded", unquote),
    ("form encoding", "a plus sign in it was read as a space", unquote_plus),
    ("backslashes", "backslashes in it were read as escapes",
     lambda text: text.replace("\\'", "'").replace('\\"', '"').replace("\\\\", "\\")),
    ("backslashes", "backslashes in it were left out", lambda text: text.replace("\\", "")),
    ("JSON escapes", "backslashes in it were read as escapes", _json_text),
    ("doubled quotes", "a doubled quote in it became a single one",
     lambda text: text.replace("''", "'").replace('""', '"')),
)  # fmt: skip
"""What the stored text holds; what happened to the text sent; the reader that makes the one of the other."""


def _escaped(expected: str, actual: str) -> Difference | None:
    """Characters that were escaped and not read back, or characters of the value that were read as escapes."""
    for name, words, reader in _READERS:
        with contextlib.suppress(ValueError):
            if expected in {reader(actual), reader(reader(actual))}:
                return Difference(Kind.TEXT, f"it was stored with {name}")
        with contextlib.suppress(ValueError):
            if actual in {reader(expected), reader(reader(expected))}:
                return Difference(Kind.TEXT, words)
    return None


_SHORT: Final = 12
"""Letters: a shorter beginning may be another value, such as a first name in place of a whole one."""


def _cut(expected: str, actual: str) -> Difference | None:
    head = actual.removesuffix("…").removesuffix("...")
    if head in {"", expected} or not expected.startswith(head):
        return None
    is_amid_word = head[-1].isalnum() and expected[len(head)].isalnum()
    if is_amid_word or len(head) >= _SHORT:
        return Difference(Kind.TEXT, f"it was cut off after {plural(len(head), 'character')} of {len(expected)}")
    return None


def _zeroed(expected: str, actual: str) -> Difference | None:
    if expected.isdigit() and actual.isdigit() and _zeros(expected) == _zeros(actual):
        return Difference(Kind.FORM, "its leading zeros were lost")
    return None


_DATES: Final = ("%Y-%m-%d", "%Y%m%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d %b %Y")


def _dated(expected: str, actual: str) -> Difference | None:
    days = [set(_days(text)) for text in (expected, actual)]
    return Difference(Kind.FORM, "the date came back in another format") if days[0] & days[1] else None


def _days(text: str) -> Iterator[str]:
    with contextlib.suppress(ValueError):
        yield datetime.fromisoformat(text).date().isoformat()
    for form in _DATES:
        with contextlib.suppress(ValueError):
            yield datetime.strptime(text, form).date().isoformat()  # noqa: DTZ007 - a day has no zone


def _mangled(expected: str, actual: str) -> Difference | None:
    """One text that is the other with characters left out or added: not the same, and no other value."""
    is_special = not expected.isascii() or any(c in expected for c in "\"'\\%+&<>")
    if not is_special or not _letters(actual):
        return None
    one, other = _letters(expected), _letters(actual)
    short, long = sorted((one, other), key=len)
    if len(short) * 2 >= len(long) and _is_within(short, long):
        return Difference(Kind.TEXT, "some of its characters were left out or replaced")
    return None


def _is_within(short: str, long: str) -> bool:
    """True when the letters of the short text stand in the long one, in their order."""
    rest = iter(long)
    return all(letter in rest for letter in short)


def _letters(text: str) -> str:
    return "".join(c for c in text.lower() if c.isascii() and c.isalnum())


def _reformatted(expected: str, actual: str) -> Difference | None:
    if _letters(expected) and _letters(expected) == _letters(actual):
        return Difference(Kind.FORM, "it came back with other punctuation")
    return None
