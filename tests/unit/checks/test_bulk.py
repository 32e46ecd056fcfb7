"""Several writes in one request: what is sent, and the checks of its answers."""

from __future__ import annotations

import json

import pytest
from scim_compat.checks.registry import all_checks
from scim_compat.engine.bulk_results import pair_results, results_of, status_of
from scim_compat.engine.capabilities import Capabilities
from scim_compat.engine.intent import BulkPart
from scim_compat.engine.rehearsal import rehearse
from support.answers import see
from support.profiles import loaded

RESPONSE = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
PARTS = (
    BulkPart("POST", "alice", "/Users", "success"),
    BulkPart("POST", "alice-again", "/Users", "refusal"),
    BulkPart("POST", "bob", "/Users", "not-run"),
)
MADE = {"method": "POST", "bulkId": "alice", "status": "201", "location": "https://scim.example/v2/Users/1"}
REFUSED = {"method": "POST", "bulkId": "alice-again", "status": "409", "response": {"detail": "taken"}}
LATE = {"method": "POST", "bulkId": "bob", "status": "201", "location": "https://scim.example/v2/Users/2"}


def answered(*results, status=200, parts=PARTS, **more):
    body = {"schemas": [RESPONSE], "Operations": list(results)}
    return see("bulk", body, status=status, method="POST", target="/Bulk", subject=None, parts=parts, **more)


GOOD = answered(MADE, REFUSED)
CASES = {
    "bulk.status": [("done", GOOD, []), ("refused", answered(status=400), ["status"])],
    "bulk.too-large": [
        ("refused", answered(status=413, expect="refusal", statuses=frozenset({413})), []),
        ("taken", answered(status=200, expect="refusal", statuses=frozenset({413})), ["status"]),
    ],
    "bulk.shape": [("a list", GOOD, []), ("numbers", answered(MADE | {"status": 201}), ["/Operations/0/status"])],
    "bulk.every-operation": [
        ("all", GOOD, []),
        ("one missing", answered(MADE), ["operation 2 (POST alice-again)"]),
        ("one refused", answered(MADE | {"status": "400"}, REFUSED), ["operation 1 (POST alice)"]),
        ("one taken", answered(MADE, REFUSED | {"status": "201"}), ["operation 2 (POST alice-again)"]),
    ],
    "bulk.stops": [
        ("stopped", GOOD, []),
        ("went on", answered(MADE, REFUSED, LATE), ["operation 3 (POST bob)"]),
        ("failed the rest", answered(MADE, REFUSED, LATE | {"status": "424"}), []),
    ],
    "bulk.parts": [
        ("whole", GOOD, []),
        ("no location", answered(MADE | {"location": ""}, REFUSED), ["operation 1"]),
        ("no response", answered(MADE, REFUSED | {"response": None}), ["operation 2"]),
    ],
}


@pytest.mark.parametrize(
    ("name", "seen", "places"),
    [
        pytest.param(name, seen, places, id=f"{name}: {label}")
        for name, rows in CASES.items()
        for label, seen, places in rows
    ],
)
def test_each_check_by_itself(name, seen, places):
    rule = all_checks()[name]
    assert rule.when(seen)
    assert [problem.where for problem in rule.run(seen)] == places


def scenario(name):
    return next(s for s in loaded("rfc7644").scenarios if s.id == f"bulk.{name}")


def test_the_request_names_members_by_bulk_id():
    (sent, *_) = [
        p.observation.exchange.request for p in rehearse(loaded("rfc7644"), scenario("create-and-refer"), seed=7)
    ]
    body = json.loads(sent.body)
    assert (sent.method, sent.target) == ("POST", "/Bulk")
    assert body["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"]
    assert [(o["method"], o["bulkId"], o["path"]) for o in body["Operations"]] == [
        ("POST", "alice", "/Users"), ("POST", "bob", "/Users"), ("POST", "crew", "/Groups"),
    ]  # fmt: skip
    assert body["Operations"][2]["data"]["members"] == [{"value": "bulkId:alice"}, {"value": "bulkId:bob"}]
    assert "failOnErrors" not in body


def test_results_are_read_whatever_they_look_like():
    gone = BulkPart("DELETE", "", "/Users/a%2Fb", "success")
    made = BulkPart("POST", "alice", "/Users", "success")
    deleted, bare = {"method": "delete", "location": "https://x/Users/a/b"}, {"method": "DELETE", "status": "204"}
    created = {"method": "POST", "bulkId": "alice"}
    assert pair_results([made, gone], results_of({"Operations": [deleted, 3, created]})) == [created, deleted]
    assert pair_results([made, gone], [created, bare]) == [created, bare], "by its place, since all came"
    assert pair_results([made, gone], [bare]) == [None, None]
    assert pair_results([gone], [{"method": "DELETE", "location": "https://x/Users/other"}]) == [None]
    assert [results_of(x) for x in (None, [], {"Operations": {}}, {"Operations": [1]})] == [[], [], [], []]
    assert [status_of(x) for x in (None, {}, {"status": "204"}, {"status": 204}, {"status": {"code": "201"}})] == [
        0, 0, 204, 204, 201,
    ]  # fmt: skip
    assert status_of({"status": "ok"}) == 0


@pytest.mark.parametrize(
    ("config", "limit"),
    [(None, None), ({}, None), ({"bulk": True}, None), ({"bulk": {"maxOperations": True}}, None),
     ({"bulk": {"maxOperations": 0}}, None), ({"bulk": {"maxOperations": 9}}, 9)],
)  # fmt: skip
def test_the_limit_is_what_the_target_says(config, limit):
    assert Capabilities(provider_config=config).bulk_limit == limit
