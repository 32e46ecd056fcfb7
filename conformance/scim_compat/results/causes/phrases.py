"""Features in words, as they stand behind "requests"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from scim_compat.results.causes.features import BOOLEAN_AS_TEXT, Feature


def in_words(feature: Feature) -> str:
    """The feature behind "requests": ``with lower-case op names``."""
    family, value = feature
    if family == "value" and value == BOOLEAN_AS_TEXT:
        return "with a boolean sent as text"
    phrase = _PHRASES.get(family)
    return phrase.format(value=value) if phrase else value


_PHRASES: Final[Mapping[str, str]] = {
    "method": "with {value}",
    "kind": "to /{value}",
    "target": "({value})",
    "parameter": "with the parameter {value}",
    "filter-space": "with {value} for spaces in the filter",
    "filter-form": "with {value} in the filter",
    "filter-case": "with {value}",
    "filter-size": "with {value} in the filter",
    "filter-attribute": "with a filter by {value}",
    "filter-operator": "with a filter by {value}",
    "filter-by": "with a filter by {value}",
    "filter-letters": "with {value} in the filter's value",
    "filter-value": "with {value} in the filter",
    "filter-logic": "with “{value}” in the filter",
    "paging": "with {value}",
    "without-header": "without the header {value}",
    "header": "with the header {value}",
    "accept": "accepting {value}",
    "content-type": "sent as {value}",
    "body": "with a body {value}",
    "operations": "with {value}",
    "op": "with a {value} operation",
    "op-case": "with op {value}",
    "op-spelling": "with op “{value}”",
    "path-form": "{value}",
    "op-form": "with op {value}",
    "value": "with {value} as value",
    "op-value": "with op {value}",
    "attribute": "naming {value}",
    "op-attribute": "with a {value}",
    "path": "at {value}",
    "pathless": "{value}",
    "size": "{value}",
    "entries": "with {value}",
    "bulk-method": "with {value} in a bulk request",
    "resource": "of a resource {value}",
    "extension": "naming {value}",
    "name-form": "with {value}",
    "selects": "selecting {value}",
    "letters": "with {value} in a value",
    "door": "{value}",
    "request": "({value})",
    "before": "{value}",
    "before-extension": "{value}",
    "again": "{value}",
}
