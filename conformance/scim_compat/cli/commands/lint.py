"""scim-compat lint: the errors and likely mistakes of a profile, with line numbers."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from scim_compat.errors import ExitStatus, SourceFileError
from scim_compat.values import plural

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scim_compat.cli.console import Output
    from scim_compat.errors import Complaint


@click.command("lint", short_help="Finds errors and likely mistakes in a profile.")
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.option("--quiet", "-q", is_flag=True, help="Errors only: no warnings, and nothing about sound files.")
def command(files: tuple[str, ...], *, quiet: bool) -> None:
    """Checks profiles: each FILE, or all built-in ones if none is named.

    An error makes the profile unusable. A warning points at what is allowed and most likely a mistake. The exit
    status is 2 if there is an error, else 0.
    """
    from scim_compat.cli import catalogue, console  # noqa: PLC0415 - not for --help
    from scim_compat.profile import find, lint  # noqa: PLC0415 - likewise

    out = console.output()
    refs = files or tuple(find.builtin())
    errors = warnings = 0
    for ref in refs:
        try:
            profile = catalogue.load_profile(ref)
        except SourceFileError as error:
            errors += len(error.complaints)
            _print(out, ("error:", "red"), error.complaints)
            continue
        complaints = lint.lint(profile)
        warnings += len(complaints)
        if quiet:
            continue
        _print(out, ("warning:", "yellow"), complaints)
        if not complaints:
            out.line(f"{profile.id}: sound ({plural(len(profile.scenarios), 'scenario')})")
    total = f"{plural(len(refs), 'profile')}: {plural(errors, 'error')}, {plural(warnings, 'warning')}"
    if errors:
        console.error_output().line(total)
    elif not quiet:
        out.line(total)
    sys.exit(ExitStatus.USAGE if errors else ExitStatus.OK)


def _print(out: Output, word: tuple[str, str], complaints: Iterable[Complaint]) -> None:
    """One line a complaint, ``FILE:LINE: error: …``, as editors read it."""
    for each in complaints:
        hint = f"; {each.hint}" if each.hint else ""
        out.line(f"{each.where}: ", word, f" {each.what}{hint}")
