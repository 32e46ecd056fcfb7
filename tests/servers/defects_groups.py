"""Defects of groups and their members."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .defects_base import (
    Op,
    Wrapper,
    also,
    breaks,
    defect,
    drops_keys,
    fail,
    ignores,
    read,
    refuses,
    refuses_body,
    spoils_resource,
)
from .good import GoodServer
from .protocol import CORE_GROUP, Answer, Data, Request, ScimError
from .schema import GROUP, USER, Kind
from .store import Record

_GROUPS = "groups"


def _group(op: Op, *names: str) -> bool:
    return op.kind == "Group" and op.name in names


def _members(op: Op, *names: str) -> bool:
    return _group(op, *names) and op.path.lower() == "members"


def _by_filter(op: Op) -> bool:
    return _group(op, "remove") and op.path.startswith("members[")


def _by_array(op: Op) -> bool:
    return _members(op, "remove") and op.value is not None


def _entries(op: Op) -> list[Any]:
    value = op.given("members") if op.kind == "Group" and op.sets("members") else None
    return value if isinstance(value, list) else []


def _changes_members(
    name: str,
    description: str,
    source: str,
    change: Callable[[list[Data], list[Data], Op], list[Data] | None],
) -> None:
    """``change(before, after, op)`` gives other members than the good server; None: leave them."""

    def apply_one(_: GoodServer, inner: Wrapper, kind: Kind, data: Data, operation: Data) -> None:
        before = list(data.get("members", ()))
        inner(kind, data, operation)
        op = read(kind, operation)
        members = change(before, list(data.get("members", ())), op) if kind is GROUP else None
        if members:
            data["members"] = members
        elif members is not None:
            data.pop("members", None)

    defect(_GROUPS, name, description, source, apply_one=apply_one)


# ---- removing

_changes_members("member-remove-removes-all", "removing one member by filter removes all", "msaad00/agent-bom#3533",
                 lambda _, __, op: [] if _by_filter(op) else None)  # fmt: skip
_changes_members("member-remove-wrong-one", "removing a member by filter removes the first one", "RFC7644-3.5.2.2",
                 lambda before, _, op: before[1:] if _by_filter(op) else None)  # fmt: skip
_changes_members("member-remove-array-removes-all", "removing by an array of values removes all",
                 "Captain-P-Goldfish/SCIM-SDK#149", lambda _, __, op: [] if _by_array(op) else None)  # fmt: skip
ignores(_GROUPS, "member-remove-array-ignored", "removing by an array of values changes nothing",
        "thomaspoignant/scim-patch#959", _by_array)  # fmt: skip
refuses(_GROUPS, "member-remove-array-400", "removing by an array of values is refused",
        "Captain-P-Goldfish/SCIM-SDK#167", _by_array, detail="values must not be set for remove")  # fmt: skip
ignores(_GROUPS, "member-remove-filter-ignored", "removing a member by filter changes nothing",
        "croffasia/itsaplan#250", _by_filter)  # fmt: skip
refuses(_GROUPS, "member-remove-filter-400", "removing a member by filter is refused", "RFC7644-3.5.2.2", _by_filter,
        scim_type="invalidPath")  # fmt: skip
refuses(_GROUPS, "member-remove-all-400", "removing the path members without a value is refused", "RFC7644-3.5.2.2",
        lambda op: _members(op, "remove") and op.value is None)  # fmt: skip


@breaks("apply_one", _GROUPS, "member-remove-absent-400", "removing somebody who is no member is refused",
        "RFC7644-3.5.2.2")  # fmt: skip
def _(_: GoodServer, inner: Wrapper, kind: Kind, data: Data, operation: Data) -> None:
    before = data.get("members", [])
    inner(kind, data, operation)
    if _by_filter(read(kind, operation)) and data.get("members", []) == before:
        fail("The path did not yield a value.", scim_type="noTarget")


# ---- adding

_changes_members("member-add-replaces-list", "adding a member replaces the list", "msaad00/agent-bom#3533",
                 lambda _, after, op: [one for one in after if any(
                     isinstance(new, dict) and new.get("value") == one["value"] for new in _entries(op))]
                 if _members(op, "add") else None)  # fmt: skip
_changes_members("member-batch-first-only", "of several new members only the first is added",
                 "Entra: several members in one PATCH", lambda before, after, op: after[: len(before) + 1]
                 if _members(op, "add") else None)  # fmt: skip
_changes_members("members-capped-at-100", "a group keeps the last 100 members only", "FusionAuth/fusionauth-issues#2784",
                 lambda _, after, __: after[-100:])  # fmt: skip
ignores(_GROUPS, "member-add-ignored", "adding a member answers 204 and changes nothing", "RFC7644-3.5.2.1",
        lambda op: _members(op, "add"))  # fmt: skip
ignores(_GROUPS, "member-without-type-ignored", "members without a type are not added",
        "Captain-P-Goldfish/SCIM-SDK#419", lambda op: _members(op, "add") and any(
            "type" not in one for one in _entries(op)))  # fmt: skip
refuses(_GROUPS, "member-null-ref-400", "a member with $ref null is refused", "MicrosoftDocs: add member",
        lambda op: any("$ref" in one and one["$ref"] is None for one in _entries(op)))  # fmt: skip
refuses(_GROUPS, "member-null-display-400", "a member with display null is refused", "different-ai/openwork#4691",
        lambda op: any("display" in one and one["display"] is None for one in _entries(op)))  # fmt: skip
refuses(_GROUPS, "member-add-object-400", "one member given as an object, not an array, is refused", "RFC7644-3.5.2.1",
        lambda op: _members(op, "add") and isinstance(op.value, dict))  # fmt: skip


@breaks("apply_one", _GROUPS, "re-add-409", "adding a member twice: 409", "simpleidserver/SimpleIdServer#245")
def _(_: GoodServer, inner: Wrapper, kind: Kind, data: Data, operation: Data) -> None:
    op = read(kind, operation)
    known = {one["value"] for one in data.get("members", ())}
    if _members(op, "add") and any(one.get("value") in known for one in _entries(op)):
        fail("The user is a member already.", status=409)
    inner(kind, data, operation)


@breaks("render", _GROUPS, "re-add-duplicates", "a member that was added twice is shown twice", "RFC7644-3.5.2.1")
def _(server: GoodServer, inner: Wrapper, request: Request, record: Record) -> Any:
    resource = inner(request, record)
    twice = server.memory.get("twice", set())
    resource.get("members", []).extend([one for one in resource.get("members", ()) if one["value"] in twice])
    return resource


@also("apply_one", "re-add-duplicates")
def _(server: GoodServer, inner: Wrapper, kind: Kind, data: Data, operation: Data) -> None:
    op = read(kind, operation)
    if _members(op, "add"):
        known = {one["value"] for one in data.get("members", ())}
        server.memory.setdefault("twice", set()).update(one["value"] for one in _entries(op) if one["value"] in known)
    inner(kind, data, operation)


@breaks(
    "check_members",
    _GROUPS,
    "unknown-member-500",
    "a member that does not exist: 500",
    "lightdash/lightdash#24458",
)
def _(_: GoodServer, inner: Wrapper, data: Data, known: set[str]) -> None:
    try:
        inner(data, known)
    except ScimError as error:
        fail(error.detail, status=500)


@breaks(
    "check_members",
    _GROUPS,
    "unknown-member-404",
    "a member that does not exist: 404",
    "getsentry/sentry#122540",
)
def _(_: GoodServer, inner: Wrapper, data: Data, known: set[str]) -> None:
    try:
        inner(data, known)
    except ScimError as error:
        fail(error.detail, status=404)


@breaks("check_members", _GROUPS, "unknown-member-empties-group", "a member that does not exist empties the group",
        "RFC7644-3.5.2")  # fmt: skip
def _(_: GoodServer, inner: Wrapper, data: Data, known: set[str]) -> None:
    try:
        inner(data, known)
    except ScimError:
        data["members"] = []


# ---- replacing and renaming

ignores(_GROUPS, "members-replace-ignored", "replacing the members changes nothing", "keycloak/keycloak#52752",
        lambda op: _members(op, "replace"))  # fmt: skip
_changes_members("members-replace-adds", "replacing the members keeps the old ones", "keycloak/keycloak#52752",
                 lambda before, after, op: [*before, *(one for one in after if one not in before)]
                 if _members(op, "replace") else None)  # fmt: skip
refuses(_GROUPS, "members-replace-empty-400", "replacing the members by [] is refused",
        "Captain-P-Goldfish/SCIM-SDK#757", lambda op: _members(op, "replace") and not op.value,
        detail="Required sub-attribute members.value missing")  # fmt: skip
_changes_members("members-replace-empty-ignored", "replacing the members by [] changes nothing",
                 "Captain-P-Goldfish/SCIM-SDK#757",
                 lambda before, _, op: before if _members(op, "replace") and not op.value else None)  # fmt: skip
_changes_members("rename-clears-members", "renaming a group empties it", "RFC7644-3.5.2.3",
                 lambda _, __, op: [] if op.sets("displayName") and not op.sets("members") else None)  # fmt: skip
_changes_members("group-external-id-clears-members", "setting externalId empties the group", "RFC7644-3.5.2",
                 lambda _, __, op: [] if op.sets("externalId") else None)  # fmt: skip
refuses(_GROUPS, "rename-with-id-400", "a path-less value that repeats the id is refused", "imulab/go-scim#57",
        lambda op: "id" in op.keys, scim_type="mutability")  # fmt: skip
refuses(_GROUPS, "group-rename-400", "groups cannot be renamed", "RFC7644-3.5.2",
        lambda op: op.kind == "Group" and op.sets("displayName"), scim_type="mutability")  # fmt: skip
ignores(_GROUPS, "group-rename-ignored", "a new displayName by path is ignored", "RFC7644-3.5.2",
        lambda op: op.kind == "Group" and op.path == "displayName")  # fmt: skip
drops_keys(_GROUPS, "group-pathless-rename-ignored", "a new displayName without a path is ignored", "imulab/go-scim#57",
           lambda key, _: key == "displayName")  # fmt: skip
refuses(_GROUPS, "group-external-id-refused", "a group's externalId cannot be patched", "rancher/rancher#55776",
        lambda op: op.kind == "Group" and op.sets("externalId"), scim_type="invalidPath")  # fmt: skip
ignores(_GROUPS, "group-external-id-ignored", "a group's externalId by PATCH is ignored", "rancher/rancher#55776",
        lambda op: op.kind == "Group" and op.path == "externalId")  # fmt: skip


def _puts(name: str, description: str, source: str, change: Callable[[GoodServer, str, Data], Data]) -> None:
    """``change(server, id, body)`` gives the body of a PUT of a group as it is understood."""

    def replace_group(server: GoodServer, inner: Wrapper, request: Request, kind: Kind, id_: str) -> Any:
        server.memory["put"] = id_ if kind is GROUP else None
        try:
            return inner(request, kind, id_)
        finally:
            server.memory["put"] = None

    def accept(server: GoodServer, inner: Wrapper, kind: Kind, body: Data) -> Any:
        id_ = server.memory.get("put")
        return inner(kind, change(server, id_, body) if id_ else body)

    defect(_GROUPS, name, description, source, replace=replace_group, accept=accept)


def _held(server: GoodServer, id_: str) -> Data:
    return server.find(GROUP, id_).data


def _immutable(server: GoodServer, id_: str, body: Data) -> Data:
    held = {one["value"] for one in _held(server, id_).get("members", ())}
    if {one["value"] for one in body.get("members", ())} != held:
        fail("attribute members is immutable", scim_type="mutability")
    return body


def _keep_name(server: GoodServer, id_: str, body: Data) -> Data:
    return body | {"displayName": _held(server, id_)["displayName"]}


_puts(
    "members-immutable-on-put",
    "PUT with other members is refused",
    "simpleidserver/SimpleIdServer#247",
    _immutable,
)
_puts("put-stores-no-members", "PUT of a group stores no members", "gravitational/teleport#67372",
      lambda _, __, body: body | {"members": []})  # fmt: skip
_puts("put-keeps-old-members", "PUT of a group adds members and removes none", "RFC7644-3.5.1",
      lambda server, id_, body: body | {"members": [*_held(server, id_).get("members", ()), *body.get("members", ())]})  # fmt: skip
_puts("put-null-display-loses-rename", "PUT with display null in a member does not rename", "jelhub/scimgateway#95",
      lambda server, id_, body: _keep_name(server, id_, body)
      if any(one.get("display", "") is None for one in body.get("members", ())) else body)  # fmt: skip
_puts("put-drops-external-id", "PUT of a group loses externalId although it is in the body", "RFC7644-3.5.1",
      lambda _, __, body: {key: value for key, value in body.items() if key != "externalId"})  # fmt: skip

# ---- creating and showing

refuses_body(_GROUPS, "group-legacy-schema-400", "a create that also names Microsoft's group schema is refused",
             "Entra: create group", lambda kind, body: kind == "Group" and len(body.get("schemas") or ()) > 1)  # fmt: skip
refuses_body(_GROUPS, "group-empty-members-400", "a create with members: [] is refused", "Entra: create group",
             lambda kind, body: kind == "Group" and body.get("members") == [])  # fmt: skip
refuses_body(_GROUPS, "group-members-required", "a create without members is refused", "RFC7643-4.2",
             lambda kind, body: kind == "Group" and "members" not in body)  # fmt: skip
spoils_resource(_GROUPS, "members-not-returned", "groups never show their members", "RFC7643-4.2",
                lambda resource: resource.pop("members", None))  # fmt: skip
spoils_resource(_GROUPS, "members-null", "a group without members shows members: null", "RFC7643-2.5",
                lambda resource: resource.setdefault("members", None) if CORE_GROUP in resource["schemas"] else None)  # fmt: skip
spoils_resource(_GROUPS, "members-as-ids", "members are shown as an array of ids", "RFC7643-4.2",
                lambda resource: resource.update(members=[one["value"] for one in resource["members"]])
                if "members" in resource else None)  # fmt: skip


@breaks(
    "apply_one", _GROUPS, "member-add-brings-another", "adding members adds the oldest user as well", "RFC7644-3.5.2.1"
)
def _(server: GoodServer, inner: Wrapper, kind: Kind, data: Data, operation: Data) -> None:
    before = len(data.get("members", ()))
    inner(kind, data, operation)
    inside = {one["value"] for one in data.get("members", ())}
    oldest = next(iter(server.store.all(USER)), None)
    if kind is GROUP and len(inside) > before and oldest and oldest.id not in inside:
        data["members"] = [*data["members"], {"value": oldest.id, "type": "User"}]


def _by_name(resource: Data) -> None:
    for one in resource.get("members", ()):
        one.update({"$ref": f"../Users/{one['value']}", "value": f"name of {one['value']}"})


spoils_resource(_GROUPS, "members-valued-by-name", "the value of a member is a name; the id stands in $ref only",
                "RFC7643-4.2", _by_name)  # fmt: skip


@breaks("accept", _GROUPS, "group-create-drops-members", "members in a create are ignored", "RFC7644-3.3")
def _(_: GoodServer, inner: Wrapper, kind: Kind, body: Data) -> Any:
    return inner(kind, body | ({"members": []} if kind is GROUP else {}))


@breaks("accept", _GROUPS, "group-create-drops-external-id", "externalId in a create is ignored", "RFC7644-3.3")
def _(_: GoodServer, inner: Wrapper, kind: Kind, body: Data) -> Any:
    return inner(kind, body | ({"externalId": None} if kind is GROUP else {}))


@breaks(
    "delete",
    _GROUPS,
    "group-delete-deletes-members",
    "deleting a group deletes the users in it",
    "RFC7644-3.6",
)
def _(server: GoodServer, inner: Wrapper, request: Request, kind: Kind, id_: str) -> Any:
    members = server.find(kind, id_).data.get("members", [])
    answer = inner(request, kind, id_)
    for entry in members:
        user = server.store.get(USER, entry["value"])
        if user:
            server.store.delete(user)
    return answer


@breaks("delete", _GROUPS, "group-delete-ignored", "deleting a group empties it and keeps it", "RFC7644-3.6")
def _(server: GoodServer, inner: Wrapper, request: Request, kind: Kind, id_: str) -> Any:
    if kind is not GROUP:
        return inner(request, kind, id_)
    record = server.find(kind, id_)
    server.store.change(record, {key: value for key, value in record.data.items() if key != "members"})
    return Answer(204)
