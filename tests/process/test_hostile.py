"""The whole harness against servers that mean harm or are dying (``servers/hostile``).

Each case ends within its bound, in a finding or an error with a plain sentence: no traceback, no hang, no
memory without bound, no fault of ours, and the token stays at its origin. Whatever the run writes can be read.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import re
import resource
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from jsonschema import Draft202012Validator
from scim_compat.results import collate
from servers.good import GoodServer
from servers.hostile import CASES, Case, Elsewhere, HostileServer, Scene, tls
from support.commands import COMMAND, TOKEN, Called, environment, sized

STATUSES = {0, 1, 2, 3}
"""What a run may end with; 4 is a fault of ours."""
FEW = 4
"""Of every so many cases the results are held against their schema, which takes as long as the run; with ``--all`` of all."""
MEMORY = 1_000_000_000
"""Bytes of address space that a run may take; an ordinary one takes a third of it."""

_HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


@contextmanager
def watched(seconds: float) -> Iterator[None]:
    """Ctrl-C after that time, and again until it is heard; then the test fails."""
    rung: list[int] = []

    def ring(*_: object) -> None:
        rung.append(1)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds, 2)
    try:
        yield
    except KeyboardInterrupt:
        if not rung:
            raise
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    if rung:
        pytest.fail(f"hung: the run had not ended after {seconds:g} s")


def _less_memory() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def in_a_process(*arguments: str, cwd: Path, bound: float) -> Called:
    """The command in a process of its own, with bounded memory."""
    done = subprocess.run(
        [*COMMAND, *sized(arguments)], cwd=cwd, env=environment(), timeout=bound, check=False, capture_output=True, text=True,
        stdin=subprocess.DEVNULL, preexec_fn=_less_memory,
    )  # fmt: skip
    return Called(done.returncode, done.stdout, done.stderr)


@contextmanager
def hostile(case: Case) -> Iterator[tuple[Scene, Elsewhere]]:
    """The case's server and the other host."""
    with Elsewhere() as elsewhere:
        scene = Scene(GoodServer(), elsewhere.origin)
        context = tls.context(case.tls) if case.tls else None
        with HostileServer(case.script, case.on, scene, context):
            if case.before:
                case.before(scene)
            yield scene, elsewhere


def arguments(case: Case, url: str, folder: Path) -> list[str]:
    found = [
        "run",
        url,
        "-p",
        case.profile,
        "--timeout",
        f"{case.timeout:g}",
        "--seed",
        "7",
        "--out",
        "out",
        "--junit",
        "junit.xml",
    ]
    found += [part for glob in case.only for part in ("--only", glob)]
    found += ["--jobs", str(case.jobs)] if case.jobs > 1 else []
    if case.tls:
        tls.authority().cert_pem.write_to_path(str(folder / "ca.pem"))
        found += [] if case.tls == "unknown" else ["--ca", "ca.pem"]
    return found


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_hostile(case: Case, tmp_path: Path, command: Callable[..., Called], thorough: bool) -> None:
    with hostile(case) as (scene, elsewhere):
        given = arguments(case, scene.url, tmp_path)
        if case.memory or case.jobs > 1:
            done = in_a_process(
                *given, cwd=tmp_path, bound=2 * case.bound
            )  # it has to start first, on a machine that may be busy
        else:
            with watched(case.bound):
                done = command(*given)
    assert not scene.faults
    assert scene.hits, "the case never had its say: it proves nothing"
    plain(done)
    assert done.returncode == case.status, (done.stdout, done.stderr)
    out = tmp_path / "out"
    if case.results:
        ended(case, scene, out, done)
        if thorough or list(CASES).index(case.name) % FEW == 0:
            keeps_the_schema(out / "results.json")
    else:
        not_testable(case, out, done)
    assert elsewhere.heard == [], "somebody went to another host"
    for file in sorted(tmp_path.rglob("*")):
        # A ledger holds ids byte for byte, since clean-up needs them so: there, and only there, is a token that is an id.
        if (
            file.is_file()
            and file.suffix != ".pem"
            and (case.name, file.name) != ("id-that-is-the-token", "ledger.jsonl")
        ):
            assert TOKEN.encode() not in file.read_bytes(), f"the token is in {file.name}"
    if case.after:
        case.after(scene)
    nothing_left(case, scene, out)


# --- what each ending must be ---------------------------------------------------------------------


def plain(done: Called) -> None:
    """What is printed holds no traceback, no secret, and nothing that a terminal would obey."""
    assert done.returncode in STATUSES
    said = done.stdout + done.stderr
    assert "Traceback" not in said
    assert TOKEN not in said
    assert [hex(ord(c)) for c in said if not c.isprintable() and c != "\n"] == []


def not_testable(case: Case, out: Path, done: Called) -> None:
    """One paragraph; nothing else is written."""
    message = done.stderr.strip()
    assert "\n" not in message
    assert 60 < len(message) < 900
    for words in case.says:
        assert words in message
    assert not out.exists()


def ended(case: Case, scene: Scene, out: Path, done: Called) -> None:
    """Every writer's work can be read, and says what happened."""
    text = (out / "results.json").read_text(encoding="utf-8")
    results = json.loads(text)
    assert "in scim-compat, please report it" not in text
    assert results["run"]["complete"], results["run"]["interrupted"]
    failed = {check["id"] for check in checks_of(results) if check["outcome"] == "fail"}
    assert case.finds <= failed, f"found: {sorted(failed)}"
    assert bool(failed) or case.status != 1
    for words in case.says:
        assert words in text, f"not said: {words}"
    assert "results.json" in done.stdout
    for line in (
        (out / "events.jsonl").read_bytes().split(b"\n")[:-1]
    ):  # text may hold U+2028, bytes end where JSON lines do
        assert json.loads(line)["event"]
    page(out / "report.html")
    suite = ET.parse(out.parent / "junit.xml").getroot()
    assert len(suite.findall(".//testcase")) >= 1


def keeps_the_schema(file: Path) -> None:
    results = json.loads(file.read_text(encoding="utf-8"))
    assert [f"{e.json_path}: {e.message[:200]}" for e in _validator().iter_errors(results)] == []


def checks_of(results: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for profile in results["profiles"]:
        for scenario in profile["scenarios"]:
            for step in scenario["steps"]:
                yield from step["checks"]


@functools.cache
def _validator() -> Draft202012Validator:
    schema = Path(collate.__file__).with_name("results.schema.json")
    return Draft202012Validator(json.loads(schema.read_text(encoding="utf-8")))


def nothing_left(case: Case, scene: Scene, out: Path) -> None:
    """Clean-up took away what was made; where the server does not let it, the report lists the rest."""
    there = {str(r.data[r.kind.unique]) for kind in scene.good.store.records.values() for r in kind.values()}
    if case.lies:
        return
    if not case.left:
        assert there == set(), "left behind"
    if case.results:
        listed = " ".join(
            left["why"] for left in json.loads((out / "results.json").read_text(encoding="utf-8"))["cleanup"]["left"]
        )
        assert [name for name in there if name not in listed] == [], "left behind, and not listed"
    else:
        assert there == set(), "something was made although the target cannot be tested"


class _Page(HTMLParser):
    """Tags and attributes of a page, which are ours alone; a server's text is data in between."""

    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[str] = []
        self.depth: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag in {"script", "img", "iframe", "object", "embed", "base", "form", "link"}:
            self.wrong.append(f"<{tag}>")
        for name, value in attributes:
            if name.startswith("on"):
                self.wrong.append(f"{tag} {name}={value}")
            if name in {"href", "src", "action", "xlink:href"} and not re.match(r"https?://[^\s<>\"]+$|#", value or ""):
                self.wrong.append(f"{tag} {name}={value}")


def page(file: Path) -> None:
    """The report runs nothing, loads nothing, and hides nothing."""
    text = file.read_text(encoding="utf-8")
    parser = _Page()
    parser.feed(text)
    parser.close()
    assert parser.wrong == []
    assert text.rstrip().endswith("</html>")
    head, _, body = text.partition("</head>")
    assert head.count("</title>") == text.count("</style>") == 1
    assert body.count("<title") == body.count("</title>"), "those of drawings"
    assert _HIDDEN.findall(text) == []


def test_every_subject_has_its_cases() -> None:
    subjects = {case.subject for case in CASES.values()}
    assert subjects == {"transport", "tls", "framing", "redirects", "bodies", "json", "text", "paging", "ids", "rate"}
    assert len(CASES) >= 60


def test_a_terminal_is_sent_nothing_by_the_server(tmp_path: Path) -> None:
    """On a real terminal colours and a moving line are ours: what is left without them is text."""
    case = CASES["ansi-in-every-string"]
    with hostile(case) as (scene, _):
        ours, theirs = os.openpty()
        command = [
            *COMMAND,
            "run",
            scene.url,
            "-p",
            case.profile,
            "--only",
            "users.*",
            "--seed",
            "7",
            "--crowd",
            "1",
            "--out",
            "out",
        ]
        shown = b""
        with subprocess.Popen(
            command, cwd=tmp_path, env=environment(TERM="xterm"), stdin=theirs, stdout=theirs, stderr=theirs
        ) as process:
            os.close(theirs)
            limit = threading.Timer(2 * case.bound, process.kill)
            limit.start()
            with (
                os.fdopen(ours, "rb", buffering=0) as screen,
                contextlib.suppress(OSError),
            ):  # EIO: the last writer has gone
                while piece := screen.read(65536):
                    shown += piece
            status = process.wait()
            limit.cancel()
    assert status == 1
    text = shown.decode()
    assert "\x1b[" in text, "no colour at all: this was no terminal"
    rest = re.sub(r"\x1b\[[0-9;?]*[A-HJKhlm]", "", text)
    assert "users.create" in rest
    assert [hex(ord(c)) for c in rest if not c.isprintable() and c not in "\r\n"] == []
