"""What a SCIM 1.1 server knows and says of itself: attributes, /Schemas and /ServiceProviderConfigs.

The attributes are those of SCIM 2.0 with few differences: one core URN for users and groups, no ``$ref``, and a
manager who is named by ``managerId``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from . import schema as scim2
from .protocol import MAX_RESULTS, Data
from .schema import Attribute, Kind, Schema

CORE: Final = "urn:scim:schemas:core:1.0"
ENTERPRISE: Final = "urn:scim:schemas:extension:enterprise:1.0"
OKTA_GROUP: Final = "urn:okta:custom:group:1.0"
"""Holds the description of a pushed group."""
OKTA_CONFIG: Final = "urn:okta:schemas:scim:providerconfig:1.0"
"""What the on-premises agent reads in the provider configuration."""
CAPABILITIES: Final = (
    "GROUP_PUSH", "IMPORT_NEW_USERS", "IMPORT_PROFILE_UPDATES", "PUSH_NEW_USERS", "PUSH_PASSWORD_UPDATES",
    "PUSH_PENDING_USERS", "PUSH_PROFILE_UPDATES", "PUSH_USER_DEACTIVATION", "REACTIVATE_USERS",
)  # fmt: skip


def _without_references(attributes: tuple[Attribute, ...]) -> tuple[Attribute, ...]:
    return tuple(
        replace(one, subs=_without_references(one.subs), type="string" if one.type == "reference" else one.type)
        for one in attributes
        if one.name != "$ref"
    )


_USER = Schema(CORE, "User", _without_references(scim2.USER.core.attributes))
_GROUP = Schema(CORE, "Group", _without_references(scim2.GROUP.core.attributes))
_ENTERPRISE = Schema(ENTERPRISE, "Enterprise User", (
    *(Attribute(name=name) for name in ("employeeNumber", "costCenter", "organization", "division", "department")),
    Attribute(name="manager", type="complex", subs=(
        Attribute(name="managerId", case_exact=True),
        Attribute(name="displayName", mutability="readOnly"),
    )),
))  # fmt: skip
_OKTA_GROUP = Schema(OKTA_GROUP, "Okta Group", (Attribute(name="description"),))

USER: Final = Kind("User", "/Users", _USER, (_ENTERPRISE,), unique="userName")
GROUP: Final = Kind("Group", "/Groups", _GROUP, (_OKTA_GROUP,), unique="displayName")
KINDS: Final = (USER, GROUP)


def list_response(resources: list[Data], *, total: int, start: int) -> Data:
    """One page; ``Resources`` is there even if it is empty: clients count on it."""
    return {
        "schemas": [CORE],
        "totalResults": total,
        "itemsPerPage": len(resources),
        "startIndex": start,
        "Resources": resources,
    }


def provider_config(base: str) -> Data:
    return {
        "schemas": [CORE, OKTA_CONFIG],
        "patch": {"supported": True},
        "bulk": {"supported": False, "maxOperations": 0, "maxPayloadSize": 0},
        "filter": {"supported": True, "maxResults": MAX_RESULTS},
        "changePassword": {"supported": True},
        "sort": {"supported": True},
        "etag": {"supported": True},
        "xmlDataFormat": {"supported": False},
        "authenticationSchemes": [
            {
                "type": "oauthbearertoken",
                "name": "Bearer token",
                "description": "A long-lived token in the Authorization header.",
                "specUrl": "https://www.rfc-editor.org/rfc/rfc6750",
                "primary": True,
            },
            {
                "type": "httpbasic",
                "name": "HTTP Basic",
                "description": "A user name and a password in the Authorization header.",
                "specUrl": "https://www.rfc-editor.org/rfc/rfc7617",
            },
        ],
        "meta": {"location": f"{base}/ServiceProviderConfigs"},
        OKTA_CONFIG: {"userManagementCapabilities": list(CAPABILITIES)},
    }


def schemas(base: str) -> list[Data]:
    """The schema of each resource type: core attributes first, then those of its extensions."""
    return [_schema(kind, base) for kind in KINDS]


def _schema(kind: Kind, base: str) -> Data:
    owned = [(schema.urn, one) for schema in kind.schemas for one in schema.attributes]
    common = [(CORE, one) for one in _without_references(scim2.COMMON) if one.name != "schemas"]
    return {
        "schemas": [CORE],
        "id": f"{CORE}:{kind.name}",
        "name": kind.name,
        "description": f"The schema of {kind.endpoint}.",
        "schema": CORE,
        "endpoint": kind.endpoint,
        "attributes": [_attribute(one) | {"schema": urn} for urn, one in common + owned],
        "meta": {"location": f"{base}/Schemas{kind.endpoint}"},
    }


def _attribute(one: Attribute) -> Data:
    shape: Data = {
        "name": one.name,
        "type": one.type,
        "multiValued": one.multi,
        "description": one.text or f"The attribute {one.name}.",
        "readOnly": one.read_only,
        "required": one.required or one.name == "id",
        "caseExact": one.case_exact,
    }
    if one.multi:
        shape["multiValuedAttributeChildName"] = one.name.removesuffix("s")
    if one.canonical:
        shape["canonicalValues"] = list(one.canonical)
    if one.subs:
        shape["subAttributes"] = [_attribute(sub) for sub in one.subs]
    return shape
