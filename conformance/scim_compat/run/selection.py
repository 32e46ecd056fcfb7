"""The selection: profiles and scenarios that a run plays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from scim_compat.checks.registry import all_checks
from scim_compat.errors import UsageError
from scim_compat.profile.find import builtin
from scim_compat.profile.load import load
from scim_compat.profile.model import Profile, Scenario
from scim_compat.results.document.baseline import Baseline
from scim_compat.results.patterns import is_match as is_named
from scim_compat.results.patterns import names
from scim_compat.run import baseline
from scim_compat.run.request import RunRequest
from scim_compat.source.complaints import nearest, quoted

ALL = "all"
"""Stands for every built-in profile."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The scenarios that a run plays."""

    profiles: tuple[Profile, ...]
    scenarios: Mapping[str, tuple[Scenario, ...]]
    """Profile id → its scenarios, in its order."""
    references: Mapping[str, str] = field(default_factory=dict)
    """Profile id → the path by which the call named it; none for a built-in profile."""
    baseline: Baseline | None = None
    """The findings that are accepted; None without such a file."""


def select(request: RunRequest) -> Selection:
    """Loads the profiles and picks the scenarios. Nothing is sent.

    Raises SourceFileError for a bad profile, UsageError for a choice that names nothing.
    """
    loaded = _load(request.profiles, thorough=request.settings.thorough)
    profiles = tuple(loaded.values())
    _check_features(request.settings.claims.get("without-features", ()), profiles)
    _check_required(request.settings.require, profiles)
    _check_patterns(request.only, profiles)
    chosen = {p.id: tuple(matching(p.scenarios, request.only)) for p in profiles}
    if request.pairs is not None:
        chosen = {id_: tuple(s for s in those if (id_, s.id) in request.pairs) for id_, those in chosen.items()}
        profiles = tuple(profile for profile in profiles if chosen[profile.id])
        if not profiles:
            raise UsageError(
                f"none of the {len(request.pairs)} scenarios that failed is left to play",
                hint="name fewer restrictions, or run the profiles as a whole",
            )
    files = {profile.id: name for name, profile in loaded.items() if name not in builtin()}
    accepted = baseline.load(Path(request.settings.baseline)) if request.settings.baseline else None
    return Selection(profiles, chosen, files, accepted)


def matching(scenarios: Iterable[Scenario], patterns: Sequence[str]) -> list[Scenario]:
    """The scenarios that ``--only`` leaves: those that one of the patterns names; all of them without patterns."""
    return [s for s in scenarios if not patterns or any(is_match(s, pattern) for pattern in patterns)]


def is_match(scenario: Scenario, pattern: str) -> bool:
    """True when the pattern names the scenario."""
    return is_named(pattern, scenario.id, scenario.variant)


def _load(references: Sequence[str], *, thorough: bool) -> dict[str, Profile]:
    """The profiles by the name that the call gives them, in its order."""
    checks = all_checks()
    names = [name for given in references for name in (sorted(builtin()) if given == ALL else [given])]
    profiles = [load(name, check_ids=checks, thorough=thorough) for name in names]
    ids = [profile.id for profile in profiles]
    twice = next((name for name in sorted(ids) if ids.count(name) > 1), None)
    if twice is not None:
        raise UsageError(f"the profile {twice} is named twice", hint="name each profile once")
    return dict(zip(names, profiles, strict=True))


def _check_patterns(patterns: Sequence[str], profiles: Sequence[Profile]) -> None:
    """Raises UsageError for a pattern that names no scenario."""
    scenarios = [scenario for profile in profiles for scenario in profile.scenarios]
    for pattern in patterns:
        if not any(is_match(scenario, pattern) for scenario in scenarios):
            hint = nearest(pattern, {name for scenario in scenarios for name in names(scenario.id, scenario.variant)})
            ids = profiles[0].id if len(profiles) == 1 else "PROFILE"
            raise UsageError(
                f"--only {pattern or repr(pattern)}: no scenario of {_listed(profiles)} matches",
                hint=hint or f"`scim-compat show {ids} --summary` lists the scenarios",
            )


def _listed(profiles: Sequence[Profile]) -> str:
    return profiles[0].id if len(profiles) == 1 else "the named profiles"


def _check_features(features: Iterable[str], profiles: Sequence[Profile]) -> None:
    """Raises UsageError for a feature id of the target file that no profile has: it would leave nothing out."""
    known = {f.id for p in profiles for f in p.features}
    for reference in builtin():  # one target file serves many runs: features of other runs' profiles are in order
        if set(features) <= known:
            return
        known |= {f.id for f in load(reference).features}
    for feature in features:
        if feature not in known:
            raise UsageError(
                f"without-features in the target file names {quoted(feature)}, which neither a profile of this run nor "
                "a built-in one has",
                hint=nearest(feature, known) or "`scim-compat show PROFILE --summary` lists the features of a profile",
            )


def _check_required(features: Iterable[str], profiles: Sequence[Profile]) -> None:
    """Raises UsageError for a required feature that no profile of the run has: it could never be tested."""
    known = {feature.id for profile in profiles for feature in profile.features}
    for feature in features:
        if feature not in known:
            ids = profiles[0].id if len(profiles) == 1 else "PROFILE"
            raise UsageError(
                f"--require {feature}: {_listed(profiles)} has no such feature",
                hint=nearest(feature, known) or f"`scim-compat show {ids} --summary` lists the features",
            )
