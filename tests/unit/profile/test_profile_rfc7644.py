"""The profile of the specification itself: sound, and plain."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from scim_compat import profile as profiles
from scim_compat.checks.registry import all_checks
from scim_compat.engine.applies import not_applicable
from scim_compat.engine.capabilities import Capabilities
from scim_compat.engine.context import PlayedRequest, RunContext
from scim_compat.engine.ledger import Ledger
from scim_compat.errors import SourceFileError
from scim_compat.profile.lint import lint
from scim_compat.profile.load import load as read_profile
from scim_compat.profile.model import Profile, Scenario
from support.profiles import loaded
from support.profiles import rehearsed as rehearsed_by_id

URL = "http://good.example/scim/v2"
OPTIONAL = ("patch", "bulk", "filter", "changePassword", "sort", "etag")


def rfc() -> Profile:
    return loaded("rfc7644")


def scenario(id_: str) -> Scenario:
    return next(s for s in rfc().scenarios if s.id == id_)


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
        if rule.get("level") not in {"MUST", "SHOULD", "MAY"}  # MAY: a premise, which breaks no rule
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

    sends = {s.id: [(p.observation.exchange.request.method, p.observation.exchange.request.target) for p in rehearsed(s)
                    if p.observation.intent.by == "client"] for s in rfc().scenarios}  # fmt: skip
    patching = {id_ for id_, sent in sends.items() if any(m == "PATCH" and "/Users" in t for m, t in sent)}
    assert {s.id for s in rfc().scenarios if "patch" in advertised(s)} >= patching - {
        "credentials.missing",  # refused before anything is looked at
        "credentials.wrong",
    }
    sorting = {id_ for id_, sent in sends.items() if any("sortBy" in t and "/Schemas" not in t for _, t in sent)}
    assert sorting
    assert all("sort" in advertised(scenario(id_)) for id_ in sorting)
    filtering = {id_ for id_, sent in sends.items() if any("s?filter=" in t and "/Schemas" not in t for _, t in sent)}
    assert len(filtering) > 15
    assert all("filter" in advertised(scenario(id_)) for id_ in filtering - {"discovery.filter"})


def rehearsed(one: Scenario) -> tuple[PlayedRequest, ...]:
    return rehearsed_by_id("rfc7644", one.id)


def test_the_client_is_plain():
    [played] = [p for p in rehearsed(scenario("query.users")) if p.observation.intent.by == "client"]
    assert (played.observation.exchange.request.target, tuple(played.observation.exchange.request.headers)) == (
        "/Users", (("Accept", "application/scim+json"),)
    )  # fmt: skip
    [made] = [p for p in rehearsed(scenario("create.user")) if p.observation.intent.action == "create"]
    assert list(made.observation.intent.body) == [
        "schemas", "userName", "externalId", "name", "displayName", "emails", "active",
    ]  # fmt: skip
    [asked] = [
        p for p in rehearsed(scenario("filter.special-characters")) if "Quay" in p.observation.exchange.request.target
    ]
    assert "%5C%22Quay%5C%22%20O%27Brien" in asked.observation.exchange.request.target


def stage(config: Any) -> RunContext:
    capabilities = Capabilities(provider_config=config)
    return RunContext(
        sender=None, base_url=URL, seed=1, ledger=Ledger(None), observe=lambda _: None, capabilities=capabilities  # type: ignore[arg-type]
    )  # fmt: skip


@pytest.mark.parametrize("name", OPTIONAL)
def test_what_the_configuration_says_decides_and_nothing_is_sent(name):
    wanting = replace(scenario("read.by-id"), when={"supports": name})
    assert not_applicable(wanting, stage({name: {"supported": True}})) == ""
    denial = f"the target's /ServiceProviderConfig says that {name} is not supported"
    assert not_applicable(wanting, stage({name: {"supported": False}})) == denial


@pytest.mark.parametrize("name", OPTIONAL)
def test_silence_is_no_disclaimer(name):
    """The configuration is missing, has no entry, or one that nobody can read: a trial decides."""
    wanting = replace(scenario("read.by-id"), when={"supports": name})
    for config in (None, {}, {name: {"supported": "true"}}, {name: {}}, {name: True}):
        for is_taken in (True, False):
            run = stage(config)
            run.memory.offers[name] = is_taken
            reason = f"the target's /ServiceProviderConfig does not mention {name}, and a trial was refused"
            assert not_applicable(wanting, run) == ("" if is_taken else reason)


def test_of_several_every_one_is_needed():
    wanting = replace(scenario("read.by-id"), when={"supports": ["sort", "filter"]})
    both = {"sort": {"supported": True}, "filter": {"supported": True}}
    assert not_applicable(wanting, stage(both)) == ""
    assert not_applicable(wanting, stage(both | {"filter": {"supported": False}})).endswith("filter is not supported")


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
    with pytest.raises(SourceFileError) as refused:
        read_profile(str(file), check_ids=all_checks())
    assert "sorting" in str(refused.value)
    assert ":6" in str(refused.value)
