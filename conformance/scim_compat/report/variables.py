"""Values that an answer gave and later requests repeat: ids and versions. A script takes them from its own answers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote

from scim_compat.report.shell import Piece, Variable, joined
from scim_compat.results.document.records import ResponseRecord
from scim_compat.values import REDACTED, Json, escape

_TOKEN: Final = re.compile(r"%[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|\\.|[A-Za-z0-9._~-]+")
"""Where an id may stand in a URL or in JSON: a run of its letters that begins behind an escape, not inside one."""
_SIMPLE: Final = re.compile(r"[A-Za-z0-9._~-]+")
_LONG: Final = 8
"""Characters from which on an id is taken for itself wherever it stands."""
_KEY_OF_AN_ID: Final = re.compile(r'"(?:id|value|members|manager|managerId|\$ref|path)"\s*:\s*(?:\[\s*)?"$')


@dataclass(frozen=True, slots=True)
class Source:
    """The way to a value in an answer: a command of the script."""

    command: str
    noun: str = "id"


NEW_ID: Final = Source("new_id")
"""The id of a resource that the answer is about."""


def offered(response: ResponseRecord) -> Iterator[tuple[str, Source]]:
    """Yield each id that the answer gives, with the way to it; the best way comes first."""
    body = _parsed(response.body)
    location = next((value for name, value in response.headers if name.lower() == "location"), "")
    identifier = body.get("id") if isinstance(body, Mapping) else None
    if isinstance(identifier, str) and identifier:
        yield identifier, NEW_ID
    elif last := _last(location):
        yield last, NEW_ID
    if not isinstance(body, Mapping):
        return
    for key, member in (("Resources", "id"), ("Operations", "location")):
        entries = body.get(key)
        for index, entry in enumerate(entries if isinstance(entries, list) else ()):
            text = entry.get(member) if isinstance(entry, Mapping) else None
            if not isinstance(text, str):
                continue
            pointer = f"/{escape(key)}/{index}/{member}"
            if member == "id":
                yield text, Source(f"pick {pointer}")
            elif last := _last(text):
                yield last, Source(f'last "$(pick {pointer})"')


def version_of(response: ResponseRecord) -> Iterator[tuple[str, Source]]:
    """Yield the version that the answer states (RFC 7644 section 3.14)."""
    for name, value in response.headers:
        if name.lower() == "etag":
            yield value, Source("header ETag", "ETag")
    body = _parsed(response.body)
    meta = body.get("meta") if isinstance(body, Mapping) else None
    version = meta.get("version") if isinstance(meta, Mapping) else None
    if isinstance(version, str):
        yield version, Source('decoded "$(pick /meta/version)"', "version")


def _parsed(body: str | None) -> Json:
    try:
        return json.loads(body or "null")
    except (ValueError, RecursionError):
        return None


def _last(address: str) -> str:
    return re.split(r"[?#]", address)[0].rstrip("/").rpartition("/")[2]


@dataclass(slots=True)
class Values:
    """The values that the script holds in variables. It grows from step to step."""

    tag: str
    base: str
    ids: dict[str, str] = field(default_factory=dict)
    """id → name of its variable, which holds it as JSON writes it; ``NAME_URL`` as a URL does."""
    versions: dict[str, str] = field(default_factory=dict)
    """Version → name of its variable."""

    def in_url(self, target: str) -> list[Piece]:
        """Cut path and query, with variables in place of what they hold."""
        odd = {
            quote(each, safe="", errors="surrogatepass"): Variable(f"{name}_URL")
            for each, name in self.ids.items()
            if _is_odd(each)
        }
        return self._cut(target, odd, suffix="_URL", is_json=False)

    def in_body(self, body: str) -> list[Piece]:
        """Cut a body, with variables in place of what they hold."""
        odd = {json.dumps(i, ensure_ascii=False)[1:-1]: Variable(n) for i, n in self.ids.items() if _is_odd(i)}
        if self.base:
            odd[self.base] = Variable("SCIM_URL")
        return self._cut(body, odd, suffix="", is_json=True)

    def in_header(self, value: str) -> list[Piece]:
        """Cut a header, with variables in place of the tag and of a version."""
        if value in self.versions:
            return [Variable(self.versions[value])]
        return self._cut(value, {}, suffix="_URL", is_json=False)

    def _cut(self, text: str, odd: Mapping[str, Variable], *, suffix: str, is_json: bool) -> list[Piece]:
        odd = {**odd, REDACTED: Variable("MADE_UP")}
        pattern = re.compile("|".join(map(re.escape, sorted(odd, key=len, reverse=True))))
        pieces: list[Piece] = []
        position = 0
        for match in pattern.finditer(text):
            pieces += self._tokens(text, position, match.start(), suffix=suffix, is_json=is_json)
            pieces.append(odd[match[0]])
            position = match.end()
        return joined([*pieces, *self._tokens(text, position, len(text), suffix=suffix, is_json=is_json)])

    def _tokens(self, text: str, start: int, end: int, *, suffix: str, is_json: bool) -> Iterator[Piece]:
        position = start
        for match in _TOKEN.finditer(text, start, end):
            name = self.ids.get(match[0])
            yield text[position : match.start()]
            position = match.end()
            if name is not None and (len(match[0]) >= _LONG or _stands_alone(text, match, is_json=is_json)):
                yield Variable(f"{name}{suffix}")
            else:
                yield from self._tagged(match[0])
        yield text[position:end]

    def _tagged(self, text: str) -> Iterator[Piece]:
        forms = {self.tag: Variable("TAG"), self.tag.upper(): Variable("TAG_UPPER")} if self.tag else {}
        for part in re.split(f"({'|'.join(map(re.escape, forms))})", text) if forms else [text]:
            yield forms.get(part, part)


def _is_odd(identifier: str) -> bool:
    return not _SIMPLE.fullmatch(identifier)


def _stands_alone(text: str, match: re.Match[str], *, is_json: bool) -> bool:
    """True for a short id where nothing but an id is expected: ``"1"`` may be an employee number as well."""
    before, after = text[max(0, match.start() - 60) : match.start()], text[match.end() : match.end() + 3]
    if not is_json:
        return (before.endswith("/") and after[:1] in {"", "/", "?"}) or (before[-3:] == "%22" == after)
    if before.endswith('\\"'):
        return after.startswith('\\"')
    is_value = bool(_KEY_OF_AN_ID.search(before)) or before.endswith("/")
    return is_value and after[:1] == '"'
