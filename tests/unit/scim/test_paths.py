"""Attribute paths: parse, get, put, remove, compare, and walk."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scim_compat.scim import paths
from scim_compat.scim.filters import equalities
from scim_compat.scim.grammar import parse_filter, parse_path
from scim_compat.scim.names import ENTERPRISE, ENTERPRISE_1_1
from scim_compat.scim.paths import get, is_match, is_same, is_unassigned, leaves, put, remove, values
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


def test_a_path_knows_its_top_level():
    assert parse_path("name.givenName").top == "name"
    assert parse_path('Emails[type eq "work"].value').top == "emails"
    assert parse_path(f"{ENTERPRISE}:manager.value").top == f"{ENTERPRISE}:manager".lower()


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


@pytest.mark.parametrize(
    ("path", "reached"),
    [
        ("userName", ["liv@fjord.example"]),
        ("USERNAME", ["liv@fjord.example"]),
        ("name.givenName", ["Liv"]),
        ("emails.value", ["liv@home.example", "liv@fjord.example"]),
        ('emails[type eq "work"].value', ["liv@fjord.example"]),
        ('emails[value co "liv"].type', ["home", "work"]),
        ("urn:ietf:params:scim:schemas:core:2.0:User:userName", ["liv@fjord.example"]),
        (f"{ENTERPRISE}:manager.value", ["u-400"]),
        (f"{ENTERPRISE}:manager", [{"value": "u-400"}]),
        ("schemas", ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE]),
        ("nothing.here", []),
        ("userName.deeper", []),
    ],
)
def test_values_are_all_that_a_path_reaches(path, reached):
    assert list(values(liv(), path)) == reached


@pytest.mark.parametrize(
    ("text", "selects"),
    [
        ('userName eq "LIV@fjord.example"', True),
        ('userName eq "liv"', False),
        ('userName ne "liv"', True),
        ('userName ne "LIV@fjord.example"', False),
        ('userName co "FJORD"', True),
        ('userName sw "liv@"', True),
        ('userName ew ".EXAMPLE"', True),
        ('userName ew "liv"', False),
        ("userName pr", True),
        ("nickName pr", False),
        ('nickName eq "x"', False),
        ('nickName ne "x"', True),
        ("nickName eq null", True),
        ("userName ne null", True),
        ("active eq true", True),
        ('active eq "True"', True),  # as Entra writes it
        ("active eq false", False),
        ("active gt false", False),
        ('userName gt "liv"', True),
        ('userName lt "LIV"', False),
        ('userName le "liv@fjord.example"', True),
        ("logins ge 7", True),
        ("logins gt 7", False),
        ("logins lt 7.5", True),
        ('logins gt "6"', False),
        ('emails.value eq "liv@home.example"', True),
        ('emails[type eq "work"].value eq "liv@home.example"', False),
        ('emails[type eq "work" and primary eq true]', True),
        ('emails[type eq "home" and primary eq true]', False),
        ('emails[type eq "home"].primary pr', False),
        (f'{PEAKON}:Seat number eq "12"', True),
        (f'{ENTERPRISE}:department eq "harbour"', True),
        ('not (userName sw "liv")', False),
        ('userName eq "x" or active eq true and logins eq 7', True),
        ('(userName eq "x" or active eq true) and logins eq 8', False),
    ],
)
def test_a_filter_selects(text, selects):
    assert is_match({**liv(), "logins": 7}, parse_filter(text)) is selects


@pytest.mark.parametrize("text", ['value ne "x"', "value eq null", 'not (value eq "x")'])
def test_a_condition_selects_no_element_that_is_no_object(text):
    assert get({"emails": ["a", None, {"display": "b"}]}, f"emails[{text}]") == {"display": "b"}
    resource = {"emails": ["a", {"display": "b"}]}
    remove(resource, f"emails[{text}]")
    assert resource == {"emails": ["a"]}


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


def test_put_changes_the_element_that_a_condition_of_any_kind_selects():
    made = liv()
    put(made, 'emails[type ne "home" and value ew ".example"].value', "new@fjord.example")
    assert made["emails"][1] == {"type": "work", "value": "new@fjord.example", "primary": True}


@pytest.mark.parametrize("condition", ['type ne "work"', 'value eq "a" or value eq "b"', "not (type pr)"])
def test_put_makes_no_element_that_a_condition_does_not_describe(condition):
    made: dict = {"emails": []}
    with pytest.raises(LookupError, match="no element of emails fits"):
        put(made, f"emails[{condition}].value", "a")
    assert made == {"emails": []}


def test_put_makes_an_extension_whose_urn_ends_in_a_version():
    made: dict = {}
    put(made, ENTERPRISE_1_1, {"department": "Sea"})
    put(made, f"{ENTERPRISE_1_1}:division", "North")
    assert made == {ENTERPRISE_1_1: {"department": "Sea", "division": "North"}}


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
    at = parse_path(path)
    put(made, path, value)
    found = get(made, path)
    if at.condition and not at.sub:  # an element, which also holds what it was chosen by
        assert isinstance(found, dict)
        [(chosen_by, _)] = equalities(at.condition)
        if isinstance(value, dict) and not any(k.lower() == chosen_by.lower() for k in value):
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
    made, top = liv(), parse_path(path)
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


ELEMENT = st.dictionaries(
    st.sampled_from(["type", "value", "Type", "VALUE", "display", "a.b"]),
    st.sampled_from(["a", "A", "b", "None", None, "", 1, "1", True, "true", ["a"], {"x": "y"}]),
    max_size=4,
)


@given(st.lists(ELEMENT, max_size=4))
def test_every_leaf_of_a_list_is_reached_by_its_path(elements):
    resource = {"entries": elements, ENTERPRISE: {"entries": elements}}
    for path, value in leaves(resource):
        assert get(resource, path) is value
        assert get(resource, str(path)) is value


def written(walked):
    return {str(path): value for path, value in walked}


def test_leaves_are_the_paths_a_client_would_use():
    assert written(leaves(liv(), skip=frozenset({"schemas", "id"}))) == {
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
    assert written(leaves({"emails": twice})) == {"emails": twice}
    untyped = [{"type": "work", "value": "a"}, {"display": "b"}]
    assert written(leaves({"emails": untyped})) == {"emails": untyped}


@pytest.mark.parametrize(
    "word", ["Research and Development", 'Sea "north" and land', "a]b", "[x]", "back\\slash", "x or y", "(z)", "å\nb"]
)
def test_leaves_of_elements_whose_type_or_value_reads_like_grammar(word):
    roles = [{"value": word, "display": "one"}, {"type": word, "value": "2"}]
    walked = dict(leaves({"roles": roles, ENTERPRISE: {"units": roles}}))
    assert list(walked.values()) == ["one", "2", "one", "2"]
    for path, value in walked.items():
        assert get({"roles": roles, ENTERPRISE: {"units": roles}}, str(path)) == value


@pytest.mark.parametrize("key", ["a[b", "a]", "", "a.b", "urn:x", "a b[c eq"])
def test_leaves_leave_out_what_no_path_can_spell(key):
    assert written(leaves({key: "x", "title": "y"})) == {"title": "y"}


def test_leaves_leave_out_what_is_unassigned():
    assert written(leaves({"a": None, "b": [], "c": "", "d": {}, "e": {"f": None}, "g": False, "h": 0})) == {
        "g": False,
        "h": 0,
    }


@pytest.mark.parametrize("value", [MISSING, None, "", [], {}])
def test_unassigned(value):
    assert is_unassigned(value)
    assert is_same(value, None)
    assert is_same(None, value)


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
    assert is_same(expected, actual) is equal


def test_same_counts_each_element_once():
    assert not is_same([{"value": "a"}, {"value": "a"}], [{"value": "a"}, {"value": "b"}])


def test_same_finds_the_pairing_there_is():
    """The first element fits both; it must not take the place of the second, which fits one."""
    assert is_same([{"value": "a"}, {"value": "a", "type": "x"}], [{"value": "a", "type": "x"}, {"value": "a"}])


@given(st.lists(VALUES, max_size=5), st.randoms())
def test_order_in_a_list_does_not_matter(values, random):
    mixed = copy.deepcopy(values)
    random.shuffle(mixed)
    assert is_same(values, mixed)


@given(VALUES)
def test_everything_is_the_same_as_itself(value):
    assert is_same(value, copy.deepcopy(value))


def test_members_match_in_any_case():
    assert paths.member({"userName": 1, "USERNAME": 2}, "USERNAME") == 2
    assert paths.member({"userName": 1}, "username") == 1
    assert paths.member({}, "username") is MISSING
