"""The profile of the specification against servers: silent on what is conformant, and loud where a feature is advertised and broken."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from scim_compat.checks.judge import judge
from scim_compat.checks.registry import all_checks
from scim_compat.engine.applies import not_applicable
from scim_compat.engine.capabilities import Capabilities
from scim_compat.engine.context import PlayedRequest, RunContext
from scim_compat.engine.ledger import Ledger
from scim_compat.engine.scenario import run_scenario
from scim_compat.profile.model import Profile
from scim_compat.run.preflight import preflight
from scim_compat.wire.apps.wsgi import WsgiTransport
from scim_compat.wire.client import Wire, WireSettings
from scim_compat.wire.credentials import Bearer
from servers.filters import Filter
from servers.good import GoodServer
from servers.protocol import LIST_RESPONSE, Answer, Data, Request, ScimError
from servers.running import mounted
from servers.schema import USER, Kind
from servers.store import Record
from support.commands import TOKEN
from support.directory import populated, snapshot
from support.profiles import loaded

URL = "http://good.example/scim/v2"
SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:Schema"


def rfc() -> Profile:
    return loaded("rfc7644")


@dataclass
class Ran:
    """What came of a run, without the command's machinery around it."""

    failed: list[tuple[str, str, str, str]] = field(default_factory=list)
    """Scenario, check, severity, title of each failure."""
    outcomes: Counter[str] = field(default_factory=Counter)
    checks: set[str] = field(default_factory=set)
    inapplicable: list[str] = field(default_factory=list)
    stopped: list[tuple[str, str]] = field(default_factory=list)
    requests: int = 0

    @property
    def found(self) -> set[tuple[str, str, str]]:
        return {(s, c, severity) for s, c, severity, _ in self.failed}


def replay(server: GoodServer, *only: str) -> Ran:
    """Plays the profile, or the scenarios whose ids begin so, against the server in this process."""
    ran, current = Ran(), rfc().scenarios[0]

    def observe(played: PlayedRequest) -> None:
        for result in judge(played.observation, rfc(), current):
            ran.outcomes[result.outcome] += 1
            if result.outcome in {"pass", "fail"}:
                ran.checks.add(result.id)
            if result.outcome in {"fail", "error"}:
                ran.failed.append((current.id, result.id, str(result.severity), result.title or result.reason))

    settings = WireSettings(base_url=URL)
    with Wire(settings, Bearer(TOKEN), transport=WsgiTransport(mounted(server))) as wire:
        stage = RunContext(
            sender=wire, base_url=URL, seed=7, ledger=Ledger(None), observe=observe, capabilities=preflight(wire, URL)
        )
        for current in rfc().scenarios:
            if only and not current.id.startswith(only):
                continue
            if not_applicable(current, stage):
                ran.inapplicable.append(current.id)
                continue
            ended = run_scenario(rfc(), current, stage)
            ran.requests += ended.requests
            if ended.stopped:
                ran.stopped.append((current.id, ended.stopped))
    return ran


# --- lawful servers -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def plain() -> tuple[Ran, dict[str, Any], dict[str, Any]]:
    server, before = populated()
    return replay(server), before, snapshot(server)


def test_a_correct_server_has_no_finding(plain):
    ran, before, after = plain
    assert ran.failed == []
    assert [scenario for scenario, _ in ran.stopped] == ["filter.among-many"], "there is no crowd here"
    bulk = [one for one in ran.inapplicable if one.startswith("bulk.")]
    assert len(bulk) == 8, "that it has no bulk is lawful; see served/test_bulk.py"
    assert set(ran.inapplicable) - set(bulk) == {"paging.users-large"}
    assert after == before


def test_a_run_is_short_and_its_checks_are_not_silent(plain):
    ran, *_ = plain
    assert ran.requests < 960
    assert ran.outcomes["pass"] > 5000
    assert ran.outcomes["skip"] < ran.outcomes["pass"] / 50
    of_this_version = {c.id for c in all_checks().values() if "2.0" in c.scim and c.level in {"MUST", "SHOULD"}}
    # What no plain request of a correct exchange can reach, or what another kind of client is about.
    # Two requests at a time need a second connection.
    elsewhere = {"overlap.kept", "overlap.one-account", "bystander.unchanged", "error.media-type", "patch.extension-applied", "resource.location-resolves",
                 "list.excluded-attributes", "http.no-body-on-204", "error.unauthorized-body", "me.location",
                 "filter.operators-declined", "filter.every-resource", "patch.repeat-accepted", "user.stays-disabled",
                 "user.state-by-filter"}  # fmt: skip
    assert {c for c in of_this_version - ran.checks if not c.startswith("bulk.")} <= elsewhere


class NoFilter(GoodServer):
    """Filters are optional (RFC 7644 §3.4.2.2): it refuses each, and says so in its configuration."""

    def page(self, request: Request, kinds: tuple[Kind, ...], given: dict[str, str]) -> Answer:
        if "filter" in given:
            raise ScimError(400, "Filters are not offered.", scim_type="invalidFilter")
        return super().page(request, kinds, given)

    def discover(self, request: Request, name: str, *rest: str) -> Answer:
        answer = super().discover(request, name, *rest)
        if name == "ServiceProviderConfig":
            answer.payload["filter"]["supported"] = False
        return answer


class OwnWays(GoodServer):
    """What sections 3.12, 3.14 and 3.9 of RFC 7644 and sections 3.1 and 7 of RFC 7643 leave to a server, at once."""

    def refuse(self, request: Request, error: ScimError) -> Answer:
        # Which 4xx it is, is a SHOULD; not where the section of the operation names 400.
        if error.scim_type in {"invalidSyntax", "invalidValue", "invalidPath"}:
            error.status = 422
        return super().refuse(request, error)

    def precondition(self, request: Request, record: Record) -> None:
        # Its versions are weak, and If-Match compares strongly: RFC 9110 §13.1.1.
        if tags(request, "if-match") not in (set(), {"*"}):
            raise ScimError(409, "That is not the version of the resource.")

    def project(self, resource: Data, given: Any) -> Data:
        always = ("userName", "externalId", "displayName")
        return super().project(resource, given) | {name: resource[name] for name in always if name in resource}

    def apply_one(self, kind: Kind, data: Data, operation: Data) -> None:
        if not str(operation.get("path")).startswith("meta."):  # meta is ignored when clients send it
            super().apply_one(kind, data, operation)


def tags(request: Request, header: str) -> set[str]:
    return {tag.strip() for tag in request.headers.get(header, "").split(",") if tag.strip()}


def test_a_server_without_filters_has_no_finding():
    ran = replay(NoFilter())
    assert (ran.failed, ran.stopped) == ([], [])
    assert {"filter.operators", "create.found-by-filter", "delete.not-found-by-filter"} <= set(ran.inapplicable)
    assert not {"create.user", "delete.user", "delete.patch-after", "replace.unknown"} & set(ran.inapplicable)


def test_a_server_with_ways_of_its_own_has_no_grave_finding():
    ran = replay(OwnWays())
    assert [one for one in ran.failed if one[2] != "cosmetic"] == []
    assert {"errors.statuses", "errors.statuses-of-changes", "versions.write-current"} <= {one[0] for one in ran.failed}


# --- advertised, and not so ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("defect", "honest", "area", "found"),
    [
        ("sort-by-ignored", "no-sort", "sort", ("sort.users", "expect.order", "degraded")),
        ("etag-not-sent", "no-etag", "versions", ("versions.shown", "expect.answer", "degraded")),
    ],
)
def test_what_is_advertised_and_does_not_work_is_a_finding(defect, honest, area, found):
    """The same lack is none where the service provider's configuration admits it."""
    ran = replay(GoodServer(defects=frozenset({defect})), f"{area}.")
    assert found in ran.found
    assert not ran.inapplicable
    ran = replay(GoodServer(variant=frozenset({honest})), f"{area}.")
    assert ran.failed == []
    assert ran.inapplicable


def stage(config: Any) -> RunContext:
    capabilities = Capabilities(provider_config=config)
    return RunContext(
        sender=None, base_url=URL, seed=1, ledger=Ledger(None), observe=lambda _: None, capabilities=capabilities  # type: ignore[arg-type]
    )  # fmt: skip


# --- broken servers -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("defect", "where", "check", "severity"),
    [
        ("discovery-writable", "discovery.read-only", "http.expected-status", "degraded"),
        ("schema-by-id-404", "discovery.user-schema-by-id", "http.expected-status", "degraded"),
        ("writes-without-auth", "credentials.missing", "auth.required", "breach"),
        ("id-client-supplied", "create.read-only-ignored", "read.unknown-404", "degraded"),
        ("lower-cases-external-id", "create.external-id-case", "create.case-kept", "degraded"),
        ("missing-user-name-accepted", "create.without-user-name", "http.expected-status", "degraded"),
        ("duplicate-rename-accepted", "create.rename-conflict", "http.expected-status", "degraded"),
        ("filter-eq-is-prefix", "filter.operators", "expect.finds", "degraded"),
        ("filter-like-wildcards", "filter.operators", "expect.finds", "degraded"),
        ("filter-trims-value", "filter.eq-spaces", "expect.finds", "degraded"),
        ("filter-external-id-ignores-case", "filter.operators", "expect.finds", "degraded"),
        ("filter-and-takes-first", "filter.and-or", "expect.finds", "degraded"),
        ("filter-not-400", "filter.and-or", "filter.operators-declined", "cosmetic"),
        ("filter-first-value-only", "filter.operators", "expect.finds", "degraded"),
        ("delete-of-user-deletes-group", "delete.member", "read.status", "degraded"),
        ("sort-order-ignored", "sort.users", "expect.order", "degraded"),
        ("start-index-ignored", "paging.users", "list.pages-disjoint", "degraded"),
        ("count-zero-returns-all", "paging.limits", "list.count", "degraded"),
        ("attributes-ignored", "attributes.by-id", "expect.answer", "degraded"),
        ("attributes-drops-id", "attributes.in-lists", "expect.answer", "degraded"),
        ("patch-not-atomic", "modify.atomic", "patch.atomic", "degraded"),
        ("patch-unknown-op-accepted", "modify.refused", "http.expected-status", "degraded"),
        ("operations-applied-backwards", "modify.several-operations", "patch.every-operation", "degraded"),
        ("valuepath-changes-all", "modify.replace-entry", "state.expected", "degraded"),
        ("unknown-id-put-creates", "replace.unknown", "http.expected-status", "degraded"),
        ("if-match-ignored", "versions.write-outdated", "http.expected-status", "degraded"),
        ("filter-dates-as-text", "filter.operators", "expect.finds", "degraded"),
        ("manager-unknown-500", "modify.manager-unknown", "http.no-server-error", "degraded"),
        ("member-add-object-400", "groups.member-forms", "http.expected-status", "cosmetic"),
        ("member-remove-absent-400", "groups.member-forms", "http.expected-status", "cosmetic"),
        ("error-status-number", "errors.forms", "expect.answer", "degraded"),
        ("deleted-name-blocked", "delete.name-again", "create.status", "cosmetic"),
    ],
)  # fmt: skip
def test_a_broken_server_is_found_out(defect, where, check, severity):
    ran = replay(GoodServer(defects=frozenset({defect})), where)
    assert (where, check, severity) in ran.found
    assert ran.outcomes["error"] == 0


class MessagesAmongSchemas(GoodServer):
    def discover(self, request: Request, name: str, *rest: str) -> Answer:
        if rest == (LIST_RESPONSE,):
            return Answer(200, {"schemas": [SCHEMA], "id": LIST_RESPONSE, "name": "ListResponse", "attributes": []})
        return super().discover(request, name, *rest)


class KnownParametersOnly(GoodServer):
    def dispatch(self, request: Request) -> Answer:
        if not request.parameters.keys() <= {"count", "startIndex", "filter", "sortBy", "sortOrder", "attributes"}:
            raise ScimError(400, "There is a query parameter that nobody knows.", scim_type="invalidValue")
        return super().dispatch(request)


class DatesOfTheClient(GoodServer):
    """meta.created is taken from any body that has it."""

    def dispatch(self, request: Request) -> Answer:
        answer = super().dispatch(request)
        record = self.store.get(USER, (answer.payload or {}).get("id", "")) if answer.status in {200, 201} else None
        if record and b"2001-01-01" in (request.body or b""):
            record.created = datetime(2001, 1, 1, tzinfo=UTC)
        return answer

    def apply_one(self, kind: Kind, data: Data, operation: Data) -> None:
        if operation.get("path") != "meta.created":
            super().apply_one(kind, data, operation)


class OneExternalIdEach(GoodServer):
    def check_unique(self, kind: Kind, data: Data, record: Record | None) -> None:
        super().check_unique(kind, data, record)
        others = (one for one in self.store.all(kind) if one is not record)
        if any(one.data.get("externalId") == data.get("externalId", "") for one in others):
            raise ScimError(409, "That externalId is taken.", scim_type="uniqueness")


class SearchWithoutCount(GoodServer):
    def search(self, request: Request, kinds: tuple[Kind, ...]) -> Answer:
        return self.page(request, kinds, {"filter": json.loads(request.body or b"{}").get("filter", "userName pr")})


class SearchOfUsersOnly(GoodServer):
    def search(self, request: Request, kinds: tuple[Kind, ...]) -> Answer:
        return super().search(request, kinds[:1])


class OtherVersionInMeta(GoodServer):
    def show(self, request: Request, record: Record, *, status: int = 200) -> Answer:
        answer = super().show(request, record, status=status)
        return Answer(answer.status, answer.payload, {"ETag": 'W/"1"'})


class AddsAgain(GoodServer):
    def apply_one(self, kind: Kind, data: Data, operation: Data) -> None:
        if operation.get("op") == "add" and operation.get("path") == "emails":
            data["emails"] = [*data["emails"], *operation["value"]]
        else:
            super().apply_one(kind, data, operation)


class AddsOnce(GoodServer):
    def apply_one(self, kind: Kind, data: Data, operation: Data) -> None:
        if operation.get("op") == "add" and data.get(str(operation.get("path"))) == operation.get("value"):
            raise ScimError(409, "It has that value already.")
        super().apply_one(kind, data, operation)


class RenamesByPut(GoodServer):
    """Two people of one userName, where the second one comes to it by PUT."""

    def check(self, kind: Kind, data: Data, record: Record | None) -> None:
        if record is None:
            super().check(kind, data, record)


class GuessesTheFilter(GoodServer):
    """Of a filter that names what it does not know, the part before it counts."""

    def parse_filter(self, text: str, kind: Kind) -> Filter:
        try:
            return super().parse_filter(text, kind)
        except ScimError:
            return super().parse_filter(text.split(" and ", maxsplit=1)[0], kind)


@pytest.mark.parametrize(
    ("server", "where", "check", "severity"),
    [
        (MessagesAmongSchemas, "discovery.no-messages", "http.expected-status", "degraded"),
        (KnownParametersOnly, "query.unknown-parameter", "http.expected-status", "cosmetic"),
        (DatesOfTheClient, "create.dates", "expect.finds", "degraded"),
        (DatesOfTheClient, "modify.dates", "expect.finds", "degraded"),
        (DatesOfTheClient, "replace.dates", "expect.finds", "degraded"),
        (OneExternalIdEach, "create.same-external-id", "create.status", "cosmetic"),
        (SearchWithoutCount, "search.users", "expect.answer", "degraded"),
        (SearchOfUsersOnly, "search.root", "expect.finds", "degraded"),
        (OtherVersionInMeta, "versions.shown", "expect.answer", "cosmetic"),
        (AddsAgain, "modify.add-again", "expect.answer", "cosmetic"),
        (AddsOnce, "modify.add-again", "http.expected-status", "cosmetic"),
        (RenamesByPut, "replace.rename-conflict", "http.expected-status", "degraded"),
        (GuessesTheFilter, "filter.operators", "expect.finds", "degraded"),
    ],
)  # fmt: skip
def test_what_no_defect_of_the_collection_shows_is_found_out(server, where, check, severity):
    ran = replay(server(), where)
    assert (where, check, severity) in ran.found
    assert ran.outcomes["error"] == 0


class ChangesPasswords(GoodServer):
    """It says that passwords can be changed, and shows them on request."""

    def discover(self, request: Request, name: str, *rest: str) -> Answer:
        answer = super().discover(request, name, *rest)
        if name == "ServiceProviderConfig":
            answer.payload["changePassword"]["supported"] = True
        return answer

    def project(self, resource: Data, given: Any) -> Data:
        shown = super().project(resource, given)
        return shown | {"password": "secret"} if "password" in given.get("attributes", "") else shown


def test_a_password_that_is_changed_and_shown_is_found_out():
    ran = replay(ChangesPasswords(), "modify.password")
    assert ("modify.password", "expect.answer", "degraded") in ran.found
    assert ("modify.password", "resource.password-absent", "breach") in ran.found
    assert not ran.inapplicable
