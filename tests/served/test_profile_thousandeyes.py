"""What the two ThousandEyes profiles send, and how they judge servers with and without the vendor's claims.

The expected requests are written out here; only invented values come from the run's seed.
"""

from __future__ import annotations

import base64
import functools
import json

import pytest
from scim_compat.checks import registry
from scim_compat.engine import people
from scim_compat.engine.rehearsal import rehearse
from scim_compat.profile.lint import lint
from scim_compat.profile.load import load
from scim_compat.results.events import ScenarioStarted, StepPlayed
from scim_compat.results.stream import EventWriter
from scim_compat.run.session import Session
from scim_compat.run.settings import Login, Settings
from scim_compat.run.targetfile import claims_of
from scim_compat.run.targetfile import load as load_target
from servers.good import GoodServer
from servers.protocol import Answer, ScimError
from servers.running import serve
from servers.schema import USER

SEED = 7
TAG = people.tag_for(SEED)
CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
ENT = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
ENTRA, OKTA = "thousandeyes-entra", "thousandeyes-okta"
CLAIMS = {
    "groups": False,
    "filterable": {"user": ["userName", "externalId"]},
    "mutable": {"user": ["displayName", "name.formatted", "active"]},
    "disable": "delete",
    "existing": "adopt",
}
BEARER = Login(kind="bearer", token="good-token")
BASIC = Login(kind="basic", user="ops@example.com", password="good-token")


@functools.cache
def loaded(name):
    return load(name, check_ids=registry.all_checks().keys())


@pytest.fixture(params=[ENTRA, OKTA])
def profile(request):
    return loaded(request.param)


@functools.cache
def sent(profile, name):
    """(method, target, headers, body) of each request the client sends, ours left out."""
    one = next(s for s in loaded(profile).scenarios if s.id == name)
    return [
        (r.method, r.target, tuple(r.headers), json.loads(r.body) if r.body is not None else None)
        for played in rehearse(loaded(profile), one, seed=SEED)
        if played.observation.intent.by == "client"
        for r in [played.observation.exchange.request]
    ]


def bodies(profile, name, method):
    return [body for used, _, _, body in sent(profile, name) if used == method]


def person(profile, name, key="alice", overrides=None):
    return people.person(SEED, f"{profile} {name} {key}", overrides)


def in_order(value):
    """JSON text: the order of keys and the forms of values count."""
    return json.dumps(value, ensure_ascii=False)


def ids(name):
    return {one.id for one in loaded(name).scenarios}


def test_the_profiles_are_sound(profile):
    assert [str(complaint) for complaint in lint(profile)] == []


# --- what is sent ---------------------------------------------------------------------------------


def test_no_group_is_ever_touched(profile):
    assert profile.mapping["Group"] == ()
    for one in profile.scenarios:
        assert one.when.get("resource-type") != "Group"
        endpoints = {target.split("/")[1].partition("?")[0] for _, target, _, _ in sent(profile.id, one.id)}
        assert endpoints <= {"Users", "Schemas"}, one.id


def test_entra_creates_with_four_attributes_and_with_six():
    of = person(ENTRA, "users.create.four-rows")
    assert of["userPrincipalName"] != of["mail"]
    match, create, _evaluate = sent(ENTRA, "users.create.four-rows")
    assert match[:2] == ("GET", f"/Users?filter=userName+eq+%22{of['userPrincipalName'].replace('@', '%40')}%22")
    assert in_order(create[3]) == in_order({
        "schemas": [CORE, ENT],
        "userName": of["userPrincipalName"],
        "active": True,
        "displayName": of["displayName"],
        "emails": [{"type": "work", "primary": True, "value": of["mail"]}],
        "meta": {"resourceType": "User"},
        "roles": [],
    })  # fmt: skip
    of = person(ENTRA, "users.create.six-rows")
    [six] = bodies(ENTRA, "users.create.six-rows", "POST")
    assert six.keys() - create[3].keys() == {"externalId", "name"}
    assert (six["externalId"], six["name"]) == (of["mailNickname"], {"formatted": of["fullName"]})


@pytest.mark.parametrize("left_out", ["emails", "displayName", "active"])
def test_what_is_empty_in_entra_is_left_out(left_out):
    name = {"emails": "no-mail", "displayName": "no-name", "active": "no-active"}[left_out]
    [body] = bodies(ENTRA, f"users.create-without-optionals.{name}", "POST")
    assert left_out not in body
    assert {"userName", "emails", "displayName", "active"} - body.keys() == {left_out}


OPERATIONS = {
    "users.change-one.display-name": [
        [{"op": "Replace", "path": "displayName", "value": f"Liv Berg {TAG}"}],
        [{"op": "Replace", "path": "displayName", "value": f"Liv Dahl-Berg {TAG}"}],
    ],
    "users.change-one.formatted-name": [[{"op": "Replace", "path": "name.formatted", "value": f"Liv Berg {TAG}"}]],
    "users.disable.text-removes": [[{"op": "Replace", "path": "active", "value": "False"}]],
    "users.disable.text": [[{"op": "Replace", "path": "active", "value": "False"}]],
    "users.disable.lower-case-text": [[{"op": "Replace", "path": "active", "value": "false"}]],
    "users.disable.boolean": [[{"op": "Replace", "path": "active", "value": False}]],
    "users.restore.enabled": [[{"op": "Replace", "path": "active", "value": "True"}]],
    "v2.change-name.with-path": [[{"op": "replace", "path": "displayName", "value": f"Liv Berg {TAG}"}]],
    "v2.change-name.without-path": [[{"op": "replace", "value": {"displayName": f"Liv Berg {TAG}"}}]],
    "v2.disable.removes": [[{"op": "replace", "path": "active", "value": False}]],
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_operations_of_entra(name):
    assert in_order([body["Operations"] for body in bodies(ENTRA, name, "PATCH")]) == in_order(OPERATIONS[name])


def test_both_clients_put_name_and_address_into_one_request():
    of = person(ENTRA, "users.change-several")
    [body] = bodies(ENTRA, "users.change-several", "PATCH")
    assert body["Operations"] == [
        {"op": "Replace", "path": "displayName", "value": f"Liv Berg {TAG}"},
        {"op": "Replace", "path": 'emails[type eq "work"].value', "value": f"berg.{of['mail']}"},
    ]
    of = person(ENTRA, "v2.change-several")
    [body] = bodies(ENTRA, "v2.change-several", "PATCH")
    assert body["Operations"] == [
        {"op": "replace", "path": 'emails[type eq "work"].value', "value": f"berg.{of['mail']}"},
        {"op": "replace", "value": {"displayName": f"Liv Berg {TAG}", "name.formatted": f"Liv Berg {TAG}"}},
    ]


def test_the_v2_client_stands_apart():
    """Its scenarios are one feature, all inferred, flagged in every URL; nothing else is."""
    profile = loaded(ENTRA)
    for one in profile.scenarios:
        newer = one.feature == "v2-client"
        assert newer == one.id.startswith("v2.")
        targets = [target for _, target, _, _ in sent(ENTRA, one.id)]
        assert {"aadOptscim062020" in target for target in targets} == {newer}, one.id
        names = {o["op"] for body in bodies(ENTRA, one.id, "PATCH") for o in body["Operations"]}
        assert names <= ({"add", "replace"} if newer else {"Add", "Replace"}), one.id
        assert one.evidence == "inferred" or not newer
    assert sum(one.feature == "v2-client" for one in profile.scenarios) == 8


def test_okta_creates_with_the_address_as_user_name():
    name = "users.create.every-attribute"
    of = person(OKTA, name)
    match, create = sent(OKTA, name)
    address = of["mail"].replace("@", "%40")
    assert match[:2] == ("GET", f"/Users?filter=userName%20eq%20%22{address}%22&startIndex=1&count=100")
    assert in_order(create[3]) == in_order({
        "schemas": [CORE],
        "userName": of["mail"],
        "name": {"givenName": of["givenName"], "familyName": of["surname"]},
        "emails": [{"primary": True, "value": of["mail"], "type": "work"}],
        "displayName": of["displayName"],
        "externalId": of["oktaId"],
        "groups": [],
        "password": of["placeholderPassword"],
        "active": True,
    })  # fmt: skip
    assert dict(create[2])["User-Agent"] == "Okta SCIM Client 1.0.0"


def test_okta_creates_by_the_vendor_s_template():
    name = "users.create.template"
    of = person(OKTA, name)
    [body] = bodies(OKTA, name, "POST")
    assert body["emails"] == [{"primary": True, "value": of["mail"]}]
    assert body["name"] == {"formatted": f"{of['fullName']} {TAG}"}
    assert "displayName" not in body


def test_okta_changes_the_display_name_by_put_and_by_patch():
    first, second = bodies(OKTA, "users.update.put", "PUT")
    assert (first["displayName"], second["displayName"]) == (f"Ines Falk-Moor {TAG}", f"Ines Moor {TAG}")
    changed = {key for key in first if first[key] != second.get(key)} - {"meta"}
    assert changed == {"displayName"}
    assert [body["Operations"] for body in bodies(OKTA, "users.update.patch", "PATCH")] == [
        [{"op": "replace", "value": {"displayName": f"Ines Falk-Moor {TAG}"}}]
    ]


@pytest.mark.parametrize("name", ["users.deactivate.keeps", "users.deactivate.removes"])
def test_okta_removes_by_active_and_never_by_delete(name):
    assert [body["Operations"] for body in bodies(OKTA, name, "PATCH")] == [
        [{"op": "replace", "value": {"active": False}}]
    ]
    assert {method for one in ids(OKTA) for method, *_ in sent(OKTA, one)} == {"GET", "POST", "PUT", "PATCH"}


def test_who_comes_back_to_okta_s_app_has_the_same_external_id():
    first, second = bodies(OKTA, "users.reactivate.created-anew", "POST")
    assert first["externalId"] == second["externalId"]
    assert first["userName"] == second["userName"]


# --- servers --------------------------------------------------------------------------------------


class ThousandEyes(GoodServer):
    """Known by the e-mail address, which is taken over; removes who is disabled; changes the name only.

    ``strict``: refuses other changes instead of passing over them. ``wrong`` makes it err in one way:
    keeps, forgets, doubles, changes, everybody.
    """

    def __init__(self, wrong="", *, strict=False):
        super().__init__()
        self.wrong = wrong
        self.strict = strict
        self.schemes = set()

    def authenticate(self, request):
        scheme, _, value = request.headers.get("authorization", "").partition(" ")
        self.schemes.add(scheme)
        if scheme == "Basic":
            if base64.b64decode(value) != b"ops@example.com:good-token":
                raise ScimError(401, "A valid e-mail address and token are required.")
            return
        super().authenticate(request)

    def dispatch(self, request):
        if request.path.split("/")[1] in {"Groups", "Bulk"}:
            raise ScimError(404, "There is no such endpoint.")
        return super().dispatch(request)

    def parse_filter(self, text, kind):
        if text.split(" ")[0].lower() not in {"username", "externalid"}:
            if self.wrong == "everybody":
                return super().parse_filter("userName pr", kind)
            raise ScimError(400, "Only userName and externalId can be filtered by.", scim_type="invalidFilter")
        return super().parse_filter(text, kind)

    def create(self, request, kind):
        known = self.known(self.accept(kind, self.body(request)))
        if known and self.wrong != "doubles":
            return self.show(request, known)
        return super().create(request, kind)

    def check_unique(self, kind, data, record):
        if self.wrong != "doubles":
            super().check_unique(kind, data, record)

    def body(self, request):
        return json.loads(request.body)

    def known(self, data):
        """Who has this address or this userName already."""
        wanted = {self.key(data).lower()}
        for record in self.store.all(USER):
            if self.key(record.data).lower() in wanted or record.data["userName"].lower() == data["userName"].lower():
                return record
        return None

    def key(self, data):
        emails = data.get("emails") or [{"value": data["userName"]}]
        return next((one for one in emails if one.get("primary")), emails[0])["value"]

    def save(self, record, data):
        kept = json.loads(json.dumps(record.data))
        if self.wrong == "changes":
            kept = data
        elif self.strict and any(data.get(k) != kept.get(k) for k in ("userName", "emails", "externalId")):
            raise ScimError(400, "Only the display name can change.", scim_type="mutability")
        elif self.wrong != "forgets":
            kept |= {k: data[k] for k in ("displayName", "active") if k in data}
            formatted = data.get("name", {}).get("formatted")
            if formatted:
                kept["name"] = kept.get("name", {}) | {"formatted": formatted}
        super().save(record, kept)

    def patch(self, request, kind, id_):
        return self.removing(super().patch, request, kind, id_)

    def replace(self, request, kind, id_):
        return self.removing(super().replace, request, kind, id_)

    def removing(self, write, request, kind, id_):
        answer = write(request, kind, id_)
        record = self.store.get(kind, id_)
        if record and record.data.get("active") is False and self.wrong != "keeps":
            self.store.delete(record)
            return Answer(204) if request.method == "PATCH" else answer
        return answer


@pytest.fixture
def found(tmp_path):
    """``found(profile, server, only, claims, login)``: findings as (check, severity, scenario), results by id."""

    def call(name, server, only="", claims=None, login=BEARER):
        findings, at = set(), []

        def watch(event):
            events(event)
            if isinstance(event, ScenarioStarted):
                at.append(event.id)
            elif isinstance(event, StepPlayed):
                failures = [c for c in event.step.checks if c.outcome == "fail"]
                findings.update((c.id, c.severity, at[-1]) for c in failures)

        with serve(server) as url:
            events = EventWriter(tmp_path / "events.jsonl")
            settings = Settings(url=url, login=login, seed=SEED, out=str(tmp_path), claims=claims or {})
            session = Session(settings, report=watch)
            session.open()
            results = [session.run(loaded(name), one) for one in loaded(name).scenarios if one.id.startswith(only)]
            session.close()
            events.close()
        return findings, {result.id: result for result in results}

    return call


def skipped(results):
    assert {r.outcome for r in results.values()} <= {"pass", "skip"}
    return {name for name, result in results.items() if result.outcome == "skip"}


REMOVES = {
    ENTRA: {"users.disable.text-removes", "users.restore.created-anew", "users.delete.removed-first",
            "v2.disable.removes"},
    OKTA: {"users.deactivate.removes", "users.reactivate.created-anew"},
}  # fmt: skip
KEEPS = {
    ENTRA: {"users.disable.text", "users.restore.enabled", "users.delete.disabled-first", "v2.disable.keeps"},
    OKTA: {"users.deactivate.keeps", "users.reactivate.enabled"},
}
LARGE = {ENTRA: set(), OKTA: {"import.users-full"}}


def test_a_correct_server_without_claims_shows_no_finding(found, profile):
    server = GoodServer()
    findings, results = found(profile.id, server)
    assert findings == set()
    assert skipped(results) == REMOVES[profile.id] | LARGE[profile.id]
    assert sum(result.requests for result in results.values()) < 300
    assert list(server.store.all(USER)) == []


def test_a_server_like_thousandeyes_with_its_claims(found, profile):
    server = ThousandEyes()
    findings, results = found(profile.id, server, claims=CLAIMS, login=BASIC if profile.id == OKTA else BEARER)
    assert findings == set()
    assert skipped(results) == KEEPS[profile.id] | LARGE[profile.id]
    assert sum(result.requests for result in results.values()) < 300
    assert server.schemes - {""} == {"Basic" if profile.id == OKTA else "Bearer"}
    assert list(server.store.all(USER)) == []


def test_a_server_that_refuses_other_changes_with_the_same_claims(found, profile):
    """Refusing the address alone is lawful; that it refuses the name along with it, Entra does feel."""
    only = ("users.change", "users.add", "users.update", "v2.change")
    findings, results = found(profile.id, ThousandEyes(strict=True), only, CLAIMS)
    together = {("patch.status", "degraded", "users.change-several"), ("patch.status", "degraded", "v2.change-several")}
    assert findings == (together if profile.id == ENTRA else set())
    assert {name for name, r in results.items() if r.outcome == "pass"} == results.keys() - {
        at for _, _, at in findings
    }


@pytest.mark.parametrize(("login", "scheme"), [(BASIC, "Basic"), (BEARER, "Bearer")], ids=["basic", "bearer"])
def test_both_credentials_open_the_same_server(found, profile, login, scheme):
    """The server takes the e-mail address and token apart as RFC 7617 says; the address holds an @."""
    server = ThousandEyes()
    findings, results = found(profile.id, server, "connection.", CLAIMS, login)
    assert findings == set()
    assert skipped(results) == set()
    assert server.schemes == {"", scheme}


def test_the_vendor_s_view_of_the_v2_client_is_a_claim(found):
    findings, results = found(ENTRA, GoodServer(), "v2.", {"without-features": ["v2-client"]})
    assert findings == set()
    assert skipped(results) == {name for name in ids(ENTRA) if name.startswith("v2.")}


def test_a_server_like_thousandeyes_without_claims_is_held_to_the_general_rule(found):
    findings, _ = found(ENTRA, ThousandEyes(), "users.disable.text")
    assert ("user.disabled-found-by-id", "blocker", "users.disable.text") in findings
    findings, _ = found(ENTRA, ThousandEyes(), "users.create-duplicate")
    assert ("create.duplicate-refused", "blocker", "users.create-duplicate") in findings
    findings, _ = found(ENTRA, ThousandEyes(), "users.change-others.email")
    assert ("patch.applied", "blocker", "users.change-others.email") in findings


@pytest.mark.parametrize(
    ("name", "wrong", "scenario", "finding"),
    [
        (ENTRA, "keeps", "users.disable.text-removes", ("delete.gone-by-id", "breach")),
        (ENTRA, "keeps", "users.disable.boolean", ("delete.gone-by-id", "breach")),
        (ENTRA, "keeps", "v2.disable.removes", ("delete.gone-by-id", "breach")),
        (ENTRA, "keeps", "users.restore.created-anew", ("delete.gone-by-filter", "degraded")),
        (OKTA, "keeps", "users.deactivate.removes", ("delete.gone-from-list", "degraded")),
        (OKTA, "keeps", "users.deactivate.put", ("delete.gone-by-id", "breach")),
        (ENTRA, "forgets", "users.change-one.display-name", ("patch.applied", "blocker")),
        (OKTA, "forgets", "users.update.put", ("patch.applied", "blocker")),
        (OKTA, "forgets", "users.deactivate.removes", ("delete.gone-by-id", "breach")),
        (ENTRA, "doubles", "users.create-duplicate", ("create.duplicate-refused", "blocker")),
        (OKTA, "doubles", "users.create-duplicate", ("create.duplicate-refused", "blocker")),
        (ENTRA, "changes", "users.change-others.email", ("patch.untouched", "degraded")),
        (ENTRA, "changes", "users.change-others.user-name", ("patch.untouched", "degraded")),
        (OKTA, "changes", "users.update-others.email", ("patch.untouched", "degraded")),
        (ENTRA, "everybody", "match.by-other-attribute", ("expect.finds", "cosmetic")),
    ],
)
def test_servers_that_do_not_keep_their_claims(found, name, wrong, scenario, finding):
    findings, _ = found(name, ThousandEyes(wrong), scenario, CLAIMS)
    assert (*finding, scenario) in findings


@pytest.mark.parametrize(
    ("name", "defect", "scenario", "finding"),
    [
        (ENTRA, "active-string-400", "users.disable.text", ("user.disabled", "breach")),
        (ENTRA, "active-string-truthy", "users.disable.lower-case-text", ("user.disabled", "breach")),
        (ENTRA, "patch-op-case-sensitive", "users.change-one.display-name", ("patch.status", "blocker")),
        (ENTRA, "filter-ignored", "match.by-other-attribute", ("expect.finds", "cosmetic")),
        (ENTRA, "pathless-dotted-keys-ignored", "v2.change-several", ("patch.every-operation", "degraded")),
        (OKTA, "disable-accepted-but-ignored", "users.deactivate.keeps", ("user.disabled", "breach")),
        (
            OKTA,
            "disabled-hidden-from-filter",
            "users.reactivate.enabled",
            ("user.disabled-found-by-filter", "degraded"),
        ),
    ],
)
def test_servers_that_fail_with_these_clients(found, name, defect, scenario, finding):
    findings, _ = found(name, GoodServer(defects=frozenset({defect})), scenario)
    assert (*finding, scenario) in findings


def test_the_claims_are_what_a_target_file_may_say(tmp_path):
    path = tmp_path / "target.json"
    path.write_text(json.dumps({"url": "https://api.example.com/scim/v2", "claims": CLAIMS}))
    claims = claims_of(load_target(path).claims)
    assert (claims.groups, claims.disable, claims.existing) == (False, "delete", "adopt")
    assert claims.may_change("User", "displayName")
    assert not claims.may_change("User", "userName")
    assert not claims.may_filter("User", "displayName")
