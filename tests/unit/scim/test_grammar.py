"""The grammar of RFC 7644 sections 3.4.2.2 and 3.5.2, and what clients send beyond it."""

from __future__ import annotations

import contextlib

import pytest
from scim_compat.scim.filters import (
    And,
    Comparison,
    Not,
    Operator,
    Or,
    Path,
    Presence,
    Selection,
    equalities,
    operands,
)
from scim_compat.scim.grammar import MOST_NESTED, Expected, PathError, parse_filter, parse_path
from scim_compat.scim.names import CORE_1_1, ENTERPRISE, ENTERPRISE_1_1, GROUP, USER
from support.cost import calls, ends

PEAKON = "urn:ietf:params:scim:schemas:extension:peakon:2.0:User"


def eq(name, value, sub=""):
    return Comparison(Path("", name, sub=sub), Operator.EQUAL, value)


WORK = eq("type", "work")

PATHS = [
    # RFC 7644, figure 7 and section 3.5.2
    ("members", Path("", "members")),
    ("name.familyName", Path("", "name", sub="familyName")),
    ('addresses[type eq "work"]', Path("", "addresses", WORK)),
    ('members[value eq "2819c223-7f76-453a-919d-413861904646"]',
     Path("", "members", eq("value", "2819c223-7f76-453a-919d-413861904646"))),
    ('members[value eq "2819c223"].displayName', Path("", "members", eq("value", "2819c223"), "displayName")),
    ('emails[type eq "work" and value ew "example.com"].value',
     Path("", "emails", And((WORK, Comparison(Path("", "value"), Operator.ENDS_WITH, "example.com"))), "value")),
    ("members.$ref", Path("", "members", sub="$ref")),
    # conditions of every kind
    ('emails[type ne "work"]', Path("", "emails", Comparison(Path("", "type"), Operator.NOT_EQUAL, "work"))),
    ('emails[type eq "work" or primary eq true].value', Path("", "emails", Or((WORK, eq("primary", True))), "value")),
    ('emails[not (type eq "work")]', Path("", "emails", Not(WORK))),
    ("emails[not(type pr)]", Path("", "emails", Not(Presence(Path("", "type"))))),
    ("emails[display pr].value", Path("", "emails", Presence(Path("", "display")), "value")),
    ('members[$ref eq "u/1"]', Path("", "members", eq("$ref", "u/1"))),
    ('managers[manager.value eq "1"]', Path("", "managers", eq("manager", "1", "value"))),
    # values as JSON
    ('members[value eq "a\\"b\\\\c"]', Path("", "members", eq("value", 'a"b\\c'))),
    ('members[value eq "\\u00e5\\n\\/"]', Path("", "members", eq("value", "å\n/"))),
    ('emails[value eq "x].y"].type', Path("", "emails", eq("value", "x].y"), "type")),
    ('roles[value eq "Research and Development (R&D) [eu]"].type',
     Path("", "roles", eq("value", "Research and Development (R&D) [eu]"), "type")),
    ("phones[rank eq -3]", Path("", "phones", eq("rank", -3))),
    ("phones[rank eq 1.5e2]", Path("", "phones", eq("rank", 150.0))),
    ("phones[rank eq null]", Path("", "phones", eq("rank", None))),
    # in other words than the RFC's
    (" userName ", Path("", "userName")),
    ('emails[ type  EQ "work" ].value ', Path("", "emails", WORK, "value")),
    ('emails [TYPE eq "work" AND primary eq True].value',
     Path("", "emails", And((eq("TYPE", "work"), eq("primary", True))), "value")),
    ('roles[primary eq "True"].value', Path("", "roles", eq("primary", "True"), "value")),
    ("Seat number", Path("", "Seat number")),
    ("seat:number", Path("", "seat:number")),
    # URNs
    (f"{ENTERPRISE}:department", Path(ENTERPRISE, "department")),
    (f"{ENTERPRISE}:manager.value", Path(ENTERPRISE, "manager", sub="value")),
    (f"{ENTERPRISE}:manager.$ref", Path(ENTERPRISE, "manager", sub="$ref")),
    (f"{ENTERPRISE_1_1}:manager.managerId", Path(ENTERPRISE_1_1, "manager", sub="managerId")),
    (ENTERPRISE, Path(ENTERPRISE, "")),
    (ENTERPRISE_1_1, Path(ENTERPRISE_1_1, "")),
    ("urn:okta:custom:group:1.0", Path("urn:okta:custom:group:1.0", "")),
    ("urn:okta:custom:group:1.0:description", Path("urn:okta:custom:group:1.0", "description")),
    ("urn:x:user:2024", Path("urn:x:user", "2024")),
    (f"{USER}:userName", Path("", "userName")),
    ("URN:IETF:params:scim:schemas:CORE:2.0:User:name.givenName", Path("", "name", sub="givenName")),
    (f"{GROUP}:displayName", Path("", "displayName")),
    (f"{CORE_1_1}:userName", Path("", "userName")),
    (USER, Path(USER, "")),
    (f'{USER}:emails[type eq "work"].value', Path("", "emails", WORK, "value")),
    (f"{PEAKON}:Seat number", Path(PEAKON, "Seat number")),
    (f"{PEAKON}:Salary (EUR)", Path(PEAKON, "Salary (EUR)")),
    (f"{PEAKON}:contacts[primary eq true].value", Path(PEAKON, "contacts", eq("primary", True), "value")),
    (f'{PEAKON}:Side jobs[type eq "a:b"].Pay grade', Path(PEAKON, "Side jobs", eq("type", "a:b"), "Pay grade")),
]  # fmt: skip

FILTERS = [
    # RFC 7644, figure 2
    ('userName eq "bjensen"', eq("userName", "bjensen")),
    ('name.familyName co "O\'Malley"',
     Comparison(Path("", "name", sub="familyName"), Operator.CONTAINS, "O'Malley")),
    ('userName sw "J"', Comparison(Path("", "userName"), Operator.STARTS_WITH, "J")),
    (f'{USER}:userName sw "J"', Comparison(Path("", "userName"), Operator.STARTS_WITH, "J")),
    ("title pr", Presence(Path("", "title"))),
    ('meta.lastModified gt "2011-05-13T04:42:34Z"',
     Comparison(Path("", "meta", sub="lastModified"), Operator.GREATER, "2011-05-13T04:42:34Z")),
    ('meta.lastModified ge "2011"', Comparison(Path("", "meta", sub="lastModified"), Operator.GREATER_OR_EQUAL, "2011")),
    ('meta.lastModified lt "2011"', Comparison(Path("", "meta", sub="lastModified"), Operator.LESS, "2011")),
    ('meta.lastModified le "2011"', Comparison(Path("", "meta", sub="lastModified"), Operator.LESS_OR_EQUAL, "2011")),
    ('title pr and userType eq "Employee"', And((Presence(Path("", "title")), eq("userType", "Employee")))),
    ('title pr or userType eq "Intern"', Or((Presence(Path("", "title")), eq("userType", "Intern")))),
    (f'schemas eq "{ENTERPRISE}"', eq("schemas", ENTERPRISE)),
    ('userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")',
     And((eq("userType", "Employee"),
          Or((Comparison(Path("", "emails"), Operator.CONTAINS, "example.com"),
              Comparison(Path("", "emails", sub="value"), Operator.CONTAINS, "example.org")))))),
    ('userType ne "Employee" and not (emails co "example.com")',
     And((Comparison(Path("", "userType"), Operator.NOT_EQUAL, "Employee"),
          Not(Comparison(Path("", "emails"), Operator.CONTAINS, "example.com"))))),
    ('userType eq "Employee" and (emails.type eq "work")', And((eq("userType", "Employee"), eq("emails", "work", "type")))),
    ('userType eq "Employee" and emails[type eq "work" and value co "@example.com"]',
     And((eq("userType", "Employee"),
          Selection(Path("", "emails", And((WORK, Comparison(Path("", "value"), Operator.CONTAINS, "@example.com")))))))),
    ('emails[type eq "work" and value co "@a"] or ims[type eq "xmpp"]',
     Or((Selection(Path("", "emails", And((WORK, Comparison(Path("", "value"), Operator.CONTAINS, "@a"))))),
         Selection(Path("", "ims", eq("type", "xmpp")))))),
    # precedence and grouping
    ("a pr or b pr and c pr", Or((Presence(Path("", "a")), And((Presence(Path("", "b")), Presence(Path("", "c"))))))),
    ("(a pr or b pr) and c pr", And((Or((Presence(Path("", "a")), Presence(Path("", "b")))), Presence(Path("", "c"))))),
    ("a pr and b pr and c pr", And(tuple(Presence(Path("", name)) for name in "abc"))),
    ("a pr and (b pr and c pr)",
     And((Presence(Path("", "a")), And((Presence(Path("", "b")), Presence(Path("", "c"))))))),
    ("not(not (a pr))", Not(Not(Presence(Path("", "a"))))),
    ("((a pr))", Presence(Path("", "a"))),
    # words that are also names
    ('not eq "x"', eq("not", "x")),
    ('and eq "x" and or eq "y"', And((eq("and", "x"), eq("or", "y")))),
    ("eq pr", Presence(Path("", "eq"))),
    # values
    ("active eq true", eq("active", True)),
    ("ACTIVE EQ FALSE", eq("ACTIVE", False)),
    ("rank gt 3", Comparison(Path("", "rank"), Operator.GREATER, 3)),
    ("manager eq null", eq("manager", None)),
    ('userName eq "a\\u0022 or active eq true"', eq("userName", 'a" or active eq true')),
    ('userName eq ""', eq("userName", "")),
    ('userName eq "a\tb"', eq("userName", "a\tb")),
    # what clients send
    ('emails[type eq "work"].value eq "liv@fjord.example"',
     Comparison(Path("", "emails", WORK, "value"), Operator.EQUAL, "liv@fjord.example")),
    ("emails[primary eq true] pr", Presence(Path("", "emails", eq("primary", True)))),
    (f'{PEAKON}:Business Unit eq "North"', Comparison(Path(PEAKON, "Business Unit"), Operator.EQUAL, "North")),
    (f"not ({PEAKON}:Research and Development pr) and a pr",
     And((Not(Presence(Path(PEAKON, "Research and Development"))), Presence(Path("", "a"))))),
    (f'{ENTERPRISE}:manager.value eq "1"', Comparison(Path(ENTERPRISE, "manager", sub="value"), Operator.EQUAL, "1")),
    (f'{ENTERPRISE_1_1}:department eq "Sea"', Comparison(Path(ENTERPRISE_1_1, "department"), Operator.EQUAL, "Sea")),
    (f"{ENTERPRISE} pr", Presence(Path(ENTERPRISE, ""))),
    (f'{PEAKON}:Side jobs[type eq "work"].Pay eq 1',
     Comparison(Path(PEAKON, "Side jobs", WORK, "Pay"), Operator.EQUAL, 1)),
]  # fmt: skip

NO_PATHS = [
    ("", 0, Expected.ATTRIBUTE),
    ("  ", 2, Expected.ATTRIBUTE),
    ("[", 0, Expected.ATTRIBUTE),
    ('[type eq "work"]', 0, Expected.ATTRIBUTE),
    (".value", 0, Expected.ATTRIBUTE),
    ("name.", 5, Expected.SUB_ATTRIBUTE),
    ("name.givenName.first", 14, Expected.ONE_SUB_ATTRIBUTE),
    ("name. first", 5, Expected.SUB_ATTRIBUTE),
    ("a]b", 1, Expected.END),
    ('user"Name', 4, Expected.END),
    ("emails[", 7, Expected.ATTRIBUTE),
    ("emails[]", 7, Expected.ATTRIBUTE),
    ("emails[type]", 11, Expected.OPERATOR),
    ('emails[type is "work"]', 12, Expected.OPERATOR),
    ("emails[type eq]", 14, Expected.VALUE),
    ("emails[type eq work].value", 15, Expected.VALUE),
    ('emails[type eq "work].value', 15, Expected.VALUE),
    ('emails[type eq "\\q"]', 15, Expected.VALUE),
    ('emails[type eq "work"', 21, Expected.CLOSING_BRACKET),
    ('emails[type eq "work" primary eq true]', 22, Expected.CLOSING_BRACKET),
    ('emails[type eq "work" and]', 25, Expected.ATTRIBUTE),
    ('emails[type eq "work")]', 21, Expected.CLOSING_BRACKET),
    ('emails[(type eq "work"]', 22, Expected.CLOSING_PARENTHESIS),
    ('emails[phones[type eq "work"]]', 13, Expected.OPERATOR),
    ('emails[type eq "work"].', 23, Expected.SUB_ATTRIBUTE),
    ('emails[type eq "work"].value.more', 28, Expected.END),
    ('emails[type eq "work"]value', 22, Expected.END),
    ('emails[type eq "work"][primary eq true]', 22, Expected.END),
    ('emails.value[type eq "work"]', 12, Expected.END),
    ("urn:", 4, Expected.ATTRIBUTE),
    (f"{ENTERPRISE}:", len(ENTERPRISE) + 1, Expected.ATTRIBUTE),
    (f"{PEAKON}: Seat", len(PEAKON) + 1, Expected.ATTRIBUTE),
    (f'{ENTERPRISE}[type eq "work"]', 0, Expected.ATTRIBUTE),
]

NO_FILTERS = [
    ("", 0, Expected.ATTRIBUTE),
    ("userName", 8, Expected.OPERATOR),
    ("userName eq", 11, Expected.VALUE),
    ('userName"x"', 8, Expected.OPERATOR),
    ('userName eq"x"', 11, Expected.VALUE),
    ('userName equals "x"', 9, Expected.OPERATOR),
    ('"userName" eq "x"', 0, Expected.ATTRIBUTE),
    ("userName eq x", 12, Expected.VALUE),
    ("userName eq 'x'", 12, Expected.VALUE),
    ('userName eq "x', 12, Expected.VALUE),
    ("rank eq 1e999", 8, Expected.VALUE),
    (f"rank eq {'9' * 5000}", 8, Expected.VALUE),
    ("rank eq 007", 9, Expected.JOIN),
    ("rank eq +1", 8, Expected.VALUE),
    ("rank eq NaN", 8, Expected.VALUE),
    ("active eq truely", 10, Expected.VALUE),
    ('userName eq "x" "y"', 16, Expected.JOIN),
    ('userName eq "x"and active eq true', 15, Expected.JOIN),
    ('userName eq "x" and', 19, Expected.ATTRIBUTE),
    ('userName eq "x" && active eq true', 16, Expected.JOIN),
    ("and active eq true", 4, Expected.OPERATOR),
    ('(userName eq "x"', 16, Expected.CLOSING_PARENTHESIS),
    ('userName eq "x")', 15, Expected.JOIN),
    ("()", 1, Expected.ATTRIBUTE),
    ("not active eq true", 4, Expected.OPERATOR),
    ("not (active eq true", 19, Expected.CLOSING_PARENTHESIS),
    ("name.given.first pr", 10, Expected.OPERATOR),
    ("name. pr", 5, Expected.SUB_ATTRIBUTE),
    ("1st pr", 0, Expected.ATTRIBUTE),
    ('emails[type eq "work"].value', 28, Expected.OPERATOR),
    ('emails[type eq "work"', 21, Expected.CLOSING_BRACKET),
    (f"{ENTERPRISE}:department", len(ENTERPRISE) + 11, Expected.OPERATOR),
    (f'{ENTERPRISE}:department is "x"', len(ENTERPRISE) + 12, Expected.OPERATOR),
    (f"{PEAKON}:a.b.c pr", len(PEAKON) + 4, Expected.ONE_SUB_ATTRIBUTE),
]


@pytest.mark.parametrize(("text", "path"), PATHS)
def test_paths(text, path):
    assert repr(parse_path(text)) == repr(path)  # 1, 1.0 and True are equal, and not the same here
    assert parse_path(str(path)) == path


@pytest.mark.parametrize(("text", "condition"), FILTERS)
def test_filters(text, condition):
    assert repr(parse_filter(text)) == repr(condition)
    assert repr(parse_filter(str(condition))) == repr(condition)


@pytest.mark.parametrize(("text", "position", "expected"), NO_PATHS)
def test_what_is_no_path(text, position, expected):
    with pytest.raises(PathError, match=r"is not an attribute path: expected .* at character") as raised:
        parse_path(text)
    assert (raised.value.position, raised.value.expected) == (position, expected)
    assert f"at character {position + 1}" in str(raised.value)


@pytest.mark.parametrize(("text", "position", "expected"), NO_FILTERS)
def test_what_is_no_filter(text, position, expected):
    with pytest.raises(PathError, match=r"is not a filter: expected .* at character") as raised:
        parse_filter(text)
    assert (raised.value.position, raised.value.expected) == (position, expected)


def test_an_error_does_not_repeat_a_long_text():
    with pytest.raises(PathError) as raised:
        parse_filter("x" * 100_000)
    assert len(str(raised.value)) < 500


def test_groups_nest_up_to_a_limit():
    parse_filter("(" * MOST_NESTED + "a pr" + ")" * MOST_NESTED)
    with pytest.raises(PathError) as raised:
        parse_filter("(" * (MOST_NESTED + 1) + "a pr" + ")" * (MOST_NESTED + 1))
    assert (raised.value.position, raised.value.expected) == (MOST_NESTED, Expected.SHALLOWER)


LARGE = 10_000


@pytest.mark.parametrize(
    "text",
    [
        "(" * LARGE,
        "not (" * LARGE,
        "a[" * LARGE,
        "a." * LARGE,
        "urn:" * LARGE,
        "urn:x:" + "word " * LARGE,
        'a eq "' + "\\" * LARGE,
        'a eq "' + '\\"' * LARGE,
        "a" + " " * LARGE + "b",
        "a pr and " * LARGE,
        "a eq " + "1" * LARGE,
        " and ".join(["a pr"] * LARGE),
        " or ".join(["(a pr and b pr)"] * LARGE),
    ],
    ids=lambda text: text[:12],
)
def test_no_text_overflows_the_stack_or_takes_for_ever(text):
    for parse in (parse_path, parse_filter):
        with ends(), contextlib.suppress(PathError):
            parse(text)


def test_the_cost_grows_with_the_length():
    def cost(length):
        text = " or ".join(f'(a{number} eq "x" and urn:x:b c[type eq "y"].d pr)' for number in range(length))
        return calls(lambda: parse_filter.__wrapped__(text))

    assert cost(400) < 2.2 * cost(200)


def test_operands_are_every_path_that_is_compared():
    condition = parse_filter('a eq 1 and not (b.c pr or d[e eq 2]) and f[g eq 3].h eq "x"')
    assert [str(path) for path in operands(condition)] == ["a", "b.c", "d[e eq 2]", "f[g eq 3].h"]
    assert list(operands(None)) == []


@pytest.mark.parametrize(
    ("condition", "pairs"),
    [
        ('type eq "work"', (("type", "work"),)),
        ('type eq "work" and primary eq true', (("type", "work"), ("primary", True))),
        ('type eq "work" or primary eq true', ()),
        ('type eq "work" and value ne "x"', ()),
        ('not (type eq "work")', ()),
        ('manager.value eq "1"', ()),
    ],
)
def test_equalities_say_what_an_element_must_hold(condition, pairs):
    assert equalities(parse_filter(condition)) == pairs
    assert equalities(None) == ()
