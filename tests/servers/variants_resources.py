"""Resources that show lawfully more, less or other things."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from . import discovery
from .protocol import Answer, Data, Request
from .schema import Attribute, Schema
from .store import Record, copy_json
from .variants_base import around, variant

if TYPE_CHECKING:
    from .good import GoodServer


@variant("nulls", "attributes without a value are shown, as null or [] (RFC 7643 §2.5: the same as left out)")
def _(server: GoodServer) -> None:
    def project(inner: Any, resource: Data, given: Mapping[str, str]) -> Data:
        shown: Data = inner(resource, given)
        if given.keys() & {"attributes", "excludedAttributes"}:
            return shown
        core = server.kind_of(resource).core
        empty = {one.name: [] if one.multi else None for one in core.attributes if _shown_empty(one)}
        return empty | shown

    around(server, project)


def _shown_empty(attribute: Attribute) -> bool:
    return attribute.returned != "never" and not attribute.read_only


@variant("empty-members-array", "a group without members shows members: [] (RFC 7643 §2.5)")
def _(server: GoodServer) -> None:
    def derive_group(inner: Any, request: Request, data: Data) -> None:
        inner(request, data)
        data.setdefault("members", [])

    around(server, derive_group)


@variant("members-value-only", "members have neither $ref nor type nor display (RFC 7643 §4.2 requires none)")
def _(server: GoodServer) -> None:
    def derive_group(_: Any, __: Request, data: Data) -> None:
        if "members" in data:
            data["members"] = [{"value": one["value"]} for one in data["members"]]

    around(server, derive_group)


@variant("relative-refs", "$ref is relative, as in the examples of RFC 7643 §8 (§2.3.7)")
def _(server: GoodServer) -> None:
    def relative(value: Any, base: str) -> Any:
        if isinstance(value, dict):
            return {
                name: f"..{inner.removeprefix(base)}" if name == "$ref" else relative(inner, base)
                for name, inner in value.items()
            }
        return [relative(one, base) for one in value] if isinstance(value, list) else value

    def render(inner: Any, request: Request, record: Record) -> Data:
        return relative(inner(request, record), request.base)  # type: ignore[no-any-return]

    around(server, render)


@variant("no-user-groups", "users do not show their groups (RFC 7643 §4.1.2 requires none)")
def _(server: GoodServer) -> None:
    def derive_user(inner: Any, request: Request, record: Record, data: Data) -> None:
        inner(request, record, data)
        data.pop("groups", None)

    around(server, derive_user)


@variant("server-extension", "users and groups show read-only attributes of an extension (RFC 7643 §3.3, §7)")
def _(server: GoodServer) -> None:
    def render(inner: Any, request: Request, record: Record) -> Data:
        resource: Data = inner(request, record)
        own = {"number": f"A-{sha256(record.id.encode()).hexdigest()[:6]}", "revision": _revision(record)}
        return {**resource, "schemas": [*resource["schemas"], ACCOUNT.urn], ACCOUNT.urn: own}

    def discover(inner: Any, request: Request, name: str, *rest: str) -> Answer:
        if name == "Schemas" and rest[:1] == (ACCOUNT.urn,):
            return Answer(200, discovery.schema(ACCOUNT, request.base))
        answer: Answer = inner(request, name, *rest)
        if name == "Schemas" and not rest:
            entries = [*answer.payload["Resources"], discovery.schema(ACCOUNT, request.base)]
            answer.payload = discovery.list_response(entries)
        if name == "ResourceTypes":
            for one in [answer.payload] if rest else answer.payload["Resources"]:
                one["schemaExtensions"].append({"schema": ACCOUNT.urn, "required": False})
        return answer

    around(server, render)
    around(server, discover)


def _revision(record: Record) -> int:
    """Another number after each change."""
    return int((record.modified - record.created) / timedelta(microseconds=1))


ACCOUNT: Final = Schema(
    "urn:ietf:params:scim:schemas:extension:fjord:2.0:Account",
    "Account",
    (
        Attribute(name="number", case_exact=True, mutability="readOnly"),
        Attribute(name="revision", type="integer", mutability="readOnly"),
    ),
)


@variant("shuffled-values", "the values of multi-valued attributes come in turns forwards and backwards")
def _(server: GoodServer) -> None:
    turns = count()

    def project(inner: Any, resource: Data, given: Mapping[str, str]) -> Data:
        shown: Data = inner(resource, given)
        if next(turns) % 2:
            return shown
        return {name: value[::-1] if isinstance(value, list) else value for name, value in shown.items()}

    around(server, project)


@variant("members-on-request", "members are returned where they are asked for or written (RFC 7643 §7: request)")
def _(server: GoodServer) -> None:
    def project(inner: Any, resource: Data, given: Mapping[str, str]) -> Data:
        if "members" not in given.get("attributes", "").lower() and "members" not in given.get(_WRITTEN, ""):
            resource = {name: value for name, value in resource.items() if name != "members"}
        shown: Data = inner(resource, given)
        if resource.get("members") is None and not shown.get("members"):
            shown.pop("members", None)  # an empty array would say that nobody is in
        return shown

    def show(inner: Any, request: Request, record: Record, *, status: int = 200) -> Answer:
        written = (
            (request.body or b"").decode(errors="replace").lower() if request.method in {"POST", "PUT", "PATCH"} else ""
        )
        request = replace(request, parameters={**request.parameters, _WRITTEN: written})
        return inner(request, record, status=status)  # type: ignore[no-any-return]

    def discover(inner: Any, request: Request, name: str, *rest: str) -> Answer:
        answer: Answer = inner(request, name, *rest)
        answer.payload = copy_json(answer.payload)
        for schema in answer.payload.get("Resources", [answer.payload]) if name == "Schemas" else ():
            for attribute in schema["attributes"]:
                if attribute["name"] == "members":
                    attribute["returned"] = "request"
        return answer

    around(server, project)
    around(server, show)
    around(server, discover)


_WRITTEN: Final = "what was written"
