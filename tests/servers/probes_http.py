"""Probes of transport, errors, authentication, shape, ids, discovery, case and encoding."""

from __future__ import annotations

import json
import re
import urllib.parse
from datetime import datetime

from .probing import Client, entry, full_user, sees
from .protocol import CORE_GROUP, CORE_USER, ENTERPRISE, FJORD, Data

SCIM = {"Content-Type": "application/scim+json; charset=utf-8"}


@sees("content-type-text-html", "content-type-json", "content-type-missing", "charset-wrong", "truncated-json",
      "trailing-comma-json", "duplicate-json-keys", "byte-order-mark", "invalid-utf8", "empty-200-body",
      "redirect-to-login", "wrapped-in-envelope", "create-empty-body", "create-200", "id-missing",
      "id-missing-on-create", "id-number", "create-slow-commit-answers-500", "create-requires-password",
      "basic-only")  # fmt: skip
def _(c: Client) -> None:
    """A resource is created and read."""
    body = full_user()
    created = c.create("/Users", body)
    read = c.read(f"/Users/{created['id']}")
    assert read["id"] == created["id"]
    assert read["displayName"] == body["displayName"]


@sees("login-page-as-200", "list-bare-array", "list-without-schemas", "list-lower-case-keys", "total-results-string",
      "start-index-string", "total-results-missing", "total-results-zero", "items-per-page-constant",
      "list-needs-filter", "id-missing-in-lists")  # fmt: skip
def _(c: Client) -> None:
    """A list is a list."""
    first, second = c.user("a@fjord.example"), c.user("b@fjord.example")
    page = c.page("/Users")
    assert page["totalResults"] == 2
    assert [one.get("id") for one in page["Resources"]] == [first, second]


@sees("patch-200-empty-body", "patch-answers-202")
def _(c: Client) -> None:
    response = c.raw_patch(f"/Users/{c.user()}", {"op": "replace", "path": "title", "value": "x"})
    assert c.json(response)["title"] == "x"


@sees("flag-parameter-400")
def _(c: Client) -> None:
    id_ = c.user()
    for query in ("?aadOptscim062020", "?aadOptscim062020&filter=userName+eq+%22ada%40fjord.example%22"):
        assert c.page(f"/Users{query}")["totalResults"] == 1
    assert c.read(f"/Users/{id_}?flag")["id"] == id_


@sees("accept-required", "user-agent-required")
def _(c: Client) -> None:
    response = c.send("GET", f"/Users/{c.user()}", headers={"Accept": "", "User-Agent": ""})
    assert response.status_code == 200, response.text


@sees("accept-scim-json-406")
def _(c: Client) -> None:
    c.json(c.send("GET", f"/Users/{c.user()}", headers={"Accept": "application/scim+json"}))


@sees("scim-json-body-415", "scim-json-body-ignored", "charset-parameter-415")
def _(c: Client) -> None:
    assert c.json(c.send("POST", "/Users", full_user(), SCIM), 201)["userName"]


@sees("json-body-415")
def _(c: Client) -> None:
    c.json(c.send("POST", "/Users", full_user(), {"Content-Type": "application/json"}), 201)


@sees("user-patch-405")
def _(c: Client) -> None:
    assert c.raw_patch(f"/Users/{c.user()}", {"op": "add", "path": "title", "value": "x"}).status_code == 200


@sees("group-patch-405", "groups-404")
def _(c: Client) -> None:
    response = c.raw_patch(f"/Groups/{c.group()}", {"op": "add", "path": "externalId", "value": "x"})
    assert response.status_code == 204


@sees("put-405")
def _(c: Client) -> None:
    body = {"schemas": [CORE_USER], "userName": "ada@fjord.example", "title": "x"}
    assert c.json(c.send("PUT", f"/Users/{c.user()}", body))["title"] == "x"


@sees("user-delete-405", "delete-200-with-body")
def _(c: Client) -> None:
    response = c.send("DELETE", f"/Users/{c.user()}")
    assert response.status_code == 204
    assert response.content == b""


# ---- errors


@sees("html-error", "stack-trace-in-error", "error-status-number", "error-status-mismatch", "error-schemas-missing",
      "error-without-body", "error-own-format", "error-detail-empty", "error-as-200", "unknown-id-500",
      "unknown-id-400", "unknown-id-200-empty")  # fmt: skip
def _(c: Client) -> None:
    c.error(c.send("GET", "/Users/no-such-id"), 404)


@sees("error-scim-type-unknown", "invalid-json-500")
def _(c: Client) -> None:
    c.error(c.send("POST", "/Users", b'{"userName": '), 400, "invalidSyntax")


@sees("unknown-id-patch-200", "unknown-id-patch-500")
def _(c: Client) -> None:
    c.error(c.raw_patch("/Users/no-such-id", {"op": "add", "path": "title", "value": "x"}), 404)


@sees("unknown-id-put-creates")
def _(c: Client) -> None:
    c.error(c.send("PUT", "/Users/no-such-id", full_user()), 404)


@sees("missing-user-name-500", "missing-user-name-accepted")
def _(c: Client) -> None:
    c.error(c.send("POST", "/Users", {"schemas": [CORE_USER], "displayName": "Ada"}), 400, "invalidValue")


# ---- auth


@sees("no-auth-required", "reads-without-auth", "writes-without-auth", "auth-401-without-challenge", "auth-401-html",
      "auth-302-login", "auth-200-instead-of-401", "auth-400-instead-of-401", "auth-403-instead-of-401",
      "auth-404-instead-of-401", "auth-500-instead-of-401", "auth-401-with-data")  # fmt: skip
def _(c: Client) -> None:
    id_ = c.user()
    for method, target, body in (
        ("GET", f"/Users/{id_}", None), ("GET", "/Users", None), ("GET", "/Schemas", None),
        ("POST", "/Users", {"userName": "x"}), ("DELETE", f"/Users/{id_}", None),
    ):  # fmt: skip
        response = c.send(method, target, body, {"Authorization": ""})
        assert c.error(response, 401).keys() == {"schemas", "status", "detail"}
        assert response.headers.get("www-authenticate", "").startswith("Bearer")


@sees("wrong-token-accepted", "token-prefix-accepted")
def _(c: Client) -> None:
    for token in ("other-token", "good", "good-toke", "good-token2", ""):
        c.error(c.send("GET", "/Users", headers={"Authorization": f"Bearer {token}"}), 401)


# ---- shape


@sees("schemas-empty", "schemas-extension-unlisted", "meta-missing", "resource-type-missing", "resource-type-wrong",
      "meta-dates-local-format", "meta-location-relative", "meta-location-other-host", "password-returned",
      "null-valued-entries", "emails-as-object", "emails-as-strings", "name-as-string", "user-name-missing",
      "external-id-not-returned", "family-name-not-returned", "two-primaries", "extension-flattened",
      "name-formatted-rebuilt", "capitalised-names", "active-not-returned", "active-returned-as-string",
      "active-returned-as-number", "primary-returned-as-string", "create-inactive", "create-answers-id-only",
      "create-drops-emails", "create-drops-phone-numbers", "create-drops-addresses", "create-drops-external-id",
      "create-drops-enterprise-extension", "create-drops-custom-extension", "reformats-phone",
      "lower-cases-user-name", "lower-cases-display-name", "lower-cases-external-id", "upper-cases-type",
      "strips-non-ascii", "question-marks", "strips-accents", "mojibake", "html-escapes", "strips-apostrophes",
      "truncates-at-20", "collapses-spaces", "post-answers-other-values")  # fmt: skip
def _(c: Client) -> None:
    """What was sent comes back, unaltered, and what the server adds is in order."""
    body = full_user() | {"password": "t0p-Secret"}
    created = c.create("/Users", body)
    read = c.read(f"/Users/{created['id']}")
    for resource in (created, read):
        meta = resource.get("meta") or {}
        expected = {key: value for key, value in body.items() if key != "password"}
        actual = {key: value for key, value in resource.items() if key not in {"id", "meta"}}
        # The JSON texts are compared: in Python, True equals 1.
        assert json.dumps(actual.pop("active", None)) == "true"
        assert sorted(actual.pop("schemas", [])) == sorted([*expected.pop("schemas"), FJORD])
        assert actual == {key: value for key, value in expected.items() if key != "active"}
        assert json.dumps(resource["emails"][0]["primary"]) == "true"
        assert meta.get("resourceType") == "User"
        assert meta.get("location") == f"http://good.example/scim/v2/Users/{created['id']}"
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", meta.get("created", ""))
        assert datetime.fromisoformat(meta["lastModified"]) >= datetime.fromisoformat(meta["created"])


# ---- ids


@sees("id-changes-on-patch")
def _(c: Client) -> None:
    id_ = c.user()
    response = c.raw_patch(f"/Users/{id_}", {"op": "add", "path": "title", "value": "x"})
    assert c.json(response)["id"] == id_
    assert c.read(f"/Users/{id_}")["id"] == id_


@sees("id-changes-on-put")
def _(c: Client) -> None:
    id_ = c.user()
    assert c.json(c.send("PUT", f"/Users/{id_}", full_user()))["id"] == id_


@sees("id-client-supplied")
def _(c: Client) -> None:
    assert c.user(id="mine") != "mine"


@sees("id-is-user-name")
def _(c: Client) -> None:
    id_ = c.user()
    c.patch(f"/Users/{id_}", {"op": "replace", "path": "userName", "value": "b@fjord.example"})


@sees("id-used-twice")
def _(c: Client) -> None:
    ids = [c.user(f"{name}@fjord.example") for name in ("a", "b")]
    assert ids[0] != ids[1]
    assert c.read(f"/Users/{ids[1]}")["userName"] == "b@fjord.example"


@sees("location-leads-nowhere")
def _(c: Client) -> None:
    response = c.send("POST", "/Users", full_user())
    created = c.json(response, 201)
    for location in (response.headers["location"], created["meta"]["location"]):
        assert c.read(location.partition("/scim/v2")[2])["id"] == created["id"]


@sees("redirect-308")
def _(c: Client) -> None:
    id_ = c.user()
    assert c.read(f"/Users/{id_}")["id"] == id_


@sees("no-content-with-a-length")
def _(c: Client) -> None:
    id_ = c.user()
    response = c.send("DELETE", f"/Users/{id_}")
    assert (response.status_code, response.content) == (204, b"")
    assert "content-length" not in response.headers


@sees("id-differs-in-lists")
def _(c: Client) -> None:
    id_ = c.user()
    assert c.find('userName eq "ada@fjord.example"') == [id_]


# ---- discovery


def _schemas(c: Client) -> dict[str, Data]:
    return {one["id"]: one for one in c.page("/Schemas")["Resources"]}


@sees("schemas-bare-array", "schemas-404", "schemas-null-members", "schemas-without-group", "schemas-without-title",
      "schemas-without-extension-attribute", "schemas-contradict-users", "schemas-mutability-case")  # fmt: skip
def _(c: Client) -> None:
    schemas = _schemas(c)
    assert schemas.keys() == {CORE_USER, ENTERPRISE, FJORD, CORE_GROUP}
    attributes = {(urn, one["name"]): one for urn, schema in schemas.items() for one in schema["attributes"]}
    assert {(CORE_USER, "title"), (ENTERPRISE, "department"), (FJORD, "berth")} <= attributes.keys()
    assert attributes[CORE_USER, "active"]["type"] == "boolean"
    for one in attributes.values():
        assert None not in one.values()
        assert one["mutability"] in {"readOnly", "readWrite", "immutable", "writeOnly"}


@sees("schema-by-id-404")
def _(c: Client) -> None:
    assert c.read(f"/Schemas/{ENTERPRISE}")["id"] == ENTERPRISE


@sees("resource-types-bare-array", "resource-types-404", "resource-types-unknown-extension",
      "resource-types-endpoint-missing")  # fmt: skip
def _(c: Client) -> None:
    known = _schemas(c).keys()
    for one in c.page("/ResourceTypes")["Resources"]:
        assert one.get("endpoint") == f"/{one['id']}s"
        assert {one["schema"], *(extension["schema"] for extension in one["schemaExtensions"])} <= known
        assert c.read(f"/ResourceTypes/{one['id']}") == one


@sees("provider-config-404", "provider-config-patch-false", "provider-config-patch-missing", "provider-config-strings")
def _(c: Client) -> None:
    config = c.read("/ServiceProviderConfig")
    for name in ("patch", "filter", "sort", "etag"):
        assert (config.get(name) or {}).get("supported") is True


@sees("discovery-writable")
def _(c: Client) -> None:
    response = c.send("POST", "/Schemas", {"id": "x"})
    c.error(response, 405)
    assert response.headers["allow"] == "GET"


# ---- case


@sees("attribute-names-case-sensitive")
def _(c: Client) -> None:
    read = c.read(f"/Users/{c.user(Title='Chief', NICKNAME='Addy')}")
    assert (read.get("title"), read.get("nickName")) == ("Chief", "Addy")


@sees("path-case-sensitive")
def _(c: Client) -> None:
    changed = c.patch(f"/Users/{c.user()}", {"op": "replace", "path": "DisplayName", "value": "Ada"})
    assert changed.get("displayName") == "Ada"


# ---- encoding


@sees("plus-in-filter-as-space", "percent-decoded-twice", "filter-non-ascii-misses")
def _(c: Client) -> None:
    for name in ("ada+harbour@fjord.example", "100%41@fjord.example", "åse.山@fjord.example"):
        id_ = c.user(name)
        for target in (urllib.parse.quote_plus, urllib.parse.quote):
            page = c.page("/Users?filter=" + target(f'userName eq "{name}"'))
            assert [one["id"] for one in page["Resources"]] == [id_]
        assert entry(c.read(f"/Users/{id_}"), "emails", "work") == {}
