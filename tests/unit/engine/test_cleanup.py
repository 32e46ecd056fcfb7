"""Removing what a run created: only what is surely ours, in the order given, and never without end."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from urllib.parse import unquote

import pytest
from scim_compat.engine.cleanup import left_behind, remove_entries
from scim_compat.engine.ledger import Ledger
from scim_compat.wire.messages import Exchange, Failure, FailureKind, Headers, Response

TAG = "scabc123"


def answer(status, body=None):
    return Response(
        status, "", Headers(), b"" if body is None else json.dumps(body).encode(), json={} if body is None else body
    )


@dataclass
class Server:
    """Resources by path; ``fails`` maps a method to the status it answers with, 0 for no answer."""

    store: dict[str, dict] = field(default_factory=dict)
    fails: dict[str, int] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def send(self, request):
        path = unquote(request.target)
        self.asked.append(f"{request.method} {path}")
        if request.method in self.fails:
            status = self.fails[request.method]
            if not status:
                return Exchange(request, path, None, Failure(FailureKind.RESET, "gone"))
            return Exchange(request, path, answer(status, {"detail": "no"}))
        return Exchange(request, path, self.answer(request.method, path))

    def answer(self, method, path):
        place, _, query = path.partition("?")
        if query:
            wanted = query.partition(' eq "')[2].rstrip('"').lower()
            found = [
                r for p, r in self.store.items() if p.startswith(place) and r.get("userName", "").lower() == wanted
            ]
            return answer(200, {"totalResults": len(found), "Resources": found})
        if place not in self.store:
            return answer(404, {})
        if method == "DELETE":
            del self.store[place]
            return answer(204)
        return answer(200, self.store[place])


@dataclass
class Remains:
    sender: Server
    ledger: Ledger


def stage(*names, server=None, confirmed=True, there=True, tagged=False):
    """Entries u-1, u-2, … with the given names, and the server that holds them."""
    made = Remains(server or Server(), Ledger(None))
    for number, given in enumerate(names, 1):
        name = given if tagged else given.replace("@x", f".{TAG}@x") if "@x" in given else f"{given}.{TAG}"
        entry = made.ledger.intend("User", "userName", name)
        if confirmed is not None:
            made.ledger.record_created(entry, f"u-{number}", confirmed=confirmed)
        if there:
            made.sender.store[f"/Users/u-{number}"] = {"id": f"u-{number}", "userName": name}
    return made


def remove(made, **more):
    return remove_entries(made.ledger.open_entries(), sender=made.sender, ledger=made.ledger, **more)


def states(made):
    return [e.state for e in made.ledger.entries.values()]


def test_confirmed_resources_are_deleted_in_reverse_order():
    made = stage("a", "b", "c")
    assert remove(made) == 3
    assert made.sender.asked == ["DELETE /Users/u-3", "DELETE /Users/u-2", "DELETE /Users/u-1"]
    assert states(made) == ["deleted"] * 3
    assert left_behind(made.ledger) == []
    assert made.sender.store == {}


def test_groups_have_their_own_endpoint():
    made = Remains(Server({"/Groups/g": {"id": "g"}}), Ledger(None))
    made.ledger.record_created(made.ledger.intend("Group", "displayName", f"crew {TAG}"), "g", confirmed=True)
    remove(made)
    assert made.sender.asked == ["DELETE /Groups/g"]


@pytest.mark.parametrize("identifier", ["a/b", "../Users", "x?y=1", "æ #", "%41"])
def test_an_id_cannot_leave_its_endpoint(identifier):
    made = Remains(Server(), Ledger(None))
    made.ledger.record_created(made.ledger.intend("User", "userName", f"a.{TAG}"), identifier, confirmed=True)
    sent = []
    made.sender.send = lambda request: sent.append(request.target) or Exchange(request, "", answer(204))
    remove(made)
    assert len(sent) == 1
    assert sent[0].startswith("/Users/")
    assert not set(sent[0].removeprefix("/Users/")) & set("/?# ")


def test_an_id_that_was_not_confirmed_is_looked_at_first():
    made = stage("liv@x", confirmed=False)
    remove(made)
    assert made.sender.asked == ["GET /Users/u-1", "DELETE /Users/u-1"]
    assert states(made) == ["deleted"]


def test_somebody_else_s_resource_is_left_alone():
    """The creation's answer held an id that belongs to another person."""
    made = stage("liv@x", confirmed=False)
    made.sender.store["/Users/u-1"]["userName"] = "boss@example.org"
    remove(made)
    assert made.sender.asked == ["GET /Users/u-1"]
    assert made.sender.store
    [one] = left_behind(made.ledger)
    assert one["id"] == "u-1"
    assert "not touched" in one["why"]


def test_a_renamed_resource_is_still_ours_by_its_tag():
    made = stage("liv@x", confirmed=False)
    made.sender.store["/Users/u-1"]["userName"] = f"berg.liv.{TAG}@x"
    remove(made)
    assert made.sender.store == {}


def test_confirm_all_looks_at_each():
    made = stage("a@x", "b@x")
    made.sender.store["/Users/u-2"]["userName"] = "somebody@else"
    remove(made, confirm_all=True)
    assert "DELETE /Users/u-2" not in made.sender.asked
    assert list(made.sender.store) == ["/Users/u-2"]


@pytest.mark.parametrize("status", [404, 410])
def test_what_is_gone_already_counts_as_deleted(status):
    made = stage("a", server=Server(fails={"DELETE": status}))
    remove(made)
    assert states(made) == ["deleted"]


@pytest.mark.parametrize("status", [400, 401, 403, 405, 500, 501])
def test_what_cannot_be_deleted_is_told(status):
    made = stage("liv", server=Server(fails={"DELETE": status}))
    remove(made)
    assert states(made) == ["created"]
    assert left_behind(made.ledger) == [
        {"type": "User", "id": "u-1", "why": f"liv.{TAG}: the server did not delete it, or could not be asked"}
    ]


def test_a_creation_nobody_answered_for_is_searched():
    made = stage("liv@x", confirmed=None, there=False)
    made.sender.store["/Users/secret"] = {"id": "secret", "userName": f"LIV.{TAG}@x"}
    remove(made)
    assert made.sender.asked == [f'GET /Users?filter=userName eq "liv.{TAG}@x"', "DELETE /Users/secret"]
    assert states(made) == ["deleted"]


def test_a_creation_that_never_arrived():
    made = stage("liv@x", confirmed=None, there=False)
    remove(made)
    assert states(made) == ["dropped"]
    assert left_behind(made.ledger) == []


def test_a_filter_that_is_ignored_does_not_delete_everybody():
    """The server answers any filter with all its people: only the one with our name may go."""
    made = stage("liv@x", confirmed=None, there=False)
    made.sender.store = {f"/Users/{n}": {"id": n, "userName": f"{n}@else"} for n in "abc"}
    made.sender.answer = lambda method, path: answer(
        200, {"Resources": list(made.sender.store.values())}) if method == "GET" else answer(204)  # fmt: skip
    remove(made)
    assert [a for a in made.sender.asked if a.startswith("DELETE")] == []


@pytest.mark.parametrize("body", [None, [], {"Resources": "x"}, {"Resources": [None, 1]}, "text"])
def test_nonsense_answers_to_the_search_break_nothing(body):
    made = stage("liv@x", confirmed=None, there=False)
    made.sender.answer = lambda _method, _path: answer(200, body)
    remove(made)
    assert [a for a in made.sender.asked if a.startswith("DELETE")] == []


def test_a_dead_server_is_given_up_on():
    made = stage(*(f"u{n}" for n in range(50)), server=Server(fails={"DELETE": 0}))
    assert remove(made) == 3
    assert len(left_behind(made.ledger)) == 50


@pytest.mark.parametrize("confirmed", [True, False, None])
def test_a_name_without_the_run_s_tag_may_be_anybody_s(confirmed):
    """A server may answer a creation with somebody else's id: then it is looked at, and not deleted."""
    made = stage("boss@example.org", confirmed=confirmed, tagged=True)
    remove(made, confirm_all=True)
    assert [one for one in made.sender.asked if not one.startswith("GET /Users/u-1")] == []
    assert made.sender.store
    assert "not touched" in left_behind(made.ledger)[0]["why"]


THEN = "Mon, 30 Nov 2026 10:00:00 GMT"


@pytest.mark.parametrize(
    ("name", "resource", "is_deleted"),
    [
        ("", {"meta": {"created": "2026-11-30T10:00:01Z"}}, True),
        ("", {"meta": {"created": "2026-11-30T11:00:01+01:00"}, "userName": None}, True),
        ("5", {"meta": {"created": "2026-11-30T09:59:59"}, "userName": "5"}, True),
        ("", {"externalId": f"e.{TAG}"}, True),
        ("", {"meta": {"created": "2026-11-30T10:00:01Z"}, "userName": "boss@example.org"}, False),
        ("5", {"meta": {"created": "2019-11-30T10:00:01Z"}, "userName": "5"}, False),
        ("5", {"meta": {"created": "yesterday"}, "userName": "5"}, False),
        ("", {}, False),
    ],
)
def test_what_has_no_name_of_ours_is_known_by_its_age(name, resource, is_deleted):
    """A nonsense body that the server should have refused, or somebody whose id it answered with."""
    made = Remains(Server({"/Users/n": {"id": "n", **resource}}), Ledger(None, tag=TAG))
    made.ledger.record_created(made.ledger.intend("User", "userName", name), "n", confirmed=False, date=THEN)
    remove(made)
    assert ("/Users/n" not in made.sender.store) is is_deleted
    assert bool(left_behind(made.ledger)) is not is_deleted


def test_a_creation_without_an_answer_stays_open_until_the_end():
    """The server may not have got to it yet: the run was interrupted, or did not wait any longer."""
    made = stage("liv@x", confirmed=None, there=False)
    remove(made, final=False)
    assert states(made) == ["intended"]
    made.sender.store["/Users/late"] = {"id": "late", "userName": f"liv.{TAG}@x"}
    remove(made)
    assert made.sender.store == {}
    assert states(made) == ["deleted"]
