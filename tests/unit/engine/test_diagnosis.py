"""Diagnoses: a refused creation is tried again in other forms until the part to blame is known."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from scim_compat.engine.context import RunContext
from scim_compat.engine.imaginary_server import ImaginaryServer
from scim_compat.engine.ledger import Ledger
from scim_compat.engine.scenario import run_scenario
from scim_compat.profile.load import load
from scim_compat.wire.messages import Exchange, Headers, Response
from support.acting import given, play, step, verify

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


@pytest.fixture(scope="module")
def entra():
    return load("entra-v2")


@dataclass
class Choosy(ImaginaryServer):
    """Refuses creations whose body ``refuses``."""

    refuses: Callable[[dict[str, Any]], bool] = field(default=lambda _: False)
    status: int = 400
    detail: str = "The body of 'liv' is not valid."
    refusals: int = 0

    def send(self, request):
        if request.method == "POST" and self.refuses(json.loads(request.body)):
            self.refusals += 1
            body = {"detail": self.detail}
            return Exchange(request, "u", Response(self.status, "", Headers(), json.dumps(body).encode(), json=body))
        return ImaginaryServer.send(self, request)


def blames(seen):
    return [p.observation.intent.blame for p in seen if p.observation.intent.action in {"create", "set-up"}]


def created(profile, refuses, *steps, **more):
    server = Choosy(refuses=refuses, **more)
    return play(profile, *(steps or [step(do="create", user="alice")]), server=server)


def phone(body):
    return any("+" in entry["value"] for entry in body.get("phoneNumbers", ()))


CAUSES = {
    "a character": (lambda b: "." in b.get("externalId", ""),
                    "Refused because of externalId: without '.' in it the same body is accepted."),
    "a character in every entry": (phone, "Refused because of phoneNumbers: without '+' in it the same body is accepted."),
    "an attribute": (lambda b: "preferredLanguage" in b,
                     "Refused because of preferredLanguage: without it the same body is accepted."),
    "an attribute of an extension": (lambda b: "department" in b.get(ENTERPRISE, {}),
                                     f"Refused because of {ENTERPRISE}:department: without it the same body is accepted."),
    "a value": (lambda b: not b.get("displayName", "x").isalnum() and b.get("displayName", "x").count(" ") != 0,
                "Refused because of displayName: without ' ' in it the same body is accepted."),
    "the name": (lambda b: "." in b["userName"].partition("@")[0],
                 "Refused because of userName: with a plain value there the same body is accepted."),
    "anything": (lambda _: True, ""),
    "two attributes at once": (lambda b: "title" in b or "displayName" in b, ""),
}  # fmt: skip


@pytest.mark.parametrize("cause", CAUSES)
def test_the_part_to_blame_is_named(entra, cause):
    refuses, words = CAUSES[cause]
    seen, ended, ledger, server = created(entra, refuses)
    assert blames(seen) == [words]
    assert ended.stopped
    assert not ledger.open_entries()
    assert 1 < server.refusals + server.creations <= 13
    assert not [place for place in server.store if place.startswith("/Users/")]


def test_what_is_missing_is_named(entra):
    refuse = lambda b: "name" not in b  # noqa: E731 - a rule of a server
    seen, *_ = created(entra, refuse, step(do="create", user="alice", without=["name"]))
    assert blames(seen) == ["Refused because of what it lacks: the same body with name besides is accepted."]


def test_an_empty_value_is_named_as_sent(entra):
    refuse = lambda b: "title" in b and b["title"] is None  # noqa: E731 - a rule of a server
    seen, *_ = created(entra, refuse, step(do="create", user="alice", has={"title": None}))
    assert blames(seen) == ["Refused because of title, sent as null: without it the same body is accepted."]


def test_one_refusal_is_diagnosed_once_and_spared_the_set_up_that_follows(entra):
    refuse = lambda b: "." in b.get("externalId", "")  # noqa: E731 - a rule of a server
    steps = (step(do="create", user="alice"),)
    seen, _, _, server = created(entra, refuse, *steps)
    assert server.refusals + server.creations > 2
    seen, ended, _, server = created(entra, refuse, given("alice"), verify("alice"))
    assert len(blames(seen)) == 1
    assert ended.stopped
    trials = [p for p in seen if p.title.startswith("control")]
    assert all(p.observation.intent.action == "raw" for p in trials)
    assert all(p.observation.intent.statuses for p in trials)


def test_a_later_set_up_leaves_the_part_out(entra):
    """In the same run the refused part is known: set-up sends a plain one, and the scenario goes on."""
    server = Choosy(refuses=lambda b: "." in b.get("externalId", ""))
    seen = []
    stage = RunContext(sender=server, base_url=server.base_url, seed=7, ledger=Ledger(None), observe=seen.append)
    one = replace(entra.scenarios[0], id="test.steps", steps=(given("alice"),))
    assert run_scenario(entra, one, stage).stopped
    count = stage.memory.trials
    two = replace(one, id="test.more", steps=(given("bob"), verify("bob")))
    assert not run_scenario(entra, two, stage).stopped
    assert stage.memory.trials == count
    assert "." not in seen[-1].observation.response.json["externalId"]


@pytest.mark.parametrize("status", [401, 403, 404, 409, 429, 503])
def test_a_refusal_for_another_reason_is_not_diagnosed(entra, status):
    seen, _, _, server = created(entra, lambda _: True, status=status)
    assert blames(seen) == [""]
    assert server.refusals == 1


def test_a_refusal_that_is_asked_for_is_not_diagnosed(entra):
    twice = step(do="create", user="alice"), step(do="create", user="alice", expect="conflict")
    seen, *_ = created(entra, lambda _: False, *twice)
    assert blames(seen) == ["", ""]
    assert len(seen) == 2


def test_a_refusal_of_a_megabyte_is_compared_at_once(entra):
    began = time.monotonic()
    seen, *_ = created(entra, lambda b: "." in b.get("externalId", ""), detail="<" * 1_000_000)
    assert blames(seen)[0].startswith("Refused because of externalId")
    assert time.monotonic() - began < 20
