"""scim-compat show: what a profile does, and every request it sends, without a server."""

from __future__ import annotations

from dataclasses import asdict

import click


@click.command("show", short_help="Shows what a profile does, and every request it sends.")
@click.argument("profile_ref", metavar="PROFILE")
@click.argument("scenario", required=False, metavar="[SCENARIO]")
@click.option("--summary", "summary_only", is_flag=True, help="Only what the profile does, without the requests.")
@click.option("--seed", type=int, default=1, show_default=True, help="Seed of the test data.")
@click.option("--large", is_flag=True, help="Full size: groups of 1,000 members.")
@click.option("--thorough", is_flag=True, help="Sweeps take one attribute a scenario.")
@click.option(
    "--raw/--pretty",
    default=None,
    help="Bodies as they are sent, or indented for reading. Default: indented on a terminal.",
)
@click.option("--json", "as_json", is_flag=True, help="As JSON; bodies exactly as they are sent.")
def command(
    profile_ref: str,
    scenario: str | None,
    *,
    summary_only: bool,
    seed: int,
    large: bool,
    thorough: bool,
    raw: bool | None,
    as_json: bool,
) -> None:
    """Shows what PROFILE does and every request it sends; sends nothing.

    PROFILE is an id or a file. Its features, scenarios, requirements and sources are listed first.

    With SCENARIO (an id, a glob such as 'users.*' or an area such as users), shows the requests of these
    scenarios only, byte for byte as they go out, and the answer that each expects. An imaginary server that
    does all it is asked gives the answers, so the host and ids such as user-1 are its own.
    """
    from scim_compat.cli import catalogue, console, outgoing, profile_view, request_view  # noqa: PLC0415 - not for --help

    if summary_only and scenario:
        raise click.UsageError("give SCENARIO or --summary, not both")
    profile = catalogue.load_profile(profile_ref, thorough=thorough)
    if summary_only and as_json:
        console.write_json(profile_view.summary(profile))
        return
    out = console.output()
    if scenario is None and not as_json:
        profile_view.print_profile(out, profile)
        if summary_only:
            return
        out.blank(2)
    scenarios = profile.scenarios if scenario is None else outgoing.select_scenarios(profile, scenario)
    if as_json:
        sent = (outgoing.requests(profile, each, seed=seed, large=large) for each in scenarios)
        console.write_json([asdict(request) for requests in sent for request in requests])
        return
    indented = out.is_terminal if raw is None else not raw
    for number, each in enumerate(scenarios):
        out.blank(2 if number else 0)
        requests = list(outgoing.requests(profile, each, seed=seed, large=large))
        request_view.print_scenario(out, profile, each, requests, indented=indented)
