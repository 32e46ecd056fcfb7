"""The JSON Schemas of SCIM 1.1: what is conformant passes, what is not is said where it is."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator
from scim_compat import schemas

CORE = "urn:scim:schemas:core:1.0"
ENTERPRISE = "urn:scim:schemas:extension:enterprise:1.0"
SCIM2_USER = "urn:ietf:params:scim:schemas:core:2.0:User"

USER: dict[str, Any] = {
    "schemas": [CORE, ENTERPRISE],
    "id": "u-9",
    "externalId": "00u7k2mz",
    "userName": "ines.falk@example.net",
    "name": {"givenName": "Ines", "familyName": "Falk"},
    "displayName": "Ines Falk",
    "locale": "en_US",
    "emails": [{"value": "ines.falk@example.net", "type": "work", "primary": True}],
    "addresses": [{"streetAddress": "Kaien 4", "locality": "Bergen", "type": "work"}],
    "groups": [{"value": "g-71", "display": "Dock Crew"}],
    "active": True,
    ENTERPRISE: {"employeeNumber": "9042", "manager": {"managerId": "u-1", "displayName": "Tom Ryde"}},
    "meta": {
        "created": "2026-03-02T09:00:00+00:00",
        "lastModified": "2026-03-02T09:00:00.123Z",
        "location": "https://idm.example.net/scim/v1/Users/u-9",
        "version": "1f",
    },
}
GROUP = {
    "schemas": [CORE],
    "id": "g-71",
    "displayName": "Dock Crew",
    "members": [{"value": "u-9", "display": "ines.falk@example.net", "type": "User"}],
}
LIST = {"schemas": [CORE], "totalResults": 1, "itemsPerPage": 1, "startIndex": 1, "Resources": [USER]}
ERROR: dict[str, Any] = {"Errors": [{"description": "no such user", "code": "404"}]}
CONFIG = {
    "schemas": [CORE],
    "patch": {"supported": True},
    "bulk": {"supported": False, "maxOperations": 0, "maxPayloadSize": 0},
    "filter": {"supported": True, "maxResults": 200},
    "changePassword": {"supported": False},
    "sort": {"supported": False},
    "etag": {"supported": False},
    "xmlDataFormat": {"supported": False},
    "authenticationSchemes": [{"type": "httpbasic", "name": "HTTP Basic", "description": "a name and a password"}],
}
SCHEMA = {
    "id": f"{CORE}:User",
    "name": "User",
    "description": "Core User",
    "schema": CORE,
    "endpoint": "/Users",
    "attributes": [
        {
            "name": "emails",
            "type": "complex",
            "multiValued": True,
            "multiValuedAttributeChildName": "email",
            "schema": CORE,
            "readOnly": False,
            "required": False,
            "caseExact": False,
            "subAttributes": [
                {"name": "value", "type": "string", "multiValued": False, "required": True},
                {"name": "type", "type": "string", "canonicalValues": ["work", "home"]},
            ],
        }
    ],
}
GOOD = {
    "EnterpriseUser": USER[ENTERPRISE],
    "Error": ERROR,
    "Group": GROUP,
    "ListResponse": LIST,
    "Schema": SCHEMA,
    "ServiceProviderConfig": CONFIG,
    "User": USER,
}


def without(whole: Any, *names: str) -> Any:
    return {key: value for key, value in whole.items() if key not in names}


@pytest.mark.parametrize("name", schemas.NAMES_11)
def test_each_schema_is_valid_and_takes_the_example(name: str) -> None:
    compiled = schemas.shape(name, scim="1.1")
    schema: Any = compiled.schema
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"https://scim-compat.invalid/schemas/1.1/{name}"
    assert schemas.errors(name, GOOD[name], scim="1.1") == []
    assert schemas.shape(name, scim="1.1") is compiled


@pytest.mark.parametrize("name", schemas.NAMES_11)
def test_nothing_in_a_schema_is_left_of_scim_2(name: str) -> None:
    text = str(schemas.shape(name, scim="1.1").schema)
    assert "urn:ietf" not in text
    assert "/2.0/" not in text
    assert "RFC 764" not in text


@pytest.mark.parametrize(
    ("name", "instance"),
    [
        ("User", {"schemas": [CORE], "id": "1", "userName": "a"}),
        ("User", USER | {"emails": None, "phoneNumbers": [], "name": None, "active": None, "meta": None}),
        ("User", USER | {"favouriteColour": {"any": [1, None]}, "urn:example:1.0": {"x": 1}, ENTERPRISE: None}),
        ("User", USER | {"password": None}),
        ("Group", GROUP | {"members": []}),
        ("Group", without(GROUP, "members")),
        ("Group", GROUP | {"members": None, "urn:okta:custom:group:1.0": {"description": "Night shift"}}),
        ("ListResponse", {"schemas": [CORE], "totalResults": 0}),
        # Section 5.1: schemas need not be said where the core schema says it all.
        ("ServiceProviderConfig", without(CONFIG, "schemas")),
        ("ListResponse", LIST | {"Resources": [{"userName": "bjensen"}]}),
        ("ListResponse", LIST | {"Resources": None, "totalResults": 0}),
        ("Error", {"Errors": [{"description": "x", "code": 409}, {"description": "y", "code": "400", "uri": None}]}),
        ("Error", ERROR | {"detail": "no such user"}),
        ("ServiceProviderConfig", without(CONFIG, "xmlDataFormat") | {"documentationUrl": None}),
        ("ServiceProviderConfig", CONFIG | {"authenticationSchemes": []}),
        ("Schema", SCHEMA | {"schema": [CORE, ENTERPRISE], "schemas": None}),
        ("Schema", SCHEMA | {"attributes": []}),
        ("EnterpriseUser", {"manager": None, "department": None}),
    ],
)
def test_conformant_variety_passes(name: str, instance: Any) -> None:
    assert schemas.errors(name, instance, scim="1.1") == []


ARRAY = f"an array that holds {CORE}"


@pytest.mark.parametrize(
    ("name", "instance", "pointer", "keyword", "expected", "actual"),
    [
        ("User", without(USER, "userName"), "/userName", "required", "present", "absent"),
        ("User", without(USER, "schemas"), "/schemas", "required", "present", "absent"),
        ("User", USER | {"schemas": [SCIM2_USER]}, "/schemas", "contains", ARRAY, "an array of 1"),
        ("User", USER | {"id": 5}, "/id", "type", "string", 5),
        ("User", USER | {"id": ""}, "/id", "minLength", "a non-empty string", ""),
        ("User", USER | {"active": "true"}, "/active", "type", "boolean or null", "true"),
        ("User", USER | {"emails": ["x"]}, "/emails/0", "type", "object", "x"),
        ("User", USER | {"emails": {"value": "x"}}, "/emails", "type", "array or null", "an object with value"),
        ("User", USER | {"password": "x"}, "/password", "type", "null", "x"),
        (
            "User",
            USER | {ENTERPRISE: {"manager": "u-1"}},
            f"/{ENTERPRISE}/manager",
            "type",
            "object or null",
            "u-1",
        ),
        (
            "User",
            USER | {"meta": {"created": "02.03.2026"}},
            "/meta/created",
            "pattern",
            "an xsd:dateTime such as 2026-01-31T09:30:00Z",
            "02.03.2026",
        ),
        ("EnterpriseUser", {"department": 5}, "/department", "type", "string or null", 5),
        ("EnterpriseUser", {"manager": {"managerId": 1}}, "/manager/managerId", "type", "string or null", 1),
        ("Group", without(GROUP, "displayName"), "/displayName", "required", "present", "absent"),
        ("Group", GROUP | {"members": ["u-9"]}, "/members/0", "type", "object", "u-9"),
        ("Group", GROUP | {"members": [{"value": 7}]}, "/members/0/value", "type", "string or null", 7),
        ("ListResponse", without(LIST, "totalResults"), "/totalResults", "required", "present", "absent"),
        ("ListResponse", LIST | {"totalResults": "1"}, "/totalResults", "type", "integer", "1"),
        ("ListResponse", LIST | {"Resources": {}}, "/Resources", "type", "array or null", "an empty object"),
        (
            "ListResponse",
            LIST | {"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"]},
            "/schemas",
            "contains",
            ARRAY,
            "an array of 1",
        ),
        ("Error", {"detail": "no such user", "status": "404"}, "/Errors", "required", "present", "absent"),
        ("Error", {"Errors": []}, "/Errors", "minItems", "a non-empty array of errors", "an array of 0"),
        ("Error", {"Errors": ERROR["Errors"][0]}, "/Errors", "type", "array", "an object with description, code"),
        ("Error", {"Errors": [{"description": "x"}]}, "/Errors/0/code", "required", "present", "absent"),
        ("Error", {"Errors": [{"code": "404"}]}, "/Errors/0/description", "required", "present", "absent"),
        (
            "Error",
            {"Errors": [{"description": "x", "code": "not found"}]},
            "/Errors/0/code",
            "pattern",
            "the HTTP status, three digits",
            "not found",
        ),
        (
            "Error",
            {"Errors": [{"description": "x", "code": 1}]},
            "/Errors/0/code",
            "minimum",
            "the HTTP status, three digits",
            1,
        ),
        ("ServiceProviderConfig", CONFIG | {"patch": True}, "/patch", "type", "object", True),
        ("ServiceProviderConfig", without(CONFIG, "etag"), "/etag", "required", "present", "absent"),
        (
            "ServiceProviderConfig",
            CONFIG | {"authenticationSchemes": [{"type": "httpbasic", "name": "Basic"}]},
            "/authenticationSchemes/0/description",
            "required",
            "present",
            "absent",
        ),
        ("Schema", without(SCHEMA, "endpoint"), "/endpoint", "required", "present", "absent"),
        ("Schema", SCHEMA | {"attributes": {}}, "/attributes", "type", "array", "an empty object"),
        (
            "Schema",
            SCHEMA | {"attributes": [{"name": "a", "type": "reference"}]},
            "/attributes/0/type",
            "enum",
            "one of string, boolean, decimal, integer, dateTime, binary, complex",
            "reference",
        ),
        (
            "Schema",
            SCHEMA | {"attributes": [{"name": "a", "type": "complex", "subAttributes": [{"type": "string"}]}]},
            "/attributes/0/subAttributes/0/name",
            "required",
            "present",
            "absent",
        ),
    ],
)
def test_each_fault_is_named_where_it_is(
    name: str, instance: Any, pointer: str, keyword: str, expected: str, actual: Any
) -> None:
    found = schemas.errors(name, instance, scim="1.1")
    assert [(e.pointer, e.keyword, e.expected, e.actual) for e in found] == [(pointer, keyword, expected, actual)]
    assert pointer.rpartition("/")[2] in found[0].message


def test_the_versions_are_not_mixed_up() -> None:
    scim2 = USER | {"schemas": [SCIM2_USER]}
    assert schemas.errors("User", scim2) == []
    assert [e.pointer for e in schemas.errors("User", scim2, scim="1.1")] == ["/schemas"]
    assert [e.pointer for e in schemas.errors("User", USER)] == ["/schemas"]
    assert [e.pointer for e in schemas.errors("Error", ERROR)] == ["/schemas", "/status"]


def test_unknown_names_and_versions_are_refused_with_a_hint() -> None:
    with pytest.raises(ValueError, match=r"no JSON Schema called 'Users' for SCIM 1\.1; did you mean User\?"):
        schemas.shape("Users", scim="1.1")
    with pytest.raises(ValueError, match=r"no JSON Schema called 'PatchOp' for SCIM 1\.1; known: EnterpriseUser, "):
        schemas.shape("PatchOp", scim="1.1")
    with pytest.raises(ValueError, match=r"no JSON Schemas for SCIM 1\.0; expected 2\.0 or 1\.1"):
        schemas.shape("User", scim="1.0")
