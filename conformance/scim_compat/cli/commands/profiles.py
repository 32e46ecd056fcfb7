"""scim-compat profiles: the clients that can be replayed."""

from __future__ import annotations

import sys
from dataclasses import asdict

import click

from scim_compat.errors import ExitStatus


@click.command("profiles", short_help="Lists the built-in profiles.")
@click.option("--json", "as_json", is_flag=True, help="As a JSON array.")
def command(*, as_json: bool) -> None:
    """Lists the built-in profiles: one for each client that can be replayed.

    The evidence counts scenarios: documented (the client's maker says so), observed (seen in real traffic
    or in a server's log), inferred (deduced from these).
    """
    from scim_compat.cli import catalogue, console, profile_view  # noqa: PLC0415 - not for --help

    profiles, errors = catalogue.load_builtin()
    if as_json:
        console.write_json([asdict(catalogue.numbers(each)) for each in profiles])
    else:
        profile_view.print_table(console.output(), profiles)
    for error in errors.values():
        console.print_error(error)
    sys.exit(ExitStatus.USAGE if errors else ExitStatus.OK)
