"""Attribute paths: parse, get, put, remove, compare, and walk."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scim_compat.scim import paths
from scim_compat.scim.paths import (
    ENTERPRISE,
    PathError,
    get,
    is_unassigned,
    leaves,
    parse,
    put,
    remove,
    same,
)
from scim_compat.values import MISSING

PEAKON = "urn:ietf:params:scim:schemas:extension:peakon:2.0:User"


def liv():
    return {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE],
        "id": "u-1",
        "userName": "liv@fjord.example",
        "active": True,
        "name": {"givenName": "Liv", "familyName": "Dahl"},
        "emails": [
            {"type": "home", "value": "liv@home.example"},
            {"type": "work", "value": "liv@fjord.example", "primary": True},
        ],
        "roles": [{"primary": True, "value": "Admin"}],
        ENTERPRISE: {"department": "Harbour", "manager": {"value": "u-400"}},
        PEAKON: {"Seat number": "12"},
    }


@pytest.mark.parametrize(
    ("text", "urn", "attribute", "where", "sub", "simple"),
    [
        ("active", "", "active", (), "", True),
        ("name.givenName", "", "name", (), "givenName", True),
        (" userName ", "", "userName", (), "", True),
        ('emails[type eq "work"].value', "", "emails", (("type", "work"),), "value", False),
        ('emails[type eq "work"]', "", "emails", (("type", "work"),), "", False),
        ('emails[ type  EQ "work" ].value', "", "emails", (("type", "work"),), "value", False),
        ('emails[type eq "work" and primary eq true].value', "", "emails", (("type", "work"), ("primary", True)), "value", False),
        ('roles[primary eq "True"].value', "", "roles", (("primary", "True"),), "value", False),
        ('members[value eq "a\\"b\\\\c"]', "", "members", (("value", 'a"b\\c'),), "", False),
        ('emails[value eq "x].y"].type', "", "emails", (("value", "x].y"),), "type", False),
        ("phones[rank eq -3]", "", "phones", (("rank", -3),), "", False),
        (f"{ENTERPRISE}:department", ENTERPRISE, "department", (), "", True),
        (f"{ENTERPRISE}:manager.value", ENTERPRISE, "manager", (), "value", True),
        (ENTERPRISE, ENTERPRISE, "", (), "", False),
        ("urn:ietf:params:scim:schemas:core:2.0:User:userName", "", "userName", (), "", True),
        ("URN:IETF:params:scim:schemas:CORE:2.0:User:name.givenName", "", "name", (), "givenName", True),
        ("urn:ietf:params:scim:schemas:core:2.0:Group:displayName", "", "displayName", (), "", True),
        (f"{PEAKON}:Seat number", PEAKON, "Seat number", (), "", True),
        (f"{PEAKON}:contacts[primary eq true].value", PEAKON, "contacts", (("primary", True),), "value", False),
    ],
)  # fmt: skip
def test_parse(text, urn, attribute, where, sub, simple):
    at = parse(text)
    assert (at.urn, at.attribute, at.where, at.sub, at.simple) == (urn, attribute, where, sub, simple)


@pytest.mark.parametrize(
    "text", ["", "[", "emails[", 'emails[type ne "work"]', 'emails[type eq "work" or type eq "home"]', "emails[]",
             "emails[type eq work].value", 'emails[type eq "work"].value.more', "a]b"],
)  # fmt: skip
def test_what_is_no_path(text):
    with pytest.raises(PathError, match=r"path|eq"):
        parse(text)


def test_a_path_knows_its_top_level():
    assert parse("name.givenName").top == "name"
    assert parse('Emails[type eq "work"].value').top == "emails"
    assert parse(f"{ENTERPRISE}:manager.value").top == f"{ENTERPRISE}:manager".lower()


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("userName", "liv@fjord.example"),
        ("USERNAME", "liv@fjord.example"),
        ("name.givenName", "Liv"),
        ("NAME.GIVENNAME", "Liv"),
        ('emails[type eq "work"].value', "liv@fjord.example"),
        ('emails[TYPE eq "WORK"].value', "liv@fjord.example"),
        ('emails[type eq "work" and primary eq true].value', "liv@fjord.example"),
        ('emails[type eq "home" and primary eq true].value', MISSING),
        ('roles[primary eq "True"].value', "Admin"),  # a boolean filtered by a string
        (f"{ENTERPRISE}:department", "Harbour"),
        (f"{ENTERPRISE.upper()}:Department", "Harbour"),
        (f"{ENTERPRISE}:manager.value", "u-400"),
        (ENTERPRISE, {"department": "Harbour", "manager": {"value": "u-400"}}),
        (f"{PEAKON}:Seat number", "12"),
        ("nickName", MISSING),
        ("nickName.sub", MISSING),
        ("userName.sub", MISSING),
        ('userName[type eq "work"].value', MISSING),
        ("urn:x:other:2.0:User:department", MISSING),
    ],
)
def test_get(path, value):
    assert get(liv(), path) == value


@pytest.mark.parametrize(
    "resource",
    [{}, {"name": None}, {"name": []}, {"name": "x"}, {"emails": None}, {"emails": "x"}, {"emails": [None, 1, "x", []]},
     {ENTERPRISE: None}, {ENTERPRISE: []}, {"emails": {"type": "other"}}],
)  # fmt: skip
def test_get_on_what_servers_answer_instead(resource):
    for path in ("name.givenName", 'emails[type eq "work"].value', f"{ENTERPRISE}:department"):
        assert get(resource, path) is MISSING


def test_get_takes_a_lone_object_for_a_list_of_one():
    assert get({"emails": {"type": "work", "value": "x"}}, 'emails[type eq "work"].value') == "x"


def test_put_makes_what_it_needs():
    made: dict = {}
    put(made, "name.givenName", "Liv")
    put(made, 'addresses[type eq "work"].region', "Vestland")
    put(made, 'addresses[type eq "work"].postalCode', "5003")
    put(made, 'addresses[type eq "other"].formatted', "Room 14")
    put(made, 'roles[primary eq "True"].value', "Admin")
    put(made, f"{ENTERPRISE}:department", "Harbour")
    put(made, f"{ENTERPRISE}:manager", {"value": "u-1"})
    assert made == {
        "name": {"givenName": "Liv"},
        "addresses": [
            {"type": "work", "region": "Vestland", "postalCode": "5003"},
            {"type": "other", "formatted": "Room 14"},
        ],
        "roles": [{"primary": True, "value": "Admin"}],
        ENTERPRISE: {"department": "Harbour", "manager": {"value": "u-1"}},
    }


def test_put_keeps_the_spelling_that_is_there():
    made = {"username": "a", "NAME": {"givenName": "b"}, ENTERPRISE.lower(): {"Department": "c"}}
    for path in ("userName", "name.familyName", f"{ENTERPRISE}:department"):
        put(made, path, "new")
    assert made == {
        "username": "new",
        "NAME": {"givenName": "b", "familyName": "new"},
        ENTERPRISE.lower(): {"Department": "new"},
    }


def test_put_does_not_share_its_value():
    value = [{"value": "a"}]
    made: dict = {}
    put(made, "roles", value)
    value[0]["value"] = "changed"
    assert made == {"roles": [{"value": "a"}]}


@pytest.mark.parametrize(
    ("path", "gone"),
    [
        ("active", lambda r: r.pop("active")),
        ("ACTIVE", lambda r: r.pop("active")),
        ("name.givenName", lambda r: r["name"].pop("givenName")),
        ('emails[type eq "work"]', lambda r: r["emails"].pop(1)),
        ('emails[type eq "work"].primary', lambda r: r["emails"][1].pop("primary")),
        (f"{ENTERPRISE}:department", lambda r: r[ENTERPRISE].pop("department")),
        (f"{ENTERPRISE}:manager.value", lambda r: r[ENTERPRISE]["manager"].pop("value")),
        (ENTERPRISE, lambda r: r.pop(ENTERPRISE)),
        ("nickName", lambda _r: None),
        ("nickName.sub", lambda _r: None),
        ('phones[type eq "work"].value', lambda _r: None),
        ("urn:x:other:2.0:User:department", lambda _r: None),
    ],
)
def test_remove(path, gone):
    resource, wanted = liv(), liv()
    remove(resource, path)
    gone(wanted)
    assert resource == wanted


WORDS = st.text(st.characters(blacklist_categories=("Cs",)), max_size=12)
NAMES = st.from_regex(r"[a-zA-Z][a-zA-Z0-9_-]{0,8}", fullmatch=True)
LABELS = st.from_regex(r"[A-Za-z][A-Za-z ]{0,8}[A-Za-z]", fullmatch=True)
VALUES = st.recursive(
    st.booleans() | st.integers() | WORDS | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=5,
)


@st.composite
def any_path(draw):
    head = draw(st.sampled_from(["", f"{ENTERPRISE}:", f"{PEAKON}:", "urn:x:y.z:2.0:User:"]))
    name = draw(NAMES if not head else NAMES | LABELS)
    if name.lower() in {"user", "group"}:
        name += "x"
    sub = draw(st.none() | NAMES)
    text = head + name
    if draw(st.booleans()):
        key = draw(NAMES.filter(lambda k: sub is None or k.lower() != sub.lower()))
        word = draw(WORDS).replace("\\", "\\\\").replace('"', '\\"')
        text += f'[{key} eq "{word}"]'
    return text if sub is None else f"{text}.{sub}"


@given(any_path(), VALUES)
def test_what_was_put_is_found(path, value):
    made: dict = {}
    at = parse(path)
    put(made, path, value)
    found = get(made, path)
    if at.where and not at.sub:  # an element, which also holds what it was chosen by
        assert isinstance(found, dict)
        if isinstance(value, dict) and not any(k.lower() == at.where[0][0].lower() for k in value):
            assert value.items() <= found.items()
    else:
        assert found == value


@given(any_path(), VALUES)
def test_what_was_removed_is_not_found(path, value):
    made = liv()
    put(made, path, value)
    remove(made, path)
    assert get(made, path) is MISSING


@given(any_path(), VALUES)
def test_put_touches_nothing_else(path, value):
    made, top = liv(), parse(path)
    before = copy.deepcopy(made)
    put(made, path, value)
    name = (top.urn or top.attribute).lower()
    assert {k: v for k, v in made.items() if k.lower() != name} == {
        k: v for k, v in before.items() if k.lower() != name
    }


HOSTILE_KEYS = st.text(max_size=10) | st.sampled_from(["", "[", "a[b", "a.b", "urn:", "urn:x", '"', "\\", "..", "$ref"])


@given(st.dictionaries(HOSTILE_KEYS, VALUES, max_size=5))
def test_no_answer_breaks_the_walk(resource):
    """Keys come from servers: walking over them must not raise, whatever they are."""
    for path, value in leaves(resource):
        assert get(resource, path) is value
        assert not is_unassigned(value)


def test_leaves_are_the_paths_a_client_would_use():
    found = dict(leaves(liv(), skip=frozenset({"schemas", "id"})))
    assert found == {
        "userName": "liv@fjord.example",
        "active": True,
        "name.givenName": "Liv",
        "name.familyName": "Dahl",
        'emails[type eq "home"].value': "liv@home.example",
        'emails[type eq "work"].value': "liv@fjord.example",
        'emails[type eq "work"].primary': True,
        'roles[value eq "Admin"].primary': True,
        f"{ENTERPRISE}:department": "Harbour",
        f"{ENTERPRISE}:manager.value": "u-400",
        f"{PEAKON}:Seat number": "12",
    }


def test_leaves_of_elements_that_cannot_be_told_apart_are_one():
    twice = [{"type": "work", "value": "a"}, {"type": "Work", "value": "b"}]
    assert dict(leaves({"emails": twice})) == {"emails": twice}
    untyped = [{"type": "work", "value": "a"}, {"display": "b"}]
    assert dict(leaves({"emails": untyped})) == {"emails": untyped}


@pytest.mark.parametrize("key", ["a[b", "a]", "", "a.b", "urn:x", "a b[c eq"])
def test_leaves_leave_out_what_no_path_can_spell(key):
    assert dict(leaves({key: "x", "title": "y"})) == {"title": "y"}


def test_leaves_leave_out_what_is_unassigned():
    assert dict(leaves({"a": None, "b": [], "c": "", "d": {}, "e": {"f": None}, "g": False, "h": 0})) == {
        "g": False,
        "h": 0,
    }


@pytest.mark.parametrize("value", [MISSING, None, "", [], {}])
def test_unassigned(value):
    assert is_unassigned(value)
    assert same(value, None)
    assert same(None, value)


@pytest.mark.parametrize("value", [False, 0, 0.0, " ", [None], {"a": None}])
def test_assigned(value):
    assert not is_unassigned(value)


@pytest.mark.parametrize(
    ("expected", "actual", "equal"),
    [
        ("a", "a", True), ("a", "A", False), ("1", 1, False), (1, 1, True), (1, 1.0, False), (True, True, True),
        (True, "True", False), (True, 1, False), (1, True, False), (False, 0, False), (False, None, False),
        ({"value": "x"}, {"value": "x", "display": "y"}, True), ({"value": "x"}, {"Value": "x"}, True),
        ({"value": "x"}, {"value": "y"}, False), ({"value": "x"}, "x", True), ({"value": "x"}, "y", False),
        ({"value": "x", "type": "a"}, "x", False), ({"value": "x"}, None, False),
        ([{"value": "a"}, {"value": "b"}], [{"value": "b"}, {"value": "a", "$ref": "r"}], True),
        ([{"value": "a"}], [{"value": "a"}, {"value": "b"}], False), ([{"value": "a"}], {"value": "a"}, False),
        ([], None, True), ("", {"value": None}, True), (None, {"value": "x"}, False), (None, False, False),
    ],
)  # fmt: skip
def test_same(expected, actual, equal):
    assert same(expected, actual) is equal


def test_same_counts_each_element_once():
    assert not same([{"value": "a"}, {"value": "a"}], [{"value": "a"}, {"value": "b"}])


def test_same_finds_the_pairing_there_is():
    """The first element fits both; it must not take the place of the second, which fits one."""
    assert same([{"value": "a"}, {"value": "a", "type": "x"}], [{"value": "a", "type": "x"}, {"value": "a"}])


@given(st.lists(VALUES, max_size=5), st.randoms())
def test_order_in_a_list_does_not_matter(values, random):
    mixed = copy.deepcopy(values)
    random.shuffle(mixed)
    assert same(values, mixed)


@given(VALUES)
def test_everything_is_the_same_as_itself(value):
    assert same(value, copy.deepcopy(value))


def test_members_match_in_any_case():
    assert paths.member({"userName": 1, "USERNAME": 2}, "USERNAME") == 2
    assert paths.member({"userName": 1}, "username") == 1
    assert paths.member({}, "username") is MISSING
