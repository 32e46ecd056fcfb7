"""Any record of this package as JSON, the way results.json and events.jsonl hold it."""

from __future__ import annotations

import types
from collections.abc import Callable
from dataclasses import is_dataclass
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from typing import get_type_hints as hints_of

from scim_compat.results.document.parsing import members_of
from scim_compat.results.document.records import CHECK_LATER, CHECK_MEMBERS, CHECK_VALUES, CheckRecord
from scim_compat.results.document.target import Claims
from scim_compat.values import MISSING, Json, Outcome

Writer = Callable[[Any], Json]


def as_json(record: Any) -> Json:
    """Return the record as results.json holds it. Bodies and other values of the endpoint are shared, not copied."""
    hint: Any = type(record)
    return _writer(hint)(record)


def _same(value: Json) -> Json:
    return value


@cache
def _writer(hint: Any) -> Writer:
    """The function that turns a value of the type into JSON: ``_same`` wherever the value is JSON already."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _writer(arguments[0])
    if origin in {Union, types.UnionType}:
        inner = _writer(arguments[0])
        return inner if inner is _same else lambda value: None if value is None else inner(value)
    if origin is tuple:
        each = _writer(arguments[0])
        return list if each is _same else lambda value: [each(entry) for entry in value]
    if origin is not None and origin is not Literal:
        one = _writer(arguments[1])
        return one if one is _same else lambda value: {key: one(entry) for key, entry in value.items()}
    if hint is Claims:
        return lambda claims: claims.content
    if not isinstance(hint, type) or not is_dataclass(hint):
        return _same
    return _check_as_json if issubclass(hint, CheckRecord) else _record_writer(hint)


def _record_writer(kind: type) -> Writer:
    hints = hints_of(kind, include_extras=True)
    hint: Any = kind
    members = [(member.key, member.field, _writer(hints[member.field])) for member in members_of(hint)]

    def write_record(record: Any) -> Json:
        return {key: writer(getattr(record, field)) for key, field, writer in members}

    return write_record


def _check_as_json(check: CheckRecord) -> dict[str, Json]:
    content = {name: getattr(check, name) for name in CHECK_MEMBERS[check.outcome]}
    if check.outcome is Outcome.FAIL:
        content["cites"] = list(check.cites)
        content |= {name: getattr(check, name) for name in CHECK_LATER}
        content["prose"] = list(check.prose)
        content |= {name: value for name in CHECK_VALUES if (value := getattr(check, name)) is not MISSING}
    return content
