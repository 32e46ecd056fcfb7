"""The profile of the specification itself: sound, silent on what is lawful, and loud where a feature is advertised and broken."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from conftest import TOKEN
from servers.good import GoodServer
from servers.running import mounted
from test_good_run import populated, snapshot

from conformance import profile as profiles
from conformance.checks.judge import judge
from conformance.checks.registry import all_checks
from conformance.engine.auth import Bearer
from conformance.engine.exchange import Capabilities
from conformance.engine.ledger import Ledger
from conformance.engine.play import Played, Stage
from conformance.engine.preflight import preflight
from conformance.engine.rehearsal import rehearse
from conformance.engine.runner import not_applicable, run_scenario
from conformance.engine.wire import Wire, WireSettings
from conformance.engine.wsgi import WsgiTransport
from conformance.profile.errors import ProfileError
from conformance.profile.lint import lint
from conformance.profile.load import load as read_profile
from conformance.profile.model import Profile, Scenario

URL = "http://good.example/scim/v2"
OPTIONAL = ("patch", "bulk", "filter", "changePassword", "sort", "etag")


@cache
def rfc() -> Profile:
    return read_profile("rfc7644", check_ids=all_checks())


def scenario(id_: str) -> Scenario:
    return next(s for s in rfc().scenarios if s.id == id_)


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

    def observe(played: Played) -> None:
        for result in judge(played.seen, rfc(), current):
            ran.outcomes[result.outcome] += 1
            if result.outcome in {"pass", "fail"}:
                ran.checks.add(result.id)
            if result.outcome in {"fail", "error"}:
                ran.failed.append((current.id, result.id, str(result.severity), result.title or result.reason))

    settings = WireSettings(base_url=URL)
    with Wire(settings, Bearer(TOKEN), transport=WsgiTransport(mounted(server))) as wire:
        stage = Stage(
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


# --- the file -----------------------------------------------------------------------------------


def test_nothing_is_unclear_in_the_file():
    assert lint(rfc()) == []
    assert len(rfc().scenarios) > 100
    assert len({s.id for s in rfc().scenarios}) == len(rfc().scenarios)


def test_every_rule_has_a_level_of_the_rfc_a_section_a_sentence_and_a_remedy():
    rules = [
        (s.id, step.args["expect"]["rule"])
        for s in rfc().scenarios
        for step in s.steps
        if "rule" in step.args.get("expect", {})
    ]
    assert len(rules) > 150
    wrong = [
        (where, rule)
        for where, rule in rules
        if rule.get("level") not in {"MUST", "SHOULD"}
        or not rule.get("title")
        or not rule.get("fix")
        or not rule.get("cites")
        or any(not c.startswith(("RFC7643-", "RFC7644-", "RFC9110-")) for c in rule["cites"])
    ]
    assert wrong == []


def test_what_an_answer_is_held_to_rests_on_a_rule():
    """Without a rule such an assertion is the client's own, and this client has no wishes of its own."""
    bare = [
        (s.id, step.args["send"])
        for s in rfc().scenarios
        for step in s.steps
        if step.kind == "send"
        and {"answers", "headers", "order", "finds"} & step.args.get("expect", {}).keys()
        and "rule" not in step.args["expect"]
    ]
    assert bare == []


def test_optional_features_are_asked_for_only_where_they_are_advertised():
    def advertised(one: Scenario) -> set[str]:
        needed = one.when.get("supports", [])
        return {needed} if isinstance(needed, str) else set(needed)

    sends = {s.id: [(p.seen.exchange.request.method, p.seen.exchange.request.target) for p in rehearsed(s)
                    if p.seen.intent.by == "client"] for s in rfc().scenarios}  # fmt: skip
    patching = {id_ for id_, sent in sends.items() if any(m == "PATCH" and "/Users" in t for m, t in sent)}
    assert {s.id for s in rfc().scenarios if "patch" in advertised(s)} >= patching - {
        "credentials.missing",  # refused before anything is looked at
        "credentials.wrong",
    }
    sorting = {id_ for id_, sent in sends.items() if any("sortBy" in t and "/Schemas" not in t for _, t in sent)}
    assert sorting
    assert all("sort" in advertised(scenario(id_)) for id_ in sorting)
    filtering = {id_ for id_, sent in sends.items() if any("s?filter=" in t and "/Schemas" not in t for _, t in sent)}
    assert len(filtering) > 20
    assert all("filter" in advertised(scenario(id_)) for id_ in filtering - {"discovery.filter"})


@cache
def rehearsed_by_id(id_: str) -> list[Played]:
    return rehearse(rfc(), scenario(id_))


def rehearsed(one: Scenario) -> list[Played]:
    return rehearsed_by_id(one.id)


def test_the_client_is_plain():
    [played] = [p for p in rehearsed(scenario("query.users")) if p.seen.intent.by == "client"]
    assert (played.seen.exchange.request.target, played.seen.exchange.request.headers) == (
        "/Users", (("Accept", "application/scim+json"),)
    )  # fmt: skip
    [made] = [p for p in rehearsed(scenario("create.user")) if p.seen.intent.action == "create"]
    assert list(made.seen.intent.sent) == [
        "schemas", "userName", "externalId", "name", "displayName", "emails", "active",
    ]  # fmt: skip
    [asked] = [p for p in rehearsed(scenario("filter.special-characters")) if "Quay" in p.seen.exchange.request.target]
    assert "%5C%22Quay%5C%22%20O%27Brien" in asked.seen.exchange.request.target


# --- lawful servers -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def plain() -> tuple[Ran, dict[str, Any], dict[str, Any]]:
    server, before = populated()
    return replay(server), before, snapshot(server)


def test_a_correct_server_has_no_finding(plain):
    ran, before, after = plain
    assert ran.failed == []
    assert ran.stopped == []
    assert all(one.startswith("bulk.") for one in ran.inapplicable), "that it has no bulk is lawful; see test_bulk.py"
    assert len(ran.inapplicable) == 6
    assert after == before


def test_a_run_is_short_and_its_checks_are_not_silent(plain):
    ran, *_ = plain
    assert ran.requests < 750
    assert ran.outcomes["pass"] > 5000
    assert ran.outcomes["skip"] < ran.outcomes["pass"] / 50
    of_this_version = {c.id for c in all_checks().values() if "2.0" in c.scim and c.level in {"MUST", "SHOULD"}}
    # What no plain request of a correct exchange can reach, or what another kind of client is about.
    elsewhere = {"bystander.unchanged", "error.media-type", "patch.extension-applied", "resource.location-resolves",
                 "list.excluded-attributes", "http.no-body-on-204"}  # fmt: skip
    assert {c for c in of_this_version - ran.checks if not c.startswith("bulk.")} <= elsewhere


# --- advertised, and not so ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("defect", "honest", "area", "found"),
    [
        ("sort-by-ignored", "no-sort", "sort", ("sort.sub-attribute", "expect.order", "degraded")),
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


def stage(config: Any) -> Stage:
    capabilities = Capabilities(provider_config=config)
    return Stage(
        sender=None, base_url=URL, seed=1, ledger=Ledger(None), observe=lambda _: None, capabilities=capabilities  # type: ignore[arg-type]
    )  # fmt: skip


@pytest.mark.parametrize("name", OPTIONAL)
def test_the_gate_is_opened_by_the_advertisement_alone(name):
    wanting = replace(scenario("read.by-id"), when={"supports": name})
    assert not_applicable(wanting, stage({name: {"supported": True}})) == ""
    for config in (None, {}, {name: {"supported": False}}, {name: {"supported": "true"}}, {name: {}}, {name: True}):
        assert not_applicable(wanting, stage(config)) == (
            f"the target's /ServiceProviderConfig does not say that {name} is supported"
        )


def test_of_several_every_one_is_needed():
    wanting = replace(scenario("read.by-id"), when={"supports": ["sort", "filter"]})
    both = {"sort": {"supported": True}, "filter": {"supported": True}}
    assert not_applicable(wanting, stage(both)) == ""
    assert not_applicable(wanting, stage(both | {"filter": {"supported": False}})).endswith("filter is supported")


@pytest.mark.parametrize("written", ["sorting", "", [], ["sort", "sorting"], ["sort", "sort"], True])
def test_a_gate_that_no_service_can_open_is_refused(written):
    rules = json.loads((Path(profiles.__file__).parent / "profile.schema.json").read_text())["$defs"]["supports"]
    gate = jsonschema.Draft202012Validator(rules)
    assert not gate.is_valid(written)
    assert gate.is_valid("sort")
    assert gate.is_valid(["sort", "filter"])


def test_the_gate_stands_in_the_format(tmp_path: Path):
    file = tmp_path / "own.scim.yaml"
    file.write_text(
        "format: 1\nid: own\ntitle: Own\nversion: '1'\nextends: rfc7644\n"
        "scenarios: [{id: read.by-id, when: {supports: [sort, sorting]}}]\n"
    )
    with pytest.raises(ProfileError) as refused:
        read_profile(str(file), check_ids=all_checks())
    assert "sorting" in str(refused.value)
    assert ":6" in str(refused.value)


# --- broken servers -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("defect", "where", "check", "severity"),
    [
        ("discovery-writable", "discovery.read-only", "http.expected-status", "degraded"),
        ("schema-by-id-404", "discovery.user-schema-by-id", "http.expected-status", "degraded"),
        ("writes-without-auth", "credentials.missing", "auth.required", "breach"),
        ("id-client-supplied", "create.read-only-ignored", "read.unknown-404", "degraded"),
        ("lower-cases-external-id", "create.external-id-case", "state.expected", "degraded"),
        ("missing-user-name-accepted", "create.without-user-name", "http.expected-status", "degraded"),
        ("duplicate-rename-accepted", "create.rename-conflict", "http.expected-status", "degraded"),
        ("filter-eq-is-prefix", "filter.eq", "expect.finds", "degraded"),
        ("filter-like-wildcards", "filter.eq", "expect.finds", "degraded"),
        ("filter-trims-value", "filter.eq-spaces", "expect.finds", "degraded"),
        ("filter-external-id-ignores-case", "filter.case", "expect.finds", "degraded"),
        ("filter-and-takes-first", "filter.and-or", "expect.finds", "degraded"),
        ("filter-not-400", "filter.every-operator", "http.expected-status", "cosmetic"),
        ("filter-first-value-only", "filter.multi-valued", "expect.finds", "degraded"),
        ("delete-of-user-deletes-group", "delete.member", "read.status", "degraded"),
        ("sort-order-ignored", "sort.user-name", "expect.order", "degraded"),
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
        ("error-status-number", "errors.forms", "expect.answer", "degraded"),
        ("deleted-name-blocked", "delete.user", "create.status", "degraded"),
    ],
)  # fmt: skip
def test_a_broken_server_is_found_out(defect, where, check, severity):
    ran = replay(GoodServer(defects=frozenset({defect})), where)
    assert (where, check, severity) in ran.found
    assert ran.outcomes["error"] == 0
