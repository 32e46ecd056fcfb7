"""Defects that show the second time: a repetition, a way back, a second life under the same name."""

from __future__ import annotations

import json
from typing import Any

from .defects_base import Wrapper, also, breaks, read
from .good import GoodServer
from .protocol import Answer, Data, Request, ScimError
from .schema import GROUP, USER, Kind
from .store import Record, copy_json

# ---- the same change once more


def _ids(group: Data) -> set[str]:
    return {one["value"] for one in group.get("members", ())}


def _names(operations: list[Data], kind: Kind, attribute: str) -> bool:
    return any(read(kind, operation).sets(attribute) for operation in operations)


@breaks("apply", "patch-simple", "patch-of-same-values-400", "a PATCH that changes nothing is refused",
        "better-auth/better-auth#8549")  # fmt: skip
def _(_: GoodServer, inner: Wrapper, kind: Kind, data: Data, operations: list[Data]) -> Any:
    changed = inner(kind, data, operations)
    if changed == data:
        raise ScimError(400, "Nothing to update.", scim_type="invalidValue")
    return changed


@breaks("apply", "disable", "disable-again-400", "disabling a disabled user is refused", "RFC7644-3.5.2")
def _(_: GoodServer, inner: Wrapper, kind: Kind, data: Data, operations: list[Data]) -> Any:
    changed = inner(kind, data, operations)
    if kind is USER and data.get("active") is changed.get("active") is False and _names(operations, kind, "active"):
        raise ScimError(400, "The user is suspended already.", scim_type="invalidValue")
    return changed


@breaks("apply", "disable", "enable-again-409", "enabling an active user is refused", "RFC7644-3.5.2")
def _(_: GoodServer, inner: Wrapper, kind: Kind, data: Data, operations: list[Data]) -> Any:
    changed = inner(kind, data, operations)
    if kind is USER and data.get("active") is changed.get("active") is True and _names(operations, kind, "active"):
        raise ScimError(409, "The user is active already.")
    return changed


@breaks("apply", "groups", "member-remove-again-empties-group",
        "the removal of somebody who is no member empties the group", "RFC7644-3.5.2.2")  # fmt: skip
def _(_: GoodServer, inner: Wrapper, kind: Kind, data: Data, operations: list[Data]) -> Any:
    changed = inner(kind, data, operations)
    removes = kind is GROUP and all(
        read(kind, one).name == "remove" and read(kind, one).path.startswith("members") for one in operations
    )
    return {k: v for k, v in changed.items() if k != "members"} if removes and changed == data else changed


@breaks("apply", "groups", "member-replace-same-empties-group", "replacing the members by the same ones empties the group",
        "RFC7644-3.5.2.3")  # fmt: skip
def _(_: GoodServer, inner: Wrapper, kind: Kind, data: Data, operations: list[Data]) -> Any:
    changed = inner(kind, data, operations)
    is_replace = any(read(kind, one).name == "replace" and read(kind, one).sets("members") for one in operations)
    same = is_replace and _ids(changed) == _ids(data)
    return {k: v for k, v in changed.items() if k != "members"} if same else changed


@breaks("apply", "groups", "member-replace-keeps-overlap-only",
        "replacing the members keeps those who were in before, and adds nobody", "RFC7644-3.5.2.3")  # fmt: skip
def _(_: GoodServer, inner: Wrapper, kind: Kind, data: Data, operations: list[Data]) -> Any:
    changed = inner(kind, data, operations)
    before = {one["value"] for one in data.get("members", ())}
    if before and any(read(kind, one).name == "replace" and read(kind, one).sets("members") for one in operations):
        changed["members"] = [one for one in changed.get("members", ()) if one["value"] in before]
    return changed


# ---- another change of a disabled user


@breaks("apply", "disable", "change-of-disabled-enables", "any PATCH of a disabled user makes it active again",
        "RFC7644-3.5.2")  # fmt: skip
def _(_: GoodServer, inner: Wrapper, kind: Kind, data: Data, operations: list[Data]) -> Any:
    changed = inner(kind, data, operations)
    is_open = kind is USER and data.get("active") is False and not _names(operations, kind, "active")
    return changed | {"active": True} if is_open else changed


@breaks("apply", "disable", "email-of-disabled-enables", "a new e-mail address makes a disabled user active again",
        "RFC7644-3.5.2")  # fmt: skip
def _(_: GoodServer, inner: Wrapper, kind: Kind, data: Data, operations: list[Data]) -> Any:
    changed = inner(kind, data, operations)
    return changed | {"active": True} if kind is USER and changed.get("emails") != data.get("emails") else changed


@breaks("replace", "disable", "put-of-disabled-enables", "a PUT makes a disabled user active, whatever it says of active",
        "RFC7644-3.5.1")  # fmt: skip
def _(server: GoodServer, inner: Wrapper, request: Request, kind: Kind, id_: str) -> Any:
    was = server.find(kind, id_).data.get("active")
    inner(request, kind, id_)
    record = server.find(kind, id_)
    if was is False:
        server.store.change(record, record.data | {"active": True})
    return server.show(request, record)


@breaks("save", "disable", "enabled-once-only", "a user who was enabled once is not enabled a second time",
        "fleetdm/fleet#53446")  # fmt: skip
def _(server: GoodServer, inner: Wrapper, record: Record, data: Data) -> None:
    times = server.memory.setdefault("enabled", {})
    if record.kind is USER and record.data.get("active") is False and data.get("active") is True:
        times[record.id] = times.get(record.id, 0) + 1
        data = data | {"active": times[record.id] < 2}
    inner(record, data)


@breaks("save", "disable", "disabled-once-only", "a user who was enabled again is not disabled a second time",
        "RFC7644-3.5.2")  # fmt: skip
def _(server: GoodServer, inner: Wrapper, record: Record, data: Data) -> None:
    back = server.memory.setdefault("back", set())
    if record.kind is USER and record.data.get("active") is False and data.get("active") is True:
        back.add(record.id)
    elif record.id in back and data.get("active") is False:
        data = data | {"active": True}
    inner(record, data)


# ---- there and back


@breaks("check_unique", "duplicates", "rename-back-409", "a userName that the user itself had is taken for ever",
        "RFC7643-4.1.1")  # fmt: skip
def _(server: GoodServer, inner: Wrapper, kind: Kind, data: Data, record: Record | None) -> None:
    inner(kind, data, record)
    if kind is USER and record is not None:
        name, former = data["userName"].lower(), server.memory.setdefault("names", {}).setdefault(record.id, set())
        if name in former and name != record.data["userName"].lower():
            raise ScimError(409, "That name was used before.", scim_type="uniqueness")
        former.add(record.data["userName"].lower())


@breaks("apply", "patch-simple", "rename-back-ignored", "a change back to the former userName does nothing",
        "RFC7644-3.5.2")  # fmt: skip
def _(server: GoodServer, inner: Wrapper, kind: Kind, data: Data, operations: list[Data]) -> Any:
    changed = inner(kind, data, operations)
    if kind is USER and changed["userName"] != data["userName"]:
        former = server.memory.setdefault("former names", set())
        if changed["userName"].lower() in former:
            changed["userName"] = data["userName"]
        former.add(data["userName"].lower())
    return changed


# ---- a second life


@breaks("delete", "delete", "recreated-user-inherits-groups", "a user who is created anew is in the former one's groups",
        "RFC7644-3.6")  # fmt: skip
def _(server: GoodServer, inner: Wrapper, request: Request, kind: Kind, id_: str) -> Any:
    groups = [group.id for group in server.store.memberships.get(id_, {}).values()]
    server.memory.setdefault("heritage", {})[server.find(kind, id_).data[kind.unique].lower()] = groups
    return inner(request, kind, id_)


@also("create", "recreated-user-inherits-groups")
def _(server: GoodServer, inner: Wrapper, request: Request, kind: Kind) -> Answer:
    answer: Answer = inner(request, kind)
    for id_ in server.memory.get("heritage", {}).get(str(answer.payload.get(kind.unique, "")).lower(), ()):
        group = server.store.get(GROUP, id_)
        if group:
            members = [*group.data.get("members", ()), {"value": answer.payload["id"], "type": "User"}]
            server.store.change(group, group.data | {"members": members})
    return answer


@breaks("delete", "delete", "recreated-user-inherits-attributes",
        "a user who is created anew has the former one's attributes", "RFC7644-3.6")  # fmt: skip
def _(server: GoodServer, inner: Wrapper, request: Request, kind: Kind, id_: str) -> Any:
    record = server.find(kind, id_)
    server.memory.setdefault("estate", {})[record.data[kind.unique].lower()] = copy_json(record.data)
    return inner(request, kind, id_)


@also("accept", "recreated-user-inherits-attributes")
def _(server: GoodServer, inner: Wrapper, kind: Kind, body: Data) -> Any:
    data: Data = inner(kind, body)
    estate = server.memory.get("estate", {}).get(str(data.get(kind.unique, "")).lower(), {})
    return {key: value for key, value in estate.items() if key != "members"} | data


# ---- the order of operations


@breaks("apply", "groups", "operations-sorted-by-kind", "all additions of a request are made before its removals",
        "RFC7644-3.5.2")  # fmt: skip
def _(_: GoodServer, inner: Wrapper, kind: Kind, data: Data, operations: list[Data]) -> Any:
    order = {"add": 0, "replace": 1, "remove": 2}
    known = all(str(one.get("op", "")).lower() in order for one in operations)
    ordered = sorted(operations, key=lambda one: order[str(one["op"]).lower()]) if known else operations
    return inner(kind, data, ordered)


@breaks("handle", "create", "create-active-text-stored", 'active: "False" of a create is stored as a text and shown as a boolean',
        "RFC7643-2.3.2")  # fmt: skip
def _(server: GoodServer, inner: Wrapper, request: Request) -> Answer:
    answer: Answer = inner(request)
    if request.method == "POST" and request.path == "/Users" and answer.status == 201:
        sent = {key.lower(): value for key, value in json.loads(request.body or b"{}").items()}.get("active")
        if isinstance(sent, str):
            server.memory.setdefault("texts", set()).add(answer.payload["id"])
    return answer


@also("matches", "create-active-text-stored")
def _(server: GoodServer, inner: Wrapper, wanted: Any, resource: Data) -> Any:
    if resource["id"] in server.memory.get("texts", ()):
        resource = resource | {"active": "False"}
    return inner(wanted, resource)


@breaks("accept", "create", "create-active-text-enables", 'a create with active: "False" makes an active user',
        "RFC7643-2.3.2")  # fmt: skip
def _(_: GoodServer, inner: Wrapper, kind: Kind, body: Data) -> Any:
    is_text = kind is USER and isinstance(body.get("active"), str)
    return inner(kind, body | {"active": bool(body["active"])} if is_text else body)
