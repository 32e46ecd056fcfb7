"""Every check that judges one answer by itself: an answer that passes, one that fails, and what is conformant."""

from __future__ import annotations

import importlib
import re
from dataclasses import dataclass, replace
from urllib.parse import quote

import pytest
from scim_compat.checks import registry
from scim_compat.checks.registry import NotJudged
from scim_compat.engine.capabilities import Capabilities
from scim_compat.engine.intent import (
    Observation,
    Subject,
)
from scim_compat.engine.knowledge import Knowledge
from scim_compat.scim.names import (
    ENTERPRISE,
    ERROR,
    GROUP,
    USER,
)
from scim_compat.values import MISSING
from support.answers import BASE, SCIM_JSON, SUBJECT, UNSET, error, group, listing, meta, see, user
from support.cost import calls, ends

MODULES = (
    "auth",
    "bodies",
    "discovery",
    "errors",
    "filters",
    "http",
    "lists",
    "me",
    "meta",
    "reads",
    "resource",
    "urns",
    "values",
)
registry.all_checks()
for _name in MODULES:
    importlib.import_module(f"scim_compat.checks.rules.{_name}")
CHECKS = {
    one.id: one
    for one in registry._CHECKS.values()
    if one.run.__module__ in {f"scim_compat.checks.rules.{name}" for name in MODULES}
}


# --- building blocks ----------------------------------------------------------------------------


def read(body=MISSING, **more):
    return see(
        "read",
        user() if body is MISSING and "raw" not in more and more.get("status", 200) == 200 else body,
        **more,
    )


def create(body=MISSING, **more):
    defaults = {
        "status": 201, "method": "POST", "target": "/Users", "ours": {},
        "headers": (SCIM_JSON, ("Location", f"{BASE}/Users/u1")),
        "subject": Subject(key="alice", kind="User", id=None, desired=SUBJECT.desired),
    }  # fmt: skip
    return see("create", user() if body is MISSING else body, **(defaults | more))


def match(body=MISSING, **more):
    defaults = {
        "target": "/Users?filter=userName%20eq%20%22u1%40example.com%22", "finds": ("u1",),
        "filter_path": "userName", "filter_value": "u1@example.com",
    }  # fmt: skip
    return see("match", listing(user()) if body is MISSING else body, **(defaults | more))


def probe(body=MISSING, **more):
    defaults = {
        "finds": (),
        "filter_value": "nobody",
        "subject": None,
        "target": "/Users?filter=userName%20eq%20%22nobody%22",
    }
    return match(listing() if body is MISSING else body, **(defaults | more))


def listed(body, **more):
    return see("list", body, **({"target": "/Users", "subject": None} | more))


def refused(body=MISSING, status=404, **more):
    return see(
        "read",
        error(status) if body is MISSING else body,
        status=status,
        **({"expect": "refusal", "subject": None} | more),
    )


def refused11(body=MISSING, status=404, **more):
    shown = {"Errors": [{"description": "no such user", "code": str(status)}]} if body is MISSING else body
    return refused(shown, status, **({"scim": "1.1"} | more))


def anonymous(body=MISSING, status=401, **more):
    defaults = {
        "credential": "none", "expect": "refusal", "target": "/Users", "subject": None,
        "headers": (SCIM_JSON, ("WWW-Authenticate", "Bearer")),
    }  # fmt: skip
    said = error(status) if body is MISSING and "raw" not in more and status != 204 else body
    return see("anonymous", said, status=status, **(defaults | more))


def bulk_results(status):
    return {"Operations": [{"method": "PATCH", "status": status}]}


def intact(body, **more):
    """Alice, read again after requests that were refused."""
    return see("intact", body, by="harness", subject=replace(SUBJECT, knowledge=Knowledge(answer=user())), **more)


def newcomer(body):
    """The search for u1, whom a refused request may have created."""
    asked = {"filter_path": "userName", "filter_value": "u1@example.com", "finds": ()}
    return see("intact", body, by="harness", target="/Users?filter=x", subject=None, **asked)


def shown(detail):
    return anonymous(
        error(401, detail=detail), target="/Users/u1", subject=replace(SUBJECT, knowledge=Knowledge(answer=user()))
    )


SCHEMA = {
    "id": USER,
    "attributes": [
        {"name": "userName", "type": "string", "multiValued": False, "required": True},
        {"name": "displayName", "type": "string", "multiValued": False, "caseExact": True},
        {
            "name": "emails", "type": "complex", "multiValued": True,
            "subAttributes": [{"name": "value", "type": "string", "multiValued": False}],
        },
    ],
}  # fmt: skip


def typed_emails(*more: str):
    """The schema of a user whose e-mail addresses have these members beside ``value``."""
    subs = [{"name": name, "type": "string", "multiValued": False} for name in ("value", *more)]
    return {
        "id": USER,
        "attributes": [{"name": "emails", "type": "complex", "multiValued": True, "subAttributes": subs}],
    }


EXACT = {
    "id": USER,
    "attributes": [{"name": "emails", "subAttributes": [5, {"name": "VALUE", "caseExact": True}]}],
}
RESOURCE_TYPE = {
    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"], "name": "User", "endpoint": "/Users", "schema": USER,
}  # fmt: skip
CONFIG = {
    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
    "patch": {"supported": True},
    "bulk": {"supported": False, "maxOperations": 0, "maxPayloadSize": 0},
    "filter": {"supported": True, "maxResults": 200},
    "changePassword": {"supported": False}, "sort": {"supported": False}, "etag": {"supported": False},
    "authenticationSchemes": [{"type": "oauthbearertoken", "name": "Bearer", "description": "a token"}],
}  # fmt: skip


def discover(endpoint, body=MISSING, **more):
    usual = {
        "Schemas": listing(SCHEMA),
        "ResourceTypes": listing(RESOURCE_TYPE),
        "ServiceProviderConfig": CONFIG,
    }
    defaults = {"target": f"/{endpoint}", "endpoint": endpoint, "resource": None, "subject": None}
    return see("discover", usual[endpoint] if body is MISSING else body, **(defaults | more))


def text(content, kind="text/plain", **more):
    return {"raw": content, "headers": (("Content-Type", kind),), **more}


HTML = b"<!DOCTYPE html><html><body>Sign in</body></html>"


def applies(rule, seen):
    return rule.is_for(seen) and rule.when(seen)


def failing(seen, *, but=()):
    """The ids of all checks of these modules that fail on it."""
    found = set()
    for rule in CHECKS.values():
        if applies(rule, seen):
            try:
                if list(rule.run(seen)):
                    found.add(rule.id)
            except NotJudged:
                pass
    return found - set(but)


# --- one that passes, one that fails ------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    check: str
    good: Observation
    bad: Observation
    where: str
    alone: bool = True
    """No other check fails on ``bad``: one cause, one finding."""


def emails(*entries):
    return user(emails=list(entries))


WORK = {"value": "u1@example.com", "type": "work"}
CASES = [
    # http
    Case("http.no-server-error", read(), read(error(500), status=500), "status"),
    Case("http.no-server-error", read(error(501), status=501, statuses=frozenset({501})), read(error(501), status=501), "status"),
    Case("http.no-server-error", read(), read(error(503), status=503), "status"),
    Case("http.no-redirect", read(), read(status=302, headers=(("Location", "https://login.example/?x=1"),)), "status"),
    Case("http.no-repeat-redirect", read(), read(status=308), "status"),
    Case("http.expected-status", see("raw", user(), statuses=frozenset({200})), see("raw", error(404), status=404, statuses=frozenset({200, 204})), "status"),
    Case("http.expected-status", see("raw", user()), see("raw", error(404), status=404), "status"),
    Case("http.expected-status", see("raw", error(400), status=400, expect="refusal"), see("raw", user(), expect="refusal"), "status"),
    Case("http.content-type", read(), read(headers=(("Content-Type", "text/plain"),)), "header Content-Type"),
    Case("http.content-type", read(), read(headers=(("X-Other", "1"),)), "header Content-Type"),
    Case("http.content-type", read(), read(headers=(("Content-Type", "text/html"),)), "header Content-Type"),
    Case("http.scim-media-type", read(), read(headers=(("Content-Type", "application/json"),)), "header Content-Type"),
    Case("http.charset", read(headers=(("Content-Type", 'application/scim+json; charset="UTF-8"'),)), read(headers=(("Content-Type", "application/scim+json;charset=iso-8859-1"),)), "header Content-Type"),
    Case("http.json", read(), read(problems=['An object has the key "id" more than once.']), ""),
    Case("http.json", read(), read(raw=b"{broken"), ""),
    Case("http.not-html", read(), read(**text(HTML, "text/html")), ""),
    Case("http.not-html", refused(), read(status=404, expect="refusal", subject=None, **text(b"\n <HTML>", "application/json")), ""),
    Case("http.not-html", see("anonymous", {}, status=404, expect="refusal", **text(HTML, "text/html")), read(**text(HTML, "text/html")), "", alone=False),
    Case("http.no-stack-trace", refused(), refused(error(404, detail="Traceback (most recent call last):")), ""),
    Case("http.no-body-on-204", see("patch", status=204, method="PATCH"), see("patch", user(), status=204, method="PATCH"), "", alone=False),
    Case("http.no-body-on-204", see("patch", status=204, headers=(("Content-Length", "0"),)), see("patch", status=204, headers=(("Content-Length", "12"),)), "header Content-Length"),
    Case("http.no-body-on-204", see("delete", status=204), see("delete", status=204, headers=(("Transfer-Encoding", "chunked"),)), "header Transfer-Encoding"),
    Case("http.in-time", read(ms=59_000), read(ms=61_000), ""),
    Case("http.in-time", read(ms=29_000, timeout=30), read(ms=31_000, timeout=30), ""),
    Case("http.not-truncated", read(), read(truncated=True), ""),
    # auth
    Case("auth.required", anonymous(), anonymous(listing(user()), 200), "status"),
    Case("auth.required", anonymous(listing(), 200), anonymous(status=204, method="PATCH"), "status"),
    Case("auth.required", anonymous({}, 200, method="PATCH"), anonymous(user(), 200, method="PATCH"), "status"),
    Case("auth.required", anonymous(raw=b"<html>", status=200), anonymous(user(), 200, target="/Me"), "status"),
    Case(
        "auth.required",
        anonymous(bulk_results("401"), 200, method="POST", target="/Bulk"),
        anonymous(bulk_results("200"), 200, method="POST", target="/Bulk"),
        "status",
    ),
    Case(
        "auth.wrong-token", anonymous(credential="wrong"), anonymous(listing(user()), 200, credential="wrong"), "status"
    ),
    Case("auth.near-miss", anonymous(credential="prefix"), anonymous(listing(), 200, credential="prefix"), "status"),
    Case(
        "auth.scheme",
        anonymous(credential="other-scheme"),
        anonymous(listing(), 200, credential="other-scheme"),
        "status",
    ),
    Case("auth.no-effect", intact(user()), intact(user(active=False)), "active"),
    Case("auth.no-effect", intact(user()), intact(error(404), status=404), "status"),
    Case("auth.no-effect", newcomer(listing(user("u2"))), newcomer(listing(user())), "/Resources"),
    Case(
        "discovery.endpoints-exist",
        see("follow", listing(), target="/Users?count=1", by="harness"),
        see("follow", error(404), status=404, target="/Devices?count=1", by="harness"),
        "status",
    ),
    Case("auth.status", anonymous(), anonymous(status=403), "status"),
    Case("auth.status", anonymous(status=429), anonymous(listing(), 200), "status"),
    Case("auth.status", anonymous(status=405, method="PATCH"), anonymous({}, 200, method="PATCH"), "status"),
    Case("auth.challenge", anonymous(), anonymous(headers=(SCIM_JSON,)), "header WWW-Authenticate"),
    Case("auth.no-data", anonymous(), anonymous(user()), ""),
    Case("auth.no-data", shown("alice"), shown("alice, who is u1@example.com"), ""),
    Case("auth.no-data", anonymous(listing(), 401), anonymous(listing(user())), "/Resources"),
    # resource
    Case("resource.id", read(), read(user(id=UNSET)), "/id"),
    Case("resource.id", read(), read(user(id=5)), "/id"),
    Case("resource.id", listed(listing(user())), listed(listing(user(), user(id=""))), "/Resources/1/id"),
    Case("resource.id", read(), create(user(id="bulkId:1", meta=meta(location=f"{BASE}/Users/bulkId:1")), headers=(SCIM_JSON, ("Location", f"{BASE}/Users/bulkId:1"))), "/id"),
    Case("resource.id-stable", read(), read(user("u2")), "/id"),
    Case("resource.id-unique", create(), create(ours={"u1": "other"}), "/id"),
    Case("resource.schemas", read(), read(user(schemas=UNSET)), "/schemas"),
    Case("resource.schemas", read(user(schemas=[USER.upper()])), read(user(schemas=[GROUP])), "/schemas"),
    Case("resource.schemas", read(), read(user(schemas=[USER, USER])), "/schemas"),
    Case("resource.schemas", read(), read(user(schemas=USER)), "/schemas"),
    Case("resource.schemas-extensions", read(user(schemas=[USER, ENTERPRISE], **{ENTERPRISE: {"department": "x"}})), read(user(**{ENTERPRISE: {"department": "x"}})), "/schemas"),
    Case("resource.no-duplicate-extension", read(user(schemas=[USER, ENTERPRISE], **{ENTERPRISE: {"department": "x"}})), read(user(**{f"{ENTERPRISE}:department": "x"})), f"/{ENTERPRISE}:department"),
    Case("resource.no-duplicate-extension", read(user(schemas=[USER, ENTERPRISE], **{ENTERPRISE: {"department": "x"}})), read(user(schemas=[USER, ENTERPRISE], **{ENTERPRISE: {"department": "x"}, ENTERPRISE.lower(): {"division": "y"}})), f"/{ENTERPRISE.lower()}"),
    Case("resource.resource-type", read(), read(user(meta=meta(resourceType="Users"))), "/meta/resourceType"),
    Case("resource.resource-type", read(), read(user(meta={"location": f"{BASE}/Users/u1"})), "/meta/resourceType", alone=False),
    Case("resource.meta-location", read(), read(user(meta=UNSET)), "/meta/location"),
    Case("resource.meta-location", read(user(meta=meta(location="/Users/u1"))), read(user(meta=meta(location=7))), "/meta/location", alone=False),
    Case("resource.location-absolute", read(), read(user(meta=meta(location="/Users/u1"))), "/meta/location"),
    Case("resource.dates-have-zone", read(), read(user(meta=meta(created="2026-01-31T09:30:00.5"))), "/meta/created"),
    Case("resource.dates-have-zone", read(user(meta=meta(created="2026-01-31T09:30:00.5+01:00"))), read(user(meta=meta(lastModified="2026-01-31T09:30:00"))), "/meta/lastModified"),
    Case("resource.dates-present", read(), read(user(meta={"resourceType": "User", "location": f"{BASE}/Users/u1"})), "/meta/created"),
    Case("resource.location-origin", create(), create(headers=(SCIM_JSON, ("Location", "http://10.0.0.1/v2/Users/u1"))), "header Location", alone=False),
    Case("error.unauthorized-body", anonymous(error(401)), see("anonymous", raw=b"Unauthorized", status=401, credential="none", expect="refusal", target="/Users", subject=None, headers=(("Content-Type", "text/plain"), ("WWW-Authenticate", "Bearer"))), "", alone=False),
    Case("http.allow", see("raw", error(405), status=405, method="POST", expect="refusal", headers=(SCIM_JSON, ("Allow", "GET, PUT"))), see("raw", error(405), status=405, method="POST", expect="refusal"), "header Allow"),
    Case("http.allow", see("raw", error(405), status=405, method="POST", expect="refusal", headers=(SCIM_JSON, ("Allow", ""))), see("raw", error(405), status=405, method="POST", expect="refusal", headers=(SCIM_JSON, ("Allow", "get, post"))), "header Allow"),
    Case("me.location", see("raw", user(), target="/Me", subject=None, headers=(SCIM_JSON, ("Location", f"{BASE}/Users/u1"))), see("raw", user(), target="/Me?attributes=id", subject=None), "header Location"),
    Case("me.location", see("raw", status=308, target="/Me", subject=None, headers=(("Location", "/v2/Users/u1"),), statuses=frozenset({308})), see("raw", user(), target="/Me", subject=None, headers=(SCIM_JSON, ("Location", f"{BASE}/Me/"))), "header Location"),
    Case("filter.operators-declined", match(declined=()), see("match", listing(user()), target="/Users?filter=x", declined=("co", "sw"), finds=("u1",)), "filter"),
    Case("resource.meta-location", read(user(meta=meta(location=f"{BASE}/Users/u1/?tenant=5"))), read(user(meta=meta(location=f"{BASE}/Users"))), "/meta/location"),
    Case("resource.meta-location", read(user(userName="liv@fjord.example", meta=meta(location=f"{BASE}/Users/liv@fjord.example"))), read(user(meta=meta(location=f"{BASE}/Users/somebody"))), "/meta/location"),
    Case("resource.meta-location", read(user(userName="liv dahl", meta=meta(location=f"{BASE}/Users/liv%20dahl"))), read(user(userName="liv dahl", meta=meta(location=f"{BASE}/Users/liv dahl"))), "/meta/location"),
    Case("resource.location-origin", read(user(meta=meta(location="https://SCIM.example:443/v2/Users/u1"))), read(user(meta=meta(location="http://scim.example/v2/Users/u1"))), "/meta/location"),
    Case("resource.location-header", create(), create(headers=(SCIM_JSON,)), "header Location"),
    Case("resource.location-header", create(headers=(SCIM_JSON, ("location", "/v2/Users/u1"))), create(headers=(SCIM_JSON, ("Location", f"{BASE}/Users/u2"))), "header Location"),
    Case("resource.location-resolves", see("resolve", user()), see("resolve", error(404), status=404), "status"),
    Case("resource.location-resolves", see("resolve", user()), see("resolve", user("u2")), "/id"),
    Case("resource.location-resolves", see("resolve", user()), see("resolve", [user()]), ""),
    Case("resource.meta-dates", read(), read(user(meta=meta(created=1770000000))), "/meta/created"),
    Case("resource.meta-dates", read(user(meta=meta(created="2026-01-31T09:30:00"))), read(user(meta=meta(lastModified="31.01.2026"))), "/meta/lastModified"),
    Case("resource.shape", read(), read(user(userName=UNSET)), "/userName"),
    Case("resource.shape", read(user(name=None, phoneNumbers=[])), read(user(name="Babs")), "/name"),
    Case("resource.shape", see("read", group(), resource="Group", target="/Groups/g1", subject=None), see("read", group(members={}), resource="Group", target="/Groups/g1", subject=None), "/members"),
    Case("resource.own-schema", read(capabilities=Capabilities(schemas=(SCHEMA,))), read(user(emails=[{"value": None, "type": "work", "display": "x"}], badge=5), capabilities=Capabilities(schemas=({"id": USER, "attributes": [{"name": "badge", "type": "string", "multiValued": False}]},))), "/badge", alone=False),
    Case("resource.password-absent", read(), read(user(Password="x")), "/Password"),
    Case("resource.booleans", read(user(active=None)), read(user(active="True")), "/active"),
    Case("resource.booleans", read(), read(emails(WORK | {"primary": "true"})), "/emails/0/primary"),
    Case("resource.manager-shape", read(user(schemas=[USER, ENTERPRISE], **{ENTERPRISE: {"manager": {"value": "u2"}}})), read(user(schemas=[USER, ENTERPRISE], **{ENTERPRISE: {"manager": "u2"}})), f"/{ENTERPRISE}/manager"),
    Case("resource.no-empty-entries", read(), read(emails({"type": "work", "value": None})), "/emails/0"),
    Case("resource.no-empty-entries", read(user(addresses=[{"type": "work", "country": "DE"}])), read(user(addresses=[{"type": "work", "country": ""}])), "/addresses/0"),
    Case("resource.type-unique", read(), read(emails(WORK, WORK | {"value": "b@example.com", "type": "Work"})), "/emails"),
    Case(
        "resource.type-unique",
        read(subject=replace(SUBJECT, desired={"emails": [{"value": "U2@example.com"}]})),
        read(emails({"value": "u2@example.com"}, {"value": "u2@example.com"}), subject=replace(SUBJECT, desired={"emails": [{"value": "U2@example.com"}]})),
        "/emails",
    ),
    Case("resource.one-primary", read(), read(emails(WORK | {"primary": True}, {"type": "home", "value": "b", "primary": True})), "/emails"),
    # list
    Case("list.status", match(), match(error(404), status=404), "status"),
    Case("list.status", listed(listing(user())), listed(listing(user()), status=206), "status"),
    Case("list.empty-is-200", probe(), probe(error(404), status=404), "status"),
    Case("list.shape", match(), match([user()]), ""),
    Case("list.shape", match(), match(user()), ""),
    Case("list.shape", probe(), see("match", MISSING, target="/Users", finds=(), filter_path="userName"), ""),
    Case("list.shape", match(), match(listing(user(), schemas=[USER])), "/schemas"),
    Case("list.shape", probe(listing(Resources=UNSET)), listed(listing(user(), totalResults=UNSET)), "/totalResults"),
    Case("list.integers", match(), match(listing(user(), totalResults="1")), "/totalResults"),
    Case("list.integers", match(listing(user(), totalResults=1.0)), match(listing(user(), itemsPerPage=True)), "/itemsPerPage"),
    Case("list.integers", match(listing(user(), startIndex=-3)), match(listing(user(), startIndex="-3")), "/startIndex", alone=False),
    Case("list.total", match(), match(listing(user(), totalResults=-1)), "/totalResults"),
    Case("list.start-index", match(), match(listing(user(), startIndex=-1), target="/Users?filter=x&startIndex=-1"), "/startIndex"),
    Case("list.total", match(), match(listing(user(), totalResults=0)), "/totalResults"),
    Case("list.total", listed(listing(user(), totalResults=9, startIndex=1, itemsPerPage=1)), listed(listing(user(), totalResults=9)), "/totalResults", alone=False),
    Case("list.total", listed(listing(totalResults=9), target="/Users?count=0"), listed(listing(totalResults=9, startIndex=1, itemsPerPage=0)), "/Resources"),
    Case("list.items-per-page", match(listing(user(), itemsPerPage=1)), match(listing(user(), itemsPerPage=100)), "/itemsPerPage"),
    Case("list.start-index", listed(listing(user(), totalResults=9, startIndex=3), target="/Users?startIndex=3"), listed(listing(user(), totalResults=9, startIndex=1), target="/Users?startIndex=3"), "/startIndex"),
    Case("list.start-index", listed(listing(startIndex=1, totalResults=2), target="/Users?startIndex=3"), listed(listing(user(), totalResults=9, itemsPerPage=1)), "/startIndex"),
    Case("list.count", listed(listing(user(), startIndex=1), target="/Users?count=1"), listed(listing(user(), user("u2")), target="/Users?count=1"), "/Resources"),
    Case("list.no-duplicates", listed(listing(user(), user("u2"))), listed(listing(user(), user())), "/Resources/1"),
    Case("list.excluded-attributes", see("read", group(members=[]), resource="Group", target="/Groups/g1?excludedAttributes=members", excluded_attributes=("members",), subject=None), see("read", group(members=[{"value": "u1"}]), resource="Group", target="/Groups/g1?excludedAttributes=members", excluded_attributes=("members",), subject=None), "/members"),
    Case("read.status", read(), read(error(404), status=404), "status"),
    Case("read.status", see("evaluate", user()), see("evaluate", user(), status=203), "status"),
    Case("read.resource", read(), read(listing(user())), ""),
    Case("read.resource", read(), see("read", MISSING), ""),
    Case("read.resource", read(), read(error(404)), ""),
    Case("read.resource", read(), read([user()]), ""),
    Case("read.resource", read(), read({}), ""),
    Case("read.unknown-404", refused(), refused(status=400), "status"),
    Case("read.unknown-404", refused(), see("read", user("x9"), expect="refusal", subject=None), "status"),
    # filter
    Case("filter.finds", match(), match(listing()), "/Resources"),
    Case("filter.every-resource", match(hits=2), match(listing(), hits=2), "/Resources"),
    Case("list.total", listed(listing(user(), totalResults=1, startIndex=1), target="/Users?count=2"), listed(listing(user(), totalResults=1, startIndex=1), target="/Users?count=2", more=True), "/totalResults"),
    Case("list.total", listed(listing(totalResults=2, startIndex=3), target="/Users?startIndex=3&count=2", earlier=frozenset({"u1", "u2"}), total=2), listed(listing(totalResults=4, startIndex=3), target="/Users?startIndex=3&count=2", earlier=frozenset({"u1", "u2"}), total=4), "/totalResults"),
    Case("filter.only-matches", match(), match(listing(user(), user("u2"))), "/Resources/1"),
    Case("filter.empty", probe(), probe(listing(user("x9"))), "/Resources/0"),
    Case("filter.empty", probe(), probe(listing(totalResults=3)), "/totalResults", alone=False),
    Case("filter.ignores-case", match(other_case=True, filter_value="U1@EXAMPLE.COM"), match(listing(), other_case=True, filter_value="U1@EXAMPLE.COM"), "/Resources"),
    Case("filter.hostile-value", match(hostile=True), match(listing(), hostile=True), "/Resources"),
    Case("filter.hostile-value", match(hostile=True), match(listing(user(), user("u2")), hostile=True), "/Resources/1"),
    Case("filter.hostile-value", match(hostile=True), match(error(400), status=400, hostile=True), "status"),
    # error
    Case("error.shape", refused(), refused({"message": "no"}), "/schemas"),
    Case("error.shape", refused(), see("read", status=404, expect="refusal", subject=None), ""),
    Case("error.shape", refused(), read(status=404, expect="refusal", subject=None, **text(b"no")), ""),
    Case("error.errors-array", refused11(), refused11(error(404)), "/Errors"),
    Case("error.errors-array", refused11(), refused11({"Errors": []}), "/Errors"),
    Case("error.errors-array", refused11(), refused11({"Errors": [{"code": "404"}]}), "/Errors/0/description"),
    Case("error.errors-array", refused11(), see("read", status=404, expect="refusal", subject=None, scim="1.1"), ""),
    Case("error.shape", refused(error(404, detail=None)), refused(error(404, status=UNSET)), "/status"),
    Case("error.status-matches", refused(), refused(error(400)), "/status"),
    Case("error.status-string", refused(), refused(error(404, status=404)), "/status"),
    Case("error.scim-type", create(error(409, scimType="uniqueness"), status=409, duplicate=True, expect="refusal"), create(error(409), status=409, duplicate=True, expect="refusal"), "/scimType"),
    Case("error.scim-type", refused(error(404, scimType=None)), refused(error(404, scimType="notFound")), "/scimType"),
    Case("error.scim-type", see("raw", error(400, scimType="invalidFilter"), status=400, expect="refusal", target="/Users?filter=x"), see("raw", error(400), status=400, expect="refusal", target="/Users?filter=x"), "/scimType"),
    Case("error.detail-useful", refused(), refused(error(404, detail=" ")), "/detail"),
    Case("error.media-type", refused(), refused(headers=(("Content-Type", "application/json"),)), "header Content-Type"),
    # discovery
    Case("discovery.status", discover("Schemas"), discover("Schemas", error(404), status=404), "status"),
    Case("discovery.schemas-list", discover("Schemas"), discover("Schemas", [SCHEMA]), ""),
    Case("discovery.schemas-list", discover("ResourceTypes"), discover("ResourceTypes", listing()), "/Resources"),
    Case("discovery.schema-shape", discover("Schemas"), discover("Schemas", listing(SCHEMA, {"id": "urn:x", "attributes": [{"name": "a", "type": "String", "multiValued": False}]})), "/Resources/1/attributes/0/type"),
    Case("discovery.schema-shape", discover("Schemas", SCHEMA, target=f"/Schemas/{USER}"), discover("Schemas", {"id": USER}, target=f"/Schemas/{USER}"), "/attributes"),
    Case("discovery.resource-types-shape", discover("ResourceTypes"), discover("ResourceTypes", listing({k: v for k, v in RESOURCE_TYPE.items() if k != "endpoint"})), "/Resources/0/endpoint"),
    Case("discovery.provider-config-shape", discover("ServiceProviderConfig"), discover("ServiceProviderConfig", CONFIG | {"patch": {"supported": "true"}}), "/patch/supported"),
    Case("discovery.provider-config-shape", discover("ServiceProviderConfig"), discover("ServiceProviderConfig", listing(CONFIG)), ""),
    Case("discovery.no-null", discover("Schemas"), discover("Schemas", listing(SCHEMA | {"description": None})), "/Resources/0/description"),
    Case("discovery.mapped-attributes", discover("Schemas", mapped={"User": ("userName", 'emails[value eq "x"].value', "externalId", "meta.resourceType", f"{USER}:displayName")}), discover("Schemas", mapped={"User": ("userName", "emails.type")}), "/Resources"),
    Case("discovery.mapped-attributes", discover("Schemas", listing(typed_emails("type")), mapped={"User": ('emails[type eq "work"].value',)}), discover("Schemas", listing(typed_emails()), mapped={"User": ('emails[type eq "work"].value',)}), "/Resources"),
    Case("discovery.mapped-attributes", discover("Schemas", mapped={"User": ("USERNAME",)}), discover("Schemas", mapped={"User": (f"{ENTERPRISE}:department",)}), "/Resources"),
    Case("discovery.mapped-attributes", discover("Schemas", mapped={"User": ("userName",), "Group": ("displayName",)}, capabilities=Capabilities(resource_types=(RESOURCE_TYPE,))), discover("Schemas", mapped={"Group": ("displayName",)}), "/Resources"),
    Case("discovery.patch-advertised", discover("ServiceProviderConfig"), discover("ServiceProviderConfig", CONFIG | {"patch": {"supported": False}}), "/patch/supported"),
    Case("discovery.agree", discover("ResourceTypes", capabilities=Capabilities(schemas=(SCHEMA,))), discover("ResourceTypes", listing(RESOURCE_TYPE | {"schemaExtensions": [{"schema": ENTERPRISE, "required": False}]}), capabilities=Capabilities(schemas=(SCHEMA,))), "/Resources/0/schemaExtensions/0/schema"),
    Case("discovery.agree", discover("Schemas", capabilities=Capabilities(resource_types=(RESOURCE_TYPE,))), discover("Schemas", capabilities=Capabilities(resource_types=(RESOURCE_TYPE | {"schema": GROUP},))), "/Resources"),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.check)
def test_a_good_answer_passes_and_a_bad_one_fails(case):
    rule = CHECKS[case.check]
    assert applies(rule, case.good), "the check does not even look at the good answer"
    assert list(rule.run(case.good)) == []
    assert applies(rule, case.bad), "the check does not even look at the bad answer"
    problems = list(rule.run(case.bad))
    assert [problem.where for problem in problems][:1] == [case.where]
    assert problems[0].expected is not MISSING or problems[0].message
    if case.alone:
        assert failing(case.bad) == {case.check}


def test_every_check_has_a_case():
    assert set(CHECKS) == {case.check for case in CASES}


@pytest.mark.parametrize("rule", CHECKS.values(), ids=list(CHECKS))
def test_what_every_check_says_of_itself(rule):
    assert re.fullmatch(r"[a-z]+\.[a-z0-9-]+", rule.id)
    assert rule.level in {"MUST", "SHOULD", "MAY", "CLIENT"}
    assert rule.cites or rule.level == "CLIENT", "a word of the RFC needs its section"
    for cite in rule.cites:
        assert re.fullmatch(r"RFC\d{4}-\d+(\.\d+)*|CWE-\d+", cite)
    for words in (rule.why, rule.fix):
        assert words.endswith((".", "}.")), words
        assert "  " not in words
    assert not rule.title.endswith(".")


# --- what is conformant -----------------------------------------------------------------------------

OPEN_JSON = ("http.scim-media-type", "error.media-type")
CONFORMANT = {
    "204 to PATCH": see("patch", status=204, method="PATCH"),
    "204 to DELETE": see("delete", status=204, method="DELETE"),
    "204 to DELETE with Content-Length: 0": see("delete", status=204, method="DELETE", headers=(("Content-Length", "0"),)),
    "200 and the resource to PATCH": see("patch", user(), method="PATCH"),
    "charset=utf-8": read(headers=(("Content-Type", "application/scim+json;charset=utf-8"),)),
    "application/json where it was asked for": read(headers=(("Content-Type", "application/json"),), request_headers=(("Accept", "application/json"),)),
    "an empty list without Resources": probe(listing(Resources=UNSET)),
    "an empty list with null": probe(listing(Resources=None)),
    "an empty list with paging": probe(listing(startIndex=1, itemsPerPage=0)),
    "an empty list with startIndex 0": probe(listing(startIndex=0, itemsPerPage=0)),
    "a list without paging members": match(),
    "a page the server made by itself": listed(listing(user(), totalResults=7, startIndex=1, itemsPerPage=1)),
    "pages by cursor": listed(listing(user(), totalResults=UNSET, nextCursor="abc")),
    "pages by cursor with a total": listed(listing(user(), totalResults=7, nextCursor="abc")),
    "count=0": listed(listing(totalResults=7, Resources=UNSET), target="/Users?count=0"),
    "a start beyond the end": listed(listing(totalResults=2, startIndex=1, itemsPerPage=0), target="/Users?startIndex=50&count=10"),
    "discovery without a credential": anonymous(listing(SCHEMA), 200, target="/Schemas", resource=None),
    "discovery behind the token": see("anonymous", error(401), status=401, credential="none", expect="refusal", target="/Schemas", resource=None, subject=None, headers=(SCIM_JSON, ("WWW-Authenticate", "Bearer"))),
    "401 without a body": see("anonymous", status=401, credential="none", expect="refusal", target="/Users", headers=(("WWW-Authenticate", "Basic"),)),
    "429 in the gateway's words": see("read", status=429, statuses=frozenset({429}), **text(b"slow down")),
    "attributes nobody knows": read(user(favouriteColour="red", **{"urn:example:2.0:User": {"x": 1}}, schemas=[USER, "urn:example:2.0:User"])),
    "unassigned values as null": read(user(name=None, phoneNumbers=[], displayName=None, **{ENTERPRISE: None})),
    "an extension named, but empty": read(user(schemas=[USER, ENTERPRISE])),
    "dates without a zone": read(user(meta=meta(created="2026-01-31T09:30:00.5"))),
    "no dates and no version": read(user(meta={"resourceType": "User", "location": f"{BASE}/Users/u1"})),
    "a relative Location header": create(headers=(SCIM_JSON, ("Location", "/v2/Users/u1"))),
    "an id with a slash": create(user("a/b", meta=meta(location=f"{BASE}/Users/a%2Fb")), headers=(SCIM_JSON, ("Location", f"{BASE}/Users/a%2Fb"))),
    "another name of the resource type": read(user(meta=meta(resourceType="Person")), capabilities=Capabilities(resource_types=(RESOURCE_TYPE | {"name": "Person"},))),
    "another core schema": read(user(schemas=["urn:example:User"]), capabilities=Capabilities(resource_types=(RESOURCE_TYPE | {"schema": "urn:example:User"},))),
    "projected: only what was asked for": read({"id": "u1", "userName": "u1@example.com"}, target="/Users/u1?attributes=userName"),
    "projected: a list": match(listing({"id": "u1"}), target="/Users?attributes=id&filter=x"),
    "projected against the own schema": read({"id": "u1"}, target="/Users/u1?attributes=id", capabilities=Capabilities(schemas=(SCHEMA,))),
    "members that are always returned": see("read", group(members=[{"value": "u1"}]), resource="Group", target="/Groups/g1", excluded_attributes=("members",), subject=None, capabilities=Capabilities(schemas=({"id": GROUP, "attributes": [{"name": "members", "returned": "always"}]},))),
    "two addresses of one type, both sent": read(emails(WORK, WORK | {"value": "b"}), subject=Subject("alice", "User", "u1", {"emails": [WORK, WORK | {"value": "b"}]})),
    "a second type of address the server adds": read(emails(WORK, {"type": "other", "value": "b"})),
    "410 where the profile takes it": refused(status=410, statuses=frozenset({410})),
    "304 to a conditional read": see("read", status=304, statuses=frozenset({304})),
    "an error without detail as null": refused(error(404, detail="gone", scimType=None)),
    "404 without scimType": refused(),
    "a word of its own for a wrong token": see("anonymous", error(401, scimType="invalidToken"), status=401, credential="none", expect="refusal", target="/Users", headers=(SCIM_JSON, ("WWW-Authenticate", "Bearer"))),
    "a word of its own for a wrong version": see("patch", error(412, scimType="versionMismatch"), status=412, method="PATCH", expect="refusal", statuses=frozenset({412})),
    "Allow without a method": see("raw", error(405), status=405, method="POST", expect="refusal", headers=(SCIM_JSON, ("Allow", ""))),
    "/Me is not offered": see("raw", error(501), status=501, target="/Me", expect="either", statuses=frozenset({501}), resource=None, subject=None),
    "an error in the JSON that was asked for": refused(headers=(("Content-Type", "application/json"),), request_headers=(("Accept", "application/json"),)),
    "a filter refused for its value": see("raw", error(400, scimType="invalidValue"), status=400, expect="refusal", target="/Users?filter=meta.created%20gt%20%22x%22"),
    "count=0 with startIndex 0": listed(listing(totalResults=7, startIndex=0, itemsPerPage=0), target="/Users?count=0"),
    "a filter declined as too broad": see("raw", error(400, scimType="tooMany"), status=400, expect="refusal", target="/Users?filter=x"),
    "409 to PATCH without scimType": see("patch", error(409), status=409, method="PATCH"),
    "case matters for externalId": match(listing(), other_case=True, filter_path="externalId", filter_value="X"),
    "case matters where the target says so": match(listing(), other_case=True, filter_path="displayName", filter_value="X", capabilities=Capabilities(schemas=(SCHEMA,))),
    "case matters in a part of an attribute": match(listing(), other_case=True, filter_path="emails.value", filter_value="X", capabilities=Capabilities(schemas=(EXACT,))),
    "a deleted resource is judged elsewhere": see("match", listing(user()), target="/Users?filter=x", finds=(), filter_path="userName", filter_value="u1@example.com", gone=True),
    "a disabled user is judged elsewhere": match(listing(), disabled=True),
    "a disabled user that is hidden is judged elsewhere": read(error(404), status=404, disabled=True),
    "a slow read of ours": see("read-back", user(), by="harness", ms=99_000),
    "conformant redirect": see("match", status=307, target="/Users?filter=x", finds=("u1",), filter_path="userName", headers=(("Location", "/x"),)),
    "a whole schema for a group": see("match", listing(group()), resource="Group", target="/Groups?filter=x", finds=("g1",), filter_path="displayName", filter_value="group g1", subject=None),
    "an empty body that is no SCIM resource": see("raw", {"anything": 1}, target="/Custom", resource=None, subject=None),
}  # fmt: skip


# Some clients depend on what the RFC leaves open; of the others none judges it.
MINDED = {
    "conformant redirect": ("http.no-repeat-redirect",),
    "dates without a zone": ("resource.dates-have-zone",),
    "no dates and no version": ("resource.dates-present",),
}


@pytest.mark.parametrize("name", CONFORMANT)
def test_conformant_answers_pass_every_check(name):
    assert failing(CONFORMANT[name], but=MINDED.get(name, ())) == set()


def filtered(condition, **changes):
    """A filter that the profile wants refused, and is, without scimType unless ``changes`` say so."""
    return see("raw", error(400, **changes), status=400, expect="refusal", target=f"/Users?filter={quote(condition)}")


# The word of the RFC for the very case, where it differs from the check's own.
WORDS = {
    "a full page's size on a short one": ("list.items-per-page", listed(listing(user(), startIndex=1, itemsPerPage=10)), "SHOULD"),
    "a redirect that SCIM does not name": ("http.no-redirect", read(status=303), "SHOULD"),
    "400 for an id of a wrong form": ("read.unknown-404", refused(status=400), "SHOULD"),
    "200 for an id that does not exist": ("read.unknown-404", refused(user(), 200), "MUST"),
    "403 for a resource that was deleted": ("read.unknown-404", refused(status=403, gone=True), "MUST"),
    "501 to a filter": ("http.no-server-error", match(error(501), status=501), "CLIENT"),
    "501 to a read": ("http.no-server-error", read(error(501), status=501), "MUST"),
    "500 to PATCH": ("http.no-server-error", see("patch", error(500), status=500, method="PATCH"), "MUST"),
    "an operator that does not exist, refused without scimType": ("error.scim-type", filtered('userName regex "a"'), "MUST"),
    "an order of booleans, refused without scimType": ("error.scim-type", filtered("active gt true"), "MUST"),
    "an open quote, refused without scimType": ("error.scim-type", filtered('userName eq "a'), "CLIENT"),
    "an open quote, refused by another word": ("error.scim-type", filtered('userName eq "a', scimType="noTarget"), "MUST"),
    "the type of an attribute in other letters": ("discovery.schema-shape", discover("Schemas", listing(SCHEMA | {"attributes": [{"name": "a", "type": "String", "multiValued": False}]})), "CLIENT"),
    "a type that does not exist": ("discovery.schema-shape", discover("Schemas", listing(SCHEMA | {"attributes": [{"name": "a", "type": "text", "multiValued": False}]})), "MUST"),
    "mutability in other letters": ("discovery.schema-shape", discover("Schemas", listing(SCHEMA | {"attributes": [{"name": "a", "type": "string", "multiValued": False, "mutability": "readwrite"}]})), "MUST"),
    "a filter where none is offered": ("list.status", match(error(400), status=400, capabilities=Capabilities(provider_config=CONFIG | {"filter": {"supported": False, "maxResults": 0}})), "CLIENT"),
    "a filter that finds nothing where none is offered": ("list.empty-is-200", probe(error(400), status=400, capabilities=Capabilities(provider_config=CONFIG | {"filter": {"supported": False, "maxResults": 0}})), "CLIENT"),
    "a list that would be too long": ("list.status", listed(error(400, scimType="tooMany"), status=400), "CLIENT"),
    "a list refused for no reason": ("list.status", listed(error(400), status=400), "MUST"),
    "nothing found in SCIM 1.1": ("list.empty-is-200", probe(error(404), status=404, scim="1.1"), "CLIENT"),
    "nothing found": ("list.empty-is-200", probe(error(404), status=404), "MUST"),
    "a list of SCIM 1.1 without schemas": ("list.shape", match(listing(user(), schemas=UNSET), scim="1.1"), "CLIENT"),
    "a page of SCIM 1.1 without startIndex": ("list.start-index", match(listing(user(), totalResults=5), scim="1.1"), "CLIENT"),
    "a page of SCIM 1.1 that is not called one": ("list.total", listed(listing(user(), totalResults=5), scim="1.1"), "CLIENT"),
    "a page that is not called one": ("list.total", listed(listing(user(), totalResults=5)), "MUST"),
    "an error of SCIM 1.1 without a code": ("error.errors-array", refused11({"Errors": [{"description": "no such user"}]}), "CLIENT"),
    "an error of SCIM 1.1 without words": ("error.errors-array", refused11({"Errors": [{"code": "404"}]}), "MUST"),
    "a user of SCIM 1.1 without schemas": ("resource.schemas", read(user(schemas=UNSET), scim="1.1"), "CLIENT"),
    "bare values in SCIM 1.1": ("resource.shape", read(user(emails=["u1@example.com"]), scim="1.1"), "CLIENT"),
    "a bare address in SCIM 1.1": ("resource.shape", read(user(addresses=["Quay 1"]), scim="1.1"), "MUST"),
    "bare values": ("resource.shape", read(user(emails=["u1@example.com"])), "MUST"),
    "a resource type in other letters": ("discovery.resource-types-shape", discover("ResourceTypes", listing({k.upper() if k == "name" else k: v for k, v in RESOURCE_TYPE.items()})), "CLIENT"),
    "501 to bulk": ("http.no-server-error", see("bulk", error(501), status=501, method="POST", target="/Bulk"), "CLIENT"),
    "a relative location": ("resource.location-absolute", read(user(meta=meta(location="/v2/Users/u1"))), "SHOULD"),
    "a location that is no address": ("resource.meta-location", read(user(meta=meta(location="urn:uuid:u1"))), "MUST"),
    "a location by another name": ("resource.meta-location", read(user(meta=meta(location=f"{BASE}/Users/employee-17"))), "CLIENT"),
    "userName in other letters": ("resource.shape", read(user(userName=UNSET, username="u1@example.com")), "CLIENT"),
    "no userName": ("resource.shape", read(user(userName=UNSET)), "MUST"),
}  # fmt: skip


@pytest.mark.parametrize("name", WORDS)
def test_the_word_of_the_rfc_for_the_case(name):
    check, seen, word = WORDS[name]
    rule = CHECKS[check]
    assert applies(rule, seen)
    assert {problem.level or rule.level for problem in rule.run(seen)} == {word}


@pytest.mark.parametrize("action", ["patch", "replace", "raw"])
def test_that_an_operation_is_not_offered_is_told_once(action):
    """By the rule that says what a refusal means to this client: it may be less than an outage."""
    seen = see(action, error(501), status=501, method="PATCH")
    assert list(CHECKS["http.no-server-error"].run(seen)) == []
    told = registry.all_checks()["http.expected-status" if action == "raw" else "patch.status"]
    assert [problem.actual for problem in told.run(seen)] == [501]
    assert [problem.actual for problem in CHECKS["http.no-server-error"].run(see(action, status=500))] == [500]


def test_scim_1_1_answers_are_not_held_to_2_0():
    body = {
        "totalResults": 1,
        "schemas": ["urn:scim:schemas:core:1.0"],
        "Resources": [{"id": "u1", "userName": "u1@example.com", "schemas": ["urn:scim:schemas:core:1.0"]}],
    }
    seen = match(body, scim="1.1", headers=(("Content-Type", "application/json"),))
    assert failing(seen) == set()
    assert failing(match(body | {"Resources": []}, scim="1.1")) == {"filter.finds", "list.total"}


def test_the_answer_to_a_delete_is_no_resource():
    body = {"deleted": True}
    assert not {name for name in failing(see("delete", body, method="DELETE")) if CHECKS[name].area == "resource"}
    assert {name for name in failing(see("read", body)) if CHECKS[name].area == "resource"}


# --- what cannot be judged, what stays secret ---------------------------------------------------


@pytest.mark.parametrize(
    ("check", "seen", "reason"),
    [
        ("resource.own-schema", read(), "publishes no /Schemas"),
        (
            "resource.own-schema",
            read(capabilities=Capabilities(schemas=({"id": GROUP},))),
            "no schema for User",
        ),
        ("list.status", see("match", status=308, target="/Users", finds=("u1",)), "no redirect is followed"),
        ("list.empty-is-200", see("match", status=307, target="/Users", finds=()), "no redirect is followed"),
        ("read.status", see("read", status=307), "no redirect is followed"),
        (
            "filter.ignores-case",
            match(listing(), other_case=True, filter_path="externalId"),
            "caseExact",
        ),
        *(
            (
                check,
                match(listing(), **{trait: True}, subject=replace(SUBJECT, knowledge=Knowledge(answer=user(**shown)))),
                "does not show",
            )
            for check, trait in (("filter.ignores-case", "other_case"), ("filter.hostile-value", "hostile"))
            for shown in ({"userName": "another@example.com"}, {"userName": UNSET})
        ),
        ("filter.hostile-value", match(listing(), hostile=True, control=False), "a plain value is not found either"),
        ("filter.hostile-value", match(error(400), status=400, hostile=True, control=False), "not found either"),
        ("discovery.agree", discover("ResourceTypes"), "does not answer on both"),
        ("discovery.mapped-attributes", discover("Schemas"), "maps no attribute"),
    ],
)
def test_what_cannot_be_judged_says_why(check, seen, reason):
    rule = CHECKS[check]
    assert applies(rule, seen)
    with pytest.raises(NotJudged, match=reason):
        list(rule.run(seen))


def test_nothing_of_other_people_gets_into_a_problem():
    secret = "real.person@customer.example"
    stranger = {
        "schemas": [f"urn:{secret}"], "id": secret, "userName": secret, "name": secret, "password": secret,
        "active": secret, "emails": [{"value": [secret], "primary": secret}, secret], "title": [secret],
        "meta": {"location": secret, "created": secret, "resourceType": secret},
        ENTERPRISE: {"manager": secret},
    }  # fmt: skip
    answers = [
        match(listing(user(), stranger, stranger)),
        match(listing(stranger), hostile=True),
        probe(listing(stranger)),
        listed(listing(stranger, stranger, totalResults=1), target="/Users?count=1"),
        read(stranger),
        see("resolve", stranger),
        anonymous(listing(stranger)),
        anonymous(stranger, 200),
        see("read", group(members=[{"value": secret}]) | {"id": secret}, resource="Group", target="/Groups/g1", excluded_attributes=("members",), subject=None, capabilities=Capabilities(schemas=({"id": GROUP, "attributes": [{"name": "displayName", "type": "integer"}]},))),
    ]  # fmt: skip
    count = 0
    for seen in answers:
        for rule in CHECKS.values():
            if applies(rule, seen):
                try:
                    problems = list(rule.run(seen))
                except NotJudged:
                    continue
                count += len(problems)
                assert secret not in repr(problems), rule.id
    assert count > 20, "the answers are broken enough to make many checks speak"


@pytest.mark.parametrize(
    ("value", "path", "words"),
    [
        ("x", "userName", "Its userName is another one."),
        ("x", "externalId", "It shows no externalId."),
    ],
)
def test_a_stray_hit_is_described_without_its_data(value, path, words):
    seen = match(listing(user(), user("u2")), filter_value=value, filter_path=path)
    (problem,) = CHECKS["filter.only-matches"].run(seen)
    assert problem.message.startswith(words)
    assert problem.actual == "another resource of this run"


def test_a_second_account_of_the_name_is_a_hit_if_it_is_ours():
    """It should not have been let in, which create.duplicate-refused tells; the filter is right to find both."""
    asked = {"filter_value": "u2@example.com", "filter_path": "userName"}
    assert list(CHECKS["filter.only-matches"].run(match(listing(user(), user("u2")), **asked))) == []
    stranger = user("u2") | {"id": "not-ours"}
    (problem,) = CHECKS["filter.only-matches"].run(match(listing(user(), stranger), **asked))
    assert problem.message.startswith("It has the value that was asked for")
    assert problem.actual == "a resource this run did not create"


def test_case_matters_for_no_user_name_whatever_the_target_says():
    exact = {"id": USER, "attributes": [{"name": "userName", "caseExact": True}]}
    seen = match(listing(), other_case=True, capabilities=Capabilities(schemas=(exact,)))
    assert failing(seen) == {"filter.ignores-case"}


def test_a_check_stops_after_a_few_problems():
    crowd = [user(f"c{n}", active="yes") for n in range(50)]
    seen = listed(listing(*crowd), ours={f"c{n}": "x" for n in range(50)})
    assert len(list(CHECKS["resource.booleans"].run(seen))) == 5


def test_a_long_list_is_judged_in_bounded_time():
    def crowd(size):
        return listed(listing(*(user(f"c{n}") for n in range(size))), ours={f"c{n}": "x" for n in range(size)})

    few, many = crowd(250), crowd(2500)
    assert failing(few) == failing(many) == set()
    assert calls(lambda: failing(many)) < 12 * calls(lambda: failing(few))


TRACES = {
    "Python": 'File "/srv/app/views.py", line 12, in post',
    "Java": "at com.acme.scim.UserResource.create(UserResource.java:42)",
    "Java exception": "java.lang.NullPointerException",
    ".NET": "at Acme.Scim.Users.Post(User u) in C:\\src\\Users.cs:line 12",
    ".NET exception": "System.NullReferenceException: Object reference not set",
    "Node.js": "at Object.post (/srv/app/node_modules/x/index.js:10:5)",
    "PHP": "PHP Fatal error:  Uncaught Error in /var/www/scim.php",
    "Ruby": "/app/models/user.rb:12:in `save'",
    "Go": "panic: runtime error: index out of range",
    "SQL": "SQLSTATE[23000]: Integrity constraint violation",
    "Oracle": "ORA-00001: unique constraint violated",
}


@pytest.mark.parametrize("kind", TRACES)
def test_traces_of_many_kinds_are_seen_and_not_repeated(kind):
    seen = refused(error(400, detail=TRACES[kind]), status=400)
    (problem,) = CHECKS["http.no-stack-trace"].run(seen)
    assert kind.split()[0] in problem.actual or kind == "Oracle"
    assert TRACES[kind][:12] not in repr(problem)


@pytest.mark.parametrize(
    "words",
    [
        "userName is taken",
        "The value at emails[0].value (line 3) is not valid",
        "Look at https://docs.example/errors.html",
        "No user at that line: 5",
    ],
)
def test_plain_messages_are_no_traces(words):
    assert list(CHECKS["http.no-stack-trace"].run(refused(error(400, detail=words), status=400))) == []


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({}, ""),
        ({"control": True, "culprits": ("a quote", "emoji")}, "A plain value is found by the same query; one with a quote or emoji is not."),
        ({"control": True, "filter_value": "R&D 🚢"}, "A plain value is found by the same query; this one, with other punctuation and emoji, is not."),
    ],
)  # fmt: skip
def test_a_hostile_value_that_is_not_found_is_blamed_on_its_part(query, message):
    rule = CHECKS["filter.hostile-value"]
    for seen in (match(listing(), hostile=True, **query), match(error(400), status=400, hostile=True, **query)):
        assert next(iter(rule.run(seen))).message == message


def test_hostile_error_bodies_cost_little():
    rule = CHECKS["http.no-stack-trace"]
    for unit in (b"at ", b"at a.b(", b"#1 a", b"a" * 50 + b".", b"java.a", b'File "', b"Uncaught a"):
        seen = see("read", status=400, **text(unit * (60_000 // len(unit))))
        with ends():
            assert list(rule.run(seen)) == []


ODD = [None, 5, 1.5, True, "text", [], {}, [[]], [None], {"Resources": 5, "totalResults": {}}, {"Resources": [None, 5, [], {}]}, {"schemas": 5, "id": {}, "meta": [], "emails": {}, "members": [5]}, {"schemas": [ERROR], "status": [], "scimType": {}, "detail": 5}, {"schemas": [USER, [], {}], "id": "u1", "active": {}, "meta": {"resourceType": {}, "location": [], "created": {}}, "emails": [{"value": {}, "type": {}, "primary": []}, {}], "addresses": [[]], ENTERPRISE: {"manager": [], "department": {}}}, {ENTERPRISE: [], "urn:x": "y", "emails": [[], {"type": []}]}]  # fmt: skip


STATUSES = (200, 201, 204, 302, 400, 401, 409, 500)
TARGETS = ("/Users?filter=x&count=x&startIndex=", "/Users/u1", "/Schemas", "/", "")


@pytest.mark.parametrize("body", ODD, ids=repr)
def test_odd_bodies_raise_nothing(body, thorough):
    odd_capabilities = Capabilities(
        provider_config={},
        resource_types=({}, {"endpoint": 5, "schema": 7, "schemaExtensions": 5}),
        schemas=({"id": USER, "attributes": [5]}, {}),
    )
    ran = 0
    for action in (
        "match",
        "read",
        "create",
        "patch",
        "raw",
        "evaluate",
        "read-back",
        "look-up",
        "resolve",
        "anonymous",
        "discover",
    ):
        for place, status in enumerate(STATUSES):
            for target in TARGETS if thorough else TARGETS[place % len(TARGETS) :][:1]:
                seen = see(
                    action,
                    body,
                    status=status,
                    target=target,
                    capabilities=odd_capabilities,
                    finds=("u1",),
                    filter_path='emails[type eq "work"].value',
                    endpoint={"discover": "Schemas"}.get(action, ""),
                    excluded_attributes=("members", ""),
                    mapped={"User": ("", "a.b.c"), "Role": ("x",)},
                )
                failing(seen)
                ran += 1
    assert ran == 11 * len(STATUSES) * (len(TARGETS) if thorough else 1)
