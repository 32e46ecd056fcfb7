"""Rules about the strings of a step: attribute paths, source attributes and placeholders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scim_compat.profile import grammar
from scim_compat.profile.cast import NO_SUBJECT_YET, Cast
from scim_compat.source.complaints import nearest, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scim_compat.source.yaml import Node
    from scim_compat.values import Where

_PATH_KEYS: Final = ("has", "set", "without", "clear", "lacks", "by")


def check_attributes(step: Node, cast: Cast) -> None:
    """Complains about attribute paths, and about the source attributes of ``as``."""
    parts = step.value
    for holder in (parts, parts["means"].value if "means" in parts else {}):
        for key in _PATH_KEYS:
            for path, where in _paths(holder[key]) if key in holder else ():
                if what := grammar.path_problem(path):
                    cast.book.add(where, what, grammar.PATH_HINT)
    if "as" not in parts:
        return
    is_group = "group" in parts or ("kind" in parts and parts["kind"].value == "Group")
    sources = grammar.SOURCE_ATTRIBUTES["Group" if is_group else "User"]
    for name, node in parts["as"].value.items():
        if name not in sources:
            who = "a group" if is_group else "a person"
            cast.book.add(node.where, f"{who} has no source attribute {quoted(name)}", nearest(name, sources))


def _paths(node: Node) -> Iterator[tuple[str, Where]]:
    if isinstance(node.value, dict):
        yield from ((key, child.where) for key, child in node.value.items())
    elif isinstance(node.value, list):
        yield from ((child.value, child.where) for child in node.value)
    else:
        yield node.value, node.where


def check_placeholders(step: Node, cast: Cast, fresh: set[str]) -> None:
    """Complains about placeholders. ``fresh``: the actors who get their id in this very step."""
    for where, text in _texts(step):
        for placeholder in grammar.placeholders(text) if "${" in text else ():
            if isinstance(placeholder, tuple):
                cast.book.add(where, *placeholder)
                continue
            if placeholder.root in grammar.GLOBALS:
                problem = global_problem(placeholder)
            else:
                problem = _actor_problem(placeholder, cast, fresh)
            if problem:
                cast.book.add(where, *problem)


def _texts(node: Node) -> Iterator[tuple[Where, str]]:
    """Every text of the step, keys of mappings too."""
    if isinstance(node.value, str):
        yield node.where, node.value
    elif isinstance(node.value, list):
        for child in node.value:
            yield from _texts(child)
    elif isinstance(node.value, dict):
        for key, child in node.value.items():
            yield child.where, key
            yield from _texts(child)


def global_problem(placeholder: grammar.Placeholder, *, filters: bool = False) -> tuple[str, str] | None:
    """(what, hint) if it is not one of the placeholders that need no actor."""
    text, name = placeholder.text, f"{placeholder.root}.{placeholder.attribute}"
    if placeholder.root == "rows":
        known = (grammar.ROWS, grammar.WHOLE)
        hint = "as an entry of a list, or as a key of set or has" if text in known else nearest(text, known)
        return f"{text} stands in the steps of a sweep only, by itself", hint
    if placeholder.root == "filter" and not filters:
        return f"{text} stands in match-parameters only", "write the query out"
    if placeholder.root == "filter" and text == "${filter}":
        return None
    if placeholder.root not in grammar.GLOBALS:
        names = [f"{root}.{each}" for root, attributes in grammar.GLOBALS.items() for each in attributes]
        return f"{text} is not known outside steps", nearest(name, names)
    if placeholder.attribute not in grammar.GLOBALS[placeholder.root]:
        names = [f"{placeholder.root}.{each}" for each in grammar.GLOBALS[placeholder.root]]
        return f"{text} is not known", nearest(name, names)
    return None


def _actor_problem(placeholder: grammar.Placeholder, cast: Cast, fresh: set[str]) -> tuple[str, str] | None:
    text, root = placeholder.text, placeholder.root
    role = cast.roles.get(root)
    if role is None:
        hint = nearest(root, [*cast.roles, "run", "new"])
        return (
            f"{text} names an actor whom no step before this one introduces",
            hint if "did you" in hint else NO_SUBJECT_YET,
        )
    if role.many:
        return f"{text} names many users", "name one of its own with given"
    name = placeholder.attribute.removeprefix(grammar.SOURCE)
    is_source = name != placeholder.attribute
    addressable = grammar.SOURCE_ATTRIBUTES[role.kind] if is_source else grammar.ADDRESSABLE[role.kind]
    if name not in addressable:
        hint = nearest(name, addressable) or "see the list of source attributes"
        return f"{text}: a {role.kind} has no {quoted(name)}", hint
    if placeholder.attribute == "id" and (not role.created or root in fresh):
        return f"{text}: {quoted(root)} has no id yet", "use it in a step after the one that creates it"
    return None
