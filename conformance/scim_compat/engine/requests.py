"""Requests in the manner of a client."""

from __future__ import annotations

import json
from collections.abc import Iterable

from scim_compat.engine import wording
from scim_compat.profile.model import Client
from scim_compat.values import MISSING, Json
from scim_compat.wire.messages import Headers, Request


def build(
    method: str,
    path: str,
    *,
    client: Client,
    timeout: float,
    parameters: Iterable[tuple[str, str]] = (),
    body: Json = MISSING,
) -> Request:
    """The request with the client's headers, content type and query."""
    headers = Headers(client.headers)
    payload = None
    if body is not MISSING:
        headers = headers.plus(("Content-Type", client.content_type))
        payload = encode(body)
    target = path + wording.query(tuple(parameters), client=client)
    return Request(method=method, target=target, headers=headers, body=payload, timeout=timeout)


def encode(body: Json) -> bytes:
    """JSON as the known clients send it: minified UTF-8 (Okta source S11). Text goes as it is."""
    if isinstance(body, str):
        return body.encode()
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
