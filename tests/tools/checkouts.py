"""Holds two checkouts against each other: do they send the same bytes, and do they find the same?

``python tests/tools/checkouts.py OLD NEW``  runs every profile at every server below with both, with one seed

OLD and NEW are folders of checkouts, each with a ``.venv`` into which it is installed (``pip install -e .``). Of them
the script uses their command and the files it writes, and nothing else. The servers are those of the script's own
checkout, so call it with the Python of that checkout's ``.venv``. A relay between client and server keeps what the
client sends.

``--profile`` and ``--server`` choose a part, ``--seed`` takes other people, ``--words`` compares what the command
prints as well, ``--structure`` passes over sentences. A line tells of each profile and server, the last one of them all. Exit status: 0 all the same,
1 something differs, 2 a checkout cannot be used.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import os
import re
import select
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from servers import probing11, running
from servers.good import GoodServer
from servers.good11 import GoodServer11
from servers.store import Store

LOOPBACK: Final = "127.0.0.1"
TOKEN: Final = "good-token"

SERVERS: Final[Mapping[str, Mapping[str, frozenset[str]]]] = {
    "good": {"2.0": frozenset(), "1.1": frozenset()},
    "patch": {
        "2.0": frozenset({
            "extension-path-ignored", "patch-op-title-case-only", "pathless-replaces-whole-resource",
            "valuepath-appends-duplicate",
        }),
        "1.1": frozenset({"clear-ignored", "member-operation-refused", "patch-replaces-all"}),
    },
    "lists": {
        "2.0": frozenset({"filter-ignored", "start-index-zero-based", "total-results-string"}),
        "1.1": frozenset({"filter-ignored", "list-numbers-as-strings", "start-index-from-zero"}),
    },
    "groups": {
        "2.0": frozenset({
            "create-answers-id-only", "create-drops-emails", "group-create-drops-members", "group-rename-400",
            "member-add-replaces-list",
        }),
        "1.1": frozenset({"create-200", "create-drops-name", "members-replaced", "rename-drops-members"}),
    },
}  # fmt: skip
"""Name → version of the protocol → what is broken there."""

LONGEST: Final = 600.0
"""Seconds. A run that takes longer is ended."""
IDLE: Final = 90.0
"""Seconds after which the relay ends a connection on which nothing comes."""
MOST: Final = 200_000_000
"""Bytes of a run that the relay keeps."""


# --- the checkouts --------------------------------------------------------------------------------


_START: Final = """
import itertools, sys, uuid
from importlib.metadata import entry_points
numbers = itertools.count(1 << 96)
uuid.uuid4 = lambda: uuid.UUID(int=next(numbers), version=4)  # what is drawn anew in each run is counted instead
command = next(iter(entry_points(group="console_scripts", name="scim-compat")))
sys.argv[0] = "scim-compat"
sys.exit(command.load()())
"""
_PLACE: Final = """
import sys
from importlib.metadata import entry_points
command = next(iter(entry_points(group="console_scripts", name="scim-compat")))
command.load()
print(sys.modules[command.module].__file__)
"""


class Unusable(Exception):  # noqa: N818 - what a checkout is
    """The message says which checkout, and why."""


@dataclass(frozen=True, slots=True)
class Checkout:
    name: str
    """old | new"""
    folder: Path

    def call(self, code: str, *arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Runs code in the checkout's environment. Raises subprocess.TimeoutExpired."""
        python = self.folder / ".venv" / "bin" / "python"
        return subprocess.run(
            [str(python), "-P", "-c", code, *arguments], cwd=cwd, env=_environment(), timeout=LONGEST, check=False,
            capture_output=True, text=True, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def profiles(self) -> dict[str, str]:
        """Built-in profile → its version of the protocol. Raises Unusable, also if another checkout's code runs."""
        self._must_hold(self._said(_PLACE).strip())
        listed = json.loads(self._said(_START, "profiles", "--json"))
        for one in listed:
            self._must_hold(one["path"])
        return {one["id"]: one["scim"] for one in listed}

    def plain(self, text: str, out: Path) -> str:
        """The text without the places of the run and the checkout."""
        return text.replace(str(out), "OUT").replace(str(self.folder), "CHECKOUT")

    def _said(self, code: str, *arguments: str) -> str:
        try:
            done = self.call(code, *arguments)
        except OSError as error:
            raise Unusable(f"{self.folder} has no .venv that can be called: {error.strerror}") from None
        if done.returncode:
            raise Unusable(f"scim-compat of {self.folder} does not start: {_last_line(done.stderr)}")
        return done.stdout

    def _must_hold(self, path: str) -> None:
        """Raises Unusable for code of another checkout, and for a copy of this one."""
        place = Path(path).resolve()
        if not place.is_relative_to(self.folder) or place.is_relative_to(self.folder / ".venv"):
            raise Unusable(f"{self.folder}: its .venv calls {place}. Install the checkout with pip install -e .")


def _environment() -> dict[str, str]:
    """Without what would lead a command to another checkout or another target."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "PYTEST", "COVERAGE", "SCIM"))}
    return kept | {"SCIM_TOKEN": TOKEN}


def _last_line(text: str) -> str:
    return next(reversed(text.strip().splitlines()), "it says nothing")


# --- the servers ----------------------------------------------------------------------------------


class CountingStore(Store):
    """Counts where the other one draws an id or looks at the clock: each run is given the same ids and dates."""

    def __init__(self) -> None:
        super().__init__()
        numbers = itertools.count(1)
        self.new_id = lambda _: str(uuid.UUID(int=next(numbers), version=4))

    def now(self) -> datetime:
        self._last = max(datetime(2026, 1, 1, tzinfo=UTC), self._last + timedelta(seconds=1))
        return self._last


def served(scim: str, defects: frozenset[str]) -> contextlib.AbstractContextManager[str]:
    """A new server on loopback; yields its base URL."""
    if scim == "1.1":
        server, serve = GoodServer11(defects), probing11.serve
    else:
        server, serve = GoodServer(defects), running.serve
    server.store = CountingStore()
    return serve(server)


# --- the relay ------------------------------------------------------------------------------------


@dataclass(slots=True)
class Tape:
    """What one run sends, and where the relay passes it on to."""

    port: int
    requests: list[bytearray] = field(default_factory=list)
    """In the order in which they began."""
    threads: list[threading.Thread] = field(default_factory=list)
    size: int = 0

    def keep(self, request: bytearray, data: bytes) -> None:
        """Raises OSError if there is no more room."""
        self.size += len(data)
        if self.size > MOST:
            raise OSError("the tape is full")
        request += data


class Relay:
    """Listens on one port for as long as it lives, so that all runs call the same address."""

    def __init__(self) -> None:
        self._listener = socket.create_server((LOOPBACK, 0))
        self.port: int = self._listener.getsockname()[1]
        self._tape: Tape | None = None
        threading.Thread(target=self._listen, daemon=True).start()

    @contextlib.contextmanager
    def recording(self, port: int) -> Iterator[Tape]:
        """Passes connections on to this port, until the caller leaves."""
        self._tape = tape = Tape(port)
        try:
            yield tape
        finally:
            self._tape = None
            for thread in tape.threads:  # the client is gone, so that they end
                thread.join(timeout=5)

    def close(self) -> None:
        # Only this wakes a thread that waits for a connection.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _listen(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                client, _ = self._listener.accept()
                tape = self._tape
                if tape is None:
                    client.close()
                    continue
                thread = threading.Thread(target=_pass_on, args=(client, tape), daemon=True)
                tape.threads.append(thread)
                thread.start()


def _pass_on(client: socket.socket, tape: Tape) -> None:
    """One connection, until one side ends it. What a client sends between two answers is one request."""
    with client, contextlib.suppress(OSError), socket.create_connection((LOOPBACK, tape.port), timeout=IDLE) as server:
        for one in (client, server):
            one.settimeout(IDLE)
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        request: bytearray | None = None
        while ready := select.select([client, server], [], [], IDLE)[0]:
            for one in ready:
                data = one.recv(65_536)
                if not data:
                    return
                if one is server:
                    request = None
                    client.sendall(data)
                    continue
                if request is None:
                    request = bytearray()
                    tape.requests.append(request)
                tape.keep(request, data)
                server.sendall(data)


# --- one run --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pair:
    profile: str
    scim: str
    server: str

    def __str__(self) -> str:
        return f"{self.profile} × {self.server}"


@dataclass(frozen=True, slots=True)
class Run:
    """One profile at one server, by one checkout."""

    checkout: str
    requests: tuple[bytes, ...] = ()
    results: Any = None
    status: int = 0
    words: str = ""
    trouble: str = ""
    """Why there is nothing to compare."""

    @property
    def outcomes(self) -> list[str]:
        """Of its scenarios."""
        return [one["outcome"] for profile in self.results["profiles"] for one in profile["scenarios"]]


def play(checkout: Checkout, pair: Pair, relay: Relay, seed: int) -> Run:
    """Runs the profile at a new server."""
    with tempfile.TemporaryDirectory() as folder, served(pair.scim, SERVERS[pair.server][pair.scim]) as url:
        place, out = urlsplit(url), Path(folder) / "out"
        with relay.recording(place.port or 0) as tape:
            arguments = ("--profile", pair.profile, "--seed", str(seed), "--out", str(out))
            try:
                done = checkout.call(
                    _START, "run", f"http://{LOOPBACK}:{relay.port}{place.path}", *arguments, cwd=Path(folder)
                )
            except subprocess.TimeoutExpired:
                return Run(checkout.name, trouble=f"not ended after {LONGEST:g} s")
        return _ended(checkout, tape, done, out)


def _ended(checkout: Checkout, tape: Tape, done: subprocess.CompletedProcess[str], out: Path) -> Run:
    if tape.size > MOST:
        return Run(checkout.name, trouble=f"sends more than {MOST:,} bytes")
    file = out / "results.json"
    if not file.exists() or not tape.requests:
        said = _last_line(done.stderr)
        return Run(checkout.name, trouble=f"no requests or no results.json, exit status {done.returncode}: {said}")
    return Run(
        checkout.name,
        requests=tuple(map(bytes, tape.requests)),
        results=json.loads(checkout.plain(file.read_text(encoding="utf-8"), out)),
        status=done.returncode,
        words=_DURATION.sub("TIME", _DATE.sub("DATE", checkout.plain(done.stdout, out))),
    )


_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?|\d{8}-\d{6}")
_DURATION: Final = re.compile(r"\b\d[\d.,]* ?(ms|s|seconds?|minutes?)\b")


# --- what differs ---------------------------------------------------------------------------------


CHANGING: Final = r"/tool/version|/run/(id|started|ended)|/profiles/\d+/scenarios/\d+(/steps/\d+/exchange)?/ms|.*/\$id"
"""JSON pointers into results.json at which two runs of one checkout may differ."""
SENTENCES: Final = r".*/(title|summary|note|why|what|reason|message|consequence|fix|digest)"
"""JSON pointers of texts for people, and of the digest that covers those of a profile."""
_ABSENT: Final = object()


def difference(old: Run, new: Run, *, words: bool, structure: bool) -> str:
    """The first difference, on lines of its own; empty if there is none."""
    troubles = [f"{run.checkout}: {run.trouble}" for run in (old, new) if run.trouble]
    if troubles:
        return "; ".join(troubles)
    exempt = re.compile(f"{CHANGING}|{SENTENCES}" if structure else CHANGING)
    found = _of_requests(old.requests, new.requests)
    found = found or _of_values("results.json", old.results, new.results, exempt=exempt)
    if found:
        return found
    if old.status != new.status:
        return _shown("the exit status differs", str(old.status), str(new.status))
    if words and old.words != new.words:
        return _shown("stdout differs", *_near(old.words, new.words))
    return ""


def _of_requests(old: Sequence[bytes], new: Sequence[bytes]) -> str:
    for number, (one, other) in enumerate(itertools.zip_longest(old, new, fillvalue=b""), 1):
        if one == other:
            continue
        title = f"request {number} differs ({len(old)} requests, {len(new)} requests)"
        heads = [_text(each.partition(b"\r\n\r\n")[0]) or "(none)" for each in (one, other)]
        if heads[0] != heads[1]:
            return _shown(title, *heads)
        near = _near(*(_text(each.partition(b"\r\n\r\n")[2]) for each in (one, other)))
        return _shown(title, *(f"{heads[0]}\n\n{body}" for body in near))
    return ""


def _of_values(
    what: str, old: Any, new: Any, *, exempt: re.Pattern[str] = re.compile(CHANGING), pointer: str = ""
) -> str:
    """Depth first, objects in the old one's order. Pointers that ``exempt`` matches are passed over."""
    pairs: Iterator[tuple[object, Any, Any]] = iter(())
    if isinstance(old, dict) and isinstance(new, dict):
        pairs = ((key, old.get(key, _ABSENT), new.get(key, _ABSENT)) for key in [*old, *(new.keys() - old.keys())])
    elif isinstance(old, list) and isinstance(new, list):
        pairs = ((n, *two) for n, two in enumerate(itertools.zip_longest(old, new, fillvalue=_ABSENT)))
    elif (type(old) is type(new) and old == new) or exempt.fullmatch(pointer):
        return ""
    else:
        title = f"{what} differs at {pointer or 'its root'}"
        return _shown(title, *_near(*("(none)" if v is _ABSENT else json.dumps(v) for v in (old, new))))
    found = (
        _of_values(what, one, other, exempt=exempt, pointer=f"{pointer}/{_escaped(key)}") for key, one, other in pairs
    )
    return next(filter(None, found), "")


def _escaped(key: object) -> str:
    return str(key).replace("~", "~0").replace("/", "~1")


def _near(old: str, new: str) -> tuple[str, str]:
    """Both texts from a little before they part."""
    alike = sum(1 for _ in itertools.takewhile(lambda two: two[0] == two[1], zip(old, new, strict=False)))
    start = max(0, alike - 60)
    dots = "…" if start else ""
    return f"{dots}{old[start : start + 300]}", f"{dots}{new[start : start + 300]}"


def _text(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace").replace("\r\n", "\n")


def _shown(title: str, old: str, new: str) -> str:
    both = (f"{name}: {text}".replace("\n", "\n         ") for name, text in (("old", old), ("new", new)))
    return "\n    ".join([title, *both])


# --- the command ----------------------------------------------------------------------------------


def compare(old: Checkout, new: Checkout, pairs: Sequence[Pair], *, seed: int, words: bool, structure: bool) -> int:
    """Runs the pairs and tells of each; how many differ."""
    started, sent, differing = time.monotonic(), 0, 0
    relay = Relay()
    try:
        for pair in pairs:
            one, other = (play(checkout, pair, relay, seed) for checkout in (old, new))
            found = difference(one, other, words=words, structure=structure)
            differing += bool(found)
            sent += len(one.requests)
            print(f"{pair}: {found or _same(one)}", flush=True)
    finally:
        relay.close()
    seconds = time.monotonic() - started
    print(f"{differing} of {len(pairs)} pairs differ; {sent:,} requests, {seconds:.0f} s")
    return differing


def _same(run: Run) -> str:
    failed = run.outcomes.count("fail")
    more = f", {failed} failed" if failed else ""
    return f"same: {len(run.requests)} requests, {len(run.outcomes)} scenarios{more}"


def chosen(profiles: Mapping[str, str], names: Sequence[str], servers: Sequence[str]) -> list[Pair]:
    """Raises Unusable for a profile that is not there."""
    for name in names:
        if name not in profiles:
            raise Unusable(f"no built-in profile is called {name}; there are {', '.join(profiles)}")
    return [Pair(name, profiles[name], server) for name in names or profiles for server in servers or SERVERS]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old", type=Path, metavar="OLD", help="folder of a checkout with a .venv")
    parser.add_argument("new", type=Path, metavar="NEW", help="another one")
    parser.add_argument("--profile", nargs="+", action="extend", default=[], metavar="ID", help="default: all")
    parser.add_argument("--server", nargs="+", action="extend", default=[], choices=SERVERS, help="default: all")
    parser.add_argument("--seed", type=int, default=7, help="of both runs (%(default)s)")
    parser.add_argument("--words", action="store_true", help="compare stdout too, without times and places")
    parser.add_argument("--structure", action="store_true", help="pass over sentences: titles, reasons, fixes …")
    given = parser.parse_args()
    old, new = Checkout("old", given.old.resolve()), Checkout("new", given.new.resolve())
    try:
        before, after = old.profiles(), new.profiles()
        pairs = chosen(before, given.profile, given.server)
    except Unusable as error:
        parser.error(str(error))
    exempt = re.compile(SENTENCES if given.structure else "(?!)")
    if _of_values("the list of profiles", before, after, exempt=exempt):
        print(_of_values("the list of profiles", before, after, exempt=exempt))
        return 1
    return bool(compare(old, new, pairs, seed=given.seed, words=given.words, structure=given.structure))


if __name__ == "__main__":
    sys.exit(main())
