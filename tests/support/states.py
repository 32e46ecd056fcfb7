"""The state behind a write as the checks see it: Liv as she was, as she should be, and what was sent for it."""

from __future__ import annotations

import json
from dataclasses import replace

from scim_compat.engine.capabilities import Capabilities
from scim_compat.engine.intent import (
    Context,
    Effect,
    Intent,
    Observation,
    Query,
    Subject,
    Write,
)
from scim_compat.engine.knowledge import Knowledge
from scim_compat.values import MISSING
from scim_compat.wire.messages import Exchange, Headers, Request, Response

BASE = "https://scim.example/v2"


CORE = "urn:ietf:params:scim:schemas:core:2.0:User"


ENT = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


FJORD = "urn:ietf:params:scim:schemas:extension:fjord:2.0:User"


def liv(**changes):
    """Liv as the server returns her."""
    made = {
        "schemas": [CORE, ENT],
        "id": "u1",
        "userName": "liv@fjord.example",
        "displayName": "Liv Dahl",
        "title": "Surveyor",
        "active": True,
        "name": {"givenName": "Liv", "familyName": "Dahl", "formatted": "Liv Dahl"},
        "emails": [{"type": "work", "value": "liv@fjord.example", "primary": True}],
        ENT: {"department": "Harbour", "manager": {"value": "u9"}},
        "meta": {"resourceType": "User", "lastModified": "2026-01-31T09:30:00.000001Z"},
    } | changes
    return {k: v for k, v in made.items() if v is not MISSING}


def crew(*members, **changes):
    made = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "id": "g1", "displayName": "Crew",
            "members": [{"value": m} for m in members]} | changes  # fmt: skip
    return {k: v for k, v in made.items() if v is not MISSING}


def later(**changes):
    """Liv after a change: with a newer date."""
    return liv(meta={"resourceType": "User", "lastModified": "2026-01-31T09:30:01.000001Z"}, **changes)


def put(path, value, operation=None):
    return Effect("set", path, value, operation)


def write(*effects, action="patch", accepted=True, status=204, **more):
    return Write(action=action, effects=effects, accepted=accepted, status=status, **more)


def refused(*effects, status=400, **more):
    return write(*effects, accepted=False, status=status, **more)


KNOWN = ("extension_paths", "absentees", "failed_filters", "refusals")


WANTED = {k: v for k, v in liv().items() if k not in {"schemas", "id", "meta"}}


def see(
    action,
    body=MISSING,
    *,
    status=None,
    writes=(),
    subject=None,
    schemas=None,
    headers=(),
    sent=MISSING,
    shows_members=True,
    **more,
):
    """``body`` MISSING: no body at all. ``subject``: changes to the subject."""
    status = status if status is not None else (204 if body is MISSING else 200)
    query = Query(**{name: more.pop(name) for name in Query.__slots__ if name in more})
    intent_about = {k: more.pop(k) for k in list(more) if k in Intent.__slots__}
    changes = {"last_answer": liv(), **(subject or {})}
    known = Knowledge(
        answer=changes.pop("last_answer"),
        members=changes.pop("seen_members", None),
        **{k: changes.pop(k) for k in KNOWN if k in changes},
    )
    writes = tuple(replace(each, before=known) for each in writes)
    about = Subject(key="alice", kind="User", id="u1", desired=WANTED, knowledge=known, writes=writes)
    about = replace(about, **changes)
    data = b"" if body is MISSING else json.dumps(body).encode()
    assert not more, more
    return Observation(
        exchange=Exchange(Request("GET", "/Users/u1"), f"{BASE}/Users/u1",
                          Response(status, "", Headers(headers), data, json=body)),
        intent=Intent(action=action, by="harness" if action in {"read-back", "look-up"} else "client",
                      resource=about.kind, subject=about, query=query, body=sent, **intent_about),
        context=Context(base_url=BASE, scim="2.0", capabilities=Capabilities(schemas=schemas), client_timeout=60.0,
                    ours={"u1": "liv@fjord.example"}, shows_members=shows_members),
    )  # fmt: skip


def back(body, *writes, **more):
    return see("read-back", body, writes=writes, **more)
