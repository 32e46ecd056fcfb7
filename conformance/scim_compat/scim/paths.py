"""SCIM attribute paths: parse, look up, set, remove, and compare what is found there.

Paths are those of RFC 7644 §3.10 and §3.5.2 as far as clients use them: ``active``, ``name.givenName``,
``emails[type eq "work"].value``, ``urn:…:User:department``, ``urn:…:User:manager.value``. The name behind
the last colon of a URN may hold spaces (Peakon's labels do). Attribute names match in any case
(RFC 7643 §2.1).
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final
from urllib.parse import unquote

from scim_compat.values import MISSING, Json

STEPS: Final = frozenset({"", ".", ".."})
"""No ids: in a URL these are steps to another resource, however they are encoded (RFC 3986 section 6.2.2.3)."""
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
ENTERPRISE_1_1 = "urn:scim:schemas:extension:enterprise:1.0"
_CORE = (
    "urn:ietf:params:scim:schemas:core:2.0:user",
    "urn:ietf:params:scim:schemas:core:2.0:group",
    "urn:scim:schemas:core:1.0",
)
_TERM = re.compile(r'\s*([\w$.-]+)\s+eq\s+("(?:[^"\\]|\\.)*"|true|false|-?\d+)\s*', re.IGNORECASE)
_HEAD = re.compile(r"^(?P<head>[^\[\]]+)(?:\[(?P<filter>.*)\])?(?:\.(?P<sub>[\w$-]+))?$", re.DOTALL)


class PathError(ValueError):
    """The text is not a path of the supported grammar."""


@dataclass(frozen=True, slots=True)
class Path:
    """A parsed path. ``urn`` is empty for core attributes, ``attribute`` empty for a whole extension."""

    text: str
    urn: str
    attribute: str
    where: tuple[tuple[str, Json], ...] = ()
    """The filter as attribute-value pairs joined by ``and``."""
    sub: str = ""

    @property
    def simple(self) -> bool:
        """No filter and not a whole extension: the kind that may share an operation without path."""
        return not self.where and bool(self.attribute)

    @property
    def top(self) -> str:
        """The top-level attribute it belongs to, lower-case, with its URN."""
        return f"{self.urn}:{self.attribute}".lower() if self.urn else self.attribute.lower()


@lru_cache(maxsize=4096)
def parse(text: str) -> Path:
    """Parses one path. Raises PathError with the reason."""
    found = _HEAD.match(text.strip())
    if not found:
        raise PathError(f"{text!r} is not an attribute path")
    head, condition, sub = found["head"], found["filter"], found["sub"] or ""
    urn, attribute = "", head
    if head.lower().startswith("urn:"):
        urn, _, attribute = head.rpartition(":")
        if attribute.lower() in {"user", "group"}:  # the URN itself: a whole extension object
            urn, attribute = head, ""
    if condition is None and not sub and "." in attribute:
        attribute, _, sub = attribute.partition(".")
    if urn.lower() in _CORE:
        urn = ""
    where = tuple(_terms(condition, text)) if condition is not None else ()
    return Path(text=text, urn=urn, attribute=attribute, where=where, sub=sub)


def _terms(condition: str, text: str) -> Iterator[tuple[str, Json]]:
    for part in re.split(r"\s+and\s+", condition, flags=re.IGNORECASE):
        found = _TERM.fullmatch(part)
        if not found:
            raise PathError(f"{text!r}: only eq comparisons joined by and are supported inside [ ]")
        name, raw = found[1], found[2]
        if raw.startswith('"'):
            yield name, raw[1:-1].replace('\\"', '"').replace("\\\\", "\\")
        elif raw.lower() in {"true", "false"}:
            yield name, raw.lower() == "true"
        else:
            yield name, int(raw)


def member(resource: Mapping[str, Json], name: str) -> Json:
    """The value under ``name`` in any case, or MISSING."""
    if name in resource:
        return resource[name]
    lowered = name.lower()
    return next((value for key, value in resource.items() if str(key).lower() == lowered), MISSING)


def member_ids(group: Mapping[str, Json], known: Mapping[str, str] | None = None) -> set[str]:
    """Ids of a group's members. A bare id counts as well; that it is no object is a matter of form.

    ``known``: id → name of those whom an entry may mean although its ``value`` is no id.
    """
    found = member(group, "members")
    listed = found if isinstance(found, list) else []
    entries = (m for m in listed if isinstance(m, Mapping | str))
    return {member_id(m, known or {}) if isinstance(m, Mapping) else str(m) for m in entries}


def member_id(entry: Mapping[str, Json], known: Mapping[str, str]) -> str:
    """The id of one member: its ``value``; where that is none, whom ``$ref`` or the name in their place leads to."""
    value = str(entry.get("value"))
    if value in known:
        return value
    last = unquote(str(entry.get("$ref", "")).split("?", 1)[0].rstrip("/").rpartition("/")[2])
    if last in known:
        return last
    names = {value.lower(), last.lower()} - {""}
    return next((identifier for identifier, name in known.items() if name.lower() in names), value)


def get(resource: Mapping[str, Json], path: str | Path) -> Json:
    """What stands at ``path``, or MISSING. A filter picks the first element that fits."""
    at = parse(path) if isinstance(path, str) else path
    holder: Json = member(resource, at.urn) if at.urn else resource
    if not at.attribute:
        return holder
    if not isinstance(holder, Mapping):
        return MISSING
    value = member(holder, at.attribute)
    if at.where:
        value = next((e for e in _elements(value) if _fits(e, at.where)), MISSING)
    if not at.sub or value is MISSING:
        return value
    return member(value, at.sub) if isinstance(value, Mapping) else MISSING


def _elements(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value] if isinstance(value, Mapping) else []


def _fits(element: Json, where: tuple[tuple[str, Json], ...]) -> bool:
    return isinstance(element, Mapping) and all(_same_word(member(element, n), v) for n, v in where)


def _same_word(actual: Json, wanted: Json) -> bool:
    # Entra filters a boolean by the string "True" (source S6), so words compare without case.
    return actual is not MISSING and str(actual).lower() == str(wanted).lower()


def put(resource: dict[str, Json], path: str | Path, value: Json) -> None:
    """Sets ``path`` to ``value`` in place, making the objects and elements it needs."""
    at = parse(path) if isinstance(path, str) else path
    holder = resource
    if at.urn:
        holder = _object(resource, at.urn)
    if not at.attribute:
        resource[_name(resource, at.urn)] = copy.deepcopy(value)
        return
    name = _name(holder, at.attribute)
    if at.where:
        elements = holder.get(name)
        if not isinstance(elements, list):
            elements = holder[name] = []
        element = next((e for e in elements if _fits(e, at.where)), None)
        if element is None:
            element = {n: _plain(n, v) for n, v in at.where}
            elements.append(element)
        if at.sub:
            element[_name(element, at.sub)] = copy.deepcopy(value)
        elif isinstance(value, Mapping):
            element.update(copy.deepcopy(dict(value)))
    elif at.sub:
        inner = _object(holder, at.attribute)
        inner[_name(inner, at.sub)] = copy.deepcopy(value)
    else:
        holder[name] = copy.deepcopy(value)


def _plain(name: str, value: Json) -> Json:
    """``primary eq "True"`` names a boolean although it is written as a string."""
    if name.lower() == "primary" and isinstance(value, str):
        return value.lower() == "true"
    return value


def _name(holder: Mapping[str, Json], name: str) -> str:
    return next((key for key in holder if key.lower() == name.lower()), name)


def _object(holder: dict[str, Json], name: str) -> dict[str, Json]:
    key = _name(holder, name)
    inner = holder.get(key)
    if not isinstance(inner, dict):
        inner = holder[key] = {}
    return inner


def remove(resource: dict[str, Json], path: str | Path) -> None:
    """Removes what stands at ``path`` in place; nothing happens where nothing stands."""
    at = parse(path) if isinstance(path, str) else path
    holder: Any = resource.get(_name(resource, at.urn)) if at.urn and at.attribute else resource
    name = at.attribute or at.urn
    if not isinstance(holder, dict):
        return
    key = _name(holder, name)
    value = holder.get(key)
    if at.where and isinstance(value, list):
        if at.sub:
            for element in value:
                if _fits(element, at.where):
                    element.pop(_name(element, at.sub), None)
        else:
            value[:] = [e for e in value if not _fits(e, at.where)]
    elif at.sub and isinstance(value, dict):
        value.pop(_name(value, at.sub), None)
    else:
        holder.pop(key, None)


def leaves(resource: Mapping[str, Json], *, skip: frozenset[str] = frozenset()) -> Iterator[tuple[str, Json]]:
    """Every assigned attribute as (path, value), in the paths a client would use.

    ``skip`` holds lower-case top-level names to leave out. Elements of a multi-valued attribute are
    addressed by their type, else by their value; where those repeat, the attribute is one leaf. What no
    path can spell is left out: a server may answer with any name.
    """
    kept = {name: value for name, value in resource.items() if name.lower() not in skip}
    for path, value in _walk(kept):
        if _leads_to(kept, path, value):
            yield path, value


def _leads_to(resource: Mapping[str, Json], path: str, value: Json) -> bool:
    try:
        return get(resource, path) is value
    except PathError:
        return False


def _walk(resource: Mapping[str, Json]) -> Iterator[tuple[str, Json]]:
    for name, value in resource.items():
        if is_unassigned(value):
            continue
        if name.lower().startswith("urn:") and isinstance(value, Mapping):
            for inner, inner_value in _walk(value):
                yield f"{name}:{inner}", inner_value
        elif isinstance(value, Mapping):
            for sub, sub_value in value.items():
                if not is_unassigned(sub_value):
                    yield f"{name}.{sub}", sub_value
        elif isinstance(value, list) and all(isinstance(e, Mapping) for e in value):
            yield from _element_leaves(name, value)
        else:
            yield name, value


def _element_leaves(name: str, elements: list[Json]) -> Iterator[tuple[str, Json]]:
    keys = ["type" if "type" in e else "value" if "value" in e else "" for e in elements]
    told_apart = {(key, str(e.get(key)).lower()) for key, e in zip(keys, elements, strict=True)}
    if "" in keys or len(told_apart) < len(elements):
        yield name, elements
        return
    for key, element in zip(keys, elements, strict=True):
        quoted = str(element[key]).replace("\\", "\\\\").replace('"', '\\"')
        condition = f'{name}[{key} eq "{quoted}"]'
        for sub, sub_value in element.items():
            if not is_unassigned(sub_value) and (sub != key or len(element) == 1):
                yield f"{condition}.{sub}", sub_value


def is_unassigned(value: Json) -> bool:
    """No value, null, empty string, empty list or empty object: all mean unassigned (RFC 7643 §2.5)."""
    return value is MISSING or value is None or (value in ("", [], {}) and not isinstance(value, bool | int | float))


def same(expected: Json, actual: Json) -> bool:
    """Whether ``actual`` is what was asked for.

    Strings, numbers and booleans must be equal and of one type. An object may hold more members than
    asked. A list must hold one fitting element for each asked, and no others.
    """
    if is_unassigned(expected):
        return is_unassigned(actual) or (isinstance(actual, Mapping) and all(is_unassigned(v) for v in actual.values()))
    if isinstance(expected, Mapping):
        if set(expected) == {"value"} and isinstance(actual, str):
            return bool(
                expected["value"] == actual
            )  # a reference returned as a bare string; its shape is another check's
        return isinstance(actual, Mapping) and all(same(v, member(actual, k)) for k, v in expected.items())
    if isinstance(expected, list):
        return isinstance(actual, list) and len(actual) == len(expected) and _pairs_up(expected, actual)
    if isinstance(expected, bool) or isinstance(actual, bool):
        return isinstance(expected, bool) and isinstance(actual, bool) and expected == actual
    return bool(type(expected) is type(actual) and expected == actual)


def _pairs_up(expected: list[Json], actual: list[Json]) -> bool:
    """Whether each expected element has an actual one of its own, in any order."""
    if all(map(same, expected, actual)):
        return True
    fits = [[n for n, a in enumerate(actual) if same(e, a)] for e in expected]
    taken: dict[int, int] = {}

    def place(wanted: int, tried: set[int]) -> bool:
        for place_ in fits[wanted]:
            if place_ not in tried:
                tried.add(place_)
                if place_ not in taken or place(taken[place_], tried):
                    taken[place_] = wanted
                    return True
        return False

    return all(place(wanted, set()) for wanted in range(len(expected)))
