"""The shapes that a target's own ``/Schemas`` describe."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

from jsonschema import Draft202012Validator

from scim_compat.schemas.explain import ShapeError
from scim_compat.schemas.own import from_target_schemas
from scim_compat.schemas.shapes import Shape
from scim_compat.values import Json

_MAX_TARGETS: Final = 16


class TargetShapes:
    """The shapes of one target. It changes: each is compiled when it is first asked for."""

    __slots__ = ("_published", "_shapes")

    def __init__(self, published: Sequence[Mapping[str, Json]]) -> None:
        self._published = published
        self._shapes: dict[str, Shape] = {}

    def errors(
        self, resource_type: str, instance: Json, *, projected: bool = False, quote: bool = True
    ) -> list[ShapeError]:
        """Return where the instance contradicts the target's own schema.

        With ``projected``, missing members are no contradiction. Raises LookupError if the target has no schema
        for the resource type.
        """
        errors = self.of(resource_type).errors(instance, quote=quote)
        present = {key.lower() for key in instance} if isinstance(instance, Mapping) else set()
        return [
            error
            for error in errors
            if not (error.keyword == "required" and (projected or error.pointer[1:].lower() in present))
            and not (projected and error.keyword == "type" and error.actual in {None, "null"})
        ]

    def of(self, resource_type: str) -> Shape:
        """Return the shape of ``User`` or ``Group``. Raises LookupError if the target has no schema for it."""
        if resource_type not in self._shapes:
            schema = from_target_schemas(resource_type, self._published)
            self._shapes[resource_type] = _compiled(json.dumps(schema, sort_keys=True))
        return self._shapes[resource_type]


@lru_cache(maxsize=_MAX_TARGETS)
def _compiled(schema: str) -> Shape:
    """Two targets that publish the same schemas share the shape, and the instances that it knows to be valid."""
    return Shape(Draft202012Validator(json.loads(schema)))
