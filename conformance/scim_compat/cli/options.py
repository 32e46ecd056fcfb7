"""Options that several commands share: the connection, the credential, and what is replayed."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

import click

from scim_compat.values import CROWD_SIZE

if TYPE_CHECKING:
    from scim_compat.run.settings import Login
    from scim_compat.wire.secrets import SecretRegister

Command = TypeVar("Command", bound=Callable[..., Any])

_VARIABLE: Final = re.compile(r"[A-Z_][A-Z0-9_]{0,60}")
_VARIABLES: Final[Mapping[str, str]] = {
    "bearer": "SCIM_TOKEN",
    "basic": "SCIM_PASSWORD",
    "header": "SCIM_TOKEN",
    "oauth2": "SCIM_CLIENT_SECRET",
}
"""Kind of credential → the environment variable that holds its secret, unless an option names another."""


def secret_register() -> SecretRegister:
    """The register of this call's secrets: ``main`` makes it, everything that prints asks it."""
    from scim_compat.wire.secrets import SecretRegister  # noqa: PLC0415 - not for --help

    return click.get_current_context().ensure_object(SecretRegister)


def replay_options(*, default: tuple[str, ...] = ()) -> Callable[[Command], Command]:
    """The profiles, the scenarios and the test data of a replay. ``default``: profiles where none is named."""
    options: Sequence[Callable[[Command], Command]] = (
        click.option(
            "--profile",
            "-p",
            "profiles",
            multiple=True,
            default=default,
            show_default=bool(default),
            metavar="ID|FILE",
            help="Profile to replay; repeatable, 'all' for every one.",
        ),
        click.option(
            "--only",
            multiple=True,
            metavar="GLOB",
            help="Only these scenarios: an id, a glob or an area such as users; repeatable.",
        ),
        click.option("--out", metavar="DIR", help="Output folder. Default: reports/<time>."),
        click.option("--seed", type=int, help="Seed of the test data. Default: random, and printed."),
        click.option(
            "--jobs",
            "-j",
            type=click.IntRange(1, 32),
            default=1,
            show_default=True,
            help="Processes that run scenarios side by side.",
        ),
        click.option(
            "--crowd",
            metavar="N",
            type=click.IntRange(1, 2000),
            default=CROWD_SIZE,
            show_default=True,
            help="Users that the run keeps beside those of its scenarios, for pages and filters.",
        ),
        click.option("--large", is_flag=True, help="Full size: groups of 1,000 members."),
        click.option("--thorough", is_flag=True, help="Sweeps take one attribute a scenario: many more requests."),
        click.option("--quiet", "-q", is_flag=True, help="Only the result."),
    )
    return lambda function: _with(options, function)


def call_settings(*, url: str, profiles: tuple[str, ...], only: tuple[str, ...]) -> dict[str, Any]:
    """``command`` and ``call`` of the settings: this call as the results record it.

    The options of the connection and the settings are those that the user gave, the secret's place among them. A
    password in an address is left out. Call it when the secrets are registered.
    """
    from scim_compat.results.document.call import CallInfo  # noqa: PLC0415 - not for --help

    context = click.get_current_context()
    options = tuple(word for parameter in context.command.params for word in _words(parameter, context))
    chosen = [("--profile", name) for name in profiles] + [("--only", each) for each in only]
    kind: Literal["run", "demo"] = "demo" if context.info_name == "demo" else "run"
    return {
        "command": (*(word for pair in chosen for word in pair), *options),
        "call": CallInfo(kind, url, options, only),
    }


def _words(parameter: click.Parameter, context: click.Context) -> tuple[str, ...]:
    """The option as it was given; nothing where its default holds, or where a repetition states it anew."""
    name = parameter.name or ""
    is_given = context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE
    if not is_given or name in ONCE or not isinstance(parameter, click.Option):
        return ()
    option = max(parameter.opts, key=len)
    if parameter.is_flag:
        return (option,)
    values = context.params[name] if parameter.multiple else [context.params[name]]
    clean = (secret_register().text(_USER_INFO.sub(r"\1", str(value))) for value in values)
    return tuple(word for value in clean for word in (option, value))


_GATE: Final = frozenset({"baseline", "allow_stale", "require"})
ONCE: Final = _GATE | {"url", "profiles", "only", "seed", "out", "jobs", "quiet", "html", "junit", "summary", "again"}
"""Parameters that hold for one call only, or that a repetition of a part states anew."""
_USER_INFO: Final = re.compile(r"^([a-z]+://)[^/?#]*@", re.IGNORECASE)


def _with(options: Sequence[Callable[[Command], Command]], function: Command) -> Command:
    for option in reversed(options):
        function = option(function)
    return function


def connection_options(function: Command) -> Command:
    """The address of the endpoint, and the credential. Secrets never stand on the command line."""
    return _with(_CONNECTION, function)


_CONNECTION: Final[tuple[Callable[[Command], Command], ...]] = (
    click.option(
        "--auth",
        type=click.Choice([*_VARIABLES, "none"]),
        help="Kind of credential. Default: bearer if SCIM_TOKEN is set, else none.",
    ),
    click.option(
        "--secret-env",
        metavar="NAME",
        help="Environment variable that holds the secret. Default: SCIM_TOKEN "
        "(bearer, header), SCIM_PASSWORD (basic), SCIM_CLIENT_SECRET (oauth2).",
    ),
    click.option("--secret-file", type=click.Path(dir_okay=False), help="File that holds the secret."),
    click.option("--secret-prompt", is_flag=True, help="Ask for the secret."),
    click.option("--user", metavar="NAME", help="User name for basic."),
    click.option(
        "--header-name",
        metavar="NAME",
        default="Authorization",
        show_default=True,
        help="Header that carries the raw secret, for --auth header.",
    ),
    click.option("--token-url", metavar="URL", help="OAuth 2 token endpoint (client credentials)."),
    click.option("--client-id", metavar="ID", help="OAuth 2 client id."),
    click.option("--scope", metavar="SCOPE", default="", help="OAuth 2 scope."),
    click.option("--ca", type=click.Path(exists=True, dir_okay=False), help="CA certificates to trust (PEM)."),
    click.option("--client-cert", type=click.Path(exists=True, dir_okay=False), help="Client certificate (PEM)."),
    click.option("--client-key", type=click.Path(exists=True, dir_okay=False), help="Its key, if apart (PEM)."),
    click.option(
        "--proxy", metavar="URL", default="", help="HTTP proxy. The environment's proxy settings are not used."
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _CredentialOptions:
    """The options about the credential, as click gives them."""

    auth: str | None
    secret_env: str | None
    secret_file: str | None
    secret_prompt: bool
    user: str | None
    header_name: str
    token_url: str | None
    client_id: str | None
    scope: str

    @property
    def kind(self) -> str:
        """As ``--auth`` says, or as follows from the others."""
        if self.auth is not None:
            return self.auth
        if self.token_url:
            return "oauth2"
        if self.user:
            return "basic"
        has_secret = self.secret_env or self.secret_file or self.secret_prompt or os.environ.get("SCIM_TOKEN")
        return "bearer" if has_secret else "none"


def login_from(options: dict[str, Any]) -> Login:
    """The credential that the options name; takes them out of ``options``. Raises click.UsageError.

    The secret and the proxy's password go into the register of the call.
    """
    from scim_compat.run.settings import Login, LoginKind  # noqa: PLC0415 - not for --help

    credential = _CredentialOptions(**{field.name: options.pop(field.name) for field in fields(_CredentialOptions)})
    secret_register().add_proxy(options.get("proxy"))
    if options.get("client_key") and not options.get("client_cert"):
        raise click.UsageError("--client-key needs --client-cert FILE, the certificate that the key belongs to")
    kind = LoginKind(credential.kind)
    if kind is LoginKind.NONE:
        return Login()
    secret = _secret(credential)
    secret_register().add(secret)
    match kind:
        case LoginKind.BEARER:
            return Login(kind=kind, token=secret)
        case LoginKind.HEADER:
            return Login(kind=kind, header_name=credential.header_name, header_value=secret)
        case LoginKind.BASIC:
            if not credential.user:
                raise click.UsageError("--auth basic needs --user NAME")
            return Login(kind=kind, user=credential.user, password=secret)
        case LoginKind.OAUTH2:
            if not (credential.token_url and credential.client_id):
                raise click.UsageError("--auth oauth2 needs --token-url URL and --client-id ID")
            return Login(
                kind=kind,
                token_url=credential.token_url,
                client_id=credential.client_id,
                client_secret=secret,
                scope=credential.scope,
            )


def _secret(credential: _CredentialOptions) -> str:
    if sum(bool(way) for way in (credential.secret_env, credential.secret_file, credential.secret_prompt)) > 1:
        raise click.UsageError("give one of --secret-env, --secret-file, --secret-prompt")
    if credential.secret_prompt:
        return str(click.prompt(f"Secret ({credential.kind})", hide_input=True, err=True))
    return _secret_in_file(credential.secret_file) if credential.secret_file else _secret_in_environment(credential)


def _secret_in_file(path: str) -> str:
    try:
        secret = Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise click.UsageError(f"--secret-file {path}: it cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise click.UsageError(f"--secret-file {path}: it is not text in UTF-8") from None
    if not secret:
        raise click.UsageError(f"--secret-file {path} is empty")
    return secret


def _secret_in_environment(credential: _CredentialOptions) -> str:
    name = credential.secret_env or _VARIABLES[credential.kind]
    secret = os.environ.get(name, "")
    if secret:
        return secret
    option = f"--auth {credential.kind}"
    if credential.secret_env and not _VARIABLE.fullmatch(name):  # not repeated: some write the secret itself there
        raise click.UsageError(
            f"{option}: no environment variable of the name given with --secret-env is set. It takes the name of a "
            "variable, such as SCIM_TOKEN, and never the secret itself"
        )
    raise click.UsageError(f"{option}: the environment variable {name} is not set (or use --secret-file)")
