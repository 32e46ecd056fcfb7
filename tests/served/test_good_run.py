"""The profile against a correct server: compatible, nothing found, nothing left, nobody else touched."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import jsonschema
import pytest
from scim_compat import results as results_package
from servers.running import serve
from servers.variants import TOGETHER
from support.commands import SMALL_CROWD, play
from support.directory import OTHERS, populated, snapshot

FORMAT = json.loads((Path(results_package.__file__).parent / "results.schema.json").read_text())

# A long id is written in two ways, in Location and by us; then each Location is followed, which is one request more.
DIFFERENT = TOGETHER[1] - {"ids-opaque"}


@pytest.fixture(scope="module", params=["as the RFC describes", "lawfully different"])
def ran(request, tmp_path_factory):
    """(run's end, results, store before, store after) for the plain server and for one that differs lawfully."""
    variant = frozenset() if request.param.startswith("as") else DIFFERENT
    server, before = populated(variant=variant)
    out = tmp_path_factory.mktemp("run")
    with serve(server) as url:
        ended = play(url, out=out)
    return ended, json.loads((out / "results.json").read_text()), before, snapshot(server), out


def test_the_verdict_is_compatible(ran):
    ended, results, *_ = ran
    assert (ended.status, ended.message) == (0, "")
    assert results["verdict"] == "compatible"
    assert {f["id"]: f["verdict"] for f in results["profiles"][0]["features"]} == {
        f["id"]: "compatible" for f in results["profiles"][0]["features"]
    }
    assert results["run"]["complete"] is True
    assert results["errors"] == []


def test_nothing_is_found(ran):
    found = [
        (scenario["id"], step["id"], check["id"], check["where"], check["expected"], check["actual"])
        for scenario in ran[1]["profiles"][0]["scenarios"]
        for step in scenario["steps"]
        for check in step["checks"]
        if check["outcome"] in {"fail", "error"}
    ]
    assert found == []


def test_checks_really_ran(ran, entra):
    """A run in which checks are silent would look just as good."""
    outcomes = Counter(
        check["outcome"]
        for scenario in ran[1]["profiles"][0]["scenarios"]
        for step in scenario["steps"]
        for check in step["checks"]
    )
    assert outcomes["pass"] > 5000
    assert outcomes["skip"] < outcomes["pass"] / 50
    counts = ran[1]["profiles"][0]["counts"]
    assert counts["scenarios"] == len(entra.scenarios)  # the comparison of the crowd is no scenario
    left_out = [s["id"] for s in ran[1]["profiles"][0]["scenarios"] if not s["applicable"]]
    assert all("long" in name for name in left_out), left_out  # a conformant server may refuse a text of 255 letters
    assert counts["passed"] == counts["scenarios"] - len(left_out)
    assert counts["skipped"] == counts["errored"] == 0


def test_nothing_is_left_and_nobody_else_is_touched(ran):
    _, results, before, after, _ = ran
    assert after == before
    assert results["cleanup"]["left"] == []
    assert results["cleanup"]["deleted"] > 100
    assert len(results["bystanders"]["accounts"]) == results["bystanders"]["checked"] == SMALL_CROWD + 3
    assert results["bystanders"]["changed"] == []


def test_requests_stay_few(ran):
    assert ran[1]["profiles"][0]["counts"]["requests"] < 950


def test_the_results_keep_their_schema(ran):
    jsonschema.Draft202012Validator(FORMAT).validate(ran[1])


def test_the_token_and_other_people_are_in_no_file(ran):
    for path in ran[4].iterdir():
        text = path.read_text(encoding="utf-8")
        assert "good-token" not in text, path.name
        for person in OTHERS:
            assert person["userName"] not in text, path.name
            assert person["displayName"] not in text, path.name


def test_what_a_run_writes(ran):
    assert sorted(p.name for p in ran[4].iterdir()) == [
        "events.jsonl",
        "ledger.jsonl",
        "report.html",
        "results.json",
    ]


def test_the_same_seed_sends_the_same(ran, tmp_path):
    """Only the ids, which the server gives, may differ between two runs of one seed."""
    server, _ = populated()
    with serve(server) as url:
        play(url, out=tmp_path, only=["users.create"])
    again = json.loads((tmp_path / "results.json").read_text())["profiles"][0]["scenarios"][0]
    first = next(s for s in ran[1]["profiles"][0]["scenarios"] if s["id"] == "users.create")
    bodies = [[step["exchange"]["request"]["body"] for step in s["steps"]] for s in (first, again)]
    assert bodies[0] == bodies[1]
    assert any(bodies[0])
