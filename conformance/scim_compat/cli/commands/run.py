"""scim-compat run: replay profiles against an endpoint."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from scim_compat.cli.options import connection_options, login_from
from scim_compat.values import Severity

if TYPE_CHECKING:
    from scim_compat.run.settings import Login

_SECRETS = {"secret_env", "secret_file", "secret_prompt"}


@click.command("run", short_help="Replays profiles against an endpoint.")
@click.argument("url", required=False)
@click.option(
    "--profile",
    "-p",
    "profiles",
    multiple=True,
    metavar="ID|FILE",
    help="Profile to replay; repeatable, 'all' for every one.",
)
@click.option("--only", multiple=True, metavar="GLOB", help="Only scenarios whose id matches; repeatable.")
@click.option("--out", metavar="DIR", help="Output folder. Default: reports/<time>.")
@click.option("--seed", type=int, help="Seed of the test data. Default: random, and printed.")
@click.option(
    "--jobs",
    "-j",
    type=click.IntRange(1, 32),
    default=1,
    show_default=True,
    help="Processes that run scenarios side by side.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0.1),
    help="Seconds for one answer. Default: the client's own limit.",
)
@click.option("--large", is_flag=True, help="Full size: groups of 1,000 members.")
@click.option(
    "--fail-on",
    type=click.Choice([severity.value for severity in reversed(Severity)]),
    default=Severity.DEGRADED.value,
    show_default=True,
    help="Mildest severity that makes the exit status 1.",
)
@click.option(
    "--scim-app",
    metavar="MODULE:ATTRIBUTE",
    default="",
    help="Test a WSGI or ASGI application in process instead of a URL.",
)
@click.option("--target", metavar="FILE", help="Target file: URL, where the secret is, and what the vendor claims.")
@click.option("--html", metavar="FILE", help="Also write pytest-html's run log.")
@click.option("--junit", metavar="FILE", help="Also write JUnit XML.")
@click.option("--quiet", "-q", is_flag=True, help="Only the result.")
@connection_options
def command(url: str | None, profiles: tuple[str, ...], **options: Any) -> None:
    """Replays PROFILES against the SCIM endpoint at URL and writes the report.

    URL is the part before /Users, usually ending in /scim/v2. The bearer token is read from SCIM_TOKEN
    when no other credential is named. Everything the run creates it deletes again; `scim-compat
    cleanup` finishes that after a kill.
    """
    file = options.pop("target")
    found = _from_target(file, options) if file else {}
    options["claims"] = found.get("claims", {})
    # A URL on the command line takes the place of every base: nothing then goes to another address.
    options["bases"] = {} if url else found.get("bases", {})
    url = url or found.get("url")
    if not url and not options["scim_app"]:
        raise click.UsageError(
            "give the URL of the SCIM endpoint, as https://host/scim/v2 (or --scim-app MODULE:ATTRIBUTE)"
        )
    if not profiles:
        raise click.UsageError("name a profile, as --profile entra-v2; `scim-compat profiles` lists them")
    from scim_compat.run.settings import IN_PROCESS_URL  # noqa: PLC0415

    sys.exit(execute(url or IN_PROCESS_URL, profiles, options))


def _login(options: dict[str, Any]) -> Login:
    """The credential the options name, or the demo's own token."""
    from scim_compat.run.settings import Login, LoginKind  # noqa: PLC0415

    token = options.pop("login_token", None)
    return Login(kind=LoginKind.BEARER, token=token) if token else login_from(options)


def _from_target(file: str, options: dict[str, Any]) -> dict[str, Any]:
    """What the target file says; options given on the command line come first."""
    from pathlib import Path  # noqa: PLC0415

    from scim_compat.run import targetfile as target  # noqa: PLC0415

    found = target.load(Path(file))
    context = click.get_current_context()
    given = {name for name in options if context.get_parameter_source(name) is not click.core.ParameterSource.DEFAULT}
    if given & _SECRETS:  # one way to the secret replaces another
        given |= _SECRETS
    for key, value in found.auth.items():
        name = "auth" if key == "kind" else key.replace("-", "_")
        if name not in given:
            options[name] = value
    options["ca"] = options["ca"] or found.ca or None
    return {"url": found.url, "claims": dict(found.claims), "bases": dict(found.bases)}


def execute(url: str, profiles: tuple[str, ...], options: dict[str, Any]) -> int:
    """Runs and tells; returns the exit status."""
    from scim_compat.cli.terminal import Terminal  # noqa: PLC0415 - `--help` pays for none of these
    from scim_compat.pytest_plugin.launch import run  # noqa: PLC0415
    from scim_compat.run.request import RunRequest  # noqa: PLC0415
    from scim_compat.run.settings import Settings, default_out, new_seed  # noqa: PLC0415

    only, jobs = options["only"], options["jobs"]
    command_line = [
        *(f for p in profiles for f in ("--profile", p)),
        *(f for g in only for f in ("--only", g)),
    ]
    settings = Settings(
        url=url,
        login=_login(options),
        app=options["scim_app"],
        ca=options["ca"] or "",
        client_cert=options["client_cert"] or "",
        client_key=options["client_key"] or "",
        proxy=options["proxy"],
        timeout=options["timeout"],
        seed=new_seed() if options["seed"] is None else options["seed"],
        large=options["large"],
        fail_on=Severity(options["fail_on"]),
        out=str(default_out(options["out"])),
        claims=options.get("claims", {}),
        bases=options.get("bases", {}),
        command=tuple(command_line),
    )
    terminal = Terminal(quiet=options["quiet"])
    request = RunRequest(
        settings=settings, profiles=profiles, only=tuple(only), jobs=jobs, html=options["html"],
        junit=options["junit"], progress=terminal.progress,
    )  # fmt: skip
    with terminal:
        outcome = run(request)
    terminal.finish(outcome)
    return outcome.status
