"""The schemas and the resource types that the target publishes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from scim_compat.engine.intent import Context
from scim_compat.engine.offering import is_fixed, is_listed
from scim_compat.scim import urls
from scim_compat.scim.names import CORE_SCHEMA
from scim_compat.values import Json


def core_urn(context: Context, kind: str) -> str:
    """The URN of the core schema of that kind, in the version of the run."""
    return CORE_SCHEMA[context.scim][kind]


def resource_types(context: Context, kind: str) -> Iterator[Mapping[str, Json]]:
    """The target's resource types that are served at ``/Users`` or ``/Groups``."""
    for entry in context.capabilities.resource_types or ():
        parts = urls.segments(urlsplit(str(entry.get("endpoint", ""))).path)
        if parts and parts[-1].lower() == f"{kind.lower()}s":
            yield entry


def is_published(context: Context, kind: str, path: str) -> bool | None:
    """True when the target's own schemas list the attribute; None if it publishes none."""
    return is_listed(context.capabilities, kind, path, scim=context.scim)


def is_unwritable(context: Context, kind: str, path: str) -> bool:
    """True when the target's own schemas call the attribute read-only or immutable: its change may be refused."""
    return is_fixed(context.capabilities, kind, path, scim=context.scim)
