"""What each verb sends and what it remembers, played against an imaginary server."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from scim_compat.engine.actor import Actor
from scim_compat.engine.applies import not_applicable
from scim_compat.engine.capabilities import Capabilities
from scim_compat.engine.context import RunContext
from scim_compat.engine.imaginary_server import ImaginaryServer
from scim_compat.engine.ledger import Ledger
from scim_compat.scim import paths
from scim_compat.scim.names import ENTERPRISE
from scim_compat.wire.messages import Exchange, Headers, Response
from support.acting import Refusing, given, last, lines, play, step, verify

ENT = ENTERPRISE


def test_a_scenario_cleans_up_in_reverse_and_leaves_nothing(entra):
    seen, ended, ledger, server = play(entra, given("alice"), given("crew", kind="Group", members=["alice"]))
    assert ended.stopped == ""
    assert server.store == {}
    assert [e.state for e in ledger.entries.values()] == ["deleted", "deleted"]
    assert ended.requests == 4
    assert lines(seen) == ["POST /Users", "POST /Groups"]
    assert all(p.observation.intent.by == "harness" for p in seen)


def test_probe_must_find_nothing(entra):
    seen, *_ = play(entra, step(do="probe", on="User"), step(do="probe", on="Group"))
    assert lines(seen) == ["GET /Users", "GET /Groups"]
    assert [p.observation.intent.query.finds for p in seen] == [(), ()]
    assert seen[0].observation.intent.query.filter_value != seen[1].observation.intent.query.filter_value
    assert seen[1].observation.intent.excluded_attributes == ("members",)


def test_match_by_default_by_path_and_in_another_case(entra):
    seen, *_ = play(entra, given("alice"), step(do="match", user="alice"), step(do="match", user="alice", by="externalId"),
                    step(do="match", user="alice", case="upper"), step(do="match", user="bob", finds=0))  # fmt: skip
    default, other, upper, nobody = (p.observation.intent for p in seen[1:])
    assert (default.query.filter_path, other.query.filter_path) == ("userName", "externalId")
    assert default.query.finds == other.query.finds == upper.query.finds == ("user-1",)
    assert upper.query.filter_value == default.query.filter_value.upper()
    assert upper.query.other_case
    assert not default.query.other_case
    assert nobody.query.finds == ()


def test_create_sends_the_mapping_without_references(entra):
    seen, *_ = play(entra, step(do="create", user="alice"))
    body = last(seen).body
    assert "manager" not in body[ENT]
    assert body["userName"].endswith("@scim-compat.example")
    assert last(seen).action == "create"


def test_has_without_and_schemas_shape_the_body(entra):
    seen, *_ = play(entra, step(do="create", user="alice", has={"title": None, "name.middleName": "M"},
                                without=["emails", "name.givenName"], schemas=["urn:x"]))  # fmt: skip
    body = last(seen).body
    assert body["title"] is None
    assert body["name"]["middleName"] == "M"
    assert "givenName" not in body["name"]
    assert "emails" not in body
    assert body["schemas"] == ["urn:x"]


USER = "urn:ietf:params:scim:schemas:core:2.0:User"
OWN = {
    "id": USER,
    "attributes": [
        {"name": "userName"},
        {"name": "name", "subAttributes": [{"name": "familyName"}, {"name": "formatted", "required": True}]},
        {"name": "emails", "subAttributes": [{"name": "value", "required": True}]},
        {"name": "active"},
    ],
}


def test_what_is_given_keeps_to_the_schema_of_the_target(entra):
    seen, *_ = play(entra, given("alice", has={"title": "Pilot"}), capabilities=Capabilities(schemas=(OWN,)))
    body = json.loads(seen[0].observation.exchange.request.body)
    assert body["name"].keys() == {"familyName", "formatted"}
    assert [entry.keys() for entry in body["emails"]] == [{"value"}]
    assert body["title"] == "Pilot"  # the scenario asks for it
    assert {"schemas", "userName", "externalId", "displayName", "active"} <= body.keys()


@pytest.mark.parametrize(
    ("more", "expect"),
    [
        ({}, "success"),
        ({"has": {"title": "Pilot"}}, "either"),
        ({"has": {"name.middleName": "Bo"}}, "either"),
        ({"has": {f"{ENT}:department": "Quay"}}, "either"),
        ({"without": ["name"]}, "success"),
        ({"without": ["name.formatted"]}, "either"),
    ],
)
def test_a_target_may_refuse_what_its_schema_does_not_offer(entra, more, expect):
    seen, *_ = play(entra, given("alice", **more), capabilities=Capabilities(schemas=(OWN,)))
    assert seen[0].observation.intent.expect == expect


def test_who_comes_with_a_creation_is_added_by_it(entra):
    seen, *_ = play(entra, given("alice"), step(do="create", group="crew", members=["alice"]), verify("crew"))
    added = [e.value for w in last(seen).subject.writes for e in w.effects if e.kind == "add-member"]
    assert added == ["user-1"]


def test_who_was_refused_as_a_member_is_not_lost(entra):
    steps = [given("alice"), given("crew", kind="Group"), step(do="add-members", group="crew", members=["alice"]),
             verify("crew", members=["alice"])]  # fmt: skip
    seen, *_ = play(entra, *steps, server=Refusing(refusals={"PATCH /Groups": 400}))
    assert last(seen).subject.members == last(seen).subject.knowledge.absentees == {"user-1"}
    seen, *_ = play(entra, *steps)
    assert last(seen).subject.members == {"user-1"}
    assert last(seen).subject.knowledge.absentees == frozenset()


def test_what_is_given_is_plain_where_the_target_publishes_no_schema(entra):
    seen, *_ = play(entra, given("alice"))
    body = json.loads(seen[0].observation.exchange.request.body)
    assert body["name"].keys() == {"givenName", "familyName"}
    assert body["emails"][0].keys() == {"value", "type", "primary"}


class Forgetful(ImaginaryServer):
    """Makes groups without their members and users with another displayName."""

    def _create(self, path, body):
        return super()._create(path, body | ({"members": []} if path == "/Groups" else {"displayName": "Somebody"}))


def test_members_that_a_creation_left_out_are_added_by_patch(entra):
    crew = given("crew", kind="Group", members=["alice"])
    seen, *_ = play(entra, given("alice"), crew, verify("crew", members=["alice"]), server=Forgetful())
    assert lines(seen)[:3] == ["POST /Users", "POST /Groups", "PATCH /Groups/group-2"]
    assert json.loads(seen[2].observation.exchange.request.body)["Operations"] == [
        {"op": "add", "path": "members", "value": [{"value": "user-1"}]}
    ]


class Naming(ImaginaryServer):
    """Answers with the userName in the place of a member's id."""

    def _create(self, path, body):
        status, answer = super()._create(path, body)
        if isinstance(answer.get("members"), list):
            named = [{"value": self.store[f"/Users/{m['value']}"]["userName"]} for m in answer["members"]]
            answer = answer | {"members": named}
        return status, answer


def test_members_that_a_creation_shows_by_name_are_not_added_again(entra):
    crew = given("crew", kind="Group", members=["alice"])
    seen, *_ = play(entra, given("alice"), crew, server=Naming())
    assert lines(seen) == ["POST /Users", "POST /Groups"]


def test_no_later_step_is_blamed_for_what_the_target_made_of_our_set_up(entra):
    alice = given("alice", has={"displayName": "Alice", "title": "Pilot"})
    check = verify("alice", has={"displayName": "Alice", "title": "Pilot"})
    seen, *_ = play(entra, alice, step(do="read", user="alice"), check, server=Forgetful())
    assert [e.path for w in last(seen).subject.writes for e in w.effects] == ["title"]
    seen, *_ = play(entra, alice, check, server=Forgetful())
    assert [e.path for w in last(seen).subject.writes for e in w.effects] == ["displayName", "title"]


def test_a_conflict_must_be_refused_and_the_first_stays(entra):
    seen, ended, *_ = play(
        entra,
        step(do="create", user="alice"),
        step(do="create", user="alice", expect="conflict"),
        step(do="read", user="alice"),
    )
    assert ended.stopped == ""
    assert seen[1].observation.intent.duplicate is True
    assert seen[1].observation.intent.expect == "refusal"
    assert seen[2].observation.exchange.request.target.startswith("/Users/user-1?")


def test_what_a_second_create_made_is_cleaned_up_too(entra):
    class Lenient(ImaginaryServer):
        def _create(self, path, body):
            identifier = f"user-{len(self.store) + 1}"
            self.store[f"{path}/{identifier}"] = {**body, "id": identifier}
            return 201, self.store[f"{path}/{identifier}"]

    _, _, ledger, server = play(
        entra, step(do="create", user="alice"), step(do="create", user="alice", expect="conflict"), server=Lenient()
    )
    assert server.store == {}
    assert len(ledger.entries) == 2


def test_change_reads_first_and_says_what_must_hold(entra):
    seen, *_ = play(entra, step(do="create", user="alice"), step(do="change", user="alice", set={"displayName": "Liv", "active": False}, clear=["title"]),
                    verify("alice"))  # fmt: skip
    assert lines(seen) == ["POST /Users", "GET /Users/user-1", "PATCH /Users/user-1", "GET /Users/user-1"]
    about = last(seen).subject
    [_, write] = about.writes
    assert {(e.kind, e.path, e.value) for e in write.effects} == {
        ("set", "displayName", "Liv"),
        ("set", "active", False),
        ("clear", "title", None),
    }
    assert write.accepted is True
    assert about.desired["displayName"] == "Liv"
    assert last(seen).disabled is True


def test_effects_know_their_operation(entra):
    seen, *_ = play(entra, step(do="create", user="alice"),
                    step(do="change", user="alice", set={'emails[type eq "work"].value': "x@y", "displayName": "Liv", "nickName": "L"}))  # fmt: skip
    numbers = {e.path: e.operation for e in last(seen).subject.writes[-1].effects}
    assert numbers == {'emails[type eq "work"].value': 0, "displayName": 1, "nickName": 2}


def test_a_change_without_read(entra):
    seen, *_ = play(entra, given("alice"), step(do="change", user="alice", set={"displayName": "Liv"}, read=False))
    assert lines(seen) == ["POST /Users", "PATCH /Users/user-1"]


def test_put_after_get_sends_back_what_was_read(entra):
    seen, *_ = play(
        entra, given("alice"), step(do="change", user="alice", set={"displayName": "Liv"}), update="put-after-get"
    )
    assert lines(seen) == ["POST /Users", "GET /Users/user-1", "PUT /Users/user-1"]
    body = last(seen).body
    assert body["displayName"] == "Liv"
    assert body["id"] == "user-1"
    assert last(seen).action == "replace"


@pytest.mark.parametrize("accepted", [True, False])
def test_a_refused_disable_is_still_wanted(entra, accepted):
    """Access must end whatever the server says; any other refused change is simply not there."""
    server = Refusing(refusals={} if accepted else {"PATCH": 400})
    seen, *_ = play(
        entra,
        given("alice"),
        step(do="change", user="alice", set={"active": False, "displayName": "Liv"}),
        verify("alice"),
        server=server,
    )
    wanted = last(seen).subject.desired
    assert wanted["active"] is False
    assert (wanted["displayName"] == "Liv") is accepted
    assert last(seen).subject.writes[-1].accepted is accepted


def test_assign_manager(entra):
    seen, *_ = play(
        entra, given("bob"), given("alice"), step(do="assign-manager", user="alice", manager="bob"), verify("alice")
    )
    assert seen[3].observation.intent.body["Operations"] == [{"op": "add", "path": f"{ENT}:manager", "value": "user-1"}]
    assert paths.get(last(seen).subject.desired, f"{ENT}:manager") == {"value": "user-1"}


@pytest.mark.parametrize(
    ("shape", "per", "requests"), [("one-per-request", None, 3), ("together", None, 1), ("together", 2, 2)]
)
def test_members_are_sent_in_portions(entra, shape, per, requests):
    more = {"per-request": per} if per else {}
    seen, *_ = play(entra, given("a"), given("b"), given("c"), given("crew", kind="Group"),
                    step(do="add-members", group="crew", members=["a", "b", "c"], **more), verify("crew", members=["a", "b", "c"]),
                    member_add=shape)  # fmt: skip
    assert sum(line.startswith("PATCH") for line in lines(seen)) == requests
    assert last(seen).subject.members == {"user-1", "user-2", "user-3"}
    assert last(seen).subject.members_exact is True


def test_removed_members_are_out_even_if_the_server_refused(entra):
    steps = (
        given("a"),
        given("b"),
        given("crew", kind="Group", members=["a", "b"]),
        step(do="remove-members", group="crew", members=["a"]),
        verify("crew"),
    )
    for refusals in ({}, {"PATCH": 400}):
        seen, *_ = play(entra, *steps, server=Refusing(refusals=refusals))
        assert last(seen).subject.members == {"user-2"}


def test_a_member_who_never_got_in_is_not_lost(entra):
    """Refused, or taken and not stored: the first read-back tells, and later ones do not tell it again."""

    class Forgetful(ImaginaryServer):
        def send(self, request):
            if request.method == "PATCH":
                return Exchange(request, "u", Response(204, "", Headers(), b""))
            return ImaginaryServer.send(self, request)

    again = (given("a"), given("crew", kind="Group"), step(do="add-members", group="crew", members=["a"]),
             verify("crew", members=["a"]), verify("crew", members=["a"]))  # fmt: skip
    for server, first, second in (
        (ImaginaryServer(), set(), set()),
        (Refusing(refusals={"PATCH": 400}), {"user-1"}, {"user-1"}),
        (Forgetful(), set(), {"user-1"}),
    ):
        seen, *_ = play(entra, *again, server=server)
        told = {
            p.number.partition(".")[0]: p.observation.intent.subject
            for p in seen
            if p.observation.intent.by == "harness"
        }
        assert told["4"].members == told["5"].members == {"user-1"}
        assert (told["4"].knowledge.absentees, told["5"].knowledge.absentees) == (first, second)


def test_a_crowd_stands_for_all_of_it(entra):
    seen, *_ = play(
        entra,
        step("given", given="crowd", count=4, **{"large-count": 9}),
        given("crew", kind="Group", members=["crowd"]),
    )
    assert len(last(seen).body["members"] if isinstance(last(seen).body, dict) else []) == 4
    seen, *_ = play(
        entra,
        step("given", given="crowd", count=4, **{"large-count": 9}),
        given("crew", kind="Group", members=["crowd"]),
        large=True,
    )
    assert len(last(seen).body["members"]) == 9


def test_a_crowd_may_be_borrowed_from_the_run_s(entra):
    """Whoever is only named as a member need not be made; an inactive one is left out."""
    lenders = [
        Actor(key=f"user {n}", kind="User", sources={}, id=f"run-{n}", desired={"active": n > 0}) for n in range(3)
    ]
    seen, *_ = play(
        entra,
        step("given", given="crowd", count=4, borrow=True),
        given("crew", kind="Group", members=["crowd"]),
        crowd=tuple(lenders),
    )
    assert lines(seen)[:3] == ["POST /Users", "POST /Users", "POST /Groups"]
    assert [m["value"] for m in last(seen).body["members"]] == ["run-1", "run-2", "user-1", "user-2"]


def test_members_not_shown_are_asked_for_by_name(entra):
    """A server may return members on request only."""

    class Shy(ImaginaryServer):
        def send(self, request):
            done = ImaginaryServer.send(self, request)
            if request.method == "GET" and "attributes=" not in request.target and isinstance(done.response.json, dict):
                done.response.json.pop("members", None)
            return done

    seen, *_ = play(entra, given("a"), given("crew", kind="Group", members=["a"]), verify("crew"), server=Shy())
    assert [p.observation.intent.action for p in seen[-2:]] == ["read-back", "read-members"]
    assert "attributes=displayName%2Cmembers" in seen[-1].observation.exchange.request.target


def test_delete_and_again(entra):
    seen, _, ledger, _ = play(entra, given("alice"), step(do="delete", user="alice"), verify("alice", gone=["id", "filter", "list"]),
                              step(do="delete", user="alice", expect="gone"))  # fmt: skip
    assert lines(seen) == ["POST /Users", "GET /Users/user-1", "DELETE /Users/user-1", "GET /Users/user-1", "GET /Users", "GET /Users",
                           "GET /Users/user-1", "DELETE /Users/user-1"]  # fmt: skip
    assert all(p.observation.intent.gone for p in seen[3:])
    assert last(seen).twice is True
    assert seen[4].observation.intent.query.finds == ()
    assert ledger.entries[1].state == "deleted"


def test_what_follows_a_refused_deletion_is_not_reached(entra):
    steps = (given("alice"), step(do="delete", user="alice", read=False), step(do="read", user="alice", expect="gone"))
    seen, ended, ledger, _ = play(entra, *steps, server=Refusing(refusals={"DELETE": 405}))
    assert lines(seen) == ["POST /Users", "DELETE /Users/user-1"]
    assert ended.stopped == "alice was not deleted: DELETE answered 405"
    assert [entry.number for entry in ledger.open_entries()] == [1]


def test_evaluate_compares_with_the_source(entra):
    seen, *_ = play(entra, step(do="create", user="alice"), step(do="evaluate", user="alice"))
    assert last(seen).action == "evaluate"
    assert last(seen).subject.sources["userName"] == last(seen).subject.desired["userName"]
    assert "schemas" not in last(seen).subject.sources


def test_literal_operations_and_what_they_mean(entra):
    seen, *_ = play(entra, given("alice"), step(do="patch", user="alice", operations=[{"op": "Replace", "path": "title", "value": "x ${run.tag}"}],
                                                means={"set": {"title": "x ${run.tag}"}}, expect="either"))  # fmt: skip
    tag = last(seen).body["Operations"][0]["value"].removeprefix("x ")
    assert len(tag) == 8
    assert last(seen).subject.writes[-1].effects[0].value == f"x {tag}"
    assert last(seen).subject.writes[-1].refusable is True
    assert last(seen).expect == "either"


def test_verify_clears_the_writes(entra):
    seen, *_ = play(entra, step(do="create", user="alice"), verify("alice"), verify("alice"))
    assert len(seen[-2].observation.intent.subject.writes) == 1
    assert seen[-1].observation.intent.subject.writes == ()


def test_what_verify_adds_is_only_what_no_write_asked(entra):
    """A disable that did not take effect must be judged as a disable, not as an odd value."""
    steps = (given("alice"), step(do="change", user="alice", set={"active": False}))
    seen, *_ = play(entra, *steps, verify("alice", has={"active": False, "displayName": "Bo"}))
    asked, added = last(seen).subject.writes
    assert [e.path for e in asked.effects] == ["active"]
    assert (added.action, [e.path for e in added.effects]) == ("read-back", ["displayName"])
    seen, *_ = play(entra, *steps, verify("alice", has={"active": True}))
    assert [e.value for e in last(seen).subject.writes[-1].effects] == [True]


@pytest.mark.parametrize(
    ("refusals", "reason", "failed"),
    [
        ({"POST /Users": 400}, "alice could not be created: POST /Users answered 400", False),
        ({"POST /Users": 0}, "no answer within 60 s", True),
    ],
)
def test_what_follows_a_failed_creation_is_not_reached(entra, refusals, reason, failed):
    seen, ended, *_ = play(
        entra, step(do="create", user="alice"), step(do="read", user="alice"), server=Refusing(refusals=refusals)
    )
    assert reason in ended.stopped
    assert ended.failed is failed
    assert lines(p for p in seen if not p.title.startswith("control")) == ["POST /Users"]


def test_a_creation_without_id_stops_and_is_still_cleaned_up(entra):
    class Anonymous(ImaginaryServer):
        def send(self, request):
            done = ImaginaryServer.send(self, request)
            if request.method == "POST":
                kept = {k: v for k, v in done.response.json.items() if k != "id"}
                done = replace(done, response=replace(done.response, json=kept))
            return done

    _, ended, ledger, server = play(
        entra, step(do="create", user="alice"), step(do="read", user="alice"), server=Anonymous()
    )
    assert "held no id" in ended.stopped
    assert server.store == {}
    assert ledger.open_entries() == []


def test_an_exception_of_ours_still_cleans_up(entra):
    class Broken(ImaginaryServer):
        def send(self, request):
            if request.method == "PATCH":
                raise RuntimeError("our bug")
            return ImaginaryServer.send(self, request)

    server = Broken()
    with pytest.raises(RuntimeError, match="our bug"):
        play(entra, given("alice"), step(do="change", user="alice", set={"title": "x"}), server=server)
    assert server.store == {}


def _offering(**resource_type):
    """Has urn:x in /Schemas, and one resource type that is as told."""
    return Capabilities(schemas=({"id": "urn:x"},), resource_types=({"name": "User", **resource_type},))


@pytest.mark.parametrize(
    ("when", "capabilities", "reason"),
    [
        ({}, Capabilities(), ""),
        ({"resource-type": "Group"}, Capabilities(), ""),
        ({"resource-type": "Group"}, Capabilities(resource_types=({"name": "Group"},)), ""),
        ({"resource-type": "Group"}, Capabilities(resource_types=({"name": "User"},)), "lists no Group"),
        ({"extension": "urn:x"}, Capabilities(), "do not offer urn:x"),
        ({"extension": "urn:x"}, Capabilities(schemas=({"id": "urn:X"},)), ""),
        ({"extension": "urn:x"}, _offering(), "do not offer urn:x"),
        ({"extension": "urn:x"}, _offering(schemaExtensions=[{"schema": "urn:X"}]), ""),
        ({"extension": "urn:x"}, _offering(schema="urn:x"), ""),
        ({"extension": "urn:x"}, Capabilities(provider_config={"schemas": ["urn:x"]}), ""),
        ({"large": True}, Capabilities(), "--large"),
    ],
)
def test_what_applies(entra, when, capabilities, reason):
    stage = RunContext(
        sender=ImaginaryServer(),
        base_url="x",
        seed=1,
        ledger=Ledger(None),
        observe=lambda _p: None,
        capabilities=capabilities,
    )
    found = not_applicable(replace(entra.scenarios[0], when=when, feature=entra.scenarios[0].feature), stage)
    assert (reason in found) if reason else found == ""


def test_a_value_at_the_source_stays_what_it_was(entra):
    seen, *_ = play(entra, step(do="create", user="alice"), step(do="change", user="alice", set={"displayName": "Moor"}),
                    step(do="change", user="alice", set={"displayName": "${alice.source.displayName}"}))  # fmt: skip
    created = next(p.observation.intent.body for p in seen if p.observation.intent.action == "create")
    assert last(seen).body["Operations"][0]["value"] == created["displayName"] != "Moor"


def test_a_manager_who_is_nobody_need_not_be_stored(entra):
    """RFC 7643 does not say what becomes of a reference to nobody; one to somebody must be there."""
    manager = f"{ENT}:manager"
    seen, *_ = play(entra, given("bob"), step(do="create", user="alice", has={manager: "nobody"}), verify("alice"),
                    step(do="create", user="carol", has={manager: "${bob.id}"}), verify("carol"))  # fmt: skip
    kinds = [
        effect.kind
        for played in seen
        for write in played.observation.intent.subject.writes
        for effect in write.effects
        if effect.path == manager and played.observation.intent.action == "read-back"
    ]
    assert kinds == ["sent", "set"]


# --- what a target declines, and what it keeps -----------------------------------------------------

_LABELS = {"urn:ietf:params:scim:schemas:extension:x:2.0:User:Unit": "Quay"}


def test_a_creation_that_may_be_refused_ends_the_scenario_quietly(entra):
    steps = [step(do="create", user="ann", has=_LABELS, expect="either"), verify("ann")]
    seen, ended, *_ = play(entra, *steps, server=Refusing(refusals={"POST /Users": 400}))
    assert (ended.stopped, ended.failed, len(seen)) == ("", False, 1)
    assert "ann" in ended.declined
    assert next(iter(_LABELS)) in ended.declined


@pytest.mark.parametrize(("status", "stopped"), [(500, True), (201, False)])
def test_only_a_refusal_declines_it(entra, status, stopped):
    server = Refusing(refusals={"POST /Users": status} if status >= 400 else {})
    _, ended, *_ = play(
        entra, step(do="create", user="ann", has=_LABELS, expect="either"), verify("ann"), server=server
    )
    assert ended.declined == ""
    assert bool(ended.stopped) is stopped


class Undying(Refusing):
    """Answers DELETE and deletes nothing."""

    def send(self, request):
        if request.method == "DELETE":
            return Refusing(base_url=self.base_url, refusals={"DELETE": 204}).send(request)
        return super().send(request)


def test_nothing_is_said_of_what_rests_on_a_deletion_that_failed(entra):
    """The resource is still there by its id: neither filter nor list are asked, and no later step runs."""
    steps = [given("ann"), step(do="delete", user="ann"), verify("ann", gone=["id", "filter", "list"])]
    seen, ended, *_ = play(entra, *steps, server=Undying())
    assert ended.stopped == "", "there is no later step"
    assert [p.observation.intent.action for p in seen if p.observation.intent.gone] == ["read-back"]
    _, ended, *_ = play(entra, *steps, given("ben"), server=Undying())
    assert "ann is still there after its deletion" in ended.stopped
    _, ended, *_ = play(entra, *steps, given("ben"))
    assert ended.stopped == ""


@pytest.mark.parametrize(("is_offered", "expected"), [(True, "success"), (False, "either")])
def test_our_own_look_up_may_be_refused_where_filters_are_not_offered(entra, is_offered, expected):
    target = Capabilities(provider_config={"filter": {"supported": is_offered}})
    steps = [given("ann"), verify("ann", **{"found-by": ["filter"]})]
    seen, *_ = play(entra, *steps, capabilities=target)
    assert last(seen).action == "look-up"
    assert last(seen).expect == expected
