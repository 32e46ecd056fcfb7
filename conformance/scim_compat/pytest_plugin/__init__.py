"""The suite as a pytest plugin: a profile is a file, a scenario is an item. No other room knows pytest.

``scim-compat run`` configures and calls it; ``pytest --scim-url URL --scim-profile entra-v2`` is the same
by hand. pytest loads it into every run of its environment, so heavy imports stand inside functions.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from scim_compat.errors import ScimCompatError
from scim_compat.pytest_plugin.controller import CALLER, CONTROLLER, Caller, SuiteController
from scim_compat.pytest_plugin.html_log import (
    pytest_html_results_table_header,
    pytest_html_results_table_row,
    pytest_metadata,
)
from scim_compat.pytest_plugin.items import ProfileFile, ScenarioItem
from scim_compat.values import CROWD_SIZE, IN_PROCESS_URL, FailOn

if TYPE_CHECKING:
    from scim_compat.results.document.call import CallInfo
    from scim_compat.run.request import RunRequest
    from scim_compat.run.selection import Selection

__all__ = [
    "pytest_addoption",
    "pytest_collect_file",
    "pytest_configure",
    "pytest_html_results_table_header",
    "pytest_html_results_table_row",
    "pytest_metadata",
]


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("scim-compat", "SCIM compatibility (scim-compat)")
    group.addoption("--scim-url", metavar="URL", help="base URL of the SCIM endpoint, as https://host/scim/v2")
    group.addoption("--scim-profile", metavar="ID", action="append", default=[], help="a built-in profile; repeatable")
    group.addoption(
        "--scim-only",
        metavar="GLOB",
        action="append",
        default=[],
        help="only these scenarios: an id, a glob or an area such as users; repeatable",
    )
    group.addoption("--scim-seed", metavar="N", type=int, help="seed of the test data (default: random, printed)")
    group.addoption("--scim-large", action="store_true", help="full-size scenarios (groups of 1,000 members)")
    group.addoption("--scim-thorough", action="store_true", help="sweeps take one attribute a scenario")
    group.addoption(
        "--scim-crowd",
        metavar="N",
        type=int,
        default=CROWD_SIZE,
        help=f"users kept beside those of the scenarios, at least 1 (default: {CROWD_SIZE})",
    )
    group.addoption(
        "--scim-out", metavar="DIR", help="folder for results.json, events.jsonl, report.html, ledger.jsonl"
    )
    group.addoption(
        "--scim-timeout",
        metavar="SECONDS",
        type=float,
        help="limit for one answer (default: the client's own)",
    )
    group.addoption(
        "--scim-fail-on",
        default=FailOn.DEGRADED.value,
        choices=[word.value for word in FailOn],
        help="mildest severity that fails an item; never: none does",
    )
    group.addoption(
        "--scim-baseline", metavar="FILE", default="", help="accepted findings, as scim-compat run takes them"
    )
    group.addoption("--scim-allow-stale", action="store_true", help="what no longer happens may stay in the baseline")
    group.addoption(
        "--scim-require", metavar="FEATURE", action="append", default=[], help="this feature must be tested; repeatable"
    )
    group.addoption("--scim-app", metavar="MODULE:ATTRIBUTE", default="", help="a WSGI or ASGI application, in process")
    group.addoption("--scim-ca", metavar="FILE", default="", help="CA certificate(s) the endpoint is checked against")


def pytest_configure(config: pytest.Config) -> None:
    caller = config.pluginmanager.get_plugin(CALLER)
    if isinstance(caller, Caller):
        caller.controller = _register(config, caller.request, caller.selection)
        return
    request = _request(config)
    if request is not None:
        from scim_compat.run.selection import select  # noqa: PLC0415 - see the docstring

        try:
            _register(config, request, select(request))
        except ScimCompatError as error:
            raise pytest.UsageError(str(error)) from None


def _register(config: pytest.Config, request: RunRequest, selection: Selection) -> SuiteController:
    worker = getattr(config, "workerinput", {}).get("workerid", "")
    controller = SuiteController(config, request, selection, worker=worker)
    config.pluginmanager.register(controller, CONTROLLER)
    return controller


def _request(config: pytest.Config) -> RunRequest | None:
    """From xdist's controller, or from the options; None where pytest was called for something else."""
    sent = getattr(config, "workerinput", {}).get("scim")
    if sent:
        from scim_compat.run.request import RunRequest  # noqa: PLC0415 - see the docstring

        return RunRequest.from_dict(sent)
    if config.getoption("--scim-url") or config.getoption("--scim-app"):
        return _from_options(config)
    if config.getoption("--scim-profile"):
        raise pytest.UsageError("--scim-profile needs --scim-url URL (or --scim-app MODULE:ATTRIBUTE)")
    return None


def _from_options(config: pytest.Config) -> RunRequest:
    from scim_compat.run.request import RunRequest  # noqa: PLC0415 - see the docstring
    from scim_compat.run.settings import (  # noqa: PLC0415 - see the docstring
        Settings,
        default_out,
        login_from_environment,
        new_seed,
    )

    option = config.getoption
    seed = option("--scim-seed")
    own = [a for a in config.args if a.split("::")[0].endswith(".scim.yaml")]
    profiles = [*option("--scim-profile"), *(a.split("::")[0] for a in own)]
    if not profiles:
        raise pytest.UsageError("name a profile: --scim-profile entra-v2, or the path of a .scim.yaml file")
    if option("--scim-crowd") < 1:
        raise pytest.UsageError("--scim-crowd: at least 1, as somebody must be there whom no scenario names")
    settings = Settings(
        url=option("--scim-url") or IN_PROCESS_URL,
        login=login_from_environment(),
        app=option("--scim-app"),
        ca=option("--scim-ca"),
        timeout=option("--scim-timeout"),
        seed=new_seed() if seed is None else seed,
        large=option("--scim-large"),
        crowd=option("--scim-crowd"),
        thorough=option("--scim-thorough"),
        fail_on=FailOn(option("--scim-fail-on")),
        baseline=option("--scim-baseline"),
        allow_stale=option("--scim-allow-stale"),
        require=tuple(option("--scim-require")),
        out=str(default_out(option("--scim-out"))),
        command=tuple(part for p in profiles for part in ("--profile", Path(p).name if "/" in p else p)),
        call=_call(config),
    )
    return RunRequest(settings=settings, profiles=tuple(profiles), only=tuple(option("--scim-only")))


_RUN_OPTIONS: Final = {
    "--scim-app": "--scim-app",
    "--scim-ca": "--ca",
    "--scim-timeout": "--timeout",
    "--scim-fail-on": "--fail-on",
    "--scim-crowd": "--crowd",
    "--scim-large": "--large",
    "--scim-thorough": "--thorough",
}
"""Options of the plugin → the option of ``scim-compat run`` that says the same."""
_DEFAULTS: Final = frozenset({None, "", False, CROWD_SIZE, FailOn.DEGRADED.value})


def _call(config: pytest.Config) -> CallInfo:
    """The call as `scim-compat run` would take it."""
    from scim_compat.results.document.call import CallInfo  # noqa: PLC0415 - see the docstring

    words: list[str] = []
    for own, theirs in _RUN_OPTIONS.items():
        value = config.getoption(own)
        if value not in _DEFAULTS:
            words += [theirs] if value is True else [theirs, str(value)]
    only = tuple(config.getoption("--scim-only"))
    return CallInfo("run", config.getoption("--scim-url") or "", tuple(words), only)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    controller = parent.config.pluginmanager.get_plugin(CONTROLLER)
    if not isinstance(controller, SuiteController) or file_path.suffix != ".yaml":
        return None
    profile = controller.profile_of(file_path)
    if profile is None:
        return None
    # pytest gives every file outside the root folder the same empty id; built-in profiles need one each.
    outside = not file_path.is_relative_to(parent.config.rootpath)
    more: dict[str, Any] = {"nodeid": f"{profile.id}.yaml"} if outside else {}
    file: ProfileFile = ProfileFile.from_parent(parent, path=file_path, profile=profile, controller=controller, **more)
    return file


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Moves the scenarios that close a run behind all others, of whichever profile."""
    from scim_compat.run import closing  # noqa: PLC0415

    items.sort(key=lambda item: closing.rank(item.scenario) if isinstance(item, ScenarioItem) else 0)
