"""What profile peakon sends, and how it judges servers that know Peakon's extension, and one that does not.

The expected requests are written out here; only invented values come from the run's seed.
"""

from __future__ import annotations

import functools
import json
from datetime import datetime

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
from servers.good import GoodServer
from servers.protocol import ScimError
from servers.running import serve
from servers.schema import USER

SEED = 7
CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
ENT = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PEAKON = "urn:ietf:params:scim:schemas:extension:peakon:2.0:User"
KINDS = {"Business Unit": "option", "Department": "option", "Start Date": "date", "Pay Grade": "number",
         "Manager": "employee"}  # fmt: skip
OLDER = {"Add", "Replace", "Remove"}


@functools.cache
def loaded():
    return load("peakon", check_ids=registry.all_checks().keys())


@pytest.fixture
def peakon():
    return loaded()


@functools.cache
def sent(name):
    """(method, target, headers, body text) of each request the client sends, ours left out."""
    profile = loaded()
    return [
        (r.method, r.target, tuple(r.headers), r.body.decode() if r.body is not None else None)
        for played in rehearse(profile, next(s for s in profile.scenarios if s.id == name), seed=SEED)
        if played.observation.intent.by == "client"
        for r in [played.observation.exchange.request]
    ]


def patches(name):
    """The Operations of each PATCH."""
    return [json.loads(body)["Operations"] for method, _, _, body in sent(name) if method == "PATCH"]


def person(name, key="alice"):
    return people.person(SEED, f"peakon {name} {key}")


def in_order(value):
    """JSON text: the order of keys and the forms of values count."""
    return json.dumps(value, ensure_ascii=False)


def test_the_profile_is_sound(peakon):
    assert [str(complaint) for complaint in lint(peakon)] == []


# --- what is sent ---------------------------------------------------------------------------------


def test_users_only_without_a_flag(peakon):
    for one in peakon.scenarios:
        for method, target, headers, _ in sent(one.id):
            path, _, query = target.partition("?")
            assert path.split("/")[1] in {"Users", "Schemas", "ServiceProviderConfig"}, (one.id, target)
            assert not query or query.startswith("filter="), (one.id, target)
            assert method in {"GET", "POST", "PATCH", "DELETE"}
            assert headers[0][0] == "ADSCIMVersion"


def test_the_older_shapes_are_variants_and_inferred(peakon):
    """Capitalised names come in variants called older; for each of them there is a compliant one."""
    ids = {one.id for one in peakon.scenarios}
    older = {one.id for one in peakon.scenarios if one.variant == "older"}
    assert len(older) >= 7
    for one in peakon.scenarios:
        names = {operation["op"] for operations in patches(one.id) for operation in operations}
        assert names <= (OLDER if one.id in older else {"add", "replace", "remove"}), one.id
        if one.id in older:
            assert names
            assert one.evidence == "inferred"
            assert one.id.replace(".older", ".compliant") in ids


def test_what_the_sources_show_only_as_a_picture_is_inferred(peakon):
    """The mapping's paths, and all that depends on labels: judged softly."""
    evidence = {one.id: one.evidence for one in peakon.scenarios}
    soft = {"users.create.every-attribute", "manager.set-and-change.compliant", "match.by-id", "discovery.read-schemas"}
    soft |= {name for name in evidence if name.startswith("attributes.")} - {"attributes.longest-option"}
    assert {evidence[name] for name in soft} == {"inferred"}
    assert evidence["users.create.names-and-email"] == "documented"
    assert evidence["users.disable.compliant"] == "documented"


def test_create_user(peakon):
    of = person("users.create.every-attribute")
    match, create, _evaluate = sent("users.create.every-attribute")
    assert match[:2] == ("GET", f"/Users?filter=userName+eq+%22{of['userPrincipalName'].replace('@', '%40')}%22")
    assert create[:2] == ("POST", "/Users")
    assert in_order(json.loads(create[3])) == in_order({
        "schemas": [CORE, ENT],
        "externalId": of["mailNickname"],
        "userName": of["userPrincipalName"],
        "active": True,
        "emails": [{"type": "work", "primary": True, "value": of["mail"]}],
        "meta": {"resourceType": "User"},
        "name": {"familyName": of["surname"], "givenName": of["givenName"]},
        "roles": [],
        ENT: {"employeeNumber": of["employeeId"]},
    })  # fmt: skip
    few = next(json.loads(body) for method, *_, body in sent("users.create.names-and-email") if method == "POST")
    assert "externalId" not in few
    assert ENT not in few


def test_employee_attributes_in_a_creation(peakon):
    wanted = {"Business Unit": "Ferry Operations", "Department": "R&D / Harbour"}
    for name, schemas in (("unlisted", [CORE, ENT]), ("listed", [CORE, ENT, PEAKON])):
        [(_, _, _, body)] = sent(f"attributes.create.{name}")
        assert json.loads(body)["schemas"] == schemas
        assert json.loads(body)[PEAKON] == wanted


OPERATIONS = {
    "attributes.change.compliant": [
        [{"op": "add", "path": f"{PEAKON}:Business Unit", "value": "Ferry Operations"}],
        [{"op": "replace", "value": {"name.familyName": "Berg", f"{PEAKON}:Business Unit": "Harbour Services"}},
         {"op": "add", "value": {f"{PEAKON}:Start Date": "2026-11-02T00:00:00Z", f"{PEAKON}:Pay Grade": 7}}],
    ],
    "attributes.change.older": [
        [{"op": "Add", "path": f"{PEAKON}:Business Unit", "value": "Ferry Operations"}],
        [{"op": "Replace", "path": "name.familyName", "value": "Berg"},
         {"op": "Replace", "path": f"{PEAKON}:Business Unit", "value": "Harbour Services"},
         {"op": "Add", "path": f"{PEAKON}:Start Date", "value": "2026-11-02T00:00:00Z"},
         {"op": "Add", "path": f"{PEAKON}:Pay Grade", "value": 7}],
    ],
    "users.disable.compliant": [[{"op": "replace", "path": "active", "value": False}]],
    "users.disable.older": [[{"op": "Replace", "path": "active", "value": "False"}]],
    "users.restore.compliant": [[{"op": "replace", "path": "active", "value": True}]],
    "users.restore.older": [[{"op": "Replace", "path": "active", "value": "True"}]],
    "manager.set-and-change.compliant": [
        [{"op": "add", "path": f"{ENT}:manager", "value": "user-1"}],
        [{"op": "replace", "path": f"{ENT}:manager", "value": "user-2"}],
    ],
    "manager.set-and-change.older": [
        [{"op": "Add", "path": f"{ENT}:manager", "value": "user-1"}],
        [{"op": "Replace", "path": f"{ENT}:manager", "value": "user-2"}],
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", OPERATIONS)
def test_operations(name):
    assert in_order(patches(name)) == in_order(OPERATIONS[name])


def test_several_attributes_in_both_shapes():
    of = person("users.change-several.compliant")
    [operations] = patches("users.change-several.compliant")
    assert in_order(operations) == in_order([
        {"op": "replace", "path": 'emails[type eq "work"].value', "value": f"berg.{of['mail']}"},
        {"op": "replace", "value": {"userName": f"berg.{of['userPrincipalName']}", "name.familyName": "Berg",
                                    "name.givenName": "Livia"}},
        {"op": "add", "value": {f"{ENT}:employeeNumber": "009043"}},
    ])  # fmt: skip
    [operations] = patches("users.change-several.older")
    assert [(o["op"], o["path"]) for o in operations] == [
        ("Replace", "userName"), ("Replace", 'emails[type eq "work"].value'), ("Replace", "name.familyName"),
        ("Replace", "name.givenName"), ("Add", f"{ENT}:employeeNumber"),
    ]  # fmt: skip


def test_the_option_is_as_long_as_it_may_be_and_one_longer():
    [[fitting]] = patches("attributes.longest-option")
    [[over]] = patches("attributes.limits.option-too-long")
    assert (len(fitting["value"]), len(over["value"])) == (256, 257)
    assert fitting["path"] == over["path"] == f"{PEAKON}:Business Unit"


def test_the_manager_by_email():
    bob = person("attributes.manager-by-email", "bob")
    assert patches("attributes.manager-by-email") == [
        [{"op": "add", "path": f"{PEAKON}:Manager", "value": bob["mail"]}]
    ]


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("match.by-user-name", "userName"),
        ("match.by-external-id", "externalId"),
        ("match.by-email.value-path", "emails%5Btype+eq+%22work%22%5D.value"),
        ("match.by-email.attribute", "emails"),
        ("match.by-email.sub-attribute", "emails.value"),
        ("match.by-id", "id"),
    ],
)
def test_the_filters_that_peakon_names(name, path):
    assert all(target.startswith(f"/Users?filter={path}+eq+%22") for _, target, _, _ in sent(name))
    assert sent(name)


def test_employees_come_before_those_who_name_them_as_manager():
    lines = [f"{method} {target.partition('?')[0]}" for method, target, _, _ in sent("cycle.initial")]
    assert lines == ["GET /Users", "GET /Users", "POST /Users", "GET /Users", "POST /Users", "GET /Users/user-1",
                     "PATCH /Users/user-1", "GET /Users/user-1"]  # fmt: skip


# --- servers --------------------------------------------------------------------------------------


class Peakon(GoodServer):
    """Users with typed employee attributes under labels, and neither groups nor /ResourceTypes.

    ``wrong`` makes it err in one way: loses, refuses, cuts, takes-all, splits.
    """

    def __init__(self, wrong=""):
        super().__init__()
        self.wrong = wrong

    def dispatch(self, request):
        if request.path.split("/")[1] in {"Groups", "ResourceTypes"}:
            raise ScimError(404, "There is no such endpoint.")
        return super().dispatch(request)

    def discover(self, request, name, *rest):
        answer = super().discover(request, name, *rest)
        if name == "Schemas" and not rest:
            types = {"option": "string", "date": "dateTime", "number": "integer", "employee": "string"}
            attributes = [
                {"name": label, "type": types[kind], "multiValued": False, "description": label, "required": False,
                 "mutability": "readWrite", "returned": "default"}
                | ({"caseExact": False, "uniqueness": "none"} if types[kind] == "string" else {})
                for label, kind in KINDS.items()
            ]  # fmt: skip
            answer.payload["Resources"].append(
                {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"], "id": PEAKON, "name": "Peakon",
                 "description": "Employee attributes", "attributes": attributes,
                 "meta": {"resourceType": "Schema", "location": f"{request.base}/Schemas/{PEAKON}"}}
            )  # fmt: skip
            answer.payload["totalResults"] = answer.payload["itemsPerPage"] = len(answer.payload["Resources"])
        return answer

    def accept(self, kind, body):
        data = super().accept(kind, body)
        for label, value in body.get(PEAKON, {}).items():
            self.set_attribute(data, label, value)
        return data

    def apply_one(self, kind, data, operation):
        path, value = operation.get("path") or "", operation.get("value")
        if path.startswith(PEAKON):
            self.set_attribute(data, path.removeprefix(f"{PEAKON}:"), value)
            return
        if not path and isinstance(value, dict):
            for key in [key for key in value if key.startswith(PEAKON)]:
                self.set_attribute(data, key.removeprefix(f"{PEAKON}:"), value[key])
            operation = {**operation, "value": {k: v for k, v in value.items() if not k.startswith(PEAKON)}}
        super().apply_one(kind, data, operation)

    def set_attribute(self, data, label, value):
        if self.wrong == "refuses" or label not in KINDS:
            raise ScimError(400, f"There is no attribute {label}.", scim_type="invalidPath")
        if self.wrong == "cuts" and isinstance(value, str):
            value = value[:255]
        if self.wrong != "takes-all" and not self.fits(KINDS[label], value):
            raise ScimError(400, f"{value!r} is no value for {label}.", scim_type="invalidValue")
        if self.wrong != "loses":
            held = data.setdefault(PEAKON, {})
            held[label.partition(" ")[0] if self.wrong == "splits" else label] = value

    def fits(self, kind, value):
        if kind == "number":
            return isinstance(value, int)
        if kind == "date":
            try:
                return datetime.fromisoformat(value).tzinfo is not None
            except ValueError:
                return False
        if kind == "employee":
            everybody = (entry for record in self.store.all(USER) for entry in record.data.get("emails", ()))
            return any(entry["value"] == value for entry in everybody)
        return len(value) <= 256

    def render(self, request, record):
        resource = super().render(request, record)
        if PEAKON in resource:
            resource["schemas"].append(PEAKON)
        return resource


@pytest.fixture
def found(peakon, tmp_path):
    """``found(server, only)``: findings as (check, severity, scenario), outcomes by scenario, requests."""

    def call(server, only=""):
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
            login = Login(kind="bearer", token="good-token")
            settings = Settings(url=url, login=login, seed=SEED, out=str(tmp_path))
            session = Session(settings, report=watch)
            session.open()
            results = [session.run(peakon, one) for one in peakon.scenarios if one.id.startswith(only)]
            session.close()
            events.close()
        return findings, {r.id: r.outcome for r in results}, sum(r.requests for r in results)

    return call


def test_a_server_like_peakon_shows_no_finding(found):
    findings, outcomes, requests = found(Peakon())
    assert findings == set()
    assert set(outcomes.values()) == {"pass"}
    assert requests < 700


def test_a_server_that_does_not_know_peakon_shows_no_finding(found):
    """Its employee attributes do not apply; what it cannot know it refuses."""
    findings, outcomes, _ = found(GoodServer())
    assert findings == set()
    skipped = {name for name, outcome in outcomes.items() if outcome == "skip"}
    assert skipped == {name for name in outcomes if name.startswith("attributes.")}
    assert {outcome for name, outcome in outcomes.items() if name not in skipped} == {"pass"}


@pytest.mark.parametrize(
    ("wrong", "scenario", "finding"),
    [
        ("loses", "attributes.create.listed", ("patch.extension-applied", "degraded")),
        ("loses", "attributes.change.compliant", ("patch.extension-applied", "degraded")),
        ("loses", "attributes.manager-by-email", ("patch.extension-applied", "degraded")),
        ("refuses", "attributes.change.older", ("patch.extension-applied", "degraded")),
        ("splits", "attributes.change.older", ("patch.extension-applied", "degraded")),
        ("splits", "attributes.create.unlisted", ("patch.extension-applied", "degraded")),
        ("cuts", "attributes.longest-option", ("patch.extension-applied", "degraded")),
        ("cuts", "attributes.limits.option-too-long", ("state.expected", "degraded")),
        ("takes-all", "attributes.limits.option-too-long", ("state.expected", "degraded")),
        ("takes-all", "attributes.limits.date-not-iso", ("state.expected", "degraded")),
        ("takes-all", "attributes.limits.number-not-integer", ("state.expected", "degraded")),
        ("takes-all", "attributes.limits.unknown-employee", ("state.expected", "degraded")),
    ],
)
def test_servers_that_handle_employee_attributes_wrongly(found, wrong, scenario, finding):
    findings, _, _ = found(Peakon(wrong), scenario)
    assert (*finding, scenario) in findings


@pytest.mark.parametrize(
    ("defect", "scenario", "finding"),
    [
        ("active-string-ignored", "users.disable.older", ("user.disabled", "breach")),
        ("patch-op-case-sensitive", "users.change-one.older", ("patch.status", "degraded")),
        ("disable-accepted-but-ignored", "users.disable.compliant", ("user.disabled", "breach")),
        ("disabled-404-by-id", "users.disable.compliant", ("user.disabled-found-by-id", "blocker")),
        ("disabled-hidden-from-filter", "users.restore.compliant", ("user.disabled-found-by-filter", "blocker")),
        ("pathless-dotted-keys-ignored", "users.change-several.compliant", ("patch.every-operation", "blocker")),
        ("filter-id-400", "match.by-id", ("list.status", "cosmetic")),
        ("filter-ignored", "match.by-email.attribute", ("expect.finds", "degraded")),
        ("manager-string-ignored", "manager.set-and-change.compliant", ("user.manager", "degraded")),
    ],
)
def test_servers_that_fail_with_this_client(found, defect, scenario, finding):
    findings, _, _ = found(GoodServer(defects=frozenset({defect})), scenario)
    assert (*finding, scenario) in findings
