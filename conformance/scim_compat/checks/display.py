"""Values as a finding may show them.

A text that a violation shows is a ``Quotation``, made here of a value, or else prose of the check itself. That is the
one place that tells "(absent)" from a value of five letters; ``results.document`` keeps it.
"""

from __future__ import annotations

import hashlib

from scim_compat import schemas
from scim_compat.checks.resources import is_own
from scim_compat.engine.intent import Observation
from scim_compat.values import MISSING, Json, Prose, Quotation


def display(value: Json) -> Json:
    """MISSING as words, long text cut."""
    if value is MISSING:
        return "(absent)"
    if isinstance(value, str) and len(value) > 300:
        return Quotation(value[:300] + "…")
    return quotation(value)


def quotation(value: Json) -> Json:
    """The value itself, a text as a quotation."""
    return Quotation(value) if isinstance(value, str) else value


def prose(value: Json) -> Json:
    """What a violation shows, with its own words as prose."""
    return Prose(value) if isinstance(value, str) and not isinstance(value, Quotation) else value


def display_text(value: Json, most: int) -> str:
    """A text cut at that length; of any other value, the name of its type."""
    return Quotation(value[:most]) if isinstance(value, str) else schemas.type_name(value)


def display_id(observation: Observation, identifier: object) -> str:
    """An id, or a hash of it where another than this run created the resource."""
    if not isinstance(identifier, str):
        return schemas.type_name(identifier)
    if is_own(observation, identifier) or observation.intent.action in {"create", "set-up"}:
        return Quotation(identifier[:100])
    return f"an id this run did not create (sha256 {hashlib.sha256(identifier.encode()).hexdigest()[:12]})"
