"""Defects that no profile finds at ``degraded`` or worse, each with the reason; reviewed one by one."""

from __future__ import annotations

from typing import Final

_OPTIONAL: Final = (
    "Filters are optional part by part, and a refusal with invalidFilter is honest (RFC 7644 3.4.2.2): cosmetic."
)

UNCAUGHT: Final[dict[str, str]] = {
    "create-active-string-400": "A server may refuse a text where a boolean belongs; Entra sends such texts in PATCH only.",
    "create-rejects-unknown-extension": "No client sends an extension of its own accord that /Schemas do not list.",
    "created-changes": "No client is known to read meta.created, and no profile asserts that it stands still.",
    "delete-leaves-membership": "RFC 7644 does not say what becomes of the memberships of a deleted user.",
    "filter-and-400": _OPTIONAL,
    "filter-dates-as-text": "It shows with dates of different precision or offset only, which a server writes alike.",
    "filter-id-400": _OPTIONAL,
    "filter-not-400": _OPTIONAL,
    "filter-or-400": _OPTIONAL,
    "filter-present-400": _OPTIONAL,
    "location-relative": "A Location may be relative (RFC 9110 10.2.2), and resolved it is the resource's own.",
    "manager-clear-stores-empty": "An empty value counts as no value (RFC 7643 2.5), and every client reads it so.",
    "manager-pathless-ignored": "No client sends the manager in an operation without path.",
    "manager-unknown-500": "No client names a manager whom it has not created.",
    "member-add-object-400": "RFC 7644 3.5.2.1 shows an array, and no client sends a single object.",
    "member-null-display-400": "Only okta-wizard sends a display of null, and by PUT; this server refuses it in PATCH.",
    "member-remove-absent-400": "No client removes somebody who is not a member.",
    "members-null": "null counts as no value (RFC 7643 2.5), and every client reads it so.",
    "provider-config-patch-false": "No client here reads patch.supported before it sends PATCH: cosmetic.",
    "stack-trace-in-error": "It helps an attacker, and no client minds: cosmetic.",
    "token-prefix-accepted": "The run's wrong credential is no part of the right one, which is not for trying.",
    "unknown-member-404": "A server may refuse a member whom it does not know, with whatever 4xx.",
    "upper-cases-type": "The type of an address is compared without case (RFC 7643 2.2), by every client.",
}

_ELSEWHERE: Final = "What it takes is no defect of the good server; tests/test_hostile.py has servers that trip it."
_BULK: Final = "The good server has no bulk; tests/test_bulk.py has servers with it, and trips each check."

UNTRIPPED: Final[dict[str, str]] = {
    "bulk.every-operation": _BULK,
    "bulk.parts": _BULK,
    "bulk.shape": _BULK,
    "bulk.status": _BULK,
    "bulk.stops": _BULK,
    "bulk.too-large": _BULK,
    "error.media-type": "RFC 7644 3.12 names no media type for errors, so every built-in profile passes over it.",
    "http.in-time": _ELSEWHERE,
    "http.not-truncated": _ELSEWHERE,
    "resource.location-origin": "Every built-in client builds URLs from its own base; the check is for other profiles.",
}
"""Checks that no defect trips, each with the reason."""
