"""Defects of booleans and of the manager."""

from __future__ import annotations

from typing import Any

from .defects_base import (
    Op,
    Wrapper,
    breaks,
    defect,
    drops_keys,
    fail,
    ignores,
    read,
    refuses,
    refuses_body,
    spoils_resource,
    spoils_stored,
)
from .good import GoodServer
from .protocol import ENTERPRISE, Data
from .schema import Kind

_MANAGER = f"{ENTERPRISE}:manager"

# ---- booleans


def _active_text(op: Op) -> bool:
    return op.kind == "User" and op.name != "remove" and op.sets("active") and isinstance(op.given("active"), str)


refuses("booleans", "active-string-400", 'active "False" is refused: not a boolean', "scimmyjs/scimmy#86",
        _active_text, detail="active must be a boolean")  # fmt: skip
ignores("booleans", "active-string-ignored", 'active "False" is accepted and ignored', "getsentry/sentry#79354",
        _active_text)  # fmt: skip
refuses("booleans", "active-boolean-400", "active false is refused: text is expected", "RFC7643-2.3.2",
        lambda op: op.kind == "User" and op.name != "remove" and op.sets("active")
        and isinstance(op.given("active"), bool))  # fmt: skip


def _reads_text_as(value: Any) -> Wrapper:
    def apply_one(_: GoodServer, inner: Wrapper, kind: Kind, data: Data, operation: Data) -> None:
        op = read(kind, operation)
        inner(kind, data, operation)
        if _active_text(op):
            data["active"] = op.given("active") if value is None else value

    return apply_one


defect(
    "booleans",
    "active-string-truthy",
    'active "False" counts as true: any text does',
    "Azure/azure-docs: booleans as text",
    apply_one=_reads_text_as(True),
)
defect("booleans", "active-string-stored", 'active "False" is stored as text', "RFC7643-2.3.2",
       apply_one=_reads_text_as(None))  # fmt: skip


def _shown_as(change: Any) -> Any:
    return lambda r: r.update(active=change(r["active"])) if "active" in r else None


spoils_resource("booleans", "active-returned-as-string", "active is shown as text", "RFC7643-2.3.2", _shown_as(str))
spoils_resource("booleans", "active-returned-as-number", "active is shown as 0 or 1", "RFC7643-2.3.2", _shown_as(int))
spoils_resource("booleans", "primary-returned-as-string", "primary is shown as text", "RFC7643-2.3.2",
                lambda r: [one.update(primary=str(one["primary"])) for one in r.get("emails", ()) if "primary" in one])  # fmt: skip
refuses_body("booleans", "primary-string-400", 'a create with primary "True" is refused',
             'Entra: roles[primary eq "True"]',
             lambda _, body: any(isinstance(one, dict) and isinstance(one.get("primary"), str)
                                 for one in body.get("roles") or ()))  # fmt: skip
refuses_body("booleans", "create-active-string-400", 'a create with active "True" is refused',
             "AzureAD/SCIMReferenceCode", lambda _, body: isinstance(body.get("active"), str))  # fmt: skip

# ---- manager


def _sets_manager(op: Op) -> bool:
    return op.kind == "User" and op.name != "remove" and op.sets("manager")


def _manager_text(op: Op) -> bool:
    return _sets_manager(op) and isinstance(op.given("manager"), str) and bool(op.given("manager"))


def _is_empty(value: Any) -> bool:
    return value in ("", {"value": ""})


def _clears_manager(op: Op) -> bool:
    return _sets_manager(op) and _is_empty(op.given("manager"))


refuses("manager", "manager-string-400", "a manager given as a bare id is refused: an object is expected",
        "Captain-P-Goldfish/SCIM-SDK#541", _manager_text)  # fmt: skip
ignores("manager", "manager-string-ignored", "a manager given as a bare id is ignored",
        "Captain-P-Goldfish/SCIM-SDK#686", _manager_text)  # fmt: skip
refuses("manager", "manager-object-400", "a manager given as an object is refused", "RFC7643-4.3",
        lambda op: _sets_manager(op) and isinstance(op.given("manager"), dict)
        and not _clears_manager(op))  # fmt: skip
refuses_body("manager", "manager-string-500-on-create", "a create with a manager as a bare id: 500",
             "apache/directory-scimple#1242",
             lambda _, body: isinstance((body.get(ENTERPRISE) or {}).get("manager"), str), status=500)  # fmt: skip
refuses("manager", "manager-clear-empty-400", "clearing the manager by an empty value is refused",
        "Microsoft SCIM validator", _clears_manager)  # fmt: skip
ignores("manager", "manager-clear-empty-ignored", "clearing the manager by an empty value changes nothing",
        "Microsoft SCIM validator", _clears_manager)  # fmt: skip
refuses("manager", "manager-short-path-400", "the path manager needs its URN", "thomaspoignant/scim-patch#453",
        lambda op: op.path.lower().startswith("manager"), scim_type="invalidPath")  # fmt: skip
refuses("manager", "manager-filter-remove-400", "manager[value eq …] is refused: it has one value only",
        "thomaspoignant/scim-patch#453", lambda op: "manager[" in op.path, scim_type="invalidPath")  # fmt: skip
ignores("manager", "manager-filter-remove-ignored", "remove manager[value eq …] changes nothing",
        "thomaspoignant/scim-patch#453", lambda op: op.name == "remove" and "manager[" in op.path)  # fmt: skip
ignores("manager", "manager-path-remove-ignored", "remove of the manager's path changes nothing", "RFC7644-3.5.2.2",
        lambda op: op.name == "remove" and op.path.lower() == _MANAGER.lower())  # fmt: skip
drops_keys("manager", "manager-pathless-ignored", "a manager in a path-less value is ignored",
           "scim-for-keycloak#26", lambda key, _: key.lower() == _MANAGER.lower())  # fmt: skip


@breaks("apply_one", "manager", "manager-change-ignored", "the manager can be set once, later changes are ignored",
        "MicrosoftDocs/azure-docs#11784")  # fmt: skip
def _(_: GoodServer, inner: Wrapper, kind: Kind, data: Data, operation: Data) -> None:
    before = data.get(ENTERPRISE, {}).get("manager")
    inner(kind, data, operation)
    if before and data.get(ENTERPRISE, {}).get("manager"):
        data[ENTERPRISE]["manager"] = before


@breaks("apply_one", "manager", "manager-clear-stores-empty", "clearing the manager leaves one with an empty id",
        "Microsoft SCIM validator")  # fmt: skip
def _(_: GoodServer, inner: Wrapper, kind: Kind, data: Data, operation: Data) -> None:
    inner(kind, data, operation)
    if _clears_manager(read(kind, operation)):
        data.setdefault(ENTERPRISE, {})["manager"] = {"value": ""}


def _show_manager(change: Any) -> Any:
    def spoil(resource: Data) -> None:
        extension = resource.get(ENTERPRISE, {})
        if "manager" in extension:
            extension["manager"] = change(extension["manager"])

    return spoil


spoils_resource("manager", "manager-returned-as-string", "the manager is shown as a bare id", "Budibase/budibase#15369",
                _show_manager(lambda manager: manager["value"]))  # fmt: skip
spoils_resource("manager", "manager-value-missing", "the manager is shown without its id", "RFC7643-4.3",
                _show_manager(lambda manager: {"displayName": f"user {manager['value']}"}))  # fmt: skip
spoils_resource("manager", "manager-returned-as-array", "the manager is shown as an array", "RFC7643-4.3",
                _show_manager(lambda manager: [manager]))  # fmt: skip
spoils_stored("manager", "manager-dropped", "the manager is accepted and not stored", "MicrosoftDocs/azure-docs#11784",
              lambda data: data.get(ENTERPRISE, {}).pop("manager", None))  # fmt: skip


@breaks("apply_one", "manager", "manager-unknown-500", "a manager that is not there: 500", "RFC7644-3.12")
def _(server: GoodServer, inner: Wrapper, kind: Kind, data: Data, operation: Data) -> None:
    op = read(kind, operation)
    if _manager_text(op) and server.store.any(op.given("manager")) is None:
        fail("ForeignKeyViolation", status=500)
    inner(kind, data, operation)
