"""A scenario without a server: the answers come from an imaginary one that does all that it is asked.

It lets ``scim-compat show`` print the very requests a run would send, and tests pin them. Ids are
``alice-id`` for the user that the profile calls alice, as far as the creation tells.
"""

from __future__ import annotations

import contextlib
import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote

from scim_compat.engine.capabilities import Capabilities
from scim_compat.engine.context import PlayedRequest, RunContext
from scim_compat.engine.ledger import Ledger
from scim_compat.engine.scenario import run_scenario
from scim_compat.profile.model import Profile, Scenario
from scim_compat.scim import paths
from scim_compat.scim.filters import Filter, Path, equalities
from scim_compat.scim.grammar import PathError, parse_filter, parse_path
from scim_compat.scim.messages import RESOURCES
from scim_compat.scim.names import LIST_RESPONSE
from scim_compat.values import Json
from scim_compat.wire.messages import CredentialUse, Exchange, Headers, Request, Response

_BASE_1_1 = "https://scim.example/scim/v1"


def rehearse(profile: Profile, scenario: Scenario, *, seed: int = 1, large: bool = False) -> list[PlayedRequest]:
    """Every exchange of the scenario, in order; clean-up is left out."""
    played: list[PlayedRequest] = []
    server = ImaginaryServer(base_url="https://scim.example/scim/v2" if profile.scim == "2.0" else _BASE_1_1)
    run = RunContext(
        sender=server,
        base_url=server.base_url,
        seed=seed,
        ledger=Ledger(None),
        observe=played.append,
        capabilities=Capabilities(),
        large=large,
    )
    run_scenario(profile, scenario, run)
    return played


@dataclass(slots=True)
class ImaginaryServer:
    """Answers as a client would wish. It judges nothing and validates nothing."""

    base_url: str = "https://scim.example/scim/v2"
    store: dict[str, dict[str, Json]] = field(default_factory=dict)
    """Path (``/Users/1``) → resource."""
    creations: int = 0
    """Ids are counted and never given twice, even after a deletion (RFC 7643 §3.1: an id is never reassigned)."""

    def send(self, request: Request) -> Exchange:
        path, _, query = request.target.partition("?")
        status, body = self._answer(request, unquote(path), dict(parse_qsl(query)))
        content = b"" if body is None else json.dumps(body).encode()
        response = Response(
            status=status,
            reason="",
            headers=Headers((("Content-Type", "application/scim+json"), ("ETag", 'W/"1"'))),
            body=content,
            json=copy.deepcopy(body) if body is not None else {},
        )
        return Exchange(request=request, url=self.base_url + request.target, response=response)

    def _answer(self, request: Request, path: str, query: Mapping[str, str]) -> tuple[int, Json]:
        if request.credential is not CredentialUse.VALID:
            return 401, {}
        collection = path.strip("/").count("/") == 0
        if request.method == "POST" and collection:
            return self._create(path, _object(request.body))
        if request.method == "GET" and collection:
            return 200, _listed(list(self._found(path, query.get("filter", ""))), query)
        held = self.store.get(path)
        if held is None:
            return 404, {}
        if request.method == "DELETE":
            del self.store[path]
            return 204, None
        if request.method == "PUT":
            self.store[path] = {**(_object(request.body) or {}), "id": held["id"]}
        elif request.method == "PATCH":
            sent = _object(request.body) or {}
            if "Operations" not in sent:
                _merge(held, sent)
            for operation in sent.get("Operations", []):
                # A profile may send a path on purpose that cannot be read, or that selects nothing.
                with contextlib.suppress(PathError, LookupError):
                    _apply(held, operation)
        left_out = [*query.get("excludedAttributes", "").split(","), "password"]
        return 200, {k: v for k, v in self.store[path].items() if k not in left_out}

    def _create(self, path: str, body: dict[str, Json] | None) -> tuple[int, Json]:
        if body is None:
            return 400, {}
        name = "userName" if path == "/Users" else "displayName"
        taken = [
            r
            for p, r in self.store.items()
            if p.startswith(path + "/") and str(r.get(name)).lower() == str(body.get(name)).lower()
        ]
        if taken:
            return 409, {}
        self.creations += 1
        identifier = f"{path[1:-1].lower()}-{self.creations}"
        meta = {"resourceType": path[1:-1], "location": f"{self.base_url}{path}/{identifier}"}
        self.store[f"{path}/{identifier}"] = {**body, "id": identifier, "meta": meta}
        return 201, {k: v for k, v in self.store[f"{path}/{identifier}"].items() if k != "password"}

    def _found(self, path: str, text: str) -> Iterator[dict[str, Json]]:
        asked = _filter(text)
        for key, resource in self.store.items():
            if key.startswith(path + "/") and (asked is None or paths.matches(resource, asked)):
                yield resource


def _listed(found: list[dict[str, Json]], query: Mapping[str, str]) -> Json:
    """One page, as RFC 7644 §3.4.2.4 counts: from 1."""
    start, count = query.get("startIndex", "1"), query.get("count", "")
    first = int(start) if start.isdigit() else 1
    shown = found[first - 1 :][: int(count) if count.isdigit() else None]
    numbers = {"totalResults": len(found), "startIndex": first, "itemsPerPage": len(shown)}
    return {"schemas": [LIST_RESPONSE], **numbers, RESOURCES: shown}


def _object(body: bytes | None) -> dict[str, Json] | None:
    try:
        found = json.loads(body or b"")
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _filter(text: str) -> Filter | None:
    """None lets everything through: a profile may send a filter on purpose that cannot be read."""
    try:
        return parse_filter(text)
    except PathError:
        return None


def _apply(resource: dict[str, Json], operation: Mapping[str, Json]) -> None:
    """One PATCH operation, in whatever shape a client sends it."""
    op, path, value = str(operation.get("op", "")).lower(), operation.get("path"), operation.get("value")
    if path is None:
        for key, one in (value or {}).items():
            paths.put(resource, key, one)
        return
    at = parse_path(path)
    if at.attribute.lower() == "members":
        _members(resource, op, at, value if isinstance(value, list) else [])
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
            doomed = [m for m in value if isinstance(m, dict) and m.get("operation") == "delete"]
            _members(resource, "remove", parse_path(name), doomed)
            _members(resource, "add", parse_path(name), [m for m in value if m not in doomed])
        elif name not in {"schemas", "id", "meta"}:
            paths.put(resource, name, value)


def _members(resource: dict[str, Json], op: str, at: Path, value: list[Json]) -> None:
    named = [v for v in value if isinstance(v, dict)]
    held: list[Json] = [] if op == "replace" else list(resource.get("members") or [])
    ids = {str(m.get("value")) for m in named} | {str(v) for _, v in equalities(at.condition)}
    if op == "remove":
        resource["members"] = [m for m in held if str(m.get("value")) not in ids] if ids else []
    else:
        known = {m.get("value") for m in held}
        resource["members"] = held + [m for m in named if m.get("value") not in known]
