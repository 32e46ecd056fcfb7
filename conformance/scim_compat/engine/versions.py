"""The differences between SCIM 2.0 and SCIM 1.1 on the wire, apart from the dialect of a client."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from scim_compat.profile.model import Client
from scim_compat.scim.names import PROVIDER_CONFIG, RESOURCE_TYPES, SCHEMAS, Scim
from scim_compat.wire.messages import Headers


@dataclass(frozen=True, slots=True)
class Version:
    """One version of the protocol."""

    media_type: str
    """The version's own media type; SCIM 1.1 has none but JSON's."""
    provider_config: str
    """Name of the endpoint that lists the provider's optional features."""

    @property
    def discovery(self) -> tuple[str, ...]:
        """The discovery endpoints in the order of the run's requests.

        SCIM 1.1 has no ``/ResourceTypes``, but some of its servers do, and one client's suite asks for it.
        """
        return (self.provider_config, RESOURCE_TYPES, SCHEMAS)

    @property
    def harness(self) -> Client:
        """The client of our own read-backs, set-ups and clean-ups: plain by the specification, no client's habits."""
        return Client(
            name="scim-compat",
            headers=(("Accept", self.media_type), ("User-Agent", "scim-compat")),
            content_type=self.media_type,
        )


VERSIONS: Final[Mapping[Scim, Version]] = {
    "2.0": Version("application/scim+json", PROVIDER_CONFIG["2.0"]),
    # SCIM 1.1, protocol section 3.6 and core schema section 9: plain JSON and a plural name.
    "1.1": Version("application/json", PROVIDER_CONFIG["1.1"]),
}
EITHER: Final = Headers((("Accept", "application/scim+json, application/json"), ("User-Agent", "scim-compat")))
"""Headers of a clean-up that knows only the ledger: an endpoint of either version answers them."""
