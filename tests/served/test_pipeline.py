"""A run in a pipeline: its summary, annotations of GitHub Actions, and the line that says why a quiet run failed."""

from __future__ import annotations

import re

import pytest
from servers.good import GoodServer
from servers.running import serve

RUN = ("-p", "entra-v2", "--only", "users.disable", "--crowd", "1", "--seed", "7", "--out", "out", "--quiet")
OWN = """\
format: 1
id: own
title: A client of one's own
version: "1"
extends: entra-v2
scenarios:
  - id: mine.create
    feature: create-users
    title: A user is created by my client
    evidence: observed
    source: S7
    steps:
      - {do: create, user: alice}
      - send: {method: GET, path: "/Users/${alice.id}"}
        expect: {status: 299}
"""


def test_a_quiet_run_says_on_the_error_output_why_it_failed(own, tmp_path):
    done = own("--summary", "new/page.md")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert re.match(r"Status 1: \d+ causes?; the first: \w+, ", line)
    page = (tmp_path / "new" / "page.md").read_text()
    assert "**failed** (exit status 1)" in page


def test_github_gets_a_page_and_commands_with_the_line_of_the_profile(own, tmp_path, monkeypatch):
    page = tmp_path / "step.md"
    page.write_text("# of an earlier step\n")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(page))
    done = own()
    assert done.returncode == 1
    assert page.read_text().startswith("# of an earlier step\n## scim-compat: ")
    lines = done.stdout.splitlines()
    token = lines[0].removeprefix("::stop-commands::")
    assert f"::{token}::" in lines
    spoken = lines[lines.index(f"::{token}::") + 1 :]
    assert spoken
    assert all(
        re.match(r"::(error|warning) (file=own\.scim\.yaml,line=7,)?title=scim-compat \d+%3A ", s) for s in spoken
    )
    assert any("file=own.scim.yaml,line=7," in each for each in spoken)


def test_elsewhere_nothing_is_added(own, tmp_path, monkeypatch):
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "step.md"))
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    assert not re.search(r"(?m)^\s*::", own().stdout)
    assert not (tmp_path / "step.md").exists()


def test_a_run_without_results_is_told_there_too(tmp_path, monkeypatch, command):
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "step.md"))
    done = command("run", "http://127.0.0.1:1/scim/v2", *RUN, "--summary", "page.md")
    assert done.returncode == 3
    assert done.stdout.startswith("::error title=scim-compat%3A no results::")
    for name in ("step.md", "page.md"):
        assert (tmp_path / name).read_text().startswith("## scim-compat: no results\n\n")


@pytest.fixture
def own(tmp_path, command):
    """A run of a profile of one's own that finds something at the good server."""
    (tmp_path / "own.scim.yaml").write_text(OWN)

    def call(*more):
        with serve(GoodServer()) as url:
            return command("run", url, "-p", "own.scim.yaml", "--only", "mine.create", *RUN[4:], *more)

    return call
