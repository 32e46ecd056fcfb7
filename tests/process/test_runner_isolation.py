"""A run is called in other people's projects: nothing there has a say, and nothing is left there."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap

import pytest
from servers.good import GoodServer
from servers.running import serve
from support.commands import environment, scim_compat

ONLY = ("--only", "connection.probe-users")
HOSTILE = {
    "conftest.py": "raise SystemExit('conftest was loaded')",
    "pytest.ini": "[pytest]\naddopts = --no-such-option\npython_files = *.py\n",
    "pyproject.toml": "[tool.pytest.ini_options]\naddopts = '--also-unknown'\n",
    "tox.ini": "[pytest]\naddopts = -k nothing\n",
    "setup.cfg": "[tool:pytest]\naddopts = --deselect=everything\n",
    "hostile_plugin.py": "raise SystemExit('the plugin was loaded')",
    "test_theirs.py": "def test_theirs(): raise SystemExit('their test ran')",
    "sitecustomize.txt": "",
}


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "project"
    folder.mkdir()
    for name, text in HOSTILE.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def left_over(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.name not in HOSTILE)


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_hostile_project_has_no_influence(project, tmp_path, jobs):
    with serve(GoodServer()) as url:
        done = scim_compat(
            "run", url, "-p", "entra-v2", *ONLY, "--jobs", jobs, "--out", str(tmp_path / "out"), cwd=project,
            PYTEST_ADDOPTS="--foo -k nothing", PYTEST_PLUGINS="hostile_plugin", PYTEST_DISABLE_PLUGIN_AUTOLOAD="",
        )  # fmt: skip
    assert done.stderr == ""
    results = json.loads((tmp_path / "out" / "results.json").read_text())
    counts = results["profiles"][0]["counts"]
    assert counts["passed"] == counts["scenarios"] >= 4
    assert left_over(project) == []


def test_a_folder_that_looks_like_a_package_is_not_imported(project, tmp_path):
    """``python -m``-like paths: the working folder may hold modules named as ours or as pytest's plugins."""
    for name in ("xdist", "pytest_html", "hypothesis"):
        (project / name).mkdir()
        (project / name / "__init__.py").write_text("raise SystemExit('shadowed')", encoding="utf-8")
    script = tmp_path / "call.py"
    script.write_text(
        textwrap.dedent("""
        import sys
        sys.path = [p for p in sys.path if p]
        from scim_compat.cli import main
        main()
    """),
        encoding="utf-8",
    )
    with serve(GoodServer()) as url:
        done = subprocess.run(
            [sys.executable, str(script), "run", url, "-p", "entra-v2", *ONLY, "--out", str(tmp_path / "out")],
            cwd=project, env=environment(), capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert "shadowed" not in done.stdout + done.stderr
    assert json.loads((tmp_path / "out" / "results.json").read_text())["profiles"][0]["counts"]["passed"] >= 4


def test_the_caller_s_environment_is_as_before(replay, monkeypatch):
    """In the caller's own process: variables and signal handlers come back."""
    monkeypatch.setenv("PYTEST_ADDOPTS", "--foo")
    monkeypatch.setenv("PYTEST_PLUGINS", "no_such_plugin")
    before = dict(os.environ), signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    with serve(GoodServer()) as url:
        ended = replay(url, only=["connection.probe-users"])
    assert ended.summary is not None
    assert ended.summary.played == 5
    now = {k: v for k, v in os.environ.items() if k != "PYTEST_CURRENT_TEST"}
    then = {k: v for k, v in before[0].items() if k != "PYTEST_CURRENT_TEST"}
    assert now == then
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before[1:]


def test_proxies_of_the_environment_are_not_used(replay, monkeypatch):
    """A token must not travel through a proxy that nobody named."""
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with serve(GoodServer()) as url:
        ended = replay(url, only=["connection.probe-users"])
    assert ended.summary is not None
    assert ended.summary.errored == 0
