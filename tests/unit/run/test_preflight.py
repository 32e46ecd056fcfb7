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
    """Answers by the first part of the path: a body, (status, body), or a Failure.

    ``other``: what answers at other paths of the origin, by path. ``tls``: TLS is spoken at the port.
    """

    def __init__(self, *, other=None, tls=False, nowhere=(404, {}), **answers):
        self.answers = GOOD | answers
        self.nowhere = nowhere
        self.asked = []
        self.other = other or {}
        self.visited = []
        self.tls = tls

    def elsewhere(self, path):
        self.visited.append(path)
        return self.other.get(path) or Endpoint(**dict.fromkeys(GOOD, self.nowhere))

    def is_tls_refused(self):
        return self.tls

    def send(self, request):
        self.asked.append(request)
        name = request.target.partition("?")[0].strip("/")
        answer = self.answers.get(name, self.nowhere)
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
        ((429, "slow"), ["answers 429 to the first request", "no usable Retry-After", "Nothing else was sent"]),
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
        preflight(Endpoint(**dict.fromkeys(GOOD, answer), nowhere=answer), URL)
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


# --- a wrong base URL ----------------------------------------------------------------------------------------------


ERROR = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "404", "detail": "No resource Users."}
LOST = dict.fromkeys(GOOD, (404, ERROR))
HERE = "https://idm.fjord.example"


@pytest.mark.parametrize(
    ("given", "meant", "lost"),
    [
        ("/scim/v2/Users", "/scim/v2", LOST),
        ("/scim/v2/users", "/scim/v2", LOST),
        ("/scim/v2/Groups/7", "/scim/v2", LOST),
        ("/scim/v2/ServiceProviderConfig", "/scim/v2", dict.fromkeys(GOOD, (403, ERROR))),
        ("/scim/v2/scim/v2", "/scim/v2", LOST),
        ("/scim/v2/v2", "/scim/v2", LOST),
        ("/scim//v2", "/scim/v2", LOST),
        ("", "/scim/v2", dict.fromkeys(GOOD, (404, "no"))),
        ("", "/scim", dict.fromkeys(GOOD, (200, "<html>"))),
        ("/scim", "/scim/v2", dict.fromkeys(GOOD, (302, ""))),
        ("/tenant", "/tenant/scim/v2", LOST),
        ("/tenant/scim", "/tenant/scim/v2", LOST),
        ("/api/v2", "/api/v2/scim", LOST),
        ("/scim/v1", "/scim/v2", LOST),
        ("/scim/v2/extra", "/scim/v2", LOST),
        ("/wrong/scim/v2", "/scim/v2", LOST),
    ],
)
def test_a_wrong_base_is_refused_with_the_right_one(given, meant, lost):
    nowhere = lost["Users"] if lost is not LOST else (404, {**ERROR, "detail": "No resource ."})
    endpoint = Endpoint(**lost, other={meant: Endpoint()}, nowhere=nowhere)
    with pytest.raises(NotTestableError) as refused:
        preflight(endpoint, HERE + given)
    assert str(refused.value) == (
        f"{HERE}{given} is not the base URL of the SCIM endpoint: GET /Users answered {lost['Users'][0]} below it. "
        f"The URL must be the part before /Users. Did you mean {HERE}{meant}?"
    )
    assert len(endpoint.visited) <= 5
    assert {request.method for request in endpoint.asked} == {"GET"}


def test_where_the_router_ignores_the_rest_of_a_path_its_name_gives_the_slip_away():
    """GET /Users/Users answers a list: a create there would still end at another address than the client's."""
    with pytest.raises(NotTestableError, match=r"Did you mean https://idm\.fjord\.example/scim/v2\?"):
        preflight(Endpoint(other={"/scim/v2": Endpoint()}), f"{URL}/Users")


def test_a_path_that_cannot_exist_shows_that_nothing_is_there():
    """Each path is answered in SCIM: without the comparison every scenario would fail there."""
    lost = {**ERROR, "detail": "Unknown resource type Users (request 7f01)."}

    class Echo(Endpoint):
        def send(self, request):
            name = request.target.partition("?")[0].strip("/")
            self.answers = {name: (404, {**lost, "detail": f"Unknown resource type {name} (request {len(name)}a0)."})}
            return super().send(request)

    with pytest.raises(NotTestableError, match="as it answers a path that cannot exist") as refused:
        preflight(Echo(), URL)
    assert "Check the base URL" in str(refused.value)


BEYOND = {"/scim": Endpoint(), "/scim/v2": Endpoint(), "": Endpoint(), "/scim/v2/scim": Endpoint()}
EMPTY_AS_404 = (404, {**ERROR, "detail": "No user matches the filter."})


@pytest.mark.parametrize(
    ("url", "answers"),
    [
        (URL, {}),
        (f"{HERE}/Groups/acme/scim", {}),
        (f"{HERE}/v2/v2", {}),
        (URL, dict.fromkeys(("ServiceProviderConfig", "ResourceTypes", "Schemas"), (404, "no"))),
        (URL, dict.fromkeys(("ServiceProviderConfig", "ResourceTypes", "Schemas"), (401, {}))),
        (URL, {"Users": {"totalResults": 0}}),
        (URL, {"Users": {"schemas": [LIST], "totalResults": 0, "Resources": []}}),
        (URL, {"Users": (400, {**ERROR, "status": "400"})}),
        (URL, {"Users": (500, "oops")}),
        (URL, {"Users": EMPTY_AS_404}),
        (URL, {**dict.fromkeys(GOOD, (404, ERROR)), "Users": EMPTY_AS_404}),
        (URL, {**dict.fromkeys(GOOD, (404, "no")), "Users": EMPTY_AS_404}),
        (URL, {**dict.fromkeys(GOOD, (404, "no")), "Users": (400, {**ERROR, "status": "400"})}),
        (f"{HERE}/tenants/7/scim", dict.fromkeys(("ServiceProviderConfig", "ResourceTypes", "Schemas"), (404, ERROR))),
    ],
)
def test_a_right_but_odd_endpoint_is_not_refused(url, answers):
    """Other endpoints on the same host change nothing: tenants stand below each other."""
    preflight(Endpoint(**answers, other=BEYOND), url)


def test_without_a_credential_the_refusal_says_so():
    with pytest.raises(NotTestableError, match=r"no credential was sent \(SCIM_TOKEN is not set\)"):
        preflight(Endpoint(**dict.fromkeys(GOOD, (401, {}))), URL, uncredentialed="SCIM_TOKEN is not set")


def test_a_refused_credential_is_not_sent_to_guesses():
    endpoint = Endpoint(**dict.fromkeys(GOOD, (401, {})), other=BEYOND)
    with pytest.raises(NotTestableError, match="refused the credential"):
        preflight(endpoint, f"{HERE}/scim/v2/acme")
    assert endpoint.visited == []


@pytest.mark.parametrize(
    ("broken", "is_spoken", "words"),
    [
        (Failure(FailureKind.RESET, "It closed."), True, "this port speaks TLS: use https://"),
        (Failure(FailureKind.PROTOCOL, "No HTTP."), True, "this port speaks TLS: use https://"),
        (Failure(FailureKind.RESET, "It closed."), False, "cannot be tested: It closed."),
        (Failure(FailureKind.TIMEOUT, "Too slow."), True, "cannot be tested: Too slow."),
        ((400, "The plain HTTP request was sent to HTTPS port"), True, "this port speaks TLS: use https://"),
        ((400, "Bad request"), False, "does not speak SCIM"),
    ],
)
def test_tls_at_the_port_is_recognised(broken, is_spoken, words):
    with pytest.raises(NotTestableError, match=words):
        preflight(
            Endpoint(**dict.fromkeys(GOOD, broken), nowhere=broken, tls=is_spoken), "http://idm.fjord.example/scim"
        )


def throttling(status, **headers):
    class Throttling(Endpoint):
        def send(self, request):
            done = super().send(request)
            answer = Response(status, "", Headers(headers.items()), b"", json=MISSING)
            return Exchange(request, done.url, answer)

    return Throttling()


@pytest.mark.parametrize(
    ("endpoint", "words"),
    [
        (throttling(429, **{"Retry-After": "3600"}), r"asks to wait 3600 s \(429, Retry-After: 3600\)"),
        (throttling(503, **{"Retry-After": "120"}), r"asks to wait 120 s \(503, Retry-After: 120\)"),
        (throttling(429, **{"Retry-After": "soon"}), "no usable Retry-After"),
        (
            throttling(
                429, **{"Retry-After": "Wed, 21 Oct 2026 08:00:00 GMT", "Date": "Wed, 21 Oct 2026 07:00:00 GMT"}
            ),
            "asks to wait 3600 s",
        ),
    ],
)
def test_an_endpoint_that_asks_to_wait_gets_one_request(endpoint, words):
    with pytest.raises(NotTestableError, match=words):
        preflight(endpoint, URL)
    assert len(endpoint.asked) == 1


@pytest.mark.parametrize("location", ["https://idm.fjord.example/scim/v2/Users?filter=x", "/scim/v2/Users"])
def test_a_redirect_to_the_right_place_names_it(location):
    class Redirecting(Endpoint):
        def send(self, request):
            done = super().send(request)
            return Exchange(request, done.url, Response(301, "", Headers([("Location", location)]), b"", json=MISSING))

    with pytest.raises(NotTestableError, match=r"Did you mean https://idm\.fjord\.example/scim/v2\?$"):
        preflight(Redirecting(), "https://idm.fjord.example/scim")
