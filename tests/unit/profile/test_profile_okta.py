"""The bytes that profiles okta and okta-wizard send, pinned to what the client's sources show.

The expected requests are written out here; only invented values (names, ids) come from the run's seed. Nothing here
reads the profiles' mapping or dialect.
"""

from __future__ import annotations

import itertools
import json
import re
from urllib.parse import parse_qsl

import pytest
from scim_compat.checks.registry import all_checks
from scim_compat.engine import people
from scim_compat.engine.rehearsal import rehearse
from scim_compat.profile.lint import lint
from scim_compat.wire.credentials import Basic
from scim_compat.wire.messages import Headers
from support.profiles import SEED, loaded, requests, scenario

TAG = people.tag_for(SEED)
CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
SCIM = "application/scim+json; charset=utf-8"
HEADERS = {
    "Accept": "application/scim+json",
    "Accept-Charset": "utf-8",
    "User-Agent": "Okta SCIM Client 1.0.0",
    "Accept-Encoding": "gzip,deflate",
}


@pytest.fixture(scope="module")
def okta():
    return loaded("okta")


@pytest.fixture(scope="module")
def wizard():
    return loaded("okta-wizard")


@pytest.fixture(scope="module", params=["okta", "okta-wizard"])
def either(request):
    return loaded(request.param)


def sent(profile, name, **more):
    """(method, target, body text) of each request the client sends."""
    return [(r.method, r.target, r.body and r.body.decode()) for r in requests(profile.id, name, **more)]


def person(profile, name, key="alice", **overrides):
    return people.person(SEED, f"{profile.id} {name} {key}", overrides)


def crew(profile, name):
    return people.group(SEED, f"{profile.id} {name} crew")["displayName"]


def minified(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def patch(*operations):
    return minified({"schemas": [PATCH_OP], "Operations": list(operations)})


def lookup(endpoint, path, value):
    """The existence check: percent form, filter first, one page of a hundred."""
    quoted = value.replace("@", "%40").replace(" ", "%20")
    return ("GET", f"/{endpoint}?filter={path}%20eq%20%22{quoted}%22&startIndex=1&count=100", None)


def created(of, **more):
    """The members of a creation, in the documented order."""
    body = {
        "schemas": [CORE],
        "userName": of["userPrincipalName"],
        "name": {"givenName": of["givenName"], "familyName": of["surname"]},
        "emails": [{"primary": True, "value": of["mail"], "type": "work"}],
        "displayName": of["displayName"],
        "locale": of["locale"],
        "externalId": of["oktaId"],
        "groups": [],
        "password": of["placeholderPassword"],
        "active": True,
    }
    return body | more


def echoed(of, identifier="user-1", **more):
    """The PUT that follows on ``created``: what the server made of it, changes laid over."""
    body = created(of) | {"id": identifier}
    body["meta"] = {"resourceType": "User", "location": f"https://scim.example/scim/v2/Users/{identifier}"}
    del body["password"]
    return minified(body | more)


# --- the files ------------------------------------------------------------------------------------


def test_the_profiles_are_sound(either):
    assert lint(either) == []


def test_every_requirement_says_what_happens_and_who_says_so(either):
    for check, requirement in either.requires.items():
        assert requirement.consequence.endswith("."), check
        assert requirement.source in either.sources, check


def test_the_answers_that_okta_reads_are_all_judged(okta):
    """Whatever the submission suite or the reference asks of an answer has a severity of its own."""
    asked = {c.id for c in all_checks().values() if "2.0" in c.scim and c.area != "bulk"}  # never sent
    assert asked - okta.requires.keys() <= {
        "auth.scheme", "expect.order", "expect.sorted-complete", "extension.labels-kept", "list.excluded-attributes",
        "sync.converges",
        "patch.other-entries", "user.state-by-filter",
    }  # fmt: skip
    ignored = {c for c, r in okta.requires.items() if r.severity == "ignore"}
    assert {
        "list.shape",
        "list.integers",
        "resource.meta-location",
        "create.case-kept",
        "auth.status",
    } & ignored == set()


def test_what_rests_on_inference_is_marked(okta, wizard):
    inferred = {s.id for s in okta.scenarios if s.evidence == "inferred"}
    assert {"connection.probe-groups", "users.reactivate", "password.sync"} <= inferred
    assert "users.deactivate" not in inferred
    assert {s.id for s in wizard.scenarios if s.feature == "entitlements" and s.evidence != "inferred"} == set()


# --- headers, methods, addresses ------------------------------------------------------------------


def test_headers_of_every_request(either):
    """The same four on all of them; a content type on bodies, and on one captured DELETE."""
    for one in either.scenarios:
        for request in requests(either.id, one.id):
            wanted = HEADERS | ({"Content-Type": SCIM} if request.body is not None else {})
            if one.id == "groups.delete-content-type" and request.method == "DELETE":
                wanted = HEADERS | {"Content-Type": SCIM}
            assert len(request.headers) == len(wanted), one.id
            assert dict(request.headers) == wanted, (one.id, request.method)


def test_bodies_are_minified_json(either):
    bodies = [r.body.decode() for one in either.scenarios for r in requests(either.id, one.id) if r.body is not None]
    assert len(bodies) > 50
    for body in bodies:
        assert body == minified(json.loads(body))


def test_no_user_is_deleted_and_no_provider_configuration_read(either):
    """The on-premises agent alone reads the configuration: it is a client of its own."""
    for one in (s for s in either.scenarios if s.feature != "agent-set-up"):
        for method, target, _ in sent(either, one.id):
            assert (method, target.split("/")[1]) != ("DELETE", "Users"), one.id
            assert not re.match(r"/(ServiceProviderConfig|Me|Bulk|Users/\.search)", target), one.id
            keys = {key for key, _ in parse_qsl(target.partition("?")[2])}
            assert keys <= {"filter", "startIndex", "count"}, one.id


def test_which_methods_each_client_knows(okta, wizard):
    def by_client(profile):
        return {(m, t.split("/")[1].split("?")[0]) for one in profile.scenarios for m, t, _ in sent(profile, one.id)}

    patches = {("PATCH", "Users"), ("PATCH", "Groups")}
    assert patches <= by_client(okta)
    assert ("PUT", "Groups") not in by_client(okta)
    assert not patches & by_client(wizard)
    assert {("PUT", "Users"), ("PUT", "Groups")} <= by_client(wizard)


def test_ways_to_authenticate(okta, wizard):
    assert okta.client.auth == ("bearer", "header", "basic", "oauth2-authorization-code")
    assert wizard.client.auth == ("bearer", "basic", "oauth2-authorization-code")
    assert okta.client.timeout == 60


def test_basic_is_user_and_password_in_base64():
    assert Basic("okta", "s3cret").headers(None) == Headers((("Authorization", "Basic b2t0YTpzM2NyZXQ="),))


# --- connecting and the existence check -----------------------------------------------------------


def test_test_credentials(either):
    assert sent(either, "connection.test-credentials") == [("GET", "/Users?startIndex=1&count=2", None)]
    assert sent(either, "connection.probe-groups") == [("GET", "/Groups?startIndex=1&count=100", None)]


@pytest.mark.parametrize(
    ("variant", "target"),
    [
        ("percent", "/Users?filter=userName%20eq%20%22{}%22&startIndex=1&count=100"),
        ("form", "/Users?filter=userName+eq+%22{}%22&startIndex=1&count=100"),
        ("filter-last", "/Users?startIndex=1&count=100&filter=userName%20eq%20%22{}%22"),
    ],
)
def test_the_existence_check_in_its_forms(either, variant, target):
    name = f"match.by-user-name.{variant}"
    upn = person(either, name)["userPrincipalName"]
    wanted = [target.format(v.replace("@", "%40")) for v in (upn, upn, upn.upper())]
    assert [t for _, t, _ in sent(either, name)] == (wanted if variant == "percent" else wanted[:1])


def test_special_characters_in_the_form_encoding(okta):
    [(_, target, _)] = sent(okta, "match.by-special-characters")
    assert target.startswith("/Users?filter=userName+eq+%22ines%2Bo%27f%2541lk%26%5C%22x%5C%22%5C%5Cbj%C3%B8rn.")
    assert target.endswith("%40example.com%22&startIndex=1&count=100")


def test_literal_existence_checks_look_like_the_others(okta):
    empty, complete = sent(okta, "match.empty-answer"), sent(okta, "match.complete-answer")
    for [(method, target, body)] in (empty, complete):
        assert (method, body) == ("GET", None)
        assert re.fullmatch(r"/Users\?filter=userName%20eq%20%22[a-z0-9.-]+%22&startIndex=1&count=100", target)


# --- users ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("variant", "locale"), [("locale-hyphen", "en-US"), ("locale-underscore", "en_US")])
def test_create_user(either, variant, locale):
    name = f"users.create.{variant}"
    of = person(either, name, locale=locale)
    *check, create = sent(either, name)
    assert check == ([lookup("Users", "userName", of["userPrincipalName"])] if variant == "locale-hyphen" else [])
    assert create == ("POST", "/Users", minified(created(of)))
    assert re.fullmatch("00u[A-Za-z0-9]{17}", of["oktaId"])
    assert re.fullmatch("[A-Za-z0-9]{8}", of["placeholderPassword"])


def test_the_values_of_one_seed_do_not_move():
    one, again, other = (people.person(SEED, key) for key in ("a", "a", "b"))
    assert one == again
    assert one["oktaId"] != other["oktaId"]
    assert one["placeholderPassword"] != other["placeholderPassword"]


def test_create_again(okta):
    of = person(okta, "users.create-duplicate")
    first, second, twin = sent(okta, "users.create-duplicate")
    assert first == second == ("POST", "/Users", minified(created(of)))
    assert json.loads(twin[2])["userName"] == of["userPrincipalName"].swapcase()


def test_update_user(either):
    """GET, then PUT of what came, id and meta included; groups is there, a password is not."""
    of = person(either, "users.update")
    _, read, write = sent(either, "users.update")
    assert read == ("GET", "/Users/user-1", None)
    assert write == ("PUT", "/Users/user-1", echoed(
        of, name={"givenName": "Inès", "familyName": "Falk-Moor"}, displayName=f"Ines Falk-Moor {TAG}",
        emails=[{"primary": True, "value": f"moor.{of['mail']}", "type": "work"}]))  # fmt: skip


def test_a_stale_formatted_name_and_strangers_are_echoed(okta):
    of = person(okta, "users.update-echo")
    read, (method, target, body) = sent(okta, "users.update-echo")
    assert [read, (method, target)] == [("GET", "/Users/user-1", None), ("PUT", "/Users/user-1")]
    found = json.loads(body)
    assert found["name"] == {"formatted": "Mona Octocat", "givenName": "Ines", "familyName": "Falk-Moor"}
    assert (found["nickName"], found["title"]) == ("Nessie", "Harbour Master")
    assert found["phoneNumbers"] == [{"type": "work", "value": "55509"}]
    assert found["userName"] == of["userPrincipalName"]
    assert found["groups"] == []


def test_emptied_attributes(okta):
    empty = json.loads(sent(okta, "users.update-to-empty.empty-text")[-1][2])
    missing = json.loads(sent(okta, "users.update-to-empty.left-out")[-1][2])
    assert empty["nickName"] == ""
    assert "nickName" not in missing


def test_an_existing_user_is_linked(okta, wizard):
    of = person(okta, "users.link")
    assert sent(okta, "users.link")[:2] == [
        lookup("Users", "userName", of["userPrincipalName"]), ("GET", "/Users/user-1", None)]  # fmt: skip
    assert [m for m, *_ in sent(okta, "users.link")] == ["GET", "GET", "PUT"]
    assert [m for m, *_ in sent(wizard, "users.link")] == ["GET", "GET", "PUT", "GET", "PUT"]
    puts = [json.loads(body) for m, _, body in sent(wizard, "users.link") if m == "PUT"]
    assert [p["active"] for p in puts] == [True, True]
    assert puts[0]["externalId"] == person(wizard, "users.link")["oktaId"]


DEACTIVATE = patch({"op": "replace", "value": {"active": False}})
ACTIVATE = patch({"op": "replace", "value": {"active": True}})


def test_deactivate_by_patch(okta):
    of = person(okta, "users.deactivate")
    assert sent(okta, "users.deactivate")[1:] == [
        ("PATCH", "/Users/user-1", DEACTIVATE),
        ("GET", "/Users/user-1", None),
        lookup("Users", "userName", of["userPrincipalName"]),
    ]
    assert len(DEACTIVATE) == 118  # the length that the documentation's own capture has


def test_deactivate_by_put(wizard):
    of = person(wizard, "users.deactivate")
    assert sent(wizard, "users.deactivate")[1:3] == [
        ("GET", "/Users/user-1", None),
        ("PUT", "/Users/user-1", echoed(of, active=False)),
    ]


def test_reactivate_by_patch(okta):
    of = person(okta, "users.reactivate")
    assert sent(okta, "users.reactivate")[1:] == [
        ("PATCH", "/Users/user-1", DEACTIVATE),
        lookup("Users", "userName", of["userPrincipalName"]),
        ("PATCH", "/Users/user-1", ACTIVATE),
        ("GET", "/Users/user-1", None),
        ("PUT", "/Users/user-1", echoed(of, displayName=f"Ines Falk {TAG}")),
        *(("PATCH", "/Users/user-1", body) for body in (ACTIVATE, DEACTIVATE, ACTIVATE)),
    ]


def test_reactivate_by_put(wizard):
    of = person(wizard, "users.reactivate")
    assert sent(wizard, "users.reactivate")[3:] == [
        lookup("Users", "userName", of["userPrincipalName"]),
        ("GET", "/Users/user-1", None),
        ("PUT", "/Users/user-1", echoed(of)),
        ("GET", "/Users/user-1", None),
        ("PUT", "/Users/user-1", echoed(of, displayName=f"Ines Falk {TAG}")),
        *itertools.chain.from_iterable(
            (
                ("GET", "/Users/user-1", None),
                ("PUT", "/Users/user-1", echoed(of, displayName=f"Ines Falk {TAG}", active=a)),
            )
            for a in (True, False, True)
        ),
    ]


def test_password_sync(okta, wizard):
    method, target, body = sent(okta, "password.sync")[-1]
    secret = json.loads(body)["Operations"][0]["value"]["password"]
    assert re.fullmatch(r"N3w-w[0-9a-f]{8}!Q", secret)
    wanted = patch({"op": "replace", "value": {"password": secret}})
    assert (method, target, body) == ("PATCH", "/Users/user-1", wanted)
    read, (method, target, body) = sent(wizard, "password.sync")[1:]
    assert [read, (method, target)] == [("GET", "/Users/user-1", None), ("PUT", "/Users/user-1")]
    assert json.loads(body)["password"].startswith("N3w-w")


# --- import ---------------------------------------------------------------------------------------


def test_import_of_230_users(either):
    assert [t for _, t, _ in sent(either, "import.users-full", large=True)] == [
        f"/Users?startIndex={start}&count=100" for start in (1, 101, 201, 301)
    ]


def test_import_of_few(either):
    assert sent(either, "import.groups")[0] == ("GET", "/Groups?startIndex=1&count=100", None)
    assert [t for _, t, _ in sent(either, "import.users-in-pages")] == [
        "/Users?startIndex=1&count=100", "/Users?startIndex=1&count=10", "/Users?startIndex=1&count=2",
        "/Users?startIndex=3&count=2", "/Users?startIndex=11&count=10"]  # fmt: skip


# --- groups ---------------------------------------------------------------------------------------


def member(profile, name, key, identifier):
    return {"value": identifier, "display": person(profile, name, key)["userPrincipalName"]}


def test_group_push_create(okta):
    name = crew(okta, "groups.create.empty")
    assert sent(okta, "groups.create.empty") == [
        lookup("Groups", "displayName", name),
        ("POST", "/Groups", minified({"schemas": [GROUP], "displayName": name, "members": []})),
    ]
    filled = json.loads(sent(okta, "groups.create.with-members")[-1][2])
    assert filled["members"] == [member(okta, "groups.create.with-members", "alice", "user-1")]


@pytest.mark.parametrize("variant", ["with-id", "without-id"])
def test_group_push_create_by_the_wizard(wizard, variant):
    """The empty group is written once more at once (S11, W4); the id is in some samples only."""
    full = f"groups.create.{variant}"
    name = crew(wizard, full)
    again = {"schemas": [GROUP], "id": "group-1", "displayName": name, "members": []}
    if variant == "without-id":
        del again["id"]
    assert sent(wizard, full) == [
        lookup("Groups", "displayName", name),
        ("POST", "/Groups", minified({"schemas": [GROUP], "displayName": name, "members": []})),
        ("PUT", "/Groups/group-1", minified(again)),
    ]


def test_member_add(okta):
    full = "members.add"
    alice, bob = (member(okta, full, key, f"user-{n}") for n, key in ((1, "alice"), (2, "bob")))
    assert sent(okta, full)[1:] == [
        ("PATCH", "/Groups/group-3", patch({"op": "add", "path": "members", "value": [alice, bob]})),
        ("GET", "/Groups/group-3", None),
        ("PATCH", "/Groups/group-3", patch(
            {"op": "replace", "value": {"id": "group-3", "displayName": crew(okta, full)}})),
    ]  # fmt: skip


@pytest.mark.parametrize("variant", ["with-id", "without-id", "null-display"])
def test_member_add_by_the_wizard(wizard, variant):
    full = f"members.add.{variant}"
    alice, bob = (member(wizard, full, key, f"user-{n}") for n, key in ((1, "alice"), (2, "bob")))
    body = {"schemas": [GROUP], "id": "group-3", "displayName": crew(wizard, full), "members": [alice, bob]}
    if variant == "without-id":
        del body["id"]
    if variant == "null-display":
        body["displayName"] = f"Pier {crew(wizard, full)}"
        body["members"] = [{"value": "user-2", "display": None}, {"value": "user-1", "display": None}]
    assert sent(wizard, full)[-2:] == [("GET", "/Groups/group-3", None), ("PUT", "/Groups/group-3", minified(body))]


def test_member_remove_and_add(okta):
    """Removals first, one operation each, then one add; afterwards the group is named again."""
    full = "members.remove-and-add"
    dave = member(okta, full, "dave", "user-4")
    assert sent(okta, full)[:3] == [
        ("PATCH", "/Groups/group-5", patch(
            {"op": "remove", "path": 'members[value eq "user-1"]'},
            {"op": "remove", "path": 'members[value eq "user-2"]'},
            {"op": "add", "path": "members", "value": [dave]})),
        ("GET", "/Groups/group-5", None),
        ("PATCH", "/Groups/group-5", patch(
            {"op": "replace", "value": {"id": "group-5", "displayName": crew(okta, full)}})),
    ]  # fmt: skip


def test_member_remove_and_add_by_the_wizard(wizard):
    """The remaining list, and the empty one."""
    full = "members.remove-and-add"
    rest = [member(wizard, full, "bob", "user-2"), member(wizard, full, "carol", "user-3")]
    shared = {"schemas": [GROUP], "id": "group-4", "displayName": crew(wizard, full)}
    puts = [(t, body) for m, t, body in sent(wizard, full) if m == "PUT"]
    assert puts == [("/Groups/group-4", minified(shared | {"members": rest})),
                    ("/Groups/group-4", minified(shared | {"members": []}))]  # fmt: skip


def test_push_now(okta):
    full = "members.push-now.with-path"
    listed = [member(okta, full, "carol", "user-3"), member(okta, full, "bob", "user-2")]
    assert sent(okta, full) == [
        ("PATCH", "/Groups/group-4", patch({"op": "replace", "path": "members", "value": listed})),
        ("PATCH", "/Groups/group-4", patch({"op": "replace", "path": "members", "value": listed})),
        ("PATCH", "/Groups/group-4", patch({"op": "replace", "path": "members", "value": []})),
    ]


def test_push_now_without_path(okta):
    full = "members.push-now.without-path"
    shared = {"id": "group-3", "displayName": crew(okta, full)}
    assert sent(okta, full) == [
        ("PATCH", "/Groups/group-3", patch(
            {"op": "replace", "value": {"members": [member(okta, full, "bob", "user-2")], **shared}})),
        ("PATCH", "/Groups/group-3", patch({"op": "replace", "value": {"members": [], **shared}})),
    ]  # fmt: skip


@pytest.mark.parametrize(("large", "sizes"), [(False, [100, 1]), (True, [100, 100, 50])])
def test_batches(okta, large, sizes):
    found = [json.loads(body)["Operations"] for _, _, body in sent(okta, "members.batches", large=large)]
    assert [len(operation["value"]) for [operation] in found] == sizes
    assert {frozenset(m) for [operation] in found for m in operation["value"]} == {frozenset({"value", "display"})}


def test_rename(okta):
    full = "groups.rename"
    assert sent(okta, full) == [
        ("GET", "/Groups/group-2", None),
        ("PATCH", "/Groups/group-2", patch(
            {"op": "replace", "value": {"id": "group-2", "displayName": f"Ærø & Pier's {crew(okta, full)}"}})),
    ]  # fmt: skip


@pytest.mark.parametrize("variant", ["with-id", "without-id"])
def test_rename_by_the_wizard(wizard, variant):
    full = f"groups.rename.{variant}"
    body = {"schemas": [GROUP], "id": "group-2", "displayName": f"Pier {crew(wizard, full)}",
            "members": [member(wizard, full, "alice", "user-1")]}  # fmt: skip
    if variant == "without-id":
        del body["id"]
    assert sent(wizard, full)[:2] == [("GET", "/Groups/group-2", None), ("PUT", "/Groups/group-2", minified(body))]


def test_delete_group(either):
    assert sent(either, "groups.delete") == [("DELETE", "/Groups/group-2", None)]


# --- entitlements ---------------------------------------------------------------------------------


def test_discovery_and_grant(either):
    assert sent(either, "entitlements.discover") == [("GET", "/ResourceTypes", None), ("GET", "/Schemas", None)]
    grant = json.loads(sent(either, "entitlements.grant")[-1][2])
    assert grant["roles"] == [{"value": "role-2", "display": "Second Role"}]
    assert grant["entitlements"] == [{"value": "lic-1", "display": "Pro", "type": "License"}]
    for kind in ("roles", "entitlements"):
        [played] = rehearse(either, scenario(either, f"entitlements.read.{kind}"), seed=SEED)
        assert played.observation.exchange.request.target == f"/{kind.capitalize()}?count=1&startIndex=1"
