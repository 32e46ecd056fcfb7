"""scim-compat explain: a check, its reasons, and the clients that depend on it; or a search through all checks."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from scim_compat.checks.registry import Check
    from scim_compat.cli.console import Output


@click.command("explain", short_help="Explains a check, or finds one by words.")
@click.argument("words", nargs=-1, metavar="[CHECK | WORD...]")
@click.option("--profile", "profile_ref", metavar="PROFILE", help="Only this client's view, with its scenarios.")
@click.option("--order", "in_order", is_flag=True, help="The order in which to fix an endpoint that fails many checks.")
@click.option("--all", "everything", is_flag=True, help="Write a page for each check, a list and the order, as HTML.")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Where --all writes its pages.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def command(
    words: tuple[str, ...],
    *,
    profile_ref: str | None,
    in_order: bool,
    everything: bool,
    out: Path | None,
    as_json: bool,
) -> None:
    """Explains a CHECK and which clients depend on it, finds checks by WORDs, or lists them all.

    Shows the rule, the phrase for its failure, the section that demands it, why it matters, how to fix it, how each
    built-in profile judges it, and an exchange that fails it. With --profile (an id or a file), shows the severity
    and consequence for that client, their source, and the scenarios that judge the check.

    Anything but the id of a check is looked for in the ids, rules, failures, reasons and remedies of all checks.
    """
    from scim_compat.checks.registry import all_checks  # noqa: PLC0415 - not for --help
    from scim_compat.cli import catalogue, check_facts, check_pages, check_view, console, order  # noqa: PLC0415 - likewise

    checks = all_checks()
    if sum([bool(words), in_order, everything]) > 1:
        raise click.UsageError("give CHECK, --order or --all: one of them")
    if everything != (out is not None):
        raise click.UsageError("--all and --out DIR go together")
    if everything and as_json:
        raise click.UsageError("--all writes HTML; `scim-compat explain CHECK --json` prints one check")
    rule = checks.get(words[0]) if len(words) == 1 else None
    if profile_ref is not None and rule is None:
        raise click.UsageError("--profile goes with the id of a check: scim-compat explain CHECK --profile PROFILE")
    stdout = console.output()
    if rule is not None:
        if profile_ref is not None:
            facts = check_facts.check_facts_for(rule, catalogue.load_profile(profile_ref))
        else:
            facts = check_facts.check_facts(rule, catalogue.load_usable())
        console.write_json(facts.as_json()) if as_json else check_view.print_check(stdout, facts)
    elif words:
        _search(words, checks, stdout, as_json=as_json)
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


def _search(words: tuple[str, ...], checks: Mapping[str, Check], stdout: Output, *, as_json: bool) -> None:
    """Lists the checks that hold the words. Raises UsageError with the nearest ids where none does."""
    from scim_compat.cli import check_search, check_view, console  # noqa: PLC0415 - not for --help

    hits = check_search.search(words, checks.values())
    if not hits:
        raise click.UsageError(_unknown(" ".join(words), checks))
    if as_json:
        console.write_json({"words": list(words), "hits": [asdict(hit) for hit in hits]})
    else:
        check_view.print_hits(stdout, words, hits)


def _unknown(name: str, known: Collection[str]) -> str:
    area = [k for k in known if k.partition(".")[0] == name.partition(".")[0]]
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.6) or area[:8]
    hint = f"Did you mean {', '.join(near)}?" if near else "`scim-compat explain` lists them all."
    return f"there is no check {name[:80]!r}, and none holds these words. {hint}"
