"""Rules about ``send``: a literal request must be one that HTTP carries, and must touch nobody else's resources."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from scim_compat.profile import grammar
from scim_compat.scim.urls import is_search
from scim_compat.source.complaints import nearest, quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scim_compat.profile.cast import Cast
    from scim_compat.profile.model import ResourceKind
    from scim_compat.source.yaml import Node

_OWN_ADDRESS: Final = re.compile(r"/\$\{(?:[a-z][a-z0-9-]*\.id|new\.[a-z]+)\}")


def check_literal(step: Node, cast: Cast) -> None:
    """Complains about one ``send`` step, and follows the actor that it is about."""
    parts, request, book = step.value, step.value["send"].value, cast.book
    path = request["path"]
    if problem := grammar.request_path_problem(path.value) or _conduct_problem(step):
        book.add(path.where, *problem)
    if "query" in request and (problem := grammar.query_problem(request["query"].value)):
        book.add(request["query"].where, *problem)
    for name, value in request["headers"].value.items() if "headers" in request else ():
        if problem := grammar.header_problem(name, value.value):
            book.add(value.where, *problem)
    if request["method"].value == "GET" and "body" in request:
        book.add(request["body"].where, "a GET has no body", "remove body:, or change method:")
    if "about" in parts:
        kind: ResourceKind | None = parts["resource"].value if "resource" in parts else None
        role = cast.use(parts["about"].value, kind, parts["about"].where)
        if request["method"].value == "DELETE":
            role.there = False
    elif "means" in parts:
        book.add(parts["means"].where, "means: stands without about:", "say whose state changes: about: NAME")
    expect = parts["expect"].value if "expect" in parts else {}
    for key in ("among", "finds", "order"):
        cast.use_all(expect.get(key))
    for each in expect["rests-on"].value if "rests-on" in expect else ():
        if each.value not in cast.proofs:
            hint = nearest(each.value, cast.proofs, plural="so far there are") or "add proves: to an earlier step"
            book.add(each.where, f"no step before this one proves {quoted(each.value)}", hint)
    if "proves" in expect:
        cast.proofs.append(expect["proves"].value)


def _conduct_problem(step: Node) -> tuple[str, str] | None:
    """(what, hint) if the request could touch a resource of somebody else, or leave one behind."""
    request = step.value["send"].value
    path, method = request["path"].value, request["method"].value
    if method == "POST":
        searches = is_search(path.rstrip("/"))
        if not searches and not expects_refusal(step.plain()):
            return "a literal POST that succeeds creates a resource that clean-up does not know", "use do: create"
        return None
    if method in {"PUT", "PATCH", "DELETE"} and not _OWN_ADDRESS.search(path):
        hint = "address it as ${NAME.id}, or an unknown one as ${new.guid}"
        return f"{method} {path} could hit a resource that this run did not create", hint
    return None


def expects_refusal(args: Mapping[str, Any]) -> bool:
    """True when the step expects that the server refuses its literal request."""
    expect = args.get("expect", {})
    statuses = expect.get("status", [])
    statuses = statuses if isinstance(statuses, list) else [statuses]
    if args["send"].get("credential", "valid") != "valid" or expect.get("outcome") == "refusal":
        return True
    return bool(statuses) and min(statuses) >= 400 and "outcome" not in expect
