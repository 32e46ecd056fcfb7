"""What profiles assert of literal answers and of pages: every word, what cannot be judged, what stays secret."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from scim_compat.checks.judge import judge
from scim_compat.checks.registry import NotJudged, all_checks
from scim_compat.engine.capabilities import Capabilities
from scim_compat.engine.intent import (
    Assertion,
    Context,
    Intent,
    Observation,
    Query,
    Rule,
    Subject,
)
from scim_compat.profile.model import Requirement
from scim_compat.values import MISSING, Severity
from scim_compat.wire.messages import Exchange, Failure, FailureKind, Headers, Request, Response
from support.states import back, liv, put, write

BASE = "https://scim.example/v2"
OURS = {"u1": "liv sc123456", "u2": "bo sc123456", "u3": "eli sc123456"}
SECRET = "real.person@customer.example"


def see(
    body=MISSING,
    *,
    action="raw",
    status=200,
    target="/Users",
    method="GET",
    headers=(),
    alone=True,
    by="client",
    **intent,
):
    query = Query(**{name: intent.pop(name) for name in Query.__slots__ if name in intent})
    data = b"" if body is MISSING else json.dumps(body).encode()
    return Observation(
        exchange=Exchange(Request(method, target), BASE + target, Response(status, "", Headers(headers), data, json=body)),
        intent=Intent(action=action, by=by, resource="User", query=query, **intent),
        context=Context(base_url=BASE, scim="2.0", capabilities=Capabilities(), client_timeout=60.0, ours=OURS, alone=alone),
    )  # fmt: skip


def users(*ids, **changes):
    """A list with these ids; in ``changes`` MISSING leaves a member out."""
    made = {"totalResults": len(ids), "startIndex": 1, "Resources": [{"id": i, "userName": i} for i in ids]} | changes
    return {k: v for k, v in made.items() if v is not MISSING}


def holds(body, at, word, value, **more):
    return see(body, assertions=(Assertion(at, word, value),), **more)


def query(body, among, finds, **more):
    return see(body, action="match", among=tuple(among), finds=tuple(finds), **more)


def sorted_(body, *ids, **more):
    return see(body, action="list", order=ids, **more)


def page(body, *, earlier=(), complete=(), **more):
    return see(body, action="list", earlier=frozenset(earlier), complete=tuple(complete), **more)


def silent(kind="timeout", **more):
    """No answer came."""
    seen = see(**more)
    return replace(
        seen, exchange=Exchange(seen.exchange.request, BASE, None, Failure(FailureKind(kind), "no answer within 60 s"))
    )


def outcome(rule, seen):
    """The places of the problems; "skip" if it cannot be judged; None if the check does not look at it."""
    if not rule.is_for(seen) or not rule.when(seen):
        return None
    try:
        return [problem.where for problem in rule.run(seen)]
    except NotJudged as reason:
        return "skip" if str(reason) else "skipped without a reason"


BODY = {
    "number": 5, "text": "x", "yes": True, "nothing": None, "list": ["a", "b"], "thing": {"part": 1}, "a/b": {"c~d": 7},
    "no": False, "zero": 0, "empty": "", "none": [], "void": {}, "urn:x:2.0:User": {"berth": "B7"},
}  # fmt: skip
TYPED = {"number": "number", "string": "text", "boolean": "yes", "array": "list", "object": "thing"}
TYPES = [
    (f"{member} is {'' if fits else 'no '}{word}", holds(BODY, f"/{member}", "is", word), [] if fits else [f"/{member}"])
    for word, right in TYPED.items() for member in (*TYPED.values(), "nothing", "absent") for fits in [member == right]
]  # fmt: skip
LOCATED = (("Location", "/v2/Users/u1"),)

CASES = {
    "expect.answer": [
        *TYPES,
        ("equals", holds(BODY, "/number", "equals", 5), []),
        ("equals otherwise", holds(BODY, "/number", "equals", 6), ["/number"]),
        ("text is no number", holds(BODY, "/number", "equals", "5"), ["/number"]),
        ("true is not 1", holds(BODY, "/yes", "equals", 1), ["/yes"]),
        ("1 is not true", holds({"n": 1}, "/n", "equals", True), ["/n"]),
        ("equals a structure", holds(BODY, "/thing", "equals", {"part": 1}), []),
        ("equals null", holds(BODY, "/nothing", "equals", None), []),
        ("absent is not null", holds(BODY, "/absent", "equals", None), ["/absent"]),
        ("includes", holds(BODY, "/list", "includes", "b"), []),
        ("includes no such", holds(BODY, "/list", "includes", "c"), ["/list"]),
        ("a text includes nothing", holds(BODY, "/text", "includes", "x"), ["/text"]),
        ("present", holds(BODY, "/text", "is", "present"), []),
        ("present as null", holds(BODY, "/nothing", "is", "present"), []),
        ("not present", holds(BODY, "/absent", "is", "present"), ["/absent"]),
        ("absent", holds(BODY, "/absent", "is", "absent"), []),
        ("not absent", holds(BODY, "/text", "is", "absent"), ["/text"]),
        ("null is not absent", holds(BODY, "/nothing", "is", "absent"), ["/nothing"]),
        *((f"{name} is not empty", holds(BODY, f"/{name}", "is", "not-empty"), []) for name in ("text", "no", "zero", "list", "thing")),
        *((f"{name} is empty", holds(BODY, f"/{name}", "is", "not-empty"), [f"/{name}"]) for name in ("empty", "none", "void", "nothing", "absent")),
        ("a slash and a tilde in names", holds(BODY, "/a~1b/c~0d", "equals", 7), []),
        ("~01 is ~1 and no slash", holds({"~1": 7, "/": 8}, "/~01", "equals", 7), []),
        ("a URN", holds(BODY, "/urn:x:2.0:User/berth", "equals", "B7"), []),
        ("an entry", holds(BODY, "/list/1", "equals", "b"), []),
        ("behind the last entry", holds(BODY, "/list/2", "is", "absent"), []),
        ("no number in a list", holds(BODY, "/list/x", "is", "present"), ["/list/x"]),
        ("a digit that is no number", holds(BODY, "/list/²", "is", "absent"), []),
        ("below a text", holds(BODY, "/text/0", "is", "absent"), []),
        ("no body", holds(MISSING, "/text", "is", "absent"), []),
        ("no body, and something is wanted", holds(MISSING, "/text", "is", "present"), ["/text"]),
        ("a header in any case", holds(BODY, "header location", "equals", "/v2/Users/u1", headers=LOCATED), []),
        ("another header", holds(BODY, "header Location", "equals", "/v2/Users/u2", headers=LOCATED), ["header Location"]),
        ("a header is there", holds(BODY, "header Location", "is", "present", headers=LOCATED), []),
        ("a header is not there", holds(BODY, "header Location", "is", "present"), ["header Location"]),
        ("a header must not be there", holds(BODY, "header Location", "is", "absent", headers=LOCATED), ["header Location"]),
        ("each assertion for itself", see(BODY, assertions=(Assertion("/number", "equals", 6), Assertion("/text", "equals", "x"),
                                                         Assertion("/absent", "is", "present"))), ["/number", "/absent"]),
        ("of an error as well", holds({"scimType": "uniqueness"}, "/scimType", "equals", "uniqueness", status=409), []),
        ("nothing asserted", see(BODY), None),
    ],
    "expect.finds": [
        ("exactly", query(users("u1"), ["u1", "u2"], ["u1"]), []),
        ("strangers are not looked at", query(users("u1", "x9"), ["u1", "u2"], ["u1"]), []),
        ("none of them", query(users(), ["u1", "u2"], []), []),
        ("none of them, without Resources", query(users(Resources=MISSING), ["u1"], []), []),
        ("one is missing", query(users("u2"), ["u1", "u2"], ["u1", "u2"]), ["/Resources"]),
        ("one too many", query(users("u1", "u2"), ["u1", "u2"], ["u1"]), ["/Resources"]),
        ("the wrong one: two places", query(users("u2"), ["u1", "u2"], ["u1"]), ["/Resources", "/Resources"]),
        ("no list", query({"id": "u1"}, ["u1"], ["u1"]), ["/Resources"]),
        ("an array", query([{"id": "u1"}], ["u1"], ["u1"]), ["/Resources"]),
        ("one page of several", query(users("u1", totalResults=9), ["u1", "u2"], ["u1", "u2"]), "skip"),
        ("the last page", query(users("u1", totalResults=9, startIndex=9), ["u1", "u2"], ["u1", "u2"]), ["/Resources"]),
        ("refused", query({}, ["u1"], ["u1"], status=400), None),
        ("nobody is named", query(users("u1"), [], []), None),
        ("nothing is said", see(users("u1"), among=("u1",)), None),
    ],
    "expect.order": [
        ("in order", sorted_(users("u1", "u2", "u3"), "u1", "u2", "u3"), []),
        ("strangers between", sorted_(users("u1", "x9", "u2"), "u1", "u2"), []),
        ("swapped", sorted_(users("u2", "u1"), "u1", "u2"), ["/Resources"]),
        ("one is missing, which is another check's", sorted_(users("u1"), "u1", "u2"), []),
        ("one is missing, and the others are swapped", sorted_(users("u3", "u1"), "u1", "u2", "u3"), ["/Resources"]),
        ("one is missing on this page", sorted_(users("u1", totalResults=9), "u1", "u2"), "skip"),
        ("all are on this page", sorted_(users("u2", "u1", totalResults=9), "u1", "u2"), ["/Resources"]),
        ("twice", sorted_(users("u1", "u1", "u2"), "u1", "u2"), ["/Resources"]),
        ("no list", sorted_({"id": "u1"}, "u1", "u2"), []),
        ("refused", sorted_({}, "u1", "u2", status=400), None),
        ("no order asked for", see(users("u2", "u1"), action="list"), None),
    ],
    "expect.sorted-complete": [
        ("all", sorted_(users("u2", "u1"), "u1", "u2"), []),
        ("one is missing", sorted_(users("u1"), "u1", "u2"), ["/Resources"]),
        ("no list", sorted_({"id": "u1"}, "u1", "u2"), ["/Resources", "/Resources"]),
        ("one is missing on this page", sorted_(users("u1", totalResults=9), "u1", "u2"), "skip"),
        ("one is missing without the sort too", sorted_(users("u1"), "u1", "u2", unmet="no population"), None),
        ("refused", sorted_({}, "u1", "u2", status=400), None),
    ],
    "list.pages-disjoint": [
        ("others", page(users("u3"), earlier=["u1", "u2"]), []),
        ("empty", page(users(totalResults=2), earlier=["u1", "u2"]), []),
        ("one again", page(users("u2", "u3"), earlier=["u1", "u2"]), ["/Resources"]),
        ("a stranger again", page(users("x9"), earlier=["x9"]), ["/Resources"]),
        ("the same number as on the first page", page(users("u2", totalResults=4), earlier=["u2"], total=4), ["/Resources"]),
        ("another number: somebody is writing", page(users("u2", totalResults=5), earlier=["u2"], total=4), "skip"),
        ("no number any more", page(users("u2", totalResults=MISSING), earlier=["u2"], total=4), "skip"),
        ("beside other processes", page(users("u2"), earlier=["u2"], alone=False), "skip"),
        ("the first page", page(users("u1")), None),
        ("refused", page({}, earlier=["u1"], status=400), None),
    ],
    "list.beyond-end": [
        ("nothing", page(users(totalResults=2, startIndex=9), earlier=["u1", "u2"], beyond=True, target="/Users?startIndex=9"), []),
        ("the last once more", page(users("u2", totalResults=2, startIndex=9), earlier=["u1", "u2"], beyond=True, target="/Users?startIndex=9"), ["/Resources"]),
        ("another number: somebody is writing", page(users("u3", totalResults=9, startIndex=9), earlier=["u1"], total=2, beyond=True, target="/Users?startIndex=9"), "skip"),
        ("not behind the end", page(users("u1"), target="/Users?startIndex=1"), None),
        ("refused", page({}, status=404, beyond=True, target="/Users?startIndex=9"), None),
    ],
    "list.full-pages": [
        ("as long as asked for", page(users("u1", "u2", totalResults=9), largest=9, target="/Users?count=2"), []),
        ("one short", page(users("u1", totalResults=9), largest=9, target="/Users?count=2"), ["/Resources"]),
        ("a limit of the target's own", page(users("u1", totalResults=9), largest=1, target="/Users?count=2"), "skip"),
        ("the last page", page(users("u1"), largest=9, target="/Users?count=2"), None),
        ("as many as it likes", page(users("u1", totalResults=9), largest=9, target="/Users"), None),
    ],
    "list.pages-complete": [
        ("more behind the end", page(users("u1"), complete=["u1", "u2"], more=True), "skip"),
        ("all on one", page(users("u1", "u2"), complete=["u1", "u2"]), []),
        ("all on two", page(users("u2", totalResults=2, startIndex=2), earlier=["u1"], complete=["u1", "u2"]), []),
        ("more to come", page(users("u1", totalResults=2), complete=["u1", "u2"]), []),
        ("one on none", page(users("u1"), complete=["u1", "u2"]), ["/Resources"]),
        ("two on none: one finding", page(users("x9"), complete=["u1", "u2"]), ["/Resources"]),
        ("an empty page before the end", page(users(totalResults=9), earlier=["u1"], complete=["u1", "u2"]), ["/Resources"]),
        ("another number: somebody is writing", page(users("u2", totalResults=3, startIndex=3), earlier=["x9"], complete=["u1"], total=2), "skip"),
        ("the same number", page(users("u2", totalResults=2, startIndex=2), earlier=["x9"], complete=["u1"], total=2), ["/Resources"]),
        ("beside other processes", page(users("u2"), complete=["u1"], alone=False), "skip"),
        ("nobody has to come", page(users("u1")), None),
        ("refused", page({}, complete=["u1"], status=400), None),
    ],
    "state.expected": [
        ("what a write asked for is that write's", back(liv(), write(put("title", "Keeper"))), None),
        ("the profile's word beside it", back(liv(), write(put("title", "Keeper")), write(put("displayName", "Bo"), action="read-back")), ["displayName"]),
        ("both named", back(liv(), write(put("title", "Keeper"), action="read-back"), subject={"lacks": ("displayName",)}), ["title", "displayName"]),
        ("an empty list is no value", back(liv(emails=[]), subject={"lacks": ("emails",)}), []),
        ("it has it", back(liv(), write(put("title", "Surveyor"), action="read-back")), []),
        ("a refused read is another check's", back({}, write(put("title", "x"), action="read-back"), status=404), None),
    ],
    "http.in-time": [
        ("no answer by then", silent(), [""]),
        ("no answer for another reason", silent("reset"), []),
        ("none to us", silent(by="harness"), None),
        ("in time", see(BODY), []),
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "seen", "wanted"),
    [pytest.param(name, seen, wanted, id=f"{name}: {title}") for name, cases in CASES.items() for title, seen, wanted in cases],
)  # fmt: skip
def test_check(name, seen, wanted):
    assert outcome(all_checks()[name], seen) == wanted


def problems(name, seen):
    return list(all_checks()[name].run(seen))


@pytest.mark.parametrize(
    ("seen", "expected", "actual"),
    [
        (holds(BODY, "/number", "equals", 6), 6, 5),
        (holds(BODY, "/list", "includes", "c"), "an array with c", ["a", "b"]),
        (holds(BODY, "/absent", "is", "not-empty"), "not-empty", "(absent)"),
        (holds(BODY, "header ETag", "is", "present"), "present", "(absent)"),
        (holds({"text": "y" * 1000}, "/text", "equals", "x"), "x", "y" * 300 + "…"),
    ],
)
def test_a_broken_assertion_says_what_was_wanted_and_what_came(seen, expected, actual):
    [problem] = problems("expect.answer", seen)
    assert (problem.expected, problem.actual) == (expected, actual)


STRANGER = {"id": "x9", "userName": SECRET, "name": {"familyName": SECRET}, "emails": [{"value": SECRET}]}
LISTED = users("u1") | {"Resources": [{"id": "u1", "userName": "ours"}, STRANGER, {"userName": SECRET}, SECRET]}


@pytest.mark.parametrize(
    ("body", "at"),
    [
        *((LISTED, f"/Resources/1{below}") for below in ("", "/userName", "/name", "/name/familyName", "/emails", "/emails/0/value", "/id")),
        (LISTED, "/Resources/2/userName"),
        (LISTED, "/Resources/3"),
        (LISTED, "/Resources"),
        (STRANGER, "/userName"),
        (STRANGER, "/emails/0/value"),
        ([STRANGER], "/0/userName"),
        ([STRANGER], "/0"),
    ],
)  # fmt: skip
@pytest.mark.parametrize(("word", "value"), [("equals", "other"), ("includes", "other"), ("is", "absent")])
def test_foreign_resources_are_never_quoted(body, at, word, value):
    [problem] = problems("expect.answer", holds(body, at, word, value))
    assert SECRET not in repr(problem)
    assert "x9" not in repr(problem)
    assert problem.actual.startswith(("(a str", "(a list", "(a dict"))


@pytest.mark.parametrize(
    ("seen", "actual"),
    [
        (holds(LISTED, "/Resources/0/userName", "equals", "x"), "ours"),
        (holds(LISTED, "/totalResults", "equals", 9), 1),
        (holds({"id": "u1", "userName": "ours"}, "/userName", "equals", "x"), "ours"),
        # The answer to a creation is ours, though its id was not known when it was sent.
        (holds({"id": "new", "userName": "ours"}, "/userName", "equals", "x", method="POST"), "ours"),
        (holds({"id": "gone", "userName": "ours"}, "/userName", "equals", "x", subject=Subject("a", "User", "gone", {})), "ours"),
        (holds({"id": "urn:x", "name": "User"}, "/name", "equals", "x", target="/Schemas/urn:x"), "User"),
        (holds(users("urn:x"), "/Resources/0/id", "equals", "x", target="/Schemas"), "urn:x"),
        (holds({"detail": "no"}, "/detail", "equals", "x", status=404), "no"),
    ],
)  # fmt: skip
def test_what_is_ours_or_nobody_s_is_quoted(seen, actual):
    [problem] = problems("expect.answer", seen)
    assert problem.actual == actual


def test_people_are_told_by_name_and_strangers_by_number():
    [missing, extra] = problems("expect.finds", query(users("u2", SECRET), ["u1", "u2"], ["u1"]))
    assert (missing.expected, missing.actual) == ("with liv sc123456", "not among the results")
    assert (extra.expected, extra.actual) == ("without bo sc123456", "among the results")
    [order] = problems("expect.order", sorted_(users(SECRET, "u2", "u1"), "u1", "u2"))
    assert (order.expected, order.actual) == (["liv sc123456", "bo sc123456"], ["bo sc123456", "liv sc123456"])
    [again] = problems("list.pages-disjoint", page(users(SECRET, "u1"), earlier=[SECRET, "u1"]))
    assert again.actual == "2 repeated"
    [lost] = problems("list.pages-complete", page(users(SECRET), complete=["u1", "u2"]))
    assert (lost.expected, lost.actual) == ("on one of the pages: liv sc123456, bo sc123456", "2 on none")


def test_a_late_answer_and_none_at_all_are_told_apart():
    [none] = problems("http.in-time", silent())
    assert (none.expected, none.actual) == ("at most 60 s", "no answer by then")
    late = see(BODY)
    [slow] = problems("http.in-time", replace(late, exchange=replace(late.exchange, ms=61_400.0)))
    assert slow.actual == "61.4 s"


# --- the judge and a step's rule -------------------------------------------------------------------

RULE = Rule("MUST", ("RFC7644-3.4.2.2",), "A filter is evaluated whole", "Evaluate all of it.")


def results(entra, seen, *requirements):
    profile = replace(entra, requires={r.check: r for r in requirements}, scenarios=())
    return {r.id: r for r in judge(seen, profile, None) if r.outcome == "fail"}


def failed(entra, rule, *requirements):
    return results(entra, replace_rule(holds({"schemas": []}, "/number", "equals", 6), rule), *requirements)


def replace_rule(seen, rule):
    return replace(seen, intent=replace(seen.intent, rule=rule))


@pytest.mark.parametrize(("level", "severity"), [("MUST", "degraded"), ("SHOULD", "cosmetic")])
def test_a_step_s_rule_speaks_for_its_assertions(entra, level, severity):
    found = failed(entra, replace(RULE, level=level))["expect.answer"]
    assert (found.level, found.severity) == (level, severity)
    assert (found.cites, found.title, found.fix) == (RULE.cites, RULE.title, RULE.fix)
    assert (found.where, found.expected) == ("/number", 6)
    assert found.failure == all_checks()["expect.answer"].failure
    own = replace(RULE, level=level, failure="The number is another one")
    assert failed(entra, own)["expect.answer"].failure == "The number is another one"


@pytest.mark.parametrize("rule", [None, Rule("MAY"), Rule("CLIENT"), replace(RULE, level="MAY")])
def test_what_no_rule_of_the_specification_demands_is_not_judged(entra, rule):
    assert "expect.answer" not in failed(entra, rule)


def test_the_profile_s_severity_goes_before_the_rule_s_level(entra):
    asked = Requirement("expect.answer", Severity.BLOCKER, consequence="The suite stops.", source="S1")
    found = failed(entra, RULE, asked)["expect.answer"]
    assert (found.severity, found.consequence, found.source, found.level) == (
        "blocker",
        "The suite stops.",
        "S1",
        "MUST",
    )
    ignored = replace(asked, severity="ignore")
    assert "expect.answer" not in failed(entra, RULE, ignored)


def test_what_the_rule_leaves_open_the_check_says_itself(entra):
    found = failed(entra, Rule("MUST"))["expect.answer"]
    check = all_checks()["expect.answer"]
    assert (found.title, found.fix, found.cites) == (check.title, check.fix, check.cites)


def test_the_rule_speaks_for_the_status_too_and_for_no_other_check(entra):
    seen = replace_rule(see({"schemas": []}, status=404, statuses=frozenset({200}), expect="success"), RULE)
    found = results(entra, seen)
    assert (found["http.expected-status"].title, found["http.expected-status"].level) == (RULE.title, "MUST")
    others = {name: r for name, r in found.items() if name != "http.expected-status"}
    assert others, "an error without the error schema trips more"
    for name, result in others.items():
        assert (result.title, result.level) == (all_checks()[name].title, all_checks()[name].level)
