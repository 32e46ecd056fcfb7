"""One answer as the checks see it: resources, lists and errors of an endpoint, and requests that got them."""

from __future__ import annotations

import json

from scim_compat.engine.capabilities import Capabilities
from scim_compat.engine.intent import (
    Context,
    Intent,
    Observation,
    Query,
    Subject,
)
from scim_compat.scim.names import (
    ERROR,
    GROUP,
    USER,
)
from scim_compat.values import MISSING
from scim_compat.wire.messages import CredentialUse, Exchange, Headers, Request, Response

BASE = "https://scim.example/v2"


LIST_URN = "urn:ietf:params:scim:api:messages:2.0:ListResponse"


SCIM_JSON = ("Content-Type", "application/scim+json")


UNSET = object()


def user(identifier="u1", **changes):
    made = {
        "schemas": [USER],
        "id": identifier,
        "userName": f"{identifier}@example.com",
        "active": True,
        "emails": [{"value": f"{identifier}@example.com", "type": "work", "primary": True}],
        "meta": {
            "resourceType": "User",
            "created": "2026-01-31T09:30:00Z",
            "lastModified": "2026-01-31T09:30:00Z",
            "location": f"{BASE}/Users/{identifier}",
        },
    } | changes
    return {key: value for key, value in made.items() if value is not UNSET}


def group(identifier="g1", **changes):
    made = {
        "schemas": [GROUP],
        "id": identifier,
        "displayName": f"group {identifier}",
        "meta": {
            "resourceType": "Group",
            "location": f"{BASE}/Groups/{identifier}",
            "created": "2026-01-31T09:30:00Z",
            "lastModified": "2026-01-31T09:30:00Z",
        },
    } | changes
    return {key: value for key, value in made.items() if value is not UNSET}


def listing(*entries, **changes):
    made = {"schemas": [LIST_URN], "totalResults": len(entries), "Resources": list(entries)} | changes
    return {key: value for key, value in made.items() if value is not UNSET}


def error(status, /, **changes):
    made = {"schemas": [ERROR], "status": str(status), "detail": "userName is taken"} | changes
    return {key: value for key, value in made.items() if value is not UNSET}


def meta(**changes):
    return user()["meta"] | changes


SUBJECT = Subject(
    key="alice",
    kind="User",
    id="u1",
    desired={k: v for k, v in user().items() if k not in {"schemas", "meta", "id"}},
)


def see(
    action, body=MISSING, *, status=200, method="GET", target="/Users/u1", headers=(SCIM_JSON,), raw=None,
    truncated=False, problems=(), request_headers=(), credential="valid", ms=10.0, timeout=None, by="client",
    resource="User", subject=SUBJECT, scim="2.0", ours=None, mapped=None, capabilities=None, base=BASE, **intent,
):  # fmt: skip
    query = Query(**{name: intent.pop(name) for name in Query.__slots__ if name in intent})
    data = raw if raw is not None else b"" if body is MISSING else json.dumps(body).encode()
    response = Response(
        status=status, reason="", headers=Headers(headers if data or headers != (SCIM_JSON,) else ()), body=data,
        truncated=truncated, json=body, json_problems=tuple(problems),
    )  # fmt: skip
    request = Request(method, target, Headers(request_headers), credential=CredentialUse(credential), timeout=timeout)
    return Observation(
        exchange=Exchange(request, base + target, response, ms=ms),
        intent=Intent(action=action, by=by, resource=resource, subject=subject, query=query, **intent),
        context=Context(
            base_url=base, scim=scim, capabilities=capabilities or Capabilities(), client_timeout=60.0,
            ours={"u1": "u1@example.com", "u2": "u2@example.com", "g1": "group g1"} if ours is None else ours,
            mapped_paths=mapped or {},
        ),
    )  # fmt: skip
