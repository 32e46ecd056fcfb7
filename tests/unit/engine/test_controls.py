"""Controls: a failed look-up of a special resource is followed by one of a plain resource, once a run."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl

import pytest
from scim_compat.engine.imaginary_server import ImaginaryServer
from scim_compat.engine.rehearsal import rehearse
from scim_compat.profile.find import builtin
from scim_compat.profile.load import load
from scim_compat.wire.messages import Headers
from support.acting import given, last, lines, play, step, verify


@pytest.fixture(scope="module")
def entra():
    return load("entra-v2")


def hit(seen):
    return [p.observation.intent.query for p in seen if p.observation.intent.query.filter_path]


@dataclass
class Blind(ImaginaryServer):
    """Finds nothing by a filter whose text holds ``mark``."""

    mark: str = "\0"

    def send(self, request):
        text = dict(parse_qsl(request.target.partition("?")[2])).get("filter", "")
        if self.mark in text:
            request = type(request)(request.method, "/Users?filter=id+eq+%22none%22", Headers(()))
        return ImaginaryServer.send(self, request)


def looked_for(entra, mark, name="liv+d.${run.tag}", *more):
    steps = given("alice", **{"as": {"userPrincipalName": name}}), *more, step(do="match", user="alice", finds=1)
    return play(entra, *steps, server=Blind(mark=mark))


def test_nothing_is_sent_where_the_special_resource_is_found(entra):
    seen, _, _, _ = looked_for(entra, "\0")
    assert lines(seen) == ["POST /Users", "GET /Users"]
    assert last(seen).query.control is None


def test_a_plain_value_that_is_found_blames_the_part_that_is_not(entra):
    seen, ended, ledger, _ = looked_for(entra, "+")
    query = last(seen).query
    assert (query.control, query.culprits) == (True, ("a plus sign",))
    assert lines(seen) == ["POST /Users", "POST /Users", "GET /Users", "POST /Users", "GET /Users", "GET /Users"]
    assert [p.number for p in seen] == ["1.1", "2.1", "2.2", "2.3", "2.4", "2.5"]
    assert not ended.stopped
    assert not ledger.open_entries()


def test_a_plain_value_that_is_not_found_either_excuses_the_special_one(entra):
    seen, _, _, _ = looked_for(entra, "userName")
    assert last(seen).query.control is False
    assert not last(seen).query.culprits
    control = seen[-2].observation.intent
    assert (control.by, control.action, len(control.query.finds)) == ("harness", "look-up", 1)


def test_the_control_is_asked_once_a_run(entra):
    again = step(do="match", user="alice", finds=1)
    seen, _, _, _ = looked_for(entra, "userName", "liv+d.${run.tag}", again)
    assert len(hit(seen)) == 3
    assert [query.control for query in hit(seen)] == [None, False, False]


def test_an_inactive_user_has_an_active_one_as_control(entra):
    disabled = step(do="change", user="alice", set={"active": False})
    found_by = verify("alice", **{"found-by": ["filter"]})
    seen, _, _, _ = play(entra, given("alice"), disabled, found_by, server=Blind(mark="userName"))
    assert last(seen).query.control is False
    assert last(seen).disabled
    assert not seen[-2].observation.intent.disabled


def test_every_profile_is_played_without_a_control_by_a_server_that_finds_everything():
    """The imaginary server finds what is there, so no built-in profile sends a control to it."""
    for name in ("okta-wizard", "peakon"):
        assert name in builtin()
        one = load(name)
        for scenario in one.scenarios:
            titles = [played.title for played in rehearse(one, scenario)]
            assert not [title for title in titles if title.startswith("control")]
