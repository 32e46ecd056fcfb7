"""Two runs compared: new, fixed, still there, no longer tested."""

from __future__ import annotations

from typing import Any

import pytest
from scim_compat.results.circumstances import CircumstanceKind
from scim_compat.results.comparison import ChangeKind, Comparison, Trend, compare
from scim_compat.results.document.parsing import parse
from scim_compat.values import Severity
from support.results import build_results, exchange, failed, passed, profile, scenario, skipped, step

KINDS = {"update-users": "limited", "push-groups": "compatible"}


def read(n: int, *checks: Any, client: str = "okta") -> Any:
    return step(
        f"{n}.1", "reads", "read", exchange(client, "GET", f"/Users/id-{n}", 200, got={"id": f"id-{n}"}), *checks
    )


def lost(name: str, severity: str = "degraded", **more: Any) -> Any:
    return failed("user.unchanged", severity, "A user stays", where=f"/{name}", fault="loss", expected="a", actual="b",
                  failure="A user is changed", **more)  # fmt: skip


def refused(client: str, n: int, detail: str) -> Any:
    error = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "400", "detail": detail}
    finding = failed("patch.status", "blocker", "A change is accepted", where="status", expected=200, actual=400)
    return step(
        f"{n}.1", "changes", "patch", exchange(client, "PATCH", f"/Users/id-{n}", 400, sent={}, got=error), finding
    )


def played(id_: str, *steps: Any, feature: str = "update-users", **more: Any) -> Any:
    return scenario(id_, feature, "A user changes", *steps, **more)


OK = (passed("user.unchanged"),)


def results(*scenarios: Any, client: str = "okta", **more: Any) -> dict[str, Any]:
    own = profile(client, list(scenarios), why="", verdict="limited", features=KINDS) | more
    return build_results() | {"profiles": [own]}


def compared(old: dict[str, Any], new: dict[str, Any]) -> Comparison:
    return compare(parse(old), parse(new))


def kinds(found: Comparison) -> list[tuple[ChangeKind, Trend]]:
    return [(change.kind, change.trend) for change in found.changes]


def test_a_run_is_as_itself():
    found = compared(build_results(), build_results())
    assert {change.kind for change in found.changes} == {ChangeKind.STILL}
    assert {change.trend for change in found.changes} == {Trend.SAME}
    assert (found.circumstances, found.losses, found.worst_open) == ((), (), None)


def test_a_finding_that_passed_before_is_new_and_the_other_way_round_fixed():
    good, bad = results(played("users.update", read(1, *OK))), results(played("users.update", read(1, lost("title"))))
    found = compared(good, bad)
    assert kinds(found) == [(ChangeKind.NEW, Trend.SAME)]
    assert found.worst_open is Severity.DEGRADED
    back = compared(bad, good)
    assert kinds(back) == [(ChangeKind.FIXED, Trend.SAME)]
    assert back.worst_open is None


def test_ids_and_places_in_lists_that_differ_make_no_difference():
    one = results(played("users.update", read(1, lost("Resources/3/title"))))
    two = results(played("users.update", read(1, lost("Resources/7/title"))))
    assert kinds(compared(one, two)) == [(ChangeKind.STILL, Trend.SAME)]


@pytest.mark.parametrize(
    ("now", "why"),
    [
        (played("users.update", applicable=False, outcome="skip", reason="no PATCH"), "n/a: no PATCH"),
        (played("users.update", outcome="skip", reason="no list"), "skipped: no list"),
        (played("users.update", outcome="error", reason="no answer"), "in error: no answer"),
        (played("users.other", read(1, *OK)), "not chosen, not reached, or no longer in the profile"),
    ],
)
def test_a_scenario_that_is_not_played_is_never_fixed(now: Any, why: str):
    found = compared(results(played("users.update", read(1, lost("title")))), results(now))
    assert kinds(found) == [(ChangeKind.UNTESTED, Trend.SAME)]
    (loss,) = found.losses
    assert (loss.profile, loss.scenarios, loss.why) == ("okta", ("users.update",), why)


def test_a_profile_that_is_not_played_is_one_loss():
    old, new = results(played("a.b", read(1, lost("title")))), results(played("a.b", read(1, *OK)), client="entra-v2")
    found = compared(old, new)
    assert kinds(found) == [(ChangeKind.UNTESTED, Trend.SAME)]
    assert [(loss.feature, loss.why) for loss in found.losses] == [("", "the profile was not played")]
    assert [each.kind for each in found.circumstances] == ["profile-removed", "profile-added"]
    assert [(pair.old, pair.new) for pair in found.verdicts] == [("limited", ""), ("", "limited")]


def test_a_feature_that_was_passed_and_is_lost_is_listed_without_any_cause():
    old = results(played("groups.push", read(1, *OK), feature="push-groups"))
    new = results(played("groups.push", feature="push-groups", applicable=False, outcome="skip", reason="no /Groups"))
    found = compared(old, new)
    assert found.changes == ()
    assert [loss.why for loss in found.losses] == ["n/a: no /Groups"]


@pytest.mark.parametrize(
    "now",
    [
        [read(1, lost("other"))],
        [read(1, *OK, failed("x.y", "degraded", "X"))],
    ],
    ids=["the scenario ended before", "likewise, for another check"],
)
def test_a_step_that_is_not_reached_any_more_shows_nothing(now: list[Any]):
    old = results(played("users.update", read(1, *OK), read(2, lost("title"))))
    found = compared(old, results(played("users.update", *now)))
    assert [change.kind for change in found.changes if change.old] == [ChangeKind.UNTESTED]


def test_a_check_that_cannot_be_judged_any_more_is_not_fixed():
    old = results(played("users.update", read(1, lost("title"))))
    found = compared(old, results(played("users.update", read(1, skipped("user.unchanged", "never shown")))))
    assert kinds(found) == [(ChangeKind.UNTESTED, Trend.SAME)]
    assert found.losses == (), "the scenario was played"


def test_a_step_without_an_answer_shows_nothing():
    unanswered = step("1.1", "reads", "read", None)
    old = results(played("users.update", read(1, lost("title"))))
    assert kinds(compared(old, results(played("users.update", unanswered)))) == [(ChangeKind.UNTESTED, Trend.SAME)]


def test_another_attribute_is_another_finding():
    old = results(played("users.update", read(1, lost("title"))))
    found = compared(old, results(played("users.update", read(1, lost("roles")))))
    assert sorted(kinds(found)) == [(ChangeKind.FIXED, Trend.SAME), (ChangeKind.NEW, Trend.SAME)]


def test_more_scenarios_are_worse_and_fewer_milder():
    few = results(played("a.a", read(1, lost("title"))), played("a.b", read(2, *OK)))
    many = results(played("a.a", read(1, lost("title"))), played("a.b", read(2, lost("title"))))
    grown, shrunk = compared(few, many), compared(many, few)
    assert kinds(grown) == [(ChangeKind.STILL, Trend.WORSE)]
    assert [one.place for one in grown.changes[0].added] == ["okta/a.b"]
    assert grown.worst_open is Severity.DEGRADED, "a known cause in another scenario is something new"
    assert kinds(shrunk) == [(ChangeKind.STILL, Trend.MILDER)]
    assert shrunk.worst_open is None


def test_a_severity_that_rises_is_worse():
    mild, bad = (results(played("a.a", read(1, lost("title", severity)))) for severity in ("cosmetic", "blocker"))
    found = compared(mild, bad)
    assert kinds(found) == [(ChangeKind.STILL, Trend.WORSE)]
    assert found.worst_open is Severity.BLOCKER
    assert kinds(compared(bad, mild)) == [(ChangeKind.STILL, Trend.MILDER)]


def test_fewer_scenarios_since_some_were_not_played_are_no_better():
    both = results(played("a.a", read(1, lost("title"))), played("a.b", read(2, lost("title"))))
    one = results(played("a.a", read(1, lost("title"))))
    found = compared(both, one)
    assert kinds(found) == [(ChangeKind.STILL, Trend.SAME)]
    assert [each.place for each in found.changes[0].untested] == ["okta/a.b"]


def test_a_finding_where_the_older_run_did_not_look_is_told_apart_and_counts():
    old, new = results(played("a.a", read(1, *OK))), results(played("a.b", read(1, lost("title"))))
    found = compared(old, new)
    assert kinds(found) == [(ChangeKind.FIRST_TESTED, Trend.SAME)]
    assert found.worst_open is Severity.DEGRADED


def test_the_same_refusal_in_other_scenarios_is_the_same_cause():
    words = "Attribute {} of this schema cannot be patched in a group operation"
    old = results(played("a.a", refused("okta", 1, words.format("'title'"))))
    new = results(played("b.b", refused("okta", 2, words.format("'roles'"))))
    (change,) = compared(old, new).changes
    assert (change.kind, change.trend) == (ChangeKind.STILL, Trend.WORSE)
    assert [one.place for one in change.first] == ["okta/b.b"]
    assert [one.place for one in change.untested] == ["okta/a.a"]
    other = results(played("b.b", refused("okta", 2, "Your licence does not include this call")))
    assert {each.kind for each in compared(old, other).changes} == {ChangeKind.FIRST_TESTED, ChangeKind.UNTESTED}


def test_an_answer_in_other_words_at_the_same_place_is_still_there():
    old, new = (results(played("a.a", refused("okta", 1, said))) for said in ("op must be Add", "invalid syntax here"))
    (change,) = compared(old, new).changes
    assert (change.kind, change.trend) == (ChangeKind.STILL, Trend.SAME)
    assert change.old[0].anchor != change.new[0].anchor


def test_an_accepted_finding_is_shown_and_does_not_count():
    old = results(played("a.a", read(1, *OK)))
    found = compared(old, results(played("a.a", read(1, lost("title", accepted="T-1")))))
    assert kinds(found) == [(ChangeKind.NEW, Trend.SAME)]
    assert found.worst_open is None


def test_the_comparison_of_accounts_has_one_name_however_many_processes_ran():
    def crowd(name: str) -> dict[str, Any]:
        return results(played(name, read(1, lost("title", "breach")), feature="integrity"))

    assert kinds(compared(crowd("run.bystanders"), crowd("run.bystanders.gw1"))) == [(ChangeKind.STILL, Trend.SAME)]


def test_profiles_claims_tool_and_choice_are_told_apart():
    old = results(played("a.a", read(1, *OK)))
    new = results(played("a.a", read(1, *OK)), version="2026.12", is_part=True)
    old["target"] = old["target"] | {"claims": {"groups": True, "filterable": {"user": ["b", "a"]}}}
    new["target"] = new["target"] | {"claims": {"filterable": {"user": ["a", "b"]}, "delete": "hard"}}
    new["tool"] = new["tool"] | {"version": "9.9"}
    found = [(each.kind, each.subject) for each in compared(old, new).circumstances]
    assert found == [
        (CircumstanceKind.PROFILE_VERSION, "okta"),
        (CircumstanceKind.CHOICE, "okta"),
        (CircumstanceKind.CLAIM, "groups"),
        (CircumstanceKind.CLAIM, "delete"),
        (CircumstanceKind.TOOL, ""),
    ]
    other = results(played("a.a", read(1, *OK)), digest="sha256:000000000000")
    (digest,) = compared(results(played("a.a", read(1, *OK))), other).circumstances
    assert digest.kind is CircumstanceKind.PROFILE_DIGEST
    assert "other content under the same version" in digest.sentence


def test_a_partial_run_is_named_first():
    new = build_results()
    new["run"] = new["run"] | {"complete": False, "interrupted": "Stopped by the user (Ctrl-C)."}
    new["target"] = new["target"] | {"url": "https://other.example/scim"}
    first, *rest = compared(build_results(), new).circumstances
    assert first.sentence == "Partial results: complete before, Stopped by the user (Ctrl-C) now."
    assert [each.kind for each in rest] == [CircumstanceKind.ENDPOINT]
