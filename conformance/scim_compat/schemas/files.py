"""The JSON Schema files of SCIM's messages and resources, one folder a version of the protocol."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, Final

from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from scim_compat.schemas.explain import ShapeError
from scim_compat.schemas.shapes import Shape
from scim_compat.scim.names import Scim
from scim_compat.values import Json

NAMES: Final = (
    "BulkResponse",
    "EnterpriseUser",
    "Error",
    "Group",
    "ListResponse",
    "PatchOp",
    "ResourceType",
    "Schema",
    "ServiceProviderConfig",
    "User",
)
NAMES_11: Final = ("EnterpriseUser", "Error", "Group", "ListResponse", "Schema", "ServiceProviderConfig", "User")
"""Those of SCIM 1.1: it has no resource types, and its PATCH body is a part of the resource."""
_NAMES: Final[Mapping[Scim, tuple[str, ...]]] = {"2.0": NAMES, "1.1": NAMES_11}


def errors(name: str, instance: Json, *, scim: Scim = "2.0", quote: bool = True) -> list[ShapeError]:
    """Return what is wrong with the shape of ``instance``, as ``Shape.errors`` does, by the schema of that name."""
    return shape(name, scim=scim).errors(instance, quote=quote)


@cache
def shape(name: str, *, scim: Scim = "2.0") -> Shape:
    """Return the schema called ``name`` (one of ``NAMES``, or of ``NAMES_11`` for ``scim="1.1"``).

    Raises ValueError for an unknown name or version.
    """
    if scim not in _NAMES:
        raise ValueError(f"there are no JSON Schemas for SCIM {scim}; expected {' or '.join(_NAMES)}")
    names = _NAMES[scim]
    if name not in names:
        near = difflib.get_close_matches(name, names, 1)
        hint = f"; did you mean {near[0]}?" if near else f"; known: {', '.join(names)}"
        version = "" if scim == "2.0" else f" for SCIM {scim}"
        raise ValueError(f"there is no JSON Schema called {name!r}{version}{hint}")
    registry = _registry(scim)
    content = registry.contents(f"https://scim-compat.invalid/schemas/{scim}/{name}")
    return Shape(Draft202012Validator(content, registry=registry))


@cache
def _registry(scim: Scim) -> Registry[Any]:
    folder = resources.files("scim_compat.schemas").joinpath(scim)
    contents = [json.loads(folder.joinpath(f"{name}.json").read_text("utf-8")) for name in _NAMES[scim]]
    return Registry[Any]().with_resources((one["$id"], Resource.from_contents(one)) for one in contents).crawl()
