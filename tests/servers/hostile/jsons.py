"""JSON that parsers disagree about, and values of no type that SCIM knows."""

from __future__ import annotations

import itertools
import json

from .base import SCIM_JSON, Answer, Asked, by, case, changed, everything, reply, resources

_READ = by("GET", "/Users/", client_only=False)
_CLIENT_READ = by("GET", "/Users")
_EMPTY = b'{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":0,"Resources":[%b]}'


def _spoilt(name: str, old: bytes, new: bytes, finds: str, says: str) -> None:
    def script(asked: Asked) -> Answer:
        """The creation's answer with something in it that is not clean JSON: a finding."""
        good = asked.good()
        if old not in good.body:
            raise AssertionError(f"{old!r} is not in {good.body!r}")
        return good.carrying(good.body.replace(old, new, 1))

    case("json", name=name, on=by("POST"), finds=finds, says=says)(script)


_ACTIVE = b'"active": true'
_spoilt("nan", _ACTIVE, b'"active": true, "x": NaN', "http.json", "The number NaN is not JSON")
_spoilt("infinity", _ACTIVE, b'"active": true, "x": -Infinity', "http.json", "The number -Infinity is not JSON")
_spoilt("a-number-beyond-all-doubles", _ACTIVE, b'"active": true, "x": 1e999', "http.json", "too large for a double")
_spoilt(
    "an-integer-of-5000-digits",
    _ACTIVE,
    b'"active": true, "x": ' + b"9" * 5000,
    "http.json",
    "A number has 5000 digits",
)
_spoilt("duplicate-keys", _ACTIVE, b'"active": false, "active": true', "http.json", "more than once")
_spoilt("two-ids", b'{"schemas"', b'{"id": "another", "schemas"', "http.json", 'has the key \\"id\\" more than once')
_spoilt("invalid-utf-8", _ACTIVE, b'"active": true, "x": "\xff\xfe"', "http.json", "is not UTF-8")
_spoilt("overlong-utf-8", _ACTIVE, b'"active": true, "x": "\xc0\xaf"', "http.json", "is not UTF-8")
_spoilt("a-byte-order-mark", b"{", b"\xef\xbb\xbf{", "http.json", "byte order mark")
_spoilt(
    "half-a-surrogate-pair", _ACTIVE, b'"active": true, "x\\udfff": "\\ud800"', "http.json", "half a surrogate pair"
)
_spoilt(
    "half-a-surrogate-pair-in-the-name", b'"userName": "', b'"userName": "\\ud83d', "http.json", "half a surrogate pair"
)
_spoilt("a-raw-nul", _ACTIVE, b'"active": true, "x": "\x00"', "http.json", "Invalid control character")
_spoilt("a-comment", _ACTIVE, b'"active": true /* really */', "http.json", "not JSON")
_spoilt("single-quotes", _ACTIVE, b"'active': True", "http.json", "not JSON")


@case("json", on=by("POST"), status=0, says='"outcome": "pass"')
def a_key_in_two_cases(asked: Asked) -> Answer:
    """Keys that differ in case only. Different members to JSON, and the first is the right one: no client minds."""
    good = asked.good()
    return good.saying(good.json | {"ACTIVE": False, "USERNAME": "x", "Id": "y"})


@case("json", on=by("POST"), finds="http.json", says="is not UTF-8")
def utf_16(asked: Asked) -> Answer:
    """The answer in UTF-16. A finding."""
    good = asked.good()
    return good.carrying(good.body.decode().encode("utf-16"))


@case("json", on=by("POST"), finds="http.json", says="nested deeper than 200 levels")
def nesting_of_a_hundred_thousand(asked: Asked) -> Answer:
    """Brackets in brackets. Not parsed: a finding."""
    return reply(201, b"[" * 100_000 + b"]" * 100_000)


@case("json", on=by("POST"), finds="http.json", says="nested deeper than 200 levels")
def objects_without_end(asked: Asked) -> Answer:
    """Objects in objects that are never closed. Not parsed: a finding."""
    return reply(201, b'{"a":' * 100_000)


@case("json", on=_READ, status=0, says='"outcome": "pass"')
def nesting_that_is_just_allowed(asked: Asked) -> Answer:
    """Nested as deep as is parsed. It goes through judging, recording and reporting without harm."""
    deep = "x"
    for number in range(196):
        deep = {"a": deep} if number % 2 else [deep]
    good = asked.good()
    return good.saying(good.json | {"deep": deep})


@case("json", on=everything, status=0, says='"outcome": "pass"', only=("users.create", "discovery.*"))
def keys_of_a_prototype(asked: Asked) -> Answer:
    """__proto__, constructor and the like as members of every object. Unknown members are allowed."""
    good = asked.good()
    more = {"__proto__": {"polluted": True}, "constructor": {"prototype": {}}, "__class__": "x", "toString": "y"}
    payload = good.json
    for resource in [payload, *resources(payload)] if isinstance(payload, dict) else []:
        resource.update(more)
    return good.saying(payload) if good.body else good


@case("json", on=by("POST"), finds="resource.shape", says="userName")
def keys_without_a_name(asked: Asked) -> Answer:
    """Keys that are empty, a blank, a path or a pointer, in place of the attributes."""
    good = asked.good()
    kept = {name: value for name, value in good.json.items() if name in {"schemas", "id", "meta"}}
    return good.saying(
        kept | {"": 1, " ": 2, "a/b~c": 3, "name.givenName": 4, 'emails[type eq "work"]': 5, "\x00": 6, "..": 7}
    )


_WRONG = (None, True, -1, 1e300, "", "x", [], ["x"], [None], [[]], {}, {"value": {}}, {"x": [1, {"y": None}]})


def _wrong_types(offset: int) -> None:
    def script(asked: Asked) -> Answer:
        """Every attribute of every resource has a value of some type that it cannot have."""
        good = asked.good()
        if not good.body:
            return good
        payload, values = good.json, itertools.cycle(_WRONG[offset:] + _WRONG[:offset])
        for resource in resources(payload):
            for name in resource:
                if name not in {"id", "schemas"}:
                    resource[name] = next(values)
        return good.saying(payload)

    case(
        "json", name=f"wrong-types-{offset}", on=lambda asked: asked.path.startswith(("/Users", "/Groups")),
        only=("members.remove", "users.disable"), finds="resource.shape", says="a string", left=True,
    )(script)  # fmt: skip


for _offset in range(0, len(_WRONG), 4):
    _wrong_types(_offset)


@case("json", on=everything, finds="resource.schemas", says="schemas", only=("users.create", "match.by-user-name"))
def schemas_of_any_type(asked: Asked) -> Answer:
    """schemas of users is no list of URNs: a number, an object, a list of lists."""
    good = asked.good()
    payload = good.json
    if not asked.path.startswith("/Users/") and asked.method == "GET":
        return good
    for resource in resources(payload):
        resource["schemas"] = _WRONG[len(asked.scene.requests) % len(_WRONG)]
    return good.saying(payload) if good.body else good


def _resources(name: str, value: bytes, says: str) -> None:
    def script(asked: Asked) -> Answer:
        """Lists whose Resources is no list of objects: a finding."""
        return reply(200, _EMPTY.replace(b"[%b]", value), SCIM_JSON)

    case(
        "json", name=name, on=_CLIENT_READ, only=("accounts.page", "match.by-user-name"), finds="list.shape", says=says
    )(script)


_resources("resources-are-an-object", b'{"0": {"id": "x"}}', "an array")
_resources("resources-are-a-string", b'"none"', "an array")
_resources("resources-are-strings", b'["a", 1, null, [[]], true]', "object")


@case(
    "json",
    on=lambda asked: asked.path[1:4] in {"Ser", "Res", "Sch"},
    finds="discovery.schema-shape",
    says="attributes",
    only=("discovery.*", "users.create", "users.disable"),
)
def discovery_of_nonsense(asked: Asked) -> Answer:
    """Schemas with endless, nameless and nested attributes, resource types that name nothing, a configuration of lists."""
    deep: object = {"name": "x", "type": "complex"}
    for _ in range(60):
        deep = {"name": "x", "type": "complex", "multiValued": "yes", "subAttributes": [deep, None, 7]}
    many = [
        {"name": f"a{n}", "type": ("string", 7, None, [], "complex", "ref")[n % 6], "required": True}
        for n in range(5000)
    ]
    core = "urn:ietf:params:scim:schemas:core:2.0:User"
    answers = {
        "/Schemas": {"Resources": [{"id": core, "attributes": [deep, *many]}, {"id": 7}, None, {"id": core, "attributes": 3}]},
        "/ResourceTypes": {"Resources": [{"name": ["User"], "endpoint": {}, "schemaExtensions": 9}, {"id": None}, 4]},
        "/ServiceProviderConfig": {"patch": [True], "bulk": {"supported": "yes", "maxOperations": -1}, "filter": None, "authenticationSchemes": {}},
    }  # fmt: skip
    return reply(
        200, json.dumps({"schemas": ["urn:x"], "totalResults": "many", **answers.get(asked.path, {})}).encode()
    )


@case("json", on=by("GET", "/Users/", client_only=False), finds="create.stored", says="create.stored")
def numbers_at_the_edge(asked: Asked) -> Answer:
    """Every text becomes a number that some parser cannot hold."""
    good = asked.good()
    values = itertools.cycle((2**53 + 1, -(10**400), 1e308, 5e-324, -0.0, 10**4000))
    kept = {"schemas", "id", "resourceType", "location"}
    return good.saying(changed(good.json, lambda name, value: value if name in kept else next(values)))
