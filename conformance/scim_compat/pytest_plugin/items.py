"""A profile file is collected, a scenario is an item."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from scim_compat.pytest_plugin.controller import SuiteController

if TYPE_CHECKING:
    from scim_compat.profile.model import Profile, Scenario
    from scim_compat.results.model import ScenarioResult
    from scim_compat.values import Where


class ProfileFile(pytest.File):
    """A profile as pytest sees it."""

    def __init__(self, *, profile: Profile, controller: SuiteController, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.profile = profile
        self.controller = controller

    def collect(self) -> Iterator[pytest.Item]:
        for scenario in self.controller.scenarios[self.profile.id]:
            yield ScenarioItem.from_parent(self, name=scenario.id, scenario=scenario)


class ScenarioFailed(Exception):  # noqa: N818 - pytest shows the name
    """The scenario has findings at or above ``--fail-on``, or could not be judged."""


class ScenarioItem(pytest.Item):
    """One scenario."""

    def __init__(self, *, scenario: Scenario, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scenario = scenario

    @property
    def file(self) -> ProfileFile:
        if not isinstance(self.parent, ProfileFile):  # pragma: no cover - ProfileFile.collect makes the items
            raise TypeError("a scenario belongs to a profile")
        return self.parent

    def runtest(self) -> None:
        from scim_compat.values import Outcome, is_at_least  # noqa: PLC0415 - see the package's docstring

        controller = self.file.controller
        result = controller.play(self.file.profile, self.scenario)
        severity = result.severity.value if result.severity else ""
        self.user_properties += [
            ("profile", result.profile), ("feature", result.feature), ("severity", severity),
            ("findings", result.findings), ("scenario", result.id),
        ]  # fmt: skip
        floor = controller.settings.fail_on.floor
        failed = [check for check in result.failures if floor is not None and is_at_least(check.severity, floor)]
        if any(not check.accepted for check in failed):
            raise ScenarioFailed("\n".join(_failure_lines(result)))
        if result.outcome is Outcome.ERROR:
            raise ScenarioFailed(f"could not be judged: {result.reason}")
        if result.outcome is Outcome.SKIP:
            pytest.skip(result.reason)
        if failed:
            tickets = dict.fromkeys(f"{check.id} ({check.accepted})" for check in failed)
            pytest.skip(f"accepted: {', '.join(tickets)}")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, ScenarioFailed):
            # No server text here: pytest-html and JUnit take this as it is. The report has the findings.
            controller, profile = self.file.controller, self.file.profile
            return "\n".join(
                (
                    f"{_place(self.scenario.where)}: {self.scenario.id}: {self.scenario.title}",
                    str(excinfo.value),
                    controller.page_of(profile, self.scenario),
                    controller.command_for(profile, self.scenario),
                )
            )
        return self.file.controller.make_safe(super().repr_failure(excinfo, style))

    def reportinfo(self) -> tuple[Path, int, str]:
        # Not the bare name: pytest's terminal would replace the dots of one that ends the node id.
        return self.path, self.scenario.where.line - 1, f"scenario {self.name}"


def _place(where: Where) -> str:
    """``profiles/entra-v2.yaml:214``: folder, file and line, without the path of an installation."""
    return f"{'/'.join(Path(where.file).parts[-2:])}:{where.line}"


def _failure_lines(result: ScenarioResult) -> Iterator[str]:
    """Two lines for each way in which a check failed: what is broken, with its severity and how often; and the rule."""
    counts = Counter((check.severity, check.failure or check.title, check.id, check.title) for check in result.failures)
    for (severity, failure, name, rule), count in counts.items():
        times = f" ({count} times)" if count > 1 else ""
        yield f"  {severity}: {failure} [{name}]{times}"
        if rule != failure:
            yield f"    rule: {rule}"
    if result.reason:
        yield f"  {result.reason}"
