"""How a defect is declared: a function wrapped around one method of the good server."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, NoReturn

from .protocol import SCIM_JSON, Answer, Data, Request, ScimError

if TYPE_CHECKING:
    from .good import GoodServer
    from .schema import Kind

Wrapper = Callable[..., Any]
"""Called as ``wrapper(server, inner, *arguments)``; ``inner`` is the method that it replaces."""

SUBJECTS: Final = frozenset({
    "http", "shape", "ids", "discovery", "create", "duplicates", "filter", "list", "patch-simple", "patch-pathless",
    "patch-valuepath", "patch-extension", "booleans", "manager", "disable", "delete", "groups", "errors", "auth",
    "consistency", "encoding", "case", "overlap",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Defect:
    """One way to be wrong.

    ``source``: where it was seen (``owner/repository#number``) or the section it breaks
    (``RFC7644-3.5.2``).
    """

    name: str
    subject: str
    description: str
    source: str
    hooks: tuple[tuple[str, Wrapper], ...] = field(default=(), compare=False, repr=False)
    """Method of the server → what is wrapped around it."""

    def install(self, server: GoodServer) -> None:
        for method, wrapper in self.hooks:
            setattr(server, method, functools.partial(wrapper, server, getattr(server, method)))


DEFECTS: Final[dict[str, Defect]] = {}


def defect(subject: str, name: str, description: str, source: str, **hooks: Wrapper) -> None:
    """Register a defect whose hooks are given by method name."""
    if name in DEFECTS or subject not in SUBJECTS or not hooks:
        raise ValueError(f"{name}: registered twice, of an unknown subject, or without hooks")
    DEFECTS[name] = Defect(name, subject, description, source, tuple(hooks.items()))


def breaks(method: str, subject: str, name: str, description: str, source: str) -> Callable[[Wrapper], Wrapper]:
    """Decorate the function that is wrapped around ``method``."""

    def register(wrapper: Wrapper) -> Wrapper:
        defect(subject, name, description, source, **{method: wrapper})
        return wrapper

    return register


def also(method: str, name: str) -> Callable[[Wrapper], Wrapper]:
    """Decorate a further hook of a defect that is already registered."""

    def register(wrapper: Wrapper) -> Wrapper:
        known = DEFECTS[name]
        DEFECTS[name] = replace(known, hooks=(*known.hooks, (method, wrapper)))
        return wrapper

    return register


# ---- PATCH operations


@dataclass(frozen=True, slots=True)
class Op:
    """A PATCH operation as a predicate sees it. ``path`` is empty if there is none."""

    kind: str
    raw: str
    """``op`` as sent."""
    path: str
    value: Any

    @property
    def name(self) -> str:
        return self.raw.lower()

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of a path-less value."""
        return tuple(self.value) if not self.path and isinstance(self.value, dict) else ()

    def sets(self, attribute: str) -> bool:
        """The operation writes this attribute, by path or by a key of a path-less value."""
        wanted = attribute.lower()
        return any(name.lower() == wanted or name.lower().endswith(f":{wanted}") for name in (self.path, *self.keys))

    def given(self, attribute: str) -> Any:
        """The value for an attribute that the operation sets."""
        if self.path:
            return self.value
        return next(value for key, value in self.value.items() if key.lower().endswith(attribute.lower()))


def read(kind: Kind, operation: Data) -> Op:
    members = {key.lower(): value for key, value in operation.items()}
    return Op(kind.name, str(members.get("op", "")), members.get("path") or "", members.get("value"))


def refuses(
    subject: str,
    name: str,
    description: str,
    source: str,
    when: Callable[[Op], bool],
    *,
    status: int = 400,
    scim_type: str = "invalidValue",
    detail: str = "The operation is not supported.",
) -> None:
    """Register a defect that refuses certain PATCH operations."""

    def apply_one(_: GoodServer, inner: Wrapper, kind: Kind, data: Data, operation: Data) -> None:
        if when(read(kind, operation)):
            raise ScimError(status, detail, scim_type=scim_type)
        inner(kind, data, operation)

    defect(subject, name, description, source, apply_one=apply_one)


def ignores(subject: str, name: str, description: str, source: str, when: Callable[[Op], bool]) -> None:
    """Register a defect that accepts certain PATCH operations and does nothing."""

    def apply_one(_: GoodServer, inner: Wrapper, kind: Kind, data: Data, operation: Data) -> None:
        if not when(read(kind, operation)):
            inner(kind, data, operation)

    defect(subject, name, description, source, apply_one=apply_one)


def drops_keys(subject: str, name: str, description: str, source: str, when: Callable[[str, Any], bool]) -> None:
    """Register a defect that leaves keys out of a path-less value."""

    def apply_one(_: GoodServer, inner: Wrapper, kind: Kind, data: Data, operation: Data) -> None:
        op = read(kind, operation)
        if op.keys:
            operation = {"op": op.raw, "value": {k: v for k, v in op.value.items() if not when(k, v)}}
        inner(kind, data, operation)

    defect(subject, name, description, source, apply_one=apply_one)


# ---- bodies of POST and PUT


def refuses_body(
    subject: str,
    name: str,
    description: str,
    source: str,
    when: Callable[[str, Data], bool],
    *,
    status: int = 400,
    detail: str = "The body is not valid.",
) -> None:
    """Register a defect that refuses certain bodies; ``when`` gets the kind's name and the body."""

    def accept(_: GoodServer, inner: Wrapper, kind: Kind, body: Data) -> Any:
        if when(kind.name, body):
            raise ScimError(status, detail, scim_type="invalidValue")
        return inner(kind, body)

    defect(subject, name, description, source, accept=accept)


# ---- answers


def spoils_answer(
    subject: str,
    name: str,
    description: str,
    source: str,
    spoil: Callable[[Answer], object],
    *,
    when: Callable[[Request, Answer], bool] = lambda _, answer: answer.payload is not None,
) -> None:
    """Register a defect that changes answers on their way out."""

    def handle(_: GoodServer, inner: Wrapper, request: Request) -> Answer:
        answer: Answer = inner(request)
        if when(request, answer):
            spoil(answer)
        return answer

    defect(subject, name, description, source, handle=handle)


def spoils_resource(subject: str, name: str, description: str, source: str, spoil: Callable[[Data], object]) -> None:
    """Register a defect that changes every resource as it is shown, but not what filters look at."""

    def project(_: GoodServer, inner: Wrapper, resource: Data, given: Mapping[str, str]) -> Any:
        spoil(resource)
        return inner(resource, given)

    defect(subject, name, description, source, project=project)


def spoils_stored(subject: str, name: str, description: str, source: str, spoil: Callable[[Data], object]) -> None:
    """Register a defect that changes every resource before it is stored."""

    def check(_: GoodServer, inner: Wrapper, kind: Kind, data: Data, record: Any) -> None:
        spoil(data)
        inner(kind, data, record)

    defect(subject, name, description, source, check=check)


def spoils_lists(subject: str, name: str, description: str, source: str, spoil: Callable[[Answer], object]) -> None:
    """Register a defect that changes ListResponses of resources."""
    spoils_answer(subject, name, description, source, spoil, when=is_list)


def is_list(request: Request, answer: Answer) -> bool:
    return "totalResults" in (answer.payload or ()) and request.path.startswith(("/Users", "/Groups"))


def ok(_: Request, answer: Answer) -> bool:
    return answer.status < 300 and answer.payload is not None


def failed(_: Request, answer: Answer) -> bool:
    return answer.status >= 400


def resources_in(payload: Any) -> Iterator[Data]:
    """The resources in an answer: itself, or those of its list."""
    if isinstance(payload, dict) and "Resources" in payload:
        yield from payload["Resources"]
    elif isinstance(payload, dict) and "id" in payload:
        yield payload


def become(answer: Answer, status: int, *, html: str = "", payload: Any = None) -> None:
    """Turn an answer into another one."""
    answer.status = status
    answer.payload = payload
    answer.raw = html.encode() if html else None
    answer.headers.pop("Content-Type", None)
    if html or payload is not None:
        answer.headers["Content-Type"] = "text/html; charset=utf-8" if html else SCIM_JSON


def fail(detail: str, *, status: int = 400, scim_type: str = "invalidValue") -> NoReturn:
    raise ScimError(status, detail, scim_type=scim_type if status == 400 else "")
