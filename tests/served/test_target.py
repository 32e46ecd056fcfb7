"""The target file: what it may say, what is said of a bad one, and what its claims do to a run."""

from __future__ import annotations

import json

import pytest
from scim_compat.engine.capabilities import Claims
from scim_compat.errors import SourceFileError
from scim_compat.run import targetfile as target
from scim_compat.run.endpoint import base_urls
from scim_compat.run.settings import Settings
from servers.good import GoodServer
from servers.protocol import ScimError, parse_body
from servers.running import serve
from support.commands import TOKEN

PROFILE = """\
format: 1
id: claims
title: One scenario for each claim
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
  user.disabled-found-by-id: {severity: blocker, source: S1}
features: {users: Users, groups: Groups, roles: Roles}
scenarios:
  - {id: find.by-name, feature: users, title: Found by displayName, evidence: documented, source: S1, steps: [
      {given: alice}, {do: match, user: alice, by: displayName}, {do: match, user: alice}]}
  - {id: find.gated, feature: users, title: Found where it is claimed, evidence: documented, source: S1,
     when: {filterable: displayName}, steps: [{given: alice}, {do: match, user: alice, by: displayName}]}
  - {id: change.both, feature: users, title: Two changes, evidence: documented, source: S1, steps: [
      {given: alice},
      {do: change, user: alice, set: {displayName: "New ${run.tag}"}},
      {do: change, user: alice, set: {nickName: Liv}},
      {verify: alice}]}
  - {id: disable.keeps, feature: users, title: Disabled and there, evidence: documented, source: S1, when: {disable: keep}, steps: [
      {given: alice}, {do: change, user: alice, set: {active: false}}, {verify: alice, found-by: [id, filter]}]}
  - {id: disable.deletes, feature: users, title: Disabled and gone, evidence: documented, source: S1, when: {disable: delete}, steps: [
      {given: alice}, {do: change, user: alice, set: {active: false}}, {verify: alice, gone: [id, filter, list]}]}
  - {id: twice.create, feature: users, title: Created twice, evidence: documented, source: S1, steps: [
      {do: create, user: alice}, {do: create, user: alice, expect: conflict}, {verify: alice}]}
  - {id: gate.adopt, feature: users, title: Taken over, evidence: documented, source: S1, when: {existing: adopt}, steps: [
      {do: create, user: alice}, {do: create, user: alice, expect: conflict}, {verify: alice}]}
  - {id: gate.conflict, feature: users, title: Refused, evidence: documented, source: S1, when: {existing: conflict}, steps: [
      {do: create, user: alice}, {do: create, user: alice, expect: conflict}, {verify: alice}]}
  - {id: lists.all, feature: users, title: All of them, evidence: documented, source: S1, steps: [
      {given: crowd, count: 3}, {send: {method: GET, path: /Users}, expect: {status: 200}}]}
  - {id: labels.free, feature: users, title: Any label will do, evidence: documented, source: S1, steps: [
      {given: alice}, {do: read, user: alice}]}
  - {id: labels.strict, feature: users, title: One label will do, evidence: documented, source: S1,
     requires: {http.scim-media-type: {severity: degraded, source: S1}}, steps: [{given: alice}, {do: read, user: alice}]}
  - {id: groups.create, feature: groups, title: A group, evidence: documented, source: S1, when: {resource-type: Group}, steps: [
      {do: create, group: crew}, {verify: crew}]}
  - {id: roles.create, feature: roles, title: Whatever, evidence: documented, source: S1, steps: [{do: create, user: bo}]}
"""


# --- the file ----------------------------------------------------------------------------------------

WHOLE = """\
url: https://staging.example.com/scim/v2
auth: {kind: header, secret-env: STAGING_TOKEN, header-name: X-Key}
ca: ca.pem
claims:
  without-features: [roles]
  groups: false
  filterable: {user: [userName, 'emails[type eq "work"].value']}
  mutable: {group: [displayName], user: []}
  disable: delete
  existing: adopt
  delete: gone
  page-size: {default: 20, max: 100}
  media-types: [application/json]
bases: {"1.1": https://staging.example.com/scim/v1}
"""


def written(tmp_path, text, name="t.yaml"):
    (tmp_path / name).write_text(text)
    return tmp_path / name


def test_a_whole_file(tmp_path):
    found = target.load(written(tmp_path, WHOLE))
    assert (found.url, found.ca) == ("https://staging.example.com/scim/v2", "ca.pem")
    assert found.auth == {"kind": "header", "secret-env": "STAGING_TOKEN", "header-name": "X-Key"}
    claims = target.claims_of(found.claims)
    assert claims == Claims(
        without_features=frozenset({"roles"}),
        groups=False,
        filterable={"User": frozenset({"username", 'emails[type eq "work"].value'})},
        mutable={"Group": frozenset({"displayname"}), "User": frozenset()},
        disable="delete",
        existing="adopt",
        page_default=20,
        page_max=100,
        media_types=frozenset({"application/json"}),
    )
    assert found.bases == {"2.0": found.url, "1.1": "https://staging.example.com/scim/v1"}
    assert (claims.may_filter("User", "USERNAME"), claims.may_filter("User", "title")) == (True, False)
    assert claims.may_filter("Group", "title"), "of groups nothing is said"
    assert (claims.may_change("Group", "displayName"), claims.may_change("User", "title")) == (True, False)


def test_the_smallest_file(tmp_path):
    found = target.load(written(tmp_path, "url: https://x.example\n"))
    assert (found.auth, found.ca, found.claims, found.bases) == ({}, "", {}, {})
    assert target.claims_of({}) == Claims()
    assert target.claims_of({}).may_filter("User", "x")
    assert target.claims_of({}).may_change("User", "x")


NEEDS = "a target file is YAML and needs url: https://host/scim/v2 at least"


@pytest.mark.parametrize(
    ("text", "complaints"),
    [
        ("claims: {}\nurll: x\n", ["1: this target file has no url; add url:", "2: unknown key 'urll'; did you mean 'url'?"]),
        ("url: 5\nca: ''\n", ['1: url must be a text, not the number 5; put it in quotes: "5"', "2: ca is empty"]),
        ("url: x\nauth: {kind: token}\n", ["2: kind cannot be 'token'; it is one of: basic, bearer, header, none, oauth2"]),
        ("url: x\nauth: {secret: s3cret}\n", ["2: unknown key 'secret' in auth; did you mean 'secret-env'?"]),
        ("url: x\nauth: {secret-env: ''}\n", ["2: secret-env is empty"]),
        ("url: x\nclaims:\n  group: true\n", ["3: unknown key 'group' in claims; did you mean 'groups'?"]),
        ("url: x\nclaims:\n  groups: 'yes'\n", ["3: groups must be true or false, not the text 'yes'"]),
        ("url: x\nclaims:\n  filterable: {users: [userName]}\n", ["3: unknown key 'users' in attributes; did you mean 'user'?"]),
        ("url: x\nclaims:\n  mutable: {user: ['']}\n", ["3: entry 1 of user is empty"]),
        ("url: x\nclaims: {disable: remove}\n", ["2: disable cannot be 'remove'; it is one of: delete, keep"]),
        ("url: x\nclaims: {existing: 409}\n", ["2: existing cannot be '409'; it is one of: adopt, conflict"]),
        ("url: x\nclaims: {without-features: roles}\n", ["2: without-features must be a list, not the text 'roles'"]),
        ("url: ''\nclaims:\n  disable: x\n  without-features: y\n  groups: z\n",
         ["1: url is empty", "3: disable cannot be 'x'; it is one of: delete, keep", "4: without-features must be a list, not the text 'y'",
          "5: groups must be true or false, not the text 'z'"]),
        ("url: x\nclaims: {delete: soft}\n", ["2: delete cannot be 'soft'; it is one of: disabled, gone"]),
        ("url: x\nclaims:\n  page-size: {max: 0}\n", ["3: max must be at least 1, not 0"]),
        ("url: x\nclaims:\n  page-size: {maximum: 9}\n", ["3: unknown key 'maximum' in page-size; did you mean 'max'?"]),
        ("url: x\nclaims:\n  page-size: {}\n", ["3: page-size is empty"]),
        ("url: x\nclaims:\n  page-size:\n    max: 10\n    default: 20\n",
         ["5: default 20 is more than max 10; max is the most that one list ever holds"]),
        ("url: x\nclaims:\n  media-types: [text/plain]\n",
         ["3: entry 1 of media-types cannot be 'text/plain'; it is one of: application/json, application/scim+json"]),
        ("url: x\nclaims: {media-types: []}\n", ["2: media-types is empty"]),
        ("url: x\nbases: {2.1: y}\n", ["2: unknown key '2.1' in bases; did you mean '2.0'?"]),
        ("url: x\nbases: {1.1: ''}\n", ["2: 1.1 is empty"]),
        ("url: x\nbases:\n  1.1: z\n  2.0: y\n", ["4: the base of SCIM 2.0 is another than url; url is that base: leave 2.0 out of bases"]),
        ("bases: {1.1: x}\n", ["1: this target file has no url; add url:"]),
        ("", [f"1: the file must hold keys and values; it is empty; {NEEDS}"]),
        ("- x\n", [f"1: the file must hold keys and values; it holds a list; {NEEDS}"]),
        ("url: &a x\n", ["1: the anchor &a is not allowed; write each value out"]),
        ("url: x\nurl: y\n", ["2: the key 'url' stands here twice, first on line 1; keep one of them"]),
        ("url: [x\n", ["2: an open bracket is not closed properly (it began on line 1); look for a missing , ] or } and for a text that needs quotes"]),
    ],
)  # fmt: skip
def test_a_bad_file_is_told_with_its_lines(tmp_path, text, complaints):
    path = written(tmp_path, text)
    with pytest.raises(SourceFileError) as refused:
        target.load(path)
    assert str(refused.value).splitlines() == [f"{path}:{c}" for c in complaints]


def test_no_file_at_all(tmp_path):
    with pytest.raises(SourceFileError) as refused:
        target.load(tmp_path / "no.yaml")
    assert str(refused.value) == f"{tmp_path}/no.yaml:1: there is no such file; {NEEDS}"


def test_the_command_refuses_a_bad_file_before_anything_is_sent(tmp_path, command):
    written(tmp_path, "url: x\nclaims: {disable: remove}\n")
    done = command("run", "--target", "t.yaml", "-p", "entra-v2", "--out", "out")
    assert done.returncode == 2
    assert done.stderr == "t.yaml:2: disable cannot be 'remove'; it is one of: delete, keep\n"
    assert not (tmp_path / "out").exists()


# --- options come first ------------------------------------------------------------------------------------


@pytest.fixture
def chosen(tmp_path, command, monkeypatch):
    """The settings that the command would run with."""

    def call(text, *arguments):
        seen = []

        def execute(request, *, quiet):
            assert quiet is False
            seen.append(request.settings)
            return 0

        monkeypatch.setattr("scim_compat.cli.terminal.execute", execute)
        monkeypatch.setenv("FIRST", "secret-of-the-file")
        monkeypatch.setenv("SECOND", "secret-of-the-option")
        written(tmp_path, text)
        done = command("run", *arguments, "--target", "t.yaml", "-p", "entra-v2")
        assert done.returncode == 0, done.stderr
        return seen[0]

    return call


def test_the_file_alone(chosen):
    settings = chosen(
        "url: http://a.example/scim\nauth: {kind: header, secret-env: FIRST, header-name: X-Key}\nclaims: {groups: true}\n"
    )
    login = settings.login
    assert settings.url == "http://a.example/scim"
    assert (login.kind, login.header_name, login.header_value) == ("header", "X-Key", "secret-of-the-file")
    assert settings.claims == {"groups": True}


def test_basic_and_oauth2_from_the_file(chosen):
    login = chosen("url: http://a.example\nauth: {kind: basic, secret-env: FIRST, user: liv}\n").login
    assert (login.kind, login.user, login.password) == ("basic", "liv", "secret-of-the-file")
    auth = "{kind: oauth2, secret-env: FIRST, token-url: 'http://a.example/token', client-id: me, scope: scim}"
    login = chosen(f"url: http://a.example\nauth: {auth}\n").login
    assert (login.kind, login.token_url, login.client_id, login.scope) == (
        "oauth2",
        "http://a.example/token",
        "me",
        "scim",
    )
    assert login.client_secret == "secret-of-the-file"


BEARER = "url: http://a.example/scim\nauth: {kind: bearer, secret-env: FIRST}\n"
HEADER = "url: http://a.example/scim\nauth: {kind: header, secret-env: FIRST, header-name: X-Key}\n"


BASES = "url: http://a.example/scim\nbases: {1.1: http://a.example/scim/v1}\n"


def test_the_bases_of_the_file(chosen):
    both = {"2.0": "http://a.example/scim", "1.1": "http://a.example/scim/v1"}
    assert chosen(BASES).bases == both
    settings = Settings(url=both["2.0"], bases=both, seed=1, out="out")
    assert base_urls(settings, ["2.0", "1.1"]) == both
    assert Settings.from_dict(settings.to_dict()).bases == both


def test_a_version_without_a_base_has_none():
    two = Settings(url="http://a.example/2", bases={"2.0": "http://a.example/2"}, seed=1, out="out")
    assert base_urls(two, ["2.0", "1.1"]) == {"2.0": "http://a.example/2"}


def test_where_no_bases_are_named_the_url_is_of_the_version_that_runs_or_of_2_0(chosen):
    assert chosen(BEARER).bases == {}
    one = Settings(url="http://a.example/scim", seed=1, out="out")
    assert [base_urls(one, [v]) for v in ("2.0", "1.1")] == [{v: "http://a.example/scim"} for v in ("2.0", "1.1")]
    assert base_urls(one, ["1.1", "2.0"]) == {"2.0": "http://a.example/scim"}


def test_a_url_on_the_command_line_takes_the_place_of_every_base(chosen):
    """Somebody who tries a copy must not send half of the run to the original."""
    settings = chosen(BASES, "http://b.example/scim")
    assert (settings.url, settings.bases) == ("http://b.example/scim", {})


def test_a_url_on_the_command_line_comes_first(chosen):
    settings = chosen(BEARER, "http://b.example/scim")
    assert (settings.url, settings.login.token) == ("http://b.example/scim", "secret-of-the-file")


def test_the_secret_of_an_option_replaces_the_file_s(chosen, tmp_path):
    assert chosen(BEARER, "--secret-env", "SECOND").login.token == "secret-of-the-option"
    (tmp_path / "secret.txt").write_text("from-a-file\n")
    assert chosen(BEARER, "--secret-file", "secret.txt").login.token == "from-a-file"


def test_the_kind_and_the_header_of_an_option_come_first(chosen):
    assert chosen(BEARER, "--auth", "none").login.kind == "none"
    login = chosen(HEADER, "--header-name", "X-Other").login
    assert (login.header_name, login.header_value) == ("X-Other", "secret-of-the-file")
    # An option that repeats the default is an option all the same.
    assert chosen(HEADER, "--header-name", "Authorization").login.header_name == "Authorization"


def test_the_certificates_of_an_option_come_first(chosen, tmp_path):
    (tmp_path / "own.pem").write_text("x")
    text = "url: http://a.example/scim\nca: file.pem\n"
    assert chosen(text).ca == "file.pem"
    assert chosen(text, "--ca", "own.pem").ca == "own.pem"


def test_without_a_target_file_a_url_is_needed(command):
    done = command("run", "-p", "entra-v2")
    assert done.returncode == 2
    assert "give the URL of the SCIM endpoint" in done.stderr


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
    assert [c for c, _ in checks(scenarios["disable.deletes"], "fail")] == [
        "delete.gone-by-id", "delete.gone-by-filter", "delete.gone-from-list"]  # fmt: skip


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


@pytest.mark.parametrize(
    ("features", "name", "hint"),
    [
        ("[role]", "role", "did you mean 'roles'?"),
        ("[groups, deactivate-user]", "deactivate-user", "did you mean 'deactivate-users'?"),
        ("[zzz]", "zzz", "`scim-compat show PROFILE --summary` lists the features of a profile"),
    ],
)
def test_a_feature_that_nobody_knows_is_refused(tmp_path, command, features, name, hint):
    written(tmp_path, PROFILE, "claims.yaml")
    written(tmp_path, f"url: http://x.invalid\nclaims: {{without-features: {features}}}\n")
    done = command("run", "--target", "t.yaml", "-p", "claims.yaml", "--out", "out")
    assert done.returncode == 2
    said = f"names '{name}', which neither a profile of this run nor a built-in one has; {hint}"
    assert f"Error: without-features in the target file {said}" in " ".join(done.stderr.split())
    assert not (tmp_path / "out").exists()


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
