"""Runs that do not come to their end: Ctrl-C, SIGTERM, and a kill."""

from __future__ import annotations

import json
import signal
import threading
from pathlib import Path

import pytest
from servers.good import GoodServer
from servers.running import serve
from support.directory import populated, snapshot


class Gate:
    """Lets requests through until one fits ``stop``; that one and all later ones wait for ``open``."""

    def __init__(self, app, stop):
        self.app = app
        self.stop = stop
        self.reached = threading.Event()
        self.open = threading.Event()
        self.seen = []

    def __call__(self, environ, start_response):
        self.seen.append((environ["REQUEST_METHOD"], environ["PATH_INFO"]))
        if not self.open.is_set() and self.stop(self):
            answer = self.app(environ, start_response) if environ["REQUEST_METHOD"] == "POST" else None
            self.reached.set()
            self.open.wait(20)
            return answer if answer is not None else self.app(environ, start_response)
        return self.app(environ, start_response)


def creations(count):
    """The gate closes when that many POSTs have been sent: the last is stored, but not yet answered."""
    return lambda gate: sum(method == "POST" for method, _ in gate.seen) >= count


def results(out: Path):
    return json.loads((out / "results.json").read_text())


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_run_cleans_up_and_tells(how, started, tmp_path):
    server, before = populated()
    gate = Gate(server, creations(12))
    with serve(gate) as url:
        process = started("run", url, "-p", "entra-v2", "--only", "users.*", "--out", "out", "--seed", "7")
        assert gate.reached.wait(30)
        process.send_signal(how)
        gate.open.set()
        stdout, stderr = process.communicate(timeout=30)
    assert process.returncode not in {0, 1}, (stdout, stderr)
    assert snapshot(server) == before
    assert "Traceback" not in stdout + stderr
    assert "nterrupted" in stdout
    found = results(tmp_path / "out")
    assert found["run"]["complete"] is False
    assert "stopped by the user" in found["run"]["interrupted"]
    assert found["verdict"] == "unproven"
    assert found["cleanup"]["left"] == []
    played = found["profiles"][0]["scenarios"]
    assert 0 < len(played) < 15
    assert played[-1]["id"] == "run.bystanders" or played[-1]["outcome"] == "error"
    page = (tmp_path / "out" / "report.html").read_text()
    assert "nterrupted" in page


def test_a_killed_run_leaves_a_ledger_that_cleans_up(started, command):
    """After kill -9 nothing was cleaned up; ``cleanup`` finishes the job and touches nobody else."""
    server, before = populated()
    gate = Gate(server, creations(9))
    with serve(gate) as url:
        process = started("run", url, "-p", "entra-v2", "--only", "groups.*", "--only", "users.create*", "--out", "out")
        assert gate.reached.wait(30)
        process.kill()
        process.communicate(timeout=10)
        gate.open.set()
        left = snapshot(server).keys() - before.keys()
        assert len(left) >= 3  # the bystanders and what the scenario was at
        done = command("cleanup", "out")
        assert done.returncode == 0, (done.stdout, done.stderr)
        assert snapshot(server) == before
        assert "Traceback" not in done.stdout + done.stderr
        again = command("cleanup", "out")
        assert again.returncode == 0, (again.stdout, again.stderr)
        assert snapshot(server) == before


def test_the_events_of_a_killed_run_can_be_reported(started, command, tmp_path):
    server, _ = populated()
    gate = Gate(server, creations(9))
    with serve(gate) as url:
        process = started("run", url, "-p", "entra-v2", "--only", "users.*", "--out", "out")
        assert gate.reached.wait(30)
        process.kill()
        process.communicate(timeout=10)
        gate.open.set()
    assert not (tmp_path / "out" / "results.json").exists()
    done = command("report", "out/events.jsonl", "--out", "page.html")
    assert done.returncode == 0, (done.stdout, done.stderr)
    page = (tmp_path / "page.html").read_text()
    assert "killed" in page


def test_an_output_folder_with_open_entries_is_not_taken(started, command):
    """Else the ledger of what was left behind would be lost."""
    server = GoodServer()
    gate = Gate(server, creations(3))
    with serve(gate) as url:
        process = started("run", url, "-p", "entra-v2", "--only", "users.create", "--out", "out")
        assert gate.reached.wait(30)
        process.kill()
        process.communicate(timeout=10)
        gate.open.set()
        done = command("run", url, "-p", "entra-v2", "--only", "users.create", "--out", "out")
    assert done.returncode == 2
    assert "scim-compat cleanup" in done.stderr
    assert "ledger.jsonl" in done.stderr


def test_a_server_that_dies_is_left_alone(replay, tmp_path):
    """No hang, no endless deleting: what could not be deleted is listed."""
    server = GoodServer()

    class Dying:
        """Closes the connection without an answer once the run is under way."""

        def __init__(self):
            self.count = 0

        def __call__(self, environ, start_response):
            self.count += 1
            if self.count > 30:
                raise ConnectionAbortedError
            return server(environ, start_response)

    dying = Dying()
    with serve(dying) as url:
        ended = replay(url, only=["users.*"], timeout=2.0)
    assert ended.status != 0
    assert ended.summary.document.verdict == "unproven"
    left = ended.summary.document.cleanup.left
    assert {one.type for one in left} == {"User", "Group"}
    assert all(one.id and "did not delete" in one.why for one in left if one.id)
    assert dying.count < 200
