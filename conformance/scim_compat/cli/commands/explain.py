"""scim-compat explain: what a check asks for, why, and which clients mind."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scim_compat.values import plural

if TYPE_CHECKING:
    from scim_compat.checks.registry import Check
    from scim_compat.profile.model import Profile, Scenario

_LEVELS = {
    "MUST": "the cited section says MUST or SHALL",
    "SHOULD": "the cited section says SHOULD",
    "MAY": "the cited section allows it; some client relies on it",
    "CLIENT": "no RFC asks for it; some client needs it",
}
_AFTER = {
    "match": "the client looks for a resource by filter",
    "list": "a list is asked for",
    "read": "the client reads one resource",
    "create": "the client creates",
    "patch": "the client sends PATCH",
    "replace": "the client sends PUT",
    "delete": "the client deletes",
    "discover": "a discovery endpoint is asked",
    "bulk": "the client sends several writes in one request",
    "raw": "a request that the profile spells out",
    "evaluate": "the client compares at the start of its next cycle",
    "anonymous": "a request without a valid credential",
    "read-back": "our read of the state behind a write",
    "read-members": "our read of a group's members, asked for by name",
    "look-up": "our search for a resource",
    "resolve": "our request to a resource's own address",
    "bystander": "our comparison of a resource that no scenario names",
    "set-up": "our creation of what a scenario starts from",
    "clean-up": "our deletion at the end",
}
"""Actions (engine.intent.Action) in words."""
_ORDERED = """\
Before any check: the run must be able to start (address, certificate, credential); else it ends with status 3.
The scenarios are those of the built-in profiles that come upon a check when all goes well; where none is named,
it shows when something else fails. Within a part, the rule is that of a report: the worst, then the most frequent."""


@click.command("explain", short_help="Explains a check, and which clients mind.")
@click.argument("check_id", required=False, metavar="[CHECK]")
@click.option("--order", is_flag=True, help="In which order to fix what is broken.")
@click.option("--all", "everything", is_flag=True, help="Write a page for each check, a list and the order, as HTML.")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Where --all writes its pages.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def command(check_id: str | None, *, order: bool, everything: bool, out: Path | None, as_json: bool) -> None:
    """Explains a CHECK and which clients mind, or lists all checks.

    Tells what is asked for, where that is written, why it matters, how to mend it, what each built-in
    profile says of it, and shows an exchange that fails it.
    """
    from scim_compat.checks.registry import all_checks  # noqa: PLC0415 - `--help` pays for none of these

    checks = all_checks()
    if sum([check_id is not None, order, everything]) > 1:
        raise click.UsageError("give CHECK, --order or --all: one of them")
    if everything != (out is not None):
        raise click.UsageError("--all and --out DIR go together")
    if everything and as_json:
        raise click.UsageError("--all writes HTML; `scim-compat explain CHECK --json` tells of one check")
    if everything and out is not None:
        _write_pages(list(checks.values()), out)
    elif order:
        _order(as_json=as_json)
    elif check_id is None:
        listed = [{"id": c.id, "title": c.title, "level": c.level} for c in checks.values()]
        click.echo(json.dumps(listed, indent=2)) if as_json else _list(list(checks.values()))
    elif check_id not in checks:
        raise click.UsageError(_unknown(check_id, list(checks)))
    else:
        told = described(checks[check_id], _profiles())
        click.echo(json.dumps(told, indent=2)) if as_json else _print(told)


def _write_pages(checks: list[Check], out: Path) -> None:
    from scim_compat.cli.order import parts  # noqa: PLC0415
    from scim_compat.cli.terminal import printable  # noqa: PLC0415
    from scim_compat.report.pages import pages  # noqa: PLC0415

    profiles = _profiles()
    told = [described(rule, profiles) for rule in checks]
    written = 0
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, html in pages([{**each, "when": _when(each)} for each in told], parts(profiles)):
            (out / name).write_text(html, encoding="utf-8")
            written += 1
    except OSError as error:
        raise click.UsageError(f"--out {printable(out)}: the pages cannot be written: {error.strerror}") from None
    click.echo(f"{written} pages; begin with {printable(out / 'index.html')}")


def _order(*, as_json: bool) -> None:
    from scim_compat.cli.order import parts  # noqa: PLC0415
    from scim_compat.cli.terminal import paragraph  # noqa: PLC0415

    found = parts(_profiles())
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    number = 0
    for part in found:
        if not part["checks"]:
            continue
        click.echo(click.style(part["title"], bold=True))
        click.echo(paragraph(part["text"], indent=2))
        for row in part["checks"]:
            number += 1
            reach = f" · {plural(row['scenarios'], 'scenario')}" if row["scenarios"] else ""
            line = f"{number:>3}  {row['severity']:<8}  {row['title']}  ({row['id']}{reach})"
            click.echo(paragraph(line, indent=2, hanging=17))
        click.echo()
    click.echo(click.style(_ORDERED, dim=True))


def described(rule: Check, profiles: list[Profile]) -> dict[str, Any]:
    """All there is to tell about a check, as ``--json`` prints it."""
    from scim_compat.checks.examples import examples  # noqa: PLC0415
    from scim_compat.checks.registry import Trait  # noqa: PLC0415
    from scim_compat.report.text import citation  # noqa: PLC0415

    example = examples().get(rule.id)
    return {
        "id": rule.id,
        "title": rule.title,
        "level": rule.level,
        "cites": [{"text": link.text, "url": link.url} for link in map(citation, rule.cites)],
        "scim": sorted(rule.scim),
        "after": [action for action in _AFTER if action in rule.on],
        "without_answer": rule.has_trait(Trait.SILENCE),
        "why": rule.why,
        "fix": rule.fix,
        "clients": [each for profile in profiles for each in _minds(rule, profile)],
        "example": example.as_json() if example else None,
    }


def _minds(rule: Check, profile: Profile) -> Iterator[dict[str, Any]]:
    """How a client takes a failure: in general, and in the scenarios that say otherwise."""
    if profile.scim not in rule.scim:
        return
    general = _view(rule, profile, None)
    yield {"profile": profile.id, "scenario": None, **general}
    for scenario in profile.scenarios:
        if rule.id in scenario.requires and (own := _view(rule, profile, scenario)) != general:
            yield {"profile": profile.id, "scenario": scenario.id, **own}


def _view(rule: Check, profile: Profile, scenario: Scenario | None) -> dict[str, Any]:
    from scim_compat.checks.judge import severity_of  # noqa: PLC0415

    severity, requirement = severity_of(rule, profile, scenario)
    source = profile.sources.get(requirement.source) if requirement else None
    return {
        "severity": severity or "ignored",
        "by": "profile" if requirement and requirement.severity else "level",
        "consequence": requirement.consequence if requirement else "",
        "evidence": requirement.evidence if requirement else "",
        "source": {"key": source.key, "title": source.title, "url": source.url} if source else None,
    }


def _profiles() -> list[Profile]:
    """The built-in profiles that load; one that does not is told about, and left out."""
    from scim_compat.errors import SourceFileError  # noqa: PLC0415
    from scim_compat.profile.find import builtin  # noqa: PLC0415
    from scim_compat.profile.load import load  # noqa: PLC0415

    found: list[Profile] = []
    for name in builtin():
        try:
            found.append(load(name))
        except SourceFileError:
            click.echo(f"the built-in profile {name} is left out: see scim-compat lint", err=True)
    return found


def _unknown(name: str, known: list[str]) -> str:
    subject = [k for k in known if k.partition(".")[0] == name.partition(".")[0]]
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.6) or subject[:8]
    hint = f"Did you mean {', '.join(near)}?" if near else "`scim-compat explain` lists them all."
    return f"there is no check {name[:80]!r}. {hint}"


def _list(checks: list[Check]) -> None:
    from scim_compat.cli.terminal import paragraph  # noqa: PLC0415

    wide = max(len(c.id) for c in checks)
    for subject, group in groupby(checks, key=lambda c: c.area):
        click.echo(click.style(subject, bold=True))
        for rule in group:
            click.echo(paragraph(f"{rule.id:<{wide}}  {rule.level:<6}  {rule.title}", indent=2, hanging=wide + 12))
        click.echo()
    for level, meaning in _LEVELS.items():
        click.echo(click.style(f"{level:<6}  {meaning}", dim=True))
    click.echo(click.style("scim-compat explain CHECK tells more of one", dim=True))


def _print(told: dict[str, Any]) -> None:
    from scim_compat.cli.terminal import paragraph  # noqa: PLC0415

    click.echo(f"{click.style(told['id'], bold=True)}  {told['title']}")
    click.echo(paragraph(f"{told['level']}: {_LEVELS[told['level']]}", indent=2))
    for cite in told["cites"]:
        click.echo(paragraph(f"{cite['text']}  {cite['url']}".rstrip(), indent=2, hanging=4))
    _section("When", _when(told))
    _section("Why", told["why"])
    _section("Fix", told["fix"])
    if told["example"]:
        _print_example(told["example"])
    click.echo(f"\n{click.style('Clients', bold=True)}")
    if not told["clients"]:
        click.echo(f"  No built-in profile speaks SCIM {' or '.join(told['scim'])}, for which the check is made.")
    for one in told["clients"]:
        where = f"{one['profile']}, scenario {one['scenario']}" if one["scenario"] else one["profile"]
        click.echo(f"  {where}: {click.style(one['severity'], bold=True)}{_because(one, told['level'])}")
        if one["consequence"]:
            click.echo(paragraph(one["consequence"], indent=4))
        if one["source"]:
            source = one["source"]
            click.echo(paragraph(f"{one['evidence']}: {source['title']} ({source['key']})", indent=4, hanging=6))
            if source["url"]:
                click.echo(paragraph(source["url"], indent=6))


def _print_example(example: dict[str, Any]) -> None:
    from scim_compat.cli.terminal import paragraph  # noqa: PLC0415

    click.echo(f"\n{click.style('Example', bold=True)}")
    if example["server"]:
        click.echo(paragraph(f"A server made for this: {example['server']}.", indent=2))
    if example["step"]:
        who = "client" if example["by"] == "client" else "run"
        click.echo(paragraph(f"The {who} {example['step']}.", indent=2))
    if example["before"]:
        click.echo(paragraph("What the client had written:", indent=2))
        _print_message(example["before"])
    _print_message(example["request"])
    if example["response"]:
        _print_message(example["response"])
    else:
        click.echo(paragraph(f"No answer: {example['failure']}", indent=4))
    if example["where"]:
        click.echo(paragraph(f"At {example['where']}:", indent=2))
    for key in ("expected", "actual"):
        if key in example:
            text = json.dumps(example[key], ensure_ascii=False)
            click.echo(paragraph(f"{key:<8}  {text}", indent=4, hanging=14))
    if example["message"]:
        click.echo(paragraph(example["message"], indent=4))


def _print_message(message: dict[str, Any]) -> None:
    from scim_compat.cli.terminal import printable  # noqa: PLC0415

    click.echo(f"    {click.style(printable(message['line']), bold=True)}")
    for name, content in message.get("headers", ()):
        click.echo(f"    {printable(name)}: {printable(content)}")
    for line in message["body"].split("\n") if message["body"] else ():
        click.echo(f"    {printable(line)}")
    click.echo()


def _because(one: dict[str, Any], level: str) -> str:
    if one["by"] == "profile":
        return ""
    if one["severity"] == "ignored":
        return f" (the profile says nothing of it, and the level is {level})"
    return f" (by the level {level}: the profile says nothing of it)"


def _when(told: dict[str, Any]) -> str:
    versions = " and ".join(told["scim"])
    after = "; ".join(_AFTER[action] for action in told["after"]) or "every answer"
    more = " Also where no answer came." if told["without_answer"] else ""
    return f"SCIM {versions}. Looked at after: {after}.{more}"


def _section(title: str, text: str) -> None:
    from scim_compat.cli.terminal import paragraph  # noqa: PLC0415

    click.echo(f"\n{click.style(title, bold=True)}")
    click.echo(paragraph(text, indent=2))
