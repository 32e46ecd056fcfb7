"""Defects of the SCIM 1.1 server that show in answers: credentials, errors, discovery, lists, filters, shapes."""

from __future__ import annotations

from typing import Any

from .defects11_base import become, breaks, defect, spoils_answer, spoils_resource, without
from .defects_base import Wrapper, failed, is_list
from .good11 import GoodServer11
from .protocol import SCIM_JSON, Answer, Data, Request, ScimError
from .schema import GROUP, Kind
from .schema11 import ENTERPRISE, OKTA_CONFIG

SCIM2_USER = "urn:ietf:params:scim:schemas:core:2.0:User"
SCIM2_LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
SCIM2_ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


def _ok(_: Request, answer: Answer) -> bool:
    return answer.status < 300 and answer.payload is not None


def _refused(_: Request, answer: Answer) -> bool:
    return answer.status == 401


def _unknown(request: Request, answer: Answer) -> bool:
    return answer.status == 404 and request.method == "GET"


# ---- HTTP and credentials

spoils_answer("http", "content-type-html", "JSON is sent as text/html", "SCIM11-API-3.6",
              lambda answer: answer.headers.update({"Content-Type": "text/html"}), when=_ok)  # fmt: skip


@breaks("handle", "http", "scim-json-only", "bodies must be application/scim+json", "okta-scim-11")
def _(_: GoodServer11, inner: Wrapper, request: Request) -> Any:
    if request.body and not request.headers.get("content-type", "").startswith(SCIM_JSON):
        answer = Answer(415, {"Errors": [{"description": "Unsupported media type", "code": "415"}]})
        answer.headers["Content-Type"] = "application/json"
        return answer
    return inner(request)


defect("auth", "no-authentication", "any credential is accepted", "SCIM11-API-2",
       authenticate=lambda _, __, ___: None)  # fmt: skip


@breaks("authenticate", "auth", "basic-any-password", "Basic is accepted with any password", "SCIM11-API-2")
def _(_: GoodServer11, inner: Wrapper, request: Request) -> None:
    if not request.headers.get("authorization", "").lower().startswith("basic "):
        inner(request)


@breaks("authenticate", "auth", "bearer-case-sensitive", "the scheme must be spelled Bearer", "RFC9110-11.1")
def _(_: GoodServer11, inner: Wrapper, request: Request) -> None:
    if request.headers.get("authorization", "").startswith("bearer "):
        raise ScimError(401, "No such scheme.")
    inner(request)


spoils_answer("auth", "unauthorized-403", "a wrong credential is answered with 403", "okta-scim-11",
              lambda answer: setattr(answer, "status", 403), when=_refused)  # fmt: skip
spoils_answer("auth", "unauthorized-empty-list", "a wrong credential is answered with an empty list", "SCIM11-API-2",
              lambda answer: become(answer, 200, payload={"totalResults": 0, "Resources": []}),
              when=_refused)  # fmt: skip
spoils_answer("auth", "unauthorized-without-challenge", "a 401 has no WWW-Authenticate", "RFC9110-15.5.2",
              lambda answer: answer.headers.pop("WWW-Authenticate"), when=_refused)  # fmt: skip

# ---- errors

spoils_answer("errors", "errors-of-scim-2", "errors have the shape of SCIM 2.0", "SCIM11-API-3.9",
              lambda answer: become(answer, answer.status, payload={
                  "schemas": [SCIM2_ERROR], "status": str(answer.status), "detail": "failed"}),
              when=failed)  # fmt: skip
spoils_answer("errors", "errors-empty", "Errors is an empty array", "SCIM11-API-3.9",
              lambda answer: answer.payload.update(Errors=[]), when=failed)  # fmt: skip
spoils_answer("errors", "errors-is-object", "Errors is one object, not an array", "SCIM11-API-3.9",
              lambda answer: answer.payload.update(Errors=answer.payload["Errors"][0]), when=failed)  # fmt: skip
spoils_answer("errors", "error-code-missing", "errors have no code", "SCIM11-API-3.9",
              lambda answer: answer.payload["Errors"][0].pop("code"), when=failed)  # fmt: skip
spoils_answer("errors", "error-code-wrong", "the code of an error is another than the status", "SCIM11-API-3.9",
              lambda answer: answer.payload["Errors"][0].update(code="999"), when=failed)  # fmt: skip
spoils_answer("errors", "error-description-empty", "errors say nothing", "SCIM11-API-3.9",
              lambda answer: answer.payload["Errors"][0].update(description=""), when=failed)  # fmt: skip
spoils_answer("errors", "not-found-without-detail", "a 404 has no detail", "okta-spec-11-10",
              lambda answer: answer.payload.pop("detail"), when=_unknown)  # fmt: skip
spoils_answer("errors", "not-found-html", "a 404 is an HTML page", "SCIM11-API-3.9",
              lambda answer: become(answer, 404, html="<h1>Not Found</h1>"), when=_unknown)  # fmt: skip
spoils_answer("errors", "not-found-500", "an unknown id is answered with 500", "SCIM11-API-3.9",
              lambda answer: setattr(answer, "status", 500), when=_unknown)  # fmt: skip
spoils_answer("errors", "not-found-200", "an unknown id is answered with 200 and an empty object", "okta-spec-11-10",
              lambda answer: become(answer, 200, payload={}), when=_unknown)  # fmt: skip


@breaks("handle", "errors", "bad-json-500", "a body that is not JSON is answered with 500", "SCIM11-API-3.9")
def _(_: GoodServer11, inner: Wrapper, request: Request) -> Any:
    answer = inner(request)
    if answer.status == 400 and "JSON" in answer.payload["detail"]:
        become(answer, 500, html="Traceback (most recent call last)")
    return answer


# ---- discovery


def _at(*paths: str) -> Any:
    return lambda request, answer: request.path in paths and _ok(request, answer)


_CONFIG = _at("/ServiceProviderConfigs")
spoils_answer("discovery", "config-missing", "there is no /ServiceProviderConfigs", "okta-spec-11-1",
              lambda answer: become(answer, 404, html="<h1>Not Found</h1>"), when=_CONFIG)  # fmt: skip
spoils_answer("discovery", "config-of-scim-2", "the provider configuration has the URN of SCIM 2.0", "okta-spec-11-1",
              lambda answer: answer.payload.update(
                  schemas=["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"]), when=_CONFIG)  # fmt: skip
spoils_answer("discovery", "config-without-schemes", "the provider configuration has no authenticationSchemes",
              "okta-spec-11-1", lambda answer: answer.payload.pop("authenticationSchemes"), when=_CONFIG)  # fmt: skip
spoils_answer("discovery", "config-flat", "the features are booleans, not objects", "SCIM11-CORE",
              lambda answer: answer.payload.update(patch=True, filter=True), when=_CONFIG)  # fmt: skip
spoils_answer("discovery", "config-without-capabilities", "the on-premises agent finds no capabilities",
              "okta-scim-11", lambda answer: answer.payload.pop(OKTA_CONFIG), when=_CONFIG)  # fmt: skip


@breaks("discover", "discovery", "schemas-missing", "there is no /Schemas", "okta-spec-11-5")
def _(_: GoodServer11, inner: Wrapper, request: Request, name: str, *rest: str) -> Any:
    if name == "Schemas":
        raise ScimError(404, "There is no such endpoint.")
    return inner(request, name, *rest)


spoils_answer("discovery", "schema-without-attributes", "a schema has no attributes", "SCIM11-CORE",
              lambda answer: answer.payload.pop("attributes"), when=_at("/Schemas/Users"))  # fmt: skip


@breaks("dispatch", "discovery", "config-takes-post", "/ServiceProviderConfigs takes any method", "okta-spec-11-2")
def _(server: GoodServer11, inner: Wrapper, request: Request) -> Any:
    if request.path == "/ServiceProviderConfigs":
        return server.discover(request, "ServiceProviderConfigs")
    return inner(request)


# ---- lists


def _empty(request: Request, answer: Answer) -> bool:
    return is_list(request, answer) and not answer.payload["Resources"]


spoils_answer("list", "list-of-scim-2", "lists have the URN of SCIM 2.0", "okta-spec-11-7",
              lambda answer: answer.payload.update(schemas=[SCIM2_LIST]), when=is_list)  # fmt: skip
spoils_answer("list", "list-is-array", "a list is a bare array", "okta-scim-11",
              lambda answer: setattr(answer, "payload", answer.payload["Resources"]), when=is_list)  # fmt: skip
spoils_answer("list", "list-lower-case-keys", "the keys of a list are in lower case", "okta-scim-11",
              lambda answer: setattr(answer, "payload", {k.lower(): v for k, v in answer.payload.items()}),
              when=is_list)  # fmt: skip
spoils_answer("list", "list-numbers-as-strings", "the numbers of a list are strings", "okta-scim-11",
              lambda answer: answer.payload.update(
                  {k: str(v) for k, v in answer.payload.items() if isinstance(v, int)}), when=is_list)  # fmt: skip
spoils_answer("list", "empty-list-resources-missing", "an empty list has no Resources", "okta-scim-11",
              lambda answer: answer.payload.pop("Resources"), when=_empty)  # fmt: skip
spoils_answer("list", "empty-list-resources-null", "Resources of an empty list is null", "okta-scim-11",
              lambda answer: answer.payload.update(Resources=None), when=_empty)  # fmt: skip
spoils_answer("list", "empty-list-404", "an empty list is answered with 404", "okta-spec-11-9",
              lambda answer: become(answer, 404, payload={"Errors": [{"description": "none", "code": "404"}]}),
              when=_empty)  # fmt: skip
spoils_answer("list", "total-is-page-size", "totalResults is the size of the page", "SCIM11-API-3.2.2.3",
              lambda answer: answer.payload.update(totalResults=len(answer.payload["Resources"])),
              when=is_list)  # fmt: skip


def _asks(name: str, description: str, source: str, **wrong: Any) -> None:
    """Paging parameters are misread."""

    def page(_: GoodServer11, inner: Wrapper, request: Request, kinds: Any, given: Data) -> Any:
        return inner(request, kinds, given | {key: change(given) for key, change in wrong.items()})

    defect("list", name, description, source, page=page)


_asks("start-index-from-zero", "startIndex counts from 0", "SCIM11-API-3.2.2.3",
      startIndex=lambda given: str(int(given.get("startIndex", "0")) + 1))  # fmt: skip
_asks("start-index-ignored", "every page is the first", "SCIM11-API-3.2.2.3", startIndex=lambda _: "1")
_asks("count-ignored", "count is ignored", "SCIM11-API-3.2.2.3", count=lambda _: "1000")


@breaks("page", "list", "items-per-page-echoed", "itemsPerPage is the count that was asked for", "ory/polis#4054")
def _(_: GoodServer11, inner: Wrapper, request: Request, kinds: Any, given: Data) -> Any:
    answer = inner(request, kinds, given)
    answer.payload["itemsPerPage"] = int(given.get("count", "100"))
    return answer


@breaks("select", "list", "order-changes", "every request gets another order", "okta-scim-11")
def _(server: GoodServer11, inner: Wrapper, request: Request, kind: Kind, text: str | None) -> Any:
    server.memory["turn"] = not server.memory.get("turn", True)
    found = inner(request, kind, text)
    return found[::-1] if server.memory["turn"] else found


@breaks(
    "select", "list", "disabled-hidden-from-list", "lists leave out disabled users", "better-auth/better-auth#11111"
)
def _(_: GoodServer11, inner: Wrapper, request: Request, kind: Kind, text: str | None) -> Any:
    return [one for one in inner(request, kind, text) if text is not None or one.get("active") is not False]


# ---- filters


@breaks("select", "filter", "filter-ignored", "a filter finds everybody", "SCIM11-API-3.2.2.1")
def _(_: GoodServer11, inner: Wrapper, request: Request, kind: Kind, text: str | None) -> Any:
    return inner(request, kind, None if text and " eq " in text else text)


@breaks("select", "filter", "filter-case-sensitive", "userName is compared in exact case", "zulip/zulip#21758")
def _(_: GoodServer11, inner: Wrapper, request: Request, kind: Kind, text: str | None) -> Any:
    found = inner(request, kind, text)
    return [one for one in found if text is None or one.get("userName", "") in text]


@breaks("select", "filter", "filter-hides-disabled", "a filter does not find disabled users",
        "better-auth/better-auth#11111")  # fmt: skip
def _(_: GoodServer11, inner: Wrapper, request: Request, kind: Kind, text: str | None) -> Any:
    return [one for one in inner(request, kind, text) if text is None or one.get("active") is not False]


@breaks("parse_filter", "filter", "filter-on-groups-400", "groups cannot be filtered", "okta-scim-11")
def _(_: GoodServer11, inner: Wrapper, text: str, kind: Kind) -> Any:
    if kind.name == GROUP.name:
        raise ScimError(400, "Groups cannot be filtered.")
    return inner(text, kind)


@breaks("select", "filter", "bad-filter-200", "a filter without an operator finds everybody", "okta-spec-11-15")
def _(_: GoodServer11, inner: Wrapper, request: Request, kind: Kind, text: str | None) -> Any:
    return inner(request, kind, text if text is None or " " in text else None)


@breaks("handle", "filter", "filter-plus-as-it-is", "a plus sign in a query is not a space", "okta-scim-11")
def _(_: GoodServer11, inner: Wrapper, request: Request) -> Any:
    if "+" in request.query:
        return Answer(400, {"Errors": [{"description": "bad filter", "code": "400"}], "detail": "bad filter"},
                      {"Content-Type": "application/json"})  # fmt: skip
    return inner(request)


@breaks("select", "filter", "filter-with-paging-finds-nobody", "a filter beside startIndex and count finds nobody",
        "okta-scim-11")  # fmt: skip
def _(_: GoodServer11, inner: Wrapper, request: Request, kind: Kind, text: str | None) -> Any:
    return [] if text and "count" in request.parameters else inner(request, kind, text)


# ---- shapes

spoils_resource("shape", "user-of-scim-2", "users have the URN of SCIM 2.0", "okta-spec-11-7",
                lambda one: one.update(schemas=[SCIM2_USER]) if "userName" in one else None)  # fmt: skip
spoils_resource("shape", "schemas-missing-in-resource", "resources have no schemas", "SCIM11-CORE",
                lambda one: one.pop("schemas"))  # fmt: skip
spoils_resource("shape", "enterprise-urn-not-listed", "schemas leaves out the enterprise extension", "SCIM11-CORE",
                lambda one: one.update(schemas=one["schemas"][:1]))  # fmt: skip
spoils_resource("shape", "id-number", "ids are numbers", "SCIM11-CORE",
                lambda one: one.update(id=int(one["id"].replace("-", ""), 16) % 10**9))  # fmt: skip
spoils_resource("shape", "active-string", "active is a string", "SCIM11-CORE",
                lambda one: one.update(active=str(one["active"]).lower()) if "active" in one else None)  # fmt: skip
spoils_resource("shape", "active-missing", "users have no active", "okta-spec-11-7",
                lambda one: one.pop("active", None))  # fmt: skip
spoils_resource("shape", "emails-object", "emails is one object", "SCIM11-CORE",
                lambda one: one.update(emails=one["emails"][0]) if "emails" in one else None)  # fmt: skip
spoils_resource("shape", "emails-strings", "emails are plain strings", "SCIM11-CORE",
                lambda one: one.update(emails=[e["value"] for e in one["emails"]])
                if "emails" in one else None)  # fmt: skip
spoils_resource("shape", "meta-missing", "resources have no meta", "okta-scim-11",
                lambda one: one.pop("meta", None))  # fmt: skip
spoils_resource("shape", "location-other-host", "meta.location names an internal host", "SCIM11-CORE",
                lambda one: one.get("meta", {}).update(location="http://backend.internal/Users/1"))  # fmt: skip
spoils_resource("shape", "created-no-date", "meta.created is a number", "SCIM11-CORE",
                lambda one: one.get("meta", {}).update(created=1772442000))  # fmt: skip
spoils_resource("shape", "name-flat", "the parts of the name are at the top level", "okta-spec-11-7",
                lambda one: one.update(one.pop("name", {})))  # fmt: skip
spoils_resource("shape", "enterprise-flat", "enterprise attributes are at the top level", "SCIM11-CORE",
                lambda one: one.update(one.pop(ENTERPRISE, {})))  # fmt: skip
spoils_resource("shape", "password-returned", "users show a password", "SCIM11-CORE",
                lambda one: one.update(password="********") if "userName" in one else None)  # fmt: skip
spoils_resource("shape", "members-strings", "members are plain ids", "SCIM11-CORE",
                lambda one: one.update(members=[m["value"] for m in one["members"]])
                if "members" in one else None)  # fmt: skip


@breaks("derive_user", "shape", "groups-not-derived", "users do not show their groups", "SCIM11-CORE")
def _(_: GoodServer11, inner: Wrapper, request: Request, record: Any, data: Data) -> None:
    inner(request, record, data)
    data.pop("groups", None)


@breaks("page", "shape", "list-shows-less", "lists leave out emails and active", "okta-spec-11-7")
def _(_: GoodServer11, inner: Wrapper, request: Request, kinds: Any, given: Data) -> Any:
    answer = inner(request, kinds, given)
    answer.payload["Resources"] = [without(one, "emails", "active") for one in answer.payload["Resources"]]
    return answer
