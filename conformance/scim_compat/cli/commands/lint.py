"""scim-compat lint: what is wrong or unclear in a profile, with line numbers."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from scim_compat.values import plural

if TYPE_CHECKING:
    from scim_compat.source.complaints import Complaint


@click.command("lint", short_help="Finds what is wrong or unclear in a profile.")
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.option("--quiet", "-q", is_flag=True, help="Errors only: no warnings, and nothing about sound files.")
def command(files: tuple[str, ...], quiet: bool) -> None:
    """Checks profiles: each FILE, or all built-in ones if none is named.

    An error makes the profile unusable; a warning is lawful and most likely a mistake. The exit status is 2
    if there is an error, else 0.
    """
    from scim_compat.checks.registry import all_checks  # noqa: PLC0415 - `--help` pays for none of these
    from scim_compat.errors import SourceFileError  # noqa: PLC0415
    from scim_compat.profile.find import builtin  # noqa: PLC0415
    from scim_compat.profile.lint import lint  # noqa: PLC0415
    from scim_compat.profile.load import load  # noqa: PLC0415

    refs = files or tuple(builtin())
    errors = warnings = 0
    for ref in refs:
        try:
            profile = load(ref, check_ids=all_checks())
        except SourceFileError as refused:
            errors += len(refused.complaints)
            _print("error", refused.complaints)
            continue
        found = lint(profile)
        warnings += len(found)
        if quiet:
            continue
        _print("warning", found)
        if not found:
            click.echo(f"{profile.id}: sound ({plural(len(profile.scenarios), 'scenario')})")
    if errors or not quiet:
        total = f"{plural(len(refs), 'profile')}: {plural(errors, 'error')}, {plural(warnings, 'warning')}"
        click.echo(total, err=bool(errors))
    sys.exit(2 if errors else 0)


def _print(word: str, complaints: tuple[Complaint, ...] | list[Complaint]) -> None:
    from scim_compat.cli.terminal import printable  # noqa: PLC0415

    styled = click.style(f"{word}:", fg="red" if word == "error" else "yellow")
    for each in complaints:
        hint = f"; {each.hint}" if each.hint else ""
        click.echo(f"{printable(each.where)}: {styled} {printable(each.what + hint)}")
