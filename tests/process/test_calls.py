"""Wrong calls and odd surroundings: each has its exact message and its exit status, as data in ``calls/``.

A row is called in this process unless its surroundings matter. ``{url}`` and its like stand for what differs from run
to run. Where ``out`` is missing, nothing may stand on the standard output.
"""

from __future__ import annotations

import ctypes
import os
import pty
import re
import shlex
import shutil
import ssl
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
import trustme
import yaml
from click.testing import CliRunner
from scim_compat.cli import cli
from servers import loopback
from servers.good import GoodServer
from servers.running import mounted
from support.commands import COMMAND, TOKEN, environment

ROWS: Final = sorted(Path(__file__).parent.joinpath("calls").glob("*.yaml"))
FILES: Final = Path(__file__).parent / "calls" / "files"
COLOURS: Final = re.compile(r"\x1b\[[0-9;]*m")
SPELLED: Final = "scim-compat-ascii"
"""The command's own error handler for characters that an encoding lacks."""
CLOCK: Final = """
import datetime, time
past = datetime.datetime(1999, 12, 31, tzinfo=datetime.UTC) - datetime.datetime.now(datetime.UTC)
class Past(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return super().now(tz) + past
now = time.time
datetime.datetime, time.time = Past, lambda: now() + past.total_seconds()
from scim_compat.cli import main
main()
"""
"""The command with a clock that is decades behind."""


@dataclass(frozen=True, kw_only=True)
class Row:
    call: str
    status: int
    err: str = ""
    out: str = ""
    tells: str = ""
    """A line of the output, where the rest of it is no matter."""
    env: dict[str, str] = field(default_factory=dict)
    unset: tuple[str, ...] = ()
    own_process: bool = False
    clock: str = ""
    """``past``."""
    folder: str = ""
    """``read-only``, or ``gone``."""
    terminal: int = 0
    """Columns of the terminal that the command runs in; its output is in ``out`` then."""
    stdout: str = ""
    """``closed`` or ``full``."""
    encoding: str = "utf-8"
    usual: bool = False
    """The output is that of the same call without surroundings, but for colours, line breaks and spelled marks."""

    @property
    def is_surrounded(self) -> bool:
        others = (self.clock, self.folder, self.terminal, self.stdout, self.unset, self.own_process)
        return any(others)


def rows() -> Iterator[Any]:
    for file in ROWS:
        for name, row in yaml.safe_load(file.read_text(encoding="utf-8")).items():
            yield pytest.param(Row(**row), id=f"{file.stem}: {name}")


def answering(status: str, body: bytes = b"", **headers: str) -> Any:
    """An application that answers everything alike."""

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response(status, [(name.replace("_", "-"), value) for name, value in headers.items()])
        return [body]

    return app


@pytest.fixture(scope="module")
def places() -> Iterator[dict[str, str]]:
    """The addresses that rows name."""
    good, context = GoodServer(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    login = answering("302 Found", Location="https://login.example/start")
    with (
        loopback.serve(mounted(good)) as origin,
        loopback.serve(good) as bare,
        loopback.serve(mounted(good), tls=context) as secured,
        loopback.serve(answering("429 Too Many Requests", Retry_After="3600")) as busy,
        loopback.serve(answering("200 OK", b"<html>", Content_Type="text/html")) as page,
        loopback.serve(answering("503 Service Unavailable", b"down", Content_Type="text/plain")) as down,
        loopback.serve(login) as redirecting,
    ):
        yield {
            "origin": origin, "url": f"{origin}/scim/v2", "host": origin.partition("://")[2], "bare": bare,
            "tls": secured, "tls_host": secured.partition("://")[2], "busy": busy, "page": page, "down": down,
            "redirecting": redirecting,
        }  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """The working folder of the command, with the files that rows name."""
    work = tmp_path / "work"
    shutil.copytree(FILES, work)
    (work / "bytes.bin").write_bytes(b"\xff\xfe")
    (work / "empty").touch()
    (work / "dir").mkdir()
    yield work
    if work.exists():
        work.chmod(0o755)


def test_the_table_is_long_and_each_end_has_its_reason():
    table = [row.values[0] for row in rows()]
    assert len(table) >= 120
    assert [row.call for row in table if row.status and not (row.err or row.terminal or row.tells)] == []
    assert {row.status for row in table} == {0, 1, 2, 3, 4}


@pytest.mark.parametrize("row", list(rows()))
def test_a_call_ends_with_its_message_and_status(row: Row, places: dict[str, str], folder: Path):
    usual = in_this_process(row, words_of(row, places), folder) if row.usual else None
    done = called(row, places, folder)
    known = {**places, "cwd": str(folder)}
    assert (done.status, without_usage(done.err)) == (row.status, row.err.format(**known))
    if row.tells:
        assert row.tells.format(**known) in done.out.splitlines()
        return
    if usual is None:
        assert done.out == row.out.format(**known)
        return
    assert plain(done.out) == plain(usual.out.encode(row.encoding, SPELLED).decode(row.encoding))
    assert "? compatible" not in done.out
    if row.terminal:
        assert (
            max(len(COLOURS.sub("", line)) for line in done.out.splitlines() if str(folder) not in line) <= row.terminal
        )


def plain(output: str) -> str:
    """The words; a control that moves the cursor stays, and so is seen."""
    return " ".join(COLOURS.sub("", output).split())


def words_of(row: Row, places: dict[str, str]) -> list[str]:
    return shlex.split(row.call.format(**places))


@dataclass(frozen=True)
class Done:
    status: int
    out: str
    err: str


def called(row: Row, places: dict[str, str], folder: Path) -> Done:
    words = words_of(row, places)
    return in_own_process(row, words, folder) if row.is_surrounded else in_this_process(row, words, folder)


def in_this_process(row: Row, words: list[str], folder: Path) -> Done:
    unset = dict.fromkeys(("SCIM_PASSWORD", "SCIM_CLIENT_SECRET", "NO_COLOR", "FORCE_COLOR"))
    env = {**unset, "SCIM_TOKEN": TOKEN, **row.env}
    env = {**env, "COLUMNS": "100"}
    before = Path.cwd()
    os.chdir(folder)
    try:
        done = CliRunner().invoke(cli, words, env=env, prog_name="scim-compat")
    finally:
        os.chdir(before)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Done(done.exit_code, done.stdout, done.stderr)


def in_own_process(row: Row, words: list[str], folder: Path) -> Done:
    env = environment(**{"TERM": "xterm", **row.env})
    for name in row.unset:
        env.pop(name, None)
    command = [sys.executable, "-c", CLOCK] if row.clock else COMMAND
    if row.folder == "read-only":
        folder.chmod(0o555)
    more: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    sink = screen = -1

    def prepare() -> None:
        obey_permissions()
        if row.folder == "gone":
            shutil.rmtree(folder)

    if row.terminal:
        screen, side = pty.openpty()
        env["COLUMNS"] = str(row.terminal)
        more = dict.fromkeys(more, side)
    elif row.stdout == "full":
        sink = os.open("/dev/full", os.O_WRONLY)
        more["stdout"] = sink
    elif row.stdout == "closed":
        reader, sink = os.pipe()
        os.close(reader)
        more["stdout"] = sink
    process = subprocess.Popen(
        [*command, *words], cwd=folder, env=env, stdin=subprocess.DEVNULL, **more,
        preexec_fn=prepare,  # noqa: PLW1509 - drops rights or a folder, and takes no lock
    )  # fmt: skip
    if row.terminal:
        os.close(side)
        output = shown(screen)
        return Done(process.wait(60), output, "")
    out, err = process.communicate(timeout=60)
    if sink >= 0:
        os.close(sink)
    return Done(process.returncode, (out or b"").decode(row.encoding), err.decode(row.encoding))


def obey_permissions() -> None:
    """Takes from root the right to write where nobody may: CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH."""
    for capability in (1, 2):
        ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)


def shown(screen: int) -> str:
    chunks = []
    while True:
        try:
            chunk = os.read(screen, 65_536)
        except OSError:  # the other side has closed
            break
        if not chunk:
            break
        chunks.append(chunk)
    os.close(screen)
    return b"".join(chunks).decode()


def without_usage(err: str) -> str:
    """The message, without the two lines in which click shows how the command is called."""
    if not err.startswith("Usage: "):
        return err
    usage, advice, blank, *rest = err.split("\n")
    assert (usage.startswith("Usage: scim-compat"), advice.startswith("Try '"), blank) == (True, True, "")
    return "\n".join(rest)
