"""What a hostile case is made of: the good server behind a raw socket, and somebody between the two.

A case is a function of ``Asked``, one request. It gives back the good answer, another one, or bytes of any
kind, or plays with the connection itself. What it does not want to touch it leaves to the good server, so
that a run gets as far as the hostility lets it.
"""

from __future__ import annotations

import functools
import io
import json
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final
from urllib.parse import unquote, unquote_to_bytes

from servers.good import GoodServer
from servers.running import MOUNT, mounted

TOKEN: Final = "good-token"
SCIM_JSON: Final = "application/scim+json"
_REASONS: Final = {200: "OK", 204: "No Content"}


class Hang:
    """Ends the connection; ``reset`` with a RST in place of a FIN."""

    def __init__(self, *, reset: bool = False) -> None:
        self.reset = reset


CLOSE: Final = Hang()
RESET: Final = Hang(reset=True)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that can be spoiled before it goes out."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""
    reason: str = ""

    @property
    def json(self) -> Any:
        """The body, parsed; None if there is none."""
        return json.loads(self.body) if self.body else None

    def saying(self, payload: Any) -> Reply:
        """The same with another JSON body."""
        return self.carrying(json.dumps(payload, ensure_ascii=False).encode("utf-8", "surrogatepass"))

    def carrying(self, body: bytes, kind: str = SCIM_JSON) -> Reply:
        """The same with another body, correctly labelled and measured."""
        return replace(self, body=body, headers=(*self.without("content-type", "content-length"), ("Content-Type", kind), ("Content-Length", str(len(body)))))  # fmt: skip

    def without(self, *names: str) -> tuple[tuple[str, str], ...]:
        return tuple((name, value) for name, value in self.headers if name.lower() not in names)

    def plus(self, *headers: tuple[str, str]) -> Reply:
        """The same with these headers in place of any of their names."""
        return replace(self, headers=(*self.without(*(name.lower() for name, _ in headers)), *headers))

    @property
    def bytes(self) -> bytes:
        reason = self.reason or _REASONS.get(self.status, "Because")
        lines = [f"HTTP/1.1 {self.status} {reason}", *(f"{name}: {value}" for name, value in self.headers)]
        return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape") + self.body


def reply(status: int, body: bytes = b"", kind: str = SCIM_JSON, *headers: tuple[str, str]) -> Reply:
    """An answer from nothing."""
    return replace(Reply(status, headers).carrying(body, kind), status=status)


@dataclass(slots=True)
class Scene:
    """What the requests of one run share."""

    good: GoodServer
    elsewhere: str
    """Origin of the other host."""
    origin: str = ""
    """The target's own origin."""
    over: threading.Event = field(default_factory=threading.Event)
    """Set when the run is over: whoever holds a connection back waits for it."""
    memory: dict[str, Any] = field(default_factory=dict)
    requests: list[bytes] = field(default_factory=list)
    """Every request, as it came."""
    hits: int = 0
    """Requests that the case has had a say in."""
    faults: list[str] = field(default_factory=list)
    """Exceptions in the case itself: a broken case proves nothing."""
    stop: Callable[[], None] = lambda: None
    """Closes the port."""

    @property
    def url(self) -> str:
        return self.origin + MOUNT


@dataclass(slots=True)
class Asked:
    """One request, with the connection it came on."""

    scene: Scene
    connection: socket.socket
    method: str
    target: str
    headers: dict[str, str]
    """Lower-case names."""
    body: bytes

    @property
    def path(self) -> str:
        """Below the mount point, decoded: ``/Users/123``."""
        return unquote(self.target.partition("?")[0]).removeprefix(MOUNT)

    @property
    def query(self) -> str:
        return unquote(self.target.partition("?")[2].replace("+", " "))

    @property
    def by_client(self) -> bool:
        """From the replayed client, not from the harness."""
        return self.headers.get("user-agent") != "scim-compat"

    @property
    def payload(self) -> Any:
        return json.loads(self.body) if self.body else None

    def good(self, *, body: bytes | None = None, path: str | None = None) -> Reply:
        """What the good server answers, perhaps to another body or path."""
        content = self.body if body is None else body
        raw, _, query = self.target.partition("?")
        inner = unquote_to_bytes(raw).decode("latin-1") if path is None else MOUNT + path
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.method, "SCRIPT_NAME": "", "PATH_INFO": inner, "QUERY_STRING": query,
            "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "0", "wsgi.url_scheme": self.scene.origin.partition(":")[0],
            "wsgi.input": io.BytesIO(content), "CONTENT_LENGTH": str(len(content)),
            "CONTENT_TYPE": self.headers.get("content-type", ""),
        }  # fmt: skip
        environ |= {"HTTP_" + name.upper().replace("-", "_"): value for name, value in self.headers.items()}
        head: list[Any] = []
        parts = mounted(self.scene.good)(environ, lambda status, headers, _=None: head.extend([status, headers]))
        code, _, reason = head[0].partition(" ")
        headers = tuple(head[1])
        return Reply(int(code), headers, b"".join(parts), reason)

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)

    def drip(self, start: bytes, piece: bytes, *, every: float = 0.05, most: int = 400) -> Hang:
        """``start``, then ``piece`` again and again, until the other side has had enough."""
        self.send(start)
        for _ in range(most):
            if self.scene.over.wait(every):
                break
            self.send(piece)
        return CLOSE

    def wait(self) -> Hang:
        """Nothing at all, until the run is over."""
        self.scene.over.wait(30)
        return CLOSE


Answer = Reply | bytes | Hang
Script = Callable[[Asked], Answer]
Which = Callable[[Asked], bool]

# --- which requests a case has a say in ---------------------------------------------------------------


def everything(_: Asked) -> bool:
    return True


def client(asked: Asked) -> bool:
    return asked.by_client


def by(method: str, path: str = "", *, client_only: bool = True) -> Which:
    """Requests of that method whose path starts so; the client's own unless said otherwise."""
    return lambda asked: (asked.by_client or not client_only) and asked.method == method and asked.path.startswith(path)


def tested(asked: Asked) -> bool:
    """Everything behind the first look: that is four reads of the harness."""
    return len(asked.scene.requests) > 4


# --- cases --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One way to be hostile, and how a run against it must end."""

    name: str
    subject: str
    script: Script
    on: Which
    status: int
    """The exit status."""
    finds: frozenset[str]
    """Ids of checks that must have failed."""
    says: tuple[str, ...]
    """Sentences or parts of them: on stderr if there are no results, else in results.json."""
    only: tuple[str, ...]
    profile: str
    timeout: float
    bound: float
    """Seconds after which the run counts as hanging."""
    tls: str
    """How the certificate is made: see ``tls.py``; empty for plain HTTP."""
    results: bool
    """False: the target cannot be tested at all, so there are none."""
    left: bool
    """Something may be left on the server, since it does not let us delete."""
    lies: bool
    """The server says that it has deleted what it has not, and is believed: that much may be left unlisted."""
    memory: bool
    """Runs in a process of its own, with a limit on its memory."""
    jobs: int
    before: Callable[[Scene], None] | None
    """Called with the scene before the run starts."""
    after: Callable[[Scene], None] | None
    """Called with the scene when the run has ended: asserts what the server has seen."""


CASES: Final[dict[str, Case]] = {}


def case(
    subject: str,
    *,
    on: Which = client,
    status: int = 1,
    finds: str = "",
    says: tuple[str, ...] | str = (),
    only: tuple[str, ...] | str = "users.create",
    profile: str = "entra-v2",
    timeout: float = 20,
    bound: float = 60,
    tls: str = "",
    results: bool = True,
    left: bool = False,
    lies: bool = False,
    memory: bool = False,
    jobs: int = 1,
    before: Callable[[Scene], None] | None = None,
    after: Callable[[Scene], None] | None = None,
    name: str = "",
) -> Callable[[Script], Script]:
    """Registers the function as a case called after it; ``finds``: ids of checks, white space between."""

    def register(script: Script) -> Script:
        called = name or getattr(script, "__name__", "").replace("_", "-")
        if called in CASES or not script.__doc__ or not (finds or says):
            raise ValueError(f"{called}: registered twice, without a docstring, or without anything to expect")
        CASES[called] = Case(
            name=called, subject=subject, script=script, on=on, status=status, finds=frozenset(finds.split()),
            says=(says,) if isinstance(says, str) else says, only=(only,) if isinstance(only, str) else only,
            profile=profile, timeout=timeout, bound=bound, tls=tls, results=results, left=left, lies=lies, memory=memory,
            jobs=jobs, before=before, after=after,
        )  # fmt: skip
        return script

    return register


unreachable = functools.partial(case, on=everything, status=3, results=False)
"""A case in which the target cannot be tested: one paragraph and exit status 3."""


# --- helpers for cases --------------------------------------------------------------------------------


def resources(payload: Any) -> Iterator[dict[str, Any]]:
    """The resources in an answer: itself, or those of its list."""
    if isinstance(payload, dict) and "Resources" in payload:
        yield from payload["Resources"]
    elif isinstance(payload, dict) and "id" in payload:
        yield payload


def changed(value: Any, leaf: Callable[[str, Any], Any], name: str = "") -> Any:
    """The JSON value with ``leaf(name, scalar)`` in place of each scalar."""
    if isinstance(value, dict):
        return {key: changed(inner, leaf, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [changed(inner, leaf, name) for inner in value]
    return leaf(name, value)
