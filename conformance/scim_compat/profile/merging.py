"""Trees of a profile laid upon each other: ``extends``, variants, and overrides of a scenario."""

from __future__ import annotations

from scim_compat.source.complaints import ComplaintBook, nearest, quoted
from scim_compat.source.yaml import Node


def merge(base: Node, over: Node) -> Node:
    """``over`` laid upon ``base``: mappings by key, else replaced. Each value has its own place."""
    if not isinstance(base.value, dict) or not isinstance(over.value, dict):
        return over
    value = dict(base.value)
    for key, child in over.value.items():
        value[key] = merge(value[key], child) if key in value else child
    return Node(value, over.where, over.column)


def merge_profiles(base: Node, over: Node, book: ComplaintBook) -> Node:
    """One profile laid upon the one that it extends; scenarios are merged by their id."""
    full = merge(base, over)
    if "scenarios" in base.value and "scenarios" in over.value:
        full.value["scenarios"] = _merge_scenarios(base.value["scenarios"], over.value["scenarios"], book)
    return full


def _merge_scenarios(base: Node, over: Node, book: ComplaintBook) -> Node:
    if not isinstance(base.value, list) or not isinstance(over.value, list):
        return over  # the schema complains about it
    entries: dict[object, Node] = {_id(each) or index: each for index, each in enumerate(base.value)}
    own: set[str] = set()
    for index, each in enumerate(over.value):
        name = _id(each)
        if name is None or name in own:
            entries[(index, name)] = each
            continue
        own.add(name)
        if "drop" not in each.value:
            entries[name] = merge(entries[name], each) if name in entries else each
        elif name in entries and set(each.value) == {"id", "drop"} and each.value["drop"].value is True:
            del entries[name]
        elif name in entries:
            book.add(each.where, "drop stands alone beside the id", f"write {{id: {name}, drop: true}}")
        else:
            names = [key for key in entries if isinstance(key, str)]
            book.add(each.where, f"there is no scenario {quoted(name)} to drop", nearest(name, names))
    return Node(list(entries.values()), over.where, over.column)


def _id(node: Node) -> str | None:
    if not isinstance(node.value, dict) or "id" not in node.value:
        return None
    value = node.value["id"].value
    return value if isinstance(value, str) else None
