"""scim-compat compare: tells what changed from one run to the next."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import click

from scim_compat.errors import ExitStatus
from scim_compat.values import FailOn, Severity, is_at_least

_FLOORS: Final = (*(severity.value for severity in reversed(Severity)), FailOn.NEVER.value)


@click.command("compare", short_help="Tells what changed between two runs.")
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@click.option("--format", "form", type=click.Choice(["text", "md", "json"]), default="text", show_default=True)
@click.option(
    "--fail-on",
    type=click.Choice(_FLOORS),
    default=FailOn.DEGRADED.value,
    show_default=True,
    help="Mildest severity that fails the comparison where it is new.",
)
def command(old: str, new: str, *, form: str, fail_on: str) -> None:
    """Tells what is new, fixed, still there, or no longer tested in NEW, a later run than OLD.

    Each is a run's output folder, its results.json, or the events.jsonl of a run that was killed. The runs may have
    different seeds. What NEW did not test is never called fixed. Other profile versions and claims come first, because
    they can change the results of an unchanged endpoint.

    Exit status: 1 if anything is new or worse at or above --fail-on and not accepted by the baseline of NEW, else 0.
    """
    from scim_compat.cli import comparison_view, console  # noqa: PLC0415 - not for --help
    from scim_compat.results.comparison import compare  # noqa: PLC0415 - likewise
    from scim_compat.results.read import read_run  # noqa: PLC0415 - likewise

    comparison = compare(read_run(Path(old))[0], read_run(Path(new))[0])
    floor = FailOn(fail_on).floor
    match form:
        case "json":
            console.write_json(comparison_view.data(comparison, floor))
        case "md":
            console.output().raw(comparison_view.markdown(comparison, floor).rstrip("\n"))
        case _:
            comparison_view.print_comparison(console.output(), comparison, floor)
    is_worse = floor is not None and is_at_least(comparison.worst_open, floor)
    sys.exit(ExitStatus.FINDINGS if is_worse else ExitStatus.OK)
