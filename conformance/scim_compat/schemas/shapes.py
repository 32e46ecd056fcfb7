"""One compiled JSON Schema, and the errors of an instance against it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import islice
from typing import Final

from jsonschema import Draft202012Validator

from scim_compat.schemas.explain import ShapeError, explain
from scim_compat.values import Json

MAX_ERRORS: Final = 10
_MAX_RAW_ERRORS: Final = 200
_MAX_ENTRIES: Final = 400
MAX_VALID: Final = 200
"""Valid instances that a shape remembers."""
_MAX_VALID_LENGTH: Final = 10_000

_INDEX: Final = re.compile(r"(?<=/)\d+(?=/|\Z)")


class Shape:
    """A compiled JSON Schema.

    It changes: a run reads the same resource again and again, so a shape remembers the instances that were valid.
    """

    __slots__ = ("_valid", "_validator")

    def __init__(self, validator: Draft202012Validator) -> None:
        self._validator = validator
        self._valid: dict[str, None] = {}

    @property
    def schema(self) -> Json:
        return self._validator.schema

    def errors(self, instance: Json, *, quote: bool = True) -> list[ShapeError]:
        """Return at most 10 errors, those nearest the root first.

        ``quote=False`` keeps every value of the instance out of the errors: only type names are given.
        """
        sample = _sample(instance)
        if self._is_valid(sample):
            return []
        raw = islice(self._validator.iter_errors(sample), _MAX_RAW_ERRORS)
        errors = [one for error in raw for one in explain(error, quote=quote)]
        merged: dict[str, ShapeError] = {}
        for one in sorted(errors, key=_place):
            key = _INDEX.sub("*", one.pointer)
            first = merged.get(key)
            if first is None:
                merged[key] = one
            elif first.pointer != one.pointer:
                merged[key] = replace(first, more=first.more + 1)
        return list(merged.values())[:MAX_ERRORS]

    def _is_valid(self, instance: Json) -> bool:
        key = repr(instance)
        if key in self._valid:
            return True
        if not self._validator.is_valid(instance):
            return False
        if len(key) <= _MAX_VALID_LENGTH:
            while len(self._valid) >= MAX_VALID:
                del self._valid[next(iter(self._valid))]
            self._valid[key] = None
        return True


def _sample(instance: Json) -> Json:
    """The instance with very long arrays cut: a group of 100,000 members is judged by its first ones."""
    if not isinstance(instance, Mapping):
        return instance
    long = [key for key, value in instance.items() if isinstance(value, list) and len(value) > _MAX_ENTRIES]
    if not long:
        return instance
    return {key: value[:_MAX_ENTRIES] if key in long else value for key, value in instance.items()}


def _place(error: ShapeError) -> tuple[int, list[tuple[int, str]], str]:
    """Sorts by depth, then by place with array indices as numbers."""
    parts = [(int(part), "") if part.isdecimal() else (0, part) for part in error.pointer.split("/")]
    return error.pointer.count("/"), parts, error.keyword
