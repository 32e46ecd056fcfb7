"""The features of many profiles side by side, and the filters."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from scim_compat.report import filters
from scim_compat.report.html import render
from scim_compat.report.matrix import families
from scim_compat.report.viewmodel import View, build
from scim_compat.results.causes import causes
from scim_compat.results.document.parsing import parse
from scim_compat.values import Severity
from support import results as fixtures
from support.page import Page


def viewed(results: dict[str, Any]) -> View:
    document = parse(results)
    return build(document, causes(document))


def many() -> dict[str, Any]:
    """Five clients; the first one alone discovers the schema."""
    results = copy.deepcopy(fixtures.build_results())
    for number in range(2):
        results["profiles"].append(copy.deepcopy(results["profiles"][2]) | {"id": f"other-{number}"})
    return results


@pytest.fixture(scope="module")
def view() -> View:
    return viewed(many())


def test_features_of_several_profiles_share_a_row_in_their_family(view):
    family, others = view.matrix.families
    assert (family.title, others.title) == ("Users", "Others")
    assert [row.id for row in others.rows] == ["push-groups"], "one of its two profiles has no answer to it"
    assert [row.id for row in family.rows] == ["create-users", "update-users", "deactivate-users", "delete-users"]
    assert all(len(row.cells) == 5 for row in family.rows)


def test_features_of_one_profile_alone_are_folded(view):
    (own,) = view.matrix.own
    assert own.profile == view.cards[0].title
    assert [row.id for row in own.rows] == ["connect", "schema-discovery"]
    assert view.matrix.own_count == 2


def test_a_row_that_applies_to_nobody_is_left_out():
    results = many()
    for profile in results["profiles"]:
        for feature in profile["features"]:
            if feature["id"] == "push-groups":
                feature["verdict"] = "not-applicable"
    matrix = viewed(results).matrix
    named = [row.id for part in (*matrix.families, *matrix.own) for row in part.rows]
    assert "push-groups" not in named
    assert "connect" in named


def test_up_to_three_profiles_show_every_feature_with_its_words():
    matrix = viewed(fixtures.build_results()).matrix
    assert matrix.own == ()
    assert [family.title for family in matrix.families] == [""]
    assert len(matrix.families[0].rows) == 7


def test_profiles_stand_the_worst_first():
    results = many()
    results["profiles"].reverse()
    cards = viewed(results).cards
    assert [card.id for card in cards] == ["entra-v2", "okta", "other-1", "other-0", "thousandeyes"]
    assert [card.column for card in cards] == ["c4", "c3", "c0", "c1", "c2"]


def test_a_table_takes_the_place_of_the_cards_above_three():
    page = Page(render(parse(many())))
    assert next(each["class"] for each in page.all("table")) == "verdicts"
    assert not [each for each in page.all("article") if each["class"].startswith("card")]
    assert "Breach Blocker Degraded Cosmetic" in page.text
    assert "5 clients: 1 incompatible, 1 limited, 3 compatible" in page.text


def test_words_shared_by_most_name_the_families():
    ids = {"find-users": 3, "create-users": 3, "group-members": 2, "groups": 2, "import": 9, "users": 1}
    assert families(ids) == [
        ("Users", ["find-users", "create-users", "users"]),
        ("Groups", ["group-members", "groups"]),
        ("Others", ["import"]),
    ]
    assert families({}) == []


def test_classes_of_what_filters_hide():
    hits = [(3, Severity.DEGRADED), (0, Severity.BREACH), (0, None), (3, Severity.DEGRADED)]
    assert filters.classes(hits, is_failed=True).split() == [
        "f", "failed", "s-degraded", "s-breach", "c0", "c3", "c0-breach", "c3-degraded",
    ]  # fmt: skip
    assert "s-degraded" not in filters.classes(hits, is_failed=True, severity=Severity.BREACH).split()
    assert filters.classes([(1, None)], is_failed=False) == "f c1"


def test_one_client_needs_no_choice_of_clients():
    assert "client" not in filters.rules(1)
    assert filters.rules(2).count("{display:none}") == 1 + 4 * (1 + 2) + 2 * 2
    results = fixtures.build_results()
    results["profiles"] = results["profiles"][:1]
    page = Page(render(parse(results)))
    assert not [each for each in page.all("input") if each["name"] == "client"]
    assert [each["id"] for each in page.all("input") if "checked" in each] == [
        "show-all",
        "severity-all",
        "print-short",
    ]


def test_not_judged_names_the_profile_of_each_scenario():
    page = Page(render(parse(fixtures.build_results())))
    assert "The endpoint does not claim groups. okta: groups.rename" in page.text
    assert "No answer within 60 s, twice. entra-v2: schema.read" in page.text


def test_passed_scenarios_are_folded_by_feature(view):
    first = next(profile for profile in view.profiles if profile.card.id == "entra-v2")
    features = {feature.id: feature for feature in first.features}
    assert [each.id for each in features["create-users"].problems] == ["users.create-twice"]
    assert features["create-users"].others_note == "2 passed"
    assert features["delete-users"].problems == ()
    page = Page(render(parse(many())))
    folded = {each["id"] for each in page.all("details") if "folded" in each["class"].split()}
    assert "entra-v2-feature-delete-users" in folded
    assert "entra-v2-feature-create-users" not in folded
