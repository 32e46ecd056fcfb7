"""Defects that tempt to a wrong conclusion: what looks lost was never there, what looks ignored was refused."""

from __future__ import annotations

import re
from typing import Any

from .defects_base import Wrapper, breaks, fail, refuses, spoils_answer
from .good import GoodServer
from .protocol import Answer, Data, Request, parse_body
from .schema import USER, Kind
from .store import Record

_EQUAL = re.compile(r'^(\w+) eq ("[^"]*")$', re.IGNORECASE)


@breaks("select", "filter", "filter-user-name-from-email", "a filter by userName looks at the e-mail addresses",
        "RFC7644-3.4.2.2")  # fmt: skip
def _(_: GoodServer, inner: Wrapper, request: Request, kind: Kind, text: str | None) -> Any:
    asked = _EQUAL.match(text or "")
    is_name = asked is not None and asked[1].lower() == "username"
    return inner(request, kind, f"emails.value eq {asked[2]}" if asked and is_name else text)


@breaks("select", "filter", "filter-finds-by-id-alone", "a filter by any attribute but id finds nobody",
        "RFC7644-3.4.2.2")  # fmt: skip
def _(_: GoodServer, inner: Wrapper, request: Request, kind: Kind, text: str | None) -> Any:
    return inner(request, kind, text) if text is None or text.lower().startswith("id ") else []


refuses("groups", "group-name-immutable", "a PATCH with a new displayName of a group is refused as a whole",
        "RFC7644-3.5.2", lambda op: op.kind == "Group" and op.sets("displayName"), scim_type="mutability",
        detail="displayName is immutable.")  # fmt: skip
refuses("patch-simple", "user-name-change-409", "a new userName is refused as a conflict, whatever it is",
        "RFC7644-3.5.2", lambda op: op.kind == "User" and op.sets("userName"), status=409, scim_type="uniqueness",
        detail="The userName is taken.")  # fmt: skip
refuses("patch-simple", "display-name-immutable", "a PATCH with a new displayName of a user is refused as a whole",
        "RFC7644-3.5.2", lambda op: op.kind == "User" and op.sets("displayName"), scim_type="mutability",
        detail="displayName is immutable.")  # fmt: skip


@breaks("replace", "patch-simple", "put-rename-refused", "a PUT with another userName is refused as a whole",
        "RFC7644-3.5.1")  # fmt: skip
def _(server: GoodServer, inner: Wrapper, request: Request, kind: Kind, id_: str) -> Any:
    record = server.store.get(kind, id_)
    if record is not None and kind is USER:
        name = parse_body(request).get("userName")
        if isinstance(name, str) and name != record.data["userName"]:
            fail("userName is immutable.", scim_type="mutability")
    return inner(request, kind, id_)


@breaks("save", "disable", "inactive-user-frozen", "a user who is disabled cannot be changed or enabled",
        "RFC7644-3.5.2")  # fmt: skip
def _(_: GoodServer, inner: Wrapper, record: Record, data: Data) -> Any:
    if record.kind is USER and record.data.get("active") is False:
        fail("The user is inactive.", scim_type="mutability")
    return inner(record, data)


@breaks("delete", "delete", "delete-refused-for-users", "users cannot be deleted", "RFC7644-3.6")
def _(_: GoodServer, inner: Wrapper, request: Request, kind: Kind, id_: str) -> Any:
    if kind is USER:
        fail("Users cannot be deleted here.", status=403)
    return inner(request, kind, id_)


spoils_answer("groups", "members-not-returned-by-name", "a group shows no members, even where they are asked for",
              "RFC7643-7", lambda answer: answer.payload.pop("members", None),
              when=lambda request, answer: request.path.startswith("/Groups/") and answer.payload is not None)  # fmt: skip


@breaks("read", "http", "read-always-304", "a read without a condition is answered with 304", "RFC9110-15.4.5")
def _(_: GoodServer, inner: Wrapper, request: Request, kind: Kind, id_: str) -> Any:
    answer = inner(request, kind, id_)
    return Answer(304, headers=answer.headers) if answer.status == 200 else answer
