"""The first four requests: what counts as a SCIM endpoint, and what it says of itself."""

from __future__ import annotations

import json

import pytest
from scim_compat.errors import NotTestableError, OtherVersionError
from scim_compat.run.preflight import preflight
from scim_compat.values import MISSING
from scim_compat.wire.messages import Exchange, Failure, FailureKind, Headers, Response

URL = "https://idm.fjord.example/scim/v2"
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
EMPTY = {"schemas": [LIST], "totalResults": 0, "Resources": []}
CONFIG = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"], "patch": {"supported": True}}
TYPES = {"schemas": [LIST], "totalResults": 1, "Resources": [{"id": "User", "name": "User", "endpoint": "/Users"}]}
SCHEMAS = {"schemas": [LIST], "Resources": [{"id": "urn:ietf:params:scim:schemas:core:2.0:User"}, "nonsense"]}
GOOD = {"Users": EMPTY, "ServiceProviderConfig": CONFIG, "ResourceTypes": TYPES, "Schemas": SCHEMAS}


class Endpoint:
    """Answers by the first part of the path: a body, (status, body), or a Failure."""

    def __init__(self, **answers):
        self.answers = GOOD | answers
        self.asked = []

    def send(self, request):
        self.asked.append(request)
        name = request.target.partition("?")[0].strip("/")
        answer = self.answers[name]
        if isinstance(answer, Failure):
            return Exchange(request, URL, None, answer)
        status, body = answer if isinstance(answer, tuple) else (200, answer)
        text = isinstance(body, str)
        data = body.encode() if text else json.dumps(body).encode()
        kind = "text/html" if text else "application/scim+json"
        return Exchange(
            request, URL, Response(status, "", Headers((("Content-Type", kind),)), data, json=MISSING if text else body)
        )


def test_a_good_endpoint_tells_of_itself():
    endpoint = Endpoint()
    found = preflight(endpoint, URL)
    assert found.provider_config == CONFIG
    assert found.has_resource_type("user") is True
    assert found.has_resource_type("Group") is False
    assert found.schema("URN:ietf:params:scim:schemas:core:2.0:User") is not None
    assert found.schema("urn:x") is None


def test_it_only_reads_and_asks_for_nobody():
    endpoint = Endpoint()
    preflight(endpoint, URL)
    assert [r.method for r in endpoint.asked] == ["GET"] * 4
    assert endpoint.asked[0].target.startswith("/Users?filter=userName%20eq%20%22")
    assert all(r.credential == "valid" and r.body is None for r in endpoint.asked)


@pytest.mark.parametrize("absent", [(404, {}), (404, "no"), (501, {}), (401, {}), (200, "<html>"), (200, [])])
def test_discovery_may_be_absent(absent):
    found = preflight(Endpoint(ServiceProviderConfig=absent, ResourceTypes=absent, Schemas=absent), URL)
    assert found.provider_config is None
    assert found.resource_types in {None, ()}
    assert found.has_resource_type("Group") in {None, False}
    assert not found.schemas


def test_a_bare_array_of_types_is_understood():
    """Its form is a check's business; the scenarios for groups must still run."""
    found = preflight(Endpoint(ResourceTypes=[{"name": "User"}, {"name": "Group"}, 7]), URL)
    assert found.has_resource_type("Group") is True


@pytest.mark.parametrize(
    "users",
    [
        (404, {"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "404"}),
        (500, "oops"),
        (200, {"totalResults": 0}),
        (200, {"Resources": []}),
        (400, {"Errors": [{"description": "x", "code": "400"}]}),
    ],
)
def test_a_faulty_user_query_is_a_finding_not_an_end(users):
    assert preflight(Endpoint(Users=users), URL).provider_config == CONFIG


NOTHING = dict.fromkeys(("ServiceProviderConfig", "ResourceTypes", "Schemas"))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((401, {"detail": "expired"}), ["refused the credential", "401", '("expired")', "SCIM_TOKEN"]),
        ((403, "no"), ["refused the credential", "403"]),
        ((302, ""), ["redirects GET /Users", "302", "an unnamed place"]),
        ((200, "<!doctype html>"), ["web page", "text/html"]),
        ((404, "no"), ["There is no SCIM endpoint", "404"]),
        ((410, {}), ["There is no SCIM endpoint", "410"]),
        ((502, {"detail": "x" * 900}), ["server error", "502"]),
        ((200, {"ok": True}), ["does not speak SCIM"]),
        ((200, [{"ok": True}]), ["does not speak SCIM"]),
        ((200, {"schemas": ["http://json-schema.org"]}), ["does not speak SCIM"]),
    ],
)
def test_what_cannot_be_tested(answer, words):
    with pytest.raises(NotTestableError) as refused:
        preflight(Endpoint(**dict.fromkeys(GOOD, answer)), URL)
    message = str(refused.value)
    for word in [URL, *words]:
        assert word in message
    assert "\n" not in message
    assert len(message) < 700


@pytest.mark.parametrize("name", list(GOOD))
def test_no_answer_at_all(name):
    endpoint = Endpoint(**{name: Failure(FailureKind.DNS, "The name cannot be resolved.")})
    with pytest.raises(NotTestableError, match="cannot be tested: The name cannot be resolved"):
        preflight(endpoint, URL)


def test_a_refused_filter_is_asked_for_once_more_without_it():
    """GET /Users?filter=… answered 403 where an empty list belongs: the credential is good, and profiles report it."""

    class Picky(Endpoint):
        def send(self, request):
            self.answers = self.answers | {"Users": (403, {"detail": "no"}) if "filter=" in request.target else EMPTY}
            return super().send(request)

    endpoint = Picky()
    assert preflight(endpoint, URL).provider_config == CONFIG
    assert [r.target for r in endpoint.asked[:2]][1] == "/Users?count=1"


@pytest.mark.parametrize("status", [401, 403, 500, 502, 302])
def test_a_discovery_endpoint_that_refuses_a_good_token_is_no_silence(status):
    found = preflight(Endpoint(ServiceProviderConfig=(status, {}), Schemas=(404, {})), URL)
    assert found.failures == {"ServiceProviderConfig": status}


@pytest.mark.parametrize("status", [404, 405, 410, 501])
def test_a_discovery_endpoint_that_does_not_exist_is_silence(status):
    assert preflight(Endpoint(ServiceProviderConfig=(status, {})), URL).failures == {}


OLD = {"schemas": ["urn:scim:schemas:core:1.0"], "totalResults": 0, "Resources": []}


@pytest.mark.parametrize(
    "answers",
    [
        {"Users": OLD, "ServiceProviderConfig": (404, {}), "ResourceTypes": (404, {}), "Schemas": (404, {})},
        {"Users": OLD, "ServiceProviderConfig": OLD, "ResourceTypes": (404, {}), "Schemas": {"Resources": []}},
        {
            "Users": {"totalResults": 1, "Resources": [{"schemas": ["urn:scim:schemas:core:1.0"], "id": "1"}]},
            "ServiceProviderConfig": {"patch": {"supported": True}},
            "ResourceTypes": (404, {"Errors": []}),
            "Schemas": (404, {}),
        },
    ],
)
def test_the_other_version_is_recognised_by_what_the_answers_bear(answers):
    with pytest.raises(OtherVersionError, match=r"speaks SCIM 1\.1.*urn:scim:schemas:core:1\.0") as raised:
        preflight(Endpoint(**answers), URL)
    assert raised.value.spoken == "1.1"


def test_an_endpoint_that_bears_urns_of_both_versions_is_played():
    assert preflight(Endpoint(Users=OLD), URL).provider_config == CONFIG


def test_urns_of_the_drafts_tell_no_version():
    draft = {"schemas": ["urn:scim:schemas:core:2.0:User"], "totalResults": 0, "Resources": []}
    nothing = dict.fromkeys(("ServiceProviderConfig", "ResourceTypes", "Schemas"), (404, {}))
    assert preflight(Endpoint(Users=draft, **nothing), URL).schemas is None
