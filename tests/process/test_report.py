"""The report in other processes: its bytes are the same in each, and a shell reads its commands as they are meant."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest
from scim_compat.report import reproduce
from scim_compat.report.html import render
from scim_compat.report.text import visible
from scim_compat.results.document.parsing import parse
from scim_compat.results.document.records import RequestRecord
from support import results as fixtures
from support.places import ROOT


def test_bytes_do_not_depend_on_the_process():
    code = "import sys; from support import results as f; from scim_compat.report.html import render; from scim_compat.results.document.parsing import parse; sys.stdout.buffer.write(render(parse(f.build_results())).encode())"
    environment = os.environ | {
        "PYTHONHASHSEED": "77",
        "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}",
        "TZ": "Asia/Tokyo",
    }
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=True, timeout=30)
    assert done.stdout == render(parse(fixtures.build_results())).encode()


def curl_arguments(command: str) -> list[str]:
    """What curl would be given: the command run by bash, with curl replaced by something that prints."""
    script = "curl() { printf '%s\\0' \"$@\"; }\n" + command
    done = subprocess.run(
        ["bash", "-c", script],
        env={"SCIM_TOKEN": 'T"o$k`en', "PATH": os.environ["PATH"]},
        capture_output=True,
        check=True,
        timeout=10,
    )
    return done.stdout.decode("utf-8", "surrogateescape").split("\0")[:-1]


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_a_shell_reads_it_as_meant():
    body = '{"a":"it\'s \\u0041 $HOME `id` \u202e\x1b \ud800"}\n@x'
    url = fixtures.BASE + "/Users?filter=emails[type+eq+%22work%22]&$x='y'"
    command = reproduce.curl(
        RequestRecord(
            method="POST",
            url=url,
            body=body,
            headers=[["Authorization", 'Bearer "$`[redacted]'], ["X-Empty", ""], ["Content-Length", "9"]],
        )
    )
    words = curl_arguments(command)
    assert words[:4] == ["-sS", "-i", "-g", "--path-as-is"]
    assert words[words.index("--data-raw") + 1].encode("utf-8", "surrogateescape") == body.encode(
        "utf-8", "surrogatepass"
    )
    assert words[-1] == url
    headers = [words[n + 1] for n, word in enumerate(words) if word == "-H"]
    assert headers == [
        'Authorization: Bearer "$`T"o$k`en',
        "X-Empty;",
        "User-Agent:",
        "Accept:",
        "Content-Type:",
    ]
    assert visible(command) == command, "what is copied from the page must be what was written"
