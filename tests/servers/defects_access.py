"""Defects of access: credentials that are compared in part, doors beside the guarded ones, refusals that take effect."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from .defects_base import Wrapper, become, breaks, defect, ok, spoils_answer
from .good import GoodServer
from .protocol import SCIM_JSON, Answer, Request, ScimError
from .schema import USER

Compare = Callable[[str, str], bool]
"""Given a token and the right one: True where the server lets it in."""

COMPARISONS: Final[tuple[tuple[str, str, str, Compare], ...]] = (
    ("token-suffix-accepted", "a token that begins with the right one is accepted", "RFC6750-3.1",
     lambda given, right: given.startswith(right)),
    ("token-first-eight", "only the first eight characters of the token are compared, as old crypt does",
     "RFC6750-3.1", lambda given, right: given[:8] == right[:8]),
    ("token-other-case", "the token is compared without case, as a database column does", "RFC6750-3.1",
     lambda given, right: given.lower() == right.lower()),
    ("token-part-accepted", "any longer part of the token is accepted", "RFC6750-3.1",
     lambda given, right: len(given) > 4 and given in right),
    ("token-of-same-length", "a token of the same length and with the same first letter is accepted", "RFC6750-3.1",
     lambda given, right: len(given) == len(right) and given[:1] == right[:1]),
    ("token-ends-right", "only the end of the token is compared", "RFC6750-3.1",
     lambda given, right: given[-4:] == right[-4:]),
)  # fmt: skip
"""Name, description, source, comparison."""


def bearer_of(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").strip().partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def comparing(compare: Compare) -> Wrapper:
    """A method ``authenticate`` that lets in what ``compare`` does, and the right credential."""

    def authenticate(server: GoodServer, inner: Wrapper, request: Request) -> None:
        if not compare(bearer_of(request), server.token):
            inner(request)

    return authenticate


def empty_accepted(_: GoodServer, inner: Wrapper, request: Request) -> None:
    """Bearer without a token is let in."""
    if request.headers.get("authorization", "").strip().lower() != "bearer":
        inner(request)


def scheme_ignored(server: GoodServer, inner: Wrapper, request: Request) -> None:
    """The last word counts, whatever stands before it."""
    if request.headers.get("authorization", "").rpartition(" ")[2] != server.token:
        inner(request)


for _name, _text, _source, _compare in COMPARISONS:
    defect("auth", _name, _text, _source, authenticate=comparing(_compare))
defect("auth", "token-empty-accepted", "Bearer without a token is let in", "RFC6750-3.1", authenticate=empty_accepted)
defect("auth", "token-scheme-ignored", "the right token is accepted under any scheme", "RFC9110-11.4",
       authenticate=scheme_ignored)  # fmt: skip


# ---- doors


def open_to_all(name: str, text: str, is_open: Callable[[Request], bool]) -> None:
    """Register a server that asks for no credential where ``is_open`` says so."""

    def authenticate(_: GoodServer, inner: Wrapper, request: Request) -> None:
        if not is_open(request):
            inner(request)

    defect("auth", name, text, "RFC7644-2", authenticate=authenticate)


open_to_all("search-without-auth", "/Users/.search needs no credential",
            lambda request: request.path == "/Users/.search")  # fmt: skip
open_to_all("root-search-without-auth", "/.search needs no credential", lambda request: request.path == "/.search")
open_to_all("put-without-auth", "PUT needs no credential", lambda request: request.method == "PUT")
open_to_all("patch-without-auth", "PATCH needs no credential", lambda request: request.method == "PATCH")
open_to_all("delete-without-auth", "DELETE needs no credential", lambda request: request.method == "DELETE")
open_to_all("create-without-auth", "POST to /Users needs no credential",
            lambda request: (request.method, request.path) == ("POST", "/Users"))  # fmt: skip
open_to_all("groups-without-auth", "/Groups and what is below need no credential",
            lambda request: request.path.startswith("/Groups"))  # fmt: skip
open_to_all("read-by-id-without-auth", "reading one resource needs no credential",
            lambda request: request.method == "GET" and request.path.count("/") == 2)  # fmt: skip


@breaks("handle", "auth", "me-without-auth", "/Me shows a user to everybody", "RFC7644-3.11")
def _(server: GoodServer, inner: Wrapper, request: Request) -> Any:
    users = server.store.all(USER) if request.path == "/Me" and "authorization" not in request.headers else ()
    for user in users:
        return server.show(request, user)
    return inner(request)


@breaks("handle", "auth", "bulk-without-auth", "/Bulk works, and needs no credential", "RFC7644-3.7")
def _(server: GoodServer, inner: Wrapper, request: Request) -> Any:
    if request.path != "/Bulk" or request.method != "POST":
        return inner(request)
    results = []
    for one in json.loads(request.body or b"{}").get("Operations", []):
        part = replace(request, method=one["method"], path=one["path"], body=json.dumps(one.get("data")).encode())
        try:
            status = server.dispatch(part).status
        except ScimError as error:
            status = error.status
        results.append({"method": one["method"], "bulkId": one.get("bulkId"), "status": str(status)})
    urn = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
    return Answer(200, {"schemas": [urn], "Operations": results}, {"Content-Type": SCIM_JSON})


# ---- refusals that take effect, or give away


def effective(name: str, text: str, has_effect: Callable[[Request], bool]) -> None:
    """Register a server that handles a request and refuses it afterwards."""

    def handle(server: GoodServer, inner: Wrapper, request: Request) -> Any:
        answer: Answer = inner(request)
        if answer.status == 401 and has_effect(request):
            server.dispatch(request)
        return answer

    defect("auth", name, text, "RFC9110-15.5.2", handle=handle)


effective("refused-change-made", "a PATCH is refused with 401 and carried out all the same",
          lambda request: request.method == "PATCH")  # fmt: skip
effective("refused-put-made", "a PUT is refused with 401 and carried out all the same",
          lambda request: request.method == "PUT")  # fmt: skip
effective("refused-deletion-made", "a DELETE is refused with 401 and carried out all the same",
          lambda request: request.method == "DELETE")  # fmt: skip
effective("refused-creation-made", "a POST is refused with 401 and carried out all the same",
          lambda request: (request.method, request.path) == ("POST", "/Users"))  # fmt: skip
effective("refused-change-made-for-wrong-token", "a PATCH with a wrong token is refused, and carried out all the same",
          lambda request: request.method == "PATCH" and "authorization" in request.headers)  # fmt: skip


def _denied(_: Request, answer: Answer) -> bool:
    return answer.status == 401


@breaks("handle", "auth", "auth-401-names-user", "a 401 says in a text whose data it holds back", "RFC7644-3.12")
def _(server: GoodServer, inner: Wrapper, request: Request) -> Any:
    answer = inner(request)
    record = server.store.get(USER, request.path.removeprefix("/Users/")) if answer.status == 401 else None
    if record is not None:
        answer.payload = answer.payload | {"detail": f"You may not see {record.data['userName']}."}
    return answer


def _as_text(answer: Answer) -> None:
    become(answer, 401)
    answer.raw, answer.headers["Content-Type"] = b"Unauthorized", "text/plain"


spoils_answer("auth", "auth-401-plain-text", "a 401 is plain text", "RFC7644-3.12", _as_text, when=_denied)


# ---- discovery that does not know a good token, or does not know the server

for _endpoint in ("ServiceProviderConfig", "ResourceTypes", "Schemas"):
    for _status in (401, 403, 500):
        spoils_answer(
            "discovery", f"{_endpoint.lower()}-{_status}", f"/{_endpoint} answers {_status} to the right token",
            "metabase/metabase#81407", lambda answer, status=_status: become(answer, status, payload={
                "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": str(status), "detail": "No."}),
            when=lambda request, answer, endpoint=_endpoint: request.path == f"/{endpoint}" and ok(request, answer),
        )  # fmt: skip


def _named(endpoint: str) -> Callable[[Answer], object]:
    return lambda answer: answer.payload["Resources"][1].update(endpoint=endpoint)


for _name, _text, _path in (
    ("resource-types-endpoint-singular", "/ResourceTypes names /Group, and groups are at /Groups", "/Group"),
    ("resource-types-endpoint-lower-case", "/ResourceTypes names /groups, and groups are at /Groups", "/groups"),
    ("resource-types-endpoint-with-version", "/ResourceTypes names /v2/Groups below a base that has v2", "/v2/Groups"),
):
    spoils_answer(
        "discovery", _name, _text, "RFC7643-6", _named(_path),
        when=lambda request, answer: request.path == "/ResourceTypes" and ok(request, answer),
    )  # fmt: skip


@breaks("handle", "discovery", "resource-types-of-a-plan", "/ResourceTypes names a type that is not served yet",
        "RFC7643-6")  # fmt: skip
def _(_: GoodServer, inner: Wrapper, request: Request) -> Any:
    answer = inner(request)
    if request.path == "/ResourceTypes" and answer.status == 200:
        device = {"id": "Device", "name": "Device", "endpoint": "/Devices", "schema": "urn:example:params:Device"}
        kind = "urn:ietf:params:scim:schemas:core:2.0:ResourceType"
        answer.payload["Resources"].append({"schemas": [kind], **device, "schemaExtensions": []})
        answer.payload["totalResults"] += 1
    return answer


@breaks("select", "filter", "filter-unknown-403", "a filter that finds nobody is answered with 403",
        "indigo-iam/iam#1181")  # fmt: skip
def _(_: GoodServer, inner: Wrapper, *arguments: Any) -> Any:
    found = inner(*arguments)
    if not found and arguments[-1]:
        raise ScimError(403, "You may not look for that.")
    return found


@breaks("select", "filter", "filter-unknown-401", "a filter that finds nobody is answered with 401",
        "indigo-iam/iam#1181")  # fmt: skip
def _(_: GoodServer, inner: Wrapper, *arguments: Any) -> Any:
    found = inner(*arguments)
    if not found and arguments[-1]:
        raise ScimError(401, "Nobody of that name may be seen.")
    return found
