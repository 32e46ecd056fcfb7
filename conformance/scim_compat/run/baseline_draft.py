"""Drafts a baseline from the results of a run. Reasons and tickets are left for people to fill."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from scim_compat.results.baseline import departures, played_scenarios
from scim_compat.results.document import INTEGRITY, Document, LocatedCheck
from scim_compat.results.document.baseline import Acceptance, Baseline, Departure, PlacedName, TestedFeatures
from scim_compat.results.patterns import is_match
from scim_compat.values import Severity, Verdict, is_at_least, worst
from scim_compat.wire.strict_json import sanitise

_PLAIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9._-]*")
_TESTED: Final = frozenset({Verdict.COMPATIBLE, Verdict.LIMITED, Verdict.INCOMPATIBLE})
_HEAD: Final = """\
# Findings that are known and accepted. They stay in the report and change no verdict; the exit status leaves them out.
# Fill each reason and ticket: an empty one is refused. until: 2027-06-30 sets the last day of an entry.
"""


@dataclass(frozen=True, slots=True)
class Draft:
    """A baseline as it will stand in its file."""

    entries: tuple[Acceptance, ...]
    features: tuple[TestedFeatures, ...]
    comments: Mapping[tuple[str, str], str]
    """(check, profile) → what is broken."""
    removed: tuple[str, ...] = ()
    """What an older baseline had and this one has not, a sentence each."""

    @property
    def unfilled(self) -> int:
        return sum(not (entry.reason and entry.ticket) for entry in self.entries)


def draft(document: Document, *, floor: Severity, old: Baseline | None = None) -> Draft:
    """The baseline of these results. ``floor``: the mildest severity that needs an entry. ``old`` keeps its reasons."""
    findings = [one for one in document.failed_checks() if is_at_least(one.check.severity, floor)]
    kept, removed = _kept(old, document) if old else ((), ())
    new = [one for one in findings if not any(_covers(entry, one) for entry in kept)]
    entries = (*kept, *_entries(new))
    comments: dict[tuple[str, str], str] = {}
    for one in findings:
        text = sanitise(one.check.failure or one.check.title)
        comments.setdefault((one.check.id, one.profile.id), text)
    return Draft(entries, tuple(_features(document, old)), comments, removed)


def _kept(old: Baseline, document: Document) -> tuple[tuple[Acceptance, ...], tuple[str, ...]]:
    """The entries that still happen, and sentences about the others."""
    found = departures(old, played_scenarios(document), document.profiles)
    stale = {one.line for one in found if one.kind is Departure.STALE}
    lost = [one.text for one in found if one.kind is Departure.LOST_FEATURE]
    entries = [
        replace(entry, scenarios=tuple(one for one in entry.scenarios if one.line not in stale))
        for entry in old.entries
        if entry.line not in stale
    ]
    gone = [one.text.partition(", remove")[0] for one in found if one.kind is Departure.STALE]
    return tuple(entry for entry in entries if entry.scenarios), (*gone, *lost)


def _covers(entry: Acceptance, one: LocatedCheck) -> bool:
    names = (is_match(each.name, one.scenario.id, one.scenario.variant) for each in entry.scenarios)
    return entry.check == one.check.id and is_match(entry.profile, one.profile.id) and any(names)


def _entries(findings: Iterable[LocatedCheck]) -> Iterator[Acceptance]:
    groups: dict[tuple[str, str], list[LocatedCheck]] = {}
    for one in findings:
        groups.setdefault((one.profile.id, one.check.id), []).append(one)
    for (profile, check), group in groups.items():
        severity = worst(one.check.severity for one in group if one.check.severity)
        names = dict.fromkeys(_pattern(one) for one in group)
        placed = tuple(PlacedName(name, 1) for name in names)
        yield Acceptance(
            check=check, profile=profile, scenarios=placed, reason="", ticket="", line=1, severity=severity
        )


def _pattern(one: LocatedCheck) -> str:
    """The scenario's id; the comparison of the crowd has another in each process of a run."""
    return "run.bystanders*" if one.scenario.feature == INTEGRITY else one.scenario.id


def _features(document: Document, old: Baseline | None) -> Iterator[TestedFeatures]:
    played = {profile.id for profile in document.profiles}
    yield from (tested for tested in (old.features if old else ()) if tested.profile not in played)
    for profile in document.profiles:
        tested = [PlacedName(one.id, 1) for one in profile.features if one.verdict in _TESTED]
        if tested:
            yield TestedFeatures(profile.id, tuple(tested))


# --- the file ----------------------------------------------------------------------------------------


def as_yaml(made: Draft) -> str:
    lines = [_HEAD.rstrip(), "format: 1"]
    lines.append("accepted:" if made.entries else "accepted: []")
    for entry in made.entries:
        lines += _entry_lines(entry, made.comments.get((entry.check, entry.profile), ""))
    lines += ["features:"] if made.features else []
    for tested in made.features:
        lines += [f"  {_scalar(tested.profile)}:", *_list(tested.features, indent=4)]
    return "\n".join(lines) + "\n"


def _entry_lines(entry: Acceptance, comment: str) -> Iterator[str]:
    if comment:
        yield f"  # {comment}"
    yield f"  - check: {_scalar(entry.check)}"
    yield f"    profile: {_scalar(entry.profile)}"
    yield "    scenarios:"
    yield from _list(entry.scenarios, indent=6)
    if entry.severity:
        yield f"    severity: {entry.severity}"
    if entry.accept_breach or entry.severity is Severity.BREACH:
        yield f"    accept-breach: {str(entry.accept_breach).lower()}"
    yield f"    reason: {json.dumps(entry.reason, ensure_ascii=False)}"
    yield f"    ticket: {json.dumps(entry.ticket, ensure_ascii=False)}"
    if entry.until:
        yield f"    until: {entry.until}"


def _list(entries: Sequence[PlacedName], *, indent: int) -> list[str]:
    return [f"{' ' * indent}- {_scalar(one.name)}" for one in entries]


def _scalar(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)
