"""Removes secrets from everything that leaves the process.

A secret comes back in many spellings: a server echoes it in a JSON error, a proxy in a percent-encoded
URL, a stack trace in HTML, a log in base64. All of them are worked out once, when the secret is registered;
applying a redactor is then a search for fixed strings, cheap in a text without secrets.

It does not know other encodings (compressed, reversed), nor parts of a secret except the beginning of one in a text
that was cut (``quoted``). Callers register whole credential strings too (``user:password`` beside
the password), because base64 of the whole is what travels in a header.
"""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote, quote_plus

from scim_compat.values import REDACTED

_SHORT: Final = 4
"""Secrets below this length would eat ordinary words; they are replaced only where they stand alone."""

_CORE: Final = 8
"""Base64 of a secret inside a longer text is searched for only if that many of its characters are fixed."""

_BEGINNING: Final = 8
"""Characters of a secret's beginning that are removed where a text was cut; fewer could be any word's."""

_ELLIPSIS: Final = "…"
_CLOSING: Final = "\"').,;]}"
"""Characters that our sentences set behind a quotation."""

_WORD: Final = re.compile(r"[0-9A-Za-z_]")
_PERCENT: Final = re.compile(r"%[0-9A-Fa-f]{2}")

# The registered authentication schemes, and those SCIM vendors invented. A first word that is none of
# them may be a piece of the credential itself, so it goes as well.
SCHEMES: Final = frozenset(
    {"basic", "bearer", "digest", "dpop", "gnap", "hoba", "mutual", "negotiate", "oauth", "privatetoken"}
    | {
        "scram-sha-1",
        "scram-sha-256",
        "vapid",
        "apikey",
        "api-key",
        "geniekey",
        "mac",
        "ntlm",
        "ssws",
        "token",
    }
    | {"sharedaccesssignature", "sso-key", "aws4-hmac-sha256"}
)
_CREDENTIAL_HEADERS: Final = frozenset({"authorization", "proxy-authorization"})
_OPAQUE_HEADERS: Final = frozenset({"cookie", "set-cookie", "cookie2", "set-cookie2"})


@dataclass(frozen=True, slots=True, repr=False)
class Redactor:
    """Replaces registered secrets, in all their spellings, by ``[redacted]``.

    Built by ``Redactor.of``. Immutable: a token that is fetched later makes a new one (``with_secrets``).
    Applying it twice changes nothing more. A secret shorter than four characters is replaced only where
    no letter, digit or underscore touches it: replacing every ``a`` would destroy the record, and the gaps
    would show the secret.
    """

    _secrets: frozenset[str] = frozenset()
    _long: tuple[str, ...] = field(default=())
    _short: tuple[str, ...] = field(default=())
    _whole: tuple[str, ...] = field(default=())
    """Those of ``_long`` whose beginning is a secret too: not ``user:password``, which begins with a name."""

    @classmethod
    def of(cls, secrets: Iterable[str]) -> Redactor:
        """A redactor for those secrets; empty strings are ignored."""
        known = frozenset(secret for secret in secrets if secret)
        long: set[str] = set()
        short: set[str] = set()
        for secret in known:
            (short if len(secret) < _SHORT else long).update(_spellings(secret))
        whole = {s for s in known if len(s) >= _BEGINNING and not any(s != one and s.endswith(one) for one in known)}
        beginnings = {form for secret in whole for form in _spellings(secret) if len(form) > _BEGINNING}
        return cls(known, _longest_first(long), _longest_first(short - long), _longest_first(beginnings))

    def with_secrets(self, secrets: Iterable[str]) -> Redactor:
        """A redactor for these secrets too; itself if it knows them all."""
        new = {secret for secret in secrets if secret} - self._secrets
        return Redactor.of(self._secrets | new) if new else self

    def __repr__(self) -> str:
        return f"<Redactor of {len(self._secrets)} secret(s)>"

    def text(self, text: str) -> str:
        """``text`` without the secrets."""
        while (clean := self._once(text)) != text:
            text = clean  # once more: a short secret may stand alone only now, or one reach into a marker
        return text

    def _once(self, text: str) -> str:
        longer = [form for form in self._long if form in text]
        alone = [form for form in self._short if form in text]
        if not longer and not alone:
            return text
        # The marker itself is matched first, so that a secret such as "redacted" cannot nest markers.
        pattern = re.compile("|".join([re.escape(REDACTED), *map(re.escape, longer), *map(_alone, alone)]))
        return pattern.sub(REDACTED, text)

    def quoted(self, text: str) -> str:
        """``text`` without the secrets, and without the beginning of one where the text was cut.

        For words of the server that were cut to a quotable length before anyone could redact them. The search is
        at the end and before an ellipsis; fewer than eight characters of a secret stay.
        """
        return _ELLIPSIS.join(self._without_beginning(piece) for piece in self.text(text).split(_ELLIPSIS))

    def _without_beginning(self, text: str) -> str:
        end = text.rstrip(_CLOSING)
        cut = len(end)
        for form in self._whole:
            start = end.find(form[:_BEGINNING], max(0, len(end) - len(form)), cut + _BEGINNING - 1)
            while start >= 0 and not form.startswith(end[start:]):
                start = end.find(form[:_BEGINNING], start + 1, cut + _BEGINNING - 1)
            cut = start if start >= 0 else cut  # the longest beginning: some spellings differ late only
        return end[:cut] + REDACTED + text[len(end) :] if cut < len(end) else text

    def bytes(self, data: bytes) -> bytes:
        """``data`` without the secrets; every other byte stays as it is, UTF-8 or not."""
        if not self._secrets:
            return data
        text = data.decode("utf-8", "surrogateescape")
        clean = self.text(text)
        return data if clean is text else clean.encode("utf-8", "surrogateescape")

    def header(self, name: str, value: str) -> str:
        """The value of a header without secrets.

        Credentials go even if nobody registered them: a known scheme stays (``Bearer [redacted]``), a cookie goes
        entirely.
        """
        lower = name.lower()
        if lower in _OPAQUE_HEADERS:
            return REDACTED if value else value
        if lower in _CREDENTIAL_HEADERS:
            scheme, space, credential = value.strip().partition(" ")
            if space and credential and scheme.lower() in SCHEMES:
                return f"{scheme} {REDACTED}"
            return REDACTED if value else value
        return self.text(value)


def _alone(form: str) -> str:
    """A pattern for a short form that is not part of a word."""
    before = r"(?<![0-9A-Za-z_])" if _WORD.match(form) else ""
    after = r"(?![0-9A-Za-z_])" if _WORD.match(form[-1]) else ""
    return before + re.escape(form) + after


def _longest_first(forms: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(forms, key=lambda form: (-len(form), form)))


def _spellings(secret: str) -> set[str]:
    """Every way in which the secret may be written, itself included."""
    plain = {secret}
    if not secret.isascii():
        # Bytes that were read in the wrong character set, in either direction.
        octets = secret.encode("utf-8", "surrogatepass")
        plain.add(octets.decode("latin-1"))
        plain.add(secret.encode("latin-1", "ignore").decode("utf-8", "surrogateescape"))
    wide = plain | _base64_forms(secret)
    forms: set[str] = set()
    for form in wide:
        forms |= {form, html.escape(form), html.escape(form, quote=False)}
        forms |= _percent_forms(form) | _json_forms(form)
    for form in plain:
        forms |= _numbered_forms(form)
        # In a literal of Python's: h11 quotes what is no HTTP in this way.
        forms |= {form.replace("\\", "\\\\"), repr(form)[1:-1], repr(form.encode("utf-8", "surrogatepass"))[2:-1]}
    # JSON in a string of JSON: a debug field that holds the request.
    forms |= {json.dumps(form, ensure_ascii=False)[1:-1] for form in forms if "\\" in form or '"' in form}
    forms.discard("")
    return forms


def _numbered_forms(text: str) -> set[str]:
    """Each character as its number: what dumps, debuggers and over-careful encoders write."""
    octets = text.encode("utf-8", "surrogatepass")
    units = text.encode("utf-16-be", "surrogatepass")
    pairs = [int.from_bytes(units[i : i + 2]) for i in range(0, len(units), 2)]
    forms = {octets.hex(), octets.hex(" "), octets.hex(":"), "".join(f"\\x{one:02x}" for one in octets)}
    forms |= {"".join(f"\\u{one:04x}" for one in pairs), "".join(f"%{one:02x}" for one in octets)}
    forms |= {form.upper().replace("\\U", "\\u").replace("\\X", "\\x") for form in forms}
    forms |= {"".join(f"&#{ord(c)};" for c in text), "".join(f"&#x{ord(c):x};" for c in text)}
    forms |= {"".join(f"&#x{ord(c):X};" for c in text), "\0".join(text)}  # the last: UTF-16 that was read as bytes
    return forms


def _percent_forms(text: str) -> set[str]:
    # safe=: RFC 3986 unreserved only; "/" kept (path encoders); what JavaScript's encodeURIComponent keeps.
    encoded = {quote(text, safe=safe, errors="surrogateescape") for safe in ("", "/", "!*'()")}
    encoded.add(quote_plus(text, errors="surrogateescape"))
    encoded |= {quote(form, safe="") for form in encoded}
    return encoded | {_PERCENT.sub(lambda match: match[0].lower(), form) for form in encoded}


def _json_forms(text: str) -> set[str]:
    forms = {json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]}
    forms |= {form.replace("/", "\\/") for form in forms}
    # Encoders that are careful about HTML write < > & (Go), also ' " ` + (.NET), as \\u escapes; Go
    # leaves letters beyond ASCII as they are.
    for careful, ascii_only in (("<>&'\"`+\x7f", True), ("<>&", True), ("<>&", False)):
        for pattern in ("\\u{:04X}", "\\u{:04x}"):
            forms.add("".join(_escaped(char, careful, pattern, ascii_only=ascii_only) for char in text))
    return forms


def _escaped(char: str, careful: str, pattern: str, *, ascii_only: bool) -> str:
    if char in careful or (ascii_only and not char.isascii()):
        units = char.encode("utf-16-be", "surrogatepass")
        return "".join(pattern.format(int.from_bytes(units[i : i + 2])) for i in range(0, len(units), 2))
    return json.dumps(char, ensure_ascii=False)[1:-1]


def _base64_forms(secret: str) -> set[str]:
    octets = secret.encode("utf-8", "surrogatepass")
    forms: set[str] = set()
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        whole = encode(octets).decode("ascii")
        forms |= {whole, whole.rstrip("=")}
        # Inside a longer text the secret starts at any of three offsets; the characters at both ends
        # that also carry bits of the neighbours are left out.
        for offset in range(3):
            encoded = encode(b"\0" * offset + octets).decode("ascii").rstrip("=")
            core = encoded[(0, 2, 3)[offset] :]
            if (offset + len(octets)) % 3:
                core = core[:-1]
            if len(core) >= _CORE:
                forms.add(core)
    return forms
