"""What single sentences of the RFCs leave to a server, or let it do in its own words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .filters import Both, Compare, Filter, Not
from .protocol import CORE_USER, Answer, Data, Request, ScimError
from .schema import Kind
from .variants_base import around, variant

if TYPE_CHECKING:
    from .good import GoodServer


@variant("own-scim-types", "401 and 412 have a scimType of the server's own (RFC 7644 §3.12: table 9 is about 400)")
def _(server: GoodServer) -> None:
    words = {401: "invalidToken", 412: "versionMismatch"}

    def refuse(inner: Any, request: Request, error: ScimError) -> Answer:
        answer: Answer = inner(request, error)
        if error.status in words:
            answer.payload["scimType"] = words[error.status]
        return answer

    around(server, refuse)


@variant("me-served", "/Me is answered with the client's own resource and its address (RFC 7644 §3.11)")
def _(server: GoodServer) -> None:
    def dispatch(inner: Any, request: Request) -> Answer:
        if request.path != "/Me" or request.method != "GET":
            answer: Answer = inner(request)
            return answer
        location = f"{request.base}/Users/0b1f6c52"
        meta = {"resourceType": "User", "location": location}
        me = {"schemas": [CORE_USER], "id": "0b1f6c52", "userName": "robot@fjord.example", "meta": meta}
        return Answer(200, me, {"Location": location})

    around(server, dispatch)


@variant("no-orders", "gt, ge, lt, le and ne get 400 invalidFilter (RFC 7644 §3.4.2.2)")
def _(server: GoodServer) -> None:
    def declined(wanted: Filter) -> bool:
        if isinstance(wanted, Both):
            return declined(wanted.left) or declined(wanted.right)
        if isinstance(wanted, Not):
            return declined(wanted.inner)
        return isinstance(wanted, Compare) and wanted.operator in {"gt", "ge", "lt", "le", "ne"}

    def parse_filter(inner: Any, text: str, kind: Kind) -> Filter:
        wanted: Filter = inner(text, kind)
        if declined(wanted):
            raise ScimError(400, "Values have no order here.", scim_type="invalidFilter")
        return wanted

    around(server, parse_filter)


@variant("allow-empty", "the Allow header of a 405 is empty (RFC 9110 §10.2.1: the resource allows no methods now)")
def _(server: GoodServer) -> None:
    def refuse(inner: Any, request: Request, error: ScimError) -> Answer:
        answer: Answer = inner(request, error)
        if error.status == 405:
            answer.headers["Allow"] = ""
        return answer

    around(server, refuse)


@variant(
    "paths-by-eq-only", "value filters in PATCH paths know eq and and; others get 400 invalidFilter (RFC 7644 §3.12)"
)
def _(server: GoodServer) -> None:
    def apply_one(inner: Any, kind: Kind, data: Data, operation: Data) -> None:
        path = str({key.lower(): value for key, value in operation.items()}.get("path") or "")
        if any(f" {word} " in path.lower() for word in ("sw", "co", "ew", "ne", "gt", "ge", "lt", "le")):
            raise ScimError(400, "Paths may use eq and and.", scim_type="invalidFilter")
        inner(kind, data, operation)

    around(server, apply_one)
