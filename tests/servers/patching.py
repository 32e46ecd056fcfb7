"""PATCH: RFC 7644 §3.5.2, and the forms that clients send beside it.

Each operation is applied to a copy; the caller stores the copy only when all of them succeeded.
"""

from __future__ import annotations

from typing import Any

from .filters import Path, equalities, matches, parse_path
from .incoming import coerce, coerce_single, store
from .protocol import PATCH_OP, Data, ScimError
from .schema import Attribute, Kind

NAMES = frozenset({"add", "replace", "remove"})


def operations_of(body: Data) -> list[Data]:
    """The operations of a PatchOp message, checked for their form."""
    members = {key.lower(): value for key, value in body.items()}
    schemas = members.get("schemas")
    if not isinstance(schemas, list) or PATCH_OP not in schemas:
        raise ScimError(400, f"schemas must hold {PATCH_OP}.", scim_type="invalidSyntax")
    operations = members.get("operations")
    if not isinstance(operations, list) or not operations:
        raise ScimError(400, "Operations must be an array with at least one entry.", scim_type="invalidSyntax")
    if not all(isinstance(operation, dict) for operation in operations):
        raise ScimError(400, "Every operation must be an object.", scim_type="invalidSyntax")
    return operations


def apply_operation(kind: Kind, data: Data, operation: Data) -> None:
    """Change ``data`` as one operation says, or raise the ScimError to answer with."""
    members = {key.lower(): value for key, value in operation.items()}
    name, path, value = str(members.get("op", "")).lower(), members.get("path"), members.get("value")
    if name not in NAMES:
        raise ScimError(400, f"op must be add, replace or remove, not {members.get('op')!r}.",
                        scim_type="invalidSyntax")  # fmt: skip
    if path is not None and not isinstance(path, str):
        raise ScimError(400, "path must be a string.", scim_type="invalidPath")
    if name != "remove" and "value" not in members:
        raise ScimError(400, f"{name} needs a value.", scim_type="invalidValue")
    if path:
        change(kind, data, name, parse_path(path, kind), value)
    elif name == "remove":
        raise ScimError(400, "remove needs a path.", scim_type="noTarget")
    elif not isinstance(value, dict):
        raise ScimError(400, f"{name} without a path needs an object.", scim_type="invalidValue")
    else:
        for key, inner in value.items():
            # The keys are whole paths: Entra sends name.givenName and urn:…:User:department here.
            target = parse_path(key, kind)
            if not (target.attribute and target.attribute.read_only):  # Okta repeats the id
                change(kind, data, name, target, inner)


def change(kind: Kind, data: Data, name: str, path: Path, value: Any) -> None:
    """Apply one resolved change."""
    attribute = path.attribute
    if attribute is None:
        _extension(kind, data, name, path.urn, value)
        return
    if attribute.read_only or (path.sub and path.sub.read_only):
        raise ScimError(400, f"{attribute.name} is read-only.", scim_type="mutability")
    if attribute.required and name == "remove":
        raise ScimError(400, f"{attribute.name} is required.", scim_type="mutability")
    holder = data.setdefault(path.urn, {}) if path.urn else data
    if path.where:
        _filtered(holder, name, path, attribute, value)
    elif path.sub:
        _sub_attribute(holder, name, attribute, path.sub, value)
    elif attribute.multi:
        _multi_valued(holder, name, attribute, value)
    elif name == "remove":
        holder.pop(attribute.name, None)
    else:
        _single(holder, attribute, value)
    if path.urn and not holder:
        del data[path.urn]


def _extension(kind: Kind, data: Data, name: str, urn: str, value: Any) -> None:
    if name == "remove":
        data.pop(urn, None)
        return
    if not isinstance(value, dict):
        raise ScimError(400, f"{urn} must be an object.", scim_type="invalidValue")
    for key, inner in value.items():
        change(kind, data, name, parse_path(f"{urn}:{key}", kind), inner)


def _single(holder: Data, attribute: Attribute, value: Any) -> None:
    """A complex value is merged: what it does not name stays (RFC 7644 §3.5.2.3)."""
    before = holder.get(attribute.name)
    if attribute.type != "complex" or not isinstance(before, dict) or not isinstance(value, dict):
        store(holder, attribute, value)
        return
    for key, inner in value.items():
        sub = attribute.sub(key)
        if sub:
            store(before, sub, inner)
    store(holder, attribute, before)


def _sub_attribute(holder: Data, name: str, attribute: Attribute, sub: Attribute, value: Any) -> None:
    entries = holder.get(attribute.name)
    if entries is None:
        if name == "remove":
            return
        entries = [{}] if attribute.multi else {}
    for entry in entries if isinstance(entries, list) else [entries]:
        store(entry, sub, None if name == "remove" else value)
    store(holder, attribute, entries)


def _multi_valued(holder: Data, name: str, attribute: Attribute, value: Any) -> None:
    before: list[Data] = holder.get(attribute.name, [])
    if name == "remove":
        # Entra's first dialect removes a member by path "members" and an array of values.
        unwanted = None if value is None else (coerce(attribute, value) or [])
        after = [] if unwanted is None else [one for one in before if not _among(one, unwanted)]
    elif name == "replace":
        after = coerce(attribute, value) or []
    else:
        new = [one for one in coerce(attribute, value) or [] if not _among(one, before)]
        after = _one_primary([*before, *new], new)
    _set_entries(holder, attribute, after)


def _among(entry: Data, entries: list[Data]) -> bool:
    """An entry is the same as another if both have the same value and the same type, as far as given."""
    return any(
        entry.get("value") == other.get("value")
        and (entry == other or "type" not in entry or "type" not in other or entry["type"] == other["type"])
        and ("value" in entry or entry == other)
        for other in entries
    )


def _filtered(holder: Data, name: str, path: Path, attribute: Attribute, value: Any) -> None:
    """``attribute[filter]`` and ``attribute[filter].sub``."""
    held = holder.get(attribute.name, [])
    entries: list[Data] = held if isinstance(held, list) else [held]  # manager[value eq "id"] has one
    assert path.where is not None
    chosen = [entry for entry in entries if matches(path.where, entry)]
    if name == "remove":
        _remove_chosen(holder, path, attribute, entries, chosen)
        return
    if not chosen:
        wanted = equalities(path.where)
        if wanted is None:
            raise ScimError(400, f"No entry of {attribute.name} meets the filter.", scim_type="noTarget")
        # Clients set emails[type eq "work"].value without asking whether the entry is there.
        chosen = [coerce_single(attribute, wanted) or {}]
        entries = [*entries, *chosen]
    for entry in chosen:
        if path.sub:
            store(entry, path.sub, value)
            continue
        for key, inner in _object(attribute, value).items():
            sub = attribute.sub(key)
            if sub:
                store(entry, sub, inner)
    _set_entries(holder, attribute, _one_primary(entries, chosen))


def _remove_chosen(holder: Data, path: Path, attribute: Attribute, entries: list[Data], chosen: list[Data]) -> None:
    if not chosen and attribute.name != "members":  # who is no member already is what the client wants
        raise ScimError(400, f"No entry of {attribute.name} meets the filter.", scim_type="noTarget")
    if path.sub:
        for entry in chosen:
            entry.pop(path.sub.name, None)
    else:
        entries = [entry for entry in entries if not any(entry is one for one in chosen)]
    _set_entries(holder, attribute, entries)


def _object(attribute: Attribute, value: Any) -> Data:
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, dict):
        raise ScimError(400, f"{attribute.name} needs an object here.", scim_type="invalidValue")
    return value


def _set_entries(holder: Data, attribute: Attribute, entries: list[Data]) -> None:
    """Store the entries that still say something; without any, the attribute is unassigned."""
    kept = [entry for entry in entries if set(entry) - {"type", "primary", "display"}]
    if not kept:
        holder.pop(attribute.name, None)
    else:
        holder[attribute.name] = kept if attribute.multi else kept[0]


def _one_primary(entries: list[Data], newest: list[Data]) -> list[Data]:
    """A new primary value takes the place of the old one (RFC 7644 §3.5.2)."""
    if any(entry.get("primary") is True for entry in newest):
        for entry in entries:
            if entry.get("primary") is True and not any(entry is one for one in newest):
                entry["primary"] = False
    return entries
