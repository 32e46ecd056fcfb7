"""Defects of the SCIM 1.1 server in partial updates of groups: members, ``meta.attributes``, names."""

from __future__ import annotations

from typing import Any

from .defects11_base import breaks, changes_body, refuses, without
from .defects_base import Wrapper
from .good11 import GoodServer11
from .protocol import Data, Request, ScimError
from .schema import Kind
from .schema11 import GROUP

# ---- PATCH of memberships


def _members(body: Data, change: Any) -> Data:
    if "members" not in body:
        return body
    return body | {"members": [one for one in map(change, body["members"]) if one is not None]}


changes_body("patch-members", "members-replaced", "members that are added replace the others", "msaad00/agent-bom#3533",
             lambda _, body: body | {"meta": {"attributes": ["members"]}}
             if any("operation" not in one for one in body.get("members", ())) else body, kind="Group")  # fmt: skip
changes_body("patch-members", "member-delete-ignored", "operation: delete is ignored: the member stays",
             "croffasia/itsaplan#250",
             lambda _, body: _members(body, lambda one: without(one, "operation")))  # fmt: skip
changes_body("patch-members", "member-delete-skipped", "entries with an operation are skipped", "croffasia/itsaplan#250",
             lambda _, body: _members(body, lambda one: None if "operation" in one else one))  # fmt: skip
changes_body("patch-members", "member-delete-clears-all", "operation: delete removes every member",
             "msaad00/agent-bom#3533",
             lambda data, body: body | {"members": [m | {"operation": "delete"} for m in data.get("members", ())]}
             if any("operation" in one for one in body.get("members", ())) else body, kind="Group")  # fmt: skip
changes_body("patch-members", "mixed-members-adds-only", "an addition beside a removal wins: nothing is removed",
             "SCIM11-API-3.3.2",
             lambda _, body: _members(body, lambda one: None if "operation" in one else one)
             if any("operation" not in one for one in body.get("members", ())) else body)  # fmt: skip
changes_body("patch-members", "mixed-members-first-only", "only the first entry of members is applied",
             "SCIM11-API-3.3.2",
             lambda _, body: body | {"members": body["members"][:1]} if "members" in body else body)  # fmt: skip
changes_body("patch-members", "member-without-type-dropped", "a member without a type never joins",
             "Captain-P-Goldfish/SCIM-SDK#419",
             lambda _, body: _members(body, lambda one: one if {"type", "operation"} & one.keys() else None))  # fmt: skip
refuses("patch-members", "member-display-refused", "a member with a display is refused", "okta-scim-11",
        lambda _, body: any("display" in one for one in body.get("members", ())), methods=("PATCH",))  # fmt: skip
refuses("patch-members", "member-operation-refused", "operation is refused as an unknown attribute", "okta-scim-11",
        lambda _, body: any("operation" in one for one in body.get("members", ())), methods=("PATCH",))  # fmt: skip


@breaks("merge", "patch-members", "member-again-refused", "adding a member twice is refused", "SCIM11-API-3.3.2")
def _(_: GoodServer11, inner: Wrapper, kind: Kind, data: Data, body: Data) -> Any:
    known = {one["value"] for one in data.get("members", ())}
    if any(one["value"] in known and "operation" not in one for one in body.get("members", ())):
        raise ScimError(409, "The member is there already.")
    return inner(kind, data, body)


@breaks("derive_group", "patch-members", "member-operation-shown", "members show an operation", "SCIM11-API-3.3.2")
def _(_: GoodServer11, inner: Wrapper, request: Request, data: Data) -> None:
    inner(request, data)
    for entry in data.get("members", ()):
        entry["operation"] = "add"


@breaks("check_members", "patch-members", "unknown-member-500", "an unknown member is answered with 500",
        "getsentry/sentry#122540")  # fmt: skip
def _(_: GoodServer11, inner: Wrapper, data: Data, known: set[str]) -> None:
    try:
        inner(data, known)
    except ScimError:
        raise ScimError(500, "Internal error.") from None


# ---- meta.attributes

changes_body("patch-clear", "clear-ignored", "meta.attributes is ignored: old members stay", "keycloak/keycloak#52752",
             lambda _, body: without(body, "meta"))  # fmt: skip
changes_body("patch-clear", "clear-only", "after clearing members, none is added", "okta-scim-11",
             lambda _, body: without(body, *body["meta"]["attributes"]) if "meta" in body else body)  # fmt: skip
refuses("patch-clear", "clear-refused", "a PATCH with meta is refused as read-only", "okta-scim-11",
        lambda _, body: "meta" in body, methods=("PATCH",))  # fmt: skip
refuses("patch-clear", "clear-to-empty-refused", "clearing members without adding any is refused",
        "Captain-P-Goldfish/SCIM-SDK#757", lambda _, body: "meta" in body and not body.get("members"),
        methods=("PATCH",))  # fmt: skip


@breaks("clear", "patch-clear", "clear-clears-all", "meta.attributes removes more than it names", "SCIM11-API-3.3.2")
def _(_: GoodServer11, inner: Wrapper, kind: Kind, data: Data, names: list[str]) -> Any:
    if names:
        data.pop("externalId", None)
    return inner(kind, data, names)


@breaks("clear", "patch-clear", "clear-case-sensitive", "meta.attributes is read in exact case", "SCIM11-CORE")
def _(_: GoodServer11, inner: Wrapper, kind: Kind, data: Data, names: list[str]) -> Any:
    return inner(kind, data, [name for name in names if name in data])


# ---- renaming groups

changes_body("rename", "rename-ignored", "PATCH of displayName is accepted and ignored", "jelhub/scimgateway#95",
             lambda _, body: without(body, "displayName"), kind="Group")  # fmt: skip
changes_body("rename", "rename-drops-members", "a group that is renamed loses its members", "okta-scim-11",
             lambda _, body: body | {"meta": {"attributes": ["members"]}} if "displayName" in body else body,
             kind="Group")  # fmt: skip


@breaks("merge", "rename", "rename-to-same-409", "a rename to the name it has is a conflict", "okta-scim-11")
def _(_: GoodServer11, inner: Wrapper, kind: Kind, data: Data, body: Data) -> Any:
    if kind is GROUP and body.get("displayName") == data["displayName"]:
        raise ScimError(409, "displayName is taken.")
    return inner(kind, data, body)
