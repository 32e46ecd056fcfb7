"""The README's snippets for pipelines: they parse, and their commands and options exist."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from scim_compat.cli import cli

README = (Path(__file__).resolve().parents[3] / "README.md").read_text(encoding="utf-8")
CHAPTER = README.partition("### Snippets for pipelines\n")[2].partition("\n### ")[0]
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", CHAPTER, re.DOTALL | re.MULTILINE)
YAML = [yaml.safe_load(text) for language, text in BLOCKS if language == "yaml"]


def scripts(value: Any) -> Iterator[str]:
    """The shell lines of a pipeline in YAML."""
    if isinstance(value, dict):
        for key, each in value.items():
            if key in {"run", "script"}:
                yield from [each] if isinstance(each, str) else each
            else:
                yield from scripts(each)
    elif isinstance(value, list):
        for each in value:
            yield from scripts(each)


def shell() -> list[str]:
    found = [line for each in YAML for line in scripts(each)]
    for language, text in BLOCKS:
        if language == "groovy":
            found += re.findall(r"^\s*sh '(.*)'$", text, re.MULTILINE)
        elif language == "make":
            found += re.findall(r"^[\w-]+: ; (.*)$", text, re.MULTILINE)
    return [line.replace("\\\n", " ") for line in found]


CALLS = [line for line in shell() if re.match(r"(\.venv/bin/)?scim-compat ", line)]


def test_there_is_a_snippet_for_each_of_them():
    assert [language for language, _ in BLOCKS] == ["yaml", "yaml", "yaml", "groovy", "make"]
    assert len(CALLS) == 6
    assert len([line for line in shell() if "pip install" in line]) == 4


@pytest.mark.parametrize("line", CALLS)
def test_its_commands_and_options_exist(line: str):
    _, name, *words = shlex.split(line)
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    context = command.make_context(name, words, resilient_parsing=False)
    assert context.params["out" if name == "run" else "update"]
    if name == "run":
        assert context.params["url"]
        assert context.params["profiles"] == ("entra-v2",)


def test_the_files_that_a_pipeline_picks_up_are_those_that_the_run_writes():
    written = {f"scim-report/{name}" for name in ("junit.xml", "summary.md")}
    named = set(re.findall(r"scim-report/[\w.]+", CHAPTER))
    assert named == written


def test_a_failed_run_keeps_its_report():
    """A step or job without it loses the report of the run that one wants to read."""
    for _, text in BLOCKS[:4]:
        assert re.search(r"\balways\b", text)
