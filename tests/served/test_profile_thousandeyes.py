"""How the two ThousandEyes profiles judge servers with and without the vendor's claims."""

from __future__ import annotations

import base64
import json

import pytest
from scim_compat.results.events import ScenarioStarted, StepPlayed
from scim_compat.results.stream import EventWriter
from scim_compat.run.session import Session
from scim_compat.run.settings import Login, Settings
from servers.good import GoodServer
from servers.protocol import Answer, ScimError
from servers.running import serve
from servers.schema import USER
from support.profiles import SEED, loaded
from support.thousandeyes import CLAIMS, ENTRA, OKTA, ids

BEARER = Login(kind="bearer", token="good-token")
BASIC = Login(kind="basic", user="ops@example.com", password="good-token")


@pytest.fixture(params=[ENTRA, OKTA])
def profile(request):
    return loaded(request.param)


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
            settings = Settings(url=url, login=login, seed=SEED, out=str(tmp_path), claims=claims or {}, crowd=1)
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
    ENTRA: {
        "users.disable.text",
        "users.restore.enabled",
        "users.delete.disabled-first",
        "v2.disable.keeps",
        "users.create-disabled",
        "users.neighbours",
    },
    OKTA: {"users.deactivate.keeps", "users.reactivate.enabled", "users.change-deactivated", "users.neighbours"},
}
LARGE = {ENTRA: set(), OKTA: {"import.users-full"}}


def test_a_correct_server_without_claims_shows_no_finding(found, profile):
    server = GoodServer()
    findings, results = found(profile.id, server)
    assert findings == set()
    assert skipped(results) == REMOVES[profile.id] | LARGE[profile.id]
    assert sum(result.requests for result in results.values()) < 400
    assert list(server.store.all(USER)) == []


def test_a_server_like_thousandeyes_with_its_claims(found, profile):
    server = ThousandEyes()
    findings, results = found(profile.id, server, claims=CLAIMS, login=BASIC if profile.id == OKTA else BEARER)
    assert findings == set()
    assert skipped(results) == KEEPS[profile.id] | LARGE[profile.id]
    assert sum(result.requests for result in results.values()) < 400
    assert ("Basic" if profile.id == OKTA else "Bearer") in server.schemes
    assert list(server.store.all(USER)) == []


def test_a_server_that_refuses_other_changes_with_the_same_claims(found, profile):
    """Refusing the address alone is lawful; that it refuses the name along with it, Entra does feel."""
    only = ("users.change", "users.add", "users.update", "v2.change")
    findings, results = found(profile.id, ThousandEyes(strict=True), only, CLAIMS)
    together = {("patch.status", "degraded", "users.change-several"), ("patch.status", "degraded", "v2.change-several")}
    assert findings == (together if profile.id == ENTRA else set())
    assert {name for name, r in results.items() if r.outcome == "pass"} == results.keys() - KEEPS[profile.id] - {
        at for _, _, at in findings
    }


@pytest.mark.parametrize(("login", "scheme"), [(BASIC, "Basic"), (BEARER, "Bearer")], ids=["basic", "bearer"])
def test_both_credentials_open_the_same_server(found, profile, login, scheme):
    """The server takes the e-mail address and token apart as RFC 7617 says; the address holds an @."""
    server = ThousandEyes()
    findings, results = found(profile.id, server, "connection.", CLAIMS, login)
    assert findings == set()
    assert skipped(results) == set()
    assert {"", scheme} <= server.schemes  # near misses also come under another scheme


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
        (ENTRA, "keeps", "users.disable.text-removes", ("delete.gone-by-id", "degraded")),
        (ENTRA, "keeps", "users.disable.boolean", ("delete.gone-by-id", "degraded")),
        (ENTRA, "keeps", "v2.disable.removes", ("delete.gone-by-id", "degraded")),
        (ENTRA, "keeps", "users.restore.created-anew", ("delete.gone-by-filter", "degraded")),
        (OKTA, "keeps", "users.deactivate.removes", ("delete.gone-by-id", "degraded")),
        (OKTA, "keeps", "users.deactivate.put", ("delete.gone-by-id", "degraded")),
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
