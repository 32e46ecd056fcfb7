"""A request as it would go out: its target and headers, without a network."""

from __future__ import annotations

from dataclasses import dataclass

import httpx

from scim_compat.wire.client import Wire, WireSettings
from scim_compat.wire.credentials import Credential
from scim_compat.wire.messages import Request
from scim_compat.wire.transport import TARGET


@dataclass(frozen=True, slots=True)
class RequestHead:
    target: str
    """As in the request line: path and query, the base URL's path included."""
    headers: tuple[tuple[str, str], ...]
    """In the order in which they are sent."""


class _Recorder(httpx.BaseTransport):
    """Keeps the last request that the wire hands over, and answers 204."""

    def __init__(self) -> None:
        self.request: httpx.Request | None = None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.request = request
        return httpx.Response(204)


def request_head(request: Request, *, base_url: str, credential: Credential) -> RequestHead:
    """The head that a run's own wire sends for ``request``."""
    recorder = _Recorder()
    with Wire(WireSettings(base_url=base_url), credential, transport=recorder) as wire:
        wire.send(request)
    assert recorder.request is not None
    target: bytes = recorder.request.extensions[TARGET]
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in recorder.request.headers.raw)
    return RequestHead(target.decode("utf-8"), headers)
