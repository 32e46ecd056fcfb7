"""The verb ``overlap``: its requests, what is sent again, and what the state says of them."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from scim_compat.engine.imaginary_server import ImaginaryServer
from scim_compat.profile.load import load
from scim_compat.wire.messages import Exchange, Headers, Response
from support.acting import given, last, lines, play, step, verify


@pytest.fixture(scope="module")
def entra():
    return load("entra-v2")


@dataclass
class Crowded(ImaginaryServer):
    """Takes requests at once: declines those of ``declined``, and accepts without effect those of ``lost``, by number."""

    declined: dict[int, int] = field(default_factory=dict)
    lost: frozenset[int] = frozenset()
    batches: list[int] = field(default_factory=list)

    is_parallel = True

    def send_at_once(self, requests):
        self.batches.append(len(requests))
        return [self._one(number, request) for number, request in enumerate(requests)]

    def _one(self, number, request):
        status = self.declined.get(number, 204 if number in self.lost else 0)
        if status:
            return Exchange(request, "u", Response(status, "", Headers(), b""))
        return self.send(request)


MEMBERS = (given("ann"), given("ben"), given("crew", kind="Group"))
ADDED = step(do="overlap", group="crew", **{"add-members": ["ann", "ben"]})


def overlap_of(seen):
    [played] = [p for p in seen if p.observation.intent.action == "overlap"]
    return played.observation.intent.overlap


def test_each_change_has_a_request_and_all_leave_together(entra):
    server = Crowded()
    seen, ended, _, _ = play(entra, *MEMBERS, ADDED, verify("crew", members=["ann", "ben"]), server=server)
    assert not ended.stopped
    assert server.batches == [2]
    assert lines(seen)[3:] == ["GET /Groups/group-3", "PATCH /Groups/group-3", "PATCH /Groups/group-3",
                               "GET /Groups/group-3", "GET /Groups/group-3"]  # fmt: skip
    assert [p.number for p in seen][3:7] == ["4.1", "4.2", "4.3", "4.4"]
    overlap = overlap_of(seen)
    assert (len(overlap.effects), overlap.lost, overlap.question) == (2, (), "")
    assert last(seen).subject.members == {"user-1", "user-2"}
    assert not last(seen).subject.writes


def test_a_server_that_takes_one_after_the_other_proves_nothing(entra):
    seen, *_ = play(entra, *MEMBERS, ADDED)
    assert overlap_of(seen).question


@pytest.mark.parametrize("status", [409, 412, 423, 429, 503])
def test_a_declined_request_is_sent_again_alone(entra, status):
    seen, ended, _, _ = play(entra, *MEMBERS, ADDED, server=Crowded(declined={1: status}))
    assert not ended.stopped
    declined = seen[5].observation.intent
    assert (declined.expect, declined.statuses) == ("either", {status})
    assert "sent again alone" in seen[6].title
    assert not overlap_of(seen).lost
    assert len(overlap_of(seen).effects) == 2


def test_a_refused_request_is_not_expected_to_hold(entra):
    seen, *_ = play(entra, *MEMBERS, ADDED, server=Crowded(declined={0: 400}))
    refused = seen[4].observation.intent
    assert (refused.expect, refused.statuses) == ("success", frozenset())
    assert "at the same time" in refused.blame
    assert [effect.value for effect in overlap_of(seen).effects] == ["user-2"]


def test_what_is_lost_is_sent_again_alone_before_anything_is_concluded(entra):
    seen, *_ = play(entra, *MEMBERS, ADDED, server=Crowded(lost=frozenset({0})))
    assert [effect.value for effect in overlap_of(seen).lost] == ["user-1"]
    assert not overlap_of(seen).question
    assert lines(seen)[6:] == ["PATCH /Groups/group-3", "GET /Groups/group-3", "GET /Groups/group-3"]


def test_what_is_lost_alone_as_well_says_nothing_of_the_overlap(entra):
    class Deaf(Crowded):
        def send(self, request):
            if request.method == "PATCH":
                return Exchange(request, "u", Response(204, "", Headers(), b""))
            return ImaginaryServer.send(self, request)

    seen, *_ = play(entra, *MEMBERS, ADDED, verify("crew"), server=Deaf())
    assert "alone" in overlap_of(seen).question
    assert last(seen).subject.members == frozenset()


def test_attributes_of_a_user_each_have_a_request(entra):
    changes = step(do="overlap", user="ann", set={"displayName": "A", "title": "B"})
    seen, ended, _, server = play(entra, given("ann"), changes, verify("ann"), server=Crowded())
    assert not ended.stopped
    assert server.batches == [2]
    assert seen[-1].observation.response.json["title"] == "B"
    assert last(seen).subject.desired["displayName"] == "A"


def test_a_client_that_writes_whole_users_changes_none_at_once():
    changes = step(do="overlap", user="ann", set={"displayName": "A", "title": "B"})
    _, ended, _, _ = play(load("okta"), given("ann"), changes, server=Crowded())
    assert "whole users" in ended.stopped


CREATED = step(do="overlap", user="ann", creates=2)


def test_creations_of_one_user_make_one_account(entra):
    seen, ended, ledger, _ = play(entra, CREATED, verify("ann"), server=Crowded())
    assert not ended.stopped
    assert overlap_of(seen).accounts == ("user-1",)
    assert lines(seen) == ["POST /Users", "POST /Users", "GET /Users", "GET /Users/user-1"]
    assert not ledger.open_entries()


class Twice(Crowded):
    """Lets two creations at once in, and refuses a later one."""

    def _one(self, number, request):
        store, self.store = self.store, {}
        exchange = ImaginaryServer.send(self, request)
        self.store = {**store, **self.store}
        return exchange


class Always(Twice):
    """Lets every creation in."""

    def send(self, request):
        return self._one(0, request) if request.method == "POST" else ImaginaryServer.send(self, request)


@pytest.mark.parametrize(("server", "concluded"), [(Twice, True), (Always, False)])
def test_two_accounts_are_held_against_the_overlap_where_one_alone_is_refused(entra, server, concluded):
    seen, _, ledger, here = play(entra, CREATED, server=server())
    assert len(overlap_of(seen).accounts) == 2
    assert bool(overlap_of(seen).question) is not concluded
    assert not ledger.open_entries()
    assert not here.store


def test_creations_that_are_all_declined_are_sent_again(entra):
    seen, ended, _, _ = play(entra, CREATED, server=Crowded(declined={0: 429, 1: 503}))
    assert not ended.stopped
    assert overlap_of(seen).accounts == ("user-1",)
    assert seen[2].observation.intent.expect == "success"
