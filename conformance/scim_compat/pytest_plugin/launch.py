"""Calls pytest for one run, shut off from whatever project it is called in.

No foreign conftest, configuration file, plugin, environment option or cache directory has a say: the
run gives pytest its own empty configuration and names each plugin that it loads.
"""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from scim_compat.run.request import RunOutcome, RunRequest
from scim_compat.run.selection import resolve
from scim_compat.run.status import FAULT, NOT_TESTABLE, USAGE, status

if TYPE_CHECKING:
    from scim_compat.pytest_plugin.controller import Handover

_FOREIGN: Final = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_DISABLE_PLUGIN_AUTOLOAD", "PY_COLORS")


def run(request: RunRequest) -> RunOutcome:
    """Runs the profiles. Raises SourceFileError for a bad profile, ValueError for settings that cannot work."""
    import pytest  # noqa: PLC0415 - a heavy import, paid when something runs

    from scim_compat.pytest_plugin.controller import Handover  # noqa: PLC0415

    loaded = resolve(request)
    out = Path(request.settings.out)
    _claim(out)
    handover = Handover(
        settings=request.settings,
        profiles=[str(Path(p.path).resolve()) for p in loaded],
        loaded=loaded,
        only=request.only,
        progress=request.progress,
    )
    with _isolated() as configuration:
        code = pytest.main(_arguments(request, configuration), plugins=[_Given(handover)])
    return _ended(request, handover, int(code))


class _Given:
    """Registers the handover before the plugin looks for it."""

    def __init__(self, handover: Handover) -> None:
        self.handover = handover

    def pytest_addoption(self, pluginmanager: Any) -> None:
        from scim_compat.pytest_plugin.controller import HANDOVER  # noqa: PLC0415

        pluginmanager.register(self.handover, HANDOVER)

    def pytest_runtest_logreport(self, report: Any) -> None:
        progress = self.handover.progress
        if progress is not None and (report.when == "call" or (report.when == "setup" and report.skipped)):
            progress("report", dict(report.user_properties) | {"outcome": report.outcome})

    def pytest_collection_finish(self, session: Any) -> None:
        progress = self.handover.progress
        if progress is not None:
            progress("collected", len(session.items))


def _claim(out: Path) -> None:
    """The output folder must not hold the ledger of a run that left something behind."""
    from scim_compat.engine.ledger import read  # noqa: PLC0415

    for old in sorted(out.glob("ledger*.jsonl")) if out.is_dir() else []:
        if read(old).open_entries():
            raise ValueError(
                f"{old} lists resources that an earlier run left on its target; run `scim-compat cleanup {old}` first, "
                "or give another --out"
            )
        old.unlink()
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ValueError(f"--out {out}: the folder cannot be made: {error.strerror}") from None


def _arguments(request: RunRequest, configuration: Path) -> list[str]:
    found = [
        "-c", str(configuration), "--rootdir", str(configuration.parent), "--noconftest",
        "-p", "no:cacheprovider", "-p", "no:terminal", "-p", "no:logging", "-p", "scim_compat.pytest_plugin",
        "--capture=no", "--import-mode=importlib",
    ]  # fmt: skip
    if request.jobs > 1:
        found += ["-p", "xdist.plugin", "-n", str(request.jobs)]
    if request.html:
        found += ["-p", "pytest_metadata.plugin", "-p", "pytest_html.plugin", "--self-contained-html",
                  f"--html={Path(request.html).absolute()}"]  # fmt: skip
    if request.junit:
        found += [f"--junitxml={Path(request.junit).absolute()}", "-o", "junit_family=xunit1"]
    return found


@contextmanager
def _isolated() -> Iterator[Path]:
    """An empty pytest configuration in a folder of its own, and an environment without pytest's variables."""
    kept = {name: os.environ.pop(name) for name in _FOREIGN if name in os.environ}
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    ended = signal.getsignal(signal.SIGTERM)
    try:
        # A cancelled pipeline sends SIGTERM; the run then cleans up as on Ctrl-C.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    except ValueError:  # pragma: no cover - not in the main thread: the caller owns the signals
        ended = None
    with tempfile.TemporaryDirectory(prefix="scim-compat-") as folder:
        configuration = Path(folder) / "pytest.ini"
        configuration.write_text("[pytest]\n", encoding="utf-8")
        try:
            yield configuration
        finally:
            del os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"]
            os.environ.update(kept)
            if ended is not None:
                signal.signal(signal.SIGTERM, ended)


def _ended(request: RunRequest, handover: Handover, code: int) -> RunOutcome:
    settings, collated = request.settings, handover.collated
    if handover.unusable:
        raise ValueError(handover.unusable)
    if handover.not_testable:
        return RunOutcome(NOT_TESTABLE, settings, None, handover.not_testable)
    if handover.failure:
        return RunOutcome(FAULT, settings, collated, handover.failure)
    if collated is None:
        return RunOutcome(
            USAGE if code == 4 else FAULT, settings, None, f"the run did not start (pytest ended with {code})"
        )
    return RunOutcome(status(collated, settings.fail_on), settings, collated)
