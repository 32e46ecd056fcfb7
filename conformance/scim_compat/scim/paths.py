"""Attribute paths: look up, select, set, remove and compare values.

``scim.grammar`` says which paths there are. Attribute names match in any case (RFC 7643 section 2.1).
"""

from __future__ import annotations

import copy
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, cast

from scim_compat.scim.filters import And, Comparison, Filter, Operator, Or, Path, Presence, Selection, equalities
from scim_compat.scim.grammar import PathError, parse_path
from scim_compat.scim.names import is_urn
from scim_compat.values import MISSING, Json

# --- look up --------------------------------------------------------------------------------------


def member(resource: Mapping[str, Json], name: str) -> Json:
    """The value under ``name`` in any case, or MISSING."""
    if name in resource:
        return resource[name]
    lowered = name.lower()
    return next((value for key, value in resource.items() if str(key).lower() == lowered), MISSING)


def spelling(resource: Mapping[str, Json], name: str) -> str:
    """The resource's own spelling of ``name``; ``name`` itself if there is no such member."""
    if name in resource:
        return name
    lowered = name.lower()
    return next((key for key in resource if key.lower() == lowered), name)


def get(resource: Mapping[str, Json], path: str | Path) -> Json:
    """The value at ``path``, or MISSING. A condition picks the first element that fits."""
    at = parse_path(path) if isinstance(path, str) else path
    holder: Json = member(resource, at.urn) if at.urn else resource
    if not at.attribute:
        return holder
    if not isinstance(holder, Mapping):
        return MISSING
    value = member(holder, at.attribute)
    if at.condition is not None:
        value = next((e for e in _elements(value) if is_match(e, at.condition)), MISSING)
    if not at.sub or value is MISSING:
        return value
    return member(value, at.sub) if isinstance(value, Mapping) else MISSING


def values(resource: Json, path: str | Path) -> Iterator[Json]:
    """Every value that the path reaches. Arrays are walked through, a condition selects among their elements."""
    at = parse_path(path) if isinstance(path, str) else path
    reached: list[Json] = [resource]
    for name in (at.urn, at.attribute):
        reached = _below(reached, name) if name else reached
    if at.condition is not None:
        reached = [element for element in _spread(reached) if is_match(element, at.condition)]
    return _spread(_below(reached, at.sub) if at.sub else reached)


def _below(holders: Iterable[Json], name: str) -> list[Json]:
    members = (member(one, name) for one in _spread(holders) if isinstance(one, Mapping))
    return [value for value in members if value is not MISSING]


def _spread(reached: Iterable[Json]) -> Iterator[Json]:
    for value in reached:
        yield from value if isinstance(value, list) else (value,)


def _elements(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value] if isinstance(value, Mapping) else []


# --- select ---------------------------------------------------------------------------------------


def is_match(resource: Json, condition: Filter) -> bool:
    """True if the filter selects the resource, or a path's condition the element. Only objects can be selected."""
    if not isinstance(resource, Mapping):
        return False
    if isinstance(condition, Comparison):
        path, wanted = condition.path, condition.value
        if path.urn or path.sub or path.condition is not None or condition.operator is not Operator.EQUAL:
            return _is_fulfilled(values(resource, path), condition.operator, wanted)
        # By far the most frequent case: an element's own attribute, compared by eq.
        value = member(resource, path.attribute)
        if isinstance(value, list) or wanted is None:
            return _is_fulfilled(values(resource, path), Operator.EQUAL, wanted)
        return value is not MISSING and _is_same_word(value, wanted)
    if isinstance(condition, And):
        return all(is_match(resource, part) for part in condition.parts)
    if isinstance(condition, Or):
        return any(is_match(resource, part) for part in condition.parts)
    if isinstance(condition, Presence):
        return not all(map(is_unassigned, values(resource, condition.path)))
    if isinstance(condition, Selection):
        return any(True for _ in values(resource, condition.path))
    return not is_match(resource, condition.part)


def _is_fulfilled(reached: Iterable[Json], how: Operator, wanted: Json) -> bool:
    if how is Operator.NOT_EQUAL:
        return not _is_fulfilled(reached, Operator.EQUAL, wanted)
    if how is Operator.EQUAL and wanted is None:
        return all(map(is_unassigned, reached))  # RFC 7643 section 2.5: null is no value
    return any(_COMPARE[how](value, wanted) for value in reached)


def _is_same_word(actual: Json, wanted: Json) -> bool:
    # Entra filters a boolean by the string "True" (source S6), so words compare without case.
    return str(actual).lower() == str(wanted).lower()


def _in_order(test: Callable[[Any, Any], bool]) -> Callable[[Json, Json], bool]:
    def is_in_order(actual: Json, wanted: Json) -> bool:
        if isinstance(actual, str) and isinstance(wanted, str):
            return test(actual.lower(), wanted.lower())
        are_numbers = all(isinstance(one, int | float) and not isinstance(one, bool) for one in (actual, wanted))
        return are_numbers and test(actual, wanted)

    return is_in_order


_COMPARE: Final[Mapping[Operator, Callable[[Json, Json], bool]]] = {
    Operator.EQUAL: _is_same_word,
    Operator.CONTAINS: lambda actual, wanted: str(wanted).lower() in str(actual).lower(),
    Operator.STARTS_WITH: lambda actual, wanted: str(actual).lower().startswith(str(wanted).lower()),
    Operator.ENDS_WITH: lambda actual, wanted: str(actual).lower().endswith(str(wanted).lower()),
    Operator.GREATER: _in_order(operator.gt),
    Operator.GREATER_OR_EQUAL: _in_order(operator.ge),
    Operator.LESS: _in_order(operator.lt),
    Operator.LESS_OR_EQUAL: _in_order(operator.le),
}

# --- change ---------------------------------------------------------------------------------------


def put(resource: dict[str, Json], path: str | Path, value: Json) -> None:
    """Sets ``path`` to ``value`` in place, and makes the objects and elements that it needs.

    Raises LookupError if no element fits the condition and none can be made by it: only ``eq`` says what to make.
    """
    at = parse_path(path) if isinstance(path, str) else path
    if not at.attribute:
        resource[spelling(resource, at.urn)] = copy.deepcopy(value)
        return
    holder = _object(resource, at.urn) if at.urn else resource
    name = spelling(holder, at.attribute)
    if at.condition is not None:
        element = _element(holder, name, at.condition)
        if at.sub:
            element[spelling(element, at.sub)] = copy.deepcopy(value)
        elif isinstance(value, Mapping):
            element.update(copy.deepcopy(dict(value)))
    elif at.sub:
        inner = _object(holder, at.attribute)
        inner[spelling(inner, at.sub)] = copy.deepcopy(value)
    else:
        holder[name] = copy.deepcopy(value)


def _element(holder: dict[str, Json], name: str, condition: Filter) -> dict[str, Json]:
    """The first element that fits, made if there is none."""
    elements = holder.get(name)
    for element in elements if isinstance(elements, list) else ():
        if is_match(element, condition):
            return cast("dict[str, Json]", element)
    made = {key: _unquoted(key, wanted) for key, wanted in equalities(condition)}
    if not made:
        raise LookupError(f"no element of {name} fits {condition}")
    holder[name] = [*(elements if isinstance(elements, list) else ()), made]
    return made


def _unquoted(name: str, value: Json) -> Json:
    """``primary eq "True"`` names a boolean although it is written as a string."""
    if name.lower() == "primary" and isinstance(value, str):
        return value.lower() == "true"
    return value


def _object(holder: dict[str, Json], name: str) -> dict[str, Json]:
    key = spelling(holder, name)
    inner = holder.get(key)
    if not isinstance(inner, dict):
        inner = holder[key] = {}
    return inner


def remove(resource: dict[str, Json], path: str | Path) -> None:
    """Removes the value at ``path`` in place; nothing happens where there is none."""
    at = parse_path(path) if isinstance(path, str) else path
    holder: Any = resource.get(spelling(resource, at.urn)) if at.urn and at.attribute else resource
    if not isinstance(holder, dict):
        return
    key = spelling(holder, at.attribute or at.urn)
    value = holder.get(key)
    if at.condition is not None and isinstance(value, list):
        if at.sub:
            for element in value:
                if is_match(element, at.condition):
                    element.pop(spelling(element, at.sub), None)
        else:
            value[:] = [element for element in value if not is_match(element, at.condition)]
    elif at.sub and isinstance(value, dict):
        value.pop(spelling(value, at.sub), None)
    else:
        holder.pop(key, None)


# --- walk -----------------------------------------------------------------------------------------


def leaves(resource: Mapping[str, Json], *, skip: frozenset[str] = frozenset()) -> Iterator[tuple[Path, Json]]:
    """Every assigned attribute as (path, value), in the paths that a client would use.

    ``skip`` holds lower-case top-level names to leave out. Elements of a multi-valued attribute are
    addressed by their type, else by their value; where those repeat, the attribute is one leaf. Names that
    no path can spell are left out: a server may answer with any name.
    """
    walked = {name: value for name, value in resource.items() if name.lower() not in skip}
    return ((path, value) for path, value in _walk(walked) if _is_spellable(path.urn, path.attribute, path.sub))


def extension_paths(resource: Mapping[str, Json]) -> set[str]:
    """The lower-case paths of all extension attributes with a value, also of those that no path can spell."""
    return {
        f"{urn}:{name}".lower()
        for urn, extension in resource.items()
        if is_urn(urn) and isinstance(extension, Mapping)
        for name, value in extension.items()
        if not is_unassigned(value)
    }


@lru_cache(maxsize=4096)
def _is_spellable(urn: str, attribute: str, sub: str) -> bool:
    path = Path(urn, attribute, sub=sub)
    try:
        return parse_path(str(path)) == path
    except PathError:
        return False


def _walk(resource: Mapping[str, Json], urn: str = "") -> Iterator[tuple[Path, Json]]:
    for name, value in resource.items():
        if is_unassigned(value):
            continue
        if isinstance(value, list):
            yield from _walk_elements(Path(urn, name), value)
        elif not isinstance(value, Mapping):
            yield Path(urn, name), value
        elif is_urn(name) and not urn:
            yield from _walk(value, name)
        else:
            for sub, sub_value in value.items():
                if not is_unassigned(sub_value):
                    yield Path(urn, name, None, sub), sub_value


def _walk_elements(path: Path, elements: list[Json]) -> Iterator[tuple[Path, Json]]:
    conditions = [condition for element in elements if (condition := _condition_for(element)) is not None]
    words = {(one.path.attribute, str(one.value).lower()) for one in conditions}
    if len(words) < len(elements):  # some have neither type nor value, or several have the same
        yield path, elements
        return
    is_mixed = len({attribute for attribute, _ in words}) > 1
    for condition, element in zip(conditions, elements, strict=True):
        if is_mixed and next(one for one in elements if is_match(one, condition)) is not element:
            continue  # its value is also the value of one that is selected by its type
        for sub, value in element.items():
            if not is_unassigned(value) and (sub != condition.path.attribute or len(element) == 1):
                yield Path(path.urn, path.attribute, condition, sub), value


_KEYS: Final = (Path("", "type"), Path("", "value"))
"""Attributes by which clients tell elements apart."""


def _condition_for(element: Json) -> Comparison | None:
    """The condition that selects the element; None for one that has neither a type nor a value."""
    if not isinstance(element, Mapping):
        return None
    key = next((one for one in _KEYS if one.attribute in element), None)
    if key is None or isinstance(element[key.attribute], list | dict):
        return None
    return Comparison(key, Operator.EQUAL, str(element[key.attribute]))


# --- compare --------------------------------------------------------------------------------------


def is_unassigned(value: Json) -> bool:
    """No value, null, empty string, empty list or empty object: all mean unassigned (RFC 7643 section 2.5)."""
    return value is MISSING or value is None or (value in ("", [], {}) and not isinstance(value, bool | int | float))


def is_same(expected: Json, actual: Json) -> bool:
    """True if ``actual`` is what was asked for.

    Strings, numbers and booleans must be equal and of one type. An object may hold more members than
    asked. A list must hold one fitting element for each asked, and no others.
    """
    if is_unassigned(expected):
        return is_unassigned(actual) or (isinstance(actual, Mapping) and all(is_unassigned(v) for v in actual.values()))
    if isinstance(expected, Mapping):
        if set(expected) == {"value"} and isinstance(actual, str):
            return bool(expected["value"] == actual)  # a reference as a bare string; another check judges its shape
        return isinstance(actual, Mapping) and all(is_same(v, member(actual, k)) for k, v in expected.items())
    if isinstance(expected, list):
        return isinstance(actual, list) and len(actual) == len(expected) and _pairs_up(expected, actual)
    if isinstance(expected, bool) or isinstance(actual, bool):
        return isinstance(expected, bool) and isinstance(actual, bool) and expected == actual
    return bool(type(expected) is type(actual) and expected == actual)


def _pairs_up(expected: list[Json], actual: list[Json]) -> bool:
    """True if each expected element has an actual one of its own, in any order."""
    if all(map(is_same, expected, actual)):
        return True
    fits = [[n for n, a in enumerate(actual) if is_same(e, a)] for e in expected]
    taken: dict[int, int] = {}

    def place(wanted: int, tried: set[int]) -> bool:
        for index in fits[wanted]:
            if index not in tried:
                tried.add(index)
                if index not in taken or place(taken[index], tried):
                    taken[index] = wanted
                    return True
        return False

    return all(place(wanted, set()) for wanted in range(len(expected)))
