"""Conformant ways to guard an endpoint."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any, Final

from .protocol import Answer, Data, Request, ScimError
from .schema import Kind
from .variants_base import around, configures, variant

if TYPE_CHECKING:
    from .good import GoodServer

_MOST_WRONG: Final = 8
_LOCKED: Final = 2
"""Requests that a lock-out lasts, whoever sends them."""
_OFFERED: Final = ("Users", "Groups", "ServiceProviderConfig", "ServiceProviderConfigs", "ResourceTypes", "Schemas",
                   "Me", "Bulk", ".search")  # fmt: skip


@variant("doors-before-locks", "/Bulk answers 501 before any credential is looked at (RFC 7644 §3.7: optional)")
def _(server: GoodServer) -> None:
    def handle(inner: Any, request: Request) -> Answer:
        if request.path == "/Bulk":
            return server.refuse(request, ScimError(501, "/Bulk is not offered."))
        return inner(request)  # type: ignore[no-any-return]

    around(server, handle)


@variant("unknown-403", "an address that is not offered answers 403, as some gateways do (RFC 9110 §15.5.4)")
def _(server: GoodServer) -> None:
    def handle(inner: Any, request: Request) -> Answer:
        if request.path.strip("/").partition("/")[0] not in _OFFERED:
            return server.refuse(request, ScimError(403, "There is nothing for you."))
        return inner(request)  # type: ignore[no-any-return]

    around(server, handle)


@variant("wrong-429", "after eight wrong credentials the next ones are answered with 429 (RFC 6585 §4)")
def _(server: GoodServer) -> None:
    def authenticate(inner: Any, request: Request) -> None:
        try:
            inner(request)
        except ScimError as error:
            if error.status == 401 and _count(server, request) > _MOST_WRONG:
                raise ScimError(429, "Too many wrong credentials.") from None
            raise

    around(server, authenticate)
    _asks_for_patience(server, seconds="60")


@variant("lock-out", "after eight wrong credentials nobody is let in for a while: 429 with Retry-After (RFC 6585 §4)")
def _(server: GoodServer) -> None:
    def authenticate(inner: Any, request: Request) -> None:
        if server.memory.get("locked", 0) > 0:
            server.memory["locked"] -= 1
            raise ScimError(429, "Too many wrong credentials.")
        try:
            inner(request)
        except ScimError as error:
            if error.status == 401 and _count(server, request) > _MOST_WRONG:
                server.memory |= {"wrong": 0, "locked": _LOCKED}
            raise

    around(server, authenticate)
    _asks_for_patience(server, seconds="0")


@variant("basic-too", "Basic is accepted beside Bearer, with the token as password (RFC 7617)")
def _(server: GoodServer) -> None:
    def authenticate(inner: Any, request: Request) -> None:
        scheme, _, pair = request.headers.get("authorization", "").partition(" ")
        try:
            given = base64.b64decode(pair, validate=True).decode() if scheme.lower() == "basic" else ""
        except (binascii.Error, UnicodeDecodeError):
            given = ""
        if given.partition(":")[2] != server.token:
            inner(request)

    around(server, authenticate)


@variant("no-change-password", "changePassword.supported is false, and a change of a password is refused (RFC 7643 §5)")
def _(server: GoodServer) -> None:
    def apply_one(inner: Any, kind: Kind, data: Data, operation: Data) -> None:
        path, value = str(operation.get("path", "")), operation.get("value")
        names = [path, *(value if isinstance(value, dict) else ())]
        if "password" in (name.lower() for name in names):
            raise ScimError(400, "Passwords are not changed here.", scim_type="mutability")
        inner(kind, data, operation)

    around(server, apply_one)
    configures(server, "changePassword", supported=False)


def _count(server: GoodServer, request: Request) -> int:
    """The wrong credentials so far; a request without one guesses nothing."""
    wrong: int = server.memory.get("wrong", 0) + ("authorization" in request.headers)
    server.memory["wrong"] = wrong
    return wrong


def _asks_for_patience(server: GoodServer, *, seconds: str) -> None:
    def refuse(inner: Any, request: Request, error: ScimError) -> Answer:
        answer: Answer = inner(request, error)
        if error.status == 429:
            answer.headers["Retry-After"] = seconds
        return answer

    around(server, refuse)
