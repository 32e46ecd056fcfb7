"""Scripts with hostile text in them: it reaches curl byte for byte, and the shell runs none of it.

The shell has a ``PATH`` of a few harmless programs and a curl that keeps what it is given.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from scim_compat.report.scripts import script
from scim_compat.results.document.parsing import parse
from support.results import BASE, USER, build_results, exchange, hostile_results, scenario, step

HOSTILE = (
    "'; touch CANARY; '",
    "$(touch CANARY)",
    "`touch CANARY`",
    '"; touch CANARY; "',
    "a\ntouch CANARY\n",
    "a'\n\n",
    "\\'; touch CANARY #",
    "${IFS}; touch CANARY",
    "a\0b\rc\x1b[2Jd\u202ee",
    "%s%n%b \\0101 \\c after",
    "-o CANARY @/etc/passwd",
    "EOF\ntouch CANARY\nEOF",
    "é 漢 \ud800",
)
CURL = """#!/bin/sh
log=$LOG/$(ls "$LOG" | wc -l | tr -d ' ')
mkdir "$log"
printf '%s\\0' "$@" > "$log/arguments"
while [ $# -gt 0 ]; do
  case $1 in
    -o) cp "$ANSWER" "$2"; shift ;;
    -D) : > "$2"; shift ;;
    -K) cp "$2" "$log/"; shift ;;
    --data-binary) case $2 in @*) cp "${2#@}" "$log/body" ;; esac; shift ;;
  esac
  shift
done
printf '%s' "${STATUS:-201}"
"""
PROGRAMS = ("awk", "cp", "grep", "ls", "mkdir", "mktemp", "rm", "sed", "sh", "touch", "tr", "wc")


@dataclass(frozen=True)
class Ended:
    status: int
    output: str
    requests: list[dict[str, Any]]
    folder: Path


def run(document: Any, p: int, s: int, folder: Path, *, answer: Any = None, **variables: str) -> Ended:
    """Run the script of a scenario with a curl that answers 201 and ``answer`` to everything."""
    programs, log, here = (folder / name for name in ("programs", "log", "here"))
    for each in (programs, log, here):
        each.mkdir()
    for program in PROGRAMS:
        (programs / program).symlink_to(str(shutil.which(program)))
    (programs / "curl").write_text(CURL)
    (programs / "curl").chmod(0o755)
    (folder / "answer").write_text(json.dumps(answer or {"id": "id-1"}))
    text = script(document, p, s)
    (folder / "script.sh").write_bytes(text.encode())  # no lone surrogate is in it
    environment = {
        "PATH": str(programs), "LOG": str(log), "ANSWER": str(folder / "answer"), "SCIM_TOKEN": "t", "TMPDIR": str(folder),
        **variables,
    }  # fmt: skip
    ended = subprocess.run(
        ["/bin/sh", str(folder / "script.sh")], cwd=here, env=environment, capture_output=True, timeout=60, check=False
    )
    requests = [
        {
            "arguments": (each / "arguments").read_bytes().split(b"\0")[:-1],
            "body": (each / "body").read_bytes() if (each / "body").exists() else None,
            "files": {file.name: file.read_text() for file in each.iterdir() if file.name in {"right", "wrong"}},
        }
        for each in sorted(log.iterdir(), key=lambda each: int(each.name))
    ]
    assert not ended.stderr, ended.stderr
    assert not [*here.iterdir()]  # neither a canary nor anything else
    return Ended(ended.returncode, ended.stdout.decode(), requests, folder)


def document(*steps: Any, tag: str = "sc0000aa", title: str = "A title") -> Any:
    results = build_results()
    results["run"]["tag"] = tag
    results["profiles"] = results["profiles"][:1]
    results["profiles"][0]["scenarios"] = [scenario("users.create", "create-users", title, *steps)]
    return parse(results)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_is_sent_and_not_run(text: str, tmp_path: Path) -> None:
    sent = json.dumps({"schemas": [USER], "userName": text}) + text
    spoilt = exchange(
        "entra-v2",
        "POST",
        "/Users?x=" + text.replace("\0", ""),
        201,
        sent=sent,
        got={"id": text, "meta": {"location": text}},
    )
    spoilt["request"]["headers"].append(["X-Odd", text])
    again = exchange("entra-v2", "GET", "/Users/1", 201, got=text)
    titled = step("1.1", text, "create", spoilt)
    ended = run(document(titled, step("1.2", text, "read", again), title=text), 0, 0, tmp_path)
    assert ended.status == 0, ended.output
    first = ended.requests[0]
    assert first["body"] == sent.encode("utf-8", "surrogatepass")
    header = next(each for each in first["arguments"] if each.startswith(b"X-Odd:"))
    assert header == f"X-Odd: {text}".replace("\0", "").encode("utf-8", "surrogatepass")


def test_hostile_results_of_every_member_are_harmless(tmp_path: Path) -> None:
    spoilt = hostile_results("'; touch CANARY; $(touch CANARY) `touch CANARY`\ntouch CANARY\n\x00\u202e")
    spoilt["run"]["tag"] = "sc0000aa"
    whole = parse(spoilt)
    for p, profile in enumerate(whole.profiles):
        for s, _ in enumerate(profile.scenarios):
            folder = tmp_path / f"{p}-{s}"
            folder.mkdir()
            run(whole, p, s, folder, SCIM_URL=BASE)


@pytest.mark.parametrize(
    "identifier", ["'; touch CANARY; '", "$(touch CANARY)", 'a"b\\c', "é/?#&%", "../../Users", "-K/etc/passwd"]
)
def test_an_id_of_the_moment_is_data(identifier: str, tmp_path: Path) -> None:
    old = "2819c223-7f76-453a-919d-413861800001"
    made = exchange(
        "entra-v2", "POST", "/Users", 201, sent={"userName": "a.sc0000aa"}, got={"id": old, "meta": {"location": old}}
    )
    change = {
        "Operations": [
            {"op": "add", "path": "members", "value": [{"value": old}]},
            {"path": f'members[value eq "{old}"]'},
        ]
    }
    later = exchange("entra-v2", "PATCH", f"/Groups/{old}?x", 201, sent=change)
    results = document(step("1.1", "creates", "create", made), step("1.2", "changes", "patch", later))
    ended = run(
        results,
        0,
        0,
        tmp_path,
        answer={"nested": {"id": "wrong"}, "id": identifier, "userName": "a.sc0000bb"},
        TAG="sc0000bb",
    )
    assert ended.status == 0, ended.output
    patch = next(each for each in ended.requests if b"PATCH" in each["arguments"])
    escaped = json.dumps(identifier)[1:-1]  # as the answer writes it
    assert patch["body"].decode() == json.dumps(change, separators=(",", ":")).replace(old, escaped)
    assert patch["arguments"][-1].decode() == f"{BASE}/Groups/{quote(identifier, safe='')}?x"
    assert [each["arguments"][-1].decode() for each in ended.requests][
        -1
    ] == f"{BASE}/Users/{quote(identifier, safe='')}"


def test_names_carry_another_tag_on_repetition(tmp_path: Path) -> None:
    sent = {"userName": "a.sc0000aa@x.example", "displayName": "A SC0000AA"}
    created = exchange("entra-v2", "POST", "/Users?filter=a.sc0000aa", 201, sent=sent)
    ended = run(document(step("1.1", "creates", "create", created)), 0, 0, tmp_path, TAG="sc1111bb")
    assert ended.requests[0]["body"] == b'{"userName":"a.sc1111bb@x.example","displayName":"A SC1111BB"}'
    assert ended.requests[0]["arguments"][-1].endswith(b"filter=a.sc1111bb")


def test_a_tag_that_could_break_out_is_refused(tmp_path: Path) -> None:
    created = exchange("entra-v2", "POST", "/Users", 201, sent={"userName": "a.sc0000aa"})
    (tmp_path / "s").mkdir()
    text = script(document(step("1.1", "creates", "create", created)), 0, 0)
    ended = subprocess.run(
        ["sh"], input=text, env={"PATH": os.environ["PATH"], "SCIM_TOKEN": "t", "TAG": 'x","admin":"1'},
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert (ended.returncode, ended.stdout, ended.stderr) == (2, "", "TAG takes letters and digits only.\n")


def test_a_secret_that_was_removed_is_made_up_and_said_so(tmp_path: Path) -> None:
    created = exchange("entra-v2", "POST", "/Users", 201, sent={"userName": "a", "password": "[redacted]"})
    results = document(step("1.1", "creates", "create", created))
    assert "this value is made up" in script(results, 0, 0)
    ended = run(results, 0, 0, tmp_path)
    assert ended.requests[0]["body"] == b'{"userName":"a","password":"Made-up-1-sc0000aa"}'


def test_a_missing_id_stops_the_script_before_it_sends_a_path_without_one(tmp_path: Path) -> None:
    old = "2819c223-7f76-453a-919d-413861800001"
    made = exchange("entra-v2", "POST", "/Users", 201, sent={}, got={"id": old, "meta": {"location": old}})
    gone = exchange("entra-v2", "DELETE", f"/Users/{old}", 204)
    text = script(document(step("1.1", "creates", "create", made), step("1.2", "deletes", "delete", gone)), 0, 0)
    (tmp_path / "answer").write_text('{"noId": 1}')
    (tmp_path / "curl").write_text(CURL)
    (tmp_path / "curl").chmod(0o755)
    (tmp_path / "log").mkdir()
    ended = subprocess.run(
        ["sh"], input=text, capture_output=True, text=True, timeout=30, check=False,
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}", "SCIM_TOKEN": "t", "LOG": str(tmp_path / "log"), "ANSWER": str(tmp_path / "answer")},
    )  # fmt: skip
    assert ended.returncode == 2
    assert "The answer has no id, so the rest cannot be sent." in ended.stderr
    assert len([*(tmp_path / "log").iterdir()]) == 1


def test_equal_results_give_the_same_script() -> None:
    results = parse(build_results())
    assert script(results, 0, 2) == script(parse(build_results()), 0, 2)
