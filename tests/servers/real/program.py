"""A real server in a process of its own: a module of this package, run as a program that ends with its standard input."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Final

from servers.real import Target

_TESTS: Final = Path(__file__).resolve().parents[2]
_STARTS_WITHIN: Final = 60
"""Seconds; the slowest takes three on an idle machine."""


@contextlib.contextmanager
def process(module: str, *, python: Path = Path(sys.executable)) -> Iterator[Target]:
    """Run ``module`` as a program and yield the target that it announces. Closing its standard input ends it.

    Raises RuntimeError with the last words of a program that does not start.
    """
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "CANAILLE", "DJANGO"))}
    environment["PYTHONPATH"] = os.pathsep.join([str(_TESTS.parent), str(_TESTS)])
    with tempfile.TemporaryFile("w+") as errors, tempfile.TemporaryDirectory() as folder:
        program = subprocess.Popen(
            [str(python), "-m", module], env=environment, cwd=folder, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
        )  # fmt: skip
        overdue = threading.Timer(_STARTS_WITHIN, program.kill)
        overdue.start()
        try:
            line = program.stdout.readline()
            overdue.cancel()
            if not line:
                program.wait(10)
                errors.seek(0)
                raise RuntimeError(f"{module} did not start (status {program.returncode}):\n{errors.read()[-2000:]}")
            yield Target(**json.loads(line))
        finally:
            overdue.cancel()
            program.stdin.close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                program.wait(10)
            program.kill()
            program.wait(10)
            program.stdout.close()


def announce(target: Target) -> None:
    """In the program: say where the server is, and wait until standard input ends."""
    print(json.dumps(asdict(target)), flush=True)
    sys.stdin.read()
