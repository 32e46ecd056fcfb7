"""The comparison of two readings of one resource that nobody should have changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from scim_compat.checks.differences import difference
from scim_compat.checks.display import display
from scim_compat.checks.registry import Violation
from scim_compat.scim import paths
from scim_compat.values import Json


def changes(before: Mapping[str, Json], after: Mapping[str, Json]) -> Iterator[Violation]:
    """One violation for each attribute that is another one now."""
    for path, was in paths.leaves(_comparable(before)):
        now = paths.get(after, path)
        if one := difference(str(path), was, now):
            yield Violation(str(path), expected=display(was), actual=display(now), message=one.words)
    for name, now in _comparable(after).items():
        if paths.is_unassigned(paths.member(before, name)) and not paths.is_unassigned(now):
            yield Violation(name, expected="(absent)", actual=display(now))


def _comparable(resource: Mapping[str, Json]) -> dict[str, Json]:
    """The attributes that a server does not change by itself; user.groups-current looks at the groups of a user."""
    return {k: v for k, v in resource.items() if k.lower() not in {"meta", "schemas", "groups"}}
