"""The register of secrets: everything that prints asks it.

A command, a run and each of a run's worker processes has one register and hands it down to whatever writes: the wire,
the record, the printer of tracebacks. Options, the credential and the proxy's URL fill it; the wire adds each OAuth
token that it fetches.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from urllib.parse import unquote, urlsplit

from scim_compat.wire.redact import Redactor


class SecretRegister:
    """The secrets that are known by now.

    It grows, so hand on the register or its bound methods (``register.text``), not the redactor of a moment.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._redactor = Redactor.of(secrets)
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"<SecretRegister: {self._redactor!r}>"

    @property
    def redactor(self) -> Redactor:
        """Immutable: it knows the secrets up to now."""
        return self._redactor

    def add(self, *secrets: str) -> None:
        """Registers secrets; empty strings and known ones change nothing."""
        with self._lock:  # wires that send at the same time fetch tokens at the same time
            self._redactor = self._redactor.with_secrets(secrets)

    def add_proxy(self, url: str | None) -> None:
        """Registers the password in a proxy's URL, if it has one."""
        self.add(*_proxy_secrets(url or ""))

    def text(self, text: str) -> str:
        """``text`` without the secrets."""
        return self._redactor.text(text)

    def quoted(self, text: str) -> str:
        """``text`` without the secrets, and without the beginning of one where the text was cut."""
        return self._redactor.quoted(text)


def _proxy_secrets(url: str) -> tuple[str, ...]:
    try:
        parts = urlsplit(url)
    except ValueError:  # the transport refuses such a URL in words
        return ()
    if not parts.password:
        return ()
    password = unquote(parts.password)
    return (password, f"{unquote(parts.username or '')}:{password}", parts.password)
