"""What the server says of itself: RFC 7643 §5 to §7, RFC 7644 §4."""

from __future__ import annotations

from .protocol import LIST_RESPONSE, MAX_RESULTS, Data
from .schema import KINDS, SCHEMAS, Kind, Schema

PROVIDER_CONFIG = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"
RESOURCE_TYPE = "urn:ietf:params:scim:schemas:core:2.0:ResourceType"
SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:Schema"


def provider_config(base: str) -> Data:
    return {
        "schemas": [PROVIDER_CONFIG],
        "patch": {"supported": True},
        "bulk": {"supported": False, "maxOperations": 0, "maxPayloadSize": 0},
        "filter": {"supported": True, "maxResults": MAX_RESULTS},
        "changePassword": {"supported": True},
        "sort": {"supported": True},
        "etag": {"supported": True},
        "authenticationSchemes": [
            {
                "type": "oauthbearertoken",
                "name": "Bearer token",
                "description": "A long-lived token in the Authorization header.",
                "specUri": "https://www.rfc-editor.org/rfc/rfc6750",
                "primary": True,
            }
        ],
        "meta": {"resourceType": "ServiceProviderConfig", "location": f"{base}/ServiceProviderConfig"},
    }


def resource_type(kind: Kind, base: str) -> Data:
    return {
        "schemas": [RESOURCE_TYPE],
        "id": kind.name,
        "name": kind.name,
        "endpoint": kind.endpoint,
        "description": f"{kind.name}s of this service.",
        "schema": kind.core.urn,
        "schemaExtensions": [{"schema": schema.urn, "required": False} for schema in kind.extensions],
        "meta": {"resourceType": "ResourceType", "location": f"{base}/ResourceTypes/{kind.name}"},
    }


def schema(one: Schema, base: str) -> Data:
    return {
        "schemas": [SCHEMA],
        "id": one.urn,
        "name": one.name,
        "description": f"The schema {one.name}.",
        "attributes": [attribute.as_json() for attribute in one.attributes],
        "meta": {"resourceType": "Schema", "location": f"{base}/Schemas/{one.urn}"},
    }


def resource_types(base: str) -> list[Data]:
    return [resource_type(kind, base) for kind in KINDS]


def schemas(base: str) -> list[Data]:
    return [schema(one, base) for one in SCHEMAS]


def list_response(resources: list[Data], *, total: int | None = None, start: int = 1) -> Data:
    """One page (RFC 7644 §3.4.2); ``Resources`` is there even if it is empty: clients count on it."""
    return {
        "schemas": [LIST_RESPONSE],
        "totalResults": len(resources) if total is None else total,
        "startIndex": start,
        "itemsPerPage": len(resources),
        "Resources": resources,
    }
