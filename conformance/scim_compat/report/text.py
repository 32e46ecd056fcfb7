"""Text of others, made fit for a page: nothing invisible, nothing that reorders, nothing endless.

Everything that a server, a profile or a vendor wrote passes through here before it reaches a page.
The template engine escapes it for HTML.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import Any, Final

from scim_compat.values import Prose

BODY_CAP: Final = 4096
"""Characters of a body that a page shows."""
VALUE_CAP: Final = 600
"""Characters of an expected or actual value that a page shows."""
ONE_LINE: Final = 72
"""Characters of a value beyond which it is indented."""
LINE_CAP: Final = 2000
"""Characters of a sentence, address or header that a page shows."""

# Control characters but tab and newline; soft hyphen; zero-width and bidirectional controls (Unicode
# Technical Report 36); line separators; interlinear marks; byte order mark; tag characters; lone
# surrogates, which cannot be written as UTF-8 at all; noncharacters.
_INVISIBLE: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e0fff]"
)


def visible(text: str) -> str:
    """Spell out every control, bidirectional or otherwise invisible character of ``text``.

    >>> visible("a\\u202eb")
    'a⟨U+202E⟩b'

    Tab and newline stay; CR LF becomes newline.
    """
    return _INVISIBLE.sub(lambda match: f"⟨U+{ord(match[0]):04X}⟩", text.replace("\r\n", "\n"))


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The part of a text that a page shows, and how many characters it leaves out."""

    text: str
    more: int = 0
    is_prose: bool = False
    """The text is words about a value, not the value itself."""


def clip(text: str, cap: int) -> Excerpt:
    """Return the first ``cap`` characters. A text that exceeds the cap by no more than a word or two is not cut."""
    if len(text) <= cap + 40:
        return Excerpt(text)
    return Excerpt(text[:cap], len(text) - cap)


def one_line(text: object, cap: int = LINE_CAP) -> str:
    """Return a sentence, address or name, cut with an ellipsis and the number of characters that are left out."""
    excerpt = clip(str(text), cap)
    return f"{excerpt.text}… ({excerpt.more:,} more characters)" if excerpt.more else excerpt.text


def json_text(anything: Any, *, cap: int = VALUE_CAP, indented: bool | None = None) -> Excerpt:
    """Return a value as JSON text; ``indented`` or not, by default if it is long.

    Strings keep their quotes, so that ``"200"`` and ``200`` can be told apart; prose has none.
    """
    if isinstance(anything, Prose):
        return replace(clip(visible(anything), cap), is_prose=True)
    text = _compact(anything)
    if text is None:
        return Excerpt("(a value nested too deeply to be shown)")
    if indented is None:
        indented = len(text) > ONE_LINE
    if indented and isinstance(anything, dict | list):
        return pretty(text, cap=cap)
    return clip(text, cap)


def is_long(anything: Any) -> bool:
    """True for an object or array that does not fit on one line."""
    return isinstance(anything, dict | list) and len(_compact(anything) or "") > ONE_LINE


def _compact(anything: Any) -> str | None:
    try:
        return json.dumps(_spelled_out(anything), ensure_ascii=False)
    except RecursionError:
        return None


def _spelled_out(anything: Any) -> Any:
    """Apply ``visible`` to each string, before JSON hides the difference behind ``\\u``."""
    if isinstance(anything, str):
        return visible(anything)
    if isinstance(anything, dict):
        return {visible(str(key)): _spelled_out(entry) for key, entry in anything.items()}
    if isinstance(anything, list | tuple):
        return [_spelled_out(entry) for entry in anything]
    return anything


_TOKEN: Final = re.compile(r'\s*("[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],:]|[^\s"{}\[\],:]+)', re.DOTALL)
_MAX_DEPTH: Final = 60
_PARSED_CAP: Final = 64_000


def pretty(body: str, *, cap: int = BODY_CAP) -> Excerpt:
    """Return a body as it came, indented if it is JSON.

    Tokens are laid out, not parsed values: duplicate keys, number forms and escapes stay as the server wrote them,
    because the finding may be about them. Reading stops once ``cap`` is reached.
    """
    if body[:1].isspace():
        body = body.strip()
    if body[:1] not in ("{", "[") or not _parses(body):
        return clip(body, cap)
    parts: list[str] = []
    size = depth = position = 0
    after_open = False
    while match := _TOKEN.match(body, position):
        token = match[1]
        piece, depth = _laid_out(token, depth=depth, after_open=after_open)
        if depth > _MAX_DEPTH or depth < 0:
            return clip(body, cap)
        after_open = token in ("{", "[")
        if size + len(piece) > cap:
            keep = piece[: cap - size]
            consumed = match.start(1) + min(len(keep.lstrip()), len(token))
            return Excerpt("".join(parts) + keep, len(body) - consumed)
        parts.append(piece)
        size += len(piece)
        position = match.end()
    rest = body[position:].strip()
    if rest:  # not JSON after all (an open string, say): better as it came than half formatted
        return clip(body, cap)
    return Excerpt("".join(parts))


def _parses(body: str) -> bool:
    """True for JSON, and for a body that is too long to be parsed for the few thousand characters on the page."""
    if len(body) > _PARSED_CAP:
        return True
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return False
    return True


def _laid_out(piece: str, *, depth: int, after_open: bool) -> tuple[str, int]:
    """Return one token with the whitespace in front of it, and the depth behind it."""
    if piece in ("}", "]"):
        depth -= 1
        return (piece if after_open else "\n" + "  " * depth + piece), depth
    if piece == ",":
        return ",\n" + "  " * depth, depth
    if piece == ":":
        return ": ", depth
    lead = "\n" + "  " * depth if after_open else ""
    return lead + piece, depth + (piece in ("{", "["))


_SCIM_1_1: Final = re.compile(r"^SCIM1\.1-(core|protocol)-([0-9.]+)$")
_RFC: Final = re.compile(r"^(RFC(\d{3,5}))(?:-([0-9]+(?:\.[0-9]+)*|[A-Z](?:\.[0-9]+)*))?$")


@dataclass(frozen=True, slots=True)
class Link:
    """A text with an address. ``url`` is empty where there is no address that is safe to follow."""

    text: str
    url: str = ""
    title: str = ""


def citation(token: str) -> Link:
    """Return ``RFC7644-3.5.2`` as a link to that section, ``SCIM1.1-core-5.1`` in words, anything else as it is."""
    older = _SCIM_1_1.match(token)
    if older:  # two drafts that have no lasting address of their own
        return Link(f"SCIM 1.1 {'core schema' if older[1] == 'core' else 'protocol'} §{older[2]}")
    match = _RFC.match(token)
    if not match:
        return Link(one_line(token, 80))
    name, number, section = match[1].lower(), match[2], match[3]
    page = f"https://www.rfc-editor.org/rfc/{name}"
    if not section:
        return Link(f"RFC {number}", page)
    kind = "appendix" if section[0].isalpha() else "section"
    return Link(f"RFC {number} §{section}", f"{page}#{kind}-{section}")


def safe_url(url: object) -> str:
    """Return ``url`` if it is plain http(s), else an empty string: no link leads to ``javascript:`` or ``data:``."""
    text = str(url).strip()
    return text if re.match(r"^https?://[^\s\\<>\"]+$", text, re.IGNORECASE) else ""
