"""Calls pytest for one run, shut off from whatever project it is called in.

No foreign conftest, configuration file, plugin, environment option or cache directory has a say: the
run gives pytest its own empty configuration and names each plugin that it loads.
"""

from __future__ import annotations

import os
import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

from scim_compat.engine.ledger import read
from scim_compat.errors import ExitStatus, OutputError, ScimCompatError, UsageError
from scim_compat.pytest_plugin.controller import CALLER, Caller, SuiteController
from scim_compat.pytest_plugin.files import append, write
from scim_compat.pytest_plugin.refusal import log_in_html
from scim_compat.report.junit import refusal
from scim_compat.report.summary import refusal_summary
from scim_compat.run.request import RunOutcome, RunRequest, ScenarioReported, ScenariosCollected
from scim_compat.run.selection import Selection, select
from scim_compat.run.settings import Settings
from scim_compat.run.status import status
from scim_compat.values import Where

_FOREIGN: Final = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_DISABLE_PLUGIN_AUTOLOAD", "PY_COLORS")


def run(request: RunRequest) -> RunOutcome:
    """Plays the scenarios. Raises the ScimCompatError that left the run without results."""
    for option, file in (("--junit", request.junit), ("--summary", request.summary), ("--html", request.html)):
        _check_writable(option, file)
    try:
        outcome = _play(request)
    except ScimCompatError as error:
        _write_refusal(request, error.exit_status, str(error))
        raise
    if outcome.summary is None:
        _write_refusal(request, outcome.status, outcome.message)
    return outcome


def _play(request: RunRequest) -> RunOutcome:
    selection = select(request)
    _claim(Path(request.settings.out))
    caller = Caller(request, selection)
    with _isolated() as configuration:
        code = pytest.main(_arguments(request, configuration), plugins=[_Registration(caller), _Progress(request)])
    return replace(_outcome(request, caller.controller, int(code)), places=_places(selection))


def _places(selection: Selection) -> dict[tuple[str, str], Where]:
    """The lines of scenarios in the files that the call names; one that is inherited stands in another file."""
    return {
        (profile.id, scenario.id): Where(selection.references[profile.id], scenario.where.line)
        for profile in selection.profiles
        if profile.id in selection.references
        for scenario in profile.scenarios
        if scenario.where.file == profile.path
    }


def _check_writable(option: str, file: str | None) -> None:
    """Raises UsageError for a file that could not be written when the run has ended."""
    if file is None:
        return
    path = Path(file).absolute()
    folder = next(parent for parent in path.parents if parent.exists())
    why = ""
    if path.is_dir():
        why = "it is a folder"
    elif not folder.is_dir():
        why = f"{folder} is no folder"
    elif not os.access(path if path.exists() else folder, os.W_OK):
        why = "permission denied"
    if why:
        raise UsageError(f"{option} {file}: the file cannot be written: {why}", hint="nothing was sent")


def _write_refusal(request: RunRequest, status: ExitStatus, message: str) -> None:
    """Writes the files of a pipeline for a run without results. Those of an earlier run would stand for this one."""
    text = request.secrets.quoted(message)
    if request.junit:
        write(request.junit, refusal(text, kind=status.name.lower().replace("_", "-")))
    if request.summary:
        write(request.summary, refusal_summary(text).encode())
    if request.step_summary:
        append(request.step_summary, refusal_summary(text).encode())
    if request.html:
        with _isolated() as configuration:
            log_in_html([*_isolation(configuration), *_html_log(request.html)], text)


class _Registration:
    """Registers the caller before the plugin looks for it."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def pytest_addoption(self, pluginmanager: pytest.PytestPluginManager) -> None:
        pluginmanager.register(self._caller, CALLER)


class _Progress:
    """Reports what pytest itself knows: how many scenarios there are, and those that other processes played."""

    def __init__(self, request: RunRequest) -> None:
        self._report = request.progress or (lambda _event: None)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._report(ScenariosCollected(len(session.items)))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or (report.when == "setup" and report.skipped):
            properties: dict[str, Any] = dict(report.user_properties)
            self._report(ScenarioReported(int(properties.get("findings", 0))))


def _claim(out: Path) -> None:
    """Creates the output folder. Raises UsageError if it holds the ledger of a run that left something behind."""
    for old in sorted(out.glob("ledger*.jsonl")) if out.is_dir() else []:
        if read(old).open_entries():
            raise UsageError(
                f"{old} lists resources that an earlier run left on its target",
                hint=f"run `scim-compat cleanup {old}` first, or give another --out",
            )
        old.unlink()
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"--out {out}: the folder cannot be made: {error.strerror}", hint="--out names another place"
        ) from None


def _arguments(request: RunRequest, configuration: Path) -> list[str]:
    arguments = _isolation(configuration)
    if request.jobs > 1:
        arguments += ["-p", "xdist.plugin", "-n", str(request.jobs)]
    if request.html:
        arguments += _html_log(request.html)
    return arguments


def _isolation(configuration: Path) -> list[str]:
    return [
        "-c", str(configuration), "--rootdir", str(configuration.parent), "--noconftest",
        "-p", "no:cacheprovider", "-p", "no:terminal", "-p", "no:logging", "-p", "scim_compat.pytest_plugin",
        "--capture=no", "--import-mode=importlib",
    ]  # fmt: skip


def _html_log(file: str) -> list[str]:
    log = f"--html={Path(file).absolute()}"
    return ["-p", "pytest_metadata.plugin", "-p", "pytest_html.plugin", "--self-contained-html", log]


@contextmanager
def _isolated() -> Iterator[Path]:
    """An empty pytest configuration in a folder of its own, and an environment without pytest's variables."""
    foreign = {name: os.environ.pop(name) for name in _FOREIGN if name in os.environ}
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    # A cancelled pipeline sends SIGTERM; the run then cleans up as on Ctrl-C. Only the main thread may say so.
    owns_signals = threading.current_thread() is threading.main_thread()
    handler = signal.signal(signal.SIGTERM, signal.default_int_handler) if owns_signals else None
    with tempfile.TemporaryDirectory(prefix="scim-compat-") as folder:
        configuration = Path(folder) / "pytest.ini"
        configuration.write_text("[pytest]\n", encoding="utf-8")
        try:
            yield configuration
        finally:
            del os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"]
            os.environ.update(foreign)
            if handler is not None:
                signal.signal(signal.SIGTERM, handler)


def _outcome(request: RunRequest, controller: SuiteController | None, code: int) -> RunOutcome:
    settings = request.settings
    if controller is None:
        return _unstarted(settings, code)
    if controller.error is not None and not isinstance(controller.error, OutputError):
        raise controller.error
    summary, broken = controller.summary, controller.error or controller.internal_error
    if broken:
        return RunOutcome(ExitStatus.INTERNAL, settings, summary, str(broken))
    if summary is None:
        return _unstarted(settings, code)
    return RunOutcome(status(summary, settings), settings, summary)


def _unstarted(settings: Settings, code: int) -> RunOutcome:
    """pytest ended before it played anything: a file that it cannot write, for one."""
    refused = code == pytest.ExitCode.USAGE_ERROR
    end = ExitStatus.USAGE if refused else ExitStatus.INTERNAL
    return RunOutcome(end, settings, None, f"the run did not start (pytest ended with {code})")
