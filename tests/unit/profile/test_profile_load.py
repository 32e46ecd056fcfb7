"""Loading: YAML as it is read, extending, variants, the model that comes out, and what is warned of."""

import hashlib
import json
import os
from pathlib import Path

import jsonschema
import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from scim_compat.errors import Complaint, SourceFileError
from scim_compat.profile import find, grammar, validate
from scim_compat.profile import load as load_module
from scim_compat.profile.lint import lint, written_names
from scim_compat.profile.load import load, load_all
from scim_compat.profile.model import (
    Client,
    Feature,
    Mapped,
    Requirement,
    Source,
)
from scim_compat.source import yaml as yamlsource
from scim_compat.source.complaints import nearest
from scim_compat.values import Where
from support.cost import calls, ends
from support.draw import examples

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

BASE = """\
format: 1
id: base
title: A base
version: "2026.11"
scim: "2.0"
summary: Two sentences. At most.
sources:
  S1: {title: A page, url: "https://docs.example/scim", read: 2026-11}
  S2: {title: A capture}
client:
  name: Example
  headers: {ADSCIMVersion: "6.0", X-Second: b}
  without-headers: [User-Agent, Accept]
  content-type: application/scim+json; charset=utf-8
  query: {encoding: form, flag: aFlag, flag-position: last}
  auth: [bearer, oauth2-client-credentials]
  timeout: 45
dialect:
  update: patch
  operation-names: title
  booleans: string
  simple-attributes: one-pathless-operation
  lone-attribute: pathless
  read-before-write: false
  member-add: one-per-request
  member-shape: ref-null
  member-remove: value-array
  reference: object
  match-parameters:
    User: [{filter: "${filter}"}]
    Group: [{excludedAttributes: members}, {filter: "${filter}"}, {count: 2}]
  read-parameters:
    Group: [{excludedAttributes: members}]
mapping:
  user:
    - {to: schemas, value: ["urn:a", "urn:b"], when: create}
    - {from: userPrincipalName, to: userName, match: 1}
    - {from: mail, to: 'emails[type eq "work"].value', match: 2}
    - {from: manager, to: "URN:manager", reference: true}
    - {from: department, to: 'urn:ietf:params:scim:schemas:extension:peakon:2.0:User:Business Unit'}
  group:
    - {from: displayName, to: displayName, match: 1}
features:
  create-users: Create users
  push-groups: Push groups
requires:
  list.empty-is-200: {severity: blocker, consequence: The job stops, source: S1}
  delete.status: {severity: ignore, evidence: observed}
not-covered:
  - {what: A habit, why: Nobody saw it}
scenarios:
  - id: users.create
    feature: create-users
    title: A user is created
    evidence: documented
    source: S1
    steps:
      - {do: probe, on: User}
      - {do: match, user: alice, finds: 0}
      - {do: create, user: alice, has: {name.familyName: O'Brien}}
      - verify: alice
        has: {'name.familyName': O'Brien}
  - id: groups.push
    feature: push-groups
    title: A group is pushed
    evidence: inferred
    source: [S1, S2]
    note: As deduced.
    when: {resource-type: Group}
    requires: {list.empty-is-200: {severity: cosmetic}}
    client: {timeout: 5, query: {flag-position: first}}
    dialect: {member-remove: value-filter}
    steps:
      - {given: bob}
      - {do: create, group: crew, has: {members: []}}
      - {do: add-members, group: crew, members: [bob]}
      - {verify: crew, members: [bob]}
""".replace("URN", ENTERPRISE)


@pytest.fixture
def profile_file(tmp_path):
    def write(text, name="base.yaml"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def complaints(path, **more):
    with pytest.raises(SourceFileError) as caught:
        load(path, **more)
    return [(each.where.line, each.what) for each in caught.value.complaints]


def line_of(fragment, text=BASE):
    assert text.count(fragment) == 1, fragment
    return text[: text.index(fragment)].count("\n") + 1


def parsed(data):
    return yamlsource.parse(data, name="x", file_format=validate.PROFILE)


def scalar(text):
    return parsed(f"key: {text}\n".encode()).plain()["key"]


# --- YAML -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", "on"), ("off", "off"), ("yes", "yes"), ("No", "No"), ("y", "y"),
        ("2026-11-01", "2026-11-01"), ("12:30:45", "12:30:45"), ("01234", "01234"), ("+15550100", "+15550100"),
        ("0x1F", "0x1F"), ("0o17", "0o17"), ("1_000", "1_000"), (".5", ".5"), (".inf", ".inf"), (".nan", ".nan"),
        ("=", "="), ("<<", "<<"), ('"true"', "true"), ("'12'", "12"), ('""', ""),
        ("true", True), ("False", False), ("null", None), ("~", None), ("", None),
        ("0", 0), ("-7", -7), ("1.50", 1.5), ("2e3", 2000.0),
    ],
)  # fmt: skip
@pytest.mark.parametrize("loader", [yaml.SafeLoader, yamlsource._LOADER])
def test_scalars_are_what_the_author_sees(text, value, loader, monkeypatch):
    monkeypatch.setattr(yamlsource, "_LOADER", loader)
    got = scalar(text)
    assert got == value
    assert type(got) is type(value)


def test_keys_are_always_text():
    root = parsed(b"on: 1\n7: 2\ntrue: 3\nnull: 4\n")
    assert root.plain() == {"on": 1, "7": 2, "true": 3, "null": 4}


def test_every_value_knows_its_place():
    root = parsed(b"a:\n  b: 1\n  c: [x,\n    y]\nd: >\n  folded\n  text\n")
    assert root.plain() == {"a": {"b": 1, "c": ["x", "y"]}, "d": "folded text\n"}
    assert {path: (root.at(path).where.line, root.at(path).column) for path in [("a",), ("a", "b"), ("a", "c", 0)]} == {
        ("a",): (1, 1), ("a", "b"): (2, 3), ("a", "c", 0): (3, 7),
    }  # fmt: skip
    assert root.at(("a", "c", 1)).where == Where("x", 4)
    assert root.at(("d",)).where == Where("x", 5)
    assert root.at(("a", "nothing", "below")) is root.value["a"], "the nearest above that exists"


def test_a_byte_order_mark_and_crlf_are_harmless():
    assert parsed(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n").plain() == {"a": 1, "b": 2}


def test_a_long_number_is_refused():
    with pytest.raises(SourceFileError, match="x:1: this number has more than 18 digits; put it in quotes"):
        scalar("9" * 5000)


def test_size_and_number_of_values_are_bounded(profile_file):
    assert complaints(profile_file("a: " + "x" * 1_000_000)) == [(1, "the file is larger than 1,000,000 bytes")]
    assert complaints(profile_file("a: [" + "1, " * 60_000 + "]")) == [(1, "more than 50,000 values in one file")]


@pytest.mark.parametrize("loader", [yaml.SafeLoader, yamlsource._LOADER])
@pytest.mark.parametrize("text", ["[" * 100_000, "{a: " * 100_000, "- " * 100_000, "? " * 100_000])
def test_deep_nesting_ends_at_once(text, loader, monkeypatch):
    monkeypatch.setattr(yamlsource, "_LOADER", loader)
    with ends(), pytest.raises(SourceFileError):
        parsed(text.encode())


def test_a_file_that_is_none_is_told_as_such(tmp_path):
    assert complaints(tmp_path / "none.yaml") == [(1, "there is no such file")]
    assert complaints(tmp_path) == [(1, "this is not a file")]
    os.mkfifo(tmp_path / "pipe.yaml")
    assert complaints(tmp_path / "pipe.yaml") == [(1, "this is not a file")], "a pipe would be read for ever"


@given(st.text(st.sampled_from("ab:-[]{}#&*!|>'\"%@`,? \t\n\r\\\x07é🦀"), max_size=60))
@example("a: !<x> b")
@example("%TAG ! tag:x,2000:\n---\n!y a: 1")
@example('a: "\\ud800"')
@settings(max_examples=examples(300), deadline=None)
def test_any_text_gives_a_tree_or_a_complaint_with_a_line(text):
    try:
        root = parsed(text.encode("utf-8", "surrogatepass"))
    except SourceFileError as error:
        found = error.complaints
    else:
        assert isinstance(root.plain(), dict)
        return
    assert found
    assert all(1 <= each.where.line <= text.count("\n") + text.count("\r") + 2 for each in found)


# --- the model --------------------------------------------------------------------------------------


def test_all_of_the_format_reaches_the_model(profile_file):
    path = profile_file(BASE)
    profile = load(path)
    assert (profile.id, profile.title, profile.version, profile.scim) == ("base", "A base", "2026.11", "2.0")
    assert profile.summary == "Two sentences. At most."
    assert profile.sources == {
        "S1": Source("S1", "A page", "https://docs.example/scim", "2026-11"),
        "S2": Source("S2", "A capture"),
    }
    assert profile.client == Client(
        name="Example", headers=(("ADSCIMVersion", "6.0"), ("X-Second", "b")), without_headers=("User-Agent", "Accept"),
        content_type="application/scim+json; charset=utf-8", query_encoding="form", flag="aFlag",
        flag_position="last", auth=("bearer", "oauth2-client-credentials"), timeout=45.0,
    )  # fmt: skip
    dialect = profile.dialect
    assert (dialect.update, dialect.operation_names, dialect.booleans) == ("patch", "title", "string")
    assert (dialect.simple_attributes, dialect.lone_attribute) == ("one-pathless-operation", "pathless")
    assert (dialect.read_before_write, dialect.member_add) == (False, "one-per-request")
    assert (dialect.member_shape, dialect.member_remove, dialect.reference) == (
        "ref-null",
        "value-array",
        "object",
    )
    assert dialect.match_parameters == {
        "User": (("filter", "${filter}"),),
        "Group": (("excludedAttributes", "members"), ("filter", "${filter}"), ("count", "2")),
    }
    assert dialect.read_parameters == {"Group": (("excludedAttributes", "members"),)}
    shown = os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)
    rows = profile.mapping["User"]
    assert rows[0] == Mapped(
        "schemas", value=["urn:a", "urn:b"], create_only=True, where=Where(shown, line_of("- {to: schemas"))
    )
    assert rows[1] == Mapped(
        "userName",
        source="userPrincipalName",
        match=1,
        where=Where(shown, line_of("- {from: userPrincipalName")),
    )
    assert rows[3] == Mapped(
        f"{ENTERPRISE}:manager",
        source="manager",
        reference=True,
        where=Where(shown, line_of("- {from: manager")),
    )
    assert [row.to for row in profile.mapping["Group"]] == ["displayName"]
    assert profile.features == (
        Feature("create-users", "Create users"),
        Feature("push-groups", "Push groups"),
    )
    assert profile.requires["delete.status"] == Requirement(
        "delete.status", "ignore", evidence="observed", where=Where(shown, line_of("delete.status"))
    )
    assert profile.not_covered == (("A habit", "Nobody saw it"),)
    assert profile.digest == hashlib.sha256(path.read_bytes()).hexdigest()
    assert profile.path == str(path)
    assert profile.feature_title("push-groups") == "Push groups"


def test_scenarios_and_steps(profile_file):
    create, push = load(profile_file(BASE)).scenarios
    assert (create.id, create.source, create.evidence, create.note) == (
        "users.create",
        ("S1",),
        "documented",
        "",
    )
    assert [(step.kind, step.verb, dict(step.args), step.where.line) for step in create.steps] == [
        ("do", "probe", {"on": "User"}, line_of("{do: probe")),
        ("do", "match", {"user": "alice", "finds": 0}, line_of("{do: match")),
        ("do", "create", {"user": "alice", "has": {"name.familyName": "O'Brien"}}, line_of("{do: create, user")),
        (
            "verify",
            "verify",
            {"verify": "alice", "has": {"name.familyName": "O'Brien"}},
            line_of("- verify: alice"),
        ),
    ]
    assert (push.source, push.when, push.note) == (("S1", "S2"), {"resource-type": "Group"}, "As deduced.")
    assert (push.client.timeout, push.client.flag_position, push.client.flag) == (5.0, "first", "aFlag")
    assert (push.dialect.member_remove, push.dialect.member_shape) == ("value-filter", "ref-null")
    override = push.requires["list.empty-is-200"]
    assert (override.severity, override.consequence, override.source) == ("cosmetic", "The job stops", "S1")
    assert [step.kind for step in push.steps] == ["given", "do", "do", "verify"]
    json.dumps([dict(step.args) for step in push.steps])  # plain values: they are sent and reported as JSON


def with_scenario(body):
    head = "  - id: users.more\n    feature: create-users\n    title: A user is changed\n"
    return BASE + head + "".join(f"    {line}\n" for line in body.splitlines())


def test_variants_become_scenarios(profile_file):
    text = with_scenario(
        """\
evidence: documented
source: S1
when: {resource-type: User}
client: {timeout: 5}
requires: {delete.status: {severity: degraded}}
variants:
  - {id: first, client: {query: {flag-position: first}}}
  - id: second
    title: A user is changed in another way
    evidence: inferred
    source: [S2]
    note: Only deduced.
    when: {extension: "urn:x:y"}
    dialect: {booleans: json}
    requires: {delete.status: {consequence: It shows}}
    steps: [{given: bob}, {verify: bob}]
steps: [{given: alice}, {verify: alice}]"""
    )
    first, second = load(profile_file(text)).scenarios[2:]
    assert (first.id, first.variant, first.title) == (
        "users.more.first",
        "first",
        "A user is changed (first)",
    )
    assert (first.client.timeout, first.client.flag_position, first.client.flag) == (5.0, "first", "aFlag")
    assert (first.evidence, first.source, first.note) == ("documented", ("S1",), "")
    assert [step.args for step in first.steps] == [{"given": "alice"}, {"verify": "alice"}]
    assert (second.id, second.title) == ("users.more.second", "A user is changed in another way")
    assert (second.evidence, second.source, second.note) == ("inferred", ("S2",), "Only deduced.")
    assert second.when == {"resource-type": "User", "extension": "urn:x:y"}
    assert (second.dialect.booleans, second.dialect.reference, second.client.timeout) == (
        "json",
        "object",
        5.0,
    )
    assert second.requires["delete.status"].severity == "degraded"
    assert second.requires["delete.status"].consequence == "It shows"
    assert [step.args for step in second.steps] == [{"given": "bob"}, {"verify": "bob"}]
    lines = text.splitlines()
    assert "- {id: first" in lines[first.where.line - 1]
    assert "- id: second" in lines[second.where.line - 1]


# --- extends ----------------------------------------------------------------------------------------

CHILD = """\
format: 1
id: child
title: A child
version: "1"
extends: base.yaml
client:
  headers: {X-Second: c, X-Third: d}
  without-headers: [Accept]
mapping:
  user:
    - {from: userPrincipalName, to: userName, match: 1}
requires:
  list.empty-is-200: {severity: degraded}
  create.status: {severity: breach, consequence: Bad, source: S3}
sources:
  S3: {title: Another}
scenarios:
  - {id: groups.push, drop: true}
  - id: users.create
    title: A user is created by the child
  - id: users.more
    feature: create-users
    title: A second user is created
    evidence: observed
    source: S3
    steps: [{do: create, user: alice}, {verify: alice}]
"""


def test_extends_merges_mappings_and_scenarios_and_replaces_lists(profile_file):
    base, child = profile_file(BASE), profile_file(CHILD, "child.yaml")
    profile = load(child)
    assert (profile.id, profile.title, profile.version, profile.scim) == ("child", "A child", "1", "2.0")
    assert profile.client.headers == (("ADSCIMVersion", "6.0"), ("X-Second", "c"), ("X-Third", "d"))
    assert profile.client.without_headers == ("Accept",)
    assert profile.client.flag == "aFlag"
    assert [row.to for row in profile.mapping["User"]] == ["userName"]
    assert [row.to for row in profile.mapping["Group"]] == ["displayName"]
    merged = profile.requires["list.empty-is-200"]
    assert (merged.severity, merged.consequence) == ("degraded", "The job stops")
    assert list(profile.sources) == ["S1", "S2", "S3"]
    assert [scenario.id for scenario in profile.scenarios] == ["users.create", "users.more"]
    created = profile.scenarios[0]
    assert created.title == "A user is created by the child"
    assert len(created.steps) == 4
    assert created.steps[0].where == Where(load(base).scenarios[0].where.file, line_of("{do: probe")), (
        "a step stays where it is written"
    )
    assert (Path(created.where.file).name, created.where.line) == (
        "child.yaml",
        line_of("- id: users.create", CHILD),
    )
    assert [feature.id for feature in profile.features] == ["create-users"], "the feature went with its last scenario"
    assert profile.digest == hashlib.sha256(child.read_bytes() + base.read_bytes()).hexdigest()


def test_a_mistake_in_the_extended_file_is_told_there(profile_file):
    base = BASE.replace("{do: probe, on: User}", "{do: probe, on: Usr}")
    path = profile_file(base).parent / "child.yaml"
    path.write_text(CHILD)
    with pytest.raises(SourceFileError) as caught:
        load(path)
    (only,) = caught.value.complaints
    assert (Path(only.where.file).name, only.where.line, only.what) == (
        "base.yaml",
        line_of("{do: probe"),
        "on cannot be 'Usr'",
    )


def test_complaints_of_the_loaded_file_come_first(profile_file):
    profile_file(BASE.replace("source: S1}", "source: S8}"))
    child = profile_file(CHILD.replace("source: S3\n", "source: S9\n"), "child.yaml")
    with pytest.raises(SourceFileError) as caught:
        load(child)
    assert [(Path(each.where.file).name, each.what) for each in caught.value.complaints] == [
        ("child.yaml", "unknown source 'S9'"),
        ("base.yaml", "unknown source 'S8'"),
    ]


def test_a_link_does_not_lead_out_of_the_folder(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "secret.yaml").write_text(BASE)
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "base.yaml").symlink_to(tmp_path / "elsewhere" / "secret.yaml")
    (tmp_path / "here" / "child.yaml").write_text(CHILD)
    found = complaints(tmp_path / "here" / "child.yaml")
    assert found == [(5, "there is no file 'base.yaml' in the folder of child.yaml")]


def test_a_long_chain_ends(tmp_path):
    for number in range(12):
        (tmp_path / f"p{number}.yaml").write_text(f"extends: p{number + 1}.yaml\n")
    assert complaints(tmp_path / "p0.yaml") == [(1, "extends goes on over more than 10 files")]


# --- built-in profiles ------------------------------------------------------------------------------


@pytest.fixture
def built_in(tmp_path, monkeypatch):
    """A folder that stands for the built-in profiles."""
    folder = tmp_path / "profiles"
    folder.mkdir()
    monkeypatch.setattr(find, "builtin_dir", lambda: folder)
    monkeypatch.setattr(load_module, "builtin_dir", lambda: folder)
    (folder / "base.yaml").write_text(BASE)
    (folder / "README.md").write_text("Not a profile.")
    return folder


def test_built_in_profiles_are_loaded_by_id(built_in, tmp_path):
    (built_in / "child.yaml").write_text(CHILD.replace("extends: base.yaml", "extends: base"))
    assert list(find.builtin()) == ["base", "child"]
    assert load("base").path == str(built_in / "base.yaml")
    assert [profile.id for profile in load_all()] == ["base", "child"]
    own = tmp_path / "child.yaml"
    own.write_text(CHILD.replace("extends: base.yaml", "extends: base").replace("id: child", "id: own"))
    assert load(str(own)).id == "own", "a path as text is a path"


def test_unknown_names_get_the_nearest(built_in):
    with pytest.raises(SourceFileError, match="there is no profile 'bsae'; did you mean 'base'"):
        load("bsae")
    with pytest.raises(SourceFileError, match="there is no profile 'okta'; built in: base"):
        load("okta")


def test_a_built_in_profile_is_called_as_its_file(built_in):
    (built_in / "other.yaml").write_text(BASE)
    with pytest.raises(SourceFileError, match=r"the built-in profile other\.yaml calls itself 'base'"):
        load_all()


def test_the_real_folder_holds_yaml_files_called_by_their_id():
    assert find.builtin_dir().is_dir()
    assert all(path.name == f"{identifier}.yaml" for identifier, path in find.builtin().items())


def test_checks_are_looked_up_only_if_given(profile_file):
    path = profile_file(BASE)
    assert load(path, check_ids=["delete.status", "list.empty-is-200"]).id == "base"
    with pytest.raises(SourceFileError, match=r"unknown check 'delete\.status'; did you mean 'delete\.statuses'"):
        load(path, check_ids={"delete.statuses", "list.empty-is-200"})


# --- the schema -------------------------------------------------------------------------------------


def test_editors_get_the_same_answer(profile_file):
    """The published schema, steps included, takes what loads, whole or extending."""
    jsonschema.Draft202012Validator.check_schema(validate.schema())
    editor = jsonschema.Draft202012Validator(validate.schema())
    for text in (BASE, CHILD):
        editor.validate(parsed(text.encode()).plain())
    for old, new in [
        ("{do: probe, on: User}", "{do: prob, on: User}"),
        ("{do: probe, on: User}", "{do: probe, at: User}"),
        ("{given: bob}", "{given: bob, do: create}"),
        ("{given: bob}", "{}"),
        ("scim: ", "scmi: "),
        ("    title: A user is created\n", ""),
    ]:
        assert old in BASE
        assert not editor.is_valid(parsed(BASE.replace(old, new, 1).encode()).plain()), new


def test_every_object_of_the_schema_is_closed_and_every_rule_has_words():
    def objects(node, path=""):
        if isinstance(node, dict):
            if "properties" in node and "title" in node:
                assert node.get("additionalProperties") is False, path
            if "pattern" in node:
                assert node.get("patternErrorMessage"), path
            for key, child in node.items():
                objects(child, f"{path}/{key}")
        elif isinstance(node, list):
            for number, child in enumerate(node):
                objects(child, f"{path}/{number}")

    objects(validate.schema())
    assert validate.verbs() == tuple(sorted(validate.schema()["$defs"]["verbs"]))


VERBS = """\
- {given: alice, kind: User, as: {surname: "O'Brien"}, has: {title: x}, without: [active]}
- {given: bob}
- {given: team, kind: Group, members: [bob]}
- {given: crowd, count: 120, large-count: 1000}
- {do: probe, on: Group}
- {do: match, user: carol, by: 'emails[type eq "work"].value', case: upper, finds: 0}
- {do: create, user: carol, has: {title: "${carol.mail|upper|json}"}, without: [active]}
- {do: create, user: dave, as: {surname: x}}
- {do: create, user: carol, expect: conflict}
- {do: create, user: twin, as: {userPrincipalName: "${alice.userName|swapcase}"}, expect: conflict}
- {do: create, group: crew, has: {members: []}, schemas: [a]}
- {do: read, user: alice}
- {do: change, user: alice, set: {name.givenName: Ål, 'members[value eq "${bob.id}"].display': x}, clear: [title]}
- {do: assign-manager, user: alice, manager: bob}
- {do: patch, user: alice, operations: [{op: Add, path: nickName, value: "${new.word}"}], means: {set: {nickName: x}},
   expect: either, read: false}
- {do: patch, user: alice, body: {schemas: [x], active: true}, means: {set: {active: true}}, expect: either, read: false}
- {do: patch, group: crew, operations: [{op: add, path: members, value: [{value: "${bob.id}"}]}], means: {add-members: [bob]}}
- {do: add-members, group: crew, members: [alice, bob, crowd], per-request: 20}
- {do: add-members, group: crew, members: [alice], again: true}
- {do: remove-members, group: crew, members: [alice]}
- {verify: crew, members: [bob, crowd]}
- {do: discover, endpoint: ResourceTypes, follow: true}
- {do: import, on: User, count: 5, all-but: 1, beyond: true}
- {do: match-crowd, on: Group, by: [displayName]}
- {do: evaluate, user: alice}
- send: {method: GET, path: /Users}
  expect:
    answers: [{at: /totalResults, is: number}, {at: /Resources/0/id, equals: "${alice.id}"}, {at: /schemas, includes: x}]
    headers: {ETag: present}
    among: [alice, bob]
    finds: [alice]
    order: [alice, bob]
    rule: {level: MUST, cites: [RFC7644-3.4.2.2], title: A filter finds what fits, fix: Fix it}
- {send: {method: GET, path: "/Users/${alice.id}", query: a=b&c, headers: {X-A: "${run.tag}"}, credential: none},
   expect: {status: [401], outcome: refusal}, about: alice, resource: User}
- {send: {method: PATCH, path: "/Users/${alice.id}", body: {Operations: []}}, expect: {status: 200}, about: alice,
   means: {set: {active: false}}}
- {send: {method: DELETE, path: "/Users/${new.guid}"}, expect: {status: [404]}}
- {send: {method: POST, path: /Users, body: "{", headers: {Content-Type: text/plain}}, expect: {outcome: refusal}}
- {send: {method: POST, path: /.search, body: {}}, expect: {outcome: either}}
- {verify: alice, has: {active: false}, lacks: [title], found-by: [id, filter, list]}
- {do: bulk, fail-on-errors: 1, operations: [{create: crew2, kind: Group, members: [erin]}, {create: erin, has: {title: x}},
   {patch: alice, operations: [{op: replace, path: active, value: false}], means: {set: {active: false}}},
   {create: erin, expect: refusal}, {create: frank, expect: not-run}]}
- {do: overlap, user: alice, set: {displayName: A, title: B}}
- {do: overlap, group: crew, add-members: [alice], remove-members: [bob]}
- {do: overlap, user: gina, creates: 2, has: {title: x}, without: [emails]}
- {do: overstep-bulk}
- {do: trespass, user: alice, with: none}
- {do: trespass, with: near}
- {do: delete, user: carol}
- {do: delete, user: carol, expect: gone}
- {do: read, user: carol, expect: gone}
- {verify: carol, gone: [id, filter, list]}
- {do: create, user: carol}
"""


def test_every_verb_and_argument_of_the_format_loads(profile_file):
    text = with_scenario("evidence: observed\nsource: S1\nsteps:\n" + "".join(f"  {x}\n" for x in VERBS.splitlines()))
    steps = load(profile_file(text)).scenarios[-1].steps
    assert len(steps) == VERBS.count("\n- ") + 1
    assert {step.verb for step in steps} == {*validate.verbs(), "given", "send", "verify"}
    jsonschema.Draft202012Validator(validate.schema()).validate(parsed(text.encode()).plain())


# --- grammar ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "active", "name.givenName", "emails", 'emails[type eq "work"]', 'emails[type eq "work"].value',
        'roles[primary eq "True"].value', "roles[primary eq true].value", "members.$ref",
        'addresses[type eq "work" and primary eq true].streetAddress', 'emails[value eq "a\\"b]c"].value',
        'members[value eq "${alice.id}"]', f"{ENTERPRISE}:department", f"{ENTERPRISE}:manager.value", ENTERPRISE,
        "urn:ietf:params:scim:schemas:extension:peakon:2.0:User:Business Unit",
        'urn:ietf:params:scim:schemas:extension:x:2.0:User:offices[type eq "a:b"].name', "URN:ietf:x:User:a",
    ],
)  # fmt: skip
def test_paths_that_clients_write(path):
    assert grammar.path_problem(path) is None


@pytest.mark.parametrize(
    "path",
    [
        "", " ", "1st", "a b", "a..b", "a.b.c", ".a", "a.", "a[]", "a[b]", 'a[b = "c"]', 'a[b eq "c]', "a[b eq c]",
        'a[b eq "c"', 'a[b eq "c"]]', 'a[b eq "c"]d', "urn:", "urn:x", "urn:x:y z", "urn:a:b:User:", "urn:a:b:User: x",
        "urn:a:b:User:x ", 'a[b eq "c"][d eq "e"]', "a\n", "${alice.id",
    ],
)  # fmt: skip
def test_paths_that_are_none(path):
    assert grammar.path_problem(path) is not None


@pytest.mark.parametrize("path", ["/", "/Users", "/Users/${alice.id}", "/Users/.search", "/a..b/...", "/Users/%20"])
def test_request_paths_that_stay_inside(path):
    assert grammar.request_path_problem(path) is None


@pytest.mark.parametrize(
    "path",
    [
        "", "Users", "http://evil.example/", "//evil.example", "/\\evil.example", "/a//b", "/..", "/../x", "/a/..", "/./a",
        "/a/%2e%2E/b", "/a/.%2e", "/a%2f..%2fb", "/a/%2F%2e%2e", "/a b", "/a\r\nX: y", "/a?b", "/a#b", "/a\x00",
    ],
)  # fmt: skip
def test_request_paths_that_lead_out(path):
    assert grammar.request_path_problem(path) is not None


@pytest.mark.parametrize(
    "name", ["Authorization", "COOKIE", "host", "Content-length", "Transfer-Encoding", "X Y", "", "a:b"]
)
def test_headers_a_profile_may_not_set(name):
    assert grammar.header_problem(name, "x") is not None


@pytest.mark.parametrize("value", ["a\nb", "a\rb", "a\x00", "\x7f", "名"])
def test_header_values_that_break_the_message(value):
    assert grammar.header_problem("X-A", value) is not None
    assert grammar.header_problem("X-A", "plain; q=1 é\t!") is None


# --- errors and lint --------------------------------------------------------------------------------


def test_an_error_shows_twenty_and_counts_the_rest():
    many = [Complaint(Where("f.yaml", line), "wrong", "mend it") for line in range(1, 24)]
    lines = str(SourceFileError([*many, many[0]])).splitlines()
    assert lines[0] == "f.yaml:1: wrong; mend it"
    assert len(lines) == 21
    assert lines[-1] == "… and 3 more"


def test_hostile_text_is_shown_on_one_line():
    with pytest.raises(SourceFileError) as caught:
        parsed(b'"a\\nb\\e[31m": 1\n"a\\nb\\e[31m": 2\n')
    assert str(caught.value) == "x:2: the key 'a\\x0ab\\x1b[31m' stands here twice, first on line 1; keep one of them"


def test_nearest():
    assert nearest("Usernme", ["userName", "id"]) == "did you mean 'userName'?"
    assert nearest("zzz", ["b", "a"], plural="features") == "features: a, b"
    assert nearest("zzz", [f"name{number}" for number in range(30)]) == ""
    assert nearest("name1", [f"name{number}" for number in range(600)]) == "", "bounded work"


def lint_of(profile_file, body):
    text = with_scenario(body)
    found = lint(load(profile_file(text)))
    return [(text.splitlines()[each.where.line - 1].strip(), each.what) for each in found]


def test_a_sound_profile_has_no_warnings(profile_file):
    assert lint(load(profile_file(BASE))) == []


def test_writes_that_nobody_reads_back_are_warned_of(profile_file):
    found = lint_of(
        profile_file,
        """\
evidence: observed
source: S1
steps:
  - {do: create, user: alice}
  - {verify: alice}
  - {do: change, user: alice, set: {active: false}}
  - {given: bob}
  - {do: create, user: bob, expect: conflict}
  - {send: {method: DELETE, path: "/Users/${bob.id}", credential: none}, about: bob}
  - {send: {method: GET, path: "/Users/${bob.id}"}, about: bob}
  - {send: {method: DELETE, path: "/Users/${bob.id}"}, about: bob}
  - {do: delete, user: alice}
  - {do: patch, user: bob, operations: [{op: remove, path: title}]}
  - {do: delete, user: alice, expect: gone}
  - {verify: alice, gone: [id]}""",
    )
    assert found == [
        (
            '- {send: {method: DELETE, path: "/Users/${bob.id}"}, about: bob}',
            "nothing reads 'bob' back after this write",
        ),
        (
            "- {do: patch, user: bob, operations: [{op: remove, path: title}]}",
            "nothing reads 'bob' back after this write",
        ),
        (
            "- {do: patch, user: bob, operations: [{op: remove, path: title}]}",
            "operations without means: nothing states their effects",
        ),
    ]


def test_titles_features_and_consequences_are_warned_of(profile_file):
    text = BASE.replace("A user is created", "A user should be created").replace(
        "A group is pushed", "Group " + "x" * 99
    )
    text = text.replace("push-groups: Push groups", "push-groups: Push groups\n  roles: Roles")
    text = text.replace("consequence: The job stops, ", "")
    text += "  - {id: a.b, feature: roles, title: a user SHOULD be created, evidence: observed, source: S1, steps: ["
    text += "{given: x}, {verify: x}]}\n"
    first = line_of("- id: users.create", text)
    found = [each.what for each in lint(load(profile_file(text)))]
    assert found == [
        "list.empty-is-200 is a blocker without a consequence",
        "the title of users.create says 'should'",
        "the title of groups.push has 105 characters",
        "the title of a.b says 'SHOULD'",
        f"the title 'a user SHOULD be created' stands twice, first on line {first}",
    ]
    text = BASE.replace("push-groups: Push groups", "push-groups: Push groups\n  roles: Roles")
    assert [each.what for each in lint(load(profile_file(text)))] == ["no scenario proves the feature roles"]


def test_written_names_are_those_whose_state_changes(profile_file):
    create, push = load(profile_file(BASE)).scenarios
    assert [list(written_names(step)) for step in create.steps] == [[], [], ["alice"], []]
    assert [list(written_names(step)) for step in push.steps] == [[], ["crew"], ["crew"], []]


# --- robustness and speed ---------------------------------------------------------------------------

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 600)
    | st.sampled_from(["", "x", "${a.b", "${alice.id}", "1.1", "a\nb"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "user", "do", "x"]), inner, max_size=3)
    ),
    max_leaves=4,
)


def places(value, path=()):
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in items:
        yield from places(child, (*path, key))


WHOLE = parsed(BASE.encode()).plain()
PLACES = [path for path in places(WHOLE) if path]


@given(st.sampled_from(PLACES), JSON)
@settings(max_examples=examples(80), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_value_in_any_place_loads_or_is_complained_of(tmp_path, place, value):
    changed = json.loads(json.dumps(WHOLE))
    *above, last = place
    holder = changed
    for part in above:
        holder = holder[part]
    holder[last] = value
    path = tmp_path / "changed.yaml"
    path.write_text(json.dumps(changed), encoding="utf-8")
    try:
        profile = load(path)
    except SourceFileError as error:
        found = error.complaints
    else:
        found = (*lint(profile), Complaint(profile.scenarios[0].where, "it loads"))
    assert found
    assert all(each.what and each.where.line >= 1 for each in found)


def test_ten_times_the_scenarios_cost_ten_times_the_work(profile_file):
    steps = "".join("      - {do: change, user: alice, set: {title: x, name.givenName: y}}\n" for _ in range(4))

    def more(count):
        return "".join(
            f"  - id: users.n{number}\n    feature: create-users\n    title: User {number}\n    evidence: observed\n"
            f"    source: S1\n    steps:\n      - {{do: create, user: alice}}\n{steps}      - {{verify: alice}}\n"
            for number in range(count)
        )

    load(profile_file(BASE))
    few = calls(lambda: load(profile_file(BASE + more(15))))
    path = profile_file(BASE + more(150))
    assert len(load(path).scenarios) == 152
    assert calls(lambda: load(path)) < 11 * few


def test_a_file_of_nothing_but_mistakes_is_given_up(profile_file):
    def scenarios(count):
        return BASE + "".join(f"  - {{idd: x{number}, stepz: 1}}\n" for number in range(count))

    def requires(count):
        entries = "".join(f"  a.c{n}: {{source: S{n + 7}}}\n" for n in range(count))
        return BASE.replace("\nrequires:\n", "\nrequires:\n" + entries)

    found = []
    for mistakes in (scenarios, requires):
        few, many = (profile_file(mistakes(count), f"{count}.yaml") for count in (250, 2500))
        cost, most = (calls(lambda file=file: found.append(len(complaints(file)))) for file in (few, many))
        assert most < 11 * cost
    assert found == [200] * 4
