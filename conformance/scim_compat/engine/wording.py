"""The wording of requests: the bodies, filters and queries by which a client asks for a change or a search.

Input: attribute paths and values, and the server's own last representation. Output: request bodies. A profile chooses
from the rules that are the fields of ``profile.model.Dialect``.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote, quote_plus

from scim_compat.profile.model import Client, Dialect
from scim_compat.scim import paths, texts
from scim_compat.scim.filters import Operator, value_text
from scim_compat.scim.grammar import parse_path
from scim_compat.scim.names import CORE_SCHEMA, PATCH_OP, is_urn
from scim_compat.values import Json


@dataclass(frozen=True, slots=True)
class Change:
    """The change that the client wants. Values are JSON; references are the bare id."""

    set: tuple[tuple[str, Json], ...] = ()
    clear: tuple[str, ...] = ()
    references: frozenset[str] = frozenset()
    """Paths in ``set`` that point at another resource."""


def patch_body(operations: Sequence[Mapping[str, Json]]) -> dict[str, Json]:
    """A PatchOp message around the operations."""
    return {"schemas": [PATCH_OP], "Operations": list(operations)}


def operations(change: Change, *, last_answer: Mapping[str, Json] | None, dialect: Dialect) -> list[dict[str, Json]]:
    """The PATCH operations for ``change``.

    An attribute with a value in ``last_answer``, the answer to the client's GET, is replaced, any other added (Entra
    sources S1, S41). Value paths, whole arrays and references always travel as operations with a path; simple
    attributes by the dialect.
    """
    with_path: list[dict[str, Json]] = []
    shared: dict[str, list[tuple[str, Json]]] = {"replace": [], "add": []}
    for path, value in change.set:
        op = "add" if paths.is_unassigned(paths.get(last_answer or {}, path)) else "replace"
        if last_answer is None and isinstance(value, list):
            op = "replace"  # the present entries are not known, and add would keep them (RFC 7644 section 3.5.2.1)
        if path in change.references:
            with_path.append(_op(op, path, _reference(value, dialect), dialect))
        elif not _is_shareable(path, value) or dialect.simple_attributes == "operation-each":
            with_path.append(_op(op, path, value, dialect))
        else:
            shared[op].append((path, value))
    with_path.extend({"op": op_name("remove", dialect), "path": path} for path in change.clear)
    pairs = shared["replace"] + shared["add"]
    if len(pairs) == 1 and not with_path and dialect.lone_attribute == "path":
        op = "replace" if shared["replace"] else "add"
        return [_op(op, *pairs[0], dialect)]
    return with_path + [
        {"op": op_name(op, dialect), "value": {p: _value(v, dialect) for p, v in group}}
        for op, group in shared.items()
        if group
    ]


def partial(change: Change, *, identifier: str, kind: str) -> dict[str, Json]:
    """The PATCH body of SCIM 1.1: a part of the resource (protocol section 3.3.2).

    An attribute in the body replaces; a cleared one stands in ``meta.attributes``. Okta repeats the id (sources S2,
    S11).
    """
    body: dict[str, Json] = {"schemas": [CORE_SCHEMA["1.1"][kind]], "id": identifier}
    if change.clear:
        body["meta"] = {"attributes": list(change.clear)}
    for path, value in change.set:
        paths.put(body, path, copy.deepcopy(value))
    body["schemas"] += [name for name in body if is_urn(name)]
    return body


def partial_members(
    *, add: Sequence[tuple[str, str]] = (), remove: Sequence[tuple[str, str]] = (), dialect: Dialect
) -> dict[str, Json]:
    """The PATCH body of SCIM 1.1 for a group's members. ``add``, ``remove``: (id, display) pairs."""
    members = [_member(m, display, dialect) for m, display in add]
    members += [{**_member(m, display, dialect), "operation": "delete"} for m, display in remove]
    return {"schemas": [CORE_SCHEMA["1.1"]["Group"]], "members": members}


def _is_shareable(path: str, value: Json) -> bool:
    return parse_path(path).is_simple and not isinstance(value, list | dict)


def _op(op: str, path: str, value: Json, dialect: Dialect) -> dict[str, Json]:
    return {"op": op_name(op, dialect), "path": path, "value": _value(value, dialect)}


def op_name(op: str, dialect: Dialect) -> str:
    return op.capitalize() if dialect.operation_names == "title" else op.lower()


def _value(value: Json, dialect: Dialect) -> Json:
    if isinstance(value, bool) and dialect.booleans == "string":
        return str(value)
    return copy.deepcopy(value)


def _reference(value: Json, dialect: Dialect) -> Json:
    return {"value": value} if dialect.reference == "object" else value


def member_operations(
    *, add: Sequence[tuple[str, str]] = (), remove: Sequence[str] = (), dialect: Dialect
) -> list[dict[str, Json]]:
    """Operations on a group's members. ``add``: (id, display) pairs; ``remove``: ids."""
    changes: list[dict[str, Json]] = []
    if remove and dialect.member_remove == "value-array":
        changes.append(
            {
                "op": op_name("remove", dialect),
                "path": "members",
                "value": [_member(m, "", dialect) for m in remove],
            }
        )
    elif remove:
        name = op_name("remove", dialect)
        changes.extend({"op": name, "path": f"members[{filter_text('value', m)}]"} for m in remove)
    if add:
        values = [_member(m, display, dialect) for m, display in add]
        changes.append({"op": op_name("add", dialect), "path": "members", "value": values})
    return changes


def _member(identifier: str, display: str, dialect: Dialect) -> dict[str, Json]:
    if dialect.member_shape == "ref-null":
        return {"$ref": None, "value": identifier}
    if dialect.member_shape == "value-display" and display:
        return {"value": identifier, "display": display}
    return {"value": identifier}


def replacement(
    change: Change, *, last_answer: Mapping[str, Json], mapped: Sequence[tuple[str, Json]] = ()
) -> dict[str, Json]:
    """The PUT body of a client that echoes the server's answer (Okta sources S1, W1).

    The client's own mapped values replace those of the last answer, then come the changes. Everything else goes back
    as it came, read-only and unknown members too.
    """
    body: dict[str, Json] = copy.deepcopy(dict(last_answer))
    for path, value in (*mapped, *change.set):
        paths.put(body, path, value)
    for path in change.clear:
        paths.remove(body, path)
    new = [name for name in body if is_urn(name) and name not in last_answer]
    if new:  # RFC 7643 section 3: schemas names the extensions that the body holds; Okta's source S7
        named = paths.member(body, "schemas")
        paths.put(body, "schemas", list(dict.fromkeys([*(named if isinstance(named, list) else []), *new])))
    return body


def filter_text(path: str, value: str) -> str:
    """``path eq "value"`` as the client writes it, with the value as a JSON string (RFC 7644 section 3.4.2.2)."""
    return f"{path} {Operator.EQUAL} {value_text(value)}"


def is_hostile(value: str) -> bool:
    """True when the value needs care in a filter or in a URL."""
    return bool(texts.traits(value))


def query(parameters: Sequence[tuple[str, str]], *, client: Client) -> str:
    """The encoded query with its ``?``, the client's flag included; empty if there is nothing to say."""
    parts = list(_pairs(parameters, client))
    if client.flag:
        parts.insert(0 if client.flag_position == "first" else len(parts), client.flag)
    return "?" + "&".join(parts) if parts else ""


def _pairs(parameters: Sequence[tuple[str, str]], client: Client) -> Iterator[str]:
    encode = quote_plus if client.query_encoding == "form" else quote
    for name, value in parameters:
        yield f"{name}={encode(value, safe='')}"
