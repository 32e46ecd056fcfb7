"""A wire to a server of the tests, and one request over it."""

from __future__ import annotations

from scim_compat.wire.client import Wire, WireSettings
from scim_compat.wire.credentials import (
    Bearer,
)
from scim_compat.wire.messages import Request

TOKEN = "S3CRET-token-value"


def wire(server, credential=None, *, path="", sleep=None, transport=None, **settings):
    def forbidden(seconds):
        raise AssertionError(f"slept {seconds} s")

    return Wire(
        WireSettings(base_url=(server if isinstance(server, str) else server.url) + path, **settings),
        credential or Bearer(TOKEN),
        sleep=sleep or forbidden,
        transport=transport,
    )


def one(server, request=None, credential=None, **settings):
    with wire(server, credential, **settings) as link:
        return link.send(request or Request("GET", "/Users"))
