"""What a run needs to know of the outside: the endpoint, the credential, the options."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from scim_compat.values import Severity
from scim_compat.wire.credentials import (
    Basic,
    Bearer,
    ClientCredentials,
    Credential,
    NoCredential,
    RawHeader,
)

IN_PROCESS_URL: Final = "http://app.invalid/scim/v2"
"""Stands for the URL of an application that is tested in process."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Login:
    """The credential by kind. Its values never reach a repr, a file or a log."""

    kind: str = "none"
    """none | bearer | basic | header | oauth2"""
    token: str = ""
    user: str = ""
    password: str = ""
    header_name: str = ""
    header_value: str = ""
    token_url: str = ""
    client_id: str = ""
    client_secret: str = ""
    scope: str = ""

    def credential(self) -> Credential:
        """What the wire sends. Raises SettingError if a value cannot be sent."""
        if self.kind == "bearer":
            return Bearer(self.token)
        if self.kind == "basic":
            return Basic(self.user, self.password)
        if self.kind == "header":
            return RawHeader(self.header_name, self.header_value)
        if self.kind == "oauth2":
            return ClientCredentials(self.token_url, self.client_id, self.client_secret, self.scope)
        return NoCredential()

    def shown(self) -> tuple[str, str] | None:
        """Header name and scheme, for the record."""
        schemes = {"bearer": "Bearer", "oauth2": "Bearer", "basic": "Basic"}
        if self.kind == "header":
            return self.header_name, ""
        return ("Authorization", schemes[self.kind]) if self.kind in schemes else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All that a run needs to know of the outside. Crosses to xdist's workers as a dict."""

    url: str
    login: Login = field(default_factory=Login, repr=False)
    app: str = ""
    """``module:attribute`` of a WSGI or ASGI application to call in process."""
    ca: str = ""
    client_cert: str = ""
    client_key: str = ""
    proxy: str = field(default="", repr=False)
    """It may hold a password."""
    timeout: float | None = None
    """Seconds for one answer; None: the client's own limit."""
    seed: int
    large: bool = False
    fail_on: Severity = Severity.DEGRADED
    out: str
    claims: dict[str, Any] = field(default_factory=dict)
    """The vendor's claims, as in the target file."""
    bases: dict[str, str] = field(default_factory=dict)
    """SCIM version → base URL, as in the target file. Where it names none, ``endpoint.base_urls`` decides."""
    command: tuple[str, ...] = ()
    """What the user typed, for the record; holds no credential."""

    def to_dict(self) -> dict[str, Any]:
        return asdict(self) | {"fail_on": self.fail_on.value}  # execnet sends no subclass of str

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Settings:
        known = dict(values)
        known["login"] = Login(**known["login"])
        known["command"] = tuple(known["command"])
        known["fail_on"] = Severity(known["fail_on"])
        return cls(**known)


def new_seed() -> int:
    return secrets.randbelow(10**9)


def login_from_environment() -> Login:
    """The bearer token in SCIM_TOKEN, or no credential: what ``pytest --scim-url`` uses."""
    token = os.environ.get("SCIM_TOKEN", "")
    return Login(kind="bearer", token=token) if token else Login()


def default_out(given: str | None) -> Path:
    """The output folder: as given, or a new one under ``reports/`` named by the time."""
    if given:
        return Path(given).absolute()
    base = Path("reports").absolute() / f"{datetime.now(UTC):%Y%m%d-%H%M%S}"
    path, number = base, 1
    while path.exists():
        number += 1
        path = base.with_name(f"{base.name}-{number}")
    return path
