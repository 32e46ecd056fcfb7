"""Defects of the SCIM 1.1 server that depend on what a user has already: first values, the same value, the way back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .defects11_base import also, breaks
from .defects_base import Wrapper
from .good11 import GoodServer11
from .protocol import Data, Request, ScimError
from .schema import Kind
from .schema11 import ENTERPRISE, USER
from .store import Record, copy_json


def _at_put(name: str, description: str, source: str, keep: Callable[[Data, Data], Data]) -> None:
    """Register a defect of PUT: what is stored comes from the attributes before it and those that were sent."""

    @breaks("replace", "put", name, description, source)
    def _(server: GoodServer11, inner: Wrapper, request: Request, kind: Kind, id_: str) -> Any:
        server.memory["put"] = True
        try:
            return inner(request, kind, id_)
        finally:
            del server.memory["put"]

    @also("save", name)
    def _(server: GoodServer11, inner: Wrapper, record: Record, data: Data) -> None:
        inner(record, keep(record.data, data) if "put" in server.memory and record.kind is USER else data)


_at_put("put-first-values-ignored-11", "PUT changes what is there and adds nothing", "SCIM11-API-3.3.1",
        lambda before, after: {key: value for key, value in after.items() if key in before})  # fmt: skip
_at_put("put-extension-kept-11", "PUT changes core attributes and keeps the old extension",
        "limosa-io/laravel-scim-server#36",
        lambda before, after: {key: value for key, value in after.items() if key != ENTERPRISE}
        | ({ENTERPRISE: before[ENTERPRISE]} if ENTERPRISE in before else {}))  # fmt: skip
_at_put("put-external-id-kept-11", "PUT keeps the externalId that is there", "kirodotdev/Kiro#10711",
        lambda before, after: after | {key: before[key] for key in ("externalId",) if key in before})  # fmt: skip
_at_put("put-own-entries-lost-11", "PUT keeps the primary e-mail address alone", "SCIM11-API-3.3.1",
        lambda _, after: after | {"emails": [one for one in after.get("emails", []) if one.get("primary")]})  # fmt: skip


@breaks("save", "put", "change-without-difference-400-11", "an update that changes nothing is refused",
        "better-auth/better-auth#8549")  # fmt: skip
def _(_: GoodServer11, inner: Wrapper, record: Record, data: Data) -> None:
    if record.kind is USER and data == record.data:
        raise ScimError(400, "Nothing to update.")
    inner(record, data)


@breaks("save", "put", "change-back-ignored-11", "an attribute never returns to a former value", "SCIM11-API-3.3.1")
def _(server: GoodServer11, inner: Wrapper, record: Record, data: Data) -> None:
    former = server.memory.setdefault(record.id, {})
    kept = {
        key: record.data[key]
        for key, value in data.items()
        if key in {"displayName", "name", "locale"}
        and key in record.data
        and value != record.data[key]
        and value in former.get(key, ())
    }
    for key, value in record.data.items():
        former.setdefault(key, []).append(copy_json(value))
    inner(record, data | kept)
