"""Defects of transport, authentication and error answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from .defects_base import (
    Wrapper,
    become,
    breaks,
    defect,
    fail,
    failed,
    is_list,
    ok,
    refuses_body,
    spoils_answer,
)
from .good import GoodServer
from .protocol import Answer, Request, ScimError
from .schema import USER, Kind

_LOGIN = "<!DOCTYPE html><html><head><title>Sign in</title></head><body><form></form></body></html>"
_TRACE = (
    "Traceback (most recent call last):\n"
    '  File "/srv/app/scim/views.py", line 212, in dispatch\n'
    "    return handler(request)\n"
    "KeyError: 'userName'"
)


def _typed(value: str) -> Any:
    return lambda answer: answer.headers.update({"Content-Type": value})


def _to_login(answer: Answer) -> None:
    become(answer, 302, html=_LOGIN)
    answer.headers["Location"] = "/login"


# ---- http

spoils_answer(
    "http",
    "content-type-text-html",
    "JSON is labelled text/html",
    "RFC7644-3.1",
    _typed("text/html"),
    when=ok,
)
spoils_answer(
    "http", "content-type-json", "JSON is labelled application/json, which ends Microsoft's validator",
    "MicrosoftDocs/azure-docs#104859", _typed("application/json"), when=ok,
)  # fmt: skip
spoils_answer(
    "http", "content-type-missing", "answers have no Content-Type", "RFC7644-3.1",
    lambda answer: answer.headers.pop("Content-Type"), when=ok,
)  # fmt: skip
spoils_answer(
    "http", "charset-wrong", "Content-Type names a charset other than UTF-8", "RFC7644-8.1",
    _typed("application/scim+json; charset=iso-8859-1"), when=ok,
)  # fmt: skip
spoils_answer(
    "http", "redirect-to-login", "reading a resource redirects to a login page", "grokability/snipe-it#14138",
    _to_login,
    when=lambda request, answer: request.method == "GET" and ok(request, answer) and not is_list(request, answer),
)  # fmt: skip
spoils_answer(
    "http", "redirect-308", "reading a resource answers 308 to another address of it", "RFC7644-3.12",
    lambda answer: (answer.headers.update(Location=answer.payload["meta"]["location"] + "/"), become(answer, 308)),
    when=lambda request, answer: request.method == "GET" and ok(request, answer) and "meta" in (answer.payload or ())
    and request.path.startswith(("/Users/", "/Groups/")),
)  # fmt: skip
spoils_answer(
    "http", "no-content-with-a-length", "a 204 announces a body", "RFC9110-8.6",
    lambda answer: answer.headers.update({"Content-Length": "2"}), when=lambda _, answer: answer.status == 204,
)  # fmt: skip
spoils_answer(
    "http", "login-page-as-200", "a list is answered by a login page with status 200", "grokability/snipe-it#14138",
    lambda answer: become(answer, 200, html=_LOGIN), when=is_list,
)  # fmt: skip
spoils_answer(
    "http", "truncated-json", "the last byte of a JSON body is missing", "RFC7644-3.1",
    lambda answer: setattr(answer, "raw", answer.body()[:-1]), when=ok,
)  # fmt: skip
spoils_answer(
    "http", "trailing-comma-json", "objects end with a comma, as some templates write them", "RFC7644-3.1",
    lambda answer: setattr(answer, "raw", answer.body()[:-1] + b",}"), when=ok,
)  # fmt: skip
spoils_answer(
    "http", "duplicate-json-keys", "an object has the same key twice", "RFC7643-2",
    lambda answer: setattr(answer, "raw", b'{"schemas":["urn:example:old"],' + answer.body()[1:]), when=ok,
)  # fmt: skip
spoils_answer(
    "http", "empty-200-body", "reading a resource answers 200 without a body", "RFC7644-3.4.1",
    lambda answer: become(answer, 200),
    when=lambda request, answer: request.method == "GET" and ok(request, answer) and not is_list(request, answer),
)  # fmt: skip
spoils_answer(
    "http", "patch-200-empty-body", "PATCH of a user answers 200 without a body", "RFC7644-3.5.2",
    lambda answer: become(answer, 200), when=lambda request, answer: request.method == "PATCH" and ok(request, answer),
)  # fmt: skip
spoils_answer(
    "http", "patch-answers-202", "writes are accepted, not done: 202 without a body", "RFC7644-3.5.2",
    lambda answer: become(answer, 202),
    when=lambda request, answer: request.method == "PATCH" and answer.status < 300,
)  # fmt: skip


@breaks("handle", "http", "flag-parameter-400", "an unknown query parameter without a value is refused",
        "jelhub/scimgateway")  # fmt: skip
def _(server: GoodServer, inner: Wrapper, request: Request) -> Any:
    if any("=" not in part for part in request.query.split("&") if part):
        return server.refuse(request, ScimError(400, "A query parameter has no value."))
    return inner(request)


@breaks("handle", "http", "accept-required", "without an Accept header that names JSON: 406",
        "MicrosoftDocs/azure-docs#94189")  # fmt: skip
def _(server: GoodServer, inner: Wrapper, request: Request) -> Any:
    if "json" not in request.headers.get("accept", ""):
        return server.refuse(request, ScimError(406, "Accept must name application/scim+json."))
    return inner(request)


@breaks("handle", "http", "accept-scim-json-406", "Accept: application/scim+json is not understood: 406",
        "support.okta.com: errors during provisioning")  # fmt: skip
def _(server: GoodServer, inner: Wrapper, request: Request) -> Any:
    if request.headers.get("accept", "").strip() == "application/scim+json":
        return server.refuse(request, ScimError(406, "Only application/json can be given."))
    return inner(request)


@breaks("handle", "http", "user-agent-required", "without a User-Agent the edge answers 403 in HTML",
        "kortix-ai/suna#7297")  # fmt: skip
def _(_: GoodServer, inner: Wrapper, request: Request) -> Any:
    answer = inner(request)
    if not request.headers.get("user-agent"):
        become(answer, 403, html="<html><body><h1>403 Forbidden</h1></body></html>")
    return answer


def _content_type(request: Request) -> str:
    return request.headers.get("content-type", "").lower()


@breaks("handle", "http", "scim-json-body-415", "bodies of type application/scim+json are refused",
        "medplum/medplum#4143")  # fmt: skip
def _(server: GoodServer, inner: Wrapper, request: Request) -> Any:
    if "scim+json" in _content_type(request):
        return server.refuse(request, ScimError(415, "Only application/json is understood."))
    return inner(request)


@breaks("handle", "http", "json-body-415", "bodies of type application/json are refused", "RFC7644-8.1")
def _(server: GoodServer, inner: Wrapper, request: Request) -> Any:
    if _content_type(request).startswith("application/json"):
        return server.refuse(request, ScimError(415, "Only application/scim+json is understood."))
    return inner(request)


@breaks("handle", "http", "scim-json-body-ignored", "the framework does not parse application/scim+json: an empty body",
        "MicrosoftDocs/azure-docs#12728")  # fmt: skip
def _(_: GoodServer, inner: Wrapper, request: Request) -> Any:
    return inner(replace(request, body=b"{}") if "scim+json" in _content_type(request) else request)


@breaks("handle", "http", "charset-parameter-415", "Content-Type with ;charset=utf-8 is refused",
        "MicrosoftDocs/azure-docs#116775")  # fmt: skip
def _(server: GoodServer, inner: Wrapper, request: Request) -> Any:
    if "charset" in _content_type(request):
        return server.refuse(request, ScimError(415, "The media type is not supported."))
    return inner(request)


def _not_allowed(*methods: str, kind: str) -> Wrapper:
    def dispatch(_: GoodServer, inner: Wrapper, request: Request) -> Any:
        if request.method in methods and request.path.startswith(kind):
            raise ScimError(405, f"{request.method} is not allowed.", allow="GET, POST")
        return inner(request)

    return dispatch


defect("http", "user-patch-405", "users have no PATCH", "unitycatalog/unitycatalog#423",
       dispatch=_not_allowed("PATCH", kind="/Users"))  # fmt: skip
defect("http", "group-patch-405", "groups have no PATCH", "getsentry/self-hosted#2280",
       dispatch=_not_allowed("PATCH", kind="/Groups"))  # fmt: skip
defect("http", "put-405", "nothing can be replaced", "RFC7644-3.5.1",
       dispatch=_not_allowed("PUT", kind="/"))  # fmt: skip
defect("http", "user-delete-405", "users cannot be deleted", "RFC7644-3.6",
       dispatch=_not_allowed("DELETE", kind="/Users"))  # fmt: skip
defect("http", "groups-404", "there are no groups at all", "RFC7644-3.2",
       dispatch=lambda _, inner, request: fail("No such endpoint.", status=404)
       if request.path.startswith("/Groups") else inner(request))  # fmt: skip

# ---- errors

spoils_answer(
    "errors", "html-error", "errors are HTML pages", "goauthentik/authentik#25837",
    lambda answer: become(answer, answer.status, html=f"<html><h1>Error {answer.status}</h1></html>"), when=failed,
)  # fmt: skip
spoils_answer(
    "errors", "stack-trace-in-error", "errors show a stack trace", "RFC7644-3.12",
    lambda answer: answer.payload.update(detail=_TRACE), when=failed,
)  # fmt: skip
spoils_answer(
    "errors", "error-status-number", "status in an error is a number", "RFC7644-3.12",
    lambda answer: answer.payload.update(status=answer.status), when=failed,
)  # fmt: skip
spoils_answer(
    "errors", "error-status-mismatch", "status in an error is not the HTTP status", "RFC7644-3.12",
    lambda answer: answer.payload.update(status="400" if answer.status != 400 else "500"), when=failed,
)  # fmt: skip
spoils_answer(
    "errors", "error-schemas-missing", "an error has no schemas", "RFC7644-3.12",
    lambda answer: answer.payload.pop("schemas"), when=failed,
)  # fmt: skip
spoils_answer(
    "errors", "error-without-body", "errors have no body", "RFC7644-3.12",
    lambda answer: become(answer, answer.status), when=failed,
)  # fmt: skip
spoils_answer(
    "errors", "error-own-format", "errors have a format of their own", "RFC7644-3.12",
    lambda answer: setattr(answer, "payload", {"error": {"code": answer.status, "message": "failed"}}), when=failed,
)  # fmt: skip
spoils_answer(
    "errors", "error-detail-empty", "errors have an empty detail: the admin reads nothing", "RFC7644-3.12",
    lambda answer: answer.payload.update(detail=""), when=failed,
)  # fmt: skip
spoils_answer(
    "errors", "error-as-200", "errors come with HTTP status 200", "RFC7644-3.12",
    lambda answer: setattr(answer, "status", 200),
    when=lambda request, answer: failed(request, answer) and answer.status != 401,
)  # fmt: skip
spoils_answer(
    "errors", "error-scim-type-unknown", "scimType is a word of the server's own", "RFC7644-3.12",
    lambda answer: answer.payload.update(scimType="somethingWrong"), when=failed,
)  # fmt: skip


def _unknown_id(status: int, *methods: str) -> Any:
    return {
        "spoil": lambda answer: become(answer, status, payload={} if status == 200 else answer.payload),
        "when": lambda request, answer: answer.status == 404 and request.method in methods,
    }


spoils_answer("errors", "unknown-id-500", "reading an unknown id: 500", "RFC7644-3.12",
              **_unknown_id(500, "GET"))  # fmt: skip
spoils_answer("errors", "unknown-id-400", "reading an unknown id: 400", "RFC7644-3.12",
              **_unknown_id(400, "GET"))  # fmt: skip
spoils_answer("errors", "unknown-id-200-empty", "reading an unknown id: 200 with an empty object", "RFC7644-3.12",
              **_unknown_id(200, "GET"))  # fmt: skip
spoils_answer("errors", "unknown-id-patch-200", "PATCH of an unknown id: 200", "RFC7644-3.5.2",
              **_unknown_id(200, "PATCH"))  # fmt: skip
spoils_answer("errors", "unknown-id-patch-500", "PATCH of an unknown id: 500", "RFC7644-3.12",
              **_unknown_id(500, "PATCH"))  # fmt: skip
spoils_answer("errors", "unknown-id-put-creates", "PUT of an unknown id: 201, as if it had been created",
              "RFC7644-3.5.1", **_unknown_id(201, "PUT"))  # fmt: skip
spoils_answer(
    "errors", "invalid-json-500", "a body that is not JSON: 500", "RFC7644-3.12",
    lambda answer: become(answer, 500, payload=answer.payload),
    when=lambda _, answer: (answer.payload or {}).get("scimType") == "invalidSyntax",
)  # fmt: skip
refuses_body(
    "errors", "missing-user-name-500", "a user without userName: 500", "RFC7644-3.12",
    lambda kind, body: kind == "User" and not body.get("userName"), status=500, detail="KeyError: 'userName'",
)  # fmt: skip


@breaks("accept", "errors", "missing-user-name-accepted", "a user without userName is created", "RFC7643-4.1.1")
def _(_: GoodServer, inner: Wrapper, kind: Kind, body: Any) -> Any:
    return inner(kind, body if kind is not USER or body.get("userName") else body | {"userName": "unnamed"})


# ---- auth


@breaks("authenticate", "auth", "no-auth-required", "no request needs a credential", "RFC7644-2")
def _(_: GoodServer, inner: Wrapper, request: Request) -> None:
    if "authorization" in request.headers:
        inner(request)


@breaks("authenticate", "auth", "wrong-token-accepted", "any token will do", "RFC7644-2")
def _(_: GoodServer, inner: Wrapper, request: Request) -> None:
    if "authorization" not in request.headers:
        inner(request)


@breaks("authenticate", "auth", "reads-without-auth", "reading needs no credential", "RFC7644-2")
def _(_: GoodServer, inner: Wrapper, request: Request) -> None:
    if request.method != "GET":
        inner(request)


@breaks("authenticate", "auth", "writes-without-auth", "writing needs no credential", "RFC7644-2")
def _(_: GoodServer, inner: Wrapper, request: Request) -> None:
    if request.method == "GET":
        inner(request)


@breaks("authenticate", "auth", "token-prefix-accepted", "the beginning of the token is enough", "RFC7644-2")
def _(server: GoodServer, inner: Wrapper, request: Request) -> None:
    token = request.headers.get("authorization", "").rpartition(" ")[2]
    if len(token) < 4 or not server.token.startswith(token):
        inner(request)


def _denied(_: Request, answer: Answer) -> bool:
    return answer.status == 401


spoils_answer("auth", "auth-401-without-challenge", "a 401 has no WWW-Authenticate", "RFC9110-11.6.1",
              lambda answer: answer.headers.pop("WWW-Authenticate"), when=_denied)  # fmt: skip
spoils_answer("auth", "auth-401-html", "a 401 is an HTML page", "RFC7644-3.12",
              lambda answer: become(answer, 401, html=_LOGIN), when=_denied)  # fmt: skip
spoils_answer("auth", "auth-302-login", "without a valid token: 302 to a login page", "grokability/snipe-it#14138",
              _to_login,
              when=_denied)  # fmt: skip


def _instead_of_401(status: int) -> Callable[[Answer], object]:
    return lambda answer: become(answer, status, payload={} if status == 200 else answer.payload)


for _status, _text in ((200, "an empty object"), (400, "400"), (403, "403"), (404, "404"), (500, "500")):
    spoils_answer("auth", f"auth-{_status}-instead-of-401", f"without a valid token: {_text} instead of 401",
                  "RFC7644-2", _instead_of_401(_status), when=_denied)  # fmt: skip


@breaks("handle", "auth", "auth-401-with-data", "a 401 carries the users all the same", "RFC7644-2")
def _(server: GoodServer, inner: Wrapper, request: Request) -> Any:
    answer = inner(request)
    if answer.status == 401:
        resources = [server.render(request, record) for record in server.store.all(USER)]
        answer.payload = json.loads(json.dumps(answer.payload)) | {"Resources": resources}
    return answer


@breaks("authenticate", "auth", "basic-only", "only Basic credentials are understood", "RFC7644-2")
def _(_: GoodServer, inner: Wrapper, request: Request) -> None:
    if not request.headers.get("authorization", "").lower().startswith("basic "):
        raise ScimError(401, "Basic credentials are required.")
    inner(request)
