"""Conduct towards the endpoint: whenever a run is killed or stopped, and whoever else runs, nothing of ours stays
behind and nobody else's data is touched or written down.

How the points are chosen: a point is one run of one built-in SCIM 2.0 profile, cut to three of its scenarios so
that fifty kills stay cheap, and one request of that run. The seed is the point's number, so a point is the same
every time. Each profile has the same number of points, one for each method that it uses, so that PUT and PATCH are
hit as well as the many GETs; the request is drawn among those of that method. The run is foreseen with the rehearsal's
imaginary server and the signal goes out from the handler of the real one: half of the time before the request
takes effect there, half after. Scenarios of more than 60 exchanges (large groups, batches) are left out; they
repeat one request. So are those that apply under a condition only. The moments between two requests are hit as far as the process comes before the signal does.
"""

from __future__ import annotations

import functools
import json
import os
import random
import signal
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest
from scim_compat.engine import people
from scim_compat.engine.context import RunContext
from scim_compat.engine.imaginary_server import ImaginaryServer
from scim_compat.engine.ledger import Ledger
from scim_compat.engine.scenario import run_scenario
from scim_compat.profile.find import builtin
from scim_compat.profile.load import load
from scim_compat.profile.model import Profile
from servers.good import GoodServer
from servers.protocol import ScimError, error_answer
from servers.running import client, serve
from support.commands import COMMAND, environment, hear_interrupts
from support.directory import snapshot
from support.draw import THOROUGH, some

PROFILES = (
    "entra-v1", "entra-v2", "entra-validator", "okta", "okta-spec", "okta-wizard", "peakon", "rfc7644",
    "thousandeyes-entra", "thousandeyes-okta",
)  # fmt: skip
"""Every built-in profile of SCIM 2.0."""
METHODS = ("GET", "POST", "PATCH", "PUT", "DELETE")
KILLS = range(50)
STOPS = range(1000, 1132, 11)
DRAWN = {*range(0, 50, 11), *range(5, 50, 11), *STOPS[: len(METHODS)]}
"""Of the points: a kill in each profile, with each method twice, and a Ctrl-C with each method."""
MOST_EXCHANGES = 60
CANARY = "Zilpzalp-7f3a"
"""Stands in every value of the people who are not ours, and nowhere else."""
WAIT = 180.0
"""Seconds after which something hangs, however busy the machine is."""


@functools.cache
def profile_of(name: str) -> Profile:
    return load(name)


# --- other people -------------------------------------------------------------------------------


def inhabited(seed: int) -> tuple[GoodServer, dict, list[str]]:
    """(server, how it looks, words that no output may hold). Some names are as near to ours as names can be."""
    tag = people.tag_for(seed)
    near = tag[:-1] + ("0" if tag[-1] != "0" else "1")
    users = [
        {"userName": f"ada.{CANARY}@example.org", "title": f"Keeper of {CANARY}", "active": True},
        {"userName": f"{CANARY}.{people.tag_for(seed + 1)}@{people.DOMAIN}", "displayName": f"{CANARY} of another run"},
        {"userName": f"{CANARY}.{near}@{people.DOMAIN}", "externalId": f"{CANARY}.{near}", "active": False},
        {"userName": f"{CANARY}.SCIM-COMPAT.bystander", "nickName": f'{CANARY} "quoted" \\ é', "active": True},
    ]
    groups = [f"{CANARY} crew {near}-17", f"bystander {CANARY}", f"Everyone {CANARY}"]
    server, ids = GoodServer(), []
    with client(server) as api:
        for user in users:
            name = {"givenName": f"Ada {CANARY}", "familyName": CANARY}
            mail = [{"value": f"{CANARY}@mail.{people.DOMAIN}", "type": "work", "primary": True}]
            body = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "name": name, "emails": mail, **user}
            ids.append(api.post("/Users", json=body).raise_for_status().json()["id"])
        for title in groups:
            body = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": title,
                    "members": [{"value": one} for one in ids]}  # fmt: skip
            ids.append(api.post("/Groups", json=body).raise_for_status().json()["id"])
    return server, snapshot(server), [CANARY, CANARY.lower(), *ids]


def tells_of_others(words: list[str], out: Path, *outputs: str) -> list[tuple[str, str]]:
    """(where, word) of everything foreign that was written down."""
    texts = {path.name: path.read_text("utf-8", errors="replace") for path in out.rglob("*") if path.is_file()}
    texts |= {f"output {number}": text for number, text in enumerate(outputs)}
    return [(name, word) for name, text in texts.items() for word in words if word in text]


# --- points -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Point:
    """The first request of ``method`` from the ``nth`` request on, of a run of ``only``."""

    profile: str
    only: tuple[str, ...]
    nth: int
    method: str
    moment: Literal["before", "after"]
    share: float
    """How far into the foreseen run it lies, from 0 to 1."""
    seed: int

    @property
    def arguments(self) -> tuple[str, ...]:
        chosen = (word for scenario in self.only for word in ("--only", scenario))
        return ("--profile", self.profile, "--seed", str(self.seed), "--out", "out", *chosen)


class Foreseen:
    """The imaginary server, and the methods it was asked, clean-up included."""

    def __init__(self) -> None:
        self.server = ImaginaryServer()
        self.methods: list[str] = []

    def send(self, request):
        self.methods.append(request.method)
        return self.server.send(request)


def foreseen(profile: str, scenario: str, seed: int) -> list[str]:
    """The methods of the scenario's requests, in order."""
    loaded = profile_of(profile)
    sender = Foreseen()
    stage = RunContext(sender=sender, base_url="https://scim.example/scim/v2", seed=seed, ledger=Ledger(None),
                  observe=lambda _: None)  # fmt: skip
    run_scenario(loaded, next(s for s in loaded.scenarios if s.id == scenario), stage)
    return sender.methods


@functools.cache
def point(number: int) -> Point:
    drawn = random.Random(f"point {number}")
    profile, wanted = PROFILES[number % len(PROFILES)], METHODS[number // len(PROFILES) % len(METHODS)]
    of = _drawn_scenarios(profile, wanted, drawn)
    # What is it, what does it offer, is this seed in use; a crowd of two, listed, read, and at the end compared and deleted.
    methods = ["GET"] * 5 + ["POST"] * 2 + ["GET"] * 4
    methods += [method for scenario in of.values() for method in scenario]
    methods += ["GET", "GET", "DELETE", "DELETE"]
    method = wanted if wanted in methods else drawn.choice(sorted(set(methods)))
    # What a run asks before its first scenario depends on the answers: a few requests sooner is early enough.
    nth = max(1, drawn.choice([place for place, one in enumerate(methods, 1) if one == method]) - 3)
    moment = "before" if (number + number // len(PROFILES)) % 2 else "after"
    return Point(profile, tuple(of), nth, method, moment, nth / len(methods), number)


def _drawn_scenarios(profile: str, wanted: str, drawn: random.Random) -> dict[str, list[str]]:
    """Three of the profile's scenarios in its order, with their methods; one has the wanted method if any of 30 has."""
    # Those that try doors without the right credential are played behind all others.
    scenarios = [
        s for s in profile_of(profile).scenarios if not s.when and all(step.verb != "trespass" for step in s.steps)
    ]
    found: dict[str, list[str]] = {}
    for scenario in drawn.sample(scenarios, min(30, len(scenarios))):
        methods = foreseen(profile, scenario.id, 1)
        there = any(wanted in one for one in found.values())
        if len(methods) <= MOST_EXCHANGES and (len(found) < 2 or wanted in methods or there):
            found[scenario.id] = methods
        if len(found) == 3:
            break
    order = [s.id for s in scenarios]
    return {name: found[name] for name in sorted(found, key=order.index)}


def test_the_points_cover_every_profile_and_method():
    assert sorted(PROFILES) == sorted(name for name in builtin() if profile_of(name).scim == "2.0")
    points = [point(number) for number in KILLS]
    assert {p.profile: sum(q.profile == p.profile for q in points) for p in points} == dict.fromkeys(PROFILES, 5)
    assert sum(p.moment == "before" for p in points) == 25
    assert {p.method for p in points} == set(METHODS)
    hit = {(p.method, p.moment) for p in points}
    assert hit >= {(m, when) for m in ("GET", "POST", "PATCH", "DELETE") for when in ("before", "after")}
    assert {int(p.share * 5) for p in points} >= set(range(5))
    assert all(2 <= len(p.only) <= 3 for p in points)
    assert len({p.only for p in points}) == len(points)


def test_the_draw_takes_every_profile_and_method():
    drawn = [point(number) for number in KILLS if number in DRAWN]
    assert sorted(p.profile for p in drawn) == sorted(PROFILES)
    assert {p.method for p in drawn} == set(METHODS)
    assert sum(p.moment == "before" for p in drawn) == len(drawn) / 2
    assert {point(number).method for number in STOPS if number in DRAWN} == set(METHODS)


# --- the signal ---------------------------------------------------------------------------------


class Trap:
    """The server, with something that happens once, while it handles the point's request."""

    def __init__(self, app, where: Point, spring) -> None:
        self.app = app
        self.where = where
        self.spring = spring
        self.count = 0
        self.sprung = threading.Event()
        self.handled = threading.Event()

    def __call__(self, environ, start_response):
        self.count += 1
        due = self.count >= self.where.nth and environ["REQUEST_METHOD"] == self.where.method
        if not due or self.sprung.is_set():
            return self.app(environ, start_response)
        self.sprung.set()
        if self.where.moment == "before":
            self.spring()
        answer = self.app(environ, start_response)
        if self.where.moment == "after":
            self.spring()
        self.handled.set()
        return answer


class Process:
    """The run's process, which the server's handler signals; the handler may be there before us."""

    def __init__(self) -> None:
        self._there = threading.Event()
        self.popen = None

    def set(self, popen) -> None:
        self.popen = popen
        self._there.set()

    def send(self, number: int) -> None:
        assert self._there.wait(WAIT)
        self.popen.send_signal(number)
        if number == signal.SIGKILL:
            self.popen.wait(WAIT)


@pytest.mark.parametrize("number", some(KILLS, DRAWN))
def test_after_a_kill_cleanup_leaves_nothing(number, started, command, tmp_path):
    where = point(number)
    server, before, foreign = inhabited(where.seed)
    process = Process()
    trap = Trap(server, where, lambda: process.send(signal.SIGKILL))
    with serve(trap) as url:
        process.set(started("run", url, *where.arguments))
        stdout, stderr = process.popen.communicate(timeout=WAIT)
        assert trap.sprung.is_set(), f"the run ended after {trap.count} requests, before {where}"
        assert trap.handled.wait(WAIT)
        assert process.popen.returncode == -signal.SIGKILL
        done = command("cleanup", "out")
        page = command("report", "out/events.jsonl", "--out", "out/page.html")
    # The run was killed while a creation without a name of ours was under way: whether it came to be nobody can tell.
    is_unknown = "does not carry the run's mark" in done.stdout
    assert (done.returncode, done.stderr) == (int(is_unknown), ""), (where, done.stdout)
    assert snapshot(server) == before, where
    assert page.returncode == 0, (page.stdout, page.stderr)
    told = tells_of_others(foreign, tmp_path / "out", stdout, stderr, done.stdout, page.stdout)
    assert told == [], where


@pytest.mark.parametrize("number", some(STOPS, DRAWN))
def test_after_ctrl_c_nothing_is_left(number, started, tmp_path):
    where = point(number)
    server, before, foreign = inhabited(where.seed)
    process = Process()
    trap = Trap(server, where, lambda: process.send(signal.SIGINT))
    with serve(trap) as url:
        process.set(started("run", url, *where.arguments))
        stdout, stderr = process.popen.communicate(timeout=WAIT)
    assert trap.sprung.is_set(), f"the run ended after {trap.count} requests, before {where}"
    assert snapshot(server) == before, (where, stdout, stderr)
    assert process.popen.returncode > 0, (where, stdout, stderr)
    assert "Traceback" not in stdout + stderr
    assert tells_of_others(foreign, tmp_path / "out", stdout, stderr) == [], where
    results = tmp_path / "out" / "results.json"
    if results.exists():  # else it was stopped before its first scenario
        found = json.loads(results.read_text())
        assert found["run"]["complete"] is False
        assert found["cleanup"]["left"] == []
        assert failures(found) == set()


def failures(results: dict) -> set[tuple[str, str]]:
    """(scenario, check) of all findings."""
    return {
        (scenario["id"], check["id"])
        for profile in results["profiles"]
        for scenario in profile["scenarios"]
        for step in scenario["steps"]
        for check in step["checks"]
        if check["outcome"] == "fail"
    }


def test_ctrl_c_twice_and_then_cleanup(started, command, tmp_path):
    """Who cannot wait for the clean-up stops that as well: the ledger still knows what is left."""
    server, before, foreign = inhabited(3)
    process = Process()
    stop = Point("entra-v2", ("groups.*", "members.*"), 30, "POST", "after", 0.5, 3)
    second = Point("entra-v2", (), 1, "DELETE", "before", 0.5, 3)
    inner = Trap(server, second, lambda: process.send(signal.SIGINT))
    app = Trap(server, stop, lambda: process.send(signal.SIGINT))

    def both(environ, start_response):
        app.app = inner if app.sprung.is_set() else server
        return app(environ, start_response)

    with serve(both) as url:
        process.set(started("run", url, *stop.arguments))
        stdout, stderr = process.popen.communicate(timeout=WAIT)
        assert app.sprung.is_set()
        assert inner.sprung.is_set()
        done = command("cleanup", "out")
    assert process.popen.returncode not in {0, 1}, (stdout, stderr)
    assert "Traceback" not in stdout + stderr
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert snapshot(server) == before
    assert tells_of_others(foreign, tmp_path / "out", stdout, stderr, done.stdout) == []


# --- processes side by side ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("how", "nth"), [(signal.SIGKILL, 25), pytest.param(signal.SIGKILL, 61, marks=THOROUGH), (signal.SIGINT, 40)]
)
def test_a_whole_group_of_processes_is_stopped(how, nth, tmp_path, command):
    """What a container's end does, and Ctrl-C in a terminal: the signal goes to the workers of --jobs as well."""
    server, before, foreign = inhabited(nth)
    where = Point("entra-v2", ("groups.*", "users.create*"), nth, "POST", "after", 0.5, nth)
    process = Process()
    trap = Trap(server, where, lambda: os.killpg(process.popen.pid, how))
    with serve(trap) as url:
        popen = subprocess.Popen(
            [*COMMAND, "run", url, *where.arguments, "--jobs", "2", "--crowd", "1"], cwd=tmp_path, env=environment(), text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
            preexec_fn=hear_interrupts,  # noqa: PLW1509 - sets one signal and takes no lock
        )  # fmt: skip
        process.set(popen)
        try:
            stdout, stderr = popen.communicate(timeout=WAIT)  # to the end of the workers: they hold the pipe
        finally:
            if popen.poll() is None:
                os.killpg(popen.pid, signal.SIGKILL)
        assert trap.sprung.is_set()
        done = command("cleanup", "out") if how == signal.SIGKILL else None
    if done is not None:
        assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert snapshot(server) == before, (stdout, stderr)
    assert "Traceback" not in stdout + stderr
    assert tells_of_others(foreign, tmp_path / "out", stdout, stderr) == []


TOGETHER = (
    "query.*",
    "filter.u*",
    "sort.*",
    "paging.*",
    "search.*",
    "groups.m*",
    "members.r*",
    "accounts.*",
    "cycle.*",
)
"""What looks at more than one resource, or at totals, and so might see the other run's."""


def results_of(out: Path) -> dict:
    return json.loads((out / "results.json").read_text())


def test_two_runs_at_once_do_not_disturb_each_other(started, command, tmp_path):
    """With a seed each: both find what a run alone finds, and leave nothing."""
    server, before, foreign = inhabited(20)
    both = ("--profile", "entra-v2", "--profile", "rfc7644", *(w for one in TOGETHER for w in ("--only", one)))
    with serve(server) as url:
        runs = [started("run", url, *both, "--seed", str(seed), "--out", f"out-{seed}") for seed in (20, 22)]
        told = [run.communicate(timeout=WAIT) for run in runs]
        after_both = snapshot(server)
        alone = command("run", url, *both, "--seed", "24", "--out", "out-24")
    assert after_both == before
    expected = results_of(tmp_path / "out-24")
    for seed, run in zip((20, 22), runs, strict=True):
        found = results_of(tmp_path / f"out-{seed}")
        assert failures(found) <= failures(expected), seed
        assert sum(p["counts"]["passed"] for p in found["profiles"]) > 25
        assert [p["counts"]["errored"] for p in found["profiles"]] == [0, 0], found["errors"]
        assert found["bystanders"]["changed"] == []
        assert found["cleanup"]["left"] == []
        assert run.returncode == alone.returncode
        assert tells_of_others(foreign, tmp_path / f"out-{seed}", *told[0], *told[1]) == []


def test_a_second_run_of_the_same_seed_does_not_begin(started, command, tmp_path):
    """The names of both would be the same, and each would change and delete the other's people."""
    server, before, _ = inhabited(30)
    arguments = ("--profile", "entra-v2", "--only", "users.create*", "--only", "groups.*", "--seed", "30")
    waits = threading.Event()
    where = Point("entra-v2", (), 30, "PATCH", "before", 0.5, 30)
    trap = Trap(server, where, lambda: waits.wait(WAIT))
    with serve(trap) as url:
        first = started("run", url, *arguments, "--out", "one")
        assert trap.sprung.wait(WAIT)
        meanwhile = snapshot(server)
        second = command("run", url, "--profile", "okta", "--seed", "30", "--out", "two")
        assert snapshot(server) == meanwhile
        waits.set()
        stdout, stderr = first.communicate(timeout=WAIT)
    assert second.returncode == 3
    assert "--seed" in second.stderr
    assert "scim-compat cleanup" in second.stderr
    assert not (tmp_path / "two").exists() or not (tmp_path / "two" / "results.json").exists()
    assert first.returncode == 0, (stdout, stderr)
    assert failures(results_of(tmp_path / "one")) == set()
    assert snapshot(server) == before


class WithoutContains(GoodServer):
    """Knows no filter but eq, as many endpoints do."""

    def handle(self, request):
        if " co " in request.parameters.get("filter", ""):
            return error_answer(ScimError(400, "Only eq is supported.", scim_type="invalidFilter"))
        return super().handle(request)


def test_a_second_run_of_the_same_seed_finds_out_by_its_bystander(started, command, tmp_path):
    """Where the target cannot be asked for the tag, or both begin at once: nothing is held against the endpoint."""
    server = WithoutContains()
    arguments = ("--profile", "entra-v2", "--only", "users.create*", "--seed", "31")
    waits = threading.Event()
    trap = Trap(server, Point("entra-v2", (), 12, "POST", "before", 0.5, 31), lambda: waits.wait(WAIT))
    with serve(trap) as url:
        first = started("run", url, *arguments, "--out", "one")
        assert trap.sprung.wait(WAIT)
        meanwhile = snapshot(server)
        second = command("run", url, *arguments, "--out", "two")
        assert snapshot(server) == meanwhile
        waits.set()
        first.communicate(timeout=WAIT)
    assert second.returncode == 3
    found = results_of(tmp_path / "two")
    assert failures(found) == set()
    assert found["verdict"] == "unproven"
    assert all("another --seed" in s["reason"] for s in found["profiles"][0]["scenarios"])
    assert first.returncode == 0
    assert failures(results_of(tmp_path / "one")) == set()
    assert snapshot(server) == {}
