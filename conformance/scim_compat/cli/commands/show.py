"""scim-compat show: what a profile is about, and every request it sends, without a server."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

import click

from scim_compat.cli.expectations import _FEW, expected
from scim_compat.values import Severity, plural

if TYPE_CHECKING:
    from scim_compat.profile.model import Profile, Scenario
    from scim_compat.wire.messages import Request


@click.command("show", short_help="Shows what a profile does, and every request it sends.")
@click.argument("profile_ref", metavar="PROFILE")
@click.argument("scenario", required=False, metavar="[SCENARIO]")
@click.option("--summary", "summary_only", is_flag=True, help="Only what the profile does, without the requests.")
@click.option("--seed", type=int, default=1, show_default=True, help="Seed of the test data.")
@click.option("--large", is_flag=True, help="Full size: groups of 1,000 members.")
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
    raw: bool | None,
    as_json: bool,
) -> None:
    """Shows what PROFILE does and every request it sends; sends nothing.

    PROFILE is an id or a file. Its features, scenarios, requirements and sources are listed first.

    With SCENARIO, an id or a pattern such as 'users.*', shows the requests of these scenarios only, byte for
    byte as they go out, with what is expected of the answer. Nothing is sent: an imagined server that does
    all it is asked gives the answers, so the host and ids such as user-1 are its own.
    """
    from scim_compat.checks.registry import all_checks  # noqa: PLC0415 - `--help` pays for none of these
    from scim_compat.errors import SourceFileError  # noqa: PLC0415
    from scim_compat.profile.load import load  # noqa: PLC0415

    if summary_only and scenario:
        raise click.UsageError("give SCENARIO or --summary, not both")
    try:
        profile = load(profile_ref, check_ids=all_checks())
    except SourceFileError as refused:
        click.echo(str(refused), err=True)
        sys.exit(2)
    if summary_only and as_json:
        click.echo(json.dumps(summary(profile), indent=2))
        return
    if scenario is None and not as_json:
        _print_profile(profile)
        if summary_only:
            return
        click.echo("\n")
    chosen = list(profile.scenarios) if scenario is None else _chosen(profile, scenario)
    if as_json:
        sent = [asdict(one) for each in chosen for one in requests(profile, each, seed=seed, large=large)]
        click.echo(json.dumps(sent, indent=2))
        return
    indented = sys.stdout.isatty() if raw is None else not raw
    for number, each in enumerate(chosen):
        click.echo("\n\n" if number else "", nl=False)
        _print_scenario(profile, each, list(requests(profile, each, seed=seed, large=large)), indented=indented)


def _chosen(profile: Profile, glob: str) -> list[Scenario]:
    """The scenarios that are meant; a variant is also meant by its scenario's id."""
    import fnmatch  # noqa: PLC0415

    def base(scenario: Scenario) -> str:
        return scenario.id.removesuffix(f".{scenario.variant}") if scenario.variant else scenario.id

    found = [s for s in profile.scenarios if any(fnmatch.fnmatchcase(n, glob) for n in (s.id, base(s)))]
    if not found:
        from scim_compat.source.complaints import nearest  # noqa: PLC0415

        hint = (
            nearest(glob, (s.id for s in profile.scenarios)) or f"`scim-compat show {profile.id} --summary` lists them"
        )
        raise click.UsageError(f"no scenario of {profile.id} matches {glob[:80]!r}; {hint}")
    return found


# --- requests -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One request as it goes out, and what it is for."""

    profile: str
    scenario: str
    step: str
    """``3.2``: second request of the third step."""
    where: str
    """File and line of the step."""
    by: str
    """``client``: the provider sends it; ``harness``: we do, to set up or to read back."""
    action: str
    title: str
    expects: str
    method: str
    target: str
    """Path and query below the base URL."""
    path: str
    """The request target as it stands in the request line, below https://scim.example/scim/v2."""
    headers: list[tuple[str, str]]
    """In the order they are sent."""
    body: str | None


def requests(profile: Profile, scenario: Scenario, *, seed: int = 1, large: bool = False) -> Iterator[Shown]:
    """Every request of the scenario, in order, clean-up left out. Nothing is sent anywhere."""
    from scim_compat.engine.rehearsal import rehearse  # noqa: PLC0415

    played = rehearse(profile, scenario, seed=seed, large=large)
    if not played:
        return
    with _wire(played[0].observation.context.base_url) as heads:
        for one in played:
            request, intent = one.observation.exchange.request, one.observation.intent
            path, headers = heads(request)
            yield Shown(
                profile=profile.id,
                scenario=scenario.id,
                step=one.number,
                where=str(one.step.where if one.step else scenario.where),
                by=intent.by,
                action=intent.action,
                title=one.title,
                expects=expected(intent),
                method=request.method,
                target=request.target,
                path=path,
                headers=headers,
                body=None if request.body is None else request.body.decode("utf-8", "replace"),
            )


@contextmanager
def _wire(base_url: str) -> Iterator[Callable[[Request], tuple[str, list[tuple[str, str]]]]]:
    """Tells request target and headers of a request: a run's own wire, whose transport keeps what it is given."""
    import httpx  # noqa: PLC0415

    from scim_compat.wire.client import Wire, WireSettings  # noqa: PLC0415
    from scim_compat.wire.credentials import Bearer  # noqa: PLC0415
    from scim_compat.wire.transport import TARGET  # noqa: PLC0415

    kept: list[httpx.Request] = []

    def keep(request: httpx.Request) -> httpx.Response:
        kept[:] = [request]
        return httpx.Response(204)

    def heads(request: Request) -> tuple[str, list[tuple[str, str]]]:
        wire.send(request)
        target: bytes = kept[0].extensions[TARGET]
        return target.decode("utf-8"), [(k.decode("latin-1"), v.decode("latin-1")) for k, v in kept[0].headers.raw]

    with Wire(WireSettings(base_url=base_url), Bearer("$SCIM_TOKEN"), transport=httpx.MockTransport(keep)) as wire:
        yield heads


# --- printing -----------------------------------------------------------------------------------


def _print_scenario(profile: Profile, scenario: Scenario, sent: list[Shown], *, indented: bool) -> None:
    from scim_compat.cli.terminal import paragraph, printable  # noqa: PLC0415
    from scim_compat.engine.applies import condition  # noqa: PLC0415

    click.echo(f"{click.style(scenario.id, bold=True)}  {printable(scenario.title)}")
    click.echo(paragraph(f"{scenario.evidence} · {scenario.where}", indent=2))
    for key in scenario.source:
        click.echo(paragraph(_source(profile, key), indent=2, hanging=4))
    for text in (condition(scenario), scenario.note):
        if text:
            click.echo(paragraph(text, indent=2))
    for (_, crowd), group in groupby(sent, key=lambda one: (one.step.partition(".")[0], one.action == "set-up")):
        listed = list(group)
        shown = listed[:1] if crowd and len(listed) > _FEW else listed
        for one in shown:
            _print_request(one, indented=indented)
        if len(shown) < len(listed):
            rest = plural(len(listed) - len(shown), "more request")
            click.echo(f"\n  … {rest} like this, to {listed[-1].step}; --json prints them all")
    reached = int(sent[-1].step.partition(".")[0]) if sent else 0
    if reached < len(scenario.steps):
        after = scenario.steps[reached].where
        click.echo(f"\n  {printable(after)} and what follows sends nothing here: it depends on the server's answers")


def _print_request(one: Shown, *, indented: bool) -> None:
    from scim_compat.cli.terminal import paragraph, printable  # noqa: PLC0415

    click.echo()
    colour = "cyan" if one.by == "client" else "magenta"
    line = one.where.rpartition(":")[2]
    click.echo(f"{one.step}  {click.style(one.by, fg=colour)}  {printable(one.title)}  {_dim(f'line {line}')}")
    click.echo(paragraph(f"expects {one.expects}", indent=5, hanging=7))
    click.echo(f"\n{click.style(one.method, bold=True)} {printable(one.path)} HTTP/1.1")
    for name, value in one.headers:
        click.echo(f"{printable(name)}: {printable(value)}")
    click.echo()
    if one.body is not None:
        _print_body(one.body, indented=indented)


def _print_body(body: str, *, indented: bool) -> None:
    """On a terminal without control characters; into a file or pipe exactly, unless it is indented."""
    from scim_compat.cli.terminal import printable  # noqa: PLC0415

    if indented:
        from scim_compat.report.text import pretty  # noqa: PLC0415

        body = pretty(body, cap=len(body) * 50 + 1000).text
    elif not sys.stdout.isatty():
        click.echo(body)
        return
    lines = body.split("\n")
    for line in lines:
        click.echo(printable(line))
    if any(printable(line) != line for line in lines):
        click.echo(_dim("(� stands for a character that is not shown here; --json has it)"))


def _print_profile(profile: Profile) -> None:
    from scim_compat.cli.commands.profiles import evidence, numbers  # noqa: PLC0415
    from scim_compat.cli.terminal import paragraph, printable  # noqa: PLC0415
    from scim_compat.engine.applies import condition  # noqa: PLC0415

    click.echo(f"{click.style(profile.id, bold=True)}  {printable(profile.title)}")
    click.echo(paragraph(numbers(profile), indent=2))
    click.echo(paragraph(evidence(profile), indent=2))
    if profile.summary:
        click.echo()
        click.echo(paragraph(profile.summary, indent=2))
    _heading("Features and scenarios", "evidence and source keys behind each title")
    for feature in profile.features:
        click.echo(f"  {click.style(printable(feature.title), bold=True)} {_dim(f'({feature.id})')}")
        for each in (s for s in profile.scenarios if s.feature == feature.id):
            gate = f" · {condition(each)}" if condition(each) else ""
            click.echo(f"    {printable(each.id)}")
            behind = f"{each.title} · {each.evidence} {', '.join(each.source)}{gate}"
            click.echo(paragraph(behind, indent=6))
    _print_requires(profile)
    if profile.not_covered:
        _heading("Not covered", "known habits that no scenario shows")
        for what, why in profile.not_covered:
            click.echo(paragraph(f"{what}: {why}", indent=2, hanging=4))
    _heading("Sources")
    for source in profile.sources.values():
        read = f" (read {source.read})" if source.read else ""
        click.echo(paragraph(f"{source.key}: {source.title}{read}", indent=2, hanging=4))
        if source.url:
            click.echo(paragraph(source.url, indent=4))
    click.echo()
    first = profile.scenarios[0].id if profile.scenarios else "SCENARIO"
    click.echo(_dim(f"scim-compat show {printable(profile.id)} {printable(first)}    every request of a scenario"))


def _print_requires(profile: Profile) -> None:
    from scim_compat.cli.terminal import paragraph  # noqa: PLC0415

    _heading("Requirements", "what a broken rule means to this client; scim-compat explain CHECK tells more")
    for severity in (*reversed(Severity), "ignore", None):
        named = [check for check, each in profile.requires.items() if each.severity == severity]
        if named:
            click.echo(paragraph(f"{severity or 'by level'}: {', '.join(named)}", indent=2, hanging=4))


def _heading(title: str, more: str = "") -> None:
    click.echo(f"\n{click.style(title, bold=True)}{_dim(f'  {more}') if more else ''}")


def _dim(text: str) -> str:
    return click.style(text, dim=True)


def _source(profile: Profile, key: str) -> str:
    source = profile.sources.get(key)
    return f"{key}: {source.title}" if source else key


def summary(profile: Profile) -> dict[str, Any]:
    """The profile without its steps, as ``--json`` prints it."""
    from scim_compat.cli.commands.profiles import described  # noqa: PLC0415

    return {
        **described(profile),
        "features": [asdict(each) for each in profile.features],
        "scenarios": [
            {
                "id": s.id, "feature": s.feature, "title": s.title, "evidence": s.evidence, "source": list(s.source),
                "when": dict(s.when), "where": str(s.where),
            }
            for s in profile.scenarios
        ],
        "requires": {
            check: {"severity": r.severity, "consequence": r.consequence, "source": r.source, "evidence": r.evidence}
            for check, r in profile.requires.items()
        },
        "sources": {key: {"title": s.title, "url": s.url, "read": s.read} for key, s in profile.sources.items()},
        "not_covered": [{"what": what, "why": why} for what, why in profile.not_covered],
    }  # fmt: skip
