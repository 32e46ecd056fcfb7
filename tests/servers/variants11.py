"""Conformant variants that only SCIM 1.1 has, or that its drafts word otherwise."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from .protocol import Answer, Data, Request, ScimError
from .schema11 import ENTERPRISE, OKTA_CONFIG, USER
from .variants_base import around

if TYPE_CHECKING:
    from .good11 import GoodServer11
    from .schema import Kind
    from .store import Record

OWN: Final[dict[str, str]] = {}
"""Name → how it differs, and the section that allows it."""
_CHANGES: Final[dict[str, Callable[[GoodServer11], None]]] = {}


def install(server: GoodServer11, names: frozenset[str]) -> None:
    """Make a server differ; names that are not of this module are left to others."""
    for name, change in _CHANGES.items():
        if name in names:
            change(server)


def variant(name: str, description: str) -> Callable[[Callable[[GoodServer11], None]], None]:
    """Decorate the function that makes a server differ."""

    def register(change: Callable[[GoodServer11], None]) -> None:
        OWN[name] = description
        _CHANGES[name] = change

    return register


@variant("no-enterprise", "/Schemas does not list the enterprise extension, and it is ignored (core schema, 4 and 7)")
def _(server: GoodServer11) -> None:
    def accept(inner: Any, kind: Kind, body: Data) -> Any:
        return inner(kind, {key: value for key, value in body.items() if key != ENTERPRISE})

    def merge(inner: Any, kind: Kind, data: Data, body: Data) -> Any:
        return inner(kind, data, {key: value for key, value in body.items() if key != ENTERPRISE})

    def discover(inner: Any, request: Request, name: str, *rest: str) -> Answer:
        answer: Answer = inner(request, name, *rest)
        if name == "Schemas":
            for schema in answer.payload.get("Resources", [answer.payload]):
                schema["attributes"] = [one for one in schema["attributes"] if one.get("schema") != ENTERPRISE]
        return answer

    around(server, accept)
    around(server, merge)
    around(server, discover)


@variant("few-filters", "users are filtered by userName and externalId alone, others are declined (protocol, 3.2.2.1)")
def _(server: GoodServer11) -> None:
    def select(inner: Any, request: Request, kind: Kind, text: str | None) -> Any:
        if text and kind is USER and text.split()[0].lower() not in {"username", "externalid"}:
            raise ScimError(400, "This attribute cannot be filtered.")
        return inner(request, kind, text)

    around(server, select)


@variant("plain-config", "the configuration has nothing of Okta's (core schema, 9)")
def _(server: GoodServer11) -> None:
    def discover(inner: Any, request: Request, name: str, *rest: str) -> Answer:
        answer: Answer = inner(request, name, *rest)
        if name == "ServiceProviderConfigs":
            answer.payload.pop(OKTA_CONFIG)
            answer.payload["schemas"].remove(OKTA_CONFIG)
        return answer

    around(server, discover)


@variant("derives-formatted", "name.formatted is made of the parts of the name (core schema, 6.1)")
def _(server: GoodServer11) -> None:
    def render(inner: Any, request: Request, record: Record) -> Data:
        resource: Data = inner(request, record)
        name = resource.get("name", {})
        parts = [name[part] for part in ("givenName", "familyName") if part in name]
        if parts:
            resource["name"] = name | {"formatted": " ".join(parts)}
        return resource

    around(server, render)
