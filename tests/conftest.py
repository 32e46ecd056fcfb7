"""What the tests of runs share: the good server on loopback, and ways to call the command."""

from __future__ import annotations

import functools
import gc
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import settings
from scim_compat.checks.registry import all_checks
from scim_compat.cli import cli
from scim_compat.profile import load as loading
from scim_compat.profile.find import builtin
from scim_compat.profile.load import load
from scim_compat.profile.model import Profile
from scim_compat.pytest_plugin.launch import run
from scim_compat.run.request import RunOutcome, RunRequest
from scim_compat.run.settings import Login, Settings

TOKEN = "good-token"
COMMAND = [sys.executable, "-c", "from scim_compat.cli import main; main()"]

settings.register_profile("quick", deadline=None, max_examples=60, database=None)
settings.load_profile("quick")


def pytest_collection_finish() -> None:
    """Thousands of collected tests are no garbage, and each full collection would look through all of them."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _built_in_profiles_are_read_once() -> Iterator[None]:
    """Half of a short run is reading its profile, and nothing in a profile can change. Tests of the loader call it."""
    read = loading.load
    once = functools.cache(lambda ref: read(ref, check_ids=all_checks()))

    def load_once(ref: str | Path, **more: Any) -> Profile:
        return once(ref) if ref in builtin() else read(ref, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loading, "load", load_once)
        yield


@pytest.fixture(scope="session")
def entra() -> Profile:
    """The built-in profile entra-v2."""
    return load("entra-v2")


@dataclass(frozen=True)
class Called:
    """As of a finished process."""

    returncode: int
    stdout: str
    stderr: str


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


def play(url: str, *profiles: str, out: Path, token: str = TOKEN, seed: int = 7, **more: Any) -> RunOutcome:
    """One run of the runner, without the command line."""
    own = {name: more.pop(name) for name in ("app", "ca", "large", "timeout", "fail_on") if name in more}
    chosen = Settings(url=url, login=Login(kind="bearer", token=token), seed=seed, out=str(out), **own)
    return run(RunRequest(settings=chosen, profiles=list(profiles) or ["entra-v2"], **more))


def environment(token: str | None = TOKEN, **more: str) -> dict[str, str]:
    """The environment of a subprocess, with the token and without what this pytest put there."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "SCIM"))}
    return kept | ({"SCIM_TOKEN": token} if token else {}) | more


def scim_compat(
    *arguments: str, cwd: Path, token: str | None = TOKEN, timeout: float = 60, **more: str
) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own."""
    return subprocess.run(
        [*COMMAND, *arguments], cwd=cwd, env=environment(token, **more), timeout=timeout, check=False,
        capture_output=True, text=True, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def start(*arguments: str, cwd: Path) -> subprocess.Popen[str]:
    """The command started and left running; the caller ends it."""
    return subprocess.Popen(
        [*COMMAND, *arguments], cwd=cwd, env=environment(), text=True, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        preexec_fn=hear_interrupts,  # noqa: PLW1509 - sets one signal and takes no lock
    )  # fmt: skip


def hear_interrupts() -> None:
    """A shell that runs the tests in the background makes its children deaf to Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


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
