"""Scenarios side by side: the same verdicts, one results.json."""

from __future__ import annotations

import json

import pytest
from servers.good import GoodServer
from servers.running import serve
from support.commands import SMALL_CROWD, play
from support.directory import populated, snapshot

DEFECTS = frozenset({"member-remove-filter-ignored", "reformats-phone"})
ONLY = ["users.create*", "members.*", "groups.create*"]


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """The results of the same run in one process and in two, against a server with two defects."""
    found = []
    for jobs in (1, 2):
        server, before = populated(defects=DEFECTS)
        out = tmp_path_factory.mktemp(f"jobs{jobs}")
        with serve(server) as url:
            ended = play(url, out=out, jobs=jobs, only=ONLY)
        found.append((ended, json.loads((out / "results.json").read_text()), snapshot(server) == before, out))
    return found


def scenarios(results):
    return {s["id"]: s for s in results["profiles"][0]["scenarios"] if not s["id"].startswith("run.bystanders")}


def test_the_same_verdicts(both):
    (one, alone, *_), (two, together, *_) = both
    assert one.status == two.status == 1
    assert alone["verdict"] == together["verdict"] == "incompatible"
    assert alone["run"]["complete"] is together["run"]["complete"] is True
    assert alone["profiles"][0]["features"] != []
    keys = ("id", "verdict")
    assert [[f[k] for k in keys] for f in alone["profiles"][0]["features"]] == [
        [f[k] for k in keys] for f in together["profiles"][0]["features"]
    ]


def test_the_same_scenarios_in_the_same_order_with_the_same_findings(both):
    def told(results):
        return [
            (
                name,
                s["outcome"],
                s["severity"],
                sorted({c["id"] for step in s["steps"] for c in step["checks"] if c["outcome"] == "fail"}),
            )
            for name, s in scenarios(results).items()
        ]

    alone, together = told(both[0][1]), told(both[1][1])
    assert alone == together
    assert any(found for *_, found in alone)


def test_the_number_of_scenarios_is_that_of_the_profile(both):
    """The comparisons of the crowd, one for each process, are none of its scenarios."""
    counts = [results["profiles"][0]["counts"] for _, results, *_ in both]
    for results, each in zip((results for _, results, *_ in both), counts, strict=True):
        assert each["scenarios"] == len(scenarios(results)) == each["passed"] + each["failed"] + each["not_applicable"]
        assert (
            f" of {each['scenarios']} chosen (a part of the profile)"
            in both[0][0].summary.document.profiles[0].headline
        )
    assert [each | {"requests": 0} for each in counts] == [counts[0] | {"requests": 0}] * 2


def test_one_file_and_nothing_left(both):
    for _, results, clean, out in both:
        assert clean
        assert results["cleanup"]["left"] == []
        names = {p.name for p in out.iterdir()}
        assert {"events.jsonl", "results.json", "report.html"} <= names
        assert not any(n.startswith("events-") for n in names)


def test_the_processes_share_the_users_of_the_crowd_and_have_groups_of_their_own(both):
    for (_, results, *_), processes in zip(both, (1, 2), strict=True):
        bystanders = results["bystanders"]
        accounts = bystanders["accounts"]
        assert bystanders["checked"] == len({account["id"] for account in accounts}) == SMALL_CROWD + 3 * processes
        assert bystanders["changed"] == []


def test_more_processes_than_scenarios(tmp_path):
    with serve(GoodServer()) as url:
        ended = play(url, out=tmp_path, jobs=2, only=["users.create"])
    assert ended.summary is not None
    assert ended.summary.errored == 0
    found = json.loads((tmp_path / "results.json").read_text())
    assert list(scenarios(found)) == ["users.create"]


def test_a_target_that_cannot_be_tested(tmp_path, command):
    """The first process says so; none of the others has to."""
    with serve(nowhere) as url:
        done = command("run", url, "-p", "entra-v2", "--jobs", "2", "--out", "out")
    assert done.returncode == 3, (done.stdout, done.stderr)
    assert "no SCIM endpoint" in done.stderr
    assert "\n" not in done.stderr.strip()
    assert "Traceback" not in done.stdout + done.stderr
    assert not (tmp_path / "out" / "results.json").exists()


def nowhere(_environ, start_response):
    start_response("404 Not Found", [("Content-Length", "0")])
    return []
