"""How a defect of the SCIM 1.1 server is declared: a function wrapped around one of its methods.

Sources: ``owner/repository#number`` where it was seen; ``SCIM11-API-3.3.2`` for a section of the 1.1 protocol,
``SCIM11-CORE`` for its core schema; ``okta-scim-11`` for Okta's reference of what it sends and needs, and
``okta-spec-11-15`` for a test of its published 1.1 suite.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from .defects_base import Defect, Wrapper
from .protocol import Answer, Data, Request, ScimError

if TYPE_CHECKING:
    from .good11 import GoodServer11
    from .schema import Kind

SUBJECTS11: Final = frozenset({
    "http", "auth", "errors", "discovery", "shape", "create", "duplicates", "filter", "list", "put", "disable",
    "patch-user", "patch-members", "patch-clear", "rename", "delete", "consistency",
})  # fmt: skip

DEFECTS11: Final[dict[str, Defect]] = {}


def defect(subject: str, name: str, description: str, source: str, **hooks: Wrapper) -> None:
    """Register a defect whose hooks are given by method name."""
    if name in DEFECTS11 or subject not in SUBJECTS11 or not hooks:
        raise ValueError(f"{name}: registered twice, of an unknown subject, or without hooks")
    DEFECTS11[name] = Defect(name, subject, description, source, tuple(hooks.items()))


def breaks(method: str, subject: str, name: str, description: str, source: str) -> Callable[[Wrapper], Wrapper]:
    """Decorate the function that is wrapped around ``method``."""

    def register(wrapper: Wrapper) -> Wrapper:
        defect(subject, name, description, source, **{method: wrapper})
        return wrapper

    return register


def also(method: str, name: str) -> Callable[[Wrapper], Wrapper]:
    """Decorate a further hook of a defect that is already registered."""

    def register(wrapper: Wrapper) -> Wrapper:
        known = DEFECTS11[name]
        DEFECTS11[name] = replace(known, hooks=(*known.hooks, (method, wrapper)))
        return wrapper

    return register


def spoils_answer(
    subject: str,
    name: str,
    description: str,
    source: str,
    spoil: Callable[[Answer], object],
    *,
    when: Callable[[Request, Answer], bool],
) -> None:
    """Register a defect that changes answers on their way out."""

    def handle(_: GoodServer11, inner: Wrapper, request: Request) -> Answer:
        answer: Answer = inner(request)
        if when(request, answer):
            spoil(answer)
        return answer

    defect(subject, name, description, source, handle=handle)


def spoils_resource(subject: str, name: str, description: str, source: str, spoil: Callable[[Data], object]) -> None:
    """Register a defect that changes every resource as it is shown, but not what filters look at."""

    def project(_: GoodServer11, inner: Wrapper, resource: Data, given: Any) -> Data:
        shown: Data = inner(resource, given)
        spoil(shown)
        return shown

    defect(subject, name, description, source, project=project)


def refuses(
    subject: str,
    name: str,
    description: str,
    source: str,
    when: Callable[[str, Data], bool],
    *,
    methods: tuple[str, ...] = ("POST",),
    status: int = 400,
) -> None:
    """Register a defect that refuses certain bodies; ``when`` gets the kind's name and the body."""

    def accept(_: GoodServer11, inner: Wrapper, kind: Kind, body: Data) -> Any:
        if when(kind.name, body):
            raise ScimError(status, "The body is not valid.")
        return inner(kind, body)

    def merge(_: GoodServer11, inner: Wrapper, kind: Kind, data: Data, body: Data) -> Any:
        if when(kind.name, body):
            raise ScimError(status, "The body is not valid.")
        return inner(kind, data, body)

    hooks: dict[str, Wrapper] = {}
    if {"POST", "PUT"} & {*methods}:
        hooks["accept"] = accept
    if "PATCH" in methods:
        hooks["merge"] = merge
    defect(subject, name, description, source, **hooks)


def changes_body(
    subject: str, name: str, description: str, source: str, change: Callable[[Data, Data], Data], *, kind: str = ""
) -> None:
    """Register a defect that misreads PATCH bodies; ``change`` gets the stored attributes and the body."""

    def merge(_: GoodServer11, inner: Wrapper, of: Kind, data: Data, body: Data) -> Any:
        return inner(of, data, change(data, body) if kind in {"", of.name} else body)

    defect(subject, name, description, source, merge=merge)


def become(answer: Answer, status: int, *, html: str = "", payload: Any = None) -> None:
    """Turn an answer into another one."""
    answer.status = status
    answer.payload = payload
    answer.raw = html.encode() if html else None
    answer.headers.pop("Content-Type", None)
    if html or payload is not None:
        answer.headers["Content-Type"] = "text/html; charset=utf-8" if html else "application/json"


def without(data: Data, *names: str) -> Data:
    return {key: value for key, value in data.items() if key not in names}
