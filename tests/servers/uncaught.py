"""Defects that no profile finds at ``degraded`` or worse, each with the reason; reviewed one by one."""

from __future__ import annotations

from typing import Final

_OPTIONAL: Final = (
    "Filters are optional part by part, and a refusal with invalidFilter is honest (RFC 7644 3.4.2.2): cosmetic."
)

UNCAUGHT: Final[dict[str, str]] = {
    "create-rejects-unknown-extension": "No client sends an extension of its own accord that /Schemas do not list.",
    "filter-id-400": _OPTIONAL,
    "filter-not-400": _OPTIONAL,
    "filter-present-400": _OPTIONAL,
    "lists-without-extension": "Clients match by core attributes and read the extension by id: cosmetic.",
    "location-relative": "A Location may be relative (RFC 9110 10.2.2), and resolved it is the resource's own.",
    "locations-of-other-host": "No client here follows a location; a client by the book has a credential for one host: cosmetic.",
    "manager-clear-stores-empty": "An empty value counts as no value (RFC 7643 2.5), and every client reads it so.",
    "manager-pathless-ignored": "No client sends the manager in an operation without path.",
    "member-add-object-400": "RFC 7644 3.5.2.1 shows an array, and no client sends a single object.",
    "member-null-display-400": "Only okta-wizard sends a display of null, and by PUT; this server refuses it in PATCH.",
    "member-remove-absent-400": "No client removes somebody who is not a member.",
    "members-null": "null counts as no value (RFC 7643 2.5), and every client reads it so.",
    "meta-dates-absent": "RFC 7643 3.1 has no keyword for a server that keeps no dates: cosmetic.",
    "meta-dates-without-zone": "The zone of an xsd:dateTime is optional (RFC 7643 2.3.5): cosmetic.",
    "meta-location-relative": "A reference may be relative (RFC 7643 2.3.7), and no client here follows it: cosmetic.",
    "names-not-normalized": "Hardly a server prepares names (RFC 7644 5), so this counts least: cosmetic.",
    "operators-declined": _OPTIONAL,
    "provider-config-patch-false": "No client here reads patch.supported before it sends PATCH: cosmetic.",
    "re-add-duplicates": "A member who stands twice is cosmetic (RFC 7643 2.4: SHOULD NOT); one removal takes both away.",
    "stack-trace-in-error": "It helps an attacker, and no client depends on it: cosmetic.",
    "unknown-member-404": "A server may refuse a member whom it does not know, with whatever 4xx.",
    "upper-cases-type": "The type of an address is compared without case (RFC 7643 2.2), by every client.",
    "version-of-every-read": "A version that moves makes a client read again and loses nothing: cosmetic.",
    "post-answers-other-values": "Clients take the id from the answer to a create and nothing else, and every read is right.",
    "trims-ends": "A server may alter white space at the ends (RFC 7644 3.3), and no mapping depends on it: cosmetic.",
}
"""Defects of SCIM 2.0 that no profile finds at ``degraded`` or worse, each with the reason."""

_OKTA_NEVER: Final = "Okta's clients, the only ones of SCIM 1.1 here, send nothing that would show it."
_OKTA_BLIND: Final = "Okta's clients, the only ones of SCIM 1.1 here, are not known to look there."
_OKTA_OFFERED: Final = "Okta's suite reads it where it is offered, and Okta's clients do without."
_OKTA_LENIENT: Final = "Okta's clients go by the status of an error and show what text there is: cosmetic."

UNCAUGHT11: Final[dict[str, str]] = {
    "bad-json-500": _OKTA_NEVER,
    "bearer-case-sensitive": _OKTA_NEVER,
    "clear-case-sensitive": _OKTA_NEVER,
    "content-type-html": "Okta's clients parse the body whatever its label: cosmetic.",
    "create-without-location": _OKTA_BLIND,
    "created-no-date": _OKTA_BLIND,
    "location-other-host": _OKTA_BLIND,
    "disable-drops-memberships": "Okta pushes memberships by themselves, and no profile disables a member of a group.",
    "enterprise-urn-not-listed": "Okta reads the extension whether schemas lists it or not: cosmetic.",
    "error-code-missing": _OKTA_LENIENT,
    "error-code-wrong": _OKTA_LENIENT,
    "error-description-empty": _OKTA_LENIENT,
    "errors-empty": _OKTA_LENIENT,
    "errors-is-object": _OKTA_LENIENT,
    "errors-of-scim-2": _OKTA_LENIENT,
    "groups-not-derived": _OKTA_BLIND,
    "last-modified-missing": _OKTA_BLIND,
    "member-operation-shown": _OKTA_BLIND,
    "meta-missing": _OKTA_BLIND,
    "put-204": _OKTA_BLIND,
    "put-answers-old-state": _OKTA_BLIND,
    "put-without-active-disables": _OKTA_NEVER,
    "schema-without-attributes": _OKTA_NEVER,
    "schemas-missing": _OKTA_OFFERED,
    "unauthorized-without-challenge": _OKTA_BLIND,
}
"""The same of SCIM 1.1."""

_ELSEWHERE: Final = (
    "What it takes is no defect of the good server; tests/process/test_hostile.py has servers that trip it."
)
_BULK: Final = "The good server has no bulk; tests/served/test_bulk.py has servers with it, and trips each check."

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
}
"""Checks that no defect trips, each with the reason."""
