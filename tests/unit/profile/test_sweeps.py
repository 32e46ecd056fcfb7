"""Sweeps: a template of a scenario, unfolded over the rows of a mapping, and of somebody's own mapping."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from scim_compat.engine.applies import not_applicable
from scim_compat.engine.capabilities import Capabilities, Claims
from scim_compat.engine.context import RunContext
from scim_compat.engine.imaginary_server import ImaginaryServer
from scim_compat.engine.ledger import Ledger
from scim_compat.engine.rehearsal import rehearse
from scim_compat.engine.scenario import run_scenario
from scim_compat.profile.load import load
from scim_compat.run.selection import is_match
from scim_compat.scim.names import CORE_SCHEMA, ENTERPRISE

HEAD = """\
format: 1
id: mine
title: Mine
version: "1"
extends: entra-v2
mapping:
  user:
    - {to: schemas, when: create, value: ["urn:ietf:params:scim:schemas:core:2.0:User"]}
    - {from: mailNickname, to: externalId}
    - {from: userPrincipalName, to: userName, match: 1}
    - {from: active, to: active}
    - {from: jobTitle, to: title}
    - {from: mail, to: 'emails[type eq "work"].value'}
    - {to: 'emails[type eq "work"].primary', value: true, when: create}
    - {from: telephoneNumber, to: 'phoneNumbers[type eq "work"].value'}
    - {from: mobile, to: 'phoneNumbers[type eq "mobile"].value'}
    - {from: givenName, to: name.givenName}
    - {from: surname, to: name.familyName}
    - {from: department, to: "urn:ietf:params:scim:schemas:extension:acme:2.0:User:unit"}
    - {from: manager, to: "urn:ietf:params:scim:schemas:extension:acme:2.0:User:manager", reference: true}
scenarios:
  - id: mine.sweep
    feature: update-users
    title: A title
    evidence: inferred
    source: S1
"""
ACME = "urn:ietf:params:scim:schemas:extension:acme:2.0:User"
UNSWEPT = ("schemas", "active", 'emails[type eq "work"].primary', f"{ACME}:manager")


def sweep(tmp_path, sweep, *steps, thorough=False):
    path = tmp_path / "mine.scim.yaml"
    path.write_text(HEAD + f"    sweep: {sweep}\n    steps:\n" + "".join(f"      - {each}\n" for each in steps))
    profile = load(path, thorough=thorough)
    return profile, [each for each in profile.scenarios if each.id.startswith("mine.sweep")]


CREATE = "{do: create, user: alice, without: ['${rows.whole}']}"
VERIFY = "{verify: alice}"


def test_the_attributes_of_one_holder_share_a_scenario(tmp_path):
    _, found = sweep(tmp_path, "{over: user, skip: [userName]}", CREATE, VERIFY)
    assert {each.id.removeprefix("mine.sweep."): each.sweep.paths for each in found} == {
        "simple-attributes": ("externalId", "title"),
        "emails": ('emails[type eq "work"].value',),
        "phonenumbers": ('phoneNumbers[type eq "work"].value', 'phoneNumbers[type eq "mobile"].value'),
        "name": ("name.givenName", "name.familyName"),
        "acme": (f"{ACME}:unit",),
    }
    assert [each.title for each in found][::4] == ["A title: simple attributes", "A title: acme"]
    assert {each.sweep.kind for each in found} == {"User"}


def test_a_number_deals_them_round(tmp_path):
    _, found = sweep(tmp_path, "{over: user, together: 3, skip: [userName]}", CREATE, VERIFY)
    assert [each.id for each in found] == ["mine.sweep.1", "mine.sweep.2", "mine.sweep.3"]
    assert found[0].sweep.paths == ("externalId", 'phoneNumbers[type eq "work"].value', "name.familyName")
    assert sum((each.sweep.paths for each in found), ()).count("title") == 1
    assert found[1].title == "A title: part 2 of 3"


@pytest.mark.parametrize("together", ["all", "99"])
def test_one_scenario_keeps_the_id_of_the_template(together, tmp_path):
    _, [found] = sweep(tmp_path, f"{{over: user, together: {together}}}", CREATE, VERIFY)
    assert (found.id, found.title, found.variant) == ("mine.sweep", "A title", "")
    assert not set(UNSWEPT) & set(found.sweep.paths)
    assert len(found.sweep.paths) == 9


def test_thorough_takes_one_attribute_a_scenario(tmp_path):
    _, found = sweep(tmp_path, "{over: user, together: all}", CREATE, VERIFY, thorough=True)
    assert all(len(each.sweep.paths) == 1 for each in found)
    assert [each.id.removeprefix("mine.sweep.") for each in found] == [
        "externalid", "username", "title", "emails-type-eq-work-value", "phonenumbers-type-eq-work-value",
        "phonenumbers-type-eq-mobile-value", "name-givenname", "name-familyname", "acme-unit",
    ]  # fmt: skip
    assert found[-1].title == "A title: acme unit"
    assert is_match(found[-1], "mine.sweep")
    assert is_match(found[-1], "mine.sweep.acme-unit")


@pytest.mark.parametrize(
    ("choice", "paths"),
    [
        ("only: [NAME, title]", ("title", "name.givenName", "name.familyName")),
        (f"only: ['{ACME}']", (f"{ACME}:unit",)),
        ("only: [emails], skip: ['emails[type eq \"work\"].value']", ()),
    ],
)
def test_rows_are_chosen_by_path_and_by_holder(choice, paths, tmp_path):
    _, found = sweep(tmp_path, f"{{over: user, together: all, {choice}}}", CREATE, VERIFY)
    assert sum((each.sweep.paths for each in found), ()) == paths


def test_rows_stand_in_lists_and_among_the_keys_of_a_step(tmp_path):
    profile, [found] = sweep(
        tmp_path, "{over: user, together: all, only: [title, name]}",
        "{given: alice, without: [externalId, '${rows.whole}'], has: {active: false}}",
        "{do: change, user: alice, set: {active: true, '${rows}': mapped}}",
        "{do: change, user: alice, set: {'${rows}': other, nickName: Livvi}}",
        "{do: change, user: alice, clear: ['${rows}', nickName]}",
        "{verify: alice, lacks: ['${rows}']}",
    )  # fmt: skip
    given, first, second, third, fourth = (dict(step.args) for step in found.steps)
    assert given["without"] == ["externalId", "title", "name"]
    assert first["set"] == {
        "active": True, "title": "${alice.source.jobTitle}", "name.givenName": "${alice.source.givenName}",
        "name.familyName": "${alice.source.surname}",
    }  # fmt: skip
    assert second["set"] == {
        "title": "Harbour Pilot", "name.givenName": "Livia", "name.familyName": "Falk-Moor", "nickName": "Livvi",
    }  # fmt: skip
    assert third["clear"] == ["title", "name.givenName", "name.familyName", "nickName"]
    assert fourth["lacks"] == third["clear"][:3]
    assert len({step.where.line for step in found.steps}) == 5
    bodies = [json.loads(each.observation.exchange.request.body or b"{}") for each in rehearse(profile, found)]
    assert "name" not in bodies[0]
    assert {key for one in bodies[2]["Operations"] for key in one["value"]} == {"active", *third["clear"][:3]}


def test_an_emptied_row_has_an_empty_text(tmp_path):
    _, [found] = sweep(
        tmp_path,
        "{over: user, only: [title]}",
        "{given: alice}",
        "{do: change, user: alice, set: {'${rows}': empty}}",
        VERIFY,
    )
    assert found.steps[1].args["set"] == {"title": ""}


def test_other_values_differ_from_everybodys_own(entra):
    """A change to the value that is there would prove nothing, and neither would one that never comes back."""
    swept = set()
    for scenario in [each for each in entra.scenarios if each.id.startswith("users.change-and-change-back")]:
        sent = [each.observation for each in rehearse(entra, scenario)]
        first, second = (one.intent.subject.writes[-1].effects for one in sent if one.intent.action == "patch")
        other, back = ({effect.path: effect.value for effect in effects} for effects in (first, second))
        assert other.keys() == back.keys() == set(scenario.sweep.paths)
        assert not {path for path in other if other[path] == back[path]}
        swept |= other.keys()
    assert swept >= {"displayName", "preferredLanguage"}  # which are called the same at the source


def test_each_entry_of_an_attribute_goes_as_a_whole_once_nothing_is_left_of_it(tmp_path):
    _, found = sweep(tmp_path, "{over: user, only: ['phoneNumbers[type eq \"work\"].value']}", CREATE, VERIFY)
    assert found[0].steps[0].args["without"] == ['phoneNumbers[type eq "work"]']
    _, found = sweep(tmp_path, "{over: user, only: [phoneNumbers, emails], together: all}", CREATE, VERIFY)
    assert found[0].steps[0].args["without"] == ["emails", "phoneNumbers"]
    _, found = sweep(tmp_path, f"{{over: user, only: ['{ACME}', name.givenName], together: all}}", CREATE, VERIFY)
    assert found[0].steps[0].args["without"] == ["name.givenName", ACME]


# --- what the target offers -----------------------------------------------------------------------

LISTED = [
    {"id": CORE_SCHEMA["2.0"]["User"], "attributes": [
        {"name": "title", "mutability": "readWrite"}, {"name": "nickName", "mutability": "immutable"},
        {"name": "name", "subAttributes": [{"name": "familyName"}]}]},
]  # fmt: skip


def stage(observe, *, schemas=LISTED, mutable=None):
    return RunContext(
        sender=ImaginaryServer(base_url="https://scim.example"), base_url="https://scim.example", seed=7,
        ledger=Ledger(None), observe=observe, capabilities=Capabilities(schemas=tuple(schemas)),
        claims=Claims(mutable=mutable),
    )  # fmt: skip


def changed(profile, scenario, **target):
    """The attributes that the client writes in the scenario."""
    seen = []
    run_scenario(profile, scenario, stage(seen.append, **target))
    return [
        effect.path
        for played in seen
        if played.observation.intent.action == "patch"
        for effect in played.observation.intent.subject.writes[-1].effects
    ]


def test_attributes_that_the_target_does_not_offer_are_left_out(tmp_path):
    steps = ("{given: alice}", "{do: change, user: alice, set: {'${rows}': other}}", VERIFY)
    profile, [found] = sweep(tmp_path, "{over: user, together: all, skip: [userName, externalId]}", *steps)
    assert changed(profile, found) == ["title", "name.familyName"]
    assert changed(profile, found, mutable={"User": frozenset({"title"})}) == ["title"]
    assert len(changed(profile, found, schemas=[])) == 7
    assert not_applicable(found, stage(print)) == ""


def test_a_sweep_of_what_nobody_offers_does_not_apply(tmp_path):
    steps = ("{given: alice}", "{do: change, user: alice, set: {'${rows}': other}}", VERIFY)
    profile, found = sweep(tmp_path, "{over: user, skip: [userName]}", *steps)
    [emails] = [each for each in found if each.id.endswith("emails")]
    reason = 'the target does not offer emails[type eq "work"].value'
    assert not_applicable(emails, stage(print)) == reason
    assert not_applicable(emails, stage(print, schemas=[])) == ""
    assert changed(profile, emails) == []


def test_a_change_of_several_leaves_out_what_the_target_does_not_list(tmp_path):
    """An administrator maps what the target lists; one that would be left alone is sent, and judged by the checks."""
    both = (
        "{given: alice}",
        "{do: change, user: alice, set: {title: Pilot, nickName: Li, 'urn:x:2.0:User:y': z}}",
        VERIFY,
    )
    profile, [found] = sweep(tmp_path, "{over: user, only: [title]}", *both)
    only_title = [{"id": CORE_SCHEMA["2.0"]["User"], "attributes": [{"name": "title"}]}]
    assert changed(profile, replace(found, sweep=None), schemas=only_title) == ["title", "urn:x:2.0:User:y"]
    assert changed(profile, replace(found, sweep=None), schemas=[]) == ["title", "nickName", "urn:x:2.0:User:y"]
    alone = ("{given: alice}", "{do: change, user: alice, set: {nickName: Li}}", VERIFY)
    profile, [found] = sweep(tmp_path, "{over: user, only: [title]}", *alone)
    assert changed(profile, replace(found, sweep=None), schemas=only_title) == ["nickName"]


def test_a_creation_depends_on_no_claim_about_changes(tmp_path):
    _, [found] = sweep(tmp_path, "{over: user, together: all, only: [title, name]}", CREATE, VERIFY)
    assert not_applicable(found, stage(print, mutable={"User": frozenset()})) == ""
    steps = ("{given: alice}", "{do: change, user: alice, set: {'${rows}': other}}", VERIFY)
    _, [found] = sweep(tmp_path, "{over: user, together: all, only: [title, name]}", *steps)
    assert not_applicable(found, stage(print, mutable={"User": frozenset()})).startswith(
        "the target does not offer title"
    )


def test_an_immutable_attribute_is_left_out_beside_others_and_tried_by_itself(tmp_path):
    steps = ("{given: alice}", "{do: change, user: alice, set: {'${rows}': other}}", VERIFY)
    fixed = [
        {
            "id": CORE_SCHEMA["2.0"]["User"],
            "attributes": [{"name": "title", "mutability": "immutable"}, {"name": "name"}],
        }
    ]
    profile, [both] = sweep(tmp_path, "{over: user, together: all, only: [title, name]}", *steps)
    assert changed(profile, both, schemas=fixed) == ["name.givenName", "name.familyName"]
    profile, [alone] = sweep(tmp_path, "{over: user, only: [title]}", *steps)
    assert changed(profile, alone, schemas=fixed) == ["title"]


def test_a_read_back_expects_nothing_that_is_left_out(tmp_path):
    steps = (
        "{given: alice}",
        "{do: change, user: alice, set: {'${rows}': other}}",
        "{verify: alice, has: {'${rows}': other}}",
    )
    profile, [found] = sweep(tmp_path, "{over: user, together: all, only: [title, name]}", *steps)
    seen = []
    run_scenario(profile, replace(found, steps=(found.steps[0], found.steps[2])), stage(seen.append))
    expected = [e.path for each in seen for w in each.observation.intent.subject.writes for e in w.effects]
    assert "name.givenName" not in expected
    assert {"title", "name.familyName"} <= set(expected)


REQUIRES = [
    {"id": CORE_SCHEMA["2.0"]["User"], "attributes": [
        {"name": "title"}, {"name": "emails", "required": True}, {"name": "name", "subAttributes": [
            {"name": "givenName"}, {"name": "familyName", "required": True}]}]},
    {"id": ACME, "attributes": [{"name": "unit", "required": True}]},
]  # fmt: skip


def made(profile, scenario, schemas, resource_types=None):
    """The body of the creation."""
    seen = []
    run = stage(seen.append, schemas=schemas)
    parts = Capabilities(schemas=tuple(schemas), resource_types=resource_types)
    run_scenario(profile, scenario, replace(run, capabilities=parts))
    return seen[0].observation.intent.body


def test_an_attribute_that_the_target_requires_is_not_left_out(tmp_path):
    profile, [found] = sweep(tmp_path, "{over: user, together: all, skip: [userName]}", CREATE, VERIFY)
    assert made(profile, found, []).keys() == {"schemas", "userName", "active"}
    assert made(profile, found, REQUIRES).keys() == {"schemas", "userName", "active", "emails", ACME}
    profile, [found] = sweep(tmp_path, "{over: user, only: [name.familyName]}", CREATE, VERIFY)
    assert made(profile, found, REQUIRES)["name"].keys() == {"givenName", "familyName"}
    assert made(profile, found, [])["name"].keys() == {"givenName"}


def test_an_extension_that_the_resource_type_requires_is_not_left_out(tmp_path):
    profile, [found] = sweep(tmp_path, f"{{over: user, only: ['{ACME}']}}", CREATE, VERIFY)
    user = {"name": "User", "schemaExtensions": [{"schema": ACME, "required": True}]}
    listed = [LISTED[0], {"id": ACME, "attributes": [{"name": "unit"}]}]
    assert ACME in made(profile, found, listed, (user,))
    assert ACME not in made(profile, found, listed, ({"name": "User", "schemaExtensions": [{"schema": ACME}]},))


# --- built-in profiles ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["entra-v1", "entra-v2", "peakon"])
def test_each_mapped_attribute_is_set_where_none_of_its_kind_was(name):
    profile = load(name)
    swept = {p for each in profile.scenarios if each.id.startswith("users.first-values") for p in each.sweep.paths}
    mapped = {r.to for r in profile.mapping["User"] if r.source and not r.reference and not r.create_only}
    assert mapped - swept == {"userName", "active"}


def test_each_optional_attribute_is_missing_from_a_creation_that_has_others(entra):
    made = [each for each in entra.scenarios if each.id.startswith("users.create-with-gaps.")]
    bodies = [
        next(x.observation.intent.body for x in rehearse(entra, each) if x.observation.intent.action == "create")
        for each in made
    ]
    for name in ("externalId", "displayName", "title", "preferredLanguage", "emails"):
        assert any(name not in body for body in bodies), name
        assert any(name in body for body in bodies), name
    assert any("department" not in body[ENTERPRISE] for body in bodies)
