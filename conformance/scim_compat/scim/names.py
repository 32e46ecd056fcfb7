"""Names that SCIM gives: versions, schema and message URNs, endpoints. Each is written here and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

Scim = Literal["2.0", "1.1"]
"""Version of the protocol."""

# --- schemas of resources -----------------------------------------------------------------------

USER: Final = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP: Final = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE: Final = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
CORE_1_1: Final = "urn:scim:schemas:core:1.0"
"""SCIM 1.1 has one URN for every message and resource (core schema section 5.2)."""
ENTERPRISE_1_1: Final = "urn:scim:schemas:extension:enterprise:1.0"

CORE_URNS: Final[Mapping[str, str]] = {"User": USER, "Group": GROUP}
CORE_SCHEMA: Final[Mapping[Scim, Mapping[str, str]]] = {
    "2.0": CORE_URNS,
    "1.1": {"User": CORE_1_1, "Group": CORE_1_1},
}
ENTERPRISES: Final = (ENTERPRISE, ENTERPRISE_1_1)

URN_PREFIXES: Final[Mapping[Scim, str]] = {"2.0": "urn:ietf:params:scim:", "1.1": "urn:scim:schemas:"}
"""The URNs that each version defines begin so."""
CORE_PREFIXES: Final = ("urn:ietf:params:scim:schemas:core:", "urn:ietf:params:scim:api:", "urn:scim:schemas:core:")
"""URNs of no extension, in lower case."""

# --- schemas of discovery (RFC 7643 sections 5 to 7) --------------------------------------------

SERVICE_PROVIDER_CONFIG: Final = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"
RESOURCE_TYPE: Final = "urn:ietf:params:scim:schemas:core:2.0:ResourceType"
SCHEMA: Final = "urn:ietf:params:scim:schemas:core:2.0:Schema"

# --- messages (RFC 7644 section 8.2) ------------------------------------------------------------

LIST_RESPONSE: Final = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
SEARCH_REQUEST: Final = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
PATCH_OP: Final = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
BULK_REQUEST: Final = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
BULK_RESPONSE: Final = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
ERROR: Final = "urn:ietf:params:scim:api:messages:2.0:Error"

LIST_SCHEMA: Final[Mapping[Scim, str]] = {"2.0": LIST_RESPONSE, "1.1": CORE_1_1}

# --- endpoints (RFC 7644 section 3.2) -----------------------------------------------------------

ENDPOINTS: Final[Mapping[str, str]] = {"User": "/Users", "Group": "/Groups"}
BULK: Final = "/Bulk"
SEARCH: Final = "/.search"

RESOURCE_TYPES: Final = "ResourceTypes"
SCHEMAS: Final = "Schemas"
PROVIDER_CONFIG: Final[Mapping[Scim, str]] = {
    "2.0": "ServiceProviderConfig",
    "1.1": "ServiceProviderConfigs",  # core schema section 9
}
COLLECTIONS: Final = frozenset(endpoint[1:].lower() for endpoint in ENDPOINTS.values())
"""Last segments of the endpoints that answer with a list, in lower case."""
DISCOVERY: Final = frozenset(name.lower() for name in (SCHEMAS, RESOURCE_TYPES, *PROVIDER_CONFIG.values()))
"""First segments of the discovery endpoints, in lower case."""


def is_urn(name: str) -> bool:
    """True for the name of an extension, or of an attribute with its schema before it."""
    return name[:4].lower() == "urn:"
