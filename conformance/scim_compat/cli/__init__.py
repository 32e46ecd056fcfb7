"""The command line: one file a command. A module here with a ``command`` is one; nothing else to edit."""

from __future__ import annotations

import importlib
import pkgutil
import sys

import click

from scim_compat import __version__
from scim_compat.cli import commands

_ORDER = ["run", "demo", "profiles", "show", "lint", "explain", "report", "cleanup"]
"""As the help lists them; a command that is not named here comes after these."""


class _Commands(click.Group):
    """Imports a command's module only when it is called: ``--version`` pays for none."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        found = [m.name for m in pkgutil.iter_modules(commands.__path__)]
        return sorted(found, key=lambda name: (_ORDER.index(name) if name in _ORDER else len(_ORDER), name))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - likewise
        if cmd_name not in {m.name for m in pkgutil.iter_modules(commands.__path__)}:
            return None
        found = importlib.import_module(f"scim_compat.cli.commands.{cmd_name}").command
        return found if isinstance(found, click.Command) else None

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
    profile · 3 the target cannot be tested · 4 fault of scim-compat.
    """


def main() -> None:
    """Entry point. A fault of ours ends with one paragraph and status 4, not with a traceback."""
    from scim_compat.wire.secrets import SecretRegister  # noqa: PLC0415 - for those who import ``cli`` only

    secrets = SecretRegister()
    try:
        cli(obj=secrets)
    except Exception as fault:  # noqa: BLE001 - told in one paragraph, with a status of its own
        import os  # noqa: PLC0415 - only on a fault

        if os.environ.get("SCIM_COMPAT_TRACEBACK"):
            click.echo(secrets.quoted(_trace(fault)), err=True, nl=False)
            sys.exit(4)
        click.echo(
            f"scim-compat failed by a fault of its own: {type(fault).__name__} "
            f"in {_place(fault)}. Set SCIM_COMPAT_TRACEBACK=1 to see all of it, and please report it.",
            err=True,
        )
        sys.exit(4)


def _trace(fault: BaseException) -> str:
    import traceback  # noqa: PLC0415 - only on a fault

    return "".join(traceback.format_exception(fault))


def _place(fault: BaseException) -> str:
    trace = fault.__traceback__
    place = "an unknown place"
    while trace is not None:
        code = trace.tb_frame.f_code
        if "scim_compat" in code.co_filename:
            place = f"{code.co_filename.rpartition('scim_compat')[2].lstrip('/')}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
