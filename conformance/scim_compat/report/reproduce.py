"""One recorded request as something to paste: a curl command, a Python script, or the run of one scenario.

The recorder has removed the credential; ``$SCIM_TOKEN`` from the environment takes its place.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from typing import Final
from urllib.parse import unquote

from scim_compat.report.text import visible
from scim_compat.results.document import INTEGRITY, Document
from scim_compat.results.document.call import CallInfo, replay_words
from scim_compat.results.document.records import RequestRecord
from scim_compat.values import REDACTED

TOKEN: Final = "SCIM_TOKEN"  # noqa: S105 - the name of the variable, not its value
WRONG: Final = "not-the-token"
"""Sent in place of a credential that the client sent wrong on purpose."""

COMPUTED: Final = frozenset({"host", "content-length", "connection", "transfer-encoding"})
"""Headers that curl and httpx compute."""
CURL_ADDS: Final = ("User-Agent", "Accept")
_PLAIN_URL: Final = re.compile(r"^https?://[^/?#]+(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/?]|%[0-9A-Fa-f]{2})*$")


def curl(request: RequestRecord, *, wrong_credential: bool = False) -> str:
    """Write the request as a curl command for a POSIX shell, which sends the client's headers and no others.

    Arguments with invisible characters use ``$'…'``, which bash, zsh and ksh know; everything else is portable.
    """
    arguments = ["curl -sS -i -g --path-as-is"]  # -g: brackets of a filter are no ranges
    arguments.append("--head" if request.method == "HEAD" else f"-X {_quoted(request.method)}")
    headers = _headers(request)
    present = {name.lower() for name, _ in headers}
    for name, value in headers:
        arguments.append(f"-H {_curl_header(name, value, wrong_credential=wrong_credential)}")
    suppressed = [name for name in CURL_ADDS if name.lower() not in present]
    if request.body is not None and "content-type" not in present:
        suppressed.append("Content-Type")
    arguments += [f"-H {_quoted(name + ':')}" for name in suppressed]
    if "accept-encoding" in present:
        arguments.append("--compressed")
    if request.body is not None:
        # Not --data-binary, which would read a file for a body that begins with "@".
        arguments.append(f"--data-raw {_quoted(request.body)}")
    arguments.append(_quoted(request.url))
    return " \\\n  ".join(arguments)


def httpx_script(request: RequestRecord, *, wrong_credential: bool = False) -> str:
    """Write the request as a Python script. A bare ``httpx.Request`` sends no default headers."""
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
        f"    {request.method!r},",
        f"    {request.url!r},",
    ]
    if rows:
        lines += ["    headers=[", *rows, "    ],"]
    if request.body is not None:
        lines.append(f"    content={request.body!r}.encode(),")
    if not _PLAIN_URL.match(request.url) or "/." in request.url:
        # httpx would encode or normalise such an address; this sends it as the client did.
        lines.append(f"    extensions={{'target': {_target(request.url)!r}.encode()}},")
    lines += [
        ")",
        "with httpx.Client(timeout=60) as client:",
        "    response = client.send(request)",
        "print(response.status_code, response.reason_phrase)",
        "print(response.text)",
    ]
    return "\n".join(lines)


def replay(document: Document, p: int, s: int) -> str:
    """Write the command that runs scenario ``s`` of profile ``p`` again, with its set-up and the same data.

    The run adds the comparison of the other accounts to each profile. The command for that one repeats all that was
    played of the profile, since any of it may have changed them.
    """
    run, profile = document.run, document.profiles[p]
    call = run.call or CallInfo("run", document.target.url, (), ())
    scenario = profile.scenarios[s]
    scenarios: tuple[str, ...] = (scenario.id,)
    if scenario.feature == INTEGRITY:
        scenarios = tuple(each.id for each in profile.scenarios if each.feature != INTEGRITY) if call.only else ()
    # While names of this seed are there, the run would refuse to begin.
    seed = None if document.cleanup.left else run.seed
    words = replay_words(
        call,
        profile=profile.reference or profile.id,
        scenarios=scenarios,
        seed=seed,
    )
    return command_line(words)


def command_line(words: Iterable[str]) -> str:
    """Quote the words of a command for a POSIX shell."""
    return " ".join(_quoted(word) for word in words)


def notes(request: RequestRecord, *, ids: Iterable[str]) -> tuple[str, ...]:
    """Say what to know before pasting. ``ids``: those that the server gave to the resources of earlier steps."""
    url, body = unquote(request.url), request.body or ""
    names = ", ".join(dict.fromkeys(known for known in ids if known and (known in url or known in body)))
    texts: list[str] = []
    if names:
        texts.append(
            f"This request names what earlier steps created and the clean-up deleted ({names}). Replay the "
            "whole scenario, or send the earlier steps first and put the new id in its place."
        )
    if REDACTED in request.url or REDACTED in body:
        texts.append(f"A secret was removed from this request; put it in the place of {REDACTED}.")
    return tuple(texts)


def _headers(request: RequestRecord) -> list[tuple[str, str]]:
    return [(name, value) for name, value in request.headers if name.lower() not in COMPUTED]


def _curl_header(name: str, value: str, *, wrong_credential: bool) -> str:
    if REDACTED in value and wrong_credential:
        return _quoted(f"{name}: {value.replace(REDACTED, WRONG)}")
    if REDACTED in value:
        escaped = re.sub(r'([\\"`$])', r"\\\1", f"{name}: {value}")
        return f'"{escaped.replace(REDACTED, "$" + TOKEN)}"'
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
    """Quote ``text`` as one word of a shell.

    A page spells out invisible characters, which would change the word, so they are escaped here.
    """
    if visible(text) == text:
        return shlex.quote(text)
    escaped = (
        chr(byte) if 0x20 <= byte < 0x7F and byte not in b"'\\" else f"\\{byte:03o}"
        for byte in text.encode("utf-8", "surrogatepass")
    )
    return f"$'{''.join(escaped)}'"


def _target(url: str) -> str:
    """Return path and query of the address, without any normalisation."""
    match = re.match(r"[^:]*://[^/?#]*([^#]*)", url)
    return (match[1] if match else "") or "/"
