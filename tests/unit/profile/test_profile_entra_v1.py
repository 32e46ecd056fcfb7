"""The bytes that profile entra-v1 sends, pinned to what is known of the client.

The expected requests are written out here; only invented values (names, numbers) come from the run's
seed. Nothing here reads the profile's mapping or dialect.
"""

from __future__ import annotations

import json

import pytest
from scim_compat.engine import people
from scim_compat.profile.lint import lint
from support.profiles import SEED, loaded, rehearsed

TAG = people.tag_for(SEED)
CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
ENT = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
FJORD = "urn:ietf:params:scim:schemas:extension:fjord:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
LEGACY_GROUP = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
FLAGGED = {"connection.probe-users.roll-back-flag", "connection.probe-groups.roll-back-flag"}


@pytest.fixture
def v1():
    return loaded("entra-v1")


def sent(name):
    """(method, target, headers, body text) of each request the client sends, ours left out."""
    return [
        (r.method, r.target, tuple(r.headers), r.body.decode() if r.body is not None else None)
        for played in rehearsed("entra-v1", name)
        if played.observation.intent.by == "client"
        for r in [played.observation.exchange.request]
    ]


def lines(name):
    return [f"{method} {target}" for method, target, _, _ in sent(name)]


def patches(name):
    """The Operations of each PATCH."""
    return [json.loads(b)["Operations"] for m, _, _, b in sent(name) if m == "PATCH" and b is not None]


def person(name, key="alice"):
    return people.person(SEED, f"entra-v1 {name} {key}")


def group(name, key="crew"):
    return people.group(SEED, f"entra-v1 {name} {key}")


def in_order(value):
    """JSON text: the order of keys and the forms of values count."""
    return json.dumps(value, ensure_ascii=False)


def test_the_profile_is_sound(v1):
    assert [str(complaint) for complaint in lint(v1)] == []


# --- what holds for every request -----------------------------------------------------------------


def test_headers_and_addresses(v1):
    """No flag, no User-Agent, no Accept; the version header on all, a content type on bodies."""
    for one in v1.scenarios:
        for method, target, headers, body in sent(one.id):
            assert ("AzureAdScimPatch2017" in target) is (one.id in FLAGGED), (one.id, target)
            assert "aadOptscim062020" not in target
            assert method in {"GET", "POST", "PATCH", "DELETE"}
            names = [name for name, _ in headers]
            assert names == ["ADSCIMVersion"] + ["Content-Type"] * (body is not None), one.id
            if body is not None:
                assert headers[1][1] == "application/scim+json; charset=utf-8"


def test_every_operation_is_capitalised_and_has_a_path(v1):
    """But for the two that sources show in lower case."""
    lower = {"roles.several", "members.remove.lower-case"}
    seen = set()
    for one in v1.scenarios:
        for operation in (o for operations in patches(one.id) for o in operations):
            seen.add(operation["op"])
            assert operation["op"] in ({"remove", "replace"} if one.id in lower else {"Add", "Replace", "Remove"}), (
                one.id
            )
            assert operation["path"], one.id
            if operation["path"] == "active":
                wanted = {"users.disable.boolean": {False}, "users.disable.lower-case-text": {"false"}}
                assert operation["value"] in wanted.get(one.id, {"True", "False"}), one.id
    assert seen == {"Add", "Replace", "Remove", "replace", "remove"}


def test_bodies_of_changes(v1):
    for one in v1.scenarios:
        for method, _, _, body in sent(one.id):
            if method == "PATCH" and body is not None:
                message = json.loads(body)
                order = ["Operations", "schemas"] if one.id == "users.change-body-order" else ["schemas", "Operations"]
                assert list(message) == order
                assert message["schemas"] == [PATCH_OP]


# --- connection -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("connection.probe-users.plain", "/Users?filter=userName+eq+%22", "%22"),
        ("connection.probe-users.roll-back-flag", "/Users?filter=userName+eq+%22", "%22&AzureAdScimPatch2017"),
        ("connection.probe-users.older-default", "/Users?filter=externalId+eq+%22", "%22"),
        ("connection.probe-groups.plain", "/Groups?excludedAttributes=members&filter=displayName+eq+%22", "%22"),
    ],
)
def test_the_probe_asks_for_a_random_guid(name, before, after):
    [(method, target, headers, body)] = sent(name)
    guid = target.removeprefix(before).removesuffix(after)
    assert (method, target, body) == ("GET", before + guid + after, None)
    assert [len(part) for part in guid.split("-")] == [8, 4, 4, 4, 12]
    assert headers == (("ADSCIMVersion", "5.0" if "older" in name else "6.0"),)


# --- users ----------------------------------------------------------------------------------------


def test_create_user_then_the_manager():
    """Match, the mapped attributes with a JSON boolean, and the manager by itself in a second pass."""
    of = person("users.create")
    match, create, _evaluate = sent("users.create")
    assert match[:2] == ("GET", f"/Users?filter=userName+eq+%22{of['userPrincipalName'].replace('@', '%40')}%22")
    assert create[:2] == ("POST", "/Users")
    assert create[3] is not None
    body = json.loads(create[3])
    assert body["schemas"] == [CORE, ENT]
    assert (body["externalId"], body["userName"]) == (of["mailNickname"], of["userPrincipalName"])
    assert body["active"] is True
    assert body["emails"] == [{"type": "work", "primary": True, "value": of["mail"]}]
    assert [entry["type"] for entry in body["phoneNumbers"]] == ["work", "mobile", "fax"]
    assert body["name"] == {"formatted": of["fullName"], "familyName": of["surname"], "givenName": of["givenName"]}
    assert (body["meta"], body["roles"]) == ({"resourceType": "User"}, [])
    assert body[ENT] == {"employeeNumber": of["employeeId"], "department": of["department"]}
    assert lines("manager.set-and-change")[:3] == ["POST /Users", "GET /Users/user-3", "PATCH /Users/user-3"]


def test_every_form_of_path_in_one_request():
    """The reference sequence: Add and Replace mixed, each with a path, in the order of the mapping."""
    of = person("users.change-every-form")
    first, mix = patches("users.change-every-form")
    assert first == [{"op": "Add", "path": f"{ENT}:manager", "value": "user-1"}]
    assert in_order(mix) == in_order([
        {"op": "Replace", "path": "userName", "value": f"berg.{of['userPrincipalName']}"},
        {"op": "Replace", "path": "displayName", "value": f"Liv Berg {TAG}"},
        {"op": "Add", "path": "nickName", "value": "Livvi"},
        {"op": "Replace", "path": "name.familyName", "value": "Berg"},
        {"op": "Replace", "path": 'emails[type eq "work"].value', "value": f"berg.{of['mail']}"},
        {"op": "Add", "path": 'emails[type eq "other"].value', "value": f"home.{of['mail']}"},
        {"op": "Replace", "path": 'phoneNumbers[type eq "mobile"].value', "value": "55509"},
        {"op": "Add", "path": 'addresses[type eq "work"].region', "value": "Vestland"},
        {"op": "Replace", "path": 'addresses[type eq "work"].postalCode', "value": "5004"},
        {"op": "Add", "path": 'roles[primary eq "True"].value', "value": "Admin"},
        {"op": "Replace", "path": f"{ENT}:department", "value": "Survey"},
        {"op": "Replace", "path": f"{ENT}:manager", "value": "user-2"},
    ])  # fmt: skip


OPERATIONS = {
    "users.change-one.with-path": [
        [{"op": "Replace", "path": "displayName", "value": f"Liv Berg {TAG}"}],
        [{"op": "Replace", "path": "name.familyName", "value": "Berg"}],
        [{"op": "Add", "path": "nickName", "value": "Livvi"}],
        [{"op": "Add", "path": f"{ENT}:department", "value": "Survey"}],
    ],
    "users.change-several": [[
        {"op": "Replace", "path": "displayName", "value": f"Liv Berg {TAG}"},
        {"op": "Replace", "path": "preferredLanguage", "value": "nn-NO"},
        {"op": "Replace", "path": "name.familyName", "value": "Berg"},
        {"op": "Replace", "path": "name.formatted", "value": "Livia Berg"},
        {"op": "Replace", "path": f"{ENT}:department", "value": "Survey"},
        {"op": "Add", "path": "title", "value": "Chief Surveyor"},
        {"op": "Add", "path": "name.givenName", "value": "Livia"},
        {"op": "Add", "path": f"{ENT}:employeeNumber", "value": "9043"},
    ]],
    "manager.set-and-change": [
        [{"op": "Add", "path": f"{ENT}:manager", "value": "user-1"}],
        [{"op": "Replace", "path": f"{ENT}:manager", "value": "user-2"}],
    ],
    "manager.clear.value-filter": [[{"op": "Remove", "path": 'manager[value eq "user-1"]'}]],
    "manager.clear.empty-text": [[{"op": "Replace", "path": f"{ENT}:manager", "value": ""}]],
    "manager.clear.empty-object": [[{"op": "Replace", "path": f"{ENT}:manager", "value": {"value": ""}}]],
    "roles.single": [
        [{"op": "Add", "path": 'roles[primary eq "True"].value', "value": "Admin"}],
        [{"op": "Replace", "path": 'roles[primary eq "True"].value', "value": "User"}],
    ],
    "roles.json-in-text": [[{"op": "Add", "path": "roles", "value": [
        {"value": '{"id":"r1","value":"Admin","displayName":"Admin"}'},
    ]}]],
    "roles.several": [[{"op": "replace", "path": "roles", "value": [
        {"primary": False, "type": "WindowsAzureActiveDirectoryRole", "display": "User", "value": "User"},
    ]}]],
    "custom.change": [
        [{"op": "Add", "path": f"{FJORD}:berth", "value": "B7"}],
        [{"op": "Replace", "path": "displayName", "value": f"Liv Berg {TAG}"},
         {"op": "Add", "path": f"{FJORD}:pier", "value": "East"}],
    ],
    "users.disable.text": [[{"op": "Replace", "path": "active", "value": "False"}]] * 2,
    "users.disable.lower-case-text": [[{"op": "Replace", "path": "active", "value": "false"}]],
    "users.disable.boolean": [[{"op": "Replace", "path": "active", "value": False}]],
    "users.disable.add": [[{"op": "Add", "path": "active", "value": "False"}]],
    "users.restore": [[{"op": "Replace", "path": "active", "value": "True"}], [{"op": "Replace", "path": "active", "value": "True"}], [{"op": "Replace", "path": "active", "value": "False"}], [{"op": "Replace", "path": "active", "value": "True"}]],
    "members.add-one-by-one.value": [
        [{"op": "Add", "path": "members", "value": [{"value": "user-1"}]}],
        [{"op": "Add", "path": "members", "value": [{"value": "user-2"}]}],
        [{"op": "Add", "path": "members", "value": [{"value": "user-1"}]}],
    ],
    "members.add-one-by-one.null-ref": [
        [{"op": "Add", "path": "members", "value": [{"$ref": None, "value": "user-1"}]}],
        [{"op": "Add", "path": "members", "value": [{"$ref": None, "value": "user-2"}]}],
        [{"op": "Add", "path": "members", "value": [{"$ref": None, "value": "user-1"}]}],
    ],
    "members.add-one-by-one.together": [
        [{"op": "Add", "path": "members", "value": [{"value": "user-1"}, {"value": "user-2"}]}],
        [{"op": "Add", "path": "members", "value": [{"value": "user-1"}]}],
    ],
    "members.remove.value": [
        [{"op": "Remove", "path": "members", "value": [{"value": "user-2"}]}],
        [{"op": "Remove", "path": "members", "value": [{"value": "user-2"}]}],
        [{"op": "Remove", "path": "members", "value": [{"value": "user-1"}]}],
    ],
    "members.remove.null-ref": [
        [{"op": "Remove", "path": "members", "value": [{"$ref": None, "value": "user-2"}]}],
        [{"op": "Remove", "path": "members", "value": [{"$ref": None, "value": "user-2"}]}],
        [{"op": "Remove", "path": "members", "value": [{"$ref": None, "value": "user-1"}]}],
    ],
    "members.remove.lower-case": [
        [{"op": "remove", "path": "members", "value": [{"value": "user-2"}]}],
        [{"op": "remove", "path": "members", "value": [{"value": "user-2"}]}],
        [{"op": "remove", "path": "members", "value": [{"value": "user-1"}]}],
    ],
    "members.remove.together": [
        [{"op": "Remove", "path": "members", "value": [{"value": "user-1"}, {"value": "user-3"}]}],
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", OPERATIONS)
def test_operations(name):
    assert in_order(patches(name)) == in_order(OPERATIONS[name])


def test_disable_and_rename_are_two_operations_of_one_request():
    upn = person("users.disable-and-rename")["userPrincipalName"]
    first, *others = patches("users.disable-and-rename")
    assert first == [
        {"op": "Replace", "path": "active", "value": "False"},
        {"op": "Replace", "path": "userName", "value": f"left.{upn}"},
    ]
    assert [[o["path"] for o in operations] for operations in others] == [
        ["title"],
        ['emails[type eq "work"].value'],
        ["displayName", "externalId"],
        [f"{ENT}:manager"],
    ]


def test_a_whole_address_is_built_operation_by_operation():
    [operations] = patches("users.add-missing")
    parts = ("formatted", "streetAddress", "locality", "region", "postalCode", "country")
    wanted = ['emails[type eq "work"].value', *(f'addresses[type eq "work"].{part}' for part in parts)]
    assert [o["path"] for o in operations] == [*wanted, 'addresses[type eq "other"].formatted']
    assert {o["op"] for o in operations} == {"Add"}


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("users.disable.text", ["POST /Users", *["GET /Users/user-1", "PATCH /Users/user-1", "GET /Users/user-1"] * 2][:6]),
        ("users.delete", ["POST /Users", "GET /Users/user-1", "PATCH /Users/user-1", "GET /Users/user-1",
                          "DELETE /Users/user-1"]),
        ("users.delete-and-return", ["POST /Users", "GET /Users/user-1", "DELETE /Users/user-1", "GET /Users/user-1",
                                     "DELETE /Users/user-1", "GET /Users?…", "POST /Users"]),
        ("users.restore", ["GET /Users?…", *["GET /Users/user-1", "PATCH /Users/user-1"] * 4]),
        ("members.remove.value", ["GET /Groups/group-3?…", "PATCH /Groups/group-3"] * 3),
        ("groups.delete", ["GET /Groups/group-2?…", "DELETE /Groups/group-2"]),
        ("on-demand.create", ["GET /Users?…"] * 4 + ["POST /Users"]),
        ("cycle.initial", ["GET /Users?…"] * 3 + ["POST /Users", "GET /Users/user-2", "PATCH /Users/user-2", "GET /Groups?…",
                           "POST /Groups", "GET /Groups/group-3?…", "PATCH /Groups/group-3", "PATCH /Groups/group-3"]),
        ("accounts.page", ["GET /Users?…", "GET /Users?…"]),
    ],
)  # fmt: skip
def test_the_order_of_requests(name, wanted):
    """A read before each write, and a lookup before a user is taken back."""
    assert [line.partition("?")[0] + "?…" * ("?" in line) for line in lines(name)] == wanted


# --- groups ---------------------------------------------------------------------------------------


def test_create_group_in_both_attested_forms():
    of = group("groups.create.microsoft-schema")
    documented = next(s for s in sent("groups.create.microsoft-schema") if s[0] == "POST")
    assert documented[1] == "/Groups"
    assert documented[3] is not None
    assert in_order(json.loads(documented[3])) == in_order({
        "schemas": [GROUP, LEGACY_GROUP],
        "externalId": of["objectId"],
        "displayName": of["displayName"],
        "meta": {"resourceType": "Group"},
    })  # fmt: skip
    captured = next(json.loads(s[3] or "") for s in sent("groups.create.empty-members") if s[0] == "POST")
    assert (captured["schemas"], captured["members"]) == ([GROUP], [])


def test_groups_are_looked_for_and_read_without_members():
    name = group("groups.match")["displayName"].replace(" ", "+")
    first = lines("groups.match")[0]
    assert first == f"GET /Groups?excludedAttributes=members&filter=displayName+eq+%22{name}%22"
    assert lines("members.remove.value")[0] == "GET /Groups/group-3?excludedAttributes=members"


def test_rename_and_external_id():
    of = group("groups.change.one-by-one")
    assert patches("groups.change.one-by-one") == [
        [{"op": "Add", "path": "externalId", "value": of["objectId"]}],
        [{"op": "Replace", "path": "displayName", "value": f"Pier {of['displayName']}"}],
    ]
    [both] = patches("groups.change.together")
    assert [(o["op"], o["path"]) for o in both] == [("Replace", "displayName"), ("Add", "externalId")]


# --- beside the other client ----------------------------------------------------------------------


def test_nothing_of_entra_v2_is_lost_by_accident(v1, entra):
    """Every scenario of the other client is here, or is one that belongs to it alone."""
    own = {"users.change-to-empty", "on-demand.change", "on-demand.disable", "on-demand.members",
           "on-demand.change-group", "on-demand.replace-members"}  # fmt: skip

    def plain(profile):
        return {s.id.removesuffix(f".{s.variant}") if s.variant else s.id for s in profile.scenarios}

    assert plain(entra) - plain(v1) == own
    assert plain(v1) - plain(entra) == {"users.remove-with-value"}
    assert v1.requires.keys() == entra.requires.keys()
