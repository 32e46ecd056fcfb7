"""What the tests of runs share: built-in profiles that are read once, and ways to call the command."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from scim_compat.cli import cli
from scim_compat.profile import load as loading
from scim_compat.profile.find import builtin
from scim_compat.profile.model import Profile
from scim_compat.run.request import RunOutcome

from support.commands import TOKEN, Called, play, start
from support.profiles import loaded


def pytest_configure() -> None:
    """Half of a short run is reading its profile. Nothing in a profile can change, so each built-in one is read once."""
    read = loading.load

    def load_once(ref: str | Path, **more: Any) -> Profile:
        return loaded(str(ref)) if ref in builtin() else read(ref, **more)

    for module in [one for name, one in sys.modules.items() if name.startswith("scim_compat.")]:
        if getattr(module, "load", None) is read:
            module.load = load_once


@pytest.fixture(scope="session", autouse=True)
def _runs_in_this_process_collect_no_garbage() -> Iterator[None]:
    """At its end pytest looks through everything there is, twice. For each of hundreds of runs that is a tenth of it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("_pytest.unraisableexception.gc_collect_harder", lambda _times: None, raising=False)
        yield


@pytest.fixture(scope="session")
def entra() -> Profile:
    """The built-in profile entra-v2."""
    return loaded("entra-v2")


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Called]:
    """The command in this process, called in ``tmp_path``; much faster than in one of its own."""

    def call(*arguments: str, token: str | None = TOKEN) -> Called:
        monkeypatch.chdir(tmp_path)
        if token is None:
            monkeypatch.delenv("SCIM_TOKEN", raising=False)
        else:
            monkeypatch.setenv("SCIM_TOKEN", token)
        done = CliRunner().invoke(cli, arguments, prog_name="scim-compat")
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return Called(done.exit_code, done.stdout, done.stderr)

    return call


@pytest.fixture
def replay(tmp_path: Path) -> Callable[..., RunOutcome]:
    """Runs profiles in this process: ``replay(url, only=[…])``; the results are in ``tmp_path / "out"``."""

    def call(url: str, *profiles: str, **more: Any) -> RunOutcome:
        return play(url, *profiles, out=tmp_path / "out", **more)

    return call


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """``start`` whose processes are gone after the test in any case."""
    processes: list[subprocess.Popen[str]] = []

    def call(*arguments: str) -> subprocess.Popen[str]:
        processes.append(start(*arguments, cwd=tmp_path))
        return processes[-1]

    yield call
    for process in processes:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.communicate(timeout=10)
