"""The sections of SCIM 1.1 that hold the rules of RFC 7643 and RFC 7644.

SCIM 1.1 is two drafts, the protocol and the core schema. Sections of other RFCs (HTTP, JSON) hold for both versions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from scim_compat.scim.names import Scim

_IN_1_1: Final[Mapping[str, str]] = {
    "RFC7643-2.1": "SCIM1.1-core-3",
    "RFC7643-2.2": "SCIM1.1-protocol-3.2.2.1",  # SCIM 1.1 states the default of case beside filters
    "RFC7643-2.3.1": "SCIM1.1-core-3.1.1",
    "RFC7643-2.3.2": "SCIM1.1-core-3.1.2",
    "RFC7643-2.3.4": "SCIM1.1-core-3.1.4",
    "RFC7643-2.3.5": "SCIM1.1-core-3.1.5",
    "RFC7643-2.4": "SCIM1.1-core-3.2",
    "RFC7643-3": "SCIM1.1-core-5.2",
    "RFC7643-3.1": "SCIM1.1-core-5.1",
    "RFC7643-3.3": "SCIM1.1-core-4",
    "RFC7643-4.1": "SCIM1.1-core-6",
    "RFC7643-4.1.1": "SCIM1.1-core-6.1",
    "RFC7643-4.1.2": "SCIM1.1-core-6.2",
    "RFC7643-4.2": "SCIM1.1-core-8",
    "RFC7643-4.3": "SCIM1.1-core-7",
    "RFC7643-5": "SCIM1.1-core-9",
    "RFC7644-2": "SCIM1.1-protocol-2",
    "RFC7644-3.12": "SCIM1.1-protocol-3.9",
    "RFC7644-3.3": "SCIM1.1-protocol-3.1",
    "RFC7644-3.4.1": "SCIM1.1-protocol-3.2.1",
    "RFC7644-3.4.2": "SCIM1.1-protocol-3.2.2",
    "RFC7644-3.4.2.2": "SCIM1.1-protocol-3.2.2.1",
    "RFC7644-3.4.2.4": "SCIM1.1-protocol-3.2.2.3",
    "RFC7644-3.5.1": "SCIM1.1-protocol-3.3.1",
    "RFC7644-3.5.2": "SCIM1.1-protocol-3.3.2",
    "RFC7644-3.5.2.1": "SCIM1.1-protocol-3.3.2",
    "RFC7644-3.5.2.2": "SCIM1.1-protocol-3.3.2",
    "RFC7644-3.6": "SCIM1.1-protocol-3.4",
    "RFC7644-3.8": "SCIM1.1-protocol-3.6",
    "RFC7644-4": "SCIM1.1-protocol-3",  # the table of endpoints; there is no section of its own
}


def cited(cites: tuple[str, ...], scim: Scim) -> tuple[str, ...]:
    """Return the sections of that version, each once; those that it does not have are left out."""
    if scim == "2.0":
        return cites
    sections = (_IN_1_1.get(cite, "" if cite.startswith(("RFC7643-", "RFC7644-")) else cite) for cite in cites)
    return tuple(dict.fromkeys(section for section in sections if section))
