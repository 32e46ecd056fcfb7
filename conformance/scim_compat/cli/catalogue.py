"""The built-in profiles, and a profile in numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, get_args

from scim_compat.checks.registry import all_checks
from scim_compat.cli.console import error_output
from scim_compat.errors import SourceFileError
from scim_compat.profile import load as loader
from scim_compat.profile.find import builtin
from scim_compat.profile.model import Profile
from scim_compat.values import Evidence

EVIDENCE: Final[tuple[Evidence, ...]] = get_args(Evidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileNumbers:
    """A profile in numbers, as ``--json`` prints it."""

    id: str
    title: str
    client: str
    scim: str
    version: str
    summary: str
    features: int
    scenarios: int
    evidence: dict[Evidence, int]
    """The number of scenarios that rest on each kind of evidence."""
    digest: str
    path: str


def numbers(profile: Profile) -> ProfileNumbers:
    return ProfileNumbers(
        id=profile.id,
        title=profile.title,
        client=profile.client.name,
        scim=profile.scim,
        version=profile.version,
        summary=profile.summary,
        features=len(profile.features),
        scenarios=len(profile.scenarios),
        evidence={kind: sum(s.evidence == kind for s in profile.scenarios) for kind in EVIDENCE},
        digest=profile.digest,
        path=profile.path,
    )


def load_profile(ref: str, *, thorough: bool = False) -> Profile:
    """The profile of this id or file. Raises SourceFileError."""
    return loader.load(ref, check_ids=all_checks(), thorough=thorough)


def load_builtin() -> tuple[list[Profile], dict[str, SourceFileError]]:
    """The built-in profiles that load, and by name the errors of the others."""
    profiles: list[Profile] = []
    errors: dict[str, SourceFileError] = {}
    for name in builtin():
        try:
            profiles.append(load_profile(name))
        except SourceFileError as error:
            errors[name] = error
    return profiles, errors


def load_usable() -> list[Profile]:
    """The built-in profiles that load. Each of the others is reported on the error output."""
    profiles, errors = load_builtin()
    for name in errors:
        error_output().line(f"the built-in profile {name} is left out; for details: scim-compat lint")
    return profiles
