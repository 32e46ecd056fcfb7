"""A profile file is collected, a scenario is an item."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from scim_compat.pytest_plugin.controller import SuiteController

if TYPE_CHECKING:
    from scim_compat.profile.model import Profile, Scenario


class ProfileFile(pytest.File):
    """A profile as pytest sees it."""

    def __init__(self, *, profile: Profile, run: SuiteController, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.profile = profile
        self.run = run

    def collect(self) -> Iterator[pytest.Item]:
        for scenario in self.run.selected(self.profile):
            yield ScenarioItem.from_parent(self, name=scenario.id, scenario=scenario)


class ScenarioFailed(Exception):  # noqa: N818 - pytest shows the name
    """The scenario has findings at or above ``--fail-on``."""


class ScenarioItem(pytest.Item):
    """One scenario."""

    def __init__(self, *, scenario: Scenario, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scenario = scenario

    def runtest(self) -> None:
        from scim_compat.values import Outcome, is_at_least  # noqa: PLC0415

        file = self.parent
        if not isinstance(file, ProfileFile):  # pragma: no cover - from_parent above
            raise TypeError("a scenario belongs to a profile")
        result = file.run.play(file.profile, self.scenario)
        severity = result.severity.value if result.severity else ""
        self.user_properties += [
            ("profile", result.profile), ("feature", result.feature), ("severity", severity),
            ("findings", result.findings), ("scenario", result.id),
        ]  # fmt: skip
        if is_at_least(result.severity, file.run.settings.fail_on):
            raise ScenarioFailed(
                f"{result.findings} findings, the worst is a {result.severity}. {result.reason}".strip()
            )
        if result.outcome is Outcome.ERROR:
            raise ScenarioFailed(f"could not be judged: {result.reason}")
        if result.outcome is Outcome.SKIP:
            pytest.skip(result.reason)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, ScenarioFailed):
            # No server text here: pytest-html and JUnit take this as it is. The report has the findings.
            return f"{self.scenario.id}: {self.scenario.title}\n{excinfo.value}"
        shown = super().repr_failure(excinfo, style)
        return self.parent.run.make_safe(shown) if isinstance(self.parent, ProfileFile) else shown

    def reportinfo(self) -> tuple[Path, int, str]:
        # Not the bare name: pytest's terminal would replace the dots of one that ends the node id.
        return self.path, self.scenario.where.line - 1, f"scenario {self.name}"
