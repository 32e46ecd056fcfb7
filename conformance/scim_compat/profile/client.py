"""``client``, ``dialect`` and their parameters → the model, with the rules that no schema can hold."""

from __future__ import annotations

from typing import Any, Final

from scim_compat.profile import grammar
from scim_compat.profile.model import Client, Dialect
from scim_compat.profile.strings import global_problem
from scim_compat.source.complaints import ComplaintBook, quoted
from scim_compat.source.yaml import Node

_PARAMETERS: Final = ("match-parameters", "read-parameters")


def build_client(node: Node, book: ComplaintBook) -> Client:
    """The client as the file describes it; what the file leaves unsaid is the model's default."""
    parts, plain = node.value, node.plain()
    _check_headers(node, book)
    if "content-type" in parts and (problem := grammar.header_problem("Content-Type", plain["content-type"])):
        book.add(parts["content-type"].where, *problem)
    query = plain.get("query", {})
    default = Client()
    return Client(
        name=plain.get("name", default.name),
        headers=tuple(plain.get("headers", {}).items()),
        without_headers=tuple(plain.get("without-headers", ())),
        content_type=plain.get("content-type", default.content_type),
        query_encoding=query.get("encoding", default.query_encoding),
        flag=query.get("flag", default.flag),
        flag_position=query.get("flag-position", default.flag_position),
        auth=tuple(plain.get("auth", default.auth)),
        timeout=float(plain.get("timeout", default.timeout)),
    )


def _check_headers(client: Node, book: ComplaintBook) -> None:
    parts = client.value
    headers = parts["headers"].value if "headers" in parts else {}
    names: dict[str, str] = {}
    for name, value in headers.items():
        if problem := grammar.header_problem(name, value.value):
            book.add(value.where, *problem)
        if name.lower() == "content-type":
            book.add(value.where, "Content-Type is not set among the headers", "use content-type:")
        if first := names.get(name.lower()):
            book.add(value.where, f"the header {name} stands twice, also as {first}", "keep one of them")
        names[name.lower()] = name
        check_no_actors(value, book)
    for entry in parts["without-headers"].value if "without-headers" in parts else ():
        if entry.value.lower() in names:
            what = f"the header {entry.value} is sent and stands in without-headers"
            book.add(entry.where, what, "remove it from one of them")
        elif not grammar.is_token(entry.value):
            book.add(entry.where, f"{quoted(entry.value)} is not a header's name", "letters, digits, hyphens")


def build_dialect(node: Node, book: ComplaintBook) -> Dialect:
    """The dialect as the file describes it; what the file leaves unsaid is the model's default."""
    plain = node.plain()
    fields: dict[str, Any] = {key.replace("-", "_"): value for key, value in plain.items() if key not in _PARAMETERS}
    for key in _PARAMETERS:
        for entries in node.value[key].value.values() if key in node.value else ():
            _check_parameters(key, entries, book)
        fields[key.replace("-", "_")] = {
            kind: tuple((name, str(value)) for entry in entries for name, value in entry.items())
            for kind, entries in plain.get(key, {}).items()
        }
    return Dialect(**fields)


def _check_parameters(key: str, entries: Node, book: ComplaintBook) -> None:
    values = [value for entry in entries.value for value in entry.value.values()]
    for value in values:
        check_no_actors(value, book, filters=key == "match-parameters")
        if isinstance(value.value, str) and "${filter}" in value.value and value.value != "${filter}":
            book.add(value.where, "${filter} stands alone", 'write filter: "${filter}"')
    if key == "match-parameters" and not any("${filter}" in str(value.value) for value in values):
        what = "no match parameter holds the filter, so a match would find everybody"
        book.add(entries.where, what, 'add {filter: "${filter}"}')


def check_no_actors(node: Node, book: ComplaintBook, *, filters: bool = False) -> None:
    """Complains about placeholders that name actors: outside steps there are none."""
    for placeholder in grammar.placeholders(node.value) if isinstance(node.value, str) else ():
        if isinstance(placeholder, tuple):
            book.add(node.where, *placeholder)
        elif problem := global_problem(placeholder, filters=filters):
            book.add(node.where, *problem)
