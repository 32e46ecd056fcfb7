"""How wanted changes become operations: every form of both dialects, and that they do what was wanted."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scim_compat.engine import wording
from scim_compat.engine.imaginary_server import ImaginaryServer
from scim_compat.engine.wording import (
    Change,
    filter_text,
    member_operations,
    operations,
    patch_body,
    query,
)
from scim_compat.profile.model import Client, Dialect
from scim_compat.scim import paths
from scim_compat.scim.grammar import parse_path
from scim_compat.scim.names import ENTERPRISE
from scim_compat.values import MISSING
from scim_compat.wire.messages import Request

ENT = ENTERPRISE
FJORD = "urn:ietf:params:scim:schemas:extension:Fjord:2.0:User"
V1 = Dialect(operation_names="title", booleans="string", simple_attributes="operation-each",
             member_add="one-per-request", member_remove="value-array")  # fmt: skip
V2 = Dialect(operation_names="lower", booleans="json", simple_attributes="one-pathless-operation",
             lone_attribute="path", member_add="one-per-request", member_remove="value-filter")  # fmt: skip
V2_PATHLESS = replace(V2, lone_attribute="pathless")
SEEN = {
    "userName": "liv.dahl@fjord.example", "displayName": "Liv Dahl", "active": True,
    "name": {"familyName": "Dahl", "givenName": "Liv"},
    "emails": [{"type": "work", "value": "liv.dahl@fjord.example", "primary": True}],
    "phoneNumbers": [{"type": "mobile", "value": "55502"}],
    "addresses": [{"type": "work", "postalCode": "5003"}],
    ENT: {"department": "Harbour", "manager": {"value": "u-400"}},
}  # fmt: skip


def rendered(dialect, changes, *, seen=SEEN, references=(), clear=()):
    wanted = Change(set=tuple(changes.items()), clear=tuple(clear), references=frozenset(references))
    return operations(wanted, last_answer=seen, dialect=dialect)


def text(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


EVERYTHING = {
    "userName": "liv.berg@fjord.example",
    "displayName": "Liv Berg",
    "nickName": "Livvi",
    "name.familyName": "Berg",
    'emails[type eq "work"].value': "liv.berg@fjord.example",
    'emails[type eq "other"].value': "liv@home.example",
    'phoneNumbers[type eq "mobile"].value': "55509",
    'addresses[type eq "work"].region': "Vestland",
    'addresses[type eq "work"].postalCode': "5004",
    'roles[primary eq "True"].value': "Admin",
    f"{ENT}:department": "Survey",
    f"{ENT}:manager": "u-402",
    f"{FJORD}:berth": "B7",
}


def test_the_older_client_sends_one_operation_for_each_attribute():
    assert text(rendered(V1, EVERYTHING, references=[f"{ENT}:manager"])) == text([
        {"op": "Replace", "path": "userName", "value": "liv.berg@fjord.example"},
        {"op": "Replace", "path": "displayName", "value": "Liv Berg"},
        {"op": "Add", "path": "nickName", "value": "Livvi"},
        {"op": "Replace", "path": "name.familyName", "value": "Berg"},
        {"op": "Replace", "path": 'emails[type eq "work"].value', "value": "liv.berg@fjord.example"},
        {"op": "Add", "path": 'emails[type eq "other"].value', "value": "liv@home.example"},
        {"op": "Replace", "path": 'phoneNumbers[type eq "mobile"].value', "value": "55509"},
        {"op": "Add", "path": 'addresses[type eq "work"].region', "value": "Vestland"},
        {"op": "Replace", "path": 'addresses[type eq "work"].postalCode', "value": "5004"},
        {"op": "Add", "path": 'roles[primary eq "True"].value', "value": "Admin"},
        {"op": "Replace", "path": f"{ENT}:department", "value": "Survey"},
        {"op": "Replace", "path": f"{ENT}:manager", "value": "u-402"},
        {"op": "Add", "path": f"{FJORD}:berth", "value": "B7"},
    ])  # fmt: skip


def test_the_newer_client_sends_value_paths_first_and_the_rest_without_path():
    changes = {
        "userName": "liv.berg@fjord.example", "displayName": "Liv Berg", "nickName": "Livvi",
        'emails[type eq "work"].value': "liv.berg@fjord.example", 'emails[type eq "work"].primary': True,
        'emails[type eq "other"].value': "liv@home.example", 'phoneNumbers[type eq "mobile"].value': "55509",
        'addresses[type eq "work"].region': "Vestland", "name.familyName": "Berg", f"{ENT}:department": "Survey",
        f"{FJORD}:berth": "B7", "name.formatted": "Liv Berg",
    }  # fmt: skip
    seen = copy.deepcopy(SEEN) | {FJORD: {"berth": "A1"}}
    assert text(rendered(V2, changes, seen=seen)) == text([
        {"op": "replace", "path": 'emails[type eq "work"].value', "value": "liv.berg@fjord.example"},
        {"op": "replace", "path": 'emails[type eq "work"].primary', "value": True},
        {"op": "add", "path": 'emails[type eq "other"].value', "value": "liv@home.example"},
        {"op": "replace", "path": 'phoneNumbers[type eq "mobile"].value', "value": "55509"},
        {"op": "add", "path": 'addresses[type eq "work"].region', "value": "Vestland"},
        {"op": "replace", "value": {
            "userName": "liv.berg@fjord.example", "displayName": "Liv Berg", "name.familyName": "Berg",
            f"{ENT}:department": "Survey", f"{FJORD}:berth": "B7"}},
        {"op": "add", "value": {"nickName": "Livvi", "name.formatted": "Liv Berg"}},
    ])  # fmt: skip


@pytest.mark.parametrize(
    ("dialect", "change", "operation"),
    [
        (V2, {"nickName": "Livvi"}, {"op": "add", "path": "nickName", "value": "Livvi"}),
        (V2, {"displayName": "Liv Berg"}, {"op": "replace", "path": "displayName", "value": "Liv Berg"}),
        (V2, {f"{ENT}:department": "Survey"}, {"op": "replace", "path": f"{ENT}:department", "value": "Survey"}),
        (V2_PATHLESS, {"displayName": "Liv Berg"}, {"op": "replace", "value": {"displayName": "Liv Berg"}}),
        (V2_PATHLESS, {"nickName": "Livvi"}, {"op": "add", "value": {"nickName": "Livvi"}}),
        (V1, {"active": False}, {"op": "Replace", "path": "active", "value": "False"}),
        (V1, {"active": True}, {"op": "Replace", "path": "active", "value": "True"}),
        (V2, {"active": False}, {"op": "replace", "path": "active", "value": False}),
        (V2, {"active": True}, {"op": "replace", "path": "active", "value": True}),
        (V1, {'emails[type eq "work"].primary': True}, {"op": "Replace", "path": 'emails[type eq "work"].primary', "value": "True"}),
        (V2, {"roles": [{"value": "User"}]}, {"op": "add", "path": "roles", "value": [{"value": "User"}]}),
    ],
)  # fmt: skip
def test_a_change_alone(dialect, change, operation):
    assert text(rendered(dialect, change)) == text([operation])


def test_active_that_the_server_did_not_show_is_added():
    assert rendered(V1, {"active": False}, seen={"id": "x"}) == [{"op": "Add", "path": "active", "value": "False"}]
    assert rendered(V1, {"active": False}, seen=None) == [{"op": "Add", "path": "active", "value": "False"}]


def test_disable_and_rename_share_an_operation():
    assert text(rendered(V2, {"active": False, "userName": "x@fjord.example"})) == text(
        [{"op": "replace", "value": {"active": False, "userName": "x@fjord.example"}}]
    )
    assert [o["path"] for o in rendered(V1, {"active": False, "userName": "x@fjord.example"})] == ["active", "userName"]


@pytest.mark.parametrize(
    ("dialect", "seen", "operation"),
    [
        (V1, {}, {"op": "Add", "path": f"{ENT}:manager", "value": "u-400"}),
        (V1, SEEN, {"op": "Replace", "path": f"{ENT}:manager", "value": "u-400"}),
        (V2, {}, {"op": "add", "path": f"{ENT}:manager", "value": "u-400"}),
        (V2, SEEN, {"op": "replace", "path": f"{ENT}:manager", "value": "u-400"}),
        (replace(V2, reference="object"), SEEN, {"op": "replace", "path": f"{ENT}:manager", "value": {"value": "u-400"}}),
    ],
)  # fmt: skip
def test_the_manager_goes_with_its_path(dialect, seen, operation):
    changes = {f"{ENT}:manager": "u-400"}
    assert rendered(dialect, changes, seen=seen, references=[f"{ENT}:manager"]) == [operation]


def test_clearing_removes_by_path():
    assert rendered(V2, {}, clear=["title"]) == [{"op": "remove", "path": "title"}]
    assert rendered(V1, {}, clear=["title"]) == [{"op": "Remove", "path": "title"}]
    both = rendered(V2, {"displayName": "x"}, clear=["title"])
    assert both == [{"op": "remove", "path": "title"}, {"op": "replace", "value": {"displayName": "x"}}]


@pytest.mark.parametrize(
    ("dialect", "arguments", "wanted"),
    [
        (V1, {"add": [("u-501", "liv")]}, [{"op": "Add", "path": "members", "value": [{"value": "u-501"}]}]),
        (V2, {"add": [("u-501", "liv")]}, [{"op": "add", "path": "members", "value": [{"value": "u-501"}]}]),
        (V2, {"add": [("a", ""), ("b", "")]}, [{"op": "add", "path": "members", "value": [{"value": "a"}, {"value": "b"}]}]),
        (V1, {"remove": ["u-501"]}, [{"op": "Remove", "path": "members", "value": [{"value": "u-501"}]}]),
        (V2, {"remove": ["u-501"]}, [{"op": "remove", "path": 'members[value eq "u-501"]'}]),
        (V2, {"remove": ["a", "b"]}, [{"op": "remove", "path": 'members[value eq "a"]'}, {"op": "remove", "path": 'members[value eq "b"]'}]),
        (V2, {"remove": ['..\\a"\n']}, [{"op": "remove", "path": 'members[value eq "..\\\\a\\"\\n"]'}]),
        (replace(V1, member_shape="ref-null"), {"add": [("a", "")]}, [{"op": "Add", "path": "members", "value": [{"$ref": None, "value": "a"}]}]),
        (replace(V2, member_shape="value-display"), {"add": [("a", "liv")]}, [{"op": "add", "path": "members", "value": [{"value": "a", "display": "liv"}]}]),
    ],
)  # fmt: skip
def test_members(dialect, arguments, wanted):
    assert text(member_operations(**arguments, dialect=dialect)) == text(wanted)


def test_the_message_around_operations():
    assert text(patch_body([{"op": "add"}])) == text(
        {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [{"op": "add"}]}
    )


@pytest.mark.parametrize(
    ("client", "parameters", "wanted"),
    [
        (Client(), [], ""),
        (Client(), [("filter", 'userName eq "a b"')], "?filter=userName%20eq%20%22a%20b%22"),
        (Client(query_encoding="form"), [("filter", 'userName eq "a b+c"')], "?filter=userName+eq+%22a+b%2Bc%22"),
        (Client(flag="f"), [], "?f"),
        (Client(flag="f"), [("a", "1"), ("b", "2")], "?a=1&b=2&f"),
        (Client(flag="f", flag_position="first"), [("a", "1")], "?f&a=1"),
    ],
)
def test_query(client, parameters, wanted):
    assert query(parameters, client=client) == wanted


@pytest.mark.parametrize(
    ("value", "wanted"),
    [("a", '"a"'), ('a"b', '"a\\"b"'), ("a\\", '"a\\\\"'), ("æ 🚢", '"æ 🚢"'), ("\n\0", '"\\n\\u0000"'), ("", '""')],
)
def test_filter_text(value, wanted):
    assert filter_text("userName", value) == f"userName eq {wanted}"


WORDS = st.text(st.characters(blacklist_categories=("Cs",)), min_size=1, max_size=20)


@given(
    st.lists(st.tuples(st.sampled_from(["filter", "count"]), WORDS), max_size=3), st.sampled_from(["form", "percent"])
)
def test_a_query_is_read_back_as_it_was_meant(parameters, encoding):
    found = query(parameters, client=Client(query_encoding=encoding, flag="flag"))
    assert found.isascii()
    assert not set(found) & set(" #\r\n")
    assert parse_qsl(found[1:], keep_blank_values=True, encoding="utf-8") == [*parameters, ("flag", "")]


# --- what is rendered does what was wanted ---------------------------------------------------------

SETTABLE = {
    "userName": WORDS, "displayName": WORDS, "nickName": WORDS, "title": WORDS, "active": st.booleans(),
    "name.familyName": WORDS, "name.formatted": WORDS,
    'emails[type eq "work"].value': WORDS, 'emails[type eq "home"].value': WORDS,
    'addresses[type eq "work"].region': WORDS, 'addresses[type eq "work"].postalCode': WORDS,
    'roles[primary eq "True"].value': WORDS, f"{ENT}:department": WORDS, f"{ENT}:employeeNumber": WORDS,
    f"{FJORD}:berth": WORDS,
}  # fmt: skip
CHANGES = st.lists(st.sampled_from(sorted(SETTABLE)), unique=True, min_size=1).flatmap(
    lambda names: st.fixed_dictionaries({n: SETTABLE[n] for n in names})
)


@given(CHANGES, st.sampled_from([V1, V2, V2_PATHLESS]), st.sampled_from([{}, SEEN]))
def test_operations_bring_about_the_change(changes, dialect, seen):
    server = ImaginaryServer()
    server.store["/Users/1"] = {"id": "1", "userName": "before", "title": "kept", **copy.deepcopy(seen)}
    before = copy.deepcopy(server.store["/Users/1"])
    body = patch_body(rendered(dialect, changes, seen=before))
    done = server.send(Request("PATCH", "/Users/1", body=json.dumps(body).encode()))
    assert done.response is not None
    assert done.response.status == 200
    for path, value in changes.items():
        shown = str(value) if isinstance(value, bool) and dialect.booleans == "string" else value
        assert paths.get(server.store["/Users/1"], path) == shown
    touched = {parse_path(p).top for p in changes}
    for path, value in paths.leaves(before):
        if path.top not in touched:
            assert paths.get(server.store["/Users/1"], path) == value


@given(
    st.lists(st.sampled_from("abcdef"), unique=True),
    st.lists(st.sampled_from("abcdef"), unique=True),
    st.sampled_from([V1, V2]),
)
def test_members_come_and_go(start, leaving, dialect):
    server = ImaginaryServer()
    server.store["/Groups/1"] = {"id": "1"}
    for arguments in ({"add": [(m, "") for m in start]}, {"remove": leaving}):
        body = patch_body(member_operations(**arguments, dialect=dialect))
        server.send(Request("PATCH", "/Groups/1", body=json.dumps(body).encode()))
    inside = [m["value"] for m in server.store["/Groups/1"].get("members", [])]
    assert inside == [m for m in start if m not in leaving]


@given(CHANGES)
def test_rendering_changes_nothing_it_was_given(changes):
    seen = copy.deepcopy(SEEN)
    rendered(V2, changes, seen=seen)
    assert seen == SEEN


def test_a_replacement_that_brings_an_extension_names_it_in_schemas():
    """RFC 7643 section 3: a server may pass over an extension that schemas does not list."""
    seen = {"schemas": ["core"], "id": "u1", "userName": "liv"}
    body = wording.replacement(Change(set=((f"{ENT}:department", "Survey"),)), last_answer=seen)
    assert body["schemas"] == ["core", ENT]
    assert seen["schemas"] == ["core"]
    assert wording.replacement(Change(set=(("title", "x"),)), last_answer=seen)["schemas"] == ["core"]


def test_an_echoed_replacement_holds_everything_that_was_read():
    change = Change(set=(("displayName", "Liv Berg"), (f"{ENT}:department", "Survey")), clear=("active",))
    body = wording.replacement(change, last_answer=SEEN)
    assert body["displayName"] == "Liv Berg"
    assert paths.get(body, f"{ENT}:department") == "Survey"
    assert paths.get(body, "active") is MISSING
    assert body["emails"] == SEEN["emails"]
    assert SEEN["displayName"] == "Liv Dahl"
