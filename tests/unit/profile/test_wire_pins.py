"""The bytes that profile entra-v2 sends, pinned to what the client's sources show.

The expected requests are written out here; only invented values (names, numbers) come from the run's
seed. Nothing here reads the profile's mapping or dialect.
"""

from __future__ import annotations

import json

import pytest
from scim_compat.engine import people
from support.profiles import SEED, rehearsed

TAG = people.tag_for(SEED)
FLAG = "aadOptscim062020"
CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
ENT = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
FJORD = "urn:ietf:params:scim:schemas:extension:fjord:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
LEGACY_GROUP = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


def sent(profile, name):
    """(method, target, headers, body text) of each request the client sends, ours left out."""
    return [
        (r.method, r.target, tuple(r.headers), r.body.decode() if r.body is not None else None)
        for played in rehearsed(profile.id, name)
        if played.observation.intent.by == "client"
        for r in [played.observation.exchange.request]
    ]


def person(name, key="alice", **overrides):
    return people.person(SEED, f"entra-v2 {name} {key}", overrides)


def group(name, key="crew"):
    return people.group(SEED, f"entra-v2 {name} {key}")


def patches(profile, name):
    """The Operations of each PATCH, as JSON text, after looking at what they are wrapped in."""
    found = []
    for method, _target, _headers, body in sent(profile, name):
        if method == "PATCH":
            message = json.loads(body)
            assert list(message) == ["schemas", "Operations"]
            assert message["schemas"] == [PATCH_OP]
            found.append(message["Operations"])
    return found


def in_order(value):
    """JSON text: key order, number forms and spaces count."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


# --- headers and addresses ------------------------------------------------------------------------


def test_headers_of_every_request(entra):
    """The version header on all of them, a content type on bodies; no Accept and no User-Agent."""
    for one in entra.scenarios:
        if one.id == "connection.probe-users.dated-version-header":
            continue
        for method, _target, headers, body in sent(entra, one.id):
            wanted = [("ADSCIMVersion", "6.0")]
            if body is not None:
                wanted.append(("Content-Type", "application/scim+json; charset=utf-8"))
            assert list(headers) == wanted, (one.id, method)


def test_the_version_header_with_a_date(entra):
    [(_, _, headers, _)] = sent(entra, "connection.probe-users.dated-version-header")
    assert len(headers) == 1
    assert headers[0][0] == "ADSCIMVersion"
    assert headers[0][1].startswith("Date:2026-11-02T09:30:00Z, ActivityId:")


def test_the_flag_goes_with_every_request_once(entra):
    for one in entra.scenarios:
        flag = "AzureAdScimPatch062020" if one.variant == "old-flag-name" else FLAG
        for method, target, _, _ in sent(entra, one.id):
            assert target.partition("?")[2].split("&").count(flag) == 1, (one.id, method, target)


def test_no_put_and_no_bulk(entra):
    methods = {m for one in entra.scenarios for m, *_ in sent(entra, one.id)}
    assert methods == {"GET", "POST", "PATCH", "DELETE"}


# --- connection and matching ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("connection.probe-users.flag-last", "/Users?filter=userName+eq+%22", f"%22&{FLAG}"),
        ("connection.probe-users.flag-first", f"/Users?{FLAG}&filter=userName+eq+%22", "%22"),
        ("connection.probe-users.old-flag-name", "/Users?filter=userName+eq+%22", "%22&AzureAdScimPatch062020"),
        ("connection.probe-groups.flag-last", "/Groups?excludedAttributes=members&filter=displayName+eq+%22", f"%22&{FLAG}"),
        ("connection.probe-groups.flag-first", f"/Groups?{FLAG}&excludedAttributes=members&filter=displayName+eq+%22", "%22"),
    ],
)  # fmt: skip
def test_the_probe_asks_for_a_random_guid(entra, name, before, after):
    [(method, target, _, body)] = sent(entra, name)
    guid = target.removeprefix(before).removesuffix(after)
    assert (method, body) == ("GET", None)
    assert target == before + guid + after
    assert [len(part) for part in guid.split("-")] == [8, 4, 4, 4, 12]
    assert set(guid) <= set("0123456789abcdef-")


def test_matching_by_user_name(entra):
    upn = person("match.by-user-name")["userPrincipalName"]
    form = upn.replace("@", "%40")
    targets = [target for _, target, _, _ in sent(entra, "match.by-user-name")]
    assert targets == [f"/Users?filter=userName+eq+%22{t}%22&{FLAG}" for t in (form, form, upn.swapcase().replace("@", "%40"))]  # fmt: skip


def test_matching_by_a_value_path(entra):
    mail = person("match.by-email")["mail"].replace("@", "%40")
    (_, first, _, _), *_ = sent(entra, "match.by-email")
    assert first == f"/Users?filter=emails%5Btype+eq+%22work%22%5D.value+eq+%22{mail}%22&{FLAG}"


def test_special_characters_are_form_encoded_and_escaped(entra):
    [(_, plus, _, _)] = sent(entra, "match.by-special-characters.form-encoding")
    assert plus.startswith("/Users?filter=userName+eq+%22liv%2Bd%2541hl%26x%3D1_fjord.example%23EXT%23.")
    [(_, quotes, _, _)] = sent(entra, "match.by-special-characters.quotes")
    assert quotes.startswith("/Users?filter=userName+eq+%22liv.o%27d%5C%22a%5C%5Chl.")
    [(_, letters, _, _)] = sent(entra, "match.by-special-characters.non-ascii")
    assert letters.startswith("/Users?filter=userName+eq+%22liv.bj%C3%B8rns%C3%A5.%E5%8C%97.")


# --- users ----------------------------------------------------------------------------------------


def test_create_user(entra):
    """Match first; then the mapped attributes, meta and an empty roles list, and no manager."""
    of = person("users.create")
    match, create, _evaluate = sent(entra, "users.create")
    assert match[:2] == ("GET", f"/Users?filter=userName+eq+%22{of['userPrincipalName'].replace('@', '%40')}%22&{FLAG}")
    assert create[:2] == ("POST", f"/Users?{FLAG}")
    assert create[3] == in_order({
        "schemas": [CORE, ENT],
        "externalId": of["mailNickname"],
        "userName": of["userPrincipalName"],
        "active": True,
        "displayName": of["displayName"],
        "title": of["jobTitle"],
        "preferredLanguage": "nb-NO",
        "emails": [{"type": "work", "primary": True, "value": of["mail"]}],
        "phoneNumbers": [
            {"type": "work", "value": of["telephoneNumber"]},
            {"type": "mobile", "value": of["mobile"]},
            {"type": "fax", "value": of["facsimileTelephoneNumber"]},
        ],
        "addresses": [{
            "type": "work", "formatted": of["physicalDeliveryOfficeName"], "streetAddress": of["streetAddress"],
            "locality": of["city"], "region": of["state"], "postalCode": of["postalCode"], "country": "NO",
        }],
        "meta": {"resourceType": "User"},
        "name": {"formatted": of["fullName"], "familyName": of["surname"], "givenName": of["givenName"]},
        "roles": [],
        ENT: {"employeeNumber": of["employeeId"], "department": of["department"]},
    })  # fmt: skip


def test_null_attributes_where_the_older_sample_has_them(entra):
    [(_, _, _, body)] = sent(entra, "users.create-without-optionals.as-null")
    made = json.loads(body)
    assert {k: made[k] for k in ("title", "preferredLanguage", "phoneNumbers", "addresses")} == dict.fromkeys(
        ("title", "preferredLanguage", "phoneNumbers", "addresses")
    )
    assert made[ENT]["department"] is None


def test_manager_in_the_creation_is_a_bare_id(entra):
    [(_, _, _, body)] = sent(entra, "users.create-with-manager")
    assert json.loads(body)[ENT]["manager"] == "user-1"


def test_every_form_of_path(entra):
    """Value paths each in an operation, then one replace and one add without path."""
    of = person("users.change-every-form")
    [operations] = patches(entra, "users.change-every-form")
    assert in_order(operations) == in_order([
        {"op": "replace", "path": 'emails[type eq "work"].value', "value": f"berg.{of['mail']}"},
        {"op": "replace", "path": 'emails[type eq "work"].primary', "value": True},
        {"op": "add", "path": 'emails[type eq "other"].value', "value": f"home.{of['mail']}"},
        {"op": "replace", "path": 'phoneNumbers[type eq "mobile"].value', "value": "55509"},
        {"op": "add", "path": 'addresses[type eq "work"].region', "value": "Vestland"},
        {"op": "replace", "path": 'addresses[type eq "work"].postalCode', "value": "5004"},
        {"op": "replace", "value": {
            "userName": f"berg.{of['userPrincipalName']}", "displayName": f"Liv Berg {TAG}",
            "name.familyName": "Berg", f"{ENT}:department": "Survey",
        }},
        {"op": "add", "value": {"nickName": "Livvi", "name.formatted": "Liv Berg"}},
    ])  # fmt: skip


LONE = {
    "users.change-one.with-path": [
        [{"op": "replace", "path": "displayName", "value": f"Liv Berg {TAG}"}],
        [{"op": "add", "path": "nickName", "value": "Livvi"}],
        [{"op": "add", "path": f"{ENT}:department", "value": "Survey"}],
    ],
    "users.change-one.without-path": [
        [{"op": "replace", "value": {"displayName": f"Liv Berg {TAG}"}}],
        [{"op": "replace", "value": {"name.familyName": "Berg"}}],
    ],
    "users.change-several": [[
        {"op": "replace", "value": {
            "displayName": f"Liv Berg {TAG}", "preferredLanguage": "nn-NO", "name.familyName": "Berg",
            "name.formatted": "Livia Berg", f"{ENT}:department": "Survey",
        }},
        {"op": "add", "value": {"title": "Chief Surveyor", "name.givenName": "Livia", f"{ENT}:employeeNumber": "9043"}},
    ]],
    "manager.set-and-change": [
        [{"op": "add", "path": f"{ENT}:manager", "value": "user-1"}],
        [{"op": "replace", "path": f"{ENT}:manager", "value": "user-2"}],
    ],
    "manager.clear.value-filter": [[{"op": "remove", "path": 'manager[value eq "user-1"]'}]],
    "manager.clear.empty-text": [[{"op": "replace", "path": f"{ENT}:manager", "value": ""}]],
    "manager.clear.empty-object": [[{"op": "replace", "path": f"{ENT}:manager", "value": {"value": ""}}]],
    "roles.single": [
        [{"op": "add", "path": 'roles[primary eq "True"].value', "value": "Admin"}],
        [{"op": "replace", "path": 'roles[primary eq "True"].value', "value": "User"}],
    ],
    "roles.several": [[{"op": "replace", "path": "roles", "value": [
        {"primary": False, "type": "WindowsAzureActiveDirectoryRole", "display": "User", "value": "User"},
    ]}]],
    "roles.json-in-text": [[{"op": "add", "path": "roles", "value": [
        {"value": '{"id":"r1","value":"Admin","displayName":"Admin"}'},
    ]}]],
    "custom.change": [
        [{"op": "add", "path": f"{FJORD}:berth", "value": "B7"}],
        [{"op": "replace", "value": {"displayName": f"Liv Berg {TAG}", f"{FJORD}:pier": "East"}}],
    ],
    "users.disable": [[{"op": "replace", "path": "active", "value": False}]] * 2,
    "users.restore": [[{"op": "replace", "path": "active", "value": True}], [{"op": "replace", "path": "active", "value": True}], [{"op": "replace", "path": "active", "value": False}], [{"op": "replace", "path": "active", "value": True}]],
    "on-demand.disable.replace": [
        [{"op": "Replace", "path": "active", "value": "False"}],
        [{"op": "Replace", "path": "active", "value": "True"}],
    ],
    "on-demand.disable.add": [[{"op": "Add", "path": "active", "value": "False"}]],
    "groups.change.with-path": [[{"op": "replace", "path": "displayName", "value": "*"}]],
    "groups.change.without-path": [
        [{"op": "replace", "value": {"externalId": "*"}}],
        [{"op": "replace", "value": {"displayName": "*"}}],
    ],
    "members.add-one-by-one": [
        [{"op": "add", "path": "members", "value": [{"value": "user-1"}]}],
        [{"op": "add", "path": "members", "value": [{"value": "user-2"}]}],
        [{"op": "add", "path": "members", "value": [{"value": "user-1"}]}],
    ],
    "members.remove": [
        [{"op": "remove", "path": 'members[value eq "user-2"]'}],
        [{"op": "remove", "path": 'members[value eq "user-2"]'}],
        [{"op": "remove", "path": 'members[value eq "user-1"]'}],
    ],
    "on-demand.members.value": [
        [{"op": "Remove", "path": "members", "value": [{"value": "user-1"}]}],
        [{"op": "Add", "path": "members", "value": [{"value": "user-1"}]}],
    ],
    "on-demand.members.null-ref": [
        [{"op": "Remove", "path": "members", "value": [{"$ref": None, "value": "user-1"}]}],
        [{"op": "Add", "path": "members", "value": [{"$ref": None, "value": "user-1"}]}],
    ],
}  # fmt: skip


def blurred(wanted, actual):
    """``actual`` with what is invented there, where the pin says ``*``."""
    if wanted == "*" and isinstance(actual, str) and actual:
        return "*"
    if isinstance(wanted, dict) and isinstance(actual, dict):
        return {k: blurred(wanted.get(k), v) for k, v in actual.items()}
    if isinstance(wanted, list) and isinstance(actual, list) and len(wanted) == len(actual):
        return [blurred(w, a) for w, a in zip(wanted, actual, strict=True)]
    return actual


@pytest.mark.parametrize("name", LONE)
def test_operations(entra, name):
    found = patches(entra, name)
    assert in_order(blurred(LONE[name], found)) == in_order(LONE[name])


def test_disable_together_with_a_rename(entra):
    upn = person("users.disable-and-rename")["userPrincipalName"]
    first, *others = patches(entra, "users.disable-and-rename")
    assert in_order([first]) == in_order([[{"op": "replace", "value": {"active": False, "userName": f"left.{upn}"}}]])
    assert [[o.get("path") or list(o["value"]) for o in operations] for operations in others] == [
        ["title"],
        ['emails[type eq "work"].value'],
        [["displayName", "externalId"]],
        ["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager"],
    ]


def test_a_whole_address_is_built_operation_by_operation(entra):
    mail = person("users.add-missing")["mail"]
    wanted = [('emails[type eq "work"].value', f"berg.{mail}")] + [
        (f'addresses[type eq "work"].{part}', value)
        for part, value in (("formatted", "Room 12"), ("streetAddress", "Kaien 4"), ("locality", "Bergen"),
                            ("region", "Vestland"), ("postalCode", "5003"), ("country", "NO"))
    ] + [('addresses[type eq "other"].formatted', "Room 14")]  # fmt: skip
    assert patches(entra, "users.add-missing") == [[{"op": "add", "path": p, "value": v} for p, v in wanted]]


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("users.disable", ["POST /Users?{f}", *["GET /Users/user-1?{f}", "PATCH /Users/user-1?{f}", "GET /Users/user-1?{f}"] * 2][:6]),
        ("users.delete", ["POST /Users?{f}", "GET /Users/user-1?{f}", "PATCH /Users/user-1?{f}", "GET /Users/user-1?{f}", "DELETE /Users/user-1?{f}"]),
        ("users.delete-and-return", ["POST /Users?{f}", "GET /Users/user-1?{f}", "DELETE /Users/user-1?{f}", "GET /Users/user-1?{f}", "DELETE /Users/user-1?{f}", "GET /Users?*", "POST /Users?{f}"]),
        ("users.restore", ["GET /Users?*", *["GET /Users/user-1?{f}", "PATCH /Users/user-1?{f}"] * 4]),
        ("groups.delete", ["GET /Groups/group-2?excludedAttributes=members&{f}", "DELETE /Groups/group-2?{f}"]),
        ("members.remove", ["GET /Groups/group-3?excludedAttributes=members&{f}", "PATCH /Groups/group-3?{f}"] * 3),
        ("members.add-one-by-one", ["GET /Groups/group-3?excludedAttributes=members&{f}", "PATCH /Groups/group-3?{f}", "PATCH /Groups/group-3?{f}",
                                    "GET /Groups/group-3?excludedAttributes=members&{f}", "PATCH /Groups/group-3?{f}"]),
    ],
)  # fmt: skip
def test_the_order_of_requests(entra, name, lines):
    """A read before each write, one member a request, a lookup before a user is taken back."""
    found = [f"{method} {target}" for method, target, _, _ in sent(entra, name)]
    wanted = [line.format(f=FLAG) for line in lines]
    shortened = [f if not w.endswith("*") else f.partition("?")[0] + "?*" for f, w in zip(found, wanted, strict=False)]
    assert shortened == wanted[: len(found)]
    assert len(found) == len(wanted)


# --- groups ---------------------------------------------------------------------------------------


def test_create_group_in_both_attested_forms(entra):
    documented = sent(entra, "groups.create.microsoft-schema")
    of = group("groups.create.microsoft-schema")
    name = of["displayName"].replace(" ", "+")
    assert documented[0][:2] in {
        ("GET", f"/Groups?excludedAttributes=members&filter=displayName+eq+%22{name}%22&{FLAG}"),
        ("POST", f"/Groups?{FLAG}"),
    }
    creation = next(s for s in documented if s[0] == "POST")
    assert creation[1] == f"/Groups?{FLAG}"
    assert creation[3] == in_order({
        "schemas": [GROUP, LEGACY_GROUP],
        "externalId": of["objectId"],
        "displayName": of["displayName"],
        "meta": {"resourceType": "Group"},
    })  # fmt: skip
    captured = next(json.loads(s[3]) for s in sent(entra, "groups.create.empty-members") if s[0] == "POST")
    assert captured["schemas"] == [GROUP]
    assert captured["members"] == []


def test_match_group(entra):
    name = group("groups.match")["displayName"]
    first = sent(entra, "groups.match")[0]
    wanted = name.replace(" ", "+")
    assert first[:2] == ("GET", f"/Groups?excludedAttributes=members&filter=displayName+eq+%22{wanted}%22&{FLAG}")


def test_the_initial_cycle(entra):
    """Probe, users, then the manager by itself, then groups, then members one by one."""
    lines = [
        (m, t.partition("?")[0].rpartition("/")[0] or t.partition("?")[0])
        for m, t, _, _ in sent(entra, "cycle.initial")
    ]
    assert lines == [
        ("GET", "/Users"), ("GET", "/Users"), ("GET", "/Users"), ("POST", "/Users"), ("GET", "/Users"), ("PATCH", "/Users"),
        ("GET", "/Groups"), ("POST", "/Groups"), ("GET", "/Groups"), ("PATCH", "/Groups"), ("PATCH", "/Groups"),
    ]  # fmt: skip
    assert patches(entra, "cycle.initial")[0] == [{"op": "add", "path": f"{ENT}:manager", "value": "user-1"}]


# --- how we ourselves speak -------------------------------------------------------------------------


def test_our_own_requests_have_none_of_the_client_s_habits(entra):
    for one in entra.scenarios:
        for played in rehearsed(entra.id, one.id):
            if played.observation.intent.by == "harness":
                request = played.observation.exchange.request
                assert FLAG not in request.target
                assert ("Accept", "application/scim+json") in request.headers
                assert "ADSCIMVersion" not in dict(request.headers)
