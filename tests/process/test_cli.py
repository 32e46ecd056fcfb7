"""The command line starts without what only a command needs."""

from __future__ import annotations

import subprocess
import sys


def test_help_and_version_load_nothing_heavy():
    """Start-up is what a shell prompt or a pre-commit hook waits for."""
    heavy = "{'rich', 'httpx', 'jinja2', 'yaml', 'pytest', 'jsonschema', 'faker', 'scim_compat.profile.load'}"
    code = (
        "import click, sys\n"
        "from scim_compat.cli import cli\n"
        "names = cli.list_commands(click.Context(cli))\n"
        "for words in ['--version'], ['--help'], *([name, '--help'] for name in names):\n"
        "    cli.main(words, standalone_mode=False)\n"
        f"print(sorted({heavy} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True)
    assert ran.stdout.splitlines()[-1] == "[]"
    assert ran.stdout.count("Usage: ") >= 9
