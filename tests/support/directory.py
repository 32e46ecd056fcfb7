"""A good server with people of somebody else's in it, and how it looks."""

from __future__ import annotations

import copy
from typing import Any

from servers.good import GoodServer
from servers.running import client

OTHERS = [
    {"userName": "ada.other@example.org", "displayName": "Ada Other", "active": True, "title": "Keeper"},
    {"userName": "bo.gone@example.org", "displayName": "Bo Gone", "active": False},
]


def populated(**more: Any) -> tuple[GoodServer, dict[str, Any]]:
    """A server with people and a group of somebody else's, and how they look."""
    server = GoodServer(**more)
    with client(server) as api:
        ids = []
        for body in OTHERS:
            answer = api.post("/Users", json={"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], **body})
            assert answer.status_code == 201
            ids.append(answer.json()["id"])
        group = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Others",
                 "members": [{"value": i} for i in ids]}  # fmt: skip
        assert api.post("/Groups", json=group).status_code == 201
    return server, snapshot(server)


def snapshot(server: GoodServer) -> dict[str, Any]:
    """Everything that is stored, dates included."""
    return {
        f"{kind}/{id_}": (copy.deepcopy(record.data), record.created, record.modified)
        for kind, records in server.store.records.items()
        for id_, record in records.items()
    }
