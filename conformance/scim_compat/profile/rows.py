"""``mapping`` → the rows of the model, with the rules that no schema can hold."""

from __future__ import annotations

from typing import Final

from scim_compat.profile import grammar
from scim_compat.profile.client import check_no_actors
from scim_compat.profile.model import Mapped, ResourceKind
from scim_compat.source.complaints import ComplaintBook, nearest, quoted
from scim_compat.source.yaml import Node
from scim_compat.values import Where

KINDS: Final[tuple[tuple[ResourceKind, str], ...]] = (("User", "user"), ("Group", "group"))
"""Each kind of resource, and its key in ``mapping``."""


def rows_of(mapping: Node, key: str) -> list[Node]:
    """The rows under that key; none if there is no such key."""
    rows = mapping.value.get(key)
    return rows.value if rows is not None else []


def build_mapping(mapping: Node, book: ComplaintBook) -> dict[ResourceKind, tuple[Mapped, ...]]:
    """The rows of each kind of resource, in the file's order."""
    for kind, key in KINDS:
        _check_rows(kind, rows_of(mapping, key), book)
    return {kind: tuple(_row(node) for node in rows_of(mapping, key)) for kind, key in KINDS}


def _row(node: Node) -> Mapped:
    row = node.plain()
    return Mapped(
        to=row["to"],
        source=row.get("from", ""),
        value=row.get("value"),
        match=row.get("match"),
        create_only="when" in row,
        reference=row.get("reference", False),
        where=node.where,
    )


def _check_rows(kind: ResourceKind, rows: list[Node], book: ComplaintBook) -> None:
    targets: dict[str, Where] = {}
    ranks: dict[int, Where] = {}
    sources = grammar.SOURCE_ATTRIBUTES[kind]
    for row in rows:
        to, parts = row.value["to"], row.value
        if what := grammar.path_problem(to.value):
            book.add(to.where, what, grammar.PATH_HINT)
        first = targets.setdefault(to.value.lower(), to.where)
        if first is not to.where:
            book.add(to.where, f"two rows write {to.value}, the other on line {first.line}", "keep one")
        if "from" in parts and parts["from"].value not in sources:
            who, name = ("a person" if kind == "User" else "a group"), parts["from"].value
            book.add(parts["from"].where, f"{who} has no source attribute {quoted(name)}", nearest(name, sources))
        if "match" in parts:
            rank, where = parts["match"].value, parts["match"].where
            if ranks.setdefault(rank, where) is not where:
                what = f"two rows have match: {rank}, the other on line {ranks[rank].line}"
                book.add(where, what, "number them 1, 2, …")
        if "value" in parts:
            check_no_actors(parts["value"], book)
