"""Conformant ways to treat what a user lacks, and what the server does not have itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .protocol import CORE_USER, ENTERPRISE, Answer, Data, Request, ScimError
from .schema import USER, Kind
from .store import copy_json
from .variants_base import around, variant

if TYPE_CHECKING:
    from .good import GoodServer


def _has_no_nick_name(server: GoodServer, *, refuses: bool) -> None:
    def discover(inner: Any, request: Request, name: str, *rest: str) -> Answer:
        answer: Answer = inner(request, name, *rest)
        answer.payload = copy_json(answer.payload)
        for schema in answer.payload.get("Resources", [answer.payload]) if name == "Schemas" else ():
            if schema["id"] == CORE_USER:
                schema["attributes"] = [one for one in schema["attributes"] if one["name"] != "nickName"]
        return answer

    def accept(inner: Any, kind: Kind, body: Data) -> Data:
        return inner(kind, {key: value for key, value in body.items() if key.lower() != "nickname"})  # type: ignore[no-any-return]

    def apply_one(inner: Any, kind: Kind, data: Data, operation: Data) -> None:
        members = {key.lower(): value for key, value in operation.items()}
        value = members.get("value")
        is_named = str(members.get("path", "")).lower().endswith("nickname")
        keys = {key for key in value if key.lower() == "nickname"} if isinstance(value, dict) else set()
        if refuses and kind is USER and (is_named or keys):
            raise ScimError(400, "There is no nickName.", scim_type="invalidPath")
        if keys:
            operation = {**operation, "value": {key: one for key, one in value.items() if key not in keys}}
        if not is_named:
            inner(kind, data, operation)

    around(server, discover)
    around(server, accept)
    around(server, apply_one)


@variant("no-nick-name-refused", "users have no nickName, and a PATCH that names it is refused (RFC 7644 §3.12)")
def _(server: GoodServer) -> None:
    _has_no_nick_name(server, refuses=True)


@variant("no-nick-name-ignored", "users have no nickName, and what a client sends of it is ignored (RFC 7643 §7)")
def _(server: GoodServer) -> None:
    _has_no_nick_name(server, refuses=False)


@variant("unknown-manager-dropped", "of a creation with a manager who is nobody, all but the manager is stored")
def _(server: GoodServer) -> None:
    def create(inner: Any, request: Request, kind: Kind) -> Answer:
        server.memory["is creation"] = True
        try:
            return inner(request, kind)  # type: ignore[no-any-return]
        finally:
            server.memory.pop("is creation", None)

    def accept(inner: Any, kind: Kind, body: Data) -> Data:
        data: Data = inner(kind, body)
        extension = data.get(ENTERPRISE, {})
        boss = extension.get("manager", {}).get("value")
        if boss and "is creation" in server.memory and server.store.get(USER, boss) is None:
            del extension["manager"]
            if not extension:
                del data[ENTERPRISE]
        return data

    around(server, create)
    around(server, accept)


@variant("display-name-derived", "who comes without a displayName gets one (RFC 7644 §3.3: the server may add values)")
def _(server: GoodServer) -> None:
    def accept(inner: Any, kind: Kind, body: Data) -> Data:
        data: Data = inner(kind, body)
        if kind is USER:
            data.setdefault("displayName", data["userName"].partition("@")[0])
        return data

    around(server, accept)


@variant("locale-by-default", "who comes without locale and language gets those of the service (RFC 7644 §3.3)")
def _(server: GoodServer) -> None:
    def accept(inner: Any, kind: Kind, body: Data) -> Data:
        data: Data = inner(kind, body)
        return data | {"locale": data.get("locale", "nb-NO")} if kind is USER else data

    around(server, accept)


@variant("type-by-default", "an e-mail address without a type is kept as one of type other (RFC 7643 §4.1.2)")
def _(server: GoodServer) -> None:
    def accept(inner: Any, kind: Kind, body: Data) -> Data:
        data: Data = inner(kind, body)
        if "emails" in data:
            data["emails"] = [one if "type" in one else {**one, "type": "other"} for one in data["emails"]]
        return data

    around(server, accept)


@variant("emails-required", "users must have an e-mail address, and /Schemas say so (RFC 7643 §7: required)")
def _(server: GoodServer) -> None:
    def discover(inner: Any, request: Request, name: str, *rest: str) -> Answer:
        answer: Answer = inner(request, name, *rest)
        answer.payload = copy_json(answer.payload)
        for schema in answer.payload.get("Resources", [answer.payload]) if name == "Schemas" else ():
            for one in schema["attributes"]:
                one["required"] = one["required"] or one["name"] == "emails"
        return answer

    def accept(inner: Any, kind: Kind, body: Data) -> Data:
        data: Data = inner(kind, body)
        if kind is USER and "emails" not in data:
            raise ScimError(400, "emails is required.", scim_type="invalidValue")
        return data

    around(server, discover)
    around(server, accept)
