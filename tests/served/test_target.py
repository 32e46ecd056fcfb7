"""What the claims of a target file do to a run."""

from __future__ import annotations

import json

import pytest
from servers.good import GoodServer
from servers.protocol import ScimError, parse_body
from servers.running import serve
from support.claims import PROFILE
from support.commands import TOKEN


def written(tmp_path, text, name="t.yaml"):
    (tmp_path / name).write_text(text)
    return tmp_path / name


# --- options come first ------------------------------------------------------------------------------------


# --- claims, end to end ------------------------------------------------------------------------------------


class Narrow(GoodServer):
    """Filters by userName alone."""

    def parse_filter(self, text, kind):
        if not text.startswith("userName "):
            raise ScimError(400, "Filters may name userName only.", scim_type="invalidFilter")
        return super().parse_filter(text, kind)


class Fixed(GoodServer):
    """displayName never changes after the creation."""

    def save(self, record, data):
        if data.get("displayName") != record.data.get("displayName"):
            raise ScimError(400, "displayName cannot be changed.", scim_type="mutability")
        super().save(record, data)


class Removing(GoodServer):
    """A user who becomes inactive is removed."""

    def save(self, record, data):
        super().save(record, data)
        if data.get("active") is False:
            self.store.delete(record)


class Adopting(GoodServer):
    """A create for a user who exists answers with that user."""

    def create(self, request, kind):
        there = self.store.named(kind, str(parse_body(request).get(kind.unique)))
        return self.show(request, there[0], status=200) if there else super().create(request, kind)


class Doubling(Adopting):
    """Answers with a user of another id, and says it is the one."""

    def create(self, request, kind):
        answer = super().create(request, kind)
        if answer.status == 200:
            answer.payload["id"] = "another"
        return answer


@pytest.fixture
def run(tmp_path, command, monkeypatch):
    """Runs the profile above; (exit status, id → scenario, the whole results)."""

    def call(server, claims="{}", *only):
        monkeypatch.setenv("STAGING_TOKEN", TOKEN)
        written(tmp_path, PROFILE, "claims.yaml")
        with serve(server) as url:
            written(tmp_path, f"url: {url}\nauth: {{kind: bearer, secret-env: STAGING_TOKEN}}\nclaims: {claims}\n")
            chosen = [part for one in only for part in ("--only", one)]
            out = f"out-{len(list(tmp_path.glob('out-*')))}"
            done = command(
                "run", "--target", "t.yaml", "-p", "claims.yaml", *chosen, "--out", out, "--seed", "7", token=None
            )
        assert done.returncode in {0, 1}, done.stderr
        assert not any(server.store.records.values()), "something was left behind"
        for file in (tmp_path / out).iterdir():
            assert TOKEN not in file.read_text(), file
        results = json.loads((tmp_path / out / "results.json").read_text())
        return done.returncode, {s["id"]: s for s in results["profiles"][0]["scenarios"]}, results

    return call


def checks(scenario, outcome):
    """Every check that ended so: (id, reason or place)."""
    return [(c["id"], c["reason"] if outcome == "skip" else c["where"])
            for s in scenario["steps"] for c in s["checks"] if c["outcome"] == outcome]  # fmt: skip


def test_a_good_server_that_claims_nothing(run):
    status, scenarios, results = run(GoodServer())
    outcomes = {id_: s["outcome"] for id_, s in scenarios.items()}
    assert outcomes.pop("disable.deletes") == "skip"
    assert (
        scenarios["disable.deletes"]["reason"] == "the target does not claim that disabling a user means to delete it"
    )
    assert outcomes.pop("gate.adopt") == "skip"
    assert scenarios["gate.adopt"]["reason"] == "the target does not claim to take over users that exist"
    assert {k: v for k, v in outcomes.items() if k != "run.bystanders"} == dict.fromkeys(
        ("find.by-name", "find.gated", "change.both", "disable.keeps", "twice.create", "gate.conflict", "lists.all",
         "labels.free", "labels.strict", "groups.create", "roles.create"),
        "pass",
    )  # fmt: skip
    assert (status, results["target"]["claims"]) == (0, {})


def test_filterable(run):
    status, scenarios, _ = run(Narrow(), "{}", "find.*")
    assert status == 1
    assert ("list.status", "status") in checks(scenarios["find.by-name"], "fail")
    assert checks(scenarios["find.gated"], "fail")
    status, scenarios, results = run(Narrow(), "{filterable: {user: [username]}}", "find.*")
    assert (status, scenarios["find.by-name"]["outcome"]) == (0, "pass")
    assert ("list.status", "the target does not claim that filters may name displayName") in checks(
        scenarios["find.by-name"], "skip"
    )
    assert "filter.finds" in [
        c["id"] for s in scenarios["find.by-name"]["steps"] for c in s["checks"] if c["outcome"] == "pass"
    ]
    gated = scenarios["find.gated"]
    assert (gated["applicable"], gated["reason"]) == (
        False,
        "the target does not claim that users can be filtered by displayName",
    )
    assert results["target"]["claims"] == {"filterable": {"user": ["username"]}}


def test_what_is_claimed_to_be_filterable_is_tested(run):
    status, scenarios, _ = run(Narrow(), "{filterable: {user: [userName, displayName]}}", "find.*")
    assert status == 1
    assert checks(scenarios["find.by-name"], "fail")


def test_mutable(run):
    status, scenarios, _ = run(Fixed(), "{}", "change.*")
    assert (status, checks(scenarios["change.both"], "fail")) == (1, [("patch.status", "status")])
    status, scenarios, _ = run(Fixed(), "{mutable: {user: [nickName]}}", "change.*")
    assert (status, scenarios["change.both"]["outcome"], checks(scenarios["change.both"], "fail")) == (0, "pass", [])
    passed = [c["id"] for s in scenarios["change.both"]["steps"] for c in s["checks"] if c["outcome"] == "pass"]
    assert "patch.applied" in passed, "what is claimed is tested still"


def test_disable_delete(run):
    status, scenarios, _ = run(Removing(), "{disable: delete}", "disable.*")
    assert (status, scenarios["disable.deletes"]["outcome"]) == (0, "pass")
    kept = scenarios["disable.keeps"]
    assert (kept["applicable"], kept["reason"]) == (False, "the target claims that disabling a user means to delete it")
    assert [s["action"] for s in scenarios["disable.deletes"]["steps"]][-3:] == ["read-back", "look-up", "list"]
    status, scenarios, _ = run(Removing(), "{}", "disable.*")
    assert (status, checks(scenarios["disable.keeps"], "fail")) == (1, [("user.disabled-found-by-id", "status")])


def test_a_disable_that_is_claimed_to_delete_and_keeps(run):
    status, scenarios, _ = run(GoodServer(), "{disable: delete}", "disable.*")
    assert status == 1
    # A filter and the list would show it as well; that it is there by its id is the one cause.
    assert [c for c, _ in checks(scenarios["disable.deletes"], "fail")] == ["delete.gone-by-id"]


def test_existing_adopt(run):
    status, scenarios, _ = run(Adopting(), "{existing: adopt}", "twice.*")
    assert (status, checks(scenarios["twice.create"], "fail")) == (0, [])
    status, scenarios, _ = run(Adopting(), "{}", "twice.*")
    assert (status, checks(scenarios["twice.create"], "fail")) == (1, [("create.duplicate-refused", "status")])


@pytest.mark.parametrize("server", [GoodServer, Doubling])
def test_a_claim_to_adopt_is_tested(run, server):
    status, scenarios, _ = run(server(), "{existing: adopt}", "twice.*")
    assert status == 1
    assert ("create.duplicate-refused", "/id") in checks(scenarios["twice.create"], "fail")


def test_existing_as_a_gate(run):
    _, scenarios, _ = run(Adopting(), "{existing: adopt}", "gate.*")
    assert scenarios["gate.adopt"]["outcome"] == "pass"
    gated = scenarios["gate.conflict"]
    assert (gated["applicable"], gated["reason"]) == (False, "the target claims to take over users that exist")
    _, scenarios, _ = run(GoodServer(), "{existing: conflict}", "gate.*")
    assert [scenarios[f"gate.{which}"]["outcome"] for which in ("adopt", "conflict")] == ["skip", "pass"]


class Cutting(GoodServer):
    """Two resources a list, with no word of a page."""

    def page(self, request, kinds, given):
        answer = super().page(request, kinds, given)
        if "count" not in given:
            answer.payload["Resources"] = answer.payload["Resources"][:2]
            for name in ("startIndex", "itemsPerPage"):
                del answer.payload[name]
        return answer


@pytest.mark.parametrize(
    ("claims", "blamed"),
    [
        ("{}", True),
        ("{page-size: {default: 2}}", False),
        ("{page-size: {max: 2}}", False),
        ("{page-size: {default: 1, max: 2}}", False),
        ("{page-size: {default: 3}}", True),  # what is claimed is tested: three were to come
        ("{page-size: {max: 50}}", True),
    ],
)
def test_page_size(run, claims, blamed):
    """A list may be as short as its vendor claims; that a part must say where it begins holds all the same."""
    failed = checks(run(Cutting(), claims, "lists.*")[1]["lists.all"], "fail")
    assert ("list.total", "/totalResults") in failed if blamed else "list.total" not in dict(failed)
    assert ("list.start-index", "/startIndex") in failed


class Plain(GoodServer):
    """Answers as application/json, errors included."""

    def handle(self, request):
        answer = super().handle(request)
        if "Content-Type" in answer.headers:
            answer.headers["Content-Type"] = "application/json"
        return answer


def test_media_types(run):
    label = ("http.scim-media-type", "header Content-Type")
    _, scenarios, _ = run(Plain(), "{}", "labels.*")
    assert label in checks(scenarios["labels.free"], "fail")
    _, scenarios, _ = run(Plain(), "{media-types: [application/json]}", "labels.*")
    assert checks(scenarios["labels.free"], "fail") == []
    reason = "the target claims to answer with application/json, which RFC 7644 allows and this client takes"
    assert ("http.scim-media-type", reason) in checks(scenarios["labels.free"], "skip")
    assert label in checks(scenarios["labels.strict"], "fail"), "a client that minds is still told about"
    _, scenarios, _ = run(Plain(), "{media-types: [application/scim+json]}", "labels.*")
    assert label in checks(scenarios["labels.free"], "fail"), "what is claimed is tested"


def test_a_feature_of_a_profile_that_is_not_run_is_in_order(run):
    status, scenarios, _ = run(GoodServer(), "{without-features: [deactivate-users]}", "roles.*")
    assert (status, scenarios["roles.create"]["outcome"]) == (0, "pass")


def test_groups_and_features_that_are_not_claimed(run):
    _, scenarios, results = run(GoodServer(), "{groups: false, without-features: [roles]}", "groups.*", "roles.*")
    reasons = {id_: (s["applicable"], s["reason"]) for id_, s in scenarios.items()}
    assert reasons["groups.create"] == (False, "the target does not claim groups")
    assert reasons["roles.create"] == (False, "the target does not claim the feature roles")
    assert [scenarios[i]["steps"] for i in ("groups.create", "roles.create")] == [[], []]
    verdicts = {f["id"]: f["verdict"] for f in results["profiles"][0]["features"]}
    assert (verdicts["groups"], verdicts["roles"]) == ("not-applicable", "not-applicable")


def test_groups_that_are_claimed_are_tested_whatever_discovery_says(run):
    class Silent(GoodServer):
        def discover(self, request, *parts):
            answer = super().discover(request, *parts)
            if parts == ("ResourceTypes",):
                answer.payload["Resources"] = [r for r in answer.payload["Resources"] if r["name"] == "User"]
                answer.payload["totalResults"] = 1
            return answer

    assert run(Silent(), "{}", "groups.*")[1]["groups.create"]["reason"] == "the target's /ResourceTypes lists no Group"
    assert run(Silent(), "{groups: true}", "groups.*")[1]["groups.create"]["outcome"] == "pass"
