"""The command, in this process and in one of its own, and a run without the command line."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result
from scim_compat.cli import cli
from scim_compat.pytest_plugin.launch import run
from scim_compat.run.request import RunOutcome, RunRequest
from scim_compat.run.settings import Login, Settings

TOKEN = "good-token"


SMALL_CROWD = 12
"""Users of the crowd where its size is not the subject of a test."""
COMMAND = [sys.executable, "-c", "from scim_compat.cli import main; main()"]


@dataclass(frozen=True)
class Called:
    """As of a finished process."""

    returncode: int
    stdout: str
    stderr: str


def play(url: str, *profiles: str, out: Path, token: str = TOKEN, seed: int = 7, **more: Any) -> RunOutcome:
    """One run of the runner, without the command line."""
    own = {
        name: more.pop(name)
        for name in ("app", "ca", "large", "crowd", "timeout", "fail_on", "baseline")
        if name in more
    }
    own.setdefault("crowd", SMALL_CROWD)
    chosen = Settings(url=url, login=Login(kind="bearer", token=token), seed=seed, out=str(out), **own)
    return run(RunRequest(settings=chosen, profiles=profiles or ("entra-v2",), **more))


def invoke(*arguments: str | Path, token: str | None = None) -> Result:
    """The command in this process, in 100 columns and with no other credential. An internal error is raised."""
    unset = dict.fromkeys(("SCIM_PASSWORD", "SCIM_CLIENT_SECRET", "NO_COLOR", "FORCE_COLOR"))
    env = {"SCIM_TOKEN": token, "COLUMNS": "100", **unset}
    return CliRunner().invoke(
        cli, [str(a) for a in arguments], env=env, catch_exceptions=False, prog_name="scim-compat"
    )  # fmt: skip


def environment(token: str | None = TOKEN, **more: str) -> dict[str, str]:
    """The environment of a subprocess, with the token and without what this pytest put there."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "SCIM"))}
    return kept | ({"SCIM_TOKEN": token} if token else {}) | more


def sized(arguments: tuple[str, ...]) -> tuple[str, ...]:
    """A run whose test does not say how large its crowd is has the least."""
    is_unsized = arguments[:1] == ("run",) and "--crowd" not in arguments
    return (*arguments, "--crowd", "1") if is_unsized else arguments


def scim_compat(
    *arguments: str, cwd: Path, token: str | None = TOKEN, timeout: float = 60, **more: str
) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own."""
    return subprocess.run(
        [*COMMAND, *sized(arguments)], cwd=cwd, env=environment(token, **more), timeout=timeout, check=False,
        capture_output=True, text=True, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def start(*arguments: str, cwd: Path) -> subprocess.Popen[str]:
    """The command started and left running; the caller ends it."""
    return subprocess.Popen(
        [*COMMAND, *sized(arguments)], cwd=cwd, env=environment(), text=True, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        preexec_fn=hear_interrupts,  # noqa: PLW1509 - sets one signal and takes no lock
    )  # fmt: skip


def hear_interrupts() -> None:
    """A shell that runs the tests in the background makes its children deaf to Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
