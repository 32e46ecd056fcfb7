"""From findings to causes: what is one thing to fix, what separates its requests, and what it is called."""

from __future__ import annotations

import json
from typing import Any

import pytest
from scim_compat.results.causes import causes
from scim_compat.results.causes.features import Feature, features, narrowed
from scim_compat.results.causes.phrases import in_words
from scim_compat.results.causes.wordings import form, is_telling, words
from scim_compat.results.document import Document
from scim_compat.results.document.parsing import parse
from scim_compat.results.document.records import RequestRecord, ResponseRecord
from scim_compat.values import Severity
from support.results import PATCH_OP, build_results, exchange, failed, many_clients, passed, profile, scenario, step

ENTRA = "entra-v2"
OKTA = "okta"
FILTER = "/Users?filter=userName%20eq%20%22{}%22"


# --- documents -----------------------------------------------------------------------------------


def document(**scenarios: list[Any]) -> Document:
    """A run of the profiles (``entra_v2=[…]``)."""
    profiles = [
        profile(name.replace("_", "-"), found, why="", verdict="incompatible", features={})
        for name, found in scenarios.items()
    ]
    return parse(build_results() | {"profiles": profiles})


def user(n: int, **more: Any) -> dict[str, Any]:
    schemas = ["urn:ietf:params:scim:schemas:core:2.0:User"]
    return {"schemas": schemas, "id": f"id-{n}", "userName": f"user{n}@example.com", "active": True, **more}


def about(each: Any, n: int, key: str = "alice") -> Any:
    return each | {"subject": {"key": key, "kind": "User", "id": f"id-{n}"}}


def patch(n: int, *operations: Any, status: int = 200, got: Any = None, checks: tuple[Any, ...] = ()) -> Any:
    body = {"schemas": [PATCH_OP], "Operations": list(operations)}
    answer = exchange(ENTRA, "PATCH", f"/Users/id-{n}", status, sent=body, got=got)
    return about(step("2.1", "changes alice", "patch", answer, *(checks or (passed("patch.status"),))), n)


def read(n: int, got: Any, *checks: Any) -> Any:
    answer = exchange(ENTRA, "GET", f"/Users/id-{n}", 200, got=got)
    return about(step("3.1", "reads back", "read-back", answer, *checks, kind="harness", line=None), n)


def creation(n: int, *checks: Any, **more: Any) -> Any:
    answer = exchange(ENTRA, "GET", f"/Users/id-{n}", 200, got=user(n, **more))
    return about(step("1.1", "reads alice", "read", answer, *(checks or (passed("read.status"),))), n)


def replace(path: str, value: Any, op: str = "replace") -> dict[str, Any]:
    return {"op": op, "path": path, "value": value}


def refused(
    n: int, operation: Any, detail: str = "op must be Add, Replace or Remove", severity: str = "blocker"
) -> Any:
    error = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "400", "detail": detail}
    finding = failed("patch.status", severity, "A change is answered with 200 or 204", where="status", expected=200,
                     actual=400, failure="A change is refused", consequence="The job stops.")  # fmt: skip
    return patch(n, operation, status=400, got=error, checks=(finding,))


def lost(path: str, expected: Any, actual: Any, **more: Any) -> Any:
    told = {"failure": "An accepted change does not take effect", "fault": "loss", "where": path} | more
    return failed(
        more.pop("id", "patch.applied"), more.pop("severity", "blocker"), "An accepted change is there",
        expected=expected, actual=actual, **{k: v for k, v in told.items() if k not in {"id", "severity"}},
    )  # fmt: skip


def played(id_: str, *steps: Any) -> Any:
    return scenario(id_, "update-users", "A user changes", *steps)


# --- one refusal, one cause ----------------------------------------------------------------------


def lower_case_server() -> Document:
    """Refuses lower-case operations: every profile meets it, and disabled users stay active."""
    active = failed("user.disabled", "breach", "A disabled user is inactive", where="active", fault="loss",
                    failure="Disabled users stay active", expected=False, actual=True)  # fmt: skip
    entra = [played(f"users.change.{n}", creation(n), refused(n, replace("title", f"T{n}"))) for n in range(3)] + [
        played("users.disable", creation(9), refused(9, replace("active", value=False)), read(9, user(9), active))
    ]
    okta = [played(f"users.rename.{n}", creation(n), refused(n, replace("userName", f"u{n}"))) for n in range(2)]
    good = [
        played(f"users.title.{n}", creation(n), patch(n, replace("title", "X", op="Replace"), got=user(n, title="X")))
        for n in range(4)
    ]
    return document(entra_v2=entra + good, okta=okta)


def test_one_form_that_is_refused_is_one_cause_with_all_that_follows():
    (cause,) = causes(lower_case_server())
    assert cause.title == ("PATCH of users with op in lower case is refused (400: op must be Add, Replace or Remove)")
    assert cause.severity is Severity.BREACH, "the worst that follows from it"
    assert set(cause.checks) == {"patch.status", "user.disabled"}
    assert cause.trait
    assert cause.trait.sentence == "All 6 requests with op in lower case fail; all 4 others pass."
    assert cause.clients == ("entra-v2", "okta")
    assert [(hit.severity, len(hit.scenarios)) for hit in cause.hits] == [(Severity.BREACH, 4), (Severity.BLOCKER, 2)]
    assert cause.example.check.id == "patch.status", "the request that was refused is shown, not the read behind it"
    assert cause.request == cause.shown == cause.example.place
    assert cause.before is not None


def test_other_words_of_the_server_are_another_cause():
    found = causes(
        document(
            entra_v2=[
                played("users.one", refused(1, replace("title", "T"), "The attribute title cannot be changed here")),
                played("users.two", refused(2, replace("nickName", "N"), "Some entry of the request was empty")),
            ]
        )
    )
    assert len(found) == 2


def test_ids_names_and_numbers_make_no_difference():
    found = causes(
        document(
            entra_v2=[
                played("users.one", refused(1, replace("title", "T"), 'User 17 has no attribute "title" to change')),
                played(
                    "users.two", refused(2, replace("nickName", "N"), 'User 4 has no attribute "nickName" to change')
                ),
            ]
        )
    )
    assert len(found) == 1


def test_an_anchor_is_the_same_in_every_run():
    one, two = causes(lower_case_server()), causes(lower_case_server())
    assert [cause.anchor for cause in one] == [cause.anchor for cause in two]
    assert all(cause.anchor.startswith("cause-") for cause in one)


# --- effects -------------------------------------------------------------------------------------


def test_a_path_less_change_without_effect_is_told_by_its_form():
    """Several checks, one cause: the operation without a path."""
    bad = []
    for n in range(4):
        operation = {"op": "replace", "value": {"title": f"T{n}"}}
        check = (
            lost("title", f"T{n}", None) if n else lost("title", "T0", None, id="sync.converges", severity="degraded")
        )
        bad.append(played(f"users.change.{n}", creation(n), patch(n, operation, got=user(n)), read(n, user(n), check)))
    good = [
        played(f"users.set.{n}", creation(n), patch(n, replace("title", "X"), got=user(n, title="X")),
               read(n, user(n, title="X"), passed("patch.applied"), passed("sync.converges")))
        for n in range(3)
    ]  # fmt: skip
    (cause,) = causes(document(entra_v2=bad + good))
    assert cause.title == (
        "PATCH of users without a path is accepted, but has no effect: an accepted change does not take effect"
    )
    assert cause.trait
    assert (cause.trait.failing, cause.trait.passing, cause.trait.of_passing) == (4, 0, 3)
    assert cause.request[2] == 1, "the write is to blame"
    assert cause.shown[2] == 2, "the read-back shows it"


def test_a_change_to_the_value_that_is_there_proves_nothing():
    """It passes at a server that ignores every change; without it, the failing requests have their trait."""
    same = played("users.same", creation(1), patch(1, {"op": "replace", "value": {"active": True}}, got=user(1)),
                  read(1, user(1), passed("patch.applied")))  # fmt: skip
    bad = [
        played(f"users.change.{n}", creation(n), patch(n, {"op": "replace", "value": {"title": "T"}}, got=user(n)),
               read(n, user(n), lost("title", "T", None)))
        for n in range(2, 5)
    ]  # fmt: skip
    good = [
        played(f"users.set.{n}", creation(n), patch(n, replace("title", "X"), got=user(n, title="X")),
               read(n, user(n, title="X"), passed("patch.applied")))
        for n in range(6, 9)
    ]  # fmt: skip
    (cause,) = causes(document(entra_v2=[same, *bad, *good]))
    assert cause.trait
    assert (cause.trait.text, cause.trait.passing) == ("without a path", 0)


def test_what_a_change_destroys_is_charged_to_the_change():
    wiped = failed("patch.untouched", "blocker", "A change leaves the rest", where="nickName", fault="damage",
                   failure="A change loses attributes that it does not name", expected="Liv", actual=None)  # fmt: skip
    stored = lost("nickName", "Liv", None, id="create.stored", failure="An attribute of a create is dropped")
    bad = [
        played(f"users.change.{n}", creation(n, nickName="Liv"),
               patch(n, {"op": "replace", "value": {"title": "T"}}, got=user(n, title="T")),
               read(n, user(n, title="T"), wiped, *([stored] if n == 2 else [])))
        for n in range(3)
    ]  # fmt: skip
    (cause,) = causes(document(okta=bad))
    assert cause.checks[0] == "patch.untouched"
    assert cause.request[2] == 1
    assert cause.before is not None
    assert cause.before[2] == 0


def test_a_text_that_is_altered_is_another_cause_than_a_change_that_is_lost():
    text = lost("displayName", "Bjørn", "Bjørn", id="create.text-survives", severity="degraded",
                failure="A text reads back altered")  # fmt: skip
    active = lost("active", expected=False, actual=True, id="user.disabled", severity="breach",
                  failure="Disabled users stay active")  # fmt: skip
    scenarios = [
        played(f"users.{n}", creation(n), patch(n, replace("x", 1), got=user(n)), read(n, user(n), check))
        for n, check in enumerate([text, text, active])
    ]
    assert [cause.title for cause in causes(document(entra_v2=scenarios))] == [
        "Disabled users stay active", "A text reads back altered: displayName",
    ]  # fmt: skip


# --- consequences --------------------------------------------------------------------------------


def later(n: int, check: Any) -> Any:
    answer = exchange(ENTRA, "GET", "/Groups/g1", 200, got={"id": "g1"})
    return step("5.1", "reads the group", "read-back", answer, check, kind="harness", line=None)


def test_what_only_ever_follows_is_a_consequence():
    stray = failed("user.groups-current", "degraded", "A user shows no stale group", where="/groups",
                   failure="A user shows a group that he has left")  # fmt: skip
    bad = [played(f"users.one.{n}", refused(n, replace("title", "T")), later(n, stray)) for n in range(3)]
    good = [played(f"users.ok.{n}", patch(n, replace("x", 1), got=user(n)), later(n, passed("user.groups-current")))
            for n in range(3)]  # fmt: skip
    (cause,) = causes(document(entra_v2=bad + good))
    assert cause.checks == ("patch.status",)
    assert {found.check.id for found in cause.consequences} == {"user.groups-current"}


def test_what_also_fails_by_itself_is_a_cause_of_its_own():
    stray = failed("user.groups-current", "degraded", "A user shows no stale group", where="/groups",
                   failure="A user shows a group that he has left")  # fmt: skip
    found = causes(
        document(
            entra_v2=[
                played("users.one", refused(1, replace("title", "T")), later(1, stray)),
                played("users.two", later(2, stray)),
            ]
        )
    )
    assert [cause.checks for cause in found] == [("patch.status",), ("user.groups-current",)]


def test_what_fails_everywhere_explains_nothing():
    """A label that is wrong on every answer is no reason for a change that is lost here and there."""
    label = failed("http.content-type", "degraded", "Answers are labelled", where="header Content-Type",
                   failure="Answers are labelled as text")  # fmt: skip
    scenarios = []
    for n in range(8):
        check = lost("title", "T", None) if n == 0 else passed("patch.applied")
        after = user(n) if n == 0 else user(n, title="T")
        scenarios.append(
            played(f"users.{n}", creation(n, label), patch(n, replace("title", "T"), got=after, checks=(label,)),
                   read(n, after, label, check))
        )  # fmt: skip
    found = causes(document(entra_v2=scenarios))
    assert [cause.checks for cause in found] == [("patch.applied",), ("http.content-type",)]
    assert not any(cause.consequences for cause in found)


# --- look-ups and statements ---------------------------------------------------------------------


def look_up(target: str, *checks: Any, resources: int = 0) -> Any:
    got = {"totalResults": resources, "Resources": [user(n) for n in range(resources)]}
    return step("1.1", "looks up", "match", exchange(ENTRA, "GET", target, 200, got=got), *checks)


def test_look_ups_that_miss_are_one_cause_whatever_the_checks():
    miss = failed("filter.finds", "blocker", "A filter finds", where="/Resources", fault="hits", expected=["alice"],
                  actual=[], failure="A filter misses the resource")  # fmt: skip
    case = failed("filter.ignores-case", "degraded", "A filter ignores case", where="/Resources", fault="hits",
                  expected=["alice"], actual=[], failure="A filter heeds case")  # fmt: skip
    stated = failed("expect.answer", "degraded", "Test 3: totalResults is 1", where="/totalResults", expected=1,
                    actual=0, fault="assertion", failure="An answer differs")  # fmt: skip
    (cause,) = causes(
        document(
            entra_v2=[
                played("a", look_up(FILTER.format("a"), miss)),
                played("b", look_up(FILTER.format("B"), case)),
                played("c", look_up(FILTER.format("c"), stated)),
                played("d", look_up("/Users?filter=externalId%20eq%20%22x%22", passed("filter.finds"), resources=1)),
                played("e", look_up("/Users?filter=externalId%20eq%20%22y%22", passed("filter.finds"), resources=1)),
            ]
        )
    )
    assert set(cause.checks) == {"filter.finds", "filter.ignores-case", "expect.answer"}
    assert cause.trait
    assert cause.trait.text == "with a filter by userName"


def test_too_many_hits_are_another_cause_than_too_few():
    miss = failed("filter.finds", "blocker", "A filter finds", where="/Resources", fault="hits", expected=["a"],
                  actual=[], failure="A filter misses the resource")  # fmt: skip
    more = failed("filter.only-matches", "blocker", "A filter finds nothing else", where="/Resources", fault="hits",
                  expected=["a"], actual=["a", "b"], failure="A filter returns others")  # fmt: skip
    found = causes(document(entra_v2=[played("a", look_up(FILTER.format("a"), miss)),
                                      played("b", look_up(FILTER.format("b"), more, resources=2))]))  # fmt: skip
    assert len(found) == 2


def test_errors_that_come_as_success_are_one_cause():
    error = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "detail": "no such user", "status": "404"}
    gone = failed("read.unknown-404", "blocker", "An unknown id", where="status", expected=404, actual=200,
                  failure="An unknown id is not answered with 404")  # fmt: skip
    shape = failed("list.shape", "degraded", "A query is a list", where="/Resources", failure="A list has no entries")
    answers = [
        step("1.1", "reads", "read", exchange(ENTRA, "GET", "/Users/x", 200, got=error), gone),
        step("1.1", "lists", "list", exchange(ENTRA, "GET", "/Users", 200, got=error), shape),
    ]
    (cause,) = causes(document(entra_v2=[played(f"s{n}", each) for n, each in enumerate(answers)]))
    assert cause.title == "Errors are answered with status 200"


def test_a_wrong_status_of_success_is_one_cause_for_a_method():
    def checked(id_: str) -> Any:
        return failed(id_, "blocker", "A change is answered with 200 or 204", where="status", expected="200 or 204",
                      actual=202, failure="A change is not answered with 200 or 204")  # fmt: skip

    (cause,) = causes(
        document(
            entra_v2=[
                played(f"s{n}", patch(n, replace("title", "T"), status=202, checks=(checked(id_),)))
                for n, id_ in enumerate(["patch.status", "user.manager-accepted", "patch.status"])
            ]
        )
    )
    assert cause.title == "PATCH of users is answered with 202: a change is not answered with 200 or 204"


@pytest.mark.parametrize("results", [build_results, many_clients])
def test_every_finding_is_in_one_cause_and_in_no_other(results):
    told = parse(results())
    found = [(one.place, id(one.check)) for cause in causes(told) for one in cause.findings]
    assert sorted(found) == sorted((one.place, id(one.check)) for one in told.failed_checks())


def test_without_findings_there_is_no_cause():
    assert causes(document(entra_v2=[played("a", creation(1))])) == ()


def test_results_of_older_versions_have_causes_too():
    """They lack the fault and the phrase: the rule stands in its place."""
    results = build_results()
    for each in (
        check for p in results["profiles"] for s in p["scenarios"] for t in s["steps"] for check in t["checks"]
    ):
        for name in ("failure", "fault", "prose", "accepted"):
            each.pop(name, None)
    found = causes(parse(results))
    assert found
    assert all(cause.title for cause in found)


# --- words and features --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('{"detail": "op must be\\n one of add"}', "op must be one of add"),
        ('{"Errors": [{"description": "no such user", "code": "404"}]}', "no such user"),
        ('{"error": {"message": "deep"}, "message": "Bad things"}', "Bad things"),
        ("<html><style>p {}</style><h1>502</h1> Bad Gateway</html>", "502 Bad Gateway"),
        ('"only a text"', "only a text"),
        ('Traceback (most recent call last):\n  File "/srv/a.py", line 1, in f\nKeyError: x\n', "KeyError: x"),
        ('Traceback (most recent call last):\n  File "/srv/a.py", line 1', ""),
        ("[1]", ""),
        ("{}", ""),
        ("", ""),
    ],
)
def test_the_words_of_a_refusal(body, expected):
    assert words(ResponseRecord(400, "Bad Request", (), body)) == expected


def test_words_are_cut_and_an_absent_answer_has_none():
    assert words(None) == ""
    assert len(words(ResponseRecord(400, "", (), "x" * 1000))) == 160


def test_the_form_of_words_leaves_out_what_changes():
    one = form('User 2819c223-7f76-453a-919d-413861904646 ("liv@x.example") at /Users/5 is taken since 2026')
    two = form('User 00000000-7f76-453a-919d-413861904646 ("ann@y.example") at /Users/71 is taken since 1999')
    assert one == two
    assert is_telling("The attribute title cannot be changed")
    assert not is_telling("Bad Request")


def request(
    body: Any, method: str = "PATCH", url: str = "https://x.example/scim/v2/Users/1", **headers: str
) -> RequestRecord:
    return RequestRecord(method, url, tuple(headers.items()), body if isinstance(body, str) else json.dumps(body))


def told(found: frozenset[Feature]) -> set[str]:
    return {in_words(feature) for feature in found}


def test_features_of_a_change():
    found = told(features(request({"schemas": [PATCH_OP], "Operations": [
        {"op": "Add", "path": 'emails[type eq "work"].value', "value": "True"},
        {"op": "Replace", "value": {"name.givenName": "Bjørn", "active": "False"}},
        {"op": "Remove", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager"},
    ]})))  # fmt: skip
    assert {
        "with several operations", "with op with a capital letter", "with a value path to a sub-attribute",
        "without a path", "with a boolean sent as text", "naming emails.value", "with letters outside ASCII in a value",
        "with a path as the name of an attribute", "with no value as value", "with a remove operation",
    } <= found  # fmt: skip


def test_features_of_a_look_up():
    url = "https://x.example/scim/v2/Users?filter=userName+eq+%22A%27b%22+and+not+(title+pr)&startIndex=2&count=5"
    found = told(features(request("", "GET", url)))
    assert {
        "with a filter by userName", "with “and” in the filter", "with “not” in the filter",
        "with an apostrophe in the filter's value", "with parentheses in the filter", "with the parameter count",
        "with startIndex 2", "with plus signs for spaces in the filter", "without the header accept",
    } <= found  # fmt: skip
    assert "with unreadable in the filter" in told(features(request("", "GET", "https://x.example/Users?filter=%28")))


def test_features_of_a_creation_and_of_a_bulk_request():
    body = {
        "schemas": ["urn:x"],
        "userName": "u",
        "active": False,
        "urn:x:ext": {"berth": "B"},
        "emails": [{"value": "e"}],
    }
    found = told(features(request(body, "POST", "https://x.example/scim/v2/Users", Accept="application/json")))
    assert {"of a resource that is inactive", "naming urn:x:ext", "naming berth", "naming emails.value",
            "accepting application/json"} <= found  # fmt: skip
    bulk = {"schemas": [], "Operations": [{"method": "POST", "path": "/Users", "data": {"userName": "u"}}]}
    assert {"with POST in a bulk request", "naming userName"} <= told(
        features(request(bulk, "POST", "https://x.example/scim/v2/Bulk"))
    )
    assert "with a body that is no JSON" in told(features(request("{", "POST")))


def test_only_the_operation_that_lost_something_counts():
    body = {"schemas": [PATCH_OP], "Operations": [
        {"op": "replace", "path": "title", "value": "T"},
        {"op": "replace", "path": 'emails[type eq "work"].value', "value": "e"},
    ]}  # fmt: skip
    found = told(narrowed(request(body), frozenset({"emails"})))
    assert "with a value path to a sub-attribute" in found
    assert "with a plain path" not in found
    assert "naming title" not in found
    assert narrowed(request(body), frozenset({"nickname"})) == features(request(body))
