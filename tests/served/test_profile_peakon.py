"""Runs of profile peakon: servers that know Peakon's extension, one that does not, and servers that handle it wrongly."""

from __future__ import annotations

from datetime import datetime

import pytest
from scim_compat.results.events import ScenarioStarted, StepPlayed
from scim_compat.results.stream import EventWriter
from scim_compat.run.session import Session
from scim_compat.run.settings import Login, Settings
from servers.good import GoodServer
from servers.protocol import ScimError
from servers.running import serve
from servers.schema import USER
from support.profiles import SEED, loaded

PEAKON = "urn:ietf:params:scim:schemas:extension:peakon:2.0:User"
KINDS = {"Business Unit": "option", "Department": "option", "Start Date": "date", "Pay Grade": "number",
         "Manager": "employee"}  # fmt: skip


@pytest.fixture
def peakon():
    return loaded("peakon")


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

    def call(server, only="", claims=()):
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
            settings = Settings(url=url, login=login, seed=SEED, out=str(tmp_path), claims=dict(claims), crowd=1)
            session = Session(settings, report=watch)
            session.open()
            results = [session.run(peakon, one) for one in peakon.scenarios if one.id.startswith(only)]
            session.close()
            events.close()
        return findings, {r.id: r.outcome for r in results}, sum(r.requests for r in results)

    return call


AS_PEAKON = {"product": "Peakon"}


def test_a_server_like_peakon_shows_no_finding(found):
    findings, outcomes, requests = found(Peakon(), claims=AS_PEAKON)
    assert findings == set()
    assert set(outcomes.values()) == {"pass"}
    assert requests < 700


def test_limits_of_the_product_are_no_rule_for_others(found):
    """A server that keeps every value is right by the RFC; only one that claims to be Peakon has Peakon's limits."""
    findings, outcomes, _ = found(Peakon("takes-all"))
    assert findings == set()
    skipped = {name for name, outcome in outcomes.items() if outcome == "skip"}
    assert skipped == {name for name in outcomes if name.startswith("attributes.limits.")} | {
        "match.by-id", "match.by-email.attribute", "match.by-email.sub-attribute",
    }  # fmt: skip


def test_a_server_that_does_not_know_peakon_shows_no_finding(found):
    """It may ignore employee attributes."""
    findings, outcomes, _ = found(GoodServer(), claims=AS_PEAKON)
    assert findings == set()
    skipped = {name for name, outcome in outcomes.items() if outcome == "skip"}
    assert skipped == {"attributes.longest-option"}
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
    findings, _, _ = found(Peakon(wrong), scenario, AS_PEAKON)
    assert (*finding, scenario) in findings


@pytest.mark.parametrize(
    ("defect", "scenario", "finding"),
    [
        ("active-string-ignored", "users.disable.older", ("user.disabled", "degraded")),
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
    findings, _, _ = found(GoodServer(defects=frozenset({defect})), scenario, AS_PEAKON)
    assert (*finding, scenario) in findings
