"""Ways to call a run, and what its report offers to repeat it: commands and scripts, pasted into a shell.

A way has a server, a call and an environment. Its commands are pasted in the folder of the run; its scripts meet a
server that has never heard of the run, with a ``PATH`` in which scim-compat is not.
"""

from __future__ import annotations

import base64
import contextlib
import functools
import json
import os
import shlex
import ssl
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs

import trustme
from scim_compat.report.reproduce import replay
from scim_compat.report.scripts import script
from scim_compat.results.document import Document
from scim_compat.results.read import read
from scim_compat.values import Outcome
from servers import loopback
from servers.good import GoodServer
from servers.running import MOUNT, mounted

from support.commands import COMMAND, TOKEN

TESTS: Final = Path(__file__).resolve().parents[1]
WsgiApp = Callable[[dict[str, Any], Any], Iterable[bytes]]
SECRET: Final = "s3cret 'of' \"all\" \\ $(id)"
"""A secret that a shell and a configuration of curl would both read wrongly if they could."""
CLIENT_SECRET: Final = "cs-S3CRET & + %41"
PROFILE: Final = "format: 1\nid: acme-okta\ntitle: Okta as Acme has it\nversion: '1'\nextends: okta\n"


@dataclass(frozen=True)
class Way:
    """One way to call a run. ``URL`` and ``ISSUER`` in the arguments stand for addresses."""

    name: str
    arguments: tuple[str, ...]
    only: tuple[str, ...]
    defects: frozenset[str] = frozenset()
    environment: Mapping[str, str] = field(default_factory=dict)
    guard: str = "bearer"
    """How the server knows its client."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Files in the folder of the run. ``URL`` in them stands for the address."""
    script_environment: Mapping[str, str] | None = None
    """Variables that the scripts read, where they are others."""


BROKEN: Final = frozenset({"patch-op-title-case-only", "active-always-true"})
APPLICATION: Final = f"""
import sys
sys.path.insert(0, {str(TESTS)!r})
from servers.good import GoodServer
from servers.running import mounted
application = mounted(GoodServer(defects=frozenset({sorted(BROKEN)!r})))
"""
_USERS: Final = ("users.create", "users.disable")
_OKTA: Final = ("users.create", "users.deactivate", "groups.create.with-members")
WAYS: Final = (
    Way("bearer", ("URL", "--profile", "entra-v2"), ("users.create", "users.unknown-id", "members.add-one-by-one"),
        environment={"SCIM_TOKEN": TOKEN}),
    Way("bearer-broken", ("URL", "--profile", "entra-v2", "--profile", "okta"), ("users.disable", "users.deactivate"),
        BROKEN, {"SCIM_TOKEN": TOKEN}),
    Way("basic", ("URL", "--profile", "okta", "--auth", "basic", "--user", "o'neil $(id)"), _OKTA, BROKEN,
        {"SCIM_PASSWORD": SECRET}, guard="basic"),
    Way("raw-header", ("URL", "--profile", "entra-v2", "--auth", "header", "--header-name", "X-Api-Key"), _USERS, BROKEN,
        {"SCIM_TOKEN": SECRET}, guard="header"),
    Way("oauth2", ("URL", "--profile", "entra-v2", "--token-url", "ISSUER/token", "--client-id", "cl 1", "--scope", "a b"),
        _USERS, environment={"SCIM_CLIENT_SECRET": CLIENT_SECRET}, guard="oauth2"),
    Way("profile-file", ("URL", "--profile", "./my profiles/o'acme.yaml", "--secret-env", "ACME_TOKEN"), _OKTA, BROKEN,
        {"ACME_TOKEN": TOKEN}, files={"my profiles/o'acme.yaml": PROFILE}, script_environment={"SCIM_TOKEN": TOKEN}),
    Way("in-process", ("--scim-app", "shop:application", "--profile", "entra-v2"), _USERS, BROKEN,
        {"SCIM_TOKEN": TOKEN}, files={"shop.py": APPLICATION}),
    Way("target-file", ("--target", "staging target.yaml", "--profile", "okta"), _OKTA, BROKEN,
        {"STAGING_TOKEN": TOKEN}, script_environment={"SCIM_TOKEN": TOKEN},
        files={"staging target.yaml": "url: URL\nauth: {kind: bearer, secret-env: STAGING_TOKEN}\nclaims: {disable: keep}\n"}),
    Way("secret-file", ("URL", "--profile", "entra-v2", "--secret-file", "the secret", "--timeout", "20", "--thorough",
                        "--fail-on", "breach", "--trace-header"),
        ("users.change-several", "users.unknown-id"), frozenset({"unknown-id-patch-500"}),
        files={"the secret": TOKEN}, script_environment={"SCIM_TOKEN": TOKEN}),
    Way("client-certificate", ("URL", "--profile", "okta", "--auth", "none", "--ca", "ca.pem", "--client-cert",
                               "my cert.pem", "--client-key", "key.pem"),
        ("users.create", "users.deactivate"), BROKEN, guard="certificate"),
    Way("bystanders", ("URL", "--profile", "entra-v2"), ("users.change-several",),
        frozenset({"write-touches-bystander"}), {"SCIM_TOKEN": TOKEN}),
)  # fmt: skip


# --- servers --------------------------------------------------------------------------------------


@contextlib.contextmanager
def server(way: Way) -> Iterator[str]:
    """A new server of that way; yields its origin."""
    inner = mounted(GoodServer(defects=way.defects))
    tls = _context() if way.guard == "certificate" else None
    with loopback.serve(lambda environ, start: _guarded(way.guard, inner, environ, start), tls=tls) as origin:
        yield origin


@functools.cache
def _authority() -> trustme.CA:
    return trustme.CA()


def _context() -> ssl.SSLContext:
    """TLS that asks each client for a certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _authority().issue_cert("127.0.0.1").configure_cert(context)
    _authority().configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def _certificates(folder: Path) -> None:
    mine = _authority().issue_cert("client.example")
    _authority().cert_pem.write_to_path(str(folder / "ca.pem"))
    mine.cert_chain_pems[0].write_to_path(str(folder / "my cert.pem"))
    mine.private_key_pem.write_to_path(str(folder / "key.pem"))


def _guarded(guard: str, inner: WsgiApp, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
    """Translates the credential of the way into the token that the good server asks for."""
    given = environ.get("HTTP_AUTHORIZATION", "")
    if environ["PATH_INFO"] == "/token":
        form = parse_qs(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])).decode())
        is_known = form.get("client_id") == ["cl 1"] and form.get("client_secret") == [CLIENT_SECRET]
        body = json.dumps({"access_token": TOKEN, "token_type": "Bearer"} if is_known else {"error": "invalid_client"})
        start("200 OK" if is_known else "401 No", [("Content-Type", "application/json")])
        return [body.encode()]
    if guard == "certificate":
        environ["HTTP_AUTHORIZATION"] = f"Bearer {TOKEN}"
    if guard == "basic":
        wanted = "Basic " + base64.b64encode(f"o'neil $(id):{SECRET}".encode()).decode()
        environ["HTTP_AUTHORIZATION"] = f"Bearer {TOKEN}" if given == wanted else "Bearer no"
    if guard == "header":
        is_known = environ.get("HTTP_X_API_KEY") == SECRET
        environ["HTTP_AUTHORIZATION"] = f"Bearer {TOKEN}" if is_known else "Bearer no"
    return inner(environ, start)


# --- the run, and what its report offers ------------------------------------------------------------


@dataclass(frozen=True)
class Played:
    """A run of a way, in its folder."""

    way: Way
    folder: Path
    status: int
    document: Document


def play_way(way: Way, folder: Path, origin: str, *, only: Iterable[str] | None = None) -> Played:
    """Play a run in ``folder``. ``only`` None: the scenarios that the way names."""
    if way.guard == "certificate":
        _certificates(folder)
    for name, content in way.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content.replace("URL", origin + MOUNT), encoding="utf-8")
    words = [{"URL": origin + MOUNT}.get(word, word).replace("ISSUER", origin) for word in way.arguments]
    chosen = way.only if only is None else only
    call = [
        "run",
        *words,
        *(each for name in chosen for each in ("--only", name)),
        "--crowd",
        "1",
        "--out",
        "first",
        "-q",
    ]
    ended = subprocess.run(
        [*COMMAND, *call], cwd=folder, env=_environment(way.environment), capture_output=True, text=True, timeout=600,
        check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert ended.returncode in {0, 1}, ended.stderr
    return Played(way, folder, ended.returncode, read(folder / "first" / "results.json"))


def _environment(more: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "SCIM"))}
    return kept | dict(more)


def scenarios(played: Played) -> Iterator[tuple[int, int]]:
    """The places of the scenarios that were played."""
    for p, profile in enumerate(played.document.profiles):
        for s, scenario in enumerate(profile.scenarios):
            if scenario.steps:
                yield p, s


def paste(played: Played, p: int, s: int, *, programs: Path) -> str:
    """Paste the command of a scenario into a shell, in the folder of the run; returns what went wrong."""
    before = {*(played.folder / "reports").glob("*")}
    line = replay(played.document, p, s)
    for secret in (TOKEN, SECRET, CLIENT_SECRET):
        if secret in line:
            return f"a secret stands in the command: {line}"
    environment = _environment(played.way.environment) | {"PATH": f"{programs}:{os.environ['PATH']}"}
    ended = subprocess.run(
        ["sh", "-c", line], cwd=played.folder, env=environment, capture_output=True, text=True, timeout=120,
        check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    new = {*(played.folder / "reports").glob("*")} - before
    if len(new) != 1:
        return f"{line}\nended with {ended.returncode} and without results: {ended.stderr}"
    profile, wanted = played.document.profiles[p], played.document.profiles[p].scenarios[s]
    again = read(new.pop() / "results.json")
    found = {one.id: one for one in again.profiles[0].scenarios}.get(wanted.id)
    if again.profiles[0].id != profile.id or found is None:
        return f"{line}\nplayed something else"
    if (found.outcome, found.severity) != (wanted.outcome, wanted.severity):
        return f"{line}\nended as {found.outcome} {found.severity}, not as {wanted.outcome} {wanted.severity}"
    if again.run.call is None or again.run.call.options != (played.document.run.call or again.run.call).options:
        return f"{line}\nwas recorded with other options"
    fails = found.outcome is Outcome.FAIL and "--fail-on" not in line
    return f"{line}\nended with {ended.returncode}" if fails and ended.returncode != 1 else ""


def run_script(played: Played, p: int, s: int, url: str, *, shell: str = "sh") -> str:
    """Run the script of a scenario against another server; returns what went wrong."""
    text = script(played.document, p, s)
    way = played.way
    secrets = way.environment if way.script_environment is None else way.script_environment
    for secret in (*way.environment.values(), TOKEN):
        if secret in text:
            return "a secret stands in the script"
    environment = {"PATH": "/usr/bin:/bin", "SCIM_URL": url, **secrets}
    ended = subprocess.run(
        shlex.split(shell), input=text, env=environment, cwd=played.folder, capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip
    scenario = played.document.profiles[p].scenarios[s]
    recorded = [
        step.exchange.response.status if step.exchange.response else 0 for step in scenario.steps if step.exchange
    ]
    lines = [line for line in ended.stdout.splitlines() if "(recorded: " in line]
    statuses = [int(line.rpartition("  ")[2].split()[0]) for line in lines]
    if ended.returncode != 0 or statuses != recorded or ended.stderr:
        return f"{scenario.id}: exit status {ended.returncode}\n{ended.stdout}{ended.stderr}\n{recorded}"
    return ""


def programs_in(folder: Path) -> Path:
    """A folder with the program ``scim-compat``, as an installation puts it into the PATH."""
    folder.mkdir(exist_ok=True)
    program = folder / "scim-compat"
    words = " ".join(shlex.quote(word) for word in COMMAND)
    program.write_text(f'#!/bin/sh\nexec {words} "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    return folder
