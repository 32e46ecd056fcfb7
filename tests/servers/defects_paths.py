"""Defects of PATCH with value paths and with extensions."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from .defects_base import Op, Wrapper, breaks, defect, fail, ignores, read, refuses
from .filters import equalities, matches, parse_path
from .good import GoodServer
from .protocol import ENTERPRISE, FJORD, Data
from .schema import USER, Kind

# ---- patch-valuepath

_VALUEPATH = "patch-valuepath"


def _filtered(op: Op) -> bool:
    return op.kind == "User" and "[" in op.path and "manager" not in op.path and op.name != "remove"


def _resolved(name: str, description: str, source: str, change: Callable[..., bool]) -> None:
    """``change(data, path, chosen, op)`` does it wrong and returns True, or returns False."""

    def apply_one(_: GoodServer, inner: Wrapper, kind: Kind, data: Data, operation: Data) -> None:
        op = read(kind, operation)
        if kind is USER and "[" in op.path and "manager" not in op.path:
            path = parse_path(op.path, kind)
            assert path.attribute is not None
            assert path.where is not None
            holder = data.get(path.urn, {}) if path.urn else data
            chosen = [one for one in holder.get(path.attribute.name, ()) if matches(path.where, one)]
            if change(data, path, chosen, op):
                return
        inner(kind, data, operation)

    defect(_VALUEPATH, name, description, source, apply_one=apply_one)


def _missing_400(_: Data, __: Any, chosen: list[Data], op: Op, *, only: str = "") -> bool:
    if not chosen and op.name != "remove" and (not only or op.name == only):
        fail("The path did not yield an attribute.", scim_type="noTarget")
    return False


refuses(_VALUEPATH, "valuepath-400", "paths with a filter are refused", "limosa-io/laravel-scim-server#34", _filtered,
        scim_type="invalidPath")  # fmt: skip
refuses(_VALUEPATH, "valuepath-replace-not-implemented", "replace with a filter is not implemented",
        "limosa-io/laravel-scim-server#34", lambda op: _filtered(op) and op.name == "replace", status=501)  # fmt: skip
refuses(_VALUEPATH, "valuepath-add-refused", "add with a filter is refused", "thomaspoignant/scim-patch#176",
        lambda op: _filtered(op) and op.name == "add", scim_type="noTarget")  # fmt: skip
ignores(_VALUEPATH, "valuepath-ignored", "operations with a filter change nothing", "RFC7644-3.5.2", _filtered)
ignores(_VALUEPATH, "valuepath-primary-ignored", "emails[…].primary is ignored", "RFC7643-2.4",
        lambda op: op.path.endswith("].primary"))  # fmt: skip
refuses(_VALUEPATH, "valuepath-string-boolean-400", 'roles[primary eq "True"] is refused: no boolean',
        "jelhub/scimgateway#89", lambda op: '"True"' in op.path, scim_type="invalidFilter")  # fmt: skip
_resolved("valuepath-missing-element-400", "setting an entry that is not there: 400 noTarget",
          "Captain-P-Goldfish/SCIM-SDK#416", _missing_400)  # fmt: skip
_resolved("valuepath-missing-replace-400", "replacing an entry that is not there: 400 noTarget",
          "sourcegraph/sourcegraph#49200", lambda *a: _missing_400(*a, only="replace"))  # fmt: skip
_resolved("valuepath-missing-element-ignored", "setting an entry that is not there changes nothing",
          "scim-for-keycloak#73", lambda _, __, chosen, op: not chosen and op.name != "remove")  # fmt: skip


@breaks("apply_one", _VALUEPATH, "valuepath-changes-all", "the filter is ignored: every entry is changed",
        "RFC7644-3.5.2.3")  # fmt: skip
def _(_: GoodServer, inner: Wrapper, kind: Kind, data: Data, operation: Data) -> None:
    op = read(kind, operation)
    if _filtered(op) and data.get(op.path.split("[")[0]):
        operation = {"op": op.raw, "path": re.sub(r"\[.*\]", "", op.path), "value": op.value}
    inner(kind, data, operation)


def _wrong_entry(data: Data, path: Any, chosen: list[Data], op: Op) -> bool:
    entries = data.get(path.attribute.name, [])
    if op.name == "remove" or path.sub is None or not chosen or chosen[0] is entries[0]:
        return False
    entries[0][path.sub.name] = op.value
    return True


def _duplicate(data: Data, path: Any, chosen: list[Data], op: Op) -> bool:
    if op.name == "remove" or path.sub is None or not chosen:
        return False
    data[path.attribute.name].append((equalities(path.where) or {}) | {path.sub.name: op.value})
    return True


def _drop_type(data: Data, path: Any, chosen: list[Data], op: Op) -> bool:
    if op.name == "remove" or path.sub is None or chosen:
        return False
    data.setdefault(path.attribute.name, []).append({path.sub.name: op.value})
    return True


def _drop_others(data: Data, path: Any, chosen: list[Data], op: Op) -> bool:
    if op.name != "remove" and chosen:
        data[path.attribute.name] = chosen
    return False


def _replace_entry(_: Data, path: Any, chosen: list[Data], op: Op) -> bool:
    if op.name != "remove" and path.sub is not None:
        for entry in chosen:
            kept = equalities(path.where) or {}
            entry.clear()
            entry.update(kept)
    return False


def _remove_all(data: Data, path: Any, _: list[Data], op: Op) -> bool:
    if op.name == "remove":
        data.pop(path.attribute.name, None)
    return op.name == "remove"


def _literal_key(data: Data, _: Any, __: list[Data], op: Op) -> bool:
    if op.name != "remove":
        data[op.path] = op.value
    return op.name != "remove"


_resolved("valuepath-wrong-element", "the first entry is changed, not the one that meets the filter", "RFC7644-3.5.2.3",
          _wrong_entry)  # fmt: skip
_resolved("valuepath-appends-duplicate", "a second entry of the same type is added", "RFC7644-3.5.2.3", _duplicate)
_resolved(
    "valuepath-drops-type",
    "an entry that is created for a filter has no type",
    "scim-for-keycloak#73",
    _drop_type,
)
_resolved(
    "valuepath-drops-others",
    "the entries that do not meet the filter are lost",
    "RFC7644-3.5.2.3",
    _drop_others,
)
_resolved("valuepath-replaces-entry", "one part of an address is set, the other parts are lost",
          "Captain-P-Goldfish/SCIM-SDK#680", _replace_entry)  # fmt: skip
_resolved("valuepath-remove-removes-all", "removing one entry removes all", "RFC7644-3.5.2.2", _remove_all)
_resolved("valuepath-literal-key", "the path becomes an attribute of that name", "pranems/SCIMServer", _literal_key)


@breaks("apply", _VALUEPATH, "valuepath-second-operation-lost", "two operations on the same entry: the second is lost",
        "limosa-io/laravel-scim-server#34")  # fmt: skip
def _(_: GoodServer, inner: Wrapper, kind: Kind, data: Data, operations: list[Data]) -> Any:
    seen: set[str] = set()
    kept = []
    for operation in operations:
        entry = read(kind, operation).path.partition("]")[0]
        if "[" not in entry or entry not in seen:
            kept.append(operation)
        seen.add(entry)
    return inner(kind, data, kept)


# ---- patch-extension

_EXTENSION = "patch-extension"


def _extended(op: Op, urn: str = "urn:ietf:params:scim:schemas:extension:") -> bool:
    return op.path.lower().startswith(urn.lower()) and not op.path.lower().endswith(":manager")


refuses(_EXTENSION, "extension-path-400", "paths with an extension's URN are refused", "imulab/go-scim", _extended,
        scim_type="invalidPath")  # fmt: skip
refuses(
    _EXTENSION,
    "extension-path-500",
    "paths with an extension's URN crash",
    "RFC7644-3.12",
    _extended,
    status=500,
)
ignores(
    _EXTENSION,
    "extension-path-ignored",
    "paths with an extension's URN change nothing",
    "RFC7644-3.5.2",
    _extended,
)
ignores(_EXTENSION, "custom-extension-path-ignored", "paths of a custom extension change nothing", "RFC7644-3.5.2",
        lambda op: _extended(op, FJORD))  # fmt: skip
refuses(_EXTENSION, "custom-extension-path-400", "paths of a custom extension are refused", "RFC7644-3.5.2",
        lambda op: _extended(op, FJORD), scim_type="invalidPath")  # fmt: skip
refuses(_EXTENSION, "extension-urn-case-sensitive", "an extension's URN in another case is refused", "RFC7643-2.1",
        lambda op: _extended(op) and not op.path.startswith((ENTERPRISE, FJORD)), scim_type="invalidPath")  # fmt: skip
ignores(_EXTENSION, "extension-remove-ignored", "removing an extension attribute changes nothing", "RFC7644-3.5.2.2",
        lambda op: op.name == "remove" and _extended(op))  # fmt: skip


@breaks("apply", _EXTENSION, "extension-dropped-on-patch", "a PATCH of a core attribute loses the extensions",
        "RFC7644-3.5.2")  # fmt: skip
def _(_: GoodServer, inner: Wrapper, kind: Kind, data: Data, operations: list[Data]) -> Any:
    changed = inner(kind, data, operations)
    return {k: v for k, v in changed.items() if not k.startswith("urn:") or v != data.get(k)}


@breaks("apply_one", _EXTENSION, "extension-replaced-whole", "setting one extension attribute loses the others",
        "RFC7644-3.5.2.3")  # fmt: skip
def _(_: GoodServer, inner: Wrapper, kind: Kind, data: Data, operation: Data) -> None:
    if _extended(read(kind, operation)):
        data.pop(ENTERPRISE, None)
    inner(kind, data, operation)


@breaks("apply_one", _EXTENSION, "extension-path-stored-at-top", "an extension attribute is stored at the top level",
        "RFC7643-3.3")  # fmt: skip
def _(_: GoodServer, inner: Wrapper, kind: Kind, data: Data, operation: Data) -> None:
    op = read(kind, operation)
    if _extended(op) and op.name != "remove":
        data[op.path.rpartition(":")[2]] = op.value
    else:
        inner(kind, data, operation)
