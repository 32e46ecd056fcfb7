"""The table of claims after runs against a good server and against ones that do not keep their word."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from scim_compat import results as package
from scim_compat.pytest_plugin.launch import run
from scim_compat.report.claims import claim_rows, contradictions
from scim_compat.results.document.parsing import parse
from scim_compat.run.request import RunRequest
from scim_compat.run.settings import Login, Settings
from servers.good import GoodServer
from servers.protocol import ScimError
from servers.running import serve
from support.commands import TOKEN

FORMAT = json.loads((Path(package.__file__).parent / "results.schema.json").read_text())

PROFILE = """\
format: 1
id: habits
title: What an endpoint does
version: "2026.11"
scim: "2.0"
sources: {S1: {title: A page}}
client: {name: Example directory}
dialect: {update: patch}
mapping:
  user:
    - {from: userPrincipalName, to: userName, match: 1}
    - {from: displayName, to: displayName}
  group:
    - {from: displayName, to: displayName, match: 1}
requires:
  delete.gone-by-id: {severity: breach, source: S1}
features: {users: Users}
scenarios:
  - {id: users.life, feature: users, title: A life, evidence: documented, source: S1, steps: [
      {do: match, user: alice, finds: 0},
      {do: create, user: alice}, {do: create, user: alice, expect: conflict}, {verify: alice, found-by: [id, filter, list]},
      {do: change, user: alice, set: {displayName: "New ${run.tag}"}}, {verify: alice},
      {do: change, user: alice, set: {active: false}}, {verify: alice},
      {do: delete, user: alice}, {verify: alice, gone: [id, filter]}]}
  - {id: users.other, feature: users, title: Another, evidence: documented, source: S1, steps: [
      {given: bo}, {do: change, user: bo, set: {active: false}}, {do: delete, user: bo}, {verify: bo, gone: [id]}]}
"""


@pytest.fixture
def table(tmp_path):
    """Runs the profile: (title → row, results)."""

    def call(server, **claims):
        profile = tmp_path / "habits.yaml"
        profile.write_text(PROFILE)
        out = tmp_path / "out"
        with serve(server) as url:
            login = Login(kind="bearer", token=TOKEN)
            settings = Settings(url=url, login=login, seed=7, out=str(out), claims=claims, crowd=1)
            ended = run(RunRequest(settings=settings, profiles=(str(profile),)))
        assert ended.summary is not None
        results = json.loads((out / "results.json").read_text())
        jsonschema.Draft202012Validator(FORMAT).validate(results)
        assert "Claimed, advertised, found" in (out / "report.html").read_text()
        return {side.title: side for side in claim_rows(parse(results))}, results

    return call


def test_a_good_server_does_what_is_claimed(table):
    rows, results = table(
        GoodServer(), disable="keep", delete="gone", existing="conflict", groups=True,
        filterable={"user": ["userName"]}, mutable={"user": ["displayName", "active"]},
        **{"media-types": ["application/scim+json"], "page-size": {"max": 1000}},
    )  # fmt: skip
    assert contradictions(rows.values()) == 0
    assert rows["Setting active to false"].found == "kept, inactive (2)"
    assert rows["DELETE of a user"].found == "gone (2)"
    assert rows["Create for an existing user"].found == "refused with 409 (1)"
    assert rows["Attributes that can change (User)"].found == "accepted: active, displayName"
    assert rows["Attributes that filters may name (User)"].found == "right: userName"
    assert rows["Credentials"].found.startswith("Bearer: ")
    assert results["target"]["capabilities"]["fixed"] == {"User": [], "Group": []}


class Refusing(GoodServer):
    """Advertises PATCH and does not have it."""

    def patch(self, request, kind, id_):
        raise ScimError(501, "not here")


def test_patch_that_is_advertised_and_refused(table):
    rows, _ = table(Refusing())
    patched = rows["PATCH"]
    assert (patched.advertised, [r.word for r in patched.remarks]) == ("supported", ["Advertised, but refused"])
    assert patched.found == "3 not offered (405, 501)"


class Keeping(GoodServer):
    """DELETE makes a user inactive, and the next one removes it."""

    def delete(self, request, kind, id_):
        record = self.find(kind, id_)
        if kind.name == "User" and record.data.get("title") != "gone":
            self.save(record, record.data | {"active": False, "title": "gone"})
            return self.show(request, record, status=200)
        return super().delete(request, kind, id_)


def test_a_delete_that_is_claimed_to_disable_is_a_finding_all_the_same(table):
    rows, results = table(Keeping(), delete="disabled")
    deleted = rows["DELETE of a user"]
    assert (deleted.claimed, deleted.found) == ("still shown, inactive", "still shown, inactive (2)")
    assert deleted.remarks == ()
    failed = {
        (check["id"], check["severity"])
        for scenario in results["profiles"][0]["scenarios"] for step in scenario["steps"] for check in step["checks"]
        if check["outcome"] == "fail"
    }  # fmt: skip
    assert ("delete.gone-by-id", "degraded") in failed  # inactive, so no access stays open


def test_the_server_s_own_schema_says_what_is_fixed(table):
    class Fixed(GoodServer):
        def discover(self, request, name, *rest):
            answer = super().discover(request, name, *rest)
            for schema in answer.payload.get("Resources", ()) if name == "Schemas" else ():
                for attribute in schema["attributes"]:
                    if attribute["name"] == "displayName":
                        attribute["mutability"] = "immutable"
            return answer

    rows, results = table(Fixed())
    assert results["target"]["capabilities"]["fixed"] == {"User": ["displayName"], "Group": ["displayName"]}
    assert [r.word for r in rows["Attributes that can change (User)"].remarks] == [
        "Advertised as readOnly or immutable, yet accepted: displayName"
    ]
