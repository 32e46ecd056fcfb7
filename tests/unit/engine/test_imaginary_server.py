"""The imaginary server behind ``show``: its answers are those of a server that does what it is asked."""

from __future__ import annotations

import json

import pytest
from scim_compat.engine.imaginary_server import ImaginaryServer
from scim_compat.wire.messages import Request

CREATE, DELETE_FIRST = "create", "delete the first"


def create(server, name):
    body = json.dumps({"userName": name}).encode()
    return server.send(Request("POST", "/Users", body=body)).response.json["id"]


@pytest.mark.parametrize(
    "deeds",
    [
        (CREATE, DELETE_FIRST, CREATE),
        (CREATE, CREATE, DELETE_FIRST, CREATE),
        (CREATE, DELETE_FIRST, CREATE, DELETE_FIRST, CREATE),
    ],
    ids=", ".join,
)
def test_an_id_is_never_given_twice(deeds):
    server, ids, there = ImaginaryServer(), [], []
    for number, deed in enumerate(deeds):
        if deed == CREATE:
            ids.append(create(server, f"user{number}@example.com"))
            there.append(ids[-1])
        else:
            assert server.send(Request("DELETE", f"/Users/{there.pop(0)}")).response.status == 204
    assert ids == [f"user-{number}" for number in range(1, len(ids) + 1)]
    assert list(server.store) == [f"/Users/{identifier}" for identifier in there]


def test_users_and_groups_are_counted_together():
    server = ImaginaryServer()
    create(server, "a@example.com")
    done = server.send(Request("POST", "/Groups", body=b'{"displayName": "crew"}'))
    assert done.response.json["id"] == "group-2"
