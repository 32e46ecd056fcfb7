"""What the tests of runs share: the good server on loopback, and ways to call the command."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import settings
from scim_compat.cli import cli
from scim_compat.profile import load as loading
from scim_compat.profile.find import builtin
from scim_compat.profile.model import Profile
from scim_compat.run.request import RunOutcome
from support.commands import TOKEN, Called, play, start
from support.places import TESTS
from support.profiles import loaded

if sys.dont_write_bytecode:
    # The tests start many processes, and each would compile every module again.
    sys.dont_write_bytecode = False
    sys.pycache_prefix = os.environ["PYTHONPYCACHEPREFIX"] = str(TESTS.parent / ".pytest_cache" / "bytecode")
    del os.environ["PYTHONDONTWRITEBYTECODE"]

COSTS = ("unit", "served", "process", "browser", "matrix")

settings.register_profile("quick", deadline=None, max_examples=60, database=None)
settings.load_profile("quick")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--all", action="store_true", help="run all tests, drawn or not; so it is where CI is set")


def takes_all(config: pytest.Config) -> bool:
    """True where the tests that are not drawn run as well: they were asked for, or named."""
    return bool(config.getoption("--all") or os.environ.get("CI") or any("::" in name for name in config.args))


@pytest.fixture(scope="session")
def thorough(pytestconfig: pytest.Config) -> bool:
    """True where nothing is left out."""
    return takes_all(pytestconfig)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The folder of a test is its class of cost, and its marker: ``-m unit``. What is not drawn is deselected."""
    for item in items:
        folder = item.path.relative_to(TESTS).parts[0]
        if folder not in COSTS:
            raise pytest.UsageError(f"{item.path}: put it into tests/{'/, tests/'.join(COSTS)}/, by what it needs")
        item.add_marker(folder)
    if not takes_all(config):
        left_out = [item for item in items if item.get_closest_marker("thorough")]
        if left_out:
            config.hook.pytest_deselected(items=left_out)
            items[:] = [item for item in items if not item.get_closest_marker("thorough")]


def pytest_collection_finish() -> None:
    """Thousands of collected tests are no garbage, and each full collection would look through all of them."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _built_in_profiles_are_read_once() -> Iterator[None]:
    """Half of a short run is reading its profile, and nothing in a profile can change. Tests of the loader call it."""
    read = loading.load

    def load_once(ref: str | Path, **more: Any) -> Profile:
        return loaded(str(ref)) if ref in builtin() else read(ref, **more)

    with pytest.MonkeyPatch.context() as patch:
        for module in [one for name, one in sys.modules.items() if name.startswith("scim_compat.")]:
            if getattr(module, "load", None) is read:
                patch.setattr(module, "load", load_once)
        yield


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
