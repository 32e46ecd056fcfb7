"""Literal requests, ``send``: what goes out, what it counts as, and what becomes of what it made."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from scim_compat.checks.judge import judge
from scim_compat.engine.cleanup import left_behind
from scim_compat.engine.imaginary_server import ImaginaryServer
from scim_compat.engine.intent import Assertion, Rule
from scim_compat.engine.people import tag_for
from scim_compat.values import MISSING
from support.acting import Refusing, given, last, play, speaking, step, verify

TAG = tag_for(7)
CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
PERSON = {"schemas": [CORE], "userName": "extra.${run.tag}@scim-compat.example"}


def send(method="GET", path="/Users", *, expect=None, about=None, means=None, resource=None, **request):
    beside = {"expect": expect, "about": about, "means": means, "resource": resource}
    return step("send", send={"method": method, "path": path, **request}, **{k: v for k, v in beside.items() if v})


def sent(profile, *steps, **more):
    """The last step's (request, intent)."""
    seen, ended, *_ = play(profile, *steps, **more)
    assert ended.stopped == ""
    return seen[-1].observation.exchange.request, seen[-1].observation.intent


# --- what it counts as -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "more", "action"),
    [
        ("GET", "/Users", {}, "list"),
        ("GET", "/Groups", {}, "list"),
        ("GET", "/Users", {"query": "startIndex=1&count=2"}, "list"),
        ("GET", "/Users", {"query": 'filter=userName eq "x"'}, "match"),
        ("GET", "/Users/abc", {}, "read"),
        ("GET", "/Users/abc", {"expect": {"outcome": "refusal"}}, "read"),
        ("GET", "/Users/abc", {"expect": {"outcome": "either"}}, "raw"),
        ("GET", "/Users", {"expect": {"outcome": "either"}}, "raw"),
        ("GET", "/Users", {"expect": {"status": 400}}, "raw"),
        ("GET", "/Users/.search", {}, "raw"),
        ("GET", "/UsersAndMore", {}, "raw"),
        ("GET", "/users", {}, "raw"),
        ("GET", "/Schemas", {}, "raw"),
        ("GET", "/", {}, "raw"),
        ("POST", "/Users", {"body": "x", "expect": {"outcome": "refusal"}}, "raw"),
        ("POST", "/Users/.search", {"body": {}}, "raw"),
        ("DELETE", "/Users/abc", {"expect": {"status": 404}}, "raw"),
        ("PATCH", "/Users/abc", {"body": {}, "expect": {"outcome": "either"}}, "patch"),
        ("PUT", "/Users/abc", {"body": {}, "expect": {"outcome": "either"}}, "replace"),
        ("GET", "/Users", {"credential": "none"}, "anonymous"),
        ("PATCH", "/Users/abc", {"credential": "wrong", "body": {}}, "anonymous"),
    ],
)
def test_the_form_of_a_request_says_what_it_is(entra, method, path, more, action):
    _, intent = sent(entra, send(method, path, **more))
    assert intent.action == action
    assert intent.by == "client"


@pytest.mark.parametrize(
    ("expect", "more", "outcome", "statuses"),
    [
        (None, {}, "success", set()),
        ({"status": 200}, {}, "success", {200}),
        ({"status": [400, 404]}, {}, "refusal", {400, 404}),
        ({"status": [200, 400]}, {}, "success", {200, 400}),
        ({"status": 400, "outcome": "either"}, {}, "either", {400}),
        ({"outcome": "refusal"}, {}, "refusal", set()),
        (None, {"credential": "none"}, "refusal", set()),
        ({"outcome": "success"}, {"credential": "wrong"}, "success", set()),
    ],
)
def test_what_is_expected_of_it(entra, expect, more, outcome, statuses):
    _, intent = sent(entra, send(expect=expect, **more))
    assert (intent.expect, intent.statuses) == (outcome, statuses)


@pytest.mark.parametrize("credential", ["valid", "none", "wrong"])
def test_the_credential(entra, credential):
    seen, *_ = play(entra, send(credential=credential))
    assert seen[0].observation.exchange.request.credential == credential
    words = {"valid": "", "none": " with no credential", "wrong": " with a wrong credential"}
    assert seen[0].title == f"sends GET /Users{words[credential]}"


# --- what goes out -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("position", "query", "target"),
    [
        ("last", None, "/Users?flag"),
        ("first", None, "/Users?flag"),
        ("last", "count=1", "/Users?count=1&flag"),
        ("first", "count=1", "/Users?flag&count=1"),
        ("first", "count=1&flag", "/Users?count=1&flag"),
    ],
)
def test_the_client_s_flag_goes_with_it(entra, position, query, target):
    request, _ = sent(speaking(entra, flag="flag", flag_position=position), send(**({"query": query} if query else {})))
    assert request.target == target


def test_a_query_goes_as_it_is_and_a_path_is_made_fit(entra):
    plain = speaking(entra)
    request, _ = sent(plain, send(path="/Users/a b ü%2F'x'", query='filter=userName eq "a b"', expect={"status": 404}))
    assert request.target == "/Users/a%20b%20%C3%BC%2F'x'?filter=userName eq \"a b\""
    request, _ = sent(plain, send(query="x=${run.tag}"))
    assert request.target == f"/Users?x={TAG}"
    request, _ = sent(plain, send())
    assert (request.target, request.body) == ("/Users", None)


def test_an_id_in_a_url_is_encoded(entra):
    """The server chooses it (RFC 7643 section 3.1): a + in a query would arrive as a space, a / would split a path."""
    server, one = Strange(), given("alice")
    request, _ = sent(
        speaking(entra), one, send(path="/Users/${alice.id}", query='filter=id eq "${alice.id}"'), server=server
    )
    assert request.target == '/Users/a%2Fb%2Bc%3D%20%26%25?filter=id eq "a%2Fb%2Bc%3D%20%26%25"'
    assert server.store == {}  # found again by the read and by the clean-up
    request, _ = sent(entra, one, send("PUT", "/Users/1", body="${alice.id}", expect={"status": 404}), server=Strange())
    assert request.body == b"a/b+c= &%"


class Strange(ImaginaryServer):
    """Its only id holds what has a meaning in URLs."""

    def _create(self, path, body):
        status, made = ImaginaryServer._create(self, path, body)
        made["id"] = "a/b+c= &%"
        self.store[f"{path}/{made['id']}"] = self.store.pop(next(reversed(self.store))) | {"id": made["id"]}
        return status, made


def test_headers_go_beside_the_client_s_or_in_their_place(entra):
    client = speaking(entra)
    request, _ = sent(client, send(headers={"accept": "text/html", "X-Own": "${run.tag}"}))
    assert tuple(request.headers) == (("X-Client", "a"), ("accept", "text/html"), ("X-Own", TAG))


@pytest.mark.parametrize(
    ("body", "headers", "payload", "kind"),
    [
        ({"a": "ü", "b": [1, None]}, {}, '{"a":"ü","b":[1,null]}', "application/scim+json"),
        ([1, "${run.tag}"], {}, f'[1,"{TAG}"]', "application/scim+json"),
        ({}, {}, "{}", "application/scim+json"),
        ('{"broken": ü', {}, '{"broken": ü', "application/scim+json"),
        ("${run.tag}", {}, TAG, "application/scim+json"),
        ("a=b", {"content-type": "text/plain"}, "a=b", "text/plain"),
    ],
)
def test_a_body_is_json_and_a_text_goes_as_it_is(entra, body, headers, payload, kind):
    request, intent = sent(
        speaking(entra), send("POST", "/Bulk", body=body, headers=headers, expect={"outcome": "refusal"})
    )
    assert request.body == payload.encode()
    assert [v for k, v in request.headers if k.lower() == "content-type"] == [kind]
    assert intent.body == (json.loads(payload) if isinstance(body, dict | list) else payload)


def test_without_a_body_there_is_no_content_type(entra):
    request, intent = sent(speaking(entra), send("DELETE", "/Users/x", expect={"status": 404}))
    assert request.body is None
    assert "content-type" not in {k.lower() for k, _ in request.headers}
    assert intent.body is MISSING


def test_the_client_s_own_content_type(entra):
    request, _ = sent(
        speaking(entra, content_type="application/json"), send("POST", "/Bulk", body={}, expect={"status": 404})
    )
    assert ("Content-Type", "application/json") in request.headers


# --- what it is about -----------------------------------------------------------------------------------


def test_what_the_profile_asserts_is_in_the_intent(entra):
    expect = {
        "answers": [{"at": "/userName", "equals": "${alice.userName}"}, {"at": "/id", "is": "not-empty"}, {"at": "/schemas", "includes": CORE}],
        "headers": {"ETag": "present", "X-Gone": "absent", "X-Tag": "${run.tag}"},
        "rule": {"level": "MUST", "cites": ["RFC7644-3.4.1"], "title": "A title", "fix": "Do it."},
    }  # fmt: skip
    seen, *_ = play(entra, given("alice"), send(path="/Users/${alice.id}", about="alice", expect=expect))
    name = seen[-1].observation.intent.subject.desired["userName"]
    intent = last(seen)
    assert seen[-1].observation.exchange.request.target.partition("?")[0] == "/Users/user-1"
    assert intent.assertions == (
        Assertion("/userName", "equals", name),
        Assertion("/id", "is", "not-empty"),
        Assertion("/schemas", "includes", CORE),
        Assertion("header ETag", "is", "present"),
        Assertion("header X-Gone", "is", "absent"),
        Assertion("header X-Tag", "equals", TAG),
    )
    assert intent.rule == Rule("MUST", ("RFC7644-3.4.1",), "A title", "Do it.")
    assert (intent.resource, intent.subject.id) == ("User", "user-1")


def test_people_are_named_and_a_crowd_stands_for_all_of_it(entra):
    expect = {"among": ["crowd", "alice"], "finds": ["alice"], "order": ["alice", "crowd"]}
    _, intent = sent(entra, step("given", given="crowd", count=2), given("alice"), send(expect=expect))
    assert (intent.query.among, intent.query.finds) == (("user-1", "user-2", "user-3"), ("user-3",))
    assert intent.query.order == ("user-3", "user-1", "user-2")
    _, intent = sent(entra, given("alice"), send(expect={"among": ["alice"], "finds": []}))
    assert intent.query.finds == (), "that nobody is found is not the same as that nothing is said"
    _, intent = sent(entra, send())
    assert (intent.query.finds, intent.assertions, intent.rule) == (None, (), None)


class Forgetful(ImaginaryServer):
    """Keeps the first e-mail address of a user and forgets the others."""

    def _create(self, path, body):
        return super()._create(path, {**body, "emails": body.get("emails", [])[:1]})


@pytest.mark.parametrize(
    ("server", "asked", "looked_for"),
    [
        (ImaginaryServer(), "home.${run.tag}@scim-compat.example", 1),
        (Forgetful(), "home.${run.tag}@scim-compat.example", 0),
        (Forgetful(), "${ann.mail}", 1),
        (Forgetful(), "never.sent@scim-compat.example", 1),  # whether it is found is for the check to say
    ],
)
def test_nobody_is_looked_for_by_a_value_that_an_answer_has_denied(entra, server, asked, looked_for):
    home = {'emails[type eq "home"].value': "home.${run.tag}@scim-compat.example"}
    _, intent = sent(
        entra,
        given("ann", has=home),
        send(query=f'filter=emails.value eq "{asked}"', expect={"finds": ["ann"], "among": ["ann"]}, resource="User"),
        server=server,
    )
    assert len(intent.query.among) == len(intent.query.finds) == looked_for


def test_the_kind_of_resource_that_is_listed(entra):
    _, intent = sent(entra, send(path="/Groups", resource="Group"))
    assert intent.resource == "Group"


@pytest.mark.parametrize("refused", [False, True])
def test_what_a_literal_write_means(entra, refused):
    body = {"schemas": ["x"], "Operations": [{"op": "replace", "path": "title", "value": "Chief"}]}
    steps = (
        given("alice"),
        send("PATCH", "/Users/${alice.id}", about="alice", body=body, means={"set": {"title": "Chief"}}),
        verify("alice"),
    )
    seen, *_ = play(entra, *steps, server=Refusing(refusals={"PATCH": 400} if refused else {}))
    asked, read_back = seen[1].observation.intent.subject, last(seen).subject
    assert [(w.action, w.accepted, w.refusable) for w in asked.writes] == [("patch", False, False)]
    assert [(w.accepted, w.status) for w in read_back.writes] == [(not refused, 400 if refused else 200)]
    assert [(e.kind, e.path, e.value) for e in read_back.writes[0].effects] == [("set", "title", "Chief")]
    assert read_back.desired.get("title") == (None if refused else "Chief")


def test_a_refused_literal_disable_is_still_wanted_and_members_are_counted(entra):
    disable = send(
        "PATCH", "/Users/${a.id}", about="a", body={}, means={"set": {"active": False}}, expect={"outcome": "either"}
    )
    seen, *_ = play(entra, given("a"), disable, verify("a"), server=Refusing(refusals={"PATCH": 400}))
    assert last(seen).subject.desired["active"] is False
    assert last(seen).subject.writes[0].refusable is True
    body = {"Operations": [{"op": "add", "path": "members", "value": [{"value": "${b.id}"}]}]}
    add = send(
        "PATCH", "/Groups/${crew.id}", about="crew", body=body, means={"add-members": ["b"], "remove-members": ["a"]}
    )
    seen, *_ = play(entra, given("a"), given("b"), given("crew", kind="Group", members=["a"]), add, verify("crew"))
    assert last(seen).subject.members == {"user-2"}
    assert last(seen).subject.removals == {"user-1"}


# --- what a POST made -------------------------------------------------------------------------------------


class Lax(ImaginaryServer):
    """Takes every creation, a second one of the same name too."""

    def _create(self, path, body):
        identifier = f"made-{len(self.store) + 1}"
        self.store[f"{path}/{identifier}"] = {**(body or {}), "id": identifier}
        return 201, self.store[f"{path}/{identifier}"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/Users", PERSON),
        ("/Groups", {"displayName": "crew ${run.tag}"}),
        ("/Users?attributes=id", PERSON),
        ("/Users", {"USERNAME": "extra.${run.tag}@scim-compat.example"}),
    ],
)
def test_what_was_wrongly_taken_is_cleaned_up(entra, path, body):
    path, _, query = path.partition("?")
    more = {"query": query} if query else {}
    seen, ended, ledger, server = play(
        entra, send("POST", path, body=body, expect={"outcome": "refusal"}, **more), server=Lax()
    )
    assert seen[0].observation.exchange.response.status == 201
    assert server.store == {}
    [entry] = ledger.entries.values()
    assert (entry.state, entry.kind) == ("deleted", path.strip("/")[:-1])
    assert TAG in entry.name
    assert ended.requests >= 2
    assert left_behind(ledger) == []


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"userName": "admin"}, "admin: it does not carry the run's tag, so it was not touched"),
        ({"userName": 5}, "5: it does not carry the run's tag, so it was not touched"),
        (
            {"displayName": "nameless"},
            ": what the server holds under this id does not bear the name, so it was not touched",
        ),
    ],
)
def test_what_may_be_anybody_s_is_left_alone_and_told(entra, body, why):
    _, _, ledger, server = play(entra, send("POST", "/Users", body=body, expect={"outcome": "refusal"}), server=Lax())
    assert list(server.store) == ["/Users/made-1"]
    assert left_behind(ledger) == [{"type": "User", "id": "made-1", "why": why}]


def test_a_server_that_answers_with_who_is_there_already(entra):
    """Both entries of the ledger are of one resource; it is gone at the end, and nothing is reported as left."""

    class Adopting(Lax):
        def _create(self, path, body):
            if self.store:
                return 200, next(iter(self.store.values()))
            return super()._create(path, body)

    again = send("POST", "/Users", body={"userName": "${alice.userName}"}, expect={"outcome": "either"})
    seen, _, ledger, server = play(entra, given("alice"), again, verify("alice"), server=Adopting())
    assert server.store == {}
    assert [*seen[-1].observation.context.ours] == ["made-1"]
    assert [e.state for e in ledger.entries.values()] == ["deleted", "deleted"]
    assert left_behind(ledger) == []


def test_what_was_refused_needs_no_clean_up(entra):
    seen, ended, ledger, _ = play(
        entra, send("POST", body=PERSON, expect={"outcome": "refusal"}), server=Refusing(refusals={"POST": 400})
    )
    assert [e.state for e in ledger.entries.values()] == ["dropped"]
    assert (ended.requests, len(seen)) == (1, 1)


def test_after_a_server_error_it_is_looked_for(entra):
    """A 500 may have made the user all the same."""

    class Broken(ImaginaryServer):
        def send(self, request):
            done = ImaginaryServer.send(self, request)
            if request.method != "POST":
                return done
            return replace(done, response=replace(done.response, status=500, json={}))

    _, ended, ledger, server = play(entra, send("POST", body=PERSON, expect={"outcome": "refusal"}), server=Broken())
    assert server.store == {}
    assert [e.state for e in ledger.entries.values()] == ["deleted"]
    assert ended.requests == 3


@pytest.mark.parametrize(
    "one",
    [
        send("POST", "/Users/.search", body=PERSON),
        send("PUT", "/Schemas/x", body=PERSON, expect={"status": 404}),
        send("GET"),
    ],
)
def test_what_creates_nothing_is_not_in_the_ledger(entra, one):
    _, _, ledger, _ = play(entra, one)
    assert ledger.entries == {}


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/Users/x", PERSON, 405),
        ("PUT", "/Users/x", PERSON, 404),
        ("PUT", "/Groups/x", PERSON, 404),
        ("POST", "/Users", '{"userName": "x"', 400),
        ("POST", "/Users", [PERSON], 400),
    ],
)
def test_what_could_create_is_noted_and_forgotten_when_refused(entra, method, path, body, status):
    _, _, ledger, _ = play(entra, send(method, path, body=body, expect={"status": status}))
    assert [entry.state for entry in ledger.entries.values()] == ["dropped"]


# --- what rests on an earlier answer ------------------------------------------------------------------


def patch_of_alice(**expect):
    operation = {"op": "replace", "path": "displayName", "value": "New ${run.tag}"}
    body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [operation]}
    return send("PATCH", "/Users/${alice.id}", body=body, about="alice", expect=expect)


def test_an_answer_that_is_as_expected_proves_what_it_names(entra):
    looks = send(query="filter=x", expect={"among": ["alice"], "finds": ["alice"], "proves": "names"})
    rests = send(query="filter=y", expect={"among": ["alice"], "finds": [], "rests-on": ["names"]})
    _, intent = sent(entra, given("alice"), looks, rests)
    assert intent.unmet == ""


@pytest.mark.parametrize(
    "expect",
    [
        {"among": ["alice"], "finds": []},
        {"status": 404},
        {"answers": [{"at": "/totalResults", "equals": 7}]},
    ],
)
def test_an_answer_that_is_not_as_expected_proves_nothing(entra, expect):
    looks = send(query="filter=x", expect={**expect, "proves": "names"})
    if "status" in expect:
        looks = send(path="/Users/nobody", expect={**expect, "proves": "names"})
    rests = send(query="filter=y", expect={"among": ["alice"], "finds": [], "rests-on": ["names"], "proves": "more"})
    further = send(query="filter=z", expect={"status": 200, "rests-on": ["more"]})
    seen, ended, *_ = play(entra, given("alice"), looks, rests, further)
    reasons = [p.observation.intent.unmet for p in seen]
    assert reasons[-2] == "an earlier answer did not prove “names”, so this one proves nothing"
    assert "“more”" in reasons[-1], "what rests on nothing proves nothing"
    assert ended.stopped == ""


def test_a_write_that_rests_on_nothing_is_not_sent(entra):
    looks = send(query="filter=x", expect={"among": ["alice"], "finds": [], "proves": "names"})
    seen, ended, *_ = play(entra, given("alice"), looks, patch_of_alice(**{"rests-on": ["names"]}), verify("alice"))
    assert "PATCH" not in {p.observation.exchange.request.method for p in seen}
    assert ended.stopped == ""


def test_assertions_without_their_premise_are_not_judged(entra):
    looks = send(query="filter=x", expect={"among": ["alice"], "finds": [], "proves": "names"})
    rests = send(path="/Me", expect={"status": 501, "rests-on": ["names"], "rule": {"level": "MUST"}})
    seen, *_ = play(entra, given("alice"), looks, rests)
    [result] = [one for one in judge(seen[-1].observation, entra, None) if one.id == "http.expected-status"]
    assert (result.outcome, result.reason) == ("skip", last(seen).unmet)


@pytest.mark.parametrize(("status", "declined"), [(400, ("co",)), (403, ("co",)), (501, ("co",)), (404, ()), (500, ())])
def test_operators_that_are_declined_are_summed_up_once(entra, status, declined):
    server = Refusing(refusals={"GET /Users?filter=co": status})
    steps = [send(query="filter=co", expect={"optional": "co"}), send(query="filter=co1", expect={"optional": "co"}),
             send(query="filter=eq", expect={"optional": "eq"}), send(query="filter=end", expect={"sums-up": True})]  # fmt: skip
    seen, *_ = play(entra, *steps, server=server)
    assert [p.observation.intent.declined for p in seen] == [None, None, None, declined]


def test_a_form_that_may_be_refused_makes_the_scenario_inapplicable(entra):
    refusing = {"POST /Users": 400}
    _, ended, *_ = play(entra, given("alice", expect="either"), verify("alice"), server=Refusing(refusals=refusing))
    assert ended.declined == "POST /Users answered 400 to a form of alice that a server may refuse"
    assert ended.stopped == ""
    _, ended, *_ = play(entra, given("alice"), verify("alice"), server=Refusing(refusals=refusing))
    assert (ended.declined, ended.stopped) == ("", "alice could not be created: POST /Users answered 400")
