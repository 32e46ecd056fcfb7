"""The command line: one file a command. No other room knows it.

A module in ``commands/`` that has a ``command`` is one; nothing else needs an edit.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from typing import Any, Final

import click

from scim_compat import __version__
from scim_compat.cli import commands
from scim_compat.cli.encoding import fit
from scim_compat.errors import ExitStatus, ScimCompatError, internal_error, is_traced

_ORDER = ["run", "demo", "profiles", "show", "lint", "explain", "report", "baseline", "compare", "certify", "cleanup"]
"""As the help lists them; a command that is not named here comes after these."""

_SECRET_OPTIONS: Final = frozenset(
    {"--token", "--bearer", "--password", "--secret", "--client-secret", "--api-key", "--credential"}
)
"""Options that people try, and that other tools have."""
_NO_SECRETS: Final = (
    "other users of this machine can read arguments, so scim-compat takes no secret as one. Put it into the "
    "environment variable SCIM_TOKEN (SCIM_PASSWORD with --user, SCIM_CLIENT_SECRET with --token-url), or name a "
    "file that holds it with --secret-file"
)


class _Commands(click.Group):
    """Imports a command's module only when it is called: ``--version`` pays for none."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        names = [m.name for m in pkgutil.iter_modules(commands.__path__)]
        return sorted(names, key=lambda name: (_ORDER.index(name) if name in _ORDER else len(_ORDER), name))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - likewise
        if cmd_name not in {m.name for m in pkgutil.iter_modules(commands.__path__)}:
            return None
        command = importlib.import_module(f"scim_compat.cli.commands.{cmd_name}").command
        return command if isinstance(command, click.Command) else None

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except click.NoSuchOption as error:
            if error.option_name not in _SECRET_OPTIONS:
                raise
            raise click.UsageError(f"there is no {error.option_name}: {_NO_SECRETS}", error.ctx) from None
        except ScimCompatError as error:
            from scim_compat.cli.console import print_error  # noqa: PLC0415 - only on an error

            print_error(error, ctx.obj)
            ctx.exit(error.exit_status)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            import difflib  # noqa: PLC0415 - only for a wrong word

            near = difflib.get_close_matches(args[0], self.list_commands(ctx), n=1)
            raise click.UsageError(f"{error.message} Did you mean {near[0]}?" if near else error.message) from None


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="scim-compat")
def cli() -> None:
    """Replays what identity providers really send to a SCIM endpoint, and says what will work.

    \b
    Start here:
      scim-compat demo                                    a run against a built-in target
      scim-compat run https://host/scim/v2 --profile entra-v2   (token in SCIM_TOKEN)

    \b
    Exit status: 0 nothing found at or above --fail-on · 1 findings · 2 wrong usage or
    profile · 3 the target cannot be tested · 4 internal error of scim-compat.
    """


def main() -> None:
    """Entry point. An internal error ends with one paragraph and status 4, not with a traceback."""
    from scim_compat.wire.secrets import SecretRegister  # noqa: PLC0415 - whoever imports ``cli`` only pays nothing

    for stream in (sys.stdout, sys.stderr):
        fit(stream)
    secrets = SecretRegister()
    try:
        cli(obj=secrets)
    except Exception as error:  # noqa: BLE001 - whatever is not of our tree of errors is a bug of ours
        click.echo(secrets.quoted(_trace(error) if is_traced() else internal_error(error)), err=True)
        sys.exit(ExitStatus.INTERNAL)


def _trace(error: BaseException) -> str:
    import traceback  # noqa: PLC0415 - only on an internal error

    return "".join(traceback.format_exception(error)).rstrip()
