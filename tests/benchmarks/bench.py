"""What the harness costs, as ratios within one run: nothing here is asserted, everything is printed.

    python tests/benchmarks/bench.py [--quick]

1. A run against the good server, against a bare httpx loop that sends the same requests over one
   connection to the same server (goal: at most 1.25). Once with the server in this process, which
   answers in well under a millisecond, so that all of the harness's own work shows; and once with a
   server that takes 20 ms for an answer, as one across a network does.
2. ``scim-compat --version`` (goal: under 0.3 s), and the import of the pytest plugin beside pytest's own (goal: at
   most 10 ms): every pytest run in the same environment pays for it.
3. Peak memory of streaming 50,000 exchanges and making results.json of them (goal: under 200 MB).
4. Rendering the report of 2,000 exchanges (goal: under 2 s and 5 MB).
"""

# ruff: noqa: PLC0415 - each part imports what it measures, and no more

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

TESTS = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TESTS))

from servers.good import GoodServer  # noqa: E402
from servers.running import serve  # noqa: E402

TOKEN = "good-token"


def told(name: str, value: float, unit: str, goal: float) -> None:
    mark = "within" if value <= goal else "OVER"
    print(f"{name:<52} {value:>8.2f} {unit:<5} goal {goal:g} {unit}: {mark}", flush=True)


def timed(call: Callable[[], Any]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


# --- 1: the harness against a bare loop ----------------------------------------------------------------


class Recording:
    """A WSGI application that keeps what it was asked: method, target, headers, body."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        body = environ["wsgi.input"].read()
        environ["wsgi.input"].seek(0)
        target = environ["PATH_INFO"] + ("?" + environ["QUERY_STRING"] if environ["QUERY_STRING"] else "")
        headers = {k[5:].replace("_", "-"): v for k, v in environ.items() if k.startswith("HTTP_")}
        if environ.get("CONTENT_TYPE"):
            headers["Content-Type"] = environ["CONTENT_TYPE"]
        self.requests.append((environ["REQUEST_METHOD"], target, headers, body))
        return self.app(environ, start_response)


class Distant:
    """A WSGI application as far away as a real endpoint: 20 ms more for each answer."""

    def __init__(self, app: Any) -> None:
        self.app = app

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        time.sleep(0.02)
        return self.app(environ, start_response)


def a_run(url: str, out: Path, only: list[str]) -> float:
    from scim_compat.pytest_plugin.launch import run
    from scim_compat.run.request import RunRequest
    from scim_compat.run.settings import Login, Settings

    settings = Settings(url=url, login=Login(kind="bearer", token=TOKEN), seed=7, out=str(out))
    return timed(lambda: run(RunRequest(settings=settings, profiles=("entra-v2",), only=tuple(only))))


def a_loop(url: str, requests: list[tuple[str, str, dict[str, str], bytes]]) -> float:
    """The same requests with the ids of this server: each recorded id is replaced in the order of creation."""
    known: dict[str, str] = {}
    made: list[str] = []

    def translated(text: str) -> str:
        for old, new in known.items():
            text = text.replace(old, new)
        return text

    def loop() -> None:
        with httpx.Client(headers={"Authorization": f"Bearer {TOKEN}"}, trust_env=False) as client:
            for method, target, headers, body in requests:
                kept = {
                    k: v for k, v in headers.items() if k.lower() not in {"host", "content-length", "authorization"}
                }
                answer = client.request(
                    method, url + translated(target), headers=kept, content=translated(body.decode())
                )
                if method == "POST" and answer.status_code == 201:
                    made.append(answer.json()["id"])
                    if len(recorded_ids) >= len(made):
                        known[recorded_ids[len(made) - 1]] = made[-1]

    recorded_ids = _ids_in_order(requests)
    return timed(loop)


def _ids_in_order(requests: list[tuple[str, str, dict[str, str], bytes]]) -> list[str]:
    """The ids of the recorded run, in the order in which the requests first name them."""
    seen: dict[str, None] = {}
    for _method, target, _headers, _body in requests:
        for part in target.partition("?")[0].split("/"):
            if part.count("-") == 4 and len(part) == 36:
                seen.setdefault(part)
    return list(seen)


def harness_against_loop(*, quick: bool) -> None:
    only = ["users.*", "connection.*"] if quick else []
    places: dict[str, Callable[[Any], Any]] = {"in this process": lambda app: app, "20 ms away": Distant}
    for name, placed in places.items():
        ratio = _ratio(only, placed, rounds=1 if quick else 3)
        told(f"run / bare loop of the same requests, {name}", ratio, "x", 1.25)


def _ratio(only: list[str], placed: Callable[[Any], Any], *, rounds: int) -> float:
    ratios = []
    with tempfile.TemporaryDirectory() as folder:
        for round_ in range(rounds):
            recording = Recording(placed(GoodServer()))
            with serve(recording) as url:
                run_seconds = a_run(url, Path(folder) / f"run{round_}", only)
            with serve(placed(GoodServer())) as url:
                loop_seconds = a_loop(url, recording.requests)
            ratios.append(run_seconds / loop_seconds)
            print(f"  run {run_seconds:.2f} s, loop {loop_seconds:.2f} s, {len(recording.requests)} requests")
    return statistics.median(ratios)


# --- 2: the start of the command -----------------------------------------------------------------------


def start_up(*, quick: bool) -> None:
    command = [sys.executable, "-c", "from scim_compat.cli import main; main()", "--version"]
    found = [timed(lambda: subprocess.run(command, check=True, capture_output=True)) for _ in range(2 if quick else 7)]
    bare = [timed(lambda: subprocess.run([sys.executable, "-c", ""], check=True)) for _ in range(2 if quick else 7)]
    print(f"  an empty interpreter takes {min(bare):.2f} s of it")
    told("scim-compat --version", min(found), "s", 0.3)
    program = (
        "import pytest, time; t = time.perf_counter(); import scim_compat.pytest_plugin; print(time.perf_counter() - t)"
    )
    seconds = [
        float(subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout)
        for _ in range(2 if quick else 7)
    ]
    told("import of the pytest plugin", 1000 * min(seconds), "ms", 10)


# --- 3: memory -----------------------------------------------------------------------------------------


def stream(count: int, folder: Path) -> None:
    """Writes and collates ``count`` exchanges; run in a process of its own to see its peak alone."""
    from scim_compat.results.collate import collate
    from scim_compat.results.document.parsing import read
    from scim_compat.results.document.records import ExchangeRecord, StepRecord
    from scim_compat.results.events import RunEnded, RunStarted, ScenarioEnded, ScenarioStarted, StepPlayed
    from scim_compat.results.model import CheckResult, ScenarioResult
    from scim_compat.results.stream import EventWriter
    from scim_compat.values import Outcome

    body = json.dumps({"schemas": ["urn:x"], "totalResults": 1, "Resources": [{"id": "u", "displayName": "x" * 400}]})
    content = {
        "request": {"method": "GET", "url": "https://x.example/Users?filter=userName", "headers": [["A", "b"]] * 5, "body": body},
        "response": {"status": 200, "reason": "OK", "headers": [["A", "b"]] * 5, "body": body},
        "failure": None, "ms": 1.0, "truncated": False, "waits": [], "masked": False,
    }  # fmt: skip
    exchange = read(ExchangeRecord, content, name="exchange")
    checks = tuple(CheckResult(id=f"area.rule-{n}", outcome=Outcome.PASS, level="MUST") for n in range(20))
    per = 20
    names = [f"area.scenario-{n}" for n in range(max(1, count // per))]
    profile = {
        "id": "demo", "title": "t", "version": "1", "digest": "0", "summary": "", "client": "c", "sources": {},
        "features": [{"id": "f", "title": "F"}], "not_covered": [], "selected": names, "total": len(names),
        "scenarios": [{"id": n, "feature": "f", "title": n, "variant": "", "evidence": "documented", "source": [], "line": 1, "note": ""}
                      for n in names],
    }  # fmt: skip
    events = EventWriter(folder / "events.jsonl")
    run = {"id": "r", "seed": 1, "started": "2026-01-01T00:00:00Z", "command": [], "tag": "t"}
    head = {
        "tool": {"name": "x", "version": "0"},
        "target": {"url": "u", "claims": {}},
        "profiles": [profile],
        "run": run,
    }
    events(read(RunStarted, head, name="header"))
    for name in names:
        events(ScenarioStarted("demo", name))
        for step in range(per):
            events(StepPlayed(StepRecord(f"{step}", "client", "read", "t", 1, exchange, checks)))
        events(ScenarioEnded(ScenarioResult(name, "demo", "f", name, "documented", "", "pass", None, requests=per)))
    events(RunEnded(ended="2026-01-01T00:00:00Z", interrupted=""))
    events.close()
    collate(folder / "events.jsonl", folder / "results.json")
    print(json.dumps({"peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
                      "results_mb": (folder / "results.json").stat().st_size / 1e6}))  # fmt: skip


def memory(*, quick: bool) -> None:
    count = 5_000 if quick else 50_000
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, __file__, "--stream", str(count), folder], check=True, capture_output=True, text=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
        )  # fmt: skip
    found = json.loads(done.stdout)
    print(f"  {count} exchanges, results.json of {found['results_mb']:.0f} MB")
    told(f"peak memory at {count} exchanges", found["peak_mb"], "MB", 200)


# --- 4: the report -------------------------------------------------------------------------------------


def report() -> None:
    from scim_compat.report.html import render
    from scim_compat.results.document.parsing import parse
    from support.results import many_results

    results = many_results(2_000)
    render(parse(many_results(10)))  # the templates are compiled once
    pages: list[str] = []
    seconds = timed(lambda: pages.append(render(parse(results))))
    told("report of 2,000 exchanges", seconds, "s", 2)
    told("its size", len(pages[0].encode()) / 1e6, "MB", 5)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a fraction of the work; ratios only roughly")
    parser.add_argument("--stream", nargs=2, metavar=("COUNT", "DIR"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.stream:
        stream(int(arguments.stream[0]), Path(arguments.stream[1]))
        return
    harness_against_loop(quick=arguments.quick)
    start_up(quick=arguments.quick)
    memory(quick=arguments.quick)
    report()


if __name__ == "__main__":
    main()
