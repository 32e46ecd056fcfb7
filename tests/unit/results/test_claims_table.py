"""Claimed, advertised, found: what is counted of a run, and what the table makes of it."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scim_compat import results as package
from scim_compat.checks.registry import all_checks
from scim_compat.report.claims import claim_rows, contradictions
from scim_compat.report.html import render
from scim_compat.results.document.parsing import parse, read
from scim_compat.results.document.records import CheckRecord, ExchangeRecord
from scim_compat.results.document.writing import as_json
from scim_compat.results.sightings import SightingCounter
from scim_compat.values import Outcome
from support import results as fixtures

FORMAT = json.loads((Path(package.__file__).parent / "results.schema.json").read_text())
FOUND = jsonschema.Draft202012Validator(FORMAT["$defs"]["found"] | {"$defs": FORMAT["$defs"]})
TOPICS = {name: rule.topic for name, rule in all_checks().items()}
BASE = "https://x.example/scim/v2"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
BADGE = "urn:ietf:params:scim:schemas:extension:acme:2.0:User"
JSON = [["Content-Type", "application/scim+json; charset=utf-8"]]
VALID = [["Authorization", "Bearer [redacted]"]]


# --- what is counted ---------------------------------------------------------------------------------


def seen(method, path, status, *, action="raw", sent=None, got=None, checks=(), headers=JSON, request=VALID, text=None):
    """One event's worth: action, exchange, checks. ``checks``: ids that failed, or (id, outcome, where)."""
    body = text if text is not None else None if got is None else json.dumps(got)
    content = {
        "request": {"method": method, "url": BASE + path, "headers": request, "body": json.dumps(sent) if sent is not None else None},
        "response": {"status": status, "reason": "", "headers": headers if body else [], "body": body},
        "failure": None, "ms": 1.0, "truncated": False, "waits": [], "masked": False,
    }  # fmt: skip
    whole = [(c, "fail", "status") if isinstance(c, str) else c for c in checks]
    records = [CheckRecord(name, Outcome(outcome), "MUST", where=where) for name, outcome, where in whole]
    return action, read(ExchangeRecord, content, name="exchange"), records


def counted(*events):
    """The counts of one scenario; each must fit the published format."""
    counter = SightingCounter()
    counter.next_scenario()
    for action, exchange, checks in events:
        counter.exchange(action, exchange)
        for check in checks:
            counter.check(check, TOPICS.get(check.id))
    told = as_json(counter.summary())
    assert [e.message for e in FOUND.iter_errors(told)] == []
    return told


def user(id_="u1", **more):
    return {"schemas": [USER], "id": id_, **more}


def listed(*resources, total=None, **more):
    return {"totalResults": len(resources) if total is None else total, "Resources": list(resources), **more}


def patch(path, value="x", *, op="replace"):
    return {"Operations": [{"op": op, "path": path} | ({} if value is None else {"value": value})]}


NOTHING = counted()


def test_nothing_was_seen():
    assert NOTHING["operations"] == NOTHING["filters"] == NOTHING["disable"] == {}
    assert NOTHING["pages"] == {"largest": None, "largest_unasked": None, "cut": []}


@pytest.mark.parametrize(
    ("status", "checks", "word"),
    [
        (204, (), "accepted"),
        (200, ("patch.applied",), "accepted"),
        (400, (), "declined"),
        (400, ("error.shape",), "refused"),  # where: status
        (400, (("error.shape", "fail", "/schemas"),), "declined"),
        (400, ("patch.status",), "refused"),
        (501, ("patch.status",), "unsupported"),
        (405, (), "unsupported"),
        (500, ("http.no-server-error",), "failed"),
    ],
)
def test_how_a_request_ended(status, checks, word):
    told = counted(seen("PATCH", "/Users/u1", status, sent=patch("title"), checks=checks))
    assert told["operations"] == {"patch": {word: 1}}


def test_operations_by_their_request():
    told = counted(
        seen("POST", "/Users", 201, got=user()),
        seen("POST", "/Groups", 400),
        seen("PUT", "/Users/u1", 200, sent=user(password="x")),
        seen("DELETE", "/Users/u1", 204),
        seen("GET", "/Users?filter=userName%20eq%20%22a%22&sortBy=userName", 200, got=listed()),
        seen("GET", "/Users?sortBy=userName", 200, got=listed(), checks=(("expect.order", "fail", "/Resources"),)),
        seen("POST", "/Bulk", 404),
        seen("POST", "/Bulk", 400),
        seen("GET", "/Roles?filter=x%20pr", 404),
        seen("PATCH", "/Users", 404),
    )
    assert told["operations"] == {
        "create User": {"accepted": 1}, "create Group": {"declined": 1}, "put": {"accepted": 1}, "delete": {"accepted": 1},
        "changePassword": {"accepted": 1}, "filter": {"accepted": 1}, "sort": {"accepted": 1, "wrong": 1},
        "bulk": {"unsupported": 1, "declined": 1},
    }  # fmt: skip


def test_what_is_refused_without_a_credential_says_nothing_of_the_feature():
    told = counted(
        seen("PATCH", "/Users/u1", 401, action="anonymous", request=[], sent=patch("title"), checks=("patch.status",)),
        seen("GET", "/Users", 200, action="anonymous", request=[["Authorization", "Bearer [a wrong credential]"]], got=listed()),
        seen("GET", "/Users", 200, request=[["X-Key", "[redacted]"]], got=listed()),
        seen("GET", "/Users/u1", 401),
        seen("GET", "/Users/u1", 403),  # this one, not everyone
    )  # fmt: skip
    assert told["operations"] == {}
    assert told["credentials"] == {
        "none": {"refused": 1}, "wrong": {"accepted": 1}, "X-Key": {"accepted": 1}, "Bearer": {"refused": 1},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("query", "status", "checks", "expected"),
    [
        ("userName%20eq%20%22a%22", 200, (("filter.finds", "pass", ""),), {"userName": {"right": 1}}),
        ("userName+eq+%22a%22", 200, (("filter.only-matches", "fail", "/Resources/0"), ("filter.finds", "pass", "")), {"userName": {"wrong": 1}}),
        ("title%20sw%20%22a%22", 200, (("expect.finds", "pass", ""),), {"title": {"right": 1}}),
        ("title%20pr", 200, (("list.shape", "pass", ""),), {"title": {"answered": 1}}),
        ("title%20pr", 200, (("filter.finds", "skip", ""),), {"title": {"answered": 1}}),
        ("userName%20eq%20%22a%22", 400, ("list.status",), {"userName": {"refused": 1}}),
        (f"{USER}:userName%20EQ%20%22a%22", 200, (), {"userName": {"answered": 1}}),
        (f"{BADGE}:badge%20eq%20%22a%22", 200, (), {f"{BADGE}:badge": {"answered": 1}}),
        ("emails%5Btype%20eq%20%22work%22%5D.value%20eq%20%22a%20or%20b%22", 200, (), {'emails[type eq "work"].value': {"answered": 1}}),
        ("emails%5Bvalue%20eq%20%22liv@x.example%22%5D.type%20pr", 200, (), {"emails[…].type": {"answered": 1}}),
        ("emails%5Bvalue%20eq%20%22a%5Dliv@x.example%22%20or%20primary%20eq%20true%5D.type%20pr", 200, (), {"emails[…].type": {"answered": 1}}),
        ("(userName%20eq%20%22a%22)", 200, (), {"userName": {"answered": 1}}),
        ("userName%20eq%20%22a%22%20or%20title%20pr", 200, (), {}),
        ("emails%5Btype%20eq%20%22work%22%5D", 200, (), {}),
        ("not%20(userName%20eq%20%22a%22)", 200, (), {}),
        ("%22", 400, (), {}),
    ],
)  # fmt: skip
def test_which_attribute_a_filter_names(query, status, checks, expected):
    got = listed() if status == 200 else None
    told = counted(seen("GET", f"/Users?filter={query}", status, action="match", got=got, checks=checks))
    assert told["filters"].get("User", {}) == expected


def test_a_filter_that_is_wrong_on_purpose_says_nothing_of_its_attribute():
    assert counted(seen("GET", "/Users?filter=userName%20xx%20%22a%22", 400))["filters"] == {}
    assert counted(seen("GET", "/Users?filter=userName%20eq%20%22a%22", 400, action="raw"))["filters"] == {}


MUTABILITY = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "400", "scimType": "mutability"}


@pytest.mark.parametrize(
    ("sent", "status", "got", "checks", "expected"),
    [
        (patch("title"), 204, None, (), {"title": {"accepted": 1}}),
        (patch(f"{USER}:Title"), 204, None, (), {"Title": {"accepted": 1}}),
        ({"Operations": [{"op": "replace", "value": {"title": "x", "name.givenName": "y"}}]}, 204, None, (),
         {"title": {"accepted": 1}, "name.givenName": {"accepted": 1}}),
        (patch('members[value eq "2819c223"]', None, op="remove"), 204, None, (), {"members": {"accepted": 1}}),
        (patch('members[value eq "a]b"]', None, op="remove"), 204, None, (), {"members": {"accepted": 1}}),
        (patch('emails[value eq "liv@x.example].type'), 204, None, (), {"emails": {"accepted": 1}}),
        (patch('phoneNumbers[Type EQ "mobile"].value'), 204, None, (), {'phoneNumbers[Type eq "mobile"].value': {"accepted": 1}}),
        (patch('roles[type eq "Liv Dahl"].value'), 204, None, (), {"roles[…].value": {"accepted": 1}}),
        (patch("title"), 400, None, ("patch.status",), {"title": {"refused": 1}}),
        (patch("title"), 400, MUTABILITY, (), {"title": {"refused": 1}}),
        (patch("title"), 400, None, (), {}),  # a refusal that the client can accept may have any reason
        (patch("userName", None, op="remove"), 400, MUTABILITY, (), {}),  # required, not fixed
        ({"Operations": [{"op": "replace", "value": {"title": "x", "userName": "y"}}]}, 400, MUTABILITY, (), {}),
        ({"Operations": ["x", {"op": "add", "value": 5}]}, 204, None, (), {}),
        ([], 204, None, (), {}),
        ({"Operations": [{"op": "replace", "value": {"id": "u1", "schemas": [], "title": "x"}}]}, 204, None, (), {"title": {"accepted": 1}}),
        (patch("meta.created"), 400, MUTABILITY, (), {}),  # nobody may
        (patch("identity"), 204, None, (), {"identity": {"accepted": 1}}),
    ],
)  # fmt: skip
def test_which_attributes_change(sent, status, got, checks, expected):
    told = counted(seen("PATCH", "/Users/u1", status, sent=sent, got=got, checks=checks))
    assert told["changes"].get("User", {}) == expected


def test_what_was_accepted_and_is_not_there_is_lost():
    told = counted(
        seen("PATCH", "/Users/u1", 204, sent=patch("title")),
        seen("GET", "/Users/u1", 200, got=user(), checks=(("patch.applied", "fail", "Title"),)),
    )
    assert told["changes"] == {"User": {"title": {"accepted": 1, "lost": 1}}}


DISABLE = seen("PATCH", "/Users/u1", 204, sent=patch("active", False))
DELETE = seen("DELETE", "/Users/u1", 204)


@pytest.mark.parametrize(
    ("write", "status", "got", "expected"),
    [
        (DISABLE, 200, user(active=False), ("disable", {"kept": 1})),
        (DISABLE, 200, user(active=True), ("disable", {"active": 1})),
        (DISABLE, 404, None, ("disable", {"removed": 1})),
        (DISABLE, 500, None, ("disable", {})),
        (seen("PATCH", "/Users/u1", 204, sent=patch("active", [{"value": "False"}])), 404, None, ("disable", {"removed": 1})),
        (seen("PATCH", "/Users/u1", 204, sent={"Operations": [{"op": "replace", "value": {"active": False}}]}), 410, None, ("disable", {"removed": 1})),
        (seen("PUT", "/Users/u1", 200, sent=user(active=False)), 404, None, ("disable", {"removed": 1})),
        (seen("PATCH", "/Users/u1", 204, sent=patch("active", True)), 404, None, ("disable", {})),
        (seen("PATCH", "/Users/u1", 400, sent=patch("active", False)), 404, None, ("disable", {})),
        (DELETE, 404, None, ("delete", {"gone": 1})),
        (DELETE, 200, user(active=False), ("delete", {"disabled": 1})),
        (DELETE, 200, user(active=True), ("delete", {"kept": 1})),
        (seen("DELETE", "/Users/u1", 405), 200, user(), ("delete", {})),
    ],
)  # fmt: skip
def test_what_became_of_a_user(write, status, got, expected):
    read = seen("GET", "/Users/u1?attributes=active", status, got=got)
    told = counted(write, seen("GET", "/Users/u2", 404), read, read)
    assert told[expected[0]] == expected[1], "read twice, counted once"


def test_the_next_scenario_has_other_people():
    counter = SightingCounter()
    for action, exchange, _ in (DELETE, seen("POST", "/Users", 201, got=user())):
        counter.exchange(action, exchange)
    counter.next_scenario()
    for action, exchange, _ in (seen("GET", "/Users/u1", 404), seen("POST", "/Users", 201, got=user())):
        counter.exchange(action, exchange)
    summary = counter.summary()
    assert (summary.delete, summary.existing, summary.operations["create User"]) == ({}, {}, {"accepted": 2})


TWICE = (("create.duplicate-refused", "fail", "status"),)


@pytest.mark.parametrize(
    ("status", "got", "checks", "word"),
    [
        (409, None, (("create.duplicate-refused", "pass", ""),), "conflict"),
        (409, None, (), "conflict"),  # a literal request, with rules of its own
        (200, user(), (("create.duplicate-refused", "pass", ""),), "adopted"),
        (201, user("u2"), TWICE, "doubled"),
        (400, None, TWICE, "other"),
    ],
)
def test_a_create_for_what_exists(status, got, checks, word):
    told = counted(seen("POST", "/Users", 201, got=user()), seen("POST", "/Users", status, got=got, checks=checks))
    assert (told["existing"], told["operations"]) == ({word: 1}, {"create User": {"accepted": 1}})


@pytest.mark.parametrize(
    ("query", "got", "cut"),
    [
        ("", listed(user(), user("b"), total=5), [(None, 2)]),
        ("?count=10", listed(user(), user("b"), total=5), [(10, 2)]),
        ("?count=2", listed(user(), user("b"), total=5), []),
        ("?startIndex=4&count=10", listed(user(), user("b"), total=5), []),
        ("?startIndex=-3&count=10", listed(user(), user("b"), total=2), []),
        ("?count=x", listed(user(), user("b"), total=2), []),
        ("?count=10", listed(user(), user("b"), total="5"), []),
    ],
)
def test_pages(query, got, cut):
    pages = counted(seen("GET", f"/Users{query}", 200, got=got))["pages"]
    assert pages["largest"] == 2
    assert pages["largest_unasked"] == (None if "count=1" in query or "count=2" in query else 2)
    assert [(one["asked"], one["returned"]) for one in pages["cut"]] == cut


def test_an_empty_page_behind_the_end_is_not_cut():
    assert counted(seen("GET", "/Users?startIndex=9&count=2", 200, got=listed(total=20)))["pages"]["cut"] == []


def test_labels_versions_and_extensions():
    old = [["content-type", "Application/JSON"]]
    told = counted(
        seen("GET", "/Users/u1", 200, got=user(**{BADGE: {"badge": 1}, f"{USER}:x": 1}), headers=[*JSON, ["ETag", 'W/"1"']]),
        seen("GET", "/Users", 200, got=listed(user(**{BADGE: {"badge": 1}}), user(meta={"version": "x"}))),
        seen("GET", "/Users/u1", 200, got={"schemas": ["urn:scim:schemas:core:1.0"], "id": "u1", "meta": 5}, headers=old),
        seen("GET", "/Users/u2", 404, text="no", headers=[["Content-Type", "text/html"]]),
        seen("GET", "/Users/u2", 404, text="no", headers=[]),
        seen("DELETE", "/Users/u1", 204),
        seen("GET", "/Users/u1", 304),
        seen("PATCH", "/Users/u1", 200, sent=patch("title"), request=[*VALID, ["If-Match", "x"]], checks=("http.expected-status",)),
    )  # fmt: skip
    assert told["media_types"] == {"application/json": 1, "application/scim+json": 2}
    assert told["error_media_types"] == {"text/html": 1, "none": 1}
    assert told["versions"] == {"2.0": 1, "1.1": 1}, "the list of the second answer names no schemas"
    assert told["extensions"] == {BADGE: 2}
    assert told["etag"] == {"with": 1, "without": 1, "honoured": 1, "ignored": 1}


def test_no_answer_no_sighting():
    action, exchange, _ = seen("PATCH", "/Users/u1", 204, sent=patch("title"))
    assert counted((action, replace(exchange, response=None), []), (action, None, [])) == NOTHING


def test_a_hostile_server_fills_no_memory():
    flood = [
        seen("GET", f"/Users/u{n}", 200, got=user(**{f"urn:x:{n}:{m}": 1 for m in range(50)}),
             headers=[["Content-Type", f"x/{n}"]]) for n in range(100)
    ]  # fmt: skip
    told = counted(*flood)
    assert len(told["extensions"]) == len(told["media_types"]) == 61
    assert told["extensions"]["(more)"] == 5000 - 60


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["id", "schemas", "Resources", "totalResults", "meta", "version", "active", "scimType", BADGE]
            )
            | st.text(max_size=8),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@given(got=anything, status=st.sampled_from([200, 201, 400, 404, 409, 412]))
def test_no_answer_upsets_the_count(got, status):
    told = counted(
        DISABLE,
        seen("GET", "/Users/u1", status, got=got),
        seen("GET", "/Users?count=2&sortBy=x&filter=userName%20pr", status, got=got),
        seen("POST", "/Users", status, got=got, checks=TWICE),
        seen("PATCH", "/Users/u1", status, got=got, sent=patch("title")),
        seen("GET", "/Users/u1", 200, text="[" * 100_000),
    )
    assert told["operations"]["filter"]


# --- what the table says ---------------------------------------------------------------------------------


def quiet():
    """Results without any contradiction; the tests bring in one each."""
    results = fixtures.build_results()
    results["target"]["found"] = {
        "operations": {"create User": {"accepted": 9}, "create Group": {"accepted": 2}, "patch": {"accepted": 7}, "filter": {"accepted": 5}},
        "filters": {"User": {"userName": {"right": 5}}},
        "changes": {"User": {"displayName": {"accepted": 3}, "active": {"accepted": 1}}},
        "disable": {"kept": 1}, "delete": {"gone": 1}, "existing": {"conflict": 1}, "etag": {"without": 4},
        "credentials": {"Bearer": {"accepted": 20}, "none": {"refused": 1}},
        "media_types": {"application/scim+json": 20}, "error_media_types": {}, "extensions": {fixtures.ENTERPRISE: 3},
        "versions": {"2.0": 20}, "pages": {"largest": 20, "largest_unasked": 20, "cut": [{"asked": None, "returned": 20}]},
    }  # fmt: skip
    return results


def row(results, title):
    return next(side for side in claim_rows(parse(results)) if side.title == title)


def test_a_row_has_all_three():
    patched = row(quiet(), "PATCH")
    assert (patched.claimed, patched.advertised, patched.found, patched.remarks) == ("", "supported", "7 accepted", ())
    pages = row(quiet(), "Resources in one list")
    assert (pages.claimed, pages.advertised) == ("default 20, max 100", "maxResults 200")
    assert pages.found == "20 in the largest list; no count asked for, 20 came of more"
    assert row(quiet(), "Setting active to false").found == "kept, inactive (1)"
    assert row(quiet(), "Attributes that can change (User)").advertised == "readOnly or immutable: nickName"
    assert row(quiet(), "SCIM versions").claimed == f"2.0 at {fixtures.BASE}"
    assert row(quiet(), "Groups").claimed == "offered"
    assert "Bulk" in {side.title for side in claim_rows(parse(quiet()))}
    assert "Password change" not in {side.title for side in claim_rows(parse(quiet()))}, "nobody says anything of it"


def test_the_quiet_run_has_no_contradiction():
    assert [remark.word for side in claim_rows(parse(quiet())) for remark in side.remarks] == []
    assert "Nowhere do they contradict" in render(parse(quiet()))


def at(place, value):
    """Sets what stands at ``place`` (``claims/disable``) below target."""

    def change(results):
        *path, last = place.split("/")
        node = results["target"]
        for part in path:
            node = node.setdefault(part, {})
        node[last] = value

    return change


CONFIG = "capabilities/provider_config"


@pytest.mark.parametrize(
    ("changes", "title", "tone", "word"),
    [
        ([at("found/operations/patch", {"refused": 3})], "PATCH", "warn", "Advertised, but refused"),
        ([at("found/operations/patch", {"unsupported": 3})], "PATCH", "warn", "Advertised, but refused"),
        ([at("found/operations/bulk", {"accepted": 1})], "Bulk", "info", "Works, though advertised as missing"),
        ([at(f"{CONFIG}/sort", {"supported": True}), at("found/operations/sort", {"wrong": 2})], "Sorting", "warn", "Advertised, but without effect"),
        ([at("found/operations/create Group", {"refused": 2})], "Groups", "warn", "Claimed, but refused"),
        ([at("capabilities/resource_types", ["User"])], "Groups", "info", "Works, though advertised as missing"),
        ([at("claims/groups", False)], "Groups", "info", "Works, though claimed as missing"),
        ([at(f"{CONFIG}/etag", {"supported": True})], "ETags", "warn", "Advertised, but no resource has a version"),
        ([at(f"{CONFIG}/etag", {"supported": True}), at("found/etag", {"with": 2, "ignored": 1})], "ETags", "warn", "Advertised, but If-Match is ignored"),
        ([at("found/etag", {"with": 2})], "ETags", "info", "Versions are sent, though advertised as missing"),
        ([at("found/credentials/wrong", {"accepted": 1})], "Credentials", "warn", "A wrong credential was accepted"),
        ([at("found/filters/User/externalId", {"refused": 1})], "Attributes that filters may name (User)", "warn", "Claimed, but wrong or refused: externalId"),
        ([at("found/filters/User/externalId", {"wrong": 1, "right": 4})], "Attributes that filters may name (User)", "warn", "Claimed, but wrong or refused: externalId"),
        ([at("found/filters/User/title", {"right": 1})], "Attributes that filters may name (User)", "info", "Works, though not claimed: title"),
        ([at("found/changes/User/DisplayName", {"refused": 1})], "Attributes that can change (User)", "warn", "Claimed, but not kept or refused: DisplayName"),
        ([at("found/changes/User/active", {"accepted": 1, "lost": 1})], "Attributes that can change (User)", "warn", "Claimed, but not kept or refused: active"),
        ([at("found/changes/User/title", {"accepted": 1})], "Attributes that can change (User)", "info", "Accepted, though not claimed: title"),
        ([at("claims/mutable/user", ["active", "displayName", "nickName"]), at("found/changes/User/nickName", {"accepted": 1})], "Attributes that can change (User)", "info", "Advertised as readOnly or immutable, yet accepted: nickName"),
        ([at("found/disable", {"kept": 1, "removed": 2})], "Setting active to false", "warn", "Claimed: kept, inactive; found: removed"),
        ([at("claims/disable", "delete"), at("found/disable", {"active": 2})], "Setting active to false", "warn", "Claimed: removed; found: still active"),
        ([at("found/delete", {"disabled": 1})], "DELETE of a user", "warn", "Claimed: gone; found: still shown, inactive"),
        ([at("claims/delete", "disabled")], "DELETE of a user", "warn", "Claimed: still shown, inactive; found: gone"),
        ([at("claims/existing", "adopt"), at("found/existing", {"doubled": 1})], "Create for an existing user", "warn", "Claimed: took over the one there is; found: made a second one"),
        ([at("found/pages/largest", 300)], "Resources in one list", "warn", "300 in one list, though at most 100 are claimed"),
        ([at("claims/page-size", {}), at("found/pages/largest", 300)], "Resources in one list", "warn", "300 in one list, though maxResults is 200"),
        ([at("found/pages/largest_unasked", 21)], "Resources in one list", "warn", "21 came without a count, though 20 are claimed"),
        ([at("found/pages/cut", [{"asked": 90, "returned": 20}])], "Resources in one list", "warn", "Cut to 20, though 90 are claimed"),
        ([at("found/pages/cut", [{"asked": 900, "returned": 20}])], "Resources in one list", "warn", "Cut to 20, though 100 are claimed"),
        ([at("claims/page-size", {}), at("found/pages/cut", [{"asked": 900, "returned": 20}])], "Resources in one list", "warn", "Cut to 20, though 200 are advertised"),
        ([at("found/media_types", {"application/json": 1})], "Media type of answers", "warn", "Not claimed, but sent: application/json"),
        ([at("found/extensions", {BADGE: 1})], "Extensions", "warn", f"In answers, but not in /Schemas: {BADGE}"),
        ([at("found/versions", {"1.1": 1})], "SCIM versions", "warn", "Not claimed, but spoken: 1.1"),
    ],
)  # fmt: skip
def test_contradictions_are_said_in_words(changes, title, tone, word):
    results = quiet()
    for change in changes:
        change(results)
    assert (tone, word) in [(remark.tone, remark.word) for remark in row(results, title).remarks]
    shown = render(parse(results)).partition('<section id="claims"')[2].partition('<section id="scenarios"')[0]
    assert word in shown
    assert (contradictions(claim_rows(parse(results))) == 0) == ("Nowhere do they contradict" in shown)
    if tone == "warn":
        number = contradictions(claim_rows(parse(results)))
        assert number >= 1
        assert f"They contradict each other in {number} place{'' if number == 1 else 's'}." in shown


@pytest.mark.parametrize(
    ("changes", "title"),
    [
        # Nothing was tried, or only what the client lets be declined: no word against the endpoint.
        ([at("found/operations/patch", {"declined": 4})], "PATCH"),
        ([at("found/operations", {})], "PATCH"),
        ([at("found/operations/patch", {"refused": 4, "accepted": 1})], "PATCH"),
        ([at("capabilities/provider_config", None)], "PATCH"),
        ([at("capabilities/resource_types", None)], "Groups"),
        ([at("capabilities/schemas", None), at("found/extensions", {BADGE: 1})], "Extensions"),
        ([at("claims", {}), at("found/filters/User/externalId", {"refused": 1})], "Attributes that filters may name (User)"),
        ([at("claims", {}), at("found/disable", {"removed": 1})], "Setting active to false"),
        ([at("claims", {}), at("found/media_types", {"application/json": 1})], "Media type of answers"),
        ([at("claims/mutable/user", ["name", "active", "displayName"]), at("found/changes/User/name.givenName", {"accepted": 1})], "Attributes that can change (User)"),
        ([at("found/pages/cut", [{"asked": 900, "returned": 100}]), at("found/pages/largest", 100)], "Resources in one list"),
        ([at("bases", {}), at("found/versions", {"1.1": 1})], "SCIM versions"),
    ],
)  # fmt: skip
def test_no_contradiction_where_nobody_spoke(changes, title):
    results = quiet()
    for change in changes:
        change(results)
    assert row(results, title).remarks == ()


def test_features_left_out_say_what_was_not_tested():
    results = quiet()
    assert row(results, "Features left out").found == ""
    scenario = results["profiles"][1]["scenarios"][-1]
    assert scenario["applicable"] is False
    results["target"]["claims"]["without-features"] = [scenario["feature"]]
    assert row(results, "Features left out").found == "1 scenario not tested"


def test_silence_is_said_in_words():
    results = quiet()
    results["target"] |= {
        "claims": {},
        "capabilities": {"provider_config": None, "resource_types": None, "schemas": None},
    }
    page = render(parse(results))
    shown = page.partition('<section id="claims"')[2].partition('<section id="scenarios"')[0]
    assert '<span class="nil">nothing said</span>' in shown
    assert contradictions(claim_rows(parse(results))) == 0


def test_many_names_are_cut_and_counted():
    results = quiet()
    results["target"]["found"]["changes"]["User"] = {f"a{n:02}": {"accepted": 1} for n in range(40)}
    shown = row(results, "Attributes that can change (User)")
    assert shown.found.startswith("accepted: a00, a01, ")
    assert shown.found.endswith("a11 and 28 more")


def test_names_by_a_hostile_server_are_text():
    hostile = copy.deepcopy(quiet())
    target = hostile["target"]
    target["found"] |= {
        "media_types": {fixtures.HOSTILE: 1}, "extensions": {fixtures.HOSTILE: 1}, "credentials": {fixtures.HOSTILE: {"accepted": 1}},
        "filters": {"User": {fixtures.HOSTILE: {"right": 1}}}, "changes": {"User": {fixtures.HOSTILE: {"accepted": 1}}},
    }  # fmt: skip
    target["capabilities"] |= {
        "provider_config": {"patch": 5, "bulk": {"supported": "yes"}, "filter": {"maxResults": 10**400}, "authenticationSchemes": [{"type": fixtures.HOSTILE}, 5]},
        "resource_types": [fixtures.HOSTILE], "schemas": [f"urn:extension:{fixtures.HOSTILE}"], "fixed": {"User": [fixtures.HOSTILE]},
    }  # fmt: skip
    page = render(parse(hostile))
    assert "<script" not in page
    assert "\u202e" not in page
    assert page.partition('<section id="claims"')[2].count("&lt;script&gt;alert(1)") > 8
