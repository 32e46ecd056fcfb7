"""Differences between two runs that lie outside of the endpoint: profiles, claims, the tool, the choice."""

from __future__ import annotations

import enum
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from scim_compat.results.document import Document, ProfileResult
from scim_compat.values import Json


class CircumstanceKind(enum.StrEnum):
    PROFILE_ADDED = "profile-added"
    PROFILE_REMOVED = "profile-removed"
    PROFILE_VERSION = "profile-version"
    PROFILE_DIGEST = "profile-digest"
    """The same version with other content."""
    CHOICE = "choice"
    """One of the runs played a part of the profile."""
    CLAIM = "claim"
    TOOL = "tool"
    ENDPOINT = "endpoint"
    PARTIAL = "partial"


@dataclass(frozen=True, slots=True)
class Circumstance:
    kind: CircumstanceKind
    subject: str
    """The id of a profile, the path of a claim, or empty."""
    old: str
    new: str

    @property
    def sentence(self) -> str:
        change = f"{self.old or 'not said'} before, {self.new or 'not said'} now"
        match self.kind:
            case CircumstanceKind.PROFILE_ADDED:
                return f"Profile {self.subject} is played now ({self.new}), and was not before."
            case CircumstanceKind.PROFILE_REMOVED:
                return f"Profile {self.subject} was played before ({self.old}), and is not now."
            case CircumstanceKind.PROFILE_VERSION:
                return f"Profile {self.subject} has another version: {change}. It may send and judge other things."
            case CircumstanceKind.PROFILE_DIGEST:
                return f"Profile {self.subject} has other content under the same version: digest {change}."
            case CircumstanceKind.CHOICE:
                return f"Profile {self.subject}: {change}."
            case CircumstanceKind.CLAIM:
                return f"Claim {self.subject}: {change}."
            case CircumstanceKind.TOOL:
                return f"Another version of scim-compat: {change}."
            case CircumstanceKind.ENDPOINT:
                return f"Another address: {change}."
            case CircumstanceKind.PARTIAL:
                return f"Partial results: {change}."


def circumstances(old: Document, new: Document) -> tuple[Circumstance, ...]:
    """Return the differences, those that change most first."""
    return (*_partial(old, new), *_profiles(old, new), *_claims(old, new), *_surroundings(old, new))


def _partial(old: Document, new: Document) -> Iterator[Circumstance]:
    if old.run.is_partial or new.run.is_partial:
        yield Circumstance(CircumstanceKind.PARTIAL, "", _extent(old), _extent(new))


def _extent(document: Document) -> str:
    return (
        document.run.interrupted.rstrip(".")
        if document.run.interrupted
        else ("complete" if document.run.complete else "incomplete")
    )


def _profiles(old: Document, new: Document) -> Iterator[Circumstance]:
    before, after = ({one.id: one for one in document.profiles} for document in (old, new))
    for name in dict.fromkeys([*before, *after]):
        was, now = before.get(name), after.get(name)
        if was is None and now is not None:
            yield Circumstance(CircumstanceKind.PROFILE_ADDED, name, "", now.version)
        elif now is None and was is not None:
            yield Circumstance(CircumstanceKind.PROFILE_REMOVED, name, was.version, "")
        elif was is not None and now is not None:
            yield from _profile(was, now)


def _profile(was: ProfileResult, now: ProfileResult) -> Iterator[Circumstance]:
    if was.version != now.version:
        yield Circumstance(CircumstanceKind.PROFILE_VERSION, was.id, was.version, now.version)
    elif was.digest != now.digest:
        yield Circumstance(CircumstanceKind.PROFILE_DIGEST, was.id, was.digest, now.digest)
    if was.is_part or now.is_part:
        choices = [f"{one.counts.scenarios} scenarios chosen" if one.is_part else "played whole" for one in (was, now)]
        if choices[0] != choices[1]:
            yield Circumstance(CircumstanceKind.CHOICE, was.id, *choices)


def _claims(old: Document, new: Document) -> Iterator[Circumstance]:
    before, after = (dict(_leaves(document.target.claims.content)) for document in (old, new))
    for path in dict.fromkeys([*before, *after]):
        was, now = before.get(path, ""), after.get(path, "")
        if was != now:
            yield Circumstance(CircumstanceKind.CLAIM, path, was, now)


def _leaves(value: Json, path: str = "") -> Iterator[tuple[str, str]]:
    """Each claim by its path; a list is one claim, whatever its order."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _leaves(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list | tuple):
        yield path, ", ".join(sorted(_text(entry) for entry in value)) or "none"
    else:
        yield path, _text(value)


def _text(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def _surroundings(old: Document, new: Document) -> Iterator[Circumstance]:
    if old.target.url != new.target.url:
        yield Circumstance(CircumstanceKind.ENDPOINT, "", old.target.url, new.target.url)
    if old.tool.version != new.tool.version:
        yield Circumstance(CircumstanceKind.TOOL, "", old.tool.version, new.tool.version)
