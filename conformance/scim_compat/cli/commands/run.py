"""scim-compat run: replays profiles against an endpoint."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from scim_compat.cli.options import call_settings, connection_options, login_from, replay_options, secret_register
from scim_compat.values import IN_PROCESS_URL, TRACE_HEADER, FailOn, Severity

if TYPE_CHECKING:
    from scim_compat.run.targetfile import Target

_SECRETS: Final = frozenset({"secret_env", "secret_file", "secret_prompt"})


@click.command("run", short_help="Replays profiles against an endpoint.")
@click.argument("url", required=False)
@replay_options()
@click.option(
    "--timeout",
    type=click.FloatRange(min=0.1),
    help="Seconds for one answer. Default: the client's own limit.",
)
@click.option(
    "--fail-on",
    type=click.Choice([word.value for word in FailOn]),
    default=FailOn.DEGRADED.value,
    show_default=True,
    help="Mildest severity that makes the exit status 1; unproven: degraded, or a client that is unproven.",
)
@click.option("--baseline", metavar="FILE", help="Accepted findings; `scim-compat baseline` drafts the file.")
@click.option("--allow-stale", is_flag=True, help="Entries of the baseline that no longer happen may stay.")
@click.option("--require", multiple=True, metavar="FEATURE", help="This feature must be tested; repeatable.")
@click.option(
    "--scim-app",
    metavar="MODULE:ATTRIBUTE",
    default="",
    help="Test a WSGI or ASGI application in process instead of a URL.",
)
@click.option("--target", metavar="FILE", help="Target file: URL, where the secret is, and what the vendor claims.")
@click.option(
    "--trace-header",
    is_flag=False,
    flag_value=TRACE_HEADER,
    default="",
    metavar="[NAME]",
    help=f"Send run, scenario and step along in a header, for the endpoint's log. NAME: {TRACE_HEADER}.",
)
@click.option(
    "--again",
    metavar="DIR",
    help="Play again what failed in the run in DIR, with its seed and settings; other options go before them.",
)
@click.option("--html", metavar="FILE", help="Also write pytest-html's run log.")
@click.option("--junit", metavar="FILE", help="Also write JUnit XML.")
@click.option("--summary", metavar="FILE", help="Also write a summary in Markdown, for the page of a pipeline.")
@connection_options
def command(url: str | None, profiles: tuple[str, ...], **options: Any) -> None:
    """Replays PROFILES against the SCIM endpoint at URL and writes the report.

    URL is the part before /Users, usually ending in /scim/v2. The bearer token is read from SCIM_TOKEN
    when no other credential is named. The run deletes everything it creates; `scim-compat cleanup` finishes
    that after a kill.
    """
    from scim_compat.cli import terminal  # noqa: PLC0415 - not for --help
    from scim_compat.cli.again import explain, read_earlier, take_over  # noqa: PLC0415 - likewise
    from scim_compat.cli.console import output  # noqa: PLC0415 - likewise
    from scim_compat.cli.pipeline import step_summary  # noqa: PLC0415 - likewise
    from scim_compat.run.request import RunRequest  # noqa: PLC0415 - likewise
    from scim_compat.run.settings import Settings, default_out, new_seed  # noqa: PLC0415 - likewise
    from scim_compat.wire.trace import check_name  # noqa: PLC0415 - likewise

    earlier, pairs, only = None, None, options["only"]
    if again := options.pop("again"):
        earlier = read_earlier(again)
        context = click.get_current_context()
        url = take_over(earlier, context, url=url)
        options = {name: context.params[name] for name in options}
        pairs = earlier.failed(FailOn(options["fail_on"]).floor or Severity.DEGRADED)
        if not pairs:
            output(whole=True).paragraph(f"Nothing failed in {again}, so nothing is played again.")
            return
        profiles = profiles or earlier.profiles(pairs)
        only = tuple(sorted({scenario for _, scenario in pairs}))
    if options["trace_header"]:
        check_name(options["trace_header"])
    target = _target(options)
    endpoint = url or (target.url if target else "")
    if not endpoint and not options["scim_app"]:
        missing = "the target file has no url: " if target else ""
        raise click.UsageError(
            f"{missing}give the URL of the SCIM endpoint, as https://host/scim/v2 (or --scim-app MODULE:ATTRIBUTE)"
        )
    if not profiles:
        raise click.UsageError("name a profile, as --profile entra-v2; `scim-compat profiles` lists them")
    settings = Settings(
        url=endpoint or IN_PROCESS_URL,
        login=login_from(options),
        app=options["scim_app"],
        ca=options["ca"] or "",
        client_cert=options["client_cert"] or "",
        client_key=options["client_key"] or "",
        proxy=options["proxy"],
        timeout=options["timeout"],
        seed=new_seed() if options["seed"] is None else options["seed"],
        large=options["large"],
        crowd=options["crowd"],
        thorough=options["thorough"],
        fail_on=FailOn(options["fail_on"]),
        baseline=options["baseline"] or "",
        allow_stale=options["allow_stale"],
        require=_required(options["require"], target),
        trace=options["trace_header"],
        out=str(default_out(options["out"])),
        claims=dict(target.claims) if target else {},
        # A URL on the command line takes the place of every base: nothing then goes to another address.
        bases=dict(target.bases) if target and not url else {},
        **call_settings(url=url or "", profiles=profiles, only=only),
    )
    request = RunRequest(
        settings=settings,
        profiles=profiles,
        only=options["only"],
        pairs=pairs,
        jobs=options["jobs"],
        html=options["html"],
        junit=options["junit"],
        summary=options["summary"],
        step_summary=step_summary(),
        secrets=secret_register(),
    )
    if earlier is not None and not options["quiet"]:
        output(whole=True).paragraph(explain(earlier, request))
    sys.exit(terminal.execute(request, quiet=options["quiet"]))


def _required(named: tuple[str, ...], target: Target | None) -> tuple[str, ...]:
    """The features that must be tested, as the command line and the target file say."""
    return tuple(dict.fromkeys((*named, *(target.require if target else ()))))


def _target(options: dict[str, Any]) -> Target | None:
    """The target file, if one is named. Its credential goes into ``options``, unless the command line has another."""
    from scim_compat.run import targetfile  # noqa: PLC0415 - not for --help

    file = options.pop("target")
    if not file:
        return None
    target = targetfile.load(Path(file))
    context = click.get_current_context()
    explicit = {
        name for name in options if context.get_parameter_source(name) is not click.core.ParameterSource.DEFAULT
    }
    if explicit & _SECRETS:  # one way to the secret replaces another
        explicit |= _SECRETS
    for key, value in target.auth.items():
        name = "auth" if key == "kind" else key.replace("-", "_")
        if name not in explicit:
            options[name] = value
    options["ca"] = options["ca"] or target.ca or None
    return target
