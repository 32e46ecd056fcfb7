"""JSON Schemas of SCIM messages, and errors that a person can act on. It knows no profile.

The schemas are JSON Schema 2020-12 files beside this one; their ``$id`` never resolves over a network.
Conformant variety passes: unknown members, ``null`` and ``[]`` for unassigned values (RFC 7643 section 2.5).
"""

from __future__ import annotations

from scim_compat.schemas.explain import ShapeError, type_name
from scim_compat.schemas.files import NAMES, NAMES_11, errors, shape
from scim_compat.schemas.own import from_target_schemas
from scim_compat.schemas.shapes import MAX_ERRORS, Shape
from scim_compat.schemas.target import TargetShapes

__all__ = [
    "MAX_ERRORS",
    "NAMES",
    "NAMES_11",
    "Shape",
    "ShapeError",
    "TargetShapes",
    "errors",
    "from_target_schemas",
    "shape",
    "type_name",
]
