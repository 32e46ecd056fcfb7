"""Defects of resources as they are shown, of identifiers, discovery, letter case and character encoding."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from .defects_base import (
    Wrapper,
    become,
    breaks,
    defect,
    ok,
    resources_in,
    spoils_answer,
    spoils_resource,
    spoils_stored,
)
from .good import GoodServer
from .protocol import CORE_GROUP, CORE_USER, ENTERPRISE, Answer, Data, Request
from .schema import Kind
from .store import Record

# ---- shape


def _meta(**changes: Any) -> Callable[[Data], object]:
    def spoil(resource: Data) -> None:
        for name, value in changes.items():
            if value is None:
                resource["meta"].pop(name, None)
            else:
                resource["meta"][name] = value

    return spoil


def _only_users(spoil: Callable[[Data], object]) -> Callable[[Data], object]:
    return lambda resource: spoil(resource) if CORE_USER in resource["schemas"] else None


defect("shape", "schemas-empty", "schemas is an empty array", "RFC7643-3",
       project=lambda _, inner, resource, given: inner(resource, given) | {"schemas": []})  # fmt: skip
spoils_resource("shape", "schemas-extension-unlisted", "an extension in the resource is not named in schemas",
                "RFC7643-3", lambda resource: resource.update(schemas=resource["schemas"][:1]))  # fmt: skip
spoils_resource("shape", "meta-missing", "resources have no meta", "RFC7643-3.1",
                lambda resource: resource.pop("meta"))  # fmt: skip
spoils_resource("shape", "resource-type-missing", "meta has no resourceType", "RFC7643-3.1",
                _meta(resourceType=None))  # fmt: skip
spoils_resource("shape", "resource-type-wrong", "meta.resourceType is not the name of the resource type",
                "RFC7643-3.1", _meta(resourceType="scim-resource"))  # fmt: skip
spoils_resource("shape", "meta-dates-local-format", "meta has dates in a local format", "RFC7643-2.3.5",
                _meta(created="22/11/2026 09:00", lastModified="22/11/2026 09:00"))  # fmt: skip
spoils_resource("shape", "meta-location-relative", "meta.location is a path", "RFC7643-3.1",
                lambda r: _meta(location="/" + r["meta"]["location"].split("/", 3)[3])(r))  # fmt: skip
spoils_resource("shape", "meta-location-other-host", "meta.location names an internal host", "RFC7643-3.1",
                lambda r: _meta(location=f"http://backend.internal/scim/v2/Users/{r['id']}")(r))  # fmt: skip
spoils_resource("shape", "password-returned", "users show their password", "RFC7643-4.1.1",
                _only_users(lambda resource: resource.update(password="s3cret-hash")))  # fmt: skip
spoils_resource("shape", "null-valued-entries", "multi-valued attributes have entries whose value is null",
                "pond/scimitar#170", _only_users(lambda resource: resource.update(
                    phoneNumbers=[*resource.get("phoneNumbers", []), {"type": "pager", "value": None}])))  # fmt: skip
spoils_resource("shape", "emails-as-object", "emails is one object instead of an array", "RFC7643-4.1.2",
                lambda resource: resource.update(emails=resource["emails"][0]) if "emails" in resource else None)  # fmt: skip
spoils_resource("shape", "emails-as-strings", "emails is an array of strings", "RFC7643-4.1.2",
                lambda resource: resource.update(emails=[one["value"] for one in resource["emails"]])
                if "emails" in resource else None)  # fmt: skip
spoils_resource("shape", "name-as-string", "name is a string", "RFC7643-4.1.1",
                lambda resource: resource.update(name=" ".join(resource["name"].values()))
                if "name" in resource else None)  # fmt: skip
spoils_resource("shape", "user-name-missing", "users are shown without userName", "RFC7643-4.1.1",
                lambda resource: resource.pop("userName", None))  # fmt: skip
spoils_resource("shape", "external-id-not-returned", "externalId is stored but never shown",
                "getsentry/sentry-docs#16258", lambda resource: resource.pop("externalId", None))  # fmt: skip
spoils_resource("shape", "family-name-not-returned", "name.familyName is never shown", "PostHog/posthog#42205",
                lambda resource: resource.get("name", {}).pop("familyName", None))  # fmt: skip
spoils_resource("shape", "two-primaries", "two e-mail addresses are primary", "RFC7643-2.4",
                lambda resource: resource["emails"].append({"type": "other", "value": "x@old.example", "primary": True})
                if "emails" in resource else None)  # fmt: skip
spoils_resource("shape", "extension-flattened", "enterprise attributes are shown at the top level", "RFC7643-3.3",
                lambda resource: resource.update(resource.pop(ENTERPRISE, {})))  # fmt: skip
spoils_resource("shape", "name-formatted-rebuilt", "name.formatted is the server's own composition",
                "RFC7644-3.5.1", lambda resource: resource["name"].update(
                    formatted=f"{resource['name'].get('familyName')}, {resource['name'].get('givenName')}")
                if "name" in resource else None)  # fmt: skip
spoils_answer("shape", "wrapped-in-envelope", "resources come in an envelope", "RFC7644-3.1",
              lambda answer: setattr(answer, "payload", {"data": answer.payload, "success": True}),
              when=lambda request, answer: ok(request, answer) and "id" in answer.payload)  # fmt: skip


def _capitalise(answer: Answer) -> None:
    for resource in resources_in(answer.payload):
        for name in list(resource):
            if name not in {"schemas", "id", "meta"} and not name.startswith("urn:"):
                resource[name[0].upper() + name[1:]] = resource.pop(name)


spoils_answer("shape", "capitalised-names", "attribute names begin with a capital", "RFC7643-2.1",
              _capitalise, when=ok)  # fmt: skip

# ---- ids


def _new_id(server: GoodServer, record: Record, id_: str) -> None:
    """Store a resource under another id."""
    store, data = server.store, record.data
    store._unindex(record)
    store.records[record.kind.name][id_] = store.records[record.kind.name].pop(record.id)
    record.id = id_
    store._replace(record, data)


def _rekeys() -> Wrapper:
    def wrapper(server: GoodServer, inner: Wrapper, request: Request, kind: Kind, id_: str) -> Any:
        answer: Answer = inner(request, kind, id_)
        record = server.find(kind, id_)
        _new_id(server, record, f"{id_}-2")
        return server.show(request, server.find(kind, f"{id_}-2")) if answer.payload is not None else answer

    return wrapper


defect("ids", "id-changes-on-patch", "PATCH gives the resource a new id", "RFC7643-3.1", patch=_rekeys())
defect("ids", "id-changes-on-put", "PUT gives the resource a new id", "RFC7643-3.1", replace=_rekeys())


@breaks("create", "ids", "id-client-supplied", "the client's id is taken over", "RFC7643-3.1")
def _(server: GoodServer, inner: Wrapper, request: Request, kind: Kind) -> Any:
    answer: Answer = inner(request, kind)
    wanted = json.loads(request.body or b"{}").get("id")
    if wanted:
        _new_id(server, server.find(kind, answer.payload["id"]), wanted)
        return server.show(request, server.find(kind, wanted), status=201)
    return answer


@breaks("save", "ids", "id-is-user-name", "the id is the userName, so a rename changes it", "RFC7643-3.1")
def _(server: GoodServer, inner: Wrapper, record: Record, data: Data) -> None:
    before = record.data.get(record.kind.unique)
    inner(record, data)
    if record.data.get(record.kind.unique) != before:
        _new_id(server, record, record.data[record.kind.unique])


@breaks("create", "ids", "id-used-twice", "the answer to a create has the id of somebody else", "RFC7643-3.1")
def _(server: GoodServer, inner: Wrapper, request: Request, kind: Kind) -> Any:
    answer: Answer = inner(request, kind)
    answer.payload["id"] = next(server.store.all(kind)).id
    return answer


@breaks("location", "ids", "location-leads-nowhere", "locations name an address at which nothing is", "RFC7643-3.1")
def _(_: GoodServer, inner: Wrapper, request: Request, record: Record) -> Any:
    return inner(request, record).replace("/scim/v2/", "/scim/v2/internal/")


spoils_resource("ids", "id-number", "id is a number", "RFC7643-3.1",
                lambda resource: resource.update(id=sum(resource["id"].encode())))  # fmt: skip
spoils_resource("ids", "id-missing", "resources have no id", "RFC7643-3.1",
                lambda resource: resource.update({"_id": resource.pop("id")}))  # fmt: skip
spoils_answer("ids", "id-missing-on-create", "the answer to a create has no id", "RFC7643-3.1",
              lambda answer: answer.payload.pop("id", None), when=lambda _, answer: answer.status == 201)  # fmt: skip
spoils_answer("ids", "id-missing-in-lists", "resources in lists have no id", "RFC7643-3.1",
              lambda answer: [one.pop("id") for one in answer.payload["Resources"]],
              when=lambda _, answer: "totalResults" in (answer.payload or ()))  # fmt: skip
spoils_answer("ids", "id-differs-in-lists", "lists show another id than the resource has", "RFC7643-3.1",
              lambda answer: [one.update(id=one["id"].upper()) for one in answer.payload["Resources"]],
              when=lambda request, answer: "totalResults" in (answer.payload or ())
              and request.path.startswith(("/Users", "/Groups")))  # fmt: skip

# ---- discovery


def _discovery(name: str) -> Callable[[Request, Answer], bool]:
    return lambda request, answer: request.path.startswith(f"/{name}") and ok(request, answer)


def _schema_of(urn: str, spoil: Callable[[Data], object]) -> Callable[[Answer], object]:
    def change(answer: Answer) -> None:
        for resource in resources_in(answer.payload):
            if resource["id"] == urn:
                spoil(resource)

    return change


def _without_attribute(name: str) -> Callable[[Data], object]:
    return lambda schema: schema.update(attributes=[one for one in schema["attributes"] if one["name"] != name])


def _drop_group(answer: Answer) -> None:
    answer.payload["Resources"] = [one for one in answer.payload["Resources"] if one["id"] != CORE_GROUP]
    answer.payload["totalResults"] = answer.payload["itemsPerPage"] = len(answer.payload["Resources"])


for _name in ("Schemas", "ResourceTypes"):
    _key = {"Schemas": "schemas", "ResourceTypes": "resource-types"}[_name]
    spoils_answer("discovery", f"{_key}-bare-array", f"/{_name} answers an array, no ListResponse", "RFC7644-4",
                  lambda answer: setattr(answer, "payload", answer.payload.get("Resources", [])),
                  when=_discovery(_name))  # fmt: skip
    spoils_answer("discovery", f"{_key}-404", f"there is no /{_name}", "RFC7644-4",
                  lambda answer: become(answer, 404), when=_discovery(_name))  # fmt: skip
spoils_answer("discovery", "provider-config-404", "there is no /ServiceProviderConfig", "RFC7644-4",
              lambda answer: become(answer, 404), when=_discovery("ServiceProviderConfig"))  # fmt: skip
spoils_answer("discovery", "provider-config-patch-false", "PATCH works, but is not advertised", "RFC7643-5",
              lambda answer: answer.payload["patch"].update(supported=False),
              when=_discovery("ServiceProviderConfig"))  # fmt: skip
spoils_answer("discovery", "provider-config-patch-missing", "/ServiceProviderConfig has no patch", "RFC7643-5",
              lambda answer: answer.payload.pop("patch"), when=_discovery("ServiceProviderConfig"))  # fmt: skip
spoils_answer("discovery", "provider-config-strings", "flags are strings", "RFC7643-5",
              lambda answer: answer.payload["filter"].update(supported="true"),
              when=_discovery("ServiceProviderConfig"))  # fmt: skip
spoils_answer("discovery", "schemas-null-members", "absent characteristics are null", "RFC7643-7",
              lambda answer: [attribute.update(canonicalValues=None, subAttributes=None)
                              for schema in answer.payload["Resources"] for attribute in schema["attributes"][:1]],
              when=lambda request, answer: request.path == "/Schemas" and ok(request, answer))  # fmt: skip
spoils_answer("discovery", "schemas-without-group", "/Schemas does not know groups", "RFC7643-6",
              _drop_group, when=lambda request, answer: request.path == "/Schemas" and ok(request, answer))  # fmt: skip
spoils_answer("discovery", "schemas-without-title", "/Schemas lacks an attribute that users have", "RFC7643-7",
              _schema_of(CORE_USER, _without_attribute("title")), when=_discovery("Schemas"))  # fmt: skip
spoils_answer("discovery", "schemas-without-extension-attribute", "/Schemas lacks the enterprise user's department",
              "RFC7643-7", _schema_of(ENTERPRISE, _without_attribute("department")),
              when=_discovery("Schemas"))  # fmt: skip
spoils_answer("discovery", "schemas-contradict-users", "/Schemas says that active is a string", "RFC7643-7",
              _schema_of(CORE_USER, lambda schema: [one.update(type="string") for one in schema["attributes"]
                                                    if one["name"] == "active"]),
              when=_discovery("Schemas"))  # fmt: skip
spoils_answer("discovery", "schemas-mutability-case", "characteristics are written in another case (ReadWrite)",
              "RFC7643-7", _schema_of(CORE_USER, lambda schema: [one.update(mutability="ReadWrite")
                                                                 for one in schema["attributes"]]),
              when=_discovery("Schemas"))  # fmt: skip
spoils_answer("discovery", "resource-types-unknown-extension", "a resource type names a schema that /Schemas lacks",
              "RFC7643-6", lambda answer: [
                  one.update(schemaExtensions=[{"schema": "urn:example:params:unknown:User", "required": False}])
                  for one in answer.payload["Resources"][:1]],
              when=lambda request, answer: request.path == "/ResourceTypes" and ok(request, answer))  # fmt: skip
spoils_answer("discovery", "resource-types-endpoint-missing", "a resource type has no endpoint", "RFC7643-6",
              lambda answer: [one.pop("endpoint") for one in resources_in(answer.payload)],
              when=_discovery("ResourceTypes"))  # fmt: skip
spoils_answer("discovery", "schema-by-id-404", "a schema cannot be read by its URN", "RFC7644-4",
              lambda answer: become(answer, 404),
              when=lambda request, answer: request.path.startswith("/Schemas/") and ok(request, answer))  # fmt: skip


@breaks("dispatch", "discovery", "discovery-writable", "writing to /Schemas answers 200", "RFC7644-4")
def _(_: GoodServer, inner: Wrapper, request: Request) -> Any:
    return inner(replace(request, method="GET") if request.path.startswith("/Schemas") else request)


# ---- case


def _change_text(name: str, change: Callable[[str], str]) -> Callable[[Data], object]:
    return lambda data: data.update({name: change(data[name])}) if name in data else None


spoils_stored("case", "lower-cases-user-name", "userName is stored in lower case", "PostHog/posthog#42253",
              _change_text("userName", str.lower))  # fmt: skip
spoils_stored("case", "lower-cases-display-name", "displayName is stored in lower case", "RFC7643-2.4",
              _change_text("displayName", str.lower))  # fmt: skip
spoils_stored("case", "lower-cases-external-id", "externalId is stored in lower case", "RFC7643-3.1",
              _change_text("externalId", str.lower))  # fmt: skip
spoils_stored("case", "upper-cases-type", "the type of an e-mail address is stored in upper case", "RFC7643-2.4",
              lambda data: [one.update(type=one["type"].upper()) for one in data.get("emails", ()) if "type" in one])  # fmt: skip


@breaks(
    "accept",
    "case",
    "attribute-names-case-sensitive",
    "attributes in another case are ignored",
    "RFC7643-2.1",
)
def _(_: GoodServer, inner: Wrapper, kind: Kind, body: Data) -> Any:
    return inner(kind, {key: value for key, value in body.items() if key[:1].islower()})


@breaks("apply_one", "case", "path-case-sensitive", "paths in another case change nothing", "RFC7644-3.10")
def _(_: GoodServer, inner: Wrapper, kind: Kind, data: Data, operation: Data) -> None:
    if not str(operation.get("path") or "")[:1].isupper():
        inner(kind, data, operation)


# ---- encoding


def _texts(value: Any, change: Callable[[str], str]) -> Any:
    """Every text in a JSON value but the keys, URNs and identifiers."""
    if isinstance(value, dict):
        return {k: v if k in {"$ref", "schemas", "id", "meta"} else _texts(v, change) for k, v in value.items()}
    if isinstance(value, list):
        return [_texts(one, change) for one in value]
    return change(value) if isinstance(value, str) and not value.startswith("urn:") else value


def _stores(name: str, description: str, source: str, change: Callable[[str], str]) -> None:
    spoils_stored("encoding", name, description, source, lambda data: data.update(_texts(data, change)))


_stores("strips-non-ascii", "characters outside ASCII are left out", "RFC7643-2.3.1",
        lambda text: text.encode("ascii", "ignore").decode())  # fmt: skip
_stores("question-marks", "characters outside Latin-1 become question marks", "RFC7643-2.3.1",
        lambda text: text.encode("latin-1", "replace").decode("latin-1"))  # fmt: skip
_stores("strips-accents", "accents are left out", "RFC7643-2.3.1",
        lambda text: "".join(one for one in unicodedata.normalize("NFD", text) if not unicodedata.combining(one)))  # fmt: skip
_stores("mojibake", "UTF-8 is taken for Latin-1", "RFC7644-8.1", lambda text: text.encode().decode("latin-1"))
_stores("html-escapes", "values are stored with HTML entities", "RFC7643-2.3.1",
        lambda text: text.replace("&", "&amp;").replace("'", "&#39;").replace('"', "&quot;"))  # fmt: skip
_stores("strips-apostrophes", "apostrophes are left out, against SQL injection", "RFC7643-2.3.1",
        lambda text: text.replace("'", ""))  # fmt: skip
_stores("truncates-at-20", "values are cut after 20 characters", "RFC7643-2.3.1",
        lambda text: text[:20] if " " in text else text)  # fmt: skip
_stores("collapses-spaces", "several spaces become one", "RFC7643-2.3.1", lambda text: " ".join(text.split()))
spoils_stored("encoding", "reformats-phone", "phone numbers are stored in the server's own format",
              "Entra: values are stored as sent", lambda data: [
                  one.update(value="+" + "".join(c for c in one["value"] if c.isdigit()))
                  for one in data.get("phoneNumbers", ()) if "value" in one])  # fmt: skip
spoils_answer("encoding", "invalid-utf8", "bodies are Latin-1 bytes", "RFC7644-8.1",
              lambda answer: setattr(answer, "raw", answer.body().decode().encode("latin-1", "replace")), when=ok)  # fmt: skip
spoils_answer("encoding", "byte-order-mark", "bodies begin with a byte order mark", "RFC8259-8.1",
              lambda answer: setattr(answer, "raw", b"\xef\xbb\xbf" + answer.body()), when=ok)  # fmt: skip


def _reads_query(change: Callable[[str], str]) -> Wrapper:
    def page(_: GoodServer, inner: Wrapper, request: Request, kinds: Any, given: dict[str, str]) -> Any:
        return inner(request, kinds, given | ({"filter": change(given["filter"])} if "filter" in given else {}))

    return page


defect("encoding", "plus-in-filter-as-space", "an encoded plus sign in a filter is read as a space", "RFC3986-2.4",
       page=_reads_query(lambda text: text.replace("+", " ")))  # fmt: skip
defect("encoding", "percent-decoded-twice", "a filter is percent-decoded twice", "RFC3986-2.4",
       page=_reads_query(unquote))  # fmt: skip
defect("encoding", "filter-non-ascii-misses", "filters with characters outside ASCII find nothing", "RFC7644-3.4.2.2",
       page=_reads_query(lambda text: text if text.isascii() else 'userName eq "\\u0000"'))  # fmt: skip
