"""The settings of a run: the endpoint, the credential, the options."""

from __future__ import annotations

import enum
import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from scim_compat.engine import people
from scim_compat.errors import UsageError
from scim_compat.results.document.call import CallInfo
from scim_compat.results.document.parsing import read
from scim_compat.results.document.writing import as_json
from scim_compat.values import CROWD_SIZE, FailOn
from scim_compat.wire.credentials import (
    Basic,
    Bearer,
    Credential,
    NoCredential,
    RawHeader,
)
from scim_compat.wire.oauth import ClientCredentials
from scim_compat.wire.secrets import SecretRegister


class LoginKind(enum.StrEnum):
    """How the run proves who it is."""

    NONE = "none"
    BEARER = "bearer"
    BASIC = "basic"
    HEADER = "header"
    """A raw secret in a header that the endpoint names."""
    OAUTH2 = "oauth2"
    """Client credentials (RFC 6749 §4.4)."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Login:
    """The credential by kind. Its values never reach a repr, a file or a log."""

    kind: LoginKind = LoginKind.NONE
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
        """The credential that the wire sends. Raises SettingError if a value cannot be sent."""
        match self.kind:
            case LoginKind.NONE:
                return NoCredential()
            case LoginKind.BEARER:
                return Bearer(self.token)
            case LoginKind.BASIC:
                return Basic(self.user, self.password)
            case LoginKind.HEADER:
                return RawHeader(self.header_name, self.header_value)
            case LoginKind.OAUTH2:
                return ClientCredentials(self.token_url, self.client_id, self.client_secret, self.scope)

    def header(self) -> tuple[str, str] | None:
        """Name and scheme of the header that carries the credential; None without one."""
        match self.kind:
            case LoginKind.NONE:
                return None
            case LoginKind.HEADER:
                return self.header_name, ""
            case LoginKind.BASIC:
                return "Authorization", "Basic"
            case LoginKind.BEARER | LoginKind.OAUTH2:
                return "Authorization", "Bearer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings of a run. They cross to xdist's workers as a dict."""

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
    crowd: int = CROWD_SIZE
    """Users of the crowd; each process of a run makes its share."""
    thorough: bool = False
    """Sweeps take one attribute a scenario."""
    fail_on: FailOn = FailOn.DEGRADED
    baseline: str = ""
    """The file of accepted findings; empty for none."""
    allow_stale: bool = False
    """Entries of the baseline that no longer happen are no reason to fail."""
    require: tuple[str, ...] = ()
    """Features that must be tested."""
    out: str
    claims: dict[str, Any] = field(default_factory=dict)
    """The vendor's claims, as in the target file."""
    bases: dict[str, str] = field(default_factory=dict)
    """SCIM version → base URL, as in the target file. Where it names none, ``endpoint.base_urls`` decides."""
    command: tuple[str, ...] = ()
    """The options that the user typed, for the record; no credential is among them."""
    call: CallInfo | None = None
    """The same in parts, for commands that repeat a part of the run; None where no user called."""
    trace: str = ""
    """The header in which each request carries its place in the run; empty for none."""
    run_id: str = ""
    """The id of the run; empty before it has one."""

    def with_id(self) -> Self:
        """These settings for a run that begins now."""
        return replace(self, run_id=f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{people.tag_for(self.seed)}")

    def register(self, register: SecretRegister) -> None:
        """Adds the secrets of the credential and of the proxy to the register."""
        login = self.login
        register.add(login.token, login.password, login.header_value, login.client_secret)
        register.add_proxy(self.proxy)

    def to_dict(self) -> dict[str, Any]:
        # execnet sends no subclass of str
        values = asdict(self) | {"fail_on": self.fail_on.value, "call": self.call and as_json(self.call)}
        values["login"]["kind"] = str(self.login.kind)
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Settings:
        known = dict(values)
        known["login"] = Login(**{**known["login"], "kind": LoginKind(known["login"]["kind"])})
        known["command"] = tuple(known["command"])
        known["call"] = known["call"] and read(CallInfo, known["call"], name="the call")
        known["fail_on"] = FailOn(known["fail_on"])
        known["require"] = tuple(known["require"])
        return cls(**known)


def new_seed() -> int:
    """A random seed, short enough to be typed again."""
    return secrets.randbelow(10**9)


def login_from_environment() -> Login:
    """The bearer token in SCIM_TOKEN, or no credential. ``pytest --scim-url`` uses it."""
    token = os.environ.get("SCIM_TOKEN", "")
    return Login(kind=LoginKind.BEARER, token=token) if token else Login()


def uncredentialed(settings: Settings) -> str:
    """Why the run sends no credential; empty if it sends one."""
    if settings.login.kind is not LoginKind.NONE or settings.client_cert:
        return ""
    return "--auth none" if os.environ.get("SCIM_TOKEN") else "SCIM_TOKEN is not set"


def default_out(given: str | None) -> Path:
    """The output folder: as given, or a new one under ``reports/`` named by the time. Raises UsageError."""
    try:
        here = Path.cwd()
    except FileNotFoundError:
        raise UsageError("the working folder no longer exists", hint="change to another one") from None
    if given:
        return here / given
    base = here / "reports" / f"{datetime.now(UTC):%Y%m%d-%H%M%S}"
    path, number = base, 1
    while path.exists():
        number += 1
        path = base.with_name(f"{base.name}-{number}")
    return path
