"""Defects of PATCH: operations, simple attributes, path-less values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import patching
from .defects_base import Op, Wrapper, breaks, defect, drops_keys, fail, ignores, read, refuses
from .good import GoodServer
from .protocol import CORE_USER, ENTERPRISE, FJORD, Data, Request, ScimError
from .schema import Kind
from .store import copy_json

# ---- patch-simple

_SIMPLE = "patch-simple"

refuses(_SIMPLE, "patch-op-case-sensitive", "Add, Replace and Remove are refused: lower case only",
        "imulab/go-scim#46", lambda op: op.raw != op.name, scim_type="invalidSyntax",
        detail="op must be one of add, remove, replace")  # fmt: skip
refuses(_SIMPLE, "patch-op-title-case-only", "add, replace and remove are refused: Add, Replace, Remove only",
        "Azure/AzureAD-BYOA-Provisioning-Samples#24", lambda op: op.raw == op.name, scim_type="invalidSyntax")  # fmt: skip
ignores(_SIMPLE, "patch-title-case-ignored", "Add, Replace and Remove are accepted and ignored",
        "langwatch/langwatch#6972", lambda op: op.raw != op.name)  # fmt: skip


def _plain(op: Op) -> bool:
    """A path that is one attribute name."""
    return op.kind == "User" and op.path.isalpha()


refuses(_SIMPLE, "patch-add-refused", "add is refused for simple attributes", "getsentry/self-hosted#3573",
        lambda op: _plain(op) and op.name == "add")  # fmt: skip
ignores(_SIMPLE, "patch-add-ignored", "add is ignored for simple attributes", "RFC7644-3.5.2.1",
        lambda op: _plain(op) and op.name == "add")  # fmt: skip
refuses(_SIMPLE, "patch-remove-refused", "remove is refused for simple attributes", "RFC7644-3.5.2.2",
        lambda op: _plain(op) and op.name == "remove")  # fmt: skip
ignores(_SIMPLE, "patch-remove-ignored", "remove is ignored for simple attributes", "RFC7644-3.5.2.2",
        lambda op: _plain(op) and op.name == "remove")  # fmt: skip
ignores(_SIMPLE, "patch-accepted-but-ignored", "PATCH of a user answers 200 and changes nothing",
        "NorthlandPositronics/Cogtrix#122", lambda op: op.kind == "User")  # fmt: skip
ignores(_SIMPLE, "rename-ignored", "a new userName is accepted and ignored", "RFC7644-3.5.2",
        lambda op: op.path == "userName")  # fmt: skip
refuses(_SIMPLE, "rename-refused", "userName cannot be changed", "RFC7643-4.1.1", lambda op: op.sets("userName"),
        scim_type="mutability")  # fmt: skip
refuses(_SIMPLE, "patch-external-id-refused", "externalId cannot be patched", "rancher/rancher#55776",
        lambda op: op.sets("externalId"), scim_type="invalidPath")  # fmt: skip
refuses(_SIMPLE, "patch-sub-attribute-path-400", "paths such as name.givenName are refused", "RFC7644-3.5.2",
        lambda op: op.path.startswith("name."), scim_type="invalidPath")  # fmt: skip
refuses(_SIMPLE, "patch-core-urn-501", "schema-qualified core paths are not implemented", "zulip/zulip#39773",
        lambda op: op.path.startswith(CORE_USER), status=501)  # fmt: skip
refuses(_SIMPLE, "patch-empty-string-400", "an empty text is refused", "AzureAD/SCIMReferenceCode: null update",
        lambda op: _plain(op) and op.value == "")  # fmt: skip
ignores(_SIMPLE, "patch-empty-string-ignored", "an empty text leaves the old value",
        "AzureAD/SCIMReferenceCode: null update", lambda op: _plain(op) and op.value == "")  # fmt: skip


@breaks("apply_one", _SIMPLE, "patch-replace-of-absent-400", "replace is refused where there is no value yet",
        "RFC7644-3.5.2.3")  # fmt: skip
def _(_: GoodServer, inner: Wrapper, kind: Kind, data: Data, operation: Data) -> None:
    op = read(kind, operation)
    if _plain(op) and op.name == "replace" and op.path not in data:
        fail("There is no value to replace.", scim_type="noTarget")
    inner(kind, data, operation)


@breaks(
    "apply",
    _SIMPLE,
    "only-first-operation-applied",
    "of several operations only the first counts",
    "RFC7644-3.5.2",
)
def _(_: GoodServer, inner: Wrapper, kind: Kind, data: Data, operations: list[Data]) -> Any:
    return inner(kind, data, operations[:1])


@breaks(
    "apply",
    _SIMPLE,
    "only-last-operation-applied",
    "of several operations only the last counts",
    "RFC7644-3.5.2",
)
def _(_: GoodServer, inner: Wrapper, kind: Kind, data: Data, operations: list[Data]) -> Any:
    return inner(kind, data, operations[-1:])


@breaks(
    "apply",
    _SIMPLE,
    "operations-applied-backwards",
    "operations are applied in reverse order",
    "RFC7644-3.5.2",
)
def _(_: GoodServer, inner: Wrapper, kind: Kind, data: Data, operations: list[Data]) -> Any:
    return inner(kind, data, operations[::-1])


@breaks("apply", _SIMPLE, "several-operations-400", "more than one operation is refused", "RFC7644-3.5.2")
def _(_: GoodServer, inner: Wrapper, kind: Kind, data: Data, operations: list[Data]) -> Any:
    return inner(kind, data, operations) if len(operations) == 1 else fail("One operation at a time.")


@breaks("apply", _SIMPLE, "patch-not-atomic", "what precedes a refused operation stays done", "RFC7644-3.5.2")
def _(server: GoodServer, _: Wrapper, kind: Kind, data: Data, operations: list[Data]) -> Any:
    changed = copy_json(data)
    for operation in operations:
        try:
            server.apply_one(kind, changed, operation)
        except ScimError:
            data.clear()
            data.update(changed)
            raise
    return changed


@breaks(
    "apply",
    _SIMPLE,
    "patch-errors-swallowed",
    "an operation that fails is skipped, the answer is 200",
    "RFC7644-3.5.2",
)
def _(server: GoodServer, _: Wrapper, kind: Kind, data: Data, operations: list[Data]) -> Any:
    changed = copy_json(data)
    for operation in operations:
        try:
            server.apply_one(kind, changed, operation)
        except ScimError:
            continue
    return changed


@breaks("apply", _SIMPLE, "patch-replaces-whole-resource", "PATCH removes every attribute that it does not name",
        "RFC7644-3.5.2")  # fmt: skip
def _(_: GoodServer, inner: Wrapper, kind: Kind, data: Data, operations: list[Data]) -> Any:
    changed = inner(kind, data, operations)
    kept = {kind.unique, "active"}
    return {k: v for k, v in changed.items() if k in kept or v != data.get(k)}


@breaks("apply_one", _SIMPLE, "patch-path-literal", "a path with a dot becomes an attribute of that name",
        "Captain-P-Goldfish/SCIM-SDK#267")  # fmt: skip
def _(_: GoodServer, inner: Wrapper, kind: Kind, data: Data, operation: Data) -> None:
    op = read(kind, operation)
    if op.path.startswith("name.") and op.name != "remove":
        data[op.path] = op.value
    else:
        inner(kind, data, operation)


@breaks("apply_one", _SIMPLE, "patch-drops-other-sub-attributes", "changing one part of the name loses the others",
        "RFC7644-3.5.2.3")  # fmt: skip
def _(_: GoodServer, inner: Wrapper, kind: Kind, data: Data, operation: Data) -> None:
    if read(kind, operation).path.startswith("name."):
        data.pop("name", None)
    inner(kind, data, operation)


@breaks("apply_one", _SIMPLE, "patch-unknown-path-accepted", "a path that is no attribute: 200, nothing done",
        "RFC7644-3.5.2")  # fmt: skip
def _(_: GoodServer, inner: Wrapper, kind: Kind, data: Data, operation: Data) -> None:
    try:
        inner(kind, data, operation)
    except ScimError as error:
        if error.scim_type != "invalidPath":
            raise


@breaks("apply_one", _SIMPLE, "patch-unknown-op-accepted", "an operation that is none of the three: 200",
        "RFC7644-3.5.2")  # fmt: skip
def _(_: GoodServer, inner: Wrapper, kind: Kind, data: Data, operation: Data) -> None:
    if read(kind, operation).name in patching.NAMES:
        inner(kind, data, operation)


@breaks("patch", _SIMPLE, "patch-schemas-must-be-first", "Operations before schemas are refused",
        "Microsoft SCIM validator")  # fmt: skip
def _(_: GoodServer, inner: Wrapper, request: Request, kind: Kind, id_: str) -> Any:
    if (request.body or b"").lstrip(b'{ \r\n"').startswith(b"Operations"):
        fail("schemas is required", scim_type="invalidSyntax")
    return inner(request, kind, id_)


# ---- patch-pathless


def _pathless(op: Op) -> bool:
    return not op.path and op.name != "remove"


_PATHLESS = "patch-pathless"

refuses(_PATHLESS, "pathless-500", "an operation without a path crashes", "Metatavu/keycloak-scim-server#95", _pathless,
        status=500, detail="Unsupported attribute: null")  # fmt: skip
refuses(_PATHLESS, "pathless-400", "an operation without a path is refused", "Metatavu/keycloak-scim-server#95", _pathless,
        scim_type="noTarget", detail="path is required")  # fmt: skip
ignores(
    _PATHLESS,
    "pathless-ignored",
    "an operation without a path changes nothing",
    "getsentry/sentry#27199",
    _pathless,
)
refuses(_PATHLESS, "pathless-add-refused", "add without a path is refused", "pond/scimitar#123",
        lambda op: _pathless(op) and op.name == "add")  # fmt: skip
drops_keys(_PATHLESS, "pathless-dotted-keys-ignored", "keys such as name.givenName are ignored",
           "Captain-P-Goldfish/SCIM-SDK#267", lambda key, _: "." in key and not key.startswith("urn:"))  # fmt: skip
drops_keys(_PATHLESS, "pathless-urn-keys-ignored", "keys such as urn:…:User:department are ignored",
           "scim-for-keycloak#26", lambda key, value: key.startswith("urn:") and not isinstance(value, dict))  # fmt: skip
drops_keys(_PATHLESS, "pathless-extension-object-ignored", "an extension object under its URN is ignored",
           "RFC7644-3.5.2", lambda key, value: key.startswith("urn:") and isinstance(value, dict))  # fmt: skip
drops_keys(_PATHLESS, "pathless-name-object-ignored", "a name object in a path-less value is ignored", "RFC7644-3.5.2",
           lambda key, value: key == "name" and isinstance(value, dict))  # fmt: skip
drops_keys(_PATHLESS, "pathless-emails-ignored", "emails in a path-less value are ignored", "RFC7644-3.5.2",
           lambda key, _: key == "emails")  # fmt: skip
refuses(_PATHLESS, "pathless-urn-keys-400", "keys such as urn:…:User:department are refused", "scim-for-keycloak#26",
        lambda op: any(key.startswith("urn:") for key in op.keys), scim_type="invalidPath")  # fmt: skip
refuses(_PATHLESS, "pathless-dotted-keys-400", "keys such as name.givenName are refused", "pond/scimitar#123",
        lambda op: any("." in key and not key.startswith("urn:") for key in op.keys), scim_type="invalidPath")  # fmt: skip
refuses(_PATHLESS, "pathless-several-keys-400", "a path-less value may hold one key only", "RFC7644-3.5.2",
        lambda op: len(op.keys) > 1)  # fmt: skip


def _literal(name: str, description: str, source: str, when: Callable[[str], bool]) -> None:
    """Keys of a path-less value become attributes of exactly that name."""

    def apply_one(_: GoodServer, inner: Wrapper, kind: Kind, data: Data, operation: Data) -> None:
        op = read(kind, operation)
        found = {key: op.value[key] for key in op.keys if when(key)}
        if found:
            operation = {"op": op.raw, "value": {k: v for k, v in op.value.items() if k not in found}}
        inner(kind, data, operation)
        data.update(found)

    defect(_PATHLESS, name, description, source, apply_one=apply_one)


_literal("pathless-dotted-keys-literal", "keys such as name.givenName become attributes of that name",
         "Captain-P-Goldfish/SCIM-SDK#267", lambda key: "." in key and not key.startswith("urn:"))  # fmt: skip
_literal("pathless-urn-keys-literal", "keys such as urn:…:User:department become attributes of that name",
         "scim-for-keycloak#26", lambda key: key.startswith((f"{ENTERPRISE}:", f"{FJORD}:")))  # fmt: skip


@breaks("apply_one", _PATHLESS, "pathless-only-first-key", "of a path-less value only the first key counts",
        "RFC7644-3.5.2")  # fmt: skip
def _(_: GoodServer, inner: Wrapper, kind: Kind, data: Data, operation: Data) -> None:
    op = read(kind, operation)
    inner(kind, data, {"op": op.raw, "value": {op.keys[0]: op.value[op.keys[0]]}} if op.keys else operation)


@breaks("apply_one", _PATHLESS, "pathless-replaces-whole-resource",
        "a path-less replace removes what it does not name", "RFC7644-3.5.2.3")  # fmt: skip
def _(_: GoodServer, inner: Wrapper, kind: Kind, data: Data, operation: Data) -> None:
    op = read(kind, operation)
    if op.keys and op.name == "replace":
        for key in [key for key in data if key not in {kind.unique, "active"}]:
            del data[key]
    inner(kind, data, operation)
