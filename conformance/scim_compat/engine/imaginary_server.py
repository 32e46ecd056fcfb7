"""An imaginary server that does everything it is asked. It judges nothing and validates nothing."""

from __future__ import annotations

import contextlib
import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote

from scim_compat.scim import paths
from scim_compat.scim.filters import Filter, Path, equalities
from scim_compat.scim.grammar import PathError, parse_filter, parse_path
from scim_compat.scim.messages import RESOURCES
from scim_compat.scim.names import LIST_RESPONSE
from scim_compat.values import Json
from scim_compat.wire.messages import CredentialUse, Exchange, Headers, Request, Response


@dataclass(slots=True)
class ImaginaryServer:
    """Holds the resources of one scenario. It changes with every request.

    Ids are ``user-1``, ``group-2`` …, counted over all creations and never given twice, even after a deletion
    (RFC 7643 §3.1: an id is not reassignable).
    """

    base_url: str = "https://scim.example/scim/v2"
    store: dict[str, dict[str, Json]] = field(default_factory=dict)
    """Path (``/Users/user-1``) → resource."""
    creations: int = 0

    def send(self, request: Request) -> Exchange:
        path, _, query = request.target.partition("?")
        status, body = self._answer(request, unquote(path), dict(parse_qsl(query)))
        response = Response(
            status=status,
            reason="",
            headers=Headers((("Content-Type", "application/scim+json"), ("ETag", 'W/"1"'))),
            body=b"" if body is None else json.dumps(body).encode(),
            json={} if body is None else copy.deepcopy(body),
        )
        return Exchange(request=request, url=self.base_url + request.target, response=response)

    def _answer(self, request: Request, path: str, query: Mapping[str, str]) -> tuple[int, Json]:
        if request.credential is not CredentialUse.VALID:
            return 401, {}
        is_collection = path.strip("/").count("/") == 0
        if request.method == "POST" and is_collection:
            return self._create(path, _object(request.body))
        if request.method == "GET" and is_collection:
            return 200, _page(list(self._hits(path, query.get("filter", ""))), query)
        resource = self.store.get(path)
        if resource is None:
            return 404, {}
        if request.method == "DELETE":
            del self.store[path]
            return 204, None
        if request.method == "PUT":
            self.store[path] = {**(_object(request.body) or {}), "id": resource["id"]}
        elif request.method == "PATCH":
            _patch(resource, _object(request.body) or {})
        hidden = {*query.get("excludedAttributes", "").split(","), "password"}
        return 200, {k: v for k, v in self.store[path].items() if k not in hidden}

    def _create(self, path: str, body: dict[str, Json] | None) -> tuple[int, Json]:
        if body is None:
            return 400, {}
        name = "userName" if path == "/Users" else "displayName"
        if any(
            place.startswith(path + "/") and str(resource.get(name)).lower() == str(body.get(name)).lower()
            for place, resource in self.store.items()
        ):
            return 409, {}
        self.creations += 1
        identifier = f"{path[1:-1].lower()}-{self.creations}"
        meta = {"resourceType": path[1:-1], "location": f"{self.base_url}{path}/{identifier}"}
        resource = self.store[f"{path}/{identifier}"] = {**body, "id": identifier, "meta": meta}
        return 201, {k: v for k, v in resource.items() if k != "password"}

    def _hits(self, path: str, text: str) -> Iterator[dict[str, Json]]:
        condition = _filter(text)
        for place, resource in self.store.items():
            if place.startswith(path + "/") and (condition is None or paths.is_match(resource, condition)):
                yield resource


def _filter(text: str) -> Filter | None:
    """None lets everything through: a profile may send an unreadable filter on purpose."""
    try:
        return parse_filter(text)
    except PathError:
        return None


def _page(hits: list[dict[str, Json]], query: Mapping[str, str]) -> Json:
    """One page, counted from 1 (RFC 7644 §3.4.2.4)."""
    start, count = query.get("startIndex", "1"), query.get("count", "")
    first = int(start) if start.isdigit() else 1
    page = hits[first - 1 :][: int(count) if count.isdigit() else None]
    numbers = {"totalResults": len(hits), "startIndex": first, "itemsPerPage": len(page)}
    return {"schemas": [LIST_RESPONSE], **numbers, RESOURCES: page}


def _object(body: bytes | None) -> dict[str, Json] | None:
    try:
        value = json.loads(body or b"")
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _patch(resource: dict[str, Json], body: Mapping[str, Json]) -> None:
    if "Operations" not in body:
        _merge(resource, body)
    for operation in body.get("Operations", []):
        # A profile may send a path on purpose that cannot be read, or that selects nothing.
        with contextlib.suppress(PathError, LookupError):
            _apply(resource, operation)


def _apply(resource: dict[str, Json], operation: Mapping[str, Json]) -> None:
    """One PATCH operation, in whatever shape a client sends it."""
    op, path, value = str(operation.get("op", "")).lower(), operation.get("path"), operation.get("value")
    if path is None:
        for key, one in (value or {}).items():
            paths.put(resource, key, one)
        return
    at = parse_path(path)
    if at.attribute.lower() == "members":
        _change_members(resource, op, at, value if isinstance(value, list) else [])
    elif op == "remove":
        paths.remove(resource, at)
    else:
        paths.put(resource, at, value)


def _merge(resource: dict[str, Json], part: Mapping[str, Json]) -> None:
    """A PATCH of SCIM 1.1: a part of the resource (protocol section 3.3.2)."""
    meta = part.get("meta")
    for name in meta.get("attributes", []) if isinstance(meta, Mapping) else []:
        paths.remove(resource, name)
    for name, value in part.items():
        if name == "members":
            removals = [m for m in value if isinstance(m, dict) and m.get("operation") == "delete"]
            _change_members(resource, "remove", parse_path(name), removals)
            _change_members(resource, "add", parse_path(name), [m for m in value if m not in removals])
        elif name not in {"schemas", "id", "meta"}:
            paths.put(resource, name, value)


def _change_members(resource: dict[str, Json], op: str, at: Path, value: list[Json]) -> None:
    entries = [v for v in value if isinstance(v, dict)]
    members: list[Json] = [] if op == "replace" else list(resource.get("members") or [])
    ids = {str(m.get("value")) for m in entries} | {str(v) for _, v in equalities(at.condition)}
    if op == "remove":
        resource["members"] = [m for m in members if str(m.get("value")) not in ids] if ids else []
    else:
        present = {m.get("value") for m in members}
        resource["members"] = members + [m for m in entries if m.get("value") not in present]
