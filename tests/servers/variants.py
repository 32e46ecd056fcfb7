"""The lawful variants by name, and the two servers that have as many of them as one can.

Two are left out on purpose. A relative ``meta.location``: RFC 7643 §3.1 wants "the URI" of the resource, and a URI has a
scheme (RFC 3986 §3); only values of the type *reference*, such as ``$ref``, may be relative (RFC 7643 §2.3.7). So
``relative-refs`` is a variant, and a relative location stays a finding. And errors without ``detail``: lawful (RFC 7644
§3.12), but Okta's submission suite asks for it in three tests, and all profiles of Okta say so.
"""

from __future__ import annotations

from typing import Final

from . import (  # noqa: F401 - each module registers its variants when it is imported
    variants_access,
    variants_again,
    variants_answers,
    variants_labels,
    variants_overlap,
    variants_queries,
    variants_resources,
    variants_rfc,
    variants_sweeps,
    variants_texts,
)
from .variants_base import CONTRADICTIONS, VARIANTS, install

__all__ = ["CONTRADICTIONS", "GROUPS", "TOGETHER", "VARIANTS", "install"]

_APART: Final = (
    frozenset({"patch-204", "page-20", "ids-integer", "strong-etags", "no-dates", "members-value-only",
               "members-on-request", "keeps-labels", "no-orders", "no-nick-name-ignored", "wrong-429", "busy-409",
               "unique-emails", "unknown-members-ignored", "no-user-groups"}),
    frozenset({"patch-200", "most-20", "ids-opaque", "no-etag", "offset-dates", "relative-refs", "empty-members-array",
               "no-sort", "eq-only", "keeps-one-label", "no-nick-name-refused", "lock-out", "busy-503",
               "unknown-members-kept", "groups-on-request", "indirect-groups"}),
)  # fmt: skip
"""What only one of the two servers in TOGETHER has: the one would hide the other, or keep scenarios from running."""

_ALONE: Final = "no-filter-advertised"
"""Beside it nothing else would be seen: half of the profile of the specification does not apply then."""
_OTHERS: Final = [name for name in VARIANTS if name != _ALONE]

_NEITHER: Final = frozenset({"lists-labels", "refuses-labels", "emails-required", "busy-412"})
"""They treat an extension, or requests at the same time, otherwise than the two servers in TOGETHER do."""

TOGETHER: Final = tuple(own | (frozenset(_OTHERS) - _NEITHER - frozenset().union(*_APART)) for own in _APART)
"""Two sets of variants, each what one server can have at once; nearly every variant is in one of them at least."""

GROUPS: Final = (*(frozenset(_OTHERS[first::7]) for first in range(7)), frozenset({_ALONE}))
"""Every variant once, with a few others that have nothing to do with it."""
