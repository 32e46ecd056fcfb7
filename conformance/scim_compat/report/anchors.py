"""The fragment identifiers of the page: stable from run to run, unique within one page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from scim_compat.results.causes import Cause
from scim_compat.results.document import Document

PAGE: Final = (
    "top", "main", "verdicts", "fix-first", "matrix", "claims", "scenarios",
    "not-judged", "not-covered", "clean-up", "run-facts", "legend",
)  # fmt: skip

Key = tuple[str | int, ...]


def scenario_anchor(profile: str, scenario: str) -> str:
    """Return the identifier of a scenario, from the ids of its profile and its own."""
    return _plain(f"{profile}-{scenario}")


def _plain(text: str) -> str:
    """Return ``text`` in the letters that an identifier may have."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", text)[:200] or "_"


class Anchors:
    """The identifiers of the elements that something links to.

    Keys: ``("cause", number)``, ``("finding", check, title)``, ``("profile", p)``, ``("scenario", p, s)``,
    ``("strip", p, s)``, ``("feature", p, feature)`` and ``("step", p, s, t)``, where ``p``, ``s`` and ``t`` are indexes
    in the lists of the results. Other documents link to causes, findings and scenarios, so these are named first and
    keep the plain form (``finding-<check>``, ``<profile>-<scenario>``); a later clash gets a number.
    """

    def __init__(self, document: Document, causes: Sequence[Cause] = ()) -> None:
        self._names: dict[Key, str] = {}
        self._taken: set[str] = set(PAGE)
        for p, profile in enumerate(document.profiles):
            for s, scenario in enumerate(profile.scenarios):
                self._name(("scenario", p, s), scenario_anchor(profile.id, scenario.id))
        for number, cause in enumerate(causes, 1):
            self._name(("cause", number), cause.anchor)
        for failed in document.failed_checks():
            self._name(("finding", failed.check.id, failed.check.title), f"finding-{failed.check.id}")
        for p, profile in enumerate(document.profiles):
            self._name(("profile", p), f"profile-{profile.id}")
            for feature in profile.features:
                self._name(("feature", p, feature.id), f"{profile.id}-feature-{feature.id}")
            for s, scenario in enumerate(profile.scenarios):
                self._name(("feature", p, scenario.feature), f"{profile.id}-feature-{scenario.feature}")
                self._name(("strip", p, s), f"{profile.id}-{scenario.id}-sequence")
                for t, step in enumerate(scenario.steps):
                    self._name(("step", p, s, t), f"{profile.id}-{scenario.id}-step-{step.id}")

    def __getitem__(self, key: Key) -> str:
        return self._names[key]

    def get(self, key: Key) -> str:
        """Return the identifier, or an empty string if nothing on the page has that key."""
        return self._names.get(key, "")

    def _name(self, key: Key, wanted: str) -> None:
        if key in self._names:
            return
        plain = _plain(wanted)
        name, number = plain, 1
        while name in self._taken:
            number += 1
            name = f"{plain}-{number}"
        self._taken.add(name)
        self._names[key] = name
