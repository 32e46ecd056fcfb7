"""Right and wrong ways to evaluate ``and``, ``or``, ``not`` and parentheses (RFC 7644 §3.4.2.2).

Broken servers evaluate their filters by one of the wrong ways, and a test holds the expressions of the RFC profile
against all of them: each must give another answer to at least one expression.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Final

_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[()]|(?:\[(?:"(?:[^"\\]|\\.)*"|[^\]"])*\]|[^\s()"\[\]])+')
_WORDS: Final = frozenset({"and", "or", "not"})


@dataclass(frozen=True, slots=True)
class Negation:
    part: Operand


@dataclass(frozen=True, slots=True)
class Group:
    """Operands, and the words between them."""

    operands: tuple[Operand, ...]
    words: tuple[str, ...]


Operand = str | Negation | Group
"""A string is a comparison as it was written."""
Truth = Callable[[str], bool]
Change = Callable[[Group], Group]
Fold = Callable[[Sequence[bool], Sequence[str]], bool]


def read(text: str) -> Group:
    """The expression as it was written, with no operator bound to anything yet."""
    tokens = list(_TOKEN.findall(text))
    group, end = _read(tokens, 0)
    if end != len(tokens):
        raise ValueError(f"{text!r} ends too early")
    return group


def _read(tokens: list[str], at: int) -> tuple[Group, int]:
    operands: list[Operand] = []
    words: list[str] = []
    while True:
        operand, at = _operand(tokens, at)
        operands.append(operand)
        if at >= len(tokens) or tokens[at] == ")":
            return Group(tuple(operands), tuple(words)), at
        words.append(tokens[at].lower())
        at += 1


def _operand(tokens: list[str], at: int) -> tuple[Operand, int]:
    if tokens[at].lower() == "not":
        part, at = _operand(tokens, at + 1)
        return Negation(part), at
    if tokens[at] == "(":
        group, at = _read(tokens, at + 1)
        return group, at + 1
    end = at
    while end < len(tokens) and tokens[end] not in "()" and tokens[end].lower() not in _WORDS:
        end += 1
    return " ".join(tokens[at:end]), end


def comparisons(operand: Operand) -> Iterator[str]:
    """Every comparison, in reading order."""
    if isinstance(operand, str):
        yield operand
    elif isinstance(operand, Negation):
        yield from comparisons(operand.part)
    else:
        for each in operand.operands:
            yield from comparisons(each)


def evaluate(text: str, truth: Truth, way: Way | None = None) -> bool:
    """The value of the expression, in the right way or in another one."""
    way = way or RIGHT
    return _value(way.change(read(text)), truth, way)


def _value(operand: Operand, truth: Truth, way: Way) -> bool:
    if isinstance(operand, str):
        return truth(operand)
    if isinstance(operand, Negation):
        return not _value(operand.part, truth, way)
    return way.fold([_value(each, truth, way) for each in operand.operands], operand.words)


# ---- ways to join values


def _by_precedence(values: Sequence[bool], words: Sequence[str]) -> bool:
    return any(all(run) for run in _runs(values, words, "or"))


def _or_first(values: Sequence[bool], words: Sequence[str]) -> bool:
    return all(any(run) for run in _runs(values, words, "and"))


def _runs(values: Sequence[bool], words: Sequence[str], end: str) -> list[list[bool]]:
    runs = [[values[0]]]
    for word, value in zip(words, values[1:], strict=True):
        if word == end:
            runs.append([value])
        else:
            runs[-1].append(value)
    return runs


def _join(left: bool, word: str, right: bool) -> bool:
    return (left and right) if word == "and" else (left or right)


def _left_to_right(values: Sequence[bool], words: Sequence[str]) -> bool:
    return reduce(lambda left, pair: _join(left, *pair), zip(words, values[1:], strict=True), values[0])


def _right_to_left(values: Sequence[bool], words: Sequence[str]) -> bool:
    pairs = zip(words[::-1], values[-2::-1], strict=True)
    return reduce(lambda right, pair: _join(pair[1], pair[0], right), pairs, values[-1])


# ---- ways to read the expression


def _as_written(group: Group) -> Group:
    return group


def _changed(operand: Operand, change: Callable[[Operand], Operand]) -> Operand:
    """The operand with every part of it changed, the innermost first."""
    if isinstance(operand, Negation):
        operand = Negation(_changed(operand.part, change))
    elif isinstance(operand, Group):
        operand = Group(tuple(_changed(each, change) for each in operand.operands), operand.words)
    return change(operand)


def _everywhere(change: Callable[[Operand], Operand]) -> Change:
    def whole(group: Group) -> Group:
        result = _changed(group, change)
        return result if isinstance(result, Group) else Group((result,), ())

    return whole


def _without_parentheses(operand: Operand) -> Operand:
    if not isinstance(operand, Group):
        return operand
    operands: list[Operand] = []
    words: list[str] = []
    for number, each in enumerate(operand.operands):
        if number:
            words.append(operand.words[number - 1])
        inner = each
        if isinstance(inner, Negation) and isinstance(inner.part, Group):
            first, *rest = inner.part.operands
            inner = Group((Negation(first), *rest), inner.part.words)
        if isinstance(inner, Group):
            operands.extend(inner.operands)
            words.extend(inner.words)
        else:
            operands.append(inner)
    return Group(tuple(operands), tuple(words))


def _without_not(operand: Operand) -> Operand:
    return operand.part if isinstance(operand, Negation) else operand


def _not_of_first(operand: Operand) -> Operand:
    if isinstance(operand, Negation) and isinstance(operand.part, Group):
        first, *rest = operand.part.operands
        return Group((Negation(first), *rest), operand.part.words)
    return operand


def _not_of_each(operand: Operand) -> Operand:
    if isinstance(operand, Negation) and isinstance(operand.part, Group):
        return Group(tuple(Negation(each) for each in operand.part.operands), operand.part.words)
    return operand


def _not_of_rest(operand: Operand) -> Operand:
    if not isinstance(operand, Group):
        return operand
    for number, each in enumerate(operand.operands[:-1]):
        if isinstance(each, Negation):
            rest = Group((each.part, *operand.operands[number + 1 :]), operand.words[number:])
            return Group((*operand.operands[:number], Negation(rest)), operand.words[:number])
    return operand


def _first_two(operand: Operand) -> Operand:
    return Group(operand.operands[:2], operand.words[:1]) if isinstance(operand, Group) else operand


def _last_two(operand: Operand) -> Operand:
    return Group(operand.operands[-2:], operand.words[-1:]) if isinstance(operand, Group) else operand


def _to_first_close(operand: Operand) -> Operand:
    """What stands behind a closing parenthesis is not read."""
    if not isinstance(operand, Group):
        return operand
    for number, each in enumerate(operand.operands):
        if not isinstance(each, str):
            return Group(operand.operands[: number + 1], operand.words[:number])
    return operand


def _exclusive(values: Sequence[bool], words: Sequence[str]) -> bool:
    return sum(all(run) for run in _runs(values, words, "or")) == 1


def _last_of_attribute(operand: Operand) -> Operand:
    """Of several terms about one attribute, joined by and, the last replaces the others."""
    if not isinstance(operand, Group):
        return operand
    runs: list[list[Operand]] = [[operand.operands[0]]]
    for word, each in zip(operand.words, operand.operands[1:], strict=True):
        if word == "or":
            runs.append([each])
        else:
            runs[-1].append(each)
    operands: list[Operand] = []
    words: list[str] = []
    for run in runs:
        kept = {(each.split()[0].lower() if isinstance(each, str) else number): each for number, each in enumerate(run)}
        words += ["or"] * bool(operands) + ["and"] * (len(kept) - 1)
        operands += kept.values()
    return Group(tuple(operands), tuple(words))


def _inner(change: Callable[[Operand], Operand]) -> Change:
    """The change within parentheses alone."""

    def deeper(operand: Operand) -> Operand:
        if isinstance(operand, Negation):
            return Negation(deeper(operand.part))
        return _changed(operand, change) if isinstance(operand, Group) else operand

    def whole(group: Group) -> Group:
        return Group(tuple(deeper(each) for each in group.operands), group.words)

    return whole


@dataclass(frozen=True, slots=True)
class Way:
    """One way to evaluate an expression."""

    description: str
    fold: Fold = _by_precedence
    change: Change = _as_written


RIGHT: Final = Way("not before and, and before or")
WRONG: Final[dict[str, Way]] = {
    "logic-left-to-right": Way("and and or are evaluated from left to right", _left_to_right),
    "logic-right-to-left": Way("and and or are evaluated from right to left", _right_to_left),
    "logic-or-first": Way("or binds before and", _or_first),
    "logic-or-is-and": Way("or is evaluated as and", lambda values, _: all(values)),
    "logic-and-is-or": Way("and is evaluated as or", lambda values, _: any(values)),
    "logic-first-term": Way("only the first term is evaluated", lambda values, _: values[0]),
    "logic-last-term": Way("only the last term is evaluated", lambda values, _: values[-1]),
    "logic-first-two": Way("a third term is not evaluated", change=_everywhere(_first_two)),
    "logic-last-two": Way("only the last two terms are evaluated", change=_everywhere(_last_two)),
    "logic-parentheses-ignored": Way("parentheses are left out", change=_everywhere(_without_parentheses)),
    "logic-parentheses-ignored-left-to-right": Way(
        "parentheses are left out, and the rest is evaluated from left to right",
        _left_to_right, _everywhere(_without_parentheses)),
    "logic-ends-at-parenthesis": Way("what follows a closing parenthesis is not read", change=_everywhere(_to_first_close)),
    "logic-or-is-xor": Way("or finds those who meet exactly one side", _exclusive),
    "logic-last-of-attribute": Way(
        "of several terms about one attribute the last replaces the others", change=_everywhere(_last_of_attribute)
    ),
    "logic-inner-not-ignored": Way("not within parentheses is left out", change=_inner(_without_not)),
    "logic-inner-or-is-and": Way(
        "within parentheses or is evaluated as and",
        change=_inner(lambda one: Group(one.operands, ("and",) * len(one.words)) if isinstance(one, Group) else one),
    ),
    "logic-not-ignored": Way("not is left out", change=_everywhere(_without_not)),
    "logic-not-of-first": Way("not negates the first term in its parentheses only", change=_everywhere(_not_of_first)),
    "logic-not-of-each": Way("not negates each term and keeps and and or", change=_everywhere(_not_of_each)),
    "logic-not-of-rest": Way("not negates everything that follows", change=_everywhere(_not_of_rest)),
}  # fmt: skip
