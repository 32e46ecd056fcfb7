"""Markdown around the text of others: nothing in it becomes markup, a link, a mention or a tag.

The dialects of trackers differ, so text is escaped for all of them: what would link or notify somebody stands in a code
span, where no dialect looks for it.
"""

from __future__ import annotations

import re
from typing import Final

from scim_compat.report.text import Link, visible

_ACTIVE: Final = re.compile(r"(?<![\w/])(?:[@#!$~%&]\w\S*|https?://\S+|www\.\S+)", re.IGNORECASE)
"""Words that trackers turn into links: people, tickets, merge requests, labels, addresses."""
_MARKUP: Final = re.compile(r"[\\`*_{}\[\]<>|~#]")


def escaped(text: str) -> str:
    """Write ``text`` as one line of prose that shows every character."""
    return _escaped(_one_line(text))


def _escaped(line: str) -> str:
    parts: list[str] = []
    position = 0
    for match in _ACTIVE.finditer(line):
        parts += [_plain(line[position : match.start()]), code(match[0])]
        position = match.end()
    return "".join([*parts, _plain(line[position:])])


def prose(text: str) -> str:
    """Write a text of ours, in which code stands between backticks."""
    parts = _one_line(text).split("`")
    if len(parts) % 2 == 0:
        return escaped(text)
    return "".join(code(part) if number % 2 else _escaped(part) for number, part in enumerate(parts))


def code(text: str) -> str:
    """Write ``text`` as a code span, whatever backticks are in it (CommonMark section 6.1)."""
    line = _one_line(text)
    fence = "`" * (_longest_run(line) + 1)
    pad = " " if line[:1] in {"`", " ", ""} or line[-1:] in {"`", " "} else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def fenced(text: str, language: str = "") -> str:
    """Write ``text`` as a block of code, whatever backticks are in it (CommonMark section 4.5)."""
    shown = visible(text).rstrip("\n")
    fence = "`" * max(3, _longest_run(shown) + 1)
    return f"{fence}{language}\n{shown}\n{fence}"


def link(target: Link) -> str:
    """Write a link; a text alone where there is no address that is safe to follow."""
    if not target.url:
        return escaped(target.text)
    address = re.sub(r"[()<>\\\s]", lambda match: f"%{ord(match[0]):02X}", visible(target.url))
    return f"[{escaped(target.text)}]({address})"


def _plain(text: str) -> str:
    return _MARKUP.sub(r"\\\g<0>", text.replace("&", "&amp;"))


def _one_line(text: str) -> str:
    return " ".join(visible(text).split())


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall(r"`+", text)), default=0)
