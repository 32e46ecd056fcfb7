"""scim-compat explain: a check, its reasons, and the clients that depend on it."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from dataclasses import asdict
from pathlib import Path

import click


@click.command("explain", short_help="Explains a check, and which clients depend on it.")
@click.argument("check_id", required=False, metavar="[CHECK]")
@click.option("--order", "in_order", is_flag=True, help="The order in which to fix an endpoint that fails many checks.")
@click.option("--all", "everything", is_flag=True, help="Write a page for each check, a list and the order, as HTML.")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Where --all writes its pages.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def command(check_id: str | None, *, in_order: bool, everything: bool, out: Path | None, as_json: bool) -> None:
    """Explains a CHECK and which clients depend on it, or lists all checks.

    Shows the rule, the section that demands it, why it matters, how to fix it, how each built-in profile
    judges it, and an exchange that fails it.
    """
    from scim_compat.checks.registry import all_checks  # noqa: PLC0415 - not for --help
    from scim_compat.cli import catalogue, check_facts, check_pages, check_view, console, order  # noqa: PLC0415 - likewise

    checks = all_checks()
    if sum([check_id is not None, in_order, everything]) > 1:
        raise click.UsageError("give CHECK, --order or --all: one of them")
    if everything != (out is not None):
        raise click.UsageError("--all and --out DIR go together")
    if everything and as_json:
        raise click.UsageError("--all writes HTML; `scim-compat explain CHECK --json` prints one check")
    if check_id is not None and check_id not in checks:
        raise click.UsageError(_unknown(check_id, checks))
    stdout = console.output()
    if check_id is not None:
        facts = check_facts.check_facts(checks[check_id], catalogue.load_usable())
        console.write_json(facts.as_json()) if as_json else check_view.print_check(stdout, facts)
    elif in_order:
        parts = order.order(catalogue.load_usable())
        console.write_json([asdict(part) for part in parts]) if as_json else check_view.print_order(stdout, parts)
    elif out is not None:
        count = check_pages.write(out, checks.values(), catalogue.load_usable())
        stdout.line(f"{count} pages; begin with {out / 'index.html'}")
    elif as_json:
        console.write_json(
            [{"id": c.id, "title": c.title, "failure": c.failure, "level": c.level} for c in checks.values()]
        )
    else:
        check_view.print_checks(stdout, list(checks.values()))


def _unknown(name: str, known: Collection[str]) -> str:
    area = [k for k in known if k.partition(".")[0] == name.partition(".")[0]]
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.6) or area[:8]
    hint = f"Did you mean {', '.join(near)}?" if near else "`scim-compat explain` lists them all."
    return f"there is no check {name[:80]!r}. {hint}"
