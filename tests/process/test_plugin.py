"""The suite by hand: pytest with --scim-url, its own options, JUnit and pytest-html."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import scim_compat
from scim_compat.profile.find import builtin_dir
from servers.good import GoodServer
from servers.running import serve
from support import junit
from support.commands import TOKEN, Called, environment, play

ONLY = ("--scim-only", "connection.probe-users")
OWN = """
format: 1
id: my
title: My own client
version: "1"
scim: "2.0"
extends: entra-v2
scenarios:
  - id: mine.create
    feature: create-users
    title: A user is created by my client
    evidence: observed
    source: S7
    steps:
      - {do: create, user: alice}
      - {verify: alice}
"""


@pytest.fixture
def by_hand(tmp_path, monkeypatch):
    """Pytest in this process, called in ``tmp_path``; much faster than in one of its own."""

    def call(*arguments):
        variables, printed = environment(), io.StringIO()
        for name in os.environ.keys() - variables.keys() - {"PYTEST_CURRENT_TEST"}:
            monkeypatch.delenv(name)
        monkeypatch.setenv("SCIM_TOKEN", TOKEN)
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "path", [*sys.path])
        before = set(sys.modules)
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            status = pytest.main(["-p", "no:cacheprovider", "--capture=sys", *arguments])
        for name in [name for name in set(sys.modules) - before if name.startswith("test_")]:
            del sys.modules[name]
        return Called(int(status), printed.getvalue(), "")

    return call


def in_a_process(*arguments, cwd):
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
        cwd=cwd, env=environment(), capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip


@pytest.fixture(scope="module")
def good():
    with serve(GoodServer()) as url:
        yield url


@pytest.fixture(scope="module")
def broken():
    with serve(GoodServer(defects=frozenset({"filter-no-match-404"}))) as url:
        yield url


def test_a_built_in_profile(good, tmp_path):
    done = in_a_process(
        "--scim-url",
        good,
        "--scim-profile",
        "entra-v2",
        *ONLY,
        "--scim-out",
        "out",
        "--scim-seed",
        "7",
        "-v",
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stdout
    assert "entra-v2.yaml::connection.probe-users.flag-first PASSED" in done.stdout
    assert "4 passed" in done.stdout
    assert "seed 7" in done.stdout
    found = json.loads((tmp_path / "out" / "results.json").read_text())
    assert found["profiles"][0]["counts"]["passed"] == 4
    assert (tmp_path / "out" / "report.html").exists()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out"]


def test_a_profile_of_one_s_own(good, tmp_path, by_hand):
    (tmp_path / "my.scim.yaml").write_text(OWN)
    done = by_hand("my.scim.yaml", "--scim-url", good, "--scim-only", "mine.*", "--scim-out", "out")
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout


def test_beside_a_project_s_own_tests(good, tmp_path, by_hand):
    (tmp_path / "test_theirs.py").write_text("def test_theirs():\n    assert True\n")
    done = by_hand("test_theirs.py", "--scim-url", good, "--scim-profile", "entra-v2", *ONLY, "--scim-out", "out")
    assert done.returncode == 0, done.stdout
    assert "5 passed" in done.stdout


def test_without_its_options_it_keeps_out_of_the_way(tmp_path):
    (tmp_path / "test_theirs.py").write_text("def test_theirs():\n    assert True\n")
    (tmp_path / "some.yaml").write_text("a: 1\n")
    done = in_a_process(cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout
    assert "scim" not in done.stdout.replace("scim-compat-", "plugins:").partition("collected")[2].lower()


def test_folders_of_a_project_may_have_any_name(tmp_path):
    """``python -m pytest`` puts the project first on the path: the plugin must not import from its folders."""
    for name in ("conformance", "profiles", "checks", "engine", "run", "report"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(f"OWN = {name!r}\n")
    (tmp_path / "test_own.py").write_text(
        "import conformance\n\ndef test_own(): assert conformance.OWN == 'conformance'\n"
    )
    done = in_a_process("-q", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout


def test_k_selects_scenarios(good, tmp_path, by_hand):
    done = by_hand("--scim-url", good, "--scim-profile", "entra-v2", "-k", "old-flag", "--scim-out", "out")
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout
    found = json.loads((tmp_path / "out" / "results.json").read_text())
    assert found["verdict"] == "unproven"  # the rest was not run


def test_collecting_sends_nothing(by_hand):
    done = by_hand(
        "--scim-url",
        "http://127.0.0.1:1/scim",
        "--scim-profile",
        "entra-v2",
        *ONLY,
        "--collect-only",
        "-q",
        "--scim-out",
        "out",
    )
    assert done.returncode == 0, done.stdout
    assert "connection.probe-users.flag-last" in done.stdout


def test_findings_fail_items_with_the_severity(broken, by_hand):
    done = by_hand("--scim-url", broken, "--scim-profile", "entra-v2", *ONLY, "--scim-out", "out")
    assert done.returncode == 1
    failures = re.findall(
        r"^profiles/entra-v2\.yaml:(\d+): (\S+): .+\n(?:  cosmetic: .+\n    rule: .+\n)*"
        r"  (?:blocker|degraded): A query that finds nothing is not answered with 200 \[list\.empty-is-200\]\n"
        r"    rule: A query that finds nothing is answered with 200 and an empty list\n(\S+)#(\S+)\n(scim-compat run .+)$",
        done.stdout,
        re.MULTILINE,
    )
    assert failures, done.stdout
    lines = (builtin_dir() / "entra-v2.yaml").read_text().splitlines()
    for line, scenario, page, anchor, repetition in failures:
        seed = json.loads(Path("out/results.json").read_text())["run"]["seed"]
        assert repetition == f"scim-compat run {broken} --profile entra-v2 --only {scenario} --seed {seed}"
        assert f"id: {scenario.rpartition('.')[2]}" in lines[int(line) - 1]
        assert f'id="{anchor}"' in Path(page).read_text()
    assert "Traceback" not in done.stdout


def test_fail_on_lets_milder_findings_pass(broken, by_hand):
    done = by_hand(
        "--scim-url", broken, "--scim-profile", "entra-v2", *ONLY, "--scim-fail-on", "breach", "--scim-out", "out"
    )
    assert done.returncode == 0, done.stdout


ACCEPTED = """\
format: 1
accepted:
  - check: list.empty-is-200
    profile: entra-v2
    scenarios: [connection.probe-users]
    reason: known
    ticket: T-1
"""


def test_a_baseline_holds_by_hand_as_well(broken, by_hand, tmp_path):
    (tmp_path / "b.yaml").write_text(ACCEPTED)
    call = ("--scim-url", broken, "--scim-profile", "entra-v2", *ONLY, "--scim-baseline", "b.yaml", "--scim-out", "out")
    done = by_hand(*call, "-rs")
    assert done.returncode == 0, done.stdout
    assert "accepted: list.empty-is-200 (T-1)" in done.stdout
    required = by_hand(*call, "--scim-require", "groups")
    assert required.returncode == 1
    assert "the required feature groups was not played" in required.stdout
    with serve(GoodServer()) as good:
        stale = by_hand("--scim-url", good, *call[2:])
        allowed = by_hand("--scim-url", good, *call[2:], "--scim-allow-stale")
    assert (stale.returncode, allowed.returncode) == (1, 0)
    assert "b.yaml:3: list.empty-is-200 (entra-v2) no longer happens, remove the entry on line 3" in stale.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--scim-profile", "entra-v2"], ["--scim-profile needs --scim-url URL"]),
        (["--scim-url", "http://127.0.0.1:1"], ["name a profile"]),
        (["--scim-url", "http://127.0.0.1:1", "--scim-profile", "entra-v3"], ["entra-v2"]),
        (
            ["--scim-url", "http://127.0.0.1:1", "--scim-profile", "entra-v2", "--scim-fail-on", "much"],
            ["invalid choice"],
        ),
        (["--scim-url", "http://127.0.0.1:1", "--scim-profile", "entra-v2", "--scim-seed", "x"], ["invalid int"]),
        (["--scim-url", "ftp://x", "--scim-profile", "entra-v2"], ["http"]),
    ],
)
def test_wrong_options(arguments, words, by_hand):
    done = by_hand(*arguments, "--scim-out", "out")
    assert done.returncode == 4, done.stdout + done.stderr
    for word in words:
        assert word in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_a_target_that_cannot_be_tested(tmp_path, by_hand):
    done = by_hand("--scim-url", "http://127.0.0.1:1/scim", "--scim-profile", "entra-v2", *ONLY, "--scim-out", "out")
    assert done.returncode == 3
    assert "refused the connection" in done.stdout + done.stderr
    assert not (tmp_path / "out" / "results.json").exists()


@pytest.fixture(scope="module")
def logged(broken, tmp_path_factory):
    folder = tmp_path_factory.mktemp("log")
    written = {"junit": str(folder / "junit.xml"), "html": str(folder / "log.html")}
    assert play(broken, out=folder / "out", only=("connection.*",), **written).status == 1
    return folder


def test_junit(logged):
    root = junit.read((logged / "junit.xml").read_bytes())
    profiles = json.loads((logged / "out" / "results.json").read_text())["profiles"]
    wanted = {
        (p["id"], s["id"])
        for p in profiles
        for s in p["scenarios"]
        if s["severity"] in {"degraded", "blocker", "breach"}
    }
    assert junit.failed(root) == wanted
    (suite,) = (each for each in root if each.get("name") == "entra-v2")
    assert len(wanted) < len(suite.findall("testcase")) == 9
    assert junit.failed(root, "error") == set()
    content = (logged / "junit.xml").read_text()
    assert str(Path(scim_compat.__file__).parent) not in content
    assert "scim-compat run http" in content


def test_pytest_html(logged):
    page = (logged / "log.html").read_text()
    assert "<th>Profile</th>" in page
    assert "<th>Severity</th>" in page
    assert "entra-v2" in page
    assert "good-token" not in page


def test_two_profiles_have_items_of_their_own(good, tmp_path, by_hand):
    """Ids that repeat would mix up the two in every tool that reads them."""
    (tmp_path / "my.scim.yaml").write_text(OWN)
    done = by_hand(
        "my.scim.yaml",
        "--scim-url",
        good,
        "--scim-profile",
        "entra-v2",
        *ONLY,
        "--scim-out",
        "out",
        "-v",
        "--junitxml",
        "j.xml",
    )
    assert done.returncode == 0, done.stdout
    assert "entra-v2.yaml::connection.probe-users.flag-last PASSED" in done.stdout
    assert "my.scim.yaml::connection.probe-users.flag-last PASSED" in done.stdout
    cases = [(c.get("classname"), c.get("name")) for c in ET.parse(tmp_path / "j.xml").getroot().iter("testcase")]
    assert len(set(cases)) == len(cases) == 8


def test_html_and_junit_with_jobs(good, tmp_path, command):
    done = command("run", good, "-p", "entra-v2", "--only", "connection.probe-users", "--out", "out", "--jobs", "2",
                       "--junit", "junit.xml", "--html", "log.html")  # fmt: skip
    assert done.stderr == ""
    (suite,) = (each for each in junit.read((tmp_path / "junit.xml").read_bytes()) if each.get("name") == "entra-v2")
    assert len(suite.findall("testcase")) == 4
    assert "<th>Severity</th>" in (tmp_path / "log.html").read_text()
