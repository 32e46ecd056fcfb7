"""The server's own words, without what changes from request to request."""

from __future__ import annotations

import json
import re
from typing import Final

from scim_compat.results.document.records import ResponseRecord

_MOST: Final = 160
"""Characters of an answer's words that a cause shows."""
_MARKUP: Final = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.DOTALL | re.IGNORECASE)
_FRAME: Final = re.compile(r"Traceback \(most recent|File \".*line \d+|at [\w.$<>]+\(|Caused by")
"""A line of a stack trace."""
_MEMBERS: Final = ("detail", "description", "message", "error_description", "error", "title", "Message")
"""Members that hold a sentence, in SCIM 2.0, SCIM 1.1 and the usual frameworks; the first that has one counts."""
_VARIABLE: Final = re.compile(
    r"""
    "[^"]{1,200}" | '[^']{1,200}' | `[^`]{1,200}`        # what is quoted
    | \b[\w.+%-]+@[\w.-]+\b                              # mail addresses and user names
    | https?://\S+ | /(?:Users|Groups)\S*                # addresses
    | \b[0-9a-fA-F]{8}(?:-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}\b
    | \b(?=[0-9a-z]*\d)[0-9a-z]{6,}\b                    # ids and tags
    | \d+
    | \b(?:users?|groups?)\b                            # the same refusal for either
    """,
    re.VERBOSE | re.IGNORECASE,
)
_FEW: Final = 3


def words(response: ResponseRecord | None) -> str:
    """The sentence with which the server refused; empty if there is none."""
    body = response.body if response else None
    if not body:
        return ""
    text = _sentence(body)
    text = " ".join(text.split())
    return text if len(text) <= _MOST else text[: _MOST - 1].rstrip() + "…"


def form(text: str) -> str:
    """The same for all requests that are refused for one reason: without ids, names, numbers and what is quoted."""
    return " ".join(_VARIABLE.sub("…", text).lower().split())


def is_telling(text: str) -> bool:
    """True when the words can tell one reason from another: "Bad Request" and "invalid" cannot."""
    return len(re.findall(r"[^\W\d_]{2,}", form(text))) >= _FEW


def _sentence(body: str) -> str:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return _line(_MARKUP.sub(" ", body))
    if isinstance(content, dict) and isinstance(errors := content.get("Errors"), list) and errors:
        content = errors[0]  # SCIM 1.1
    if isinstance(content, dict):
        for name in _MEMBERS:
            if isinstance(text := content.get(name), str) and text.strip():
                return text
        return ""
    return content if isinstance(content, str) else ""


def _line(text: str) -> str:
    """The sentence of an answer that is no JSON; of a stack trace, only the line that names the error."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    told = [line for line in lines if not _FRAME.match(line)]
    return " ".join(told) if len(told) == len(lines) else (told[-1] if told else "")
