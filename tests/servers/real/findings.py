"""What a profile finds on a real server, and the list of what it is expected to find.

A list is ``expected/SERVER.yaml``: named reasons, and groups of findings that share check, severity,
place and reason. It is exact in both directions.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml
from scim_compat.profile.find import builtin
from scim_compat.profile.load import load
from scim_compat.results.stream import EventWriter
from scim_compat.run.session import Session
from scim_compat.run.settings import Login, Settings
from scim_compat.scim.grammar import PathError, parse_path

from servers.real import Target

EXPECTED: Final = Path(__file__).parent / "expected"
TODO: Final = "TODO"
RENEW: Final = "python tests/tools/real.py"
_SEED: Final = 7
_ANSWERS_WITHIN: Final = 30.0
_CROWD: Final = 12
"""Users beside those of the scenarios: enough for several pages of the smallest size, on servers that take their time."""
_WIDTH: Final = 120


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """A check that fails in a scenario. ``at`` is the attributes or the status it names, without data."""

    check: str
    severity: str
    at: tuple[str, ...]
    profile: str
    scenario: str


@dataclass(slots=True)
class Observed:
    """What one profile found."""

    found: dict[Finding, str] = field(default_factory=dict)
    """Finding → the first one in full, for a reader."""
    outcomes: dict[str, str] = field(default_factory=dict)
    """Scenario → pass, fail, skip or error."""
    errors: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    left: list[Any] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    """Bystanders that the run changed."""


def profiles() -> list[str]:
    """The built-in profiles that speak SCIM 2.0. Each is a test: to load them all would hold up every collection."""
    return [name for name in builtin() if _scim(name) == "2.0"]


def _scim(name: str) -> str:
    text = builtin()[name].read_text(encoding="utf-8")
    said = re.search(r'^scim: "(.+)"$', text, re.MULTILINE)
    return said[1] if said else _scim(re.search(r"^extends: (\S+)$", text, re.MULTILINE)[1])


def observe(target: Target, name: str, out: Path) -> Observed:
    """Runs the profile ``name`` against ``target``, as one process of a run does."""
    profile = load(name)
    if profile.scim != "2.0":
        raise ValueError(f"{name} speaks SCIM {profile.scim}, and these servers 2.0")
    login = Login(kind="bearer", token=target.token)
    settings = Settings(url=target.url, login=login, seed=_SEED, out=str(out), timeout=_ANSWERS_WITHIN, crowd=_CROWD)
    events = EventWriter(out / "events.jsonl")
    session = Session(settings, report=events)
    seen = Observed()
    try:
        session.open()
        # The outcome of requests at the same time depends on the timing of the server's database.
        for scenario in (s for s in profile.scenarios if all(step.verb != "overlap" for step in s.steps)):
            seen.outcomes[scenario.id] = session.run(profile, scenario).outcome
    finally:
        session.close()
        events.close()
    _read(events.path, name, seen)
    return seen


def _read(events: Path, profile: str, seen: Observed) -> None:
    """The events are what every report is made of, so they are what is compared."""
    scenario, places = "", {}
    for line in events.read_text(encoding="utf-8").splitlines():
        event = json.loads(line)
        if event["event"] == "scenario":
            scenario = event["id"]
        elif event["event"] == "check" and event["check"]["outcome"] in {"fail", "error"}:
            check = event["check"]
            if check["outcome"] == "error":
                seen.errors.append(f"{scenario}: {check['id']}: {check['reason']}")
                continue
            place, _ = places.setdefault((scenario, check["id"], check["severity"]), (set(), _told(check)))
            place.add(_place(check))
        elif event["event"] == "scenario-end" and event["result"]["outcome"] == "error":
            seen.errors.append(f"{scenario}: {event['result']['reason']}")
        elif event["event"] == "note":
            seen.notes.append(event["text"])
        elif event["event"] == "bystanders":
            seen.changed += event["changed"]
        elif event["event"] == "clean-up":
            seen.left += event["left"]
    for (within, check, severity), (place, told) in places.items():
        seen.found[Finding(check, severity, tuple(sorted(place)), profile, within)] = told


def _told(check: Mapping[str, Any]) -> str:
    shown = [json.dumps(check.get(key), ensure_ascii=False)[:120] for key in ("expected", "actual")]
    return f"{check['where']}: expected {shown[0]}, got {shown[1]} {check['message'][:160]}".strip()


def _place(check: Mapping[str, Any]) -> str:
    """The top attribute, or the JSON pointer without positions, or the status."""
    where = check["where"]
    if where == "status":
        return f"status {check.get('actual')}"
    if not where or where.startswith(("/", "header ")):
        return re.sub(r"/\d+(?=/|$)", "/#", where) or "body"
    try:
        return parse_path(where).attribute or where
    except PathError:
        return where


# --- the list -------------------------------------------------------------------------------------


@dataclass(slots=True)
class Listing:
    """``expected/SERVER.yaml``."""

    server: str
    version: str = ""
    reasons: dict[str, str] = field(default_factory=dict)
    """Name → why the finding is right: the rule, what the server does, why the client minds."""
    notes: dict[str, str] = field(default_factory=dict)
    """What the run says of itself on this server → why that is so."""
    left: str = ""
    """Why resources stay behind on this server; empty: none may."""
    findings: dict[Finding, str] = field(default_factory=dict)
    """Finding → the name of its reason."""


def read(server: str) -> Listing:
    """The list of ``server``; empty if there is none yet."""
    listing = Listing(server)
    path = EXPECTED / f"{server}.yaml"
    if not path.is_file():
        return listing
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    listing.version = content["version"]
    listing.reasons, listing.notes = content["reasons"] or {}, content["notes"] or {}
    listing.left = content.get("left", "")
    for group in content["findings"]:
        for profile, scenarios in group["found"].items():
            for scenario in scenarios:
                one = Finding(group["check"], group["severity"], tuple(group["at"]), profile, scenario)
                if one in listing.findings:
                    raise ValueError(f"{path}: {one} is listed twice")
                listing.findings[one] = group["why"]
    return listing


def write(listing: Listing) -> Path:
    """Writes the list: reasons in their order, findings in groups."""
    groups: dict[tuple[Any, ...], dict[str, list[str]]] = {}
    for one, why in sorted(listing.findings.items()):
        group = groups.setdefault((one.check, one.severity, one.at, why), {})
        group.setdefault(one.profile, []).append(one.scenario)
    lines = [
        f"# What the profiles find on {listing.server}, with the reason why each is right. Renew it with:",
        f"#   {RENEW} {listing.server}",
        f"server: {listing.server}",
        f"version: {json.dumps(listing.version)}",
        *_texts("reasons", listing.reasons),
        *_texts("notes", listing.notes),
        *(["left: >-", *_wrapped(listing.left, 2)] if listing.left else []),
        "findings:",
    ]
    for (check, severity, at, why), found in groups.items():
        lines += [
            f"  - check: {check}",
            f"    severity: {severity}",
            *_row("at", at, 4),
            f"    why: {why}",
            "    found:",
        ]
        for profile, scenarios in found.items():
            lines += _row(profile, scenarios, 6)
    path = EXPECTED / f"{listing.server}.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _texts(title: str, texts: Mapping[str, str]) -> Iterator[str]:
    yield f"{title}:" if texts else f"{title}: {{}}"
    for name, text in texts.items():
        yield f"  {name if re.fullmatch(r'[a-z0-9-]+', name) else json.dumps(name, ensure_ascii=False)}: >-"
        yield from _wrapped(text, 4)


def _wrapped(text: str, indent: int) -> list[str]:
    margin = " " * indent
    return textwrap.wrap(text, _WIDTH, initial_indent=margin, subsequent_indent=margin, break_on_hyphens=False)


def _row(name: str, values: Iterable[str], indent: int) -> list[str]:
    shown = ", ".join(v if re.fullmatch(r"[A-Za-z][\w.-]*", v) else json.dumps(v) for v in values)
    return textwrap.wrap(
        f"{name}: [{shown}]", _WIDTH, initial_indent=" " * indent, subsequent_indent=" " * (indent + 2),
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


def differences(listing: Listing, name: str, seen: Observed) -> list[str]:
    """One line for each finding of profile ``name`` that is not listed, or listed and not found."""
    listed = {one for one in listing.findings if one.profile == name}
    lines = [f"not listed: {_line(one)}\n    {seen.found[one]}" for one in sorted(seen.found.keys() - listed)]
    return lines + [f"listed, but not found: {_line(one)}" for one in sorted(listed - seen.found.keys())]


def _line(one: Finding) -> str:
    return f"{one.profile} {one.scenario}: {one.check} ({one.severity}) at {', '.join(one.at)}"
