"""Names that SCIM gives: versions, endpoints, schema URNs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

Scim = Literal["2.0", "1.1"]
"""Version of the protocol."""


ENDPOINTS: Final[Mapping[str, str]] = {"User": "/Users", "Group": "/Groups"}


CORE_SCHEMA: Final[Mapping[Scim, Mapping[str, str]]] = {
    "2.0": {
        "User": "urn:ietf:params:scim:schemas:core:2.0:User",
        "Group": "urn:ietf:params:scim:schemas:core:2.0:Group",
    },
    # One URN for both (SCIM 1.1, core schema section 5.2).
    "1.1": {"User": "urn:scim:schemas:core:1.0", "Group": "urn:scim:schemas:core:1.0"},
}


USER: Final = "urn:ietf:params:scim:schemas:core:2.0:User"


GROUP: Final = "urn:ietf:params:scim:schemas:core:2.0:Group"


ENTERPRISE: Final = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


ERROR: Final = "urn:ietf:params:scim:api:messages:2.0:Error"


CORE_URNS: Final[Mapping[str, str]] = {"User": USER, "Group": GROUP}
