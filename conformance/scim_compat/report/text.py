"""Text of others, made fit to be shown: nothing invisible, nothing that reorders, nothing endless.

Everything a server, a profile or a vendor wrote passes through here before it reaches a page.
Escaping for HTML is not done here; that is the template engine's.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Final

BODY_CAP: Final = 4096
"""Characters of one body that a page shows."""
VALUE_CAP: Final = 600
"""Characters of one expected or actual value that a page shows."""
ONE_LINE: Final = 72
"""Characters of a value beyond which it is indented."""
LINE_CAP: Final = 2000
"""Characters of one sentence, address or header that a page shows."""

# Control characters but tab and newline; soft hyphen; zero-width and bidirectional controls (Unicode
# Technical Report 36); line separators; interlinear marks; byte order mark; tag characters; lone
# surrogates, which cannot be written as UTF-8 at all; noncharacters.
_INVISIBLE: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e0fff]"
)


def visible(text: str) -> str:
    """``text`` with every control, bidirectional or otherwise invisible character spelled out.

    >>> visible("a\\u202eb")
    'a⟨U+202E⟩b'

    Tab and newline stay; CR LF becomes newline.
    """
    return _INVISIBLE.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", text.replace("\r\n", "\n"))


@dataclass(frozen=True, slots=True)
class Shown:
    """The part of a text that is shown, and how many characters of the original are not."""

    text: str
    more: int = 0


def clip(text: str, cap: int) -> Shown:
    """The first ``cap`` characters. One that would leave less than a word behind is not cut."""
    if len(text) <= cap + 40:
        return Shown(text)
    return Shown(text[:cap], len(text) - cap)


def one_line(text: object, cap: int = LINE_CAP) -> str:
    """One sentence, address or name, cut with an ellipsis that says how much is gone."""
    shown = clip(str(text), cap)
    return shown.text if not shown.more else f"{shown.text}… ({shown.more:,} more characters)"


def json_text(anything: Any, *, cap: int = VALUE_CAP, indented: bool | None = None) -> Shown:
    """A JSON value as JSON text; ``indented`` or not, by default if it is long.

    Strings keep their quotes, so that ``"200"`` and ``200`` can be told apart.
    """
    text = _compact(anything)
    if text is None:
        return Shown("(a value nested too deeply to be shown)")
    if indented is None:
        indented = len(text) > ONE_LINE
    if indented and isinstance(anything, dict | list):
        return pretty(text, cap=cap)
    return clip(text, cap)


def is_long(anything: Any) -> bool:
    """Whether the value is an object or array that does not fit on one line."""
    return isinstance(anything, dict | list) and len(_compact(anything) or "") > ONE_LINE


def _compact(anything: Any) -> str | None:
    try:
        return json.dumps(_spelled_out(anything), ensure_ascii=False)
    except RecursionError:
        return None


def _spelled_out(anything: Any) -> Any:
    """The value with ``visible`` applied to each string, before JSON hides the difference behind ``\\u``."""
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


def pretty(body: str, *, cap: int = BODY_CAP) -> Shown:
    """A body as it came, indented if it looks like JSON.

    Works on tokens, not on parsed values: duplicate keys, number forms and escapes stay as the server
    wrote them, because they may be what the finding is about. Stops reading once ``cap`` is reached.
    """
    if body[:1].isspace():
        body = body.strip()
    if body[:1] not in ("{", "[") or not _parses(body):
        return clip(body, cap)
    parts: list[str] = []
    size = depth = position = 0
    after_open = False
    while found := _TOKEN.match(body, position):
        token = found[1]
        piece, depth = _laid_out(token, depth=depth, after_open=after_open)
        if depth > _MAX_DEPTH or depth < 0:
            return clip(body, cap)
        after_open = token in ("{", "[")
        if size + len(piece) > cap:
            keep = piece[: cap - size]
            consumed = found.start(1) + min(len(keep.lstrip()), len(token))
            return Shown("".join(parts) + keep, len(body) - consumed)
        parts.append(piece)
        size += len(piece)
        position = found.end()
    rest = body[position:].strip()
    if rest:  # not JSON after all (an open string, say): better as it came than half formatted
        return clip(body, cap)
    return Shown("".join(parts))


def _parses(body: str) -> bool:
    """Whether it is JSON. A long body is not parsed for the few thousand characters that are shown of it."""
    if len(body) > _PARSED_CAP:
        return True
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return False
    return True


def _laid_out(piece: str, *, depth: int, after_open: bool) -> tuple[str, int]:
    """One token with the whitespace in front of it, and the depth behind it."""
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
    """Something to point at; ``url`` is empty where there is no address that is safe to follow."""

    text: str
    url: str = ""
    title: str = ""


def citation(token: str) -> Link:
    """``RFC7644-3.5.2`` as a link to that section; ``SCIM1.1-core-5.1`` in words; anything else as it is."""
    older = _SCIM_1_1.match(token)
    if older:  # two drafts that have no lasting address of their own
        return Link(f"SCIM 1.1 {'core schema' if older[1] == 'core' else 'protocol'} §{older[2]}")
    found = _RFC.match(token)
    if not found:
        return Link(one_line(token, 80))
    name, number, section = found[1].lower(), found[2], found[3]
    page = f"https://www.rfc-editor.org/rfc/{name}"
    if not section:
        return Link(f"RFC {number}", page)
    kind = "appendix" if section[0].isalpha() else "section"
    return Link(f"RFC {number} §{section}", f"{page}#{kind}-{section}")


def safe_url(url: object) -> str:
    """``url`` if it is plain http(s), else an empty string: no link leads to ``javascript:`` or ``data:``."""
    text = str(url).strip()
    return text if re.match(r"^https?://[^\s\\<>\"]+$", text, re.IGNORECASE) else ""
