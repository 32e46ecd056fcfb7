"""Features on which discovery is silent: one trial each, and what it shows."""

from __future__ import annotations

import json

import pytest
from scim_compat.engine.actor import Actor
from scim_compat.engine.capabilities import Capabilities, Claims
from scim_compat.engine.context import RunContext
from scim_compat.engine.ledger import Ledger
from scim_compat.engine.trials import has_filters, has_groups, is_offered
from scim_compat.scim.names import ENTERPRISE
from scim_compat.values import MISSING
from scim_compat.wire.messages import Exchange, Headers, Response

ANA, BEN = {"id": "1", "userName": "ana"}, {"id": "2", "userName": "ben"}
CROWD = (Actor(key="ana", kind="User", sources={}, desired={"userName": "ana"}, id="1"),)


class Endpoint:
    """Answers by a function of (method, target): (status, body) or (status, body, headers)."""

    def __init__(self, answer):
        self.answer, self.asked = answer, []

    def send(self, request):
        self.asked.append((request.method, request.target))
        status, body, *headers = self.answer(request.method, request.target)
        data = b"" if body is None else json.dumps(body).encode()
        response = Response(status, "", Headers(*headers), data, json=MISSING if body is None else body)
        return Exchange(request, "https://scim.example" + request.target, response)


def stage(answer, **more):
    return RunContext(
        sender=Endpoint(answer), base_url="https://scim.example", seed=7, ledger=Ledger(None), observe=lambda _: None,
        crowd=CROWD, **more,
    )  # fmt: skip


def always(*answer):
    return lambda _method, _target: answer


def listed(*resources):
    return {"totalResults": len(resources), "Resources": list(resources)}


def sorted_by_order(_method, target):
    return 200, listed(*((ANA, BEN) if "=ascending" in target else (BEN, ANA)))


@pytest.mark.parametrize(
    ("config", "status", "has", "asked"),
    [
        ({"filter": {"supported": False}}, 200, False, 0),
        ({"filter": {"supported": True}}, 400, True, 0),
        (None, 400, False, 1),
        (None, 200, True, 1),
    ],
)
def test_filters_are_tried_where_the_configuration_is_silent(config, status, has, asked):
    run = stage(always(status, listed(ANA)), capabilities=Capabilities(provider_config=config))
    assert has_filters(run) is has
    assert len(run.sender.asked) == asked


@pytest.mark.parametrize(
    ("feature", "answer", "offered"),
    [
        ("bulk", always(200, {"Operations": []}), True),
        ("bulk", always(501, {}), False),
        ("bulk", always(404, None), False),
        ("bulk", always(200, None), False),
        ("sort", sorted_by_order, True),
        ("sort", always(200, listed(ANA, BEN)), False),
        ("sort", always(400, {}), False),
        ("etag", always(200, ANA, (("ETag", 'W/"1"'),)), True),
        ("etag", always(200, ANA), False),
        ("patch", always(404, {}), True),
        ("patch", always(501, {}), False),
        ("patch", always(405, {}), False),
        ("filter", always(200, listed(ANA)), True),
        ("filter", always(400, {}), False),
        ("filter", always(501, {}), False),
        ("Group", always(200, listed()), True),
        ("Group", always(404, {}), False),
        ("Group", always(500, {}), True),
        ("changePassword", always(500, {}), True),
    ],
)
def test_what_a_trial_shows(feature, answer, offered):
    run = stage(answer)
    assert is_offered(feature, run) is offered
    asked = list(run.sender.asked)
    assert is_offered(feature, run) is offered
    assert run.sender.asked == asked, "each is tried once"


@pytest.mark.parametrize(("kept", "offered"), [({ENTERPRISE: {"department": "Survey"}}, True), ({}, False)])
def test_an_extension_is_offered_if_it_is_kept_and_the_trial_leaves_nothing(kept, offered):
    store = {}

    def answer(method, target):
        if method == "POST":
            store["9"] = {"id": "9", **kept}
            return 201, store["9"]
        if method == "DELETE":
            del store["9"]
            return 204, None
        return (200, store["9"]) if "9" in store else (404, {})

    run = stage(answer)
    assert is_offered(ENTERPRISE, run) is offered
    assert not store
    assert run.ledger.open_entries() == []


@pytest.mark.parametrize(("status", "offered"), [(400, False), (500, True)])
def test_an_extension_that_is_refused_is_not_offered(status, offered):
    assert is_offered(ENTERPRISE, stage(always(status, {}))) is offered


def test_nothing_is_tried_where_somebody_says_it():
    run = stage(always(404, {}), capabilities=Capabilities(resource_types=({"name": "Group"},)))
    assert has_groups(run) is True
    assert has_groups(stage(always(200, listed()), claims=Claims(groups=False))) is False
    assert run.sender.asked == []
    assert has_groups(stage(always(404, {}))) is False
