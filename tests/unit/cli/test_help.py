"""The help of the commands."""

from __future__ import annotations

import re

from support.commands import invoke

COMMANDS = ["run", "demo", "profiles", "show", "lint", "explain", "report", "baseline", "compare", "certify", "cleanup"]


def test_help_lists_every_command_in_order():
    listed = re.findall(r"^  ([a-z]+)  +[A-Z]", invoke("--help").stdout.partition("Commands:")[2], re.MULTILINE)
    assert listed == COMMANDS


def test_every_command_has_help_without_an_ellipsis():
    listing = invoke("--help").stdout.partition("Commands:")[2]
    assert re.findall(r"^  ([a-z]+) .*\.\.\.$", listing, re.MULTILINE) in ([], ["run", "demo"])
    for name in COMMANDS:
        told = invoke(name, "--help")
        assert told.exit_code == 0
        assert f"Usage: scim-compat {name}" in told.stdout
