"""Extensions that the good server does not know, kept as they come: objects under a URN, with labels as keys.

RFC 7643 section 3.3 lets a server have any extension. Peakon's has the labels that a company chose, such as
``Business Unit``, so its paths are read by the longest URN. Variants and defects build on this.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from .good import GoodServer
    from .protocol import Data, Request
    from .schema import Kind
    from .store import Record

PEAKON: Final = "urn:ietf:params:scim:schemas:extension:peakon:2.0:User"
Setter = Callable[["Data", str, Any], None]
"""Stores one label: called with the stored resource, the label and the value."""


def keep(data: Data, label: str, value: Any) -> None:
    """Store the value under its label; null and "" remove it."""
    held = data.setdefault(PEAKON, {})
    if value in (None, ""):
        held.pop(label, None)
    else:
        held[label] = value
    if not held:
        del data[PEAKON]


def drop(_: Data, __: str, ___: Any) -> None:
    """Store nothing."""


def accept(_: GoodServer, inner: Any, kind: Kind, body: Data, *, setter: Setter = keep) -> Data:
    """POST and PUT: the labels of the object under the URN."""
    data: Data = inner(kind, body)
    own = next((value for key, value in body.items() if key.lower() == PEAKON.lower()), None)
    for label, value in own.items() if isinstance(own, dict) and kind.name == "User" else ():
        setter(data, label, value)
    return data


def apply_one(_: GoodServer, inner: Any, kind: Kind, data: Data, operation: Data, *, setter: Setter = keep) -> None:
    """PATCH: a label behind the URN in a path, as a key of an operation without path, or in the whole object."""
    path, value = operation.get("path") or "", operation.get("value")
    if path == PEAKON and operation["op"].lower() == "remove":
        data.pop(PEAKON, None)
        return
    prefix = f"{PEAKON}:"
    if path.startswith(prefix):
        setter(data, path.removeprefix(prefix), None if operation["op"].lower() == "remove" else value)
        return
    if path == PEAKON or (not path and isinstance(value, dict)):
        given = {PEAKON: value} if path else value
        for key, one in given.items():
            if key == PEAKON and isinstance(one, dict):
                for label, inner_value in one.items():
                    setter(data, label, inner_value)
            elif key.startswith(prefix):
                setter(data, key.removeprefix(prefix), one)
        operation = {**operation, "value": {k: v for k, v in given.items() if not k.startswith(PEAKON)}}
        operation.pop("path", None)
    inner(kind, data, operation)


def render(_: GoodServer, inner: Any, request: Request, record: Record) -> Data:
    """Answers list the URN where the object is there."""
    resource: Data = inner(request, record)
    if PEAKON in resource:
        resource["schemas"] = [*resource["schemas"], PEAKON]
    return resource
