"""One cause, one finding: what follows from a fault that was told of is no other, and what is lawful is none.

Each server here is one that real servers resemble: it lacks something, or does one thing wrong.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from servers.good import GoodServer
from servers.protocol import Answer, Request, ScimError, error_answer, parse_body
from servers.running import serve
from servers.schema import GROUP, USER
from support.commands import play

Change = Callable[[Request, Answer], Answer]


class Altered(GoodServer):
    """The good server whose answers to some requests are others."""

    def __init__(self, change: Change) -> None:
        super().__init__()
        self.change = change

    def handle(self, request: Request) -> Answer:
        if request.method == "GET":
            return self.change(request, super().handle(request))
        before = copy.deepcopy(self.store.records)
        answer = super().handle(request)
        changed = self.change(request, answer)
        if answer.status < 300 <= changed.status:
            self.store.records = before  # what is refused is not done
        return changed


class Ran:
    """A run's outcome."""

    def __init__(self, server: Any, profile: str, only: list[str], out: Path) -> None:
        with serve(server) as url:
            play(url, profile, only=only, out=out)
        self.left = json.loads((out / "results.json").read_text())["cleanup"]["left"]
        (found,) = json.loads((out / "results.json").read_text())["profiles"]
        self.scenarios = {one["id"]: one for one in found["scenarios"] if one["id"] != "run.bystanders"}
        self.findings = [
            check | {"scenario": scenario["id"]}
            for scenario in found["scenarios"]
            for step in scenario["steps"]
            for check in step["checks"]
            if check["outcome"] == "fail"
        ]

    @property
    def checks(self) -> set[str]:
        return {one["id"] for one in self.findings}


def users(request: Request) -> bool:
    return request.path.startswith("/Users")


def refusal(status: int, detail: str, **more: str) -> Answer:
    return error_answer(ScimError(status, detail, **more))


# --- servers --------------------------------------------------------------------------------------


def no_patch(request: Request, answer: Answer) -> Answer:
    return refusal(501, "PATCH is not offered.") if request.method == "PATCH" and users(request) else answer


def counting_crashes(request: Request, answer: Answer) -> Answer:
    page = Answer(500, raw=b"<html>Internal Server Error", headers={"Content-Type": "text/html"})
    return page if "count" in request.parameters else answer


def wants_a_formatted_name(request: Request, answer: Answer) -> Answer:
    """Its schema requires it, and it refuses a user without one."""
    if request.path.startswith("/Schemas") and request.method == "GET":
        answer.payload = required(required(answer.payload, "name"), "name", "formatted")
    elif users(request) and request.method in {"POST", "PUT"} and not request.path.endswith(".search"):
        name = parse_body(request).get("name") if answer.status < 300 else {"formatted": ""}
        if not isinstance(name, dict) or "formatted" not in name:
            return refusal(400, "name.formatted is required.", scim_type="invalidValue")
    return answer


def wants_members(request: Request, answer: Answer) -> Answer:
    """Its schema requires members of a group, and $ref of each."""
    if request.path.startswith("/Schemas") and request.method == "GET":
        answer.payload = required(required(answer.payload, "members"), "members", "$ref")
    elif request.path == "/Groups" and request.method == "POST":
        members = parse_body(request).get("members")
        if members is None or any("$ref" not in one for one in members):
            return refusal(400, "members, and $ref in each, are required.", scim_type="invalidValue")
    return answer


def required(payload: Any, *names: str) -> Any:
    """The schemas with these attributes, one below the other, required."""
    payload = copy.deepcopy(payload)
    for schema in payload.get("Resources", [payload]):
        found, level = None, schema.get("attributes", [])
        for name in names:
            found = next((one for one in level if one["name"] == name), None)
            level = (found or {}).get("subAttributes", [])
        if found:
            found["required"] = True
    return payload


def each_user(change: Callable[[dict[str, Any]], None]) -> Change:
    def altered(request: Request, answer: Answer) -> Answer:
        if users(request) and isinstance(answer.payload, dict) and answer.status < 300:
            answer.payload = copy.deepcopy(answer.payload)
            for one in answer.payload.get("Resources", [answer.payload]):
                change(one)
        return answer

    return altered


def without_types(user: dict[str, Any]) -> None:
    for one in user.get("emails", []):
        one.pop("type", None)


def no_extensions(request: Request, answer: Answer) -> Answer:
    if request.path.startswith("/ResourceTypes") and answer.status == 200:
        answer.payload = copy.deepcopy(answer.payload)
        for one in answer.payload.get("Resources", [answer.payload]):
            one.pop("schemaExtensions", None)
    return answer


def groups_are_not_found(request: Request, answer: Answer) -> Answer:
    if request.path == "/Groups" and "filter" in request.parameters and answer.status == 200:
        answer.payload = answer.payload | {"totalResults": 0, "itemsPerPage": 0, "Resources": []}
    return answer


def texts_are_refused(request: Request, answer: Answer) -> Answer:
    active = request.method == "PATCH" and b'"False"' in (request.body or b"")
    return refusal(400, "active is a boolean.", scim_type="invalidValue") if active else answer


def no_home(request: Request, answer: Answer) -> Answer:
    added = request.method == "PATCH" and b'"home"' in (request.body or b"")
    return refusal(501, "Entries cannot be added.") if added else answer


def told(ran: Ran, check: str) -> set[tuple[str, str, tuple[str, ...]]]:
    """Severity, level and sections of what that check found."""
    return {(one["severity"], one["level"], tuple(one["cites"])) for one in ran.findings if one["id"] == check}


def no_locale(request: Request, answer: Answer) -> Answer:
    """Its schema lists the attribute; it refuses it for no reason."""
    named = request.path == "/Users" and request.method == "POST" and b'"locale"' in (request.body or b"")
    return refusal(400, "No.") if named else answer


# --- what is told ---------------------------------------------------------------------------------


def test_that_patch_is_not_offered_hurts_as_much_as_the_profile_says(tmp_path):
    ran = Ran(Altered(no_patch), "entra-v2", ["roles.single"], tmp_path)
    told = [(one["id"], one["severity"], one["actual"]) for one in ran.findings if one["where"] == "status"]
    assert set(told) == {("patch.status", "degraded", 501)}


def test_an_assertion_on_the_body_is_not_held_against_a_crash(tmp_path):
    ran = Ran(Altered(counting_crashes), "okta", ["connection.test-credentials", "match.empty-answer"], tmp_path)
    assert "http.no-server-error" in ran.checks
    assert "expect.answer" not in ran.checks


def test_what_the_server_s_own_schema_requires_may_be_missed(tmp_path):
    """The specification lets it; Entra, which sends no such name, minds, and no section stands behind that."""
    server = Altered(wants_a_formatted_name)
    plain = Ran(server, "rfc7644", ["create.*", "replace.omitted", "media-types.*"], tmp_path / "rfc")
    assert {"create.status", "patch.status", "http.expected-status"} & plain.checks == set()
    theirs = Ran(server, "okta", ["users.create"], tmp_path / "okta")
    assert told(theirs, "create.status") == {("blocker", "CLIENT", ())}
    strict = Ran(Altered(no_locale), "okta", ["users.create"], tmp_path / "broken")
    assert told(strict, "create.status") == {("blocker", "MUST", ("RFC7644-3.3",))}


def test_a_group_of_the_set_up_has_what_the_schema_requires(tmp_path):
    ran = Ran(Altered(wants_members), "entra-v2", ["members.add-one-by-one", "members.remove"], tmp_path)
    assert {one["outcome"] for one in ran.scenarios.values()} == {"pass"}, ran.findings


def test_an_entry_that_okta_finds_by_primary_needs_no_type(tmp_path):
    server = Altered(each_user(without_types))
    assert "create.stored" not in Ran(server, "okta", ["users.create"], tmp_path / "okta").checks
    stored = Ran(server, "entra-v2", ["users.create"], tmp_path / "entra").findings
    assert ("create.stored", 'emails[type eq "work"].value') in {(one["id"], one["where"]) for one in stored}


def test_nobody_is_found_by_a_type_that_the_server_has_dropped(tmp_path):
    ran = Ran(Altered(each_user(without_types)), "entra-v1", ["match.by-email*"], tmp_path)
    assert ran.scenarios
    assert "filter.finds" not in ran.checks


def test_an_extension_that_no_resource_type_has_is_not_offered(tmp_path):
    ran = Ran(Altered(no_extensions), "rfc7644", ["attributes.of-extension", "modify.extension"], tmp_path)
    assert ran.findings == []
    assert {one["applicable"] for one in ran.scenarios.values()} == {False}


def test_what_is_not_found_at_all_is_not_told_again_for_another_case(tmp_path):
    ran = Ran(Altered(groups_are_not_found), "entra-v2", ["groups.match*"], tmp_path)
    assert "filter.finds" in ran.checks
    assert "filter.ignores-case" not in ran.checks


def test_a_refused_disabling_is_no_difference_in_the_next_cycle(tmp_path):
    ran = Ran(Altered(texts_are_refused), "entra-v1", ["users.disable.text"], tmp_path)
    assert {"user.disabled", "sync.converges"} & ran.checks == {"user.disabled"}


def test_a_filter_is_right_to_find_a_second_account(tmp_path):
    ran = Ran(
        GoodServer(defects=frozenset({"duplicate-creates-second"})), "entra-v2", ["users.create-duplicate"], tmp_path
    )
    assert "create.duplicate-refused" in ran.checks
    assert "filter.only-matches" not in ran.checks


def test_what_a_refused_change_would_have_led_to_is_not_missed(tmp_path):
    ran = Ran(Altered(no_home), "rfc7644", ["modify.add-primary"], tmp_path)
    assert "patch.status" in ran.checks
    assert "state.expected" not in ran.checks


# --- what is taken must go ------------------------------------------------------------------------


class Upsert(GoodServer):
    """Creates wherever it is asked to: by a POST below the collection, and by a PUT to what is no more."""

    def dispatch(self, request: Request) -> Answer:
        kind = next((one for one in (USER, GROUP) if request.path.startswith(f"/{one.name}s/")), None)
        if kind and not request.path.endswith(".search") and request.method in {"POST", "PUT"}:
            known = request.path.rpartition("/")[2] in self.store.records[kind.name]
            if request.method == "POST" or not known:
                return self.create(request, kind)
        return super().dispatch(request)


def test_what_is_created_by_another_way_is_deleted(tmp_path):
    server = Upsert()
    ran = Ran(server, "rfc7644", ["errors.*", "replace.*"], tmp_path)
    assert "http.expected-status" in ran.checks
    assert ran.left == []
    assert [list(server.store.all(kind)) for kind in (USER, GROUP)] == [[], []]


@pytest.mark.parametrize("change", [no_patch, counting_crashes, wants_members, no_extensions])
def test_the_servers_are_good_otherwise(change, tmp_path):
    ran = Ran(Altered(change), "entra-v2", ["connection.probe-users.flag-first"], tmp_path)
    assert ran.checks <= {"http.no-server-error"}
    assert ran.scenarios
