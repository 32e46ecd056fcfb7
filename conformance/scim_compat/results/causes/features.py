"""The features of a request, by which those that fail can differ from those that pass."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from scim_compat.results.document.records import RequestRecord
from scim_compat.scim import texts
from scim_compat.scim.filters import PRESENT, And, Comparison, Filter, Not, Or, Path, Presence, Selection
from scim_compat.scim.grammar import PathError, parse_filter, parse_path
from scim_compat.scim.names import is_urn
from scim_compat.values import Json

_MANY: Final = 50
_DEEP: Final = 6
_KINDS: Final = re.compile(r"/(Users|Groups|Bulk|Me|Schemas|ResourceTypes|ServiceProviderConfigs?)(/[^/?]+)?")
_HEADERS: Final = ("if-match", "if-none-match", "user-agent", "accept", "content-type", "accept-charset")
_BOOLEANS: Final = frozenset({"true", "false"})
BOOLEAN_AS_TEXT: Final = "a boolean as text"
_OWN_NAMES: Final = frozenset({"schemas", "operations", "op", "path", "value", "meta"})


class Feature(NamedTuple):
    """One feature: the question that it answers, and the answer."""

    family: str
    value: str


Features = frozenset[Feature]


def kind_of(url: str) -> str:
    """The collection that a request goes to: ``Users`` of ``/scim/v2/Users/1?x``."""
    path = urlsplit(url).path
    match = _KINDS.search(path)
    return match[1] if match else path.rpartition("/")[2]


def features(request: RequestRecord) -> Features:
    """Every feature of the request that is written in it."""
    return frozenset(Feature(*pair) for pair in _features(request))


def narrowed(request: RequestRecord, attributes: frozenset[str]) -> Features:
    """The features of the request without those of operations, and of attributes, that name none of the attributes.

    ``attributes``: lower-case names, of which something was lost. All features, where no operation names them.
    """
    whole = features(request)
    parts = [frozenset(Feature(*pair) for pair in _operation(each)) for each in _operations(request)]
    own = [part for part in parts if names_of(part) & attributes]
    others = frozenset().union(*parts) - frozenset().union(*own) if own else frozenset()
    named = names_of(whole) & attributes
    strangers = {f for f in whole if f.family == "attribute" and f.value.lower().partition(".")[0] not in attributes}
    return whole - others - (strangers if named else set())


def shape_of(request: RequestRecord) -> tuple[str, ...]:
    """The attributes of a resource in a body with the types of their values, and where it goes; empty without one."""
    try:
        content = json.loads(request.body or "")
    except (ValueError, RecursionError):
        return ()
    if not isinstance(content, dict) or _member(content, "Operations") is not None:
        return ()
    attributes = (f"{key}: {_type_of(value)}" for key, value in content.items() if value is not None)
    is_new = request.method == "POST" and urlsplit(request.url).path.endswith(("Users", "Groups"))
    return kind_of(request.url), "" if is_new else request.method.replace("PUT", ""), *sorted(attributes)


def names_of(part: Features) -> set[str]:
    """Lower-case names of the top-level attributes that the features are about."""
    return {feature.value.lower().partition(".")[0] for feature in part if feature.family == "attribute"}


def _operations(request: RequestRecord) -> list[Mapping[str, Any]]:
    try:
        content = json.loads(request.body or "")
    except (ValueError, RecursionError):
        return []
    listed = _member(content, "Operations") if isinstance(content, dict) else None
    entries = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    return [one for one in entries if "op" in map(str.lower, one)]


def _features(request: RequestRecord) -> Iterator[tuple[str, str]]:
    match = _KINDS.search(urlsplit(request.url).path)
    yield "method", request.method
    yield "kind", kind_of(request.url)
    has_id = bool(match and match[2])
    query = urlsplit(request.url).query
    names = dict(parse_qsl(query, keep_blank_values=True))
    door = "by id" if has_id else "by filter" if "filter" in names else "of the collection"
    yield "door", door
    yield "request", f"{request.method} {door}"
    yield "target", f"{request.method} {kind_of(request.url)} {door}"
    yield from _query(query, names)
    yield from _headers(request)
    if request.body:
        yield from _body(request)


# --- the query -----------------------------------------------------------------------------------


def _query(query: str, names: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name in names:
        yield "parameter", name
    if "filter" not in names:
        return
    raw = next((part for part in query.split("&") if part.startswith("filter=")), "")
    yield "filter-space", "plus signs" if "+" in raw else "%20"
    yield from _filter(names["filter"])
    if "startIndex" in names or "count" in names:
        yield "paging", f"startIndex {names.get('startIndex', 'left out')}"


def _filter(text: str) -> Iterator[tuple[str, str]]:
    parsed = _parsed_filter(text)
    if parsed is None:
        yield "filter-form", "unreadable"
        return
    if re.search(r"\b(?:EQ|NE|CO|SW|EW|PR|GT|GE|LT|LE|AND|OR|NOT)\b", re.sub(r'"[^"]*"', "", text)):
        yield "filter-case", "operators in capitals"
    plain = re.sub(r'"(?:[^"\\]|\\.)*"', "", text)
    if "(" in plain:
        yield "filter-form", "parentheses"
    if "[" in plain:
        yield "filter-form", "a value path"
    yield from _condition(parsed)
    operators = [value for family, value in _condition(parsed) if family == "filter-logic"]
    if not operators:
        yield "filter-size", "one comparison"


def _condition(condition: Filter) -> Iterator[tuple[str, str]]:
    match condition:
        case Comparison(path=path, operator=operator, value=value):
            yield "filter-attribute", _name(path)
            yield "filter-operator", str(operator)
            yield "filter-by", f"{_name(path)} {operator}"
            if path.condition is not None:
                yield from _condition(path.condition)
            if isinstance(value, str):
                for trait in texts.traits(value):
                    yield "filter-letters", trait.words
                if value != value.lower():
                    yield "filter-letters", "capitals"
            else:
                yield "filter-value", _type_of(value)
        case Presence(path=path):
            yield "filter-attribute", _name(path)
            yield "filter-operator", PRESENT
        case Selection(path=path):
            yield "filter-attribute", _name(path)
            if path.condition is not None:
                yield from _condition(path.condition)
        case And(parts=parts) | Or(parts=parts):
            yield "filter-logic", "and" if isinstance(condition, And) else "or"
            for part in parts:
                yield from _condition(part)
        case Not(part=part):
            yield "filter-logic", "not"
            yield from _condition(part)


@cache
def _parsed_filter(text: str) -> Filter | None:
    try:
        return parse_filter(text)
    except (PathError, ValueError, RecursionError):
        return None


@cache
def parsed_path(text: str) -> Path | None:
    """The path; None where it cannot be read."""
    try:
        return parse_path(text)
    except (PathError, ValueError, RecursionError):
        return None


def _name(path: Path) -> str:
    """``emails.value`` for any way to write it."""
    if path.urn and not path.attribute:
        return path.urn
    return ".".join(path.names)


# --- headers -------------------------------------------------------------------------------------


def _headers(request: RequestRecord) -> Iterator[tuple[str, str]]:
    sent = {name.lower(): text for name, text in request.headers}
    for name in _HEADERS:
        if name not in sent:
            yield "without-header", name
        elif name in {"accept", "content-type"}:
            yield name, sent[name]
        else:
            yield "header", name
    if "authorization" not in sent:
        yield "without-header", "authorization"


# --- the body ------------------------------------------------------------------------------------


def _body(request: RequestRecord) -> Iterator[tuple[str, str]]:
    try:
        content = json.loads(request.body or "")
    except (ValueError, RecursionError):
        yield "body", "that is no JSON"
        return
    if not isinstance(content, dict):
        return
    operations = _member(content, "Operations")
    if isinstance(operations, list):
        yield "operations", "one operation" if len(operations) == 1 else "several operations"
        for operation in operations:
            if isinstance(operation, dict):
                yield from _operation(operation) if "op" in map(str.lower, operation) else _part(operation)
    else:
        yield from _resource(content)
    if not isinstance(content.get("schemas"), list):
        yield "body", "without schemas"
    yield from set(_values(content, _DEEP))


def _member(content: Mapping[str, Any], name: str) -> Any:
    return next((value for key, value in content.items() if key.lower() == name.lower()), None)


def _operation(operation: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    op, path = str(_member(operation, "op")), _member(operation, "path")
    name = op.lower()
    yield "op", name
    yield "op-case", "in lower case" if op == name else "with a capital letter"
    yield "op-spelling", op
    has_value = any(key.lower() == "value" for key in operation)
    value = _member(operation, "value")
    form = _path_form(path)
    yield "path-form", form
    place = form.removeprefix("with ") if form.startswith("with ") else "no path"
    yield "op-form", f"“{name}” and {place}"
    yield "value", _type_of(value) if has_value else "no value"
    yield "op-value", f"“{name}”, {place} and {_type_of(value) if has_value else 'no value'}"
    if isinstance(path, str) and (parsed := parsed_path(path)):
        yield from _attribute(parsed)
        yield "op-attribute", f"{name} of {_name(parsed)}"
        yield "path", path
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _named(key, inner)
        if len(value) > 1:
            yield "pathless", "with several attributes"
    if isinstance(value, list) and len(value) > _MANY:
        yield "size", f"with more than {_MANY} values"
    elif isinstance(value, list):
        yield (
            "entries",
            "with one entry" if len(value) == 1 else "with several entries" if value else "with an empty array",
        )


def _part(operation: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """An operation of a bulk request."""
    yield "bulk-method", str(_member(operation, "method"))
    data = _member(operation, "data")
    if isinstance(data, dict):
        yield from _resource(data)


def _resource(content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, inner in content.items():
        if key.lower() not in _OWN_NAMES:
            yield from _named(key, inner)
    if content.get("active") is False:
        yield "resource", "that is inactive"


def _named(key: str, value: Any) -> Iterator[tuple[str, str]]:
    """An attribute that stands in a body by name; the name may be a path."""
    if is_urn(key) and isinstance(value, dict):
        yield "extension", key
        for name in value:
            yield "attribute", name
        return
    parsed = parsed_path(key)
    if parsed is not None:
        yield from _attribute(parsed)
        if parsed.sub or parsed.condition is not None:
            yield "name-form", "a path as the name of an attribute"
    if isinstance(value, dict):
        for name in value:
            yield "attribute", f"{key}.{name}"
    if isinstance(value, list) and value:
        yield "entries", f"{'several' if len(value) > 1 else 'one'} {key}"
        for name in {name for entry in value[:_MANY] if isinstance(entry, dict) for name in entry}:
            yield "attribute", f"{key}.{name}"


def _attribute(path: Path) -> Iterator[tuple[str, str]]:
    if path.urn:
        yield "extension", path.urn
    if path.attribute:
        yield "attribute", path.attribute
        if path.sub:
            yield "attribute", f"{path.attribute}.{path.sub}"
    if path.condition is not None:
        yield "selects", f"{path.attribute}[{_shape(path.condition)}]"


def _shape(condition: Filter) -> str:
    """A filter without the values that are made up for each run."""
    return re.sub(r'"[^"]{8,}"', '"…"', str(condition))


def _path_form(path: Any) -> str:
    if path is None:
        return "without a path"
    parsed = parsed_path(path) if isinstance(path, str) else None
    if parsed is None:
        return "with a path that cannot be read"
    urn = "URN and " if parsed.urn else ""
    if parsed.urn and not parsed.attribute:
        return "with a URN as path"
    if parsed.condition is not None:
        return f"with a {urn}value path" + (" to a sub-attribute" if parsed.sub else " to an entry")
    return (
        f"with a {urn}sub-attribute path" if parsed.sub else f"with a {urn}plain path" if urn else "with a plain path"
    )


def _type_of(value: Json) -> str:
    if isinstance(value, str):
        return BOOLEAN_AS_TEXT if value.lower() in _BOOLEANS else "an empty text" if not value else "a text"
    kinds = {bool: "a boolean", int: "a number", float: "a number", dict: "an object", list: "an array"}
    return kinds.get(type(value), "null")


def _values(value: Any, depth: int) -> Iterator[tuple[str, str]]:
    """Features of the texts in the body."""
    if depth == 0:
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            if key != "schemas":
                yield from _values(inner, depth - 1)
            if isinstance(inner, str) and inner.lower() in _BOOLEANS and key.lower() in {"active", "primary"}:
                yield "value", BOOLEAN_AS_TEXT
            if inner is None:
                yield "value", "null"
    elif isinstance(value, list):
        for inner in value[:_MANY]:
            yield from _values(inner, depth - 1)
    elif isinstance(value, str):
        for trait in texts.traits(value):
            yield "letters", trait.words
