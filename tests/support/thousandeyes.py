"""The two ThousandEyes profiles, and what the vendor claims of its endpoint."""

from __future__ import annotations

from support.profiles import loaded

ENTRA, OKTA = "thousandeyes-entra", "thousandeyes-okta"
CLAIMS = {
    "groups": False,
    "filterable": {"user": ["userName", "externalId"]},
    "mutable": {"user": ["displayName", "name.formatted", "active"]},
    "disable": "delete",
    "existing": "adopt",
}


def ids(name: str) -> set[str]:
    """The profile's scenarios."""
    return {one.id for one in loaded(name).scenarios}
