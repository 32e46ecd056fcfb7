"""The head of a request as a wire would send it, without sending anything."""

from __future__ import annotations

import httpx

from scim_compat.wire.credentials import Credential, headers_for
from scim_compat.wire.messages import Request
from scim_compat.wire.outgoing import Head, head_of
from scim_compat.wire.urls import BaseUrl, check_target


def request_head(request: Request, *, base_url: str, credential: Credential) -> Head:
    """The head of ``request`` to ``base_url``. Raises as ``Wire.send`` would.

    The credential must be one that is known beforehand: a token endpoint is not asked.
    """
    check_target(request.target)
    headers = headers_for(request.credential, credential, httpx.BaseTransport())
    return head_of(request, base=BaseUrl.parse(base_url), credential=headers)
