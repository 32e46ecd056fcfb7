"""What holds for every path and filter: rendered and parsed they are the same, and no text raises another error."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from scim_compat.scim.filters import And, Comparison, Not, Operator, Or, Path, Presence, Selection
from scim_compat.scim.grammar import PathError, parse_filter, parse_path
from scim_compat.scim.names import ENTERPRISE, ENTERPRISE_1_1

# Names are drawn from lists: where they come from in a tree is what matters, and drawing letters takes most of the time.
NAMES = st.sampled_from(["a", "userName", "x-y_9", "Eq", "and", "or", "not", "pr", "null", "true", "$ref", "urnx"])
URNS = st.sampled_from([ENTERPRISE, ENTERPRISE_1_1, "urn:x:y.z:2.0:User", "URN:a:b"])
LABELS = st.sampled_from(
    [
        "a",
        "eq",
        "Business Unit",
        "Salary (EUR)",
        "Research and Development",
        "not (so)",
        "2024",
        "å, b",
        "Equal pay",
        "x pre",
    ]
)
VALUES = (
    st.text(st.characters(exclude_categories=("Cs",)), max_size=6)
    | st.text('"\\[]().: \t\n/', max_size=6)
    | st.sampled_from(["x] or y", 'a" or "b', "Research and Development", "\\", "\ufeff\u2028\x00"])
    | st.sampled_from([True, False, None])
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
)
OPERATORS = st.sampled_from(Operator)
NOTHING = st.just("")


def terms(paths):
    return st.builds(Comparison, paths, OPERATORS, VALUES) | st.builds(Presence, paths)


def trees(leaves):
    def grown(inner):
        several = st.lists(inner, min_size=2, max_size=3).map(tuple)
        return st.builds(And, several) | st.builds(Or, several) | st.builds(Not, inner)

    return st.recursive(leaves, grown, max_leaves=4)


def places(conditions):
    plain = st.builds(Path, NOTHING, NAMES, conditions, NOTHING | NAMES)
    return plain | st.builds(Path, URNS, LABELS, conditions, NOTHING | NAMES)


CONDITIONS = trees(terms(places(st.none())))
EXTENSIONS = st.sampled_from([Path(urn, "") for urn in (ENTERPRISE, ENTERPRISE_1_1, "urn:x:y.z:2.0:User")])
PATHS = places(st.none() | CONDITIONS)
SELECTIONS = st.builds(Path, NOTHING | URNS, NAMES, CONDITIONS).map(Selection)
FILTERS = trees(terms(PATHS | EXTENSIONS) | SELECTIONS)


@given(PATHS | EXTENSIONS)
def test_a_path_rendered_and_parsed_is_the_same(path):
    assert repr(parse_path(str(path))) == repr(path)  # 1, 1.0 and True are equal, and not the same here
    assert str(parse_path(str(path))) == str(path)


@given(FILTERS)
def test_a_filter_rendered_and_parsed_is_the_same(condition):
    assert repr(parse_filter(str(condition))) == repr(condition)
    assert str(parse_filter(str(condition))) == str(condition)


PIECES = st.sampled_from(
    ["emails", "[", "]", "(", ")", ".", '"', "\\", " ", "eq", "pr", "and", "or", "not", "true", "null", "-1", "1e5",
     "urn:x:2.0:User", ":", "value", '"work"', "$ref", "\n", "é", "\ud800"]
)  # fmt: skip


def parsed(parse, text):
    """The tree, or the error if it is the parser's own."""
    try:
        return parse(text)
    except PathError as error:
        return error


@given(st.text(max_size=40) | st.lists(PIECES, max_size=15).map("".join) | st.lists(PIECES, max_size=15).map(" ".join))
def test_no_text_raises_anything_but_its_own_error(text):
    for parse in (parse_path, parse_filter):
        tree = parsed(parse, text)
        if isinstance(tree, PathError):
            assert 0 <= tree.position <= len(text)
        else:
            assert repr(parse(str(tree))) == repr(tree)


@given(FILTERS)
def test_no_damaged_filter_raises_anything_but_its_own_error(condition):
    text = str(condition)
    for place in range(0, len(text), 1 + len(text) // 10):
        for damaged in (text[:place], text[:place] + text[place + 1 :], f"{text[:place]}]{text[place:]}"):
            parsed(parse_filter, damaged)
