"""scim-compat profiles: what is built in."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from scim_compat.values import plural

if TYPE_CHECKING:
    from scim_compat.profile.model import Profile

_EVIDENCE = ("documented", "observed", "inferred")


@click.command("profiles", short_help="Lists the built-in profiles.")
@click.option("--json", "as_json", is_flag=True, help="As a JSON array.")
def command(as_json: bool) -> None:
    """Lists the built-in profiles: one for each client that can be replayed.

    The evidence says what stands behind a profile's scenarios: documented (the client's maker says so),
    observed (seen in real traffic or in a server's log), inferred (deduced from these).
    """
    from scim_compat.checks.registry import all_checks  # noqa: PLC0415 - `--help` pays for none of these
    from scim_compat.errors import SourceFileError  # noqa: PLC0415
    from scim_compat.profile.find import builtin  # noqa: PLC0415
    from scim_compat.profile.load import load  # noqa: PLC0415

    found: list[Profile] = []
    refused: list[SourceFileError] = []
    for name in builtin():
        try:
            found.append(load(name, check_ids=all_checks()))
        except SourceFileError as error:
            refused.append(error)
    if as_json:
        click.echo(json.dumps([described(each) for each in found], indent=2))
    else:
        _print(found)
    for each in refused:
        click.echo(f"A built-in profile cannot be used:\n{each}", err=True)
    sys.exit(2 if refused else 0)


def described(profile: Profile) -> dict[str, Any]:
    """The profile in numbers, as ``--json`` prints it."""
    return {
        "id": profile.id,
        "title": profile.title,
        "client": profile.client.name,
        "scim": profile.scim,
        "version": profile.version,
        "summary": profile.summary,
        "features": len(profile.features),
        "scenarios": len(profile.scenarios),
        "evidence": {word: sum(s.evidence == word for s in profile.scenarios) for word in _EVIDENCE},
        "digest": profile.digest,
        "path": profile.path,
    }


def numbers(profile: Profile) -> str:
    """One line: client, protocol, version, size."""

    return (
        f"{profile.client.name or profile.title} · SCIM {profile.scim} · version {profile.version} · "
        f"{plural(len(profile.scenarios), 'scenario')} in {plural(len(profile.features), 'feature')}"
    )


def evidence(profile: Profile) -> str:
    """One line: how many scenarios are documented, observed, inferred."""
    counts = described(profile)["evidence"]
    return "evidence: " + ", ".join(f"{counts[word]} {word}" for word in _EVIDENCE)


def _print(found: list[Profile]) -> None:
    from scim_compat.cli.terminal import paragraph, printable  # noqa: PLC0415

    for profile in found:
        click.echo(f"{click.style(profile.id, bold=True)}  {printable(profile.title)}")
        click.echo(paragraph(numbers(profile), indent=2, hanging=4))
        click.echo(paragraph(evidence(profile), indent=2, hanging=4))
        click.echo()
    if found:
        name = found[0].id
        click.echo(click.style(f"scim-compat show {name} --summary    what one of them does, and why", dim=True))
        click.echo(click.style(f"scim-compat run URL --profile {name}", dim=True))
