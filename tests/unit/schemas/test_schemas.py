"""The JSON Schemas: what is conformant passes, what is not is said so that a person can act on it."""

from __future__ import annotations

import copy
import json

import pytest
from jsonschema import Draft202012Validator
from scim_compat import schemas
from scim_compat.schemas import own, shapes, target
from scim_compat.scim import names
from support.cost import calls

USER = {
    "schemas": [names.USER, names.ENTERPRISE],
    "id": "2819c223",
    "externalId": "b.jensen",
    "userName": "bjensen@example.com",
    "name": {"formatted": "Ms. Barbara J Jensen", "familyName": "Jensen", "givenName": "Barbara"},
    "displayName": "Babs Jensen",
    "emails": [
        {"value": "bjensen@example.com", "type": "work", "primary": True},
        {"value": "babs@jensen.example", "type": "home"},
    ],
    "addresses": [{"streetAddress": "100 Universal City Plaza", "country": "US", "type": "work", "primary": True}],
    "phoneNumbers": [{"value": "tel:+1-201-555-0123", "type": "work"}],
    "active": True,
    "groups": [{"value": "e9e30dba", "$ref": "https://example.com/v2/Groups/e9e30dba", "display": "Tour Guides"}],
    names.ENTERPRISE: {
        "employeeNumber": "701984",
        "manager": {"value": "26118915", "displayName": "John Smith"},
    },
    "meta": {
        "resourceType": "User",
        "created": "2010-01-23T04:56:22Z",
        "lastModified": "2011-05-13T04:42:34.123+02:00",
        "version": 'W/"3694e05e9dff591"',
        "location": "https://example.com/v2/Users/2819c223",
    },
}
GROUP = {
    "schemas": [names.GROUP],
    "id": "e9e30dba",
    "displayName": "Tour Guides",
    "members": [{"value": "2819c223", "$ref": "https://example.com/v2/Users/2819c223", "type": "User"}],
}
LIST = {
    "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
    "totalResults": 1,
    "startIndex": 1,
    "itemsPerPage": 1,
    "Resources": [USER],
}
ERROR = {"schemas": [names.ERROR], "status": "404", "detail": "no such user"}
PATCH = {
    "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
    "Operations": [
        {"op": "Add", "path": "members", "value": [{"value": "1"}]},
        {"op": "replace", "value": {"active": False}},
        {"op": "remove", "path": 'members[value eq "1"]'},
    ],
}
CONFIG = {
    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
    "patch": {"supported": True},
    "bulk": {"supported": False, "maxOperations": 0, "maxPayloadSize": 0},
    "filter": {"supported": True, "maxResults": 200},
    "changePassword": {"supported": False},
    "sort": {"supported": False},
    "etag": {"supported": False},
    "authenticationSchemes": [{"type": "oauthbearertoken", "name": "Bearer", "description": "a token"}],
}
RESOURCE_TYPE = {
    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
    "name": "User",
    "endpoint": "/Users",
    "schema": names.USER,
    "schemaExtensions": [{"schema": names.ENTERPRISE, "required": False}],
}
SCHEMA = {
    "id": names.USER,
    "name": "User",
    "attributes": [
        {
            "name": "userName",
            "type": "string",
            "multiValued": False,
            "required": True,
            "uniqueness": "server",
        },
        {"name": "active", "type": "boolean", "multiValued": False},
        {
            "name": "password",
            "type": "string",
            "multiValued": False,
            "mutability": "writeOnly",
            "returned": "never",
        },
        {"name": "loginCount", "type": "integer", "multiValued": False},
        {"name": "score", "type": "decimal", "multiValued": False},
        {"name": "hired", "type": "dateTime", "multiValued": False},
        {
            "name": "badge",
            "type": "string",
            "multiValued": False,
            "returned": "always",
            "canonicalValues": ["red"],
        },
        {"name": "secret", "type": "string", "multiValued": False, "required": True, "returned": "request"},
        {
            "name": "emails",
            "type": "complex",
            "multiValued": True,
            "subAttributes": [
                {"name": "value", "type": "string", "multiValued": False, "required": True},
                {"name": "primary", "type": "boolean", "multiValued": False},
            ],
        },
    ],
}
EXTENSION = {
    "id": names.ENTERPRISE,
    "attributes": [{"name": "department", "type": "string", "multiValued": False, "required": True}],
}
TARGET = (EXTENSION, SCHEMA)
OWN_USER = {
    "userName": "a",
    "badge": "blue",
    "emails": [{"value": "a@example.com", "primary": True}],
    "active": True,
}

GOOD = {
    "BulkResponse": {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkResponse"],
        "Operations": [
            {"method": "POST", "bulkId": "a", "status": "201", "location": "https://scim.example/v2/Users/1"},
            {"method": "DELETE", "status": "404", "location": "https://scim.example/v2/Users/2", "response": {}},
        ],
    },
    "User": USER,
    "EnterpriseUser": USER[names.ENTERPRISE],
    "Group": GROUP,
    "ListResponse": LIST,
    "Error": ERROR,
    "PatchOp": PATCH,
    "ServiceProviderConfig": CONFIG,
    "ResourceType": RESOURCE_TYPE,
    "Schema": SCHEMA,
}


def without(whole, *names):
    return {key: value for key, value in whole.items() if key not in names}


@pytest.mark.parametrize("name", schemas.NAMES)
def test_each_schema_is_valid_and_takes_the_example(name):
    compiled = schemas.shape(name)
    Draft202012Validator.check_schema(compiled.schema)
    assert compiled.schema["$id"] == f"https://scim-compat.invalid/schemas/2.0/{name}"
    assert schemas.errors(name, GOOD[name]) == []
    assert schemas.shape(name) is compiled


@pytest.mark.parametrize(
    ("name", "instance"),
    [
        ("User", {"schemas": [names.USER], "id": "1", "userName": "a"}),
        ("User", USER | {"emails": None, "phoneNumbers": [], "name": None, "active": None, "meta": None}),
        ("User", USER | {"favouriteColour": {"any": [1, None]}, "urn:example:2.0:User": {"x": 1}}),
        ("User", USER | {names.ENTERPRISE: None, "password": None}),
        ("User", USER | {"meta": {"created": "2010-01-23T04:56:22"}}),
        ("Group", GROUP | {"members": []}),
        ("Group", without(GROUP, "members")),
        ("Group", GROUP | {"members": [{"value": "1", "$ref": None}]}),
        ("ListResponse", without(LIST, "Resources", "startIndex", "itemsPerPage") | {"totalResults": 0}),
        ("ListResponse", without(LIST, "totalResults") | {"nextCursor": "abc"}),
        ("ListResponse", LIST | {"Resources": None, "totalResults": 0}),
        ("Error", without(ERROR, "detail")),
        ("Schema", SCHEMA | {"schemas": None, "description": None}),
        ("ResourceType", without(RESOURCE_TYPE, "schemaExtensions")),
    ],
)
def test_conformant_variety_passes(name, instance):
    assert schemas.errors(name, instance) == []


@pytest.mark.parametrize(
    ("name", "instance", "pointer", "keyword", "expected", "actual"),
    [
        ("User", without(USER, "userName"), "/userName", "required", "present", "absent"),
        ("User", USER | {"userName": None}, "/userName", "type", "string", None),
        ("User", USER | {"userName": ""}, "/userName", "minLength", "a non-empty string", ""),
        ("User", USER | {"id": 5}, "/id", "type", "string", 5),
        ("User", USER | {"active": "True"}, "/active", "type", "boolean or null", "True"),
        (
            "User",
            USER | {"emails": {"value": "x"}},
            "/emails",
            "type",
            "array or null",
            "an object with value",
        ),
        ("User", USER | {"emails": ["x"]}, "/emails/0", "type", "object", "x"),
        ("User", USER | {"name": [1]}, "/name", "type", "object or null", "an array of 1"),
        ("User", USER | {"password": "x"}, "/password", "type", "null", "x"),
        (
            "User",
            USER | {names.ENTERPRISE: {"manager": "26"}},
            f"/{names.ENTERPRISE}/manager",
            "type",
            "object or null",
            "26",
        ),
        (
            "User",
            USER | {"meta": {"created": "yesterday"}},
            "/meta/created",
            "pattern",
            "an xsd:dateTime such as 2026-01-31T09:30:00Z",
            "yesterday",
        ),
        (
            "User",
            USER | {"schemas": [names.GROUP]},
            "/schemas",
            "contains",
            f"an array that holds {names.USER}",
            "an array of 1",
        ),
        ("Group", without(GROUP, "displayName"), "/displayName", "required", "present", "absent"),
        ("Group", GROUP | {"members": [{"value": 7}]}, "/members/0/value", "type", "string or null", 7),
        ("ListResponse", without(LIST, "totalResults"), "/totalResults", "required", "present", "absent"),
        (
            "ListResponse",
            LIST | {"totalResults": -1},
            "/totalResults",
            "minimum",
            "an integer, 0 or more",
            -1,
        ),
        ("ListResponse", LIST | {"Resources": {}}, "/Resources", "type", "array or null", "an empty object"),
        ("Error", ERROR | {"status": 404}, "/status", "type", "string", 404),
        (
            "Error",
            ERROR | {"status": "not found"},
            "/status",
            "pattern",
            "the HTTP status as a string of three digits",
            "not found",
        ),
        (
            "PatchOp",
            PATCH | {"Operations": []},
            "/Operations",
            "minItems",
            "a non-empty array of operations",
            "an array of 0",
        ),
        (
            "PatchOp",
            PATCH | {"Operations": [{"op": "delete"}]},
            "/Operations/0/op",
            "pattern",
            "add, remove or replace",
            "delete",
        ),
        (
            "PatchOp",
            PATCH | {"Operations": [{"op": "Remove"}]},
            "/Operations/0/path",
            "required",
            "present",
            "absent",
        ),
        (
            "PatchOp",
            PATCH | {"Operations": [{"op": "add", "path": "x"}]},
            "/Operations/0/value",
            "required",
            "present",
            "absent",
        ),
        (
            "ServiceProviderConfig",
            CONFIG | {"patch": {"supported": "yes"}},
            "/patch/supported",
            "type",
            "boolean",
            "yes",
        ),
        ("ServiceProviderConfig", without(CONFIG, "etag"), "/etag", "required", "present", "absent"),
        (
            "ResourceType",
            RESOURCE_TYPE | {"schemaExtensions": [{"schema": "x"}]},
            "/schemaExtensions/0/required",
            "required",
            "present",
            "absent",
        ),
        (
            "Schema",
            {"id": "x", "attributes": [{"name": "a", "type": "text", "multiValued": False}]},
            "/attributes/0/type",
            "enum",
            "one of string, boolean, decimal, integer, dateTime, reference, binary, complex",
            "text",
        ),
        ("EnterpriseUser", {"department": 5}, "/department", "type", "string or null", 5),
    ],
)
def test_each_fault_is_named_where_it_is(name, instance, pointer, keyword, expected, actual):
    found = schemas.errors(name, instance)
    assert [(e.pointer, e.keyword, e.expected, e.actual) for e in found] == [(pointer, keyword, expected, actual)]
    assert pointer.rpartition("/")[2] in found[0].message


def test_a_member_spelled_otherwise_is_pointed_out():
    (error,) = schemas.errors("User", without(USER, "userName") | {"USERNAME": "a"})
    assert error.message == (
        "the body has no member 'userName'; it is spelled 'USERNAME' here, and clients look for the exact name"
    )


def test_the_same_fault_in_many_entries_is_one_error():
    (error,) = schemas.errors("Group", GROUP | {"members": [{"value": n} for n in range(150)]})
    assert (error.pointer, error.more) == ("/members/0/value", 149)


def test_errors_are_few_and_those_near_the_root_come_first():
    broken = dict.fromkeys(USER, 5) | {"meta": {"created": 1}, "emails": [{"value": 1}]}
    found = schemas.errors("User", broken)
    assert len(found) == schemas.MAX_ERRORS
    depths = [error.pointer.count("/") for error in found]
    assert depths == sorted(depths)


def test_values_are_cut_and_can_be_kept_out():
    long = "x" * 5000
    (shown,) = schemas.errors("User", USER | {"active": long})
    assert shown.actual == "x" * 79 + "…"
    (hidden,) = schemas.errors("User", USER | {"active": "person@private.example"}, quote=False)
    assert hidden.actual == "string"
    assert "private" not in repr(hidden)


def test_a_huge_array_costs_little():
    few, many = (
        GROUP | {"members": [{"value": str(n), "type": "User"} for n in range(count)]} for count in (5_000, 100_000)
    )
    assert schemas.errors("Group", few) == schemas.errors("Group", many) == []
    assert calls(lambda: schemas.errors("Group", many)) < 1.1 * calls(lambda: schemas.errors("Group", few))


def test_unknown_names_are_refused_with_a_hint():
    with pytest.raises(ValueError, match="no JSON Schema called 'Users'; did you mean User\\?"):
        schemas.shape("Users")
    with pytest.raises(ValueError, match=r"no JSON Schemas for SCIM 1\.0"):
        schemas.shape("User", scim="1.0")


# --- the target's own schemas -------------------------------------------------------------------


def test_own_schema_is_valid_and_takes_what_it_describes():
    made = schemas.from_target_schemas("User", TARGET)
    Draft202012Validator.check_schema(made)
    assert made["required"] == ["userName", "badge"]
    assert schemas.TargetShapes(TARGET).errors("User", OWN_USER | {"unknown": 1, "schemas": [], "id": "1"}) == []
    assert schemas.TargetShapes(TARGET).errors("User", OWN_USER | {"active": None, "emails": None, "hired": None}) == []
    assert schemas.TargetShapes(TARGET).errors("User", OWN_USER | {"emails": []}) == []
    assert schemas.TargetShapes(TARGET).errors("User", without(OWN_USER, "userName") | {"USERNAME": "a"}) == []


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"active": "true"}, "/active"),
        ({"loginCount": 1.5}, "/loginCount"),
        ({"score": "1"}, "/score"),
        ({"hired": "today"}, "/hired"),
        ({"password": "x"}, "/password"),
        ({"emails": {"value": "x"}}, "/emails"),
        ({"emails": [{"primary": True}]}, "/emails/0/value"),
        ({"userName": None}, "/userName"),
        ({"userName": ["a"]}, "/userName"),
        ({names.ENTERPRISE: {}}, f"/{names.ENTERPRISE}/department"),
        ({names.ENTERPRISE: {"department": 5}}, f"/{names.ENTERPRISE}/department"),
    ],
)
def test_own_schema_finds_contradictions(change, pointer):
    assert [error.pointer for error in schemas.TargetShapes(TARGET).errors("User", OWN_USER | change)] == [pointer]


def test_a_projected_answer_may_lack_what_is_required_but_not_lie():
    assert [e.pointer for e in schemas.TargetShapes(TARGET).errors("User", {"active": True})] == [
        "/badge",
        "/userName",
    ]
    assert schemas.TargetShapes(TARGET).errors("User", {"active": True}, projected=True) == []
    assert schemas.TargetShapes(TARGET).errors("User", {"userName": None}, projected=True) == []
    assert [e.pointer for e in schemas.TargetShapes(TARGET).errors("User", {"active": 1}, projected=True)] == [
        "/active"
    ]


def test_a_missing_schema_is_said():
    with pytest.raises(LookupError, match="no schema for Group"):
        schemas.from_target_schemas("Group", TARGET)


def test_a_hostile_schema_is_bounded():
    deep: dict = {"name": "a", "type": "complex", "multiValued": False}
    for _ in range(150):
        deep = {"name": "a", "type": "complex", "multiValued": False, "subAttributes": [deep]}
    wide = [{"name": f"n{n}", "type": "string", "multiValued": False} for n in range(50_000)]
    odd = [
        None,
        5,
        {"name": 7},
        {"name": ""},
        {"name": "x" * 999},
        {"name": "t", "type": ["string"]},
        {"name": "t"},
    ]
    hostile = (
        *({"id": f"urn:x:{n}", "attributes": wide} for n in range(300)),
        {"id": 5},
        "text",
        {"id": names.USER, "attributes": [*odd, deep, *wide]},
        {"id": names.GROUP, "attributes": "no list"},
    )
    made = schemas.from_target_schemas("User", hostile)  # type: ignore[arg-type]
    assert calls(lambda: schemas.from_target_schemas("User", hostile)) < 100_000  # type: ignore[arg-type]
    text = json.dumps(made)
    assert text.count('"n') - text.count('"null"') <= own.MAX_ATTRIBUTES
    assert "a" in made["properties"], "the resource's own schema comes before the flood"
    assert text.count('"a"') == own.MAX_DEPTH
    assert schemas.TargetShapes(hostile).errors("User", {"a": {"a": {"a": {"a": 5}}}}) == []  # type: ignore[arg-type]
    assert [e.pointer for e in schemas.TargetShapes(hostile).errors("User", {"a": {"a": 5}})] == ["/a/a"]  # type: ignore[arg-type]


def test_own_shapes_are_compiled_once():
    own_shapes = schemas.TargetShapes(TARGET)
    assert own_shapes.errors("User", OWN_USER) == []
    assert own_shapes.of("User") is own_shapes.of("User")
    assert schemas.TargetShapes(copy.deepcopy(TARGET)).of("User") is own_shapes.of("User"), (
        "equal schemas share a shape"
    )
    for n in range(40):
        schemas.TargetShapes(({"id": names.USER, "name": str(n), "attributes": [{"name": f"a{n}"}]},)).of("User")
    assert target._compiled.cache_info().currsize == target._MAX_TARGETS


def test_a_shape_remembers_a_bounded_number_of_valid_instances():
    shape = schemas.TargetShapes(TARGET).of("User")
    for n in range(2 * shapes.MAX_VALID):
        assert shape.errors(OWN_USER | {"loginCount": n}) == []
    assert len(shape._valid) == shapes.MAX_VALID
    assert shape.errors(OWN_USER | {"secret": "x" * 20_000}) == []
    assert not any("x" * 20_000 in known for known in shape._valid)
    assert [e.pointer for e in shape.errors(OWN_USER | {"loginCount": "1"})] == ["/loginCount"]
