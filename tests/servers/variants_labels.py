"""Conformant ways to treat an extension that a client brings along: Peakon's, with labels as names.

RFC 7643 section 3.3 leaves extensions to the server, and RFC 7644 section 3.3 lets it ignore what it does not know.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Final

from . import employees
from .employees import PEAKON
from .protocol import Answer, Data, Request, ScimError
from .variants_base import variant

if TYPE_CHECKING:
    from .good import GoodServer

_LISTED: Final = ("Department", "Manager")


def _keeps(server: GoodServer, setter: employees.Setter = employees.keep) -> None:
    hooks = {
        "accept": functools.partial(employees.accept, setter=setter),
        "apply_one": functools.partial(employees.apply_one, setter=setter),
        "render": employees.render,
    }  # fmt: skip
    for name, hook in hooks.items():
        setattr(server, name, functools.partial(hook, server, getattr(server, name)))


@variant("keeps-labels", "an extension that /Schemas does not list is kept, whatever its labels (RFC 7643 §3.3)")
def _(server: GoodServer) -> None:
    _keeps(server)


@variant("keeps-one-label", "of an unlisted extension one attribute is kept, the rest is ignored (RFC 7644 §3.3)")
def _(server: GoodServer) -> None:
    def keep(data: Data, label: str, value: Any) -> None:
        if label == "Business Unit":
            employees.keep(data, label, value)

    _keeps(server, keep)


@variant("refuses-labels", "an extension that /Schemas does not list is refused (RFC 7644 §3.12, invalidPath)")
def _(server: GoodServer) -> None:
    def refuse(_: Data, label: str, __: Any) -> None:
        raise ScimError(400, f"There is no attribute {label}.", scim_type="invalidPath")

    _keeps(server, refuse)


@variant("lists-labels", "/Schemas lists an extension with two attributes; others of it are refused (RFC 7644 §3.12)")
def _(server: GoodServer) -> None:
    def keep(data: Data, label: str, value: Any) -> None:
        if label not in _LISTED:
            raise ScimError(400, f"There is no attribute {label}.", scim_type="invalidPath")
        employees.keep(data, label, value)

    _keeps(server, keep)
    server.discover = functools.partial(_discover, server.discover)  # type: ignore[method-assign]


def _discover(inner: Any, request: Request, name: str, *rest: str) -> Answer:
    own = f"{request.base}/Schemas/{PEAKON}"
    attributes = [
        {"name": each, "type": "string", "multiValued": False, "description": each, "required": False,
         "caseExact": False, "mutability": "readWrite", "returned": "default", "uniqueness": "none"}
        for each in _LISTED
    ]  # fmt: skip
    schema = {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"], "id": PEAKON, "name": "Employee",
        "description": "Employee attributes", "attributes": attributes,
        "meta": {"resourceType": "Schema", "location": own},
    }  # fmt: skip
    if name == "Schemas" and rest == (PEAKON,):
        return Answer(200, schema)
    answer: Answer = inner(request, name, *rest)
    if name == "Schemas" and not rest:
        answer.payload["Resources"].append(schema)
        answer.payload["totalResults"] += 1
        answer.payload["itemsPerPage"] += 1
    extension = {"schema": PEAKON, "required": False}
    if name == "ResourceTypes":
        for one in answer.payload.get("Resources", [answer.payload]):
            if one["name"] == "User":
                one["schemaExtensions"] = [*one["schemaExtensions"], extension]
    return answer
