"""Options that several commands share: the target, the credential, the output folder."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from scim_compat.run.settings import Login
    from scim_compat.wire.secrets import SecretRegister

Command = TypeVar("Command", bound=Callable[..., Any])

_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]{0,60}")
_DEFAULT_ENV = {
    "bearer": "SCIM_TOKEN",
    "basic": "SCIM_PASSWORD",
    "header": "SCIM_TOKEN",
    "oauth2": "SCIM_CLIENT_SECRET",
}


def secrets() -> SecretRegister:
    """The register of this call's secrets: ``main`` makes it, everything that prints asks it."""
    from scim_compat.wire.secrets import SecretRegister  # noqa: PLC0415 - the command line stays light until it runs

    return click.get_current_context().ensure_object(SecretRegister)


def connection_options(function: Command) -> Command:
    """How to reach the endpoint and log in. Secrets never stand on the command line."""
    for option in reversed(_CONNECTION):
        function = option(function)
    return function


_CONNECTION: list[Callable[[Command], Command]] = [
    click.option(
        "--auth",
        type=click.Choice(["bearer", "basic", "header", "oauth2", "none"]),
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
]


def login_from(options: dict[str, Any]) -> Login:
    """The credential that the options name; takes them out of ``options``. Raises click.UsageError.

    The secret and the proxy's password go into the register of the call.
    """
    from scim_compat.run.settings import Login, LoginKind  # noqa: PLC0415 - the command line stays light until it runs

    kind = options.pop("auth")
    env, file, prompt = options.pop("secret_env"), options.pop("secret_file"), options.pop("secret_prompt")
    user, header_name = options.pop("user"), options.pop("header_name")
    token_url, client_id, scope = options.pop("token_url"), options.pop("client_id"), options.pop("scope")
    if kind is None:
        named = env or file or prompt
        kind = (
            "oauth2"
            if token_url
            else "basic"
            if user
            else "bearer"
            if named or os.environ.get("SCIM_TOKEN")
            else "none"
        )
    secrets().add_proxy(options.get("proxy"))
    if kind == "none":
        return Login()
    secret = _secret(kind, env, file, prompt=prompt)
    secrets().add(secret)
    if kind == "basic" and not user:
        raise click.UsageError("--auth basic needs --user NAME")
    if kind == "oauth2" and not (token_url and client_id):
        raise click.UsageError("--auth oauth2 needs --token-url URL and --client-id ID")
    return Login(
        kind=LoginKind(kind),
        token=secret if kind == "bearer" else "",
        user=user or "",
        password=secret if kind == "basic" else "",
        header_name=header_name,
        header_value=secret if kind == "header" else "",
        token_url=token_url or "",
        client_id=client_id or "",
        client_secret=secret if kind == "oauth2" else "",
        scope=scope,
    )


def _secret(kind: str, env: str | None, file: str | None, *, prompt: bool) -> str:
    if sum(bool(way) for way in (env, file, prompt)) > 1:
        raise click.UsageError("give one of --secret-env, --secret-file, --secret-prompt")
    if prompt:
        return str(click.prompt(f"Secret ({kind})", hide_input=True, err=True))
    if file:
        try:
            text = Path(file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise click.UsageError(
                f"--secret-file {file}: {error.__class__.__name__}: it cannot be read as text"
            ) from None
        if not text:
            raise click.UsageError(f"--secret-file {file} is empty")
        return text
    name = env or _DEFAULT_ENV[kind]
    value = os.environ.get(name, "")
    if not value and env and not _VARIABLE.fullmatch(env):  # not repeated: some take it for the place of the secret
        raise click.UsageError(
            f"--auth {kind}: no environment variable of the name given with --secret-env is set. It takes the name of "
            "a variable, such as SCIM_TOKEN, and never the secret itself"
        )
    if not value:
        raise click.UsageError(f"--auth {kind}: the environment variable {name} is not set (or use --secret-file)")
    return value
