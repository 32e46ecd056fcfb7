"""One recorded request as something to paste: a curl command, a Python script, or the run of one scenario.

The credential is never in it: it was removed when the exchange was recorded, and its place is taken by
``$SCIM_TOKEN`` from the environment.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import unquote

from scim_compat.report.text import visible

REDACTED: Final = "[redacted]"
"""What the recorder leaves in the place of a secret."""
TOKEN: Final = "SCIM_TOKEN"  # noqa: S105 - the name of the variable, not what is in it
WRONG: Final = "not-the-token"
"""Sent where the client's point was to send a wrong credential."""

_COMPUTED: Final = frozenset({"host", "content-length", "connection", "transfer-encoding"})
"""Headers that curl and httpx work out for themselves."""
_CURL_ADDS: Final = ("User-Agent", "Accept")
_PLAIN_URL: Final = re.compile(r"^https?://[^/?#]+(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/?]|%[0-9A-Fa-f]{2})*$")


def curl(request: Mapping[str, Any], *, wrong_credential: bool = False) -> str:
    """The request as a curl command for a POSIX shell; it sends what the client sent and adds no header.

    ``request`` is an exchange's ``request``. Arguments with invisible characters use ``$'…'``, which
    bash, zsh and ksh know; everything else is portable.
    """
    method, body = str(request["method"]), request["body"]
    arguments = ["curl -sS -i -g --path-as-is"]  # -g: brackets of a filter are no ranges
    arguments.append("--head" if method == "HEAD" else f"-X {_quoted(method)}")
    headers = _headers(request)
    present = {name.lower() for name, _ in headers}
    for name, value in headers:
        arguments.append(f"-H {_curl_header(name, value, wrong_credential=wrong_credential)}")
    suppressed = [name for name in _CURL_ADDS if name.lower() not in present]
    if body is not None and "content-type" not in present:
        suppressed.append("Content-Type")
    arguments += [f"-H {_quoted(name + ':')}" for name in suppressed]
    if "accept-encoding" in present:
        arguments.append("--compressed")
    if body is not None:
        # Not --data-binary, which would read a file for a body that begins with "@".
        arguments.append(f"--data-raw {_quoted(str(body))}")
    arguments.append(_quoted(str(request["url"])))
    return " \\\n  ".join(arguments)


def httpx_script(request: Mapping[str, Any], *, wrong_credential: bool = False) -> str:
    """The request as a Python script; a bare ``httpx.Request`` sends no default headers."""
    url, body = str(request["url"]), request["body"]
    rows = [
        f"        ({name!r}, {_python_value(value, wrong_credential=wrong_credential)}),"
        for name, value in _headers(request)
    ]
    uses_token = any("os.environ" in row for row in rows)
    lines = ["import os", ""] if uses_token else []
    lines += [
        "import httpx",
        "",
        "request = httpx.Request(",
        f"    {str(request['method'])!r},",
        f"    {url!r},",
    ]
    if rows:
        lines += ["    headers=[", *rows, "    ],"]
    if body is not None:
        lines.append(f"    content={str(body)!r}.encode(),")
    if not _PLAIN_URL.match(url) or "/." in url:
        # httpx would encode or normalise such an address; this sends it as the client did.
        lines.append(f"    extensions={{'target': {_target(url)!r}.encode()}},")
    lines += [
        ")",
        "with httpx.Client(timeout=60) as client:",
        "    response = client.send(request)",
        "print(response.status_code, response.reason_phrase)",
        "print(response.text)",
    ]
    return "\n".join(lines)


def replay(*, url: str, profile: str, scenario: str, seed: int) -> str:
    """The command that runs this one scenario again, with its set-up and the same data."""
    words = ["scim-compat", "run", url, "--profile", profile, "--only", scenario, "--seed", str(seed)]
    return " ".join(_quoted(word) for word in words)


def notes(request: Mapping[str, Any], *, ids: Iterable[str]) -> tuple[str, ...]:
    """What to know before pasting. ``ids``: what the server called that which earlier steps made."""
    url, body = str(request["url"]), str(request["body"] or "")
    decoded = unquote(url)
    used = [known for known in ids if known and (known in decoded or known in body)]
    found: list[str] = []
    if used:
        names = ", ".join(dict.fromkeys(used))
        found.append(
            f"This request names what earlier steps made and the clean-up deleted ({names}). Replay the "
            "whole scenario, or send the earlier steps first and put the new id in its place."
        )
    if REDACTED in url or REDACTED in body:
        found.append(f"A secret was removed from this request; put it where {REDACTED} stands.")
    return tuple(found)


def _headers(request: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(str(name), str(value)) for name, value in request["headers"] if name.lower() not in _COMPUTED]


def _curl_header(name: str, value: str, *, wrong_credential: bool) -> str:
    if REDACTED in value and wrong_credential:
        return _quoted(f"{name}: {value.replace(REDACTED, WRONG)}")
    if REDACTED in value:
        kept = re.sub(r'([\\"`$])', r"\\\1", f"{name}: {value}")
        return f'"{kept.replace(REDACTED, "$" + TOKEN)}"'
    return _quoted(f"{name}: {value}" if value else f"{name};")  # curl's form for an empty value


def _python_value(value: str, *, wrong_credential: bool) -> str:
    if REDACTED not in value:
        return repr(value)
    if wrong_credential:
        return repr(value.replace(REDACTED, WRONG))
    before, _, after = value.partition(REDACTED)
    parts = [repr(before)] if before else []
    parts.append(f"os.environ['{TOKEN}']")
    parts += [repr(after)] if after else []
    return " + ".join(parts)


def _quoted(text: str) -> str:
    """``text`` as one word of a shell.

    A page spells out invisible characters, which would change the word: they are escaped here instead.
    """
    if visible(text) == text:
        return shlex.quote(text)
    escaped = (
        chr(byte) if 0x20 <= byte < 0x7F and byte not in b"'\\" else f"\\{byte:03o}"
        for byte in text.encode("utf-8", "surrogatepass")
    )
    return f"$'{''.join(escaped)}'"


def _target(url: str) -> str:
    """Path and query as they stand in the address, without any normalisation."""
    found = re.match(r"[^:]*://[^/?#]*([^#]*)", url)
    return (found[1] if found else "") or "/"
